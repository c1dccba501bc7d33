package dev.engram.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.engram.cli.terminal.Streams;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code engram memory}, with a small net and a short stream. */
class MemoryCommandTest {
  @TempDir Path folder;

  private final Streams streams = new Streams();

  private int run(String line) {
    return new Main(streams.terminal(false, 80)).run(line.replace("OUT", "" + folder).split(" "));
  }

  @Test
  void whatIsLearnedOnlineTakesNoMemoryForTheLength() throws IOException {
    int code = run("memory --hidden 8 --batch 2 --steps 2000 --out OUT --json");
    assertEquals(Main.OK, code, streams.err());
    JsonNode all = new ObjectMapper().readTree(streams.out());
    JsonNode rows = all.get("sequences");
    assertEquals(6, rows.size());
    for (int i = 0; i < 6; i++) {
      assertEquals(List.of("d-rtrl", "bptt").get(i % 2), rows.get(i).get("rule").asText());
      assertEquals((int) Math.pow(10, 2 + i / 2), rows.get(i).get("steps").asInt());
    }
    // The symbols of two sequences are given as integers, so they take 8 bytes a step.
    long given = 8L * (10_000 - 100);
    assertEquals(given, bytes(rows, 4) - bytes(rows, 0), 0.05 * given);
    assertTrue(bytes(rows, 5) > 50 * bytes(rows, 1), rows::toString);
    JsonNode stream = all.get("stream");
    assertEquals(2000, stream.get("steps").asInt());
    assertTrue(stream.get("bytes").asLong() > 0);
    assertEquals(Math.log(4), stream.get("first").asDouble(), 0.3);
    for (String name : List.of("memory.png", "stream.png")) {
      assertTrue(Files.size(folder.resolve(name)) > 1000, name);
    }
    assertTrue(streams.err().contains("   2,000 steps: code 4, mean loss "), streams::err);
  }

  private static long bytes(JsonNode rows, int i) {
    return rows.get(i).get("bytes").asLong();
  }

  @Test
  void theStreamIsLearned() {
    // One code, as long as the test runs, is a quarter of the stream.
    assertEquals(Main.OK, run("memory --hidden 2 --batch 1 --steps 4800 --out OUT"));
    List<Double> losses =
        streams
            .out()
            .lines()
            .filter(l -> l.contains("code 1,"))
            .map(l -> Double.parseDouble(l.replaceAll(".* ", "")))
            .toList();
    assertEquals(5, losses.size(), streams::out);
    assertTrue(losses.getLast() < 0.7 * losses.getFirst(), losses::toString);
  }

  @Test
  void whatCannotBeIsRefusedFirst() throws IOException {
    assertEquals(Main.USAGE, run("memory --steps 3 --out OUT"));
    Path file = Files.writeString(folder.resolve("file"), "");
    assertEquals(Main.USAGE, run("memory --out " + file));
    assertTrue(streams.err().contains("file is a file, not a folder"), streams::err);
    assertEquals("", streams.out());
  }
}
