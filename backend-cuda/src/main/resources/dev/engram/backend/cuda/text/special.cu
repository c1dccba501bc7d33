// Functions that CUDA's math library lacks, by the same formulas as on the host: see GammaFunction and ErrorFunction.

__device__ inline double eg_erf_inverse_guess(double a) {
  // Giles, Approximating the erfinv function (2010), table 5
  const double centre[9] = {2.81022636e-08, 3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 0.00021858087,
      -0.00125372503, -0.00417768164, 0.246640727, 1.50140941};
  double w = -log((1 - a) * (1 + a));
  if (w < 5) {
    double p = centre[0];
    for (int i = 1; i < 9; i++) p = p * (w - 2.5) + centre[i];
    return a * p;
  }
  double v = -log((1 - a) * 1.7724538509055159);
  return sqrt(v - log(sqrt(v)));
}
__device__ inline double eg_erf_inverse(double y) {
  double a = fabs(y);
  if (!(a < 1) || a == 0) return a == 0 ? y : a == 1 ? y * __longlong_as_double(0x7ff0000000000000LL) : __longlong_as_double(0x7ff8000000000000LL);
  double x = eg_erf_inverse_guess(a);
  for (int i = 0; i < 4; i++) {
    // Halley for f = erf x - a, where f''/f' = -2x; beyond 1/2 in terms of what is left to 1
    double f = a < 0.5 ? erf(x) - a : (1 - a) - erfc(x);
    double step = f * (1.7724538509055159 / 2) * exp(x * x);
    x -= step / (1 + x * step);
  }
  return copysign(x, y);
}

// B_2, B_4, ..., B_20
__device__ inline double eg_bernoulli(int k) {
  const double b[10] = {1.0 / 6, -1.0 / 30, 1.0 / 42, -1.0 / 30, 5.0 / 66, -691.0 / 2730, 7.0 / 6, -3617.0 / 510, 43867.0 / 798, -174611.0 / 330};
  return b[k - 1];
}
__device__ inline double eg_digamma(double x) {
  // the derivatives at the positive zero, over k!
  const double near_root[39] = {
      0.9676722454476213, -0.44276316898359225, 0.25849976095565114, -0.16394270544240658,
      0.10782405069126239, -0.07219956125645474, 0.04880428816414314, -0.033161126474847355,
      0.022597648232218118, -0.01542476590494897, 0.010538791616612184, -0.007204534386356874,
      0.004926781395729858, -0.0033698016554393317, 0.0023051263267349306, -0.0015769367714301987,
      0.0010788252019162975, -7.38070938996006E-4, 5.049532658346026E-4, -3.454680251063082E-4,
      2.3635601564027086E-4, -1.6170622091974825E-4, 1.1063372768747429E-4, -7.569179582195078E-5,
      5.178575795222089E-5, -3.543007094765967E-5, 2.4240066118601362E-5, -1.6584242271854165E-5,
      1.134638458466387E-5, -7.76281766846211E-6, 5.311060920889874E-6, -3.633650789801054E-6,
      2.4860227331295433E-6, -1.7008538854332646E-6, 1.163667536354887E-6, -7.961425431241989E-7,
      5.446941930669458E-7, -3.726616128343833E-7, 2.549626552021561E-7};
  double more = 0;
  if (x <= 0) {
    // Abramowitz and Stegun 6.3.7: psi(1-x) = psi(x) + pi cot(pi x)
    double r = x - rint(x);
    if (r == 0) return __longlong_as_double(0x7ff8000000000000LL);
    more = 3.141592653589793 / tan(3.141592653589793 * r);
    x = 1 - x;
  }
  double z = x - 1.4616321449683622 - 9.549995429965697e-17;
  if (fabs(z) < 0.35) {
    double sum = 0;
    for (int k = 39; k >= 1; k--) sum = (sum + near_root[k - 1]) * z;
    return sum - more;
  }
  double before = 0, y = x;
  for (; y < 12; y++) before += 1 / y;
  // 6.3.18
  double w = 1 / (y * y), sum = 0;
  for (int k = 10; k >= 1; k--) sum = (sum + eg_bernoulli(k) / (2.0 * k)) * w;
  return log(y) - 0.5 / y - sum - before - more;
}
// Hurwitz' zeta function for q > 0: 23.1.30
__device__ inline double eg_zeta_right(int s, double q) {
  double sum = 0, x = q;
  for (; x < 12 + s; x++) sum += pow(x, (double)-s);
  double power = pow(x, (double)-s);
  double rest = pow(x, (double)(1 - s)) / (s - 1) + power / 2, term = power * s / x / 2;
  for (int k = 1; k <= 10; k++) {
    rest += eg_bernoulli(k) * term;
    double at = s + 2.0 * k;
    term *= (at - 1) * at / ((2.0 * k + 1) * (2 * k + 2)) / (x * x);
  }
  return sum + rest;
}
__device__ inline double eg_zeta(int s, double q) {
  if (!(q <= 0)) return eg_zeta_right(s, q);
  double up = q - floor(q), down = ceil(q) - q;
  if (up == 0 || up != up) return s % 2 == 0 ? __longlong_as_double(0x7ff0000000000000LL) : __longlong_as_double(0x7ff8000000000000LL);
  double left = eg_zeta_right(s, down) - eg_zeta_right(s, 1 - q);
  return eg_zeta_right(s, up) + (s % 2 == 0 ? left : -left);
}
__device__ inline double eg_polygamma(double n, double x) {
  double order = rint(n);
  if (!(order > 0)) return order == 0 ? eg_digamma(x) : __longlong_as_double(0x7ff8000000000000LL);
  // 6.4.10
  int m = order > 1000000 ? 1000000 : (int)order;
  double factorial = 1;
  for (int k = 2; k <= (m < 171 ? m : 171); k++) factorial *= k;
  double z = factorial * eg_zeta(m + 1, x);
  return m % 2 == 0 ? -z : z;
}

