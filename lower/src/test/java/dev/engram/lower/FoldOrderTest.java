package dev.engram.lower;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The order of sums: its leaves, its tree, and what the number of examples decides. */
class FoldOrderTest {

  private static List<FoldOrder> orders(long outer, long inner) {
    return List.of(
        FoldOrder.sum(1, outer, inner),
        FoldOrder.sum(FoldOrder.LANES, outer, inner),
        FoldOrder.product(outer, inner));
  }

  @Test
  void noChainIsLong() {
    Random random = new Random(1);
    for (int i = 0; i < 20_000; i++) {
      long outer = random.nextInt(1 << random.nextInt(28));
      long inner = 1L + random.nextInt(1 << random.nextInt(12));
      long points = outer * inner;
      for (FoldOrder o : orders(outer, inner)) {
        long most = o.equals(FoldOrder.product(outer, inner)) ? 256 : 128;
        assertTrue(o.longestChain(points) <= most, o + " of " + points);
        assertTrue(o.block() == FoldOrder.ALL || o.block() % o.lanes() == 0, o.toString());
        assertTrue(o.share() == FoldOrder.ALL || o.share() % o.lanes() == 0, o.toString());
        assertTrue(o.share() >= o.block() && o.block() > 0, o.toString());
      }
    }
  }

  @Test
  void sharesAreWholeExamplesAndTheirNumberFollowsFromTheBatchAlone() {
    for (int n : new int[] {1, 31, 32, 63, 64, 100, 128, 255, 1000, 4096, 100_000}) {
      long want = FoldOrder.sum(1, n, 1).share();
      for (int inner : new int[] {1, 2, 3, 10, 100, 784, 1001}) {
        FoldOrder o = FoldOrder.sum(1, n, inner);
        assertEquals(want == FoldOrder.ALL ? want : want * inner, o.share(), n + " by " + inner);
      }
    }
    assertEquals(FoldOrder.ALL, FoldOrder.sum(1, 31, 1).share());
    assertEquals(16, FoldOrder.sum(1, 64, 1).share());
    assertEquals(4096, FoldOrder.sum(1, 65536, 1).share());
  }

  @Test
  void shortFoldsAreOneChain() {
    assertEquals(FoldOrder.PLAIN, FoldOrder.product(256, 1));
    assertEquals(FoldOrder.inLanes(16), FoldOrder.sum(16, 2048, 1));
    assertNotEquals(FoldOrder.inLanes(16), FoldOrder.sum(16, 2049, 1));
    assertNotEquals(FoldOrder.PLAIN, FoldOrder.product(257, 1));
  }

  /** The walk with a stack builds the tree of the definition, written out with brackets. */
  @Test
  void theStackBuildsTheTree() {
    Random random = new Random(2);
    for (int i = 0; i < 2000; i++) {
      int points = 1 + random.nextInt(300);
      int block = 1 + random.nextInt(12);
      int share = random.nextBoolean() ? 1 << 20 : block + random.nextInt(60);
      List<String> shares = new ArrayList<>();
      for (int s = 0; s < points; s += share) {
        List<String> blocks = new ArrayList<>();
        for (int b = s; b < Math.min(points, s + share); b += block) {
          blocks.add(chain(b, Math.min(Math.min(points, s + share), b + block)));
        }
        shares.add(tree(blocks));
      }
      String want = tree(shares);
      String got = walked(points, new FoldOrder(1, block, share));
      assertEquals(want, got, points + " in blocks of " + block + " and shares of " + share);
    }
  }

  private static String chain(int from, int to) {
    return from + "-" + (to - 1);
  }

  private static String tree(List<String> leaves) {
    int n = leaves.size();
    if (n == 1) {
      return leaves.getFirst();
    }
    int half = Integer.highestOneBit(n - 1);
    return "(" + tree(leaves.subList(0, half)) + " " + tree(leaves.subList(half, n)) + ")";
  }

  private static String walked(int points, FoldOrder order) {
    FoldBlocks blocks = new FoldBlocks(order);
    Deque<String> stack = new ArrayDeque<>();
    int most = 0;
    int at = 0;
    String last = "";
    while (at < points) {
      int end = (int) Math.min(points, at + blocks.left());
      last = chain(at, end);
      if (end < points) {
        for (int sums = blocks.next(); sums > 0; sums--) {
          last = "(" + stack.pop() + " " + last + ")";
        }
        stack.push(last);
      }
      most = Math.max(most, stack.size());
      at = end;
    }
    while (!stack.isEmpty()) {
      last = "(" + stack.pop() + " " + last + ")";
    }
    int room = points <= order.block() ? 1 : order.waiting(points);
    assertTrue(most <= room, most + " wait, room for " + room);
    return last;
  }
}
