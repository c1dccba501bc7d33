package dev.engram.ir;

import dev.engram.ir.checks.Given;
import dev.engram.ir.op.Op;
import dev.engram.ir.op.Source;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * Collects equations into a {@link Graph}. Passes use it directly; {@link Trace} is the one that
 * user code records into.
 *
 * <p>Not thread-safe; one thread builds one graph.
 */
public sealed class Builder permits Trace {
  /** A line as errors name it: {@code (GruNet.java:21)}. */
  private static final Pattern A_LINE = Pattern.compile("\\([^\\s()]+:\\d+\\)");

  private final String name;
  private final List<Param> params = new ArrayList<>();
  private final List<Eqn> eqns = new ArrayList<>();
  private SourceLocation where = SourceLocation.UNKNOWN;

  /**
   * @param name of the graph
   */
  public Builder(String name) {
    Given.given("Builder", "name", name);
    this.name = name;
  }

  /** Returns the name of the graph. */
  public String name() {
    return name;
  }

  /** Adds a parameter. */
  public Var param(TensorType type, Role role, String path) {
    Var v = new Var(type);
    params.add(new Param(v, role, path));
    return v;
  }

  /** Adds a parameter with the type, role and path of {@code like}. */
  public Var param(Param like) {
    Given.given("Builder.param", "like", like);
    return param(like.type(), like.role(), like.path());
  }

  /** Returns the parameters so far. */
  public List<Param> params() {
    return List.copyOf(params);
  }

  /** Equations added from now on come from this source line. */
  public Builder at(SourceLocation line) {
    Given.given("Builder.at", "line", line);
    where = line;
    return this;
  }

  /** The source line for the next equation. */
  SourceLocation line() {
    return where;
  }

  /**
   * Adds {@code op(inputs)} and gives its results.
   *
   * @throws TypeException when the operands do not fit the op; the message ends with the source
   *     line
   */
  public List<Var> emit(Op op, List<? extends Value> inputs) {
    Given.given("Builder.emit", "op", op);
    Given.all("Builder.emit", "inputs", inputs);
    SourceLocation line = line();
    List<TensorType> types;
    try {
      types = op.typeOf(inputs.stream().map(Value::type).toList());
    } catch (TypeException e) {
      throw located(op, line, e);
    }
    List<Var> outs = types.stream().map(Var::new).toList();
    eqns.add(new Eqn(op, List.copyOf(inputs), outs, line));
    return outs;
  }

  /** What the type rule of {@code op} says, with the op in front and the line behind, once each. */
  static TypeException located(Op op, SourceLocation line, TypeException e) {
    String says = withoutCall(e);
    String named = says.startsWith(op.mnemonic() + ": ") ? says : op.mnemonic() + ": " + says;
    return new TypeException(line.isKnown() ? named + " (" + line + ")" : named, e);
  }

  // A shape that is refused names the line of the call, and no op.
  private static String withoutCall(TypeException e) {
    return e.getMessage().replace(" (" + SourceLocation.here() + ")", "");
  }

  /**
   * What {@code rule} makes of {@code e}, from the line of {@code e} on.
   *
   * @throws TypeException where it needs a type that there cannot be; names op and line
   */
  public <R> R rule(Eqn e, Supplier<R> rule) {
    Given.given("Builder.rule", "e", e);
    Given.given("Builder.rule", "rule", rule);
    at(e.where());
    try {
      return rule.get();
    } catch (TypeException t) {
      // what the rule has emitted says its line
      String says = withoutCall(t);
      throw A_LINE.matcher(says).find() ? t : located(e.op(), e.where(), t);
    }
  }

  /** Adds an op with one result. */
  public Var emit1(Op op, Value... inputs) {
    Given.all("Builder.emit1", "inputs", inputs);
    return emit(op, List.of(inputs)).getFirst();
  }

  /** {@code v} as a tensor, so that rules can be written in tensor language. */
  public Tracer tracer(Value v) {
    Given.given("Builder.tracer", "v", v);
    return new Tracer(this, v);
  }

  /** The value that {@code t} has in this graph; host tensors become literals or constants. */
  public Value lift(Tensor t) {
    Given.given("Builder.lift", "t", t);
    return switch (t) {
      case HostTensor h -> lift(h);
      case DeviceTensor d -> lift(d.host());
      case Tracer x when x.builder() == this -> x.value();
      case Tracer x when x.value() instanceof Lit lit -> lit;
      case Tracer x -> liftForeign(x);
    };
  }

  private Value lift(HostTensor h) {
    return h.uniform()
        .<Value>map(bits -> new Lit(h.type(), bits))
        .orElseGet(() -> emit1(new Source.Const(h)));
  }

  Value liftForeign(Tracer x) {
    throw new TraceException(
        "a value of graph @" + x.builder().name() + " cannot be used in graph @" + name);
  }

  /** Copies the equations of {@code g}, with {@code args} for its parameters; gives its results. */
  public List<Value> inline(Graph g, List<? extends Value> args) {
    Given.given("Builder.inline", "g", g);
    Given.all("Builder.inline", "args", args);
    if (args.size() != g.params().size()) {
      throw new GraphException(
          "inline of @"
              + g.name()
              + ": got "
              + args.size()
              + " arguments, expected "
              + g.params().size());
    }
    Map<Value, Value> map = new HashMap<>();
    for (int i = 0; i < args.size(); i++) {
      Param p = g.params().get(i);
      if (!p.type().equals(args.get(i).type())) {
        throw new GraphException(
            "inline of @"
                + g.name()
                + ": argument "
                + i
                + " has type "
                + args.get(i).type()
                + ", expected "
                + p.type());
      }
      map.put(p.var(), args.get(i));
    }
    for (Eqn e : g.eqns()) {
      copy(e, map);
    }
    return g.outs().stream().map(v -> mapped(map, v)).toList();
  }

  /** Adds a copy of {@code e} with its operands mapped, and maps its results to the copy's. */
  public void copy(Eqn e, Map<Value, Value> map) {
    Given.given("Builder.copy", "map", map);
    Given.given("Builder.copy", "e", e);
    List<Var> outs = copy(e, e.inputs().stream().map(v -> mapped(map, v)).toList());
    for (int i = 0; i < outs.size(); i++) {
      map.put(e.outputs().get(i), outs.get(i));
    }
  }

  /**
   * Adds a copy of {@code e} with other operands, of the same types, and gives its results. Unlike
   * {@link #emit} it does not ask the op for its types.
   */
  public List<Var> copy(Eqn e, List<? extends Value> inputs) {
    Given.given("Builder.copy", "e", e);
    Given.all("Builder.copy", "inputs", inputs);
    List<Var> outs = e.outputs().stream().map(v -> new Var(v.type())).toList();
    eqns.add(new Eqn(e.op(), List.copyOf(inputs), outs, e.where()));
    return outs;
  }

  /** What {@code v} is mapped to; literals are themselves. */
  public static Value mapped(Map<Value, Value> map, Value v) {
    Given.given("Builder.mapped", "map", map);
    Given.given("Builder.mapped", "v", v);
    if (v instanceof Lit) {
      return v;
    }
    Value to = map.get(v);
    if (to == null) {
      throw new GraphException("the variable " + v + " is used before it is defined");
    }
    return to;
  }

  /** The graph with these results. The builder must not be used afterwards. */
  public Graph build(List<? extends Value> outs) {
    Given.all("Builder.build", "outs", outs);
    return new Graph(name, params, eqns, List.copyOf(outs));
  }
}
