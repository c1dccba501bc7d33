package dev.engram.tests.online;

import dev.engram.Engram;
import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.RandomTensors;
import dev.engram.State;
import dev.engram.StepResult;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.op.Dot;
import dev.engram.sparse.Coo;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A model for each kind of site, the ways in which a weight can meet data. Their recurrences are
 * diagonal, so every rule that follows the state Jacobian has to compute the gradient of BPTT.
 */
final class SiteJobs {
  static final int IN = 4;
  static final int HIDDEN = 6;

  private SiteJobs() {}

  /** The drive of a model's leaky state, computed with its weights. */
  private interface Drive {
    Tensor of(Map<String, State> w, Tensor x, Tensor h);
  }

  /** {@code h ← 0.8 h + tanh(drive)}; the output is h through a fixed nonlinearity. */
  private static final class Leaky extends Layer {
    private final Map<String, State> w = new LinkedHashMap<>();
    private final State h;
    private final Drive drive;

    Leaky(Drive drive, int... shape) {
      this.drive = drive;
      this.h = hidden(() -> HostTensor.full(TensorType.of(DType.F64, shape), 0));
    }

    Leaky with(String name, int... dims) {
      Tensor value =
          RandomTensors.normal(RandomKey.of(10 + w.size()), Shape.of(dims), DType.F64).mul(0.5);
      w.put(name, parameter(value));
      return this;
    }

    @Override
    public Tensor update(Tensor x) {
      Tensor old = h.value();
      Tensor next = old.mul(0.8).add(drive.of(w, x, old).tanh());
      h.set(next);
      return next.sin();
    }
  }

  private static Tensor v(Map<String, State> w, String name) {
    return w.get(name).value();
  }

  private static Tensor roll(Tensor t, int by) {
    int n = t.dim(0);
    return Tensor.concat(0, t.slice(0, n - by, n), t.slice(0, 0, n - by));
  }

  private static HostTensor ints(int... values) {
    return HostTensor.of(values, values.length);
  }

  private static Job job(String name, Drive d, Map<String, int[]> weights) {
    return Job.of(
        name,
        IN,
        HIDDEN,
        () -> {
          Leaky m = new Leaky(d, HIDDEN);
          weights.forEach(m::with);
          return m;
        });
  }

  private static Map<String, int[]> dense() {
    return new LinkedHashMap<>(Map.of("w", new int[] {IN, HIDDEN}));
  }

  private static Map<String, int[]> shapes(Object... namesAndShapes) {
    Map<String, int[]> out = new LinkedHashMap<>();
    for (int i = 0; i < namesAndShapes.length; i += 2) {
      out.put((String) namesAndShapes[i], (int[]) namesAndShapes[i + 1]);
    }
    return out;
  }

  private static int[] dims(int... d) {
    return d;
  }

