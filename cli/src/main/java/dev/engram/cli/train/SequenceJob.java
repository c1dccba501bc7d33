package dev.engram.cli.train;

import dev.engram.Compiler;
import dev.engram.Engram;
import dev.engram.Fn2;
import dev.engram.Pair;
import dev.engram.RandomKey;
import dev.engram.Stages;
import dev.engram.cli.option.Words;
import dev.engram.cli.terminal.Terminal;
import dev.engram.cli.train.problem.Baseline;
import dev.engram.cli.train.problem.Learning;
import dev.engram.cli.train.problem.MachineMemory;
import dev.engram.cli.train.problem.SequenceProblem;
import dev.engram.cli.train.problem.SequenceTask;
import dev.engram.etrace.Diagnostic;
import dev.engram.etrace.OnlineStep;
import dev.engram.ir.EngramException;
import dev.engram.ir.Tensor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;

/** Runs a {@link SequenceTask}: trains with each requested rule, one update per batch. */
public final class SequenceJob {
  /** Index of the rule's key among the splits of the seed; the model has the first. */
  private static final int RULE_KEY = 1;

  private final SequenceTask task;
  private final SequenceTask.Settings settings;
  private final Terminal terminal;

  private SequenceJob(SequenceTask task, SequenceTask.Settings settings, Terminal terminal) {
    this.task = task;
    this.settings = settings;
    this.terminal = terminal;
  }

  /** Trains, prints, and writes the {@link Results}. */
  public static List<TrainingResult> run(
      SequenceTask task, SequenceTask.Settings settings, Terminal terminal) throws IOException {
    System.setProperty("engram.threads", Integer.toString(settings.threads()));
    try {
      return new SequenceJob(task, settings, terminal).run();
    } catch (EngramException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  private List<TrainingResult> run() throws IOException {
    List<TrainingResult> curves = new ArrayList<>();
    List<Baseline> baselines = List.of();
    for (Learning learning : settings.rules()) {
      long start = System.nanoTime();
      SequenceProblem problem = task.problem().apply(settings);
      if (curves.isEmpty()) {
        terminal.out().println(task.name() + ": " + describe(problem));
      }
      curves.add(train(problem, learning, start));
      problem.show(terminal.out());
      baselines = problem.baselines();
    }
    new Results(settings.out(), task.title(), settings).write(curves, baselines, terminal);
    return curves;
  }

  private String describe(SequenceProblem problem) {
    return String.join(
        ", ",
        problem.describe(),
        settings.steps() + " steps",
        "batch " + settings.batch(),
        "Adam " + settings.lr(),
        settings.epochs() + " iterations",
        "seed " + settings.seed());
  }

  private TrainingResult train(SequenceProblem problem, Learning learning, long start) {
    Pair<Tensor, Tensor> first = problem.next();
    Set<String> warnings = new LinkedHashSet<>();
    SequenceStep step = step(problem, learning, first.first(), d -> warnings.add(d.toString()));
    warnings.forEach(w -> terminal.err().println("warning: " + w));
    Stages.Lowered<Fn2<Tensor, Tensor, List<Tensor>>> program =
        Engram.jit(step).trace(first.first(), first.second()).lower();
    Fn2<Tensor, Tensor, List<Tensor>> code = program.compile();
    return TrainingResult.train(
        terminal,
        new TrainingResult.Run(learning.title(), task.metrics(), program.memory().peak(), start),
        settings.epochs(),
        i -> {
          Pair<Tensor, Tensor> batch = i == 0 ? first : problem.next();
          return code.apply(batch.first(), batch.second()).stream()
              .mapToDouble(v -> v.host().item())
              .toArray();
        });
  }

  private SequenceStep step(
      SequenceProblem problem, Learning learning, Tensor inputs, Consumer<Diagnostic> warnings) {
    List<SequenceStep> made = new ArrayList<>();
    Compiler.Watcher memory =
        new Compiler.Watcher() {
          @Override
          public void prepared(OnlineStep online) {
            checkMemory(learning, online);
          }
        };
    RandomKey key = RandomKey.of(settings.seed()).foldIn(RULE_KEY);
    Compiler.watch(
        memory,
        () ->
            made.add(
                new SequenceStep(
                    problem,
                    learning.rule(task.kappa().orElse(0)),
                    settings.lr(),
                    key,
                    inputs,
                    warnings)));
    return made.getFirst();
  }

  /** Refuses a rule whose traces exceed the memory of the machine, before they are allocated. */
  private void checkMemory(Learning learning, OnlineStep online) {
    double one = online.traces().stream().mapToDouble(t -> t.type().bytes()).sum();
    double bytes = one * settings.batch();
    double most = MachineMemory.bytes();
    if (bytes > most) {
      throw new EngramException(
          String.format(
              Locale.ROOT,
              "%s carries %.1f GB of traces at these sizes, this machine has %.1f GB; lower"
                  + " --hidden or --batch, or take another --rule, such as d-rtrl",
              Words.of(learning),
              bytes / 1e9,
              most / 1e9));
    }
  }
}
