package dev.engram.backend.cpu;

import dev.engram.lower.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The code of one form of nest.
 *
 * @param outerPoints the kernel's whole range
 * @param grain outer points that are worth a thread's while
 */
record NestKernel(
    RowNest rows, Kernel kernel, int outerPoints, int grain, List<RowClass.Written> classes) {
  /** Lane operations below which a nest is not shared among threads. */
  private static final long WORTH_SHARING = 1 << 16;

  static NestKernel of(Step.Nest nest, NestSlots slots, CpuOptions options) {
    RowNest rows = RowNestBuilder.build(nest, slots);
    List<RowClass.Written> body =
        rows.body().passes().stream().map(p -> RowClass.write(rows, p, true)).toList();
    List<RowClass.Written> epilogue =
        rows.epilogue().passes().stream().map(p -> RowClass.write(rows, p, false)).toList();
    Kernel scalar =
        new ScalarNest(
            rows,
            body.stream().map(RowClass.Written::function).toList(),
            epilogue.stream().map(RowClass.Written::function).toList());
    int points = rows.outerPoints();
    long grain = rows.ordered() ? points : Math.max(1, WORTH_SHARING / Math.max(1, rows.cost()));
    return new NestKernel(
        rows,
        scalar,
        points,
        (int) Math.min(grain, Integer.MAX_VALUE),
        Stream.concat(body.stream(), epilogue.stream()).toList());
  }

  /** The bytecode of every class. */
  List<byte[]> bytecode() {
    List<byte[]> all = new ArrayList<>();
    classes.forEach(c -> all.add(c.bytes()));
    return all;
  }
}
