package dev.engram.ir.passes.rewrite;

import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Lit;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.op.Op;
import dev.engram.ir.text.Names;
import dev.engram.ir.text.Printer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Values of a graph that is being rewritten, as texts: by the name of the old value that they stand
 * for, or by the op that makes them.
 */
final class FiringText {
  /** Ops inside ops that are written out. */
  private static final int DEEP = 3;

  private final Names names;
  private final Map<Value, Eqn> defs;

  /** The old variable that a new one stands for; of several, the first. */
  private final Map<Value, Var> old = new HashMap<>();

  FiringText(Graph before, Map<Value, Eqn> defs) {
    names = Names.of(before);
    this.defs = defs;
  }

  void standsFor(Value now, Var before) {
    if (now instanceof Var) {
      old.putIfAbsent(now, before);
    }
  }

  String results(Eqn e) {
    return e.outputs().stream().map(names::of).collect(Collectors.joining(", "));
  }

  String of(Op op, List<Value> in) {
    return of(op, in, DEEP);
  }

  String of(List<Value> values) {
    return values.stream().map(v -> of(v, DEEP)).collect(Collectors.joining(", "));
  }

  private String of(Op op, List<Value> in, int deep) {
    return Printer.op(op)
        + in.stream().map(v -> of(v, deep - 1)).collect(Collectors.joining(", ", "(", ")"));
  }

  private String of(Value v, int deep) {
    return switch (v) {
      case Lit l -> Printer.literal(l);
      case Var x when old.containsKey(x) -> names.of(old.get(x));
      case Var x when !defs.containsKey(x) || deep == 0 -> "…";
      case Var x -> {
        Eqn e = defs.get(x);
        String text = of(e.op(), e.inputs(), deep);
        yield e.outputs().size() == 1 ? text : text + "#" + e.outputs().indexOf(x);
      }
    };
  }
}
