package dev.engram.ir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Who may write to memory. */
class StorageTest {
  private static final int TRIES = 10_000;

  private static Storage storage() {
    return HostTensor.allocate(TensorType.of(DType.F32, 1)).storage();
  }

  @Test
  void theRunAloneMayWriteOverWhatOneStateHas() {
    Storage s = storage();
    s.hold();
    s.pin();
    assertTrue(s.isForOneRun());
    s.pin();
    assertFalse(s.isForOneRun(), "another run reads it");
    s.unpin();
    s.hold();
    assertFalse(s.isForOneRun(), "another state has it");
    s.release();
    assertTrue(s.isForOneRun());
    s.expose();
    assertFalse(s.isForOneRun(), "a user sees it");
  }

  @Test
  void whatSomebodyUsesIsNeitherDonatedNorClosed() {
    TensorType type = TensorType.of(DType.F32, 1);
    Storage s = storage();
    s.pin();
    assertFalse(s.donate());
    assertThrows(TraceException.class, () -> s.close(type));
    s.hold();
    s.unpin();
    assertThrows(TraceException.class, () -> s.close(type));
    s.release();
    assertFalse(s.isGone());
    s.close(type);
    s.close(type);
    assertTrue(s.isClosed() && s.isGone() && !s.isDonated());
    assertFalse(s.pin());
    assertFalse(s.donate());
    Storage given = storage();
    given.hold();
    assertFalse(given.donate());
    given.release();
    assertTrue(given.donate());
    assertTrue(given.isDonated() && given.isGone() && !given.isClosed() && !given.isHeld());
    assertFalse(given.donate());
    assertFalse(given.pin());
    assertThrows(TraceException.class, () -> given.close(type));
  }

  /** What is abandoned is given back when the last lets it go, but not under a user's hands. */
  @Test
  void whatIsAbandonedEndsWithItsLastUse() {
    Storage s = storage();
    s.pin();
    s.hold();
    s.abandon();
    s.unpin();
    assertFalse(s.isGone());
    s.release();
    assertTrue(s.isClosed());
    Storage seen = storage();
    seen.pin();
    seen.abandon();
    seen.expose();
    seen.unpin();
    assertFalse(seen.isGone());
    seen.close(TensorType.of(DType.F32, 1));
    assertTrue(seen.isClosed());
    Storage once = storage();
    once.abandon();
    once.abandon();
    assertTrue(once.isClosed());
  }

  @Test
  void countsEnd() {
    Storage s = storage();
    assertThrows(IllegalStateException.class, s::release);
    Storage t = storage();
    assertThrows(IllegalStateException.class, t::unpin);
  }

  /**
   * A run of the interpreter exposes what it has pinned, since its result may be that, and lets it
   * go then: at no moment may a run that looks meanwhile write over it.
   */
  @Test
  void whatIsExposedBeforeItIsLetGoIsNeverForOneRun() throws Exception {
    AtomicReference<Storage> read = new AtomicReference<>(storage());
    AtomicReference<Storage> left = new AtomicReference<>(read.get());
    Thread reader =
        new Thread(
            () -> {
              for (int i = 0; i < TRIES; i++) {
                while (read.get().equals(left.get())) {
                  Thread.onSpinWait();
                }
                Storage s = read.get();
                s.expose();
                s.unpin();
                left.set(s);
              }
            });
    reader.start();
    int wrong = 0;
    for (int i = 0; i < TRIES; i++) {
      Storage s = storage();
      s.hold();
      s.pin();
      s.pin();
      read.set(s);
      while (!left.get().equals(s)) {
        if (s.isForOneRun()) {
          wrong++;
        }
      }
    }
    reader.join();
    assertEquals(0, wrong, "times it counted as the run's alone");
  }
}
