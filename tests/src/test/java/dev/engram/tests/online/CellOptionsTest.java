package dev.engram.tests.online;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.Grads;
import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.States;
import dev.engram.etrace.Rule;
import dev.engram.ir.DType;
import dev.engram.ir.EngramException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.nn.CellOptions;
import dev.engram.nn.CfnCell;
import dev.engram.nn.GruCell;
import dev.engram.nn.Initializer;
import dev.engram.nn.LeakyReadout;
import dev.engram.nn.Linear;
import dev.engram.nn.LstmCell;
import dev.engram.nn.MguCell;
import dev.engram.nn.MinGruCell;
import dev.engram.nn.MinLstmCell;
import dev.engram.nn.MiniGruCell;
import dev.engram.nn.MiniLstmCell;
import dev.engram.nn.MinimalRnnCell;
import dev.engram.nn.Parametrization;
import dev.engram.nn.RnnCell;
import dev.engram.nn.SignedLinear;
import dev.engram.nn.UrLstmCell;
import dev.engram.online.Learner;
import dev.engram.testkit.Close;
import dev.engram.testkit.FunctionChecks;
import dev.engram.testkit.ModelChecks;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every cell with every option: initializers, parametrizations, activation, initial states. */
class CellOptionsTest {
  private static final int IN = 3;
  private static final int HIDDEN = 4;
  private static final RandomKey KEY = RandomKey.of(5);
  private static final Tensor XS = Job.normal(3, 5, 2, IN);
  private static final Fn1<Tensor, Tensor> LOSS = h -> h.square().sum();
  private static final CellOptions F64 = CellOptions.standard().withType(DType.F64);
  private static final Map<String, Fn1<CellOptions, Layer>> CELLS = cells();

  private static Map<String, Fn1<CellOptions, Layer>> cells() {
    Map<String, Fn1<CellOptions, Layer>> all = new TreeMap<>();
    all.put("rnn", o -> new RnnCell(IN, HIDDEN, KEY, o));
    all.put("gru", o -> new GruCell(IN, HIDDEN, KEY, o));
    all.put("mgu", o -> new MguCell(IN, HIDDEN, KEY, o));
    all.put("lstm", o -> new LstmCell(IN, HIDDEN, KEY, o));
    all.put("urlstm", o -> new UrLstmCell(IN, HIDDEN, KEY, o));
    all.put("minimal", o -> new MinimalRnnCell(IN, HIDDEN, KEY, o));
    all.put("minigru", o -> new MiniGruCell(IN, HIDDEN, KEY, o));
    all.put("minilstm", o -> new MiniLstmCell(IN, HIDDEN, KEY, o));
    all.put("cfn", o -> new CfnCell(IN, HIDDEN, KEY, o));
    all.put("minGRU", o -> new MinGruCell(IN, HIDDEN, KEY, o));
    all.put("minLSTM", o -> new MinLstmCell(IN, HIDDEN, KEY, o));
    all.put("leaky", o -> new LeakyReadout(IN, HIDDEN, 3, 1, KEY, o));
    return all;
  }

  static List<String> names() {
    return List.copyOf(CELLS.keySet());
  }

  private static ModelChecks<Tensor, Tensor> checks(String name, CellOptions options) {
    return new ModelChecks<>(() -> CELLS.get(name).apply(options), XS, LOSS);
  }

  @ParameterizedTest
  @MethodSource("names")
  void learnedInitialStatesAreWeights(String name) {
    CellOptions learned = F64.withState(Initializer.uniform(-0.5, 0.5)).withLearnedState();
    Layer cell = CELLS.get(name).apply(learned);
    List<String> starts =
        cell.states().subset(State.Kind.PARAMETER).paths().stream()
            .filter(p -> p.startsWith("start."))
            .toList();
    assertFalse(starts.isEmpty());
    ModelChecks<Tensor, Tensor> checks = checks(name, learned);
    checks.gradients();
    checks.batches();
    checks.backends();
    assertEquals(List.of(), checks.learning(Rule.rtrl()));
    checks.learning(Rule.dRtrl());
    checks.learning(Rule.named("pp-prop 0.9"));
    // a control: that the start matters
    Grads online = grads(cell, Rule.rtrl());
    for (String path : starts) {
      assertTrue(online.get(path).abs().max().host().item() > 1e-4, path);
    }
  }

  private static Grads grads(Layer cell, Rule rule) {
    Learner<Tensor, Tensor> learner =
        Learner.compile(cell, m -> new Learner<>(m, rule, RandomKey.of(0), _ -> {}), XS.get(0));
    return learner.grad(XS, LOSS).grads();
  }

  @Test
  void aLearnedStartIsThatOfEachEpisode() {
    Layer cell =
        CELLS.get("lstm").apply(F64.withState(Initializer.constant(0.3)).withLearnedState());
    Learner<Tensor, Tensor> learner =
        Learner.compile(
            cell, m -> new Learner<>(m, Rule.rtrl(), RandomKey.of(0), _ -> {}), XS.get(0));
    Tensor resets =
        HostTensor.of(new int[] {0, 0, 1, 0, 0}, 5).ne(0).expandDims(1).broadcastTo(Shape.of(5, 2));
    Grads whole = learner.rollout(XS).resets(resets).grad(LOSS).grads();
    learner.reset();
    Grads first = learner.grad(XS.slice(0, 0, 2), LOSS).grads();
    learner.reset();
    Grads second = learner.grad(XS.slice(0, 2, 5), LOSS).grads();
    Job.same("episodes", whole, first.plus(second));
    assertTrue(second.get("start.h").abs().max().host().item() > 1e-3);
  }

