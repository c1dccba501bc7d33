package dev.engram.autodiff;

import dev.engram.ir.Builder;
import dev.engram.ir.Control;
import dev.engram.ir.Dot;
import dev.engram.ir.Elementwise;
import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Lit;
import dev.engram.ir.Op;
import dev.engram.ir.Param;
import dev.engram.ir.Reduce;
import dev.engram.ir.Rows;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.passes.Dce;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/** The sums that one loop carries, and the loop without them. */
final class LoopSums {
  private final Builder b;
  private final Control.Scan op;
  private final Graph body;
  private final List<Value> in;
  private final Map<Value, Eqn> definitions = new HashMap<>();
  private final Map<Value, Integer> uses = new HashMap<>();

  /** Values that a function of loop constants and stacked inputs alone gives again. */
  private final Set<Value> again = new HashSet<>();

  private final Set<Value> slices = new HashSet<>();
  private final Set<Value> varying;

  /** The term that each hoisted carry sums, by position of the carry. */
  private final Map<Integer, Eqn> sums = new LinkedHashMap<>();

  /** Factors that are stacked for the sums. */
  private final Set<Value> stacked = new LinkedHashSet<>();

  LoopSums(Builder b, Control.Scan op, List<Value> in) {
    this.b = b;
    this.op = op;
    this.body = op.body();
    this.in = in;
    int first = op.consts() + op.carry();
    slices.addAll(Live.vars(body, first, body.params().size()));
    again.addAll(slices);
    again.addAll(Live.vars(body, 0, op.consts()));
    for (Eqn e : body.eqns()) {
      e.outputs().forEach(v -> definitions.put(v, e));
      e.inputs().forEach(v -> uses.merge(v, 1, Integer::sum));
      if (Residuals.isCheap(e.op())
          && e.inputs().stream().allMatch(v -> v instanceof Lit || again.contains(v))) {
        again.addAll(e.outputs());
      }
    }
    body.outs().forEach(v -> uses.merge(v, 1, Integer::sum));
    varying = Live.dependents(body, Live.vars(body, op.consts(), body.params().size()));
  }

  /** The results of the loop, in the builder. */
  List<Value> hoist() {
    for (int i = 0; i < op.carry(); i++) {
      choose(i, Dot.class);
    }
    for (int i = 0; i < op.carry(); i++) {
      choose(i, Reduce.class);
    }
    return sums.isEmpty() ? List.copyOf(b.emit(op, in)) : split();
  }

  private void choose(int carry, Class<?> family) {
    Optional<Eqn> term = term(carry).filter(e -> family.isInstance(e.op()));
    if (term.isEmpty()) {
      return;
    }
    Eqn e = term.get();
    Set<Value> more = new LinkedHashSet<>(e.inputs());
    boolean allVary = e.inputs().stream().allMatch(varying::contains);
    more.removeIf(v -> again.contains(v) || stacked.contains(v) || outputs().contains(v));
    long bytes = bytes(more);
    boolean fits =
        bytes <= e.out().type().bytes()
            && (bytes(stacked) + bytes) * op.length() <= HoistWeightGradients.MOST_BYTES;
    // The sum of a vector is not worth a stack of its own.
    if (allVary && fits && (e.op() instanceof Dot || more.isEmpty())) {
      sums.put(carry, e);
      stacked.addAll(more);
    }
  }

  private List<Value> outputs() {
    return body.outs().subList(op.carry(), body.outs().size());
  }

  private static long bytes(Set<Value> values) {
    return values.stream().mapToLong(v -> v.type().bytes()).sum();
  }

  /** The equation of v where the carry's step is {@code c + v} and neither is read elsewhere. */
  private Optional<Eqn> term(int carry) {
    Var c = body.params().get(op.consts() + carry).var();
    Value next = body.outs().get(carry);
    Eqn add = definitions.get(next);
    if (add == null
        || !add.op().equals(new Elementwise(Rows.ADD))
        || uses.getOrDefault(c, 0) != 1
        || uses.get(next) != 1
        || !Terms.isFloat(c)
        || !add.inputs().contains(c)) {
      return Optional.empty();
    }
    Value v = add.in(0).equals(c) ? add.in(1) : add.in(0);
    Eqn e = definitions.get(v);
    boolean isSum =
        e != null
            && uses.get(v) == 1
            && (e.op() instanceof Dot
                || (e.op() instanceof Reduce r && r.kind() == Reduce.Kind.SUM));
    return isSum ? Optional.of(e) : Optional.empty();
  }

