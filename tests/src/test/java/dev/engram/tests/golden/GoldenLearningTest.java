package dev.engram.tests.golden;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.engram.Compiler;
import dev.engram.Engram;
import dev.engram.Fn2;
import dev.engram.GradWithAux;
import dev.engram.Grads;
import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.States;
import dev.engram.ValueAndGrad;
import dev.engram.WithAux;
import dev.engram.etrace.Diagnostic;
import dev.engram.etrace.Exclusion;
import dev.engram.etrace.HiddenGroup;
import dev.engram.etrace.Relation;
import dev.engram.etrace.Report;
import dev.engram.etrace.Scope;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.loss.Losses;
import dev.engram.online.Learner;
import dev.engram.testkit.Close;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Online learning and BPTT against the reference vectors, on every backend and float type. */
class GoldenLearningTest {
  private static final Fn2<Tensor, Tensor, Tensor> LOSS =
      (out, y) -> Losses.softmaxCrossEntropy(out, y).mean();

  private interface Check {
    void run(GoldenCase c, DType dtype, Compiler compiler);
  }

  private static Stream<DynamicTest> everywhere(Check check) {
    List<DynamicTest> tests = new ArrayList<>();
    for (GoldenCase c : GoldenCase.all()) {
      for (String backend : List.of("interpreter", "loops", "cpu")) {
        for (DType dtype : List.of(DType.F64, DType.F32)) {
          // Rounding to f32 does not depend on the rule or the backend.
          if (dtype == DType.F64 || (backend.equals("cpu") || c.algorithm().equals("d_rtrl"))) {
            tests.add(
                DynamicTest.dynamicTest(
                    c + " " + backend + " " + dtype,
                    () -> check.run(c, dtype, new Compiler(backend))));
          }
        }
      }
    }
    return tests.stream();
  }

  private static Learner<Tensor, Tensor> learner(GoldenCase c, Layer model, Tensor x) {
    return Learner.compile(model, m -> new Learner<>(m, c.rule(), RandomKey.of(0), quiet()), x);
  }

  @TestFactory
  Stream<DynamicTest> stepByStep() {
    return everywhere(GoldenLearningTest::stepByStep);
  }

  private static void stepByStep(GoldenCase c, DType dtype, Compiler compiler) {
    Layer model = GoldenModels.of(c, dtype);
    Tensor xs = c.tensor("inputs", dtype);
    Tensor ys = c.tensor("targets", dtype);
    Learner<Tensor, Tensor> learner = learner(c, model, xs.get(0));
    States weights = model.states().subset(State.Kind.PARAMETER);
    Fn2<Tensor, Tensor, GradWithAux<Grads, Tensor>> step =
        Engram.jit(
            compiler,
            Engram.gradWithAux(
                (Tensor x, Tensor y) -> {
                  Tensor out = learner.call(x);
                  return new WithAux<>(LOSS.apply(out, y), out);
                },
                weights));
    for (int t = 0; t < c.size("steps"); t++) {
      GradWithAux<Grads, Tensor> got = step.apply(xs.get(t), ys.get(t));
      String at = " at step " + t;
      Close.check("output" + at, got.aux().host(), at(c, "outputs", t, dtype));
      Close.check("loss" + at, got.value().host(), at(c, "losses", t, dtype));
      for (String h : c.names("hidden.")) {
        HostTensor state = model.states().get(GoldenCase.ourState(h)).value().host();
        Close.check(h + at, state, at(c, "hidden." + h, t, dtype));
      }
      for (String leaf : c.names("grad_step.")) {
        Close.check(
            "gradient of " + leaf + at,
            got.grad().get(GoldenCase.ourPath(leaf)).host(),
            at(c, "grad_step." + leaf, t, dtype));
      }
    }
    for (String name : c.names("trace.")) {
      Close.check(
          "trace of " + name, trace(learner, c, name, dtype), c.tensor("trace." + name, dtype));
    }
  }

  // Engram has one tensor for each state of the group, and none for a state that no path reaches.
  private static HostTensor trace(
      Learner<Tensor, Tensor> learner, GoldenCase c, String name, DType dtype) {
    HostTensor want = c.tensor("trace." + name, dtype);
    String leaf = name.replaceFirst("\\.g(\\d+)$", "");
    // A weight that is a bare tensor there is called .weight in its trace.
    String path =
        c.has("params." + leaf) ? GoldenCase.ourPath(leaf) : leaf.replaceFirst("\\.weight$", "");
    String group = name.substring(name.lastIndexOf('.') + 1);
    int states = c.index().get("hidden_groups").get(0).size();
    List<Optional<Tensor>> parts = new ArrayList<>();
    for (int s = 0; s < states; s++) {
      State e = learner.traces().get(path + "." + group + ".s" + s);
      parts.add(Optional.ofNullable(e).map(State::value));
    }
    return c.rule().scope() instanceof Scope.Snap
        ? neighbours(parts, want, c.size("n_hidden"))
        : perState(parts, want);
  }

