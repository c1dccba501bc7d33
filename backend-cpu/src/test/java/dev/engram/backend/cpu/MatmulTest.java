package dev.engram.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.backend.cpu.CpuOptions.Vectors;
import dev.engram.backend.cpu.run.CpuProgram;
import dev.engram.backend.cpu.run.MatmulKernel;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.TensorType;
import dev.engram.ir.op.Rows;
import dev.engram.lower.Access;
import dev.engram.lower.AffineMap;
import dev.engram.lower.FoldOrder;
import dev.engram.lower.Instr;
import dev.engram.lower.LoopBuffer;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.Stmt;
import dev.engram.lower.inspect.ProgramVerifier;
import dev.engram.lower.interpret.LoopInterpreter;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Matrix products with any strides and an epilogue: exactly the interpreter's sums. */
final class MatmulTest {
  private static final int[] SIZES = {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64, 66};

  /**
   * A product's sizes and the layouts of its operands.
   *
   * @param gap elements of A from one product to the next, where it is not transposed
   */
  record Shape(
      DType dtype,
      int batch,
      int m,
      int k,
      int n,
      boolean aTransposed,
      boolean bTransposed,
      boolean bBatched,
      boolean epilogue,
      FoldOrder order,
      int gap) {}

  static LoopProgram program(Shape s) {
    List<LoopBuffer> buffers = new ArrayList<>();
    int bBatch = s.bBatched ? s.batch : 1;
    buffers.add(input(s.dtype, s.batch * s.m * s.k * s.gap, 0));
    buffers.add(input(s.dtype, bBatch * s.k * s.n, 1));
    buffers.add(input(s.dtype, s.n, 2));
    TensorType c = TensorType.of(s.dtype, s.batch, s.m, s.n);
    buffers.add(new LoopBuffer(c, new LoopBuffer.Place.Output(0)));
    long mk = (long) s.m * s.k * s.gap;
    long kn = (long) s.k * s.n;
    AffineMap a = s.aTransposed ? at(mk, 1, 0, s.m) : at(mk, (long) s.k * s.gap, 0, s.gap);
    AffineMap b =
        s.bTransposed ? at(s.bBatched ? kn : 0, 0, s.k, 1) : at(s.bBatched ? kn : 0, 0, 1, s.n);
    List<Instr> body =
        List.of(
            new Instr.Load(s.dtype, new Access(0, a)),
            new Instr.Load(s.dtype, new Access(1, b)),
            new Instr.DotFold(s.dtype, 0, 1, s.order));
    Access out = new Access(3, at((long) s.m * s.n, s.n, 1, 0));
    List<Instr> epilogue =
        s.epilogue
            ? List.of(
                new Instr.Load(s.dtype, new Access(2, at(0, 0, 1, 0))),
                new Instr.Apply(Rows.ADD, s.dtype, List.of(2, 3)),
                new Instr.Apply(Rows.MAX, s.dtype, List.of(4, 3)),
                new Instr.Store(s.dtype, out, 5))
            : List.of(new Instr.Store(s.dtype, out, 2));
    Stmt.Nest nest =
        new Stmt.Nest(
            "dot",
            List.of(
                new Stmt.Axis(s.batch, false),
                new Stmt.Axis(s.m, false),
                new Stmt.Axis(s.n, false),
                new Stmt.Axis(s.k, true)),
            body,
            epilogue,
            SourceLocation.UNKNOWN);
    return ProgramVerifier.verify(
        new LoopProgram("product", buffers, List.of(0, 1, 2), List.of(3), List.of(nest), 0));
  }

  private static LoopBuffer input(DType dtype, int size, int index) {
    return new LoopBuffer(TensorType.of(dtype, size), new LoopBuffer.Place.Input(index));
  }

  private static AffineMap at(long batch, long m, long n, long k) {
    return new AffineMap(0, List.of(), List.of(batch, m, n, k));
  }

  static List<HostTensor> inputs(LoopProgram p, Random random) {
    List<HostTensor> in = new ArrayList<>();
    for (int b : p.inputs()) {
      HostTensor t = HostTensor.allocate(p.buffers().get(b).type());
      // Products of tiny numbers of two signs underflow to -0, the only sum that +0 changes.
      boolean tiny = random.nextInt(4) == 0;
      double scale = random.nextBoolean() ? 1e-30 : -1e-30;
      for (long i = 0; i < t.type().size(); i++) {
        double x = random.nextGaussian();
        t.setDouble(i, tiny ? scale * Math.abs(x) : x);
      }
      in.add(t);
    }
    return in;
  }

  private static void check(Shape s, Random random) {
    LoopProgram p = program(s);
    List<HostTensor> in = inputs(p, random);
    List<HostTensor> want = LoopInterpreter.run(p, in);
    List<CpuOptions> all = new ArrayList<>(RandomNestTest.OTHERS);
    all.add(new CpuOptions(1, Vectors.OFF));
    for (CpuOptions o : all) {
      try {
        Comparison.same(p, want, Comparison.run(new CpuBackend(o).compile(p), p, in));
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError(s + " " + o, e);
      }
    }
  }

