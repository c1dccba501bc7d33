package dev.engram.cli.doctor;

import dev.engram.lower.Backend;
import dev.engram.lower.FoundBackends;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What was found out about this installation.
 *
 * @param standard the backend of programs that name none
 * @param backends by name
 * @param failures a line for each provider of a backend that cannot start
 * @param problems a line for each thing that is wrong; unavailable backends are not, unless asked
 *     for
 */
record Diagnosis(
    Machine machine,
    List<JvmFlag> flags,
    String standard,
    List<BackendState> backends,
    List<String> failures,
    List<String> problems) {
  private static final String PROPERTY = "engram.backend";
  private static final String CPU = "cpu";
  private static final String INTERPRETER = "interpreter";

  /**
   * Examines this JVM and these backends.
   *
   * @param only the only backend that is looked at, and has to work
   */
  static Diagnosis of(FoundBackends found, Optional<String> only) {
    Map<String, Backend> chosen = new TreeMap<>(found.byName());
    only.ifPresent(name -> chosen.keySet().retainAll(List.of(name)));
    Optional<String> wanted = Optional.ofNullable(System.getProperty(PROPERTY));
    SmallProgram program = SmallProgram.make();
    List<BackendState> backends = new ArrayList<>();
    chosen.forEach((name, b) -> backends.add(BackendState.of(name, b, program)));
    List<String> failures = found.failures().stream().sorted().toList();
    List<String> problems = new ArrayList<>();
    for (BackendState b : backends) {
      problems.addAll(b.problems(asker(b.name(), only, wanted)));
    }
    if (only.isEmpty()) {
      wanted.flatMap(w -> missing(w, backends)).ifPresent(problems::add);
      problems.addAll(failures);
    }
    return new Diagnosis(
        Machine.current(),
        JvmFlag.missing(chosen.values(), ModuleLayer.boot()),
        wanted.orElse(found.byName().containsKey(CPU) ? CPU : INTERPRETER),
        backends,
        failures,
        problems);
  }

  private static Optional<String> asker(
      String backend, Optional<String> only, Optional<String> wanted) {
    return only.isPresent()
        ? Optional.of("--backend")
        : wanted.filter(w -> name(w).equals(backend)).map(_ -> PROPERTY);
  }

  /** The backend of a device, such as {@code cuda} of {@code cuda:1}. */
  private static String name(String wanted) {
    return wanted.replaceFirst(":.*", "");
  }

  /** Says that the property names a backend or a device that is not there. */
  private static Optional<String> missing(String wanted, List<BackendState> backends) {
    List<String> there = new ArrayList<>(backends.stream().map(BackendState::name).toList());
    there.add(INTERPRETER);
    if (!there.contains(name(wanted))) {
      return Optional.of(unknown(wanted, there));
    }
    return backends.stream()
        .filter(b -> wanted.startsWith(b.name() + ":") && !b.devices().isEmpty())
        .map(b -> b.devices().stream().map(BackendState.DeviceState::name).toList())
        .filter(devices -> !devices.contains(wanted))
        .map(devices -> unknown(wanted, devices))
        .findFirst();
  }

  private static String unknown(String wanted, List<String> there) {
    return PROPERTY + " is '" + wanted + "', expected one of " + String.join(", ", there);
  }

  /** True where programs are interpreted though nobody asked for it. */
  boolean lacksCpu() {
    return standard.equals(INTERPRETER) && !machine.properties().containsKey(PROPERTY);
  }

  /** {@code 2 problems}. */
  String counted() {
    int n = problems.size();
    return n + (n == 1 ? " problem" : " problems");
  }

  /** Returns the names of the devices that work. */
  List<String> working() {
    return backends.stream()
        .flatMap(b -> b.devices().stream())
        .filter(d -> d.outcome() instanceof Outcome.Works)
        .map(BackendState.DeviceState::name)
        .toList();
  }
}
