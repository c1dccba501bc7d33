package dev.engram.examples;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.HostTensor;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Neighbours fire together, and neurons at random places do not. */
class SparseNetworkTest {

  @Test
  void aPatternForms() {
    int n = 2000;
    HostTensor places = SparseNetwork.places(n);
    double[] rates = SparseNetwork.rates(n, 200, places).host().toDoubles();
    double near = correlation(places, rates, 0.02);
    double[] shuffled = rates.clone();
    SplittableRandom random = new SplittableRandom(1);
    for (int i = n - 1; i > 0; i--) {
      int k = random.nextInt(i + 1);
      double r = shuffled[i];
      shuffled[i] = shuffled[k];
      shuffled[k] = r;
    }
    double control = correlation(places, shuffled, 0.02);
    assertTrue(near > 0.5, "correlation of neighbours " + near);
    assertTrue(Math.abs(control) < 0.2, "shuffled " + control);
  }

  /** Of the rates of neurons that are less than {@code distance} apart. */
  private static double correlation(HostTensor places, double[] rates, double distance) {
    double mean = 0;
    for (double r : rates) {
      mean += r / rates.length;
    }
    double both = 0;
    double own = 0;
    for (int i = 0; i < rates.length; i++) {
      for (int j = 0; j < i; j++) {
        double x = places.getDouble(2L * i) - places.getDouble(2L * j);
        double y = places.getDouble(2L * i + 1) - places.getDouble(2L * j + 1);
        if (Math.hypot(x, y) < distance) {
          double a = rates[i] - mean;
          double b = rates[j] - mean;
          both += a * b;
          own += (a * a + b * b) / 2;
        }
      }
    }
    return both / own;
  }
}
