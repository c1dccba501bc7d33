package dev.engram.ir.interpret;

import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.GraphException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.InterruptedRunException;
import dev.engram.ir.Lit;
import dev.engram.ir.Param;
import dev.engram.ir.RunException;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.checks.Given;
import dev.engram.ir.math.Threefry;
import dev.engram.ir.op.Cast;
import dev.engram.ir.op.Check;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Custom;
import dev.engram.ir.op.Dot;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.HostEffect;
import dev.engram.ir.op.Index;
import dev.engram.ir.op.Move;
import dev.engram.ir.op.Op;
import dev.engram.ir.op.Reduce;
import dev.engram.ir.op.Source;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The meaning of the IR: plain loops over elements in f64, and the oracle of everything below it.
 *
 * <p>Float results are computed in f64 and rounded once to the element type: elementwise rows,
 * sums, products and contractions alike. Integers are computed in i64 and wrap to the element type.
 */
public final class Interpreter {
  private Interpreter() {}

  /**
   * Runs {@code g} on {@code args}, one for each parameter.
   *
   * @throws TypeException when the arguments do not fit the parameters
   * @throws RunException when a {@link Check} fails
   * @throws GraphException when the graph cannot be run: a variable is used before it is defined,
   *     or a {@link Control.Transposed} is left in it
   */
  public static List<HostTensor> run(Graph g, List<HostTensor> args) {
    Given.given("Interpreter.run", "g", g);
    Given.all("Interpreter.run", "args", args);
    checkArguments(g, args);
    Map<Value, HostTensor> env = new HashMap<>();
    for (int i = 0; i < args.size(); i++) {
      env.put(g.params().get(i).var(), args.get(i));
    }
    for (Eqn e : g.eqns()) {
      List<HostTensor> in = new ArrayList<>(e.inputs().size());
      for (Value v : e.inputs()) {
        in.add(read(env, v, g));
      }
      List<HostTensor> out = eval(e.op(), in, e.where());
      for (int i = 0; i < out.size(); i++) {
        env.put(e.outputs().get(i), out.get(i));
      }
    }
    return g.outs().stream().map(v -> read(env, v, g)).toList();
  }

  /**
   * Runs one op. {@code where} goes into the errors of the run.
   *
   * @throws RunException when a tensor that is read or written position by position has more
   *     elements than an int counts, or a result more bytes than a long
   * @throws OutOfMemoryError when a result or what is computed on the way does not fit into memory;
   *     says the op and the line
   */
  public static List<HostTensor> eval(Op op, List<HostTensor> in, SourceLocation where) {
    Given.given("Interpreter.eval", "op", op);
    Given.all("Interpreter.eval", "in", in);
    Given.given("Interpreter.eval", "where", where);
    List<TensorType> operands = in.stream().map(HostTensor::type).toList();
    List<TensorType> types = op.typeOf(operands);
    if (Positional.isPositional(op)) {
      if (types.getFirst().size() == 0) {
        return List.of(HostTensor.allocate(types.getFirst()));
      }
      Positional.check(op, operands, where);
      Positional.check(op, types, where);
    }
    if (where.isKnown()) {
      Positional.fit(op, types, where);
    }
    try {
      return eval(op, in, types, where);
    } catch (OutOfMemoryError full) {
      throw Positional.located(op, where, full);
    }
  }

  private static List<HostTensor> eval(
      Op op, List<HostTensor> in, List<TensorType> types, SourceLocation where) {
    return switch (op) {
      case Elementwise e -> List.of(InterpretElementwise.eval(e.row(), in, types.getFirst()));
      case Cast _ -> List.of(InterpretElementwise.cast(in.getFirst(), types.getFirst()));
      case Reduce r -> List.of(InterpretReduce.eval(r, in.getFirst(), types.getFirst()));
      case Dot d -> List.of(InterpretDot.eval(d, in.get(0), in.get(1), types.getFirst()));
      case Move m -> List.of(InterpretMove.eval(m, in, types.getFirst()));
      case Index i -> List.of(InterpretIndex.eval(i, in, types.getFirst()));
      case Source.Const c -> List.of(present(c.value()));
      case Source.Iota i -> List.of(iota(i));
      case Source.RandomBits _ -> List.of(randomBits(in.getFirst(), types.getFirst()));
      case Check c -> List.of(check(c, in.getFirst(), where));
      case HostEffect n -> List.of(n.tell(in, where));
      case Control.Scan s -> scan(s, in, types);
      case Control.While w -> loop(w, in);
      case Control.Cond c ->
          run(in.getFirst().bits(0) != 0 ? c.onTrue() : c.onFalse(), in.subList(1, in.size()));
      case Control.Call c -> run(c.body(), in);
      case Control.Transposed t ->
          throw new GraphException(
              "transposed: the transpose of @"
                  + t.backward().name()
                  + " cannot be run ("
                  + where
                  + "); it comes from a call with a vjp rule and is only there to be transposed:"
                  + " use reverse mode, or give the call a jvp rule");
      case Custom c -> run(c.expansion(in.stream().map(HostTensor::type).toList(), where), in);
    };
  }

