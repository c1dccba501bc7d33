package dev.engram.ir;

import dev.engram.ir.checks.Given;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Control.Derivative;
import dev.engram.ir.syntax.Attributes;
import dev.engram.ir.text.Names;
import dev.engram.ir.text.Printer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Checks that a graph keeps the rules of the IR: every variable defined once and before its use,
 * operands that fit their ops, results of the types that the ops give, inner graphs closed and
 * sound themselves, derivative rules that fit their calls.
 */
public final class Verifier {
  private static final int SHOWN = 10;

  private final List<Finding> findings = new ArrayList<>();
  private final Set<Graph> done = Collections.newSetFromMap(new IdentityHashMap<>());

  private Verifier() {}

  /**
   * One broken rule.
   *
   * @param graph the graph it is in, perhaps an inner one
   * @param site the {@link Eqn} or {@link Param} at fault, or the graph for its results
   * @param message the equation as printed, got, expected, source line, fix
   */
  public record Finding(Graph graph, Object site, String message) {
    public Finding {
      Given.given("Finding", "graph", graph);
      Given.given("Finding", "site", site);
      Given.given("Finding", "message", message);
    }

    @Override
    public String toString() {
      return message + " [in @" + graph.name() + "]";
    }
  }

  /**
   * Gives {@code g} back.
   *
   * @throws GraphException when a rule is broken; the message lists the findings
   */
  public static Graph verify(Graph g) {
    List<Finding> found = findings(g);
    if (found.isEmpty()) {
      return g;
    }
    String list =
        found.stream().limit(SHOWN).map(Finding::toString).collect(Collectors.joining("\n"));
    int more = found.size() - SHOWN;
    throw new GraphException(more > 0 ? list + "\nand " + more + " more" : list);
  }

  /** All broken rules, in the order of the text; empty for a sound graph. */
  public static List<Finding> findings(Graph g) {
    Verifier v = new Verifier();
    v.graph(g, Optional.empty());
    return List.copyOf(v.findings);
  }

  private void graph(Graph g, Optional<Body> outside) {
    if (done.add(g)) {
      new Body(g, outside).check();
    }
  }

  /**
   * The check of one graph. {@code outside} is the check of the graph around it, which has come as
   * far as the equation that this graph belongs to.
   */
  private final class Body {
    private final Graph g;
    private final Names names;
    private final Optional<Body> outside;
    private final Set<Var> defined = Collections.newSetFromMap(new IdentityHashMap<>());

    Body(Graph g, Optional<Body> outside) {
      this.g = g;
      this.names = Names.of(g);
      this.outside = outside;
    }

    void check() {
      for (Param p : g.params()) {
        if (!defined.add(p.var())) {
          add(p, "parameter " + names.of(p.var()) + " is there twice; make a new Var for each");
        }
      }
      g.eqns().forEach(this::equation);
      for (int i = 0; i < g.outs().size(); i++) {
        String problem = problem("result " + i, g.outs().get(i));
        if (!problem.isEmpty()) {
          add(g, "return: " + problem);
        }
      }
    }

    private void equation(Eqn e) {
      boolean sound = true;
      for (int i = 0; i < e.inputs().size(); i++) {
        String problem = problem("operand " + i, e.in(i));
        if (!problem.isEmpty()) {
          sound = false;
          add(e, problem);
        }
      }
      // An operand that is not there makes every further error noise.
      if (sound) {
        types(e);
      }
      for (Var v : e.outputs()) {
        if (!defined.add(v)) {
          add(e, names.of(v) + " is defined twice; every equation makes new variables");
        }
      }
      for (Map.Entry<String, Graph> inner : Attributes.graphs(e.op())) {
        graph(inner.getValue(), Optional.of(this));
      }
    }

    /** True for variables that this graph has defined so far, or one around it. */
    private boolean knows(Var v) {
      return defined.contains(v) || outside.filter(b -> b.knows(v)).isPresent();
    }

