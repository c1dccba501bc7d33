package dev.engram.tests.mistakes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.EngramException;
import dev.engram.testkit.Bless;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * The full message for each of many mistakes of a new user: {@code mistakes.txt} has the messages,
 * with {@code HERE} for the source line, which must be one of the mistake's own.
 */
class MistakesTest {
  private static final Path FILE =
      Path.of(System.getProperty("engram.root"), "tests/src/test/resources/mistakes.txt");
  private static final Pattern LINE = Pattern.compile("([A-Za-z0-9]+\\.java):(\\d+)");

  private static List<Mistake> all() {
    Rows rows = new Rows();
    TensorMistakes.add(rows);
    TraceMistakes.add(rows);
    DeclaredTypeMistakes.add(rows);
    ModelMistakes.add(rows);
    LearnerMistakes.add(rows);
    NumberMistakes.add(rows);
    NullMistakes.add(rows);
    return rows.all();
  }

  @Test
  void everyMistakeIsToldOf() throws IOException {
    StringBuilder is = new StringBuilder();
    List<String> faults = new ArrayList<>();
    Set<String> names = new HashSet<>();
    List<Mistake> all = all();
    for (int i = 0; i < all.size(); i++) {
      Mistake m = all.get(i);
      assertTrue(names.add(m.what()), "twice: " + m.what());
      String message = message(m);
      boolean more = i + 1 < all.size() && all.get(i + 1).file().equals(m.file());
      int end = more ? all.get(i + 1).line() : Integer.MAX_VALUE;
      if (!message.contains("expected") && !message.contains("; ")) {
        faults.add(m.what() + ": neither what was expected nor what to do: " + message);
      }
      if (!ownLine(message, m, end)) {
        faults.add(m.what() + ": no line of lines " + m.line() + " to " + end + ": " + message);
      }
      is.append(m.what()).append("\n  ").append(shown(message)).append('\n');
    }
    assertEquals("", String.join("\n", faults));
    assertTrue(all.size() >= 93, "only " + all.size());
    String before = Files.exists(FILE) ? Files.readString(FILE) : "";
    Bless.fromSettings().check(FILE, before, is.toString());
  }

  private static String shown(String message) {
    return LINE.matcher(message)
        .replaceAll("HERE")
        .replaceAll("\\S*mistakes\\d+\\.safetensors", "FILE")
        .replace("\n", "\n  ");
  }

  private static String message(Mistake m) {
    return switch (m.kind()) {
      case REFUSED -> refusal(m);
      case TOLD -> log(() -> refusal(m));
    };
  }

  private static String refusal(Mistake m) {
    try {
      m.body().run();
      return "nothing";
    } catch (EngramException e) {
      return String.valueOf(e.getMessage());
    } catch (Exception e) {
      return e.toString();
    }
  }

  /** Returns what {@code body} prints to standard error. */
  private static String log(Supplier<String> body) {
    PrintStream before = System.err;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8)) {
      System.setErr(out);
      String refusal = body.get();
      assertEquals("nothing", refusal);
    } finally {
      System.setErr(before);
    }
    return bytes.toString(StandardCharsets.UTF_8).strip();
  }

  /** True when the message names only lines of the mistake. */
  private static boolean ownLine(String message, Mistake m, int end) {
    int own = 0;
    Matcher at = LINE.matcher(message);
    while (at.find()) {
      int line = Integer.parseInt(at.group(2));
      if (!at.group(1).equals(m.file()) || line < m.line() || line >= end) {
        return false;
      }
      own++;
    }
    return own > 0;
  }
}