  /** The loop without the sums, then the sums. */
  private List<Value> split() {
    List<Param> params = new ArrayList<>();
    List<Value> operands = new ArrayList<>();
    List<Value> outs = new ArrayList<>();
    List<Integer> carries =
        IntStream.range(0, op.carry()).filter(i -> !sums.containsKey(i)).boxed().toList();
    for (int i = 0; i < in.size(); i++) {
      if (i < op.consts() || i >= op.consts() + op.carry() || carries.contains(i - op.consts())) {
        params.add(body.params().get(i));
        operands.add(in.get(i));
      }
    }
    carries.forEach(i -> outs.add(body.outs().get(i)));
    outs.addAll(outputs());
    outs.addAll(stacked);
    Graph rest = Dce.run(new Graph(body.name(), params, body.eqns(), outs));
    List<Var> given =
        b.emit(
            new Control.Scan(rest, op.consts(), carries.size(), op.length(), op.reverse()),
            operands);

    Map<Value, Value> wide = new HashMap<>();
    for (int i = carries.size(); i < outs.size(); i++) {
      wide.put(outs.get(i), given.get(i));
    }
    recompute(wide);
    List<Value> results = new ArrayList<>();
    int next = 0;
    for (int i = 0; i < body.outs().size(); i++) {
      Eqn term = sums.get(i);
      results.add(term == null ? given.get(next++) : total(i, term, wide));
    }
    return results;
  }

  /** Adds the factors that the loop need not stack. */
  private void recompute(Map<Value, Value> wide) {
    Set<Value> missing = new LinkedHashSet<>();
    sums.values().forEach(e -> missing.addAll(e.inputs()));
    missing.removeAll(wide.keySet());
    int first = op.consts() + op.carry();
    for (int i = first; i < in.size(); i++) {
      Value slice = body.params().get(i).var();
      if (missing.remove(slice)) {
        wide.put(slice, in.get(i));
      }
    }
    if (missing.isEmpty()) {
      return;
    }
    List<Param> params = new ArrayList<>();
    List<Value> operands = new ArrayList<>();
    List<Boolean> batched = new ArrayList<>();
    for (int i = 0; i < in.size(); i++) {
      if (i < op.consts() || i >= first) {
        params.add(body.params().get(i));
        operands.add(in.get(i));
        batched.add(i >= first);
      }
    }
    List<Value> outs = List.copyOf(missing);
    Graph step = Dce.run(new Graph(body.name() + "_factors", params, body.eqns(), outs));
    Graph all = Batch.of(step, batched, op.length()).graph();
    List<Value> given = b.inline(all, operands);
    for (int i = 0; i < outs.size(); i++) {
      wide.put(outs.get(i), given.get(i));
    }
  }

  // c_0 + Σ_t a_tᵀ·b_t, the steps being one more contracted axis
  private Value total(int carry, Eqn term, Map<Value, Value> wide) {
    b.at(term.where());
    List<Value> factors = term.inputs().stream().map(wide::get).toList();
    Value sum = b.emit(overSteps(term.op()), factors).getFirst();
    return Terms.add(b, in.get(op.consts() + carry), sum);
  }

  private static Op overSteps(Op term) {
    if (term instanceof Dot d) {
      return new Dot(
          Batching.prepend(0, Batching.shift(d.lhsContract())),
          Batching.prepend(0, Batching.shift(d.rhsContract())),
          Batching.shift(d.lhsBatch()),
          Batching.shift(d.rhsBatch()));
    }
    Reduce r = (Reduce) term;
    return new Reduce(r.kind(), Batching.prepend(0, Batching.shift(r.axes())));
  }
}
