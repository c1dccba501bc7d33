package dev.engram.lower;

/**
 * Walks the tree of a {@link FoldOrder} from its first leaf to its last with a stack of partial
 * results, like a binary counter:
 *
 * <pre>
 * FoldBlocks blocks = …
 * for each point
 *   if the block's {@link #left} points are done
 *     {@link #next} times: partial = stack.pop() + partial
 *     stack.push(partial), partial = the start value
 *   partial = partial + term
 * while the stack is not empty: partial = stack.pop() + partial
 * </pre>
 *
 * <p>A block is pushed when the next one has a point, so that none is empty: an empty one would add
 * the start value, +0, to sums of products that underflow to -0.
 */
public final class FoldBlocks {
  private long block;
  private long share;

  /** Number of points of the block. */
  private long left;

  private long shareLeft;
  private long blocks;
  private long shares;

  /** Makes a walk of one block. */
  public FoldBlocks() {
    start(FoldOrder.ALL, FoldOrder.ALL);
  }

  /** Makes a walk of {@code order}. */
  public FoldBlocks(FoldOrder order) {
    start(order.block(), order.share());
  }

  /** Begins a walk of another order. */
  public void start(long block, long share) {
    this.block = block;
    this.share = share;
    start();
  }

  /** Goes to the first block. */
  public void start() {
    left = block;
    shareLeft = share;
    blocks = 0;
    shares = 0;
  }

  /** Returns the number of points of the block that begins. */
  public long left() {
    return left;
  }

  /**
   * Ends the block and begins the next; returns the number of partial results to add to the ended
   * one.
   */
  public int next() {
    shareLeft -= left;
    int sums;
    if (shareLeft == 0) {
      sums = Long.bitCount(blocks) + Long.numberOfTrailingZeros(++shares);
      blocks = 0;
      shareLeft = share;
    } else {
      sums = Long.numberOfTrailingZeros(++blocks);
    }
    left = Math.min(block, shareLeft);
    return sums;
  }
}
