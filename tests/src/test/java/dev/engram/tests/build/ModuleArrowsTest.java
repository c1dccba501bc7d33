package dev.engram.tests.build;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.module.ModuleDescriptor;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Compares the module graph with {@code module-arrows.txt}. */
class ModuleArrowsTest {
  private static final List<ModuleDescriptor> MODULES = ModuleArrows.descriptors();

  @Test
  void arrowsAreThoseOfTheGoldenList() {
    assertEquals(
        List.of(), ModuleArrows.difference(ModuleArrows.arrows(MODULES), golden()), "arrows");
  }

  @Test
  void aPlantedArrowIsReported() {
    ModuleDescriptor upward =
        ModuleDescriptor.newModule("dev.engram.ir").requires("dev.engram.core").build();
    assertEquals(
        List.of("+ dev.engram.ir -> dev.engram.core"),
        ModuleArrows.difference(
            ModuleArrows.arrows(instead(upward)), ModuleArrows.arrows(MODULES)));
  }

  @Test
  void aDroppedArrowIsReported() {
    ModuleDescriptor bare = ModuleDescriptor.newModule("dev.engram.lower").build();
    assertEquals(
        List.of("- dev.engram.lower -> jdk.jfr", "- dev.engram.lower => dev.engram.ir"),
        ModuleArrows.difference(ModuleArrows.arrows(instead(bare)), ModuleArrows.arrows(MODULES)));
  }

  @Test
  void onlyTheCpuBackendUsesTheVectorApi() {
    List<String> users =
        ModuleArrows.arrows(MODULES).stream()
            .filter(arrow -> arrow.endsWith(" jdk.incubator.vector"))
            .toList();
    assertEquals(List.of("dev.engram.backend.cpu -> jdk.incubator.vector"), users);
  }

  @Test
  void noPackageIsSplit() {
    assertEquals(Map.of(), ModuleArrows.splitPackages(MODULES));
  }

  @Test
  void aPlantedSplitPackageIsReported() {
    ModuleDescriptor twin =
        ModuleDescriptor.newModule("dev.engram.twin").packages(packagesOf("dev.engram.ir")).build();
    assertEquals(
        List.of("dev.engram.ir", "dev.engram.twin"),
        ModuleArrows.splitPackages(Stream.concat(MODULES.stream(), Stream.of(twin)).toList())
            .get("dev.engram.ir"));
  }

  private static List<ModuleDescriptor> instead(ModuleDescriptor replacement) {
    return Stream.concat(
            MODULES.stream().filter(module -> !module.name().equals(replacement.name())),
            Stream.of(replacement))
        .toList();
  }

  private static Set<String> packagesOf(String module) {
    return MODULES.stream().filter(m -> m.name().equals(module)).findAny().orElseThrow().packages();
  }

  private static SortedSet<String> golden() {
    return new TreeSet<>(TextResource.lines("/module-arrows.txt"));
  }
}
