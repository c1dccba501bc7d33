package dev.engram.ir.passes;

import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Lit;
import dev.engram.ir.Param;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.checks.Given;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Op;
import dev.engram.ir.op.Source;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What two graphs, or two ops, have in common when they compute the same in the same way: variables
 * are numbered, constants compared by content, names and source lines left out.
 */
public record GraphKey(List<Object> parts) {

  public GraphKey {
    Given.all("GraphKey", "parts", parts);
    parts = List.copyOf(parts);
  }

  /** A constant by content. */
  private record Content(HostTensor value) {
    @Override
    public boolean equals(Object o) {
      return o instanceof Content c && value.sameBits(c.value);
    }

    @Override
    public int hashCode() {
      int h = value.type().hashCode();
      long n = Math.min(value.type().size(), 64);
      for (long i = 0; i < n; i++) {
        h = 31 * h + Long.hashCode(value.bits(i));
      }
      return h;
    }
  }

  /** The key of {@code g}; graphs with equal keys have equal meaning. */
  public static GraphKey of(Graph g) {
    Given.given("GraphKey.of", "g", g);
    Map<Value, Object> refs = new HashMap<>();
    List<Object> parts = new ArrayList<>();
    for (Param p : g.params()) {
      refs.put(p.var(), refs.size());
      parts.add(p.type());
    }
    for (Eqn e : g.eqns()) {
      parts.add(of(e.op()));
      e.inputs().forEach(v -> parts.add(ref(refs, v)));
      for (Var out : e.outputs()) {
        refs.put(out, refs.size());
      }
    }
    parts.add("->");
    g.outs().forEach(v -> parts.add(ref(refs, v)));
    return new GraphKey(parts);
  }

  private static Object ref(Map<Value, Object> refs, Value v) {
    return switch (v) {
      case Lit lit -> lit;
      case Var x -> refs.getOrDefault(x, x);
    };
  }

  /** Equal for ops that compute the same. */
  static Object of(Op op) {
    return switch (op) {
      case Source.Const c -> new Content(c.value());
      case Control c -> of(c);
      case Op _ -> op;
    };
  }

  private static Object of(Control op) {
    return switch (op) {
      case Control.Scan s ->
          List.of("scan", of(s.body()), s.consts(), s.carry(), s.length(), s.reverse());
      case Control.While w ->
          List.of("while", of(w.condition()), of(w.body()), w.consts(), w.bound());
      case Control.Cond c -> List.of("cond", of(c.onTrue()), of(c.onFalse()));
      case Control.Call c -> List.of("call", of(c.body()), of(c.derivative()));
      case Control.Transposed t -> List.of("transposed", of(t.backward()), t.residuals());
    };
  }

  private static Object of(Control.Derivative d) {
    return switch (d) {
      case Control.Derivative.Plain p -> p;
      case Control.Derivative.Remat r -> r;
      case Control.Derivative.Jvp j -> List.of("jvp", of(j.rule()));
      case Control.Derivative.Vjp v -> List.of("vjp", of(v.forward()), of(v.backward()));
    };
  }
}
