"""Restricted Boltzmann machines on a GPU: what they learn and draw is what they do on the CPU."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import multispin as ms


@pytest.mark.filterwarnings("ignore::multispin.SlowMixingWarning")
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"method": "ptt"},
        {"method": "pt", "n_temperatures": 3},
        {"visible": "spin", "hidden": "spin"},
        {"hidden": "gaussian", "learning_rate": 0.01},
    ],
)
def test_machines_are_those_of_the_cpu(options: dict[str, Any]) -> None:
    X: Any = np.random.default_rng(0).random((150, 70)) < 0.3
    if options.get("visible") == "spin":
        X = 2 * X.astype(np.int8) - 1
    one, other = (
        ms.RBM(66, n_iter=2, batch_size=50, random_state=1, device=device, **options).fit(X)
        for device in ("cpu", "cuda")
    )
    assert np.array_equal(one.components_, other.components_)
    assert np.array_equal(*(rbm.sample(5, 3, random_state=2) for rbm in (one, other)))
    found = [
        rbm.log_partition("ais", chains=4, temperatures=4, random_state=3) for rbm in (one, other)
    ]
    assert found[0] == found[1]
