package dev.engram.tests.build;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * A program may import every exported package with a star, besides all of {@code java.base}, as
 * JShell does: no two types have the same simple name.
 */
class PublicNamesTest {
  // Programs, on which nobody depends.
  private static final String EXAMPLES = "dev.engram.examples";

  @Test
  void noTwoTypesHaveOneName() {
    List<String> ours = new ArrayList<>();
    for (ModuleReference module : ModuleArrows.finder().findAll()) {
      if (!module.descriptor().name().equals(EXAMPLES)) {
        ours.addAll(PublicNames.of(module));
      }
    }
    assertTrue(ours.contains("dev.engram.Engram"), ours::toString);
    assertTrue(ours.size() > 200, () -> ours.size() + " types");
    List<String> all = new ArrayList<>(base());
    all.addAll(ours);
    Map<String, List<String>> found = PublicNames.collisions(all);
    // Collisions among packages of the Java library are ignored.
    found.values().removeIf(types -> types.stream().noneMatch(ours::contains));
    assertEquals(Map.of(), found);
  }

  @Test
  void oneNameOfTwoTypesIsFound() {
    assertEquals(
        Map.of("List", List.of("a.List", "b.List")),
        PublicNames.collisions(List.of("a.List", "b.Set", "b.List")));
    List<String> all = new ArrayList<>(base());
    assertTrue(all.contains("java.util.Random"));
    all.add("dev.engram.Random");
    assertEquals(
        List.of("java.util.Random", "dev.engram.Random"),
        PublicNames.collisions(all).get("Random"));
  }

  private static List<String> base() {
    return PublicNames.of(ModuleFinder.ofSystem().find("java.base").orElseThrow());
  }
}
