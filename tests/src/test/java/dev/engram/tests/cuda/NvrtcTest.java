package dev.engram.tests.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.backend.cuda.driver.Card;
import dev.engram.backend.cuda.javacpp.Nvrtc;
import dev.engram.backend.cuda.text.CudaKernel;
import dev.engram.backend.cuda.text.CudaSource;
import dev.engram.backend.cuda.text.CudaText;
import dev.engram.backend.cuda.text.TextOptions;
import dev.engram.cli.train.problem.Learning;
import dev.engram.ir.EngramException;
import dev.engram.ir.interpret.Interpreter;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.Lowering;
import dev.engram.tests.build.Needs;
import dev.engram.tests.golden.GoldenRuns;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** NVIDIA's compiler makes code of the text, for cards of two architectures. */
class NvrtcTest {
  private static final List<String> CARDS = List.of("sm_80", "sm_90");

  /** Of a multiprocessor; and the shared memory of a block that asks for no more. */
  private static final int REGISTERS = 65_536;

  private static final int SHARED = 48 << 10;

  @TempDir static Path folder;
  private static FakeCuda noDriver;

  @BeforeAll
  static void needs() throws Exception {
    Needs.cppCompiler();
    Needs.nvrtc();
    noDriver = FakeCuda.withoutDriver(folder);
  }

  /** Texts in one unit: kernels of each have names of their own. */
  private static final class Unit {
    private static final int TEXTS = 25;
    private static final Pattern KERNEL = Pattern.compile("(?m)^KERNEL\\((\\d+)\\) (\\w+)\\($");
    private final StringBuilder text = new StringBuilder(CudaText.prelude());
    private int texts;

    void add(CudaSource source) {
      String code = source.text().replace(CudaText.prelude(), "");
      text.append("namespace p%d {\n".formatted(texts))
          .append(KERNEL.matcher(code).replaceAll("KERNEL($1) p" + texts + "_$2("))
          .append("}\n");
      texts++;
    }
  }

  /** Random programs and golden files, compiled as fast as may be. */
  static final class Many {
    private final Nvrtc nvrtc = new Nvrtc();
    private final ExecutorService pool =
        Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors());
    private final List<Future<?>> all = new ArrayList<>();
    private Unit unit = new Unit();
    private long kernels;
    private long texts;

    private void add(LoopProgram program, TextOptions options) {
      CudaSource source = CudaText.of(program, options);
      kernels += source.kernels().stream().map(CudaKernel::function).distinct().count();
      texts++;
      unit.add(source);
      if (unit.texts == Unit.TEXTS) {
        flush();
      }
    }

    private void flush() {
      Unit full = unit;
      unit = new Unit();
      for (String card : CARDS) {
        all.add(
            pool.submit(
                () ->
                    assertTrue(
                        nvrtc
                                .compile(full.text.toString(), card, List.of("--Ofast-compile=max"))
                                .image()
                                .length
                            > 0)));
      }
    }

    public static void main(String[] args) throws Exception {
      Many m = new Many();
      for (String name : GoldenRuns.names()) {
        GoldenRuns.check(
            name,
            "nvrtc",
            (g, in) -> {
              m.add(Lowering.lower(g), TextOptions.tiny());
              return Interpreter.run(g, in);
            });
      }
      for (RandomTexts kind : RandomTexts.values()) {
        kind.forEach((_, program, _) -> m.add(program, kind.options()));
      }
      m.flush();
      for (Future<?> f : m.all) {
        f.get();
      }
      m.pool.shutdown();
      System.out.println(m.texts + " texts, " + m.kernels + " kernels");
    }
  }

  private static String run(Class<?> main) throws Exception {
    return noDriver.run(Map.of(), List.of("-Xmx2g"), main);
  }

  @Test
  void compilesRandomProgramsAndGoldenFiles() throws Exception {
    String said = run(Many.class);
    System.out.println(said);
    assertTrue(said.matches("\\d+ texts, \\d+ kernels"), said);
  }

  /** The training steps at full size, as users' cards get them: none spills, all fit. */
  static final class Steps {
    private static final Pattern USED =
        Pattern.compile(
            "Compiling entry function '(\\w+)'[\\s\\S]*?(\\d+) bytes spill stores, (\\d+) bytes"
                + " spill loads\\s+ptxas info\\s+: Used (\\d+) registers(?:.*?, (\\d+) bytes"
                + " smem)?");

    private static long millis(Nvrtc nvrtc, CudaSource source, Card card) {
      List<String> texts = source.units().stream().map(CudaSource.Unit::text).toList();
      nvrtc.compile(CudaText.prelude(), card);
      long start = System.nanoTime();
      nvrtc.compile(texts, card);
      return (System.nanoTime() - start) / 1_000_000;
    }

    public static void main(String[] args) {
      Nvrtc nvrtc = new Nvrtc();
      for (Learning rule : List.of(Learning.D_RTRL, Learning.BPTT)) {
        CudaSource source = CudaText.of(TrainingTextsTest.step(rule), TextOptions.standard());
        Map<String, Integer> threads =
            source.kernels().stream()
                .collect(Collectors.toMap(CudaKernel::function, CudaKernel::threads, (a, _) -> a));
        for (String card : CARDS) {
          long millis = millis(nvrtc, source, new Card(card, card.charAt(3) - '0', 0, 0, 1, true));
          String log = nvrtc.compile(source.text(), card, List.of("--ptxas-options=-v")).log();
          List<MatchResult> used = USED.matcher(log).results().toList();
          assertEquals(threads.size(), used.size(), log);
          int most = 0;
          for (MatchResult m : used) {
            int registers = Integer.parseInt(m.group(4));
            assertEquals("0 0", m.group(2) + " " + m.group(3), m.group());
            assertTrue(registers * threads.get(m.group(1)) <= REGISTERS, m.group());
            int shared = m.group(5) == null ? 0 : Integer.parseInt(m.group(5));
            assertTrue(shared <= SHARED, m.group());
            most = Math.max(most, registers);
          }
          System.out.printf(
              "%s for %s: %d kernels in %d ms, at most %d registers%n",
              rule, card, used.size(), millis, most);
        }
      }
    }
  }

  @Test
  void theTrainingStepsFitCards() throws Exception {
    String said = run(Steps.class);
    System.out.println(said);
    assertEquals(4, said.lines().count(), said);
  }

  /** What is wrong is told with its line. */
  static final class Wrong {
    public static void main(String[] args) {
      EngramException e =
          assertThrows(
              EngramException.class,
              () -> new Nvrtc().compile("// nothing\nthis is not CUDA;\n", "sm_90", List.of()));
      System.out.println(e.getMessage());
    }
  }

  @Test
  void saysWhatItRefuses() throws Exception {
    String said = run(Wrong.class);
    assertTrue(
        said.matches(
            "(?s)NVRTC 13\\.\\d+ cannot compile what the CUDA backend has written, which is a fault"
                + " of Engram: engram\\.cu\\(2\\): error: .*"),
        said);
  }
}
