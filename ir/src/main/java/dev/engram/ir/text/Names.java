package dev.engram.ir.text;

import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Param;
import dev.engram.ir.Var;
import dev.engram.ir.checks.Given;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The names that the variables of one graph have in its text form.
 *
 * <p>Results are numbered in order: {@code %0}, {@code %1}. A parameter is called by the shortest
 * end of its path that no other parameter's path has ({@code %weight} or {@code %Wz.weight} for
 * {@code rnn.Wz.weight}), or by its position, {@code %a0}, when it has no path. Names follow from
 * the graph alone, so that equal graphs print equally.
 */
public final class Names {
  private final Map<Var, String> names = new IdentityHashMap<>();

  private Names() {}

  /** The names of the parameters and results of {@code g}; inner graphs have their own. */
  public static Names of(Graph g) {
    Given.given("Names.of", "g", g);
    Names n = new Names();
    n.nameParams(g.params());
    int next = 0;
    for (Eqn e : g.eqns()) {
      for (Var v : e.outputs()) {
        if (n.names.putIfAbsent(v, Integer.toString(next)) == null) {
          next++;
        }
      }
    }
    return n;
  }

  /** {@code %3}; {@code %undefined} for a variable that the graph does not define. */
  public String of(Var v) {
    Given.given("Names.of", "v", v);
    return "%" + names.getOrDefault(v, "undefined");
  }

  /** True when the graph defines {@code v}, as a parameter or anywhere as a result. */
  public boolean has(Var v) {
    Given.given("Names.has", "v", v);
    return names.containsKey(v);
  }

  /** The path that a parameter of this name has when the text gives none: none for {@code a0}. */
  static String impliedPath(String name) {
    return name.matches("a[0-9]+") ? "" : name;
  }

  private void nameParams(List<Param> params) {
    End ends = new End();
    params.forEach(p -> ends.add(segments(p.path())));
    Set<String> used = new HashSet<>();
    for (int i = 0; i < params.size(); i++) {
      Param p = params.get(i);
      String wanted = p.path().isEmpty() ? "a" + i : ends.wanted(segments(p.path()));
      String name = wanted;
      for (int k = 1; !used.add(name); k++) {
        name = wanted + "_" + k;
      }
      names.putIfAbsent(p.var(), name);
    }
  }

  /** A path in the letters that names may have, split at its dots. */
  private static List<String> segments(String path) {
    if (path.isEmpty()) {
      return List.of();
    }
    String plain = path.replaceAll("[^A-Za-z0-9_$.]", "_");
    return List.of((plain.startsWith(".") ? "_" + plain : plain).split("\\.", -1));
  }

  /**
   * An end that paths have in common: a tree over their segments, the last one first, so that paths
   * of many segments take no more memory than they have letters.
   */
  private static final class End {
    private final Map<String, End> longer = new HashMap<>();
    private int paths;

    void add(List<String> path) {
      End e = this;
      for (String s : path.reversed()) {
        e = e.longer.computeIfAbsent(s, _ -> new End());
        e.paths++;
      }
    }

    /** The shortest end of {@code path} that no other path has, and that may start a name. */
    String wanted(List<String> path) {
      End e = this;
      for (int i = path.size() - 1; i > 0; i--) {
        e = e.longer.get(path.get(i));
        String first = path.get(i);
        if (e.paths == 1 && !first.isEmpty() && !Character.isDigit(first.charAt(0))) {
          return String.join(".", path.subList(i, path.size()));
        }
      }
      String whole = String.join(".", path);
      return Character.isDigit(whole.charAt(0)) ? "_" + whole : whole;
    }
  }
}
