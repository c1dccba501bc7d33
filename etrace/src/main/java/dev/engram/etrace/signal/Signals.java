package dev.engram.etrace.signal;

import dev.engram.etrace.HiddenGroup;
import dev.engram.etrace.LearningSignal;
import dev.engram.etrace.Rule;
import dev.engram.etrace.RuleInput;
import dev.engram.etrace.analysis.SiteMap;
import dev.engram.etrace.analysis.StepGraphs;
import dev.engram.etrace.analysis.UserClass;
import dev.engram.etrace.normalize.FlatLength;
import dev.engram.ir.DType;
import dev.engram.ir.Param;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.op.Dot;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Computes learning signals, which traces are multiplied by. */
public final class Signals {
  private final SiteMap map;
  private final Rule rule;
  private final Set<Integer> followed;

  public Signals(SiteMap map, Rule rule, Set<Integer> followed) {
    this.map = map;
    this.rule = rule;
    this.followed = followed;
  }

  /** Returns the operands of the rule besides the step's parameters. */
  public List<RuleInput> inputs() {
    return switch (rule.signal()) {
      case LearningSignal.Symmetric _, LearningSignal.Custom _ -> List.of();
      case LearningSignal.RandomFeedback _ ->
          sorted().stream()
              .map(
                  s ->
                      new RuleInput(
                          "feedback." + map.step.state(s).path(),
                          RuleInput.Kind.FEEDBACK,
                          TensorType.of(dtype(s), resultSize(), size(s))))
              .toList();
      case LearningSignal.Modulatory _ ->
          List.of(
              new RuleInput(
                  "modulator",
                  RuleInput.Kind.MODULATOR,
                  TensorType.scalar(dtype(sorted().getFirst()))));
      case LearningSignal.Bootstrapped _ -> {
        List<RuleInput> out = new ArrayList<>();
        for (int s : map.step.hidden()) {
          String path = "synthesizer." + map.step.state(s).path();
          TensorType w = TensorType.of(dtype(s), hiddenSize(), size(s));
          TensorType bias = TensorType.of(dtype(s), size(s));
          out.add(new RuleInput(path + ".weight", RuleInput.Kind.SYNTHESIZER, w));
          out.add(new RuleInput(path + ".bias", RuleInput.Kind.SYNTHESIZER, bias));
        }
        yield out;
      }
    };
  }

  private List<Integer> sorted() {
    return followed.stream().sorted().toList();
  }

  private DType dtype(int s) {
    return map.step.state(s).type().dtype();
  }

  private int size(int s) {
    return FlatLength.of(map.step.state(s).type());
  }

  private int hiddenSize() {
    return FlatLength.of(map.step.hidden().stream().map(s -> map.step.state(s).type()).toList());
  }

  private List<Value> results() {
    return map.step.graph().outs().subList(0, map.step.results()).stream()
        .filter(v -> v.type().dtype().isFloat())
        .toList();
  }

  private int resultSize() {
    return FlatLength.of(results().stream().map(Value::type).toList());
  }

  /**
   * Returns the cotangents that the rule uses: the given ones plus the predicted ones of later
   * losses.
   */
  public List<Value> expected(StepCopy copy, List<Value> cotangents, List<Tensor> inputs) {
    if (!(rule.signal() instanceof LearningSignal.Bootstrapped)) {
      return cotangents;
    }
    Map<Integer, Tensor> later = predicted(fresh(copy), inputs);
    List<Value> all = new ArrayList<>(cotangents);
    later.forEach(
        (s, t) -> {
          int at = cotangentOf(s);
          all.set(at, copy.b.lift(copy.b.tracer(all.get(at)).add(t)));
        });
    return all;
  }

  private List<Tensor> fresh(StepCopy copy) {
    return map.step.hidden().stream().map(copy::fresh).toList();
  }

  /** Returns the position of a state's cotangent among those of the step's float results. */
  private int cotangentOf(int state) {
    List<Value> outs = map.step.graph().outs().subList(0, map.step.results() + state);
    return Math.toIntExact(outs.stream().filter(v -> v.type().dtype().isFloat()).count());
  }

  /** Returns, for each hidden state, {@code h · A + b} with h all hidden states. */
  private Map<Integer, Tensor> predicted(List<Tensor> states, List<Tensor> inputs) {
    Tensor h = flat(states);
    Map<Integer, Tensor> out = new LinkedHashMap<>();
    List<Integer> hidden = map.step.hidden();
    for (int i = 0; i < hidden.size(); i++) {
      Tensor y = h.matmul(inputs.get(2 * i)).add(inputs.get(2 * i + 1));
      out.put(hidden.get(i), y.reshape(map.step.state(hidden.get(i)).type().shape()));
    }
    return out;
  }

  private static Tensor flat(List<Tensor> parts) {
    return Tensor.concat(
        0, parts.stream().map(t -> t.reshape(FlatLength.of(t.type()))).toArray(Tensor[]::new));
  }

