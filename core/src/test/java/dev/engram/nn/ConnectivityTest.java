package dev.engram.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.RandomKey;
import dev.engram.ir.HostTensor;
import dev.engram.ir.TypeException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.apache.commons.math3.distribution.BinomialDistribution;
import org.junit.jupiter.api.Test;

/** Random connections: degrees, no doubles, and how often each is drawn. */
class ConnectivityTest {
  private static final RandomKey KEY = RandomKey.of(5);

  /** So unlikely a count is no chance. */
  private static final double RARE = 1e-6;

  private static int[][] lists(Connectivity c) {
    int[][] all = new int[c.out()][];
    for (int j = 0; j < c.out(); j++) {
      int row = j * c.degree();
      all[j] =
          IntStream.range(row, row + c.degree())
              .map(k -> (int) c.sources().getLong(k))
              .filter(i -> i < c.in())
              .toArray();
      int[] sorted = Arrays.stream(all[j]).sorted().distinct().toArray();
      assertArrayEquals(sorted, all[j], "ascending and no doubles, output " + j);
    }
    return all;
  }

  private static int[] outDegrees(Connectivity c) {
    int[] n = new int[c.in()];
    Arrays.stream(lists(c)).flatMapToInt(Arrays::stream).forEach(i -> n[i]++);
    return n;
  }

  private static boolean probable(long count, int trials, double p) {
    BinomialDistribution b = new BinomialDistribution(null, trials, p);
    return b.cumulativeProbability((int) count) > RARE
        && 1 - b.cumulativeProbability((int) count - 1) > RARE;
  }

  private static long selves(Connectivity c) {
    int[][] all = lists(c);
    return IntStream.range(0, c.out())
        .filter(j -> Arrays.stream(all[j]).anyMatch(i -> i == j))
        .count();
  }

  @Test
  void inDegreesAreFixed() {
    Connectivity c = Connectivity.fixedInDegree(200, 300, 20, KEY);
    assertTrue(Arrays.stream(lists(c)).allMatch(l -> l.length == 20));
    // each input is in the list of an output with probability 0.1
    assertTrue(Arrays.stream(outDegrees(c)).allMatch(n -> probable(n, 300, 0.1)));
    assertFalse(Arrays.stream(outDegrees(c)).allMatch(n -> probable(n, 300, 0.2)), "control");
  }

  @Test
  void outDegreesAreFixed() {
    Connectivity c = Connectivity.fixedOutDegree(200, 300, 30, KEY);
    assertTrue(Arrays.stream(outDegrees(c)).allMatch(n -> n == 30));
    assertTrue(Arrays.stream(lists(c)).allMatch(l -> probable(l.length, 200, 0.1)));
    assertEquals(List.of(200, 30), c.targets().shape().dims());
  }

  @Test
  void nobodyIsConnectedToItselfWhereThatIsAsked() {
    List<Connectivity> without =
        List.of(
            Connectivity.fixedInDegree(100, 100, 50, false, KEY),
            Connectivity.fixedInDegree(10, 10, 9, false, KEY),
            Connectivity.fixedOutDegree(100, 100, 50, false, KEY),
            Connectivity.random(100, 100, 0.5, false, KEY),
            Connectivity.random(10, 10, 1, false, KEY),
            Connectivity.smallWorld(100, 10, 0.5, KEY));
    for (Connectivity c : without) {
      assertEquals(0, selves(c));
    }
    assertEquals(90, without.get(1).count());
    assertEquals(90, without.get(4).count());
    assertTrue(probable(selves(Connectivity.fixedInDegree(100, 100, 50, KEY)), 100, 0.5));
    assertTrue(probable(selves(Connectivity.random(100, 100, 0.5, KEY)), 100, 0.5));
    String e =
        assertThrows(TypeException.class, () -> Connectivity.random(3, 4, 0.5, false, KEY))
            .getMessage();
    assertTrue(e.contains("as many outputs as inputs"), e);
  }

  @Test
  void pairsAreDrawnWithTheirProbability() {
    for (double p : new double[] {0.001, 0.05, 0.6}) {
      Connectivity c = Connectivity.random(400, 500, p, KEY);
      assertTrue(probable(c.count(), 200_000, p), "p=" + p);
      int[] of = outDegrees(c);
      assertTrue(Arrays.stream(of).allMatch(n -> probable(n, 500, p)), "inputs, p=" + p);
      assertFalse(probable(c.count(), 200_000, 1.5 * p), "control");
    }
    assertEquals(0, Connectivity.random(30, 20, 0, KEY).count());
    assertEquals(600, Connectivity.random(30, 20, 1, KEY).count());
  }

