package dev.engram.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.engram.cli.terminal.Streams;
import dev.engram.cli.text.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code --json}, read by an independent parser. */
class JsonOutputTest {
  private static final String GRAPHS =
      """
      graph @f(%x: f32[2]) -> (f32[2], f32[]) {
        %0: f32[2] = mul(%x, 1.0)
        %1: f32[2] = log(%0)
        return %1, 7.0
      }
      // run: @f([1, 1]) == [0, 0], 7
      // run: @f([1, 1]) == [0, 0], 8
      """;

  @TempDir Path folder;
  private final Streams streams = new Streams();

  private JsonNode json(int code, String line) throws IOException {
    Path file = Files.writeString(folder.resolve("g.ir"), GRAPHS);
    String[] words =
        line.replace("FILE", file.toString()).replace("FOLDER", folder.toString()).split(" ");
    int before = streams.out().length();
    assertEquals(code, new Main(streams.terminal(false, 80)).run(words), streams.err());
    String out = streams.out().substring(before);
    assertEquals(1, out.lines().count(), out);
    return new ObjectMapper().readTree(out);
  }

  private static List<String> texts(JsonNode array, String member) {
    List<String> out = new ArrayList<>();
    array.forEach(n -> out.add(n.get(member).asText()));
    return out;
  }

  @Test
  void aTrainingTellsItsEndAndItsFiles() throws IOException {
    JsonNode all =
        json(
            Main.OK,
            "train integrator --json --rule both --epochs 3 --steps 4 --batch 2 --hidden 3 --seed 5"
                + " --out FOLDER/o");
    assertEquals("integrator", all.get("task").asText());
    assertEquals(5, all.get("seed").asLong());
    assertEquals(List.of("d-rtrl", "bptt"), texts(all.get("results"), "rule"));
    JsonNode first = all.get("results").get(0);
    assertEquals(List.of("loss", "relative error"), texts(first.get("metrics"), "name"));
    // The table has the same numbers.
    List<String> table = Files.readAllLines(folder.resolve("o/losses.csv"));
    double sum = 0;
    for (String row : table.subList(1, 4)) {
      sum += Double.parseDouble(row.split(",", -1)[1]);
    }
    JsonNode loss = first.get("metrics").get(0);
    assertEquals(Double.parseDouble(table.get(1).split(",", -1)[1]), loss.get("first").asDouble());
    assertEquals(sum / 3, loss.get("end").asDouble(), 1e-12);
    all.get("files").forEach(f -> assertTrue(Files.exists(Path.of(f.asText())), f.asText()));
    assertTrue(streams.err().contains("integrator: GRU 1 -> 3 -> 1"), streams.err());
  }

  @Test
  void explainTellsWhatItsTextTells() throws IOException {
    JsonNode all = json(Main.OK, "explain --hidden 3 --json");
    assertEquals("rnn.layers.0.h", all.get("groups").get(0).get("states").get(0).asText());
    assertTrue(texts(all.get("gradients"), "weight").contains("readout.weight"));
    long bytes = 0;
    for (JsonNode trace : all.get("traces")) {
      bytes += trace.get("bytes").asLong();
    }
    assertTrue(bytes > 0);
    assertEquals(bytes, all.get("cost").get("traceBytes").asLong());
    JsonNode strict = json(Main.FAILED, "explain --hidden 3 --json --exact");
    assertFalse(strict.get("gradients").isEmpty());
  }

  @Test
  void everyStageOfAFile() throws IOException {
    JsonNode traced = json(Main.OK, "dump FILE --stage traced --format exact --json");
    assertEquals("traced", traced.get("stage").asText());
    assertEquals(List.of("f"), texts(traced.get("programs"), "name"));
    assertEquals(
        Stream.concat(Stream.of("engram.ir 1", ""), GRAPHS.lines().limit(5)).toList(),
        traced.get("programs").get(0).get("text").asText().lines().toList());
    assertEquals(
        List.of("loops"),
        texts(json(Main.OK, "dump FILE --stage lowered --json").get("programs"), "kind"));
    assertEquals(
        List.of("code"),
        texts(json(Main.OK, "dump FILE --stage bytecode --json").get("programs"), "kind"));
    assertEquals(
        "note",
        json(Main.OK, "dump FILE --before dce --json").get("programs").get(0).get("kind").asText());
  }

  @Test
  void passesAndWhatTheyDo() throws IOException {
    JsonNode all = json(Main.OK, "opt FILE --passes simplify,dce --json");
    String text = all.get("programs").get(0).get("text").asText();
    assertTrue(text.contains("log(%x)") && !text.contains("mul"), text);
    assertFalse(all.has("firings"));
    JsonNode traced = json(Main.OK, "opt FILE --passes simplify,dce --trace --json");
    assertEquals(all.get("programs"), traced.get("programs"));
    assertEquals(
        "{\"graph\":\"f\",\"round\":1,\"pass\":\"simplify\",\"rule\":\"mulOne\",\"depth\":0,"
            + "\"before\":\"%0 = mul(%x, 1.0)\",\"after\":\"%x\"}",
        traced.get("firings").get(0).toString());
    assertEquals(
        "{\"pass\":\"simplify\",\"rule\":\"mulOne\",\"fired\":1}",
        traced.get("counts").get(0).toString());
    JsonNode kept = json(Main.OK, "opt FILE --bisect --json").get("graphs").get(0);
    assertEquals("f", kept.get("graph").asText());
    assertTrue(kept.get("keepsResults").asBoolean());
  }

  @Test
  void runLinesAndResults() throws IOException {
    JsonNode lines = json(Main.FAILED, "run FILE --json").get("lines");
    assertEquals(List.of("true", "false"), texts(lines, "holds"));
    JsonNode once = json(Main.OK, "run FILE --graph f --inputs [-1,0] --json");
    JsonNode log = once.get("outputs").get(0);
    assertEquals("f32[2]", log.get("type").asText());
    // ln -1 and ln 0, which JSON numbers cannot represent
    assertEquals("NaN", log.get("elements").get(0).asText());
    assertEquals("-Infinity", log.get("elements").get(1).asText());
    assertEquals(7.0, once.get("outputs").get(1).get("elements").asDouble());
  }

  @Test
  void twoFormsOfOneAnswerAreRefused() {
    for (String line :
        List.of("explain --dot --json", "dump --format dot --json", "dump --format json --json")) {
      assertEquals(Main.USAGE, new Main(streams.terminal(false, 80)).run(line.split(" ")));
    }
    assertEquals("", streams.out());
  }

  @Test
  void anyTextIsQuoted() throws IOException {
    StringBuilder text = new StringBuilder("😀");
    for (char c = 0; c < 300; c++) {
      text.append(c);
    }
    String json = new JsonObject().put("text", text.toString()).put("nan", Double.NaN).toString();
    JsonNode read = new ObjectMapper().readTree(json);
    assertEquals(text.toString(), read.get("text").asText());
    assertEquals("NaN", read.get("nan").asText());
  }
}
