package dev.engram.tests.random;

import dev.engram.autodiff.Batched;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Verifier;
import dev.engram.ir.interpret.Interpreter;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Laws that compare batched programs with loops over examples. */
public final class BatchLaws {
  private BatchLaws() {}

  /** Batches a function over examples: {@code Batch::of}. */
  @FunctionalInterface
  public interface Batcher {
    Batched of(Graph g, List<Boolean> batched, int size);
  }

  /**
   * A program over several examples.
   *
   * @param batched which parameters differ between examples
   * @param args of the batched program
   */
  public record Examples(Program program, int size, List<Boolean> batched, List<HostTensor> args) {

    static Examples of(Program p) {
      SplittableRandom random = DerivativeLaws.random(p, 1);
      int size = random.nextInt(8) == 0 ? 0 : random.nextInt(1, 4);
      List<Boolean> batched = new ArrayList<>();
      List<HostTensor> args = new ArrayList<>();
      for (HostTensor a : p.args()) {
        boolean wide = random.nextInt(3) > 0;
        batched.add(wide);
        args.add(wide ? Samples.any(stacked(a.type(), size), random) : a);
      }
      return new Examples(p, size, batched, args);
    }

    Batched batch(Batcher batcher) {
      Batched b = batcher.of(program.graph(), batched, size);
      Verifier.verify(b.graph());
      return b;
    }

    /** The batched program with its arguments. */
    Program wide(Batcher batcher) {
      return new Program(batch(batcher).graph(), args, program.data());
    }

    List<HostTensor> example(int k) {
      List<HostTensor> one = new ArrayList<>();
      for (int i = 0; i < args.size(); i++) {
        one.add(batched.get(i) ? slice(args.get(i), k) : args.get(i));
      }
      return one;
    }
  }

  public static TensorType stacked(TensorType t, int n) {
    return t.with(t.shape().insert(0, n));
  }

  public static HostTensor slice(HostTensor t, int i) {
    TensorType part = t.type().with(t.shape().range(1, t.rank()));
    return HostTensor.wrap(part, t.segment().asSlice(i * part.bytes(), part.bytes()));
  }

  public static HostTensor stack(TensorType part, List<HostTensor> parts) {
    HostTensor out = HostTensor.allocate(stacked(part, parts.size()));
    for (int i = 0; i < parts.size(); i++) {
      out.segment()
          .asSlice(i * part.bytes(), part.bytes())
          .copyFrom(parts.get(i).segment().asSlice(0, part.bytes()));
    }
    return out;
  }

  /** The batched program computes for each example what the program computes for it. */
  static boolean isLoop(Program p, Batcher batcher) {
    return isLoop(Examples.of(p), batcher);
  }

  /** The same law for the given examples. */
  public static boolean isLoop(Examples e, Batcher batcher) {
    Program p = e.program();
    Batched b = e.batch(batcher);
    List<HostTensor> got = Interpreter.run(b.graph(), e.args());
    List<List<HostTensor>> each = new ArrayList<>();
    for (int k = 0; k < e.size(); k++) {
      each.add(Interpreter.run(p.graph(), e.example(k)));
    }
    for (int i = 0; i < got.size(); i++) {
      int at = i;
      TensorType t = p.graph().outTypes().get(i);
      List<HostTensor> want = each.stream().map(r -> r.get(at)).toList();
      if (b.outBatched().get(i)) {
        Laws.close(p, describe(e, i), List.of(got.get(i)), List.of(stack(t, want)));
      } else {
        for (HostTensor w : want) {
          Laws.close(p, describe(e, i), List.of(got.get(i)), List.of(w));
        }
      }
    }
    return e.batched().contains(true);
  }

  private static String describe(Examples e, int result) {
    return "batch of " + e.size() + " " + e.batched() + ", result " + result + ", ";
  }

  /**
   * The derivative of the batched program, and the batched derivative, equal the derivatives of the
   * single examples: stacked for batched parameters, summed for shared ones.
   */
  static boolean commutes(Program p, Batcher batcher, DerivativeLaws.Mode vjp) {
    return commutes(Examples.of(p), batcher, vjp);
  }

