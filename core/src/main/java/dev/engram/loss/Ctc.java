package dev.engram.loss;

import dev.engram.Engram;
import dev.engram.Pair;
import dev.engram.StepResult;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The forward algorithm of connectionist temporal classification (Graves et al. 2006, section 4.1),
 * in logarithms.
 */
final class Ctc {
  /** The logarithm of a probability of 0; finite, so that no derivative is NaN. */
  private static final double NONE = -1e30;

  private final int all;
  private final Tensor labels;
  private final Tensor steps;
  private final Tensor lengths;

  Ctc(Tensor logits, Tensor labels, Tensor steps, Tensor lengths) {
    Operands.classes("ctc", logits);
    Given.given("ctc", "labels", labels);
    Given.given("ctc", "steps", steps);
    Given.given("ctc", "lengths", lengths);
    int rank = logits.rank();
    if (rank < 2 || logits.dim(0) == 0 || logits.dim(-1) < 2) {
      throw new TypeException(
          "ctc: the logits have type %s, expected [T, ..., C] with T >= 1 and C >= 2, the blank and a class (%s)"
              .formatted(logits.type(), SourceLocation.here()));
    }
    Shape examples = logits.shape().range(1, rank - 1);
    boolean fits =
        labels.rank() == rank - 1
            && labels.shape().range(0, rank - 2).equals(examples)
            && labels.dtype().isInteger();
    if (!fits) {
      throw new TypeException(
          "ctc: the labels have type %s, expected i32 of [%s] and an axis of labels next to logits %s (%s)"
              .formatted(labels.type(), examples, logits.type(), SourceLocation.here()));
    }
    counts("steps", steps, examples);
    counts("lengths", lengths, examples);
    all = logits.dim(0);
    int most = labels.dim(-1);
    this.steps = steps.cast(DType.I32).checkRange("steps", 1, all + 1L);
    this.lengths = lengths.cast(DType.I32).checkRange("lengths", 0, most + 1L);
    Tensor read = numbers(most).lt(this.lengths.expandDims(-1));
    Tensor whole = labels.cast(DType.I32);
    this.labels = read.select(whole, whole.like(1)).checkRange("labels", 1, logits.dim(-1));
  }

  private static void counts(String name, Tensor x, Shape examples) {
    if (!x.dtype().isInteger() || !x.shape().equals(examples)) {
      throw new TypeException(
          "ctc: %s has type %s, expected i32[%s], one for each example (%s)"
              .formatted(name, x.type(), examples, SourceLocation.here()));
    }
  }

  private static Tensor numbers(int n) {
    return HostTensor.of(IntStream.range(0, n).toArray(), n);
  }

  /** {@code -log p(labels)} of logits in the type to compute in. */
  Tensor of(Tensor logits) {
    int last = labels.rank() - 1;
    Tensor blanks = labels.like(0);
    int places = 2 * labels.dim(last) + 1;
    // blank, label, blank, label, …, blank
    Tensor pairs = Tensor.stack(last + 1, List.of(blanks, labels));
    Shape joined = labels.shape().without(List.of(last)).insert(last, places - 1);
    Tensor path = widened(pairs.reshape(joined), 0, 1, 0);
    // The blank between two labels may be left out if they differ.
    Tensor skips = path.ne(0).and(path.ne(shifted(path, 2, 0)));
    Tensor emitted = logits.logSoftmax(-1).takeAlongAxis(path.expandDims(0), -1).clipMin(NONE);
    Tensor times = numbers(all);
    for (int i = 0; i < last; i++) {
      times = times.expandDims(-1);
    }
    Tensor active = times.lt(steps.expandDims(0));
    // α before the first step: nothing was emitted, at the first blank
    Tensor none = emitted.get(0).like(NONE);
    Tensor start = numbers(places).eq(0).broadcastTo(none.shape()).select(none.like(0), none);
    Tensor alpha =
        Engram.scan(
                (Tensor a, Pair<Tensor, Tensor> x) -> {
                  // α_t(s) = (α_{t-1}(s) + α_{t-1}(s-1) + α_{t-1}(s-2) if it may skip) p_t(s)
                  Tensor two = skips.select(shifted(a, 2, NONE), a.like(NONE));
                  Tensor from = Tensor.stack(0, List.of(a, shifted(a, 1, NONE), two));
                  Tensor next = from.logSumExp(0).add(x.first());
                  Tensor runs = x.second().expandDims(-1).broadcastTo(a.shape());
                  return new StepResult<>(runs.select(next, a), List.of());
                },
                start,
                new Pair<>(emitted, active))
            .carry();
    return total(alpha);
  }

  // p = α_T(the last blank) + α_T(the last label)
  private Tensor total(Tensor alpha) {
    Tensor end = lengths.mul(2).expandDims(-1);
    Tensor blank = alpha.takeAlongAxis(end, -1);
    Tensor label = alpha.takeAlongAxis(end.sub(1).clipMin(0), -1);
    label = end.eq(0).select(label.like(NONE), label);
    Tensor log = blank.logAddExp(label).squeeze(-1);
    return log.lt(NONE / 10).select(log.like(Double.POSITIVE_INFINITY), log.neg());
  }

  /** Moved by {@code n} places along the last axis. */
  private static Tensor shifted(Tensor x, int n, double fill) {
    int length = x.dim(-1);
    int kept = Math.max(length - n, 0);
    return widened(x.slice(-1, 0, kept, 1), Math.min(n, length), 0, fill);
  }

  private static Tensor widened(Tensor x, int low, int high, double fill) {
    List<Integer> before =
        IntStream.range(0, x.rank()).mapToObj(i -> last(x, i) ? low : 0).toList();
    List<Integer> after =
        IntStream.range(0, x.rank()).mapToObj(i -> last(x, i) ? high : 0).toList();
    return x.pad(before, after, fill);
  }

  private static boolean last(Tensor x, int axis) {
    return axis == x.rank() - 1;
  }
}
