package dev.engram.optim;

import dev.engram.State;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;
import java.util.LinkedHashMap;
import java.util.Map;

/** Adagrad (Duchi et al. 2011): {@code s = s + g²}, {@code w = w - rate · g / (√s + ε)}. */
public final class Adagrad extends Optimizer {
  private final double start;
  private final double epsilon;
  private final Map<String, State> sum = new LinkedHashMap<>();

  /** Sums start at 0, ε = 1e-10. */
  public Adagrad(double rate) {
    this(LearningRate.constant(rate), 0, 1e-10, 0);
  }

  /**
   * @param start of the sums of squares, at least 0
   * @param epsilon at least 1e-37, so that it is not 0 in f32
   * @param decay see {@link Optimizer}
   */
  public Adagrad(LearningRate rate, double start, double epsilon, double decay) {
    Given.given("Adagrad", "rate", rate);
    super(rate, decay);
    this.start = Ranges.notNegative("Adagrad", "start", start);
    this.epsilon = Ranges.epsilon("Adagrad", epsilon);
  }

  @Override
  protected void registered(String path, State weight) {
    sum.put(path, moment(weight, start));
  }

  @Override
  protected Tensor direction(String path, Tensor w, Tensor g) {
    State s = sum.get(path);
    s.set(s.value().add(g.square()));
    return g.div(s.value().sqrt().add(epsilon));
  }
}
