package dev.engram;

import dev.engram.state.ModelWalk;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;

/** The table of a model's parts. */
final class ModelSummary {
  private ModelSummary() {}

  private record Row(String path, String model, String states, long parameters) {}

  static String of(Model m) {
    Map<String, State> states = m.states().byPath();
    List<Row> rows = new ArrayList<>();
    Map<String, Model> parts = m.parts();
    parts.forEach(
        (path, part) ->
            rows.add(
                new Row(
                    path.isEmpty() ? "(all)" : path,
                    ModelWalk.className(part),
                    own(path, parts.keySet(), states),
                    size(parameters(below(path, states))))));
    int first = width(rows, r -> r.path.length(), "path");
    int second = width(rows, r -> r.model.length(), "model");
    String format = "%-" + first + "s  %-" + second + "s  %10s  %s%n";
    StringBuilder out =
        new StringBuilder(line(format, "path", "model", "parameters", "states of its own"));
    for (Row r : rows) {
      out.append(
          line(format, r.path, r.model, String.format(Locale.ROOT, "%,d", r.parameters), r.states));
    }
    return out.append(total(states.values())).toString();
  }

  private static String line(String format, String path, String model, String n, String states) {
    return String.format(Locale.ROOT, format, path, model, n, states).replaceAll(" +(?=\\R)", "");
  }

  private static int width(List<Row> rows, ToLongFunction<Row> length, String head) {
    return Math.toIntExact(
        Math.max(head.length(), rows.stream().mapToLong(length).max().orElse(0)));
  }

  /** The states that belong to the part at {@code path} and to none inside it. */
  private static String own(String path, Collection<String> parts, Map<String, State> states) {
    String start = path.isEmpty() ? "" : path + ".";
    return states.entrySet().stream()
        .filter(e -> e.getKey().startsWith(start))
        .filter(e -> parts.stream().noneMatch(p -> isInside(p, path, e.getKey())))
        .map(e -> words(e.getKey().substring(start.length()), e.getValue()))
        .collect(Collectors.joining(", "));
  }

  private static boolean isInside(String part, String path, String state) {
    return part.length() > path.length()
        && (path.isEmpty() || part.startsWith(path + "."))
        && state.startsWith(part + ".");
  }

  private static String words(String name, State s) {
    String kind =
        switch (s.kind()) {
          case PARAMETER -> "";
          case HIDDEN -> " hidden";
          case OTHER -> " other";
        };
    return name + " " + (s.isInitialized() ? s.type().toString() : "(no value yet)") + kind;
  }

  private static Collection<State> below(String path, Map<String, State> states) {
    return states.entrySet().stream()
        .filter(e -> path.isEmpty() || e.getKey().startsWith(path + "."))
        .map(Map.Entry::getValue)
        .toList();
  }

  private static Collection<State> parameters(Collection<State> states) {
    return states.stream().filter(s -> s.kind() == State.Kind.PARAMETER).toList();
  }

  /** Returns the number of elements of those states that have a value. */
  static long size(Collection<State> states) {
    return states.stream().filter(State::isInitialized).mapToLong(s -> s.type().size()).sum();
  }

  private static String total(Collection<State> states) {
    long bytes =
        states.stream().filter(State::isInitialized).mapToLong(s -> s.type().bytes()).sum();
    return String.format(
        Locale.ROOT,
        "%,d parameters; all states take %,d bytes%n",
        size(parameters(states)),
        bytes);
  }
}
