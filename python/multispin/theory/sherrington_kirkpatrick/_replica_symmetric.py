"""The replica-symmetric solution, and where it is unstable."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from multispin._base import checks
from multispin.theory._local_field import LocalField

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

#: Beyond these nothing is gained, and differences of numbers near 1 become noise.
COLDEST, HOTTEST, STRONGEST = 1e-6, 1e6, 1e6

_HALVINGS = 200


class ReplicaSymmetric(NamedTuple):
    """The solution at one temperature and field; energies are per spin.

    ``overlap`` is q of any two replicas, ``magnetization`` that of a spin. ``replicon`` is the
    eigenvalue that decides on stability: where it is negative the symmetry of replicas is broken,
    and the entropy may become negative.
    """

    overlap: float
    magnetization: float
    energy: float
    free_energy: float
    entropy: float
    replicon: float


def replica_symmetric(T: float, h: float = 0.0) -> ReplicaSymmetric:
    r"""Solve the Sherrington-Kirkpatrick glass as if all replicas were alike.

    With x Gaussian of mean h and variance q, and averages over it written with a bar,

    .. math::

        q &= \overline{\tanh^2 \beta x}, \qquad m = \overline{\tanh \beta x}, \\
        f &= -\tfrac{\beta}{4} (1 - q)^2 - T \, \overline{\ln 2 \cosh \beta x}, \\
        e &= -\tfrac{\beta}{2} (1 - q^2) - h m, \qquad
        \lambda = 1 - \beta^2 \, \overline{\cosh^{-4} \beta x}.

    It is right where the replicon λ >= 0: for T >= 1, and in fields above that of
    `de_almeida_thouless_field`. Towards T = 0 at h = 0 it has e = −√(2/π) = −0.798 and the entropy
    −1/2π, which no system of spins has.

    Parameters
    ----------
    T : float
        Temperature, from 10⁻⁶ to 10⁶.
    h : float
        Field, of size 10⁶ at most.

    Returns
    -------
    ReplicaSymmetric
        To about ten digits.

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    Notes
    -----
    D. Sherrington & S. Kirkpatrick, Phys. Rev. Lett. 35, 1792 (1975), with J₀ = 0; the replicon:
    J. R. L. de Almeida & D. J. Thouless, J. Phys. A 11, 983 (1978).

    Examples
    --------
    >>> from multispin.theory.sherrington_kirkpatrick import replica_symmetric
    >>> found = replica_symmetric(0.5)
    >>> round(found.overlap, 4), round(found.energy, 4), round(found.replicon, 3)
    (0.5304, -0.7187, -0.363)
    """
    T, h = checked_temperature(T), checked_field(h)
    rigid = _rigidity(T, h)
    q = 1.0 - rigid
    m = math.copysign(LocalField(T, abs(h), q).average_of_tanh(), h) if h else 0.0
    energy = -(rigid * (1.0 + q)) / (2.0 * T) - h * m
    # ln 2cosh u - u tanh u of u = βx, which is small where a spin is rigid.
    loose = _average(lambda u: np.log1p(np.exp(-2 * u)) + u * (1 - np.tanh(u)), T, abs(h), q)
    entropy = loose - (rigid / (2.0 * T)) ** 2
    replicon = 1.0 - _average(lambda u: np.cosh(u) ** -4.0, T, abs(h), q) / T**2
    return ReplicaSymmetric(q, m, energy, energy - T * entropy, entropy, replicon)


def de_almeida_thouless_field(T: float) -> float:
    r"""Field below which the replica-symmetric solution is unstable, h_AT(T).

    There the replicon vanishes,

    .. math:: T^2 = \overline{\cosh^{-4} \beta x},

    with x as in `replica_symmetric`. It is 0 for T >= 1, :math:`\sqrt{4/3} \, (1 - T)^{3/2}` a
    little below, and :math:`\sqrt{2 \ln(4 / (3 \sqrt{2 \pi} \, T))}` towards T = 0.

    Parameters
    ----------
    T : float
        Temperature, from 10⁻⁶ to 10⁶.

    Returns
    -------
    float
        The field, to about eight digits.

    Raises
    ------
    TypeError, ValueError
        If it is not such a number.

    Notes
    -----
    J. R. L. de Almeida & D. J. Thouless, J. Phys. A 11, 983 (1978).

    Examples
    --------
    >>> from multispin.theory.sherrington_kirkpatrick import de_almeida_thouless_field
    >>> [round(de_almeida_thouless_field(T), 4) for T in (0.2, 0.5, 0.9, 1.0)]
    [1.3819, 0.5699, 0.0388, 0.0]
    """
    T = checked_temperature(T)
    if T >= 1.0:
        return 0.0

    def unstable(h: float) -> bool:
        q = 1.0 - _rigidity(T, h)
        return _average(lambda u: np.cosh(u) ** -4.0, T, h, q) > T * T

    low, high = 0.0, 2.0 * math.sqrt(2.0 * math.log(1.0 / T)) + 1.0
    while high - low > 1e-10 * high:
        middle = 0.5 * (low + high)
        low, high = (middle, high) if unstable(middle) else (low, middle)
    return low


def checked_temperature(T: float) -> float:
    """Return a temperature within the range in which numbers are good."""
    allowed = f"a number from {COLDEST:g} to {HOTTEST:g}"
    number = checks.finite("T", T, allowed)
    if not COLDEST <= number <= HOTTEST:
        raise ValueError(checks.describe("T", T, allowed))
    return number


def checked_field(h: float) -> float:
    """Return a field within the range in which numbers are good."""
    allowed = f"a number from {-STRONGEST:g} to {STRONGEST:g}"
    number = checks.finite("h", h, allowed)
    if abs(number) > STRONGEST:
        raise ValueError(checks.describe("h", h, allowed))
    return number


# --- averages over the local field ----------------------------------------------------------------


def _rigidity(T: float, h: float) -> float:
    """Return 1 - q of the solution with the largest q, by bisection in its logarithm."""
    if h == 0.0 and T >= 1.0:
        return 1.0

    def excess(rigid: float) -> float:
        return _average(lambda u: np.cosh(u) ** -2.0, T, abs(h), 1.0 - rigid) - rigid

    # The average of cosh⁻² is above 1 - q where q is too large, and below it where too small.
    low, high = 1e-300, 1.0 - (1e-15 if h == 0.0 else 0.0)
    for _ in range(_HALVINGS):
        middle = math.sqrt(low * high) if low < 0.1 * high else 0.5 * (low + high)
        if not low < middle < high:
            break
        low, high = (middle, high) if excess(middle) > 0.0 else (low, middle)
    return middle


def _average(even: Callable[[Array], Array], T: float, h: float, q: float) -> float:
    return LocalField(T, h, q).average(even)
