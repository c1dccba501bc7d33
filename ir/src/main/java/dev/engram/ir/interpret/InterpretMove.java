package dev.engram.ir.interpret;

import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.TensorType;
import dev.engram.ir.op.Move;
import java.util.List;

/** Moves: each an index map between result and operand. */
final class InterpretMove {
  private InterpretMove() {}

  static HostTensor eval(Move op, List<HostTensor> in, TensorType type) {
    HostTensor x = in.getFirst();
    return switch (op) {
      case Move.Reshape _ -> x.view(type);
      case Move.Transpose t -> pull(x, transpose(t, x.shape(), type.shape()), type);
      case Move.Broadcast b -> pull(x, broadcast(b, x.shape()), type);
      case Move.Slice s -> pull(x, slice(s, x.shape(), type.shape()), type);
      case Move.Reverse r -> pull(x, reverse(r, x.shape()), type);
      case Move.Shear s -> pull(x, shear(s, x.shape(), type.shape()), type);
      case Move.Pad p -> {
        HostTensor out = HostTensor.fill(type, in.get(1).bits(0));
        push(x, pad(p, x.shape(), type.shape()), out);
        yield out;
      }
      case Move.Concat c -> concat(c.axis(), in, type);
    };
  }

  /** {@code y[i] = x[map[i]]}. */
  static HostTensor pull(HostTensor x, int[] map, TensorType type) {
    HostTensor y = HostTensor.allocate(type);
    for (int i = 0; i < map.length; i++) {
      y.setBits(i, x.bits(map[i]));
    }
    return y;
  }

  /** {@code y[map[i]] = x[i]}. */
  static void push(HostTensor x, int[] map, HostTensor y) {
    for (int i = 0; i < map.length; i++) {
      y.setBits(map[i], x.bits(i));
    }
  }

  private static int[] transpose(Move.Transpose op, Shape from, Shape to) {
    long[] strides = new long[to.rank()];
    for (int i = 0; i < strides.length; i++) {
      strides[i] = from.strides()[op.perm().get(i)];
    }
    return IndexMap.offsets(to.toArray(), strides, 0);
  }

  private static int[] broadcast(Move.Broadcast op, Shape from) {
    long[] strides = new long[op.shape().rank()];
    for (int i = 0; i < from.rank(); i++) {
      strides[op.axes().get(i)] = from.strides()[i];
    }
    return IndexMap.offsets(op.shape().toArray(), strides, 0);
  }

  private static int[] slice(Move.Slice op, Shape from, Shape to) {
    long[] strides = from.strides();
    long base = 0;
    for (int i = 0; i < strides.length; i++) {
      base += op.start().get(i) * strides[i];
      strides[i] *= op.stride().get(i);
    }
    return IndexMap.offsets(to.toArray(), strides, base);
  }

  private static int[] reverse(Move.Reverse op, Shape shape) {
    long[] strides = shape.strides();
    long base = 0;
    for (int a : op.axes()) {
      base += Math.max(0, shape.dim(a) - 1) * strides[a];
      strides[a] = -strides[a];
    }
    return IndexMap.offsets(shape.toArray(), strides, base);
  }

  private static int[] shear(Move.Shear op, Shape from, Shape to) {
    long[] strides = from.strides();
    long base = op.start(from.dim(op.by())) * strides[op.axis()];
    strides[op.by()] += op.step() * strides[op.axis()];
    return IndexMap.offsets(to.toArray(), strides, base);
  }

  private static int[] pad(Move.Pad op, Shape from, Shape to) {
    long[] strides = to.strides();
    long base = 0;
    for (int i = 0; i < strides.length; i++) {
      base += op.low().get(i) * strides[i];
      strides[i] *= op.interior().get(i) + 1L;
    }
    return IndexMap.offsets(from.toArray(), strides, base);
  }

  private static HostTensor concat(int axis, List<HostTensor> in, TensorType type) {
    HostTensor out = HostTensor.allocate(type);
    long[] strides = type.shape().strides();
    long base = 0;
    for (HostTensor part : in) {
      push(part, IndexMap.offsets(part.shape().toArray(), strides, base), out);
      base += part.shape().dim(axis) * strides[axis];
    }
    return out;
  }
}