  @ParameterizedTest
  @MethodSource("names")
  void initialStatesAreThoseOfTheOptions(String name) {
    Layer cell = CELLS.get(name).apply(F64.withState(Initializer.constant(0.25)));
    cell.initAllStates();
    cell.states()
        .subset(State.Kind.HIDDEN)
        .byPath()
        .forEach((path, s) -> assertEquals(0.25, s.value().host().getDouble(0), path));
    Layer learned =
        CELLS.get(name).apply(F64.withState(Initializer.constant(0.25)).withLearnedState());
    learned.initAllStates();
    Close.check("the first step", learned.update(XS.get(0).get(0)), cell.update(XS.get(0).get(0)));
    Close.check("the second step", learned.update(XS.get(1).get(0)), cell.update(XS.get(1).get(0)));
    Layer zero = CELLS.get(name).apply(F64);
    zero.initAllStates();
    zero.update(XS.get(0).get(0));
    cell.initAllStates();
    assertTrue(
        zero.update(XS.get(1).get(0)).sub(cell.update(XS.get(1).get(0))).abs().max().host().item()
            > 1e-4);
  }

  @ParameterizedTest
  @MethodSource("names")
  void parametrizationsAndActivationsLearn(String name) {
    double[] each = new double[HIDDEN * HIDDEN];
    Arrays.setAll(each, i -> i % 3 == 0 ? 0 : 1);
    Tensor mask = HostTensor.of(each, HIDDEN, HIDDEN);
    CellOptions options =
        F64.withWeights(Initializer.uniform(0.05, 0.6))
            .withRecurrentWeights(Initializer.uniform(-0.6, 0.6))
            .withBias(Initializer.constant(0.1))
            .withInputs(Parametrization.positive())
            .withStates(
                Parametrization.mask(mask)
                    .then(Parametrization.signed(SignedLinear.dale(3, HIDDEN))))
            .withActivation(Tensor::softplus);
    ModelChecks<Tensor, Tensor> checks = checks(name, options);
    checks.gradients();
    checks.backends();
    assertEquals(List.of(), checks.learning(Rule.rtrl()));
    checks.learning(Rule.dRtrl());
  }

  @Test
  void weightsAreMadeByBlocks() {
    CellOptions options =
        F64.withWeights(Initializer.constant(0.5)).withRecurrentWeights(Initializer.constant(2));
    States states = CELLS.get("gru").apply(options).states();
    HostTensor w = states.get("Wz.weight").value().host();
    assertEquals(0.5, w.getDouble(0));
    assertEquals(0.5, w.getDouble(IN * HIDDEN - 1));
    assertEquals(2, w.getDouble(IN * HIDDEN));
    assertEquals(2, w.getDouble((IN + HIDDEN) * HIDDEN - 1));
    assertFalse(CELLS.get("gru").apply(F64.withoutBias()).states().paths().contains("Wz.bias"));
    assertEquals(
        DType.BF16,
        CELLS.get("gru").apply(F64.withType(DType.BF16)).states().get("Wz.weight").type().dtype());
  }

  @Test
  void initialWeightsAreThoseOfTheInitializer() {
    Initializer init = Initializer.uniform(0.1, 0.9);
    for (Parametrization p :
        List.of(
            Parametrization.positive(),
            Parametrization.bounded(0, 1),
            Parametrization.positive().then(Parametrization.bounded(-1, 1)),
            Parametrization.signed(1, 1, 1))) {
      Linear layer = new Linear(3, 2, KEY, DType.F64, init, Optional.empty(), p);
      Linear plain = new Linear(3, 2, KEY, DType.F64, init, Optional.empty());
      Close.check("initial", layer.effective(), plain.effective());
      FunctionChecks.derivatives(p::weight, Job.normal(8, 3, 2));
    }
  }

  @Test
  void whatIsUsedKeepsItsProperty() {
    Tensor wild = Job.normal(8, 3, 2).mul(50);
    HostTensor positive = Parametrization.positive().weight(wild).host();
    HostTensor bounded = Parametrization.bounded(-2, 3).weight(wild).host();
    HostTensor signed = Parametrization.signed(1, -1, 1).weight(wild).host();
    for (int i = 0; i < 6; i++) {
      assertTrue(positive.getDouble(i) >= 0, "positive");
      assertTrue(bounded.getDouble(i) >= -2 && bounded.getDouble(i) <= 3, "bounded");
      assertTrue(signed.getDouble(i) * (i / 2 == 1 ? -1 : 1) >= 0, "signed");
    }
  }

  @Test
  void whatDoesNotFitIsNamed() {
    refused(
        "an initial weight is -",
        () ->
            new Linear(
                3,
                2,
                KEY,
                DType.F64,
                Initializer.heNormal(),
                Optional.empty(),
                Parametrization.positive()));
    refused(
        "expected the shape of the weight, f64[3,2]",
        () -> Parametrization.mask(XS).weight(Job.normal(1, 3, 2)));
    refused(
        "there are 2 signs for a weight of type f64[3,2]",
        () -> Parametrization.signed(1, -1).weight(Job.normal(1, 3, 2)));
    refused("expected 1 or -1", () -> Parametrization.signed(1, 0.5));
    refused("expected a finite number above low=1", () -> Parametrization.bounded(1, 1));
  }

  private static void refused(String words, Runnable f) {
    EngramException e = assertThrows(EngramException.class, f::run);
    assertTrue(e.getMessage().contains(words), e.getMessage());
    assertTrue(e.getMessage().contains("CellOptionsTest.java:"), e.getMessage());
  }

  @Test
  void compiledStepsHaveNoTraceOfPlainOptions() {
    Layer cell = CELLS.get("gru").apply(F64);
    cell.initAllStates();
    String graph = Engram.jit(cell).trace(XS.get(0).get(0)).graph().toString();
    assertFalse(graph.contains("slice"), graph);
  }
}
