package org.example.passes;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Compiler;
import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.Verifier;
import dev.engram.ir.interpret.Interpreter;
import dev.engram.ir.text.Parser;
import dev.engram.ir.text.Printer;
import dev.engram.testkit.GoldenFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class DivideByPowersTest {
  private static final Graph BEFORE =
      Parser.parse(
          """
          graph @f(%x: f32[2]) -> (f32[2], f32[2], f32[2]) {
            %0: f32[2] = div(%x, 8.0)
            %1: f32[2] = div(%x, 3.0)
            %2: f32[2] = scan{carry=1, length=3}(%x)
              body @step(%h: f32[2]) -> f32[2] {
                %0: f32[2] = div(%h, -0.5)
                return %0
              }
            return %0, %1, %2
          }
          """
              .replace("scan{", "scan{consts=0, "));

  @Test
  void onlyPowersAreReplacedAlsoInLoops() {
    Graph after = Verifier.verify(DivideByPowers.run(BEFORE));
    String text = Printer.print(after);
    assertTrue(text.contains("mul(%x, 0.125)"), text);
    assertTrue(text.contains("div(%x, 3.0)"), text);
    assertTrue(text.contains("mul(%h, -2.0)"), text);
    List<HostTensor> args = List.of(HostTensor.of(new float[] {0.1f, -7.3f}, 2));
    List<HostTensor> want = Interpreter.run(BEFORE, args);
    List<HostTensor> got = Interpreter.run(after, args);
    for (int i = 0; i < want.size(); i++) {
      assertTrue(want.get(i).sameBits(got.get(i)), "result " + i);
    }
  }

  /** {@code -Dengram.bless=true} writes what the pass gives into the files. */
  @Test
  void goldenFilesAreWhatItGives() throws IOException {
    GoldenFiles.standard()
        .with(DivideByPowers.PASS)
        .checkAll(Path.of("src", "test", "resources", "ir", "passes"));
  }

  @Test
  void aCompilerRunsIt() {
    Compiler compiler = Compiler.standard().with(DivideByPowers.PASS);
    Fn1<Tensor, Tensor> f = x -> x.exp().div(4);
    Fn1<Tensor, Tensor> plain = Engram.jit(f);
    Fn1<Tensor, Tensor> passed = Engram.jit(compiler, f);
    Tensor x = HostTensor.of(new double[] {0.3, 1.7}, 2);
    assertArrayEquals(plain.apply(x).host().toDoubles(), passed.apply(x).host().toDoubles());
    assertEquals(
        "divideByPowers", compiler.passes().passes().getLast().name(), "after the standard ones");
  }
}
