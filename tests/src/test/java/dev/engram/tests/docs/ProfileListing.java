package dev.engram.tests.docs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.engram.cli.inspect.Profile;
import dev.engram.cli.terminal.ResultStream;
import dev.engram.cli.terminal.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;

/**
 * A profile of the copying task in a document. Its times are those of one machine on one day; all
 * else in it is compared with a profile of now.
 */
final class ProfileListing {
  private static final String NAME = "profile";
  private static final String[] WORDS = {"--batch", "1", "--seconds", "15", "--top", "8"};
  private static final Pattern HEAD =
      Pattern.compile(
          "@(\\S+) on (\\S+): (\\d+) runs of .*; arena (.*), inputs (.*), outputs (.*)");
  private static final Pattern NEST =
      Pattern.compile(
          " *\\S+% +\\S+ \\S+ +(\\d+) +\\S+ \\S+ +(\\S+ \\S+) +\\S+ +(\\S+) +(\\w+\\.java:\\d+)");

  private ProfileListing() {}

  /** The listing of {@code document} where all but its times is right, else a new one. */
  static String of(String document) {
    try {
      String is = Snippets.part(document, NAME);
      JsonNode now =
          new ObjectMapper()
              .readTree(output("--batch", "1", "--json", "--runs", "1", "--seconds", "0.1"));
      List<String> wrong = wrong(is, now);
      return wrong.isEmpty() ? is : output(WORDS);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What {@code listing} says that a profile of one run denies. */
  static List<String> wrong(String listing, JsonNode one) {
    List<String> wrong = new ArrayList<>();
    Matcher head = HEAD.matcher("");
    JsonNode program = one.get("programs").get(0);
    long runs = 0;
    int nests = 0;
    for (String line : listing.lines().toList()) {
      Matcher nest = NEST.matcher(line);
      if (head.reset(line).matches()) {
        runs = Long.parseLong(head.group(3));
        boolean same =
            head.group(1).equals(program.get("program").asText())
                && head.group(2).equals(program.get("backend").asText())
                && near(head.group(4), program.get("arenaBytes").asDouble())
                && near(head.group(5), program.get("inputBytes").asDouble())
                && near(head.group(6), program.get("outputBytes").asDouble());
        if (!same) {
          wrong.add(line);
        }
      } else if (nest.matches()) {
        nests++;
        if (!has(one, nest, runs)) {
          wrong.add(line);
        }
      }
    }
    if (nests != 8) {
      wrong.add(nests + " nests");
    }
    return wrong;
  }

  private static boolean has(JsonNode one, Matcher line, long runs) {
    for (JsonNode n : one.get("nests")) {
      if (n.get("ops").asText().equals(line.group(3))
          && n.get("where").asText().equals(line.group(4))
          && n.get("calls").asLong() * runs == Long.parseLong(line.group(1))
          && near(line.group(2), n.get("bytes").asDouble() * runs)) {
        return true;
      }
    }
    return false;
  }

  private static final Map<String, Double> UNITS =
      Map.of("B", 1.0, "kB", 1e3, "MB", 1e6, "GB", 1e9, "TB", 1e12);

  /** Whether {@code text}, such as {@code 3.11 GB}, has these bytes to three digits. */
  private static boolean near(String text, double bytes) {
    String[] words = text.split(" ");
    double is = Double.parseDouble(words[0]) * UNITS.get(words[1]);
    return Math.abs(is - bytes) <= 0.006 * bytes;
  }

  private static String output(String... words) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ResultStream out = new ResultStream(bytes, StandardCharsets.UTF_8);
    int code =
        new CommandLine(new Profile(new Terminal(out, System.err, false, 100))).execute(words);
    out.flush();
    if (code != 0) {
      throw new AssertionError("engram profile " + String.join(" ", words) + ": " + code);
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
