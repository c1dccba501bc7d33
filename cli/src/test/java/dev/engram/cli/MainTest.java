package dev.engram.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.cli.inspect.DumpOptions;
import dev.engram.cli.inspect.DumpStage;
import dev.engram.cli.terminal.Streams;
import dev.engram.cli.train.problem.CopyingProblem;
import dev.engram.cli.train.problem.Learning;
import dev.engram.cli.train.problem.SequenceTask;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine.Model.OptionSpec;

class MainTest {
  private static final int PROCESSORS = Runtime.getRuntime().availableProcessors();

  private static final List<Learning> BOTH = List.of(Learning.D_RTRL, Learning.BPTT);

  @TempDir Path folder;

  private final Streams streams = new Streams();

  private int run(String... words) {
    return new Main(streams.terminal(false, 80)).run(words);
  }

  private String lineOf(String... words) {
    assertEquals(Main.USAGE, run(words));
    assertEquals("", streams.out());
    List<String> lines = streams.err().lines().toList();
    assertEquals(2, lines.size(), streams.err());
    assertTrue(lines.get(0).startsWith("engram: "), streams.err());
    assertTrue(lines.get(1).startsWith("usage: engram "), streams.err());
    return lines.get(0).substring("engram: ".length());
  }

  @Test
  void theDefaultsAreThoseOfTheNotebook() {
    Path out = Path.of("out", "copying");
    assertEquals(
        new SequenceTask.Settings(200, 70, 64, 128, 1, 1e-3, BOTH, 0, out, PROCESSORS),
        Asked.settings(CopyingProblem.TASK, "--seed 0"));
  }

  /** Options that are not given have the task's defaults. */
  @Test
  void everyTaskHasItsDefaults() {
    for (SequenceTask task : SequenceTask.all()) {
      assertEquals(task.defaults(), Asked.settings(task, "--seed 0"), task.name());
    }
  }

  @Test
  void everyOptionArrives() {
    String line =
        "--epochs 3000 --lag=0 --batch 1 --hidden 7 --layers 2 --lr 3e-3 --rule d-rtrl --seed -5"
            + " --threads 1 --out "
            + folder;
    assertEquals(
        new SequenceTask.Settings(3000, 20, 1, 7, 2, 3e-3, List.of(Learning.D_RTRL), -5, folder, 1),
        Asked.settings(CopyingProblem.TASK, line));
  }

  @Test
  void rulesAreListedInTheOrderGiven() {
    assertEquals(
        List.of(Learning.UORO, Learning.D_RTRL, Learning.BPTT),
        Asked.settings(CopyingProblem.TASK, "--rule uoro,both,uoro").rules());
  }

