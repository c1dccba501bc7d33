package dev.engram.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.cli.terminal.ResultStream;
import dev.engram.cli.terminal.Streams;
import dev.engram.cli.terminal.Terminal;
import dev.engram.cli.train.SequenceJob;
import dev.engram.cli.train.problem.CopyingProblem;
import dev.engram.cli.train.problem.Learning;
import dev.engram.cli.train.problem.SequenceTask;
import dev.engram.ir.Tensor;
import dev.engram.lower.Backend;
import dev.engram.lower.CompiledProgram;
import dev.engram.lower.HostBackend;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.interpret.LoopInterpreter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Every command under every external failure: one line, and the right exit code. */
class FailuresTest {
  /** A stream that refuses all writes, as the operating system would. */
  private static final class Refusing extends OutputStream {
    private final String reason;

    Refusing(String reason) {
      this.reason = reason;
    }

    @Override
    public void write(int b) throws IOException {
      throw new IOException(reason);
    }
  }

  @TempDir Path folder;
  private final Streams streams = new Streams();

  @BeforeEach
  void writeGraph() throws IOException {
    Files.writeString(
        folder.resolve("g.ir"),
        "graph @f(%x: f32[]) -> f32[] {\n  return %x\n}\n// run: @f(1.0) == 1.0\n");
  }

  private List<String> words(String line) {
    return List.of(line.replace("FOLDER", folder.toString()).split(" "));
  }

  private int run(String line) {
    return new Main(streams.terminal(false, 80)).run(words(line).toArray(String[]::new));
  }

  private int run(String line, String refusal) {
    return run(line, new ResultStream(new Refusing(refusal), StandardCharsets.UTF_8));
  }

