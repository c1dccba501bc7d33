package dev.engram.cli.train;

import dev.engram.cli.option.FilePaths;
import dev.engram.cli.option.PositiveNumber;
import dev.engram.cli.option.WholeNumber;
import dev.engram.cli.train.problem.CopyingProblem;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/**
 * The options of trainings, in groups that commands mix in. Their defaults here are those of the
 * copying task; {@link Training} replaces them by those of other tasks.
 */
public final class TrainOptions {
  private TrainOptions() {}

  /** Units of each recurrent layer. */
  public static final class Hidden {
    @Option(
        names = "--hidden",
        order = 40,
        paramLabel = "N",
        converter = Range.class,
        defaultValue = "128",
        description = "units per recurrent layer (default ${DEFAULT-VALUE})")
    public int value;

    private static final class Range extends WholeNumber {
      Range() {
        super(1, CopyingProblem.MOST_HIDDEN);
      }
    }
  }

  /** Recurrent layers. */
  public static final class Layers {
    @Option(
        names = "--layers",
        order = 50,
        paramLabel = "N",
        converter = Range.class,
        defaultValue = "1",
        description = "recurrent layers (default ${DEFAULT-VALUE})")
    public int value;

    private static final class Range extends WholeNumber {
      Range() {
        super(1, 1_000);
      }
    }
  }

  /** The delay of the copying task. */
  public static final class Lag {
    @Option(
        names = "--lag",
        order = 20,
        paramLabel = "N",
        converter = Range.class,
        defaultValue = "50",
        description = "time steps to remember over (default ${DEFAULT-VALUE})")
    public int value;

    /** Returns the time steps of a sequence. */
    public int steps() {
      return CopyingProblem.steps(value);
    }

    private static final class Range extends WholeNumber {
      Range() {
        super(0, 10_000_000);
      }
    }
  }

  /** The length of a sequence, for tasks other than the copying task. */
  public static final class Steps {
    @Option(
        names = "--steps",
        order = 20,
        paramLabel = "N",
        converter = Range.class,
        description = "time steps of a sequence (default ${DEFAULT-VALUE})")
    public int value;

    private static final class Range extends WholeNumber {
      Range() {
        super(1, 10_000_000);
      }
    }
  }

  /** The batch size and learning rate of an update. */
  public static final class Update {
    @Option(
        names = "--batch",
        order = 30,
        paramLabel = "N",
        converter = Sequences.class,
        defaultValue = "64",
        description = "sequences per iteration (default ${DEFAULT-VALUE})")
    public int batch;

    @Option(
        names = "--lr",
        order = 60,
        paramLabel = "X",
        converter = Rate.class,
        defaultValue = "0.001",
        description = "learning rate of Adam (default ${DEFAULT-VALUE})")
    public double lr;

    private static final class Sequences extends WholeNumber {
      Sequences() {
        super(1, 1_000_000);
      }
    }

    private static final class Rate extends PositiveNumber {
      Rate() {
        super(1000);
      }
    }
  }

  /** The seed of a training. */
  public static final class Seed {
    @Option(
        names = "--seed",
        order = 80,
        paramLabel = "N",
        converter = WholeNumber.Any.class,
        defaultValue = "0",
        description = "seed of weights and data (default ${DEFAULT-VALUE})")
    public long value;
  }

  /** The course of a training: how long, with which rules, where the results go. */
  public static final class Course {
    @Option(
        names = "--epochs",
        order = 10,
        paramLabel = "N",
        converter = Iterations.class,
        defaultValue = "200",
        description = "training iterations (default ${DEFAULT-VALUE})")
    public int epochs;

    @Option(
        names = "--rule",
        order = 70,
        paramLabel = "RULE,…",
        converter = Rules.Reader.class,
        defaultValue = "both",
        description = {
          "learning rules, used one after the other (default ${DEFAULT-VALUE}):",
          "${COMPLETION-CANDIDATES}"
        })
    public Rules rules;

    @Option(
        names = "--out",
        order = 90,
        paramLabel = "FOLDER",
        converter = FilePaths.Any.class,
        defaultValue = "out/copying",
        description = "folder for the results (default ${DEFAULT-VALUE})")
    public Path out;

    @Option(
        names = "--threads",
        order = 100,
        paramLabel = "N",
        converter = Processors.class,
        description = "CPU threads (default and maximum: all of this machine)")
    public Optional<Integer> threads = Optional.empty();

    private static final class Iterations extends WholeNumber {
      Iterations() {
        super(1, 1_000_000_000);
      }
    }

    private static final class Processors extends WholeNumber {
      Processors() {
        super(1, Runtime.getRuntime().availableProcessors());
      }
    }
  }
}
