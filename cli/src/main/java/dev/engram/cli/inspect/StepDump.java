package dev.engram.cli.inspect;

import dev.engram.Compiler;
import dev.engram.Engram;
import dev.engram.Layer;
import dev.engram.Pair;
import dev.engram.RandomKey;
import dev.engram.Stages;
import dev.engram.TracedFunction;
import dev.engram.autodiff.Vjp;
import dev.engram.backend.cuda.text.CudaText;
import dev.engram.backend.cuda.text.TextOptions;
import dev.engram.cli.train.SequenceStep;
import dev.engram.cli.train.problem.CopyingProblem;
import dev.engram.cli.train.problem.SequenceTask;
import dev.engram.etrace.OnlineStep;
import dev.engram.ir.DType;
import dev.engram.ir.EngramException;
import dev.engram.ir.Graph;
import dev.engram.ir.GraphEquality;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.op.Control;
import dev.engram.ir.passes.Pass;
import dev.engram.ir.passes.Pipeline;
import dev.engram.ir.text.OpTable;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.Update;
import dev.engram.online.DRtrl;
import dev.engram.online.Learner;
import java.io.IOException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Makes the programs after a stage of the compiler, for {@link Dump}. */
public final class StepDump {
  private static final Compiler CUDA = new Compiler("cuda");

  private final DumpOptions options;

  StepDump(DumpOptions options) {
    this.options = options;
  }