  @Test
  void aSmallWorldIsARingThatIsRewired() {
    int n = 100;
    int[][] ring = lists(Connectivity.smallWorld(n, 6, 0, KEY));
    for (int u = 0; u < n; u++) {
      int center = u;
      int[] near =
          IntStream.of(-3, -2, -1, 1, 2, 3)
              .map(d -> Math.floorMod(center + d, n))
              .sorted()
              .toArray();
      assertArrayEquals(near, ring[u]);
    }
    for (double p : new double[] {0.1, 1}) {
      Connectivity c = Connectivity.smallWorld(1000, 10, p, KEY);
      int[][] all = lists(c);
      assertEquals(10_000, c.count());
      Set<Long> pairs = new HashSet<>();
      int far = 0;
      for (int u = 0; u < 1000; u++) {
        assertTrue(all[u].length >= 5, "its own k/2 stay");
        for (int v : all[u]) {
          pairs.add(1000L * u + v);
          int d = Math.floorMod(u - v, 1000);
          far += Math.min(d, 1000 - d) > 5 ? 1 : 0;
        }
      }
      assertTrue(pairs.stream().allMatch(q -> pairs.contains(1000 * (q % 1000) + q / 1000)));
      // five standard deviations; hardly a rewired pair ends nearby again
      double sd = Math.sqrt(5000 * p * (1 - p));
      assertEquals(5000 * p, far / 2.0, 5 * sd + 0.01 * 5000 * p, far + " far");
    }
    assertThrows(TypeException.class, () -> Connectivity.smallWorld(10, 3, 0.1, KEY));
    assertThrows(TypeException.class, () -> Connectivity.smallWorld(4, 4, 0.1, KEY));
    // all are connected with all: nothing to rewire to
    assertEquals(20, Connectivity.smallWorld(5, 4, 1, KEY).count());
  }

  private static HostTensor positions(int n, int axes, double side) {
    SplittableRandom random = new SplittableRandom(n + axes);
    return HostTensor.of(random.doubles((long) n * axes, 0, side).toArray(), n, axes);
  }

  private static double distance(HostTensor a, int i, HostTensor b, int j, double side) {
    int axes = a.dim(1);
    double sum = 0;
    for (int k = 0; k < axes; k++) {
      double d = Math.abs(a.getDouble((long) i * axes + k) - b.getDouble((long) j * axes + k));
      double m = side > 0 ? Math.min(d, side - d) : d;
      sum += m * m;
    }
    return Math.sqrt(sum);
  }

  /** In each of ten bands of distance as many are connected as the profile says. */
  private static void checkBands(
      Connectivity c, HostTensor in, HostTensor out, double side, double reach, Profile profile) {
    int bands = 10;
    double[] expected = new double[bands];
    double[] variance = new double[bands];
    int[] found = new int[bands];
    int[][] all = lists(c);
    for (int j = 0; j < c.out(); j++) {
      Set<Integer> list = new HashSet<>(Arrays.stream(all[j]).boxed().toList());
      IntPredicate has = list::contains;
      for (int i = 0; i < c.in(); i++) {
        double d = distance(in, i, out, j, side);
        int b = (int) (d / reach * bands);
        double p = d <= profile.reach() ? profile.at().applyAsDouble(d) : 0;
        if (b < bands) {
          expected[b] += p;
          variance[b] += p * (1 - p);
          found[b] += has.test(i) ? 1 : 0;
        } else {
          assertFalse(has.test(i) && p == 0, "beyond the reach");
        }
      }
    }
    for (int b = 0; b < bands; b++) {
      // five standard deviations, and a little for the tails of rare ones
      assertEquals(expected[b], found[b], 5 * Math.sqrt(variance[b]) + 3, "band " + b);
    }
    assertTrue(expected[0] > 50, "control: " + expected[0]);
  }

