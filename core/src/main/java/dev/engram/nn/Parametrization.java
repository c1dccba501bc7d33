package dev.engram.nn;

import dev.engram.ir.EngramException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;
import java.util.Arrays;

/**
 * The map from the parameter that is learned to the weight that is used, such as {@link #positive}
 * or {@link #mask}. The parameter is unconstrained; whatever an optimizer makes of it, the weight
 * has the property.
 *
 * <p>One of your own is a function, such as {@code raw -> raw.tanh()}, where the initializer makes
 * the parameter itself.
 */
@FunctionalInterface
public interface Parametrization {

  /** Returns the weight that is used, of the type of {@code raw}. */
  Tensor weight(Tensor raw);

  /**
   * Returns a parameter for which {@link #weight} is {@code weight}: how an initial weight becomes
   * a parameter. Unless it is overridden, the initial weight is the parameter.
   */
  default Tensor raw(Tensor weight) {
    return Given.given("Parametrization.raw", "weight", weight);
  }

  /** The parameter itself. */
  static Parametrization none() {
    return raw -> raw;
  }

  /** Weights above 0: {@code log(1 + e^raw)}. Initial weights must be above 0. */
  static Parametrization positive() {
    return new Parametrization() {
      @Override
      public Tensor weight(Tensor raw) {
        return raw.softplus();
      }

      @Override
      public Tensor raw(Tensor weight) {
        within("positive", weight, 0, Double.POSITIVE_INFINITY);
        // log(e^w - 1) = w + log(1 - e^-w)
        return weight.add(weight.neg().expm1().neg().log());
      }
    };
  }

  /**
   * Weights between {@code low} and {@code high}: {@code low + (high - low) σ(raw)}. Initial
   * weights must be between them.
   */
  static Parametrization bounded(double low, double high) {
    Ranges.finite("Parametrization.bounded", "low", low);
    Ranges.in(
        "Parametrization.bounded",
        "high",
        high,
        "a finite number above low=" + low,
        x -> x > low && x < Double.POSITIVE_INFINITY);
    return new Parametrization() {
      @Override
      public Tensor weight(Tensor raw) {
        return raw.sigmoid().mul(high - low).add(low);
      }

      @Override
      public Tensor raw(Tensor weight) {
        within("bounded", weight, low, high);
        return weight.sub(low).log().sub(weight.neg().add(high).log());
      }
    };
  }

  /** Elementwise {@code raw · mask}: weights where there is no connection stay 0. */
  static Parametrization mask(Tensor mask) {
    Given.given("Parametrization.mask", "mask", mask);
    return raw -> {
      if (!mask.shape().equals(raw.shape())) {
        throw new TypeException(
            "Parametrization.mask: the mask has type %s, expected the shape of the weight, %s (%s)"
                .formatted(mask.type(), raw.type(), SourceLocation.here()));
      }
      return raw.mul(mask.cast(raw.dtype()));
    };
  }

  /**
   * Dale's law: {@code sign_i |raw_ij|}, so that the weights of each input have its sign.
   *
   * @param signs of the inputs, those of the last axis but one: +1 or -1, as of {@link
   *     SignedLinear#dale}
   */
  static Parametrization signed(double... signs) {
    Given.given("Parametrization.signed", "signs", signs);
    if (Arrays.stream(signs).anyMatch(s -> Math.abs(s) != 1)) {
      throw new EngramException(
          "Parametrization.signed: got %s, expected 1 or -1 for each input (%s)"
              .formatted(Arrays.toString(signs), SourceLocation.here()));
    }
    Tensor each = HostTensor.of(signs.clone(), signs.length, 1);
    return raw -> {
      if (raw.rank() < 2 || raw.dim(-2) != each.dim(0)) {
        throw new TypeException(
            "Parametrization.signed: there are %d signs for a weight of type %s, expected one for each input, the last axis but one (%s)"
                .formatted(each.dim(0), raw.type(), SourceLocation.here()));
      }
      return raw.abs().mul(each.cast(raw.dtype()));
    };
  }

  /** First this, then {@code outer}: {@code outer.weight(weight(raw))}. */
  default Parametrization then(Parametrization outer) {
    Given.given("Parametrization.then", "outer", outer);
    Parametrization inner = this;
    return new Parametrization() {
      @Override
      public Tensor weight(Tensor raw) {
        return outer.weight(inner.weight(raw));
      }

      @Override
      public Tensor raw(Tensor weight) {
        return inner.raw(outer.raw(weight));
      }
    };
  }

  private static void within(String name, Tensor weight, double low, double high) {
    HostTensor at = weight.host();
    for (long i = 0; i < at.type().size(); i++) {
      double w = at.getDouble(i);
      if (!(w > low && w < high)) {
        throw new EngramException(
            "Parametrization.%s: an initial weight is %s, expected one between %s and %s (%s); choose another initializer, such as Initializer.uniform"
                .formatted(name, w, low, high, SourceLocation.here()));
      }
    }
  }
}
