package dev.engram.tests.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Compiler;
import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.StepResult;
import dev.engram.backend.cuda.CudaBackend;
import dev.engram.ir.DType;
import dev.engram.ir.EngramException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.lower.Device;
import dev.engram.lower.FoundBackends;
import dev.engram.tests.build.Needs;
import dev.engram.tests.device.Training;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The backend {@code cuda} as users have it, but for libraries that stand in for NVIDIA's. */
class FakeCudaTest {
  @TempDir static Path folder;
  private static FakeCuda fake;

  @BeforeAll
  static void build() throws Exception {
    Needs.cppCompiler();
    fake = FakeCuda.build(folder);
  }

  private static String run(Class<?> main) throws Exception {
    return fake.run(Map.of(), List.of(), main);
  }

  /** Trains, and compares bits and traffic. */
  static final class Trains {
    public static void main(String[] args) {
      FakeCuda card = FakeCuda.here();
      Training on = new Training(new Compiler("cuda"));
      Training off = new Training(new Compiler("cpu"));
      for (int i = 0; i < 20; i++) {
        Tensor x = Training.data(2 * i);
        Tensor y = Training.data(2 * i + 1);
        List<Long> before = i == 0 ? List.of() : card.traffic();
        HostTensor got = on.step.apply(x, y).host();
        List<Long> after = card.traffic();
        assertTrue(off.step.apply(x, y).host().sameBits(got), "loss " + i);
        if (i > 0) {
          assertEquals(2 * Training.DATA_BYTES, after.get(0) - before.get(0), "bytes to card");
          assertEquals(4, after.get(1) - before.get(1), "bytes from card");
        }
        if (i > 1) {
          assertEquals(2, after.get(2) - before.get(2), "kernels in step " + i);
        }
      }
      for (String path : on.weights.paths()) {
        assertTrue(
            on.weights.get(path).value().host().sameBits(off.weights.get(path).value().host()),
            path);
      }
      System.out.println("trained");
    }
  }

  /** Runs again what is several kernels, some of which have blocks that wait for each other. */
  static final class Repeats {
    public static void main(String[] args) {
      FakeCuda card = FakeCuda.here();
      Fn1<Tensor, Tensor> on = Engram.jit(new Compiler("cuda"), CudaDeviceTest::spreadOfStates);
      Fn1<Tensor, Tensor> off = Engram.jit(new Compiler("cpu"), CudaDeviceTest::spreadOfStates);
      for (int i = 0; i < 10; i++) {
        HostTensor x = Texts.args(List.of(TensorType.of(DType.F32, 5, 4, 3)), i).getFirst();
        List<Long> before = i == 0 ? List.of() : card.traffic();
        HostTensor got = on.apply(x).host();
        List<Long> after = card.traffic();
        assertTrue(off.apply(x).host().sameBits(got), "run " + i);
        if (i > 1) {
          assertEquals(before.get(2), after.get(2), "kernels outside of graphs in run " + i);
          assertEquals(1, after.get(3) - before.get(3), "graphs in run " + i);
        }
      }
      System.out.println("repeated");
    }
  }

  @Test
  void whatComesAgainIsOneGraph() throws Exception {
    assertEquals("repeated", run(Repeats.class));
  }

  @Test
  void trainingMovesOnlyDataInAndLossesOut() throws Exception {
    assertEquals("trained", run(Trains.class));
  }

  /** The kernels of a process that ran before are there, so that none is compiled. */
  @Test
  void compiledKernelsAreKept() throws Exception {
    assertEquals("trained", run(Trains.class));
    Map<String, String> noCompiler = Map.of("FAKE_CUDA_STAND_IN", "/nowhere/stand-in.h");
    assertEquals("trained", fake.run(noCompiler, List.of(), Trains.class));
    Path other = folder.resolve("other");
    String text =
        fake.run(noCompiler, List.of("-Dengram.cuda.cache=" + other), SaysWhatFails.class);
    assertTrue(
        text.startsWith("NVRTC 13.99 cannot compile what the CUDA backend has written"), text);
  }

  /** Every call of the driver in turn. */
  static final class Fails {
    public static void main(String[] args) {
      // That of compilers, whose states are tried, too.
      Device card = FoundBackends.of(Fails.class.getClassLoader()).byName().get("cuda").device();
      FailingCalls.check(card, FakeCuda.here());
      System.out.println("nothing lost");
    }
  }

  @Test
  void everyCallOfTheDriverMayFail() throws Exception {
    String out = run(Fails.class);
    assertTrue(out.endsWith("nothing lost"), out);
  }

  /** Runs a small program, and prints what is wrong. */
  static final class SaysWhatFails {
    public static void main(String[] args) {
      Fn1<Tensor, Tensor> f = Engram.jit(new Compiler("cuda:0"), (Tensor x) -> x.tanh().sum());
      try {
        System.out.println(f.apply(HostTensor.of(new double[] {1, 2}, 2)).host());
      } catch (EngramException e) {
        System.out.println(e.getMessage());
      }
    }
  }

