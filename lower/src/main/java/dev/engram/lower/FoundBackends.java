package dev.engram.lower;

import dev.engram.ir.checks.Given;
import dev.engram.lower.interpret.LoopInterpreter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;

/**
 * The backends of a class or module path. One that cannot start is left out, and the others are
 * there.
 *
 * @param failures why others are not there, a line for each provider that could not start
 */
public record FoundBackends(Map<String, Backend> byName, List<String> failures) {
  /** A provider that fails at each look must not hold the search up. */
  private static final int MOST_FAILURES = 100;

  public FoundBackends {
    Given.given("FoundBackends", "byName", byName);
    Given.all("FoundBackends", "failures", failures);
    byName = Collections.unmodifiableMap(new LinkedHashMap<>(byName));
    failures = List.copyOf(failures);
  }

  /** All that {@code loader} sees, and the loop interpreter. */
  public static FoundBackends of(ClassLoader loader) {
    Given.given("FoundBackends.of", "loader", loader);
    Map<String, Backend> all = new LinkedHashMap<>();
    List<String> failures = new ArrayList<>();
    Iterator<ServiceLoader.Provider<Backend>> providers =
        ServiceLoader.load(Backend.class, loader).stream().iterator();
    while (failures.size() < MOST_FAILURES) {
      String name = "a provider of " + Backend.class.getName();
      try {
        if (!providers.hasNext()) {
          break;
        }
        ServiceLoader.Provider<Backend> p = providers.next();
        name = p.type().getName();
        Backend b = p.get();
        add(Given.given(name, "name()", b.name()), b, all);
      } catch (ServiceConfigurationError | RuntimeException | LinkageError e) {
        failures.add(name + " cannot start: " + reason(e));
      }
    }
    LoopInterpreter loops = new LoopInterpreter();
    all.putIfAbsent(loops.name(), loops);
    return new FoundBackends(all, failures);
  }

  private static void add(String name, Backend b, Map<String, Backend> all) {
    Backend other = all.putIfAbsent(name, b);
    if (other != null) {
      throw new IllegalStateException(
          "there is a backend '" + name + "' already, " + other.getClass().getName());
    }
  }

  private static String reason(Throwable e) {
    Throwable cause =
        e instanceof ServiceConfigurationError && e.getCause() != null ? e.getCause() : e;
    return cause.getMessage() == null ? cause.getClass().getName() : cause.toString();
  }

  /** What an error adds about those that could not start; nothing where all could. */
  public String hint() {
    return failures.isEmpty() ? "" : "; " + String.join("; ", failures);
  }
}
