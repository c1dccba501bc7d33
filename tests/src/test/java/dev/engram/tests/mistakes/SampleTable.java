package dev.engram.tests.mistakes;

import static java.lang.StackWalker.Option.RETAIN_CLASS_REFERENCE;

import dev.engram.CompiledGraph;
import dev.engram.Compiler;
import dev.engram.Engram;
import dev.engram.Jitted;
import dev.engram.Layer;
import dev.engram.Model;
import dev.engram.Network;
import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.States;
import dev.engram.etrace.ModelStep;
import dev.engram.io.Safetensors;
import dev.engram.ir.DType;
import dev.engram.ir.DeviceStorage;
import dev.engram.ir.DeviceTensor;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Role;
import dev.engram.ir.Shape;
import dev.engram.ir.Storage;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Trace;
import dev.engram.ir.Tracer;
import dev.engram.ir.op.Custom;
import dev.engram.ir.op.OptimizationBarrier;
import dev.engram.nn.Connectivity;
import dev.engram.nn.GruCell;
import dev.engram.nn.Linear;
import dev.engram.nn.LoraLinear;
import dev.engram.nn.Places;
import dev.engram.nn.Profile;
import dev.engram.nn.SignedLinear;
import dev.engram.nn.UrLstmCell;
import dev.engram.online.DRtrl;
import dev.engram.online.Learner;
import dev.engram.online.Rollout;
import dev.engram.optim.Accumulation;
import dev.engram.optim.Lookahead;
import dev.engram.optim.OnlineTrainer;
import dev.engram.optim.Optimizer;
import dev.engram.optim.ParameterGroups;
import dev.engram.optim.Sgd;
import dev.engram.optim.WeightAverage;
import dev.engram.sparse.Coo;
import dev.engram.sparse.Csr;
import dev.engram.sparse.EventProduct;
import dev.engram.spiking.AdExNeuron;
import dev.engram.spiking.DelayKernel;
import dev.engram.spiking.ExponentialIfNeuron;
import dev.engram.spiking.LifNeuron;
import dev.engram.spiking.Membrane;
import dev.engram.spiking.Neuron;
import dev.engram.spiking.QuadraticIfNeuron;
import dev.engram.spiking.Surrogate;
import dev.engram.spiking.Synapse;
import dev.engram.tests.device.FakeBackend;
import java.lang.StackWalker.StackFrame;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** The values that {@link Samples} cannot construct by itself. */
final class SampleTable {
  private static final HostTensor X = HostTensor.of(new float[] {1, 2}, 2);
  private static final HostTensor M = HostTensor.of(new float[] {1, 0, 0, 2}, 2, 2);

  private SampleTable() {}

  static Map<Class<?>, Supplier<?>> all() {
    Map<Class<?>, Supplier<?>> all = new LinkedHashMap<>();
    values(all);
    tensors(all);
    graphs(all);
    functions(all);
    models(all);
    return all;
  }

  private static void values(Map<Class<?>, Supplier<?>> all) {
    all.put(boolean.class, () -> true);
    all.put(byte.class, () -> (byte) 1);
    all.put(short.class, () -> (short) 1);
    all.put(int.class, () -> 1);
    all.put(Integer.class, () -> 1);
    all.put(long.class, () -> 1L);
    all.put(Long.class, () -> 1L);
    all.put(float.class, () -> 0.5f);
    all.put(double.class, () -> 0.5);
    all.put(double[].class, () -> new double[] {1});
    all.put(String.class, () -> "w");
    all.put(Object.class, () -> X);
    all.put(Class.class, () -> OptimizationBarrier.class);
    all.put(
        StackFrame.class,
        () ->
            StackWalker.getInstance(RETAIN_CLASS_REFERENCE).walk(f -> f.findFirst().orElseThrow()));
    all.put(Path.class, () -> Path.of("none.safetensors"));
    all.put(Safetensors.Entry.class, () -> Safetensors.Entry.of("w", X));
    all.put(MemorySegment.class, () -> MemorySegment.ofArray(new byte[8]));
  }

  private static void tensors(Map<Class<?>, Supplier<?>> all) {
    all.put(Tensor.class, () -> X);
    all.put(HostTensor.class, () -> X);
    all.put(DeviceTensor.class, SampleTable::onDevice);
    all.put(DeviceStorage.class, () -> onDevice().storage());
    all.put(Storage.class, () -> onDevice().storage());
    all.put(Shape.class, () -> Shape.of(2));
    all.put(TensorType.class, () -> TensorType.of(DType.F32, 2));
    all.put(RandomKey.class, () -> RandomKey.of(0));
    all.put(Coo.class, () -> Coo.of(M));
    all.put(Csr.class, () -> new Csr(X, indices(0, 1), indices(0, 1, 2), 2));
  }

  private static DeviceTensor onDevice() {
    return (DeviceTensor) new FakeBackend().device().put(X);
  }

  private static HostTensor indices(int... i) {
    return HostTensor.of(i, i.length);
  }

