package dev.engram.lower;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A backend that cannot start takes no other down. */
class FoundBackendsTest {
  @TempDir Path folder;

  /** What all of these are but for one fault. */
  public abstract static class Sound extends HostBackend {
    @Override
    public String name() {
      return getClass().getSimpleName();
    }

    @Override
    public CompiledProgram compile(LoopProgram program) {
      throw new UnsupportedOperationException();
    }
  }

  /** Starts. */
  public static final class First extends Sound {}

  /** Starts, too. */
  public static final class Last extends Sound {}

  /** Its constructor throws. */
  public static final class Throwing extends Sound {
    public Throwing() {
      throw new IllegalStateException("no driver 12.4 or newer");
    }
  }

  /** Its class cannot be initialized. */
  public static final class Unlinked extends Sound {
    static {
      refuse();
    }

    private static void refuse() {
      throw new UnsatisfiedLinkError("libcuda.so.1: cannot open shared object file");
    }
  }

  /** Names itself as another does. */
  public static final class Twin extends Sound {
    @Override
    public String name() {
      return "First";
    }
  }

  /** Has no name. */
  public static final class Nameless extends Sound {
    @Override
    @SuppressWarnings("NullAway")
    public String name() {
      return null;
    }
  }

  /** Is no backend. */
  public static final class Other {}

  private FoundBackends found(String... names) throws Exception {
    Path services = Files.createDirectories(folder.resolve("META-INF/services"));
    Files.writeString(services.resolve(Backend.class.getName()), String.join("\n", names));
    URI at = folder.toUri();
    try (URLClassLoader loader =
        new URLClassLoader(new URL[] {at.toURL()}, getClass().getClassLoader())) {
      return FoundBackends.of(loader);
    }
  }

  private static String name(Class<?> c) {
    return c.getName();
  }

  @Test
  void thoseThatStartAreThereAndTheOthersSayWhy() throws Exception {
    FoundBackends found =
        found(
            name(Throwing.class),
            name(First.class),
            "no.such.Backend",
            name(Unlinked.class),
            name(Other.class),
            name(Twin.class),
            name(Nameless.class),
            name(Last.class));
    assertTrue(found.byName().keySet().containsAll(List.of("First", "Last", "loops")));
    assertEquals(6, found.failures().size(), found::toString);
    Stream.of(
            "Throwing cannot start: java.lang.IllegalStateException: no driver 12.4 or newer",
            "no.such.Backend",
            "libcuda.so.1: cannot open shared object file",
            "Other not a subtype",
            "Twin cannot start: java.lang.IllegalStateException: there is a backend 'First'",
            "Nameless cannot start: ")
        .forEach(
            text ->
                assertTrue(
                    found.failures().stream().anyMatch(f -> f.contains(text)),
                    text + " in " + found.failures()));
    assertTrue(found.hint().startsWith("; "));
  }

  @Test
  void whereAllStartThereIsNothingToSay() throws Exception {
    FoundBackends found = found(name(First.class), name(Last.class));
    assertEquals(List.of(), found.failures());
    assertEquals("", found.hint());
  }
}
