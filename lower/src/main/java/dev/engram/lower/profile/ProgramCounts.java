package dev.engram.lower.profile;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** The counts of all runs of a program, and what of them has been written to events. */
final class ProgramCounts {
  private static final AtomicLong LAST_ID = new AtomicLong();

  private final ProgramFacts facts;
  private final long id = LAST_ID.incrementAndGet();

  /** As many as there have been runs at one time. */
  private final List<RunCounts> all = new ArrayList<>();

  private final Deque<RunCounts> free = new ArrayDeque<>();
  private boolean active;

  private RunTotals written;

  ProgramCounts(ProgramFacts facts) {
    this.facts = facts;
    this.written = new RunTotals(facts.nests().size());
  }

  RunCounts begin() {
    RunCounts counts;
    synchronized (this) {
      if (!active) {
        active = true;
        ActivePrograms.add(this);
      }
      RunCounts known = free.poll();
      if (known == null) {
        known = new RunCounts(this, facts.nests().size());
        all.add(known);
      }
      counts = known;
    }
    counts.begin(event());
    return counts;
  }

  private RunEvent event() {
    RunEvent e = new RunEvent();
    e.program = facts.program();
    e.id = id;
    e.backend = facts.backend();
    e.arenaBytes = facts.arenaBytes();
    e.inputBytes = facts.inputBytes();
    e.outputBytes = facts.outputBytes();
    e.begin();
    return e;
  }

  synchronized void give(RunCounts counts) {
    if (all.contains(counts)) {
      free.push(counts);
    }
  }

  /** Starts anew. What runs now does not count any more. */
  synchronized void forget() {
    all.clear();
    free.clear();
    active = false;
    written = new RunTotals(facts.nests().size());
  }

  /**
   * Writes what has happened since the last call.
   *
   * @return false when nothing runs, so that nothing more will happen before the next {@link
   *     #begin}
   */
  synchronized boolean emit() {
    RunTotals now = new RunTotals(facts.nests().size());
    all.forEach(c -> c.addTo(now));
    emitNests(now);
    emitProgram(now);
    written = now;
    active = free.size() < all.size();
    return active;
  }

  private void emitNests(RunTotals now) {
    for (int i = 0; i < now.calls.length; i++) {
      long calls = now.calls[i] - written.calls[i];
      long time = now.nanos[i] - written.nanos[i];
      if (calls == 0 && time == 0) {
        continue;
      }
      ProgramFacts.Nest nest = facts.nests().get(i);
      NestEvent e = new NestEvent();
      e.program = facts.program();
      e.id = id;
      e.nest = i;
      e.label = nest.label();
      e.where = nest.where();
      e.calls = calls;
      e.time = time;
      e.bytes = calls * nest.bytes();
      e.flops = calls * nest.flops();
      e.commit();
    }
  }

  private void emitProgram(RunTotals now) {
    long runs = now.runs - written.runs;
    long time = now.runNanos - written.runNanos;
    if (runs == 0 && time == 0) {
      return;
    }
    ProgramEvent e = new ProgramEvent();
    e.program = facts.program();
    e.id = id;
    e.backend = facts.backend();
    e.runs = runs;
    e.time = time;
    e.arenaBytes = facts.arenaBytes();
    e.inputBytes = facts.inputBytes();
    e.outputBytes = facts.outputBytes();
    e.commit();
  }
}
