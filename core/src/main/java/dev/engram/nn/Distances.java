package dev.engram.nn;

import dev.engram.ir.HostTensor;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.TypeException;
import dev.engram.ir.tensor.Moves;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Draws connections by distance. Inputs are sorted into the cells of a grid. From a cell to the
 * cells around it a profile has a bound; cells with similar bounds are gone through as one list of
 * inputs, of which candidates are drawn with the bound, and kept with the ratio of their own
 * probability to it (thinning; Devroye 1986, Non-uniform random variate generation, VI.2).
 */
final class Distances {
  /** Inputs of a cell, about. */
  private static final int PER_CELL = 64;

  private static final int MOST_CELLS = 4096;

  /** After so many rounds it is looked whether there are enough inputs at all. */
  private static final int ROUNDS = 4;

  /** Cells whose bounds are between this bound and half of it. */
  private record Band(double bound, List<int[]> offsets) {}

  private final Places places;
  private final Profile profile;
  private final int axes;
  private final double[] in;
  private final double[] out;
  private final double[] low;
  private final double[] cell;
  private final int[] cells;

  /** Inputs cell by cell, and where those of each cell begin. */
  private final int[] sorted;

  private final int[] starts;
  private final List<Band> bands;

  /** For each cell and band what is around it, as far as it has been asked for. */
  private final Near[] @Nullable [] ofCell;

  Distances(Places places, Profile profile) {
    this.places = places;
    this.profile = profile;
    axes = places.inputs().dim(1);
    in = places.inputs().toDoubles();
    out = places.outputs().toDoubles();
    low = new double[axes];
    cell = new double[axes];
    cells = new int[axes];
    grid();
    starts = new int[Arrays.stream(cells).reduce(1, Math::multiplyExact) + 1];
    sorted = new int[in.length / axes];
    sort();
    bands = bands();
    ofCell = new Near[starts.length - 1][];
  }

  private void grid() {
    double n = Math.min(MOST_CELLS, (double) in.length / axes / PER_CELL);
    int each = Math.max(1, (int) Math.floor(StrictMath.pow(n, 1.0 / axes)));
    for (int a = 0; a < axes; a++) {
      double least = 0;
      double length = places.side().orElse(0);
      if (places.side().isEmpty()) {
        least = Math.min(least(in, a, 1), least(out, a, 1));
        length = -Math.min(least(in, a, -1), least(out, a, -1)) - least;
      }
      low[a] = least;
      cells[a] = length > 0 ? each : 1;
      cell[a] = length > 0 ? length / each : 1;
    }
  }

  private double least(double[] x, int a, int sign) {
    double m = Double.POSITIVE_INFINITY;
    for (int i = a; i < x.length; i += axes) {
      m = Math.min(m, sign * x[i]);
    }
    return m;
  }

  private int cellOf(double x, int a) {
    return Math.clamp((long) ((x - low[a]) / cell[a]), 0, cells[a] - 1);
  }

  private void sort() {
    int n = sorted.length;
    int[] at = new int[n];
    for (int i = 0; i < n; i++) {
      int c = 0;
      for (int a = 0; a < axes; a++) {
        c = c * cells[a] + cellOf(in[i * axes + a], a);
      }
      at[i] = c;
      starts[c + 1]++;
    }
    Arrays.parallelPrefix(starts, Integer::sum);
    int[] next = starts.clone();
    for (int i = 0; i < n; i++) {
      sorted[next[at[i]]++] = i;
    }
  }

  // Offsets from a cell to those within reach, the highest bounds first.
  private List<Band> bands() {
    List<int[]> offsets = new ArrayList<>();
    around(new int[axes], 0, offsets);
    offsets.sort(Comparator.comparingDouble(this::apart));
    List<Band> all = new ArrayList<>();
    double before = Double.POSITIVE_INFINITY;
    for (int[] o : offsets) {
      double bound = profile.of(apart(o));
      if (!(bound >= 0 && Double.isFinite(bound))) {
        throw new TypeException(
            "Profile: %s at the distance %s, expected a finite number, at least 0 (%s)"
                .formatted(bound, apart(o), SourceLocation.here()));
      }
      if (bound > before) {
        throw rising(bound, apart(o), before);
      }
      double far = Math.min(farthest(o), profile.reach());
      if (profile.of(far) > bound) {
        throw rising(profile.of(far), far, bound);
      }
      before = bound;
      if (bound > 0) {
        if (all.isEmpty() || bound < all.getLast().bound / 2) {
          all.add(new Band(bound, new ArrayList<>()));
        }
        all.getLast().offsets.add(o);
      }
    }
    return all;
  }

