package dev.engram.autodiff.batch;

import dev.engram.autodiff.facts.Terms;
import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Value;
import dev.engram.ir.dataflow.FlagAnalysis;
import dev.engram.ir.op.Cast;
import dev.engram.ir.op.Check;
import dev.engram.ir.op.Collective;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Custom;
import dev.engram.ir.op.Dot;
import dev.engram.ir.op.Effect;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.HostEffect;
import dev.engram.ir.op.Index;
import dev.engram.ir.op.Move;
import dev.engram.ir.op.Op;
import dev.engram.ir.op.Reduce;
import dev.engram.ir.op.Source;
import dev.engram.ir.passes.EffectTokens;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Which results of a graph have the batch axis, given which parameters have it; found out without
 * building the batched graph, which is then built once.
 */
public final class BatchAxisAnalysis {
  /** The name of the batch axis; empty for one without. */
  private final String axis;

  private final FlagAnalysis flags = new FlagAnalysis(this::walk);
  private final Map<Eqn, Graph> expansions = new IdentityHashMap<>();
  private final Map<Control, EffectTokens> notices = new IdentityHashMap<>();
  private int walks;

  public BatchAxisAnalysis(String axis) {
    this.axis = axis;
  }

  /** How many graphs have been walked, for tests. */
  public int walks() {
    return walks;
  }

  /** One flag for each result of {@code g}. */
  public List<Boolean> of(Graph g, List<Boolean> batched) {
    return flags.of(g, batched);
  }

  private List<Boolean> walk(Graph g, List<Boolean> batched) {
    walks++;
    Set<Value> wide = new HashSet<>();
    for (int i = 0; i < batched.size(); i++) {
      if (batched.get(i)) {
        wide.add(g.params().get(i).var());
      }
    }
    for (Eqn e : g.eqns()) {
      List<Boolean> in = e.inputs().stream().map(wide::contains).toList();
      if (in.contains(true) || names(e)) {
        List<Boolean> out = rule(e, in);
        IntStream.range(0, out.size()).filter(out::get).forEach(i -> wide.add(e.outputs().get(i)));
      }
    }
    return g.outs().stream().map(wide::contains).toList();
  }

  private List<Boolean> rule(Eqn e, List<Boolean> in) {
    return switch (e.op()) {
      case Elementwise _,
          Cast _,
          Check _,
          Reduce _,
          Dot _,
          Move _,
          Index _,
          Source _,
          Custom.Batchable _ ->
          all(e.outputs().size());
      // The order is that of all examples together.
      case HostEffect _ -> List.of(in.getFirst());
      case Collective op when overExamples(op) -> List.of(op instanceof Collective.Position);
      case Collective _ -> all(e.outputs().size());
      case Custom op -> of(expansion(op, e), in);
      case Control.Scan s -> scan(s, in);
      case Control.While w -> carries(w, loop(w, in));
      case Control.Cond c -> cond(c, in);
      case Control.Call c -> call(c, in).results();
      case Control.Transposed t -> all(t.backward().params().size() - t.residuals());
    };
  }

  /** The custom op of {@code e} in terms of others, the same each time. */
  Graph expansion(Custom op, Eqn e) {
    Graph known = expansions.get(e);
    if (known == null) {
      known = Terms.expansion(op, e);
      expansions.put(e, known);
    }
    return known;
  }

  /** True when the axis of {@code op} is the batch axis. */
  boolean overExamples(Collective op) {
    return op.axis().equals(axis);
  }

  /** True when {@code e} speaks of the batch axis by its name. */
  boolean names(Eqn e) {
    return !axis.isEmpty()
        && switch (e.op()) {
          case Collective a -> overExamples(a);
          case Control c -> c.graphs().stream().anyMatch(this::names);
          case Custom c ->
              Effect.of(e).contains(Effect.COLLECTIVE)
                  && (c instanceof Custom.Batchable || names(expansion(c, e)));
          case Op _ -> false;
        };
  }

  private boolean names(Graph g) {
    return g.eqns().stream().anyMatch(this::names);
  }

  // Loops.

  private List<Boolean> scan(Control.Scan op, List<Boolean> in) {
    List<Boolean> params = params(op, in);
    List<Boolean> out = new ArrayList<>(of(op.body(), params));
    for (int i = 0; i < op.carry(); i++) {
      out.set(i, params.get(op.consts() + i));
    }
    return out;
  }

