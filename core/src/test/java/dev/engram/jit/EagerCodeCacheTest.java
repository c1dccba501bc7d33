package dev.engram.jit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.CompiledGraph;
import dev.engram.Compiler;
import dev.engram.ir.Builder;
import dev.engram.ir.DType;
import dev.engram.ir.Graph;
import dev.engram.ir.Role;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.op.Check;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Custom;
import dev.engram.ir.op.Effect;
import dev.engram.ir.op.Op;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Which code is kept, and which threads wait while it is compiled. */
@Timeout(60)
class EagerCodeCacheTest {
  private static final Compiler COMPILER = new Compiler("interpreter");

  /** A key that equals only the one of the same length. */
  private static EagerCodeCache.Key key(int n) {
    Builder b = new Builder("f");
    Value x = b.param(TensorType.of(DType.F32, n), Role.INPUT, "");
    return EagerCodeCache.Key.of(COMPILER, b.build(List.of(x)));
  }

  /** An op of an author's that says it can stop the run, or says nothing. */
  record Says(Set<Effect> effects) implements Custom {
    @Override
    public String mnemonic() {
      return "says";
    }

    @Override
    public List<TensorType> typeOf(List<TensorType> in) {
      return in;
    }

    @Override
    public Set<Effect> effects(List<TensorType> operands) {
      return effects;
    }
  }

  /** The key of a conditional with {@code op} inside, at a line. */
  private static EagerCodeCache.Key key(Op op, int line) {
    Builder inner = new Builder("branch").at(new SourceLocation("Model.java", line));
    Value y = inner.param(TensorType.of(DType.I32, 2), Role.INPUT, "");
    Graph branch = inner.build(inner.emit(op, List.of(y)));
    Builder b = new Builder("f");
    Value p = b.param(TensorType.scalar(DType.BOOL), Role.INPUT, "");
    Value x = b.param(TensorType.of(DType.I32, 2), Role.INPUT, "");
    Graph g = b.build(b.emit(new Control.Cond(branch, branch), List.of(p, x)));
    return EagerCodeCache.Key.of(COMPILER, g);
  }

  /** What can name its line in an error of the run has code of its own for each line. */
  @Test
  void linesCountForWhatCanStopTheRun() {
    for (Op op : List.of(new Check.Range("x", 0, 3), new Says(Set.of(Effect.CHECK)))) {
      assertEquals(key(op, 1), key(op, 1), op.mnemonic());
      assertNotEquals(key(op, 1), key(op, 2), op.mnemonic());
    }
    assertEquals(key(new Says(Set.of()), 1), key(new Says(Set.of()), 2));
  }

  private static CompiledGraph code(int n) {
    Builder b = new Builder("f");
    Value x = b.param(TensorType.of(DType.F32, n), Role.INPUT, "");
    return COMPILER.compile(b.build(List.of(x)));
  }

  private static void await(CountDownLatch latch) {
    try {
      assertTrue(latch.await(30, TimeUnit.SECONDS), "the other thread never came");
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void threadsThatNeedDifferentCodeDoNotWait() throws Exception {
    EagerCodeCache recent = new EagerCodeCache(8, Long.MAX_VALUE);
    CountDownLatch both = new CountDownLatch(2);
    // each compilation ends only when the other has begun
    Supplier<CompiledGraph> meet =
        () -> {
          both.countDown();
          await(both);
          return code(1);
        };
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      Future<CompiledGraph> one = threads.submit(() -> recent.get(key(1), meet));
      Future<CompiledGraph> two = threads.submit(() -> recent.get(key(2), meet));
      one.get();
      two.get();
    }
  }

  @Test
  void threadsThatNeedTheSameCodeGetTheSame() throws Exception {
    EagerCodeCache recent = new EagerCodeCache(8, Long.MAX_VALUE);
    CountDownLatch all = new CountDownLatch(4);
    List<Future<CompiledGraph>> got = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      for (int i = 0; i < 4; i++) {
        got.add(
            threads.submit(
                () -> {
                  all.countDown();
                  await(all);
                  return recent.get(key(1), () -> code(1));
                }));
      }
      for (Future<CompiledGraph> f : got) {
        assertSame(got.getFirst().get(), f.get());
      }
    }
  }

  /** A pass of a user that is compiling waits for another thread that needs the same code. */
  @Test
  void noLockIsHeldWhileUsersPassesRun() throws Exception {
    EagerCodeCache recent = new EagerCodeCache(8, Long.MAX_VALUE);
    CountDownLatch both = new CountDownLatch(2);
    Callable<CompiledGraph> use =
        () ->
            recent.get(
                key(1),
                () -> {
                  both.countDown();
                  await(both);
                  return code(1);
                });
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      Future<CompiledGraph> one = threads.submit(use);
      Future<CompiledGraph> other = threads.submit(use);
      assertSame(one.get(), other.get());
    }
  }

  @Test
  void whatDidNotCompileIsTriedAgain() {
    EagerCodeCache recent = new EagerCodeCache(8, Long.MAX_VALUE);
    assertThrows(
        IllegalStateException.class,
        () ->
            recent.get(
                key(1),
                () -> {
                  throw new IllegalStateException("no");
                }));
    CompiledGraph code = code(1);
    assertSame(code, recent.get(key(1), () -> code));
  }

  @Test
  void theCodeUsedLongestAgoIsGivenUp() {
    EagerCodeCache recent = new EagerCodeCache(2, Long.MAX_VALUE);
    List<Integer> compiled = new ArrayList<>();
    for (int n : List.of(1, 2, 1, 3, 1, 2)) {
      recent.get(
          key(n),
          () -> {
            compiled.add(n);
            return code(n);
          });
    }
    assertEquals(List.of(1, 2, 3, 2), compiled);
  }
}
