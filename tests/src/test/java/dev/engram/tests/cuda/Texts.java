package dev.engram.tests.cuda;

import dev.engram.TracedFunction;
import dev.engram.ir.DType;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.passes.Pipeline;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.Lowering;
import dev.engram.tests.random.Ways;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;

/** Programs for the tests of their text. */
final class Texts {
  private Texts() {}

  /** {@code f} of tensors of these types, as users run it. */
  static LoopProgram of(Function<List<Tensor>, Tensor> f, List<TensorType> types) {
    return Lowering.lower(graph(f, types));
  }

  /** The same, with the results written over arguments of their types where that is safe. */
  static LoopProgram inPlace(Function<List<Tensor>, Tensor> f, List<TensorType> types) {
    Graph g = graph(f, types);
    return Lowering.lower(g, Ways.updates(g));
  }

  /** The graph of {@code f}, simplified. */
  static Graph graph(Function<List<Tensor>, Tensor> f, List<TensorType> types) {
    List<Object> args = new ArrayList<>(types);
    args.replaceAll(t -> HostTensor.allocate((TensorType) t));
    return Pipeline.standard()
        .run(
            TracedFunction.of(
                    "f", in -> f.apply(in.stream().map(Tensor.class::cast).toList()), args)
                .graph());
  }

  /** Values that are plausible for any program: floats about 0, small integers. */
  static List<HostTensor> args(List<TensorType> types, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<HostTensor> all = new ArrayList<>();
    for (TensorType t : types) {
      HostTensor x = HostTensor.allocate(t);
      for (long i = 0; i < t.size(); i++) {
        DType d = t.dtype();
        long bits =
            d.isFloat()
                ? d.bitsOf(random.nextInt(50) == 0 ? -0.0 : random.nextDouble(-1, 1))
                : d == DType.BOOL ? random.nextInt(2) : d.ofLong(random.nextInt(8));
        x.setBits(i, bits);
      }
      all.add(x);
    }
    return all;
  }
}
