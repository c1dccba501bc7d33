"""Writes special_functions.csv: values of special functions to 40 digits, rounded to f64.

    python3 -m pip install mpmath
    python3 special_functions.py > ../resources/dev/engram/ir/special_functions.csv
"""

import mpmath as mp

mp.mp.dps = 60

SPREAD = [1e-300, 1e-20, 1e-9, 1e-4, 0.01, 0.1, 0.2, 0.3, 0.46, 0.47, 0.4999, 0.5, 0.51, 0.7, 0.9, 0.999,
          1.0, 1.001, 1.2, 1.46, 1.4616321449683622, 1.47, 1.499, 1.5, 1.7, 1.999, 2.0, 2.001, 2.3, 2.5, 2.7,
          3.0, 3.3, 3.99, 4.0, 4.01, 5.0, 6.5, 8.0, 10.0, 11.9, 12.0, 12.5, 15.0, 20.0, 26.0]
LARGER = [30.0, 50.5, 100.0, 171.5, 1e3, 1e6, 1e15, 1e100, 1e300]
BELOW = [-0.001, -0.3, -0.5, -0.9, -1.1, -1.5, -2.3, -2.6, -3.5, -7.7, -12.4, -33.1, -50.25]
INSIDE = [1e-300, 1e-17, 1e-8, 0.001, 0.1, 0.25, 0.4999, 0.5, 0.51, 0.7, 0.9, 0.99, 0.999, 0.99999, 0.9999999,
          1 - 1e-10, 1 - 1e-13, 1 - 2.0**-53]


def row(name, value, *x):
    print(",".join([name, *(repr(float(v)) for v in x), repr(float(value))]))


def erfinv(y):
    """mpmath's own loses digits near 1; Newton's method on what is left to 1."""
    y = mp.mpf(y)
    left = 1 - y
    x = mp.erfinv(y)
    for _ in range(6):
        x += (mp.erfc(x) - left) * mp.sqrt(mp.pi) / 2 * mp.exp(x * x)
    return x


def main():
    print("function,operands...,value")
    for x in SPREAD:
        for v in (x, -x):
            row("erf", mp.erf(v), v)
            row("erfc", mp.erfc(v), v)
            row("asinh", mp.asinh(v), v)
    for x in INSIDE:
        for v in (x, -x):
            row("erfInv", erfinv(v), v)
            row("atanh", mp.atanh(v), v)
    for x in SPREAD + LARGER:
        row("lgamma", mp.loggamma(x).real, x)
        row("log2", mp.log(mp.mpf(x), 2), x)
        if x >= 1:
            row("acosh", mp.acosh(x), x)
    for x in SPREAD[3:] + LARGER:
        row("digamma", mp.digamma(mp.mpf(x)), x)
        for n in (1, 2, 3, 7, 20):
            if mp.mpf(10) ** -280 < abs(mp.polygamma(n, mp.mpf(x))) < mp.mpf(10) ** 300:
                row("polygamma", mp.polygamma(n, mp.mpf(x)), n, x)
    for x in BELOW:
        row("lgamma", mp.loggamma(mp.mpf(x)).real, x)
        row("digamma", mp.digamma(mp.mpf(x)), x)
        for n in (1, 2, 5):
            row("polygamma", mp.polygamma(n, mp.mpf(x)), n, x)


main()
