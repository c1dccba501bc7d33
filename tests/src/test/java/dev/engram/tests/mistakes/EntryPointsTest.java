package dev.engram.tests.mistakes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.Layer;
import dev.engram.Model;
import dev.engram.Pair;
import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.States;
import dev.engram.StepResult;
import dev.engram.WithAux;
import dev.engram.ir.EngramException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.nn.GruCell;
import dev.engram.online.DRtrl;
import dev.engram.online.Learner;
import dev.engram.optim.OnlineTrainer;
import dev.engram.optim.Sgd;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/**
 * Whatever a user's function does wrong, and whichever public function runs it, the result is an
 * error of the library with the user's source line, never a bare JDK exception; and exceptions that
 * a user's function throws itself are passed on unchanged.
 */
class EntryPointsTest {
  private static final Tensor X = HostTensor.of(new float[] {1, 2}, 2);
  private static final Tensor XS = HostTensor.of(new float[12], 3, 2, 2);

  /** A user's function from vectors to vectors; each fault is a variant of it. */
  private interface Body extends Fn1<Tensor, Tensor> {}

  private static Tensor scalar(Tensor x) {
    return x.sum();
  }

  private static Map<String, Consumer<Body>> entryPoints() {
    Map<String, Consumer<Body>> all = new LinkedHashMap<>();
    compiled(all);
    derivatives(all);
    rules(all);
    loops(all);
    learners(all);
    return all;
  }

  private static void compiled(Map<String, Consumer<Body>> all) {
    State s = State.other(X);
    all.put("jit 0", f -> Engram.jit(() -> Engram.jit(f).apply(s.value())).apply());
    all.put("jit 1", f -> Engram.jit(f).apply(X));
    all.put("jit 2", f -> Engram.jit((Tensor x, Tensor y) -> f.apply(x).add(y)).apply(X, X));
    all.put("jit 3", f -> Engram.jit((Tensor x, Tensor y, Tensor z) -> f.apply(x)).apply(X, X, X));
    all.put(
        "jit of a pair",
        f -> Engram.jit((Pair<Tensor, Tensor> p) -> f.apply(p.first())).apply(new Pair<>(X, X)));
    all.put(
        "jit of a list",
        f -> Engram.jit((List<Tensor> l) -> f.apply(l.getFirst())).apply(List.of(X)));
    all.put("trace", f -> Engram.jit(f).trace(X));
    all.put("vmap 1", f -> Engram.vmap(f).apply(XS));
    all.put("vmap 2", f -> Engram.vmap((Tensor x, Tensor y) -> f.apply(x).add(y)).apply(XS, XS));
    all.put("remat", f -> Engram.jit(Engram.remat(f)).apply(X));
    all.put("checkNumerics", f -> Engram.checkNumerics(f).apply(X));
    all.put("Layer.of", f -> Engram.jit(Layer.of(f)).apply(X));
    all.put("untraced", f -> Engram.jit(Layer.of(f).untraced()).apply(X));
  }

  private static void derivatives(Map<String, Consumer<Body>> all) {
    State w = State.parameter(X);
    States weights = new States(Map.of("w", w));
    all.put("grad", f -> Engram.grad((Tensor x) -> scalar(f.apply(x))).apply(X));
    all.put("valueAndGrad", f -> Engram.valueAndGrad((Tensor x) -> scalar(f.apply(x))).apply(X));
    all.put(
        "gradWithAux",
        f -> Engram.gradWithAux((Tensor x) -> new WithAux<>(scalar(x), f.apply(x))).apply(X));
    all.put("grad in states", f -> Engram.grad(() -> scalar(f.apply(w.value())), weights).apply());
    all.put("jvp", f -> Engram.jvp(f, X, X));
    all.put("vjp", f -> Engram.vjp(f, X));
    all.put("linearize", f -> Engram.linearize(f, X));
    all.put("jacfwd", f -> Engram.jacfwd(f).apply(X));
    all.put("jacrev", f -> Engram.jacrev(f).apply(X));
    all.put("hessian", f -> Engram.hessian(x -> scalar(f.apply(x))).apply(X));
  }

