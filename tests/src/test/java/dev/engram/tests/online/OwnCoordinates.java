package dev.engram.tests.online;

import dev.engram.etrace.Factorization;
import dev.engram.etrace.LearningSignal;
import dev.engram.etrace.TraceFilter;
import dev.engram.ir.DType;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The library's coordinates once more, as others would write them. */
final class OwnCoordinates {
  private OwnCoordinates() {}

  /** {@link LearningSignal.Symmetric}. */
  record Own() implements LearningSignal.Custom {
    @Override
    public Tensor signal(LearningSignal.Sources s) {
      return s.derivative();
    }
  }

  /** {@link LearningSignal.RandomFeedback}, with the weights of each state in their order. */
  record Feedback(List<Tensor> weights, Map<String, Integer> order)
      implements LearningSignal.Custom {
    Feedback(List<Tensor> weights) {
      this(weights, new LinkedHashMap<>());
    }

    @Override
    public Tensor signal(LearningSignal.Sources s) {
      int at = order.computeIfAbsent(s.state(), _ -> order.size());
      Tensor sent = s.cotangents().matmul(weights.get(at));
      return sent.reshape(s.value().shape()).add(s.direct());
    }
  }

  /** {@link TraceFilter.Kappa}. */
  record LowPass(double kappa) implements TraceFilter.WithMemory {
    @Override
    public int memories() {
      return 1;
    }

    @Override
    public List<Tensor> update(Tensor trace, List<Tensor> memory) {
      return List.of(memory.getFirst().mul(kappa).add(trace));
    }

    @Override
    public Tensor used(Tensor trace, List<Tensor> memory) {
      return memory.getFirst();
    }
  }

  /** Reads what it is given. */
  record NoMemory(double gain) implements TraceFilter.WithMemory {
    @Override
    public int memories() {
      return 0;
    }

    @Override
    public List<Tensor> update(Tensor trace, List<Tensor> memory) {
      return List.of();
    }

    @Override
    public Tensor used(Tensor trace, List<Tensor> memory) {
      return trace.mul(gain);
    }
  }

  /** The trace of {@code steps} steps ago. */
  record Delayed(int steps) implements TraceFilter.WithMemory {
    @Override
    public int memories() {
      return steps + 1;
    }

    @Override
    public List<Tensor> update(Tensor trace, List<Tensor> memory) {
      List<Tensor> next = new ArrayList<>(List.of(trace));
      next.addAll(memory.subList(0, steps));
      return next;
    }

    @Override
    public Tensor used(Tensor trace, List<Tensor> memory) {
      return memory.getLast();
    }
  }

  /**
   * {@link Factorization.InputOutput}: the number of steps, the trace of x where there is one, and
   * one of each effect.
   */
  record TwoSides(double in, double out) implements Factorization.OuterProducts {
    @Override
    public List<TensorType> memory(Site site) {
      List<TensorType> all = new ArrayList<>(List.of(TensorType.scalar(DType.I32)));
      site.input().ifPresent(all::add);
      site.states().forEach(_ -> all.add(site.output()));
      return all;
    }

    private static List<Tensor> outputs(Site site, List<Tensor> memory) {
      return memory.subList(memory.size() - site.states().size(), memory.size());
    }

    @Override
    public List<Tensor> update(Step step, List<Tensor> memory) {
      List<Tensor> next = new ArrayList<>(List.of(memory.getFirst().add(1)));
      step.input().ifPresent(x -> next.add(memory.get(1).mul(in).add(x)));
      List<Tensor> carried = step.carried(outputs(step.site(), memory));
      for (int i = 0; i < carried.size(); i++) {
        next.add(carried.get(i).mul(out).add(step.effects().get(i).mul(1 - out)));
      }
      return next;
    }

    @Override
    public List<Product> products(Site site, List<Tensor> memory) {
      Tensor steps = memory.getFirst().cast(site.output().dtype());
      Tensor sum = steps.like(1).sub(steps.like(out).pow(steps));
      Tensor weight = steps.eq(0).select(steps.like(1), sum);
      Optional<Tensor> x = site.input().map(_ -> memory.get(1));
      return List.of(
          new Product(x, outputs(site, memory).stream().map(e -> e.div(weight)).toList()));
    }
  }
}
