package dev.engram.cli.memory;

import dev.engram.cli.memory.LongSequences.Measured;
import dev.engram.cli.option.FilePaths;
import dev.engram.cli.option.JsonOption;
import dev.engram.cli.option.WholeNumber;
import dev.engram.cli.option.Words;
import dev.engram.cli.terminal.ProgressBar;
import dev.engram.cli.terminal.Terminal;
import dev.engram.cli.text.JsonObject;
import dev.engram.cli.text.Quantity;
import dev.engram.cli.train.OutputFolder;
import dev.engram.cli.train.Results;
import dev.engram.cli.train.TrainOptions;
import dev.engram.cli.train.problem.CopyingProblem;
import dev.engram.cli.train.problem.Learning;
import dev.engram.cli.train.problem.SequenceTask;
import dev.engram.ir.EngramException;
import dev.engram.plot.LineChart;
import dev.engram.plot.NoPictureException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What online learning is for: {@code engram memory}. */
@Command(
    name = Memory.NAME,
    header = Memory.HEADER,
    description = {
      "Shows what online learning is for. Runs one training step of a GRU over 100, 1,000 and"
          + " 10,000 time steps, by D-RTRL and by backpropagation through time, and prints the"
          + " memory of each. Then learns from a stream, in which nothing is kept, and which"
          + " changes the code of the answers three times. Draws both as memory.png and stream.png."
    })
public final class Memory implements Callable<Integer> {
  /** Its name on the command line. */
  public static final String NAME = "memory";

  /** Its line in the list of commands. */
  public static final String HEADER = "show the memory of long sequences and of a stream";

