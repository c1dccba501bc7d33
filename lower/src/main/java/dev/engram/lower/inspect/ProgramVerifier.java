package dev.engram.lower.inspect;

import dev.engram.ir.DType;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import dev.engram.ir.op.Index;
import dev.engram.ir.op.RowSignature;
import dev.engram.lower.Access;
import dev.engram.lower.AffineMap;
import dev.engram.lower.FoldLanes;
import dev.engram.lower.FoldOrder;
import dev.engram.lower.Instr;
import dev.engram.lower.LoopBuffer;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.LoweringException;
import dev.engram.lower.Stmt;
import dev.engram.lower.memory.ArenaVerifier;
import dev.engram.lower.split.ParallelVerifier;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Checks that a loop program satisfies the rules of {@link Stmt} and {@link Instr}. */
public final class ProgramVerifier {
  private static final long ANY_CHAIN = Long.MAX_VALUE;

  private final LoopProgram program;

  private ProgramVerifier(LoopProgram program) {
    this.program = program;
  }

  /**
   * Returns {@code program}.
   *
   * @throws LoweringException naming the nest and the instruction that violates a rule
   */
  public static LoopProgram verify(LoopProgram program) {
    ProgramVerifier v = new ProgramVerifier(program);
    v.buffers();
    v.steps(program.steps(), List.of());
    ArenaVerifier.verify(program);
    ParallelVerifier.verify(program);
    return program;
  }

  private void buffers() {
    for (int i = 0; i < program.buffers().size(); i++) {
      LoopBuffer b = program.buffers().get(i);
      if (b.place() instanceof LoopBuffer.Place.Arena a
          && (a.offset() % b.type().dtype().bytes() != 0
              || a.offset() < 0
              || a.offset() + b.type().bytes() > program.arenaBytes())) {
        throw bad(
            "buffer b" + i + ": " + b + " does not lie in an arena of " + program.arenaBytes());
      }
      if (b.place() instanceof LoopBuffer.Place.Constant c && !c.value().type().equals(b.type())) {
        throw bad("buffer b" + i + " holds " + c.value().type() + ", expected " + b.type());
      }
    }
    for (int i = 0; i < program.inputs().size(); i++) {
      if (!place(program.inputs().get(i)).equals(new LoopBuffer.Place.Input(i))) {
        throw bad("input " + i + " is not a buffer of that place");
      }
    }
    for (int i = 0; i < program.outputs().size(); i++) {
      if (program.inPlace(i).isEmpty()
          && !place(program.outputs().get(i)).equals(new LoopBuffer.Place.Output(i))) {
        throw bad("output " + i + " is not a buffer of that place");
      }
      if (program.outputs().indexOf(program.outputs().get(i)) < i) {
        throw bad("output " + i + " is another output too");
      }
    }
  }

  private LoopBuffer.Place place(int buffer) {
    return program.buffers().get(buffer).place();
  }

  private LoweringException bad(String what) {
    return new LoweringException("@" + program.name() + ": " + what);
  }

  private void steps(List<Stmt> steps, List<Integer> loops) {
    for (Stmt s : steps) {
      switch (s) {
        case Stmt.Nest n -> new NestCheck(n, loops).check();
        case Stmt.Sort o -> {
          new NestCheck(o.traffic(), loops).check();
          if (o.from().buffer() == o.to().buffer()) {
            throw bad("argSort (" + o.where() + ") sorts b" + o.to().buffer() + " into itself");
          }
        }
        case Stmt.Tell t -> tell(t, loops);
        case Stmt.Loop l -> {
          List<Integer> inside = new ArrayList<>(loops);
          inside.add(l.length());
          steps(l.body(), inside);
          l.swaps().forEach(this::swap);
        }
        case Stmt.While w -> {
          List<Integer> inside = new ArrayList<>(loops);
          inside.add(1);
          steps(w.condition(), inside);
          predicate("a while loop", w.predicate());
          steps(w.body(), inside);
          w.swaps().forEach(this::swap);
        }
        case Stmt.Branch b -> {
          predicate("a branch", b.predicate());
          steps(b.onTrue(), loops);
          steps(b.onFalse(), loops);
        }
      }
    }
  }

