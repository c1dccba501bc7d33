package dev.engram.backend.cpu.nest;

import dev.engram.backend.cpu.CpuOptions.Vectors;
import dev.engram.backend.cpu.run.Candidate;
import dev.engram.backend.cpu.run.CopyKernel;
import dev.engram.backend.cpu.run.Kernel;
import dev.engram.backend.cpu.run.MatmulKernel;
import dev.engram.backend.cpu.run.TieredKernel;
import dev.engram.backend.cpu.run.TieringBudget;
import dev.engram.backend.cpu.scalar.RowClass;
import dev.engram.backend.cpu.scalar.ScalarNest;
import dev.engram.backend.cpu.scalar.ScalarProduct;
import dev.engram.backend.cpu.vector.ProductClass;
import dev.engram.backend.cpu.vector.VectorApi;
import dev.engram.backend.cpu.vector.VectorNest;
import dev.engram.lower.Stmt;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The code of one form of nest, which nests of that form share.
 *
 * @param outerPoints number of points in the kernel's range
 * @param grain minimum number of outer points for one thread
 * @param unit chunks are multiples of this
 * @param classes the scalar twin's classes
 */
public record NestKernel(
    RowNest rows,
    Optional<Matmul> matmul,
    Kernel kernel,
    int outerPoints,
    int grain,
    int unit,
    List<RowClass.Written> classes) {
  /** Number of lane operations below which a nest is not split among threads. */
  private static final long WORTH_SHARING = 1 << 19;

  public static NestKernel of(
      Stmt.Nest nest,
      NestSlots slots,
      Vectors vectors,
      TieringBudget trials,
      Function<ProductShape, Kernel> products) {
    RowNest rows = RowNestBuilder.build(nest, slots);
    int points = rows.outerPoints(nest);
    long grain = rows.ordered() ? points : Math.max(1, WORTH_SHARING / Math.max(1, rows.cost()));
    Optional<Matmul> matmul = Matmul.of(rows);
    List<RowClass.Written> classes = new ArrayList<>();
    Kernel kernel =
        matmul.isPresent()
            ? new MatmulKernel(
                matmul.get(),
                products.apply(matmul.get().shape()),
                rows(matmul.get().epilogue(), vectors, trials, classes))
            : CopyKernel.of(rows).orElseGet(() -> rows(rows, vectors, trials, classes));
    return new NestKernel(
        rows,
        matmul,
        kernel,
        points,
        (int) Math.min(grain, Integer.MAX_VALUE),
        matmul.isPresent() ? ProductClass.ROWS : 1,
        List.copyOf(classes));
  }

  /** Makes the kernel of all products of one form. */
  public static Kernel product(ProductShape shape, Vectors vectors, TieringBudget trials) {
    Kernel scalar = new ScalarProduct(shape);
    return switch (vectors) {
      case OFF -> scalar;
      case AUTO ->
          new TieredKernel(
              scalar,
              rows ->
                  new Candidate(
                      ProductClass.kernel(shape, VectorApi.preferredBits()),
                      OwnPoints.of(shape, rows)),
              trials);
      case FORCE, FORCE_128, FORCE_256, FORCE_512 -> ProductClass.kernel(shape, bits(vectors));
    };
  }

  private static Kernel rows(
      RowNest rows, Vectors vectors, TieringBudget trials, List<RowClass.Written> classes) {
    List<RowClass.Written> body =
        rows.body().passes().stream().map(p -> RowClass.write(rows, p, true)).toList();
    List<RowClass.Written> epilogue =
        rows.epilogue().passes().stream().map(p -> RowClass.write(rows, p, false)).toList();
    classes.addAll(body);
    classes.addAll(epilogue);
    Kernel scalar =
        new ScalarNest(
            rows,
            body.stream().map(RowClass.Written::function).toList(),
            epilogue.stream().map(RowClass.Written::function).toList());
    return choose(rows, scalar, vectors, trials);
  }

  private static Kernel choose(RowNest rows, Kernel scalar, Vectors vectors, TieringBudget trials) {
    if (vectors == Vectors.OFF || VectorFit.elementBytes(rows) == 0) {
      return scalar;
    }
    if (vectors == Vectors.AUTO) {
      return new TieredKernel(scalar, points -> candidate(rows, points), trials);
    }
    Kernel vector = vector(rows, () -> bits(vectors));
    return vector == null ? scalar : vector;
  }

  private static @Nullable Candidate candidate(RowNest rows, int points) {
    Kernel vector = vector(rows, VectorApi::preferredBits);
    return vector == null ? null : new Candidate(vector, OwnPoints.of(rows, points));
  }

  private static @Nullable Kernel vector(RowNest rows, IntSupplier bits) {
    VectorNest.Written w = VectorNest.write(rows, bits.getAsInt(), VectorFit.elementBytes(rows));
    return w == null ? null : w.kernel();
  }

  /** Returns the width of vectors where any are used. */
  public static int bits(Vectors vectors) {
    return switch (vectors) {
      case AUTO, FORCE, OFF -> VectorApi.preferredBits();
      case FORCE_128 -> 128;
      case FORCE_256 -> 256;
      case FORCE_512 -> 512;
    };
  }

  /** Returns the bytecode of every class: those of the scalar twin, then the vector version's. */
  public List<byte[]> bytecode(Vectors vectors) {
    List<byte[]> all = new ArrayList<>();
    classes.forEach(c -> all.add(c.bytes()));
    if (vectors == Vectors.OFF || kernel instanceof CopyKernel) {
      return all;
    }
    matmul.ifPresent(m -> all.add(ProductClass.write(m.shape(), bits(vectors)).bytes()));
    RowNest nest = matmul.map(Matmul::epilogue).orElse(rows);
    if (VectorFit.elementBytes(nest) > 0) {
      VectorNest.Written w = VectorNest.write(nest, bits(vectors), VectorFit.elementBytes(nest));
      if (w != null) {
        all.add(w.bytes());
      }
    }
    return all;
  }
}
