package dev.engram.ir.passes;

import dev.engram.ir.Builder;
import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.Op;
import dev.engram.ir.op.Rows;
import dev.engram.ir.passes.TraceRecurrences.Accumulator;
import dev.engram.ir.passes.TraceRecurrences.Reading;
import dev.engram.ir.passes.WindowBackward.Adjoint;
import dev.engram.ir.passes.WindowBackward.Decay;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * One scan in windows, see {@link TraceWindows}: steps forward, steps back, and what traces and
 * sums are behind both.
 */
final class WindowedScan {
  private static final Op ADD = new Elementwise(Rows.ADD);
  private static final Op MUL = new Elementwise(Rows.MUL);

  /** A part of a trace or of a sum behind a window. */
  private sealed interface Term {}

  /**
   * {@code Σ w∘ε} of a trace before the window.
   *
   * @param carry the number of w as a carry of what runs back
   */
  private record OfFirst(
      int carry, NavigableSet<Integer> axes, int trace, Collection<Integer> summed)
      implements Term {}

  /** {@code Σ_t p_t ⊗ q_t}, summed over axes, too. */
  private record OverTime(
      int p,
      NavigableSet<Integer> pAxes,
      Stacked q,
      NavigableSet<Integer> qAxes,
      Collection<Integer> summed)
      implements Term {}

  /** The number of something stacked. */
  private sealed interface Stacked {
    record Forward(int number) implements Stacked {}

    record Back(int number) implements Stacked {}
  }

  private final TraceRecurrences r;
  private final SourceLocation where;
  private final Eqn at;
  private final WindowForward forward;
  private final WindowBackward back;
  private final Graph forwardBody;
  private final Graph backBody;

  /** What each trace, or sum that reads traces, is in the end. */
  private final Map<Integer, List<Term>> terms = new HashMap<>();

  WindowedScan(TraceRecurrences r, Eqn at) {
    this.r = r;
    this.at = at;
    this.where = at.where();
    this.forward = new WindowForward(r, where);
    this.back = new WindowBackward(r, forward, where);
    for (List<Integer> group : r.groups()) {
      Decay decay = back.decay(group);
      for (int i = 0; i < group.size(); i++) {
        traceTerms(group, i, decay);
      }
      for (Accumulator a : r.sums.values()) {
        a.read().forEach(reading -> readingTerms(a, reading, group, decay));
      }
    }
    for (Accumulator a : r.sums.values()) {
      a.read().forEach(reading -> restTerms(a, reading));
    }
    this.forwardBody = forward.body();
    this.backBody = back.body();
  }

  private void add(int carry, Term t) {
    terms.computeIfAbsent(carry, _ -> new ArrayList<>()).add(t);
  }

  private void traceTerms(List<Integer> group, int i, Decay decay) {
    for (int j = 0; j < group.size(); j++) {
      Value p = decay.p()[i][j];
      if (p != null) {
        OfFirst first = new OfFirst(decay.carry()[i][j], decay.axes(), group.get(j), List.of());
        add(group.get(i), first);
        addedTerms(group.get(i), group.get(j), p, decay, List.of());
      }
    }
  }

  private void readingTerms(Accumulator a, Reading reading, List<Integer> group, Decay decay) {
    if (group.stream().allMatch(c -> reading.before(c).isEmpty() && reading.after(c).isEmpty())) {
      return;
    }
    Adjoint adjoint = back.adjoint(group, reading, decay);
    for (int i = 0; i < group.size(); i++) {
      int carry = adjoint.carry()[i];
      if (carry >= 0) {
        add(a.carry(), new OfFirst(carry, decay.axes(), group.get(i), reading.summed()));
      }
      Value lambda = adjoint.lambda()[i];
      if (lambda != null) {
        addedTerms(a.carry(), group.get(i), lambda, decay, reading.summed());
      }
    }
  }

