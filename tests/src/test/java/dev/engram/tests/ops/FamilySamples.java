package dev.engram.tests.ops;

import static dev.engram.tests.ops.Sample.bool;
import static dev.engram.tests.ops.Sample.f32;
import static dev.engram.tests.ops.Sample.f64;
import static dev.engram.tests.ops.Sample.i32;
import static dev.engram.tests.ops.Sample.i64;
import static dev.engram.tests.ops.Sample.of;
import static dev.engram.tests.ops.Sample.shape;

import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.op.Cast;
import dev.engram.ir.op.Check;
import dev.engram.ir.op.Collective;
import dev.engram.ir.op.Dot;
import dev.engram.ir.op.HostEffect;
import dev.engram.ir.op.Index;
import dev.engram.ir.op.Move;
import dev.engram.ir.op.OptimizationBarrier;
import dev.engram.ir.op.Reduce;
import dev.engram.ir.op.Source;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Samples of the ops other than rows. A new op adds its own here. */
final class FamilySamples {
  private FamilySamples() {}

  static Stream<Sample> all() {
    return Stream.of(
            casts(),
            reductions(),
            dots(),
            moves(),
            indexing(),
            sources(),
            checks(),
            notices(),
            axes())
        .flatMap(s -> s);
  }

  private static Stream<Sample> casts() {
    return Stream.of(DType.values())
        .flatMap(
            from ->
                Stream.of(DType.values()).map(to -> of(new Cast(to), TensorType.of(from, 2, 3))));
  }

  private static Stream<Sample> reductions() {
    return Stream.of(Reduce.Kind.values())
        .flatMap(
            kind ->
                switch (kind) {
                  case ANY, ALL ->
                      Stream.of(
                          of(new Reduce(kind, List.of(1)), bool(2, 3)),
                          of(new Reduce(kind, List.of(0, 1)), bool(2, 3)));
                  case ARGMAX, ARGMIN ->
                      Stream.of(
                          of(new Reduce(kind, List.of(1)), f64(2, 3)),
                          of(new Reduce(kind, List.of(0)), i32(4)));
                  case SUM, PROD, MAX, MIN ->
                      Stream.of(
                          of(new Reduce(kind, List.of(1)), f64(2, 3)),
                          of(new Reduce(kind, List.of(0, 2)), f64(2, 3, 4)),
                          of(new Reduce(kind, List.of(0)), f32(5)),
                          of(new Reduce(kind, List.of(0)), i64(2, 3)));
                });
  }

  private static Stream<Sample> dots() {
    return Stream.of(
        of(Dot.matmul(), f64(2, 3), f64(3, 4)),
        of(Dot.matmul(), f32(2, 3), f32(3, 4)),
        of(Dot.matmul(), i32(2, 3), i32(3, 4)),
        of(new Dot(List.of(), List.of(), List.of(), List.of()), f64(2), f64(3)),
        of(new Dot(List.of(2), List.of(1), List.of(0), List.of(0)), f64(2, 3, 4), f64(2, 4, 5)),
        of(
            new Dot(List.of(3, 1), List.of(0, 1), List.of(0), List.of(2)),
            f64(2, 3, 4, 5),
            f64(5, 3, 2, 2)));
  }

  private static Stream<Sample> moves() {
    return Stream.of(
        of(new Move.Reshape(shape(3, 2)), f64(2, 3)),
        of(new Move.Transpose(List.of(2, 0, 1)), f64(2, 3, 4)),
        of(new Move.Broadcast(shape(2, 3, 2), List.of(0, 1)), f64(2, 3)),
        of(new Move.Slice(List.of(1, 0), List.of(7, 4), List.of(3, 2)), f64(7, 5)),
        of(new Move.Pad(List.of(1, 0), List.of(0, 2), List.of(2, 1)), f64(2, 3), f64()),
        of(new Move.Concat(1), f64(2, 3), f64(2, 1), f64(2, 0)),
        of(new Move.Reverse(List.of(0, 2)), f64(2, 3, 4)),
        of(new Move.Reverse(List.of(0)), bool(3)),
        of(new Move.Shear(1, 2, 1), f64(2, 5, 3)),
        of(new Move.Shear(2, 0, -2), f64(2, 3, 4)),
        of(new Move.Shear(0, 1, 1), f64(3, 3)));
  }

