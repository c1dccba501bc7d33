package dev.engram.backend.cuda.driver;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.runtime.Thrown;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was compiled is found again, and only what was. */
class CompilerCacheTest {
  private static final Card CARD = new Card("card", 9, 0, 1 << 20, 1, true);
  private static final Card OTHER = new Card("older card", 8, 0, 1 << 20, 1, true);

  @TempDir Path folder;
  private final Counting compiler = new Counting();

  /** The result depends on all that the cache has to tell apart. */
  private static final class Counting implements KernelCompiler {
    private String version = "1";
    private int calls;

    @Override
    public String name() {
      return "counting " + version;
    }

    @Override
    public synchronized byte[] compile(String text, Card card) {
      calls++;
      return result(text, card);
    }

    byte[] result(String text, Card card) {
      return (version + text + card.architecture()).getBytes(StandardCharsets.UTF_8);
    }
  }

  private CompilerCache cache(long most) {
    return new CompilerCache(compiler, folder.resolve("kernels"), most);
  }

  private void compiles(int times, String text, Card card) {
    int before = compiler.calls;
    // A new object is a new process.
    assertArrayEquals(compiler.result(text, card), cache(1 << 20).compile(text, card));
    assertEquals(times, compiler.calls - before, "compiled");
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> all = Files.list(folder.resolve("kernels"))) {
      return all.sorted().toList();
    }
  }

  @Test
  void whatWasCompiledIsFoundAgain() throws IOException {
    compiles(1, "a", CARD);
    compiles(0, "a", CARD);
    compiles(1, "b", CARD);
    compiles(1, "a", OTHER);
    compiler.version = "2";
    compiles(1, "a", CARD);
    compiles(0, "a", CARD);
    assertEquals(4, files().size());
  }

  @Test
  void whatIsNotWholeIsCompiledAgain() throws IOException {
    compiles(1, "a", CARD);
    Path file = files().getFirst();
    byte[] sound = Files.readAllBytes(file);
    for (int length = 0; length < sound.length; length++) {
      Files.write(file, Arrays.copyOf(sound, length));
      compiles(1, "a", CARD);
      assertArrayEquals(sound, Files.readAllBytes(file));
    }
    for (int at = 0; at < sound.length; at++) {
      byte[] other = sound.clone();
      other[at] ^= 4;
      Files.write(file, other);
      compiles(1, "a", CARD);
    }
    compiles(0, "a", CARD);
  }

  @Test
  void whatWasNotUsedForLongestGoes() throws IOException {
    CompilerCache small = cache(100); // of which each file takes 35 or more
    small.compile("a", CARD);
    Files.setLastModifiedTime(files().getFirst(), FileTime.from(Instant.EPOCH));
    small.compile("b", CARD);
    assertEquals(2, files().size());
    small.compile("c", CARD);
    assertEquals(2, files().size());
    int before = compiler.calls;
    small.compile("b", CARD);
    small.compile("c", CARD);
    assertEquals(0, compiler.calls - before);
    small.compile("a", CARD);
    assertEquals(1, compiler.calls - before);
  }

  @Test
  void aFolderThatCannotBeMadeIsDoneWithout() throws IOException {
    Files.writeString(folder.resolve("kernels"), "a file");
    compiles(1, "a", CARD);
    compiles(1, "a", CARD);
    assertTrue(CompilerCache.describe(folder.resolve("kernels")).endsWith(", 0 files of 0 B"));
  }

  @Test
  void manyMayShareAFolder() throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(4);
    List<Future<byte[]>> all =
        IntStream.range(0, 200)
            .mapToObj(i -> pool.submit(() -> cache(400).compile("text " + i % 20, CARD)))
            .toList();
    for (int i = 0; i < all.size(); i++) {
      assertArrayEquals(compiler.result("text " + i % 20, CARD), all.get(i).get());
    }
    pool.shutdown();
    assertTrue(files().stream().allMatch(f -> f.toString().endsWith(".cubin")), "left overs");
  }

  /**
   * Several texts are compiled in any order, and come in theirs; a fault of one is told as it is.
   */
  @Test
  void manyTextsKeepTheirOrder() {
    List<String> texts = IntStream.range(0, 9).mapToObj(i -> "text " + i).toList();
    for (int calls : new int[] {9, 9}) {
      List<byte[]> all = cache(1 << 20).compile(texts, CARD);
      for (int i = 0; i < texts.size(); i++) {
        assertArrayEquals(compiler.result(texts.get(i), CARD), all.get(i));
      }
      assertEquals(calls, compiler.calls);
    }
    assertEquals(List.of(), compiler.compile(List.of(), CARD));
    for (Throwable fault : List.of(new IllegalStateException("text 5"), new LinkageError())) {
      KernelCompiler faulty =
          new KernelCompiler() {
            @Override
            public String name() {
              return "faulty";
            }

            @Override
            public byte[] compile(String text, Card card) {
              if (text.endsWith("5")) {
                throw Thrown.unchecked(fault);
              }
              return compiler.result(text, card);
            }
          };
      assertSame(fault, assertThrows(fault.getClass(), () -> faulty.compile(texts, CARD)));
    }
  }
}
