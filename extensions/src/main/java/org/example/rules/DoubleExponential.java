package org.example.rules;

import dev.engram.etrace.TraceFilter;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import java.util.List;

/**
 * A low-pass filter of second order, as of SuperSpike (Zenke and Ganguli 2018), for what a trace
 * causes behind a synapse and a membrane:
 *
 * <pre>
 *   a ← rise · a + ε
 *   b ← decay · b + a     b is used
 * </pre>
 *
 * @param rise the share of a that stays in a step, from 0 to below 1; with 0 it is {@link
 *     TraceFilter.Kappa}
 * @param decay that of b
 */
public record DoubleExponential(double rise, double decay) implements TraceFilter.WithMemory {
  public DoubleExponential {
    if (!(rise >= 0 && rise < 1 && decay >= 0 && decay < 1)) {
      throw new TypeException(
          "DoubleExponential: rise=%s, decay=%s, expected shares from 0 to below 1"
              .formatted(rise, decay));
    }
  }

  @Override
  public int memories() {
    return 2;
  }

  @Override
  public List<Tensor> update(Tensor trace, List<Tensor> memory) {
    Tensor a = memory.get(0).mul(rise).add(trace);
    return List.of(a, memory.get(1).mul(decay).add(a));
  }

  @Override
  public Tensor used(Tensor trace, List<Tensor> memory) {
    return memory.get(1);
  }
}
