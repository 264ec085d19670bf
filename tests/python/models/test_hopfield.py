"""The Hopfield model: energies, couplings and overlaps against their definitions."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import multispin as ms
from multispin.models.forms import Patterns, RealPairs, SignedEdges

RNG = np.random.default_rng(11)


def patterns_of(count: int, *shape: int) -> np.ndarray:
    return RNG.choice(np.array([-1, 1], dtype=np.int8), (count, *shape))


@pytest.mark.parametrize("shape", [(1,), (2,), (17,), (64,), (65,), (8, 9), (2, 3, 4)])
@pytest.mark.parametrize("count", [1, 2, 7])
@pytest.mark.parametrize("field", [0.0, 0.3, "array"])
def test_energies_couplings_and_overlaps(shape: tuple[int, ...], count: int, field: Any) -> None:
    patterns = patterns_of(count, *shape)
    n = int(np.prod(shape))
    h = RNG.normal(size=shape) if field == "array" else field
    model = ms.Hopfield(patterns, h)
    xi = patterns.reshape(count, n).astype(float)
    J = xi.T @ xi / n
    np.fill_diagonal(J, 0.0)
    s = RNG.choice([-1, 1], (3, 2, *shape))
    flat = s.reshape(-1, n)
    expected = -0.5 * np.einsum("ci,ij,cj->c", flat, J, flat)
    expected -= (flat * np.broadcast_to(h, shape).ravel()).sum(axis=1)
    np.testing.assert_allclose(model.energy(s).ravel(), expected, atol=1e-11)
    np.testing.assert_allclose(model.overlap(s).reshape(6, count), flat @ xi.T / n, atol=1e-14)
    np.testing.assert_array_equal(model.couplings, J[np.triu_indices(n, 1)])
    np.testing.assert_array_equal(model.edges, np.argwhere(np.triu(np.ones((n, n)), 1)))
    np.testing.assert_array_equal(model.patterns, patterns)
    np.testing.assert_array_equal(model.pattern(count - 1), patterns[-1])
    assert (model.n_patterns, model.n_spins, model.shape) == (count, n, shape)
    assert model.energy(patterns).shape == (count,)


def test_it_is_what_pairwise_makes_of_its_couplings() -> None:
    model = ms.Hopfield(patterns_of(5, 30), h=0.1)
    J = np.zeros((30, 30))
    J[np.triu_indices(30, 1)] = model.couplings
    other = ms.Pairwise(J + J.T, h=0.1)
    s = RNG.choice([-1, 1], (4, 30))
    np.testing.assert_allclose(model.energy(s), other.energy(s), atol=1e-12)


def test_forms() -> None:
    model = ms.Hopfield(patterns_of(3, 10), h=np.arange(10.0))
    assert model.form(SignedEdges) is None
    found = model.form(Patterns)
    assert found.unit == 0.1
    np.testing.assert_array_equal(found.fields(), np.arange(10.0))
    pairs = model.form(RealPairs)
    assert pairs.all_pairs
    assert pairs.unit == 0.1
    strength = 2 * np.abs(pairs.couplings()).sum() / 10
    assert pairs.site_strength() >= strength


def test_values() -> None:
    patterns = patterns_of(3, 4, 5)
    model = ms.Hopfield(patterns)
    assert model == ms.Hopfield(patterns.astype(float))
    assert hash(model) == hash(ms.Hopfield(patterns))
    assert model != ms.Hopfield(patterns[::-1])
    assert model != ms.Hopfield(patterns, h=0.5)
    assert model != ms.Hopfield(patterns.reshape(3, 20))
    assert model.with_field(0.5) == ms.Hopfield(patterns, h=0.5)
    assert "3 patterns of shape (4, 5)" in repr(model)
    json.dumps(model.description)
    patterns *= -1
    assert model != ms.Hopfield(patterns)


@pytest.mark.parametrize("h", [0.0, 0.5, "array"])
def test_they_come_back_from_their_state(h: Any) -> None:
    model = ms.Hopfield(patterns_of(3, 7, 11), RNG.normal(size=(7, 11)) if h == "array" else h)
    meta, arrays = model.state()
    again = ms.models.from_state(json.loads(json.dumps(meta)), arrays)
    assert again == model
    assert repr(again) == repr(model)
    for damaged in (arrays["patterns"][:, :0], arrays["patterns"][:0], arrays["patterns"][0]):
        with pytest.raises(ValueError, match="no state of a model"):
            ms.models.from_state(meta, {**arrays, "patterns": damaged})


@pytest.mark.parametrize(("patterns", "message"), [
    ([1, -1], "patterns: got .* shape"), (np.empty((0, 4)), "patterns: got .* shape"),
    (np.empty((2, 0)), "patterns: got .* shape"), ([[1, 2]], "patterns: got other values"),
    ([[1, np.nan]], "patterns: got other values"), (np.eye(3), "2 \\* patterns - 1"),
])  # fmt: skip
def test_what_is_refused(patterns: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ms.Hopfield(patterns)


@pytest.mark.parametrize("patterns", ["ab", [["a"]], np.ones((2, 3), bool), [[1j]], None])
def test_what_are_no_numbers(patterns: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="patterns: got"):
        ms.Hopfield(patterns)


@pytest.mark.parametrize("k", [-1, 2, 1.0, "a"])
def test_numbers_of_patterns(k: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="k: got"):
        ms.Hopfield(patterns_of(2, 4)).pattern(k)
