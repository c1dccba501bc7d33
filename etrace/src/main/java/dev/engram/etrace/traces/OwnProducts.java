package dev.engram.etrace.traces;

import dev.engram.etrace.Factorization.OuterProducts;
import dev.engram.etrace.TraceState;
import dev.engram.etrace.analysis.Site;
import dev.engram.etrace.analysis.SiteMap;
import dev.engram.etrace.analysis.UserClass;
import dev.engram.etrace.signal.GradientSums;
import dev.engram.etrace.signal.StepCopy;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.checks.Given;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Traces by a user's outer products: {@code grad_k = Σ_p in[p] ⊗ Σ_s L[s] out[p,s]}.
 *
 * @param sites those with states, in the order of their memory
 */
public record OwnProducts(SiteMap map, Dynamics dynamics, OuterProducts own, List<Place> sites)
    implements Traces {

  /**
   * A site.
   *
   * @param index in {@link SiteMap#sites}
   * @param states the hidden states, in the order of the effects
   * @param seen what the user sees of it
   */
  record Place(int index, List<Integer> states, OuterProducts.Site seen, List<TensorType> memory) {}

  public static OwnProducts of(SiteMap map, Dynamics dynamics, OuterProducts own) {
    List<SiteMap.Slot> slots = map.slots(dynamics);
    List<Place> sites = new ArrayList<>();
    for (int k = 0; k < map.sites.size(); k++) {
      int site = k;
      List<Integer> states =
          slots.stream().filter(s -> s.site() == site).map(SiteMap.Slot::state).toList();
      SiteMap.Located l = map.sites.get(k);
      OuterProducts.Site seen =
          new OuterProducts.Site(
              l.name(),
              l.site().dataType(),
              l.site().signal().type(),
              states.stream().map(s -> map.step.state(s).path()).toList());
      String who = UserClass.name(own) + ".memory";
      List<TensorType> memory = Given.all(who, "the result for " + l.name(), own.memory(seen));
      sites.add(new Place(k, states, seen, List.copyOf(memory)));
    }
    return new OwnProducts(map, dynamics, own, List.copyOf(sites));
  }

  @Override
  public List<TraceState> states() {
    List<TraceState> all = new ArrayList<>();
    for (Place p : sites) {
      for (int i = 0; i < p.memory.size(); i++) {
        String name = p.seen.name() + ".memory" + i;
        all.add(new TraceState(name, TraceState.Kind.MEMORY, p.memory.get(i)));
      }
    }
    return all;
  }

  @Override
  public Set<Integer> followed() {
    Set<Integer> all = new TreeSet<>();
    sites.forEach(p -> all.addAll(p.states));
    return all;
  }

  @Override
  public List<Tensor> update(StepCopy copy, List<Tensor> old) {
    List<Tensor> fresh = new ArrayList<>();
    for (Place p : sites) {
      Site site = map.sites.get(p.index).site();
      copy.b.at(site.where());
      List<Tensor> effects =
          p.states.stream()
              .map(s -> copy.local(s, site.signal()).orElseGet(() -> zero(copy, p)))
              .toList();
      OuterProducts.Step step =
          new OuterProducts.Step(p.seen, site.data(copy), effects, e -> carried(copy, p, e));
      List<Tensor> memory = List.copyOf(old.subList(fresh.size(), fresh.size() + p.memory.size()));
      fresh.addAll(
          new UserClass(own, "update")
              .all(copy.b, "for the site " + p.seen.name(), own.update(step, memory), p.memory));
    }
    return fresh;
  }

  private static Tensor zero(StepCopy copy, Place p) {
    return copy.sum(p.seen.output(), List.of());
  }

  private List<Tensor> carried(StepCopy copy, Place p, List<Tensor> given) {
    List<Tensor> e =
        new UserClass(own, "update")
            .all(
                copy.b,
                "given to carried for the site " + p.seen.name(),
                given,
                Collections.nCopies(p.states.size(), p.seen.output()));
    Map<Integer, Tensor> mine = new HashMap<>();
    for (int i = 0; i < e.size(); i++) {
      mine.put(p.states.get(i), e.get(i));
    }
    return p.states.stream()
        .map(s -> copy.sum(p.seen.output(), dynamics.carried(copy, s, mine)))
        .toList();
  }

  @Override
  public void credit(
      StepCopy copy, Map<Integer, Tensor> signals, List<Tensor> traces, GradientSums gradients) {
    int next = 0;
    for (Place p : sites) {
      copy.b.at(map.sites.get(p.index).site().where());
      List<Tensor> memory = List.copyOf(traces.subList(next, next += p.memory.size()));
      String who = UserClass.name(own) + ".products";
      for (OuterProducts.Product product :
          Given.all(who, "the result", own.products(p.seen, memory))) {
        credit(copy, p, signals, product, gradients);
      }
    }
  }

  private void credit(
      StepCopy copy,
      Place p,
      Map<Integer, Tensor> signals,
      OuterProducts.Product product,
      GradientSums gradients) {
    UserClass user = new UserClass(own, "products");
    Optional<Tensor> x = input(user, copy, p, product);
    List<Tensor> outputs =
        user.all(
            copy.b,
            "as output factors for the site " + p.seen.name(),
            product.outputs(),
            Collections.nCopies(p.states.size(), p.seen.output()));
    List<Tensor> terms = new ArrayList<>();
    for (int i = 0; i < outputs.size(); i++) {
      terms.add(signals.get(p.states.get(i)).mul(outputs.get(i)));
    }
    Tensor dy = copy.sum(p.seen.output(), terms);
    Site site = map.sites.get(p.index).site();
    gradients.addSite(p.index, x.map(t -> site.product(copy, t, dy)).orElse(dy));
  }

  private static Optional<Tensor> input(
      UserClass user, StepCopy copy, Place p, OuterProducts.Product product) {
    String of = "as input factor for the site " + p.seen.name();
    if (p.seen.input().isEmpty() && product.input().isPresent()) {
      throw user.refused(
          "got %s %s, expected none".formatted(product.input().get().type(), of),
          "return Optional.empty() where the site has no input");
    }
    return p.seen
        .input()
        .map(
            t -> {
              if (product.input().isEmpty()) {
                throw user.refused("got none %s, expected %s".formatted(of, t), "return one");
              }
              return user.one(copy.b, of, product.input().get(), t);
            });
  }
}
