package dev.engram.ir.text;

import dev.engram.ir.Builder;
import dev.engram.ir.DType;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Lit;
import dev.engram.ir.Role;
import dev.engram.ir.Shape;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Trace;
import dev.engram.ir.Tracer;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.op.Cast;
import dev.engram.ir.op.Check;
import dev.engram.ir.op.Collective;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Control.Derivative;
import dev.engram.ir.op.Dot;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.op.HostEffect;
import dev.engram.ir.op.Index;
import dev.engram.ir.op.Move;
import dev.engram.ir.op.Op;
import dev.engram.ir.op.OptimizationBarrier;
import dev.engram.ir.op.Reduce;
import dev.engram.ir.op.RowSignature;
import dev.engram.ir.op.Rows;
import dev.engram.ir.op.Source;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Graphs that use every family and row, for the tests of the text form and the verifier. */
public final class SampleGraphs {
  private SampleGraphs() {}

  /** One GRU step, written as a user would. */
  public static Graph gru() {
    Trace t = new Trace("gru");
    return t.run(
        () -> {
          Tensor x = t.input(TensorType.of(DType.F32, 64, 10), Role.INPUT, "x");
          Tensor h = t.input(TensorType.of(DType.F32, 64, 128), Role.HIDDEN, "rnn.h");
          Tensor wz = t.input(TensorType.of(DType.F32, 138, 128), Role.WEIGHT, "rnn.Wz.weight");
          Tensor wr = t.input(TensorType.of(DType.F32, 138, 128), Role.WEIGHT, "rnn.Wr.weight");
          Tensor wh = t.input(TensorType.of(DType.F32, 138, 128), Role.WEIGHT, "rnn.Wh.weight");
          Tensor bh = t.input(TensorType.of(DType.F32, 128), Role.WEIGHT, "rnn.Wh.bias");
          Tensor xh = Tensor.concat(1, x, h);
          Tensor z = xh.matmul(wz).sigmoid();
          Tensor r = xh.matmul(wr).sigmoid();
          Tensor candidate = Tensor.concat(1, x, r.mul(h)).matmul(wh).add(bh).tanh();
          Tensor next = z.like(1).sub(z).mul(h).add(z.mul(candidate));
          return t.build(List.of(((Tracer) next).value()));
        });
  }

  /** Every elementwise row, on each element type that it takes. */
  static Stream<Graph> rows() {
    return Rows.all().stream()
        .flatMap(
            row ->
                Stream.of(DType.values()).filter(row.signature()::accepts).map(d -> row(row, d)));
  }

  public static Graph row(ElementwiseRow row, DType dtype) {
    Builder b = new Builder(row.name() + "_" + dtype);
    List<Value> in = new ArrayList<>();
    for (int i = 0; i < row.arity(); i++) {
      boolean choice = row.signature() == RowSignature.SELECT && i == 0;
      in.add(b.param(TensorType.of(choice ? DType.BOOL : dtype, 3), Role.INPUT, ""));
    }
    Var y =
        b.at(new SourceLocation("Rows.java", 7))
            .emit1(new Elementwise(row), in.toArray(Value[]::new));
    return b.build(List.of(y));
  }

