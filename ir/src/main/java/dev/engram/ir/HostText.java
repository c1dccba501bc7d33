package dev.engram.ir;

/** The elements of a tensor as text: {@code [[1.0, 2.0, 3.0], …]}. */
record HostText(HostTensor tensor, StringBuilder out) {
  /** Of a longer axis only the first and last elements are shown. */
  private static final int LONGEST = 8;

  private static final int SHOWN = 3;

  static String of(HostTensor t) {
    HostText text = new HostText(t, new StringBuilder());
    text.append(0, 0);
    return text.out.toString();
  }

  private void append(int axis, long offset) {
    TensorType type = tensor.type();
    if (axis == type.rank()) {
      out.append(element(type.dtype(), offset));
      return;
    }
    int n = type.shape().dim(axis);
    long step = type.shape().strides()[axis];
    out.append('[');
    for (int i = 0; i < n; i++) {
      if (i > 0) {
        out.append(", ");
      }
      if (n > LONGEST && i == SHOWN) {
        out.append("…, ");
        i = n - SHOWN;
      }
      append(axis + 1, offset + i * step);
    }
    out.append(']');
  }

  private String element(DType dtype, long at) {
    return switch (dtype) {
      case F32, F16, BF16 -> Float.toString((float) tensor.getDouble(at));
      case F64 -> Double.toString(tensor.getDouble(at));
      case I8, I16, I32, I64, U8 -> Long.toString(tensor.bits(at));
      case BOOL -> Boolean.toString(tensor.bits(at) != 0);
    };
  }
}
