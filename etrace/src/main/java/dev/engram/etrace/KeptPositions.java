package dev.engram.etrace;

/**
 * How many positions of a hidden group the traces of SnAp-n follow.
 *
 * @param group its index
 * @param most the positions that an influence is kept for, of the weight that has most of them: K
 * @param positions those of the group: P
 * @param space the length of the traces' last axis: K, or P where that costs less
 */
public record KeptPositions(int group, int most, int positions, int space) {

  /** Returns such as {@code positions kept: at most 5 of 256}. */
  @Override
  public String toString() {
    return "positions kept: at most "
        + most
        + " of "
        + positions
        + (space > most ? ", in traces of all" : "");
  }
}
