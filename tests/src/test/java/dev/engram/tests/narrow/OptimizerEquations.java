package dev.engram.tests.narrow;

import dev.engram.optim.AdaBelief;
import dev.engram.optim.AdaDelta;
import dev.engram.optim.Adafactor;
import dev.engram.optim.Adagrad;
import dev.engram.optim.Adam;
import dev.engram.optim.Adamax;
import dev.engram.optim.AmsGrad;
import dev.engram.optim.Fromage;
import dev.engram.optim.Lamb;
import dev.engram.optim.Lars;
import dev.engram.optim.LearningRate;
import dev.engram.optim.Lion;
import dev.engram.optim.NAdam;
import dev.engram.optim.NovoGrad;
import dev.engram.optim.Optimizer;
import dev.engram.optim.RAdam;
import dev.engram.optim.RmsProp;
import dev.engram.optim.Rprop;
import dev.engram.optim.Sgd;
import dev.engram.optim.SignSgd;
import dev.engram.optim.Sm3;
import dev.engram.optim.Yogi;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.IntToDoubleFunction;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/** One of each optimizer, with its equations in plain numbers. */
final class OptimizerEquations {
  static final double RATE = 0.1;

  /** The steps of all weights, {@code t} counting from 1; {@code m} are the moments of each. */
  interface Equations {
    double[] steps(double[] w, double[] g, double[][] m, int t);
  }

  /** The step of one weight, which does not depend on others. */
  private interface Elementwise extends Equations {
    double step(double w, double g, double[] m, int t);

    @Override
    default double[] steps(double[] w, double[] g, double[][] m, int t) {
      return each(w.length, i -> step(w[i], g[i], m[i], t));
    }
  }

  record Case(Supplier<Optimizer> make, Equations equations) {
    static Case of(Supplier<Optimizer> make, Elementwise equations) {
      return new Case(make, equations);
    }
  }

  private static double[] each(int n, IntToDoubleFunction f) {
    return IntStream.range(0, n).mapToDouble(f).toArray();
  }

  private static double norm(double[] x) {
    return Math.sqrt(Arrays.stream(x).map(v -> v * v).sum());
  }

  private static double rms(double[] x) {
    return norm(x) / Math.sqrt(x.length);
  }

  /** {@code ‖w‖/‖u‖}, or 1 where one of them is 0. */
  private static double ratio(double[] w, double[] u) {
    return norm(w) > 0 && norm(u) > 0 ? norm(w) / norm(u) : 1;
  }

  static final Map<String, Case> CASES = new LinkedHashMap<>();

  private OptimizerEquations() {}

  static {
    LearningRate rate = LearningRate.constant(RATE);
    CASES.put("Adam", new Case(() -> new Adam(RATE), adam(0.9, 0.999, 1e-8, 0)));
    CASES.put("Adam 0", new Case(() -> new Adam(RATE, 0, 0, 1e-8), adam(0, 0, 1e-8, 0)));
    CASES.put(
        "Adam close to 1",
        new Case(() -> new Adam(RATE, 0.99, 1 - 1e-7, 1e-8), adam(0.99, 1 - 1e-7, 1e-8, 0)));
    CASES.put("AdamW", new Case(() -> Adam.withDecay(rate, 0.01), adam(0.9, 0.999, 1e-8, 0.01)));
    CASES.put("RmsProp", new Case(() -> new RmsProp(RATE), rmsProp(0.9, 1e-8, 0)));
    CASES.put(
        "RmsProp slow",
        new Case(() -> new RmsProp(rate, 0.999, 1e-10, 0.9, 0), rmsProp(0.999, 1e-10, 0.9)));
    CASES.put(
        "Adagrad",
        Case.of(
            () -> new Adagrad(RATE),
            (w, g, m, t) -> {
              m[0] += g * g;
              return g / (Math.sqrt(m[0]) + 1e-10);
            }));
    CASES.put(
        "Lion",
        Case.of(
            () -> new Lion(RATE),
            (w, g, m, t) -> {
              double step = Math.signum(0.9 * m[0] + (1 - 0.9) * g);
              m[0] = 0.99 * m[0] + (1 - 0.99) * g;
              return step;
            }));
    CASES.put("Sgd", Case.of(() -> new Sgd(RATE), (w, g, m, t) -> g));
    CASES.put("Sgd 0.999", new Case(() -> new Sgd(RATE, 0.999), momentum(0.999, false)));
    CASES.put("Sgd Nesterov", new Case(() -> new Sgd(rate, 0.9, true, 0), momentum(0.9, true)));
    likeAdam(rate);
    others(rate);
    ofTensors(rate);
  }

