package dev.engram.ir.passes;

import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Lit;
import dev.engram.ir.Param;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.checks.Given;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Dot;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.Op;
import dev.engram.ir.op.Reduce;
import dev.engram.ir.op.Rows;
import dev.engram.ir.passes.rewrite.Graphs;
import dev.engram.ir.passes.rewrite.ScanParts;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Moves sums that a scan accumulates, and does not read otherwise, behind the scan: {@code c ← c +
 * x_t · y_t} at every step becomes one contraction over time of what the scan stacks. It is how the
 * gradient of a weight comes out of the backward pass through time as one matrix product.
 *
 * <p>So do sums over the first axis that a scan only gives out, such as the loss of a batch at each
 * step. Without either, all that is left of a scan may stay within examples of a batch.
 *
 * <p>What is stacked takes memory that grows with the number of steps, so it is done only where the
 * scan reads what another scan has stacked, or stacks other things, and within a limit in
 * proportion to that: a learning rule that keeps traces, in memory that does not depend on the
 * number of steps, is left as it is.
 *
 * <p>The terms are the same and are added in another order, so floats may round differently.
 */
public final class MoveSumsOutOfScans {
  /** Bytes that may be stacked for each byte that another scan has stacked. */
  private static final int LIMIT = 2;

  /** Most bytes that a scan stacks for its sums: where memory is short, time matters less. */
  private static final long MOST = 1 << 28;

  private static final Op ADD = new Elementwise(Rows.ADD);

  private MoveSumsOutOfScans() {}

  /** {@code g} with such sums behind its scans; {@code g} itself where there is none. */
  public static Graph run(Graph g) {
    Given.given("MoveSumsOutOfScans.run", "g", g);
    Set<Value> stacked = new HashSet<>();
    for (Eqn e : g.eqns()) {
      if (e.op() instanceof Control.Scan s) {
        stacked.addAll(e.outputs().subList(s.carry(), e.outputs().size()));
      }
    }
    return GraphRewriter.walk(g, (to, e, in) -> step(to, e, in, stacked));
  }

  private static List<? extends Value> step(
      GraphRewriter to, Eqn old, List<Value> in, Set<Value> stacked) {
    Eqn e = Graphs.mapInner(old, MoveSumsOutOfScans::run);
    if (!(e.op() instanceof Control.Scan s) || s.length() == 0) {
      return to.keep(e);
    }
    double read =
        old.inputs().subList(s.consts() + s.carry(), old.inputs().size()).stream()
            .distinct()
            .filter(stacked::contains)
            .mapToDouble(MoveSumsOutOfScans::bytes)
            .sum();
    Accumulations all = new Accumulations(s, in);
    List<Accumulation> moved = all.within(Math.min(MOST, LIMIT * read));
    if (!moved.isEmpty()) {
      return all.without(moved, to, e);
    }
    OutputSums outputs = new OutputSums(s, in);
    return outputs.isEmpty() || outputs.bytes() > Math.min(MOST, outputs.otherBytes() + read)
        ? to.keep(e)
        : outputs.without(to, e);
  }

  /**
   * Emits the scan of {@code parts} whose body has these equations, in the place of {@code e}.
   *
   * @return its results by their numbers in {@code parts}, of which there are {@code count}
   */
  static Value[] emit(GraphRewriter to, Eqn e, ScanParts parts, List<Eqn> eqns, int count) {
    List<Var> out = to.emit(e, parts.op(eqns), parts.operands());
    Value[] all = new Value[count];
    List<Integer> numbers = parts.results();
    for (int i = 0; i < out.size(); i++) {
      all[numbers.get(i)] = out.get(i);
    }
    return all;
  }

  /**
   * Emits a scan over a window of few steps with such sums behind it.
   *
   * @param at gives the line
   * @param stacked bytes that it stacks at each step for other things
   */
  static List<? extends Value> emitWindow(
      GraphRewriter to, Eqn at, Control.Scan scan, List<Value> in, double stacked) {
    Accumulations all = new Accumulations(scan, in);
    List<Accumulation> moved = all.ofWindow(stacked);
    return moved.isEmpty() ? to.emit(at, scan, in) : all.without(moved, to, at);
  }

