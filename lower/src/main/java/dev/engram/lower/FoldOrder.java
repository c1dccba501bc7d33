package dev.engram.lower;

import dev.engram.ir.DType;
import dev.engram.ir.op.Reduce;
import dev.engram.lower.inspect.LoopPrinter;
import dev.engram.lower.inspect.ProgramVerifier;
import java.util.Optional;

/**
 * The order in which a fold adds. Lowering chooses it, {@link LoopPrinter} prints it, {@link
 * ProgramVerifier} checks it, and the loop interpreter and every backend follow it, for any width
 * of vectors and number of threads.
 *
 * <p>Let r count the points of the reduction axes in row-major order, from 0. The points are
 * divided into shares of {@code share} successive points, and each share into blocks of {@code
 * block}; the last of each may be shorter. Then
 *
 * <pre>
 * block     b_l   = x_r + x_r' + …   over the block's points with r mod lanes = l, in order, from
 *                                    the start value (the sum's 0, the product's 1, …): one chain
 * tree      T(b)  = b                              of one block
 *           T(…)  = T(the first 2^k) + T(the rest) of more, 2^k the greatest power of two below
 *                                                  their number; lane by lane
 * share     s     = T(its blocks)
 * partials  p     = T(all shares)
 * result          = p folded in halves: p_l + p_{l + lanes/2} for l &lt; lanes/2, and so on
 * </pre>
 *
 * <p>So a fold is a tree whose leaves are short chains. The error of a sum of positive terms grows
 * with the length of one chain and the depth of the tree, not with the number of terms: at most
 * (chain + log₂ leaves) roundings.
 *
 * <p>Whole subtrees can be computed independently: 2^k shares that start at a multiple of 2^k are
 * one, and so are 2^k blocks of a share. A share is a run of whole positions along the outermost
 * reduction axis, such as examples where a batch is summed over; with one lane, the number of
 * shares depends only on that axis' length. {@link FoldBlocks} walks the tree in the order of r
 * with one partial result for each of its levels.
 *
 * @param lanes number of interleaved chains; a power of two
 * @param block points of a block, a multiple of {@code lanes}; {@link #ALL} when there is one block
 * @param share points of a share, a multiple of {@code lanes}, at least {@code block}; {@link #ALL}
 *     when there is one share
 */
public record FoldOrder(int lanes, long block, long share) {
  /** More points than any fold has. */
  public static final long ALL = Long.MAX_VALUE;

  /** Maximum number of terms of a chain in sums. */
  public static final int CHAIN = 128;

  /** Maximum number of terms of a chain of products that are added by fused multiply-adds. */
  public static final int PRODUCT_CHAIN = 256;

  /** Number of interleaved chains of a fold along memory. */
  static final int LANES = 16;

  /** Maximum number of shares. */
  private static final int SHARES = 16;

  /** Minimum number of positions of the outermost axis in a share. */
  private static final int LEAST = 16;

  /** One chain of all points. */
  public static final FoldOrder PLAIN = new FoldOrder(1, ALL, ALL);

  /** Returns the order of one block in this many lanes. */
  public static FoldOrder inLanes(int lanes) {
    return new FoldOrder(lanes, ALL, ALL);
  }

  /** True when the order of such a fold matters, because it rounds. */
  public static boolean rounds(Reduce.Kind kind, DType dtype) {
    return switch (kind) {
      case SUM, PROD -> dtype.isFloat();
      case MAX, MIN, ANY, ALL, ARGMAX, ARGMIN -> false;
    };
  }

  /**
   * Returns the order of a sum with these lanes.
   *
   * @param outer length of the outermost reduction axis
   * @param inner points of the others
   */
  public static FoldOrder sum(int lanes, long outer, long inner) {
    long most = (long) CHAIN * lanes;
    long shares = shares(outer, LEAST);
    if (lanes > 1) {
      // Along memory a block already runs at full speed, so smaller shares cost more than they
      // gain.
      shares = Math.min(shares, Long.highestOneBit(Math.max(1, outer * inner / most)));
    }
    return cut(lanes, most, outer, inner, shares);
  }

  /** Like {@link #sum}, for products that are added by fused multiply-adds. */
  public static FoldOrder product(long outer, long inner) {
    return cut(1, PRODUCT_CHAIN, outer, inner, shares(outer, PRODUCT_CHAIN));
  }

  /**
   * Returns the greatest power of two of shares with at least {@code least} positions each, up to
   * the maximum.
   */
  private static long shares(long outer, int least) {
    return Math.min(SHARES, Long.highestOneBit(Math.max(1, outer / least)));
  }

  private static FoldOrder cut(int lanes, long most, long outer, long inner, long shares) {
    long points = outer * inner;
    long whole = lanes / gcd(lanes, Math.max(1, inner));
    long share = up(ceil(outer, shares), whole) * inner;
    if (shares == 1 || share >= points) {
      share = points;
    }
    long block = share <= most ? share : up(ceil(share, ceil(share, most)), lanes);
    return new FoldOrder(lanes, block < points ? block : ALL, share < points ? share : ALL);
  }

  private static long ceil(long n, long by) {
    return (n + by - 1) / by;
  }

  private static long up(long n, long unit) {
    return ceil(n, unit) * unit;
  }

  private static long gcd(long a, long b) {
    return b == 0 ? a : gcd(b, a % b);
  }

  /**
   * Says what is wrong with this order for this many points.
   *
   * @param longest maximum number of terms of a chain
   */
  public Optional<String> fault(long points, long longest) {
    if (Integer.bitCount(lanes) != 1) {
      return Optional.of("lanes=" + lanes + ", expected a power of two");
    }
    if (block < 1 || share < block) {
      return Optional.of("shares of " + share + " points in blocks of " + block);
    }
    if (!isWhole(block) || !isWhole(share)) {
      return Optional.of("blocks that are cut within " + lanes + " lanes");
    }
    long chain = longestChain(points);
    return chain > longest
        ? Optional.of("a chain of " + chain + " terms, expected at most " + longest)
        : Optional.empty();
  }

  private boolean isWhole(long length) {
    return length == ALL || length % lanes == 0;
  }

  /** Returns the number of terms of the longest chain, for this many points. */
  long longestChain(long points) {
    long most = Math.min(block, points);
    return most / lanes + (most % lanes == 0 ? 0 : 1);
  }

  /**
   * Returns the maximum number of partial results that wait while this many points are folded; 0 in
   * one block.
   */
  public int waiting(long points) {
    if (block >= points) {
      return 0;
    }
    return level(ceil(Math.min(share, points), block))
        + level(ceil(points, Math.min(share, points)));
  }

  private static int level(long parts) {
    return 64 - Long.numberOfLeadingZeros(Math.max(1, parts) - 1);
  }
}
