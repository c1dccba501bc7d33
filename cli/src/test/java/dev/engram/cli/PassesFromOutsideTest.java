package dev.engram.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Compiler;
import dev.engram.Engram;
import dev.engram.cli.terminal.Streams;
import dev.engram.ir.Graph;
import dev.engram.ir.GraphException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.passes.Pass;
import dev.engram.ir.text.Parser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A user's broken pass is named, on the command line and in a compiler. */
class PassesFromOutsideTest {
  private static final String NET =
      """
      graph @net(%x: f32[2]) -> f32[2] {
        %0: f32[2] = exp(%x)    // Net.java:7
        %1: f32[2] = tanh(%0)   // Net.java:8
        return %1
      }
      """;

  @TempDir Path folder;

  private final Streams streams = new Streams();

  private String error(String passes) throws IOException {
    String file = Files.writeString(folder.resolve("g.ir"), NET).toString();
    int code = new Main(streams.terminal(false, 80)).run("opt", file, "--passes", passes);
    assertEquals(passes.contains("$") ? Main.FAILED : Main.OK, code, streams.err());
    return streams.err();
  }

  /** Drops the first equation, whose result is used. */
  public static final class Forgets {
    private Forgets() {}

    public static Graph run(Graph g) {
      return new Graph(g.name(), g.params(), g.eqns().subList(1, g.eqns().size()), g.outs());
    }
  }

  /** Returns one element too many. */
  public static final class Widens {
    private Widens() {}

    public static Graph run(Graph g) {
      return Parser.parse(
          "graph @net(%x: f32[2]) -> f32[3] { %0: f32[3] = pad{low=[0], high=[1]}(%x, 0.0)"
              + " return %0 }");
    }
  }

  /** Returns null. */
  public static final class Nothing {
    private Nothing() {}

    @SuppressWarnings("NullAway")
    public static Graph run(Graph g) {
      return null;
    }
  }

  @Test
  void theCommandNamesThePassAndTheEquation() throws IOException {
    String message = error("inline,dev.engram.cli.PassesFromOutsideTest$Forgets,dce");
    assertTrue(message.contains("the pass Forgets, in round 1, broke @net:\n"), message);
    assertTrue(message.contains("= tanh(%undefined): operand 0 is a variable of"), message);
    assertTrue(message.contains("(Net.java:8)"), message);
    assertTrue(message.contains("mend the pass, or leave it out"), message);
  }

  @Test
  void theCommandNamesAPassThatChangesTypes() throws IOException {
    String message = error("dev.engram.cli.PassesFromOutsideTest$Widens");
    assertTrue(message.contains("the pass Widens, in round 1, broke @net:\n"), message);
    assertTrue(
        message.contains("result 0 has type f32[3], expected f32[2] as before the pass"), message);
  }

  @Test
  void theCommandNamesAPassThatGivesNothing() throws IOException {
    String message = error("dev.engram.cli.PassesFromOutsideTest$Nothing");
    assertTrue(message.contains("the pass Nothing, in round 1, failed on @net: "), message);
    assertTrue(message.contains(".run returns no graph, expected one"), message);
  }

  /**
   * Not passes in the strict sense, since they change the function, but the command offers them.
   */
  @Test
  void derivativesAndBatchesChangeTypes() throws IOException {
    for (String word : List.of("jvp", "vjp", "batch", "batch,vjp,standard")) {
      assertEquals("", error(word), word);
    }
  }

  @Test
  void aCompilerNamesThem() {
    Compiler forgets = new Compiler("loops").with(new Pass("forgets", Forgets::run));
    String message =
        assertThrows(
                GraphException.class,
                () ->
                    Engram.jit(forgets, (Tensor x) -> x.exp().tanh())
                        .apply(HostTensor.of(new float[] {1, 2}, 2)))
            .getMessage();
    assertTrue(message.startsWith("the pass forgets, in round 1, broke @jit:\n"), message);
    assertTrue(message.contains("(PassesFromOutsideTest.java:"), message);
  }
}
