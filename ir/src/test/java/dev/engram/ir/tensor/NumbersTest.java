package dev.engram.ir.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.Builder;
import dev.engram.ir.DType;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Role;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import dev.engram.ir.interpret.Interpreter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Numbers as operands: what they are in each element type, known and traced. */
class NumbersTest {
  /** The least number that no double is. */
  private static final long ODD = (1L << 53) + 1;

  /** An op with a double, with a long, and with the tensor of that number. */
  private record Overload(
      Function<Tensor, Tensor> ofDouble,
      Function<Tensor, Tensor> ofLong,
      BinaryOperator<Tensor> ofTensor) {}

  private static Map<String, Overload> overloads(double d, long l) {
    Map<String, Overload> m = new LinkedHashMap<>();
    m.put("add", new Overload(x -> x.add(d), x -> x.add(l), Tensor::add));
    m.put("sub", new Overload(x -> x.sub(d), x -> x.sub(l), Tensor::sub));
    m.put("mul", new Overload(x -> x.mul(d), x -> x.mul(l), Tensor::mul));
    m.put("div", new Overload(x -> x.div(d), x -> x.div(l), Tensor::div));
    m.put("rem", new Overload(x -> x.rem(d), x -> x.rem(l), Tensor::rem));
    m.put("mod", new Overload(x -> x.mod(d), x -> x.mod(l), Tensor::mod));
    m.put("floorDiv", new Overload(x -> x.floorDiv(d), x -> x.floorDiv(l), Tensor::floorDiv));
    m.put("clipMin", new Overload(x -> x.clipMin(d), x -> x.clipMin(l), Tensor::max));
    m.put("clipMax", new Overload(x -> x.clipMax(d), x -> x.clipMax(l), Tensor::min));
    m.put("eq", new Overload(x -> x.eq(d), x -> x.eq(l), Tensor::eq));
    m.put("ne", new Overload(x -> x.ne(d), x -> x.ne(l), Tensor::ne));
    m.put("lt", new Overload(x -> x.lt(d), x -> x.lt(l), Tensor::lt));
    m.put("le", new Overload(x -> x.le(d), x -> x.le(l), Tensor::le));
    m.put("gt", new Overload(x -> x.gt(d), x -> x.gt(l), Tensor::gt));
    m.put("ge", new Overload(x -> x.ge(d), x -> x.ge(l), Tensor::ge));
    return m;
  }

  @Test
  void everyOverloadIsTheOpOnATensorOfThatNumber() {
    HostTensor x = HostTensor.of(new long[] {-7, -3, 0, 2, 3, 4, 7}, 7);
    for (DType dtype : List.of(DType.F32, DType.F64, DType.BF16, DType.I8, DType.I32, DType.I64)) {
      Tensor of = x.cast(dtype);
      HostTensor three = HostTensor.full(TensorType.scalar(dtype), 3);
      overloads(3.0, 3)
          .forEach(
              (name, o) -> {
                String what = name + " of " + dtype;
                HostTensor want = o.ofTensor.apply(of, three).host();
                assertTrue(want.sameBits(o.ofDouble.apply(of).host()), what);
                assertTrue(want.sameBits(o.ofLong.apply(of).host()), what);
                assertTrue(want.sameBits(traced(o.ofDouble::apply, of)), what);
                assertTrue(want.sameBits(traced(o.ofLong::apply, of)), what);
              });
    }
    assertEquals(-343, x.cast(DType.F64).pow(3).host().getDouble(0), 1e-12);
    assertEquals(2, x.cast(DType.F64).pow(0.5).host().getDouble(5), 1e-15);
  }

  @Test
  void aLongIsExactInI64() {
    HostTensor one = HostTensor.of(new long[] {1, ODD}, 2);
    assertEquals(ODD, one.mul(ODD).host().bits(0));
    assertEquals(ODD + 1, one.add(ODD).host().bits(0));
    assertEquals(1, one.eq(ODD).host().bits(1));
    // the double is another number
    assertEquals(0, one.eq((double) ODD).host().bits(1));
    assertEquals(ODD, one.like(ODD).host().bits(1));
    assertEquals(ODD, traced(t -> t.mul(ODD), one).bits(0));
    assertEquals(ODD, traced(t -> t.like(ODD), one).bits(0));
    assertEquals(ODD, HostTensor.full(one.type(), ODD).bits(1));
    assertEquals(ODD, one.pad(List.of(1), List.of(0), ODD).host().bits(0));
    assertEquals(ODD, one.clip(ODD, Long.MAX_VALUE).host().bits(0));
    assertEquals(Long.MIN_VALUE, one.like(Long.MIN_VALUE).host().bits(0));
    assertEquals(Long.MIN_VALUE, one.like(-0x1p63).host().bits(0));
  }

