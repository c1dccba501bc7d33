package dev.engram.lower.split;

import dev.engram.lower.Stmt;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * How steps exchange buffers.
 *
 * @param from for each buffer that ends up elsewhere, the one whose memory it has then
 */
public record Exchange(Map<Integer, Integer> from) {
  public Exchange {
    from = Map.copyOf(from);
  }

  /** Of steps among which no branch exchanges any. */
  public static Exchange of(List<Stmt> steps) {
    Map<Integer, Integer> now = new HashMap<>();
    for (Stmt s : steps) {
      if (s instanceof Stmt.Loop l) {
        of(l.body(), l.swaps(), l.length()).applyTo(now);
      }
    }
    return new Exchange(moved(now));
  }

  /** Of so many turns of a loop whose condition exchanges none. */
  public static Exchange of(Stmt.While w, int turns) {
    return of(w.body(), w.swaps(), turns);
  }

  private static Exchange of(List<Stmt> body, List<Stmt.Swap> swaps, int turns) {
    Map<Integer, Integer> now = new HashMap<>();
    of(body).applyTo(now);
    for (Stmt.Swap s : swaps) {
      int a = now.getOrDefault(s.a(), s.a());
      now.put(s.a(), now.getOrDefault(s.b(), s.b()));
      now.put(s.b(), a);
    }
    return new Exchange(moved(now)).times(turns);
  }

  private static Map<Integer, Integer> moved(Map<Integer, Integer> from) {
    Map<Integer, Integer> moved = new HashMap<>(from);
    moved.entrySet().removeIf(e -> e.getKey().equals(e.getValue()));
    return moved;
  }

  /** For each of so many buffers, the one whose memory it has then. */
  public int[] from(int buffers) {
    int[] all = new int[buffers];
    Arrays.setAll(all, b -> from.getOrDefault(b, b));
    return all;
  }

  /** True where all buffers are where they were. */
  public boolean isNone() {
    return from.isEmpty();
  }

  private void applyTo(Map<Integer, Integer> now) {
    Map<Integer, Integer> before = new HashMap<>(now);
    from.forEach((b, f) -> now.put(b, before.getOrDefault(f, f)));
  }

  private Exchange times(int n) {
    Map<Integer, Integer> now = new HashMap<>();
    Exchange power = this;
    for (int left = n; left > 0 && !power.isNone(); left >>= 1) {
      if ((left & 1) == 1) {
        power.applyTo(now);
      }
      Map<Integer, Integer> twice = new HashMap<>();
      power.applyTo(twice);
      power.applyTo(twice);
      power = new Exchange(moved(twice));
    }
    return new Exchange(moved(now));
  }

  /** The way back. */
  Exchange inverse() {
    Map<Integer, Integer> back = new HashMap<>();
    from.forEach((b, f) -> back.put(f, b));
    return new Exchange(back);
  }

  /** The same as swaps, one after the other. */
  List<Stmt.Swap> swaps() {
    List<Stmt.Swap> out = new ArrayList<>();
    Map<Integer, Integer> now = new HashMap<>();
    for (int b : from.keySet().stream().sorted().toList()) {
      int wanted = from.get(b);
      int there = wanted;
      for (Map.Entry<Integer, Integer> e : now.entrySet()) {
        there = e.getValue() == wanted ? e.getKey() : there;
      }
      if (there != b) {
        out.add(new Stmt.Swap(b, there));
        int has = now.getOrDefault(b, b);
        now.put(b, wanted);
        now.put(there, has);
      }
    }
    return out;
  }
}
