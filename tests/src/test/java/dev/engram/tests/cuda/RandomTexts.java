package dev.engram.tests.cuda;

import dev.engram.backend.cuda.text.TextOptions;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.passes.Pipeline;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.Lowering;
import dev.engram.lower.LoweringOptions;
import dev.engram.lower.Stmt;
import dev.engram.tests.random.Profile;
import dev.engram.tests.random.Program;
import dev.engram.tests.random.Programs;
import dev.engram.tests.random.Ways;
import java.util.List;

/** Random programs whose text is checked. */
enum RandomTexts {
  /** A kernel for each nest. */
  AS_LOWERED(0, false, false),
  /** The same with tiles and blocks so small that these programs meet edges and barriers. */
  IN_TINY_TILES(100_000, true, false),
  /** Simplified, with results written over parameters, and in other memory; steps together. */
  AS_USERS_RUN_THEM(200_000, false, true),
  /** The same in small blocks. */
  IN_TINY_BLOCKS(400_000, true, true),
  /** The same, with loops as kernels; programs of which none is divided are left out. */
  IN_SHARES(300_000, false, true);

  /** Of each kind. */
  static final int PROGRAMS =
      Math.max(
          1, (int) Math.round(1000 * Double.parseDouble(System.getProperty("engram.tries", "1"))));

  /** So many times as many programs are made where few are taken. */
  private static final int RARE = 5;

  private final long first;
  private final boolean tiny;
  private final boolean simplified;

  RandomTexts(long first, boolean tiny, boolean simplified) {
    this.first = first;
    this.tiny = tiny;
    this.simplified = simplified;
  }

  /** The number of its n-th program. */
  long seed(int n) {
    return first + n;
  }

  TextOptions options() {
    TextOptions o = tiny ? TextOptions.tiny() : TextOptions.standard();
    return simplified ? o : o.withoutCooperation();
  }

  /** Gives each program with its name and its arguments. */
  void forEach(Sink to) {
    for (int n = 0; n < (this == IN_SHARES ? RARE : 1) * PROGRAMS; n++) {
      Program p = Programs.random(Profile.ANY, seed(n));
      LoopProgram lowered = lower(p);
      if (this != IN_SHARES || hasShares(lowered.steps())) {
        to.accept("program " + seed(n), lowered, p.args());
      }
    }
  }

  interface Sink {
    void accept(String name, LoopProgram program, List<HostTensor> args);
  }

  LoopProgram lower(Program p) {
    if (!simplified) {
      return Lowering.lower(p.graph());
    }
    Graph g = Pipeline.standard().run(p.graph());
    LoweringOptions memory = LoweringOptions.standard().withMemory(256, false);
    return Lowering.lower(
        g, Ways.updates(g), this == IN_SHARES ? memory.withShares(7, 1, 1) : memory);
  }

  /** True where a loop is divided. */
  static boolean hasShares(List<Stmt> steps) {
    return steps.stream()
        .anyMatch(
            s ->
                switch (s) {
                  case Stmt.Loop l -> l.parallel() || hasShares(l.body());
                  case Stmt.While w -> hasShares(w.body());
                  case Stmt.Branch b -> hasShares(b.onTrue()) || hasShares(b.onFalse());
                  case Stmt.Nest _, Stmt.Sort _, Stmt.Tell _ -> false;
                });
  }
}
