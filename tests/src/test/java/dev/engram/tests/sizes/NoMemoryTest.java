package dev.engram.tests.sizes;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Compiler;
import dev.engram.Engram;
import dev.engram.Layer;
import dev.engram.Model;
import dev.engram.RandomKey;
import dev.engram.RandomTensors;
import dev.engram.State;
import dev.engram.StepResult;
import dev.engram.Vmap;
import dev.engram.io.Safetensors;
import dev.engram.ir.DType;
import dev.engram.ir.EngramException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Everything that asks for terabytes says so: what the user called, the line of the user that needs
 * them, how many bytes and for what, what is held, and what raises the limit.
 */
class NoMemoryTest {
  private static final int N = 1 << 20;
  private static final int MAX = Integer.MAX_VALUE;

  /** The interpreter counts elements before it asks for memory, and code counts points. */
  private static final Pattern COUNTED =
      Pattern.compile(
          "\\w+: (\\w+\\[[\\d,]+] has \\d{10,} elements|a loop for f32\\[2147483647,1048576] has"
              + " \\d{10,} points), expected at most 21474836\\d\\d .*");

  /** An axis of that many steps, examples or copies, or of {@link #N}. */
  private static final String LONG = "(1048576|2147483647)";

  private static final Pattern OPTION =
      Pattern.compile(
          ".* outside the heap: .* of at most .* are held.*; let go of .*"
              + " -XX:MaxDirectMemorySize=8g .*");

  private static final List<String> SOURCE = source();

  /**
   * A program.
   *
   * @param called what the user calls, or the op of the program that is interpreted, in front
   * @param line a part of the user's line
   * @param asked what there is no memory for
   */
  private record Row(String name, String called, String line, String asked, Supplier<?> program) {}

  private static final class Neurons extends Model {
    final State h = hidden(() -> HostTensor.full(TensorType.of(DType.F32, 1000), 0));
  }

  private static HostTensor vector(int n) {
    return HostTensor.of(new float[n], n);
  }

  // What runs as it stands.

  private static Tensor started() {
    Neurons m = new Neurons();
    m.initAllStates(MAX);
    return m.h.value();
  }

  private static Tensor mapped() {
    Neurons m = new Neurons();
    Engram.vmapNewStates(MAX, m::initAllStates);
    return m.h.value();
  }

