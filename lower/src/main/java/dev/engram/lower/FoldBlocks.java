package dev.engram.lower;

/**
 * The tree of a {@link FoldOrder}, walked from its first leaf to its last with a stack of partial
 * results, as a binary counter counts:
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

  /** Points to the end of the block, from its start. */
  private long left;

  private long shareLeft;
  private long blocks;
  private long shares;

  /** A walk of one block. */
  public FoldBlocks() {
    start(FoldOrder.ALL, FoldOrder.ALL);
  }

  /** A walk of {@code order}. */
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

  /** Points of the block that begins. */
  public long left() {
    return left;
  }

  /** The block has ended: how many partial results are to be added to it. The next one begins. */
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