  private void around(int[] o, int a, List<int[]> all) {
    if (a == axes) {
      if (apart(o) <= profile.reach()) {
        all.add(o.clone());
      }
      return;
    }
    int n = cells[a];
    int far = (int) Math.min(n, Math.ceil(profile.reach() / cell[a]) + 1);
    boolean wraps = places.side().isPresent();
    int from = wraps ? -Math.min(far, (n - 1) / 2) : -Math.min(far, n - 1);
    int to = wraps ? Math.min(far, n / 2) : Math.min(far, n - 1);
    for (int i = from; i <= to; i++) {
      o[a] = i;
      around(o, a + 1, all);
    }
    o[a] = 0;
  }

  /** The least distance between positions in cells that are apart by an offset. */
  private double apart(int[] o) {
    double sum = 0;
    for (int a = 0; a < axes; a++) {
      double d = Math.max(0, Math.abs(o[a]) - 1) * cell[a];
      sum += d * d;
    }
    // a little less, for rounding
    return Math.sqrt(sum) * (1 - 1e-9);
  }

  /** The greatest distance between positions in cells that are apart by an offset. */
  private double farthest(int[] o) {
    double sum = 0;
    for (int a = 0; a < axes; a++) {
      double d = (Math.abs(o[a]) + 1) * cell[a];
      sum += d * d;
    }
    return Math.sqrt(sum);
  }

  private static TypeException rising(double value, double distance, double nearer) {
    return new TypeException(
        "Profile: %s at the distance %s, expected at most %s, as nearer by (%s); a profile must not rise"
            .formatted(value, distance, nearer, SourceLocation.here()));
  }

  private double distance(int i, int j) {
    double sum = 0;
    for (int a = 0; a < axes; a++) {
      double d = Math.abs(in[i * axes + a] - out[j * axes + a]);
      if (places.side().isPresent()) {
        d = Math.min(d, places.side().getAsDouble() - d);
      }
      sum += d * d;
    }
    return Math.sqrt(sum);
  }

  /**
   * The inputs of one band around a cell.
   *
   * @param first where those of each cell begin among the sorted ones
   * @param counts how many it has
   * @param all in all cells
   */
  private record Near(int[] first, int[] counts, int all) {}

  private Near[] near(int j) {
    int[] at = new int[axes];
    int c = 0;
    for (int a = 0; a < axes; a++) {
      at[a] = cellOf(out[j * axes + a], a);
      c = c * cells[a] + at[a];
    }
    if (ofCell[c] == null) {
      ofCell[c] = bands.stream().map(b -> near(at, b)).toArray(Near[]::new);
    }
    return ofCell[c];
  }

  private Near near(int[] from, Band b) {
    int[] there =
        b.offsets.stream()
            .mapToInt(o -> cellAt(from, o))
            .filter(c -> c >= 0 && starts[c + 1] > starts[c])
            .toArray();
    int[] first = Arrays.stream(there).map(c -> starts[c]).toArray();
    int[] counts = Arrays.stream(there).map(c -> starts[c + 1] - starts[c]).toArray();
    return new Near(first, counts, Arrays.stream(counts).sum());
  }

  /** The cell at an offset; negative if there is none. */
  private int cellAt(int[] from, int[] o) {
    int c = 0;
    for (int a = 0; a < axes; a++) {
      int at = from[a] + o[a];
      if (places.side().isPresent()) {
        at = Math.floorMod(at, cells[a]);
      } else if (at < 0 || at >= cells[a]) {
        return -1;
      }
      c = c * cells[a] + at;
    }
    return c;
  }

  private boolean excluded(int i, int j) {
    return i == j && !places.includeSelf();
  }

  private interface Chance {
    double of(double profile);
  }

  private interface Taken {
    void input(int i, double profile);
  }

