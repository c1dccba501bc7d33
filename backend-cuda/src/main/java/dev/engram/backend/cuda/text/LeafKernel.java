package dev.engram.backend.cuda.text;

import dev.engram.lower.FoldOrder;
import java.util.List;
import java.util.Optional;

/**
 * A block of threads for each result: every leaf of the fold's tree, and every lane of it, is
 * folded by a thread of its own; then the tree is walked level by level in shared memory, and the
 * lanes are added in halves.
 */
final class LeafKernel {
  /** Shared memory for the partial results of a nest; every card has more. */
  private static final long MOST_BYTES = 32 << 10;

  /** So many blocks at a time go through the results of a nest. */
  private static final int BLOCKS = 512;

  private final NestText nest;
  private final CodeWriter out;
  private final FoldOrder order;
  private final List<FoldText> folds;

  /** Blocks of a share, and shares. */
  private final long inShare;

  private final long shares;
  private final long leaves;

  private LeafKernel(NestText nest, CodeWriter out, FoldOrder order) {
    this.nest = nest;
    this.out = out;
    this.order = order;
    this.folds = nest.folds();
    long points = nest.folded();
    long share = Math.min(order.share(), points);
    long block = Math.min(order.block(), share);
    this.inShare = share == 0 ? 0 : (share + block - 1) / block;
    this.shares = share == 0 ? 0 : (points + share - 1) / share;
    long last = points - (shares - 1) * share;
    this.leaves = share == 0 ? 0 : (shares - 1) * inShare + (last + block - 1) / block;
  }

  /** Empty where a block of threads for each result would have little to do, or many results. */
  static Optional<LeafKernel> of(NestText nest, CodeWriter out) {
    int most = nest.options.fewResults() / (nest.team.isBlock() ? BLOCKS : 1);
    if (nest.results() > most) {
      return Optional.empty();
    }
    return LaneKernel.common(nest)
        .map(o -> new LeafKernel(nest, out, o))
        .filter(k -> k.leaves >= 2 && k.bytes() <= MOST_BYTES);
  }

  private long bytes() {
    return folds.stream().mapToLong(f -> CTypes.bytes(f.type())).sum()
        * shares
        * inShare
        * order.lanes();
  }

  /** Returns the number of threads that have work. */
  long write() {
    int lanes = order.lanes();
    String type = nest.index.type();
    long slots = shares * inShare * lanes;
    for (FoldText f : folds) {
      nest.shared(out, f.type(), "p" + f.i(), slots);
    }
    out.open(
        "for (%s g = %s; g < %s; g += %s) {",
        type, nest.team.block(), nest.index.number(nest.results()), nest.team.blocks());
    nest.axes(out, nest.axes(0, nest.parallel), "g");
    leaves(slots);
    out.line("__syncthreads();");
    if (inShare > 1) {
      level("b", inShare, lanes, times("s", inShare) + " + b", "");
    }
    if (shares > 1) {
      level("s", shares, inShare * lanes, times("s", inShare), inShare == 1 ? "" : "b == 0 && ");
    }
    if (lanes > 1) {
      out.open("for (int h = %s; h > 0; h /= 2) {", lanes / 2);
      out.open("for (int k = threadIdx.x; k < h; k += blockDim.x) {");
      for (FoldText f : folds) {
        String p = "p" + f.i();
        out.line("%s[k] = %s;", p, f.combine(p + "[k]", p + "[k + h]"));
      }
      out.close();
      out.line("__syncthreads();");
      out.close();
    }
    out.open("if (threadIdx.x == 0) {");
    for (FoldText f : folds) {
      out.line("%s %s = p%s[0];", f.type(), f.name(), f.i());
      nest.name(f.i(), f.name());
    }
    // Slot 0 is thread 0's own, so the next result needs no barrier.
    nest.epilogue(out);
    out.close();
    out.close();
    return nest.results() * nest.options.threads();
  }

  private void leaves(long slots) {
    int lanes = order.lanes();
    String type = nest.index.type();
    long points = nest.folded();
    long share = Math.min(order.share(), points);
    long block = Math.min(order.block(), share);
    out.line("#pragma unroll 1");
    out.open("for (int k = threadIdx.x; k < %s; k += blockDim.x) {", slots);
    leaf();
    out.line(
        "%s from = s * %s%s;",
        type, nest.index.number(share), inShare == 1 ? "" : " + b * " + nest.index.number(block));
    out.line(
        "%s to = eg_least(from + %s, eg_least((s + 1) * %s, %s));",
        type, nest.index.number(block), nest.index.number(share), nest.index.number(points));
    for (FoldText f : folds) {
      out.line("%s %s = %s;", f.type(), f.name(), f.start());
    }
    out.line("#pragma unroll 1");
    String lane = lanes == 1 ? "" : " + k % " + lanes;
    out.open("for (%s r = from%s; r < to; r += %s) {", type, lane, lanes);
    nest.term(out);
    out.close();
    for (FoldText f : folds) {
      out.line("p%s[k] = %s;", f.i(), f.name());
    }
    out.close();
  }

  /** Declares the share of slot {@code k}, and its block there. */
  private void leaf() {
    int lanes = order.lanes();
    out.line("int s = k%s;", inShare * lanes == 1 ? "" : " / " + inShare * lanes);
    if (inShare > 1) {
      out.line("int b = k%s %% %s;", lanes == 1 ? "" : " / " + lanes, inShare);
    }
  }

  private static String times(String x, long n) {
    return n == 1 ? x : x + " * " + n;
  }

  /**
   * Adds neighbours, then neighbours of these, and so on: the tree of {@link FoldOrder}.
   *
   * @param number of the part, {@code s} or {@code b}
   * @param distance of one part to the next, in slots
   * @param leaf of the part
   * @param first what else must hold, for slots that are the first of their part
   */
  private void level(String number, long parts, long distance, String leaf, String first) {
    int lanes = order.lanes();
    out.open("for (int n = 1; n < %s; n *= 2) {", parts);
    out.line("#pragma unroll 1");
    out.open("for (int k = threadIdx.x; k < %s; k += blockDim.x) {", shares * inShare * lanes);
    leaf();
    out.open(
        "if (%s%s %% (2 * n) == 0 && %s + n < %s && %s + %s < %s) {",
        first, number, number, parts, leaf, times("n", distance / lanes), leaves);
    for (FoldText f : folds) {
      String p = "p" + f.i();
      out.line("%s[k] = %s;", p, f.combine(p + "[k]", p + "[k + " + times("n", distance) + "]"));
    }
    out.close();
    out.close();
    out.line("__syncthreads();");
    out.close();
  }
}