  private static Stream<Sample> indexing() {
    return Stream.of(
            Stream.of(
                of(new Index.Gather(0, 0), f64(3, 2), i32(2, 2)),
                of(new Index.Gather(1, 1), f64(2, 3, 2), i64(2, 4)),
                of(new Index.DynamicSlice(shape(2, 1)), f64(4, 3), i32(), i32()),
                of(new Index.DynamicUpdate(), f64(4, 3), f64(2, 1), i32(), i32()),
                of(new Index.ArgSort(1, false), f64(3, 5)),
                of(new Index.ArgSort(0, true), f32(4, 2)),
                of(new Index.ArgSort(1, true), i32(2, 6, 2)),
                of(new Index.ArgSort(0, false), i64(7)),
                of(new Index.ArgSort(0, true), bool(5)),
                of(new Index.ArgSort(0, false), f64(0))),
            Stream.of(Index.Combine.values())
                .flatMap(
                    c ->
                        Stream.of(
                            of(new Index.Scatter(0, 0, c), f64(3, 2), i32(4), f64(4, 2)),
                            of(new Index.Scatter(1, 1, c), f64(2, 3), i64(2, 2), f64(2, 2)))))
        .flatMap(s -> s);
  }

  private static Stream<Sample> sources() {
    return Stream.of(
        of(new Source.Const(HostTensor.of(new double[] {1, -0.5, 3}, 3))),
        of(new Source.Iota(f32(2, 3), 1)),
        of(new Source.Iota(i64(2, 3), 0)),
        of(new Source.RandomBits(shape(2, 3)), i32(2)));
  }

  private static Stream<Sample> checks() {
    return Stream.of(
        of(new Check.Range("labels", 0, 3), i32(4)),
        of(new Check.Range("labels", 0, 3), i64()),
        of(new Check.Finite("log"), f64(2, 3)),
        of(new Check.Finite("log"), f32(4)));
  }

  private static Stream<Sample> notices() {
    HostEffect.Hook hook = HostEffect.Hook.named("sample");
    return Stream.of(
        of(new HostEffect.Print("sample {}, {}"), i32(), bool(), i32(), bool(3)),
        of(new HostEffect.Print("sample {}"), i32(), bool(2), i32(2, 3)),
        of(new HostEffect.Progress(hook, 2, Optional.empty()), i32(), bool(), i32()),
        of(new HostEffect.Progress(hook, 2, Optional.of(5)), i32(), bool(3), i64(3), i32(3, 2)));
  }

  private static Stream<Sample> axes() {
    return Stream.of(
        of(new Collective.Sum("i"), f64(2, 3)),
        of(new Collective.Position("i")),
        of(new OptimizationBarrier(), f64(2, 3), f64()),
        of(new OptimizationBarrier(), i32(4), f32(2)));
  }