  /**
   * Returns what there is to print.
   *
   * @throws IOException when there is nothing to print; the user sees only its message
   */
  List<Piece> pieces() throws IOException {
    try {
      return switch (options.source()) {
        case DumpOptions.Source.CopyingStep() -> copying(options);
        case DumpOptions.Source.GraphFile f -> file(f, options);
        case DumpOptions.Source.ModelClass c -> userClass(c.name(), options);
      };
    } catch (EngramException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  // ---- sources

  private static List<Piece> file(DumpOptions.Source.GraphFile f, DumpOptions options)
      throws IOException {
    if (options.stage() == DumpStage.ETRACE) {
      throw new IOException(
          f.path() + ": --stage etrace needs a model: a class, or the copying task");
    }
    List<Piece> out = new ArrayList<>();
    OpTable ops = new UserCode(options.model().classPath()).ops(options.ops());
    for (Graph g : GraphFile.read(f.path(), ops).graphs()) {
      out.addAll(after(options, options.stage() == DumpStage.DIFFERENTIATED ? derivative(g) : g));
    }
    return out;
  }

  private static Graph derivative(Graph g) {
    return Vjp.of(g, g.params().stream().map(p -> p.type().dtype().isFloat()).toList());
  }

  private static List<Piece> copying(DumpOptions options) {
    SequenceTask.Settings job = options.job();
    CopyingProblem problem = new CopyingProblem(job);
    Tensor example = HostTensor.full(TensorType.of(DType.F32, CopyingProblem.SYMBOLS), 0);
    return switch (options.stage()) {
      case TRACED, ETRACE -> {
        problem.model().initAllStates();
        yield model(problem.model(), example, options);
      }
      case DIFFERENTIATED, SIMPLIFIED, LOWERED, BYTECODE, CUDA -> {
        Pair<Tensor, Tensor> batch = problem.next();
        SequenceStep step =
            new SequenceStep(
                problem,
                job.rules().getFirst().rule(),
                job.lr(),
                RandomKey.of(job.seed()),
                batch.first(),
                _ -> {});
        Compiler compiler = options.stage() == DumpStage.CUDA ? CUDA : Compiler.standard();
        Stages.Traced<?> traced = Engram.jit(compiler, step).trace(batch.first(), batch.second());
        yield after(
            options,
            traced.graph(),
            () ->
                compiler.hasLoops()
                    ? traced.lower().program()
                    : loops(options, traced.graph(), List.of()));
      }
    };
  }

  private static List<Piece> userClass(String name, DumpOptions options) throws IOException {
    Class<?> c = UserCode.load(name, options.model().classPath());
    if (Layer.class.isAssignableFrom(c)) {
      UserModel m = UserModel.of(c, options.model(), options.job().seed());
      return model(m.layer(), m.example(), options);
    }
    try {
      return main(c.getMethod("main", String[].class), options);
    } catch (NoSuchMethodException e) {
      throw new IOException(c.getName() + " is not a Layer, and has no main method to run", e);
    }
  }

  /** Dumps one step of a model for one example. */
  private static List<Piece> model(Layer model, Tensor example, DumpOptions options) {
    if (options.stage() == DumpStage.ETRACE) {
      Learner<Tensor, Tensor> learner = new DRtrl<>(model, _ -> {});
      learner.compileGraph(example);
      return etrace(learner.onlineStep());
    }
    Graph g =
        TracedFunction.of("model", args -> model.update((Tensor) args.getFirst()), List.of(example))
            .graph();
    return after(options, options.stage() == DumpStage.DIFFERENTIATED ? derivative(g) : g);
  }

  /** Dumps everything that a program compiles; its own output goes to the error stream. */
  private static List<Piece> main(Method main, DumpOptions options) {
    List<Piece> out = new ArrayList<>();
    Compiler.Watcher watcher =
        new Compiler.Watcher() {
          @Override
          public void compiling(Graph traced, List<Update> updates) {
            if (options.stage() != DumpStage.ETRACE) {
              out.addAll(after(options, traced, () -> loops(options, traced, updates)));
            }
          }

          @Override
          public void prepared(OnlineStep step) {
            if (options.stage() == DumpStage.ETRACE) {
              out.addAll(etrace(step));
            }
          }
        };
    Compiler.watch(watcher, () -> UserCode.run(main));
    if (out.isEmpty()) {
      throw new EngramException(
          main.getDeclaringClass().getName()
              + " ran and "
              + (options.stage() == DumpStage.ETRACE ? "prepared no learner" : "compiled nothing"));
    }
    return out;
  }

  // ---- stages

  private static List<Piece> etrace(OnlineStep online) {
    Control.Derivative.Vjp rule = (Control.Derivative.Vjp) online.call().derivative();
    return List.of(
        new Piece.Note(online.report().toString()),
        new Piece.Of(Pipeline.standard().run(online.call().body())),
        new Piece.Of(Pipeline.standard().run(rule.backward())));
  }

  private static List<Piece> after(DumpOptions options, Graph g) {
    return after(options, g, () -> loops(options, g, List.of()));
  }

  /**
   * @param loops what {@code g} is lowered to where it is compiled
   */
  private static List<Piece> after(DumpOptions options, Graph g, Supplier<LoopProgram> loops) {
    if (options.passes().isAsked()) {
      return around(options.passes(), g);
    }
    return List.of(
        switch (options.stage()) {
          case TRACED, DIFFERENTIATED, ETRACE -> new Piece.Of(g);
          case SIMPLIFIED -> new Piece.Of(Pipeline.standard().run(g));
          case LOWERED -> new Piece.Loops(loops.get());
          case BYTECODE -> new Piece.Code(compiler(options).text(loops.get()));
          case CUDA -> new Piece.Code(CudaText.of(loops.get(), TextOptions.standard()).text());
        });
  }

  private static LoopProgram loops(DumpOptions options, Graph g, List<Update> updates) {
    return compiler(options).lower(Pipeline.standard().run(g), updates);
  }

  /** Where the user asks for the interpreter, what would be interpreted as loops. */
  private static Compiler compiler(DumpOptions options) {
    if (options.stage() == DumpStage.CUDA) {
      return CUDA;
    }
    Compiler standard = Compiler.standard();
    return standard.hasLoops() ? standard : new Compiler("loops");
  }

  private static List<Piece> around(DumpOptions.Around passes, Graph g) {
    List<Piece> out = new ArrayList<>();
    Pipeline.standard()
        .run(
            g,
            (round, pass, before, after) -> {
              if (passes.before().equals(Optional.of(pass.name()))) {
                out.add(new Piece.Note("round %d, before %s".formatted(round + 1, pass.name())));
                out.add(new Piece.Of(before));
              }
              if (passes.after().equals(Optional.of(pass.name()))) {
                afterPass(out, round, pass, before, after);
              }
            });
    return out;
  }

  private static void afterPass(List<Piece> out, int round, Pass pass, Graph before, Graph after) {
    boolean same = GraphEquality.equal(before, after);
    String what = same ? "round %d, %s changes nothing" : "round %d, after %s";
    out.add(new Piece.Note(what.formatted(round + 1, pass.name())));
    if (!same) {
      out.add(new Piece.Of(after));
    }
  }
}
