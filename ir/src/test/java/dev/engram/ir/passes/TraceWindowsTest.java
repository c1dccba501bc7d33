package dev.engram.ir.passes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.Builder;
import dev.engram.ir.DType;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Param;
import dev.engram.ir.Role;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.Verifier;
import dev.engram.ir.interpret.Interpreter;
import dev.engram.ir.op.Check;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Move;
import dev.engram.ir.text.Printer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Random models with traces, step by step and in windows. */
class TraceWindowsTest {
  private static final int MODELS = 80;
  private static final int EXAMPLES = 2;
  private static final int IN = 48;
  private static final int HIDDEN = 48;
  private static final Shape TRACE = Shape.of(EXAMPLES, IN, HIDDEN);

  private final Random random = new Random(11);

  /** The body of a scan: constants, a hidden state, traces, sums, and what comes in. */
  private static final class Step {
    final Builder b = new Builder("body");
    final DType dtype;
    final Tensor weight;
    final Tensor leak;
    final Tensor before;
    final List<Tensor> traces = new ArrayList<>();
    final List<Tensor> sums = new ArrayList<>();
    final Tensor x;
    final Tensor h;
    final Tensor f;

    final List<Tensor> next = new ArrayList<>();
    final List<Tensor> stacked = new ArrayList<>();

    Step(DType dtype, int traces, int sums) {
      this.dtype = dtype;
      weight = param(IN, HIDDEN);
      leak = param(HIDDEN);
      before = param(EXAMPLES, HIDDEN);
      for (int i = 0; i < traces; i++) {
        this.traces.add(param(EXAMPLES, IN, HIDDEN));
      }
      for (int i = 0; i < sums; i++) {
        this.sums.add(param(IN, HIDDEN));
      }
      x = param(EXAMPLES, IN);
      h = x.matmul(weight).mul(0.3).add(before.mul(leak)).tanh();
      f = h.square().neg().add(1);
      next.add(h);
      stacked.add(h.sum(1));
    }

    private Tensor param(int... dims) {
      return b.tracer(b.param(TensorType.of(dtype, dims), Role.INPUT, "p"));
    }

    /** {@code v} as a tensor of a trace's shape. */
    Tensor whole(Tensor v, Integer... axes) {
      return b.tracer(b.emit1(new Move.Broadcast(TRACE, List.of(axes)), b.lift(v)));
    }

    Tensor ofInput(Tensor v) {
      return whole(v, 0, 1);
    }

    Tensor ofHidden(Tensor v) {
      return whole(v, 0, 2);
    }

    Graph scan(int length, boolean reverse) {
      List<Value> outs = new ArrayList<>();
      next.forEach(v -> outs.add(b.lift(v)));
      stacked.forEach(v -> outs.add(b.lift(v)));
      Graph body = b.build(outs);
      Builder g = new Builder("f");
      List<Value> in = new ArrayList<>();
      for (Param p : body.params().subList(0, body.params().size() - 1)) {
        in.add(g.param(p));
      }
      TensorType slice = body.params().getLast().type();
      in.add(g.param(slice.with(slice.shape().insert(0, length)), Role.INPUT, "xs"));
      return g.build(g.emit(new Control.Scan(body, 2, next.size(), length, reverse), in));
    }
  }

