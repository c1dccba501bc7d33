package dev.engram.nn;

import dev.engram.RandomKey;
import dev.engram.RandomTensors;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * The inputs that each output is connected to. All lists have the same length; shorter ones are
 * padded with the number {@code in}, which stands for no input.
 *
 * @param in number of inputs
 * @param out number of outputs
 * @param degree connections of each output
 * @param sources {@code i32[out, degree]}
 */
public record Connectivity(int in, int out, int degree, HostTensor sources) {
  public Connectivity {
    Given.given("Connectivity", "sources", sources);
    if (in < 1 || out < 1 || !sources.shape().equals(Shape.of(out, degree))) {
      throw new TypeException(
          "Connectivity: in="
              + in
              + ", out="
              + out
              + ", sources "
              + sources.type()
              + ", expected at least 1 and i32["
              + out
              + ","
              + degree
              + "] ("
              + SourceLocation.here()
              + ")");
    }
  }

  /** Connects each output to the inputs of its list. */
  public static Connectivity of(int in, List<int[]> sources) {
    Given.all("Connectivity.of", "sources", sources);
    Ranges.atLeastOne("Connectivity", "in", in);
    int degree = sources.stream().mapToInt(s -> s.length).max().orElse(0);
    int[] table = new int[sources.size() * degree];
    Arrays.fill(table, in);
    for (int j = 0; j < sources.size(); j++) {
      for (int i : sources.get(j)) {
        if (i < 0 || i >= in) {
          throw new TypeException(
              "Connectivity: output "
                  + j
                  + " is connected to input "
                  + i
                  + ", expected 0 to "
                  + (in - 1)
                  + " ("
                  + SourceLocation.here()
                  + ")");
        }
      }
      System.arraycopy(sources.get(j), 0, table, j * degree, sources.get(j).length);
    }
    return new Connectivity(
        in, sources.size(), degree, HostTensor.of(table, sources.size(), degree));
  }

  /** Connects each output to {@code degree} different random inputs. */
  public static Connectivity fixedInDegree(int in, int out, int degree, RandomKey key) {
    if (degree < 0 || degree > in) {
      throw new TypeException(
          "fixedInDegree: degree="
              + degree
              + ", expected 0 to in="
              + in
              + " ("
              + SourceLocation.here()
              + ")");
    }
    SplittableRandom random = random(key);
    int[] pool = new int[in];
    Arrays.setAll(pool, i -> i);
    List<int[]> sources = new ArrayList<>();
    for (int j = 0; j < out; j++) {
      // The first steps of a Fisher-Yates shuffle.
      for (int k = 0; k < degree; k++) {
        int at = random.nextInt(k, in);
        int taken = pool[at];
        pool[at] = pool[k];
        pool[k] = taken;
      }
      int[] chosen = Arrays.copyOf(pool, degree);
      Arrays.sort(chosen);
      sources.add(chosen);
    }
    return of(in, sources);
  }

  /** Connects each pair with probability {@code p}. */
  public static Connectivity random(int in, int out, double p, RandomKey key) {
    Ranges.atLeastOne("Connectivity.random", "in", in);
    Ranges.atLeastOne("Connectivity.random", "out", out);
    Ranges.share("Connectivity.random", "p", p);
    SplittableRandom random = random(key);
    List<int[]> sources = new ArrayList<>();
    for (int j = 0; j < out; j++) {
      int[] chosen = new int[in];
      int n = 0;
      for (int i = 0; i < in; i++) {
        if (random.nextDouble() < p) {
          chosen[n++] = i;
        }
      }
      sources.add(Arrays.copyOf(chosen, n));
    }
    return of(in, sources);
  }

  private static SplittableRandom random(RandomKey key) {
    double[] u = RandomTensors.uniform(key, Shape.of(1), DType.F64).host().toDoubles();
    return new SplittableRandom(Double.doubleToLongBits(u[0]));
  }

  /** Returns the number of connections. */
  public long count() {
    return Arrays.stream(sources.toLongs()).filter(i -> i < in).count();
  }
}