  private void tell(Stmt.Tell t, List<Integer> loops) {
    t.traffic().forEach(n -> new NestCheck(n, loops).check());
    List<TensorType> types =
        t.operands().stream()
            .map(
                o ->
                    switch (o) {
                      case Stmt.Operand.Known k -> k.value().type();
                      case Stmt.Operand.Stored s -> s.type();
                    })
            .toList();
    try {
      t.op().typeOf(types);
    } catch (TypeException e) {
      throw new LoweringException("@" + program.name() + ": " + e.getMessage(), e);
    }
  }

  private void predicate(String what, Access a) {
    if (type(a) != DType.BOOL || !a.at().inner().isEmpty()) {
      throw bad(what + " reads " + a + ", expected one bool");
    }
  }

  private DType type(Access a) {
    return program.buffers().get(a.buffer()).type().dtype();
  }

  private void swap(Stmt.Swap s) {
    LoopBuffer a = program.buffers().get(s.a());
    LoopBuffer b = program.buffers().get(s.b());
    if (!a.type().equals(b.type())
        || !(a.place() instanceof LoopBuffer.Place.Arena)
        || !(b.place() instanceof LoopBuffer.Place.Arena)) {
      throw bad("swap of " + a + " and " + b + ", expected arena buffers of one type");
    }
  }

  /** The rules of one nest. */
  private final class NestCheck {
    private final Stmt.Nest nest;
    private final List<Integer> loops;
    private final DType[] types;
    private final Map<Integer, List<Use>> uses = new HashMap<>();
    private boolean scatters;

    private record Use(int instr, boolean writes, AffineMap at) {}

    NestCheck(Stmt.Nest nest, List<Integer> loops) {
      this.nest = nest;
      this.loops = loops;
      this.types = new DType[nest.body().size() + nest.epilogue().size()];
    }

    void check() {
      boolean reduced = false;
      for (Stmt.Axis a : nest.axes()) {
        if (reduced && !a.reduce()) {
          throw broken(0, "a reduction axis before axis " + a);
        }
        reduced = a.reduce();
      }
      if (!reduced && !nest.epilogue().isEmpty()) {
        throw broken(0, "an epilogue without reduction axes");
      }
      for (int i = 0; i < types.length; i++) {
        instr(i, at(i));
      }
      uses.forEach(this::aliasing);
    }

    private Instr at(int i) {
      int n = nest.body().size();
      return i < n ? nest.body().get(i) : nest.epilogue().get(i - n);
    }

    private LoweringException broken(int i, String what) {
      return bad(
          "nest "
              + nest.label()
              + " ("
              + nest.where()
              + "), instruction "
              + i
              + (i < types.length ? " " + at(i) : "")
              + ": "
              + what);
    }

