package dev.engram.etrace;

import dev.engram.etrace.analysis.UserClass;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.checks.Given;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** How an eligibility trace is factorized. */
public sealed interface Factorization {

  /** Returns its name in reports and errors. */
  default String name() {
    return toString();
  }

  /** One element for each weight and each hidden position that it reaches: memory O(θ). */
  record PerWeight() implements Factorization {
    @Override
    public String toString() {
      return "per weight";
    }
  }

  /**
   * The outer product of a trace of the site's input and one of its output: memory O(in + out).
   *
   * <pre>
   *   εx ← αx εx + x              αx = inputDecay
   *   εf ← αf D εf + (1 - αf) f   αf = outputDecay, divided by 1 - αf^(t+1) when it is used
   * </pre>
   *
   * Wang et al., "A scalable online learning framework for recurrent networks" (ES-D-RTRL).
   *
   * @param inputDecay in [0, 1)
   * @param outputDecay in (0, 1)
   */
  record InputOutput(double inputDecay, double outputDecay) implements Factorization {
    public InputOutput {
      if (!(inputDecay >= 0 && inputDecay < 1)) {
        throw refused("the decay of the input side is " + inputDecay + ", expected 0 <= decay < 1");
      }
      if (!(outputDecay > 0 && outputDecay < 1)) {
        throw refused(
            "the decay of the output side is " + outputDecay + ", expected 0 < decay < 1");
      }
    }

    private static EtraceException refused(String what) {
      return new EtraceException(
          what
              + " ("
              + SourceLocation.here()
              + "); give the share that a step keeps, such as 0.9, or the rank with"
              + " InputOutput.rank, such as PpProp.ofRank(model, 20)");
    }

    /** Returns the factorization with one decay for both sides. */
    public static InputOutput decay(double decay) {
      return new InputOutput(decay, decay);
    }

    /**
     * Returns the factorization with the decay (rank - 1) / (rank + 1), which remembers about as
     * much as {@code rank} outer products.
     */
    public static InputOutput rank(int rank) {
      if (rank < 2) {
        throw new EtraceException(
            "the rank is "
                + rank
                + ", expected at least 2 ("
                + SourceLocation.here()
                + "); for a decay call InputOutput.decay, such as new PpProp<>(model, 0.9)");
      }
      return decay((rank - 1.0) / (rank + 1.0));
    }

    @Override
    public String toString() {
      return "input x output";
    }
  }

  /**
   * The outer product of a random combination of all hidden states and one of all weights: memory
   * O(θ + H) also for the full Jacobian. Unbiased. Tallec and Ollivier, "Unbiased online recurrent
   * optimization" (2018).
   */
  record RandomProjection() implements Factorization {
    @Override
    public String toString() {
      return "random projection";
    }
  }

  /**
   * Outer products of one's own: for each site {@code y = x · w}, tensors to remember, and pairs of
   * an input factor and output factors made of them.
   *
   * <pre>
   *   grad = Σ_p in[p] ⊗ Σ_s L[s] out[p,s]     for products p and hidden states s
   * </pre>
   *
   * <p>The functions are called for each site while a model is prepared, and compute with tensors
   * alone.
   */
  non-sealed interface OuterProducts extends Factorization {

    /**
     * Returns the types of the tensors that a site remembers for one example. They start at zero,
     * and do so again where an example starts anew.
     */
    List<TensorType> memory(Site site);

    /**
     * Returns the memory after a step, of the same types.
     *
     * @param memory the memory before the step
     */
    List<Tensor> update(Step step, List<Tensor> memory);

    /**
     * Returns the products that stand for the traces of a site. They are 0 for the memory that a
     * sequence starts with: divide by nothing that is 0 then.
     *
     * @param memory the memory after a step
     */
    List<Product> products(Site site, List<Tensor> memory);

    /** Returns its name in reports: that of its class, or {@code custom} if it has none. */
    @Override
    default String name() {
      return UserClass.name(this);
    }

    /**
     * An op where a weight meets data, {@code y = x · w}.
     *
     * @param name the paths of its weights, such as {@code rnn.W.weight}
     * @param input the type of x; empty where no contraction meets data, as at a bias: there the
     *     effects have everything
     * @param output the type of y
     * @param states the paths of the hidden states that y acts on, now or later
     */
    record Site(String name, Optional<TensorType> input, TensorType output, List<String> states) {
      public Site {
        Given.given("Site", "name", name);
        Given.given("Site", "input", input);
        Given.given("Site", "output", output);
        Given.all("Site", "states", states);
        states = List.copyOf(states);
      }
    }

    /**
     * What a step of one example brings to a site.
     *
     * @param input x; empty if the site has none
     * @param effects {@code f[s] = ∂h_s/∂y} within the step, of the type of y, for each of the
     *     site's states in order; 0 where y acts on a state only later
     * @param carry propagates effects to the next step, as {@link #carried} says
     */
    record Step(
        Site site,
        Optional<Tensor> input,
        List<Tensor> effects,
        UnaryOperator<List<Tensor>> carry) {
      public Step {
        Given.given("Step", "site", site);
        Given.given("Step", "input", input);
        Given.all("Step", "effects", effects);
        Given.given("Step", "carry", carry);
        effects = List.copyOf(effects);
      }

      /**
       * Returns {@code Σ_r D[s,r] e[r]} for each state s, where D is what the rule's recursion and
       * scope keep of the state Jacobian.
       *
       * @param e effects on the states before the step, of the types of {@link #effects}
       */
      public List<Tensor> carried(List<Tensor> e) {
        return carry.apply(Given.all("Step.carried", "e", e));
      }
    }

    /**
     * A product that stands for a part of a site's traces.
     *
     * @param input of the type of x; empty if the site has none
     * @param outputs one of the type of y for each of the site's states
     */
    record Product(Optional<Tensor> input, List<Tensor> outputs) {
      public Product {
        Given.given("Product", "input", input);
        Given.all("Product", "outputs", outputs);
        outputs = List.copyOf(outputs);
      }
    }
  }
}