  @Test
  void theLastOfTwoEqualOptionsCounts() {
    assertEquals(24, Asked.settings(CopyingProblem.TASK, "--lag 3 --lag 4").steps());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--batch 0|--batch must be an integer from 1 to 1000000, got '0'",
        "--batch -3|--batch must be an integer from 1 to 1000000, got '-3'",
        "--batch=1.5|--batch must be an integer from 1 to 1000000, got '1.5'",
        "--batch many|--batch must be an integer from 1 to 1000000, got 'many'",
        "--batch=|--batch must be an integer from 1 to 1000000, got ''",
        "--batch 4294967297|--batch must be an integer from 1 to 1000000, got '4294967297'",
        "--batch 99999999999999999999|--batch must be an integer from 1 to 1000000, got"
            + " '99999999999999999999'",
        "--batch ٣|--batch must be an integer from 1 to 1000000, got '٣'",
        "--epochs 0|--epochs must be an integer from 1 to 1000000000, got '0'",
        "--lag -1|--lag must be an integer from 0 to 10000000, got '-1'",
        "--hidden 0|--hidden must be an integer from 1 to 32768, got '0'",
        "--layers 0|--layers must be an integer from 1 to 1000, got '0'",
        "--seed 9223372036854775808|--seed must be an integer from -9223372036854775808 to"
            + " 9223372036854775807, got '9223372036854775808'",
        "--lr 0|--lr must be a number greater than 0, got '0'",
        "--lr -1e-3|--lr must be a number greater than 0, got '-1e-3'",
        "--lr NaN|--lr must be a number greater than 0, got 'NaN'",
        "--lr Infinity|--lr must be a number greater than 0, got 'Infinity'",
        "--lr 1e-3f|--lr must be a number greater than 0, got '1e-3f'",
        "--lr 1e999|--lr must be a number from 1.2e-38 to 1000.0, got '1e999'",
        "--lr 1e-50|--lr must be a number from 1.2e-38 to 1000.0, got '1e-50'",
        "--rule rtrl-d|--rule must be one of both, d-rtrl, pp-prop, e-prop, ostl-recurrent,"
            + " ostl-feedforward, snap-2, uoro, three-factor, dni, rtrl, bptt, got 'rtrl-d'; did"
            + " you mean `rtrl`?",
        "--rule bptt,|--rule must be one of both, d-rtrl, pp-prop, e-prop, ostl-recurrent,"
            + " ostl-feedforward, snap-2, uoro, three-factor, dni, rtrl, bptt, got ''",
        "--rule bptt,drtrl|--rule must be one of both, d-rtrl, pp-prop, e-prop, ostl-recurrent,"
            + " ostl-feedforward, snap-2, uoro, three-factor, dni, rtrl, bptt, got 'drtrl'; did you"
            + " mean `d-rtrl`?",
        "--rule three-factor|--rule three-factor does not fit: it needs a modulator with each step,"
            + " and a task has a loss alone",
        "--rule d-rtrl,e-prop|--rule e-prop does not fit: it filters traces as a leaky readout"
            + " does, and the readout of this task has no leak; d-rtrl is e-prop without the"
            + " filter",
        "--epoch 3|unknown option --epoch; did you mean `--epochs`?",
        "--ephocs=3|unknown option --ephocs; did you mean `--epochs`?",
        "-lag 3|unknown option -lag; did you mean `--lag`?",
        "--colour red|unknown option --colour",
        "--batch|--batch needs a value: --batch N",
        "--batch --lag 3|--batch needs a value: --batch N",
        "more|unexpected word 'more'",
        "--out=|--out must be a path, got ''",
      })
  void wrongTrainingOptionsGetOneLineAndAHint(String options, String message) {
    assertEquals(message, lineOf(("train copying " + options).split(" ")));
  }

  @Test
  void moreThreadsThanProcessorsAreRefused() {
    assertEquals(
        "--threads must be an integer from 1 to " + PROCESSORS + ", got '100000'",
        lineOf("train", "copying", "--threads", "100000"));
  }

  @Test
  void sizesThatNoMemoryHoldsAreRefused() {
    String line = lineOf("train", "copying", "--batch", "1000000", "--hidden", "32768");
    // m = 32768 · 32778; 4 (3 · 3 m + 2 m · 10⁶ + 80 · 10⁶) + 8 · 400 bytes
    assertTrue(
        line.startsWith("these sizes need more than 8592595.0 GB of memory, this machine has "),
        line);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      nullValues = "-",
      value = {
        "-#a command is missing: train, memory, dump, explain, opt, run, profile, shell, doctor,"
            + " completion, help",
        "trian#unknown command 'trian', expected one of train, memory, dump, explain, opt, run,"
            + " profile, shell, doctor, completion, help; did you mean `train`?",
        "--hlep#unknown option --hlep; did you mean `--help`?",
        "frobnicate#unknown command 'frobnicate', expected one of train, memory, dump, explain,"
            + " opt, run, profile, shell, doctor, completion, help",
        "train#train needs the name of a task: copying, integrator, match, match-lif, digits, text,"
            + " network",
        "train --lag 3#unknown option --lag",
        "train --lag 3 copying#the options of a task come after it: engram train copying [OPTIONS]",
        "train adding#unknown task 'adding', expected one of copying, integrator, match, match-lif,"
            + " digits, text, network",
        "dump nothing.ir#cannot read nothing.ir: no such file",
        "dump a-b#'a-b' is neither the name of a class nor a file that ends in .ir",
        "dump a b#unexpected word 'b', expected at most one FILE.ir | CLASS",
        "dump --rule both#--rule must be one of d-rtrl, bptt, got 'both'; did you mean `bptt`?",
        "dump --epochs 3#unknown option --epochs",
        "dump --stage etrac#--stage must be one of traced, differentiated, etrace, simplified,"
            + " lowered, bytecode, cuda, got 'etrac'; did you mean `etrace`?",
        "dump --stage etrace --rule bptt#--stage etrace needs --rule d-rtrl: bptt has no"
            + " eligibility traces",
      })
  void wrongCommandsGetOneLineAndAHint(String words, String message) {
    assertEquals(message, lineOf(words == null ? new String[0] : words.split(" ")));
  }

  @Test
  void anOutputFolderThatCannotBeWrittenIsFoundBeforeTheTraining() throws IOException {
    Path file = Files.createFile(folder.resolve("file"));
    assertEquals(
        "--out " + file + " cannot be written: " + file + " is a file, not a folder",
        lineOf("train", "copying", "--out", file.toString()));
  }

  @Test
  void aFileAboveTheOutputFolderIsFound() throws IOException {
    Path file = Files.createFile(folder.resolve("file"));
    Path below = file.resolve("a/b");
    assertEquals(
        "--out " + below + " cannot be written: " + file + " is a file, not a folder",
        lineOf("train", "copying", "--out", below.toString()));
  }

  @Test
  void aFolderInThePlaceOfAResultIsFound() throws IOException {
    Path chart = Files.createDirectory(folder.resolve("losses.png"));
    assertEquals(
        "--out "
            + folder
            + " cannot be written: "
            + chart
            + " is a folder where a file is to be written",
        lineOf("train", "copying", "--out", folder.toString()));
  }

  @Test
  void aFolderWithoutPermissionIsFound() throws IOException {
    Path closed =
        Files.createDirectory(
            folder.resolve("closed"),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("r-x------")));
    // Permissions do not restrict the superuser, for whom /proc, which accepts no files, is used.
    Path refused = Files.isWritable(closed) ? Path.of("/proc/engram") : closed.resolve("out");
    String line = lineOf("train", "copying", "--out", refused.toString());
    assertTrue(line.startsWith("--out " + refused + " cannot be written: "), line);
    assertFalse(Files.exists(refused));
  }

  @Test
  void dumpTakesACopyingStepAFileOrAClass() throws IOException {
    Path file = Files.createFile(folder.resolve("g.ir"));
    DumpOptions step = Asked.dump();
    assertEquals(new DumpOptions.Source.CopyingStep(), step.source());
    assertEquals(DumpStage.SIMPLIFIED, step.stage());
    assertEquals(List.of(Learning.D_RTRL), step.job().rules());
    assertEquals(128, step.job().hidden());
    DumpOptions graph = Asked.dump(file.toString(), "--stage", "lowered");
    assertEquals(new DumpOptions.Source.GraphFile(file), graph.source());
    assertEquals(DumpStage.LOWERED, graph.stage());
    DumpOptions model =
        Asked.dump("com.acme.My_Net", "--hidden=4", "--rule", "bptt", "--stage", "traced");
    assertEquals(new DumpOptions.Source.ModelClass("com.acme.My_Net"), model.source());
    assertEquals(4, model.job().hidden());
    assertEquals(List.of(Learning.BPTT), model.job().rules());
  }

  @Test
  void modelOptionsHaveNoMeaningForAFile() throws IOException {
    Path file = Files.createFile(folder.resolve("g.ir"));
    assertEquals(
        "--hidden has no meaning for a graph from a file",
        lineOf("dump", file.toString(), "--hidden", "4"));
  }

  @Test
  void helpNamesEveryOptionAndVersionTheJavaRuntime() {
    assertEquals(Main.OK, run("--help"));
    assertTrue(streams.out().contains("train a network on a task"));
    assertEquals(Main.OK, run("train", "copying", "--lag", "-1", "--help"));
    assertEquals(Main.OK, run("dump", "-h"));
    for (OptionSpec o : Asked.command(CopyingProblem.TASK).getCommandSpec().options()) {
      String shown = o.longestName() + (o.arity().max() == 0 ? "" : "=" + o.paramLabel());
      assertTrue(streams.out().contains(shown), shown);
    }
    assertTrue(streams.out().lines().allMatch(line -> line.length() <= 100), streams.out());
    assertEquals(Main.OK, run("--version"));
    assertTrue(streams.out().contains("Java " + Runtime.version()));
    assertEquals("", streams.err());
  }
}
