package dev.engram.tests.online;

import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.etrace.Exactness;
import dev.engram.etrace.Rule;
import dev.engram.ir.DType;
import dev.engram.ir.Tensor;
import dev.engram.nn.Linear;
import dev.engram.nn.MinGruCell;
import java.util.stream.Collectors;

/** Two layers whose recurrences are diagonal, and a readout. */
public final class Stacked extends Layer {
  private final MinGruCell lower = new MinGruCell(3, 4, RandomKey.of(1), DType.F64);
  private final MinGruCell upper = new MinGruCell(4, 4, RandomKey.of(2), DType.F64);
  private final Linear readout = new Linear(4, 2, RandomKey.of(3), DType.F64);

  @Override
  public Tensor update(Tensor x) {
    Tensor low = lower.update(x);
    Tensor high = upper.update(low);
    return readout.update(high);
  }

  static Job job() {
    return Job.of("stacked", 3, 2, Stacked::new);
  }

  /** The verdicts of D-RTRL's report on the gradients, for the manual. */
  public static String listing() {
    return job().learner(Rule.dRtrl()).report().gradients().stream()
        .map(Exactness::toString)
        .collect(Collectors.joining("\n", "", "\n"));
  }
}
