package dev.engram.bench;

import dev.engram.Engram;
import dev.engram.Fn2;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Trains an {@link OnlineNet} on batches that take turns. */
final class OnlineTraining {
  private static final int BATCHES = 10;

  private final OnlineNet net;
  private final OnlineNet.Batch[] batches;
  private final OnlineIteration iteration;
  private final Fn2<Tensor, Tensor, Tensor> compiled;
  private final List<Double> losses = new ArrayList<>();

  OnlineTraining(OnlineNet net, TaskSizes sizes) {
    this.net = net;
    batches = net.batches(sizes, BATCHES);
    iteration = new OnlineIteration(net, sizes);
    compiled = Engram.jit(iteration);
  }

  /** Trains on the next batch; returns the loss. */
  double run() {
    OnlineNet.Batch b = batches[losses.size() % BATCHES];
    losses.add(compiled.apply(b.x(), b.labels()).host().item());
    return losses.getLast();
  }

  /** {@linkplain #write Writes the file}, and then prints the loss of each batch. */
  void losses(Path data) throws IOException {
    write(data);
    for (int i = 0; i < BATCHES; i++) {
      run();
    }
    System.out.println(Line.of("online_losses").with("net", net.word()).with("losses", losses));
  }

  /** The losses so far. */
  List<Double> losses() {
    return losses;
  }

  /**
   * Writes a file with all that a peer needs to train alike: the weights by path, {@code x}, f32[N,
   * T, B, n], and {@code labels}, i32[N, 10, B].
   */
  void write(Path data) throws IOException {
    PeerLosses.write(
        iteration.weights(),
        Map.of("x", all(OnlineNet.Batch::x), "labels", all(OnlineNet.Batch::labels)),
        data);
  }

  private HostTensor all(Function<OnlineNet.Batch, HostTensor> part) {
    return Tensor.stack(0, Arrays.stream(batches).<Tensor>map(part).toList()).host();
  }
}
