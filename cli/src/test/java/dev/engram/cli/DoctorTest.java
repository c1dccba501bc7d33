package dev.engram.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.engram.cli.doctor.Doctor;
import dev.engram.cli.terminal.Streams;
import dev.engram.cli.terminal.Terminal;
import dev.engram.ir.EngramException;
import dev.engram.lower.Backend;
import dev.engram.lower.CompiledProgram;
import dev.engram.lower.Device;
import dev.engram.lower.FoundBackends;
import dev.engram.lower.HostBackend;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.interpret.LoopInterpreter;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** {@code engram doctor}, of this JVM and with planted faults. */
class DoctorTest {
  private static final String PROPERTY = "engram.backend";

  private final Streams streams = new Streams();

  /** Runs it with these backends beside the loop interpreter. */
  private int run(List<Backend> planted, List<String> failures, String... words) {
    Map<String, Backend> all = new LinkedHashMap<>();
    all.put("loops", new LoopInterpreter());
    planted.forEach(b -> all.put(b.name(), b));
    Terminal terminal = streams.terminal(false, 80);
    CommandLine engram = new CommandLine(new EngramCommand());
    engram.addSubcommand(new Doctor(terminal, () -> new FoundBackends(all, failures)));
    String[] line = new String[words.length + 1];
    line[0] = Doctor.NAME;
    System.arraycopy(words, 0, line, 1, words.length);
    return new Main(terminal, _ -> engram).run(line);
  }

  private int withProperty(String value, Backend planted) {
    String before = System.getProperty(PROPERTY);
    System.setProperty(PROPERTY, value);
    try {
      return run(List.of(planted), List.of());
    } finally {
      if (before == null) {
        System.clearProperty(PROPERTY);
      } else {
        System.setProperty(PROPERTY, before);
      }
    }
  }

  private List<String> lines() {
    return streams.out().lines().toList();
  }

  private void assertOneProblem(String what) {
    assertEquals("1 problem: " + what, lines().getLast());
    assertEquals("engram: doctor found 1 problem\n", streams.err());
  }

  /** The value of the first line with this label. */
  private String value(String label) {
    return lines().stream()
        .filter(l -> l.strip().startsWith(label + " "))
        .map(l -> l.strip().substring(label.length()).strip())
        .findFirst()
        .orElseThrow(() -> new AssertionError(label + " in\n" + streams.out()));
  }

  @Test
  void thisInstallationIsWell() {
    assertEquals(Main.OK, new Main(streams.terminal(false, 80)).run("doctor"), streams.out());
    assertEquals("", streams.err());
    assertEquals("all well: cpu, loops", lines().getLast());
    assertTrue(value("Java").startsWith(Runtime.version() + ", "), streams.out());
    assertTrue(value("system").contains(System.getProperty("os.arch")), streams.out());
    assertTrue(value("memory").matches("heap limit \\S+ .B, machine \\S+ .B"), streams.out());
    assertEquals("none is missing", value("JVM flags"));
    assertTrue(value("vectors").matches("auto, \\d+ bits"), streams.out());
    assertTrue(value("cpu").matches("works: compiled in \\S+ \\S+, a run takes \\S+ \\S+"));
    assertTrue(value("loops").startsWith("works: "), streams.out());
    assertTrue(lines().size() < 30, streams.out());
  }

  /** Each value starts in the same column. */
  @Test
  void theTextIsAligned() {
    assertEquals(Main.OK, run(List.of(new Missing()), List.of()));
    int column = lines().getFirst().lastIndexOf(' ') + 1;
    for (String line : lines().subList(0, lines().size() - 1)) {
      if (line.length() > column) {
        assertEquals("  ", line.substring(column - 2, column), line);
        assertFalse(line.startsWith(" ", column), line);
      }
    }
  }

  @Test
  void jsonHasTheSame() throws IOException {
    System.setProperty("engram.doctor", "of a test");
    JsonNode all;
    try {
      assertEquals(Main.FAILED, run(faults(), List.of("X cannot start: no"), "--json"));
    } finally {
      System.clearProperty("engram.doctor");
    }
    assertEquals(1, lines().size());
    all = new ObjectMapper().readTree(streams.out());
    assertEquals(Runtime.version().toString(), all.get("java").asText());
    assertEquals(Runtime.getRuntime().availableProcessors(), all.get("processors").asInt());
    assertEquals(Runtime.getRuntime().maxMemory(), all.get("heapBytes").asLong());
    assertTrue(all.get("memoryBytes").asLong() > 0);
    for (String name : List.of("engram", "vendor", "vm", "home", "os", "arch")) {
      assertFalse(all.get(name).asText().isEmpty(), name);
    }
    assertEquals("of a test", all.get("properties").get("engram.doctor").asText());
    assertTrue(all.get("missingFlags").isArray());
    JsonNode backends = all.get("backends");
    assertEquals(
        List.of("gone", "loops", "plus-one", "throws"),
        backends.findValuesAsText("name").stream().distinct().toList());
    assertEquals("no card", backends.get(0).get("unavailable").asText());
    assertEquals("580.65", backends.get(0).get("facts").get("driver").asText());
    JsonNode loops = backends.get(1).get("devices").get(0);
    assertTrue(loops.get("works").asBoolean());
    assertTrue(loops.get("compileSeconds").asDouble() > 0);
    assertTrue(loops.get("runSeconds").asDouble() > 0);
    JsonNode wrong = backends.get(2).get("devices").get(0);
    assertFalse(wrong.get("works").asBoolean());
    assertTrue(wrong.get("error").asText().startsWith("element [0] of result 0 is "));
    assertEquals("X cannot start: no", all.get("providerFailures").get(0).asText());
    assertEquals(3, all.get("problems").size());
    assertFalse(all.get("well").asBoolean());
  }

