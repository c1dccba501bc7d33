package dev.engram.ir.passes;

import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Lit;
import dev.engram.ir.Shape;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.checks.Given;
import dev.engram.ir.op.Cast;
import dev.engram.ir.op.Check;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Custom;
import dev.engram.ir.op.Dot;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.HostEffect;
import dev.engram.ir.op.Index;
import dev.engram.ir.op.Move;
import dev.engram.ir.op.Reduce;
import dev.engram.ir.op.Rows;
import dev.engram.ir.op.Source;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Contractions of which only a part is read, by slices, are computed there and nowhere else, with
 * what is computed from them element by element: the derivative of {@code concat(x, h)} is taken
 * for both, and that for the input {@code x} of a net is then read by no one.
 */
public final class NarrowDots {
  /** A part that is larger, of all, is not worth operands that begin in the midst of a row. */
  private static final double WORTH = 15.0 / 16;

  /** The elements of a value between {@code start} and {@code limit} along each axis. */
  private record Box(List<Integer> start, List<Integer> limit) {
    static Box all(Shape shape) {
      return new Box(Collections.nCopies(shape.rank(), 0), shape.dims());
    }

    /** What a slice reads. */
    static Box of(Move.Slice s, Shape out) {
      List<Integer> limit = new ArrayList<>();
      for (int a = 0; a < out.rank(); a++) {
        limit.add(s.start().get(a) + s.stride().get(a) * (out.dim(a) - 1) + 1);
      }
      return new Box(s.start(), limit);
    }

    /** The smallest that contains both. */
    static Box around(Box a, Box b) {
      List<Integer> start = new ArrayList<>();
      List<Integer> limit = new ArrayList<>();
      for (int i = 0; i < a.start.size(); i++) {
        start.add(Math.min(a.start.get(i), b.start.get(i)));
        limit.add(Math.max(a.limit.get(i), b.limit.get(i)));
      }
      return new Box(start, limit);
    }

    Shape shape() {
      List<Integer> dims = new ArrayList<>();
      for (int a = 0; a < start.size(); a++) {
        dims.add(limit.get(a) - start.get(a));
      }
      return Shape.of(dims);
    }
  }

  /** What is read of each value. */
  private final Map<Value, Box> read = new HashMap<>();

  /** The values of which only a part is computed. */
  private final Map<Value, Box> narrow = new HashMap<>();

  private NarrowDots() {}

  /** Returns {@code g} with contractions of the parts that are read. */
  public static Graph run(Graph g) {
    Given.given("NarrowDots.run", "g", g);
    NarrowDots n = new NarrowDots();
    g.outs().forEach(n::whole);
    g.eqns().reversed().forEach(n::reads);
    g.eqns().forEach(n::decide);
    return GraphRewriter.walk(g, n::results);
  }

  private void whole(Value v) {
    part(v, Box.all(v.type().shape()));
  }

  private void part(Value v, Box box) {
    read.merge(v, box, Box::around);
  }

  private void reads(Eqn e) {
    Box out = e.outputs().size() == 1 ? read.get(e.out()) : null;
    if (out == null || e.out().type().size() == 0) {
      e.inputs().forEach(this::whole);
      return;
    }
    switch (e.op()) {
      case Move.Slice s -> part(e.in(0), Box.of(s, e.out().type().shape()));
      case Dot _, Elementwise _, Cast _ -> {
        // one that stays whole needs its operands whole
        Box needed = mayBeNarrow(e, out) ? out : Box.all(e.out().type().shape());
        List<Box> boxes = operands(e, needed);
        for (int i = 0; i < boxes.size(); i++) {
          part(e.in(i), boxes.get(i));
        }
      }
      case Move _, Reduce _, Index _, Source _ -> e.inputs().forEach(this::whole);
      case Check _, HostEffect _, Control _, Custom _ -> e.inputs().forEach(this::whole);
    }
  }

  /**
   * Whether this part may be computed alone: nothing in it can stop the run, and of a contraction
   * it is worth it.
   */
  private static boolean mayBeNarrow(Eqn e, Box part) {
    return e.op() instanceof Dot
        ? part.shape().size() <= WORTH * e.out().type().size()
        : e.op() instanceof Cast || (e.op() instanceof Elementwise x && Rows.has(x.row()));
  }

