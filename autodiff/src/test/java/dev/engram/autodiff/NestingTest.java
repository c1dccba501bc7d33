package dev.engram.autodiff;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.autodiff.batch.BatchAxisAnalysis;
import dev.engram.autodiff.facts.Terms;
import dev.engram.ir.Builder;
import dev.engram.ir.DType;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Lit;
import dev.engram.ir.Role;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.interpret.Interpreter;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Custom;
import dev.engram.ir.op.Source;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** The work of batching control flow within control flow, counted. */
class NestingTest {
  private static final TensorType SCALAR = TensorType.scalar(DType.F64);
  private static final int DEPTH = 8;

  /** {@code 2x}, counting how often its rule for batches and its expansion are asked for. */
  private record Doubled(int[] batches) implements Custom.Batchable {
    @Override
    public String mnemonic() {
      return "doubled";
    }

    @Override
    public List<TensorType> typeOf(List<TensorType> in) {
      return in;
    }

    @Override
    public List<Tensor> expand(List<Tensor> in) {
      return List.of(in.getFirst().mul(2));
    }

    @Override
    public List<Tensor> batch(List<Tensor> in, int size) {
      batches[0]++;
      return expand(in);
    }
  }

  private record Halved(int[] expansions) implements Custom {
    @Override
    public String mnemonic() {
      return "halved";
    }

    @Override
    public List<TensorType> typeOf(List<TensorType> in) {
      return in;
    }

    @Override
    public List<Tensor> expand(List<Tensor> in) {
      expansions[0]++;
      return List.of(in.getFirst().mul(0.5));
    }
  }

  private record Negated(int[] transposes) implements Custom.Linear {
    @Override
    public String mnemonic() {
      return "negated";
    }

    @Override
    public List<TensorType> typeOf(List<TensorType> in) {
      return in;
    }

    @Override
    public List<Tensor> expand(List<Tensor> in) {
      return List.of(in.getFirst().neg());
    }

    @Override
    public List<Tensor> transpose(List<TensorType> inputs, List<Tensor> cotangents) {
      transposes[0]++;
      return expand(cotangents);
    }
  }

  /**
   * A nest of some depth in which every level adds to an accumulator of its own, starting from a
   * number that all examples share, and uses those of the levels around it.
   */
  private record Nest(int depth, Doubled doubled, Halved halved, Negated negated) {
    Nest(int depth) {
      this(depth, new Doubled(new int[1]), new Halved(new int[1]), new Negated(new int[1]));
    }

    /** {@code f(x)}: level 0. */
    Graph of(Kind kind) {
      return graph("nest", 1, (b, x) -> kind.level.apply(new Level(this, kind, 0, b, x)));
    }

    private Value innermost(Builder b, Value x) {
      return b.emit1(halved, b.emit1(doubled, b.emit1(negated, x)));
    }
  }

  private interface Body {
    Value result(Builder b, List<Value> params);
  }

  private static Graph graph(String name, int params, Body body) {
    Builder b = new Builder(name);
    List<Value> in = new ArrayList<>();
    for (int i = 0; i < params; i++) {
      in.add(b.param(SCALAR, Role.INPUT, ""));
    }
    return b.build(List.of(body.result(b, in)));
  }

  /**
   * A place in a nest.
   *
   * @param in x, then the accumulators of the levels around
   */
  private record Level(Nest nest, Kind kind, int at, Builder b, List<Value> in) {
    /** What the level below gives, from within {@code inner} with parameters {@code params}. */
    Value below(Builder inner, List<Value> params) {
      Value x = sum(inner, params);
      return at + 1 == nest.depth()
          ? nest.innermost(inner, x)
          : kind.level.apply(new Level(nest, kind, at + 1, inner, params));
    }

    private static Value sum(Builder b, List<Value> values) {
      Value all = values.getFirst();
      for (Value v : values.subList(1, values.size())) {
        all = Terms.add(b, all, v);
      }
      return all;
    }

    Graph body() {
      return graph("body", in.size() + 1, (b, p) -> Terms.add(b, p.getLast(), below(b, p)));
    }

    Value emit(Control op, Value... more) {
      List<Value> operands = new ArrayList<>(in);
      operands.addAll(List.of(more));
      return b.emit(op, operands).getFirst();
    }
  }

  /** One kind of control flow as a level of a nest. */
  private record Kind(String name, Function<Level, Value> level) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static final Kind SCAN =
      new Kind(
          "scan",
          n -> n.emit(new Control.Scan(n.body(), n.in().size(), 1, 2, false), Lit.of(SCALAR, 0)));

