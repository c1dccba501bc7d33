package dev.engram.bench;

import dev.engram.Engram;
import dev.engram.Fn0;
import dev.engram.Fn1;
import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.States;
import dev.engram.WithAux;
import dev.engram.etrace.Factorization;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.nn.Connectivity;
import dev.engram.nn.EventLinear;
import dev.engram.nn.SparseLinear;
import dev.engram.online.Learner;
import dev.engram.online.PpProp;
import dev.engram.optim.Sgd;
import dev.engram.spiking.Constant;
import dev.engram.spiking.LifNeuron;
import dev.engram.spiking.Membrane;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * One large network of spiking neurons: leaky integrate and fire, each with so many inputs from the
 * others. Times a step for several shares of neurons that fire, with connections that are stored by
 * input and by output, in turns; and a step of pp-prop that changes all weights. Prints a table.
 *
 * <pre>
 *   java -Xmx4g --add-modules jdk.incubator.vector -Dengram.threads=2 -cp 'bench/target/lib/*'
 *       dev.engram.bench.SparseSpikes [--neurons 100000] [--inputs 100] [--seconds 3]
 * </pre>
 */
public final class SparseSpikes {
  private static final List<String> OPTIONS = List.of("neurons", "inputs", "seconds");
  private static final double[] SHARES = {0.001, 0.01, 0.1, 1};
  private static final RandomKey KEY = RandomKey.of(1);

  private SparseSpikes() {}

  public static void main(String[] args) {
    Options options = Options.of(args, OPTIONS);
    int n = options.integer("neurons", 100_000);
    int degree = options.integer("inputs", 100);
    double seconds = options.number("seconds", 3);
    long start = System.nanoTime();
    Connectivity to = Connectivity.fixedInDegree(n, n, degree, false, KEY);
    long made = System.nanoTime();
    Net events = new Net(n, new EventLinear(to, KEY, DType.F32));
    System.out.printf(
        Locale.ROOT,
        "%,d neurons, %,d connections: %.1f s to draw them, %.1f s for the layer by input%n%n",
        n,
        to.count(),
        1e-9 * (made - start),
        1e-9 * (System.nanoTime() - made));
    Net sources = new Net(n, new SparseLinear(to, KEY, DType.F32));
    System.out.println(
        "| firing | by input, ms | least | ns per connection that is used | by output, ms | least |"
            + " ratio of least |");
    System.out.println("|---:|---:|---:|---:|---:|---:|---:|");
    for (double share : SHARES) {
      inference(n, degree, share, events, sources, seconds);
    }
    learning(n, events, seconds);
    learning(n, sources, seconds);
  }

  /**
   * Neurons behind connections; the spikes of the last step come in from outside or are its own.
   */
  private static final class Net extends Layer {
    private final Layer connections;
    private final LifNeuron neurons;

    Net(int n, Layer connections) {
      this.connections = connections;
      neurons = new LifNeuron(n, Membrane.of(20).withThreshold(Constant.of(1)));
      initAllStates();
    }

    /** A step behind given spikes. */
    Tensor after(Tensor spikes) {
      return neurons.jump(connections.apply(spikes));
    }

    /** A step with a current from outside. */
    @Override
    public Tensor update(Tensor current) {
      return neurons.update(current, connections.apply(neurons.spikes()).mul(0.1));
    }
  }

  private static void inference(
      int n, int degree, double share, Net events, Net sources, double seconds) {
    SplittableRandom random = new SplittableRandom(7);
    HostTensor spikes = HostTensor.full(TensorType.of(DType.F32, n), 0);
    int fired = 0;
    for (int i = 0; i < n; i++) {
      if (random.nextDouble() < share) {
        spikes.setDouble(i, 1);
        fired++;
      }
    }
    Fn1<Tensor, Tensor> byInput = Engram.jit(events::after);
    Fn1<Tensor, Tensor> byOutput = Engram.jit(sources::after);
    Fn0<Object> first = () -> byInput.apply(spikes);
    Fn0<Object> second = () -> byOutput.apply(spikes);
    times(first, seconds / 2);
    times(second, seconds / 2);
    Times a = times(first, seconds);
    Times b = times(second, seconds);
    System.out.printf(
        Locale.ROOT,
        "| %.1f %% | %.2f | %.2f | %.1f | %.1f | %.1f | %.2f |%n",
        100.0 * fired / n,
        1e-6 * a.median,
        1e-6 * a.least,
        a.least / ((double) fired * degree),
        1e-6 * b.median,
        1e-6 * b.least,
        b.least / a.least);
  }

  /** Gradients of the rate's squared error, and a change of all weights, at every step. */
  private static void learning(int n, Net net, double seconds) {
    net.initAllStates();
    HostTensor current = HostTensor.full(TensorType.of(DType.F32, 1, n), 0);
    SplittableRandom random = new SplittableRandom(9);
    for (int i = 0; i < n; i++) {
      current.setDouble(i, random.nextDouble(0.4, 1.2));
    }
    Learner<Tensor, Tensor> learner =
        Learner.compile(
            net, m -> new PpProp<>(m, Factorization.InputOutput.decay(0.9), _ -> {}), current);
    States weights = learner.weights();
    Sgd sgd = new Sgd(1e-3);
    sgd.register(weights);
    Fn1<Tensor, Tensor> step =
        Engram.jit(
            (Tensor x) -> {
              var found =
                  Engram.gradWithAux(
                          () -> {
                            Tensor out = learner.apply(x);
                            Tensor rate = out.mean();
                            return new WithAux<>(rate.sub(0.01).square().mul(0.5 * n), rate);
                          },
                          weights)
                      .apply();
              sgd.update(found.grad());
              return found.aux();
            });
    for (int i = 0; i < 50; i++) {
      step.apply(current);
    }
    Times time = times(() -> step.apply(current), 2 * seconds);
    long traces = learner.onlineStep().traces().stream().mapToLong(t -> t.type().bytes()).sum();
    System.out.printf(
        Locale.ROOT,
        "%npp-prop, %s: %.1f ms a step that changes all weights (least %.1f), %.2f %% of the"
            + " neurons fire, traces of %.1f MB%n",
        net.connections.getClass().getSimpleName(),
        1e-6 * time.median,
        1e-6 * time.least,
        100 * step.apply(current).host().item(),
        1e-6 * traces);
  }

  /** Nanoseconds. */
  private record Times(double median, double least) {}

  private static Times times(Fn0<Object> f, double seconds) {
    List<Long> times = new ArrayList<>();
    long end = System.nanoTime() + (long) (1e9 * seconds);
    while (System.nanoTime() < end || times.size() < 5) {
      long start = System.nanoTime();
      f.apply();
      times.add(System.nanoTime() - start);
    }
    double[] sorted = times.stream().mapToDouble(t -> t).sorted().toArray();
    return new Times(sorted[sorted.length / 2], sorted[0]);
  }
}
