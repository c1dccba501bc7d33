package dev.engram.optim;

import static dev.engram.optim.GradientMatch.few;

import dev.engram.Grads;
import dev.engram.Model;
import dev.engram.State;
import dev.engram.States;
import dev.engram.ir.EngramException;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Groups of weights, each with an optimizer of its own, that are updated together:
 *
 * <pre>{@code
 * ParameterGroups groups =
 *     ParameterGroups.of(
 *         weights,
 *         ParameterGroups.frozen(path -> path.startsWith("encoder.")),
 *         ParameterGroups.group(path -> path.endsWith(".bias"), new Sgd(0.1)),
 *         ParameterGroups.rest(Adam.withDecay(rate, 0.01)));
 * groups.update(grads);
 * }</pre>
 *
 * <p>Every weight is in exactly one group. Frozen weights stay as they are; their gradients need
 * not be taken. The optimizers' states are states {@code optimizers.0.…} and so on, in the order of
 * the groups that are not frozen.
 */
public final class ParameterGroups extends Model implements Updater {
  /**
   * Weights whose paths the predicate accepts, and their optimizer: made by {@link #group}, {@link
   * #rest} and {@link #frozen}.
   */
  public static final class Group {
    private final Optional<Predicate<String>> paths;
    private final Optional<Optimizer> optimizer;

    private Group(Optional<Predicate<String>> paths, Optional<Optimizer> optimizer) {
      this.paths = paths;
      this.optimizer = optimizer;
    }
  }

  private final List<Optimizer> optimizers = new ArrayList<>();
  private final States frozen;

  private ParameterGroups(States weights, boolean masters, List<Group> groups) {
    List<States> parts = parts(weights, groups);
    Map<String, State> still = new LinkedHashMap<>();
    // Everything that can fail comes before anything is registered.
    for (int i = 0; i < groups.size(); i++) {
      add(i, groups.get(i), parts.get(i));
    }
    for (int i = 0; i < groups.size(); i++) {
      Optional<Optimizer> optimizer = groups.get(i).optimizer;
      if (optimizer.isPresent()) {
        register(optimizer.get(), parts.get(i), masters);
      } else {
        still.putAll(parts.get(i).byPath());
      }
    }
    this.frozen = new States(still);
  }

  /**
   * Groups weights and registers those of each group with its optimizer.
   *
   * @param weights parameters of float types
   * @param groups at least one
   * @throws EngramException naming the weights that are in no group or in several; when a group has
   *     no weights, or an optimizer has some already
   */
  public static ParameterGroups of(States weights, Group... groups) {
    Given.given("ParameterGroups.of", "weights", weights);
    Given.all("ParameterGroups.of", "groups", groups);
    return new ParameterGroups(weights, false, List.of(groups));
  }

  /** Like {@link #of}, with {@link Optimizer#registerWithMasters}. */
  public static ParameterGroups withMasters(States weights, Group... groups) {
    Given.given("ParameterGroups.withMasters", "weights", weights);
    Given.all("ParameterGroups.withMasters", "groups", groups);
    return new ParameterGroups(weights, true, List.of(groups));
  }

  /**
   * The weights whose paths are accepted.
   *
   * @param optimizer without registered weights
   */
  public static Group group(Predicate<String> paths, Optimizer optimizer) {
    Given.given("ParameterGroups.group", "paths", paths);
    Given.given("ParameterGroups.group", "optimizer", optimizer);
    return new Group(Optional.of(paths), Optional.of(optimizer));
  }

  /**
   * The weights that are in no other group.
   *
   * @param optimizer without registered weights
   */
  public static Group rest(Optimizer optimizer) {
    Given.given("ParameterGroups.rest", "optimizer", optimizer);
    return new Group(Optional.empty(), Optional.of(optimizer));
  }

  /** The weights whose paths are accepted, which stay as they are. */
  public static Group frozen(Predicate<String> paths) {
    Given.given("ParameterGroups.frozen", "paths", paths);
    return new Group(Optional.of(paths), Optional.empty());
  }

