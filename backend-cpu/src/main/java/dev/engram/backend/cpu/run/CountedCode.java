package dev.engram.backend.cpu.run;

import java.util.stream.Stream;

/**
 * The steps of a {@link ProgramRun} with every nest counted, for runs that are recorded: other runs
 * do not even ask whether they are.
 */
record CountedCode(ProgramRun.Code[] code, ProgramRun.Code[] updates) {
  static CountedCode of(ProgramRun.Code[] code, ProgramRun.Code[] updates) {
    return new CountedCode(counted(code), counted(updates));
  }

  static ProgramRun.Code[] counted(ProgramRun.Code[] steps) {
    return Stream.of(steps).map(CountedCode::counted).toArray(ProgramRun.Code[]::new);
  }

  private static ProgramRun.Code counted(ProgramRun.Code step) {
    return switch (step) {
      case ProgramRun.Code.Nest n -> counted(n, n.place());
      case ProgramRun.Code.Sort s -> counted(s, s.place());
      case ProgramRun.Code.Loop l ->
          new ProgramRun.Code.Loop(
              l.depth(), l.length(), l.reverse(), counted(l.body()), l.swaps());
      case ProgramRun.Code.While w ->
          new ProgramRun.Code.While(
              w.depth(),
              counted(w.condition()),
              w.holds(),
              counted(w.body()),
              w.swaps(),
              w.bounded(),
              w.bound());
      case ProgramRun.Code.Branch b ->
          new ProgramRun.Code.Branch(b.holds(), counted(b.onTrue()), counted(b.onFalse()));
      case ProgramRun.Code.Parallel p -> new ProgramRun.Code.Parallel(p.loop(), true);
      case ProgramRun.Code.Tell t -> t;
      case ProgramRun.Code.Counted c -> c;
    };
  }

  private static ProgramRun.Code counted(ProgramRun.Code step, int place) {
    return new ProgramRun.Code.Counted(new ProgramRun.Code[] {step}, place);
  }
}
