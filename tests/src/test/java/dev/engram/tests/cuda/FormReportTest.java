package dev.engram.tests.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Debug;
import dev.engram.Engram;
import dev.engram.StepResult;
import dev.engram.backend.cuda.CudaBackend;
import dev.engram.backend.cuda.text.FormReport;
import dev.engram.backend.cuda.text.FormReport.Form;
import dev.engram.backend.cuda.text.TextOptions;
import dev.engram.cli.train.problem.Learning;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.Lowering;
import dev.engram.lower.Stmt;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is one kernel, and why the rest is not. It needs no compiler. */
public class FormReportTest {
  private static FormReport report(Function<List<Tensor>, Tensor> f, TensorType... types) {
    return FormReport.of(
        Lowering.lower(Texts.graph(f, List.of(types)), List.of(), new CudaBackend().lowering()),
        TextOptions.standard());
  }

  private static TensorType f32(Integer... dims) {
    return new TensorType(DType.F32, Shape.of(List.of(dims)));
  }

  /** For the documentation: a step of D-RTRL of the copying task. */
  public static String listing() {
    FormReport r = FormReport.of(TrainingTextsTest.step(Learning.D_RTRL), TextOptions.standard());
    return r + "\n";
  }

  /** One launch for each loop over examples, and one for all that is between two of them. */
  @ParameterizedTest
  @EnumSource(
      value = Learning.class,
      names = {"D_RTRL", "BPTT"})
  void aTrainingStepIsFewLaunches(Learning rule) {
    LoopProgram p = TrainingTextsTest.step(rule);
    FormReport r = FormReport.of(p, TextOptions.standard());
    long loops = p.steps().stream().filter(FormReportTest::isDivided).count();
    long runs = 0;
    for (int i = 0; i < p.steps().size(); i++) {
      boolean isFirst = i == 0 || i == p.firstUpdate() || isDivided(p.steps().get(i - 1));
      runs += isFirst && !isDivided(p.steps().get(i)) ? 1 : 0;
    }
    assertTrue(loops >= 4, "loops: " + loops);
    assertEquals(loops + runs, r.launches());
    assertEquals(loops, r.rows().stream().filter(row -> row.form() == Form.SHARES).count());
    assertTrue(r.launches() <= 14, r::toString);
    assertTrue(FormReport.of(p, TextOptions.standard().withoutCooperation()).launches() > 40);
  }

  private static boolean isDivided(Stmt s) {
    return s instanceof Stmt.Loop l && l.parallel();
  }

  private static Tensor loop(Function<Tensor, Tensor> step, Tensor first) {
    return Engram.scan((Tensor h) -> new StepResult<>(step.apply(h), h), first, 5).carry();
  }

  @Test
  void theReasonIsTold() {
    FormReport prints =
        report(
            x ->
                loop(
                    h -> {
                      Debug.print("h is {}", h);
                      return h.tanh();
                    },
                    x.getFirst()),
            f32(3, 4));
    assertTrue(
        prints.toString().contains(": the host's; print tells the host something"),
        prints::toString);
    FormReport inner =
        report(
            x ->
                loop(
                    h -> Engram.whileLoop((Tensor g) -> g.sum().lt(1), (Tensor g) -> g.mul(2), h),
                    x.getFirst()),
            f32(3, 4));
    assertTrue(
        inner.toString().contains(": the host's; there is a while loop in it"), inner::toString);
    assertEquals(
        1, inner.rows().stream().filter(row -> row.form() == Form.TURNS).count(), inner::toString);
    FormReport folds =
        report(x -> loop(h -> h.sub(h.mean(0, 1)).tanh(), x.getFirst()), f32(64, 128));
    assertTrue(
        folds.toString().contains("one kernel, whose blocks wait for each other in")
            && folds.toString().contains("not in shares: sum"),
        folds::toString);
  }

  /** A share of few weights reads them by itself; many weights are read once for all examples. */
  @Test
  void largeWeightsAreNotReadByEachShare() {
    for (int n : new int[] {64, 512}) {
      HostTensor w = Texts.args(List.of(f32(n, n)), n).getFirst();
      FormReport r = report(x -> loop(h -> h.matmul(w).tanh(), x.getFirst()), f32(64, n));
      assertEquals(n == 64, r.toString().contains("a block for each share"), r::toString);
      assertEquals(n == 512, r.toString().contains("too large values or weights"), r::toString);
    }
  }
}
