"""Numbers of all pairs, against matrices; and models that have them, against lists of edges."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import multispin as ms
from multispin.models import triangle
from multispin.models.forms import RealPairs

RNG = np.random.default_rng(3)


def matrix_of(values: np.ndarray, n: int) -> np.ndarray:
    matrix = np.zeros((n, n))
    matrix[np.triu_indices(n, 1)] = values
    return matrix + matrix.T


@pytest.mark.parametrize("n", [1, 2, 3, 17, 40])
@pytest.mark.parametrize("block", [1, 50, 1 << 20])
def test_numbers_of_all_pairs(n: int, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(triangle, "_BLOCK", block)
    values = RNG.normal(size=triangle.count(n))
    matrix, s = matrix_of(values, n), RNG.choice([-1, 1], (5, n)).astype(np.int8)
    np.testing.assert_array_equal(triangle.above_diagonal(matrix), values)
    np.testing.assert_array_equal(triangle.pairs(n, "n"), np.argwhere(np.triu(np.ones((n, n)), 1)))
    np.testing.assert_allclose(triangle.at_sites(values, n), matrix.sum(axis=1), atol=1e-12)
    expected = np.einsum("mi,ij,mj->m", s, matrix, s) / 2
    np.testing.assert_allclose(triangle.products(s, values), expected, atol=1e-12)


@pytest.mark.parametrize("kind", [np.float64, np.float32, np.int8])
def test_a_matrix_without_zeros_is_kept_without_a_list(kind: type) -> None:
    n = 70
    upper = np.triu(RNG.integers(1, 100, (n, n)), 1).astype(kind)
    model = ms.Pairwise(upper + upper.T, h=RNG.normal(size=n))
    form = model.form(RealPairs)
    assert form.all_pairs
    assert form.n_edges == model.n_edges == n * (n - 1) // 2
    np.testing.assert_array_equal(model.edges, np.argwhere(upper))
    np.testing.assert_array_equal(model.couplings, upper[np.triu_indices(n, 1)])
    one_less = upper.copy()
    one_less[3, 8] = 0
    fewer = ms.Pairwise(one_less + one_less.T)
    assert not fewer.form(RealPairs).all_pairs
    assert fewer.n_edges == model.n_edges - 1


def listed(model: ms.Pairwise) -> ms.Pairwise:
    """Return the same model, with a list."""
    other = copy.copy(model)
    other._edges = model.edges
    assert not other.form(RealPairs).all_pairs
    return other


@pytest.mark.parametrize("samples", [None, 2])
@pytest.mark.parametrize("bimodal", [False, True])
def test_a_list_of_all_pairs_changes_nothing(samples: int | None, bimodal: bool) -> None:
    n = 24
    shape = (triangle.count(n),) if samples is None else (samples, triangle.count(n))
    J = RNG.choice([-0.5, 0.5], shape) if bimodal else RNG.normal(size=shape)
    model = ms.Pairwise.from_edges(n, triangle.pairs(n, "n"), J, h=0.25, shape=(4, 6))
    other = listed(model)
    s = RNG.choice([-1, 1], (samples or 1, 3, 4, 6)).astype(np.int8)
    s = s[0] if samples is None else s
    np.testing.assert_allclose(model.energy(s), other.energy(s), rtol=1e-13)
    assert ms.temperature_range(model) == pytest.approx(ms.temperature_range(other), rel=1e-12)
    ends = []
    for each in (model, other):
        sampler = ms.Sampler(each, 0.7, replicas=6, seed=5, device="cpu")
        sampler.sweep(10)
        ends.append((sampler.spins(), sampler.energy(), sampler.overlap()))
    for one, two in zip(*ends, strict=True):
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("samples", [None, 3])
def test_they_come_back_from_their_state(samples: int | None) -> None:
    n = 9
    shape = (triangle.count(n),) if samples is None else (samples, triangle.count(n))
    model = ms.Pairwise.from_edges(n, triangle.pairs(n, "n"), RNG.normal(size=shape), shape=(3, 3))
    meta, arrays = model.state()
    assert set(arrays) == {"values"}
    again = ms.models.from_state(meta, arrays)
    assert again == model
    assert again.form(RealPairs).all_pairs
    if samples is not None:
        one = model.sample(2)
        assert one.form(RealPairs).all_pairs
        assert one.shape == (3, 3)
        np.testing.assert_array_equal(one.couplings, model.couplings[2])
    arrays["values"] = arrays["values"][..., 1:]
    with pytest.raises(ValueError, match="got .an array of shape .*35"):
        ms.models.from_state(meta, arrays)


def test_a_pair_that_no_sample_couples_is_no_edge() -> None:
    J = RNG.normal(size=(2, 6))
    J[:, 4] = 0.0
    model = ms.Pairwise.from_edges(4, triangle.pairs(4, "n"), J)
    assert model.edges.tolist() == [[0, 1], [0, 2], [0, 3], [1, 2], [2, 3]]


def test_couplings_in_place_of_others_of_all_pairs() -> None:
    n = 12
    one, two = (ms.Pairwise(matrix_of(RNG.normal(size=triangle.count(n)), n)) for _ in range(2))
    sampler = ms.Sampler(one, 1.0, replicas=3, seed=1, device="cpu")
    engine = sampler._engine
    sampler.model = two
    assert sampler._engine is engine
    np.testing.assert_allclose(sampler.energy(), two.energy(sampler.spins()), rtol=1e-6)
