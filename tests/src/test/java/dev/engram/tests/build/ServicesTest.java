package dev.engram.tests.build;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.lower.Backend;
import java.io.IOException;
import java.lang.module.Configuration;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Backends are found both on the module path and on the class path. */
class ServicesTest {
  /** {@code module provides service with provider}, as the descriptors say. */
  private static Set<String> onTheModulePath() {
    return ModuleArrows.descriptors().stream()
        .flatMap(
            module ->
                module.provides().stream()
                    .flatMap(
                        provides ->
                            provides.providers().stream()
                                .map(p -> line(module.name(), provides.service(), p))))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** The same, as the files of {@code META-INF/services} say. */
  private static Set<String> onTheClassPath() throws IOException {
    Set<String> lines = new TreeSet<>();
    for (ModuleReference module : ModuleArrows.finder().findAll()) {
      Path services = Path.of(module.location().orElseThrow()).resolve("META-INF/services");
      if (!Files.isDirectory(services)) {
        continue;
      }
      try (Stream<Path> files = Files.list(services)) {
        for (Path file : files.toList()) {
          for (String provider : Files.readAllLines(file)) {
            lines.add(line(module.descriptor().name(), file.getFileName().toString(), provider));
          }
        }
      }
    }
    return lines;
  }

  private static String line(String module, String service, String provider) {
    return module + " provides " + service + " with " + provider;
  }

  @Test
  void bothPathsOfferTheSameServices() throws IOException {
    Set<String> provided = onTheModulePath();
    assertTrue(
        provided.stream().anyMatch(line -> line.startsWith("dev.engram.backend.cpu provides ")),
        () -> "the CPU backend is missing from " + provided);
    assertEquals(provided, onTheClassPath());
  }

  @Test
  void theCommandsModulesResolveAndBindTheirBackends() throws Exception {
    ModuleLayer boot = ModuleLayer.boot();
    Configuration resolved =
        boot.configuration()
            .resolveAndBind(
                ModuleArrows.ofTheCommand(), ModuleFinder.of(), List.of("dev.engram.cli"));
    ModuleLayer layer =
        boot.defineModulesWithOneLoader(resolved, ClassLoader.getPlatformClassLoader());
    Module lower = layer.findModule("dev.engram.lower").orElseThrow();
    Class<?> backend = Class.forName(lower, Backend.class.getName());
    assertNotEquals(Backend.class, backend, "the layer has classes of its own");
    Set<String> bound =
        ServiceLoader.load(layer, backend).stream()
            .map(
                provider ->
                    line(
                        provider.type().getModule().getName(),
                        backend.getName(),
                        provider.type().getName()))
            .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(onTheModulePath(), bound);
  }
}
