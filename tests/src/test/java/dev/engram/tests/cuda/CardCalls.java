package dev.engram.tests.cuda;

import dev.engram.backend.cuda.CudaBackend;
import dev.engram.backend.cuda.CudaOptions;
import dev.engram.backend.cuda.driver.Driver;
import dev.engram.backend.cuda.driver.Task;
import dev.engram.backend.cuda.javacpp.JavaCppCards;
import dev.engram.backend.cuda.text.CudaSource;
import dev.engram.backend.cuda.text.CudaText;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Prints what the calls of a card's driver cost, as the backend makes them: medians of 20, of wall
 * time until all is done.
 */
public final class CardCalls {
  private static final int SAMPLES = 20;
  private static final int REPEATS = 1000;
  private static final int THREADS = 256;
  private static final int BLOCKS = 132;
  private static final int SMALL = 4 << 10;
  private static final int LARGE = 1 << 20;

  private final Driver driver;

  private CardCalls(Driver driver) {
    this.driver = driver;
  }

  public static void main(String[] args) {
    CudaBackend backend = new CudaBackend();
    if (backend.devices().isEmpty()) {
      System.out.println("no card: " + backend.unavailable().orElse("it does not say why"));
      System.exit(1);
    }
    Driver driver = JavaCppCards.find(CudaOptions.ofProperties().cache()).drivers().getFirst();
    new CardCalls(driver).print();
  }

  private void print() {
    System.out.println(driver.card().name() + ", by the calls of the backend:");
    line("a wait for nothing", 1, driver::synchronize);
    try (Arena arena = Arena.ofConfined()) {
      launches(arena);
      for (int bytes : new int[] {SMALL, LARGE}) {
        copies(arena.allocate(bytes));
      }
    }
    line(
        "an allocation of 1 MB that is given back",
        REPEATS,
        () -> times(() -> driver.free(driver.allocate(LARGE))));
  }

  private void launches(Arena arena) {
    Driver.Module module =
        driver.load(
            new CudaSource(
                CudaText.prelude() + "\n",
                new LinkedHashMap<>(Map.of("eg_nothing", "KERNEL(256) eg_nothing() {}\n")),
                List.of()));
    Task launch =
        new Task.Launch(
            module.function("eg_nothing"), BLOCKS, THREADS, false, arena.allocate(Long.BYTES));
    line("a launch into the stream, with a wait", 1, () -> waited(() -> driver.run(launch)));
    line(
        "a launch into the stream, of 1000",
        REPEATS,
        () -> waited(() -> times(() -> driver.run(launch))));
    line("the call for it", REPEATS, () -> times(() -> driver.run(launch)));
    driver.synchronize();
    Driver.Graph one = driver.graph(List.of(launch));
    line("a graph of one node, with a wait", 1, () -> waited(one::run));
    Driver.Graph many = driver.graph(Collections.nCopies(REPEATS, launch));
    line("a node of a graph of 1000", REPEATS, () -> waited(many::run));
    driver.synchronize();
    one.close();
    many.close();
    module.unload();
  }

  private void copies(MemorySegment host) {
    long card = driver.allocate(host.byteSize());
    String what = host.byteSize() / 1024 + " KB, with a wait";
    line("a copy to the card of " + what, 1, () -> waited(() -> driver.copyToCard(card, host)));
    line("a copy from the card of " + what, 1, () -> driver.copyToHost(host, card));
    driver.free(card);
  }

  private void waited(Runnable work) {
    work.run();
    driver.synchronize();
  }

  private static void times(Runnable work) {
    for (int i = 0; i < REPEATS; i++) {
      work.run();
    }
  }

  private void line(String what, int repeats, Runnable work) {
    work.run();
    driver.synchronize();
    double[] us = new double[SAMPLES];
    for (int i = 0; i < SAMPLES; i++) {
      long start = System.nanoTime();
      work.run();
      us[i] = (System.nanoTime() - start) / 1e3 / repeats;
      driver.synchronize();
    }
    Arrays.sort(us);
    System.out.printf(Locale.ROOT, "%s: %.2f us%n", what, us[SAMPLES / 2]);
  }
}
