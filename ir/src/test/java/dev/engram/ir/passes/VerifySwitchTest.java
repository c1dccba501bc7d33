package dev.engram.ir.passes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.Graph;
import dev.engram.ir.GraphException;
import dev.engram.ir.Verification;
import dev.engram.ir.text.Parser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The system property {@code engram.verify}, each value of it in a JVM of its own. */
class VerifySwitchTest {
  private static final String OFF =
      "ours: not looked at; reverse mode: not looked at; outside: found";
  private static final String ON = "ours: found; reverse mode: found; outside: found";

  /** Says who finds a graph that uses what nobody defines. */
  static final class Child {
    private Child() {}

    public static void main(String[] args) {
      Graph g = Parser.parse("graph @f(%x: f32[]) -> f32[] { %0: f32[] = exp(%x) return %0 }");
      Graph broken = new Graph(g.name(), g.params(), List.of(), g.outs());
      Pass ours = Pass.ofTheLibrary("ours", _ -> broken);
      Pass outside = new Pass("outside", _ -> broken);
      System.out.println(
          String.join(
              "; ",
              found("ours", () -> new Pipeline(List.of(ours), 1).run(g)),
              found("reverse mode", () -> Verification.of("reverse mode", broken)),
              found("outside", () -> new Pipeline(List.of(outside), 1).run(g))));
    }

    private static String found(String who, Callable<Graph> work) {
      try {
        work.call();
        return who + ": not looked at";
      } catch (GraphException e) {
        return who + ": " + (e.getMessage().contains(who) ? "found" : e.getMessage());
      } catch (Exception e) {
        return who + ": " + e;
      }
    }
  }

  private static String run(String... flags) throws IOException, InterruptedException {
    List<String> words = new ArrayList<>();
    words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    words.addAll(List.of(flags));
    words.addAll(List.of("-cp", System.getProperty("java.class.path"), Child.class.getName()));
    Process p = new ProcessBuilder(words).redirectErrorStream(true).start();
    String out = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    assertEquals(0, p.waitFor(), out);
    return out;
  }

  @ParameterizedTest
  @CsvSource({"-Dengram.verify=true", "-Dengram.verify", "-Dengram.verify=yes"})
  void setItIsOn(String flag) throws Exception {
    assertEquals(ON, run(flag));
  }

  @ParameterizedTest
  @CsvSource({"-Dengram.verify=false", "-Dengram.verify=FALSE", "-Dengram.other=true"})
  void elseItIsOff(String flag) throws Exception {
    assertEquals(OFF, run(flag));
  }

  @Test
  void theProjectsTestsSetIt() throws IOException {
    Path pom = Path.of(System.getProperty("engram.root"), "pom.xml");
    assertTrue(Files.readString(pom).contains("<engram.verify>true</engram.verify>"));
  }
}