  private static HostTensor perState(List<Optional<Tensor>> parts, HostTensor want) {
    Tensor zero = want.slice(-1, 0, 1).squeeze(-1).like(0);
    return Tensor.stack(want.rank() - 1, parts.stream().map(t -> t.orElse(zero)).toList()).host();
  }

  /**
   * The reference lists a weight's own position first, then the others ascending, the states of
   * each side by side; it counts the positions of all examples, with zeros at those of others.
   */
  private static HostTensor neighbours(
      List<Optional<Tensor>> parts, HostTensor want, int positions) {
    int states = parts.size();
    int slots = want.dim(-1);
    int batch = want.dim(0);
    assertEquals(batch * positions * states, slots);
    double[] out = new double[Math.toIntExact(want.type().size())];
    int rows = out.length / slots;
    for (int i = 0; i < rows; i++) {
      int example = i / (rows / batch);
      int own = example * positions + i % positions; // the last axis of the weight
      for (int j = 0; j < batch * positions; j++) {
        int at = j == 0 ? own : j <= own ? j - 1 : j;
        for (int s = 0; s < states && at / positions == example; s++) {
          int from = i * positions + at % positions;
          out[i * slots + j * states + s] =
              parts.get(s).map(t -> t.host().getDouble(from)).orElse(0.0);
        }
      }
    }
    return (HostTensor) HostTensor.of(out, out.length).reshape(want.shape()).cast(want.dtype());
  }

  @TestFactory
  Stream<DynamicTest> overTheSequence() {
    return everywhere(
        (c, dtype, compiler) -> {
          Layer model = GoldenModels.of(c, dtype);
          Tensor xs = c.tensor("inputs", dtype);
          Learner<Tensor, Tensor> learner = learner(c, model, xs.get(0));
          Fn2<Tensor, Tensor, Learner.Sequence<Tensor>> run =
              Engram.jit(compiler, (Tensor x, Tensor y) -> learner.grad(x, y, LOSS));
          Learner.Sequence<Tensor> got = run.apply(xs, c.tensor("targets", dtype));
          Close.check("outputs", got.outputs().host(), c.tensor("outputs", dtype));
          Close.check("losses", got.losses().host(), c.tensor("losses", dtype));
          checkGrads(c, "grad.", got.grads(), dtype);
        });
  }

  @TestFactory
  Stream<DynamicTest> bptt() {
    return everywhere(
            (c, dtype, compiler) -> checkGrads(c, "bptt.", bptt(c, dtype, compiler).grad(), dtype))
        .filter(t -> t.getDisplayName().contains("-d_rtrl."));
  }

  private static ValueAndGrad<Grads> bptt(GoldenCase c, DType dtype, Compiler compiler) {
    Layer model = GoldenModels.of(c, dtype);
    States weights = model.states().subset(State.Kind.PARAMETER);
    Fn2<Tensor, Tensor, ValueAndGrad<Grads>> run =
        Engram.jit(
            compiler,
            (Tensor x, Tensor y) -> {
              model.initAllStates(c.size("batch"));
              return Engram.valueAndGrad(
                      () ->
                          Engram.forLoop(
                                  (Tensor xt, Tensor yt) -> LOSS.apply(model.update(xt), yt), x, y)
                              .sum(),
                      weights)
                  .apply();
            });
    return run.apply(c.tensor("inputs", dtype), c.tensor("targets", dtype));
  }

  /** Control: the results of every rule differ from those expected of every other rule. */
  @TestFactory
  Stream<DynamicTest> everyRuleDiffersFromTheOthers() {
    return GoldenCase.all().stream()
        .map(c -> DynamicTest.dynamicTest(c.toString(), () -> checkDiffers(c)));
  }

  private static void checkDiffers(GoldenCase c) {
    Layer model = GoldenModels.of(c, DType.F64);
    Tensor xs = c.tensor("inputs", DType.F64);
    Grads got = learner(c, model, xs.get(0)).grad(xs, c.tensor("targets", DType.F64), LOSS).grads();
    int others = 0;
    for (GoldenCase other : GoldenCase.all()) {
      if (other.model().equals(c.model()) && !other.algorithm().equals(c.algorithm())) {
        others++;
        assertThrows(
            AssertionError.class,
            () -> checkGrads(other, "grad.", got, DType.F64),
            () -> c + " gives the same as " + other);
      }
    }
    assertTrue(others > 0, c::toString);
  }

