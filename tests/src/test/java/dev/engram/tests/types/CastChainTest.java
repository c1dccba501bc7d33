package dev.engram.tests.types;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.Builder;
import dev.engram.ir.DType;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Role;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.interpret.Interpreter;
import dev.engram.ir.op.Cast;
import dev.engram.ir.passes.Pipeline;
import dev.engram.tests.random.Ways;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A cast of a cast, for all triples of types: simplified and compiled code equals single casts. */
class CastChainTest {
  private static final List<DType> TYPES = List.of(DType.values());

  /** {@code x.cast(b).cast(c)} for all b and c, b outside. */
  private static Graph chains(DType from) {
    Builder b = new Builder("chains");
    TensorType type = EdgeValues.row(from).type();
    Value x = b.param(type, Role.INPUT, "");
    List<Value> outs = new ArrayList<>();
    for (DType first : TYPES) {
      Value y = b.emit1(new Cast(first), x);
      TYPES.forEach(second -> outs.add(b.emit1(new Cast(second), y)));
    }
    return b.build(outs);
  }

  @ParameterizedTest
  @EnumSource(DType.class)
  void simplified(DType from) {
    Graph g = chains(from);
    List<HostTensor> x = List.of(EdgeValues.row(from));
    List<HostTensor> want = Interpreter.run(g, x);
    same(from, want, Interpreter.run(Pipeline.standard().run(g), x));
  }

  @ParameterizedTest
  @EnumSource(DType.class)
  void compiled(DType from) {
    Graph g = chains(from);
    List<HostTensor> x = List.of(EdgeValues.row(from));
    List<HostTensor> want = Interpreter.run(g, x);
    for (String name : Ways.BACKENDS) {
      same(from, want, Ways.compiled(Ways.backend(name)).run(g, x));
    }
    same(from, want, Ways.compiled(Ways.scalarCpu()).run(g, x));
    same(from, want, Ways.compiled(Ways.vectorCpu()).run(g, x));
  }

  private static void same(DType from, List<HostTensor> want, List<HostTensor> got) {
    Optional<String> bad = Same.difference(want, got);
    assertEquals(
        Optional.empty(),
        bad,
        () -> from + ", result " + TYPES.size() + " · first + second of " + TYPES);
  }

  /**
   * The result of one cast to an integer, by exact arithmetic: the manual's definition as a
   * formula.
   */
  @Test
  void integersSaturateFromFloatsAndWrapFromIntegers() {
    for (DType from : TYPES) {
      HostTensor x = EdgeValues.row(from);
      for (DType to : TYPES.stream().filter(DType::isInteger).toList()) {
        HostTensor y = (HostTensor) x.cast(to);
        for (long i = 0; i < x.type().size(); i++) {
          assertEquals(exact(x, i, to), y.bits(i), from + " to " + to + " of " + x.getDouble(i));
        }
      }
    }
  }

  private static long exact(HostTensor x, long i, DType to) {
    BigInteger low = BigInteger.valueOf(to.lowest());
    BigInteger high = BigInteger.valueOf(to.highest());
    if (!x.dtype().isFloat()) {
      BigInteger n = high.subtract(low).add(BigInteger.ONE);
      return BigInteger.valueOf(x.bits(i)).subtract(low).mod(n).add(low).longValueExact();
    }
    double v = x.getDouble(i);
    if (Double.isNaN(v)) {
      return 0;
    }
    BigInteger whole =
        Double.isInfinite(v) ? (v > 0 ? high : low) : new BigDecimal(v).toBigInteger();
    return whole.max(low).min(high).longValueExact();
  }

  /** Control: a composition that wraps where the chain saturates is detected. */
  @Test
  void aWrappingCastIsNoSaturatingOne() {
    HostTensor x = HostTensor.of(new int[] {300, -300, 5}, 3);
    HostTensor chain = (HostTensor) x.cast(DType.F64).cast(DType.I8);
    HostTensor direct = (HostTensor) x.cast(DType.I8);
    assertEquals(List.of(127L, -128L, 5L), List.of(chain.bits(0), chain.bits(1), chain.bits(2)));
    assertTrue(Same.difference(List.of(chain), List.of(direct)).isPresent());
  }
}
