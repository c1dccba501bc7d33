package dev.engram.testkit;

import dev.engram.Compiler;
import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.Grads;
import dev.engram.Network;
import dev.engram.Pair;
import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.States;
import dev.engram.Tree;
import dev.engram.Vmap;
import dev.engram.WithAux;
import dev.engram.etrace.Exactness;
import dev.engram.etrace.Rule;
import dev.engram.ir.DType;
import dev.engram.ir.EngramException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import dev.engram.online.Learner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Checks of a model of one's own, such as a layer, a cell or a neuron, and of rules that learn it.
 *
 * <p>Each runs a new model along {@code xs}, and takes the gradient of the sum of the losses with
 * respect to its parameters. It throws an {@link AssertionError} that names the check, the weight
 * or output, and the element. Small models and few steps are enough.
 *
 * @param model makes a model for one example, each time with the same weights
 * @param xs inputs, each {@code [T, B, …]} with at least two steps and examples
 * @param loss scalar loss of the outputs of one step of all examples
 */
public record ModelChecks<X, O>(
    Supplier<? extends Network<X, O>> model, X xs, Fn1<O, Tensor> loss) {
  /** Half the distance of the points between which a difference is taken. */
  private static final double STEP = 1e-5;

  /** Largest allowed deviation of a central difference, per unit of the largest derivative. */
  private static final double DIFFERENCE = 1e-6;

  /**
   * @throws EngramException when there are no two steps and examples, or the model is not new each
   *     time
   */
  public ModelChecks {
    Given.given("ModelChecks", "model", model);
    Given.given("ModelChecks", "xs", xs);
    Given.given("ModelChecks", "loss", loss);
    Network<X, O> first = model.get();
    if (first.equals(model.get())) {
      throw new EngramException(
          "ModelChecks: the supplier gives the same model twice, expected a new one each time (%s); make it with new in the lambda"
              .formatted(SourceLocation.here()));
    }
    for (Tensor x : Tree.leaves(xs)) {
      if (x.rank() < 2 || x.dim(0) < 2 || x.dim(1) < 2) {
        throw new EngramException(
            "ModelChecks: an input has type %s, expected [T, B, …] with at least two steps and two examples (%s)"
                .formatted(x.type(), SourceLocation.here()));
      }
    }
  }

  private int examples() {
    return Tree.leaves(xs).getFirst().dim(1);
  }

  private static States weights(Network<?, ?> model) {
    return model.trainable();
  }

  private static States parameters(Network<?, ?> model) {
    return model.states().subset(State.Kind.PARAMETER);
  }

  /** A run of a whole batch: gradients, and outputs of each step. */
  private record Run<O>(Grads grads, Tensor loss, O outputs) {}

  private Run<O> throughTime(Network<X, O> net) {
    Engram.vmapNewStates(examples(), net::initAllStates);
    return throughTime(net, xs);
  }

  private Run<O> throughTime(Network<X, O> net, X along) {
    Vmap<X, O> mapped = new Vmap<>(net);
    var g =
        Engram.<Pair<Tensor, O>>gradWithAux(
                () -> {
                  Pair<Tensor, O> all =
                      Engram.forLoop(
                          (X x) -> {
                            O out = mapped.update(x);
                            return new Pair<>(scalar(loss.apply(out)), out);
                          },
                          along);
                  return new WithAux<>(all.first().sum(), all);
                },
                weights(net))
            .apply();
    return new Run<>(g.grad(), g.value(), g.aux().second());
  }

  private static Tensor scalar(Tensor loss) {
    if (loss.rank() > 0) {
      throw new EngramException(
          "ModelChecks: the loss of a step has type %s, expected a scalar (%s); reduce it with sum()"
              .formatted(loss.type(), SourceLocation.here()));
    }
    return loss;
  }

  private double lossOf(Network<X, O> net) {
    Engram.vmapNewStates(examples(), net::initAllStates);
    Vmap<X, O> mapped = new Vmap<>(net);
    return Engram.forLoop((X x) -> loss.apply(mapped.update(x)), xs).sum().host().item();
  }

  /**
   * Checks the gradient by backpropagation through time against central differences. Not for
   * spikes, whose surrogate derivative is no derivative.
   *
   * @throws EngramException when a weight is not f64
   */
  public void gradients() {
    Network<X, O> net = model.get();
    Grads got = throughTime(net).grads();
    weights(net)
        .byPath()
        .forEach(
            (path, w) -> {
              if (w.type().dtype() != DType.F64) {
                throw new EngramException(
                    "ModelChecks.gradients: %s has type %s, expected f64, in which differences are exact (%s)"
                        .formatted(path, w.type(), SourceLocation.here()));
              }
              HostTensor at = w.value().host();
              HostTensor slopes = HostTensor.allocate(at.type());
              for (long i = 0; i < at.type().size(); i++) {
                w.set(FunctionChecks.moved(at, i, STEP));
                double above = lossOf(net);
                w.set(FunctionChecks.moved(at, i, -STEP));
                slopes.setDouble(i, (above - lossOf(net)) / (2 * STEP));
              }
              w.set(at);
              Close.check(
                  "the gradient of " + path + " against differences",
                  got.get(path),
                  slopes,
                  DIFFERENCE,
                  FunctionChecks.LEAST);
            });
  }

  /** Checks that the outputs for a batch are those for each example alone. */
  public void batches() {
    O together = throughTime(model.get()).outputs();
    for (int b = 0; b < examples(); b++) {
      int from = b;
      Network<X, O> net = model.get();
      Engram.vmapNewStates(1, net::initAllStates);
      X one = Tree.map(t -> t.slice(1, from, from + 1), xs);
      Close.checkTrees(
          "the outputs of example " + b,
          Tree.map(t -> t.slice(1, from, from + 1), together),
          throughTime(net, one).outputs());
    }
  }

  /**
   * Checks that every backend that has a device computes the outputs and gradients of the
   * interpreter up to rounding, and the same bits each time.
   */
  public void backends() {
    Object want = compiled("interpreter");
    for (String name : FunctionChecks.runners()) {
      Object got = compiled(name);
      Close.checkTrees(name, got, want);
      Close.sameBits(name, compiled(name), got);
    }
  }

  private Object compiled(String backend) {
    Network<X, O> net = model.get();
    return Engram.jit(
            new Compiler(backend),
            (X along) -> {
              Engram.vmapNewStates(examples(), net::initAllStates);
              Run<O> run = throughTime(net, along);
              return new Pair<>(run.grads(), run.outputs());
            })
        .apply(xs);
  }

  /**
   * Checks that {@code rule} computes the gradient of backpropagation through time for each weight
   * for which its analysis says so; for {@link Rule#rtrl} that is each.
   *
   * @return the weights whose gradients are not those of backpropagation through time
   */
  public List<String> learning(Rule rule) {
    Given.given("ModelChecks.learning", "rule", rule);
    Network<X, O> net = model.get();
    Learner<X, O> learner =
        Learner.compile(
            net,
            m -> new Learner<>(m, rule, RandomKey.of(0), _ -> {}),
            Tree.map(t -> t.get(0), xs));
    Grads online = learner.grad(xs, loss).grads();
    Grads exact = throughTime(model.get()).grads();
    Set<String> saidExact =
        learner.report().gradients().stream()
            .filter(e -> e instanceof Exactness.Exact)
            .map(Exactness::weight)
            .collect(Collectors.toSet());
    List<String> different = new ArrayList<>();
    exact
        .byPath()
        .forEach(
            (path, want) -> {
              Optional<String> how =
                  Close.difference(online.get(path), want, Close.tolerance(want.dtype()));
              if (how.isPresent() && saidExact.contains(path)) {
                throw new AssertionError(
                    "the gradient of %s by %s is said to be exact: %s"
                        .formatted(path, rule.words(), how.get()));
              }
              how.ifPresent(_ -> different.add(path));
            });
    return different;
  }

  /**
   * Checks that a model with other weights, after it has loaded the saved states of this one, has
   * its outputs to the bit.
   *
   * @throws IOException when a temporary file cannot be written
   */
  public void resuming() throws IOException {
    Network<X, O> net = model.get();
    O want = throughTime(net).outputs();
    Network<X, O> other = model.get();
    parameters(other).values().forEach(w -> w.set(w.value().add(1)));
    Path file = Files.createTempFile("model", ".safetensors");
    try {
      parameters(net).save(file);
      parameters(other).load(file);
    } finally {
      Files.delete(file);
    }
    Close.sameBits("the outputs after loading", throughTime(other).outputs(), want);
  }
}