  static List<Job> all() {
    return List.of(
        job("dense", (w, x, h) -> x.matmul(v(w, "w")), dense()),
        job(
            "dense with bias",
            (w, x, h) -> x.matmul(v(w, "w")).add(v(w, "b")),
            shapes("w", dims(IN, HIDDEN), "b", dims(HIDDEN))),
        job("weight on the left", (w, x, h) -> v(w, "w").matmul(x), shapes("w", dims(HIDDEN, IN))),
        job(
            "grouped",
            (w, x, h) ->
                x.reshape(2, IN / 2)
                    .dot(v(w, "w"), new Dot(List.of(1), List.of(1), List.of(0), List.of(0)))
                    .reshape(HIDDEN),
            shapes("w", dims(2, IN / 2, HIDDEN / 2))),
        job(
            "shared over positions",
            (w, x, h) -> x.reshape(2, IN / 2).matmul(v(w, "w")).reshape(HIDDEN),
            shapes("w", dims(IN / 2, HIDDEN / 2))),
        job(
            "shared over positions, transposed",
            (w, x, h) -> x.reshape(2, IN / 2).matmul(v(w, "w")).transpose(1, 0).reshape(HIDDEN),
            shapes("w", dims(IN / 2, HIDDEN / 2))),
        job(
            "einsum over two axes",
            (w, x, h) ->
                Tensor.einsum("ab,abcd->dc", x.reshape(2, IN / 2), v(w, "w")).reshape(HIDDEN),
            shapes("w", dims(2, IN / 2, 2, 3))),
        job(
            "einsum with a shared axis",
            (w, x, h) ->
                Tensor.einsum("ab,acb->ca", x.reshape(2, IN / 2), v(w, "w")).reshape(HIDDEN),
            shapes("w", dims(2, 3, IN / 2))),
        job(
            "scattered into a matrix",
            (w, x, h) ->
                x.matmul(
                    HostTensor.full(TensorType.of(DType.F64, IN * HIDDEN), 0)
                        .addAt(0, ints(0, 2, 7, 9, 16, 21, 23, 3), v(w, "w"))
                        .reshape(IN, HIDDEN)),
            shapes("w", dims(8))),
        job(
            "result scattered to constant positions",
            (w, x, h) ->
                HostTensor.full(TensorType.of(DType.F64, HIDDEN), 0)
                    .addAt(0, ints(4, 0, 3), x.matmul(v(w, "w"))),
            shapes("w", dims(IN, 3))),
        job(
            "sparse product",
            (w, x, h) ->
                new Coo(
                        v(w, "w"),
                        ints(0, 0, 1, 2, 2, 3, 4, 5, 5),
                        ints(1, 3, 0, 0, 2, 3, 1, 0, 2),
                        HIDDEN,
                        IN)
                    .matmul(x),
            shapes("w", dims(9))),
        job(
            "gain, bias and time constant",
            (w, x, h) ->
                Tensor.concat(0, x, x.slice(0, 0, HIDDEN - IN))
                    .mul(v(w, "gain"))
                    .add(v(w, "bias"))
                    .sub(h.mul(v(w, "tau").sigmoid())),
            shapes("gain", dims(HIDDEN), "bias", dims(HIDDEN), "tau", dims(HIDDEN))),
        job(
            "one gain for all positions",
            (w, x, h) ->
                Tensor.concat(0, x, x.slice(0, 0, 2)).mul(v(w, "gain").broadcastTo(HIDDEN)),
            shapes("gain", dims(1))),
        job(
            "threshold",
            (w, x, h) -> h.sub(v(w, "threshold")).softplus().add(x.sum()),
            shapes("threshold", dims(HIDDEN))),
        job(
            "masked",
            (w, x, h) ->
                x.matmul(
                    v(w, "w")
                        .mul(
                            RandomTensors.bernoulli(RandomKey.of(3), 0.5, Shape.of(IN, HIDDEN))
                                .cast(DType.F64))),
            dense()),
        job("absolute value", (w, x, h) -> x.matmul(v(w, "w").abs()), dense()),
        job(
            "normalised",
            (w, x, h) -> {
              Tensor raw = v(w, "w");
              Tensor norm = raw.square().sum(0).add(1e-3).sqrt();
              return x.matmul(raw.div(norm));
            },
            dense()),
        job(
            "low rank",
            (w, x, h) ->
                x.matmul(v(w, "w")).add(x.matmul(v(w, "down")).matmul(v(w, "up")).mul(0.5)),
            shapes("w", dims(IN, HIDDEN), "down", dims(IN, 2), "up", dims(2, HIDDEN))),
        job(
            "low rank, scaled inside",
            (w, x, h) -> x.matmul(v(w, "down")).mul(0.5).matmul(v(w, "up")),
            shapes("down", dims(IN, 2), "up", dims(2, HIDDEN))),
        job(
            "used at two sites",
            (w, x, h) -> x.matmul(v(w, "w")).add(x.square().matmul(v(w, "w")).sin()),
            dense()),
        job(
            "used through a site and plainly",
            (w, x, h) -> x.matmul(v(w, "w")).add(v(w, "w").get(0).mul(h)),
            dense()),
        job(
            "partly detached",
            (w, x, h) ->
                x.matmul(
                    Tensor.concat(
                        0, v(w, "w").slice(0, 0, 2), v(w, "w").slice(0, 2, IN).stopGradient())),
            dense()),
        job("rolled", (w, x, h) -> roll(x.matmul(v(w, "w")), 2), dense()),
        job("rolled after a function", (w, x, h) -> roll(x.matmul(v(w, "w")).sin(), 1), dense()),
        job(
            "rolled and plain",
            (w, x, h) -> {
              Tensor y = x.matmul(v(w, "w"));
              return y.add(roll(y, 1).mul(0.5));
            },
            dense()),
        job(
            "taken at constant positions",
            (w, x, h) -> x.matmul(v(w, "w")).take(ints(3, 3, 0, 1, 5, 2), 0),
            dense()),
        job(
            "gates in one product",
            (w, x, h) -> {
              Tensor y = x.matmul(v(w, "w")).add(v(w, "b"));
              Tensor a = y.slice(0, 0, HIDDEN).sigmoid();
              return a.mul(y.slice(0, HIDDEN, 2 * HIDDEN));
            },
            shapes("w", dims(IN, 2 * HIDDEN), "b", dims(2 * HIDDEN))),
        job(
            "joined from two products",
            (w, x, h) -> Tensor.concat(0, x.matmul(v(w, "u")), x.square().matmul(v(w, "w")).sin()),
            shapes("u", dims(IN, 2), "w", dims(IN, HIDDEN - 2))),
        job("reversed", (w, x, h) -> x.matmul(v(w, "w")).reverse(0), dense()),
        job(
            "reshaped and back",
            (w, x, h) -> x.matmul(v(w, "w")).reshape(2, 3).sin().reshape(HIDDEN),
            dense()),
        job(
            "a choice",
            (w, x, h) ->
                Engram.cond(
                    x.get(0).gt(0), () -> x.matmul(v(w, "w")), () -> x.matmul(v(w, "u")).sin()),
            shapes("w", dims(IN, HIDDEN), "u", dims(IN, HIDDEN))),
        job(
            "small steps",
            (w, x, h) -> {
              Tensor y = x.matmul(v(w, "w"));
              return Engram.<Tensor, Tensor>scan(
                      (Tensor s) -> new StepResult<>(s.add(y.sub(s).tanh().mul(0.2)), s.sum()),
                      h,
                      3)
                  .carry();
            },
            dense()),
        job(
            "a map over positions",
            (w, x, h) ->
                Engram.<Tensor, Tensor, Tensor>vmap((a, b) -> a.mul(b).tanh())
                    .apply(x.matmul(v(w, "w")), v(w, "gain")),
            shapes("w", dims(IN, HIDDEN), "gain", dims(HIDDEN))),
        job(
            "nested compilation",
            (w, x, h) -> Engram.<Tensor, Tensor>jit(a -> a.matmul(v(w, "w")).sin()).apply(x),
            dense()),
        lookup());
  }

  private static Job lookup() {
    Tensor ids = RandomTensors.integers(RandomKey.of(4), Shape.of(Job.STEPS, Job.BATCH), 0, 5);
    return job("lookup", (w, x, h) -> v(w, "table").take(x, 0), shapes("table", dims(5, HIDDEN)))
        .withInputs(ids);
  }
}
