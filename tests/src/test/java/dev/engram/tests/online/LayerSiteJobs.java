package dev.engram.tests.online;

import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.RandomTensors;
import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.op.ConvWindows;
import dev.engram.nn.Connectivity;
import dev.engram.nn.Conv;
import dev.engram.nn.Embedding;
import dev.engram.nn.GroupedLinear;
import dev.engram.nn.Initializer;
import dev.engram.nn.Linear;
import dev.engram.nn.LoraLinear;
import dev.engram.nn.ScaledWsLinear;
import dev.engram.nn.SignedLinear;
import dev.engram.nn.SparseLinear;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Each layer with weights as the drive of a leaky state, as in {@link SiteJobs}. */
final class LayerSiteJobs {
  private static final RandomKey KEY = RandomKey.of(31);
  private static final DType F64 = DType.F64;

  private LayerSiteJobs() {}

  /** {@code h ← 0.8 h + tanh(layer(x))}; the output is h through a fixed nonlinearity. */
  private static final class Driven extends Layer {
    private final Layer layer;
    private final State h;

    Driven(Layer layer, Shape shape) {
      this.layer = layer;
      this.h = hidden(() -> HostTensor.full(new TensorType(F64, shape), 0));
    }

    @Override
    public Tensor update(Tensor x) {
      Tensor next = h.value().mul(0.8).add(layer.update(x).tanh());
      h.set(next);
      return next.sin();
    }
  }

  private static Job job(String name, Shape in, Shape out, Supplier<Layer> layer) {
    Shape batch = Shape.of(Job.STEPS, Job.BATCH);
    return new Job(
        name,
        () -> new Driven(layer.get(), out),
        Job.normal(1, joined(batch, in)),
        Job.normal(2, joined(batch, out)));
  }

  private static int[] joined(Shape a, Shape b) {
    Shape all = a;
    for (int d : b.toArray()) {
      all = all.insert(all.rank(), d);
    }
    return all.toArray();
  }

  static List<Job> all() {
    return List.of(
        job("Linear", Shape.of(4), Shape.of(3), () -> new Linear(4, 3, KEY, F64)),
        job("GroupedLinear", Shape.of(4), Shape.of(6), () -> new GroupedLinear(2, 4, 6, KEY, F64)),
        job(
            "SignedLinear",
            Shape.of(4),
            Shape.of(3),
            () -> new SignedLinear(SignedLinear.dale(3, 4), 3, KEY, F64)),
        job(
            "ScaledWsLinear",
            Shape.of(4),
            Shape.of(3),
            () -> new ScaledWsLinear(4, 3, KEY, F64, Initializer.normal(1), 1e-4)),
        job("SparseLinear", Shape.of(5), Shape.of(4), () -> sparse(Optional.empty())),
        job(
            "SparseLinear with signs",
            Shape.of(5),
            Shape.of(4),
            () -> sparse(Optional.of(new double[] {1, -1, 1, 1, -1}))),
        job("LoraLinear", Shape.of(4), Shape.of(3), LayerSiteJobs::lora),
        job("Conv, 1 axis", Shape.of(5, 2), Shape.of(5, 3), () -> conv(new int[] {3}, 2, 3, 1)),
        job(
            "Conv, 1 axis, groups",
            Shape.of(4, 4),
            Shape.of(4, 2),
            () -> conv(new int[] {2}, 4, 2, 2)),
        job(
            "Conv, 1 axis, strided and dilated",
            Shape.of(8, 2),
            Shape.of(4, 2),
            () ->
                new Conv(
                    new int[] {2}, 2, 2, ConvWindows.same().stride(2).dilation(2), 1, KEY, F64)),
        job(
            "Conv, 2 axes",
            Shape.of(3, 4, 2),
            Shape.of(3, 4, 2),
            () -> conv(new int[] {3, 2}, 2, 2, 1)),
        job(
            "Conv, 3 axes",
            Shape.of(2, 3, 2, 1),
            Shape.of(2, 3, 2, 2),
            () -> conv(new int[] {2, 2, 2}, 1, 2, 1)),
        embedding());
  }

  private static Layer sparse(Optional<double[]> signs) {
    Connectivity to = Connectivity.random(5, 4, 0.5, RandomKey.of(8));
    return new SparseLinear(to, KEY, F64, Initializer.normal(1), signs);
  }

  // The second factor starts at zero, where the first one learns nothing.
  private static Layer lora() {
    LoraLinear lora = new LoraLinear(Job.normal(3, 4, 3), 2, 1.5, KEY);
    lora.states().get("B").set(Job.normal(4, 2, 3));
    return lora;
  }

  private static Layer conv(int[] size, int in, int out, int groups) {
    return new Conv(size, in, out, ConvWindows.same(), groups, KEY, F64);
  }

  private static Job embedding() {
    Tensor ids = RandomTensors.integers(RandomKey.of(4), Shape.of(Job.STEPS, Job.BATCH), 0, 5);
    return job(
            "Embedding",
            Shape.of(),
            Shape.of(3),
            () -> new Embedding(5, 3, KEY, F64, Initializer.normal(1)))
        .withInputs(ids);
  }
}
