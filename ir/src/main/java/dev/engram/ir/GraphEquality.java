package dev.engram.ir;

import dev.engram.ir.checks.Given;
import dev.engram.ir.op.Op;
import dev.engram.ir.syntax.Attributes;
import dev.engram.ir.syntax.Attributes.Attribute;
import dev.engram.ir.syntax.Attributes.Form;
import dev.engram.ir.text.Names;
import dev.engram.ir.text.Printer;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Equality of graphs up to the identity of variables: the same parameters, equations in the same
 * order, attributes, literals, tensors to the bit, source lines, and inner graphs.
 */
public final class GraphEquality {
  /** Variables of one side, with those they stand for on the other. */
  private final Map<Var, Var> forth = new IdentityHashMap<>();

  private final Map<Var, Var> back = new IdentityHashMap<>();

  private GraphEquality() {}

  /** True for graphs that say the same. */
  public static boolean equal(Graph a, Graph b) {
    Given.given("GraphEquality.equal", "a", a);
    Given.given("GraphEquality.equal", "b", b);
    return difference(a, b).isEmpty();
  }

  /** Where two graphs differ first, as both print it; empty when they are equal. */
  public static Optional<String> difference(Graph a, Graph b) {
    Given.given("GraphEquality.difference", "a", a);
    Given.given("GraphEquality.difference", "b", b);
    return new GraphEquality().graphs(a, b);
  }

  /** Equality of ops by their attributes, inner graphs included. */
  public static boolean equal(Op a, Op b) {
    Given.given("GraphEquality.equal", "a", a);
    Given.given("GraphEquality.equal", "b", b);
    return records(a, b).isEmpty();
  }

  private Optional<String> graphs(Graph a, Graph b) {
    if (!a.name().equals(b.name())) {
      return differ("names", "@" + a.name(), "@" + b.name());
    }
    if (a.params().size() != b.params().size()) {
      return differ(in(a) + "number of parameters", a.params().size(), b.params().size());
    }
    for (int i = 0; i < a.params().size(); i++) {
      Param pa = a.params().get(i);
      Param pb = b.params().get(i);
      if (pa.role() != pb.role() || !pa.path().equals(pb.path()) || !same(pa.var(), pb.var())) {
        return differ(in(a) + "parameter " + i, shown(pa), shown(pb));
      }
    }
    Names na = Names.of(a);
    Names nb = Names.of(b);
    for (int i = 0; i < Math.min(a.eqns().size(), b.eqns().size()); i++) {
      Optional<String> d = equations(na, a.eqns().get(i), nb, b.eqns().get(i));
      if (d.isPresent()) {
        return d.map(in(a)::concat);
      }
    }
    if (a.eqns().size() != b.eqns().size()) {
      return differ(in(a) + "number of equations", a.eqns().size(), b.eqns().size());
    }
    return values(a.outs(), b.outs()) ? Optional.empty() : Optional.of(in(a) + "results differ");
  }

  private Optional<String> equations(Names na, Eqn a, Names nb, Eqn b) {
    Optional<String> ops = records(a.op(), b.op());
    boolean fits =
        ops.isEmpty()
            && values(a.inputs(), b.inputs())
            && values(a.outputs(), b.outputs())
            && (a.where().equals(b.where()) || !(a.where().isKnown() || b.where().isKnown()));
    if (fits) {
      return Optional.empty();
    }
    String text = Printer.equation(na, a) + " (" + a.where() + ")";
    String other = Printer.equation(nb, b) + " (" + b.where() + ")";
    return differ("equations", text, other).map(s -> s + ops.map(o -> "\n  " + o).orElse(""));
  }

  private boolean values(List<? extends Value> a, List<? extends Value> b) {
    boolean fits = a.size() == b.size();
    for (int i = 0; fits && i < a.size(); i++) {
      fits =
          (a.get(i) instanceof Var x && b.get(i) instanceof Var y)
              ? same(x, y)
              : a.get(i).equals(b.get(i));
    }
    return fits;
  }

  /** Pairs two variables at their first meeting; afterwards they must be that pair. */
  private boolean same(Var a, Var b) {
    Var knownB = forth.putIfAbsent(a, b);
    Var knownA = back.putIfAbsent(b, a);
    return a.type().equals(b.type())
        && (knownB == null || knownB == b)
        && (knownA == null || knownA == a);
  }

  private static Optional<String> records(Object a, Object b) {
    if (a.getClass() != b.getClass()) {
      return differ("kinds", a.getClass().getSimpleName(), b.getClass().getSimpleName());
    }
    if (!a.getClass().isRecord()) {
      return a.equals(b) ? Optional.empty() : differ("values", a, b);
    }
    Attributes attributes = Attributes.of(a.getClass());
    List<Object> va = attributes.values(a);
    List<Object> vb = attributes.values(b);
    for (int i = 0; i < va.size(); i++) {
      Attribute c = attributes.list().get(i);
      Optional<String> d = components(c.form(), va.get(i), vb.get(i));
      if (d.isPresent()) {
        return d.map(s -> c.name() + ": " + s);
      }
    }
    return Optional.empty();
  }

  private static Optional<String> components(Form form, Object a, Object b) {
    return switch (form) {
      case Form.Inner _ -> difference((Graph) a, (Graph) b);
      case Form.Choice _ -> records(a, b);
      case Form.Scalar _, Form.Listed _, Form.Maybe _, Form.Opaque _ ->
          sameBits(a, b) ? Optional.empty() : differ("values", a, b);
    };
  }

  private static boolean sameBits(Object a, Object b) {
    return switch (a) {
      case HostTensor t -> b instanceof HostTensor u && t.sameBits(u);
      case List<?> l when b instanceof List<?> m ->
          l.size() == m.size()
              && java.util.stream.IntStream.range(0, l.size())
                  .allMatch(i -> sameBits(l.get(i), m.get(i)));
      case Optional<?> o when b instanceof Optional<?> p ->
          o.isPresent() == p.isPresent() && (o.isEmpty() || sameBits(o.get(), p.orElseThrow()));
      // A Double of other bits is equal when both are NaN.
      case Double d when b instanceof Double e ->
          Double.doubleToRawLongBits(d) == Double.doubleToRawLongBits(e);
      case Float d when b instanceof Float e ->
          Float.floatToRawIntBits(d) == Float.floatToRawIntBits(e);
      default -> Objects.equals(a, b);
    };
  }

  private static Optional<String> differ(String what, Object a, Object b) {
    return Optional.of(what + " differ: " + a + " and " + b);
  }

  private static String in(Graph g) {
    return "in @" + g.name() + ": ";
  }

  private static String shown(Param p) {
    return p.type() + " " + p.role() + " \"" + p.path() + "\"";
  }
}