  private static String says(Map<String, String> environment, String... options) throws Exception {
    return fake.run(environment, List.of(options), SaysWhatFails.class);
  }

  @Test
  void whyThereIsNoCardIsSaid() throws Exception {
    assertEquals("f64[] 1.7256217", says(Map.of()).substring(0, 15));
    assertEquals(
        "no device cuda:0 (FakeCudaTest.java:LINE): the start of the driver failed: CUDA error 100,"
            + " no CUDA-capable device is detected",
        lineless(says(Map.of("FAKE_CUDA_CARDS", "0"))));
    assertEquals(
        "no device cuda:0 (FakeCudaTest.java:LINE): the driver of NVIDIA supports CUDA 12.8,"
            + " expected at least 13.0; install driver 580 or newer",
        lineless(says(Map.of("FAKE_CUDA_VERSION", "12080"))));
    assertEquals(
        "no device cuda:0 (FakeCudaTest.java:LINE): the driver of NVIDIA cannot be used:"
            + " libcuda.so.1 is not on this machine; install NVIDIA's driver, 580 or newer",
        lineless(says(Map.of("LD_LIBRARY_PATH", "/nowhere"))));
    assertEquals(
        "engram.cuda.memory is 'much', expected a share or an amount, such as 50% or 8GiB",
        says(Map.of(), "-Dengram.cuda.memory=much"));
  }

  private static String lineless(String text) {
    return text.replaceFirst("java:\\d+", "java:LINE");
  }

  /** Fills the card. */
  static final class Fills {
    public static void main(String[] args) {
      Device card = new CudaBackend().device();
      List<Tensor> all = new ArrayList<>();
      try {
        for (int i = 0; i < 100; i++) {
          all.add(card.allocate(TensorType.of(DType.F32, 1 << 20)));
        }
      } catch (EngramException e) {
        System.out.println(e.getMessage());
      }
      all.clear();
      for (int i = 0; i < 100; i++) { // what nobody has is taken again
        card.allocate(TensorType.of(DType.F32, 1 << 20));
      }
      System.out.println("went on");
    }
  }

  @Test
  void whatMemoryThereIsIsSaid() throws Exception {
    String full = fake.run(Map.of("FAKE_CUDA_BYTES", "33554432"), List.of(), Fills.class);
    assertEquals(
        "no 4.2 MB for f32[1048576] on cuda:0 (Fake card): this process holds 33.6 MB there in 8"
            + " pieces, and 0 B of 33.6 MB are free (FakeCudaTest.java:LINE); lower the batch,"
            + " close tensors, or donate arguments\nwent on",
        lineless(full));
    String limited = fake.run(Map.of(), List.of("-Dengram.cuda.memory=10MB"), Fills.class);
    assertEquals(
        "no 4.2 MB for f32[1048576] on cuda:0 (Fake card): this process holds 8.4 MB there in 2"
            + " pieces, of at most 10.0 MB (engram.cuda.memory), and 8.6 GB of 8.6 GB are free"
            + " (FakeCudaTest.java:LINE); lower the batch, close tensors, or donate"
            + " arguments\nwent on",
        lineless(limited));
  }

  /** Several threads, and tensors larger than what is copied at a time. */
  static final class Shares {
    public static void main(String[] args) throws Exception {
      Compiler cuda = new Compiler("cuda");
      Compiler cpu = new Compiler("cpu");
      double[] many = new double[700_001];
      for (int i = 0; i < many.length; i++) {
        many[i] = Math.sin(i);
      }
      HostTensor x = HostTensor.of(many, many.length);
      List<Thread> threads = new ArrayList<>();
      List<Throwable> failed = new ArrayList<>();
      Fn1<Tensor, Tensor> on = Engram.jit(cuda, Shares::work);
      Fn1<Tensor, Tensor> off = Engram.jit(cpu, Shares::work);
      HostTensor want = off.apply(x).host();
      for (int t = 0; t < 4; t++) {
        Thread thread =
            Thread.ofPlatform()
                .start(
                    () -> {
                      try {
                        for (int i = 0; i < 5; i++) {
                          assertTrue(want.sameBits(on.apply(x).host()));
                        }
                      } catch (Throwable e) {
                        synchronized (failed) {
                          failed.add(e);
                        }
                      }
                    });
        threads.add(thread);
      }
      for (Thread t : threads) {
        t.join();
      }
      System.out.println("failed: " + failed);
    }

    private static Tensor work(Tensor x) {
      return Engram.scan(
              (Tensor carry, Tensor i) -> new StepResult<>(carry.mul(i).add(x).tanh(), carry.sum()),
              x,
              HostTensor.of(new double[] {0.5, 0.25, 2}, 3))
          .out()
          .add(x.sum());
    }
  }

  @Test
  void threadsShareACard() throws Exception {
    assertEquals("failed: []", run(Shares.class));
  }
}
