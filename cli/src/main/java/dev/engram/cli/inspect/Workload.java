package dev.engram.cli.inspect;

import dev.engram.Engram;
import dev.engram.Fn2;
import dev.engram.Pair;
import dev.engram.RandomKey;
import dev.engram.cli.train.SequenceStep;
import dev.engram.cli.train.problem.CopyingProblem;
import dev.engram.cli.train.problem.SequenceTask;
import dev.engram.ir.Tensor;
import java.util.List;

/** What is run again and again to be profiled. */
@FunctionalInterface
interface Workload {
  void run();

  /** The training step of {@code engram train copying}, each time on a new batch. */
  static Workload copying(SequenceTask.Settings job) {
    CopyingProblem problem = new CopyingProblem(job);
    Pair<Tensor, Tensor> first = problem.next();
    SequenceStep step =
        new SequenceStep(
            problem,
            job.rules().getFirst().rule(),
            job.lr(),
            RandomKey.of(job.seed()),
            first.first(),
            _ -> {});
    Fn2<Tensor, Tensor, List<Tensor>> code =
        Engram.jit(step).trace(first.first(), first.second()).lower().compile();
    return () -> {
      Pair<Tensor, Tensor> batch = problem.next();
      code.apply(batch.first(), batch.second()).forEach(Tensor::host);
    };
  }

  /** Runs it for this long, once at least. */
  default void run(double seconds) {
    long start = System.nanoTime();
    do {
      run();
    } while (System.nanoTime() - start < seconds * 1e9);
  }

  /** Runs it so many times. */
  default void run(int times) {
    for (int i = 0; i < times; i++) {
      run();
    }
  }
}
