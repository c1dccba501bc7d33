package dev.engram;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.EngramException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.passes.Pipeline;
import dev.engram.lower.inspect.LoopPrinter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The choice of a backend, and the text of what is compiled. */
class CompilerTest {
  private final List<String> told = new ArrayList<>();

  private String chosen(Optional<String> wanted, String... there) {
    return Compiler.chosen(wanted, List.of(there), () -> told.add("none"));
  }

  @Test
  void aMissingCompilerIsToldOf() {
    assertEquals("interpreter", chosen(Optional.empty(), "loops", "interpreter"));
    assertEquals(List.of("none"), told);
  }

  @Test
  void whatIsThereOrWantedIsNot() {
    assertEquals("cpu", chosen(Optional.empty(), "cpu", "loops", "interpreter"));
    assertEquals("interpreter", chosen(Optional.of("interpreter"), "loops", "interpreter"));
    assertEquals("loops", chosen(Optional.of("loops"), "cpu", "loops"));
    assertEquals(List.of(), told);
  }

  @Test
  void whatIsWantedAndNotThereIsRefused() {
    String e =
        assertThrows(EngramException.class, () -> chosen(Optional.of("tpu"), "loops")).getMessage();
    assertTrue(
        e.startsWith("engram.backend is 'tpu', expected one of [loops] (CompilerTest.java:"), e);
    assertEquals(List.of(), told);
  }

  @Test
  void stagesPrintWhatTheyAre() {
    Jitted.Of1<Tensor, Tensor> f = Engram.jit(new Compiler("loops"), (Tensor x) -> x.mul(2).add(1));
    Tensor x = HostTensor.of(new double[] {1, 2}, 2);
    assertEquals(f.trace(x).graph().toString(), f.trace(x).toString());
    assertTrue(f.trace(x).toString().startsWith("graph @jit("), f.trace(x)::toString);
    String loops = f.trace(x).lower().toString();
    assertEquals(LoopPrinter.print(f.trace(x).lower().program()), loops);
    assertTrue(loops.startsWith("loops @jit("), loops);
    f.apply(x);
    assertTrue(f.toString().startsWith("jit: 1 programs in 1 calls"), f::toString);
  }

  @Test
  void windowsAreSwitchedByAProperty() {
    assertEquals(Pipeline.standard(), Compiler.passes(Optional.empty()));
    assertEquals(Pipeline.standard(), Compiler.passes(Optional.of("on")));
    Pipeline off = Compiler.passes(Optional.of("off"));
    assertEquals(Pipeline.standard().without("windows"), off);
    assertEquals("cpu without [windows]", new Compiler("cpu", off).toString());
    EngramException e =
        assertThrows(EngramException.class, () -> Compiler.passes(Optional.of("no")));
    assertTrue(
        e.getMessage().startsWith("engram.windows is 'no', expected on or off"), e.getMessage());
  }
}