  /** A cell with traces of coupled states, and sums that read them. */
  private Graph model(DType dtype, int length) {
    int n = 1 + random.nextInt(3);
    Step s = new Step(dtype, n, 1 + random.nextInt(2));
    List<Tensor> after = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      Tensor sum = random.nextInt(8) == 0 ? null : source(s);
      for (int j = 0; j < n; j++) {
        if (i == j ? sum == null || random.nextInt(5) > 0 : random.nextInt(3) == 0) {
          Tensor d = decayed(s, s.traces.get(j));
          sum = sum == null ? d : random.nextBoolean() ? sum.add(d) : d.add(sum);
        }
      }
      // a filter reads what another trace has just become
      if (i > 0 && random.nextInt(3) == 0) {
        sum = sum.add(after.getLast());
      }
      after.add(sum);
      s.next.add(sum);
    }
    for (Tensor sum : s.sums) {
      Tensor of = after.get(random.nextInt(n)).mul(signal(s));
      if (random.nextInt(3) == 0) {
        of = of.sub(s.traces.get(random.nextInt(n)).mul(signal(s)));
      }
      if (random.nextInt(4) == 0) {
        of = of.add(source(s).mul(signal(s)));
      }
      Tensor term = of.sum(0);
      Tensor next = random.nextBoolean() ? sum.add(term) : term.add(sum);
      s.next.add(random.nextInt(3) > 0 ? next : next.add(s.x.transpose().matmul(s.h)));
    }
    return s.scan(length, false);
  }

  /** What a step adds to a trace. */
  private Tensor source(Step s) {
    return switch (random.nextInt(6)) {
      case 0 -> s.ofInput(s.x).mul(s.ofHidden(s.f));
      case 1 -> s.ofHidden(s.f).mul(s.ofInput(s.x)).neg();
      case 2 -> s.ofInput(s.x.square()).mul(s.ofHidden(s.f)).mul(s.whole(s.leak, 2));
      case 3 -> s.ofInput(s.x);
      case 4 -> s.ofInput(s.x).mul(0.5).sub(s.ofHidden(s.f).mul(s.ofInput(s.x)));
      default -> s.ofHidden(s.f);
    };
  }

  /** By what changes with each step, is 0 at some places or always, or never changes. */
  private Tensor decayed(Step s, Tensor trace) {
    return switch (random.nextInt(7)) {
      case 0 -> trace.mul(s.ofHidden(s.f));
      case 1 -> s.ofHidden(s.h.gt(0.1).select(s.h.mul(0), s.f)).mul(trace);
      case 2 -> trace.mul(s.whole(s.leak, 2));
      case 3 -> trace.mul(0.9);
      case 4 -> trace.mul(s.ofHidden(s.f.mul(0.5))).neg();
      case 5 -> trace.mul(s.ofHidden(s.h.mul(0)));
      default -> trace.mul(s.ofHidden(s.h)).mul(s.whole(s.leak, 2));
    };
  }

  private Tensor signal(Step s) {
    return switch (random.nextInt(3)) {
      case 0 -> s.ofHidden(s.h);
      case 1 -> s.ofHidden(s.f.mul(s.h)).mul(0.25);
      default -> s.whole(s.leak, 2);
    };
  }

  private static List<HostTensor> args(Graph g, long seed) {
    Random r = new Random(seed);
    List<HostTensor> args = new ArrayList<>();
    for (TensorType t : g.paramTypes()) {
      HostTensor h = HostTensor.allocate(t);
      for (long i = 0; i < t.size(); i++) {
        h.setDouble(i, r.nextDouble() - 0.5);
      }
      args.add(h);
    }
    return args;
  }

  /** The largest difference, as a part of the largest element of the result it is in. */
  private static double difference(List<HostTensor> want, List<HostTensor> got) {
    double most = 0;
    for (int i = 0; i < want.size(); i++) {
      HostTensor w = want.get(i);
      HostTensor v = got.get(i);
      assertEquals(w.type(), v.type());
      double scale = 1;
      double d = 0;
      for (long k = 0; k < w.type().size(); k++) {
        scale = Math.max(scale, Math.abs(w.getDouble(k)));
        d = Math.max(d, Math.abs(w.getDouble(k) - v.getDouble(k)));
      }
      most = Math.max(most, d / scale);
    }
    return most;
  }

  /** Numbers of scans, by their lengths, in a graph and those in it. */
  private static Map<Integer, Integer> scans(Graph g) {
    Map<Integer, Integer> all = new TreeMap<>();
    g.eqns()
        .forEach(
            e -> {
              if (e.op() instanceof Control.Scan s) {
                all.merge(s.length(), 1, Integer::sum);
                scans(s.body()).forEach((k, v) -> all.merge(k, v, Integer::sum));
              }
            });
    return all;
  }

  /** True where a scan carries traces from step to step. */
  private static boolean carriesTraces(Graph g) {
    return g.eqns().stream()
        .filter(e -> e.op() instanceof Control.Scan)
        .map(e -> (Control.Scan) e.op())
        .anyMatch(
            s ->
                carriesTraces(s.body())
                    || (s.body().eqns().stream().noneMatch(e -> e.op() instanceof Control.Scan)
                        && s.body().params().stream()
                            .anyMatch(p -> p.type().shape().equals(TRACE))));
  }

  @Test
  void windowsGiveWhatStepsGive() {
    int changed = 0;
    for (int n = 0; n < MODELS; n++) {
      DType dtype = n % 4 == 0 ? DType.F32 : DType.F64;
      int length = 4 + random.nextInt(37);
      Graph steps = model(dtype, length);
      List<HostTensor> args = args(steps, n);
      List<HostTensor> want = Interpreter.run(steps, args);
      for (int most : List.of(1 + n % 32, 32)) {
        Graph windows = Verifier.verify(TraceWindows.run(steps, most));
        changed += carriesTraces(windows) ? 0 : 1;
        double d = difference(want, Interpreter.run(windows, args));
        assertTrue(
            d <= (dtype == DType.F64 ? 1e-10 : 1e-5),
            () -> d + Printer.print(steps) + Printer.print(windows));
        assertSame(windows, TraceWindows.run(windows, most), () -> Printer.print(windows));
        Graph finished = Pipeline.standard().run(windows);
        assertTrue(
            difference(want, Interpreter.run(finished, args))
                <= (dtype == DType.F64 ? 1e-10 : 1e-5));
      }
    }
    // some add so much at each step, or are coupled so much, that they are not worth it
    assertTrue(changed > 1.4 * MODELS, changed + " of " + 2 * MODELS);
  }

  /** A net that never resets differs from one that does, in both forms. */
  @Test
  void resetsCount() {
    for (int most : List.of(1, 7, 32)) {
      List<List<HostTensor>> results = new ArrayList<>();
      for (boolean resets : new boolean[] {false, true}) {
        Step s = new Step(DType.F64, 1, 1);
        Tensor d = resets ? s.h.gt(0.1).select(s.f.mul(0), s.f) : s.f;
        Tensor trace = s.traces.getFirst().mul(s.ofHidden(d)).add(s.ofInput(s.x));
        s.next.add(trace);
        s.next.add(s.sums.getFirst().add(trace.mul(s.ofHidden(s.h)).sum(0)));
        Graph steps = s.scan(20, false);
        List<HostTensor> args = args(steps, 3);
        results.add(Interpreter.run(TraceWindows.run(steps, most), args));
        assertTrue(difference(Interpreter.run(steps, args), results.getLast()) <= 1e-10);
      }
      assertTrue(difference(results.get(0), results.get(1)) > 1e-3);
    }
  }

  @Test
  void windowsHaveOneLength() {
    for (int length : List.of(4, 31, 32, 33, 64, 70, 7000)) {
      Graph windows = TraceWindows.run(plain(length, s -> {}));
      Map<Integer, Integer> want = new TreeMap<>();
      // what goes forward and what goes back, and around them the windows
      int whole = length / TraceWindows.STEPS;
      if (whole > 0) {
        want.merge(TraceWindows.STEPS, 2, Integer::sum);
      }
      if (length % TraceWindows.STEPS > 0) {
        want.merge(length % TraceWindows.STEPS, 2, Integer::sum);
      }
      if (whole > 1) {
        want.merge(whole, 1, Integer::sum);
      }
      assertEquals(want, scans(windows), "" + length);
    }
  }

  /** A trace, a sum of it, and what {@code more} adds. */
  private static Graph plain(int length, Consumer<Step> more) {
    return plain(DType.F64, length, false, more);
  }

  private static Graph plain(DType dtype, int length, boolean reverse, Consumer<Step> more) {
    Step s = new Step(dtype, 1, 1);
    Tensor trace = s.traces.getFirst().mul(s.ofHidden(s.f)).add(s.ofInput(s.x));
    s.next.add(trace);
    s.next.add(s.sums.getFirst().add(trace.mul(s.ofHidden(s.h)).sum(0)));
    more.accept(s);
    return s.scan(length, reverse);
  }

  /** What others read in another way is left as it is. */
  @Test
  void otherReadersKeepTheirSteps() {
    List<Consumer<Step>> readers =
        List.of(
            s -> s.stacked.add(s.next.get(1)),
            s -> s.stacked.add(s.traces.getFirst().sum(0, 1)),
            s -> s.next.set(0, s.next.get(1).sum(1).tanh()),
            s -> s.next.set(1, s.next.get(1).mul(s.traces.getFirst())),
            s -> s.next.set(1, s.next.get(1).abs()),
            s -> s.next.set(1, s.next.get(1).transpose(0, 2, 1)),
            s -> s.next.set(2, s.next.get(2).mul(0.5)),
            s -> s.next.set(2, s.sums.getFirst().add(s.next.get(1).square().sum(0))),
            s -> s.next.set(2, s.sums.getFirst().add(s.next.get(1).max(0))),
            s -> s.stacked.add(s.next.get(2).sum()),
            // a check that nobody reads
            s -> s.b.emit1(new Check.Finite("trace"), s.b.lift(s.next.get(1).sum(0))));
    for (int i = 0; i < readers.size(); i++) {
      Graph steps = plain(20, readers.get(i));
      assertSame(steps, TraceWindows.run(steps), "reader " + i);
    }
    // Control: a reader of something else does not matter.
    Graph steps = plain(20, s -> s.stacked.add(s.h));
    assertNotEquals(steps, TraceWindows.run(steps));
  }

  @Test
  void whatIsNotWorthItStays() {
    List<Graph> stay =
        List.of(
            plain(3, s -> {}),
            plain(DType.F64, 20, true, s -> {}),
            plain(DType.BF16, 20, false, s -> {}),
            // a decay that each element has its own of
            plain(
                20,
                s -> s.next.set(1, s.next.get(1).mul(s.ofInput(s.x).add(s.ofHidden(s.h)).tanh()))),
            plain(
                20,
                s -> s.next.set(1, s.next.get(1).add(s.ofInput(s.x).add(s.ofHidden(s.h)).tanh()))));
    for (int i = 0; i < stay.size(); i++) {
      Graph steps = stay.get(i);
      assertSame(steps, TraceWindows.run(steps), "graph " + i);
    }
  }

  /** The weight that a sum of traces teaches at each step is another one at the next. */
  @Test
  void parametersThatLearnAtEachStepKeepTheirSteps() {
    Graph steps = plain(20, s -> s.next.set(0, s.h.add(s.sums.getFirst().sum(0).mul(0.1))));
    assertSame(steps, TraceWindows.run(steps));
  }

  /** All of many traces from all: each pair would take a product and two sweeps in a window. */
  @Test
  void tracesOfManyCoupledStatesKeepTheirSteps() {
    for (int n : List.of(2, 4)) {
      Step s = new Step(DType.F64, n, 0);
      for (int i = 0; i < n; i++) {
        Tensor sum = s.ofInput(s.x);
        for (Tensor trace : s.traces) {
          sum = sum.add(trace.mul(s.ofHidden(s.f)));
        }
        s.next.add(sum);
      }
      Graph steps = s.scan(20, false);
      assertEquals(n > 2, steps.equals(TraceWindows.run(steps)), "coupled: " + n);
    }
  }

  /** One term that no window can add up keeps all of a sum, and so the steps. */
  @Test
  void sumsThatCannotLeaveKeepTheirSteps() {
    Step s = new Step(DType.F64, 0, 1);
    Tensor product = s.x.transpose().matmul(s.h);
    s.next.add(s.sums.getFirst().add(product).add(s.weight.transpose().mul(s.h.sum()).tanh()));
    Graph steps = s.scan(20, false);
    assertSame(steps, TraceWindows.run(steps));
  }

  /** Sums of products leave the steps of a window without traces, too, and only once. */
  @Test
  void productsOfStepsBecomeOneOfWindows() {
    for (int length : List.of(5, 32, 70)) {
      Step s = new Step(DType.F64, 0, 2);
      s.next.add(s.sums.get(0).add(s.x.transpose().matmul(s.h)));
      s.next.add(s.sums.get(1).add(s.ofHidden(s.f).mul(s.ofInput(s.x)).sum(0)));
      Graph steps = s.scan(length, false);
      Graph windows = Verifier.verify(TraceWindows.run(steps));
      assertSame(windows, TraceWindows.run(windows));
      List<HostTensor> args = args(steps, 8);
      assertTrue(difference(Interpreter.run(steps, args), Interpreter.run(windows, args)) <= 1e-10);
      assertTrue(
          IntStream.of(length / 32, length % 32)
              .filter(n -> n > 1)
              .allMatch(scans(windows)::containsKey));
    }
  }
}