  /**
   * The flags of the body's parameters: a carry has one when it starts so or a step makes it so.
   */
  List<Boolean> params(Control.Scan op, List<Boolean> in) {
    return flags.settle(op, in, op.consts(), op.carry(), params -> of(op.body(), params)).params();
  }

  /**
   * The flags of the operands within the loop: of all carries where the examples stop at different
   * steps, but for the order of notices, else of those that start so or that a step makes so.
   */
  List<Boolean> loop(Control.While op, List<Boolean> in) {
    return flags
        .settle(
            op,
            in,
            op.consts(),
            op.carry(),
            params ->
                stopsEach(op, params) ? apart(notices(op), op, params) : of(op.body(), params))
        .params();
  }

  private List<Boolean> apart(EffectTokens notices, Control.While op, List<Boolean> params) {
    return IntStream.range(0, op.carry())
        .mapToObj(i -> !notices.isOrder(i) || params.get(op.consts() + i))
        .toList();
  }

  /** What the body of {@code op} tells. */
  EffectTokens notices(Control.While op) {
    return notices.computeIfAbsent(op, _ -> EffectTokens.of(op.body()));
  }

  /** What the branches of {@code op} tell. */
  EffectTokens notices(Control.Cond op) {
    return notices.computeIfAbsent(op, _ -> EffectTokens.of(op));
  }

  /** True when the examples stop at different steps. */
  boolean stopsEach(Control.While op, List<Boolean> params) {
    return of(op.condition(), params).getFirst();
  }

  private static List<Boolean> carries(Control.While op, List<Boolean> params) {
    return List.copyOf(params.subList(op.consts(), params.size()));
  }

  // Branches and calls.

  private List<Boolean> cond(Control.Cond op, List<Boolean> in) {
    if (!in.getFirst()) {
      return branches(op, in.subList(1, in.size()));
    }
    EffectTokens notices = notices(op);
    return IntStream.range(0, op.onTrue().outs().size())
        .mapToObj(i -> !notices.isOrder(i) || in.get(notices.results().get(i) + 1))
        .toList();
  }

  /** The results of a cond whose predicate all examples share. */
  List<Boolean> branches(Control.Cond op, List<Boolean> args) {
    return FlagAnalysis.either(of(op.onTrue(), args), of(op.onFalse(), args));
  }

  /**
   * The flags of a call.
   *
   * @param results of the call: as the body makes them or its rule does
   * @param rule of the results of a rule for tangents, or of a forward rule; else empty
   */
  record Call(List<Boolean> results, List<Boolean> rule) {}

  Call call(Control.Call op, List<Boolean> in) {
    List<Boolean> body = of(op.body(), in);
    return switch (op.derivative()) {
      case Control.Derivative.Plain _, Control.Derivative.Remat _ -> new Call(body, List.of());
      case Control.Derivative.Jvp jvp -> callJvp(op, jvp, in, body);
      case Control.Derivative.Vjp vjp -> {
        List<Boolean> forward = of(vjp.forward(), in);
        List<Boolean> out = FlagAnalysis.either(body, forward.subList(0, body.size()));
        List<Boolean> rule = new ArrayList<>(out);
        rule.addAll(forward.subList(body.size(), forward.size()));
        yield new Call(out, rule);
      }
    };
  }

  // A tangent is batched as its operand is; a result as the body or the rule makes it or its
  // tangent.
  private Call callJvp(
      Control.Call op, Control.Derivative.Jvp jvp, List<Boolean> in, List<Boolean> body) {
    List<Boolean> all = of(jvp.rule(), withTangents(op, in));
    List<Boolean> out = new ArrayList<>();
    List<Boolean> tangents = new ArrayList<>();
    int next = body.size();
    for (int i = 0; i < body.size(); i++) {
      boolean isFloat = Terms.isFloat(op.body().outs().get(i));
      boolean wide = body.get(i) || all.get(i) || (isFloat && all.get(next));
      out.add(wide);
      if (isFloat) {
        tangents.add(wide);
        next++;
      }
    }
    List<Boolean> rule = new ArrayList<>(out);
    rule.addAll(tangents);
    return new Call(out, rule);
  }

  /** {@code in} and the flags of the tangents of float operands. */
  static List<Boolean> withTangents(Control.Call op, List<Boolean> in) {
    List<Boolean> flags = new ArrayList<>(in);
    for (int i = 0; i < in.size(); i++) {
      if (Terms.isFloat(op.body().params().get(i).var())) {
        flags.add(in.get(i));
      }
    }
    return flags;
  }

  static List<Boolean> all(int n) {
    return Collections.nCopies(n, true);
  }
}
