package org.example.rules;

import dev.engram.etrace.Factorization;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import java.util.ArrayList;
import java.util.List;

/**
 * Online training through time (Xiao et al. 2022): the effect of this step alone times a trace of
 * the input.
 *
 * <pre>
 *   a ← decay · a + x     of 1 where there is no x, as at a bias
 *   ε = a ⊗ f
 * </pre>
 *
 * <p>It is D-RTRL where a state keeps the share {@code decay} and f does not change.
 *
 * @param decay the share that a membrane keeps in a step, from 0 to below 1
 */
public record PresynapticTrace(double decay) implements Factorization.OuterProducts {
  public PresynapticTrace {
    if (!(decay >= 0 && decay < 1)) {
      throw new TypeException(
          "PresynapticTrace: decay=%s, expected from 0 to below 1".formatted(decay));
    }
  }

  @Override
  public List<TensorType> memory(Site site) {
    List<TensorType> types = new ArrayList<>();
    types.add(site.input().orElse(TensorType.scalar(site.output().dtype()))); // a
    site.states().forEach(_ -> types.add(site.output())); // f
    return types;
  }

  @Override
  public List<Tensor> update(Step step, List<Tensor> memory) {
    Tensor a = memory.getFirst().mul(decay);
    List<Tensor> next = new ArrayList<>();
    next.add(step.input().map(a::add).orElseGet(() -> a.add(1)));
    next.addAll(step.effects());
    return next;
  }

  @Override
  public List<Product> products(Site site, List<Tensor> memory) {
    Tensor a = memory.getFirst();
    List<Tensor> f = memory.subList(1, memory.size());
    boolean inFactor = site.input().isPresent();
    return List.of(
        new Product(
            site.input().map(_ -> a), inFactor ? f : f.stream().map(t -> t.mul(a)).toList()));
  }
}