  /** One graph for each op that is no row. */
  public static Stream<Graph> families() {
    return Stream.of(
        plain("cast", new Cast(DType.I64), f32(2)),
        plain(
            "dot",
            new Dot(List.of(2), List.of(1), List.of(0), List.of(0)),
            f32(5, 2, 3),
            f32(5, 3, 4)),
        plain("reshape", new Move.Reshape(Shape.of(6)), f32(2, 3)),
        plain("reshapeToScalar", new Move.Reshape(Shape.scalar()), f32(1)),
        plain("transpose", new Move.Transpose(List.of(1, 0)), f32(2, 3)),
        plain("broadcast", new Move.Broadcast(Shape.of(2, 3), List.of(1)), f32(3)),
        plain("slice", new Move.Slice(List.of(0, 1), List.of(2, 3), List.of(1, 2)), f32(2, 3)),
        plain("pad", new Move.Pad(List.of(1), List.of(2), List.of(0)), f32(3), f32()),
        plain("concat", new Move.Concat(0), f32(3), f32(2), f32(0)),
        plain("reverse", new Move.Reverse(List.of(0)), f32(3)),
        plain("shear", new Move.Shear(0, 1, -2), f32(5, 2)),
        plain("gather", new Index.Gather(0, 0), f32(5, 2), i32(3)),
        plain("scatter", new Index.Scatter(0, 0, Index.Combine.ADD), f32(5, 2), i32(3), f32(3, 2)),
        plain("dynamicSlice", new Index.DynamicSlice(Shape.of(2)), f32(5), i32()),
        plain("argSort", new Index.ArgSort(1, true), f32(5, 2)),
        plain("dynamicUpdate", new Index.DynamicUpdate(), f32(5), f32(2), i32()),
        plain("iota", new Source.Iota(TensorType.of(DType.I64, 2, 3), 1)),
        plain("randomBits", new Source.RandomBits(Shape.of(4)), i32(2)),
        plain(
            "check",
            new Check.Range("targets \"of\" the\nlöss", Long.MIN_VALUE, Long.MAX_VALUE),
            i32(4)),
        plain("checkFinite", new Check.Finite("log"), f32(4)),
        plain(
            "print",
            new HostEffect.Print("\"a\" = {},\nb = {}"),
            i32(),
            bool(2),
            f32(2),
            i32(2, 3)),
        plain(
            "progress",
            new HostEffect.Progress(HostEffect.Hook.named("the bar"), 3, Optional.of(10)),
            i32(),
            bool(),
            i32(),
            f32(2)),
        plain("axisSum", new Collective.Sum("i"), f32(4)),
        plain("axisIndex", new Collective.Position("i")),
        plain("barrier", new OptimizationBarrier(), f32(4), f32()),
        reductions(),
        constants(),
        literals(),
        control(),
        oddNames(),
        nothing());
  }

  public static Stream<Graph> all() {
    return Stream.of(Stream.of(gru()), rows(), families()).flatMap(s -> s);
  }

  private static Graph reductions() {
    Builder b = new Builder("reductions");
    Var x = b.param(f32(2, 3), Role.INPUT, "x");
    Var p = b.param(TensorType.of(DType.BOOL, 2, 3), Role.INPUT, "p");
    List<Var> outs = new ArrayList<>();
    for (Reduce.Kind kind : Reduce.Kind.values()) {
      boolean logic = kind == Reduce.Kind.ANY || kind == Reduce.Kind.ALL;
      outs.add(b.emit1(new Reduce(kind, List.of(1)), logic ? p : x));
    }
    outs.add(b.emit1(new Reduce(Reduce.Kind.SUM, List.of(0, 1)), x));
    outs.add(b.emit1(new Reduce(Reduce.Kind.SUM, List.of()), x));
    return b.build(outs);
  }

  private static Graph constants() {
    Builder b = new Builder("constants");
    HostTensor bools = HostTensor.allocate(TensorType.of(DType.BOOL, 2));
    bools.setBits(0, 7);
    float[] many = new float[300];
    for (int i = 0; i < many.length; i++) {
      many[i] = i / 7f;
    }
    many[3] = Float.intBitsToFloat(0xffc01234);
    return b.build(
        Stream.of(
                HostTensor.of(new float[] {-0.0f, Float.MIN_VALUE, Float.MAX_VALUE, 0.1f}, 2, 2),
                HostTensor.of(new double[] {Math.PI}),
                HostTensor.of(new long[] {Long.MIN_VALUE, Long.MAX_VALUE}, 2),
                HostTensor.of(new int[] {Integer.MIN_VALUE, 0, 1}, 3),
                HostTensor.of(new boolean[] {true, false}, 1, 2),
                HostTensor.of(many, 3, 100),
                HostTensor.allocate(TensorType.of(DType.F64, 2, 0, 3)),
                HostTensor.allocate(TensorType.of(DType.I32, 1, 1, 1, 1, 1, 1, 1, 1, 1)),
                bools)
            .map(t -> b.emit1(new Source.Const(t)))
            .toList());
  }

