"""Parallel dynamics of spins whose couplings need not be symmetric: all turn at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from multispin._base import checks
from multispin._base.memory import check_memory

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

__all__ = ["kinetic_series"]

_BLOCK = 1 << 20  # random numbers that are drawn at a time
_LARGEST = 1e6  # of Σ|J| + |h|, where all is certain


def kinetic_series(
    J: ArrayLike,
    h: ArrayLike,
    n_steps: int,
    start: ArrayLike | None = None,
    random_state: int | None = None,
) -> NDArray[np.int8]:
    r"""Simulate spins that are all updated at once.

    .. math:: P(s_i(t+1) = \pm 1 \mid s(t)) = \frac{1}{1 + e^{\mp 2 f_i(t)}}, \qquad
        f_i(t) = h_i + \sum_j J_{ij} s_j(t)

    J_ij is what spin j does to spin i one step later. J need not be symmetric, and a spin may act
    on itself: J_ii. Time is counted in steps; there is no energy, and nothing is in equilibrium.

    Parameters
    ----------
    J
        Couplings, (N, N).
    h
        Fields, (N,), or one number for all.
    n_steps
        How many steps, 1 or more.
    start
        State s(0) of ±1, (N,), or (R, N) for R independent series; None draws one at random.
    random_state
        Seed; a fresh one if not given.

    Returns
    -------
    numpy.ndarray
        The states after `start`, s(1) … s(n_steps): (n_steps, N) int8, or (R, n_steps, N).

    Raises
    ------
    TypeError, ValueError
        For an argument that is not of this kind.
    MemoryError
        If the series does not fit.

    Notes
    -----
    Y. Roudi & J. Hertz, Phys. Rev. Lett. 106, 048702 (2011), eq. 1; in discrete time, of W. A.
    Little, Math. Biosci. 19, 101 (1974).

    Examples
    --------
    A wave: each spin follows the one before it.

    >>> import numpy as np
    >>> from multispin.learn import kinetic_series
    >>> J = 5.0 * np.roll(np.eye(4), 1, axis=0)
    >>> kinetic_series(J, 0.0, 3, start=[1, -1, -1, -1], random_state=1).tolist()
    [[-1, 1, -1, -1], [-1, -1, 1, -1], [-1, -1, -1, 1]]
    """
    couplings, fields = _parameters(J, h)
    n = len(fields)
    steps = checks.count("n_steps", n_steps, 1, checks.MOST_SITES)
    rng = np.random.Generator(np.random.Philox(checks.seed_or_fresh("random_state", random_state)))
    first = rng.choice(np.array([-1, 1], np.int8), n) if start is None else _state(start, n)
    found = simulated(couplings, fields, steps, np.atleast_2d(first), rng)
    return found if first.ndim == 2 else found[0]


def simulated(
    J: Floats, h: Floats, steps: int, start: NDArray[np.int8], rng: np.random.Generator
) -> NDArray[np.int8]:
    """Return the states after `start` (R, N), (R, steps, N)."""
    rows, n = start.shape
    check_memory(f"n_steps: {steps} steps of {rows} series of {n} spins", rows * n * steps)
    found = np.empty((rows, steps, n), dtype=np.int8)
    s = start.astype(np.float64)
    # s is +1 where a logistic variate is below 2 f: one comparison, whatever f is.
    at_a_time = max(1, _BLOCK // (rows * n))
    for begun in range(0, steps, at_a_time):
        count = min(at_a_time, steps - begun)
        thresholds = rng.logistic(0.0, 0.5, (count, rows, n))
        for k in range(count):
            s = np.where(thresholds[k] < s @ J.T + h, 1.0, -1.0)
            found[:, begun + k] = s
    return found


def _parameters(J: ArrayLike, h: ArrayLike) -> tuple[Floats, Floats]:
    allowed = "finite numbers (N, N), N >= 1"
    couplings = checks.numbers("J", J, allowed)
    if couplings.ndim != 2 or couplings.shape[0] != couplings.shape[1] or couplings.size == 0:
        raise ValueError(checks.describe("J", f"an array of shape {couplings.shape}", allowed))
    n = len(couplings)
    allowed = f"finite numbers ({n},), one for each spin, or one number for all"
    fields = checks.numbers("h", h, allowed)
    if fields.shape not in ((), (n,)):
        raise ValueError(checks.describe("h", f"an array of shape {fields.shape}", allowed))
    for name, values in (("J", couplings), ("h", fields)):
        largest = float(np.abs(values).max())
        if largest > _LARGEST:
            raise ValueError(checks.describe(name, largest, f"up to {_LARGEST:g} in size"))
    return couplings, np.broadcast_to(fields, (n,))


def _state(start: ArrayLike, n: int) -> NDArray[np.int8]:
    allowed = f"None, or +1 and -1, ({n},) or (R, {n})"
    given = checks.array("start", start, allowed)
    if given.ndim not in (1, 2) or given.shape[-1] != n or given.size == 0:
        raise ValueError(checks.describe("start", f"an array of shape {given.shape}", allowed))
    return checks.signs("start", given)
