package dev.engram.trace;

import dev.engram.ir.EngramException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.TraceException;
import dev.engram.ir.Tracer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Explains failed casts where user code declares a class but gets another one that its interface
 * allows: a traced value for a {@code HostTensor}, an unmodifiable list for an {@code ArrayList}.
 */
final class DeclaredType {
  private static final Pattern CAST =
      Pattern.compile("class (\\S+) cannot be cast to class (\\S+) .*");

  private DeclaredType() {}

  /**
   * Explains a failed cast in the function of {@code trace}, if a declaration there is the cause.
   */
  static Optional<EngramException> refused(String trace, ClassCastException e) {
    Matcher m = CAST.matcher(e.getMessage() == null ? "" : e.getMessage());
    if (!m.matches() || !isOurs(m.group(1))) {
      return Optional.empty();
    }
    SourceLocation at = SourceLocation.of(e);
    String where = (at.isKnown() ? at : SourceLocation.here()).toString();
    return instead(m.group(2))
        .map(
            general ->
                new TraceException(
                    "while tracing @%s a %s is used where the code declares %s, expected %s (%s); %s"
                        .formatted(
                            trace,
                            given(m.group(1)),
                            simple(m.group(2)),
                            general,
                            where,
                            fix(general)),
                    e));
  }

  /** Returns the error for a record component whose declared type does not accept {@code part}. */
  static EngramException component(Class<?> type, String name, Class<?> declared, Object part) {
    Optional<String> general = instead(declared.getName());
    return new TraceException(
        "component %s of record %s is declared as %s and gets a %s, expected %s (%s)%s"
            .formatted(
                name,
                type.getSimpleName(),
                declared.getSimpleName(),
                given(part.getClass().getName()),
                general.orElse("a declared type that holds both"),
                SourceLocation.here(),
                general.map(g -> "; declare it as " + g).orElse("")));
  }

  /** True for the classes that structures are rebuilt with. */
  private static boolean isOurs(String type) {
    return type.equals(Tracer.class.getName())
        || type.startsWith("java.util.ImmutableCollections")
        || type.startsWith("java.util.Collections$Unmodifiable");
  }

  private static String given(String type) {
    return type.equals(Tracer.class.getName())
        ? "traced value"
        : type.contains("Map") ? "new Map" : type.contains("List") ? "new List" : simple(type);
  }

  private static Optional<String> instead(String declared) {
    if (declared.equals(HostTensor.class.getName())) {
      return Optional.of("Tensor");
    }
    try {
      Class<?> c = Class.forName(declared, false, DeclaredType.class.getClassLoader());
      return List.class.isAssignableFrom(c)
          ? Optional.of("List")
          : Map.class.isAssignableFrom(c) ? Optional.of("Map") : Optional.empty();
    } catch (ClassNotFoundException e) {
      return Optional.empty();
    }
  }

  private static String fix(String general) {
    return general.equals("Tensor")
        ? "declare it as Tensor, such as Tensor x = HostTensor.of(...) for var x ="
            + " HostTensor.of(...)"
        : "declare it as " + general + ", also where the argument is made";
  }

  private static String simple(String type) {
    return type.substring(type.lastIndexOf('.') + 1);
  }
}
