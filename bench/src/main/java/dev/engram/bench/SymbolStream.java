package dev.engram.bench;

import com.sun.management.ThreadMXBean;
import dev.engram.Engram;
import dev.engram.Fn2;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * A stream of random inputs and symbols, for a net that learns from each of them as it comes
 * ({@link StreamingStep}): by a call for each step, and by a compiled loop over a chunk of steps,
 * which updates the weights in each.
 */
final class SymbolStream {
  private static final int CHUNK = 1000;

  private final StreamedNet net;
  private final TaskSizes sizes;
  private final HostTensor x;
  private final HostTensor digits;
  private final List<Tensor> xs = new ArrayList<>();
  private final List<Tensor> wanted = new ArrayList<>();

  SymbolStream(StreamedNet net, TaskSizes sizes) {
    this.net = net;
    this.sizes = sizes;
    SplittableRandom random = new SplittableRandom(sizes.seed());
    int batch = sizes.batch();
    x = net.inputs(sizes, CHUNK, random);
    digits = HostTensor.allocate(TensorType.of(DType.I32, CHUNK, batch));
    for (int i = 0; i < CHUNK * batch; i++) {
      digits.setDouble(i, random.nextInt(TaskSizes.SYMBOLS));
    }
    for (int i = 0; i < CHUNK; i++) {
      xs.add(x.get(i).host());
      wanted.add(digits.get(i).host());
    }
  }

  private StreamingStep fresh() {
    return new StreamingStep(net, sizes);
  }

  private static Fn2<Tensor, Tensor, Tensor> compiled(StreamingStep step) {
    return Engram.jit((Tensor all, Tensor digits) -> Engram.forLoop(step, all, digits));
  }

  /**
   * Prints the losses of so many steps both ways and writes a file with all that a peer needs: the
   * weights by path, and for a whole chunk {@code x}, f32[N, B, n], and {@code digits}, i32[N, B].
   */
  void losses(int steps, Path data) throws IOException {
    PeerLosses.write(fresh().weights(), Map.of("x", x, "digits", digits), data);
    Fn2<Tensor, Tensor, Tensor> step = Engram.jit(fresh());
    List<Double> one =
        IntStream.range(0, steps)
            .mapToObj(i -> step.apply(xs.get(i), wanted.get(i)).host().item())
            .toList();
    HostTensor all = compiled(fresh()).apply(x, digits).host();
    List<Double> loop = IntStream.range(0, steps).mapToObj(all::getDouble).toList();
    System.out.println(Line.of("stream_losses").with("kind", "calls").with("losses", one));
    System.out.println(Line.of("stream_losses").with("kind", "compiled").with("losses", loop));
  }

  /** Prints the percentiles of so many calls, and what they allocate. */
  void calls(Steady steady, int calls) {
    Fn2<Tensor, Tensor, Tensor> step = Engram.jit(fresh());
    steady.nanos(() -> calls(step, new double[CHUNK], CHUNK)); // warms up
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    double[] us = new double[calls];
    long before = threads.getTotalThreadAllocatedBytes();
    double loss = calls(step, us, calls);
    double bytes = (double) (threads.getTotalThreadAllocatedBytes() - before) / calls;
    Arrays.sort(us);
    List<Double> percentiles =
        IntStream.range(1, 100).mapToObj(p -> us[(int) ((long) p * calls / 100)]).toList();
    System.out.println(
        Line.of("stream")
            .with("kind", "calls")
            .with("us", percentiles)
            .with("bytes", bytes)
            .with("loss", loss));
  }

  /** Returns the last loss. */
  private double calls(Fn2<Tensor, Tensor, Tensor> step, double[] us, int calls) {
    HostTensor loss = x;
    for (int i = 0; i < calls; i++) {
      long start = System.nanoTime();
      loss = step.apply(xs.get(i % CHUNK), wanted.get(i % CHUNK)).host();
      us[i] = (System.nanoTime() - start) / 1e3;
    }
    return loss.getDouble(0);
  }

  /** Prints the time of a step of the compiled loop. */
  void compiled(Steady steady) {
    Fn2<Tensor, Tensor, Tensor> run = compiled(fresh());
    HostTensor[] losses = new HostTensor[1];
    Samples us =
        steady.nanos(() -> losses[0] = run.apply(x, digits).host()).map(t -> t / 1e3 / CHUNK);
    System.out.println(
        Line.of("stream")
            .with("kind", "compiled")
            .with("us", us.sorted())
            .with("loss", losses[0].getDouble(CHUNK - 1)));
  }
}