  private static final Kind WHILE =
      new Kind(
          "while",
          n -> {
            int size = n.in().size() + 1;
            Graph small =
                graph("small", size, (b, p) -> b.lift(b.tracer(p.getLast()).abs().lt(1e-3)));
            return n.emit(
                new Control.While(small, n.body(), size - 1, Optional.of(2)), Lit.of(SCALAR, 0));
          });

  /** A while loop that all examples leave together. */
  private static final Kind SHARED_WHILE =
      new Kind(
          "shared while",
          n -> {
            int size = n.in().size() + 1;
            Graph never = graph("never", size, (b, p) -> Lit.of(TensorType.scalar(DType.BOOL), 1));
            return n.emit(
                new Control.While(never, n.body(), size - 1, Optional.of(2)), Lit.of(SCALAR, 0));
          });

  private static final Kind COND =
      new Kind(
          "cond",
          n -> {
            int size = n.in().size() + 1;
            Graph other = graph("other", size, (b, p) -> p.getFirst());
            List<Value> operands = new ArrayList<>();
            operands.add(
                n.b().emit1(new Source.Const(HostTensor.full(TensorType.scalar(DType.BOOL), 1))));
            operands.addAll(n.in());
            operands.add(Lit.of(SCALAR, 0));
            return n.b().emit(new Control.Cond(n.body(), other), operands).getFirst();
          });

  private static final Kind CALL =
      new Kind(
          "call",
          n ->
              n.emit(
                  new Control.Call(n.body(), new Control.Derivative.Plain()), Lit.of(SCALAR, 0)));

  private static final List<Kind> KINDS = List.of(SCAN, WHILE, SHARED_WHILE, COND, CALL);

  @Test
  void everyBodyIsBatchedOnceHoweverDeep() {
    for (Kind kind : KINDS) {
      batchedOnce(kind);
    }
  }

  private static void batchedOnce(Kind kind) {
    for (int depth = 1; depth <= DEPTH; depth++) {
      Nest nest = new Nest(depth);
      Graph g = nest.of(kind);
      Graph wide = Batch.of(g, List.of(true), 3).graph();
      assertEquals(1, nest.doubled().batches()[0], kind + " of depth " + depth);
      assertEquals(1, nest.halved().expansions()[0], kind + " of depth " + depth);
      if (depth <= 4) {
        sameAsOneByOne(g, wide);
      }
    }
  }

  private static void sameAsOneByOne(Graph g, Graph wide) {
    HostTensor x = HostTensor.of(new double[] {0, 0.5, -2}, 3);
    double[] got = Interpreter.run(wide, List.of(x)).getFirst().toDoubles();
    for (int i = 0; i < 3; i++) {
      HostTensor one = HostTensor.full(SCALAR, x.getDouble(i));
      assertEquals(
          Interpreter.run(g, List.of(one)).getFirst().item(), got[i], 1e-9 * Math.abs(got[i]));
    }
  }

  @Test
  void flagsAreFoundInWalksThatGrowWithTheSquareOfTheDepth() {
    for (Kind kind : KINDS) {
      walked(kind);
    }
  }

  private static void walked(Kind kind) {
    for (int depth = 1; depth <= DEPTH; depth++) {
      BatchAxisAnalysis flags = new BatchAxisAnalysis("");
      Graph g = new Nest(depth).of(kind);
      assertEquals(List.of(true), flags.of(g, List.of(true)));
      assertTrue(
          flags.walks() <= 2 * (depth + 1) * (depth + 1),
          kind + " of depth " + depth + ": " + flags.walks());
    }
  }

  @Test
  void derivativesTakeWorkThatGrowsWithAPowerOfTheDepth() {
    for (Kind kind : KINDS) {
      for (int depth = 1; depth <= DEPTH; depth++) {
        String what = kind + " of depth " + depth;
        Nest nest = new Nest(depth);
        Graph g = nest.of(kind);
        Jvp.of(g, List.of(true));
        int forward = nest.halved().expansions()[0];
        assertTrue(forward <= (depth + 1) * (depth + 2) / 2, what + ": " + forward);
        Vjp.of(g, List.of(true));
        int back = nest.halved().expansions()[0] - forward;
        // each level linearizes once, after finding its flags in forward mode
        assertTrue(back <= depth * (depth + 1) * (depth + 3), what + ": " + back);
        assertEquals(1, nest.negated().transposes()[0], what);
      }
    }
  }
}
