"""Which of many p-values are small, with few mistakes among them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from multispin._base import extras

if TYPE_CHECKING:
    from numpy.typing import NDArray


def p_values(z: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities that a Gaussian number is further from 0 than z, on either side."""
    special = extras.require("scipy.special", "learn")
    found: NDArray[np.float64] = special.erfc(np.abs(z) / np.sqrt(2.0))
    return found


def discoveries(p: NDArray[np.float64], level: float) -> NDArray[np.bool_]:
    """Return which hypotheses are rejected so that a share `level` of them, on average, is true.

    Y. Benjamini & Y. Hochberg, J. R. Stat. Soc. B 57, 289 (1995): the k smallest of n p-values,
    with the largest k whose largest one is at most level·k/n.
    """
    ordered = np.sort(p, axis=None)
    below = ordered <= level * np.arange(1, p.size + 1) / p.size
    if not bool(below.any()):
        return np.zeros(p.shape, dtype=np.bool_)
    return np.asarray(p <= ordered[np.flatnonzero(below)[-1]])