  /** Bytes that such a scan stacks at each step for its sums. */
  static double bytesPerStepOfWindow(Control.Scan scan, double stacked) {
    Accumulations all =
        new Accumulations(scan, scan.body().params().stream().<Value>map(Param::var).toList());
    return all.ofWindow(stacked).stream()
        .flatMap(a -> a.operands().stream())
        .distinct()
        .filter(v -> !all.isStacked(v))
        .mapToDouble(MoveSumsOutOfScans::bytes)
        .sum();
  }

  /** True for sums that can be made of what all steps have stacked. */
  static boolean isSum(Op op) {
    return op instanceof Dot || (op instanceof Reduce r && r.kind() == Reduce.Kind.SUM);
  }

  /** True for 0, not for -0. */
  static boolean isZero(Value v) {
    return v instanceof Lit(TensorType _, long bits) && bits == 0;
  }

  /** Bytes of a value, of which there may be more than a long counts. */
  static double bytes(Value v) {
    return (double) v.type().size() * v.type().dtype().bytes();
  }

  /** A carry that is nothing but the sum of its first value and of these terms at every step. */
  private record Accumulation(int carry, List<Value> first, List<Eqn> adds, List<Eqn> terms) {
    Accumulation(int carry) {
      this(carry, new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    }

    boolean hasProduct() {
      return terms.stream().anyMatch(t -> t.op() instanceof Dot);
    }

    /** What its terms are made of. */
    List<Value> operands() {
      return terms.stream().flatMap(t -> t.inputs().stream()).toList();
    }
  }

  /** Those of one scan. */
  private static final class Accumulations {
    private final Control.Scan scan;
    private final ScanParts parts;
    private final Map<Value, Eqn> made = new HashMap<>();
    private final Map<Value, Integer> uses = new HashMap<>();

    /** What each slice of a stacked input is a slice of. */
    private final Map<Value, Value> whole = new HashMap<>();

    /** What is stacked anyway: the results that have it. */
    private final Map<Value, Integer> outputs = new HashMap<>();

    private final List<Accumulation> found = new ArrayList<>();

    Accumulations(Control.Scan scan, List<Value> in) {
      this.scan = scan;
      this.parts = new ScanParts(scan, in);
      for (Eqn e : scan.body().eqns()) {
        e.outputs().forEach(v -> made.put(v, e));
        e.inputs().forEach(v -> uses.merge(v, 1, Integer::sum));
      }
      scan.body().outs().forEach(v -> uses.merge(v, 1, Integer::sum));
      parts.xs.forEach(x -> whole.put(x.param().var(), x.operand()));
      parts.ys.forEach(y -> outputs.putIfAbsent(y.out(), y.result()));
      for (int c = 0; c < parts.carries.size(); c++) {
        Accumulation a = new Accumulation(c);
        boolean sums = collect(parts.carries.get(c).out(), parts.carries.get(c).param().var(), a);
        if (sums && a.first.size() == 1 && !a.terms.isEmpty()) {
          found.add(a);
        }
      }
    }

    /** True where {@code sum} consists of {@code carry} and of sums that can be made later. */
    private boolean collect(Value sum, Value carry, Accumulation to) {
      Deque<Value> open = new ArrayDeque<>(List.of(sum));
      while (!open.isEmpty()) {
        Value v = open.pop();
        if (uses.getOrDefault(v, 0) != 1) {
          return false;
        }
        Eqn e = made.get(v);
        if (v.equals(carry)) {
          to.first.add(v);
        } else if (e == null) {
          return false;
        } else if (e.op() instanceof Elementwise x && x.row().equals(Rows.ADD)) {
          to.adds.add(e);
          open.push(e.inputs().get(1));
          open.push(e.inputs().get(0));
        } else if (isSum(e.op()) && e.inputs().stream().allMatch(parts::changes)) {
          to.terms.add(e);
        } else {
          return false;
        }
      }
      return true;
    }

