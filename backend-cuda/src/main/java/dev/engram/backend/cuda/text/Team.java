package dev.engram.backend.cuda.text;

/**
 * The threads that go through the points of a nest together, in C: those of all blocks of a launch,
 * or those of one block of a kernel that is a whole loop.
 *
 * @param isBlock whether it is one block
 * @param launch the number of the launch, for checks
 * @param shares for a block, which of the loops around is the one over the shares
 * @param pooled bytes of the memory of the block that are in use
 */
record Team(boolean isBlock, String launch, int shares, int pooled) {
  /** All blocks of a launch. */
  static final Team GRID = new Team(false, "launch", 0, 0);

  /** The number of this block among those of the team. */
  String block() {
    return isBlock ? "0" : "blockIdx.x";
  }

  /** How many blocks it has. */
  String blocks() {
    return isBlock ? "1" : "gridDim.x";
  }

  /** The first of {@code each} points that this block goes through at a time. */
  String first(String type, String each) {
    return isBlock ? "0" : "blockIdx.x * (" + type + ")" + each;
  }

  /** The points that all blocks go through at a time. */
  String step(String type, String each) {
    return isBlock ? "(" + type + ")" + each : "gridDim.x * (" + type + ")" + each;
  }
}
