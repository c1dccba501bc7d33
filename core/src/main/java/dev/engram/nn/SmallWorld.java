package dev.engram.nn;

import java.util.Arrays;
import java.util.SplittableRandom;

/** The graph of {@link Connectivity#smallWorld}: for each neuron those it is connected with. */
final class SmallWorld {
  private final int[][] with;
  private final int[] degrees;

  private SmallWorld(int n, int k) {
    with = new int[n][k + 4];
    degrees = new int[n];
  }

  static Connectivity of(int n, int k, double p, SplittableRandom random) {
    SmallWorld w = new SmallWorld(n, k);
    for (int u = 0; u < n; u++) {
      for (int step = 1; step <= k / 2; step++) {
        w.add(u, (u + step) % n);
        w.add(u, (u + n - step) % n);
      }
    }
    for (int step = 1; step <= k / 2; step++) {
      for (long u = Skips.next(random, p); u < n; u += 1 + Skips.next(random, p)) {
        w.rewire((int) u, (int) ((u + step) % n), random);
      }
    }
    Lists lists = new Lists(n, n);
    for (int u = 0; u < n; u++) {
      for (int i = 0; i < w.degrees[u]; i++) {
        lists.add(w.with[u][i]);
      }
      lists.end();
    }
    return lists.connectivity();
  }

  private void rewire(int u, int v, SplittableRandom random) {
    int n = with.length;
    if (degrees[u] == n - 1) {
      return; // with all others
    }
    int to = random.nextInt(n);
    while (to == u || at(u, to) >= 0) {
      to = random.nextInt(n);
    }
    with[u][at(u, v)] = to;
    with[v][at(v, u)] = with[v][--degrees[v]];
    add(to, u);
  }

  private int at(int u, int v) {
    int[] all = with[u];
    for (int i = 0; i < degrees[u]; i++) {
      if (all[i] == v) {
        return i;
      }
    }
    return -1;
  }

  private void add(int u, int v) {
    if (degrees[u] == with[u].length) {
      with[u] = Arrays.copyOf(with[u], 2 * with[u].length);
    }
    with[u][degrees[u]++] = v;
  }
}
