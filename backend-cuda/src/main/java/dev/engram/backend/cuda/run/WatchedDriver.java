package dev.engram.backend.cuda.run;

import dev.engram.backend.cuda.driver.Card;
import dev.engram.backend.cuda.driver.CudaException;
import dev.engram.backend.cuda.driver.Driver;
import dev.engram.backend.cuda.driver.Task;
import dev.engram.backend.cuda.text.CudaSource;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A driver whose errors name the user's programs. An error that lasts is told by all later calls,
 * as the first of them told it.
 */
final class WatchedDriver implements Driver {
  /** Launches that are remembered, for errors. */
  private static final int REMEMBERED = 64;

  private final Driver driver;
  private final String device;
  private final boolean sync;
  private final String[] launches = new String[REMEMBERED];

  /** The number of launches so far, and of those that are known to be done. */
  private long launched;

  private long done;
  private volatile @Nullable CudaException broken;

  /** With {@code sync}, an error is that of the launch which is waited for. */
  private final Object oneByOne = new Object();

  /**
   * @param sync whether each launch is waited for
   */
  WatchedDriver(Driver driver, String device, boolean sync) {
    this.driver = driver;
    this.device = device;
    this.sync = sync;
  }

  /** A kernel with the place in the user's program that it comes from. */
  private record Placed(Function function, String place) implements Function {}

  /**
   * Gives a kernel a place, which errors name.
   *
   * @param place such as {@code @step, k3_dot (Model.java:12)}
   */
  Function placed(Function f, String place) {
    return new Placed(f, place);
  }

  private <T> T call(Supplier<T> body) {
    throwIfBroken();
    try {
      return body.get();
    } catch (CudaException e) {
      throw explained(e, "");
    }
  }

  private void run(Runnable body) {
    call(
        () -> {
          body.run();
          return device;
        });
  }

  private void throwIfBroken() {
    CudaException before = broken;
    if (before != null) {
      throw new CudaException(String.valueOf(before.getMessage()), before);
    }
  }

  /**
   * The error to throw for {@code e}, which is kept where it lasts.
   *
   * @param place of the kernel whose launch it was, if it was one
   */
  private synchronized CudaException explained(CudaException e, String place) {
    if (!e.lasts()) {
      return place.isEmpty() ? e : new CudaException(place + ": " + e.getMessage(), e);
    }
    CudaException first = broken;
    if (first == null) {
      first =
          new CudaException(
              "%s%s (%s) can do nothing more in this process: %s%s"
                  .formatted(
                      place.isEmpty() ? "" : place + ": ",
                      device,
                      driver.card().name(),
                      e.getMessage(),
                      sync ? "" : suspects()),
              e);
      broken = first;
    }
    return first;
  }

  private String suspects() {
    long from = Math.max(done, launched - REMEMBERED);
    if (from == launched) {
      return "";
    }
    String kernels =
        launched - from == 1
            ? place(from)
            : (launched - done) + " from " + place(from) + " to " + place(launched - 1);
    return "; the kernels since the last wait were %s; -Dengram.cuda.sync=true tells which it was"
        .formatted(kernels);
  }

  private String place(long n) {
    return launches[(int) (n % REMEMBERED)];
  }

  private synchronized void remember(String place) {
    launches[(int) (launched % REMEMBERED)] = place;
    launched++;
  }

  private synchronized long launched() {
    return launched;
  }

  private void waited(Runnable wait) {
    long before = launched();
    run(wait);
    synchronized (this) {
      done = Math.max(done, before);
    }
  }

  @Override
  public Card card() {
    return driver.card();
  }

  @Override
  public long freeBytes() {
    return call(driver::freeBytes);
  }

  @Override
  public long allocate(long bytes) {
    return call(() -> driver.allocate(bytes));
  }

  /** What a broken card holds is gone. */
  @Override
  public void free(long address) {
    if (broken == null) {
      run(() -> driver.free(address));
    }
  }

  @Override
  public void trim() {
    waited(driver::trim);
  }

  @Override
  public void copyToCard(long to, MemorySegment from) {
    run(() -> driver.copyToCard(to, from));
  }

  @Override
  public void copyToHost(MemorySegment to, long from) {
    waited(() -> driver.copyToHost(to, from));
  }

  @Override
  public void copy(long to, long from, long bytes) {
    run(() -> driver.copy(to, from, bytes));
  }

  @Override
  public Module load(CudaSource source) {
    Module m = call(() -> driver.load(source));
    return new Module() {
      @Override
      public Function function(String name) {
        return call(() -> m.function(name));
      }

      /** What a broken card holds is gone. */
      @Override
      public void unload() {
        if (broken == null) {
          WatchedDriver.this.run(m::unload);
        }
      }
    };
  }

  @Override
  public void run(Task task) {
    switch (task) {
      case Task.Fill _ -> run(() -> driver.run(task));
      case Task.Launch l -> launch(((Placed) l.function()).place, () -> driver.run(bare(l)));
    }
  }

  private static Task bare(Task t) {
    return t instanceof Task.Launch l ? bare(l) : t;
  }

  /** As the driver knows it. */
  private static Task.Launch bare(Task.Launch l) {
    Placed p = (Placed) l.function();
    return new Task.Launch(p.function, l.blocks(), l.threads(), l.cooperative(), l.params());
  }

  @Override
  public int blocksAtOnce(Function function, int threads) {
    return call(() -> driver.blocksAtOnce(((Placed) function).function, threads));
  }

  private void launch(String place, Runnable launch) {
    throwIfBroken();
    remember(place);
    try {
      if (sync) {
        synchronized (oneByOne) {
          launch.run();
          driver.synchronize();
        }
      } else {
        launch.run();
      }
    } catch (CudaException e) {
      throw explained(e, place);
    }
  }

  @Override
  public Graph graph(List<Task> tasks) {
    String place =
        tasks.stream()
            .filter(Task.Launch.class::isInstance)
            .map(t -> ((Placed) ((Task.Launch) t).function()).place)
            .findFirst()
            .map(first -> first + " and " + (tasks.size() - 1) + " more as one")
            .orElse("a graph");
    Graph g = call(() -> driver.graph(tasks.stream().map(WatchedDriver::bare).toList()));
    return new Graph() {
      @Override
      public void run() {
        WatchedDriver.this.launch(place, g::run);
      }

      @Override
      public void change(int at, Task.Launch launch) {
        WatchedDriver.this.run(() -> g.change(at, bare(launch)));
      }

      @Override
      public void close() {
        if (broken == null) {
          WatchedDriver.this.run(g::close);
        }
      }
    };
  }

  @Override
  public void synchronize() {
    waited(driver::synchronize);
  }
}
