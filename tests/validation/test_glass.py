"""Tempered 4 x 4 x 4 glasses against exact sums over all 2**64 states."""

from __future__ import annotations

import numpy as np
import pytest

import multispin as ms

pytestmark = pytest.mark.slow

SEEDS = (1, 2, 3)
TEMPERATURES = np.geomspace(0.8, 2.4, 10)
COMPARED = (0, 4, 9)  # a sum takes seconds


@pytest.mark.parametrize("dynamics", ["metropolis", "glauber"])
@pytest.mark.parametrize("seed", SEEDS)
def test_energies_of_tempered_glasses(seed: int, dynamics: str) -> None:
    """16 ladders are 16 independent runs: a t-value with 15 degrees of freedom each.

    18 comparisons, limit 8: a correct program fails in about 18 * 9e-7 of all seeds; the seeds are
    fixed.
    """
    glass = ms.EdwardsAnderson((4, 4, 4), seed=seed)
    run = ms.temper(
        glass,
        TEMPERATURES,
        sweeps=40_000,
        thermalization=4_000,
        interval=4,
        replicas=16,
        measure=[],
        dynamics=dynamics,
        seed=seed,
    )
    for index in COMPARED:
        means = run.energy.isel(temperature=index).mean("draw").values
        exact = ms.exact.eliminate(glass, float(TEMPERATURES[index])).energy
        error = means.std(ddof=1) / np.sqrt(len(means))
        assert abs(means.mean() - exact) < 8 * error
        # Small enough to see a thousandth of the energy.
        assert error < 1e-3 * abs(exact)