  private static void likeAdam(LearningRate rate) {
    CASES.put(
        "NAdam",
        Case.of(
            () -> new NAdam(RATE),
            (w, g, m, t) -> {
              averages(0.9, 0.999, g, m);
              double mean = 0.9 * m[0] / bias(0.9, t + 1) + (1 - 0.9) * g / bias(0.9, t);
              return mean / (Math.sqrt(m[1] / bias(0.999, t)) + 1e-8);
            }));
    CASES.put(
        "AmsGrad",
        Case.of(
            () -> new AmsGrad(rate, 0.9, 0.99, 1e-8, 0.01),
            (w, g, m, t) -> {
              averages(0.9, 0.99, g, m);
              m[2] = Math.max(m[2], m[1] / bias(0.99, t));
              return m[0] / bias(0.9, t) / (Math.sqrt(m[2]) + 1e-8) + 0.01 * w;
            }));
    CASES.put(
        "AdaBelief",
        Case.of(
            () -> new AdaBelief(rate, 0.9, 0.99, 1e-8, 0.01),
            (w, g, m, t) -> {
              m[0] = 0.9 * m[0] + (1 - 0.9) * g;
              m[1] = 0.99 * m[1] + (1 - 0.99) * (g - m[0]) * (g - m[0]) + 1e-8;
              double mean = m[0] / bias(0.9, t);
              return mean / (Math.sqrt(m[1] / bias(0.99, t)) + 1e-8) + 0.01 * w;
            }));
    CASES.put(
        "Yogi",
        Case.of(
            () -> new Yogi(RATE),
            (w, g, m, t) -> {
              if (t == 1) {
                Arrays.fill(m, 1e-6);
              }
              m[0] = 0.9 * m[0] + (1 - 0.9) * g;
              m[1] -= (1 - 0.999) * Math.signum(m[1] - g * g) * g * g;
              return m[0] / bias(0.9, t) / (Math.sqrt(m[1] / bias(0.999, t)) + 1e-3);
            }));
    CASES.put(
        "Adamax",
        Case.of(
            () -> new Adamax(rate, 0.9, 0.99, 1e-8, 0.01),
            (w, g, m, t) -> {
              m[0] = 0.9 * m[0] + (1 - 0.9) * g;
              m[1] = Math.max(0.99 * m[1], Math.abs(g) + 1e-8);
              return m[0] / bias(0.9, t) / m[1] + 0.01 * w;
            }));
    CASES.put(
        "RAdam",
        Case.of(
            () -> new RAdam(RATE),
            (w, g, m, t) -> {
              averages(0.9, 0.999, g, m);
              double mean = m[0] / bias(0.9, t);
              double most = 2 / (1 - 0.999) - 1;
              double rho = most - 2 * t * Math.pow(0.999, t) / bias(0.999, t);
              if (rho < 5) {
                return mean;
              }
              double above = (rho - 4) * (rho - 2) * most;
              double r = Math.sqrt(above / ((most - 4) * (most - 2) * rho));
              return r * mean / (Math.sqrt(m[1] / bias(0.999, t)) + 1e-8);
            }));
  }

  private static void others(LearningRate rate) {
    CASES.put(
        "RmsProp centered",
        Case.of(
            () -> RmsProp.centered(rate, 0.9, 1e-3, 0.5, 0),
            (w, g, m, t) -> {
              m[0] = 0.9 * m[0] + 0.9 * (1 - 0.9) * (g - m[1]) * (g - m[1]);
              m[1] = 0.9 * m[1] + (1 - 0.9) * g;
              m[2] = 0.5 * m[2] + g / (Math.sqrt(m[0]) + 1e-3);
              return m[2];
            }));
    CASES.put(
        "AdaDelta",
        Case.of(
            () -> new AdaDelta(rate, 0.9, 0.01, 0),
            (w, g, m, t) -> {
              m[0] = 0.9 * m[0] + (1 - 0.9) * g * g;
              double u = Math.sqrt(m[1] + 0.01) / Math.sqrt(m[0] + 0.01) * g;
              m[1] = 0.9 * m[1] + (1 - 0.9) * u * u;
              return u;
            }));
    CASES.put("SignSgd", Case.of(() -> new SignSgd(RATE), (w, g, m, t) -> Math.signum(g)));
    CASES.put(
        "Signum",
        Case.of(
            () -> new SignSgd(rate, 0.9, 0.01),
            (w, g, m, t) -> {
              m[0] = 0.9 * m[0] + (1 - 0.9) * g;
              return Math.signum(m[0]) + 0.01 * w;
            }));
    CASES.put(
        "Rprop",
        Case.of(
            () -> new Rprop(0.01, 0.5, 1.2, 1e-6, 0.1),
            (w, g, m, t) -> {
              m[0] = t == 1 ? 0.01 : m[0];
              double turn = Math.signum(g) * m[1];
              m[0] = turn == 0 ? m[0] : Math.clamp(m[0] * (turn > 0 ? 1.2 : 0.5), 1e-6, 0.1);
              m[1] = turn < 0 ? 0 : Math.signum(g);
              return m[1] * m[0] / RATE;
            }));
    CASES.put(
        "Sm3",
        Case.of(
            () -> new Sm3(RATE),
            (w, g, m, t) -> {
              m[0] += g * g;
              m[1] = 0.9 * m[1] + (1 - 0.9) * (m[0] > 0 ? g / Math.sqrt(m[0] + 1e-8) : 0);
              return m[1];
            }));
  }

