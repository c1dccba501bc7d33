package dev.engram.tests.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
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

/** docs/FROM_PYTHON.md names what there is. */
class PythonNamesTest {
  private static final Pattern CODE = Pattern.compile("`([^`]+)`");
  private static final Pattern NAME = Pattern.compile("\\b([A-Z][A-Za-z]+)((?:\\.[A-Za-z]+)*)");
  private static final Pattern METHOD = Pattern.compile("(?<![A-Za-z])([a-z][A-Za-z]+)\\(");

  /** Type variables and words of Java in the samples. */
  private static final Set<String> OTHERS = Set.of("X", "O", "B");

  /** Simple names of classes, nested ones with their outer class, and all names of members. */
  private record Known(Set<String> classes, Set<String> members) {
    static Known read() throws IOException {
      Set<String> classes = new TreeSet<>();
      Set<String> members = new TreeSet<>();
      try (Stream<Path> files = Files.list(Sources.ROOT.resolve("tests/src/test/resources/api"))) {
        for (Path f : files.toList()) {
          for (String line : Files.readAllLines(f)) {
            Matcher type = Pattern.compile("^public .*?(?:[a-z]+\\.)+([A-Z][\\w.]*)").matcher(line);
            if (type.find()) {
              classes.add(type.group(1));
            }
            Matcher member =
                Pattern.compile("^  (?:method|field|constant)[^(/]* (\\w+)").matcher(line);
            if (member.find()) {
              members.add(member.group(1));
            }
          }
        }
      }
      return new Known(classes, members);
    }

    boolean has(String name, String rest) {
      if (classes.contains(name + rest)) {
        return true;
      }
      int dot = rest.lastIndexOf('.');
      return dot < 0
          ? classes.contains(name)
          : has(name, rest.substring(0, dot)) && members.contains(rest.substring(dot + 1));
    }
  }

  private static List<String> missing(String document) throws IOException {
    Known known = Known.read();
    assertTrue(known.classes.size() > 200 && known.members.size() > 500, "the API files are read");
    List<String> missing = new ArrayList<>();
    for (String line : document.split("\n")) {
      if (!line.startsWith("| ") || line.endsWith("| here |")) {
        continue;
      }
      Matcher code = CODE.matcher(line.substring(line.indexOf(" | ")));
      while (code.find()) {
        Matcher name = NAME.matcher(code.group(1));
        while (name.find()) {
          if (!OTHERS.contains(name.group(1)) && !known.has(name.group(1), name.group(2))) {
            missing.add(name.group());
          }
        }
        Matcher method = METHOD.matcher(code.group(1));
        while (method.find()) {
          if (!known.members.contains(method.group(1))) {
            missing.add(method.group(1));
          }
        }
      }
    }
    return missing;
  }

  @Test
  void everyNameExists() throws IOException {
    assertEquals(List.of(), missing(Sources.read("docs/FROM_PYTHON.md")));
  }

  @Test
  void aNameThatDoesNotIsFound() throws IOException {
    assertEquals(
        List.of("Engram.magic", "Gru", "State.Kind.HIDE", "vanish"),
        missing("| `jax` | `Engram.magic`, `Gru`, `GruCell`, `State.Kind.HIDE`, `x.vanish()` |"));
  }
}
