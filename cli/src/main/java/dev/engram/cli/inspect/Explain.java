package dev.engram.cli.inspect;

import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.cli.option.Choice;
import dev.engram.cli.option.JsonOption;
import dev.engram.cli.terminal.Terminal;
import dev.engram.cli.text.JsonObject;
import dev.engram.cli.train.TrainOptions;
import dev.engram.cli.train.problem.CopyingNet;
import dev.engram.cli.train.problem.CopyingProblem;
import dev.engram.cli.train.problem.Learning;
import dev.engram.etrace.LearningSignal;
import dev.engram.etrace.Rule;
import dev.engram.etrace.Strictness;
import dev.engram.ir.DType;
import dev.engram.ir.EngramException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.online.Learner;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Prints how a model learns online: {@code engram explain}. */
@Command(
    name = Explain.NAME,
    header = Explain.HEADER,
    description =
        "Prints how a model learns online: its hidden groups; which weights learn through traces,"
            + " which do not, and why; which gradients are exact, and what the others leave out;"
            + " what the rule carries from step to step; what a step costs; and the loops of a"
            + " sequence. Without a class, it explains the model of the copying task.")
public final class Explain implements Callable<Integer> {
  /** Its name on the command line. */
  public static final String NAME = "explain";

  /** Its line in the list of commands. */
  public static final String HEADER = "print how a model learns online: groups, traces, costs";

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "CLASS", arity = "0..1", description = "the model's class")
  private Optional<String> className = Optional.empty();

  @Option(
      names = "--rule",
      order = 10,
      paramLabel = "RULE",
      converter = Online.class,
      completionCandidates = Online.class,
      defaultValue = "d-rtrl",
      description = {"the learning rule (default ${DEFAULT-VALUE}):", "${COMPLETION-CANDIDATES}"})
  private Learning rule = Learning.D_RTRL;

  @Option(
      names = "--dot",
      order = 11,
      description = "print a diagram of weights and states for Graphviz")
  private boolean dot;

  @Option(
      names = "--strict",
      order = 12,
      description = "fail when a weight that reaches a hidden state has no trace")
  private boolean strict;

  @Option(
      names = "--exact",
      order = 13,
      description = "fail when the gradient of a weight is not exact")
  private boolean exact;

  @Mixin private final TrainOptions.Hidden hidden = new TrainOptions.Hidden();
  @Mixin private final TrainOptions.Layers layers = new TrainOptions.Layers();
  @Mixin private final TrainOptions.Seed seed = new TrainOptions.Seed();
  @Mixin private final UserModel.Options model = new UserModel.Options();
  @Mixin private final UserCode.Options code = new UserCode.Options();
  @Mixin private final JsonOption json = new JsonOption();

  private final Terminal terminal;

  public Explain(Terminal terminal) {
    this.terminal = terminal;
  }

  private static final class Online extends Choice<Learning> {
    Online() {
      super(Learning.online());
    }
  }

  @Override
  public Integer call() throws IOException {
    if (dot && json.isGiven()) {
      throw new ParameterException(
          spec.commandLine(), "--dot and --json exclude each other; leave one of them out");
    }
    try {
      UserModel m = model();
      Learner<Tensor, Tensor> learner =
          new Learner<>(
              m.layer(),
              rule.rule().orElseThrow(),
              RandomKey.of(0),
              d -> terminal.err().println(d));
      learner.compileGraph(m.example());
      if (dot) {
        terminal.out().print(learner.report().dot());
      } else if (json.isGiven()) {
        JsonObject o = ExplainJson.of(learner.onlineStep());
        sequence().ifPresent(s -> o.put("sequence", s.json()));
        terminal.out().println(o);
      } else {
        terminal.out().print(learner.explain());
        sequence().ifPresent(s -> terminal.out().print(s));
      }
      if (strict) {
        learner.report().require(Strictness.TEMPORAL);
      }
      if (exact) {
        learner.report().require(Strictness.EXACT);
      }
    } catch (EngramException e) {
      throw new IOException(e.getMessage(), e);
    }
    return ExitCode.OK;
  }

  /** Empty for a rule with a modulator, which targets do not teach, and where it fails: told. */
  private Optional<SequenceLoops> sequence() throws IOException {
    Rule r = rule.rule().orElseThrow();
    if (r.signal() instanceof LearningSignal.Modulatory) {
      return Optional.empty();
    }
    UserModel m = model();
    try {
      return Optional.of(SequenceLoops.of(m.layer(), r, m.example()));
    } catch (EngramException e) {
      terminal.err().println("the loops of a sequence are not shown: " + e.getMessage());
      return Optional.empty();
    }
  }

  private UserModel model() throws IOException {
    if (className.isEmpty()) {
      Layer copying = new CopyingNet(hidden.value, layers.value, seed.value);
      copying.initAllStates();
      return new UserModel(
          copying, HostTensor.full(TensorType.of(DType.F32, CopyingProblem.SYMBOLS), 0));
    }
    Class<?> c = UserCode.load(className.get(), code.classPath());
    if (!Layer.class.isAssignableFrom(c)) {
      throw new IOException(c.getName() + " is not a Layer, so there is no model to explain");
    }
    return UserModel.of(c, model.setup(code.classPath()), seed.value);
  }
}
