package dev.engram.spiking;

import dev.engram.Model;
import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;

/**
 * Spike-timing-dependent plasticity of all pairs of spikes (Song et al. 2000), by traces of past
 * spikes, and an eligibility trace by which a reward that comes later changes weights (Izhikevich
 * 2007, Florian 2007). A step, by which traces have decayed, does
 *
 * <pre>
 *   Δ_ij = aPlus pre_i spike_j - aMinus spike_i post_j
 *   pre_i ← pre_i + spike_i,  post_j ← post_j + spike_j
 *   e_ij ← e_ij e^(-dt/tauEligibility) + Δ_ij
 * </pre>
 *
 * so that a presynaptic spike counts when the postsynaptic one comes in a later step, and the other
 * way round; spikes in the same step are no pair. Weights follow by {@link #rewarded}, or by Δ
 * itself for plasticity without reward. No derivative passes through.
 *
 * <p>States: {@code pre [in]}, {@code post [out]}, {@code eligibility [in, out]}.
 */
public final class Stdp extends Model {
  /**
   * Amplitudes and time constants, which are in the unit of {@code dt}.
   *
   * @param aPlus change for a presynaptic spike just before a postsynaptic one
   * @param aMinus how much a weight falls for the other order
   */
  public record Constants(
      double dt,
      double tauPre,
      double tauPost,
      double aPlus,
      double aMinus,
      double tauEligibility) {
    public Constants {
      Ranges.positive("Stdp.Constants", "dt", dt);
      Ranges.positive("Stdp.Constants", "tauPre", tauPre);
      Ranges.positive("Stdp.Constants", "tauPost", tauPost);
      Ranges.finite("Stdp.Constants", "aPlus", aPlus);
      Ranges.finite("Stdp.Constants", "aMinus", aMinus);
      Ranges.positive("Stdp.Constants", "tauEligibility", tauEligibility);
    }

    /**
     * 20 ms for both traces, changes of 1 and 1.05 (Song et al. 2000, whose amplitudes are 0.005
     * times that), and 1 s for eligibility (Izhikevich 2007); dt = 1 ms.
     */
    public static Constants standard() {
      return new Constants(1, 20, 20, 1, 1.05, 1000);
    }
  }

  private final Constants c;
  private final TensorType in;
  private final TensorType out;
  private final State pre;
  private final State post;
  private final State eligibility;

  /**
   * @param in number of presynaptic neurons
   * @param out number of postsynaptic neurons
   * @param dtype of spikes, traces and changes
   */
  public Stdp(int in, int out, Constants constants, DType dtype) {
    Ranges.atLeastOne("Stdp", "in", in);
    Ranges.atLeastOne("Stdp", "out", out);
    Given.given("Stdp", "constants", constants);
    Given.given("Stdp", "dtype", dtype);
    this.c = constants;
    this.in = TensorType.of(dtype, in);
    this.out = TensorType.of(dtype, out);
    TensorType pairs = TensorType.of(dtype, in, out);
    this.pre = hidden(() -> HostTensor.full(this.in, 0));
    this.post = hidden(() -> HostTensor.full(this.out, 0));
    this.eligibility = hidden(() -> HostTensor.full(pairs, 0));
  }

  /**
   * Runs one step.
   *
   * @param before spikes of the presynaptic neurons, {@code [in]}
   * @param after spikes of the postsynaptic neurons, {@code [out]}
   * @return Δ, {@code [in, out]}
   */
  public Tensor update(Tensor before, Tensor after) {
    Given.given("Stdp.update", "before", before);
    Given.given("Stdp.update", "after", after);
    Tensor from = checked("before", before, in).stopGradient();
    Tensor to = checked("after", after, out).stopGradient();
    Tensor traceFrom = pre.value().mul(Math.exp(-c.dt / c.tauPre));
    Tensor traceTo = post.value().mul(Math.exp(-c.dt / c.tauPost));
    Tensor change =
        traceFrom
            .mul(c.aPlus)
            .expandDims(1)
            .mul(to.expandDims(0))
            .sub(from.mul(c.aMinus).expandDims(1).mul(traceTo.expandDims(0)));
    pre.set(traceFrom.add(from));
    post.set(traceTo.add(to));
    eligibility.set(eligibility.value().mul(Math.exp(-c.dt / c.tauEligibility)).add(change));
    return change;
  }

  /** The eligibility trace, {@code [in, out]}. */
  public Tensor eligibility() {
    return eligibility.value();
  }

  /**
   * Returns what a reward makes of the weights: {@code w + rate · reward · e}, between {@code low}
   * and {@code high}.
   *
   * @param weight {@code [in, out]}
   * @param reward {@code []}, or {@code [out]} for one of each neuron; less what was expected
   */
  public Tensor rewarded(Tensor weight, Tensor reward, double rate, double low, double high) {
    Given.given("Stdp.rewarded", "weight", weight);
    Given.given("Stdp.rewarded", "reward", reward);
    Ranges.notNegative("Stdp.rewarded", "rate", rate);
    Ranges.finite("Stdp.rewarded", "low", low);
    Ranges.in(
        "Stdp.rewarded",
        "high",
        high,
        "a finite number of at least low=" + low,
        x -> x >= low && x < 1 / 0.0);
    checked("weight", weight, eligibility.value().type());
    Tensor change = eligibility.value().mul(reward.cast(weight.dtype()).stopGradient()).mul(rate);
    return weight.add(change).clip(low, high);
  }

  private static Tensor checked(String name, Tensor x, TensorType want) {
    if (!x.type().equals(want)) {
      throw new TypeException(
          "Stdp: %s has type %s, expected %s (%s)"
              .formatted(name, x.type(), want, SourceLocation.here()));
    }
    return x;
  }
}