  /** Returns the signals for the traces. */
  public Map<Integer, Tensor> forTraces(
      StepCopy copy, List<Value> cotangents, List<Tensor> inputs, Map<Integer, Tensor> own) {
    return switch (rule.signal()) {
      case LearningSignal.Symmetric _, LearningSignal.Bootstrapped _ -> own;
      case LearningSignal.RandomFeedback _ -> feedback(copy, cotangents, inputs);
      case LearningSignal.Custom custom -> custom(custom, copy, cotangents, own);
      case LearningSignal.Modulatory _ -> {
        Map<Integer, Tensor> out = new HashMap<>();
        for (int s : followed) {
          out.put(s, inputs.getFirst().broadcastTo(map.step.state(s).type().shape()));
        }
        yield out;
      }
    };
  }

  // L[s] = e · B[s] + ∂ℓ/∂h_s, the latter if the loss reads the state itself
  private Map<Integer, Tensor> feedback(
      StepCopy copy, List<Value> cotangents, List<Tensor> inputs) {
    Tensor e = flat(ofResults(copy, cotangents));
    Map<Integer, Tensor> out = new HashMap<>();
    List<Integer> states = sorted();
    for (int i = 0; i < states.size(); i++) {
      int s = states.get(i);
      Tensor sent = e.matmul(inputs.get(i)).reshape(map.step.state(s).type().shape());
      out.put(s, sent.add(copy.b.tracer(cotangents.get(cotangentOf(s)))));
    }
    return out;
  }

  private List<Tensor> ofResults(StepCopy copy, List<Value> cotangents) {
    return cotangents.subList(0, results().size()).stream().<Tensor>map(copy.b::tracer).toList();
  }

  private Map<Integer, Tensor> custom(
      LearningSignal.Custom custom,
      StepCopy copy,
      List<Value> cotangents,
      Map<Integer, Tensor> own) {
    Map<Integer, Tensor> out = new HashMap<>();
    for (int s : sorted()) {
      Param state = map.step.state(s);
      Tensor direct = copy.b.tracer(cotangents.get(cotangentOf(s)));
      List<Tensor> errors =
          ofResults(copy, cotangents).stream().map(t -> t.cast(dtype(s))).toList();
      Tensor e = errors.isEmpty() ? copy.zero(TensorType.of(dtype(s), 0)) : flat(errors);
      Tensor got =
          custom.signal(
              new LearningSignal.Sources(state.path(), copy.fresh(s), own.get(s), direct, e));
      out.put(
          s,
          new UserClass(custom, "signal")
              .one(copy.b, "for the state " + state.path(), got, state.type()));
    }
    return out;
  }

  /**
   * Returns the loss's own derivative with respect to hidden states, with other traced states held
   * fixed.
   */
  public Map<Integer, Tensor> own(StepCopy copy, List<Value> cotangents) {
    Map<Integer, Tensor> out = new HashMap<>();
    if (rule.followsSites()) {
      for (HiddenGroup g : map.analysis.groups) {
        if (g.states().stream().anyMatch(followed::contains)) {
          own(copy, g.states(), cotangents, out);
        }
      }
    } else {
      own(copy, map.step.hidden(), cotangents, out);
    }
    return out;
  }

  private void own(
      StepCopy copy, List<Integer> states, List<Value> cotangents, Map<Integer, Tensor> out) {
    List<Value> fresh = states.stream().map(s -> copy.value(map.newState(s))).toList();
    List<Value> found =
        StepGraphs.signals(map.step, states, copy.b, copy.values, fresh, cotangents);
    for (int i = 0; i < found.size(); i++) {
      out.put(states.get(i), copy.b.tracer(found.get(i)));
    }
  }

  /**
   * Returns the gradients of the rule's inputs: for the synthesizer, of half the squared error of
   * its prediction one step earlier; zero for the others.
   */
  public List<Tensor> inputGradients(StepCopy copy, List<Value> expected, List<Tensor> inputs) {
    if (!(rule.signal() instanceof LearningSignal.Bootstrapped)) {
      return inputs.stream().map(t -> t.like(0)).toList();
    }
    List<Integer> hidden = map.step.hidden();
    List<Tensor> old = hidden.stream().map(s -> copy.tensor(map.oldState(s))).toList();
    Map<Integer, Tensor> said = predicted(old, inputs);
    List<Tensor> came = atOldStates(copy, expected);
    Tensor h = flat(old);
    List<Tensor> out = new ArrayList<>();
    for (int i = 0; i < hidden.size(); i++) {
      int n = size(hidden.get(i));
      Tensor error = said.get(hidden.get(i)).sub(came.get(i)).reshape(n);
      Dot outer = new Dot(List.of(), List.of(), List.of(), List.of());
      out.add(h.dot(error, outer));
      out.add(error);
    }
    return out;
  }

  private List<Tensor> atOldStates(StepCopy copy, List<Value> cotangents) {
    Map<Var, Tensor> found = StepGraphs.cotangents(copy, map.step.graph(), cotangents);
    return map.step.hidden().stream().map(s -> found.get(map.oldState(s))).toList();
  }
}
