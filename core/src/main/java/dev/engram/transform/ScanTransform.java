package dev.engram.transform;

import dev.engram.Captured;
import dev.engram.Fn1;
import dev.engram.State;
import dev.engram.StepResult;
import dev.engram.Tree;
import dev.engram.TreeDef;
import dev.engram.ir.EngramException;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Param;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import dev.engram.ir.Value;
import dev.engram.ir.op.Control;
import dev.engram.ir.tensor.Numbers;
import dev.engram.state.LostWeights;
import dev.engram.state.OneVersion;
import dev.engram.state.StateSlot;
import dev.engram.trace.Flattening;
import dev.engram.trace.TraceOrRun;
import dev.engram.trace.Tracing;
import dev.engram.trace.TreeSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/** {@code scan}: a body run once for each position of axis 0, with a carry from step to step. */
public final class ScanTransform {
  private static final List<Object> NOTHING = List.of();

  private final Labels labels;
  private final Fn1<List<Object>, Object> body;
  private final boolean reverse;

  /** How errors name the loop and its inputs. */
  public record Labels(String op, List<String> inputs) {
    public static final Labels SCAN = new Labels("scan", List.of("xs"));
    static final Labels FOR_LOOP = new Labels("forLoop", List.of("xs", "zs"));
  }

  /**
   * @param body takes the carry, then one slice of each stacked input; returns a {@link StepResult}
   */
  public ScanTransform(Labels labels, Fn1<List<Object>, Object> body, boolean reverse) {
    this.labels = labels;
    this.body = body;
    this.reverse = reverse;
  }

  /**
   * Runs the loop.
   *
   * @param length number of steps, needed when there is no stacked input
   * @return a {@link StepResult} of the last carry and the stacked outputs
   */
  public Object run(Object init, List<Object> xs, OptionalInt length) {
    Tree.Flat carry = Tree.flatten(init, labels.op() + ": the initial carry");
    List<Tree.Flat> stacked = stacked(labels, xs);
    int n = length(labels, stacked, length);
    List<TreeSpec> args = new ArrayList<>();
    args.add(TreeSpec.of(carry));
    stacked.forEach(x -> args.add(slice(x)));
    Tracing t = Tracing.run("body", Tracing.Kind.PLAIN, body, args);
    return emit(t, carry, Tracing.leaves(stacked), n);
  }

  /** Runs a loop without a carry: returns the stacked results of {@code f}. */
  public static <Y> Y plain(Fn1<List<Object>, Object> f, List<Object> xs, OptionalInt length) {
    Fn1<List<Object>, Object> body =
        args -> new StepResult<>(NOTHING, f.apply(args.subList(1, args.size())));
    Object done = new ScanTransform(Labels.FOR_LOOP, body, false).run(NOTHING, xs, length);
    return Flattening.<StepResult<List<Object>, Y>>cast(done).out();
  }

  /** {@code from, …, to - 1} as {@code i32[to - from]}. */
  public static Tensor counter(int from, int to) {
    if (to < from) {
      throw new EngramException(
          "forLoop: counts from "
              + from
              + " to "
              + to
              + ", expected to >= from ("
              + SourceLocation.here()
              + "); count up, and use from + to - 1 - i to count down");
    }
    return Numbers.range("forLoop", from, to);
  }

  private Object emit(Tracing t, Tree.Flat carry, List<Tensor> xs, int n) {
    // A StepResult is flattened carry first.
    TreeDef.Fields step = (TreeDef.Fields) t.result().structure();
    List<Tensor> results = t.result().leaves();
    checkCarry(labels.op(), carry, step.parts().getFirst(), results);
    int carries = carry.leaves().size();
    List<State> written = t.written();
    written.forEach(s -> checkState(labels.op(), t, s));

    List<Tensor> outs = new ArrayList<>(results.subList(0, carries));
    written.forEach(s -> outs.add(t.frame().current(s)));
    outs.addAll(results.subList(carries, results.size()));
    List<Value> lifted = t.lift(outs);

    List<Captured> consts =
        t.captured().stream()
            .filter(c -> !(c instanceof Captured.OfState(State s, int _) && written.contains(s)))
            .toList();
    List<Param> params = new ArrayList<>();
    List<Tensor> operands = new ArrayList<>();
    List<Tensor> entering = new ArrayList<>();
    OneVersion.read(
        consts,
        written,
        () -> {
          consts.forEach(c -> operands.add(c.now()));
          written.forEach(s -> entering.add(entering(t, s)));
        });
    consts.forEach(c -> params.add(t.param(c)));
    for (int i = 0; i < carries; i++) {
      params.add(t.input(i));
    }
    operands.addAll(carry.leaves());
    written.forEach(s -> params.add(t.entering(s)));
    operands.addAll(entering);
    for (int i = carries; i < t.inputCount(); i++) {
      params.add(t.input(i));
    }
    operands.addAll(xs);

    Graph g = t.build(params, lifted);
    List<? extends Tensor> done =
        TraceOrRun.op(
            new Control.Scan(g, consts.size(), carries + written.size(), n, reverse), operands);
    LostWeights.ofLoop(written, carries, done);
    List<StateSlot.Cell> cells = new ArrayList<>();
    for (int i = 0; i < written.size(); i++) {
      State s = written.get(i);
      cells.add(new StateSlot.Cell(done.get(carries + i), t.frame().currentMapped(s)));
    }
    StateSlot.write(written, cells);
    List<Tensor> result = new ArrayList<>(done.subList(0, carries));
    result.addAll(done.subList(carries + written.size(), done.size()));
    return step.build(result);
  }

