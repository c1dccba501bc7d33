package dev.engram.cli.inspect;

import dev.engram.cli.train.problem.SequenceTask;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What {@code engram dump} was asked to print.
 *
 * @param source where the graph comes from
 * @param stage the stage after which it is printed
 * @param job the settings of the copying task's step, with a single rule
 * @param passes restricts the output to the graphs before and after these simplification passes
 * @param model how to make the model of a class
 * @param ops custom ops and rows that a graph in text form may use
 */
public record DumpOptions(
    Source source,
    DumpStage stage,
    SequenceTask.Settings job,
    Print print,
    Around passes,
    UserModel.Setup model,
    List<String> ops) {

  /** Names of passes of the standard pipeline. */
  record Around(Optional<String> before, Optional<String> after) {
    boolean isAsked() {
      return before.isPresent() || after.isPresent();
    }
  }

  /** Where a graph comes from. */
  public sealed interface Source {
    /** The training step of {@code engram train copying}. */
    record CopyingStep() implements Source {}

    /** Graphs in text form. */
    record GraphFile(Path path) implements Source {}

    /** A user's class on the class path. */
    record ModelClass(String name) implements Source {}
  }
}
