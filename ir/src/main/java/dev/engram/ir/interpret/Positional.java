package dev.engram.ir.interpret;

import dev.engram.ir.RunException;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.TensorType;
import dev.engram.ir.op.Cast;
import dev.engram.ir.op.Check;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Custom;
import dev.engram.ir.op.Dot;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.HostEffect;
import dev.engram.ir.op.Index;
import dev.engram.ir.op.Move;
import dev.engram.ir.op.Op;
import dev.engram.ir.op.Reduce;
import dev.engram.ir.op.Source;
import dev.engram.ir.runtime.NoMemoryError;
import java.math.BigInteger;
import java.util.List;

/**
 * The limits of what is interpreted: memory, and for ops whose positions are computed one by one,
 * as {@link IndexMap} does, the elements that an int counts.
 */
final class Positional {
  private Positional() {}

  /** True for such an op, which has one result. */
  static boolean isPositional(Op op) {
    return switch (op) {
      case Reduce _, Dot _, Index _ -> true;
      case Move m -> !(m instanceof Move.Reshape);
      case Elementwise _, Cast _, Source _, Check _, HostEffect _, Control _, Custom _ -> false;
    };
  }

  static void check(Op op, List<TensorType> types, SourceLocation where) {
    for (TensorType t : types) {
      if (t.size() > IndexMap.MOST) {
        throw new RunException(
            "%s: %s has %d elements, expected at most %d where a program is interpreted (%s); run it compiled, or compute it in parts"
                .formatted(op.mnemonic(), t, t.size(), IndexMap.MOST, line(where)));
      }
    }
  }

  /** Results of a program's op have as many bytes as a long counts. */
  static void fit(Op op, List<TensorType> results, SourceLocation where) {
    for (TensorType t : results) {
      int each = t.dtype().bytes();
      if (t.size() > Long.MAX_VALUE / each) {
        throw new RunException(
            "%s: %s does not fit into memory: it has %s bytes (%s); make it smaller"
                .formatted(
                    op.mnemonic(),
                    t,
                    BigInteger.valueOf(t.size()).multiply(BigInteger.valueOf(each)),
                    where));
      }
    }
  }

  /** What was not there, with the op that needs it and its line in front; inner ops say theirs. */
  static OutOfMemoryError located(Op op, SourceLocation where, OutOfMemoryError full) {
    if (full instanceof NoMemoryError n) {
      return n.in(op.mnemonic(), where);
    }
    if (op instanceof Control || op instanceof Custom) {
      return full;
    }
    OutOfMemoryError located =
        new OutOfMemoryError(
            "%s (%s): %s; compute it in parts, or start Java with a larger -Xmx"
                .formatted(op.mnemonic(), line(where), full.getMessage()));
    located.initCause(full);
    return located;
  }

  // Of an op at once, finding the line is slow, and only errors need it.
  private static SourceLocation line(SourceLocation where) {
    return where.isKnown() ? where : SourceLocation.here();
  }
}
