"""Whether samples can be told from data."""

from __future__ import annotations

import numpy as np
import pytest

import multispin as ms
from multispin.learn.rbm.quality import nearest, own_neighbours


def test_distances_to_the_nearest() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(30, 4)), rng.normal(size=(20, 4))
    apart = ((a[:, None] - b) ** 2).sum(axis=2)
    np.testing.assert_allclose(nearest(a, b, False), apart.min(axis=1))
    within = ((a[:, None] - a) ** 2).sum(axis=2)
    np.fill_diagonal(within, np.inf)
    np.testing.assert_allclose(nearest(a, a, True), within.min(axis=1), atol=1e-12)


def test_samples_of_the_same_distribution_cannot_be_told_apart() -> None:
    # 1/2 each; neighbours are of few others, so that 5 standard errors of coins are about right.
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(2, 1000, 5))
    for share in own_neighbours(a, b):
        assert abs(share - 0.5) < 5 * np.sqrt(0.5 * 0.5 / 1000) * 1.5


def test_what_can_be_told_apart() -> None:
    rng = np.random.default_rng(2)
    data = rng.normal(size=(400, 5))
    far = own_neighbours(data, data + 100.0)
    assert far == (1.0, 1.0)
    copies = own_neighbours(data, data + 1e-6)
    assert copies == (0.0, 0.0)
    collapsed = own_neighbours(data, 0.01 * data)
    assert collapsed[1] > 0.95


@pytest.mark.thorough
def test_samples_get_better_with_steps() -> None:
    images, _ = ms.datasets.digits()
    X = (images.reshape(len(images), 64) > 8)[:600]
    rbm = ms.RBM(64, learning_rate=(0.3, 0.02), n_iter=40, batch_size=50, random_state=1).fit(X)
    found = rbm.sample_quality(X, steps=(1, 100), random_state=1)
    assert found["steps"].tolist() == [1, 100]
    assert abs(found["data"][1] - 0.5) < abs(found["data"][0] - 0.5)
    again = rbm.sample_quality(X, steps=(1, 100), random_state=1)
    assert np.array_equal(found["samples"], again["samples"])


def test_what_is_refused() -> None:
    rbm = ms.RBM.from_arrays(np.ones((2, 3)), np.zeros(3), np.zeros(2))
    with pytest.raises(ValueError, match="X: got 1 sample"):
        rbm.sample_quality([[0, 1, 0]])
    for steps in ((), (10, 10), (0, 1)):
        with pytest.raises(ValueError, match="steps: got"):
            rbm.sample_quality([[0, 1, 0], [1, 1, 0]], steps)