  private static void rules(Map<String, Consumer<Body>> all) {
    Fn1<Tensor, Tensor> twice = x -> x.mul(2);
    all.put(
        "customJvp",
        f -> Engram.jit(Engram.customJvp(f, (x, dx) -> new Pair<>(x.mul(2), dx.mul(2)))).apply(X));
    all.put(
        "customJvp's rule",
        f ->
            Engram.jvp(
                Engram.customJvp(twice, (x, dx) -> new Pair<>(f.apply(x), dx.mul(2))), X, X));
    all.put(
        "customVjp's forward",
        f ->
            Engram.vjp(
                Engram.customVjp(twice, x -> new Pair<>(f.apply(x), x), (s, ct) -> ct.mul(2)), X));
    all.put(
        "customVjp's backward",
        f ->
            Engram.vjp(
                    Engram.customVjp(twice, x -> new Pair<>(x.mul(2), x), (s, ct) -> f.apply(ct)),
                    X)
                .pullback()
                .apply(X));
  }

  private static void loops(Map<String, Consumer<Body>> all) {
    Tensor yes = HostTensor.of(new boolean[] {true});
    Tensor zero = HostTensor.of(new int[] {0});
    all.put(
        "scan", f -> Engram.scan((Tensor c, Tensor x) -> new StepResult<>(f.apply(c), x), X, XS));
    all.put(
        "scan's slice",
        f -> Engram.scan((Tensor c, Tensor x) -> new StepResult<>(c, f.apply(x)), X, XS));
    all.put(
        "scanReverse",
        f -> Engram.scanReverse((Tensor c, Tensor x) -> new StepResult<>(f.apply(c), x), X, XS));
    all.put("scan of steps", f -> Engram.scan((Tensor c) -> new StepResult<>(f.apply(c), c), X, 3));
    all.put("forLoop", f -> Engram.forLoop(f, XS));
    all.put("forLoop 2", f -> Engram.forLoop((Tensor x, Tensor z) -> f.apply(x).add(z), XS, XS));
    all.put("forLoop that counts", f -> Engram.forLoop(0, 3, (i, c) -> f.apply(c), X));
    all.put("map", f -> Engram.map(f, XS));
    all.put("cond's yes", f -> Engram.cond(yes, f, x -> x, X));
    all.put("cond's no", f -> Engram.cond(yes, x -> x, f, X));
    all.put("switchCase", f -> Engram.switchCase(zero, List.of(f, f), X));
    all.put("whileLoop", f -> Engram.whileLoop(x -> x.sum().lt(0), f, X));
    all.put("whileLoop's condition", f -> Engram.whileLoop(x -> f.apply(x).sum().lt(0), x -> x, X));
    all.put("whileLoop with a bound", f -> Engram.whileLoop(x -> x.sum().lt(0), f, X, 3));
  }

  private static Learner<Tensor, Tensor> learner(Layer model) {
    return Learner.compile(model, m -> new DRtrl<>(m, _ -> {}), XS.get(0));
  }

  private static GruCell cell() {
    return new GruCell(2, 2, RandomKey.of(0));
  }

  private static void learners(Map<String, Consumer<Body>> all) {
    all.put(
        "a learner's model",
        f -> {
          GruCell cell = cell();
          learner(
              new Layer() {
                private final Model part = cell;

                @Override
                public Tensor update(Tensor x) {
                  part.states();
                  return f.apply(cell.update(x));
                }
              });
        });
    all.put("a learner's loss", f -> learner(cell()).grad(XS, XS, (out, y) -> f.apply(y).sum()));
    all.put(
        "a trainer's loss",
        f -> {
          Learner<Tensor, Tensor> learner = learner(cell());
          Sgd sgd = new Sgd(0.1);
          sgd.register(learner.weights());
          new OnlineTrainer<Tensor, Tensor, Tensor>(
                  learner, sgd, (out, y) -> f.apply(out).sub(y).sum())
              .perStep(XS, XS);
        });
    all.put(
        "vmapNewStates",
        f ->
            Engram.jit(
                    (Tensor x) -> {
                      Engram.vmapNewStates(2, () -> State.other(X).set(f.apply(x)));
                      return x;
                    })
                .apply(X));
  }

