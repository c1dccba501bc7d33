package dev.engram.backend.cpu;

import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.TensorType;
import dev.engram.lower.Access;
import dev.engram.lower.AffineMap;
import dev.engram.lower.Instr;
import dev.engram.lower.LoopBuffer;
import dev.engram.lower.Stmt;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** The buffers of a {@link RandomNest}, with layouts over its axes and random elements. */
final class RandomBuffers {
  private final Random random;
  private final boolean floatsOnly;
  private final List<Stmt.Axis> axes;
  private final List<LoopBuffer> buffers = new ArrayList<>();
  private final List<HostTensor> data = new ArrayList<>();
  private final List<Integer> outputs = new ArrayList<>();

  /**
   * @param floatsOnly layouts that vector code takes: axes in order, unit strides
   * @param axes of the nest; may grow
   */
  RandomBuffers(Random random, boolean floatsOnly, List<Stmt.Axis> axes) {
    this.random = random;
    this.floatsOnly = floatsOnly;
    this.axes = axes;
  }

  List<LoopBuffer> buffers() {
    return buffers;
  }

  /** The elements of the inputs. */
  List<HostTensor> data() {
    return data;
  }

  List<Integer> outputs() {
    return outputs;
  }

  /** A dense layout of some axes, some broadcast, some padded, some reversed. */
  AffineMap layout(int upTo, boolean all, long[] size) {
    List<Integer> order = new ArrayList<>();
    for (int a = 0; a < upTo; a++) {
      if (all || random.nextInt(5) > 0) {
        order.add(a);
      }
    }
    if (!floatsOnly && random.nextInt(3) == 0) {
      Collections.shuffle(order, random);
    }
    Long[] strides = new Long[axes.size()];
    Arrays.fill(strides, 0L);
    long offset = random.nextInt(3) == 0 ? random.nextInt(5) : 0;
    long step = !floatsOnly && random.nextInt(4) == 0 ? 2 : 1;
    for (int a : order.reversed()) {
      int n = axes.get(a).length();
      boolean reversed = !floatsOnly && random.nextInt(8) == 0;
      strides[a] = reversed ? -step : step;
      if (reversed) {
        offset += step * Math.max(0, n - 1);
      }
      step *= Math.max(1, n) + (random.nextInt(6) == 0 ? 1 : 0);
    }
    size[0] = offset + step + 1;
    return new AffineMap(offset, List.of(), List.of(strides));
  }

  int input(DType dtype, long size) {
    TensorType type = TensorType.of(dtype, Math.toIntExact(size));
    HostTensor t = HostTensor.allocate(type);
    for (long i = 0; i < size; i++) {
      t.setBits(i, element(dtype));
    }
    buffers.add(new LoopBuffer(type, new LoopBuffer.Place.Input(data.size())));
    data.add(t);
    return buffers.size() - 1;
  }

  long element(DType dtype) {
    if (dtype.isFloat()) {
      double v =
          switch (random.nextInt(60)) {
            case 0 -> 0;
            case 1 -> -0.0;
            case 2 -> 20 * random.nextGaussian();
            default -> random.nextGaussian();
          };
      return dtype.bitsOf(v);
    }
    return dtype == DType.BOOL ? random.nextInt(2) : dtype.ofLong(random.nextInt(21) - 10);
  }

  int output(DType dtype, long size) {
    TensorType type = TensorType.of(dtype, Math.toIntExact(size));
    buffers.add(new LoopBuffer(type, new LoopBuffer.Place.Output(outputs.size())));
    outputs.add(buffers.size() - 1);
    return buffers.size() - 1;
  }

  List<Integer> inputs() {
    List<Integer> in = new ArrayList<>();
    for (int b = 0; b < buffers.size(); b++) {
      if (buffers.get(b).place() instanceof LoopBuffer.Place.Input) {
        in.add(b);
      }
    }
    return in;
  }

  Stmt zero(int b) {
    TensorType t = buffers.get(b).type();
    return new Stmt.Nest(
        "zero",
        List.of(new Stmt.Axis((int) t.size(), false)),
        List.of(
            new Instr.Literal(t.dtype(), 0),
            new Instr.Store(t.dtype(), new Access(b, new AffineMap(0, List.of(), List.of(1L))), 0)),
        List.of(),
        SourceLocation.UNKNOWN);
  }
}
