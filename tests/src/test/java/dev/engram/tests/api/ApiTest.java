package dev.engram.tests.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.testkit.Bless;
import dev.engram.tests.build.ModuleArrows;
import java.io.IOException;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The public API of each library is exactly what its file in {@code resources/api} says. */
class ApiTest {
  private static final Path FILES =
      Path.of(System.getProperty("engram.root"), "tests/src/test/resources/api");
  private static final ModuleFinder MODULES = ModuleArrows.finder();

  private static Api read(String module) {
    Collection<ModuleReference> all = MODULES.findAll();
    return new ApiReader(all, ApiTest.class.getClassLoader())
        .read(MODULES.find(module).orElseThrow());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "dev.engram",
        "dev.engram.autodiff",
        "dev.engram.backend.cpu",
        "dev.engram.backend.cuda",
        "dev.engram.core",
        "dev.engram.etrace",
        "dev.engram.ir",
        "dev.engram.lower",
        "dev.engram.plot",
        "dev.engram.testkit"
      })
  void promisesAreKept(String module) throws IOException {
    Path file = FILES.resolve(module + ".txt");
    String is = Files.exists(file) ? Files.readString(file) : "";
    Api now = read(module);
    // The comparison uses the content of the files.
    assertEquals(now, Api.parse(now.toString()));
    List<Difference> differences = ApiComparison.of(Api.parse(is), now);
    Bless bless = Bless.fromSettings();
    if (!bless.on()) {
      assertTrue(
          differences.isEmpty(),
          () ->
              file.getFileName()
                  + " is not what "
                  + module
                  + " has (-Dengram.bless=true rewrites it):\n"
                  + Difference.text(differences));
    }
    bless.check(file, is, now.toString());
  }

  @Test
  void filesAreOfModulesThatThereAre() throws IOException {
    try (var files = Files.list(FILES)) {
      for (Path file : files.toList()) {
        String module = file.getFileName().toString().replaceAll("\\.txt$", "");
        assertTrue(MODULES.find(module).isPresent(), module);
      }
    }
  }
}
