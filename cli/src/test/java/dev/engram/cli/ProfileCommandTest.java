package dev.engram.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.engram.Compiler;
import dev.engram.cli.terminal.Streams;
import dev.engram.ir.HostTensor;
import dev.engram.ir.text.Parser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import jdk.jfr.Recording;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code engram profile}, on real programs. */
class ProfileCommandTest {
  private static final int STEPS = 7;

  private static final String LOOP =
      """
      graph @sum(%h: f32[5], %xs: f32[7,5]) -> f32[5] {
        %0: f32[5] = scan{consts=0, carry=1, length=7}(%h, %xs)
          body @step(%h: f32[5], %x: f32[5]) -> f32[5] {
            %0: f32[5] = mul(%h, %x)   // Net.java:8
            return %0
          }
        return %0
      }
      """;

  @TempDir Path folder;

  private final Streams streams = new Streams();

  private String file(String text) throws IOException {
    return Files.writeString(folder.resolve("g.ir"), text).toString();
  }

  private String output(String line) throws IOException {
    String[] words = line.replace("FILE", file(LOOP)).split(" ");
    assertEquals(Main.OK, new Main(streams.terminal(false, 80)).run(words), streams.err());
    return streams.out();
  }

  private static JsonNode product(JsonNode profile) {
    for (JsonNode n : profile.get("nests")) {
      if (n.get("ops").asText().equals("mul")) {
        return n;
      }
    }
    throw new AssertionError(profile.toString());
  }

  /** Six runs of seven steps, each of which reads two rows of five floats and writes one. */
  @Test
  void countsAreThoseOfTheRuns() throws IOException {
    JsonNode all =
        new ObjectMapper()
            .readTree(output("profile FILE --backend loops --seconds 0.01 --runs 6 --json"));
    JsonNode program = all.get("programs").get(0);
    assertEquals(1, all.get("programs").size());
    assertEquals("sum", program.get("program").asText());
    assertEquals("loops", program.get("backend").asText());
    assertEquals(6, program.get("runs").asLong());
    assertEquals(4 * (5 + STEPS * 5), program.get("inputBytes").asLong());
    assertEquals(4 * 5, program.get("outputBytes").asLong());
    JsonNode product = product(all);
    assertEquals(6 * STEPS, product.get("calls").asLong());
    assertEquals(6 * STEPS * 5, product.get("flops").asLong());
    assertEquals(6 * STEPS * 3 * 5 * 4, product.get("bytes").asLong());
    assertEquals("Net.java:8", product.get("where").asText());
    double nests = 0;
    double before = Double.MAX_VALUE;
    for (JsonNode n : all.get("nests")) {
      double seconds = n.get("seconds").asDouble();
      assertTrue(seconds <= before, "most time first");
      before = seconds;
      nests += seconds;
    }
    double inPrograms = program.get("seconds").asDouble();
    assertEquals(inPrograms, nests + all.get("outsideSeconds").asDouble(), 1e-9);
    assertTrue(inPrograms <= all.get("seconds").asDouble(), all.toString());
  }

  @Test
  void theTableHasEveryNest() throws IOException {
    String text = output("profile FILE --backend loops --seconds 0.01 --runs 6");
    List<String> lines = text.lines().toList();
    assertTrue(lines.get(0).matches("recorded \\S+ \\S+, \\S+% of it in programs"), text);
    assertTrue(
        lines.get(1).matches("@sum on loops: 6 runs of .*; arena .*, inputs 160 B, outputs 20 B"),
        text);
    assertTrue(lines.stream().anyMatch(l -> l.matches(".* 42 .* mul +Net.java:8")), text);
    assertTrue(lines.getLast().matches("100.0% .* 6 .* total"), text);
    assertTrue(lines.get(lines.size() - 2).endsWith("outside of nests"), text);
  }

  /** A recording that another process could have made. */
  @Test
  void aRecordingIsRead() throws IOException {
    var code = new Compiler("loops").compile(Parser.parse(LOOP));
    List<HostTensor> in =
        code.loops().orElseThrow().inputs().stream()
            .map(b -> HostTensor.full(code.loops().orElseThrow().buffers().get(b).type(), 1))
            .toList();
    Path jfr = folder.resolve("r.jfr");
    try (Recording r = new Recording()) {
      r.start();
      for (int i = 0; i < 4; i++) {
        code.run(in);
      }
      r.stop();
      r.dump(jfr);
    }
    JsonNode all = new ObjectMapper().readTree(output("profile " + jfr + " --json"));
    assertEquals(4, all.get("programs").get(0).get("runs").asLong());
    assertEquals(4 * STEPS, product(all).get("calls").asLong());
    assertFalse(all.has("seconds"), "a file does not say how long it took");
  }

  /** A program of the user's. */
  public static final class Job {
    private Job() {}

    public static void main(String[] args) {
      var code = new Compiler("loops").compile(Parser.parse(LOOP));
      HostTensor h = HostTensor.of(new float[5], 5);
      code.run(List.of(h, HostTensor.of(new float[5 * STEPS], STEPS, 5)));
    }
  }

  @Test
  void aMainMethodIsRunOnce() throws IOException {
    String text = output("profile dev.engram.cli.ProfileCommandTest$Job");
    assertTrue(text.contains("@sum on loops: 1 run of "), text);
    assertTrue(text.lines().anyMatch(l -> l.matches(".* 7 .* mul +Net.java:8")), text);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "profile FILE --backend interpreter|1|the backend interpreter tells the Flight Recorder of"
            + " no nests",
        "profile FILE --backend cuda9|2|--backend must be one of",
        "profile FILE --lag 3|2|--lag is for the copying task; leave out",
        "profile FILE --runs 0|2|--runs must be an integer from 1",
        "profile FILE --graph f|1|there is no graph @f, expected one of [sum]",
        "profile --graph f|2|--graph needs a graph from a file",
        "profile a/b|2|neither the name of a class nor a file that ends in .ir or .jfr",
        "profile no.jfr|2|cannot read no.jfr: no such file",
        "profile BAD|1|not a recording: ",
        "profile EMPTY|1|no event dev.engram.Program in it",
        "profile EMPTY --runs 3|2|--runs needs the copying task or a graph from a file",
        "profile java.lang.String|1|has no main method to run",
        "profile dev.engram.cli.ProfileCommandTest$Idle|1|ran and no compiled program did",
      })
  void mistakesGetOneLine(String line, int code, String message) throws IOException {
    Path bad = Files.writeString(folder.resolve("bad.jfr"), "text");
    Path empty = folder.resolve("empty.jfr");
    try (Recording r = new Recording()) {
      r.start();
      r.stop();
      r.dump(empty);
    }
    String[] words =
        line.replace("FILE", file(LOOP))
            .replace("BAD", bad.toString())
            .replace("EMPTY", empty.toString())
            .concat(line.contains("FILE") ? " --seconds 0.01" : "")
            .split(" ");
    assertEquals(code, new Main(streams.terminal(false, 80)).run(words), streams.err());
    assertTrue(streams.err().contains(message), streams.err());
    assertEquals("", streams.out());
  }

  /** Compiles nothing. */
  public static final class Idle {
    private Idle() {}

    public static void main(String[] args) {}
  }
}
