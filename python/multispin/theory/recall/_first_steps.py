"""The first steps of parallel dynamics."""

from __future__ import annotations

import math
from typing import NamedTuple

from multispin._base import checks

_FEWEST_PATTERNS, _MOST_PATTERNS = 1e-12, 1e6


class FirstSteps(NamedTuple):
    """Overlaps with the pattern after one and after two steps."""

    m1: float
    m2: float


def first_steps(alpha: float, m0: float) -> FirstSteps:
    r"""Overlaps after the first two steps of parallel dynamics at T = 0.

    From a state of overlap m₀ that knows of no other pattern, every spin of the Hopfield model is
    turned along its local field, all at once, and once more:

    .. math::

        m_1 &= \operatorname{erf} \frac{m_0}{\sqrt{2 \alpha}}, \qquad
        C = \sqrt{\frac{2}{\pi \alpha}} \, e^{-m_0^2 / 2 \alpha}, \qquad
        r_1 = 1 + C^2 + 2 C m_0 m_1, \\
        m_2 &= \sum_{\tau = \pm 1} \frac{1 + \tau m_0}{2}
        \operatorname{erf} \frac{m_1 + \tau \alpha C}{\sqrt{2 \alpha r_1}}.

    In the second step a spin's field remembers, by α C, what it was at first, τ. Beyond the
    memory is too long for a formula like this.

    Parameters
    ----------
    alpha : float
        Load P/N, from 10⁻¹² to 10⁶.
    m0 : float
        Overlap at first, from -1 to 1.

    Returns
    -------
    FirstSteps
        Exact for infinitely many spins.

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    Notes
    -----
    E. Gardner, B. Derrida & P. Mottishaw, J. Physique 48, 741 (1987).

    Examples
    --------
    >>> from multispin.theory.recall import first_steps
    >>> [round(m, 5) for m in first_steps(0.1, 0.4)]
    [0.7941, 0.86719]
    """
    allowed = f"a number from {_FEWEST_PATTERNS:g} to {_MOST_PATTERNS:g}"
    load = checks.finite("alpha", alpha, allowed)
    if not _FEWEST_PATTERNS <= load <= _MOST_PATTERNS:
        raise ValueError(checks.describe("alpha", alpha, allowed))
    m = checks.finite("m0", m0, "a number from -1 to 1")
    if not -1.0 <= m <= 1.0:
        raise ValueError(checks.describe("m0", m0, "a number from -1 to 1"))
    width = math.sqrt(2.0 * load)
    m1 = math.erf(m / width)
    # α C, and √(2 α r₁).
    memory = width / math.sqrt(math.pi) * math.exp(-((m / width) ** 2))
    noise = math.sqrt(2.0 * (load + memory**2 / load + 2.0 * memory * m * m1))
    m2 = sum(0.5 * (1.0 + s * m) * math.erf((m1 + s * memory) / noise) for s in (1, -1))
    return FirstSteps(m1, m2)
