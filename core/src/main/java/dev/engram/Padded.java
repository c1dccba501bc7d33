package dev.engram;

import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import dev.engram.online.Learner;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * A batch of sequences of different lengths, padded with zeros. It is a tree, so it can be passed
 * as the targets of a {@link Learner}; {@link dev.engram.loss.Losses#maskedMean} leaves the padding
 * out.
 *
 * @param values {@code [T, B, …]}: steps, then examples
 * @param mask {@code bool[T, B]}: true where the sequence has a step
 */
public record Padded(Tensor values, Tensor mask) {
  public Padded {
    Given.given("Padded", "values", values);
    Given.given("Padded", "mask", mask);
  }

  /**
   * Pads {@code sequences} to the length of the longest.
   *
   * @param sequences each {@code [length, …]} of one element type, with equal axes behind the first
   * @throws TypeException when there is no sequence, or one that does not match the first
   */
  public static Padded of(List<? extends Tensor> sequences) {
    Given.all("Padded.of", "sequences", sequences);
    if (sequences.isEmpty()) {
      throw new TypeException(
          "Padded.of: got no sequence, expected at least one (" + SourceLocation.here() + ")");
    }
    List<HostTensor> known = sequences.stream().map(Tensor::host).toList();
    TensorType first = known.getFirst().type();
    int steps = 0;
    for (int i = 0; i < known.size(); i++) {
      TensorType t = known.get(i).type();
      if (t.rank() == 0 || !step(t).equals(step(first))) {
        throw misfit(i, t, first);
      }
      steps = Math.max(steps, t.shape().dim(0));
    }
    int batch = known.size();
    Shape step = first.shape().range(1, first.rank());
    HostTensor values =
        HostTensor.allocate(first.with(step.insert(0, batch).insert(0, steps))); // zeros
    HostTensor mask = HostTensor.allocate(TensorType.of(DType.BOOL, steps, batch));
    long bytes = first.with(step).bytes();
    for (int b = 0; b < batch; b++) {
      for (long t = 0; t < known.get(b).dim(0); t++) {
        long to = t * batch + b;
        MemorySegment.copy(known.get(b).segment(), t * bytes, values.segment(), to * bytes, bytes);
        mask.setBits(to, 1);
      }
    }
    return new Padded(values, mask);
  }

  private static TensorType step(TensorType t) {
    return t.rank() == 0 ? t : t.with(t.shape().range(1, t.rank()));
  }

  private static TypeException misfit(int i, TensorType got, TensorType first) {
    String rest = first.rank() == 0 ? "" : first.shape().range(1, first.rank()).toString();
    String expected =
        first.rank() == 0
            ? "an axis of steps"
            : first.dtype() + "[length" + (rest.isEmpty() ? "" : "," + rest) + "] as sequence 0";
    String fix =
        got.dtype() == first.dtype()
            ? "steps go along axis 0"
            : "convert it with .cast(DType." + first.dtype().name() + ")";
    return new TypeException(
        "Padded.of: sequence %d has type %s, expected %s (%s); %s"
            .formatted(i, got, expected, SourceLocation.here(), fix));
  }
}
