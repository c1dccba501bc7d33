package dev.engram;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import dev.engram.io.Safetensors;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;

/**
 * One golden case, in which the weights and biases of a layer have one more name in their paths.
 */
public final class Golden {
  /** The reference vectors of this checkout. */
  public static final Path FOLDER = Path.of(System.getProperty("engram.root", ".."), "golden");

  private final Safetensors file;

  public Golden(String name) {
    try {
      file = Safetensors.read(FOLDER.resolve(name + ".safetensors"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public HostTensor get(String name) {
    Safetensors.Entry e = file.entry(name);
    DType dtype = DType.valueOf(e.dtype().toUpperCase(Locale.ROOT));
    int[] dims = Arrays.stream(e.shape()).mapToInt(Math::toIntExact).toArray();
    TensorType type = new TensorType(dtype, Shape.of(dims));
    HostTensor copy = HostTensor.allocate(type);
    MemorySegment.copy(e.data(), 0, copy.segment(), 0, type.bytes());
    return copy;
  }

  /** The golden name of the state at {@code path}. */
  public static String name(String path) {
    return path.replaceFirst("\\.(weight|bias)$", ".weight.$1");
  }

  /** Sets the parameters of {@code model} to those of this case. */
  public void load(Model model) {
    model
        .states()
        .subset(State.Kind.PARAMETER)
        .byPath()
        .forEach((path, s) -> s.set(get("params." + name(path)).cast(s.type().dtype())));
  }

  /** Every element within {@code tolerance}, scaled by the largest expected one. */
  public static void assertClose(String what, HostTensor want, Tensor got, double tolerance) {
    assertEquals(want.shape(), got.shape(), what);
    double scale = Arrays.stream(want.toDoubles()).map(Math::abs).max().orElse(0);
    for (long i = 0; i < want.type().size(); i++) {
      double error = Math.abs(want.getDouble(i) - got.host().getDouble(i));
      if (!(error <= tolerance * Math.max(scale, 1e-3))) {
        fail(what + "[" + i + "] = " + got.host().getDouble(i) + ", expected " + want.getDouble(i));
      }
    }
  }
}