  private static void graphs(Map<Class<?>, Supplier<?>> all) {
    all.put(Graph.class, SampleTable::twice);
    all.put(Tracer.class, () -> new Trace("f").input(TensorType.of(DType.F32, 2), Role.INPUT, "x"));
    all.put(Custom.class, () -> new OptimizationBarrier());
    all.put(ModelStep.class, () -> new ModelStep(twice(), 1, List.of()));
    all.put(Compiler.class, Compiler::standard);
    all.put(CompiledGraph.class, () -> Compiler.standard().compile(twice()));
    all.put(Compiler.Watcher.class, () -> new Compiler.Watcher() {});
  }

  private static Graph twice() {
    Trace trace = new Trace("twice");
    Tensor x = trace.input(TensorType.of(DType.F32, 2), Role.INPUT, "x");
    return trace.build(List.of(trace.run(() -> trace.lift(x.mul(2)))));
  }

  private static void functions(Map<Class<?>, Supplier<?>> all) {
    all.put(Jitted.class, () -> Engram.jit((Tensor x) -> x));
    all.put(Jitted.Of0.class, () -> Engram.jit(() -> X));
    all.put(Jitted.Of1.class, () -> Engram.jit((Tensor x) -> x));
    all.put(Jitted.Of2.class, () -> Engram.jit((Tensor x, Tensor y) -> x.add(y)));
    all.put(Jitted.Of3.class, () -> Engram.jit((Tensor x, Tensor y, Tensor z) -> x));
    all.put(Jitted.Of4.class, () -> Engram.jit((Tensor x, Tensor y, Tensor z, Tensor w) -> x));
  }

  private static void models(Map<Class<?>, Supplier<?>> all) {
    all.put(Layer.class, () -> new Linear(2, 2, RandomKey.of(0)));
    all.put(Network.class, () -> new Linear(2, 2, RandomKey.of(0)));
    all.put(Model.class, () -> new Linear(2, 2, RandomKey.of(0)));
    all.put(Synapse.class, () -> new Synapse.Exponential(2, 5, 1, DType.F32));
    all.put(Rollout.class, () -> learner().rollout(M.expandDims(0)));
    all.put(ExponentialIfNeuron.Constants.class, ExponentialIfNeuron.Constants::wangBuzsaki);
    all.put(QuadraticIfNeuron.Constants.class, QuadraticIfNeuron.Constants::cortical);
    all.put(AdExNeuron.Constants.class, AdExNeuron.Constants::tonic);
    all.put(LoraLinear.class, () -> new LoraLinear(M, 1, 1, RandomKey.of(0)));
    all.put(UrLstmCell.class, () -> new UrLstmCell(2, 3, RandomKey.of(0)));
    all.put(
        SignedLinear.class,
        () -> new SignedLinear(new double[] {1, -1}, 2, RandomKey.of(0), DType.F32));
    all.put(Connectivity.class, () -> Connectivity.of(2, List.of(new int[] {0})));
    all.put(Custom.Connecting.class, () -> new EventProduct(2));
    all.put(Custom.Batchable.class, () -> new EventProduct(2));
    all.put(Profile.class, () -> Profile.gaussian(1));
    all.put(Places.class, () -> Places.of(M.host()));
    all.put(Surrogate.class, Surrogate::straightThrough);
    all.put(DelayKernel.class, DelayKernel::linear);
    all.put(Neuron.class, () -> new LifNeuron(2, Membrane.of(10)));
    all.put(Synapse.class, () -> new Synapse.Exponential(2, 1, 0.5, DType.F32));
    all.put(
        Synapse.DoubleExponential.class,
        () -> new Synapse.DoubleExponential(2, 1, 2, 0.5, DType.F32));
    all.put(Learner.class, SampleTable::learner);
    all.put(Optimizer.class, () -> sgd(learner()));
    all.put(ParameterGroups.Group.class, () -> ParameterGroups.rest(new Sgd(0.1)));
    all.put(
        ParameterGroups.class,
        () -> ParameterGroups.of(weights(), ParameterGroups.rest(new Sgd(0.1))));
    all.put(Lookahead.class, () -> new Lookahead(_ -> {}, weights(), 1, 0.5));
    all.put(Accumulation.class, () -> new Accumulation(_ -> {}, weights(), 1));
    all.put(WeightAverage.class, () -> WeightAverage.uniform(weights()));
    all.put(
        OnlineTrainer.class,
        () -> {
          Learner<Tensor, Tensor> learner = learner();
          return new OnlineTrainer<Tensor, Tensor, Tensor>(
              learner, sgd(learner), (x, y) -> x.sub(y).sum());
        });
  }

  private static States weights() {
    return new States(Map.of("w", State.parameter(X)));
  }

  private static Learner<Tensor, Tensor> learner() {
    return Learner.compile(new GruCell(2, 2, RandomKey.of(0)), m -> new DRtrl<>(m, _ -> {}), M);
  }

  private static Sgd sgd(Learner<Tensor, Tensor> learner) {
    Sgd sgd = new Sgd(0.1);
    sgd.register(learner.weights());
    return sgd;
  }
}