  /** The value before the first step, which a state without one gets in it. */
  private static Tensor entering(Tracing t, State s) {
    TensorType type = t.frame().current(s).type();
    return StateSlot.of(s).read().orElseGet(() -> HostTensor.full(type, 0));
  }

  /** Checks that a body returns its carry with the structure and types that it received. */
  static void checkCarry(String loop, Tree.Flat carry, TreeDef out, List<Tensor> results) {
    List<String> paths = carry.structure().paths("the carry");
    if (!carry.structure().equals(out)) {
      throw new TypeException(
          loop
              + ": the body returns a carry with "
              + out.paths("the carry")
              + ", expected the structure it came in with, "
              + paths
              + ", and equal static parts ("
              + SourceLocation.here()
              + "); return the carry with the same structure, and results of a step beside it");
    }
    for (int i = 0; i < paths.size(); i++) {
      TensorType got = results.get(i).type();
      TensorType want = carry.leaves().get(i).type();
      if (!got.equals(want)) {
        throw new TypeException(
            loop
                + ": the body returns "
                + paths.get(i)
                + " as "
                + got
                + ", expected "
                + want
                + ", the type it came in with ("
                + SourceLocation.here()
                + "); cast it where it differs; values that grow belong to the results of the"
                + " steps, which are stacked");
      }
    }
  }

  /** Checks that a body leaves {@code s} with the type that it had. */
  static void checkState(String loop, Tracing t, State s) {
    TensorType now = t.frame().current(s).type();
    t.frame()
        .entering(s)
        .filter(before -> !before.type().equals(now))
        .ifPresent(
            before -> {
              throw new TypeException(
                  loop
                      + ": the body sets "
                      + StateSlot.of(s).describe()
                      + " to "
                      + now
                      + ", expected "
                      + before.type()
                      + ", the type it had before the loop ("
                      + SourceLocation.here()
                      + "); initialise it before the loop");
            });
  }

  private static List<Tree.Flat> stacked(Labels labels, List<Object> xs) {
    List<Tree.Flat> stacked = new ArrayList<>();
    for (int i = 0; i < xs.size(); i++) {
      stacked.add(Tree.flatten(xs.get(i), labels.op() + ": " + labels.inputs().get(i)));
    }
    return stacked;
  }

  /** Returns the length that all of {@code xs} have on axis 0. */
  public static int steps(Labels labels, List<Object> xs) {
    return length(labels, stacked(labels, xs), OptionalInt.empty());
  }

  /** An axis 1 of the right length is taken for that of the steps. */
  private static String fix(Tensor x, int steps) {
    return x.rank() > 1 && x.dim(1) == steps
        ? "if they go along axis 1 here, use " + StepAxes.swapped(x.rank())
        : "cut the longer one with slice(0, 0, steps)";
  }

  private static int length(Labels labels, List<Tree.Flat> stacked, OptionalInt length) {
    OptionalInt n = length;
    String from = "the given length";
    for (int i = 0; i < stacked.size(); i++) {
      List<String> paths = stacked.get(i).structure().paths(labels.inputs().get(i));
      for (int j = 0; j < paths.size(); j++) {
        Tensor x = stacked.get(i).leaves().get(j);
        if (x.rank() == 0) {
          throw misfit(
              labels,
              paths.get(j),
              x,
              "an axis 0 to loop over",
              "capture values that are the same in every step from outside of the loop");
        }
        if (n.isPresent() && n.getAsInt() != x.dim(0)) {
          throw misfit(
              labels,
              paths.get(j),
              x,
              "length " + n.getAsInt() + " on axis 0, as " + from,
              "steps go along axis 0; " + fix(x, n.getAsInt()));
        }
        if (n.isEmpty()) {
          from = paths.get(j) + " of type " + x.type();
        }
        n = OptionalInt.of(x.dim(0));
      }
    }
    if (n.isEmpty() || n.getAsInt() < 0) {
      throw new EngramException(
          labels.op()
              + ": the number of steps is "
              + (n.isEmpty() ? "not known" : "" + n.getAsInt())
              + ", expected a tensor to loop over or a length of at least 0 ("
              + SourceLocation.here()
              + "); give the number of steps as the last argument");
    }
    return n.getAsInt();
  }

  private static TypeException misfit(
      Labels labels, String path, Tensor x, String expected, String fix) {
    return new TypeException(
        "%s: %s has type %s, expected %s (%s); %s"
            .formatted(labels.op(), path, x.type(), expected, SourceLocation.here(), fix));
  }

  /** Returns the spec of one step's slice of {@code x}. */
  private static TreeSpec slice(Tree.Flat x) {
    return new TreeSpec(
        x.structure(), x.types().stream().map(t -> t.with(t.shape().range(1, t.rank()))).toList());
  }
}
