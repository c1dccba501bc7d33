package dev.engram.tests.cuda;

import dev.engram.backend.cuda.text.CudaKernel;
import dev.engram.backend.cuda.text.CudaSource;
import dev.engram.backend.cuda.text.CudaText;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The texts of some programs, compiled together by {@code g++} for the stand-in of a card: that one
 * call costs more than the code of a small program.
 */
@SuppressWarnings("restricted") // calls what the compiler made
final class StandInUnit {
  private static final long REPORT_BYTES = 24;
  private static final FunctionDescriptor RUN =
      FunctionDescriptor.of(
          ValueLayout.JAVA_INT,
          ValueLayout.ADDRESS,
          ValueLayout.ADDRESS,
          ValueLayout.JAVA_INT,
          ValueLayout.JAVA_INT,
          ValueLayout.JAVA_INT,
          ValueLayout.JAVA_INT);
  private static final FunctionDescriptor FAULTS = FunctionDescriptor.of(ValueLayout.ADDRESS);
  private static final Pattern KERNEL = Pattern.compile("(?m)^KERNEL\\(\\d+\\) (\\w+)\\($");

  private final UnaryOperator<String> spoil;
  private final List<String> flags;
  private String prelude = CudaText.prelude();
  private final List<CudaSource> sources = new ArrayList<>();
  private final StringBuilder text = new StringBuilder();
  private final List<String> entries = new ArrayList<>();

  /**
   * The kernels of one text, compiled.
   *
   * @param kernels {@code int run(void** params, const long* sizes, int blocks, int threads, int
   *     order, int races)} for each function: 0, or that something is wrong
   * @param faults {@code const eg_report* faults()}: what is wrong
   */
  record Code(Map<String, MethodHandle> kernels, MethodHandle faults) {

    /** What the last run of a kernel found. */
    AssertionError fault(String kernel) throws Throwable {
      MemorySegment f = ((MemorySegment) faults.invokeExact()).reinterpret(REPORT_BYTES);
      String what =
          switch (f.get(ValueLayout.JAVA_INT, 0)) {
            case 1 -> "an access out of bounds";
            case 2 -> "two threads at one element, of which one writes, with no barrier between";
            case 4 -> "no fence between a lock and what it guards";
            default -> "barriers that do not meet";
          };
      return new AssertionError(
          "%s: parameter %d, element %d, threads %d and %d of %s"
              .formatted(
                  what,
                  f.get(ValueLayout.JAVA_INT, 4),
                  f.get(ValueLayout.JAVA_LONG, 8),
                  f.get(ValueLayout.JAVA_INT, 16),
                  f.get(ValueLayout.JAVA_INT, 20),
                  kernel));
    }
  }

  StandInUnit() {
    this(t -> t, List.of());
  }

  /**
   * @param spoil plants a fault into each text
   * @param flags more of the compiler
   */
  StandInUnit(UnaryOperator<String> spoil, List<String> flags) {
    this.spoil = spoil;
    this.flags = flags;
  }

  /** Plants a fault into what every text begins with. */
  void spoilPrelude(UnaryOperator<String> how) {
    String before = prelude;
    prelude = how.apply(before);
    if (prelude.equals(before)) {
      throw new AssertionError("the fault is not planted");
    }
  }

  void add(CudaSource source) {
    String code = spoil.apply(source.text().replace(CudaText.prelude(), ""));
    String space = "p" + sources.size();
    text.append("namespace ").append(space).append(" {\n").append(code).append("}\n");
    Map<String, CudaKernel> byName = new LinkedHashMap<>();
    source.kernels().forEach(k -> byName.put(k.function(), k));
    Set<String> waiting = waiting(code);
    byName.forEach(
        (name, k) ->
            entries.add(
                "EG_ENTRY(%s, %s, %d, %s)\n"
                    .formatted(
                        space,
                        name,
                        k.params(),
                        k.cooperative()
                            ? "EG_GRIDS"
                            : waiting.contains(name) ? "EG_BLOCKS" : "EG_ALONE")));
    sources.add(source);
  }

  /** The kernels whose threads wait for each other. */
  private static Set<String> waiting(String code) {
    Set<String> all = new HashSet<>();
    Matcher m = KERNEL.matcher(code);
    List<Integer> starts = new ArrayList<>();
    List<String> names = new ArrayList<>();
    while (m.find()) {
      starts.add(m.start());
      names.add(m.group(1));
    }
    for (int i = 0; i < names.size(); i++) {
      String body =
          code.substring(starts.get(i), i + 1 < names.size() ? starts.get(i + 1) : code.length());
      if (body.contains("__sync") || body.contains("_sync(")) {
        all.add(names.get(i));
      }
    }
    return all;
  }

  /** What {@code g++} compiles. */
  String text() {
    return resource("/cuda/stand-in.h") + prelude + text + String.join("", entries);
  }

  static String resource(String name) {
    try (InputStream in = StandInUnit.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException(name + " is not among the resources of the tests");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Compiles the unit, and gives the code of each text in the order in which they were added. */
  List<Code> build() {
    Arena arena = Arena.ofAuto();
    SymbolLookup library = load(arena);
    Linker linker = Linker.nativeLinker();
    MethodHandle faults = linker.downcallHandle(library.find("eg_faults").orElseThrow(), FAULTS);
    List<Code> all = new ArrayList<>();
    for (int p = 0; p < sources.size(); p++) {
      Map<String, MethodHandle> run = new HashMap<>();
      for (CudaKernel k : sources.get(p).kernels()) {
        String name = "eg_run_p" + p + "_" + k.function();
        run.computeIfAbsent(
            k.function(), _ -> linker.downcallHandle(library.find(name).orElseThrow(), RUN));
      }
      all.add(new Code(run, faults));
    }
    return all;
  }

  private SymbolLookup load(Arena arena) {
    try {
      Path folder = Files.createTempDirectory("engram-stand-in");
      Path source = folder.resolve("unit.cc");
      Path library = folder.resolve("unit.so");
      Path messages = folder.resolve("messages");
      Files.writeString(source, text());
      List<String> command =
          new ArrayList<>(
              List.of(
                  "g++",
                  "-std=c++17",
                  "-O1",
                  "-w",
                  "-shared",
                  "-fPIC",
                  "-ffp-contract=off",
                  "-fno-strict-aliasing"));
      command.addAll(flags);
      command.addAll(List.of("-o", library.toString(), source.toString(), "-lm"));
      Process g =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(messages.toFile())
              .start();
      if (g.waitFor() != 0) {
        throw new AssertionError(Files.readString(messages) + "\nin " + source);
      }
      SymbolLookup found = SymbolLookup.libraryLookup(library, arena);
      for (Path f : List.of(source, library, messages, folder)) {
        Files.delete(f);
      }
      return found;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
