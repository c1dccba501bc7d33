package dev.engram.tests.users;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/** Users in 1 to 32 threads who share some states, with random pauses. */
final class Crowd {
  private static final long MOST_SECONDS = 120;

  private final List<Group> groups = new ArrayList<>();
  private final List<Member> members = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();
  private final List<String> finds = new ArrayList<>();
  private final long seed;
  private volatile boolean over;

  Crowd(long seed, Library library, Path folder) {
    this.seed = seed;
    SplittableRandom r = new SplittableRandom(seed);
    int n = r.nextInt(1, 3);
    for (int i = 0; i < n; i++) {
      groups.add(new Group(r));
    }
    // Most crowds are small, since there are few cores.
    int users = r.nextInt(4) == 0 ? r.nextInt(1, 33) : r.nextInt(2, 9);
    for (int i = 0; i < users; i++) {
      Path file = folder.resolve("member" + i);
      members.add(new Member(this, library, groups, r.nextLong(), r.nextInt(10, 60), file));
    }
  }

  int users() {
    return members.size();
  }

  boolean goesOn() {
    return !over;
  }

  void interrupt(int which) {
    int i = which % threads.size();
    members.get(i).interrupting();
    threads.get(i).interrupt();
  }

  /** Runs all members; says what went wrong. */
  Optional<String> find() throws InterruptedException {
    for (int i = 0; i < members.size(); i++) {
      Member m = members.get(i);
      int number = i;
      threads.add(new Thread(() -> run(m, number), "member " + i));
    }
    threads.forEach(Thread::start);
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(MOST_SECONDS);
    for (Thread t : threads) {
      long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
      t.join(Math.max(1, left));
      if (t.isAlive()) {
        over = true;
        report(t.getName() + " is stuck:" + stacks());
        return found();
      }
    }
    if (finds.isEmpty()) {
      groups.forEach(this::count);
    }
    return found();
  }

  private void run(Member m, int number) {
    try {
      m.run();
    } catch (RuntimeException | Error e) {
      over = true;
      StringBuilder at = new StringBuilder();
      for (int i = 0; i < Math.min(12, e.getStackTrace().length); i++) {
        at.append("%n      at %s".formatted(e.getStackTrace()[i]));
      }
      report("member %d: %s%s%n    after %s".formatted(number, e, at, m.log));
    }
  }

  /** No update is lost, none counts that has failed, and nothing is left locked. */
  private void count(Group g) {
    try {
      double now = Member.same(List.copyOf(g.all.snapshot().values()), "states at the end");
      if (now != g.counted.get()) {
        report("group %d: counted %s times, is %s".formatted(groups.indexOf(g), g.counted, now));
      }
      double next = Member.same(g.ways.getFirst().call().apply(), "one more");
      if (next != now + 1) {
        report("one more than %s is %s".formatted(now, next));
      }
    } catch (RuntimeException | AssertionError e) {
      report("at the end: " + e);
    }
  }

  private String stacks() {
    StringBuilder out = new StringBuilder();
    for (Thread t : threads) {
      if (t.isAlive()) {
        out.append(System.lineSeparator()).append("  ").append(t.getName());
        for (StackTraceElement e : t.getStackTrace()) {
          out.append(System.lineSeparator()).append("    at ").append(e);
        }
      }
    }
    return out.toString();
  }

  private synchronized void report(String find) {
    finds.add(find);
  }

  private synchronized Optional<String> found() {
    return finds.isEmpty()
        ? Optional.empty()
        : Optional.of("crowd of seed " + seed + ": " + String.join(System.lineSeparator(), finds));
  }
}
