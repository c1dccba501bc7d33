package dev.engram.cli.memory;

import dev.engram.Engram;
import dev.engram.Fn2;
import dev.engram.Pair;
import dev.engram.RandomKey;
import dev.engram.Stages;
import dev.engram.cli.option.Words;
import dev.engram.cli.text.Quantity;
import dev.engram.cli.train.SequenceStep;
import dev.engram.cli.train.problem.CopyingProblem;
import dev.engram.cli.train.problem.Learning;
import dev.engram.cli.train.problem.MachineMemory;
import dev.engram.cli.train.problem.SequenceProblem;
import dev.engram.cli.train.problem.SequenceTask;
import dev.engram.ir.EngramException;
import dev.engram.ir.Tensor;
import java.util.List;

/**
 * Training steps of the copying task, by sequences of different lengths.
 *
 * @param settings those of the shortest
 */
record LongSequences(SequenceTask.Settings settings) {
  static final List<Integer> STEPS = List.of(100, 1_000, 10_000);

  /**
   * A training step that was run.
   *
   * @param bytes planned memory: inputs, results and everything in between
   * @param seconds of the first run, without compilation
   */
  record Measured(Learning learning, int steps, long bytes, double seconds) {}

  /**
   * Runs one training step.
   *
   * @throws EngramException when it needs more memory than the machine has
   */
  Measured measure(Learning learning, int steps) {
    SequenceTask.Settings s = settings.withSteps(steps);
    SequenceProblem problem = new CopyingProblem(s);
    Pair<Tensor, Tensor> batch = problem.next();
    SequenceStep step =
        new SequenceStep(
            problem, learning.rule(0), s.lr(), RandomKey.of(s.seed()), batch.first(), _ -> {});
    Stages.Lowered<Fn2<Tensor, Tensor, List<Tensor>>> program =
        Engram.jit(step).trace(batch.first(), batch.second()).lower();
    long bytes = program.memory().peak();
    if (bytes > MachineMemory.bytes()) {
      throw new EngramException(
          "%s over %,d steps needs %s, this machine has %s; lower --hidden or --batch"
              .formatted(
                  Words.of(learning),
                  steps,
                  Quantity.bytes(bytes),
                  Quantity.bytes(MachineMemory.bytes())));
    }
    Fn2<Tensor, Tensor, List<Tensor>> code = program.compile();
    long start = System.nanoTime();
    code.apply(batch.first(), batch.second()).getFirst().host().item();
    return new Measured(learning, steps, bytes, (System.nanoTime() - start) / 1e9);
  }
}