  @SuppressWarnings("unchecked")
  private static Body raw(Fn1<?, ?> f) {
    Fn1<Object, Object> any = (Fn1<Object, Object>) f;
    return x -> (Tensor) any.apply(x);
  }

  @SuppressWarnings({"NullAway", "TypeParameterUnusedInFormals", "unchecked"})
  private static <T> T nothing() {
    return (T) null;
  }

  /** True for an exception thrown by the calling line in this test, as by a user's line. */
  private static boolean isOwn(RuntimeException e) {
    return e instanceof NullPointerException
        && e.getStackTrace()[0].getClassName().startsWith(EntryPointsTest.class.getName());
  }

  /** As a user writes it; the cast is inserted by the compiler. */
  private static final Fn1<HostTensor, Tensor> DECLARED = x -> x.mul(2);

  private static Map<String, Supplier<Body>> faults() {
    Map<String, Supplier<Body>> all = new LinkedHashMap<>();
    all.put("declares HostTensor", () -> raw(DECLARED));
    all.put("reads elements", () -> x -> x.mul(x.host().getDouble(0)));
    all.put("has a shape that does not fit", () -> x -> x.add(HostTensor.of(new float[3], 3)));
    all.put("has a type that does not fit", () -> x -> x.add(HostTensor.of(new double[2], 2)));
    all.put("takes a position that is not there", () -> x -> x.get(7));
    all.put("has no axis", () -> x -> x.sum(3));
    all.put(
        "uses a value of a trace that has ended",
        () -> {
          List<Tensor> kept = new ArrayList<>();
          Engram.jit((Tensor x) -> kept.add(x) ? x : x).apply(X);
          return x -> x.add(kept.getFirst());
        });
    all.put("gives null", () -> _ -> nothing());
    all.put("reads a state without a value", () -> x -> x.add(State.hidden(() -> X).value()));
    return all;
  }

  @Test
  void noErrorOfTheJdkComesOut() {
    List<String> bare = new ArrayList<>();
    entryPoints()
        .forEach(
            (entry, call) ->
                faults()
                    .forEach(
                        (fault, body) -> {
                          String what = entry + " whose function " + fault + ": ";
                          try {
                            call.accept(body.get());
                            bare.add(what + "no error");
                          } catch (EngramException e) {
                            if (!e.getMessage().contains("EntryPointsTest.java:")) {
                              bare.add(what + "no line: " + e.getMessage());
                            }
                          } catch (RuntimeException e) {
                            if (!isOwn(e)) {
                              bare.add(what + e);
                            }
                          }
                        }));
    assertEquals("", String.join("\n", bare));
  }

  @Test
  void rightFunctionsRun() {
    entryPoints().forEach((entry, call) -> call.accept(x -> x.mul(2)));
    assertTrue(entryPoints().size() > 40, "entry points: " + entryPoints().size());
  }

  @Test
  void whatUsersThrowComesOutAsItIs() {
    for (RuntimeException own :
        List.of(
            new IllegalStateException("mine"),
            new ClassCastException("class a.B cannot be cast to class c.D (mine)"),
            new NullPointerException())) {
      entryPoints()
          .forEach(
              (entry, call) ->
                  assertSame(
                      own,
                      assertThrows(
                          RuntimeException.class,
                          () ->
                              call.accept(
                                  _ -> {
                                    throw own;
                                  })),
                      entry));
    }
  }
}
