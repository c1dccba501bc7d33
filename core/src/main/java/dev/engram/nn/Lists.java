package dev.engram.nn;

import dev.engram.ir.HostTensor;
import dev.engram.ir.tensor.Moves;
import java.util.Arrays;

/** The inputs of each output, one output after the other. */
final class Lists {
  private final int in;
  private final int[] ends;
  private int outs;
  private int[] all = new int[1024];
  private int size;

  Lists(int in, int out) {
    this.in = in;
    ends = new int[out];
  }

  /** Adds an input to the list of the current output. */
  void add(int input) {
    if (size == all.length) {
      long more = Math.min(Integer.MAX_VALUE - 8L, size + (size >> 1) + 1L);
      all =
          Arrays.copyOf(
              all, Moves.length("Connectivity", "the connections", Math.max(size + 1L, more)));
    }
    all[size++] = input;
  }

  /** Ends the list of the current output. */
  void end() {
    Arrays.sort(all, outs == 0 ? 0 : ends[outs - 1], size);
    ends[outs++] = size;
  }

  Connectivity connectivity() {
    int degree = 0;
    for (int j = 0; j < outs; j++) {
      degree = Math.max(degree, ends[j] - (j == 0 ? 0 : ends[j - 1]));
    }
    int[] table = new int[Moves.length("Connectivity", "the connections", (long) outs * degree)];
    Arrays.fill(table, in);
    for (int j = 0; j < outs; j++) {
      int start = j == 0 ? 0 : ends[j - 1];
      System.arraycopy(all, start, table, j * degree, ends[j] - start);
    }
    return new Connectivity(in, outs, degree, HostTensor.of(table, outs, degree));
  }
}