  private static void checkGrads(GoldenCase c, String prefix, Grads got, DType dtype) {
    for (String leaf : c.names(prefix)) {
      Close.check(
          prefix + leaf, got.get(GoldenCase.ourPath(leaf)).host(), c.tensor(prefix + leaf, dtype));
    }
  }

  private static HostTensor at(GoldenCase c, String name, int t, DType dtype) {
    return c.tensor(name, dtype).get(t).host();
  }

  @TestFactory
  Stream<DynamicTest> relationsGroupsExclusionsAndDiagnostics() {
    return GoldenCase.all().stream()
        .map(c -> DynamicTest.dynamicTest(c.toString(), () -> checkReport(c)));
  }

  private static void checkReport(GoldenCase c) {
    Layer model = GoldenModels.of(c, DType.F64);
    Tensor xs = c.tensor("inputs", DType.F64);
    Report report = learner(c, model, xs.get(0)).report();

    List<Set<String>> groups = new ArrayList<>();
    c.index().get("hidden_groups").forEach(g -> groups.add(texts(g)));
    assertEquals(groups, report.groups().stream().map(g -> Set.copyOf(g.paths())).toList());
    assertEquals(
        report.groups().stream().map(HiddenGroup::index).toList(),
        java.util.stream.IntStream.range(0, groups.size()).boxed().toList());

    Map<Set<String>, Set<String>> relations = new TreeMap<>(GoldenLearningTest::order);
    c.index()
        .get("relations")
        .forEach(r -> relations.put(texts(r.get("weights")), texts(r.get("groups"))));
    Map<Set<String>, Set<String>> ours = new TreeMap<>(GoldenLearningTest::order);
    for (Relation r : report.relations()) {
      Set<String> at = new TreeSet<>();
      r.groups().forEach(g -> at.add(Integer.toString(g)));
      ours.put(reference(c, r.weights()), at);
    }
    assertEquals(relations, ours);

    Map<Set<String>, String> excluded = new TreeMap<>(GoldenLearningTest::order);
    c.index()
        .get("excluded")
        .forEach(e -> excluded.put(Set.of(e.get("weight").asText()), e.get("reason").asText()));
    Map<Set<String>, String> oursExcluded = new TreeMap<>(GoldenLearningTest::order);
    for (Exclusion e : report.excluded()) {
      oursExcluded.put(reference(c, e.weights()), e.reason().name().toLowerCase(Locale.ROOT));
    }
    assertEquals(excluded, oursExcluded);

    Set<String> diagnostics = new TreeSet<>();
    c.index()
        .get("diagnostics")
        .forEach(
            d ->
                diagnostics.add(
                    d.get("kind").asText()
                        + " "
                        + d.get("level").asText()
                        + " "
                        + (d.get("weight").isNull() ? "[]" : Set.of(d.get("weight").asText()))
                        + " "
                        + texts(d.get("hidden"))));
    Set<String> oursDiagnostics = new TreeSet<>();
    for (Diagnostic d : report.diagnostics()) {
      oursDiagnostics.add(
          d.kind().name().toLowerCase(Locale.ROOT)
              + " "
              + d.level().name().toLowerCase(Locale.ROOT)
              + " "
              + reference(c, d.weights())
              + " "
              + new TreeSet<>(d.hidden()));
      assertTrue(d.message().length() > 20, d::toString);
      assertTrue(d.weights().isEmpty() || d.where().isKnown(), d::toString);
    }
    assertEquals(diagnostics, oursDiagnostics);
  }

  private static int order(Set<String> a, Set<String> b) {
    return a.toString().compareTo(b.toString());
  }

  private static Set<String> texts(JsonNode list) {
    Set<String> out = new TreeSet<>();
    StreamSupport.stream(list.spliterator(), false)
        .forEach(n -> out.add(GoldenCase.ourState(n.asText())));
    return out;
  }

  /** The reference's common name for weight and bias. */
  private static Set<String> reference(GoldenCase c, List<String> ours) {
    Set<String> out = new TreeSet<>();
    for (String leaf : c.names("params.")) {
      if (ours.contains(GoldenCase.ourPath(leaf))) {
        out.add(leaf.replaceFirst("\\.weight\\.(weight|bias)$", ".weight"));
      }
    }
    return out;
  }

  private static Consumer<Diagnostic> quiet() {
    return d -> {};
  }
}
