package dev.engram.tests.types;

import dev.engram.ir.HostTensor;
import java.util.List;
import java.util.Optional;

/** Equal bits; any NaN equals any other. */
final class Same {
  private Same() {}

  /** Says where {@code got} differs; empty if it does not. */
  static Optional<String> difference(List<HostTensor> want, List<HostTensor> got) {
    for (int r = 0; r < want.size(); r++) {
      HostTensor w = want.get(r);
      HostTensor g = got.get(r);
      for (long i = 0; i < w.type().size(); i++) {
        boolean nans =
            w.dtype().isFloat() && Double.isNaN(w.getDouble(i)) && Double.isNaN(g.getDouble(i));
        if (!nans && w.bits(i) != g.bits(i)) {
          return Optional.of(
              "result %d of type %s at %d is %s, expected %s"
                  .formatted(r, w.type(), i, text(g, i), text(w, i)));
        }
      }
    }
    return Optional.empty();
  }

  private static String text(HostTensor t, long i) {
    return t.dtype().isFloat() ? Double.toString(t.getDouble(i)) : Long.toString(t.bits(i));
  }
}