  private static Graph literals() {
    Builder b = new Builder("literals");
    Var x = b.param(f32(2), Role.INPUT, "x");
    Var d = b.param(TensorType.of(DType.F64), Role.INPUT, "d");
    Var n = b.param(TensorType.of(DType.I64, 2), Role.INPUT, "n");
    Var p = b.param(TensorType.of(DType.BOOL, 2), Role.INPUT, "p");
    Elementwise add = new Elementwise(Rows.ADD);
    List<Value> outs = new ArrayList<>();
    for (int bits :
        new int[] {
          0, 1 << 31, 1, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc00000, 0x7f800001, 0x3dcccccd
        }) {
      outs.add(b.emit1(add, x, new Lit(x.type(), bits & 0xFFFFFFFFL)));
    }
    for (double v : new double[] {1e22, -Double.MIN_VALUE, Double.MAX_VALUE, 1.0 / 3}) {
      outs.add(b.emit1(add, Lit.of(d.type(), v), d));
    }
    outs.add(b.emit1(add, d, new Lit(d.type(), 0xfff8000000000001L)));
    outs.add(b.emit1(add, Lit.ofLong(n.type(), Long.MIN_VALUE), n));
    Elementwise select = new Elementwise(Rows.SELECT);
    outs.add(b.emit1(select, p, Lit.one(x.type()), Lit.zero(x.type())));
    outs.add(b.emit1(select, p, x, Lit.zero(x.type())));
    outs.add(b.emit1(select, Lit.one(p.type()), Lit.one(x.type()), x));
    outs.add(b.emit1(add, Lit.one(x.type()), Lit.one(x.type())));
    outs.add(b.emit1(new Move.Pad(List.of(0), List.of(1), List.of(0)), x, Lit.of(f32(), -0.0)));
    outs.add(Lit.of(f32(7), 2));
    outs.add(Lit.ofLong(n.type(), -3));
    outs.add(Lit.one(p.type()));
    return b.build(outs);
  }

  private static Graph control() {
    Builder b = new Builder("control");
    Var p = b.param(TensorType.of(DType.BOOL), Role.INPUT, "");
    Var w = b.param(f32(2, 2), Role.WEIGHT, "net.w");
    Var h = b.param(f32(2), Role.HIDDEN, "net.h");
    Var xs = b.param(f32(5, 2), Role.INPUT, "xs");
    Var key = b.param(i32(2), Role.KEY, "");
    b.at(new SourceLocation("Net.java", 31));
    List<Var> scanned = b.emit(new Control.Scan(step(), 1, 1, 5, false), List.of(w, h, xs));
    b.at(new SourceLocation("A file with spaces.java", 2));
    List<Var> reversed = b.emit(new Control.Scan(step(), 1, 1, 5, true), List.of(w, h, xs));
    b.at(SourceLocation.UNKNOWN);
    Var chosen = b.emit1(new Control.Cond(same("yes"), same("no")), p, h);
    Var plain = b.emit1(new Control.Call(same("inner"), new Derivative.Plain()), h);
    Var kept = b.emit1(new Control.Call(same("r"), new Derivative.Remat(List.of("dot"))), h);
    Var loop = b.emit1(new Control.While(positive(), same("w"), 0, Optional.of(7)), h);
    Var endless = b.emit1(new Control.While(positive(), same("w"), 0, Optional.empty()), h);
    Var jvp = b.emit1(new Control.Call(same("f"), new Derivative.Jvp(pair("f_jvp"))), h);
    Var vjp =
        b.emit1(
            new Control.Call(same("g"), new Derivative.Vjp(pair1("g_fwd"), second("vjp(g)"))), h);
    Var back = b.emit1(new Control.Transposed(second("g_bwd"), 1), h, chosen);
    return b.build(
        List.of(scanned.get(0), reversed.get(1), plain, kept, loop, endless, jvp, vjp, back, key));
  }

