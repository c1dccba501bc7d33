package dev.engram.backend.cpu.nest;

import dev.engram.ir.SourceLocation;
import dev.engram.ir.TensorType;
import dev.engram.lower.LoweringException;
import java.math.BigInteger;
import java.util.List;
import java.util.stream.Collectors;

/** A loop has more points than an int counts; {@link #making} is what the user is told. */
public final class TooManyPointsException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient String label;
  private final transient BigInteger points;
  private final transient SourceLocation where;

  TooManyPointsException(String label, BigInteger points, SourceLocation where) {
    super(label + ": " + points + " points");
    this.label = label;
    this.points = points;
    this.where = where;
  }

  /** The error, where the loop computes these. */
  public LoweringException making(List<TensorType> results) {
    return new LoweringException(
        "%s: a loop for %s has %s points, expected at most %d (%s); make it smaller, or compute it in parts"
            .formatted(
                label,
                results.stream().map(TensorType::toString).collect(Collectors.joining(" and ")),
                points,
                Integer.MAX_VALUE,
                where.isKnown() ? where : SourceLocation.here()),
        this);
  }
}