  /** The weights of each group. */
  private static List<States> parts(States weights, List<Group> groups) {
    List<Map<String, State>> parts = new ArrayList<>();
    groups.forEach(_ -> parts.add(new LinkedHashMap<>()));
    List<String> none = new ArrayList<>();
    List<String> several = new ArrayList<>();
    weights
        .byPath()
        .forEach(
            (path, s) -> {
              List<Integer> of = groupsOf(path, groups);
              if (of.isEmpty()) {
                none.add(path);
              } else if (of.size() > 1) {
                several.add(path + " in groups " + of);
              } else {
                parts.get(of.getFirst()).put(path, s);
              }
            });
    if (!none.isEmpty() || !several.isEmpty()) {
      String what = (none.isEmpty() ? "" : few(none) + " in no group") + both(none, several);
      throw new EngramException(
          "ParameterGroups: got %s, expected every weight in exactly one of the %d groups (%s); add ParameterGroups.rest(optimizer) or ParameterGroups.frozen(paths), or make the conditions exclude each other"
              .formatted(what, groups.size(), SourceLocation.here()));
    }
    for (int i = 0; i < parts.size(); i++) {
      if (parts.get(i).isEmpty()) {
        throw new EngramException(
            "ParameterGroups: group %d has none of the weights %s, expected at least one (%s); correct its condition or leave it out"
                .formatted(i, few(weights.paths()), SourceLocation.here()));
      }
    }
    return parts.stream().map(States::new).toList();
  }

  private static String both(List<String> none, List<String> several) {
    return several.isEmpty() ? "" : (none.isEmpty() ? "" : " and ") + few(several);
  }

  private static List<Integer> groupsOf(String path, List<Group> groups) {
    List<Integer> of = new ArrayList<>();
    List<Integer> rest = new ArrayList<>();
    for (int i = 0; i < groups.size(); i++) {
      Optional<Predicate<String>> paths = groups.get(i).paths;
      if (paths.isEmpty()) {
        rest.add(i);
      } else if (paths.get().test(path)) {
        of.add(i);
      }
    }
    return of.isEmpty() ? rest : of;
  }

  private void add(int i, Group group, States part) {
    if (group.optimizer.isEmpty()) {
      return;
    }
    Optimizer o = group.optimizer.get();
    if (optimizers.contains(o)) {
      throw new EngramException(
          "ParameterGroups: group %d has the %s of another group, expected one of its own (%s); make another optimizer"
              .formatted(i, o.name(), SourceLocation.here()));
    }
    o.checkNew(part);
    optimizers.add(o);
  }

  private static void register(Optimizer o, States part, boolean masters) {
    if (masters) {
      o.registerWithMasters(part);
    } else {
      o.register(part);
    }
  }

  /**
   * {@inheritDoc} Those of frozen weights are not used and may be left out.
   *
   * @throws EngramException when gradients are of other weights; then, and when one has another
   *     type or a rate fails, nothing has changed
   */
  @Override
  public void update(Grads grads) {
    Given.given("ParameterGroups.update", "grads", grads);
    Set<String> left = new LinkedHashSet<>(grads.byPath().keySet());
    left.removeAll(frozen.byPath().keySet());
    List<Grads> parts = new ArrayList<>();
    for (Optimizer o : optimizers) {
      parts.add(part(o.weights(), grads));
      left.removeAll(o.weights().byPath().keySet());
    }
    if (!left.isEmpty()) {
      throw new EngramException(
          "ParameterGroups.update: got gradients of %s, expected those of the grouped weights (%s); group all weights that grad is taken of"
              .formatted(few(left), SourceLocation.here()));
    }
    List<Tensor> rates = new ArrayList<>();
    for (int i = 0; i < parts.size(); i++) {
      rates.add(optimizers.get(i).checked(parts.get(i)));
    }
    for (int i = 0; i < parts.size(); i++) {
      optimizers.get(i).apply(parts.get(i), rates.get(i));
    }
  }

  private static Grads part(States weights, Grads grads) {
    Map<String, Tensor> out = new LinkedHashMap<>();
    for (String path : weights.byPath().keySet()) {
      Tensor g = grads.byPath().get(path);
      if (g != null) {
        out.put(path, g);
      }
    }
    return grads.with(out);
  }
}
