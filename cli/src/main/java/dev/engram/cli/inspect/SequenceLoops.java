package dev.engram.cli.inspect;

import dev.engram.Compiler;
import dev.engram.Engram;
import dev.engram.Fn2;
import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.Stages;
import dev.engram.backend.cuda.text.FormReport;
import dev.engram.backend.cuda.text.TextOptions;
import dev.engram.cli.text.JsonObject;
import dev.engram.etrace.Rule;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.passes.Pass;
import dev.engram.ir.passes.WindowReport;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.inspect.LoopReport;
import dev.engram.online.Learner;
import dev.engram.optim.Sgd;
import java.util.List;
import java.util.Optional;

/**
 * The loops of a gradient over a sequence: where traces are written once in a window of steps, and
 * which loops are divided among the examples.
 */
record SequenceLoops(WindowReport windows, LoopReport loops, Optional<FormReport> forms) {
  private static final int STEPS = 70;
  private static final int EXAMPLES = 64;
  private static final String WINDOWS = "windows";

  /**
   * Looks at a model.
   *
   * @param example an input of one example; only its type is used
   */
  static SequenceLoops of(Layer model, Rule rule, Tensor example) {
    TensorType one = example.type();
    HostTensor xs = HostTensor.full(one.with(Shape.of(STEPS, EXAMPLES).concat(one.shape())), 0);
    Fn2<Tensor, Tensor, Tensor> learn =
        (in, targets) -> {
          Learner<Tensor, Tensor> learner =
              Learner.compile(
                  model, m -> new Learner<>(m, rule, RandomKey.of(0), _ -> {}), in.get(0));
          learner.reset();
          Learner.Sequence<Tensor> s = learner.grad(in, targets, (out, _) -> out.square().mean());
          Sgd sgd = new Sgd(0.1);
          sgd.register(learner.weights());
          sgd.update(s.grads());
          return s.losses();
        };
    Compiler compiler = Compiler.standard();
    Stages.Traced<Fn2<Tensor, Tensor, Tensor>> traced = Engram.jit(compiler, learn).trace(xs, xs);
    List<String> passes = compiler.passes().passes().stream().map(Pass::name).toList();
    WindowReport windows =
        passes.contains(WINDOWS)
            ? WindowReport.of(compiler.passes().without(WINDOWS).run(traced.graph()))
            : new WindowReport(List.of());
    if (!compiler.hasLoops()) {
      return new SequenceLoops(windows, new LoopReport(List.of()), Optional.empty());
    }
    LoopProgram program = traced.lower().program();
    boolean isForCards = compiler.backend().split(":", 2)[0].equals("cuda");
    return new SequenceLoops(
        windows,
        LoopReport.of(program),
        isForCards
            ? Optional.of(FormReport.of(program, TextOptions.standard()))
            : Optional.empty());
  }

  /** A line for each scan of the graph, then one for each loop of the program. */
  @Override
  public String toString() {
    StringBuilder s =
        new StringBuilder("over %d steps of %d examples:\n".formatted(STEPS, EXAMPLES));
    windows.rows().forEach(r -> s.append(indented(r)));
    loops.rows().forEach(r -> s.append(indented(r)));
    forms.ifPresent(
        f -> {
          s.append("on a card, %d launches:\n".formatted(f.launches()));
          f.rows().forEach(r -> s.append(indented(r)));
        });
    return s.toString();
  }

  private static String indented(Object row) {
    return "  " + row.toString().replace("\n", "\n  ") + "\n";
  }

  JsonObject json() {
    List<JsonObject> scans = windows.rows().stream().map(SequenceLoops::json).toList();
    List<JsonObject> divided = loops.rows().stream().map(SequenceLoops::json).toList();
    JsonObject all =
        new JsonObject()
            .put("steps", STEPS)
            .put("examples", EXAMPLES)
            .put("scans", scans)
            .put("loops", divided);
    forms.ifPresent(f -> all.put("kernels", f.rows().stream().map(SequenceLoops::json).toList()));
    return all;
  }

  private static JsonObject json(FormReport.Row r) {
    JsonObject o =
        new JsonObject()
            .put("what", r.what())
            .put("where", r.where().toString())
            .put("form", r.form().toString())
            .put("launches", r.launches())
            .put("barriers", r.meetings());
    r.why().ifPresent(why -> o.put("why", why));
    return o;
  }

  private static JsonObject json(WindowReport.Row r) {
    return new JsonObject()
        .put("length", r.length())
        .put("where", r.where().toString())
        .put("windowSteps", r.steps())
        .put("windowBytes", r.bytes())
        .put("sums", r.sums())
        .texts("traces", r.traces())
        .put(
            "kept",
            r.kept().stream()
                .map(k -> new JsonObject().put("state", k.state()).put("why", k.why()))
                .toList());
  }

  private static JsonObject json(LoopReport.Row r) {
    JsonObject o =
        new JsonObject()
            .put("length", r.length())
            .put("nests", r.nests())
            .put("where", r.where())
            .put("shares", r.shares());
    r.why().ifPresent(why -> o.put("why", why));
    return o;
  }
}
