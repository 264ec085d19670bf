"""Logarithmic binning of series that have settled, that drift, and that are known draw by draw."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pytest

from multispin.analysis.equilibration import logarithmic_bins

if TYPE_CHECKING:
    from collections.abc import Callable

Array = npt.NDArray[np.float64]
Z = 5.0


def test_bins_are_halves() -> None:
    # Draw t has the value t: the average over (t/2, t] is known.
    x = np.arange(1.0, 22.0)  # 21 draws: (10, 21], (5, 10], (2, 5], (1, 2], (0, 1]
    found = logarithmic_bins(np.tile(x, (2, 3, 1)), samples=True)
    assert found.stop.tolist() == [1, 2, 5, 10, 21]
    assert found.value.tolist() == [1.0, 2.0, 4.0, 8.0, 16.0]
    assert found.error.tolist() == [0.0] * 5
    assert found.difference.tolist() == [12.0, 8.0]
    assert not found.equilibrated


def test_errors_over_samples_by_hand() -> None:
    x = np.zeros((2, 1, 8))
    x[0, 0] = [0, 1, 2, 2, 4, 4, 4, 4]
    x[1, 0] = [0, 3, 4, 4, 7, 7, 7, 7]
    found = logarithmic_bins(x, samples=True)
    assert found.stop.tolist() == [1, 2, 4, 8]
    assert found.value.tolist() == [0.0, 2.0, 3.0, 5.5]
    assert found.error.tolist() == pytest.approx([0.0, 1.0, 1.0, 1.5])
    # sample by sample: (4 − 1, 7 − 3) and (4 − 2, 7 − 4)
    assert found.difference.tolist() == [3.5, 2.5]
    assert found.difference_error.tolist() == pytest.approx([0.5, 0.5])
    assert not found.equilibrated
    assert logarithmic_bins(x, samples=True, tolerance=7.01).equilibrated
    assert not logarithmic_bins(x, samples=True, tolerance=6.99).equilibrated


@pytest.mark.parametrize("samples", [True, False])
def test_false_alarms_are_as_rare_as_stated(samples: bool) -> None:
    # AR(1) series with τ = 9.5, and samples that differ by more than they fluctuate.
    rng = np.random.default_rng(1)
    many = 1000
    shape = (50, many, 1, 160) if samples else (many, 1, 3200)
    x = rng.normal(size=shape)
    x[..., 1:] *= math.sqrt(1 - 0.9**2)
    for t in range(1, x.shape[-1]):
        x[..., t] += 0.9 * x[..., t - 1]
    if samples:
        x += rng.normal(0, 10, size=(50, 1, 1, 1))
    found = logarithmic_bins(x, samples=samples, tolerance=2.0)
    pulls = found.difference / found.difference_error
    assert pulls.shape == (many, 2)
    # 0.1 for Student's t with 49 degrees of freedom, and for the errors of short series
    assert np.all(np.abs(pulls.mean(axis=0)) < Z / math.sqrt(many))
    assert np.all(np.abs(pulls.var(axis=0) - 1) < Z * math.sqrt(2 / many) + 0.1)
    # Both within 2 errors: 4.6 % outside each, so between that and twice as many, and some for t
    alarms = 1 - found.equilibrated.mean()
    assert 0.03 < alarms < 0.12
    assert logarithmic_bins(x, samples=samples).equilibrated.mean() > 0.98


@pytest.mark.parametrize(("time", "settled"), [(50, True), (3000, False)])
def test_relaxation_shows(time: float, settled: bool) -> None:
    rng = np.random.default_rng(2)
    x = np.exp(-np.arange(8192) / time) + rng.normal(0, 0.5, size=(30, 4, 2, 8192))
    x += rng.normal(size=(30, 1, 1, 1))
    for series, samples in ((x, True), (x[0], False)):
        found = logarithmic_bins(series, samples=samples, tolerance=5.0)
        assert found.equilibrated.tolist() == [settled] * 4


def test_series_that_stand_still_have_settled() -> None:
    x = np.full((3, 2, 1000), 0.3)  # whose averages over 500 and 250 draws are rounded differently
    assert logarithmic_bins(x, samples=True).equilibrated
    assert logarithmic_bins(x).equilibrated.all()


@pytest.mark.parametrize(("call", "error"), [
    (lambda: logarithmic_bins(np.zeros(1000)), ValueError),
    (lambda: logarithmic_bins(np.zeros((2, 1000)), samples=True), ValueError),
    (lambda: logarithmic_bins(np.zeros((1, 2, 1000)), samples=True), ValueError),
    (lambda: logarithmic_bins(np.zeros((2, 2, 7)), samples=True), ValueError),
    (lambda: logarithmic_bins(np.zeros((2, 159))), ValueError),
    (lambda: logarithmic_bins(np.full((2, 1000), np.nan)), ValueError),
    (lambda: logarithmic_bins(np.zeros((2, 1000), complex)), TypeError),
    (lambda: logarithmic_bins(np.zeros((2, 1000)), tolerance=0.0), ValueError),
])  # fmt: skip
def test_wrong_arguments(call: Callable[[], Any], error: type[Exception]) -> None:
    with pytest.raises(error, match=r"got .*allowed: "):
        call()


def test_the_fewest_draws() -> None:
    assert logarithmic_bins(np.zeros((2, 2, 8)), samples=True).equilibrated
    assert logarithmic_bins(np.zeros((2, 160))).stop.tolist() == [40, 80, 160]
