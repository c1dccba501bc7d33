package dev.engram.examples;

import dev.engram.Debug;
import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.Progress;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;

/** Prints and hooks inside compiled loops. */
public final class Watching {
  private Watching() {}

  /** Newton's square root, from above. */
  static Tensor root(Tensor a) {
    return Engram.whileLoop(
        (Tensor x) -> x.square().sub(a).gt(1e-6),
        x -> {
          Debug.print("x = {}", x);
          return x.add(a.div(x)).div(2);
        },
        a);
  }

  /** Gradient descent on (w² - 9)², 20 steps in one program. */
  static Tensor descend(Tensor start, Progress progress) {
    Fn1<Tensor, Tensor> loss = w -> w.square().sub(9).square();
    return Engram.forLoop(
        0,
        20,
        (i, w) -> {
          progress.step(loss.apply(w));
          return w.sub(Engram.grad(loss).apply(w).mul(0.005));
        },
        start);
  }

  public static void main(String[] args) {
    Engram.jit(Watching::root).apply(HostTensor.of(new double[] {2}));
    Engram.jit(Engram.vmap(Watching::root)).apply(HostTensor.of(new double[] {1.5, 9}, 2));

    Progress progress =
        new Progress(
            20,
            8,
            (step, values) ->
                System.out.printf("step %2d, loss %.3f%n", step, values.getFirst().item()));
    Fn1<Tensor, Tensor> train = Engram.jit(w -> descend(w, progress));
    System.out.printf("w = %.3f%n", train.apply(HostTensor.of(new double[] {1})).host().item());
  }
}