  @Test
  void aLongIsRoundedOnceToAFloat() {
    // by way of f64 it would be 2^60, a tie that goes to even
    long above = (1L << 60) + (1L << 36) + 1;
    HostTensor x = HostTensor.of(new float[] {1}, 1);
    assertEquals((float) above, (float) x.mul(above).host().item());
    assertEquals(0x1p60f, (float) (double) above);
    assertEquals(0.1f, (float) x.mul(0.1).host().item());
  }

  @Test
  void whatAnIntegerCannotBeIsAnError() {
    HostTensor i64 = HostTensor.of(new long[] {1, 2}, 2);
    for (Map.Entry<String, Overload> e : overloads(0.5, 300).entrySet()) {
      refused(e.getKey() + ": the number 0.5 does not fit i64[2]", e.getValue().ofDouble, i64);
      refused(
          e.getKey() + ": the number 300 does not fit u8[2], expected an integer from 0 to 255",
          e.getValue().ofLong,
          i64.cast(DType.U8).host());
    }
    refused("like: the number 0.5 does not fit i64[2]", x -> x.like(0.5), i64);
  }

  @Test
  void neitherCanABoolNorAFilledTensor() {
    HostTensor bool = HostTensor.of(new boolean[] {true}, 1);
    refused("like: the number 2 does not fit bool[1]", x -> x.like(2), bool);
    assertEquals(1, bool.like(1).host().bits(0));
    HostTensor i32 = HostTensor.of(new int[] {1}, 1);
    for (double v : List.of(Double.NaN, Double.POSITIVE_INFINITY, 0x1p31, 1e300)) {
      refused("like: the number " + (v == 0x1p31 ? "2147483648" : v + ""), x -> x.like(v), i32);
    }
    HostTensor i64 = HostTensor.of(new long[] {1}, 1);
    refused("like: the number " + 0x1p63, x -> x.like(0x1p63), i64);
    refused("full: the number 0.5 does not fit i64[1]", x -> HostTensor.full(x.type(), 0.5), i64);
    refused("pad: the number 0.5", x -> x.pad(List.of(0), List.of(1), 0.5), i64);
  }

  @Test
  void theGreatestNumberBelowAnother() {
    for (DType d : List.of(DType.F16, DType.BF16, DType.F32, DType.F64)) {
      for (double v : List.of(1.0, 0.0, -0.0, -1.0, 0.1, -0.1, 1000.0, 0x1p-14, -0x1p-14)) {
        double rounded = d.toDouble(d.bitsOf(v));
        double below = d.below(v);
        assertTrue(below < rounded, d + " " + v);
        assertEquals(below, d.toDouble(d.bitsOf(below)), d + " " + v);
        // nothing of the type lies between
        double middle = d.toDouble(d.bitsOf(below / 2 + rounded / 2));
        assertTrue(middle == below || middle == rounded, d + " " + v);
      }
    }
  }

  private static void refused(String message, Function<Tensor, Tensor> f, HostTensor x) {
    String known = assertThrows(TypeException.class, () -> f.apply(x)).getMessage();
    String traced = assertThrows(TypeException.class, () -> traced(f::apply, x)).getMessage();
    for (String got : List.of(known, traced)) {
      assertTrue(got.startsWith(message) && got.contains("(NumbersTest.java:"), got);
    }
  }

  private static HostTensor traced(UnaryOperator<Tensor> f, Tensor x) {
    Builder b = new Builder("f");
    Tensor y = f.apply(b.tracer(b.param(x.type(), Role.INPUT, "")));
    Graph g = b.build(List.of(b.lift(y)));
    return Interpreter.run(g, List.of(x.host())).getFirst();
  }
}
