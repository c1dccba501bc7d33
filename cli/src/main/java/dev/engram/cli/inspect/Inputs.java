package dev.engram.cli.inspect;

import dev.engram.cli.option.WholeNumber;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.TensorType;
import java.util.List;
import java.util.SplittableRandom;
import picocli.CommandLine.Option;

/** Makes random inputs for a graph when none are given. */
public final class Inputs {
  private Inputs() {}

  /** The option for their seed. */
  static final class Seed {
    @Option(
        names = "--seed",
        order = 150,
        paramLabel = "N",
        converter = WholeNumber.Any.class,
        defaultValue = "0",
        description = "seed of random inputs (default ${DEFAULT-VALUE})")
    private long value;

    long value() {
      return value;
    }
  }

  /** Draws floats between -1 and 1, integers from 0 to 3; equal seeds yield equal tensors. */
  public static List<HostTensor> random(List<TensorType> types, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    return types.stream().map(t -> random(t, random)).toList();
  }

  private static HostTensor random(TensorType type, SplittableRandom random) {
    HostTensor t = HostTensor.allocate(type);
    for (long i = 0; i < type.size(); i++) {
      if (type.dtype().isFloat()) {
        t.setDouble(i, random.nextDouble(-1, 1));
      } else {
        t.setBits(i, random.nextInt(type.dtype() == DType.BOOL ? 2 : 4));
      }
    }
    return t;
  }
}