  private static Graph step() {
    Builder b = new Builder("step");
    Var w = b.param(f32(2, 2), Role.WEIGHT, "w");
    Var h = b.param(f32(2), Role.INPUT, "h");
    Var x = b.param(f32(2), Role.INPUT, "x");
    b.at(new SourceLocation("Net.java", 33));
    Var y = b.emit1(new Dot(List.of(0), List.of(0), List.of(), List.of()), h, w);
    Var z = b.emit1(new Elementwise(Rows.ADD), y, x);
    return b.build(List.of(b.emit1(new Elementwise(Rows.TANH), z), x));
  }

  private static Graph same(String name) {
    Builder b = new Builder(name);
    Var x = b.param(f32(2), Role.INPUT, "");
    return b.build(List.of(b.emit1(new Elementwise(Rows.NEG), x)));
  }

  private static Graph positive() {
    Builder b = new Builder("positive");
    Var x = b.param(f32(2), Role.INPUT, "");
    Var is = b.emit1(new Elementwise(Rows.GT), x, Lit.zero(x.type()));
    return b.build(List.of(b.emit1(new Reduce(Reduce.Kind.ALL, List.of(0)), is)));
  }

  /** (x, dx) → (x, dx). */
  private static Graph pair(String name) {
    Builder b = new Builder(name);
    Var x = b.param(f32(2), Role.INPUT, "x");
    Var dx = b.param(f32(2), Role.INPUT, "dx");
    return b.build(List.of(x, dx));
  }

  /** x → (-x, x). */
  private static Graph pair1(String name) {
    Builder b = new Builder(name);
    Var x = b.param(f32(2), Role.INPUT, "x");
    return b.build(List.of(b.emit1(new Elementwise(Rows.NEG), x), x));
  }

  /** (residual, ct) → ct. */
  private static Graph second(String name) {
    Builder b = new Builder(name);
    b.param(f32(2), Role.INPUT, "residual");
    return b.build(List.of(b.param(f32(2), Role.INPUT, "ct")));
  }

  private static Graph oddNames() {
    Builder b = new Builder("jvp of \"f\"\n@x");
    for (String path :
        List.of(
            "a.w",
            "b.w",
            "w",
            "w",
            "layers.0",
            "layers.1",
            "0",
            "a3",
            "a b",
            "a..b",
            ".x",
            "x.",
            ".",
            "ünï",
            "%",
            "\"",
            "\ud800")) {
      b.param(f32(), Role.STATE, path);
    }
    Var x = b.param(f32(), Role.INPUT, "");
    for (String file : List.of("", "\"", "a/b.java", "a:b", "x\ny", "ü.java", "\udc00")) {
      b.at(new SourceLocation(file, 3)).emit1(new Elementwise(Rows.NEG), x);
    }
    b.at(new SourceLocation("F.java", Integer.MAX_VALUE)).emit1(new Elementwise(Rows.NEG), x);
    return b.build(List.of());
  }

  private static Graph nothing() {
    return new Builder("").build(List.of());
  }

  public static Graph plain(String name, Op op, TensorType... operands) {
    Builder b = new Builder(name);
    List<Var> in = Stream.of(operands).map(t -> b.param(t, Role.INPUT, "")).toList();
    return b.build(b.emit(op, in));
  }

  public static TensorType f32(int... dims) {
    return TensorType.of(DType.F32, dims);
  }

  static TensorType bool(int... dims) {
    return TensorType.of(DType.BOOL, dims);
  }

  public static TensorType i32(int... dims) {
    return TensorType.of(DType.I32, dims);
  }
}
