package dev.engram.ir.passes;

import dev.engram.ir.Builder;
import dev.engram.ir.Graph;
import dev.engram.ir.Lit;
import dev.engram.ir.Param;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.Op;
import dev.engram.ir.op.Rows;
import dev.engram.ir.passes.TraceRecurrences.Reading;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import org.jspecify.annotations.Nullable;

/**
 * What runs back over a window: products P of the decays that follow a step, and for each sum the
 * adjoints λ of what the steps add to traces.
 */
final class WindowBackward {
  private static final Op ADD = new Elementwise(Rows.ADD);
  private static final Op MUL = new Elementwise(Rows.MUL);

  /**
   * Of a group of S coupled traces, with matrices of S×S.
   *
   * @param axes those of each element
   * @param d the decays of a step; null for 0
   * @param carry the number of each product as a carry
   * @param p the products behind a step; null for 0
   */
  record Decay(
      NavigableSet<Integer> axes, @Nullable Value[][] d, int[][] carry, @Nullable Value[][] p) {}

  /**
   * Of a sum, for the traces of a group.
   *
   * @param carry the number of m of each trace as a carry; -1 for 0
   * @param lambda null for 0
   */
  record Adjoint(int[] carry, @Nullable Value[] lambda) {}

  private final TraceRecurrences r;
  private final WindowForward forward;
  private final Builder b;
  private final List<Param> carries = new ArrayList<>();
  private final List<Value> first = new ArrayList<>();
  private final Map<Integer, Value> next = new HashMap<>();
  private final Map<Integer, Param> inputs = new LinkedHashMap<>();
  private final List<Value> stacked = new ArrayList<>();
  private final Map<List<Object>, Decay> decays = new HashMap<>();
  private final Map<List<Object>, Adjoint> adjoints = new HashMap<>();

  WindowBackward(TraceRecurrences r, WindowForward forward, SourceLocation where) {
    this.r = r;
    this.forward = forward;
    this.b = new Builder(r.scan.body().name() + "Back").at(where);
  }

  private Value input(List<Product> sum, NavigableSet<Integer> axes, TensorType whole) {
    return inputs
        .computeIfAbsent(
            forward.stack(sum, axes, whole), n -> Param.input(new Var(forward.type(n))))
        .var();
  }

  private int carry(Value zero) {
    carries.add(Param.input(new Var(zero.type())));
    first.add(zero);
    return carries.size() - 1;
  }

  private @Nullable Value plus(@Nullable Value v, @Nullable Value w) {
    return v == null ? w : w == null ? v : b.emit1(ADD, v, w);
  }

  private @Nullable Value times(@Nullable Value v, @Nullable Value w) {
    return v == null || w == null ? null : b.emit1(MUL, v, w);
  }

  /** {@code P_{t-1} = P_t D_t}, from the identity on. */
  Decay decay(List<Integer> group) {
    TensorType whole = r.param(group.getFirst()).type();
    NavigableSet<Integer> axes = r.decayAxes(group);
    List<Object> key = new ArrayList<>(List.of(axes, AxisTensor.type(axes, whole)));
    for (int i : group) {
      for (int j : group) {
        key.add(r.decay(i, j));
      }
    }
    return decays.computeIfAbsent(key, _ -> newDecay(group, axes, whole));
  }

