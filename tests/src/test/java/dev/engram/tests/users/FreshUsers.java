package dev.engram.tests.users;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * As many fresh random users as you like, alone and in crowds. Not part of the build.
 *
 * <p>System properties: {@code engram.users} (10 000) or {@code engram.minutes}, whichever comes
 * first; {@code engram.seed} (random). For a find again: {@code engram.user}, the seed of one user
 * alone, or {@code engram.crowd}, that of a crowd.
 */
class FreshUsers {
  private static final PrintStream OUT = System.out;
  private static final double SECOND = 1e9;
  private static final int MOST_FINDS = 10;

  /** Users alone for each crowd. */
  private static final int ALONE = 4;

  @TempDir Path folder;

  private final List<String> finds = new ArrayList<>();
  private final long start = System.nanoTime();
  private long alone;
  private long together;
  private long crowds;

  @Test
  void findNothing() throws InterruptedException {
    OneUsers users = new OneUsers(folder);
    if (Long.getLong("engram.user") instanceof Long seed) {
      assertEquals(Optional.empty(), users.find(seed));
      return;
    }
    if (Long.getLong("engram.crowd") instanceof Long seed) {
      assertEquals(Optional.empty(), new Crowd(seed, new Library(), folder).find());
      return;
    }
    long most = Long.getLong("engram.users", 10_000);
    double minutes = Double.parseDouble(System.getProperty("engram.minutes", "1e9"));
    String set = System.getProperty("engram.seed", "random");
    long base = set.equals("random") ? System.nanoTime() : Long.parseLong(set);
    OUT.println("fresh users: -Dengram.seed=" + base);
    SplittableRandom seeds = new SplittableRandom(base);
    double shown = 0;
    while (alone + together < most && seconds() < 60 * minutes && finds.size() < MOST_FINDS) {
      for (int i = 0; i < ALONE; i++) {
        users.findInTurn(seeds.nextLong()).ifPresent(this::report);
        alone++;
      }
      Crowd crowd = new Crowd(seeds.nextLong(), new Library(), folder);
      crowd.find().ifPresent(this::report);
      together += crowd.users();
      crowds++;
      if (seconds() > shown + 30) {
        shown = seconds();
        progress();
      }
    }
    progress();
    assertEquals(List.of(), finds);
  }

  private double seconds() {
    return (System.nanoTime() - start) / SECOND;
  }

  private void report(String find) {
    finds.add(find);
    OUT.println(find);
  }

  private void progress() {
    System.gc();
    Runtime r = Runtime.getRuntime();
    OUT.printf(
        "%6.1f min: %d users alone, %d in %d crowds, %d finds; heap after collection %d MB%n",
        seconds() / 60,
        alone,
        together,
        crowds,
        finds.size(),
        (r.totalMemory() - r.freeMemory()) >> 20);
  }
}
