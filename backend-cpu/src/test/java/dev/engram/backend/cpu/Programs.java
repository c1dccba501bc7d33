package dev.engram.backend.cpu;

import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.TensorType;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.lower.Access;
import dev.engram.lower.AffineMap;
import dev.engram.lower.Instr;
import dev.engram.lower.LoopBuffer;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.Stmt;
import dev.engram.lower.inspect.ProgramVerifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Builds loop programs by hand: buffers first, then steps. */
final class Programs {
  private final List<LoopBuffer> buffers = new ArrayList<>();
  private final List<Integer> inputs = new ArrayList<>();
  private final List<Integer> outputs = new ArrayList<>();
  private long arena;

  int input(DType dtype, int... dims) {
    inputs.add(add(TensorType.of(dtype, dims), new LoopBuffer.Place.Input(inputs.size())));
    return inputs.getLast();
  }

  int output(DType dtype, int... dims) {
    outputs.add(add(TensorType.of(dtype, dims), new LoopBuffer.Place.Output(outputs.size())));
    return outputs.getLast();
  }

  int arena(DType dtype, int... dims) {
    TensorType t = TensorType.of(dtype, dims);
    int b = add(t, new LoopBuffer.Place.Arena(arena));
    arena += (t.bytes() + 63) / 64 * 64;
    return b;
  }

  int constant(HostTensor value) {
    return add(value.type(), new LoopBuffer.Place.Constant(value));
  }

  private int add(TensorType type, LoopBuffer.Place place) {
    buffers.add(new LoopBuffer(type, place));
    return buffers.size() - 1;
  }

  LoopProgram of(Stmt... steps) {
    return of("test", steps);
  }

  LoopProgram of(String name, Stmt... steps) {
    return ProgramVerifier.verify(
        new LoopProgram(name, buffers, inputs, outputs, List.of(steps), arena));
  }

  static AffineMap at(long offset, List<Long> outer, long... inner) {
    return new AffineMap(offset, outer, Arrays.stream(inner).boxed().toList());
  }

  static Access access(int buffer, List<Long> outer, long... inner) {
    return new Access(buffer, at(0, outer, inner));
  }

  static Stmt.Nest nest(String label, int[] parallel, Instr... body) {
    return new Stmt.Nest(
        label,
        IntStream.of(parallel).mapToObj(n -> new Stmt.Axis(n, false)).toList(),
        List.of(body),
        List.of(),
        SourceLocation.UNKNOWN);
  }

  /** y[i] = row(x[i], …) for vectors of {@code n} elements; x are the first inputs. */
  static LoopProgram map(ElementwiseRow row, DType dtype, DType result, int n) {
    Programs p = new Programs();
    List<Instr> body = new ArrayList<>();
    for (int k = 0; k < row.arity(); k++) {
      body.add(new Instr.Load(dtype, access(p.input(dtype, n), List.of(), 1)));
    }
    body.add(new Instr.Apply(row, dtype, IntStream.range(0, row.arity()).boxed().toList()));
    body.add(new Instr.Store(result, access(p.output(result, n), List.of(), 1), row.arity()));
    return p.of(nest(row.name(), new int[] {n}, body.toArray(Instr[]::new)));
  }
}
