package dev.engram.lower.memory;

import dev.engram.ir.SourceLocation;
import dev.engram.lower.LoopBuffer;
import dev.engram.lower.Stmt;
import dev.engram.lower.emit.LoopProgramBuilder;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What buffers hold in the words of the user's program, for errors. */
record BufferNames(String program, LoopProgramBuilder target, List<Stmt> steps) {

  /** Such as {@code result 0 of @step, which exp makes (Net.java:7)}. */
  String of(int buffer) {
    Optional<String> maker = steps.stream().flatMap(s -> maker(s, buffer)).findFirst();
    LoopBuffer.Place place = target.buffers.get(buffer).place();
    return switch (place) {
      case LoopBuffer.Place.Input in -> "operand " + in.index() + " of @" + program;
      case LoopBuffer.Place.Output out ->
          "result "
              + out.index()
              + " of @"
              + program
              + maker.map(m -> ", which " + m + " makes").orElse("");
      case LoopBuffer.Place.Constant _ -> "a constant of @" + program;
      case LoopBuffer.Place.Arena _ -> named(maker);
      case null -> named(maker);
    };
  }

  private String named(Optional<String> maker) {
    return "a value of @" + program + maker.map(m -> ", which " + m + " makes").orElse("");
  }

  /** The first step that writes the buffer. */
  private static Stream<String> maker(Stmt s, int buffer) {
    return switch (s) {
      case Stmt.Nest n -> maker(s, n.label(), n.where(), buffer);
      case Stmt.Sort o -> maker(s, "argSort", o.where(), buffer);
      case Stmt.Tell _ -> Stream.empty();
      case Stmt.Branch b ->
          Stream.concat(b.onTrue().stream(), b.onFalse().stream()).flatMap(t -> maker(t, buffer));
      case Stmt.Loop l -> l.body().stream().flatMap(t -> maker(t, buffer));
      case Stmt.While w ->
          Stream.concat(w.condition().stream(), w.body().stream()).flatMap(t -> maker(t, buffer));
    };
  }

  private static Stream<String> maker(Stmt s, String label, SourceLocation where, int buffer) {
    boolean writes = BufferUses.of(s).writes().contains(buffer);
    return writes
        ? Stream.of(where.isKnown() ? label + " (" + where + ")" : label)
        : Stream.empty();
  }
}
