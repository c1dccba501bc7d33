package dev.engram.tests;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.Fn2;
import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.EngramException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.loss.Losses;
import dev.engram.nn.GruCell;
import dev.engram.nn.Linear;
import dev.engram.online.DRtrl;
import dev.engram.online.Learner;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** The mistakes of a new user: each message names this file's line, got, expected, and the fix. */
class UserErrorsTest {
  private static final Tensor X = HostTensor.full(TensorType.of(DType.F32, 64, 10), 1);

  /** The message, which must name the line of this file where {@code lambda} makes its mistake. */
  private static String message(Executable lambda, String... parts) {
    String m = assertThrows(EngramException.class, lambda).getMessage();
    assertTrue(m.matches("(?s).*UserErrorsTest\\.java:\\d+.*"), "no line of the user: " + m);
    for (String part : parts) {
      assertTrue(m.contains(part), () -> "no \"" + part + "\" in: " + m);
    }
    return m;
  }

  private static Tensor zeros(int... dims) {
    return HostTensor.full(TensorType.of(DType.F32, dims), 0);
  }

  @Test
  void matmulOfShapesThatDoNotFit() {
    message(
        () -> X.matmul(zeros(12, 128)),
        "matmul",
        "operand 1 has type f32[12,128]",
        "expected length 10 on axis 0",
        "f32[64,10]");
    message(() -> X.matmul(zeros(128, 10)), ".transpose() would fit");
    Fn1<Tensor, Tensor> traced = Engram.jit((Tensor x) -> x.matmul(zeros(12, 128)));
    message(() -> traced.apply(X), "operand 1 has type f32[12,128]");
  }

  @Test
  void addOfShapesThatDoNotBroadcast() {
    message(
        () -> X.add(zeros(8)),
        "add: operand 1 has type f32[8]",
        "expected a shape that broadcasts with [64,10]",
        "reshape");
  }

  @Test
  void mixedElementTypes() {
    Tensor doubles = HostTensor.full(TensorType.of(DType.F64, 64, 10), 1);
    message(
        () -> X.add(doubles),
        "operand 1 has type f64[64,10]",
        "expected f32[64,10]",
        ".cast(DType.F32)");
    message(
        () -> HostTensor.of(new int[] {1, 2}, 2).tanh(),
        "i32[2]",
        "expected a float type",
        ".cast(");
  }

  @Test
  void tracedValueAfterItsTrace() {
    List<Tensor> leaked = new ArrayList<>();
    Engram.jit(
            (Tensor x) -> {
              Tensor y = x.tanh();
              leaked.add(y);
              return y;
            })
        .apply(X);
    String m = message(() -> leaked.getFirst().add(1), "f32[64,10]", "ended", "return it", "State");
    assertTrue(m.split("UserErrorsTest\\.java", -1).length > 2, "both lines, made and used: " + m);
  }

  @Test
  void stateThatWasNeverInitialized() {
    GruCell cell = new GruCell(10, 4, RandomKey.of(0));
    message(() -> cell.update(zeros(10)), "h of GruCell", "initAllStates()");
  }

  @Test
  void modelWithoutAHiddenState() {
    Linear model = new Linear(10, 4, RandomKey.of(0));
    message(
        () -> Learner.compile(model, m -> new DRtrl<>(m, d -> {}), X),
        "Linear",
        "no hidden state",
        "grad");
  }

  @Test
  void modelInWhichNoWeightHasATrace() {
    Layer model =
        new Layer() {
          private final State w = State.parameter(zeros(10, 4));
          private final State sum = State.hidden(() -> zeros(1));

          @Override
          public Tensor update(Tensor x) {
            sum.set(sum.value().mul(0.5).add(x.sum()));
            return x.matmul(w.value());
          }
        };
    message(
        () -> Learner.compile(model, m -> new DRtrl<>(m, d -> {}), X),
        "no weight",
        "reaches no hidden state");
  }

  @Test
  void batchesThatAreEmptyOrNegative() {
    GruCell cell = new GruCell(10, 4, RandomKey.of(0));
    message(() -> cell.initAllStates(-3), "batch=-3", "at least 1");
    message(() -> Engram.vmapNewStates(0, cell::initAllStates), "size=0", "at least 1");
    message(
        () -> Learner.compile(cell, DRtrl::new, zeros(0, 10)), "f32[0,10]", "at least one example");
    message(() -> zeros(-1, 10), "negative");
  }

  @Test
  void targetsOutOfRange() {
    Tensor logits = zeros(3, 10);
    Fn2<Tensor, Tensor, Tensor> loss =
        Engram.jit((Tensor x, Tensor y) -> Losses.softmaxCrossEntropy(x, y).mean());
    loss.apply(logits, HostTensor.of(new int[] {0, 9, 3}, 3));
    message(
        () -> loss.apply(logits, HostTensor.of(new int[] {0, 3, 10}, 3)),
        "[2] = 10",
        "0 <= value < 10");
    message(() -> loss.apply(logits, HostTensor.of(new int[] {-1, 3, 1}, 3)), "[0] = -1");
  }

  @Test
  void learnerThatWasNotCompiled() {
    DRtrl<Tensor, Tensor> learner = new DRtrl<>(new GruCell(10, 4, RandomKey.of(0)));
    message(() -> learner.call(X), "compileGraph");
  }

  @Test
  void lossThatIsNotAScalar() {
    message(() -> Engram.grad((Tensor x) -> x.tanh()).apply(X), "f32[64,10]", "scalar", ".mean()");
  }

  /** Control: correct code raises nothing. */
  @Test
  void rightUseRaisesNothing() {
    GruCell cell = new GruCell(10, 4, RandomKey.of(0));
    cell.initAllStates();
    assertFalse(cell.update(zeros(10)).host().type().rank() != 1);
  }
}
