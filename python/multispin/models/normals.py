"""Gaussian numbers that are the same on every machine, made of random words.

They are values of the inverse normal distribution function, by the algorithm AS241 (PPND16) of
M. J. Wichura, Appl. Stat. 37, 477 (1988): a rational function around the median, and two of
√(−ln p) in the tails. All steps are +, −, ×, ÷ and √ of double precision, which IEEE 754 rounds
correctly, and each is a call of NumPy of its own, so that none is contracted with another. The
logarithm in the tails is therefore a series, and not that of a library, which may differ by a unit
in the last place between machines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

_LN_2 = 0.6931471805599453
_ROOT_HALF = 0.7071067811865476
_TERMS = 11  # of the series of atanh: the next is below 1e-18 of the sum

# Coefficients a to f of the paper, the highest power first.
_CENTRE = (
    (2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4,
     4.5921953931549871457e4, 1.3731693765509461125e4, 1.9715909503065514427e3,
     1.3314166789178437745e2, 3.3871328727963666080e0),
    (5.2264952788528545610e3, 2.8729085735721942674e4, 3.9307895800092710610e4,
     2.1213794301586595867e4, 5.3941960214247511077e3, 6.8718700749205790830e2,
     4.2313330701600911252e1, 1.0),
)  # fmt: skip
_TAIL = (
    (7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1,
     1.27045825245236838258e0, 3.64784832476320460504e0, 5.76949722146069140550e0,
     4.63033784615654529590e0, 1.42343711074968357734e0),
    (1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2,
     1.48103976427480074590e-1, 6.89767334985100004550e-1, 1.67638483018380384940e0,
     2.05319162663775882187e0, 1.0),
)  # fmt: skip
_FAR_TAIL = (
    (2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3,
     2.65321895265761230930e-2, 2.96560571828504891230e-1, 1.78482653991729133580e0,
     5.46378491116411436990e0, 6.65790464350110377720e0),
    (2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5,
     7.86869131145613259100e-4, 1.48753612908506148525e-2, 1.36929880922735805310e-1,
     5.99832206555887937690e-1, 1.0),
)  # fmt: skip


def of_words(words: NDArray[np.uint64]) -> Array:
    """Return a Gaussian number of mean 0 and variance 1 for each random word.

    Bit 63 of a word is the sign, + if it is 1; its bits 11 to 62 are an integer k, and the
    magnitude is the one that is exceeded with probability (2k + 1) 2⁻⁵⁴ on one side. It is at most
    8.3, and has a relative error below 1e-15.
    """
    # An integer below 2^53, so that all that follows to `q` is exact.
    odd = ((words >> np.uint64(10)) & np.uint64(2**53 - 1)) | np.uint64(1)
    tail = odd.astype(np.float64) * 2.0**-54
    q = 0.5 - tail
    found: Array = _ratio(_CENTRE, 0.180625 - q * q) * q
    (out,) = np.nonzero(q > 0.425)
    found[out] = _of_tail(tail[out])
    np.negative(found, out=found, where=(words >> np.uint64(63)) == 0)
    return found


def _of_tail(p: Array) -> Array:
    """Return the numbers that are exceeded with small probabilities `p`."""
    r = np.sqrt(-logarithm(p))
    near, far = _ratio(_TAIL, r - 1.6), _ratio(_FAR_TAIL, r - 5.0)
    return np.asarray(np.where(r <= 5.0, near, far))


def logarithm(x: Array) -> Array:
    """Return ln x of positive numbers: ln(2ᵉ m) = e ln 2 + 2 atanh((m − 1)/(m + 1)), 1/√2 < m < √2.

    The relative error is below 1e-15, but close to x = 1.
    """
    m, e = np.frexp(x)
    small = m < _ROOT_HALF
    m = np.where(small, 2.0 * m, m)
    f = (m - 1.0) / (m + 1.0)
    odd = [1.0 / (2 * n + 1) for n in reversed(range(_TERMS))]
    return (e - small) * _LN_2 + 2.0 * f * _horner(odd, f * f)


def _ratio(coefficients: tuple[Sequence[float], Sequence[float]], r: Array) -> Array:
    above, below = coefficients
    return _horner(above, r) / _horner(below, r)


def _horner(coefficients: Sequence[float], r: Array) -> Array:
    """Return the polynomial of r, the highest power's coefficient first."""
    total = np.full_like(r, coefficients[0])
    for coefficient in coefficients[1:]:
        total *= r
        total += coefficient
    return total