  @Test
  void everyShape() {
    Random random = new Random(5);
    for (int i = 0; i < 150; i++) {
      DType dtype = random.nextBoolean() ? DType.F32 : DType.F64;
      Shape s =
          new Shape(
              dtype,
              random.nextInt(3) == 0 ? 2 : 1,
              SIZES[random.nextInt(SIZES.length)],
              SIZES[random.nextInt(SIZES.length)],
              SIZES[random.nextInt(SIZES.length)],
              random.nextBoolean(),
              random.nextBoolean(),
              random.nextInt(4) == 0,
              random.nextBoolean(),
              order(random),
              1);
      check(s, random);
    }
  }

  /** One to four tiles of all widths, the last of which reaches beyond the columns. */
  @Test
  void manyColumns() {
    Random random = new Random(6);
    for (int columns : new int[] {79, 81, 96, 97, 112, 128, 138, 150, 177, 193, 250}) {
      DType dtype = columns % 3 == 0 ? DType.F64 : DType.F32;
      for (int rows : new int[] {1, 3, 6, 7}) {
        boolean other = random.nextBoolean();
        check(
            new Shape(dtype, 1, rows, 5, columns, other, !other, false, true, FoldOrder.PLAIN, 1),
            random);
      }
    }
  }

  /** A right operand that no cache holds, whose rows are taken block by block of the fold. */
  @Test
  void longProducts() {
    Random random = new Random(7);
    for (int rows : new int[] {1, 37, 130}) {
      for (boolean transposed : new boolean[] {true, false}) {
        for (FoldOrder order :
            List.of(new FoldOrder(1, 256, FoldOrder.ALL), new FoldOrder(1, 100, 300))) {
          check(
              new Shape(DType.F32, 1, rows, 1100, 66, transposed, false, false, true, order, 1),
              random);
          // neither rows nor columns of A are near each other
          check(
              new Shape(DType.F32, 1, rows, 900, 90, false, false, false, transposed, order, 17),
              random);
        }
      }
    }
  }

  private static FoldOrder order(Random random) {
    int block = 1 + random.nextInt(20);
    long share = random.nextBoolean() ? FoldOrder.ALL : block + random.nextInt(30);
    return random.nextBoolean() ? FoldOrder.PLAIN : new FoldOrder(1, block, share);
  }

  @Test
  void anEmptySumIsZero() {
    check(
        new Shape(DType.F32, 1, 5, 0, 7, false, false, false, true, FoldOrder.PLAIN, 1),
        new Random(1));
  }

  /**
   * Products that underflow leave -0, to which +0 must not be added, however many blocks there are.
   */
  @Test
  void negativeProductsThatUnderflowAddUpToMinusZero() {
    for (int k : new int[] {1, 255, 256, 257, 512, 1024, 4096}) {
      FoldOrder order = new FoldOrder(1, 256, 1024);
      for (int m : new int[] {1, 5}) {
        LoopProgram p =
            program(new Shape(DType.F32, 1, m, k, 17, false, false, false, false, order, 1));
        List<HostTensor> in = List.of(filled(p, 0, -1e-30), filled(p, 1, 1e-30), filled(p, 2, 1));
        HostTensor want = HostTensor.allocate(p.buffers().get(3).type());
        for (long i = 0; i < want.type().size(); i++) {
          want.setDouble(i, -0.0);
        }
        assertTrue(want.sameBits(LoopInterpreter.run(p, in).getFirst()), "loops, " + k);
        for (CpuOptions o : RandomNestTest.OTHERS) {
          Comparison.same(p, List.of(want), Comparison.run(new CpuBackend(o).compile(p), p, in));
        }
      }
    }
  }

  private static HostTensor filled(LoopProgram p, int input, double value) {
    HostTensor t = HostTensor.allocate(p.buffers().get(p.inputs().get(input)).type());
    for (long i = 0; i < t.type().size(); i++) {
      t.setDouble(i, value);
    }
    return t;
  }

  @Test
  void productsAreRecognised() {
    for (boolean t : new boolean[] {false, true}) {
      LoopProgram p =
          program(new Shape(DType.F32, 1, 8, 9, 17, t, t, false, true, FoldOrder.PLAIN, 1));
      CpuProgram e = (CpuProgram) new CpuBackend(new CpuOptions(1, Vectors.FORCE_256)).compile(p);
      assertTrue(e.nests().getFirst().kernel.kernel() instanceof MatmulKernel);
    }
  }

  static void main(String[] args) {
    MatmulTest t = new MatmulTest();
    t.productsAreRecognised();
    t.anEmptySumIsZero();
    t.everyShape();
    System.out.println("products ok");
  }
}