  /** What the steps of a window have added to a trace, times {@code weight}. */
  private void addedTerms(
      int to, int trace, Value weight, Decay decay, Collection<Integer> summed) {
    TensorType whole = r.param(trace).type();
    for (Product u : r.added(trace)) {
      Factored f = Factored.of(u, decay.axes(), whole.shape());
      int p = forward.stack(List.of(f.p()), f.pAxes(), whole);
      int q = back.stack(weight, decay, f.q(), f.qAxes(), whole);
      add(to, new OverTime(p, f.pAxes(), new Stacked.Back(q), f.qAxes(), summed));
    }
  }

  private void restTerms(Accumulator a, Reading reading) {
    TensorType whole = reading.type();
    for (Product u : reading.form().constant()) {
      Factored f = Factored.of(u, new TreeSet<>(), whole.shape());
      int p = forward.stack(List.of(f.p()), f.pAxes(), whole);
      int q = forward.stack(List.of(f.q()), f.qAxes(), whole);
      add(
          a.carry(),
          new OverTime(p, f.pAxes(), new Stacked.Forward(q), f.qAxes(), reading.summed()));
    }
  }

  /** Bytes that a window stacks for each of its steps. */
  double bytesPerStep() {
    double own = forward.bytesPerStep();
    return own
        + back.bytesPerStep()
        + MoveSumsOutOfScans.bytesPerStepOfWindow(forward.scan(forwardBody, 1), own);
  }

  /** The results of the scan in windows of so many steps. */
  List<Value> emit(GraphRewriter to, int steps) {
    return new ScanChunks(to, r.scan, r.parts, where, this::window).emit(steps);
  }

  private List<Value> window(
      GraphRewriter to, List<Value> consts, List<Value> carries, List<Value> xs, int steps) {
    Builder b = to.builder().at(where);
    List<Value> in = new ArrayList<>(consts);
    forward.kept.forEach(c -> in.add(carries.get(c)));
    in.addAll(xs);
    List<? extends Value> out =
        MoveSumsOutOfScans.emitWindow(
            to, at, forward.scan(forwardBody, steps), in, forward.bytesPerStep());
    int kept = forward.kept.size();
    int own = kept + r.parts.ys.size();
    List<? extends Value> stacks = out.subList(own, out.size());
    List<? extends Value> backOut = back.emit(b.at(where), backBody, stacks, steps);
    b.at(where);
    Value[] results = new Value[carries.size()];
    // what reads the old traces before the new ones, which can then be written over them
    for (int c :
        IntStream.range(0, results.length)
            .boxed()
            .sorted(Comparator.comparing(r.traces::contains))
            .toList()) {
      int number = forward.kept.indexOf(c);
      Value v = number >= 0 ? out.get(number) : r.traces.contains(c) ? null : carries.get(c);
      for (Term t : terms.getOrDefault(c, List.of())) {
        Value term = emit(b, t, carries, stacks, backOut);
        v = v == null || MoveSumsOutOfScans.isZero(v) ? term : b.emit1(ADD, v, term);
      }
      results[c] = v;
    }
    List<Value> all = new ArrayList<>(List.of(results));
    all.addAll(out.subList(kept, own));
    return all;
  }

  private Value emit(
      Builder b,
      Term t,
      List<Value> carries,
      List<? extends Value> stacks,
      List<? extends Value> backOut) {
    return switch (t) {
      case OfFirst f -> {
        Value first = carries.get(f.trace);
        TensorType whole = first.type();
        NavigableSet<Integer> all =
            new TreeSet<>(IntStream.range(0, whole.rank()).boxed().toList());
        Value w = new AxisTensor(backOut.get(f.carry), f.axes).onto(b, all, whole);
        yield AxisTensor.sum(b, b.emit1(MUL, w, first), f.summed);
      }
      case OverTime o -> {
        Value q =
            switch (o.q) {
              case Stacked.Forward f -> stacks.get(f.number);
              case Stacked.Back k -> backOut.get(back.carries() + k.number);
            };
        yield AxisTensor.overTime(
            b, new AxisTensor(stacks.get(o.p), o.pAxes), new AxisTensor(q, o.qAxes), o.summed);
      }
    };
  }
}