  private static final List<Learning> RULES = List.of(Learning.D_RTRL, Learning.BPTT);
  private static final int PARTS = 20;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--steps",
      order = 10,
      paramLabel = "N",
      converter = Steps.class,
      defaultValue = "16000",
      description = "steps of the stream (default ${DEFAULT-VALUE})")
  private int steps;

  @Option(
      names = "--batch",
      order = 30,
      paramLabel = "N",
      converter = Sequences.class,
      defaultValue = "16",
      description = "sequences at once (default ${DEFAULT-VALUE})")
  private int batch;

  @Mixin private final TrainOptions.Hidden hidden = new TrainOptions.Hidden();
  @Mixin private final TrainOptions.Seed seed = new TrainOptions.Seed();

  @Option(
      names = "--out",
      order = 90,
      paramLabel = "FOLDER",
      converter = FilePaths.Any.class,
      defaultValue = "out/memory",
      description = "folder for the pictures (default ${DEFAULT-VALUE})")
  private Path out = Path.of("out", NAME);

  @Mixin private final JsonOption json = new JsonOption();

  private final Terminal terminal;

  private static final class Steps extends WholeNumber {
    Steps() {
      super(PARTS, 100_000_000);
    }
  }

  private static final class Sequences extends WholeNumber {
    Sequences() {
      super(1, 10_000);
    }
  }

  public Memory(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws IOException {
    try {
      OutputFolder.prepare(out, file(NAME), file("stream"));
    } catch (IOException e) {
      throw new ParameterException(spec.commandLine(), "--out " + e.getMessage(), e);
    }
    PrintStream to = (json.isGiven() ? terminal.withResultsOnErr() : terminal).out();
    try {
      List<Measured> measured = sequences(to);
      Stream stream = new Stream(seed.value);
      double[] losses = learn(stream, to);
      draw(measured, losses, to);
      if (json.isGiven()) {
        terminal.out().println(json(measured, stream, losses));
      }
    } catch (EngramException e) {
      throw new IOException(e.getMessage(), e);
    }
    return ExitCode.OK;
  }

  private Path file(String name) {
    return out.resolve(name + ".png");
  }

  // Sequences of different lengths.

  private List<Measured> sequences(PrintStream to) {
    SequenceTask.Settings settings =
        CopyingProblem.TASK.defaults().withSizes(batch, hidden.value, seed.value);
    LongSequences sequences = new LongSequences(settings);
    to.printf(
        Locale.ROOT,
        "one training step of a GRU of %d units, batch %d: memory, and time of the step%n%n",
        hidden.value,
        batch);
    to.printf(Locale.ROOT, "%12s%22s%22s%n", "time steps", "D-RTRL", "BPTT");
    List<Measured> all = new ArrayList<>();
    for (int n : LongSequences.STEPS) {
      StringBuilder line = new StringBuilder(String.format(Locale.ROOT, "%,12d", n));
      for (Learning rule : RULES) {
        Measured m = sequences.measure(rule, n);
        all.add(m);
        line.append(
            String.format(
                Locale.ROOT,
                "%22s",
                Quantity.bytes(m.bytes()) + ", " + Quantity.time(m.seconds() * 1e9)));
      }
      to.println(line);
    }
    return all;
  }

  // The stream.

  private double[] learn(Stream stream, PrintStream to) {
    to.printf(
        Locale.ROOT,
        "%na stream: at each step name the symbol of two steps ago, and learn; memory of a step"
            + " %s%n%n",
        Quantity.bytes(stream.bytes()));
    double[] losses = new double[steps];
    try (ProgressBar bar = terminal.progress("stream", steps)) {
      for (int t = 0; t < steps; t++) {
        losses[t] = stream.step(code(t));
        bar.update(t + 1L, losses[t]);
        int part = (int) ((t + 1L) * PARTS / steps);
        if (part > (long) t * PARTS / steps) {
          int from = (int) ((part - 1L) * steps / PARTS);
          double mean = Arrays.stream(losses, from, t + 1).average().orElseThrow();
          bar.println(
              to,
              String.format(
                  Locale.ROOT, "%,12d steps: code %d, mean loss %.4f", t + 1, code(t) + 1, mean));
        }
      }
    }
    return losses;
  }

  private int code(int t) {
    return (int) ((long) t * Stream.CODES / steps);
  }

  // Results.

  private void draw(List<Measured> measured, double[] losses, PrintStream to) throws IOException {
    LineChart memory =
        new LineChart("Memory of one training step", "Time steps of a sequence", "Memory [MB]")
            .logarithmic()
            .logarithmicX();
    for (Learning rule : RULES) {
      List<Measured> of = measured.stream().filter(m -> m.learning().equals(rule)).toList();
      memory.add(
          rule.title(),
          of.stream().mapToDouble(Measured::steps).toArray(),
          of.stream().mapToDouble(m -> m.bytes() / 1e6).toArray());
    }
    LineChart stream =
        new LineChart("A stream that changes, learned at each step by D-RTRL", "Step", "Loss")
            .add("loss", losses)
            .logarithmic()
            .smooth(101)
            .level("guessing: ln " + Stream.SYMBOLS, Math.log(Stream.SYMBOLS));
    try {
      Results.draw(memory, LineChart.Format.PNG, file(NAME));
      Results.draw(stream, LineChart.Format.PNG, file("stream"));
      to.println("wrote " + file(NAME) + ", " + file("stream"));
    } catch (NoPictureException e) {
      terminal.err().println("engram: the charts are left out: " + e.getMessage());
    }
  }

  private JsonObject json(List<Measured> measured, Stream stream, double[] losses) {
    int part = Math.max(1, losses.length / PARTS);
    double end = Arrays.stream(losses, losses.length - part, losses.length).average().orElseThrow();
    return new JsonObject()
        .put("hidden", hidden.value)
        .put("batch", batch)
        .put("sequences", measured.stream().map(Memory::json).toList())
        .put(
            "stream",
            new JsonObject()
                .put("steps", steps)
                .put("bytes", stream.bytes())
                .put("first", losses[0])
                .put("end", end))
        .texts("files", List.of(file(NAME).toString(), file("stream").toString()));
  }

  private static JsonObject json(Measured m) {
    return new JsonObject()
        .put("rule", Words.of(m.learning()))
        .put("steps", m.steps())
        .put("bytes", m.bytes())
        .put("seconds", m.seconds());
  }
}
