"""Replicas as independent measurements of a number that is known exactly.

Each replica gives one mean over its own history. Replicas have streams of their own, so their means
are independent and, over histories of many autocorrelation times, normal: Student's t needs nothing
else, no autocorrelation time in particular.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

if TYPE_CHECKING:
    from numpy.typing import NDArray

REPLICAS = 64
P_VALUES = 150  # at most so many comparisons in tests/validation
ALPHA = 1e-6 / P_VALUES  # so that all of them together fail once in a million


def compare(
    name: str, means: NDArray[np.float64], exact: float, slope: float, visible: float
) -> None:
    """Compare the replicas' means with the exact value by Student's t.

    Parameters
    ----------
    name
        What is compared, for the printed line.
    means
        One mean of each replica.
    exact
        What they should be.
    slope
        Derivative of the exact value by ln T.
    visible
        The relative error of the temperature that has to be noticed.
    """
    error = means.std(ddof=1) / np.sqrt(len(means))
    t = (means.mean() - exact) / error
    limit = stats.t.isf(ALPHA / 2, len(means) - 1)
    seen = limit * error / abs(slope)
    print(
        f"{name}: {means.mean():.6f}({error:.1e}), exact {exact:.6f}, t = {t:+.2f}; "
        f"notices T off by {seen:.1e}"
    )
    assert seen < visible, "too few sweeps to see what this test is for"
    assert abs(t) < limit, f"{name} deviates from the exact value: t = {t:+.2f}, limit {limit:.2f}"
