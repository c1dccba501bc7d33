package dev.engram.cli;

import dev.engram.Key;
import dev.engram.Layer;
import dev.engram.Learner;
import dev.engram.etrace.Factorization;
import dev.engram.etrace.Rule;
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
              model.layer(), rule(options.rule()), Key.of(0), d -> terminal.err().println(d));
      learner.compileGraph(model.example());
      terminal.out().print(options.dot() ? learner.report().dot() : learner.explain());
      if (options.strict()) {
        learner.report().requireNoExclusion();
      }
    } catch (EngramException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  private static UserModel model(ExplainOptions options) throws IOException {
    if (options.className().isEmpty()) {
      Layer copying = new CopyingStep(options.job(), options.job().rule(), _ -> {}).model();
      copying.initAllStates();
      return new UserModel(
          copying, HostTensor.full(TensorType.of(DType.F32, CopyingData.SYMBOLS), 0));
    }
    Class<?> c = UserCode.load(options.className().get(), options.model().classPath());
    if (!Layer.class.isAssignableFrom(c)) {
      throw new IOException(c.getName() + " is no Layer, so there is no model to explain");
    }
    return UserModel.of(c, options.model(), options.job().seed());
  }

  private static Rule rule(ExplainOptions.Learning name) {
    return switch (name) {
      case D_RTRL -> Rule.dRtrl();
      case PP_PROP -> Rule.ppProp(Factorization.InputOutput.decay(0.9));
      case E_PROP -> Rule.eProp(0.9);
      case OSTL_RECURRENT -> Rule.ostlRecurrent();
      case OSTL_FEEDFORWARD -> Rule.ostlFeedforward();
      case SNAP_2 -> Rule.snAp(2);
      case UORO -> Rule.uoro();
      case THREE_FACTOR -> Rule.threeFactor();
      case DNI -> Rule.dni();
      case RTRL -> Rule.rtrl();
    };
  }
}
