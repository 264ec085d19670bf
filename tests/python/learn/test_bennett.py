"""Bennett's acceptance ratio."""

from __future__ import annotations

import numpy as np
import pytest

from multispin.learn.bennett import acceptance_ratio, effective_samples, log_mean


def test_gaussian_work() -> None:
    # Work of mean ΔF ± σ²/2 and variance σ² one way and the other (Crooks): ln Z ratio −ΔF. Errors
    # are about right: 5 of them are passed with probability 6e-7.
    rng = np.random.default_rng(1)
    spread, value = 1.5, 0.7
    up = rng.normal(value - spread**2 / 2, spread, 4000)
    down = rng.normal(-value - spread**2 / 2, spread, 4000)
    found, error = acceptance_ratio(up, down)
    assert abs(found - value) < 5 * error
    assert 0.01 < error < 0.05
    assert log_mean(up)[0] == pytest.approx(value, abs=0.2)
    assert 100 < effective_samples(up) < 4000


def test_ways_that_do_not_overlap() -> None:
    rng = np.random.default_rng(2)
    for far in (400.0, 1000.0, 1e5):
        up, down = rng.normal(-far, 1.0, 100), rng.normal(-far, 1.0, 100)
        found, error = acceptance_ratio(up, down)
        assert abs(found) < 5.0  # of 1e5: in the middle
        assert np.isfinite(error)
