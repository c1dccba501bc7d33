package dev.engram.backend.cuda.javacpp;

import dev.engram.ir.EngramException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bytedeco.javacpp.Loader;

/** Loads NVIDIA's libraries. */
final class Libraries {
  /** What the loader of libraries says. */
  private static final Pattern ABSENT =
      Pattern.compile("(lib[\\w.-]+): cannot open shared object file");

  /** By class: a second try would not say why. */
  private static final Map<String, Optional<String>> MISSING = new ConcurrentHashMap<>();

  private Libraries() {}

  /** Makes JavaCPP leave the memory of this process alone: it would count ours, and refuse. */
  private static void prepare() {
    for (String off : new String[] {"maxBytes", "maxPhysicalBytes"}) {
      unlessSet("org.bytedeco.javacpp." + off, "0");
    }
    unlessSet("org.bytedeco.javacpp.nopointergc", "true");
  }

  private static void unlessSet(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }

  /**
   * Loads what {@code bindings} calls.
   *
   * @param what that is, for errors
   */
  static void load(Class<?> bindings, String what) {
    Optional<String> why = MISSING.computeIfAbsent(bindings.getName(), _ -> missing(bindings));
    if (why.isPresent()) {
      throw new EngramException(what + " cannot be used: " + why.get());
    }
  }

  /** Why they cannot be loaded, which is so from now on. */
  private static Optional<String> missing(Class<?> bindings) {
    prepare();
    try {
      Loader.load(bindings);
      return Optional.empty();
    } catch (UnsatisfiedLinkError | NoClassDefFoundError e) {
      StringBuilder all = new StringBuilder();
      for (Throwable t = e; t != null; t = t.getCause()) {
        all.append(all.isEmpty() ? "" : "; ").append(t.getMessage());
      }
      return Optional.of(fix(all.toString()));
    }
  }

  /** What to do about what the loader of libraries says. */
  static String fix(String text) {
    Matcher m = ABSENT.matcher(text);
    if (!m.find()) {
      return text.contains("no jni")
          ? "its Java bindings have no native code for this platform; add the jars of"
              + " org.bytedeco:javacpp and org.bytedeco:cuda with the classifier of the platform ("
              + text
              + ")"
          : text;
    }
    String library = m.group(1);
    return library
        + " is not on this machine; "
        + (library.startsWith("libcuda.so")
            ? "install NVIDIA's driver, 580 or newer"
            : "add the jar org.bytedeco:cuda-redist, or install the CUDA toolkit 13");
  }
}
