package dev.engram.tests.build;

import de.erichseifert.vectorgraphics2d.VectorGraphics2D;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleDescriptor.Requires;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReference;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.knowm.xchart.XYChart;
import picocli.CommandLine;

/**
 * The dependency arrows between modules, read from their compiled descriptors, and the violations
 * among them.
 */
public final class ModuleArrows {
  /** The libraries, the command and the examples. */
  static final List<String> FOLDERS =
      List.of(
          "ir",
          "autodiff",
          "etrace",
          "lower",
          "backend-cpu",
          "backend-cuda",
          "core",
          "library",
          "testkit",
          "plot",
          "cli",
          "examples");

  private ModuleArrows() {}

  /** Finds the project's own modules where the build compiled them. */
  public static ModuleFinder finder() {
    Path root = Path.of(System.getProperty("engram.root"));
    return ModuleFinder.of(
        FOLDERS.stream().map(f -> root.resolve(f).resolve("target/classes")).toArray(Path[]::new));
  }

  /** Finds the modules that the command runs with: the project's own and third-party ones. */
  static ModuleFinder ofTheCommand() {
    Stream<Path> others =
        Stream.of(CommandLine.class, XYChart.class, VectorGraphics2D.class)
            .map(c -> Path.of(c.getProtectionDomain().getCodeSource().getLocation().getPath()));
    return ModuleFinder.compose(finder(), ModuleFinder.of(others.toArray(Path[]::new)));
  }

  /** The compiled descriptors of the project's own modules. */
  static List<ModuleDescriptor> descriptors() {
    return finder().findAll().stream().map(ModuleReference::descriptor).sorted().toList();
  }

  /** One line per arrow, sorted: {@code a -> b} or, if the arrow is transitive, {@code a => b}. */
  static SortedSet<String> arrows(Collection<ModuleDescriptor> modules) {
    return modules.stream()
        .flatMap(module -> module.requires().stream().flatMap(arrow -> line(module, arrow)))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static Stream<String> line(ModuleDescriptor from, Requires arrow) {
    boolean compileTimeOnly = arrow.modifiers().contains(Requires.Modifier.STATIC);
    if (compileTimeOnly || arrow.name().equals("java.base")) {
      return Stream.empty();
    }
    String sign = arrow.modifiers().contains(Requires.Modifier.TRANSITIVE) ? " => " : " -> ";
    return Stream.of(from.name() + sign + arrow.name());
  }

  /**
   * The differences between the arrows found and those allowed: {@code + extra} and {@code -
   * missing}.
   */
  static List<String> difference(SortedSet<String> found, SortedSet<String> allowed) {
    return Stream.concat(
            found.stream().filter(arrow -> !allowed.contains(arrow)).map("+ "::concat),
            allowed.stream().filter(arrow -> !found.contains(arrow)).map("- "::concat))
        .toList();
  }

  /** Returns the packages that more than one module has, each with its modules. */
  static Map<String, List<String>> splitPackages(Collection<ModuleDescriptor> modules) {
    Map<String, List<String>> owners = new TreeMap<>();
    modules.stream()
        .sorted()
        .forEach(
            module ->
                module
                    .packages()
                    .forEach(
                        name ->
                            owners.merge(
                                name,
                                List.of(module.name()),
                                (a, b) -> Stream.concat(a.stream(), b.stream()).toList())));
    owners.values().removeIf(modulesOfPackage -> modulesOfPackage.size() == 1);
    return owners;
  }
}
