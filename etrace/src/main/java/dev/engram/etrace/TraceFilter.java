package dev.engram.etrace;

import dev.engram.etrace.analysis.UserClass;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import java.util.List;

/** A filter on a trace before it is multiplied by the learning signal. */
public sealed interface TraceFilter {

  /** Returns its name in reports and errors. */
  default String name() {
    return toString();
  }

  /** No filter. */
  record None() implements TraceFilter {
    @Override
    public String toString() {
      return "none";
    }
  }

  /**
   * A filter that keeps tensors of its own with each trace; those of others extend this.
   *
   * <p>The two functions are called for each trace while a model is prepared, and compute with
   * tensors alone. All tensors have the trace's type; the memory starts at zero, and does so again
   * where an example starts anew.
   */
  non-sealed interface WithMemory extends TraceFilter {

    /** Returns the number of tensors that are kept with each trace, at least 0. */
    int memories();

    /**
     * Returns the memory after a step.
     *
     * @param trace the step's trace, not filtered
     * @param memory the memory before the step
     */
    List<Tensor> update(Tensor trace, List<Tensor> memory);

    /**
     * Returns what is multiplied by the learning signal.
     *
     * @param trace the step's trace, not filtered
     * @param memory the memory after the step
     */
    Tensor used(Tensor trace, List<Tensor> memory);

    /** Returns its name in reports: that of its class, or {@code custom} if it has none. */
    @Override
    default String name() {
      return UserClass.name(this);
    }
  }

  /**
   * A low-pass filter, {@code ē ← κ ē + ε}, that matches a leaky readout. Bellec et al. (2020),
   * equation 28.
   *
   * @param kappa in [0, 1); 0 means no filter
   */
  record Kappa(double kappa) implements WithMemory {
    public Kappa {
      if (!(kappa >= 0 && kappa < 1)) {
        throw new EtraceException(
            "kappa is "
                + kappa
                + ", expected 0 <= kappa < 1 ("
                + SourceLocation.here()
                + "); it is the readout's leak, the share that stays in a step, such as 0.9");
      }
    }

    @Override
    public int memories() {
      return 1;
    }

    @Override
    public List<Tensor> update(Tensor trace, List<Tensor> memory) {
      Given.given("Kappa.update", "trace", trace);
      Given.all("Kappa.update", "memory", memory);
      return List.of(memory.getFirst().mul(kappa).add(trace));
    }

    @Override
    public Tensor used(Tensor trace, List<Tensor> memory) {
      Given.given("Kappa.used", "trace", trace);
      Given.all("Kappa.used", "memory", memory);
      return memory.getFirst();
    }

    @Override
    public String name() {
      return "kappa";
    }

    @Override
    public String toString() {
      return "kappa";
    }
  }
}