  /** The same law for the given examples. */
  public static boolean commutes(Examples e, Batcher batcher, DerivativeLaws.Mode vjp) {
    Program p = e.program();
    if (!DerivativeLaws.says(p) || e.size() == 0) {
      return false;
    }
    Batched wide = e.batch(batcher);
    List<TensorType> outs = p.graph().outTypes();
    SplittableRandom random = DerivativeLaws.random(p, 2);
    List<HostTensor> wideCts = new ArrayList<>();
    List<HostTensor> stackedCts = new ArrayList<>();
    for (int i = 0; i < outs.size(); i++) {
      if (!outs.get(i).dtype().isFloat()) {
        continue;
      }
      HostTensor all = Samples.direction(stacked(outs.get(i), e.size()), random);
      if (!wide.outBatched().get(i)) {
        // One result for all examples: its cotangent belongs to the first.
        HostTensor first = HostTensor.allocate(all.type());
        long n = outs.get(i).bytes();
        first.segment().asSlice(0, n).copyFrom(all.segment().asSlice(0, n));
        all = first;
      }
      stackedCts.add(all);
      wideCts.add(wide.outBatched().get(i) ? all : slice(all, 0));
    }
    List<HostTensor> want = loop(p, e, vjp, stackedCts);
    int n = outs.size();
    Graph gradOfBatch = Verifier.verify(vjp.of(wide.graph(), p.floatParams()));
    List<HostTensor> a = Interpreter.run(gradOfBatch, DerivativeLaws.concat(e.args(), wideCts));
    Laws.close(p, "derivative of batch of " + e.batched() + ", ", a.subList(n, a.size()), want);
    batchOfGrad(p, e, batcher, vjp, stackedCts, want);
    return true;
  }

  private static void batchOfGrad(
      Program p,
      Examples e,
      Batcher batcher,
      DerivativeLaws.Mode vjp,
      List<HostTensor> cts,
      List<HostTensor> want) {
    Graph grad = vjp.of(p.graph(), p.floatParams());
    List<Boolean> flags = new ArrayList<>(e.batched());
    cts.forEach(_ -> flags.add(true));
    Batched b = batcher.of(grad, flags, e.size());
    Verifier.verify(b.graph());
    List<HostTensor> all = Interpreter.run(b.graph(), DerivativeLaws.concat(e.args(), cts));
    int n = p.graph().outs().size();
    List<HostTensor> got = new ArrayList<>();
    for (int i = 0; i < p.args().size(); i++) {
      if (!p.floatParams().get(i)) {
        continue;
      }
      int at = n + got.size();
      TensorType t = p.args().get(i).type();
      List<HostTensor> parts = new ArrayList<>();
      for (int k = 0; k < e.size(); k++) {
        parts.add(b.outBatched().get(at) ? slice(all.get(at), k) : all.get(at));
      }
      got.add(e.batched().get(i) ? stack(t, parts) : sum(t, parts));
    }
    Laws.close(p, "batch of derivative of " + e.batched() + ", ", got, want);
  }

  private static List<HostTensor> loop(
      Program p, Examples e, DerivativeLaws.Mode vjp, List<HostTensor> cts) {
    Graph grad = vjp.of(p.graph(), p.floatParams());
    int n = p.graph().outs().size();
    List<List<HostTensor>> each = new ArrayList<>();
    for (int k = 0; k < e.size(); k++) {
      int at = k;
      List<HostTensor> one = cts.stream().map(t -> slice(t, at)).toList();
      List<HostTensor> r = Interpreter.run(grad, DerivativeLaws.concat(e.example(k), one));
      each.add(r.subList(n, r.size()));
    }
    List<HostTensor> out = new ArrayList<>();
    for (int i = 0; i < p.args().size(); i++) {
      if (p.floatParams().get(i)) {
        int at = out.size();
        TensorType t = p.args().get(i).type();
        List<HostTensor> parts = each.stream().map(r -> r.get(at)).toList();
        out.add(e.batched().get(i) ? stack(t, parts) : sum(t, parts));
      }
    }
    return out;
  }

  private static HostTensor sum(TensorType t, List<HostTensor> parts) {
    HostTensor out = HostTensor.allocate(t);
    for (long i = 0; i < t.size(); i++) {
      double v = 0;
      for (HostTensor x : parts) {
        v += x.getDouble(i);
      }
      out.setDouble(i, v);
    }
    return out;
  }
}
