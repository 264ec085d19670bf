"""What is True or False takes nothing else: "no" is true, and so is nan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import multispin as ms
from multispin.analysis import crossing, equilibration, overlaps, statistics

if TYPE_CHECKING:
    from collections.abc import Callable

SERIES = np.random.default_rng(1).uniform(-1, 1, size=(3, 4, 300))

OVERLAPS = np.sign(SERIES)

CALLS: dict[str, tuple[str, Callable[[Any], object]]] = {
    "mean": ("replicas", lambda flag: statistics.mean(SERIES, replicas=flag)),
    "binning": ("replicas", lambda flag: statistics.binning(SERIES, replicas=flag)),
    "effective_draws": ("replicas", lambda flag: statistics.effective_draws(SERIES, flag)),
    "autocorrelation_time": (
        "replicas",
        lambda flag: statistics.autocorrelation_time(SERIES, replicas=flag),
    ),
    "jackknife": ("replicas", lambda flag: statistics.jackknife(np.mean, SERIES, replicas=flag)),
    "binder_cumulant": ("replicas", lambda flag: statistics.binder_cumulant(SERIES, replicas=flag)),
    "susceptibility": (
        "replicas", lambda flag: statistics.susceptibility(SERIES, 2.0, 16, replicas=flag)
    ),
    "specific_heat": (
        "replicas", lambda flag: statistics.specific_heat(SERIES, 2.0, 16, replicas=flag)
    ),
    "distribution": ("samples", lambda flag: overlaps.distribution(OVERLAPS, 16, samples=flag)),
    "distribution, symmetric": (
        "symmetric", lambda flag: overlaps.distribution(OVERLAPS, 16, symmetric=flag)
    ),
    "binder_ratio": ("samples", lambda flag: overlaps.binder_ratio(SERIES, samples=flag)),
    "correlation_length": (
        "samples",
        lambda flag: overlaps.correlation_length(SERIES, SERIES**2, 4, samples=flag),
    ),
    "logarithmic_bins": (
        "samples", lambda flag: equilibration.logarithmic_bins(SERIES, samples=flag)
    ),
    "binder_ratio_curve": (
        "samples", lambda flag: crossing.binder_ratio_curve(SERIES, samples=flag)
    ),
    "packed": ("copy", lambda flag: ms.Sampler(ms.Ising((4, 4))).packed(copy=flag)),
    "Sampler": (
        "shared_random_numbers",
        lambda flag: ms.Sampler(ms.Ising((4, 4)), shared_random_numbers=flag),
    ),
    "temper": (
        "cluster_moves",
        lambda flag: ms.temper(ms.Ising((4, 4)), [1.0, 2.0], 10, cluster_moves=flag),
    ),
}  # fmt: skip


@pytest.mark.parametrize("wrong", ["no", float("nan"), 1, None, [False]], ids=str)
@pytest.mark.parametrize("call", CALLS)
def test_flags_are_true_or_false(call: str, wrong: object) -> None:
    name, refused = CALLS[call]
    with pytest.raises(TypeError, match=f"^{name}: got .*, allowed: True or False$"):
        refused(wrong)
