package dev.engram.ir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.BinaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Whatever broadcasts gives the shapes that numpy gives, with axes of length 1 and 0. */
class BroadcastTableTest {

  /** A pair of shapes, and what they are together; empty where they do not fit. */
  private record Row(Shape a, Shape b, String together) {}

  @TestFactory
  Stream<DynamicTest> elementwise() {
    return each("add", Shape.scalar(), Shape.scalar(), Tensor::add, Shape.scalar());
  }

  @TestFactory
  Stream<DynamicTest> comparison() {
    return each("lt", Shape.scalar(), Shape.scalar(), Tensor::lt, Shape.scalar());
  }

  @TestFactory
  Stream<DynamicTest> choice() {
    BinaryOperator<Tensor> select = (a, b) -> a.gt(0).select(b, a);
    return each("select", Shape.scalar(), Shape.scalar(), select, Shape.scalar());
  }

  @TestFactory
  Stream<DynamicTest> product() {
    return each("matmul", Shape.of(2, 3), Shape.of(3, 4), Tensor::matmul, Shape.of(2, 4));
  }

  @TestFactory
  Stream<DynamicTest> einsum() {
    return Stream.of(
            einsum("...,...->...", Shape.scalar(), Shape.scalar(), Shape.scalar()),
            einsum("...i,...i->...", Shape.of(2), Shape.of(2), Shape.scalar()),
            einsum("...i,...i", Shape.of(0), Shape.of(0), Shape.scalar()),
            einsum("...i,...j->...ij", Shape.of(2), Shape.of(3), Shape.of(2, 3)),
            einsum("...ij,...jk->...ik", Shape.of(2, 0), Shape.of(0, 3), Shape.of(2, 3)))
        .flatMap(s -> s);
  }

  private static Stream<DynamicTest> einsum(String text, Shape a, Shape b, Shape tail) {
    return each(text, a, b, (x, y) -> Tensor.einsum(text, x, y), tail);
  }

  /** The shapes of the table before {@code a} and {@code b}, and before {@code tail}. */
  private static Stream<DynamicTest> each(
      String name, Shape a, Shape b, BinaryOperator<Tensor> op, Shape tail) {
    return rows()
        .flatMap(r -> Stream.of(r, new Row(r.b(), r.a(), r.together())))
        .map(
            r ->
                dynamicTest(
                    name + " of " + r,
                    () -> check(ones(r.a().concat(a)), ones(r.b().concat(b)), r, op, tail)));
  }

  private static void check(Tensor x, Tensor y, Row r, BinaryOperator<Tensor> op, Shape tail) {
    if (r.together().equals("none")) {
      assertThrows(TypeException.class, () -> op.apply(x, y));
    } else {
      assertEquals(shape(r.together()).concat(tail), op.apply(x, y).shape());
    }
  }

  /** Control: the longer of two lengths is not what they broadcast to. */
  @Test
  void oneAgainstNoneIsNone() {
    assertEquals(Shape.of(0), ones(Shape.of(1)).add(ones(Shape.of(0))).shape());
    assertEquals(
        "none",
        rows()
            .filter(r -> r.a().equals(Shape.of(0)) && r.b().equals(Shape.of(2)))
            .findFirst()
            .orElseThrow()
            .together());
  }

  private static Tensor ones(Shape shape) {
    return HostTensor.full(new TensorType(DType.F32, shape), 1.0);
  }

  private static Stream<Row> rows() {
    try (InputStream in = BroadcastTableTest.class.getResourceAsStream("broadcast-shapes.txt")) {
      String text = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
      return text.lines()
          .filter(l -> !l.startsWith("#"))
          .map(l -> l.split(" "))
          .map(w -> new Row(shape(w[0]), shape(w[1]), w[2]));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static Shape shape(String text) {
    String inside = text.substring(1, text.length() - 1);
    return inside.isEmpty()
        ? Shape.scalar()
        : Shape.of(Arrays.stream(inside.split(",")).mapToInt(Integer::parseInt).toArray());
  }
}
