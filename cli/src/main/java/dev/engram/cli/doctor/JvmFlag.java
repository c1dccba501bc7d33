package dev.engram.cli.doctor;

import dev.engram.lower.Backend;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * An option for the JVM that was started without it.
 *
 * @param without what follows
 */
record JvmFlag(String flag, String without) {
  private static final String VECTORS = "jdk.incubator.vector";
  private static final String WITH_VECTORS = "dev.engram.backend.cpu.";
  private static final String CARDS = "cuda";
  private static final Set<String> NATIVE = Set.of("org.bytedeco.cuda", "org.bytedeco.javacpp");

  /**
   * Lists those that these backends lack.
   *
   * @param boot the modules of the JVM
   */
  static List<JvmFlag> missing(Collection<Backend> backends, ModuleLayer boot) {
    List<JvmFlag> all = new ArrayList<>();
    if (of(backends, WITH_VECTORS).findAny().isPresent() && boot.findModule(VECTORS).isEmpty()) {
      all.add(
          new JvmFlag(
              "--add-modules=" + VECTORS, "without it the backend cpu runs in scalar code"));
    }
    if (backends.stream().anyMatch(JvmFlag::callsADriver)) {
      nativeAccess(callers(boot)).ifPresent(all::add);
    }
    return all;
  }

  private static boolean callsADriver(Backend b) {
    return b.name().equals(CARDS) && b.unavailable().isEmpty();
  }

  /** On the class path, all classes are of one module. */
  private static Stream<Module> callers(ModuleLayer boot) {
    List<Module> named =
        boot.modules().stream()
            .filter(m -> NATIVE.contains(m.getName()))
            .sorted(Comparator.comparing(Module::getName))
            .toList();
    return named.isEmpty()
        ? Stream.of(JvmFlag.class.getClassLoader().getUnnamedModule())
        : named.stream();
  }

  private static Stream<Module> of(Collection<Backend> backends, String prefix) {
    return backends.stream()
        .<Class<?>>map(Backend::getClass)
        .filter(c -> c.getName().startsWith(prefix))
        .map(Class::getModule);
  }

  /** Returns the option that lets these modules call native code, unless all of them may. */
  static Optional<JvmFlag> nativeAccess(Stream<Module> callers) {
    String names =
        callers
            .filter(m -> !m.isNativeAccessEnabled())
            .map(m -> m.isNamed() ? m.getName() : "ALL-UNNAMED")
            .distinct()
            .collect(Collectors.joining(","));
    return names.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new JvmFlag(
                "--enable-native-access=" + names,
                "without it Java warns, and later versions refuse"));
  }
}
