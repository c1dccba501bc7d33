package dev.engram.tests.users;

import dev.engram.State;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Storage;
import dev.engram.ir.Tensor;
import dev.engram.ir.TraceException;
import dev.engram.state.StateSlot;
import java.util.List;

/** A tensor that the user holds, and what it must be. */
final class Kept {
  final Tensor tensor;
  final long[] want;
  boolean mayBeDonated;

  /** The user has given its memory back. */
  private boolean closed;

  Kept(Tensor tensor, long[] want) {
    this.tensor = tensor;
    this.want = want;
  }

  Storage storage() {
    return Storage.of(tensor).orElseThrow();
  }

  /** True when it can be read. */
  boolean isThere() {
    return !closed && !storage().isDonated();
  }

  /**
   * Closes it: refused while a state has its memory, else only while a compiled function holds that
   * for its next call.
   *
   * @param all is what the user keeps; what shares the memory is closed as well
   */
  void close(List<State> states, List<Kept> all) {
    boolean held =
        states.stream()
            .anyMatch(s -> Storage.of(StateSlot.of(s).lend()).orElseThrow().equals(storage()));
    boolean pinned = storage().isPinned();
    try {
      tensor.close();
    } catch (TraceException refused) {
      if (closed || (!held && !pinned && isThere())) {
        throw new AssertionError("refused, but nobody has it: " + refused, refused);
      }
      return;
    }
    if (held || storage().isDonated()) {
      throw new AssertionError("closed, but " + (held ? "a state has it" : "it was donated"));
    }
    all.stream().filter(k -> k.storage().equals(storage())).forEach(k -> k.closed = true);
  }

  /** What must be refused is. */
  void requireRefused(String what, Runnable use) {
    try {
      use.run();
    } catch (TraceException e) {
      if (!e.getMessage().contains("closed")) {
        throw new AssertionError(what + " of a closed tensor: " + e, e);
      }
      return;
    }
    throw new AssertionError(what + " of a closed tensor was not refused");
  }

  /** Looks at it. */
  void check(String name) {
    if (closed) {
      requireRefused("reading", () -> tensor.host().bits(0));
      return;
    }
    if (!mayBeDonated || !storage().isDonated()) {
      require(name, tensor.host(), want);
    }
  }

  static void require(String what, HostTensor got, long[] want) {
    HostTensor right = Plain.tensor(got.type(), want);
    if (!got.sameBits(right)) {
      throw new AssertionError(what + " is " + got + ", expected " + right);
    }
  }

  boolean isClosed() {
    return closed;
  }
}
