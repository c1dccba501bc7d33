package dev.engram.transform;

import dev.engram.Axes;
import dev.engram.Captured;
import dev.engram.Fn1;
import dev.engram.State;
import dev.engram.TracedFunction;
import dev.engram.Tree;
import dev.engram.TreeDef;
import dev.engram.autodiff.Batch;
import dev.engram.autodiff.Batched;
import dev.engram.ir.EngramException;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import dev.engram.ir.tensor.Moves;
import dev.engram.state.StateSlot;
import dev.engram.trace.AxisNames;
import dev.engram.trace.TraceOrRun;
import dev.engram.trace.Tracing;
import dev.engram.trace.TreeSpec;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;

/** {@code vmap}: a function of one example applied to a batch. */
public final class VectorMap {
  private final Fn1<List<Object>, Object> f;
  private final Axes axes;

  public VectorMap(Fn1<List<Object>, Object> f, Axes axes) {
    this.f = f;
    this.axes = axes;
  }

  public Object call(List<Object> args) {
    checkCount(args.size());
    List<Tree.Flat> flat = Tracing.flatten("vmap", args);
    List<TreeSpec> inner = new ArrayList<>();
    List<Tensor> operands = new ArrayList<>();
    List<Boolean> batched = new ArrayList<>();
    OptionalInt size = OptionalInt.empty();
    for (int i = 0; i < flat.size(); i++) {
      Tree.Flat a = flat.get(i);
      int axis = axis(i);
      if (axis == Axes.NONE) {
        inner.add(TreeSpec.of(a));
        a.leaves().forEach(operands::add);
        a.leaves().forEach(_ -> batched.add(false));
        continue;
      }
      List<TensorType> types = new ArrayList<>();
      for (int j = 0; j < a.leaves().size(); j++) {
        Tensor x = a.leaves().get(j);
        size = OptionalInt.of(size(x, axis, size, a.structure().paths("argument " + i).get(j)));
        Tensor front = x.moveAxis(axis, 0);
        operands.add(front);
        batched.add(true);
        types.add(front.type().with(front.shape().range(1, front.rank())));
      }
      inner.add(new TreeSpec(a.structure(), types));
    }
    OptionalInt n = size;
    Tracing t =
        AxisNames.with(
            axes.name(), () -> Tracing.run("mapped", new Tracing.Kind.Mapped(n), f, inner));
    return emit(t, operands, batched);
  }

  private Object emit(Tracing t, List<Tensor> operands, List<Boolean> batched) {
    TracedFunction traced = t.finish();
    int size =
        t.frame()
            .mapSize()
            .orElseThrow(
                () ->
                    new EngramException(
                        "vmap: there is nothing to map over: no argument has a mapped axis and the"
                            + " function reads no mapped state ("
                            + SourceLocation.here()
                            + "); give one argument an axis, such as Axes.first()"));
    for (Captured c : traced.captured()) {
      batched.add(
          c instanceof Captured.OfState(State s, int outer) && outer > t.frame().enteringMapped(s));
    }
    Batched b = Batch.of(traced.graph(), batched, size, axes.name());
    List<Integer> outAxes = outAxes(traced.result());
    List<? extends Tensor> outs = TraceOrRun.graph(b.graph(), traced.operands(operands));
    List<Tensor> wide = new ArrayList<>();
    int results = traced.resultCount();
    List<TracedFunction.Written> writes = new ArrayList<>();
    for (int i = 0; i < outs.size(); i++) {
      boolean isBatched = b.outBatched().get(i);
      if (i >= results) {
        TracedFunction.Written w = traced.written().get(i - results);
        boolean mapped =
            t.frame().outside(w.state()).map(p -> p.mapped() > w.mapped()).orElse(true);
        if (!mapped && isBatched) {
          throw unmapped(w.state(), size);
        }
        writes.add(new TracedFunction.Written(w.state(), mapped ? w.mapped() + 1 : w.mapped()));
        wide.add(mapped ? widen(outs.get(i), isBatched, size) : outs.get(i));
      } else {
        wide.add(result(traced, i, outs.get(i), isBatched, size, outAxes.get(i)));
      }
    }
    return new TracedFunction(
            b.graph(), traced.argCount(), traced.result(), traced.captured(), writes)
        .apply(wide);
  }