  private static HostTensor present(HostTensor t) {
    t.segment(); // says that it was donated or closed
    return t;
  }

  private static void checkArguments(Graph g, List<HostTensor> args) {
    if (args.size() != g.params().size()) {
      throw new TypeException(
          "run of @"
              + g.name()
              + ": got "
              + args.size()
              + " arguments, expected "
              + g.params().size()
              + ": "
              + g.paramTypes());
    }
    for (int i = 0; i < args.size(); i++) {
      Param p = g.params().get(i);
      if (!args.get(i).type().equals(p.type())) {
        throw new TypeException(
            "run of @"
                + g.name()
                + ": argument "
                + i
                + (p.path().isEmpty() ? "" : " (" + p.path() + ")")
                + " has type "
                + args.get(i).type()
                + ", expected "
                + p.type());
      }
    }
  }

  private static HostTensor read(Map<Value, HostTensor> env, Value v, Graph g) {
    HostTensor t = env.get(v);
    if (t != null) {
      return t;
    }
    return switch (v) {
      case Lit lit -> {
        HostTensor filled = HostTensor.fill(lit.type(), lit.bits());
        env.put(lit, filled);
        yield filled;
      }
      case Var x ->
          throw new GraphException(
              "@" + g.name() + ": the variable " + x + " is used before it is defined");
    };
  }

  private static HostTensor iota(Source.Iota op) {
    HostTensor out = HostTensor.allocate(op.type());
    int n = op.type().shape().dim(op.axis());
    long step = op.type().shape().strides()[op.axis()];
    for (long i = 0; i < op.type().size(); i++) {
      out.setBits(i, op.type().dtype().ofLong(i / step % n));
    }
    return out;
  }

  private static HostTensor randomBits(HostTensor key, TensorType type) {
    HostTensor out = HostTensor.allocate(type);
    for (long i = 0; i < type.size(); i++) {
      out.setBits(i, Threefry.word((int) key.bits(0), (int) key.bits(1), i));
    }
    return out;
  }

  private static HostTensor check(Check op, HostTensor x, SourceLocation where) {
    for (long i = 0; i < x.type().size(); i++) {
      long v = op.code(x, i);
      if (v < op.low() || v >= op.high()) {
        throw new RunException(op.message(x.shape().indices(i), v, where));
      }
    }
    return x;
  }

  private static List<HostTensor> scan(
      Control.Scan op, List<HostTensor> in, List<TensorType> types) {
    int fixed = op.consts() + op.carry();
    List<HostTensor> results = new ArrayList<>(in.subList(op.consts(), fixed));
    for (TensorType stacked : types.subList(op.carry(), types.size())) {
      results.add(HostTensor.allocate(stacked));
    }
    for (int step = 0; step < op.length(); step++) {
      InterruptedRunException.check(op.body().name(), step);
      int at = op.reverse() ? op.length() - 1 - step : step;
      List<HostTensor> args = new ArrayList<>(in.subList(0, op.consts()));
      args.addAll(results.subList(0, op.carry()));
      for (int i = fixed; i < in.size(); i++) {
        TensorType slice = op.body().params().get(i).type();
        args.add(in.get(i).part(slice, at * slice.size()));
      }
      List<HostTensor> outs = run(op.body(), args);
      for (int i = 0; i < outs.size(); i++) {
        HostTensor y = outs.get(i);
        if (i < op.carry()) {
          results.set(i, y);
        } else {
          slice(results.get(i), at, y.type()).copyFrom(y.segment());
        }
      }
    }
    return List.copyOf(results);
  }

  private static List<HostTensor> loop(Control.While op, List<HostTensor> in) {
    List<HostTensor> args = new ArrayList<>(in);
    int left = op.bound().orElse(1);
    for (long step = 0; left > 0 && run(op.condition(), args).getFirst().bits(0) != 0; step++) {
      InterruptedRunException.check(op.body().name(), step);
      List<HostTensor> next = run(op.body(), args);
      for (int i = 0; i < next.size(); i++) {
        args.set(op.consts() + i, next.get(i));
      }
      left -= op.bound().isPresent() ? 1 : 0;
    }
    return List.copyOf(args.subList(op.consts(), args.size()));
  }

  private static MemorySegment slice(HostTensor stacked, long at, TensorType slice) {
    return stacked.segment().asSlice(at * slice.bytes(), slice.bytes());
  }
}
