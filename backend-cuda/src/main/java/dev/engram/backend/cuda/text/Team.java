package dev.engram.backend.cuda.text;

/**
 * The threads that go through the points of a nest together, in C.
 *
 * @param kind which threads they are
 * @param launch the number of the launch, for checks
 * @param shares for a block, which of the loops around is the one over the shares
 * @param pooled bytes of the memory of the block that are in use
 */
record Team(Kind kind, String launch, int shares, int pooled) {
  private enum Kind {
    /** Those of all blocks of a kernel that is one nest. */
    LAUNCH,
    /** Those of all blocks of a kernel that is several steps. */
    GRID,
    /** Those of one block, which goes through the steps of a share. */
    BLOCK
  }

  static final Team ALL = new Team(Kind.LAUNCH, "launch", 0, 0);

  static Team grid(String launch) {
    return new Team(Kind.GRID, launch, 0, 0);
  }

  static Team block(String launch, int shares, int pooled) {
    return new Team(Kind.BLOCK, launch, shares, pooled);
  }

  boolean isBlock() {
    return kind == Kind.BLOCK;
  }

  /** True where a nest is one of several of a kernel. */
  boolean isOneOfSeveral() {
    return kind != Kind.LAUNCH;
  }

  /** The number of this block among those of the team. */
  String block() {
    return switch (kind) {
      case LAUNCH -> "blockIdx.x";
      case GRID -> "block";
      case BLOCK -> "0";
    };
  }

  /** How many blocks it has. */
  String blocks() {
    return isBlock() ? "1" : "gridDim.x";
  }

  /** The first of {@code each} points that this block goes through at a time. */
  String first(String type, String each) {
    return isBlock() ? "0" : block() + " * (" + type + ")" + each;
  }

  /** The points that all blocks go through at a time. */
  String step(String type, String each) {
    return (isBlock() ? "" : "gridDim.x * ") + "(" + type + ")" + each;
  }
}
