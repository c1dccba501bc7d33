package dev.engram.tests.build;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.module.Configuration;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleDescriptor.Requires;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReader;
import java.lang.module.ModuleReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How the build modifies third-party jars so that the command starts fast. */
class ModulesOfOthersTest {
  /** Classes since Java 6 have stack map frames. */
  private static final int FIRST_WITH_FRAMES = 50;

  @TempDir Path folder;

  @BeforeEach
  void copyJars() throws IOException {
    for (ModuleReference module : ModuleArrows.ofTheCommand().findAll()) {
      Path at = Path.of(module.location().orElseThrow());
      if (Files.isRegularFile(at)) {
        Files.copy(at, folder.resolve(at.getFileName().toString()));
      }
    }
  }

  private void ready() throws Exception {
    Path log = Files.createTempFile("modules", ".log");
    int code =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                Path.of(System.getProperty("engram.root"), "build-tools/Modules.java").toString(),
                folder.toString())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start()
            .waitFor();
    String text = Files.readString(log);
    Files.delete(log);
    assertEquals(0, code, text);
  }

  private Map<String, ModuleDescriptor> modules() {
    return ModuleFinder.of(folder).findAll().stream()
        .map(ModuleReference::descriptor)
        .collect(Collectors.toMap(ModuleDescriptor::name, d -> d));
  }

  /** Returns the lowest class file version in each module. */
  private Map<String, Integer> versions() throws IOException {
    Map<String, Integer> least = new TreeMap<>();
    for (ModuleReference module : ModuleFinder.of(folder).findAll()) {
      for (String file : classes(module)) {
        try (ModuleReader reader = module.open();
            var in = reader.open(file).orElseThrow()) {
          least.merge(module.descriptor().name(), (int) in.readNBytes(8)[7], Math::min);
        }
      }
    }
    return least;
  }

  private static List<String> classes(ModuleReference module) throws IOException {
    try (ModuleReader reader = module.open();
        Stream<String> all = reader.list()) {
      return all.filter(f -> f.endsWith(".class") && !f.endsWith("-info.class")).toList();
    }
  }

  @Test
  void eachHasADescriptorAndFrames() throws Exception {
    Map<String, ModuleDescriptor> before = modules();
    // Controls: there is something to do.
    assertTrue(before.values().stream().anyMatch(ModuleDescriptor::isAutomatic));
    assertTrue(versions().get("info.picocli") < FIRST_WITH_FRAMES);
    ready();
    Map<String, ModuleDescriptor> after = modules();
    assertEquals(before.keySet(), after.keySet());
    after.forEach(
        (name, module) -> {
          assertFalse(module.isAutomatic(), name);
          assertEquals(before.get(name).packages(), module.packages());
        });
    assertEquals(
        Set.of("java.base", "java.desktop", "java.xml", "VectorGraphics2D"),
        after.get("org.knowm.xchart").requires().stream()
            .map(Requires::name)
            .collect(Collectors.toSet()));
    versions().forEach((name, version) -> assertTrue(version >= FIRST_WITH_FRAMES, name));
  }

  @Test
  void theSecondTimeNothingIsDone() throws Exception {
    ready();
    Map<Path, byte[]> once = bytes();
    ready();
    Map<Path, byte[]> twice = bytes();
    assertEquals(once.keySet(), twice.keySet());
    for (Path jar : once.keySet()) {
      assertArrayEquals(once.get(jar), twice.get(jar), jar.toString());
    }
  }

  private Map<Path, byte[]> bytes() throws IOException {
    Map<Path, byte[]> all = new TreeMap<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        all.put(file, Files.readAllBytes(file));
      }
    }
    return all;
  }

  /** The JVM verifies a class before its first use. */
  @Test
  void theFramesAreRight() throws Exception {
    ready();
    ModuleFinder finder = ModuleFinder.of(folder);
    Set<String> names = modules().keySet();
    ModuleLayer boot = ModuleLayer.boot();
    Configuration resolved = boot.configuration().resolve(finder, ModuleFinder.of(), names);
    ModuleLayer layer =
        boot.defineModulesWithOneLoader(resolved, ClassLoader.getPlatformClassLoader());
    ClassLoader loader = layer.findLoader("info.picocli");
    int initialized = 0;
    for (String file : classes(finder.find("info.picocli").orElseThrow())) {
      Class.forName(file.replaceAll("\\.class$", "").replace('/', '.'), true, loader);
      initialized++;
    }
    assertTrue(initialized > 100, "initialized " + initialized + " classes");
  }
}
