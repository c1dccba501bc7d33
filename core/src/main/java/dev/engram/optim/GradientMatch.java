package dev.engram.optim;

import dev.engram.Grads;
import dev.engram.State;
import dev.engram.States;
import dev.engram.ir.EngramException;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import dev.engram.ir.tensor.RoundOnce;
import dev.engram.state.StateSlot;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Checks that there is one gradient for each weight, of its type. */
final class GradientMatch {
  /** How many names an error lists. */
  private static final int FEW = 3;

  private GradientMatch() {}

  /**
   * @param name of the class whose method {@code update} got the gradients
   * @param fix for gradients of other weights
   */
  static void check(String name, States weights, Grads grads, String fix) {
    if (!grads.byPath().keySet().equals(weights.byPath().keySet())) {
      throw differ(name, weights, grads, fix);
    }
    grads.weights().ifPresent(of -> sameWeights(name, weights, of));
    weights.byPath().forEach((path, s) -> type(name, path, s, grads.get(path)));
  }

  private static void sameWeights(String name, States weights, States of) {
    weights
        .byPath()
        .forEach(
            (path, registered) -> {
              State other = of.get(path);
              if (other != registered) {
                throw new EngramException(
                    ("%s.update: got the gradient of %s, expected that of the registered %s,"
                            + " another state of the same path (%s); take grad of the registered"
                            + " weights, or pass new Grads(grads.byPath()) if these are meant")
                        .formatted(
                            name,
                            StateSlot.of(other).numbered(),
                            StateSlot.of(registered).numbered(),
                            SourceLocation.here()));
              }
            });
  }

  private static EngramException differ(String name, States weights, Grads grads, String fix) {
    Set<String> more = new LinkedHashSet<>(grads.byPath().keySet());
    Set<String> missing = new LinkedHashSet<>(weights.byPath().keySet());
    more.removeAll(weights.byPath().keySet());
    missing.removeAll(grads.byPath().keySet());
    String what =
        Stream.of(
                more.isEmpty() ? "" : "gradients of " + few(more) + " too many",
                missing.isEmpty() ? "" : "none for " + few(missing))
            .filter(s -> !s.isEmpty())
            .collect(Collectors.joining(" and "));
    return new EngramException(
        ("%s.update: got %s, expected one gradient for each of the %d registered"
                + " weights (%s); %s")
            .formatted(name, what, weights.size(), SourceLocation.here(), fix));
  }

  /** The first of {@code paths}, and how many more there are. */
  static String few(Collection<String> paths) {
    String first = paths.stream().limit(FEW).collect(Collectors.joining(", "));
    return "[" + first + (paths.size() > FEW ? " and " + (paths.size() - FEW) + " more]" : "]");
  }

  private static void type(String name, String path, State weight, Tensor grad) {
    TensorType wide = weight.type().with(RoundOnce.wide(weight.type().dtype()));
    if (!grad.type().equals(weight.type()) && !grad.type().equals(wide)) {
      throw new TypeException(
          name
              + ".update: the gradient of "
              + path
              + " has type "
              + grad.type()
              + ", expected "
              + weight.type()
              + " ("
              + SourceLocation.here()
              + "); take the gradient by the registered weights");
    }
  }
}