  /** Draws each input of output {@code j} with a probability that rises with its profile. */
  private void draw(int j, Chance chance, SplittableRandom random, Taken taken) {
    Near[] near = near(j);
    for (int k = 0; k < near.length; k++) {
      Band b = bands.get(k);
      double bound = chance.of(b.bound);
      int passed = 0;
      int c = 0;
      long next = Skips.next(random, bound);
      while (next < near[k].all) {
        while (next >= passed + near[k].counts[c]) {
          passed += near[k].counts[c++];
        }
        int i = sorted[near[k].first[c] + (int) next - passed];
        double f = profile.of(distance(i, j));
        double own = chance.of(f);
        if (own > bound) {
          throw rising(f, distance(i, j), b.bound);
        }
        if (random.nextDouble() * bound < own && !excluded(i, j)) {
          taken.input(i, f);
        }
        next += 1 + Skips.next(random, bound);
      }
    }
  }

  Connectivity pairs(SplittableRandom random) {
    double most = profile.of(0);
    if (!(most <= 1)) {
      throw new TypeException(
          "distanceDependent: the profile is %s at the distance 0, expected a probability, at most 1 (%s)"
              .formatted(most, SourceLocation.here()));
    }
    int outs = places.outputs().dim(0);
    Lists lists = new Lists(sorted.length, outs);
    for (int j = 0; j < outs; j++) {
      draw(j, f -> f, random, (i, _) -> lists.add(i));
      lists.end();
    }
    return lists.connectivity();
  }

  /**
   * Draws without replacement as the first arrivals of Poisson processes whose rates are the
   * profile (Efraimidis and Spirakis 2006, Weighted random sampling with a reservoir), in intervals
   * of time in which about as many arrive as are needed.
   */
  Connectivity degrees(int degree, SplittableRandom random) {
    int outs = places.outputs().dim(0);
    int[] table =
        new int[Moves.length("distanceInDegree", "the connections", (long) outs * degree)];
    for (int j = 0; j < outs; j++) {
      int at = j * degree;
      for (int i : first(j, degree, random)) {
        table[at++] = i;
      }
      Arrays.sort(table, j * degree, at);
    }
    return new Connectivity(sorted.length, outs, degree, HostTensor.of(table, outs, degree));
  }

  private record Arrival(int input, double time) {}

  private int[] first(int j, int degree, SplittableRandom random) {
    double sum = 0;
    Near[] near = near(j);
    for (int k = 0; k < near.length; k++) {
      sum += near[k].all * bands.get(k).bound;
    }
    if (!Double.isFinite(sum)) {
      throw new TypeException(
          "distanceInDegree: the profile, %s at the distance 0, is too large to be summed (%s); only ratios matter, make it smaller"
              .formatted(profile.of(0), SourceLocation.here()));
    }
    int[] found = new int[degree];
    int have = 0;
    // enough for most, by the bounds
    double time = degree == 0 ? 0 : (degree + 3 * Math.sqrt(degree) + 3) / sum;
    List<Arrival> round = new ArrayList<>();
    for (int rounds = 0; have < degree; rounds++) {
      if (rounds == ROUNDS || sum == 0) {
        requireReached(j, degree);
      }
      double span = time;
      round.clear();
      draw(
          j,
          f -> -StrictMath.expm1(-f * span),
          random,
          (i, f) -> {
            // an exponential time, given that it is less than the span
            double u = random.nextDouble();
            round.add(new Arrival(i, -StrictMath.log1p(u * StrictMath.expm1(-f * span)) / f));
          });
      round.sort(Comparator.comparingDouble(Arrival::time));
      int before = have;
      for (Arrival r : round) {
        if (have < degree && !contains(found, before, r.input)) {
          found[have++] = r.input;
        }
      }
      time *= 2;
    }
    return found;
  }

  private static boolean contains(int[] found, int n, int i) {
    for (int k = 0; k < n; k++) {
      if (found[k] == i) {
        return true;
      }
    }
    return false;
  }

  private void requireReached(int j, int degree) {
    int n = 0;
    for (int i = 0; i < sorted.length; i++) {
      n += !excluded(i, j) && profile.of(distance(i, j)) > 0 ? 1 : 0;
    }
    if (n < degree) {
      throw new TypeException(
          "distanceInDegree: degree=%d, but output %d has %d inputs within reach, where the profile is not 0 (%s)"
              .formatted(degree, j, n, SourceLocation.here()));
    }
  }
}
