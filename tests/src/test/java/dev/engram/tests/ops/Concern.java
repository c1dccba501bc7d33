package dev.engram.tests.ops;

import dev.engram.autodiff.Batch;
import dev.engram.autodiff.Jvp;
import dev.engram.autodiff.Vjp;
import dev.engram.ir.DType;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Verifier;
import dev.engram.ir.interpret.Interpreter;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.text.Printer;
import dev.engram.tests.random.BatchLaws;
import dev.engram.tests.random.DerivativeLaws;
import dev.engram.tests.random.Laws;
import dev.engram.tests.random.Program;
import dev.engram.tests.random.Ways;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A property that every op must have. Each throws an {@link AssertionError} for a sample that
 * violates it, and returns false if it does not apply to the sample.
 */
enum Concern {
  /** The verifier accepts the result types of the type rule, and no others. */
  TYPE {
    @Override
    boolean holds(Sample s, int seed) {
      Laws.verifies(s.program(seed));
      Graph wrong = Retyped.first(s.graph());
      if (Verifier.findings(wrong).isEmpty()) {
        throw new AssertionError("the verifier accepts\n" + Printer.print(wrong));
      }
      return true;
    }
  },
  /** Results have the declared types, and are finite on the op's domain. */
  EVAL {
    @Override
    boolean holds(Sample s, int seed) {
      Program p = s.program(seed);
      List<HostTensor> results = Interpreter.run(p.graph(), p.args());
      if (!results.stream().map(HostTensor::type).toList().equals(p.graph().outTypes())) {
        throw Laws.broken(p, "gives " + results);
      }
      for (HostTensor t : results) {
        for (long i = 0; i < t.type().size(); i++) {
          if (!Double.isFinite(t.getDouble(i))) {
            throw Laws.broken(p, "element " + i + " is " + t.getDouble(i));
          }
        }
      }
      return true;
    }
  },
  /** Forward mode against central differences. */
  JVP {
    @Override
    boolean holds(Sample s, int seed) {
      return differentiable(s) && DerivativeLaws.forwardIsDifference(s.program(seed), Jvp::of);
    }
  },
  /** Reverse mode against forward mode by inner products, at first and second order. */
  TRANSPOSE {
    @Override
    boolean holds(Sample s, int seed) {
      Program p = s.program(seed);
      return differentiable(s)
          && DerivativeLaws.transposed(p, Vjp::of, Jvp::of)
          && DerivativeLaws.secondOrder(p, Vjp::of, Jvp::of);
    }
  },
  /** A batch against a loop; derivative of batch and batch of derivative against both. */
  BATCH {
    @Override
    boolean holds(Sample s, int seed) {
      int n = s.graph().params().size();
      for (int mask = 1; mask < 1 << n; mask++) {
        BatchLaws.Examples e = examples(s, seed, mask);
        BatchLaws.isLoop(e, Batch::of);
        if (differentiable(s) && !zeroDerivative(s)) {
          BatchLaws.commutes(e, Batch::of, Vjp::of);
        }
      }
      return n > 0;
    }
  },
  /** Every backend, with and without simplification, with and without vectors. */
  LOWER {
    @Override
    boolean holds(Sample s, int seed) {
      Program p = s.program(seed);
      Ways.backends().forEach(b -> Laws.agrees(p, Ways.lowered(b)));
      Ways.backends().forEach(b -> Laws.agrees(p, Ways.compiled(b)));
      Laws.sameBits(p, Ways.lowered(Ways.scalarCpu()), Ways.lowered(Ways.vectorCpu()));
      return true;
    }
  },
  /** Printed, parsed, and printed again. */
  TEXT {
    @Override
    boolean holds(Sample s, int seed) {
      return Laws.roundTrip(s.program(seed), Printer::print);
    }
  };

  abstract boolean holds(Sample s, int seed);

  /** Differences are taken in f64. */
  static boolean differentiable(Sample s) {
    List<TensorType> floats =
        Stream.of(s.graph().paramTypes(), s.graph().outTypes())
            .flatMap(List::stream)
            .filter(t -> t.dtype().isFloat())
            .toList();
    return DerivativeLaws.says(s.program(0))
        && floats.stream().allMatch(t -> t.dtype() == DType.F64);
  }

  /** The reason why nothing can be differentiated, for the table. */
  static String whyNot(List<Sample> samples) {
    return samples.stream().anyMatch(s -> s.graph().params().isEmpty())
        ? "no operands"
        : "no floats";
  }

  static boolean zeroDerivative(Sample s) {
    return s.graph().eqns().size() == 1
        && s.graph().eqns().getFirst().op() instanceof Elementwise e
        && e.row().has(ElementwiseRow.Flag.ZERO_DERIVATIVE);
  }

  /** True when every tangent is zero, for any tangents of the operands. */
  static void vanishes(Sample s, int seed) {
    Program p = s.program(seed);
    Graph jvp = Verifier.verify(Jvp.of(p.graph(), p.floatParams()));
    List<HostTensor> out =
        Interpreter.run(jvp, DerivativeLaws.concat(p.args(), DerivativeLaws.tangents(p)));
    for (HostTensor t : out.subList(p.graph().outs().size(), out.size())) {
      for (long i = 0; i < t.type().size(); i++) {
        if (t.getDouble(i) != 0) {
          throw Laws.broken(p, "tangent " + t);
        }
      }
    }
  }

  /** Three examples, which differ in the parameters whose bit is set. */
  private static BatchLaws.Examples examples(Sample s, int seed, int mask) {
    int size = 3;
    List<List<HostTensor>> each =
        IntStream.range(0, size).mapToObj(k -> s.program(seed * size + k).args()).toList();
    List<Boolean> batched = new ArrayList<>();
    List<HostTensor> args = new ArrayList<>();
    for (int i = 0; i < s.graph().params().size(); i++) {
      int at = i;
      boolean wide = (mask >> i & 1) == 1;
      batched.add(wide);
      List<HostTensor> parts = each.stream().map(a -> a.get(at)).toList();
      args.add(wide ? BatchLaws.stack(parts.getFirst().type(), parts) : parts.getFirst());
    }
    return new BatchLaws.Examples(
        new Program(s.graph(), each.getFirst(), seed), size, batched, args);
  }
}
