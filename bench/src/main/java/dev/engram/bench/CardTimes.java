package dev.engram.bench;

import dev.engram.Compiler;
import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.ir.EngramException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Times iterations of the copying task on a device, by rule and size, and prints a row for each:
 * wall time from the call to the loss on the host. A run on a card ends before its work does, so
 * there is also the time until the call returns.
 *
 * <pre>
 *   --backend NAME       cuda
 *   --sizes A,B          batch x hidden, such as 64x128,64x512,256x128 (the default)
 *   --iterations N       measurements of each; 50
 *   --warm-seconds S     minimum time of warm-up; 1
 *   --lag --lr --seed    of the task
 * </pre>
 */
public final class CardTimes {
  private static final List<String> OPTIONS =
      List.of("backend", "sizes", "iterations", "warm-seconds", "lag", "lr", "seed");

  private static final String SIZES = "64x128,64x512,256x128";
  private static final int BATCHES = 16;

  private CardTimes() {}

  public static void main(String[] args) {
    try {
      times(Options.of(args, OPTIONS));
    } catch (EngramException e) {
      System.out.println(e.getMessage());
      System.exit(1);
    }
  }

  private static void times(Options o) {
    Compiler compiler = new Compiler(o.text("backend", "cuda"));
    Steady steady = new Steady(o.number("warm-seconds", 1), 5, o.integer("iterations", 50));
    System.out.println(
        "| rule | batch | hidden | median ms | min | max | until the call returns | first step s |"
            + " loss |");
    System.out.println("|---|--:|--:|--:|--:|--:|--:|--:|--:|");
    for (String size : o.text("sizes", SIZES).split(",", -1)) {
      for (GradientRule rule : GradientRule.values()) {
        time(compiler, sizes(o, size), rule, steady);
      }
    }
  }

  private static TaskSizes sizes(Options o, String size) {
    String[] both = size.split("x", -1);
    TaskSizes s = TaskSizes.of(o);
    return new TaskSizes(
        s.lag(), Integer.parseInt(both[0]), Integer.parseInt(both[1]), s.rate(), s.seed());
  }

  private static void time(Compiler compiler, TaskSizes sizes, GradientRule rule, Steady steady) {
    Fn1<Tensor, Tensor> step = Engram.jit(compiler, new CopyingStep(sizes, rule));
    Symbols symbols = new Symbols(sizes, BATCHES);
    long start = System.nanoTime();
    double[] loss = {step.apply(symbols.next()).host().item()};
    double first = (System.nanoTime() - start) / 1e9;
    List<Double> calls = new ArrayList<>();
    Samples ms =
        steady
            .nanos(
                () -> {
                  HostTensor ids = symbols.next();
                  long called = System.nanoTime();
                  Tensor result = step.apply(ids);
                  calls.add((System.nanoTime() - called) / 1e6);
                  loss[0] = result.host().item();
                })
            .map(t -> t / 1e6);
    Samples returned = new Samples(calls.subList(calls.size() - ms.count(), calls.size()));
    System.out.printf(
        Locale.ROOT,
        "| %s | %d | %d | %.3f | %.3f | %.3f | %.3f | %.2f | %.4f |%n",
        rule.title(),
        sizes.batch(),
        sizes.hidden(),
        ms.median(),
        ms.min(),
        ms.max(),
        returned.median(),
        first,
        loss[0]);
  }
}
