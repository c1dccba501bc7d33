package dev.engram.backend.cpu.run;

import dev.engram.backend.cpu.nest.RowNest;
import dev.engram.ir.DType;
import dev.engram.lower.Access;
import dev.engram.lower.Stmt;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/** A sort of a program; its rows are split among threads. */
final class SortCall implements Kernel {
  /** Number of elements below which rows are not split among threads. */
  private static final int WORTH_SHARING = 1 << 12;

  private static final int FROM = 0;
  private static final int TO = 1;

  private final Stmt.Sort sort;
  private final KernelArgs frame = new KernelArgs(2, 2);
  private final int rows;
  private final Job job;

  SortCall(Stmt.Sort sort, WorkerPool pool) {
    this.sort = sort;
    this.rows = RowNest.points("argSort", sort.rows(), sort.where());
    this.job =
        pool.job(this, frame, rows, Math.max(1, WORTH_SHARING / Math.max(1, sort.length())), 1);
  }

  void run(
      MemorySegment[] memory,
      long[] start,
      int[] counters,
      StepRunner.JobRunner jobs,
      Scratch scratch) {
    if (rows == 0 || sort.length() == 0) {
      return;
    }
    bind(FROM, sort.from(), sort.dtype(), memory, start, counters);
    bind(TO, sort.to(), DType.I32, memory, start, counters);
    try {
      jobs.run(job, scratch);
    } finally {
      Arrays.fill(frame.segments, MemorySegment.NULL);
    }
  }

  private void bind(
      int i, Access a, DType dtype, MemorySegment[] memory, long[] start, int[] counters) {
    long at = a.at().offset();
    for (int t = 0; t < a.at().outer().size(); t++) {
      at += a.at().outer().get(t) * counters[t];
    }
    frame.segments[i] = memory[a.buffer()];
    frame.base[i] = start[a.buffer()] + at * dtype.bytes();
  }

  private long row(Access a, int row) {
    long at = 0;
    int rest = row;
    for (int d = sort.rows().size() - 1; d >= 0; d--) {
      at += rest % sort.rows().get(d) * a.at().inner().get(d);
      rest /= sort.rows().get(d);
    }
    return at;
  }

  @Override
  public void run(KernelArgs f, Scratch scratch, int begin, int end) {
    int n = sort.length();
    long[] keys = (long[]) scratch.array(DType.I64, 0, 2 * n);
    int[] positions = (int[]) scratch.array(DType.I32, 1, 2 * n);
    long in = sort.from().at().inner().getLast() * sort.dtype().bytes();
    long out = sort.to().at().inner().getLast() * DType.I32.bytes();
    for (int r = begin; r < end; r++) {
      long from = f.base[FROM] + row(sort.from(), r) * sort.dtype().bytes();
      SortOrder.of(sort, f.segments[FROM], from, in, keys, positions);
      long to = f.base[TO] + row(sort.to(), r) * DType.I32.bytes();
      for (int i = 0; i < n; i++) {
        f.segments[TO].set(ValueLayout.JAVA_INT, to + i * out, positions[i]);
      }
    }
  }
}
