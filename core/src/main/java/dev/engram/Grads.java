package dev.engram;

import dev.engram.ir.EngramException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import dev.engram.state.PathList;
import java.util.AbstractMap;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * One tensor for each of a model's states, by path: gradients, or sums of them. It is a tree, so
 * transformations accept and return it.
 *
 * <p>Gradients that {@link Engram#grad(Fn1, States)} and learners return, and what the methods here
 * make of them, know their weights, so that an optimizer of other weights refuses them. The
 * arguments and results of transformations do not, nor does {@code new Grads(grads.byPath())}.
 */
public record Grads(Map<String, Tensor> byPath) {
  public Grads {
    Given.all("Grads", "byPath", byPath);
    byPath =
        byPath instanceof OfWeights
            ? byPath
            : Collections.unmodifiableMap(new LinkedHashMap<>(byPath));
  }

  /** Tensors that know the states they belong to; the same as a map of the tensors alone. */
  private static final class OfWeights extends AbstractMap<String, Tensor> {
    private final States weights;
    private final Map<String, Tensor> tensors;

    OfWeights(States weights, Map<String, Tensor> tensors) {
      this.weights = weights;
      this.tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
    }

    @Override
    public Set<Map.Entry<String, Tensor>> entrySet() {
      return tensors.entrySet();
    }
  }

  /**
   * Returns gradients that know their weights.
   *
   * @param weights with each path of {@code byPath}, maybe more
   * @throws EngramException when there is no weight for a path
   */
  public static Grads of(States weights, Map<String, Tensor> byPath) {
    Given.given("Grads.of", "weights", weights);
    Given.all("Grads.of", "byPath", byPath);
    byPath.keySet().forEach(weights::get);
    return new Grads(new OfWeights(weights, byPath));
  }

  /** Returns zeros of the type of every state. */
  public static Grads zeros(States states) {
    Given.given("Grads.zeros", "states", states);
    Map<String, Tensor> out = new LinkedHashMap<>();
    states.byPath().forEach((path, s) -> out.put(path, HostTensor.full(s.type(), 0)));
    return of(states, out);
  }

  @Override
  public Map<String, Tensor> byPath() {
    return byPath instanceof OfWeights o ? o.tensors : byPath;
  }

  /** Returns the weights whose gradients these are, where that is known. */
  public Optional<States> weights() {
    return byPath instanceof OfWeights o ? Optional.of(o.weights) : Optional.empty();
  }

  /**
   * Returns other gradients of the same weights.
   *
   * @param byPath for these paths or some of them
   * @throws EngramException when there is no weight for a path
   */
  public Grads with(Map<String, Tensor> byPath) {
    return weights().map(w -> of(w, byPath)).orElseGet(() -> new Grads(byPath));
  }

  /**
   * Returns the tensor for {@code path}.
   *
   * @throws EngramException when there is none
   */
  public Tensor get(String path) {
    Given.given("Grads.get", "path", path);
    Tensor t = byPath.get(path);
    if (t == null) {
      throw new EngramException(
          "no gradient for %s, expected one of %s (%s)%s"
              .formatted(
                  path,
                  PathList.like(path, byPath.keySet()),
                  SourceLocation.here(),
                  PathList.fix(path, byPath.keySet())));
    }
    return t;
  }

  /** Returns the paths of all gradients. */
  public List<String> paths() {
    return List.copyOf(byPath.keySet());
  }

  /**
   * Returns the sum with {@code other}, path by path. It knows its weights when both have the same.
   */
  public Grads plus(Grads other) {
    Grads sum = Tree.zip(Tensor::add, this, other);
    return weights().equals(other.weights()) ? with(sum.byPath()) : sum;
  }

  /** Returns the results of {@code f} on each gradient, such as one scaled; the paths stay. */
  public Grads map(UnaryOperator<Tensor> f) {
    return with(Tree.map(f, this).byPath());
  }
}
