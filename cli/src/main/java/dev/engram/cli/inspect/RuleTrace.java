package dev.engram.cli.inspect;

import dev.engram.cli.text.JsonObject;
import dev.engram.ir.Graph;
import dev.engram.ir.passes.Pass;
import dev.engram.ir.passes.PassVerifier;
import dev.engram.ir.passes.Pipeline;
import dev.engram.ir.passes.RuleFiring;
import dev.engram.ir.passes.RuleListener;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/** Records which rules fire where while passes run, for people and for scripts. Not thread-safe. */
final class RuleTrace implements Pipeline.Hook {
  private record Line(int round, Pass pass, RuleFiring firing) {}

  private record Used(String pass, String rule) implements Comparable<Used> {
    @Override
    public int compareTo(Used other) {
      int byPass = pass.compareTo(other.pass);
      return byPass == 0 ? rule.compareTo(other.rule) : byPass;
    }
  }

  private final List<Line> lines = new ArrayList<>();
  private final Map<Used, Long> counts = new TreeMap<>();

  @Override
  public void after(int round, Pass pass, Graph before, Graph after) {
    PassVerifier.after(round, pass, before, after);
  }

  @Override
  public RuleListener rules(int round, Pass pass) {
    return f -> {
      counts.merge(new Used(pass.name(), f.rule()), 1L, Long::sum);
      lines.add(place(f), new Line(round, pass, f));
    };
  }

  // Firings inside a rule are reported before it, and shown below it.
  private int place(RuleFiring f) {
    int i = lines.size();
    while (i > 0 && lines.get(i - 1).firing().depth() > f.depth()) {
      i--;
    }
    return i;
  }

  /** Returns one line for each firing, then one for each rule with its count. */
  List<Piece> pieces() {
    List<List<String>> firings = new ArrayList<>();
    firings.add(List.of("graph", "round", "pass", "rule", "equation"));
    for (Line l : lines) {
      RuleFiring f = l.firing();
      firings.add(
          List.of(
              "@" + f.graph(),
              Integer.toString(l.round() + 1),
              l.pass().name(),
              "  ".repeat(f.depth()) + f.rule(),
              f.before() + " => " + f.after() + (f.where().isKnown() ? "   " + f.where() : "")));
    }
    List<List<String>> sums = new ArrayList<>();
    sums.add(List.of("pass", "rule", "fired"));
    counts.forEach((u, n) -> sums.add(List.of(u.pass(), u.rule(), Long.toString(n))));
    return lines.isEmpty()
        ? List.of(new Piece.Note("no rule fired"))
        : List.of(new Piece.Note(table(firings)), new Piece.Note(table(sums)));
  }

  private static String table(List<List<String>> rows) {
    StringBuilder out = new StringBuilder();
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < row.size(); i++) {
        int column = i;
        int width = rows.stream().mapToInt(r -> r.get(column).length()).max().orElse(0);
        line.append(row.get(i)).repeat(' ', width - row.get(i).length() + 2);
      }
      out.append(line.toString().stripTrailing()).append('\n');
    }
    return out.toString();
  }

  /** Adds the members {@code firings} and {@code counts}. */
  JsonObject into(JsonObject o) {
    Function<Used, JsonObject> count =
        u ->
            new JsonObject()
                .put("pass", u.pass())
                .put("rule", u.rule())
                .put("fired", counts.get(u));
    return o.put("firings", lines.stream().map(RuleTrace::object).toList())
        .put("counts", counts.keySet().stream().map(count).toList());
  }

  private static JsonObject object(Line l) {
    RuleFiring f = l.firing();
    JsonObject o =
        new JsonObject()
            .put("graph", f.graph())
            .put("round", l.round() + 1L)
            .put("pass", l.pass().name())
            .put("rule", f.rule())
            .put("depth", (long) f.depth())
            .put("before", f.before())
            .put("after", f.after());
    return f.where().isKnown() ? o.put("where", f.where().toString()) : o;
  }
}
