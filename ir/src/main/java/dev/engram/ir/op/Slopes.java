package dev.engram.ir.op;

import dev.engram.ir.Tensor;

/**
 * Parts of the partial derivatives of {@link Rows} that take care: no square leaves the range of
 * the type where the result does not, no difference cancels, and neither happens in the derivatives
 * of these formulas. How close they come stands in docs/DERIVATIVES.md.
 */
final class Slopes {
  private Slopes() {}

  // 1 - x² below ½; (1 - x)(1 + x) above, where x² loses what 1 - x has
  static Tensor oneMinusSquare(Tensor x) {
    Tensor near = x.like(1).sub(x.square());
    return x.abs().lt(0.5).select(near, x.like(1).sub(x).mul(x.add(1)));
  }

  // Where 1 + x² is x² in every type, and 1/x⁴ no number below f32's least yet.
  private static Tensor far(Tensor x) {
    return x.abs().gt(0x1p30);
  }

  // 1 / (1 + x²)
  static Tensor overOnePlusSquare(Tensor x) {
    return far(x).select(x.reciprocal().square(), x.square().add(1).reciprocal());
  }

  // (1 + x²)^(-1/2)
  static Tensor rootOverOnePlusSquare(Tensor x) {
    return far(x).select(x.abs().reciprocal(), x.square().add(1).rsqrt());
  }

  /**
   * {@code x/h} with {@code h = hypot(x, y)}: the cosine of an angle, 0 at the origin. Beyond 45
   * degrees as √(1 - sin²), since the derivative of x/h itself is {@code 1/h - x²/h³}, which
   * cancels there.
   */
  static Tensor cosine(Tensor x, Tensor y, Tensor h) {
    // Halves have a length where h overflows.
    Tensor over = h.eq(Double.POSITIVE_INFINITY);
    Tensor scale = over.select(x.like(0.5), x.like(1));
    Tensor length = over.select(x.mul(scale).hypot(y.mul(scale)), h);
    Tensor sine = y.mul(scale).div(length);
    Tensor flat = x.like(1).sub(sine.square()).sqrt().copySign(x);
    Tensor steep = h.eq(0).select(x.like(0), x.mul(scale).div(length));
    return x.abs().gt(y.abs()).select(flat, steep);
  }

  /**
   * {@code part / (a² + b²)}, where {@code part} is a or b: 0 at the origin and where one of them
   * is infinite.
   */
  static Tensor overSquare(Tensor part, Tensor a, Tensor b) {
    Tensor one = part.like(1);
    // Halves keep h in range.
    Tensor scale = a.abs().max(b.abs()).gt(1).select(part.like(0.5), one).stopGradient();
    Tensor h = a.mul(scale).hypot(b.mul(scale));
    Tensor edge = h.eq(0).or(h.eq(Double.POSITIVE_INFINITY));
    return edge.select(part.like(0), part.mul(scale).div(h).div(h).mul(scale));
  }

  /** {@code e^(-x²)}: the square of what x has above 1/64 is exact, the rest is small. */
  static Tensor gaussian(Tensor x) {
    // e^(-900) is 0 in every type.
    Tensor near = x.clip(-30, 30);
    Tensor high = near.mul(64).round().mul(1.0 / 64);
    Tensor rest = near.sub(high).mul(near.add(high));
    return high.square().neg().exp().mul(rest.neg().exp());
  }

  /** {@code b a^(b-1)}; 0 for a⁰ also where a⁻¹ is infinite. */
  static Tensor powInBase(Tensor a, Tensor b) {
    Tensor power = a.pow(b.sub(1));
    Tensor constant = b.eq(0).and(power.isInf());
    return constant.select(a.like(0), b.mul(power));
  }

  /** {@code y ln a} with {@code y = a^b}; 0 where a power of 0 is 0 or 1, as at infinity. */
  static Tensor powInExponent(Tensor a, Tensor b, Tensor y) {
    Tensor vanishes = y.eq(0).and(a.ge(0)).or(a.eq(0).and(b.eq(0)));
    return vanishes.select(y.like(0), y.mul(a.log()));
  }
}