  static Stream<ErrorInput> errors() {
    Dot batched = new Dot(List.of(1), List.of(1), List.of(0), List.of(0));
    return Stream.of(
        ErrorInput.of("got 2 operands", new Cast(DType.F32), f32(2), f32(2)),
        ErrorInput.of("operand 1 has type f32[4,3]", Dot.matmul(), f32(2, 3), f32(4, 3)),
        ErrorInput.of("operand 1 has type f64[3,4]", Dot.matmul(), f32(2, 3), f64(3, 4)),
        ErrorInput.of("operand 0 has type bool[2,3]", Dot.matmul(), bool(2, 3), bool(3, 4)),
        ErrorInput.of("batch axis 0", batched, f32(2, 3), f32(4, 3)),
        ErrorInput.of("rhs axes", Dot.matmul(), f32(2, 3), f32()),
        ErrorInput.of("expected 6 elements", new Move.Reshape(shape(2, 3)), f32(5)),
        ErrorInput.of("perm", new Move.Transpose(List.of(0, 0)), f32(2, 3)),
        ErrorInput.of("perm", new Move.Transpose(List.of(0)), f32(2, 3)),
        ErrorInput.of("ascending", new Move.Broadcast(shape(3, 2), List.of(1, 0)), f32(2, 3)),
        ErrorInput.of("operand 0", new Move.Broadcast(shape(3, 2), List.of(0)), f32(2)),
        ErrorInput.of("stride >= 1", new Move.Slice(List.of(0), List.of(2), List.of(0)), f32(3)),
        ErrorInput.of("<= 3", new Move.Slice(List.of(0), List.of(4), List.of(1)), f32(3)),
        ErrorInput.of(
            "none negative", new Move.Pad(List.of(-1), List.of(0), List.of(0)), f32(3), f32()),
        ErrorInput.of(
            "operand 1 has type f64[]",
            new Move.Pad(List.of(1), List.of(0), List.of(0)),
            f32(3),
            f64()),
        ErrorInput.of("got no operands", new Move.Concat(0)),
        ErrorInput.of("operand 1", new Move.Concat(0), f32(2, 3), f32(2, 4)),
        ErrorInput.of("axes", new Move.Reverse(List.of(2)), f32(2, 3)),
        ErrorInput.of("every axis once", new Move.Shear(1, 1, 1), f32(2, 3)),
        ErrorInput.of("3 slices that overlap", new Move.Shear(0, 1, 2), f32(3, 3)),
        ErrorInput.of("operand 1 has type f32[2]", new Index.Gather(0, 0), f32(3), f32(2)),
        ErrorInput.of("batch axis 0", new Index.Gather(1, 1), f32(2, 3), i32(4)),
        ErrorInput.of("axis,batch", new Index.Gather(1, 0), f32(3), i32(4)),
        ErrorInput.of("non-empty", new Index.Gather(0, 0), f32(0), i32(4)),
        ErrorInput.of(
            "operand 2 has type f32[4]",
            new Index.Scatter(0, 0, Index.Combine.ADD),
            f32(3),
            i32(2),
            f32(4)),
        ErrorInput.of(
            "operand 0 has type bool[3]",
            new Index.Scatter(0, 0, Index.Combine.MAX),
            bool(3),
            i32(2),
            bool(2)),
        ErrorInput.of("got 1 operands", new Index.DynamicSlice(shape(2)), f32(3)),
        ErrorInput.of("fits into f32[3]", new Index.DynamicSlice(shape(4)), f32(3), i32()),
        ErrorInput.of("operand 1 has type f32[]", new Index.DynamicSlice(shape(2)), f32(3), f32()),
        ErrorInput.of(
            "operand 1 has type f64[2]", new Index.DynamicUpdate(), f32(3), f64(2), i32()),
        ErrorInput.of("fits into f32[3]", new Index.DynamicUpdate(), f32(3), f32(4), i32()),
        ErrorInput.of("axis", new Index.ArgSort(1, false), f32(3)),
        ErrorInput.of("got 2 operands", new Index.ArgSort(0, false), f32(3), f32(3)),
        ErrorInput.of("got 1 operands", new Source.Const(HostTensor.of(new float[] {1})), f32()),
        ErrorInput.of("axis", new Source.Iota(f32(2), 1)),
        ErrorInput.of("a numeric type", new Source.Iota(bool(2), 0)),
        ErrorInput.of("i32[2], a random key", new Source.RandomBits(shape(2)), i64(2)),
        ErrorInput.of("an integer type", new Check.Range("labels", 0, 3), f32(3)),
        ErrorInput.of("a float type", new Check.Finite("log"), i32(3)),
        ErrorInput.of("a numeric type", new Collective.Sum("i"), bool(3)),
        ErrorInput.of("got 1 operands", new Collective.Position("i"), f32(3)),
        ErrorInput.of("got 1 operands", new OptimizationBarrier(), f32(3)),
        ErrorInput.of("expected the order", new HostEffect.Print(""), i32()),
        ErrorInput.of("i32[], the order", new HostEffect.Print(""), i64(), bool()),
        ErrorInput.of("bool[], whether it is told", new HostEffect.Print(""), i32(), i32()),
        ErrorInput.of("one for each {}", new HostEffect.Print("{}"), i32(), bool()),
        ErrorInput.of("axes [2] in front", new HostEffect.Print("{}"), i32(), bool(2), f32(3)),
        ErrorInput.of("first the step", progress(), i32(), bool(), f32()),
        ErrorInput.of("first the step", progress(), i32(), bool()));
  }

  private static HostEffect.Progress progress() {
    return new HostEffect.Progress(HostEffect.Hook.named("h"), 1, Optional.empty());
  }

  static Stream<ErrorInput> reduceErrors() {
    return Stream.of(Reduce.Kind.values())
        .flatMap(
            kind -> {
              boolean logic = kind == Reduce.Kind.ANY || kind == Reduce.Kind.ALL;
              TensorType right = logic ? bool(2, 3) : f32(2, 3);
              TensorType wrong = logic ? f32(2, 3) : bool(2, 3);
              return Stream.of(
                  ErrorInput.of("operand 0 has type " + wrong, new Reduce(kind, List.of(1)), wrong),
                  ErrorInput.of("axes", new Reduce(kind, List.of(2)), right),
                  ErrorInput.of("got 2 operands", new Reduce(kind, List.of(1)), right, right));
            });
  }
}
