package dev.engram.lower;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import dev.engram.ir.DType;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Role;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Trace;
import dev.engram.ir.Tracer;
import dev.engram.ir.interpret.Interpreter;
import dev.engram.ir.op.Source;
import dev.engram.lower.inspect.LoopPrinter;
import dev.engram.lower.inspect.ProgramVerifier;
import dev.engram.lower.interpret.LoopInterpreter;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Function;

/** Traces small programs and holds their loops against the interpreter. */
final class Oracle {
  private Oracle() {}

  static TensorType f64(int... dims) {
    return TensorType.of(DType.F64, dims);
  }

  static TensorType f32(int... dims) {
    return TensorType.of(DType.F32, dims);
  }

  static TensorType i32(int... dims) {
    return TensorType.of(DType.I32, dims);
  }

  static Graph trace(List<TensorType> types, Function<List<Tensor>, List<Tensor>> f) {
    Trace t = new Trace("program");
    List<Tensor> in = new ArrayList<>();
    types.forEach(x -> in.add(t.input(x, Role.INPUT, "")));
    return t.build(t.run(() -> f.apply(in).stream().map(t::lift).toList()));
  }

  /** {@code value} as an equation of the graph that {@code traced} belongs to. */
  static Tensor constant(Tensor traced, HostTensor value) {
    return traced instanceof Tracer t
        ? t.builder().tracer(t.builder().emit1(new Source.Const(value)))
        : value;
  }

  /** Numbers in -1..1; integers in 0..3. */
  static HostTensor random(TensorType type, Random r) {
    HostTensor h = HostTensor.allocate(type);
    for (long i = 0; i < type.size(); i++) {
      h.setDouble(
          i,
          switch (type.dtype()) {
            case F32, F64, F16, BF16 -> r.nextDouble() * 2 - 1;
            case I8, I16, I32, I64, U8 -> r.nextInt(4);
            case BOOL -> r.nextInt(2);
          });
    }
    return h;
  }

  /** The verified program of {@code f}, which computes what the interpreter of graphs does. */
  static LoopProgram program(
      List<TensorType> types, List<Update> updates, Function<List<Tensor>, List<Tensor>> f) {
    Graph g = trace(types, f);
    LoopProgram p = ProgramVerifier.verify(Lowering.lower(g, updates));
    List<HostTensor> args = randomArgs(g, 3);
    List<HostTensor> want = Interpreter.run(g, args);
    List<HostTensor> got = LoopInterpreter.run(p, args);
    for (int i = 0; i < want.size(); i++) {
      for (long k = 0; k < want.get(i).type().size(); k++) {
        assertEquals(want.get(i).getDouble(k), got.get(i).getDouble(k), 1e-12);
      }
    }
    return p;
  }

  static List<HostTensor> randomArgs(Graph g, long seed) {
    Random r = new Random(seed);
    return g.paramTypes().stream().map(t -> random(t, r)).toList();
  }

  /** Lowers with and without fusion, verifies, runs, compares; gives the fused program. */
  static LoopProgram check(Graph g) {
    return check(g, randomArgs(g, 7));
  }

  static LoopProgram check(Graph g, List<HostTensor> args) {
    List<HostTensor> want = Interpreter.run(g, args);
    same(
        g,
        ProgramVerifier.verify(Lowering.lower(g, List.of(), LoweringOptions.standard().unfused())),
        args,
        want);
    LoopProgram fused = ProgramVerifier.verify(Lowering.lower(g));
    same(g, fused, args, want);
    return fused;
  }

  private static void same(Graph g, LoopProgram p, List<HostTensor> args, List<HostTensor> want) {
    List<HostTensor> got;
    try {
      got = LoopInterpreter.run(p, args);
    } catch (LoweringException e) {
      throw new AssertionError(LoopPrinter.print(p), e);
    }
    assertEquals(want.size(), got.size());
    for (int i = 0; i < want.size(); i++) {
      close(g, p, i, want.get(i), got.get(i));
    }
  }

  /** True when {@code p} gives what the interpreter gives for {@code g}. */
  static boolean agree(Graph g, LoopProgram p) {
    List<HostTensor> args = randomArgs(g, 7);
    try {
      same(g, p, args, Interpreter.run(g, args));
      return true;
    } catch (AssertionError different) {
      return false;
    }
  }

  private static void close(Graph g, LoopProgram p, int out, HostTensor want, HostTensor got) {
    assertEquals(want.type(), got.type());
    double scale = 1;
    for (long i = 0; i < want.type().size(); i++) {
      double w = Math.abs(want.getDouble(i));
      scale = Double.isFinite(w) ? Math.max(scale, w) : scale;
    }
    double tolerance =
        switch (want.type().dtype()) {
          case F64 -> 1e-10 * scale;
          case F32 -> 1e-5 * scale;
          case F16 -> 4e-3;
          case BF16 -> 3e-2;
          case I8, I16, I32, I64, U8, BOOL -> 0;
        };
    for (long i = 0; i < want.type().size(); i++) {
      double w = want.getDouble(i);
      double v = got.getDouble(i);
      boolean equal = w == v || (Double.isNaN(w) && Double.isNaN(v));
      if (!equal && !(Math.abs(w - v) <= tolerance)) {
        fail(
            "output "
                + out
                + " element "
                + i
                + ": got "
                + v
                + ", expected "
                + w
                + "\n"
                + g.eqns()
                + "\n"
                + LoopPrinter.print(p));
      }
    }
  }

  static List<Stmt.Nest> nests(LoopProgram p) {
    return nests(p.steps());
  }

  static List<Stmt.Nest> nests(List<Stmt> steps) {
    List<Stmt.Nest> all = new ArrayList<>();
    for (Stmt s : steps) {
      switch (s) {
        case Stmt.Nest n -> all.add(n);
        case Stmt.Sort _, Stmt.Tell _ -> {}
        case Stmt.Loop l -> all.addAll(nests(l.body()));
        case Stmt.While w -> {
          all.addAll(nests(w.condition()));
          all.addAll(nests(w.body()));
        }
        case Stmt.Branch b -> {
          all.addAll(nests(b.onTrue()));
          all.addAll(nests(b.onFalse()));
        }
      }
    }
    return all;
  }

  /** The only loop. */
  static Stmt.Loop loop(LoopProgram p) {
    List<Stmt.Loop> loops =
        p.steps().stream().filter(Stmt.Loop.class::isInstance).map(Stmt.Loop.class::cast).toList();
    assertEquals(1, loops.size(), () -> LoopPrinter.print(p));
    return loops.getFirst();
  }

  /**
   * A scan whose body is traced from {@code f}: constants, carries and slices to carries and ys.
   */
  static List<Tensor> scan(
      int length,
      boolean reverse,
      List<Tensor> consts,
      List<Tensor> carry,
      List<Tensor> xs,
      Function<List<Tensor>, List<Tensor>> f) {
    List<TensorType> types = new ArrayList<>();
    consts.forEach(t -> types.add(t.type()));
    carry.forEach(t -> types.add(t.type()));
    xs.forEach(t -> types.add(t.type().with(t.shape().range(1, t.rank()))));
    Graph body = trace(types, f);
    List<Tensor> in = new ArrayList<>(consts);
    in.addAll(carry);
    in.addAll(xs);
    return Tensor.apply(
        new dev.engram.ir.op.Control.Scan(body, consts.size(), carry.size(), length, reverse), in);
  }
}
