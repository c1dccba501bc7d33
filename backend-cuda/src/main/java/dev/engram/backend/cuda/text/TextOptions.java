package dev.engram.backend.cuda.text;

/**
 * How nests are laid out over threads. No result depends on any of it, to the bit.
 *
 * @param threads of a block, a multiple of 32
 * @param tile threads along each side of the tile of a product
 * @param perThread results along each side that one thread of a tile computes
 * @param depth terms of a product that a tile keeps in shared memory at once
 * @param fewResults a nest with fewer results folds each by a whole block, where that has leaves
 *     enough
 * @param narrow indices have 32 bits where all of their values are below this
 * @param cooperative whether steps that follow each other, and loops, are one kernel whose blocks
 *     wait for each other
 */
public record TextOptions(
    int threads,
    int tile,
    int perThread,
    int depth,
    int fewResults,
    long narrow,
    boolean cooperative) {
  /** Above, sums with the stride of a grid might not fit 32 bits. */
  private static final long MOST_NARROW = 1L << 30;

  /** Of a block. */
  static final int MOST_THREADS = 1024;

  public TextOptions {
    if (threads < 32 || threads % 32 != 0 || threads > MOST_THREADS) {
      throw new IllegalArgumentException(
          "TextOptions: %d threads, expected a multiple of 32 up to %d"
              .formatted(threads, MOST_THREADS));
    }
    if (tile < 1
        || tile * tile > MOST_THREADS
        || perThread < 1
        || depth < 1
        || fewResults < 0
        || narrow < 0
        || narrow > MOST_NARROW) {
      throw new IllegalArgumentException(
          "TextOptions: tiles of %s threads a side, %s results each, depth %s, %s results, narrow %s"
              .formatted(tile, perThread, depth, fewResults, narrow));
    }
  }

  /** The same with blocks of other sizes. */
  TextOptions withThreads(int threads) {
    return new TextOptions(threads, tile, perThread, depth, fewResults, narrow, cooperative);
  }

  /** The same without kernels whose blocks wait for each other. */
  public TextOptions withoutCooperation() {
    return new TextOptions(threads, tile, perThread, depth, fewResults, narrow, false);
  }

  /** For cards of today. */
  public static TextOptions standard() {
    return new TextOptions(256, 16, 2, 16, 2048, MOST_NARROW, true);
  }

  /** Tiles and blocks so small that small programs meet all edges and barriers. */
  public static TextOptions tiny() {
    return new TextOptions(32, 4, 2, 3, 1 << 20, MOST_NARROW, true);
  }
}
