package dev.engram.transform;

import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.Fn2;
import dev.engram.StepResult;
import dev.engram.Tree;
import dev.engram.ir.Tensor;
import java.util.List;

/**
 * Sequences of {@code total} steps in parts of {@code size}, the last of which may be shorter.
 *
 * @param total at least 0
 */
public record Parts(int total, int size) {

  /** Runs {@code f} over the parts, in a loop; joins what it returns, {@code [steps, …]}. */
  public <R> R run(List<Object> sequences, Fn1<List<Object>, R> f) {
    return scan((none, part) -> new StepResult<>(none, f.apply(part)), List.<Tensor>of(), sequences)
        .out();
  }

  /** Like {@link #run}, with a carry from part to part. */
  public <C, R> StepResult<C, R> scan(
      Fn2<C, List<Object>, StepResult<C, R>> f, C init, List<Object> sequences) {
    int whole = total / size;
    if (whole == 0) {
      return f.apply(init, sequences);
    }
    StepResult<C, R> all = Engram.scan(f, init, Tree.map(t -> split(t, whole), sequences));
    R joined = Tree.map(Parts::joined, all.out());
    if (whole * size == total) {
      return new StepResult<>(all.carry(), joined);
    }
    StepResult<C, R> last =
        f.apply(all.carry(), Tree.map(t -> t.slice(0, whole * size, total), sequences));
    return new StepResult<>(
        last.carry(), Tree.zip((a, b) -> Tensor.concat(0, a, b), joined, last.out()));
  }

  /** {@code [T, …]} to {@code [parts, size, …]}. */
  private Tensor split(Tensor t, int parts) {
    return t.slice(0, 0, parts * size).reshape(t.shape().with(0, size).insert(0, parts));
  }

  private static Tensor joined(Tensor t) {
    return t.reshape(t.shape().range(1, t.rank()).with(0, t.dim(0) * t.dim(1)));
  }
}