  @Test
  void probabilitiesFallWithDistance() {
    HostTensor in = positions(1500, 2, 1);
    HostTensor out = positions(700, 2, 1);
    Profile gauss = Profile.gaussian(0.08).times(0.7);
    Places plane = Places.of(in, out);
    checkBands(Connectivity.distanceDependent(plane, gauss, KEY), in, out, 0, 0.3, gauss);
    checkBands(Connectivity.distanceDependent(plane.torus(1), gauss, KEY), in, out, 1, 0.3, gauss);
    Profile exponential = Profile.exponential(0.1).within(0.25);
    checkBands(
        Connectivity.distanceDependent(plane, exponential, KEY), in, out, 0, 0.3, exponential);
    Profile disc = Profile.disc(0.2).times(0.3);
    checkBands(Connectivity.distanceDependent(plane.torus(1), disc, KEY), in, out, 1, 0.3, disc);
    for (int axes : new int[] {1, 3}) {
      HostTensor x = positions(1000, axes, 2);
      HostTensor y = positions(500, axes, 2);
      Profile wide = Profile.gaussian(0.3);
      checkBands(
          Connectivity.distanceDependent(Places.of(x, y).torus(2), wide, KEY), x, y, 2, 1, wide);
    }
    // Control: another width is found.
    Connectivity other =
        Connectivity.distanceDependent(plane, Profile.gaussian(0.1).times(0.7), KEY);
    assertThrows(AssertionError.class, () -> checkBands(other, in, out, 0, 0.3, gauss));
  }

  /** One input for each output, in proportion to the profile, many times over. */
  @Test
  void inputsAreDrawnInProportion() {
    HostTensor in = positions(300, 2, 1);
    int outs = 20_000;
    double[] same = new double[2 * outs];
    Arrays.fill(same, 0.4);
    HostTensor out = HostTensor.of(same, outs, 2);
    Profile profile = Profile.gaussian(0.15);
    Connectivity one = Connectivity.distanceInDegree(Places.of(in, out).torus(1), profile, 1, KEY);
    double sum = 0;
    for (int i = 0; i < 300; i++) {
      sum += profile.at().applyAsDouble(distance(in, i, out, 0, 1));
    }
    int[] drawn = outDegrees(one);
    for (int i = 0; i < 300; i++) {
      double p = profile.at().applyAsDouble(distance(in, i, out, 0, 1)) / sum;
      assertTrue(probable(drawn[i], outs, p), "input " + i + ": " + drawn[i] + " of p=" + p);
    }
    // two: the second one from what is left
    Connectivity two = Connectivity.distanceInDegree(Places.of(in, out).torus(1), profile, 2, KEY);
    int[] of = outDegrees(two);
    for (int i = 0; i < 300; i++) {
      double p = profile.at().applyAsDouble(distance(in, i, out, 0, 1)) / sum;
      double second = 0;
      for (int k = 0; k < 300; k++) {
        double q = profile.at().applyAsDouble(distance(in, k, out, 0, 1)) / sum;
        second += k == i ? 0 : q * p / (1 - q);
      }
      assertTrue(probable(of[i], outs, p + second), "input " + i);
    }
  }

  @Test
  void inDegreesByDistance() {
    HostTensor at = positions(500, 2, 1);
    Connectivity c = Connectivity.distanceInDegree(Places.of(at), Profile.gaussian(0.1), 40, KEY);
    assertTrue(Arrays.stream(lists(c)).allMatch(l -> l.length == 40));
    assertEquals(0, selves(c));
    double mean =
        IntStream.range(0, 500)
            .mapToDouble(
                j ->
                    Arrays.stream(lists(c)[j])
                        .mapToDouble(i -> distance(at, i, at, j, 0))
                        .average()
                        .orElseThrow())
            .average()
            .orElseThrow();
    assertTrue(mean < 0.2, "near: " + mean);
    String e =
        assertThrows(
                TypeException.class,
                () -> Connectivity.distanceInDegree(Places.of(at), Profile.disc(0.05), 40, KEY))
            .getMessage();
    assertTrue(e.contains("inputs within reach"), e);
    // all of those within reach
    Connectivity all = Connectivity.distanceInDegree(Places.of(at), Profile.gaussian(1), 499, KEY);
    assertEquals(500 * 499, all.count());
  }

  @Test
  void mistakesAreTold() {
    HostTensor at = positions(50, 2, 1);
    Profile rising = new Profile(d -> 0.1 + d, 1);
    String e =
        assertThrows(
                TypeException.class,
                () -> Connectivity.distanceDependent(Places.of(at), rising, KEY))
            .getMessage();
    assertTrue(e.contains("a profile must not rise"), e);
    String most =
        assertThrows(
                TypeException.class,
                () ->
                    Connectivity.distanceDependent(
                        Places.of(at), Profile.gaussian(1).times(2), KEY))
            .getMessage();
    assertTrue(most.contains("at most 1"), most);
    String outside = assertThrows(TypeException.class, () -> Places.of(at).torus(0.5)).getMessage();
    assertTrue(outside.contains("expected 0 to less than the side 0.5"), outside);
    assertThrows(TypeException.class, () -> Places.of(at, positions(50, 3, 1)));
    assertThrows(TypeException.class, () -> Connectivity.fixedOutDegree(5, 4, 5, KEY));
    assertThrows(TypeException.class, () -> Connectivity.fixedInDegree(5, 5, 5, false, KEY));
  }

