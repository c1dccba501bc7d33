package dev.engram.backend.cpu.vector;

import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;

import dev.engram.backend.cpu.code.HiddenClassWriter;
import dev.engram.backend.cpu.nest.ProductShape;
import dev.engram.backend.cpu.run.Elements;
import dev.engram.backend.cpu.run.Kernel;
import dev.engram.backend.cpu.run.KernelArgs;
import dev.engram.backend.cpu.run.ProductRows;
import dev.engram.backend.cpu.run.Scratch;
import dev.engram.backend.cpu.scalar.ScalarCode;
import dev.engram.backend.cpu.scalar.ScalarProduct;
import dev.engram.ir.DType;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Generates the vector code for rows of a matrix product, a class that implements {@link
 * ProductRows}: register tiles of some rows by some vectors of columns, each accumulator one chain
 * of fused multiply-adds in order of k. {@link #kernel} wraps an instance in {@code VectorProduct},
 * the counterpart of {@link ScalarProduct}.
 */
public final class ProductClass {
  /** Rows of most tiles. */
  public static final int ROWS = 4;

  /** Rows of all kinds of tiles: those that are left after one kind are in the next. */
  private static final int[] TILES = {ROWS, 2, 1};

  private static final ClassDesc SEGMENT = HiddenClassWriter.SEGMENT;
  private static final MethodTypeDesc ALL_ROWS =
      MethodTypeDesc.of(
          CD_void, SEGMENT, CD_long, SEGMENT, CD_long, SEGMENT, CD_long, CD_int, CD_int);
  private static final MethodTypeDesc TILE =
      MethodTypeDesc.of(CD_void, SEGMENT, CD_long, SEGMENT, CD_long, SEGMENT, CD_long, CD_int);

  private static final MethodTypeDesc ADD =
      MethodTypeDesc.of(CD_void, SEGMENT, CD_long, CD_long, CD_long);

  // parameters of `rows`; those of a tile are one less
  private static final int A = 1;
  private static final int A_AT = 2;
  private static final int B = 4;
  private static final int B_AT = 5;
  private static final int C = 7;
  private static final int C_AT = 8;
  private static final int COUNT = 10;
  private static final int DEPTH = 11;

  // parameter of a tile
  private static final int TILE_DEPTH = 9;

  private final ProductShape shape;
  private final int vectorBits;
  private final DType dtype;
  private final int size;
  private final int lanes;
  private final ClassDesc vector;
  private final HiddenClassWriter emission = new HiddenClassWriter("GeneratedProduct");
  private final Set<Tile> tiles = new LinkedHashSet<>();

  /** A register tile. */
  private record Tile(int rows, int vectors) {
    String method() {
      return "tile" + rows + "x" + vectors;
    }
  }

  private ProductClass(ProductShape shape, int vectorBits) {
    this.shape = shape;
    this.vectorBits = vectorBits;
    this.dtype = shape.dtype();
    this.size = dtype.bytes();
    this.lanes = vectorBits / 8 / size;
    this.vector = VectorCode.vector(dtype);
  }

  /**
   * The most vectors of a tile with so many rows: a register for each sum, for each vector of B and
   * for one element of A. Machines with 512 bits have 32 registers, the others 16.
   */
  private int most(int rows) {
    return ((vectorBits == 512 ? 32 : 16) - 1) / (rows + 1);
  }

  /** The bytes of the class, and the writer that instantiates it. */
  public record Written(HiddenClassWriter emission, byte[] bytes) {}

  public static Written write(ProductShape shape, int vectorBits) {
    ProductClass p = new ProductClass(shape, vectorBits);
    return new Written(p.emission, p.write());
  }

  /** Makes the vector version of {@link ScalarProduct}. */
  public static Kernel kernel(ProductShape shape, int vectorBits) {
    Written w = write(shape, vectorBits);
    return new VectorProduct(shape, w.emission.instantiate(w.bytes, ProductRows.class));
  }

  private static final class VectorProduct implements Kernel {
    private final ProductShape shape;
    private final ProductRows rows;

    VectorProduct(ProductShape shape, ProductRows rows) {
      this.shape = shape;
      this.rows = rows;
    }

    @Override
    public void run(KernelArgs frame, Scratch scratch, int begin, int end) {
      long c = frame.base[ProductShape.C] + begin * shape.cRow();
      rows.rows(
          frame.segments[ProductShape.A],
          frame.base[ProductShape.A] + begin * shape.aRow(),
          frame.segments[ProductShape.B],
          frame.base[ProductShape.B],
          frame.segments[ProductShape.C],
          c,
          end - begin,
          ProductShape.depth(frame));
      long bytes = (end - begin) * shape.cRow();
      long block = ProductShape.block(frame);
      for (int i = ProductShape.sums(frame); i > 0; i--, c -= block) {
        rows.add(frame.segments[ProductShape.C], c - block, c, bytes);
      }
    }
  }

  private byte[] write() {
    return emission.write(
        HiddenClassWriter.desc(ProductRows.class),
        cb -> {
          cb.withMethodBody("rows", ALL_ROWS, ClassFile.ACC_PUBLIC, this::rows);
          for (Tile t : tiles) {
            cb.withMethodBody(
                t.method(), TILE, ClassFile.ACC_PRIVATE | ClassFile.ACC_STATIC, c -> tile(c, t));
          }
          cb.withMethodBody("add", ADD, ClassFile.ACC_PUBLIC, this::add);
        });
  }

  private void rows(CodeBuilder c) {
    emission.expectNative(c, A);
    emission.expectNative(c, B);
    emission.expectNative(c, C);
    int j = c.allocateLocal(TypeKind.INT);
    int i = c.allocateLocal(TypeKind.INT);
    int first = c.allocateLocal(TypeKind.INT);
    c.iconst_0().istore(first);
    if (!shape.accumulates()) {
      overlapping(c, first, i, j);
    }
    for (int rows : TILES) {
      if (rows == ROWS && !shape.accumulates()) {
        continue; // there are fewer
      }
      int last = c.allocateLocal(TypeKind.INT);
      c.iload(COUNT).loadConstant(-rows).iand().istore(last);
      Label none = c.newLabel();
      c.iload(first).iload(last).if_icmpge(none);
      columns(c, rows, first, last, i, j);
      c.iload(last).istore(first);
      c.labelBinding(none);
    }
    c.return_();
  }

  /**
   * Emits four rows or more in tiles of four, the last of which repeats rows where they are not a
   * multiple of that: the JIT has fewer kinds of tiles to compile. Then there are no rows left.
   */
  private void overlapping(CodeBuilder c, int first, int i, int j) {
    int last = c.allocateLocal(TypeKind.INT);
    Label fewer = c.newLabel();
    c.iload(COUNT).loadConstant(ROWS).if_icmplt(fewer);
    c.iload(COUNT).loadConstant(-ROWS).iand().istore(last);
    columns(c, ROWS, first, last, i, j);
    Label even = c.newLabel();
    c.iload(last).iload(COUNT).if_icmpeq(even);
    c.iload(COUNT).loadConstant(ROWS).isub().istore(first);
    columns(c, ROWS, first, COUNT, i, j);
    c.labelBinding(even);
    c.return_();
    c.labelBinding(fewer);
  }

  /**
   * Emits rows {@code first} to {@code last} in tiles of so many rows. Columns are in the outer
   * loop, so that a tile's part of B stays in the cache for all rows, and divided evenly. The last
   * tile may reach beyond the columns: into C's padding, and from what follows a row of B.
   */
  private void columns(CodeBuilder c, int rows, int first, int last, int i, int j) {
    int left = Math.ceilDiv(shape.columns(), lanes);
    int tiles = Math.ceilDiv(left, most(rows));
    int at = 0;
    while (left > 0) {
      int vectors = Math.ceilDiv(left, tiles);
      int same = left / vectors;
      while (same > 1 && Math.ceilDiv(left - (same - 1) * vectors, tiles - same + 1) != vectors) {
        same--;
      }
      int begin = at;
      int end = at + same * vectors * lanes;
      Tile t = new Tile(rows, vectors);
      HiddenClassWriter.loop(
          c,
          j,
          () -> c.loadConstant(begin),
          () -> c.loadConstant(end),
          vectors * lanes,
          () ->
              HiddenClassWriter.loop(
                  c, i, () -> c.iload(first), () -> c.iload(last), rows, () -> call(c, t, i, j)));
      at = end;
      left -= same * vectors;
      tiles -= same;
    }
  }

  private void call(CodeBuilder c, Tile t, int i, int j) {
    tiles.add(t);
    c.aload(A).lload(A_AT).iload(i).i2l().loadConstant(shape.aRow()).lmul().ladd();
    c.aload(B).lload(B_AT).iload(j).i2l().loadConstant((long) size).lmul().ladd();
    c.aload(C).lload(C_AT).iload(i).i2l().loadConstant(shape.cRow()).lmul().ladd();
    c.iload(j).i2l().loadConstant((long) size).lmul().ladd();
    c.iload(DEPTH);
    c.invokestatic(emission.self, t.method(), TILE);
  }

  private void tile(CodeBuilder c, Tile t) {
    int[][] sums = new int[t.rows][t.vectors];
    for (int r = 0; r < sums.length; r++) {
      for (int v = 0; v < t.vectors; v++) {
        sums[r][v] = c.allocateLocal(TypeKind.REFERENCE);
        start(c, r, v);
        c.astore(sums[r][v]);
      }
    }
    int k = c.allocateLocal(TypeKind.INT);
    int a = c.allocateLocal(TypeKind.REFERENCE);
    int[] b = new int[t.vectors];
    for (int v = 0; v < b.length; v++) {
      b[v] = c.allocateLocal(TypeKind.REFERENCE);
    }
    HiddenClassWriter.loop(
        c,
        k,
        c::iconst_0,
        () -> c.iload(TILE_DEPTH),
        1,
        () -> {
          for (int v = 0; v < b.length; v++) {
            long more = (long) v * lanes * size;
            VectorCode.load(
                c, dtype, vectorBits, () -> push(c, B - 1, B_AT - 1, k, shape.bDepth(), more), -1);
            c.astore(b[v]);
          }
          for (int r = 0; r < sums.length; r++) {
            VectorCode.pushSpecies(c, dtype, vectorBits);
            push(c, A - 1, A_AT - 1, k, shape.aDepth(), r * shape.aRow());
            c.invokestatic(
                HiddenClassWriter.desc(Elements.class),
                "get" + dtype.name(),
                MethodTypeDesc.of(ScalarCode.desc(dtype), SEGMENT, CD_long));
            VectorCode.broadcast(c, dtype);
            c.astore(a);
            for (int v = 0; v < b.length; v++) {
              c.aload(a).aload(b[v]).aload(sums[r][v]);
              c.invokevirtual(
                  vector, "fma", MethodTypeDesc.of(vector, VectorCode.VECTOR, VectorCode.VECTOR));
              c.astore(sums[r][v]);
            }
          }
        });
    for (int r = 0; r < sums.length; r++) {
      for (int v = 0; v < b.length; v++) {
        int row = r;
        int column = v;
        c.aload(sums[r][v]);
        VectorCode.store(c, dtype, () -> element(c, row, column), -1);
      }
    }
    c.return_();
  }

  /** Emits rows += other rows, in whole vectors, since the length of rows is a multiple of that. */
  private void add(CodeBuilder c) {
    int segment = 1;
    int to = 2;
    int from = 4;
    int bytes = 6;
    emission.expectNative(c, segment);
    int j = c.allocateLocal(TypeKind.INT);
    HiddenClassWriter.loop(
        c,
        j,
        c::iconst_0,
        () -> c.lload(bytes).l2i(),
        vectorBits / 8,
        () -> {
          for (int at : new int[] {to, from}) {
            VectorCode.load(
                c, dtype, vectorBits, () -> c.aload(segment).lload(at).iload(j).i2l().ladd(), -1);
          }
          c.invokevirtual(vector, "add", MethodTypeDesc.of(vector, VectorCode.VECTOR));
          VectorCode.store(c, dtype, () -> c.aload(segment).lload(to).iload(j).i2l().ladd(), -1);
        });
    c.return_();
  }

  /** Pushes the initial sums of vector {@code v} of row {@code r} of the tile's part of C. */
  private void start(CodeBuilder c, int r, int v) {
    if (shape.accumulates()) {
      VectorCode.load(c, dtype, vectorBits, () -> element(c, r, v), -1);
    } else {
      VectorCode.pushSpecies(c, dtype, vectorBits);
      c.invokestatic(vector, "zero", MethodTypeDesc.of(vector, VectorCode.SPECIES));
    }
  }

  private void element(CodeBuilder c, int r, int v) {
    long more = r * shape.cRow() + (long) v * lanes * size;
    c.aload(C - 1).lload(C_AT - 1).loadConstant(more).ladd();
  }

  private static void push(CodeBuilder c, int segment, int at, int k, long stride, long more) {
    c.aload(segment).lload(at).iload(k).i2l().loadConstant(stride).lmul().ladd();
    if (more != 0) {
      c.loadConstant(more).ladd();
    }
  }
}
