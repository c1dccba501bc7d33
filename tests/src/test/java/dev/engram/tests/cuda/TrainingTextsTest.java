package dev.engram.tests.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Compiler;
import dev.engram.Engram;
import dev.engram.Pair;
import dev.engram.RandomKey;
import dev.engram.backend.cuda.text.TextOptions;
import dev.engram.cli.train.SequenceStep;
import dev.engram.cli.train.problem.CopyingProblem;
import dev.engram.cli.train.problem.Learning;
import dev.engram.cli.train.problem.SequenceTask;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.lower.LoopProgram;
import dev.engram.tests.build.Needs;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The training steps of the copying task at full size, with the bits of {@code cpu}. */
class TrainingTextsTest {
  @BeforeAll
  static void needs() {
    Needs.cppCompiler();
  }

  static LoopProgram step(Learning rule) {
    SequenceTask.Settings job =
        new SequenceTask.Settings(
            1, CopyingProblem.steps(50), 64, 128, 1, 1e-3, List.of(rule), 0, Path.of("out"), 1);
    CopyingProblem problem = new CopyingProblem(job);
    Pair<Tensor, Tensor> batch = problem.next();
    SequenceStep step =
        new SequenceStep(problem, rule.rule(), job.lr(), RandomKey.of(0), batch.first(), _ -> {});
    return Engram.jit(new Compiler("cuda"), step)
        .trace(batch.first(), batch.second())
        .lower()
        .program();
  }

  @ParameterizedTest
  @EnumSource(
      value = Learning.class,
      names = {"D_RTRL", "BPTT"})
  void haveTheBitsOfCpu(Learning rule) {
    LoopProgram program = step(rule);
    List<TensorType> types =
        program.inputs().stream().map(b -> program.buffers().get(b).type()).toList();
    List<HostTensor> args = Texts.args(types, 3);
    Agreement all = new Agreement(TextOptions.standard(), new int[] {132}, 1);
    all.add(rule.name(), program, args);
    all.check();
    assertEquals(0, all.exempt());
    assertTrue(all.text().contains("float f[2][2] = {};"), "a product in tiles");
  }
}
