package dev.engram.lower;

/**
 * What lowering is told of the machine that a program is for; {@linkplain Backend#lowering a
 * backend} says it. No result depends on any of it, to the bit: only time and memory do.
 *
 * @param alignment of buffers in the arena, in bytes: a power of two, at least 8
 * @param fuse whether equations share nests at all
 * @param nestWeight most equations at one point of a nest; more are split into several nests
 * @param inlineWeight most equations that are computed again by each reader of a value
 * @param serialPoints most points that a fold may bring into a nest with fewer than {@code
 *     parallelResults} results
 * @param parallelResults results of a nest that keep the machine busy
 * @param keptBytes a value of at most so many bytes that is read repeatedly is kept in memory
 * @param spread a larger one is computed again if it is so many times as large as what it is
 *     computed from
 * @param packedReads least number of times that a transposed copy of an operand of a product is
 *     read; with fewer none is made
 * @param productsAlone whether a product whose terms are added one after the other is kept apart
 *     from what else is computed at its points: for kernels of products that are fast alone
 * @param reuseInLoops whether buffers that are used in the same loop may share memory. Without it
 *     there are fewer orders between the nests of a step, for more memory
 * @param shares most parts that the examples of a loop are divided into, each of which goes through
 *     all steps of the loop alone; 1 where loops are not divided
 * @param shareWork least number of scalar instructions that a nest has in such a part, on average
 *     over the nests of the loop
 * @param productRows least number of examples in such a part of a loop that mostly folds, as
 *     products do: their kernels take so many rows at a time
 * @param shareReads most bytes that a nest reads in such a part of what all parts read, such as
 *     weights, on average over the nests of the loop: each part reads them by itself
 */
public record LoweringOptions(
    int alignment,
    boolean fuse,
    int nestWeight,
    int inlineWeight,
    long serialPoints,
    int parallelResults,
    long keptBytes,
    double spread,
    long packedReads,
    boolean productsAlone,
    boolean reuseInLoops,
    int shares,
    long shareWork,
    int productRows,
    long shareReads) {
  public LoweringOptions {
    if (alignment < 8 || Integer.bitCount(alignment) != 1) {
      throw new LoweringException(
          "LoweringOptions: alignment is "
              + alignment
              + " bytes, expected a power of two from 8 on");
    }
    positive("nestWeight", nestWeight);
    positive("inlineWeight", inlineWeight);
    positive("serialPoints", serialPoints);
    positive("parallelResults", parallelResults);
    positive("packedReads", packedReads);
    positive("shares", shares);
    positive("shareWork", shareWork);
    positive("productRows", productRows);
    if (keptBytes < 0 || shareReads < 0 || !(spread >= 1)) {
      throw new LoweringException(
          "LoweringOptions: keptBytes is %d, shareReads %d and spread %s, expected at least 0, 0 and 1"
              .formatted(keptBytes, shareReads, spread));
    }
  }

  private static void positive(String name, long value) {
    if (value < 1) {
      throw new LoweringException(
          "LoweringOptions: " + name + " is " + value + ", expected at least 1");
    }
  }

  /** For processors with vectors and a few cores; backends for other machines give their own. */
  public static LoweringOptions standard() {
    return new LoweringOptions(
        64, true, 96, 32, 1 << 15, 64, 1L << 30, 16, 4, true, true, 1, 1 << 14, 1, Long.MAX_VALUE);
  }

  /** A nest for each equation, and no copies of operands: simple, and slow. */
  public LoweringOptions unfused() {
    return with(alignment, false, reuseInLoops, shares, shareWork, productRows, shareReads);
  }

  /** Other memory: see the parameters. */
  public LoweringOptions withMemory(int alignment, boolean reuseInLoops) {
    return with(alignment, fuse, reuseInLoops, shares, shareWork, productRows, shareReads);
  }

  /** Loops in at most this many parts of at least this much; see the parameters. */
  public LoweringOptions withShares(int shares, long shareWork, int productRows) {
    return with(alignment, fuse, reuseInLoops, shares, shareWork, productRows, shareReads);
  }

  /** Loops whose parts read no more than this of what all of them read; see the parameters. */
  public LoweringOptions withShareReads(long shareReads) {
    return with(alignment, fuse, reuseInLoops, shares, shareWork, productRows, shareReads);
  }

  private LoweringOptions with(
      int alignment,
      boolean fuse,
      boolean reuseInLoops,
      int shares,
      long shareWork,
      int productRows,
      long shareReads) {
    return new LoweringOptions(
        alignment,
        fuse,
        nestWeight,
        inlineWeight,
        serialPoints,
        parallelResults,
        keptBytes,
        spread,
        packedReads,
        productsAlone,
        reuseInLoops,
        shares,
        shareWork,
        productRows,
        shareReads);
  }
}
