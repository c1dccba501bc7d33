package dev.engram;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.RunException;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.op.Custom;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** A check stops the run whether or not its result is used, under every transformation. */
class DeadCheckTest {
  private static final Tensor GOOD = HostTensor.of(new float[] {1, 2}, 2);
  private static final Tensor BAD = HostTensor.of(new float[] {1, 7}, 2);

  /** An author's own op that checks its operand. */
  record Checked() implements Custom {
    @Override
    public String mnemonic() {
      return "checked";
    }

    @Override
    public List<TensorType> typeOf(List<TensorType> in) {
      return in;
    }

    @Override
    public List<Tensor> expand(List<Tensor> in) {
      checked(in.getFirst());
      return in;
    }
  }

  /** The same with a result of no elements. */
  record CheckedNothing() implements Custom {
    @Override
    public String mnemonic() {
      return "checkedNothing";
    }

    @Override
    public List<TensorType> typeOf(List<TensorType> in) {
      return List.of(TensorType.of(in.getFirst().dtype(), 0));
    }

    @Override
    public List<Tensor> expand(List<Tensor> in) {
      checked(in.getFirst());
      return List.of(in.getFirst().slice(0, 0, 0));
    }
  }

  /** Applies the op that checks and ignores its result. */
  private static Tensor inCustom(Tensor x) {
    Tensor.apply(new Checked(), List.of(x));
    return x.mul(x).sum();
  }

  /** Checks and ignores the checked value. */
  private static Tensor checked(Tensor x) {
    x.cast(DType.I32).checkRange("x", 0, 5);
    return x.mul(x).sum();
  }

  /**
   * The part of the derivative that depends on the weight alone is hoisted out of the loop; checks
   * stay.
   */
  private static Tensor loop(Tensor w, Tensor xs) {
    return Engram.scan(
            (Tensor h, Tensor x) -> {
              x.cast(DType.I32).checkRange("x", 0, 5);
              h.cast(DType.I32).checkRange("h", -1000, 1000);
              Tensor next = h.mul(w.exp()).add(x);
              return new StepResult<>(next, next);
            },
            w.mul(0),
            xs)
        .out()
        .sum();
  }

  private static Map<String, Fn1<Tensor, Tensor>> ways() {
    Map<String, Fn1<Tensor, Tensor>> m = new LinkedHashMap<>();
    m.put("eager", DeadCheckTest::checked);
    m.put("jit", Engram.jit(DeadCheckTest::checked));
    m.put("grad", x -> Engram.grad(DeadCheckTest::checked).apply(x));
    m.put("jit of grad", Engram.jit(Engram.grad(DeadCheckTest::checked)));
    m.put("vmap", Engram.jit(x -> Engram.vmap(DeadCheckTest::checked).apply(x.expandDims(1))));
    m.put(
        "scan",
        Engram.jit(
            x ->
                Engram.forLoop(0, 3, (i, c) -> c.add(checked(x.add(i.cast(x.dtype())))), x.sum())));
    m.put(
        "scan without results",
        Engram.jit(
            x -> {
              Engram.forLoop(0, 3, (i, c) -> c.add(checked(x)), x.sum());
              return x.sum();
            }));
    m.put(
        "cond",
        Engram.jit(
            x ->
                Engram.cond(
                    x.sum().gt(0),
                    () -> {
                      checked(x);
                      return x;
                    },
                    () -> x.mul(2))));
    m.put(
        "while",
        Engram.jit(
            (Tensor x) ->
                Engram.whileLoop(
                    c -> c.lt(3),
                    (Tensor c) -> {
                      checked(x);
                      return c.add(1);
                    },
                    x.sum().mul(0))));
    Tensor weight = HostTensor.of(new float[] {0.5f});
    m.put("grad of a loop", x -> Engram.grad((Tensor w) -> loop(w, x)).apply(weight));
    m.put(
        "jit of grad of a loop",
        Engram.jit((Tensor x) -> Engram.grad((Tensor w) -> loop(w, x)).apply(weight)));
    m.put("an op of one's own", Engram.jit(DeadCheckTest::inCustom));
    m.put("jit of grad of it", Engram.jit(Engram.grad(DeadCheckTest::inCustom)));
    m.put(
        "an op of one's own in a loop",
        Engram.jit(
            x -> {
              Engram.forLoop(0, 3, (i, c) -> c.add(inCustom(x)), x.sum());
              return x.sum();
            }));
    m.put(
        "an op of one's own without elements",
        Engram.jit(
            x -> {
              Tensor.apply(new CheckedNothing(), List.of(x));
              return x.sum();
            }));
    m.put("remat", Engram.jit(Engram.grad(x -> Engram.remat(DeadCheckTest::checked).apply(x))));
    return m;
  }

  @TestFactory
  Stream<DynamicTest> stops() {
    return ways().entrySet().stream()
        .map(
            e ->
                dynamicTest(
                    e.getKey(),
                    () -> {
                      e.getValue().apply(GOOD.mul(0));
                      RunException stopped =
                          assertThrows(RunException.class, () -> e.getValue().apply(BAD));
                      assertTrue(
                          stopped.getMessage().contains("expected 0 <= value < 5"),
                          stopped::getMessage);
                    }));
  }

  /** Control: a check that is not reached stops nothing. */
  @Test
  void aBranchThatIsNotTakenStopsNothing() {
    Fn1<Tensor, Tensor> f =
        Engram.jit(
            x ->
                Engram.cond(
                    x.sum().lt(0),
                    () -> {
                      checked(x);
                      return x;
                    },
                    () -> x.mul(2)));
    assertEquals(14, f.apply(BAD).host().getDouble(1));
  }
}
