package dev.engram.tests.online;

import dev.engram.Engram;
import dev.engram.Layer;
import dev.engram.State;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.testkit.Close;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Gradients of SnAp-n from whole Jacobians of the step, for models whose output is their first
 * hidden state: for each position i the influence of what a weight adds there, in which elements
 * that are not kept are set to zero after each step.
 *
 * <pre>
 *   G[i] ← mask[i] (J G[i] + rows of ∂h/∂w at position i),     grad = Σ_i Σ_t L[t] G[i]
 * </pre>
 *
 * @param next for each position, those that it reaches in one step
 */
record SnapOracle(Job job, List<BitSet> next) {

  /** Returns for each position those that it reaches within {@code n} steps, itself the first. */
  List<BitSet> kept(int n) {
    List<BitSet> now = IntStream.range(0, next.size()).mapToObj(SnapOracle::only).toList();
    for (int step = 1; step < n; step++) {
      now =
          now.stream()
              .map(
                  from -> {
                    BitSet all = (BitSet) from.clone();
                    from.stream().forEach(i -> all.or(next.get(i)));
                    return all;
                  })
              .toList();
    }
    return now;
  }

  /** Returns the largest number of positions that one reaches within {@code n} steps. */
  int most(int n) {
    return kept(n).stream().mapToInt(BitSet::cardinality).max().orElseThrow();
  }

  private static BitSet only(int i) {
    BitSet b = new BitSet();
    b.set(i);
    return b;
  }

  /** Returns the gradients of the weights by path. */
  Map<String, HostTensor> gradients(int n) {
    Layer model = job.model().get();
    Map<String, State> weights = model.states().subset(State.Kind.PARAMETER).byPath();
    List<State> hidden = List.copyOf(model.states().subset(State.Kind.HIDDEN).values());
    List<State> all = List.copyOf(weights.values());
    List<BitSet> kept = kept(n);
    double[] sum = new double[size(all)];
    for (int example = 0; example < Job.BATCH; example++) {
      model.initAllStates();
      add(model, all, hidden, kept, example, sum);
    }
    Map<String, HostTensor> out = new LinkedHashMap<>();
    int from = 0;
    for (Map.Entry<String, State> w : weights.entrySet()) {
      Shape shape = w.getValue().type().shape();
      int size = size(List.of(w.getValue()));
      double[] own = Arrays.copyOfRange(sum, from, from + size);
      out.put(w.getKey(), HostTensor.of(own, size).reshape(shape).host());
      from += size;
    }
    return out;
  }

  private static int size(List<State> states) {
    return (int) states.stream().mapToLong(s -> s.type().size()).sum();
  }

  private static Tensor flat(List<State> states) {
    List<Tensor> parts = new ArrayList<>();
    states.forEach(s -> parts.add(s.value().reshape((int) s.type().size())));
    return Tensor.concat(0, parts.toArray(Tensor[]::new));
  }

  private static void set(List<State> states, Tensor flat) {
    int from = 0;
    for (State s : states) {
      int to = from + (int) s.type().size();
      s.set(flat.slice(0, from, to).reshape(s.type().shape()));
      from = to;
    }
  }

  private void add(
      Layer model,
      List<State> weights,
      List<State> hidden,
      List<BitSet> kept,
      int example,
      double[] sum) {
    int w = size(weights);
    int h = size(hidden);
    int positions = kept.size();
    double[][][] influence = new double[positions][w][h];
    Tensor parameters = flat(weights).host();
    for (int t = 0; t < job.xs().dim(0); t++) {
      Tensor x = job.xs().get(t).get(example).host();
      HostTensor y = job.ys().get(t).get(example).host();
      HostTensor old = flat(hidden).host();
      HostTensor jacobian =
          Engram.jacfwd(
                  z -> {
                    set(weights, z.slice(0, 0, w));
                    set(hidden, z.slice(0, w, w + h));
                    model.update(x);
                    return flat(hidden);
                  })
              .apply(Tensor.concat(0, parameters, old))
              .host();
      set(weights, parameters);
      set(hidden, old);
      HostTensor out = model.update(x).host();
      Close.check("the output is the first state", flat(hidden).slice(0, 0, positions), out);
      for (int i = 0; i < positions; i++) {
        for (int k = 0; k < w; k++) {
          double[] before = influence[i][k].clone();
          for (int to = 0; to < h; to++) {
            long row = (long) to * (w + h);
            double e = to % positions == i ? jacobian.getDouble(row + k) : 0;
            for (int from = 0; from < h && kept.get(i).get(to % positions); from++) {
              e += jacobian.getDouble(row + w + from) * before[from];
            }
            influence[i][k][to] = e;
            sum[k] += to < positions ? (out.getDouble(to) - y.getDouble(to)) * e : 0;
          }
        }
      }
    }
  }
}
