package dev.engram.ir.passes;

import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Role;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.checks.Given;
import dev.engram.ir.op.Control;
import dev.engram.ir.runtime.Bytes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * What {@link TraceWindows} makes of the scans of a graph, and why it leaves traces as they are.
 */
public record WindowReport(List<Row> rows) {
  public WindowReport {
    Given.all("WindowReport", "rows", rows);
    rows = List.copyOf(rows);
  }

  /**
   * A state, such as a trace, that each step writes.
   *
   * @param state its path
   * @param why what stands against windows
   */
  public record Kept(String state, String why) {
    public Kept {
      Given.given("Kept", "state", state);
      Given.given("Kept", "why", why);
    }
  }

  /**
   * A scan that carries traces, or sums products.
   *
   * @param length number of its steps
   * @param where its line
   * @param steps number of steps of a window; 0 without windows
   * @param bytes what a window stacks for these steps
   * @param traces paths of the traces that are written once in a window
   * @param sums how many sums are added once in a window
   * @param kept the other states
   */
  public record Row(
      int length,
      SourceLocation where,
      int steps,
      long bytes,
      List<String> traces,
      int sums,
      List<Kept> kept) {
    public Row {
      Given.given("Row", "where", where);
      Given.all("Row", "traces", traces);
      Given.all("Row", "kept", kept);
      traces = List.copyOf(traces);
      kept = List.copyOf(kept);
    }

    @Override
    public String toString() {
      StringBuilder s = new StringBuilder("scan of %d steps".formatted(length));
      if (where.isKnown()) {
        s.append(" (").append(where).append(')');
      }
      if (steps > 0) {
        s.append(": windows of %d steps, %s".formatted(steps, Bytes.text(bytes)));
        if (sums > 0) {
          s.append(", for %d %s".formatted(sums, sums == 1 ? "sum" : "sums"));
        }
        if (!traces.isEmpty()) {
          s.append(", for the traces ").append(String.join(", ", traces));
        }
      } else {
        s.append(": no windows");
      }
      kept.forEach(k -> s.append("\n  %s at every step: %s".formatted(k.state, k.why)));
      return s.toString();
    }
  }

  /**
   * Looks at a graph.
   *
   * @param g as it is before {@link TraceWindows}
   */
  public static WindowReport of(Graph g) {
    Given.given("WindowReport.of", "g", g);
    List<Row> rows = new ArrayList<>();
    collect(g, rows);
    return new WindowReport(rows);
  }

  private static void collect(Graph g, List<Row> rows) {
    for (Eqn e : g.eqns()) {
      if (e.op() instanceof Control.Scan s) {
        Row row = row(s, e);
        if (row.steps > 0 || !row.kept.isEmpty()) {
          rows.add(row);
        }
      }
      if (e.op() instanceof Control c) {
        c.graphs().forEach(inner -> collect(inner, rows));
      }
    }
  }

  private static Row row(Control.Scan s, Eqn e) {
    TraceRecurrences r = new TraceRecurrences(s, e.inputs());
    if (!TraceWindows.mayHaveWindows(s)) {
      return without(r, e, s.reverse() ? "the scan runs backward" : "the scan has few steps");
    }
    if (!r.hasWindows()) {
      return without(r, e, "");
    }
    WindowedScan w = new WindowedScan(r, e);
    int steps = TraceWindows.steps(r, w, TraceWindows.STEPS);
    if (steps == 0) {
      return without(r, e, "a window would take too much memory");
    }
    return new Row(
        s.length(),
        e.where(),
        steps,
        (long) (steps * w.bytesPerStep()),
        r.traces.stream().map(r::name).toList(),
        r.sums(),
        kept(r, r.traces, ""));
  }

  private static Row without(TraceRecurrences r, Eqn e, String reason) {
    return new Row(r.scan.length(), e.where(), 0, 0, List.of(), 0, kept(r, Set.of(), reason));
  }

  /**
   * States that each step writes.
   *
   * @param reason for those that are traces in a scan without windows
   */
  private static List<Kept> kept(TraceRecurrences r, Set<Integer> windows, String reason) {
    List<Kept> kept = new ArrayList<>();
    for (int c = 0; c < r.carries(); c++) {
      if (r.parts.carries.get(c).param().role() == Role.STATE && !windows.contains(c)) {
        kept.add(new Kept(r.name(c), r.why.getOrDefault(c, reason)));
      }
    }
    return kept;
  }

  /** A line for each scan, and for each trace that stays. */
  @Override
  public String toString() {
    return String.join("\n", rows.stream().map(Row::toString).toList());
  }
}