    private void instr(int i, Instr instr) {
      switch (instr) {
        case Instr.Load l -> {
          access(i, l.from(), l.dtype(), 0);
          types[i] = l.dtype();
        }
        case Instr.Literal l -> types[i] = l.dtype();
        case Instr.IndexOf x -> {
          affine(i, x.at());
          arithmetic(i, x.dtype());
          types[i] = x.dtype();
        }
        case Instr.Apply a -> types[i] = apply(i, a);
        case Instr.Convert c -> {
          operand(i, c.arg(), c.from());
          types[i] = c.to();
        }
        case Instr.LoadAt l -> {
          index(i, l.index());
          access(i, l.from(), l.dtype(), l.stride() * (l.limit() - 1));
          types[i] = l.dtype();
        }
        case Instr.RandomWord r -> {
          operand(i, r.key0(), DType.I32);
          operand(i, r.key1(), DType.I32);
          affine(i, r.at());
          types[i] = DType.I32;
        }
        case Instr.Store s -> {
          operand(i, s.value(), s.dtype());
          access(i, s.to(), s.dtype(), 0);
        }
        case Instr.StoreAt s -> {
          scatters = true;
          index(i, s.index());
          operand(i, s.value(), s.dtype());
          if (s.combine() != Index.Combine.SET) {
            arithmetic(i, s.dtype());
          }
          access(i, s.to(), s.dtype(), s.stride() * (s.limit() - 1));
        }
        case Instr.Fold f -> {
          fold(i);
          arithmetic(i, f.dtype());
          operand(i, f.value(), f.dtype());
          order(i, f.order(), FoldOrder.rounds(f.kind(), f.dtype()), FoldOrder.CHAIN);
          if (!FoldLanes.spreads(f.kind()) && !f.order().equals(FoldOrder.PLAIN)) {
            throw broken(i, f.kind() + " in " + f.order() + ", expected one chain");
          }
          types[i] =
              switch (f.kind()) {
                case SUM, PROD, MAX, MIN, ANY, ALL -> f.dtype();
                case ARGMAX, ARGMIN -> DType.I32;
              };
        }
        case Instr.DotFold f -> {
          fold(i);
          arithmetic(i, f.dtype());
          operand(i, f.a(), f.dtype());
          operand(i, f.b(), f.dtype());
          order(i, f.order(), f.dtype().isFloat(), FoldOrder.PRODUCT_CHAIN);
          if (f.order().lanes() != 1) {
            throw broken(i, "lanes=" + f.order().lanes() + ", expected 1");
          }
          types[i] = f.dtype();
        }
        case Instr.Check c -> {
          operand(i, c.value(), c.dtype());
          affine(i, c.position());
          types[i] = c.dtype();
        }
      }
    }

    private void arithmetic(int i, DType dtype) {
      if (dtype != dtype.wide()) {
        throw broken(i, dtype + " is only stored, expected arithmetic in " + dtype.wide());
      }
    }

    private void fold(int i) {
      if (i >= nest.body().size()) {
        throw broken(i, "a fold in the epilogue");
      }
      if (nest.axes().stream().noneMatch(Stmt.Axis::reduce)) {
        throw broken(i, "a fold without reduction axes");
      }
    }

    private void order(int i, FoldOrder o, boolean rounds, int longest) {
      if (!rounds && !o.equals(FoldOrder.inLanes(o.lanes()))) {
        throw broken(i, o + ", expected one block, since nothing is rounded");
      }
      long points = 1;
      for (Stmt.Axis a : nest.axes()) {
        points = a.reduce() ? Math.multiplyExact(points, (long) a.length()) : points;
      }
      o.fault(points, rounds ? longest : ANY_CHAIN)
          .ifPresent(
              what -> {
                throw broken(i, what);
              });
    }

    private DType apply(int i, Instr.Apply a) {
      boolean select = a.row().signature() == RowSignature.SELECT;
      arithmetic(i, a.dtype());
      for (int k = 0; k < a.args().size(); k++) {
        operand(i, a.args().get(k), select && k == 0 ? DType.BOOL : a.dtype());
      }
      if (a.args().size() != a.row().arity() || !a.row().signature().accepts(a.dtype())) {
        throw broken(i, a.row().name() + " takes " + a.row().arity() + " operands of its types");
      }
      return a.row().signature().result(a.dtype());
    }

    private void index(int i, int v) {
      DType t = defined(i, v);
      if (!t.isInteger()) {
        throw broken(i, "index v" + v + " is " + t + ", expected an integer");
      }
    }

    private void operand(int i, int v, DType want) {
      DType t = defined(i, v);
      if (t != want) {
        throw broken(i, "v" + v + " is " + t + ", expected " + want);
      }
    }

    private DType defined(int i, int v) {
      if (v < 0 || v >= i || types[v] == null) {
        throw broken(i, "v" + v + " is not defined before it");
      }
      boolean fold = at(v) instanceof Instr.Fold || at(v) instanceof Instr.DotFold;
      int n = nest.body().size();
      if (i < n && fold) {
        throw broken(i, "the body uses the fold v" + v);
      }
      if (i >= n && v < n && !fold) {
        throw broken(i, "the epilogue uses v" + v + " of the body, which is not a fold");
      }
      return types[v];
    }

