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
import dev.engram.ir.tensor.Moves;
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
    if (in < 1
        || out < 1
        || sources.dtype() != DType.I32
        || !sources.shape().equals(Shape.of(out, degree))) {
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
    for (long k = 0; k < sources.type().size(); k++) {
      long i = sources.getLong(k);
      if (i < 0 || i > in) {
        throw new TypeException(
            "Connectivity: output %d is connected to input %d, expected 0 to %d, or %d for none (%s)"
                .formatted(k / degree, i, in - 1, in, SourceLocation.here()));
      }
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

  /** {@link #fixedInDegree(int, int, int, boolean, RandomKey)} that may connect i with i. */
  public static Connectivity fixedInDegree(int in, int out, int degree, RandomKey key) {
    return fixedInDegree(in, out, degree, true, key);
  }

  /**
   * Connects each output to {@code degree} different random inputs.
   *
   * @param includeSelf false if output i is not connected to input i; there are then as many inputs
   *     as outputs
   */
  public static Connectivity fixedInDegree(
      int in, int out, int degree, boolean includeSelf, RandomKey key) {
    int[] table = choices("fixedInDegree", out, in, degree, includeSelf, key);
    return new Connectivity(in, out, degree, HostTensor.of(table, out, degree));
  }

  /** {@link #fixedOutDegree(int, int, int, boolean, RandomKey)} that may connect i with i. */
  public static Connectivity fixedOutDegree(int in, int out, int degree, RandomKey key) {
    return fixedOutDegree(in, out, degree, true, key);
  }

  /**
   * Connects each input to {@code degree} different random outputs.
   *
   * @param includeSelf false if input i is not connected to output i; there are then as many inputs
   *     as outputs
   */
  public static Connectivity fixedOutDegree(
      int in, int out, int degree, boolean includeSelf, RandomKey key) {
    int[] targets = choices("fixedOutDegree", in, out, degree, includeSelf, key);
    Fan fan = Fan.of(targets, in, degree, out);
    return new Connectivity(in, out, fan.degree(), HostTensor.of(fan.table(), out, fan.degree()));
  }

  // For each of n rows `degree` different numbers below `of`, ascending.
  private static int[] choices(
      String who, int n, int of, int degree, boolean includeSelf, RandomKey key) {
    String name = "Connectivity." + who;
    Ranges.atLeastOne(name, "in", who.equals("fixedInDegree") ? of : n);
    Ranges.atLeastOne(name, "out", who.equals("fixedInDegree") ? n : of);
    square(who, n, of, includeSelf);
    int others = includeSelf ? of : of - 1;
    if (degree < 0 || degree > others) {
      throw new TypeException(
          who
              + ": degree="
              + degree
              + ", expected 0 to "
              + (who.equals("fixedInDegree") ? "in=" : "out=")
              + of
              + (includeSelf ? "" : " less 1")
              + " ("
              + SourceLocation.here()
              + ")");
    }
    int[] table = new int[Moves.length(name, "the connections", (long) n * degree)];
    SplittableRandom random = random(name, key);
    int[] pool = new int[others];
    Arrays.setAll(pool, i -> i);
    for (int j = 0; j < n; j++) {
      int first = j * degree;
      // The first steps of a Fisher-Yates shuffle.
      for (int k = 0; k < degree; k++) {
        int at = random.nextInt(k, others);
        int taken = pool[at];
        pool[at] = pool[k];
        pool[k] = taken;
        table[first + k] = includeSelf || taken < j ? taken : taken + 1;
      }
      Arrays.sort(table, first, first + degree);
    }
    return table;
  }

  private static void square(String who, int in, int out, boolean includeSelf) {
    if (!includeSelf && in != out) {
      throw new TypeException(
          who
              + ": in="
              + in
              + ", out="
              + out
              + ", expected as many outputs as inputs where none is connected to itself ("
              + SourceLocation.here()
              + ")");
    }
  }

  /** {@link #random(int, int, double, boolean, RandomKey)} that may connect i with i. */
  public static Connectivity random(int in, int out, double p, RandomKey key) {
    return random(in, out, p, true, key);
  }

  /**
   * Connects each pair with probability {@code p}.
   *
   * @param includeSelf false if output i is not connected to input i; there are then as many inputs
   *     as outputs
   */
  public static Connectivity random(int in, int out, double p, boolean includeSelf, RandomKey key) {
    Ranges.atLeastOne("Connectivity.random", "in", in);
    Ranges.atLeastOne("Connectivity.random", "out", out);
    Ranges.share("Connectivity.random", "p", p);
    square("random", in, out, includeSelf);
    SplittableRandom random = random("Connectivity.random", key);
    Lists lists = new Lists(in, out);
    int others = includeSelf ? in : in - 1;
    for (int j = 0; j < out; j++) {
      for (long i = Skips.next(random, p); i < others; i += 1 + Skips.next(random, p)) {
        lists.add((int) (includeSelf || i < j ? i : i + 1));
      }
      lists.end();
    }
    return lists.connectivity();
  }

  /**
   * A small world: n neurons on a ring, each connected with the {@code k} nearest ones in both
   * directions; each of these {@code nk/2} pairs is then rewired with probability {@code p}, from
   * its first neuron to one drawn from all that it is not connected with (Watts and Strogatz 1998,
   * Collective dynamics of 'small-world' networks).
   *
   * @param k even, less than n
   */
  public static Connectivity smallWorld(int n, int k, double p, RandomKey key) {
    Ranges.atLeastOne("Connectivity.smallWorld", "n", n);
    Ranges.share("Connectivity.smallWorld", "p", p);
    Given.given("Connectivity.smallWorld", "key", key);
    if (k < 0 || k >= n || k % 2 != 0) {
      throw new TypeException(
          "smallWorld: k="
              + k
              + ", expected an even number from 0 to less than n="
              + n
              + " ("
              + SourceLocation.here()
              + ")");
    }
    return SmallWorld.of(n, k, p, random("Connectivity.smallWorld", key));
  }

  /**
   * Connects each pair with the probability that {@code profile} has at their distance.
   *
   * @param profile at most 1
   */
  public static Connectivity distanceDependent(Places places, Profile profile, RandomKey key) {
    Given.given("Connectivity.distanceDependent", "places", places);
    Given.given("Connectivity.distanceDependent", "profile", profile);
    return new Distances(places, profile).pairs(random("Connectivity.distanceDependent", key));
  }

  /**
   * Connects each output to {@code degree} different inputs, drawn one after the other in
   * proportion to what {@code profile} has at their distance.
   *
   * @throws TypeException when fewer inputs are within the profile's reach of an output
   */
  public static Connectivity distanceInDegree(
      Places places, Profile profile, int degree, RandomKey key) {
    Given.given("Connectivity.distanceInDegree", "places", places);
    Given.given("Connectivity.distanceInDegree", "profile", profile);
    Ranges.atLeast("Connectivity.distanceInDegree", "degree", degree, 0);
    return new Distances(places, profile)
        .degrees(degree, random("Connectivity.distanceInDegree", key));
  }

  private static SplittableRandom random(String who, RandomKey key) {
    Given.given(who, "key", key);
    double[] u = RandomTensors.uniform(key, Shape.of(1), DType.F64).host().toDoubles();
    return new SplittableRandom(Double.doubleToLongBits(u[0]));
  }

  private int[] numbers() {
    int[] all = new int[Moves.length("Connectivity", "the connections", sources.type().size())];
    Arrays.setAll(all, i -> (int) sources.bits(i));
    return all;
  }

  /** Returns the number of connections. */
  public long count() {
    return Arrays.stream(numbers()).filter(i -> i < in).count();
  }

  /**
   * Returns the outputs that each input is connected to, ascending: {@code i32[in, degree]} with
   * the largest number of them; shorter lists are padded with the number {@code out}.
   */
  public HostTensor targets() {
    Fan fan = Fan.of(numbers(), out, degree, in);
    return HostTensor.of(fan.table(), in, fan.degree());
  }

  /**
   * The other direction of a table of lists.
   *
   * @param degree the length of the longest list
   * @param table one list after the other, padded
   */
  private record Fan(int degree, int[] table) {

    /**
     * Returns for each of {@code m} numbers the rows that have it.
     *
     * @param table {@code n} rows of {@code degree}; numbers that are not below m are padding
     */
    static Fan of(int[] table, int n, int degree, int m) {
      int[] counts = new int[m];
      for (int i : table) {
        if (i < m) {
          counts[i]++;
        }
      }
      int most = Arrays.stream(counts).max().orElse(0);
      int[] back = new int[Moves.length("Connectivity", "the connections", (long) m * most)];
      Arrays.fill(back, n);
      Arrays.fill(counts, 0);
      for (int j = 0; j < n; j++) {
        for (int k = 0; k < degree; k++) {
          int i = table[j * degree + k];
          if (i < m) {
            back[i * most + counts[i]++] = j;
          }
        }
      }
      return new Fan(most, back);
    }
  }
}