  private Decay newDecay(List<Integer> group, NavigableSet<Integer> axes, TensorType whole) {
    int n = group.size();
    Value[][] d = new Value[n][n];
    boolean[][] reach = r.reach(group);
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        List<Product> sum = r.decay(group.get(i), group.get(j));
        d[i][j] = sum.isEmpty() ? null : input(sum, axes, whole);
      }
    }
    int[][] carry = new int[n][n];
    Value[][] p = new Value[n][n];
    TensorType t = AxisTensor.type(axes, whole);
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        if (reach[i][j]) {
          carry[i][j] = carry(i == j ? Lit.one(t) : Lit.zero(t));
          p[i][j] = carries.get(carry[i][j]).var();
        }
      }
    }
    for (int i = 0; i < n; i++) {
      for (int k = 0; k < n; k++) {
        if (reach[i][k]) {
          Value sum = null;
          for (int j = 0; j < n; j++) {
            sum = plus(sum, times(p[i][j], d[j][k]));
          }
          next.put(carry[i][k], sum == null ? Lit.zero(t) : sum);
        }
      }
    }
    return new Decay(axes, d, carry, p);
  }

  /** {@code λ_t = L_t + m_t} and {@code m_{t-1} = R_t + D_tᵀ λ_t}, from 0 on. */
  Adjoint adjoint(List<Integer> group, Reading reading, Decay decay) {
    List<Object> key = new ArrayList<>(List.of(decay));
    for (int c : group) {
      key.add(reading.before(c));
      key.add(reading.after(c));
    }
    return adjoints.computeIfAbsent(key, _ -> newAdjoint(group, reading, decay));
  }

  private Adjoint newAdjoint(List<Integer> group, Reading reading, Decay decay) {
    int n = group.size();
    TensorType whole = reading.type();
    Value[] before = new Value[n];
    Value[] lambda = new Value[n];
    for (int i = 0; i < n; i++) {
      before[i] = coefficient(reading.before(group.get(i)), decay.axes, whole);
      lambda[i] = coefficient(reading.after(group.get(i)), decay.axes, whole);
    }
    boolean[] has = reached(before, lambda, decay);
    int[] carry = new int[n];
    for (int i = 0; i < n; i++) {
      carry[i] = has[i] ? carry(Lit.zero(AxisTensor.type(decay.axes, whole))) : -1;
      lambda[i] = has[i] ? plus(lambda[i], carries.get(carry[i]).var()) : lambda[i];
    }
    for (int j = 0; j < n; j++) {
      if (has[j]) {
        Value sum = before[j];
        for (int i = 0; i < n; i++) {
          sum = plus(sum, times(decay.d[i][j], lambda[i]));
        }
        next.put(carry[j], sum);
      }
    }
    return new Adjoint(carry, lambda);
  }

  /** The traces whose m is not 0: the sum reads them before a step, or what they become. */
  private static boolean[] reached(
      @Nullable Value[] before, @Nullable Value[] lambda, Decay decay) {
    int n = before.length;
    boolean[] has = new boolean[n];
    boolean more = true;
    while (more) {
      more = false;
      for (int j = 0; j < n; j++) {
        boolean is = before[j] != null;
        for (int i = 0; i < n; i++) {
          is |= decay.d[i][j] != null && (lambda[i] != null || has[i]);
        }
        more |= is && !has[j];
        has[j] |= is;
      }
    }
    return has;
  }

  private @Nullable Value coefficient(
      List<Product> sum, NavigableSet<Integer> axes, TensorType whole) {
    return sum.isEmpty() ? null : input(sum, axes, whole);
  }

  /**
   * Stacks {@code weight}, which has the axes of decays, times a product.
   *
   * @return its number among what is stacked, with the axes {@code to}
   */
  int stack(Value weight, Decay decay, Product q, NavigableSet<Integer> to, TensorType whole) {
    Value w = new AxisTensor(weight, decay.axes).onto(b, to, whole);
    if (!q.factors().isEmpty()) {
      NavigableSet<Integer> axes = q.axes();
      w = b.emit1(MUL, new AxisTensor(input(List.of(q), axes, whole), axes).onto(b, to, whole), w);
    }
    stacked.add(w);
    return stacked.size() - 1;
  }

  double bytesPerStep() {
    return stacked.stream().distinct().mapToDouble(MoveSumsOutOfScans::bytes).sum();
  }

  /** The body of the scan: next values of its carries, then what it stacks. */
  Graph body() {
    List<Value> outs = new ArrayList<>();
    for (int c = 0; c < carries.size(); c++) {
      outs.add(next.get(c));
    }
    outs.addAll(stacked);
    Graph g = b.build(outs);
    List<Param> params = new ArrayList<>(carries);
    params.addAll(inputs.values());
    return new Graph(g.name(), params, g.eqns(), g.outs());
  }

  /**
   * The results of the scan: those of the carries, then what is stacked.
   *
   * @param forward what the steps have stacked, by number
   */
  List<? extends Value> emit(Builder to, Graph body, List<? extends Value> forward, int steps) {
    if (body.outs().isEmpty()) {
      return List.of();
    }
    List<Value> in = new ArrayList<>(first);
    inputs.keySet().forEach(n -> in.add(forward.get(n)));
    return to.emit(new Control.Scan(body, 0, first.size(), steps, true), in);
  }

  int carries() {
    return carries.size();
  }
}