  @Test
  void targetsAreTheOtherDirection() {
    Connectivity c = Connectivity.of(4, List.of(new int[] {3, 1}, new int[] {1}, new int[] {}));
    assertEquals("[[3, 3], [0, 1], [3, 3], [0, 3]]", rows(c.targets()));
    assertEquals(3, c.count());
  }

  private static String rows(HostTensor t) {
    return Arrays.toString(
        IntStream.range(0, t.dim(0))
            .mapToObj(
                i ->
                    IntStream.range(0, t.dim(1))
                        .mapToObj(k -> t.getLong((long) i * t.dim(1) + k))
                        .toList())
            .toArray());
  }

  /** A key gives the same connections everywhere and always. */
  @Test
  void keysGiveTheSameConnections() {
    List<Integer> hashes =
        List.of(
            hash(Connectivity.fixedInDegree(30, 20, 5, KEY)),
            hash(Connectivity.fixedOutDegree(30, 20, 5, KEY)),
            hash(Connectivity.random(30, 20, 0.2, KEY)),
            hash(Connectivity.smallWorld(30, 4, 0.3, KEY)),
            hash(
                Connectivity.distanceDependent(
                    Places.of(positions(100, 2, 1)), Profile.gaussian(0.2), KEY)),
            hash(
                Connectivity.distanceInDegree(
                    Places.of(positions(100, 2, 1)), Profile.gaussian(0.2), 10, KEY)));
    assertEquals(
        List.of(-1381923501, -2110793840, -431066734, 781155509, 976199751, -1610914168), hashes);
  }

  private static int hash(Connectivity c) {
    return Arrays.hashCode(c.sources().toLongs());
  }

  private static String refused(Runnable f) {
    return assertThrows(TypeException.class, f::run).getMessage();
  }

  /** Of a profile only ratios matter, but they must be numbers, and it must not rise. */
  @Test
  void profilesThatCannotBeAreRefused() {
    SplittableRandom random = new SplittableRandom(1);
    double[][] points = new double[300][];
    Arrays.setAll(points, i -> new double[] {random.nextDouble(), random.nextDouble()});
    Places places = Places.of(HostTensor.of(points));
    Profile infinite = new Profile(d -> 1 / d, 1);
    assertTrue(
        refused(() -> Connectivity.distanceInDegree(places, infinite, 5, KEY))
            .startsWith("Profile: Infinity at the distance 0.0, expected a finite number"));
    Profile huge = Profile.gaussian(1).times(1e308);
    assertTrue(
        refused(() -> Connectivity.distanceInDegree(places, huge, 5, KEY))
            .contains("is too large to be summed"));
    Profile rising = new Profile(d -> Math.min(1, d), 2);
    assertTrue(
        refused(() -> Connectivity.distanceDependent(places, rising, KEY))
            .endsWith("a profile must not rise"));
    Profile large = Profile.gaussian(1).times(1e300);
    assertEquals(5 * 300, Connectivity.distanceInDegree(places, large, 5, KEY).count());
    Profile narrow = Profile.gaussian(1e-200);
    assertEquals(300, Connectivity.distanceDependent(places.self(true), narrow, KEY).count());
  }

  @Test
  void tablesOfOthersAreChecked() {
    String floats =
        refused(() -> new Connectivity(3, 1, 2, HostTensor.of(new float[] {0, 1}, 1, 2)));
    assertTrue(floats.contains("sources f32[1,2], expected at least 1 and i32[1,2]"), floats);
    String negative =
        refused(() -> new Connectivity(3, 1, 2, HostTensor.of(new int[] {-1, 1}, 1, 2)));
    assertTrue(
        negative.startsWith(
            "Connectivity: output 0 is connected to input -1, expected 0 to 2, or 3 for none"),
        negative);
    assertEquals(1, new Connectivity(3, 1, 2, HostTensor.of(new int[] {3, 1}, 1, 2)).count());
  }
}