  /** A file of terabytes that takes a block on the disk. */
  private static Object read() {
    String header =
        "{\"w\":{\"dtype\":\"F32\",\"shape\":[%d,%d],\"data_offsets\":[0,%d]}}"
            .formatted(N, N, 4L * N * N);
    try {
      Path path = Files.createTempFile("huge", ".safetensors");
      try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
        file.writeLong(Long.reverseBytes(header.length()));
        file.writeBytes(header);
        file.setLength(8L + header.length() + 4L * N * N);
        return Safetensors.read(path);
      } finally {
        Files.delete(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A program that gives a state its first value. */
  private static Tensor set() {
    State h = new Neurons().h;
    Tensor x = vector(N);
    return Engram.jit(
            () -> {
              h.set(x.expandDims(1).add(x));
              return x;
            })
        .apply();
  }

  private static List<Row> eager() {
    TensorType square = TensorType.of(DType.F32, N, N);
    String f32 = "f32\\[" + LONG + "," + LONG + "]";
    String states = "f32\\[" + LONG + ",1000]";
    return List.of(
        new Row("eye", "eye", "eye(", "i32\\[.*]", () -> Tensor.eye(DType.F32, N)),
        new Row("full", "full", "full(sq", f32, () -> HostTensor.full(square, 1)),
        new Row("fill", "fill", "fill(", f32, () -> HostTensor.fill(square, 1)),
        new Row("allocate", "allocate", "allocate(", f32, () -> HostTensor.allocate(square)),
        new Row("normal", "normal", "normal(", "i64\\[.*]|f32\\[.*]|i32\\[.*]", () -> normal()),
        new Row("states", "initAllStates", "m.initAllStates(MAX)", states, () -> started()),
        new Row("file", "read", "Safetensors.read(", "a tensor of .*", () -> read()),
        new Row("set state", "apply", "h.set(", f32 + ", result \\d of @jit", () -> set()),
        new Row("mapped states", "vmapNewStates", "vmapNewStates(MAX", states, () -> mapped()));
  }

  private static Tensor normal() {
    return RandomTensors.normal(RandomKey.of(1), Shape.of(N, N), DType.F32);
  }

  // What is traced, too.

  private record Traced(String called, String line, String asked, UnaryOperator<Tensor> program) {}

  private static Tensor scanned(Tensor x) {
    return Engram.scan((Tensor c) -> new StepResult<>(c.add(1), x.add(c.mean())), vector(9), MAX)
        .out();
  }

  private static Tensor looped(Tensor x) {
    return Engram.forLoop(() -> x.add(1), MAX);
  }

  private static Tensor batched(Tensor x) {
    return Engram.<Tensor, Tensor>vmap(y -> x.add(y)).apply(x);
  }

  private static Tensor wrapped(Tensor x) {
    return new Vmap<>(Layer.of(y -> x.add(y))).update(x);
  }

  private static Tensor jacobian(Tensor x) {
    return Engram.jacobian((Tensor y) -> y.mul(y)).apply(x);
  }

  private static Tensor jacfwd(Tensor x) {
    return Engram.jacfwd((Tensor y) -> y.mul(y)).apply(x);
  }

  private static Tensor hessian(Tensor x) {
    return Engram.hessian((Tensor y) -> y.mul(y).mul(y).sum()).apply(x);
  }

  /** What each step leaves for the way back. */
  private static Tensor bounded(Tensor x) {
    return Engram.grad((Tensor y) -> Engram.whileLoop(z -> z.sum().lt(3), z -> z.sin(), y, N).sum())
        .apply(x);
  }

  private static Tensor sums(Tensor x) {
    return x.expandDims(1).add(x).cumSum(0).max(0);
  }

  private static List<Traced> traced() {
    String square = "f32\\[1048576,1048576]";
    String steps = "f32\\[2147483647,1048576]";
    String any = "\\w+\\[.*].*";
    return List.of(
        new Traced("scan", "Engram.scan(", steps, NoMemoryTest::scanned),
        new Traced("forLoop", "Engram.forLoop(", steps, NoMemoryTest::looped),
        new Traced("vmap", "x.add(y)", square, NoMemoryTest::batched),
        new Traced("update", "Layer.of(", square, NoMemoryTest::wrapped),
        new Traced("jacfwd", "Engram.jacobian", any, NoMemoryTest::jacobian),
        new Traced("jacfwd", "Engram.jacfwd", any, NoMemoryTest::jacfwd),
        new Traced("jacfwd", "Engram.hessian", any, NoMemoryTest::hessian),
        new Traced("grad", "Engram.whileLoop", "the arena of @.*|" + any, NoMemoryTest::bounded),
        new Traced("broadcastTo", "x.broadcastTo(", square, x -> x.broadcastTo(N, N)),
        new Traced("broadcastTo", "x.broadcastTo(M", steps, x -> x.broadcastTo(MAX, N)),
        new Traced("outer", "x.outer(", square, x -> x.outer(x)),
        new Traced("tile", ".tile(", any, x -> x.expandDims(0).tile(N, 1)),
        new Traced("oneHot", ".oneHot(", any, x -> x.cast(DType.I32).oneHot(N, DType.F32)),
        new Traced("diag", "x.diag(", any, x -> x.diag(0)),
        new Traced("add", ".cumSum(", "the arena of @.*|" + any, NoMemoryTest::sums));
  }

  @TestFactory
  Stream<DynamicTest> isSaid() {
    List<Row> rows = new ArrayList<>(eager());
    for (Traced t : traced()) {
      rows.add(
          new Row(
              t.called + " at once", t.called, t.line, t.asked, () -> t.program.apply(vector(N))));
      for (String backend : List.of("cpu", "fake", "loops", "interpreter")) {
        Supplier<Tensor> run =
            () ->
                Engram.jit(new Compiler(backend), (Tensor x) -> t.program.apply(x))
                    .apply(vector(N));
        String op = backend.equals("interpreter") ? "(?!apply)[a-zA-Z]+" : "apply|jacfwd";
        rows.add(new Row(t.called + " in " + backend, op, t.line, t.asked, run));
      }
    }
    return outcomes(rows).stream();
  }

  /** The JVM waits half a second before it says no, so that all wait at the same time. */
  private static List<DynamicTest> outcomes(List<Row> rows) {
    try (ExecutorService all = Executors.newFixedThreadPool(16)) {
      List<DynamicTest> tests = new ArrayList<>();
      for (Row r : rows) {
        Future<?> done = all.submit(() -> check(r));
        tests.add(DynamicTest.dynamicTest(r.name, () -> ended(done)));
      }
      return tests;
    }
  }

  private static void ended(Future<?> done) throws Throwable {
    try {
      done.get();
    } catch (ExecutionException e) {
      throw e.getCause();
    }
  }

  private static void check(Row r) {
    Throwable e = assertThrows(Throwable.class, () -> r.program.get(), r.name);
    String says = e.getMessage();
    assertTrue(lines(says).stream().anyMatch(l -> l.contains(r.line)), () -> says + lines(says));
    if (e instanceof EngramException) {
      assertTrue(COUNTED.matcher(says).matches(), says);
      return;
    }
    assertTrue(e instanceof OutOfMemoryError, () -> e.toString());
    String by = "(" + r.called + ") \\(NoMemoryTest\\.java:\\d+\\)";
    String asked = ": no \\d+\\.\\d [TP]B for (" + r.asked + ").* outside the heap.*";
    assertTrue(says.matches(by + asked), says);
    assertTrue(OPTION.matcher(says).matches(), says);
  }

  /** The lines of this file that the error names. */
  private static List<String> lines(String says) {
    Matcher m = Pattern.compile("NoMemoryTest\\.java:(\\d+)").matcher(says);
    return m.results().map(r -> SOURCE.get(Integer.parseInt(r.group(1)) - 1)).toList();
  }

  private static List<String> source() {
    String name = NoMemoryTest.class.getName().replace('.', '/') + ".java";
    try {
      return Files.readAllLines(
          Path.of(System.getProperty("engram.root"), "tests/src/test/java", name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** More bytes than a long counts: nothing is asked for. */
  private static Tensor beyond(Tensor x) {
    return Engram.scan((Tensor c) -> new StepResult<>(c, c.broadcastTo(2048, N).sin()), x, MAX)
        .out();
  }

  /** The same, by no op of the body, which has no line at once. */
  private static Tensor copied(Tensor x) {
    return Engram.scan((Tensor c) -> new StepResult<>(c, c.broadcastTo(2048, N)), x, MAX).out();
  }

  @TestFactory
  Stream<DynamicTest> bytesBeyondLongAreCounted() {
    String exact = BigInteger.valueOf(MAX).shiftLeft(20 + 11 + 2).toString();
    List<UnaryOperator<Tensor>> all =
        new ArrayList<>(List.of(NoMemoryTest::beyond, NoMemoryTest::copied));
    for (String backend : List.of("cpu", "loops", "interpreter")) {
      all.add(x -> Engram.jit(new Compiler(backend), NoMemoryTest::beyond).apply(x));
    }
    return all.stream()
        .map(
            f ->
                DynamicTest.dynamicTest(
                    "way " + all.indexOf(f),
                    () -> {
                      String says =
                          assertThrows(EngramException.class, () -> f.apply(vector(N)))
                              .getMessage();
                      assertTrue(says.contains("f32[2147483647,2048,1048576] does not fit"), says);
                      assertTrue(says.contains(exact + " bytes"), says);
                      assertTrue(
                          lines(says).stream().anyMatch(l -> l.contains("Engram.scan(")), says);
                    }));
  }

  /** The control: what fits is there. */
  @Test
  void whatFitsIsComputed() {
    for (Traced t : traced()) {
      if (!List.of("scan", "forLoop", "grad", "broadcastTo", "tile", "oneHot").contains(t.called)) {
        assertDoesNotThrow(() -> t.program.apply(vector(3)).host(), t.called);
      }
    }
  }
}
