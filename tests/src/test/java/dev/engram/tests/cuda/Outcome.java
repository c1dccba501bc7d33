package dev.engram.tests.cuda;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.RunException;
import dev.engram.testkit.Close;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** What a run gives, or the message of the check that ended it. */
record Outcome(List<HostTensor> values, Optional<String> failure) {
  static Outcome of(Supplier<List<HostTensor>> run) {
    try {
      return new Outcome(run.get(), Optional.empty());
    } catch (RunException e) {
      return new Outcome(List.of(), Optional.of(String.valueOf(e.getMessage())));
    }
  }

  /** The values, or again what the check says. */
  List<HostTensor> result() {
    if (failure.isPresent()) {
      throw new RunException(failure.get());
    }
    return values;
  }

  /**
   * Compares this outcome with {@code cpu}'s.
   *
   * @param exact whether all bits must be the same; else there is a tolerance
   * @return the number of results that differ in bits, and may
   * @throws AssertionError for a difference that may not be
   */
  int compare(Outcome want, boolean exact) {
    if (!want.failure.equals(failure)) {
      throw new AssertionError("got " + failure + ", expected " + want.failure);
    }
    int differ = 0;
    for (int r = 0; r < want.values.size(); r++) {
      if (sameBits(want.values.get(r), values.get(r))) {
        continue;
      }
      differ++;
      String what = "result " + r;
      assertTrue(!exact, () -> what + " differs from cpu's: " + values + ", not " + want.values);
      Close.check(what, values.get(r), want.values.get(r));
    }
    return differ;
  }

  /** A NaN is a NaN: which of them an operation gives is the processor's choice. */
  static boolean sameBits(HostTensor a, HostTensor b) {
    if (a.sameBits(b)) {
      return true;
    }
    if (!a.type().equals(b.type()) || !a.dtype().isFloat()) {
      return false;
    }
    DType t = a.dtype();
    for (long i = 0; i < a.type().size(); i++) {
      boolean nan = Double.isNaN(t.toDouble(a.bits(i))) && Double.isNaN(t.toDouble(b.bits(i)));
      if (!nan && a.bits(i) != b.bits(i)) {
        return false;
      }
    }
    return true;
  }
}