  /** Those whose steps depend on the length of the whole weight. */
  private static void ofTensors(LearningRate rate) {
    CASES.put(
        "Lamb",
        new Case(
            () -> new Lamb(rate, 0.9, 0.999, 1e-6, 0.01),
            (w, g, m, t) -> {
              double[] u = adam(0.9, 0.999, 1e-6, 0.01).steps(w, g, m, t);
              return each(w.length, i -> ratio(w, u) * u[i]);
            }));
    CASES.put(
        "Lars",
        new Case(
            () -> new Lars(rate, 0.9, 0.1, 0.01),
            (w, g, m, t) -> {
              double[] u = each(w.length, i -> g[i] + 0.01 * w[i]);
              return each(w.length, i -> m[i][0] = 0.9 * m[i][0] + 0.1 * ratio(w, u) * u[i]);
            }));
    CASES.put(
        "Fromage",
        new Case(
            () -> new Fromage(RATE),
            (w, g, m, t) ->
                each(
                    w.length,
                    i -> {
                      double next = w[i] - RATE * ratio(w, g) * g[i];
                      return (w[i] - next / Math.sqrt(1 + RATE * RATE)) / RATE;
                    })));
    CASES.put(
        "NovoGrad",
        new Case(
            () -> new NovoGrad(rate, 0.9, 0.25, 1e-6, 0.01),
            (w, g, m, t) -> {
              double now = norm(g) * norm(g);
              double v = t == 1 ? now : 0.25 * m[0][1] + (1 - 0.25) * now;
              m[0][1] = v;
              return each(
                  w.length,
                  i -> m[i][0] = 0.9 * m[i][0] + g[i] / (Math.sqrt(v) + 1e-6) + 0.01 * w[i]);
            }));
    CASES.put(
        "Adafactor",
        new Case(
            () -> new Adafactor(rate, 128, 0.8, 1, 0.9, 1e-30, 0.01),
            (w, g, m, t) -> {
              double share = Math.pow(t, -0.8);
              double[] u =
                  each(
                      w.length,
                      i -> {
                        m[i][0] = (1 - share) * m[i][0] + share * (g[i] * g[i] + 1e-30);
                        return g[i] / Math.sqrt(m[i][0]);
                      });
              double scale = Math.max(1e-3, rms(w)) / Math.max(1, rms(u));
              return each(
                  w.length,
                  i -> {
                    m[i][1] = 0.9 * m[i][1] + (1 - 0.9) * scale * u[i];
                    return m[i][1] + 0.01 * w[i];
                  });
            }));
  }

  private static double bias(double beta, int t) {
    return -Math.expm1(t * Math.log(beta));
  }

  private static void averages(double b1, double b2, double g, double[] m) {
    m[0] = b1 * m[0] + (1 - b1) * g;
    m[1] = b2 * m[1] + (1 - b2) * g * g;
  }

  static Elementwise adam(double b1, double b2, double epsilon, double decay) {
    return (w, g, m, t) -> {
      m[0] = b1 * m[0] + (1 - b1) * g;
      m[1] = b2 * m[1] + (1 - b2) * g * g;
      double mean = m[0] / -Math.expm1(t * Math.log(b1));
      double square = m[1] / -Math.expm1(t * Math.log(b2));
      return mean / (Math.sqrt(square) + epsilon) + decay * w;
    };
  }

  private static Elementwise rmsProp(double rho, double epsilon, double mu) {
    return (w, g, m, t) -> {
      m[0] = rho * m[0] + (1 - rho) * g * g;
      m[1] = mu * m[1] + g / (Math.sqrt(m[0]) + epsilon);
      return m[1];
    };
  }

  private static Elementwise momentum(double mu, boolean nesterov) {
    return (w, g, m, t) -> {
      m[0] = mu * m[0] + g;
      return nesterov ? mu * m[0] + g : m[0];
    };
  }
}