    private void affine(int i, AffineMap map) {
      if (map.outer().size() != loops.size() || map.inner().size() != nest.axes().size()) {
        throw broken(
            i,
            "an index map with "
                + map.outer().size()
                + "+"
                + map.inner().size()
                + " strides, expected "
                + loops.size()
                + "+"
                + nest.axes().size());
      }
      for (int a = 0; a < nest.axes().size(); a++) {
        if (i >= nest.body().size() && nest.axes().get(a).reduce() && map.inner().get(a) != 0) {
          throw broken(i, "the epilogue moves along reduction axis " + a);
        }
      }
    }

    private void access(int i, Access a, DType dtype, long reach) {
      affine(i, a.at());
      if (a.buffer() < 0 || a.buffer() >= program.buffers().size()) {
        throw broken(i, "there is no buffer b" + a.buffer());
      }
      LoopBuffer b = program.buffers().get(a.buffer());
      if (b.type().dtype() != dtype) {
        throw broken(i, "b" + a.buffer() + " is " + b.type() + ", expected elements of " + dtype);
      }
      boolean stores = at(i) instanceof Instr.Store || at(i) instanceof Instr.StoreAt;
      boolean fixed =
          (b.place() instanceof LoopBuffer.Place.Input && !program.outputs().contains(a.buffer()))
              || b.place() instanceof LoopBuffer.Place.Constant;
      if (fixed && stores) {
        throw broken(i, "b" + a.buffer() + " is never written");
      }
      bounds(i, a, b, reach);
      uses.computeIfAbsent(a.buffer(), _ -> new ArrayList<>()).add(new Use(i, stores, a.at()));
    }

    private void bounds(int i, Access a, LoopBuffer b, long reach) {
      long low = a.at().offset() + Math.min(reach, 0);
      long high = a.at().offset() + Math.max(reach, 0);
      for (int t = 0; t < loops.size(); t++) {
        long far = a.at().outer().get(t) * (loops.get(t) - 1);
        low += Math.min(far, 0);
        high += Math.max(far, 0);
        if (loops.get(t) == 0) {
          return;
        }
      }
      for (int d = 0; d < nest.axes().size(); d++) {
        int n = nest.axes().get(d).length();
        if (n == 0) {
          return;
        }
        long far = a.at().inner().get(d) * (n - 1);
        low += Math.min(far, 0);
        high += Math.max(far, 0);
      }
      if (low < 0 || high >= b.type().size()) {
        throw broken(
            i, "reaches elements " + low + ".." + high + " of b" + a.buffer() + ": " + b.type());
      }
    }

    // Read and written: one index map, no read after the write, no element written twice.
    private void aliasing(int buffer, List<Use> all) {
      if (scatters || all.stream().noneMatch(Use::writes)) {
        return;
      }
      boolean reads = all.stream().anyMatch(u -> !u.writes());
      int written = Integer.MAX_VALUE;
      for (Use u : all) {
        if (reads && !u.at().equals(all.getFirst().at())) {
          throw broken(
              u.instr(),
              "b" + buffer + " is read and written at " + u.at() + " and " + all.getFirst().at());
        }
        if (u.writes()) {
          written = Math.min(written, u.instr());
          injective(u);
        } else if (u.instr() > written) {
          throw broken(u.instr(), "reads b" + buffer + " after writing it");
        }
      }
    }

    private void injective(Use u) {
      boolean body = u.instr() < nest.body().size();
      List<long[]> axes = new ArrayList<>();
      for (int d = 0; d < nest.axes().size(); d++) {
        int n = nest.axes().get(d).length();
        if (n == 0) {
          return;
        }
        if (n > 1 && (body || !nest.axes().get(d).reduce())) {
          axes.add(new long[] {Math.abs(u.at().inner().get(d)), n});
        }
      }
      axes.sort((x, y) -> Long.compare(x[0], y[0]));
      long reach = 0;
      for (long[] a : axes) {
        if (a[0] <= reach) {
          throw broken(u.instr(), "two points may write one element");
        }
        reach += a[0] * (a[1] - 1);
      }
    }
  }
}