  private int run(String line, ResultStream out) {
    Terminal terminal =
        new Terminal(
            out,
            new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8) {
              @Override
              public void println(String text) {
                streams.terminal(false, 80).err().println(text);
              }
            },
            false,
            80);
    return new Main(terminal).run(words(line).toArray(String[]::new));
  }

  /** A command line with output, for every command. */
  static Stream<String> printing() {
    List<String> all =
        new ArrayList<>(
            List.of(
                "--help",
                "--version",
                "dump --help",
                "opt FOLDER/g.ir",
                "opt FOLDER/g.ir --bisect",
                "run FOLDER/g.ir",
                "run FOLDER/g.ir --inputs 2",
                "dump FOLDER/g.ir",
                "explain --hidden 2",
                "doctor --backend loops",
                "train --help",
                "train copying --epochs 1 --lag 0 --batch 1 --hidden 2 --rule bptt --out"
                    + " FOLDER/o"));
    SequenceTask.all().forEach(t -> all.add("train " + t.name() + " --help"));
    return all.stream();
  }

  @ParameterizedTest
  @MethodSource("printing")
  void outputThatCannotBeWrittenIsAFailure(String line) {
    assertEquals(Main.FAILED, run(line, "No space left on device"));
    assertTrue(
        streams
            .err()
            .endsWith("engram: cannot write to standard output: No space left on device\n"),
        streams.err());
  }

  @ParameterizedTest
  @MethodSource("printing")
  void aClosedPipeIsNone(String line) throws Exception {
    Process deaf = new ProcessBuilder("sh", "-c", "exec <&-; echo closed; exec sleep 60").start();
    try {
      assertEquals("closed", deaf.inputReader().readLine());
      OutputStream closed = deaf.getOutputStream();
      // Control: this is not a stream that accepts everything.
      assertThrows(
          IOException.class,
          () -> {
            closed.write('x');
            closed.flush();
          });
      assertEquals(Main.OK, run(line, new ResultStream(closed, StandardCharsets.UTF_8)));
    } finally {
      deaf.destroy();
    }
    assertFalse(streams.err().contains("engram:"), streams.err());
  }

  /** The operating system's messages are in the user's language, so their text must not decide. */
  @Test
  void aClosedPipeIsNoneInAnyLanguage() {
    String german = "Datenübergabe unterbrochen (broken pipe)";
    Predicate<IOException> closed = e -> german.equals(e.getMessage());
    Charset utf8 = StandardCharsets.UTF_8;
    assertEquals(Main.OK, run("--help", new ResultStream(new Refusing(german), utf8, closed)));
    assertEquals("", streams.err());
    assertEquals(
        Main.FAILED, run("--help", new ResultStream(new Refusing("Broken pipe"), utf8, closed)));
  }

  @ParameterizedTest
  @MethodSource("printing")
  void allOfThemPrintElsewhere(String line) {
    assertEquals(Main.OK, run(line), streams.err());
    assertFalse(streams.out().isEmpty());
  }

  @Test
  void aWrongCommandLineStaysOneOnAFullDisk() {
    assertEquals(Main.USAGE, run("run --nix", "No space left on device"));
  }

  /**
   * Every file that a command reads or writes: missing, a folder, or a file where a folder is
   * needed.
   */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "opt FOLDER/nothing.ir|cannot read FOLDER/nothing.ir: no such file",
        "opt FOLDER|cannot read FOLDER: not a file",
        "run FOLDER/nothing.ir|cannot read FOLDER/nothing.ir: no such file",
        "run FOLDER|cannot read FOLDER: not a file",
        "dump FOLDER/nothing.ir|cannot read FOLDER/nothing.ir: no such file",
        "opt FOLDER/g.ir --class-path FOLDER/nix|--class-path has FOLDER/nix, which does not exist",
        "run FOLDER/g.ir --class-path FOLDER:FOLDER/nix|--class-path has FOLDER/nix, which does not"
            + " exist",
        "dump A --class-path FOLDER/nix|--class-path has FOLDER/nix, which does not exist",
        "explain A --class-path FOLDER/nix|--class-path has FOLDER/nix, which does not exist",
        "train text --out FOLDER/g.ir|--out FOLDER/g.ir cannot be written: FOLDER/g.ir is a file,"
            + " not a folder",
        "train copying --out FOLDER/g.ir/a|--out FOLDER/g.ir/a cannot be written: FOLDER/g.ir is a"
            + " file, not a folder",
      })
  void filesThatAreNotThere(String line, String message) {
    assertEquals(Main.USAGE, run(line));
    assertEquals(
        "engram: " + message.replace("FOLDER", folder.toString()),
        streams.err().lines().findFirst().orElseThrow());
  }

  /** The usage shown is that of the called command. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {
        "nix#usage: engram [OPTIONS] [COMMAND] (`engram --help` describes it)",
        "train#usage: engram train [OPTIONS] [COMMAND] (`engram train --help` describes it)",
        "train nix#usage: engram train [OPTIONS] [COMMAND] (`engram train --help` describes it)",
        "train --rule e-prop copying#usage: engram train [OPTIONS] [COMMAND] (`engram train --help`"
            + " describes it)",
        "train copying --nix#usage: engram train copying [OPTIONS] (`engram train copying --help`"
            + " describes it)",
        "train integrator --lag 3#usage: engram train integrator [OPTIONS] (`engram train"
            + " integrator --help` describes it)",
        "dump --nix#usage: engram dump [OPTIONS] [FILE.ir | CLASS] (`engram dump --help` describes"
            + " it)",
        "explain --nix#usage: engram explain [OPTIONS] [CLASS] (`engram explain --help` describes"
            + " it)",
        "opt --nix#usage: engram opt [OPTIONS] FILE.ir (`engram opt --help` describes it)",
        "run --nix#usage: engram run [OPTIONS] FILE.ir (`engram run --help` describes it)",
        "doctor --nix#usage: engram doctor [OPTIONS] (`engram doctor --help` describes it)",
      })
  void usageOfWhatWasCalled(String line, String usage) {
    assertEquals(Main.USAGE, run(line));
    assertEquals(usage, streams.err().lines().skip(1).findFirst().orElseThrow());
  }

  @Test
  void theTaskComesFirst() {
    assertEquals(Main.USAGE, run("train --rule e-prop copying"));
    assertTrue(
        streams
            .err()
            .startsWith(
                "engram: the options of a task come after it: engram train copying [OPTIONS]\n"),
        streams.err());
    assertEquals(Main.OK, run("train --help"));
    SequenceTask.all().forEach(t -> assertTrue(streams.out().contains("  " + t.name() + " ")));
  }

  @Test
  void theTableSaysWhatItIsOf() throws IOException {
    run(
        "train integrator --epochs 2 --steps 3 --batch 4 --hidden 5 --lr 0.5 --seed 6 --out"
            + " FOLDER/o");
    List<String> lines = Files.readAllLines(folder.resolve("o/losses.csv"));
    assertTrue(
        lines.get(0).endsWith("relative error,seed,lr,batch,hidden,time steps"), lines.get(0));
    assertTrue(lines.get(2).endsWith(",6,0.5,4,5,3"), lines.get(2));
  }

  /** A command that fails unexpectedly. */
  @Command(name = "fails")
  private static final class Failing implements Callable<Integer> {
    private final Throwable problem;

    Failing(Throwable problem) {
      this.problem = problem;
    }

    @Override
    public Integer call() throws Exception {
      if (problem instanceof Error e) {
        throw e;
      }
      throw (Exception) problem;
    }
  }

  private String errorOf(Throwable problem) {
    Terminal terminal = streams.terminal(false, 80);
    CommandLine command = Main.command(terminal, _ -> true);
    command.addSubcommand(new Failing(problem));
    assertEquals(Main.FAILED, new Main(terminal, _ -> command).run("fails"));
    assertFalse(streams.err().contains("\tat "), streams.err());
    return streams.err().lines().findFirst().orElseThrow();
  }

  @Test
  void aFailureOfTheCommandIsOneLine() {
    assertEquals(
        "engram: cannot write losses.png: disk full",
        errorOf(new IOException("cannot write losses.png: disk full")));
    assertEquals(1, streams.err().lines().count(), streams.err());
  }

  @Test
  void whatNobodyHasForeseenIsALine() {
    assertTrue(
        errorOf(new ArithmeticException("integer overflow"))
            .startsWith("engram: a size is too large (ArithmeticException: integer overflow (at"));
  }

  /** Only overflows are reported as sizes. */
  @ParameterizedTest
  @ValueSource(strings = {"/ by zero", "BigInteger divide by zero", ""})
  void otherArithmeticIsNoSize(String what) {
    String message = errorOf(new ArithmeticException(what));
    assertTrue(
        message.startsWith("engram: unexpected ArithmeticException: " + what + " (at"), message);
    assertTrue(
        errorOf(new ArithmeticException()).startsWith("engram: unexpected ArithmeticException"));
  }

  @Test
  void longsAndLengthsAreSizes() {
    for (RuntimeException e :
        List.of(new ArithmeticException("long overflow"), new NegativeArraySizeException("-3"))) {
      assertTrue(errorOf(e).startsWith("engram: a size is too large ("));
    }
  }

  @Test
  void indicesToo() {
    assertTrue(
        errorOf(new IndexOutOfBoundsException("Index 3"))
            .startsWith("engram: unexpected IndexOutOfBoundsException: Index 3 (at FailuresTest"));
  }

  /** The advice for a command without sizes names none. */
  @Test
  void adviceHasOnlyWhatTheCommandHas() {
    String line = errorOf(new OutOfMemoryError("Java heap space"));
    assertEquals(
        "engram: out of memory (Java heap space); make the tensors smaller, or give the JVM more"
            + " memory: ENGRAM_JAVA_OPTIONS=-Xmx…",
        line);
  }

  @Test
  void helpListsTheValuesOfOptions() {
    run("train copying --help");
    assertTrue(streams.out().contains("both, d-rtrl, pp-prop, "), streams.out());
    assertFalse(streams.out().contains("three-factor"), streams.out());
    run("dump --help");
    assertTrue(streams.out().contains("traced, differentiated, etrace, "), streams.out());
    run("explain --help");
    assertTrue(streams.out().contains("three-factor"), streams.out());
    assertTrue(streams.out().lines().allMatch(l -> l.length() <= 100), streams.out());
  }

  /** Adds one to the results of the loops, which shows that this backend ran. */
  public static final class PlusOne extends HostBackend {
    @Override
    public String name() {
      return "plus-one";
    }

    @Override
    public CompiledProgram compile(LoopProgram program) {
      CompiledProgram loops = new LoopInterpreter().compile(program);
      return new CompiledProgram() {
        @Override
        public void run(
            List<? extends Tensor> inputs,
            List<? extends Tensor> outputs,
            Supplier<? extends List<? extends Tensor>> updates) {
          loops.run(inputs, outputs, updates);
          outputs.forEach(t -> t.host().setDouble(0, t.host().getDouble(0) + 1));
        }

        @Override
        public String disassemble() {
          return loops.disassemble();
        }
      };
    }
  }

  /** Not as if each line of the file were wrong. */
  @Test
  void aBackendWithoutADeviceSaysSo() throws IOException {
    Path services = Files.createDirectories(folder.resolve("classes/META-INF/services"));
    Files.writeString(
        services.resolve(Backend.class.getName()), DoctorTest.Missing.class.getName());
    assertEquals(Main.FAILED, run("run FOLDER/g.ir --backend gone --class-path FOLDER/classes"));
    assertEquals("", streams.out());
    assertEquals("engram: backend gone has no device: no card\n", streams.err());
  }

  @Test
  void backendsOfTheClassPathRun() throws IOException {
    Path services = Files.createDirectories(folder.resolve("classes/META-INF/services"));
    Files.writeString(services.resolve(Backend.class.getName()), PlusOne.class.getName());
    String line = "run FOLDER/g.ir --inputs 2 --backend ";
    assertEquals(Main.OK, run(line + "plus-one --class-path FOLDER/classes"), streams.err());
    assertEquals("@f on plus-one\n  in  0: f32[] 2.0\n  out 0: f32[] 3.0\n", streams.out());
    assertEquals(Main.FAILED, run(line + "nix --class-path FOLDER/classes"));
    assertTrue(
        streams.err().contains("there is no backend nix, expected one of ")
            && streams.err().contains("plus-one"),
        streams.err());
    assertEquals(Main.USAGE, run(line + "plus-one"));
  }

  /** Has a main method that needs arguments. */
  public static final class Greedy {
    public static void main(String[] args) {
      System.out.println(args[0]);
    }
  }

  @Test
  void aProgramThatWantsArgumentsGetsNone() {
    assertEquals(Main.FAILED, run("dump " + Greedy.class.getName()));
    String name = Greedy.class.getName();
    assertTrue(
        streams
            .err()
            .matches(
                "engram: \\Q"
                    + name
                    + "\\E failed: ArrayIndexOutOfBoundsException: Index 0 out of bounds for length"
                    + " 0 \\(at FailuresTest.java:\\d+\\); its main method is called without"
                    + " arguments\n"),
        streams.err());
  }

  /** The result of a training is printed even when the files cannot be written. */
  @Test
  void theSummaryIsNotLostWithTheFiles() throws IOException {
    Terminal terminal = streams.terminal(false, 80);
    Path out = folder.resolve("o");
    Files.createDirectories(out.resolve("losses.png"));
    SequenceTask.Settings d = CopyingProblem.TASK.defaults();
    SequenceTask.Settings s =
        new SequenceTask.Settings(
            1, CopyingProblem.steps(0), 1, 2, 1, d.lr(), List.of(Learning.BPTT), 0, out, 1);
    // Calls the training directly, so that the bad folder is noticed only afterwards.
    assertThrows(IOException.class, () -> SequenceJob.run(CopyingProblem.TASK, s, terminal));
    assertTrue(streams.out().contains("BPTT (offline): loss 2."), streams.out());
  }
}
