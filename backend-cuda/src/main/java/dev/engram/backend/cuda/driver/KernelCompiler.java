package dev.engram.backend.cuda.driver;

import dev.engram.ir.runtime.Thrown;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Makes what a driver can load from CUDA C. Several threads may use one. */
public interface KernelCompiler {
  /** Such as {@code NVRTC 13.3}: compilers of one name make the same. */
  String name();

  /**
   * @param text includes nothing
   * @param card that is to run it
   * @return a file in memory, to be kept as it is
   */
  byte[] compile(String text, Card card);

  /**
   * All of {@code texts}, with all processors.
   *
   * @return in the same order
   */
  default List<byte[]> compile(List<String> texts, Card card) {
    int threads = Math.min(texts.size(), Runtime.getRuntime().availableProcessors());
    if (threads > 1) {
      try (ExecutorService pool =
          Executors.newFixedThreadPool(
              threads, Thread.ofPlatform().name("engram-compile-", 1).factory())) {
        List<CompletableFuture<byte[]>> all =
            texts.stream()
                .map(t -> CompletableFuture.supplyAsync(() -> compile(t, card), pool))
                .toList();
        return all.stream().map(CompletableFuture::join).toList();
      } catch (CompletionException e) {
        throw Thrown.unchecked(e.getCause());
      } catch (OutOfMemoryError noThread) {
        // then this one does it
      }
    }
    return texts.stream().map(t -> compile(t, card)).toList();
  }
}
