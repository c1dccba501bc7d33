package dev.engram.lower.memory;

import dev.engram.ir.SourceLocation;
import dev.engram.lower.LoopBuffer;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.Stmt;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What buffers hold in the words of the user's program, for errors. */
record BufferNames(String program, List<Stmt> steps) {
  /** A step that writes a buffer. */
  record Maker(String label, SourceLocation where) {
    /** {@code exp (Net.java:7)}. */
    @Override
    public String toString() {
      return where.isKnown() ? label + " (" + where + ")" : label;
    }
  }

  static BufferNames of(LoopProgram program) {
    return new BufferNames(program.name(), program.steps());
  }

  /**
   * Such as {@code result 0 of @step, which exp (Net.java:7) makes}.
   *
   * @param place null where it has none yet, which is in the arena
   */
  String of(int buffer, LoopBuffer.@Nullable Place place) {
    Optional<Maker> maker = maker(buffer);
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

  private String named(Optional<Maker> maker) {
    return "a value of @" + program + maker.map(m -> ", which " + m + " makes").orElse("");
  }

  /** The first step that writes the buffer. */
  Optional<Maker> maker(int buffer) {
    return steps.stream().flatMap(s -> maker(s, buffer)).findFirst();
  }

  private static Stream<Maker> maker(Stmt s, int buffer) {
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

  private static Stream<Maker> maker(Stmt s, String label, SourceLocation where, int buffer) {
    boolean writes = BufferUses.of(s).writes().contains(buffer);
    return writes ? Stream.of(new Maker(label, where)) : Stream.empty();
  }
}
