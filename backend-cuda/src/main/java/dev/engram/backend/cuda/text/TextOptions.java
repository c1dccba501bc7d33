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
 */
public record TextOptions(
    int threads, int tile, int perThread, int depth, int fewResults, long narrow) {
  /** Above, sums with the stride of a grid might not fit 32 bits. */
  private static final long MOST_NARROW = 1L << 30;

  public TextOptions {
    if (threads < 32 || threads % 32 != 0 || threads > 1024) {
      throw new IllegalArgumentException(
          "TextOptions: " + threads + " threads, expected a multiple of 32 up to 1024");
    }
    if (tile < 1
        || tile * tile > 1024
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
    return new TextOptions(threads, tile, perThread, depth, fewResults, narrow);
  }

  /** For cards of today. */
  public static TextOptions standard() {
    return new TextOptions(256, 16, 2, 16, 2048, MOST_NARROW);
  }

  /** Tiles and blocks so small that small programs meet all edges and barriers. */
  public static TextOptions tiny() {
    return new TextOptions(32, 4, 2, 3, 1 << 20, MOST_NARROW);
  }
}
