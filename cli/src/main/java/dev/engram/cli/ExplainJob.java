package dev.engram.cli;

import dev.engram.Layer;
import dev.engram.Learner;
import dev.engram.RandomKey;
import dev.engram.etrace.Strictness;
import dev.engram.ir.DType;
import dev.engram.ir.EngramException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.TensorType;
import java.io.IOException;

/** Prints how a model learns online: {@code engram explain}. */
final class ExplainJob implements Job<ExplainOptions> {

  @Override
  public void run(ExplainOptions options, Terminal terminal) throws IOException {
    try {
      UserModel model = model(options);
      Learner learner =
          new Learner(
              model.layer(),
              options.rule().rule().orElseThrow(),
              RandomKey.of(0),
              d -> terminal.err().println(d));
      learner.compileGraph(model.example());
      terminal.out().print(options.dot() ? learner.report().dot() : learner.explain());
      if (options.strict()) {
        learner.report().require(Strictness.TEMPORAL);
      }
      if (options.exact()) {
        learner.report().require(Strictness.EXACT);
      }
    } catch (EngramException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  private static UserModel model(ExplainOptions options) throws IOException {
    if (options.className().isEmpty()) {
      Layer copying = new CopyingNet(options.job());
      copying.initAllStates();
      return new UserModel(
          copying, HostTensor.full(TensorType.of(DType.F32, CopyingProblem.SYMBOLS), 0));
    }
    Class<?> c = UserCode.load(options.className().get(), options.model().classPath());
    if (!Layer.class.isAssignableFrom(c)) {
      throw new IOException(c.getName() + " is no Layer, so there is no model to explain");
    }
    return UserModel.of(c, options.model(), options.job().seed());
  }
}