  /** What a contraction, or a row, reads of its operands for a part of its result. */
  private static List<Box> operands(Eqn e, Box out) {
    return e.op() instanceof Dot d
        ? List.of(left(d, e, out), right(d, e, out))
        : Collections.nCopies(e.inputs().size(), out);
  }

  private static Box left(Dot d, Eqn e, Box out) {
    Shape shape = e.in(0).type().shape();
    List<Integer> free = d.lhsFree(shape.rank());
    return operand(shape, d.lhsBatch(), free, d.lhsBatch().size(), out);
  }

  private static Box right(Dot d, Eqn e, Box out) {
    Shape shape = e.in(1).type().shape();
    List<Integer> free = d.rhsFree(shape.rank());
    return operand(shape, d.rhsBatch(), free, out.start.size() - free.size(), out);
  }

  /** Axes of the result are those of the batch, and from {@code first} on the free ones. */
  private static Box operand(
      Shape shape, List<Integer> batch, List<Integer> free, int first, Box out) {
    Box all = Box.all(shape);
    List<Integer> start = new ArrayList<>(all.start);
    List<Integer> limit = new ArrayList<>(all.limit);
    for (int i = 0; i < batch.size(); i++) {
      start.set(batch.get(i), out.start.get(i));
      limit.set(batch.get(i), out.limit.get(i));
    }
    for (int i = 0; i < free.size(); i++) {
      start.set(free.get(i), out.start.get(first + i));
      limit.set(free.get(i), out.limit.get(first + i));
    }
    return new Box(start, limit);
  }

  private void decide(Eqn e) {
    if (e.outputs().size() != 1) {
      return;
    }
    Box out = read.get(e.out());
    if (out == null || out.equals(Box.all(e.out().type().shape()))) {
      return;
    }
    boolean ofDots = e.op() instanceof Dot || e.inputs().stream().anyMatch(narrow::containsKey);
    if (ofDots && mayBeNarrow(e, out)) {
      narrow.put(e.out(), out);
    }
  }

  private List<? extends Value> results(GraphRewriter to, Eqn e, List<Value> in) {
    Box out = e.outputs().size() == 1 ? narrow.get(e.out()) : null;
    if (out != null) {
      List<Box> boxes = operands(e, out);
      List<Value> all = new ArrayList<>();
      for (int i = 0; i < in.size(); i++) {
        all.add(there(to, e, i, in, boxes.get(i)));
      }
      return to.emit(e, e.op(), all);
    }
    if (e.op() instanceof Move.Slice s && narrow.containsKey(e.in(0))) {
      Box wanted = Box.of(s, e.out().type().shape());
      return List.of(slice(to, e, in.getFirst(), wanted, s.stride(), narrow.get(e.in(0))));
    }
    return to.keep(e, NarrowDots::run);
  }

  /** These elements of operand {@code i}, of which there may be fewer than before. */
  private Value there(GraphRewriter to, Eqn e, int i, List<Value> in, Box wanted) {
    Value old = e.in(i);
    if (old instanceof Lit(TensorType t, long bits)) {
      return new Lit(t.with(wanted.shape()), bits);
    }
    Box has = narrow.getOrDefault(old, Box.all(old.type().shape()));
    List<Integer> stride = Collections.nCopies(wanted.start.size(), 1);
    return slice(to, e, in.get(i), wanted, stride, has);
  }

  /** A part of a value of which there is {@code has}. */
  private static Value slice(
      GraphRewriter to, Eqn e, Value v, Box wanted, List<Integer> stride, Box has) {
    if (wanted.equals(has) && stride.stream().allMatch(t -> t == 1)) {
      return v;
    }
    Move.Slice s =
        new Move.Slice(minus(wanted.start, has.start), minus(wanted.limit, has.start), stride);
    return to.emit(e, s, List.of(v)).getFirst();
  }

  private static List<Integer> minus(List<Integer> a, List<Integer> b) {
    List<Integer> out = new ArrayList<>();
    for (int i = 0; i < a.size(); i++) {
      out.add(a.get(i) - b.get(i));
    }
    return out;
  }
}
