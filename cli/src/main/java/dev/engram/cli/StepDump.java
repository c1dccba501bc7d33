package dev.engram.cli;

import dev.engram.Compiler;
import dev.engram.DRtrl;
import dev.engram.Learner;
import dev.engram.Traced;
import dev.engram.etrace.OnlineStep;
import dev.engram.ir.Control;
import dev.engram.ir.DType;
import dev.engram.ir.EngramException;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.OpTable;
import dev.engram.ir.Parser;
import dev.engram.ir.Printer;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Verifier;
import dev.engram.ir.passes.Pipeline;
import dev.engram.lower.LoopPrinter;
import dev.engram.lower.Lowering;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;

/** Prints a graph after a stage of the compiler. */
final class StepDump implements DumpJob {

  @Override
  public void run(DumpOptions options, Terminal terminal) throws IOException {
    try {
      terminal
          .out()
          .print(
              switch (options.source()) {
                case DumpOptions.Source.CopyingStep() -> copying(options);
                case DumpOptions.Source.GraphFile f -> file(f, options.stage());
                case DumpOptions.Source.ModelClass c ->
                    throw new IOException(
                        "cannot dump the class "
                            + c.name()
                            + ": only .ir files and the copying task"
                            + " can be dumped yet");
              });
    } catch (EngramException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  private static String file(DumpOptions.Source.GraphFile f, DumpStage stage) throws IOException {
    Graph g;
    try {
      g = Parser.parse(Files.readString(f.path()), OpTable.standard());
      Verifier.verify(g);
    } catch (EngramException e) {
      throw new IOException(f.path() + ": " + e.getMessage(), e);
    }
    return after(stage, g);
  }

  private static String copying(DumpOptions options) {
    TrainOptions job = options.job();
    CopyingStep step = new CopyingStep(job, job.rule(), _ -> {});
    return switch (options.stage()) {
      case TRACED -> text(model(step).graph());
      case ETRACE -> etrace(step);
      default ->
          after(options.stage(), CompiledStep.trace(step, new CopyingData(job).next()).graph());
    };
  }

  /** The model's own step for one example, as the user wrote it. */
  private static Traced model(CopyingStep step) {
    step.model().initAllStates();
    return Traced.of(
        "model", args -> step.model().update((Tensor) args.getFirst()), List.of(example()));
  }

  private static Tensor example() {
    return HostTensor.full(TensorType.of(DType.F32, CopyingData.SYMBOLS), 0);
  }

  private static String etrace(CopyingStep step) {
    step.model().initAllStates();
    Learner learner = new DRtrl(step.model(), _ -> {});
    learner.compileGraph(example());
    OnlineStep online = learner.onlineStep();
    Control.Derivative.Vjp rule = (Control.Derivative.Vjp) online.call().derivative();
    return "// "
        + online.report().toString().strip().replace("\n", "\n// ")
        + "\n\n"
        + text(Pipeline.standard().run(online.call().body()))
        + "\n"
        + text(Pipeline.standard().run(rule.backward()));
  }

  private static String after(DumpStage stage, Graph g) {
    return switch (stage) {
      case TRACED, DIFFERENTIATED, ETRACE -> text(g);
      case SIMPLIFIED -> text(Pipeline.standard().run(g));
      case LOWERED -> LoopPrinter.print(Lowering.lower(Pipeline.standard().run(g)));
      case BYTECODE -> Compiler.standard().compile(g).disassemble();
    };
  }

  private static String text(Graph g) {
    return Printer.print(g, Printer.Style.DUMP);
  }
}
