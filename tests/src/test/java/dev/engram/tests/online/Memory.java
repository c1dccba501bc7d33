package dev.engram.tests.online;

import dev.engram.Engram;
import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.States;
import dev.engram.TracedFunction;
import dev.engram.Vmap;
import dev.engram.etrace.Factorization;
import dev.engram.etrace.Rule;
import dev.engram.ir.DType;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.passes.Pipeline;
import dev.engram.lower.Lowering;
import dev.engram.nn.RnnCell;
import dev.engram.online.Learner;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;

/** Planned memory for learning a simple recurrent cell. */
public final class Memory {
  static final int IN = 10;

  private Memory() {}

  private static Learner<Tensor, Tensor> learner(Rule rule, int hidden) {
    Layer model = new RnnCell(IN, hidden, RandomKey.of(1), DType.F32);
    return new Learner<>(model, rule, RandomKey.of(2), _ -> {});
  }

  private static HostTensor zeros(int... dims) {
    return HostTensor.full(TensorType.of(DType.F32, dims), 0);
  }

  /** Returns the bytes that the rule carries from step to step for one example. */
  static long traces(Rule rule, int hidden) {
    Learner<Tensor, Tensor> learner = learner(rule, hidden);
    learner.model().initAllStates();
    learner.compileGraph(zeros(IN));
    return learner.onlineStep().traces().stream().mapToLong(t -> t.type().bytes()).sum();
  }

  /**
   * Returns the bytes of the gradient of a sequence besides the sequence: weights, states, scratch.
   */
  static long planned(Rule rule, int steps, int batch, int hidden) {
    Learner<Tensor, Tensor> learner = learner(rule, hidden);
    Learner<Tensor, Tensor> ready =
        Learner.compile(learner.model(), _ -> learner, zeros(batch, IN));
    return planned((xs, ys) -> ready.grad(xs, ys, Job.LOSS).grads(), steps, batch, hidden);
  }

  /** {@link #planned} of backpropagation through time. */
  static long plannedBptt(int steps, int batch, int hidden) {
    Layer model = new RnnCell(IN, hidden, RandomKey.of(1), DType.F32);
    States weights = model.states().subset(State.Kind.PARAMETER);
    Engram.vmapNewStates(batch, model::initAllStates);
    Vmap<Tensor, Tensor> mapped = new Vmap<>(model);
    return planned(
        (xs, ys) ->
            Engram.grad(
                    () ->
                        Engram.forLoop(
                                (Tensor x, Tensor y) -> Job.LOSS.apply(mapped.update(x), y), xs, ys)
                            .sum(),
                    weights)
                .apply(),
        steps,
        batch,
        hidden);
  }

  private static long planned(
      BiFunction<Tensor, Tensor, Object> gradient, int steps, int batch, int hidden) {
    Graph g =
        TracedFunction.of(
                "sequence",
                args -> gradient.apply((Tensor) args.get(0), (Tensor) args.get(1)),
                List.of(zeros(steps, batch, IN), zeros(steps, batch, hidden)))
            .graph();
    Graph simple = Pipeline.standard().run(g);
    long data = simple.paramTypes().getFirst().bytes() + simple.paramTypes().get(1).bytes();
    long ends =
        simple.paramTypes().stream().mapToLong(TensorType::bytes).sum()
            + simple.outTypes().stream().mapToLong(TensorType::bytes).sum();
    return ends - data + Lowering.lower(simple).arenaBytes();
  }

  private static Map<String, Rule> rules() {
    Map<String, Rule> rules = new LinkedHashMap<>();
    rules.put("pp-prop", Rule.ppProp(Factorization.InputOutput.decay(0.9)));
    rules.put("D-RTRL", Rule.dRtrl());
    rules.put("UORO", Rule.uoro());
    rules.put("e-prop", Rule.eProp(0.9));
    rules.put("SnAp-2", Rule.snAp(2));
    return rules;
  }

  /** For the documents: traces by size of the cell. */
  public static String tracesListing() {
    StringBuilder out = new StringBuilder(line("hidden", "weights", rules().keySet()));
    for (int hidden : List.of(16, 64, 256)) {
      List<Long> bytes = rules().values().stream().map(r -> traces(r, hidden)).toList();
      long weights = 4L * ((IN + hidden) * hidden + hidden);
      out.append(line(hidden, weights, bytes));
    }
    return out.toString();
  }

  /** For the documents: memory by length of the sequence. */
  public static String sequenceListing() {
    List<String> names = List.of("pp-prop", "D-RTRL", "UORO");
    StringBuilder out = new StringBuilder(line("steps", "BPTT", names));
    for (int steps : List.of(10, 100, 1000, 10000)) {
      List<Long> bytes =
          names.stream()
              .map(n -> Optional.ofNullable(rules().get(n)).orElseThrow())
              .map(r -> planned(r, steps, 4, 64))
              .toList();
      out.append(line(steps, plannedBptt(steps, 4, 64), bytes));
    }
    return out.toString();
  }

  private static String line(Object first, Object second, Iterable<?> rest) {
    StringBuilder out = new StringBuilder(cell(first, 6)).append(cell(second, 12));
    rest.forEach(x -> out.append(cell(x, 12)));
    return out.append('\n').toString();
  }

  private static String cell(Object x, int width) {
    return x instanceof Number n
        ? ("%," + width + "d").formatted(n)
        : ("%" + width + "s").formatted(x);
  }
}
