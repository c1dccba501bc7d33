package dev.engram.tests.inside;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.engram.Compiler;
import dev.engram.Engram;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The classes that a JVM loads show what is verified on the way from a function to code, and that
 * without the switch nothing is: not even the classes of the verifiers are loaded.
 */
class VerifiedTest {
  private static final Pattern VERIFIER = Pattern.compile("dev\\.engram\\.\\S*?(\\w*Verifier)\\s");

  @TempDir Path folder;

  /** Compiles a gradient; with an argument, with a compiler that verifies. */
  static final class Child {
    private Child() {}

    public static void main(String[] args) {
      Compiler loops = new Compiler("loops");
      Tensor x = HostTensor.of(new double[] {0.5, 2}, 2);
      System.out.println(
          Engram.jit(
                  args.length > 0 ? loops.verifying() : loops,
                  (Tensor t) -> Engram.grad((Tensor s) -> s.tanh().mul(s).sum()).apply(t))
              .apply(x)
              .host()
              .type());
    }
  }

  private Set<String> verifiers(List<String> flags, String... arguments) throws Exception {
    Path loaded = folder.resolve("loaded.txt");
    List<String> words = new ArrayList<>();
    words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    words.add("-Xlog:class+load:file=" + loaded);
    words.addAll(flags);
    words.addAll(List.of("-cp", System.getProperty("java.class.path"), Child.class.getName()));
    words.addAll(List.of(arguments));
    Process p = new ProcessBuilder(words).redirectErrorStream(true).start();
    String out = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    assertEquals(0, p.waitFor(), out);
    assertEquals("f64[2]", out);
    return named(loaded);
  }

  private static Set<String> named(Path loaded) throws IOException {
    Set<String> names = new TreeSet<>();
    try (Stream<String> lines = Files.lines(loaded)) {
      lines.map(VERIFIER::matcher).filter(Matcher::find).forEach(m -> names.add(m.group(1)));
    }
    return names;
  }

  private static final Set<String> ALL =
      Set.of("ArenaVerifier", "ParallelVerifier", "PassVerifier", "ProgramVerifier", "Verifier");

  @Test
  void theSwitchVerifiesGraphsLoopsAndArena() throws Exception {
    assertEquals(ALL, verifiers(List.of("-Dengram.verify=true")));
  }

  @Test
  void soDoesACompilerThatIsAskedTo() throws Exception {
    assertEquals(ALL, verifiers(List.of(), "verifying"));
  }

  @Test
  void withoutThemNothingIsLookedAt() throws Exception {
    assertEquals(Set.of(), verifiers(List.of()));
  }
}
