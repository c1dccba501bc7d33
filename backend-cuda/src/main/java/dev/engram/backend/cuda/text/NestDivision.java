package dev.engram.backend.cuda.text;

import java.util.Optional;

/** Chooses how the points of a nest are divided among threads. */
final class NestDivision {
  private NestDivision() {}

  /**
   * What was written.
   *
   * @param threads of a block
   * @param work threads that have work to do
   * @param isPointwise whether each thread goes through points alone, as {@link #atPoint} does
   */
  record Written(int threads, long work, boolean isPointwise) {
    private Written(int threads, long work) {
      this(threads, work, false);
    }
  }

  /** The code of such a nest for its point {@code g}. */
  static CodeWriter atPoint(NestText nest) {
    CodeWriter out = new CodeWriter();
    new PointKernel(nest, out).atPoint();
    return out;
  }

  static Written write(NestText nest, CodeWriter out) {
    int threads = nest.options.threads();
    Optional<TileKernel> tile = TileKernel.of(nest, out);
    Optional<LeafKernel> leaf = LeafKernel.of(nest, out);
    Optional<LaneKernel> lane = LaneKernel.of(nest, out);
    if (nest.results() == 0) {
      return new Written(threads, 0);
    }
    if (ScatterKernel.fits(nest)) {
      return new Written(threads, new ScatterKernel(nest, out).write());
    }
    if (leaf.isPresent()) {
      return new Written(threads, leaf.get().write());
    }
    if (tile.isPresent()) {
      return new Written(tile.get().threads(), tile.get().write());
    }
    if (lane.isPresent()) {
      return new Written(threads, lane.get().write());
    }
    return new Written(threads, new PointKernel(nest, out).write(), true);
  }
}
