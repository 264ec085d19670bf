r"""What is exact of ±J spin glasses at any share of ferromagnetic bonds, on the Nishimori line.

Bonds are +J with probability p and −J with 1 − p, p > 1/2. At the temperature at which

.. math:: \frac{1 - p}{p} = e^{-2J/T}

a gauge transformation gives averages over bonds and thermal averages in closed form, on every graph
and of every size.

References
----------
H. Nishimori, Prog. Theor. Phys. 66, 1169 (1981).
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from multispin._base import checks

__all__ = ["energy", "share", "temperature"]


def temperature(p: float, J: float = 1.0) -> float:
    r"""Temperature of the Nishimori line, :math:`T = 2J / \ln\frac{p}{1-p}`.

    Parameters
    ----------
    p : float
        Share of ferromagnetic bonds, above 1/2 and below 1.
    J : float
        Magnitude of the couplings, positive.

    Returns
    -------
    float
        In the units of J (k_B = 1).

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    Examples
    --------
    >>> from multispin.theory import nishimori
    >>> round(nishimori.temperature(0.9), 6)
    0.910239
    """
    allowed = "a number above 1/2 and below 1"
    probability = checks.finite("p", p, allowed)
    if not 0.5 < probability < 1.0:
        raise ValueError(checks.describe("p", p, allowed))
    # p/(1 − p) = 1 + (2p − 1)/(1 − p): close to 1/2 the logarithm keeps its digits.
    found = 2 * _strength(J) / math.log1p((2 * probability - 1) / (1 - probability))
    if not math.isfinite(found):
        raise ValueError(checks.describe("J", J, "a number at which T is finite"))
    return found


def share(T: npt.ArrayLike, J: float = 1.0) -> npt.NDArray[np.float64]:
    r"""Share of ferromagnetic bonds whose line a temperature is on, :math:`1/(1 + e^{-2J/T})`.

    Parameters
    ----------
    T : array_like
        Temperatures, positive and finite.
    J : float
        Magnitude of the couplings, positive.

    Returns
    -------
    ndarray
        p, float64 with the shape of T.

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    Examples
    --------
    >>> from multispin.theory import nishimori
    >>> round(float(nishimori.share(nishimori.temperature(0.9))), 12)
    0.9
    """
    at = checks.positive_numbers("T", T)
    with np.errstate(over="ignore", under="ignore"):
        return np.asarray(1 / (1 + np.exp(-2 * _strength(J) / at)), dtype=np.float64)[()]


def energy(T: npt.ArrayLike, coordination: float, J: float = 1.0) -> npt.NDArray[np.float64]:
    r"""Average energy per spin on the line, :math:`e = -\frac{z}{2} J \tanh\frac{J}{T}`.

    It is averaged over the bonds, and holds for any graph of N sites and zN/2 bonds, without a
    field, where the share of ferromagnetic bonds is `share` of this temperature: along the line T
    and p both change.

    Parameters
    ----------
    T : array_like
        Temperatures, positive and finite.
    coordination : float
        Bonds z of a site, on average, 2E/N: 2d on a periodic lattice of d dimensions.
    J : float
        Magnitude of the couplings, positive.

    Returns
    -------
    ndarray
        float64 with the shape of T, in the units of J.

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    Examples
    --------
    >>> from multispin.theory import nishimori
    >>> print(f"{nishimori.energy(nishimori.temperature(0.9), coordination=4):.6f}")
    -1.600000
    """
    z, strength = checks.nonnegative_finite("coordination", coordination), _strength(J)
    if z * strength > 1e300:
        allowed = "a number so that energies are below 1e300"
        raise ValueError(checks.describe("coordination", coordination, allowed))
    at = checks.positive_numbers("T", T)
    with np.errstate(over="ignore", under="ignore"):
        return np.asarray(-z / 2 * strength * np.tanh(strength / at), dtype=np.float64)[()]


def _strength(J: float) -> float:
    return checks.positive_finite("J", J)
