package dev.engram.trace;

import dev.engram.Captured;
import dev.engram.Fn1;
import dev.engram.State;
import dev.engram.TracedFunction;
import dev.engram.Tree;
import dev.engram.TreeDef;
import dev.engram.ir.Graph;
import dev.engram.ir.Param;
import dev.engram.ir.Role;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Trace;
import dev.engram.ir.Tracer;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.state.StateScope;
import dev.engram.state.StateSlot;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/** A user function that has been traced; parameters and results can still be added to its graph. */
public final class Tracing {

  /** How the traced function sees states. */
  public sealed interface Kind {
    /** Unchanged. */
    record Plain() implements Kind {}

    /** Without their outermost mapped axis. */
    record Mapped(OptionalInt size) implements Kind {}

    Kind PLAIN = new Plain();
  }

  private final Trace trace;
  private final StateScope frame;
  private final List<Var> inputs = new ArrayList<>();
  private Tree.Flat result = new Tree.Flat(List.of(), TreeDef.LEAF);

  private Tracing(String name, Kind kind) {
    trace = new Trace(name);
    frame =
        switch (kind) {
          case Kind.Plain() -> StateScope.tracing(trace);
          case Kind.Mapped(OptionalInt size) -> StateScope.mapping(trace, size);
        };
  }

  /** Flattens the arguments of {@code f}. */
  public static List<Tree.Flat> flatten(String f, List<Object> args) {
    List<Tree.Flat> out = new ArrayList<>(args.size());
    for (int i = 0; i < args.size(); i++) {
      out.add(Flattening.flattenArgument(args.get(i), f, i));
    }
    return out;
  }

  public static List<TreeSpec> specs(List<Tree.Flat> args) {
    List<TreeSpec> out = new ArrayList<>(args.size());
    for (Tree.Flat a : args) {
      out.add(TreeSpec.of(a));
    }
    return out;
  }

  public static List<Tensor> leaves(List<Tree.Flat> args) {
    if (args.size() == 1) {
      return args.getFirst().leaves();
    }
    List<Tensor> out = new ArrayList<>();
    args.forEach(a -> out.addAll(a.leaves()));
    return out;
  }

  /** Traces {@code f} on arguments of the structure and types of {@code args}. */
  public static Tracing run(
      String name, Kind kind, Fn1<List<Object>, Object> f, List<TreeSpec> args) {
    Tracing t = new Tracing(name, kind);
    List<Object> traced = new ArrayList<>();
    for (TreeSpec a : args) {
      List<Tensor> leaves = new ArrayList<>();
      for (TensorType type : a.types()) {
        Tracer x = t.trace.input(type, Role.INPUT, "");
        t.inputs.add((Var) x.value());
        leaves.add(x);
      }
      traced.add(a.structure().build(leaves));
    }
    t.result = t.frame.run(() -> Tree.flatten(call(name, f, traced), name + ": the result"));
    return t;
  }

  private static Object call(String name, Fn1<List<Object>, Object> f, List<Object> traced) {
    try {
      return f.apply(traced);
    } catch (ClassCastException e) {
      throw DeclaredType.refused(name, e).<RuntimeException>map(x -> x).orElse(e);
    }
  }

  public Tree.Flat result() {
    return result;
  }

  public StateScope frame() {
    return frame;
  }

  public List<State> written() {
    return frame.written();
  }

  /** Returns the tensors of the result, then those of the written states. */
  public List<Tensor> outs(List<State> states) {
    List<Tensor> out = new ArrayList<>(result.leaves());
    states.forEach(s -> out.add(frame.current(s)));
    return out;
  }

  /** Lifts {@code outs} to values of the graph; anything they capture becomes a captured input. */
  public List<Value> lift(List<Tensor> outs) {
    return outs.stream().map(trace::lift).toList();
  }

  /** Returns what has been captured so far, in order of first use. */
  public List<Captured> captured() {
    return trace.captures().stream().map(c -> captured(c.key())).toList();
  }

  private Captured captured(Object key) {
    return switch (key) {
      case State s ->
          new Captured.OfState(s, frame.outside(s).map(StateScope.Peek::mapped).orElse(0));
      case Tracer x -> new Captured.OfValue(x);
      default -> throw new IllegalStateException("captured " + key);
    };
  }

  /** Returns the parameter of input tensor {@code i}. */
  public Param input(int i) {
    return param(inputs.get(i));
  }

  public int inputCount() {
    return inputs.size();
  }

  /** Returns the parameter for {@code c}, adding it if there is none yet. */
  public Param param(Captured c) {
    return param(
        switch (c) {
          case Captured.OfState s -> (Var) frame.capture(s.state()).value();
          case Captured.OfValue v -> (Var) trace.lift(v.value());
        });
  }

  /**
   * Returns the parameter for the initial value of {@code s}; for a state without one, a new
   * parameter of the type that it has at the end.
   */
  public Param entering(State s) {
    return frame.entering(s).isPresent()
        ? param((Var) frame.capture(s).value())
        : param(
            (Var) trace.input(frame.current(s).type(), StateSlot.of(s).role(), s.path()).value());
  }

  /** Adds a parameter that nothing uses. */
  public Param extra(TensorType type) {
    return param((Var) trace.input(type, Role.INPUT, "").value());
  }

  private Param param(Var v) {
    return trace.params().stream().filter(p -> p.var() == v).findFirst().orElseThrow();
  }

  /** Builds the graph with {@code params}, which must be all of its parameters, in this order. */
  public Graph build(List<Param> params, List<Value> outs) {
    Graph g = trace.build(outs);
    if (params.size() != g.params().size()) {
      throw new IllegalStateException(
          "@" + g.name() + " has " + g.params().size() + " parameters, ordered " + params.size());
    }
    return new Graph(g.name(), params, g.eqns(), g.outs());
  }

  /** Returns the parameters: the inputs, then those of {@code captured}. */
  public List<Param> params(List<Captured> captured) {
    List<Param> params = new ArrayList<>();
    for (int i = 0; i < inputs.size(); i++) {
      params.add(input(i));
    }
    captured.forEach(c -> params.add(param(c)));
    return params;
  }

  /** Returns the traced function with the graph as it is. */
  public TracedFunction finish() {
    List<State> states = written();
    List<Value> outs = lift(outs(states));
    List<Captured> captured = captured();
    return new TracedFunction(
        build(params(captured), outs),
        inputs.size(),
        result.structure(),
        captured,
        states.stream().map(s -> new TracedFunction.Written(s, frame.currentMapped(s))).toList());
  }
}