    /** As many as fit, first those with products, whose operands others sum, too. */
    List<Accumulation> within(double limit) {
      List<Accumulation> taken = new ArrayList<>();
      Set<Value> stacks = new HashSet<>();
      double left = limit;
      List<Accumulation> inOrder =
          Stream.concat(
                  found.stream().filter(Accumulation::hasProduct),
                  found.stream().filter(a -> !a.hasProduct()))
              .toList();
      for (Accumulation a : inOrder) {
        Set<Value> more = new HashSet<>(a.operands());
        more.removeIf(this::isStacked);
        more.removeAll(stacks);
        double bytes = more.stream().mapToDouble(MoveSumsOutOfScans::bytes).sum() * scan.length();
        if (bytes <= left) {
          left -= bytes;
          stacks.addAll(more);
          taken.add(a);
        }
      }
      return taken;
    }

    /** True for what the scan reads or gives out as a stack anyway. */
    private boolean isStacked(Value v) {
      return whole.containsKey(v) || outputs.containsKey(v);
    }

    /** All with products, and those whose operands are not larger than theirs and others. */
    List<Accumulation> ofWindow(double stacked) {
      double products =
          found.stream()
              .filter(Accumulation::hasProduct)
              .flatMap(a -> a.operands().stream())
              .distinct()
              .mapToDouble(MoveSumsOutOfScans::bytes)
              .sum();
      return found.stream()
          .filter(
              a ->
                  a.hasProduct()
                      || a.operands().stream().mapToDouble(MoveSumsOutOfScans::bytes).sum()
                          <= products + stacked)
          .toList();
    }

    /**
     * Emits the scan that only stacks, and the sums.
     *
     * @param e gives the line
     */
    List<Value> without(List<Accumulation> moved, GraphRewriter to, Eqn e) {
      Set<Eqn> removed = Collections.newSetFromMap(new IdentityHashMap<>());
      Set<Value> stacks = new LinkedHashSet<>();
      List<ScanParts.Carry> gone = new ArrayList<>();
      for (Accumulation a : moved) {
        removed.addAll(a.adds);
        removed.addAll(a.terms);
        stacks.addAll(a.operands());
        gone.add(parts.carries.get(a.carry));
      }
      parts.carries.removeAll(gone);
      stacks.removeIf(this::isStacked);
      int count = scan.body().outs().size();
      int result = count;
      for (Value v : stacks) {
        parts.ys.add(new ScanParts.Output(v, result++));
      }
      List<Eqn> left = scan.body().eqns().stream().filter(b -> !removed.contains(b)).toList();
      Value[] all = emit(to, e, parts, left, result);
      parts.ys.forEach(y -> whole.put(y.out(), all[y.result()]));
      for (int i = 0; i < moved.size(); i++) {
        all[gone.get(i).result()] = sum(to, gone.get(i).operand(), moved.get(i).terms);
      }
      return List.of(all).subList(0, count);
    }

    private Value sum(GraphRewriter to, Value first, List<Eqn> terms) {
      Value sum = first;
      for (Eqn t : terms) {
        List<Value> in = t.inputs().stream().map(whole::get).toList();
        Value term = to.emit(t, overTime(t.op()), in).getFirst();
        sum = isZero(sum) ? term : to.emit(t, ADD, List.of(sum, term)).getFirst();
      }
      return sum;
    }

    /** The sum of the same over axis 0 as well, along which the operands are stacked. */
    private static Op overTime(Op op) {
      return switch (op) {
        case Dot d ->
            new Dot(
                withTime(d.lhsContract()),
                withTime(d.rhsContract()),
                later(d.lhsBatch()),
                later(d.rhsBatch()));
        case Reduce r -> new Reduce(r.kind(), withTime(r.axes()));
        default -> throw new AssertionError("no sum: " + op);
      };
    }

    private static List<Integer> withTime(List<Integer> axes) {
      return Stream.concat(Stream.of(0), later(axes).stream()).toList();
    }

    private static List<Integer> later(List<Integer> axes) {
      return axes.stream().map(a -> a + 1).toList();
    }
  }
}
