package dev.engram.etrace;

import dev.engram.etrace.analysis.Coordinates;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.checks.Given;

/**
 * An online learning rule, defined by its coordinates. Every meaningful combination works for every
 * kind of site.
 *
 * <p>The named rules are starting points: {@code Rule.dRtrl().with(new TraceFilter.Kappa(0.9))} is
 * e-prop. Coordinates of one's own are a {@link LearningSignal.Custom}, a {@link
 * TraceFilter.WithMemory}, a {@link Factorization.OuterProducts}.
 */
public record Rule(
    Factorization factorization,
    Recursion recursion,
    Scope scope,
    LearningSignal signal,
    TraceFilter filter,
    Schedule schedule) {

  /**
   * @throws EtraceException when the combination is meaningless; the message names legal ones
   */
  public Rule {
    Given.given("Rule", "factorization", factorization);
    Given.given("Rule", "recursion", recursion);
    Given.given("Rule", "scope", scope);
    Given.given("Rule", "signal", signal);
    Given.given("Rule", "filter", filter);
    Given.given("Rule", "schedule", schedule);
    Coordinates c = new Coordinates(factorization, recursion, scope, signal, filter, schedule);
    c.conflict()
        .ifPresent(
            why -> {
              throw new EtraceException(
                  "no such rule: "
                      + c
                      + ": "
                      + why
                      + " ("
                      + SourceLocation.here()
                      + "); choose instead "
                      + String.join(", or ", c.alternatives()));
            });
  }

  /**
   * D-RTRL: a trace for every weight, propagated by the diagonal of the state Jacobian. Exact where
   * the recurrence is diagonal. Wang et al., "A scalable online learning framework for recurrent
   * networks".
   */
  public static Rule dRtrl() {
    return new Rule(
        new Factorization.PerWeight(),
        new Recursion.Jacobian(),
        new Scope.Diagonal(),
        new LearningSignal.Symmetric(),
        new TraceFilter.None(),
        new Schedule.PerStep());
  }

  /** pp-prop, also called ES-D-RTRL: D-RTRL with a trace of inputs and a trace of outputs. */
  public static Rule ppProp(Factorization.InputOutput factorization) {
    return dRtrl().with(factorization);
  }

  /**
   * e-prop: D-RTRL, low-pass filtered. Bellec et al., "A solution to the learning dilemma" (2020).
   */
  public static Rule eProp(double kappa) {
    return dRtrl().with(new TraceFilter.Kappa(kappa));
  }

  /**
   * OSTL for layers with recurrent weights: traces propagated by the influence of each position on
   * itself. Bohnstingl et al., "Online spatio-temporal learning in deep neural networks" (2022).
   */
  public static Rule ostlRecurrent() {
    return dRtrl().with(new Scope.Coupled());
  }

  /** OSTL for layers without recurrent weights, in the form of pp-prop with a decay of 1e-6. */
  public static Rule ostlFeedforward() {
    return ppProp(Factorization.InputOutput.decay(1e-6));
  }

  /** SnAp-n. Menick et al. (2021). */
  public static Rule snAp(int n) {
    return dRtrl().with(new Scope.Snap(n));
  }

  /** UORO. Tallec and Ollivier, "Unbiased online recurrent optimization" (2018). */
  public static Rule uoro() {
    return rtrl().with(new Factorization.RandomProjection());
  }

  /** Three-factor learning: D-RTRL's traces with a modulator given by the caller. */
  public static Rule threeFactor() {
    return dRtrl().with(new LearningSignal.Modulatory());
  }

  /** Decoupled neural interfaces: no trace; a prediction of later losses' gradients. */
  public static Rule dni() {
    return dRtrl().with(new Recursion.None()).with(new LearningSignal.Bootstrapped());
  }

  /** Real-time recurrent learning, exact; memory O(H · θ). Williams and Zipser (1989). */
  public static Rule rtrl() {
    return dRtrl().with(new Scope.Full());
  }

  /**
   * Returns the rule of this name, with its settings as numbers behind it: {@code d-rtrl}, {@code
   * pp-prop 0.9} (or the decays of both sides, {@code pp-prop 0.9 0.95}), {@code es-d-rtrl 0.9},
   * {@code e-prop 0.8}, {@code ostl-recurrent}, {@code ostl-feedforward}, {@code snap 2}, {@code
   * uoro}, {@code three-factor}, {@code dni}, {@code rtrl}.
   *
   * @throws EtraceException when there is none, or a setting is missing
   */
  public static Rule named(String name) {
    Given.given("Rule.named", "name", name);
    return RuleNames.parse(name);
  }

  /** Returns the rule with traces of another form. */
  public Rule with(Factorization to) {
    return new Rule(to, recursion, scope, signal, filter, schedule);
  }

  /** Returns the rule with traces that go from step to step in another way. */
  public Rule with(Recursion to) {
    return new Rule(factorization, to, scope, signal, filter, schedule);
  }

  /** Returns the rule with traces that follow other paths. */
  public Rule with(Scope to) {
    return new Rule(factorization, recursion, to, signal, filter, schedule);
  }

  /** Returns the rule with another signal, which traces are multiplied with. */
  public Rule with(LearningSignal to) {
    return new Rule(factorization, recursion, scope, to, filter, schedule);
  }

  /** Returns the rule with another filter between traces and signal. */
  public Rule with(TraceFilter to) {
    return new Rule(factorization, recursion, scope, signal, to, schedule);
  }

  /** Returns the rule with gradients taken at other times. */
  public Rule with(Schedule to) {
    return new Rule(factorization, recursion, scope, signal, filter, to);
  }

  /** Returns the coordinates in words. */
  public String words() {
    return new Coordinates(factorization, recursion, scope, signal, filter, schedule).toString();
  }

  @Override
  public String toString() {
    return "Rule[" + words() + "]";
  }

  /** True when traces are filtered before use; κ = 0 leaves them unchanged. */
  public boolean filters() {
    return switch (filter) {
      case TraceFilter.None _ -> false;
      case TraceFilter.Kappa(double kappa) -> kappa != 0;
      case TraceFilter.WithMemory _ -> true;
    };
  }

  /** True when a trace follows single sites, so that weights without a relation have none. */
  public boolean followsSites() {
    return !(scope instanceof Scope.Full);
  }
}
