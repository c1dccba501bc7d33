package dev.engram.tests.types;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.Builder;
import dev.engram.ir.DType;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Role;
import dev.engram.ir.RunException;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.interpret.Interpreter;
import dev.engram.ir.op.Check;
import dev.engram.lower.Backend;
import dev.engram.lower.CompiledProgram;
import dev.engram.lower.Lowering;
import dev.engram.tests.random.Ways;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The check for finite numbers, for every bit pattern of 16-bit floats and edge values of others.
 */
class CheckFiniteTest {

  @ParameterizedTest
  @EnumSource(names = {"F16", "BF16", "F32", "F64"})
  void stopsAtNanAndInfinitiesAlone(DType dtype) {
    TensorType one = TensorType.of(dtype, 1);
    for (Map.Entry<String, Consumer<HostTensor>> way : ways(one).entrySet()) {
      int stopped = 0;
      for (long bits : patterns(dtype)) {
        HostTensor x = HostTensor.fill(one, bits);
        Optional<String> got = failure(way.getValue(), x);
        double v = dtype.toDouble(bits);
        Optional<String> expected =
            Double.isFinite(v)
                ? Optional.empty()
                : Optional.of("mul gives " + (Double.isNaN(v) ? "NaN" : v) + " at [0]");
        assertEquals(
            expected, got.map(m -> m.replaceAll(" \\(.*", "")), () -> way.getKey() + " of " + v);
        stopped += got.isPresent() ? 1 : 0;
      }
      int found = stopped;
      // IEEE 754: an exponent of ones, with either sign and any significand
      int expected = dtype == DType.F16 ? 2 << 10 : dtype == DType.BF16 ? 2 << 7 : 0;
      assertTrue(expected == 0 || found == expected, () -> way.getKey() + " stopped " + found);
    }
  }

  private static List<Long> patterns(DType dtype) {
    if (dtype.bytes() > 2) {
      return EdgeValues.of(dtype);
    }
    List<Long> all = new ArrayList<>();
    for (long bits = 0; bits < 1 << 16; bits++) {
      all.add(bits);
    }
    return all;
  }

  private static Optional<String> failure(Consumer<HostTensor> way, HostTensor x) {
    try {
      way.accept(x);
      return Optional.empty();
    } catch (RunException e) {
      return Optional.of(e.getMessage());
    }
  }

  private static Map<String, Consumer<HostTensor>> ways(TensorType type) {
    Builder b = new Builder("checked");
    Value x = b.param(type, Role.INPUT, "");
    Graph g = b.build(List.of(b.emit1(new Check.Finite("mul"), x)));
    Map<String, Consumer<HostTensor>> out = new LinkedHashMap<>();
    out.put("interpreter", v -> Interpreter.run(g, List.of(v)));
    List<Backend> backends = new ArrayList<>(Ways.backends());
    backends.add(Ways.vectorCpu());
    for (int i = 0; i < backends.size(); i++) {
      CompiledProgram code = backends.get(i).compile(Lowering.lower(g));
      HostTensor y = HostTensor.allocate(type);
      out.put(
          backends.get(i).name() + " " + i,
          v -> {
            code.run(List.of(v), List.of(y));
            assertEquals(v.bits(0), y.bits(0));
          });
    }
    return out;
  }
}
