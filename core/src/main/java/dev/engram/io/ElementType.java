package dev.engram.io;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The element types of the safetensors format, by their names in the file. Later versions of the
 * format have others; their tensors are kept as plain bytes.
 */
enum ElementType {
  BOOL(1),
  U8(1),
  I8(1),
  F8_E5M2(1),
  F8_E4M3(1),
  F8_E8M0(1),
  I16(2),
  U16(2),
  F16(2),
  BF16(2),
  I32(4),
  U32(4),
  F32(4),
  I64(8),
  U64(8),
  F64(8),
  C64(8);

  /** Bytes of one element. */
  final int bytes;

  ElementType(int bytes) {
    this.bytes = bytes;
  }

  static Optional<ElementType> named(String name) {
    return Arrays.stream(values()).filter(type -> type.name().equals(name)).findFirst();
  }

  /** True for the names of element types, known here or not: F4, F6_E2M3. */
  static boolean isName(String name) {
    return name.matches("[A-Z][A-Z0-9_]*");
  }

  /** Bytes of one element; 1 for an unknown type. */
  static int width(String name) {
    return named(name).map(type -> type.bytes).orElse(1);
  }

  static String names() {
    return Arrays.stream(values()).map(ElementType::name).collect(Collectors.joining(", "));
  }

  /** Bytes of a whole tensor; empty when a size is negative or the product exceeds a long. */
  Optional<Long> bytesOf(long[] shape) {
    long product = bytes;
    boolean empty = false;
    boolean overflow = false;
    for (long size : shape) {
      if (size < 0) {
        return Optional.empty();
      }
      empty |= size == 0;
      overflow |= Math.multiplyHigh(product, size) != 0 || product * size < 0;
      product *= size;
    }
    if (empty) {
      return Optional.of(0L);
    }
    return overflow ? Optional.empty() : Optional.of(product);
  }
}