  private static Tensor result(
      TracedFunction t, int i, Tensor y, boolean batched, int size, int axis) {
    if (axis == Axes.NONE) {
      if (batched) {
        throw new TypeException(
            "vmap: "
                + t.result().paths("result").get(i)
                + " differs between examples, expected one value for all as its axis is NONE;"
                + " reduce it with Engram.psum or pmean, or give it an axis ("
                + SourceLocation.here()
                + ")");
      }
      return y;
    }
    Tensor wide = widen(y, batched, size);
    int rank = wide.rank();
    if (axis >= rank || axis < -rank) {
      throw new TypeException(
          "vmap: "
              + t.result().paths("result").get(i)
              + " has type "
              + wide.type()
              + " including the new axis in front, which has no axis "
              + axis
              + " ("
              + SourceLocation.here()
              + ")");
    }
    return axis == 0 ? wide : wide.moveAxis(0, axis);
  }

  private static Tensor widen(Tensor y, boolean batched, int size) {
    return batched ? y : y.broadcastTo(Moves.named("vmap", () -> y.shape().insert(0, size)));
  }

  private static int size(Tensor x, int axis, OptionalInt known, String path) {
    if (axis >= x.rank() || axis < -x.rank()) {
      throw new TypeException(
          "vmap: "
              + path
              + " has type "
              + x.type()
              + ", expected an axis "
              + axis
              + " to map over; give Axes.NONE for an argument that all examples share ("
              + SourceLocation.here()
              + ")");
    }
    int n = x.dim(axis);
    if (known.isPresent() && known.getAsInt() != n) {
      throw new TypeException(
          "vmap: "
              + path
              + " has type "
              + x.type()
              + ", expected length "
              + known.getAsInt()
              + " on axis "
              + axis
              + ", as the other mapped arguments ("
              + SourceLocation.here()
              + "); give Axes.NONE for an argument that all examples share");
    }
    return n;
  }

  private static TypeException unmapped(State s, int size) {
    return new TypeException(
        "vmap: "
            + StateSlot.of(s).describe()
            + " has one value for all examples, but would get "
            + size
            + " different ones ("
            + SourceLocation.here()
            + "); initialise it inside vmapNewStates");
  }

  /** The axis of argument {@code i}. */
  private int axis(int i) {
    return i < axes.in().size() ? axes.in().get(i) : 0;
  }

  /**
   * Returns the axis of every tensor of a result of this structure.
   *
   * @throws TypeException when {@link Axes#out} is neither one axis nor one for each part
   */
  private List<Integer> outAxes(TreeDef result) {
    List<Integer> out = axes.out();
    if (out.size() == 1) {
      return Collections.nCopies(result.leafCount(), out.getFirst());
    }
    List<TreeDef> parts =
        switch (result) {
          case TreeDef.Fields f -> f.parts();
          case TreeDef.Items i -> i.parts();
          case TreeDef.Entries e -> e.parts();
          case TreeDef.Leaf _, TreeDef.Fixed _, TreeDef.Maybe _ -> List.of();
        };
    if (parts.size() != out.size() || parts.isEmpty()) {
      throw new TypeException(
          "vmap: got %d axes for results, expected one%s: %s (%s)"
              .formatted(
                  out.size(),
                  parts.isEmpty()
                      ? " for a result without parts"
                      : ", or %d, one for each part of the result".formatted(parts.size()),
                  result.paths("result"),
                  SourceLocation.here()));
    }
    List<Integer> all = new ArrayList<>();
    for (int i = 0; i < parts.size(); i++) {
      all.addAll(Collections.nCopies(parts.get(i).leafCount(), out.get(i)));
    }
    return all;
  }

  /** Checks that there are not more axes than arguments. */
  private void checkCount(int arguments) {
    if (axes.in().size() > arguments) {
      throw new TypeException(
          "vmap: got %d axes for arguments, expected at most %d, one for each argument (%s)"
              .formatted(axes.in().size(), arguments, SourceLocation.here()));
    }
  }
}