  private static List<Backend> faults() {
    return List.of(new Throwing(), new FailuresTest.PlusOne(), new Missing());
  }

  @Test
  void wrongResultsAreAFailure() {
    assertEquals(Main.FAILED, run(List.of(new FailuresTest.PlusOne()), List.of()));
    String failed = value("plus-one");
    assertTrue(failed.matches("FAILED: element \\[0] of result 0 is \\S+, expected \\S+"), failed);
    assertOneProblem("plus-one: " + failed.replace("FAILED: ", ""));
    assertTrue(value("loops").startsWith("works: "), streams.out());
  }

  /** Has no device. */
  public static final class Missing implements Backend {
    @Override
    public String name() {
      return "gone";
    }

    @Override
    public List<Device> devices() {
      return List.of();
    }

    @Override
    public Optional<String> unavailable() {
      return Optional.of("no card");
    }

    @Override
    public Map<String, String> facts() {
      return Map.of("driver", "580.65");
    }

    @Override
    public String text(LoopProgram program) {
      return "";
    }
  }

  @Test
  void anUnavailableBackendIsNoFailure() {
    assertEquals(Main.OK, run(List.of(new Missing()), List.of()), streams.out());
    assertEquals("no card", value("unavailable"));
    assertEquals("580.65", value("driver"));
    assertTrue(value("default").startsWith("interpreter, many times slower"), streams.out());
    assertEquals("all well: loops", lines().getLast());
    assertEquals("", streams.err());
  }

  @Test
  void unlessItWasAskedFor() {
    assertEquals(Main.FAILED, run(List.of(new Missing()), List.of(), "--backend", "gone"));
    assertOneProblem("gone, which --backend asks for, is unavailable: no card");
    assertFalse(streams.out().contains("backend loops"), streams.out());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "gone|gone, which engram.backend asks for, is unavailable: no card",
        "gone:1|gone, which engram.backend asks for, is unavailable: no card",
        "loops:1|engram.backend is 'loops:1', expected one of loops",
        "nix|engram.backend is 'nix', expected one of gone, loops, interpreter",
      })
  void whatThePropertyAsksForHasToBeThere(String value, String problem) {
    assertEquals(Main.FAILED, withProperty(value, new Missing()));
    assertOneProblem(problem);
    assertEquals(value, value("default"));
    assertTrue(value("properties").contains(PROPERTY + "=" + value), streams.out());
  }

  @ParameterizedTest
  @CsvSource({"loops", "interpreter"})
  void whatIsThereMayBeAskedFor(String value) {
    assertEquals(Main.OK, withProperty(value, new Missing()));
  }

  /** Compiles nothing, and tells nothing. */
  private static class Throwing extends HostBackend {
    @Override
    public String name() {
      return "throws";
    }

    @Override
    public Map<String, String> facts() {
      throw new IllegalStateException("no facts");
    }

    @Override
    public CompiledProgram compile(LoopProgram program) {
      throw new EngramException("the compiler says:\nline 7");
    }
  }

  @Test
  void whatADeviceThrowsIsTold() {
    assertEquals(Main.FAILED, run(List.of(new Throwing()), List.of()));
    assertEquals("FAILED: the compiler says:", value("throws"));
    assertTrue(lines().stream().anyMatch(l -> l.matches(" {10,}line 7")), streams.out());
    assertTrue(value("facts").startsWith("unknown: IllegalStateException: no facts (at "));
    assertOneProblem("throws: the compiler says:");
  }

  @Test
  void errorsOfTheJvmToo() {
    Backend unlinked =
        new Throwing() {
          @Override
          public CompiledProgram compile(LoopProgram program) {
            throw new UnsatisfiedLinkError("no libcuda.so.1");
          }
        };
    assertEquals(Main.FAILED, run(List.of(unlinked), List.of()));
    assertTrue(value("throws").startsWith("FAILED: UnsatisfiedLinkError: no libcuda.so.1"));
    assertTrue(value("loops").startsWith("works: "), streams.out());
  }

  @Test
  void devicesThatCannotBeListedAreAFailure() {
    Backend broken =
        new Backend() {
          @Override
          public String name() {
            return "broken";
          }

          @Override
          public List<Device> devices() {
            throw new EngramException("the driver is too old");
          }

          @Override
          public String text(LoopProgram program) {
            return "";
          }
        };
    assertEquals(Main.FAILED, run(List.of(broken), List.of()));
    assertEquals("the driver is too old", value("FAILED"));
    assertOneProblem("broken: cannot list its devices: the driver is too old");
  }

  @Test
  void aProviderThatCannotStartIsAFailure() {
    String line = "org.acme.Fast cannot start: java.lang.IllegalStateException: no licence";
    assertEquals(Main.FAILED, run(List.of(), List.of(line)));
    assertEquals(line, value("provider"));
    assertOneProblem(line);
    assertEquals(Main.OK, run(List.of(), List.of(line), "--backend", "loops"));
  }

  @Test
  void severalProblemsAreCounted() {
    assertEquals(Main.FAILED, run(faults(), List.of()));
    assertTrue(lines().getLast().startsWith("2 problems: plus-one: element"), streams.out());
    assertTrue(lines().getLast().endsWith("; throws: the compiler says:"), streams.out());
    assertEquals("engram: doctor found 2 problems\n", streams.err());
  }

  @Test
  void anUnknownBackendIsWrongUsage() {
    String failure = "Fast cannot start: no licence";
    assertEquals(Main.USAGE, run(List.of(), List.of(failure), "--backend=loop"));
    assertEquals("", streams.out());
    assertEquals(
        "engram: --backend must be one of loops, got 'loop'; did you mean `loops`?; " + failure,
        streams.err().lines().findFirst().orElseThrow());
  }
}