    private String problem(String what, Value v) {
      return switch (v) {
        case Lit l ->
            fits(l)
                ? ""
                : what
                    + " has the bits 0x"
                    + Long.toHexString(l.bits())
                    + ", which are no "
                    + l.type().dtype()
                    + "; make literals with Lit.of or Lit.ofLong";
        case Var x when defined.contains(x) -> "";
        case Var x when names.has(x) ->
            what + " is " + names.of(x) + ", which is defined only later; put its equation first";
        case Var x when outside.filter(b -> b.knows(x)).isPresent() ->
            what
                + " is a variable of type "
                + x.type()
                + " of the graph around; inner graphs are closed,"
                + " pass it as a parameter";
        case Var x ->
            what + " is a variable of type " + x.type() + " that the graph does not define";
      };
    }

    private static boolean fits(Lit l) {
      return l.type().dtype().isBits(l.bits());
    }

    private void types(Eqn e) {
      List<TensorType> got = e.outputs().stream().map(Var::type).toList();
      List<TensorType> expected;
      try {
        expected = e.op().typeOf(e.inputs().stream().map(Value::type).toList());
        rules(e);
      } catch (TypeException bad) {
        add(e, withoutPrefix(bad.getMessage(), e.op().mnemonic()));
        return;
      } catch (ArithmeticException | IndexOutOfBoundsException | NegativeArraySizeException bad) {
        add(e, "its attributes do not fit the operands: " + bad.getMessage());
        return;
      }
      if (got.size() != expected.size()) {
        add(e, "has " + got.size() + " results, expected " + expected.size());
        return;
      }
      for (int i = 0; i < got.size(); i++) {
        if (!got.get(i).equals(expected.get(i))) {
          add(e, "result " + i + " has type " + got.get(i) + ", expected " + expected.get(i));
        }
      }
    }

    private static String withoutPrefix(String message, String mnemonic) {
      String prefix = mnemonic + ": ";
      return message.startsWith(prefix) ? message.substring(prefix.length()) : message;
    }

    private void rules(Eqn e) {
      if (e.op() instanceof Control.Call call) {
        DerivativeTypes.check(call.body(), call.derivative());
      }
    }

    private void add(Param p, String message) {
      findings.add(new Finding(g, p, message));
    }

    private void add(Graph graph, String message) {
      findings.add(new Finding(graph, graph, message));
    }

    /** {@code %2 = add(%1, %0): <what is wrong> (GruNet.java:21); <fix>}. */
    private void add(Eqn e, String problem) {
      findings.add(new Finding(g, e, Printer.equation(names, e) + ": " + e.where().in(problem)));
    }
  }

  /** The types that a call's derivative must have. */
  private static final class DerivativeTypes {
    private DerivativeTypes() {}

    static void check(Graph body, Derivative derivative) {
      List<TensorType> in = body.paramTypes();
      List<TensorType> out = body.outTypes();
      switch (derivative) {
        case Derivative.Plain() -> {}
        case Derivative.Remat _ -> {}
        case Derivative.Jvp(Graph rule) -> {
          same("parameters of the jvp rule", rule.paramTypes(), join(in, floats(in)));
          same("results of the jvp rule", rule.outTypes(), join(out, floats(out)));
        }
        case Derivative.Vjp(Graph forward, Graph backward) -> {
          same("parameters of the forward rule", forward.paramTypes(), in);
          List<TensorType> results = forward.outTypes();
          int n = Math.min(out.size(), results.size());
          same("first results of the forward rule", results.subList(0, n), out);
          same(
              "parameters of the backward rule",
              backward.paramTypes(),
              join(results.subList(n, results.size()), floats(out)));
          same("results of the backward rule", backward.outTypes(), floats(in));
        }
      }
    }

    private static List<TensorType> floats(List<TensorType> types) {
      return types.stream().filter(t -> t.dtype().isFloat()).toList();
    }

    private static List<TensorType> join(List<TensorType> a, List<TensorType> b) {
      List<TensorType> out = new ArrayList<>(a);
      out.addAll(b);
      return out;
    }

    private static void same(String what, List<TensorType> got, List<TensorType> expected) {
      if (!got.equals(expected)) {
        throw new TypeException(what + " have types " + got + ", expected " + expected);
      }
    }
  }
}
