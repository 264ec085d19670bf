"""Comparisons: numbers against sums, errors against what samples do, and what is printed."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest

import multispin as ms
from multispin.learn.inverse.comparison import Comparison, compare

QUANTITIES = ("means", "pairs", "triples", "counts")


def glass(n: int) -> ms.Pairwise:
    rng = np.random.default_rng(n)
    J = np.triu(0.6 * rng.normal(size=(n, n)) / np.sqrt(n), 1)
    return ms.Pairwise(J + J.T, 0.4 * rng.normal(size=n) - 0.3)


def drawn(model: ms.Pairwise, m: int, seed: int) -> Any:
    """Independent samples."""
    n = model.n_spins
    p = ms.exact.state_probabilities(model, 1.0)
    number = np.random.default_rng(seed).choice(2**n, size=m, p=p)
    return (2 * (number[:, None] >> np.arange(n) & 1) - 1).astype(np.int8)


def by_hand(samples: Any, weights: Any = None) -> dict[str, Any]:
    n, w = samples.shape[1], np.ones(len(samples)) if weights is None else np.asarray(weights)
    w = w / w.sum()
    d = samples - w @ samples
    up = (samples > 0).sum(axis=1)
    return {
        "means": w @ samples,
        "pairs": np.array([w @ (d[:, i] * d[:, j]) for i, j in combinations(range(n), 2)]),
        "triples": {t: w @ d[:, t].prod(axis=1) for t in combinations(range(n), 3)},
        "counts": np.array([w[up == k].sum() for k in range(n + 1)]),
    }


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n", [1, 2, 3, 6])
def test_numbers(n: int, weighted: bool) -> None:
    rng = np.random.default_rng(n)
    data, model = (rng.choice(np.array([-1, 1], np.int8), size=(m, n)) for m in (40, 60))
    weights = [rng.integers(0, 4, size=m) + (np.arange(m) == 0) for m in (40, 60)]
    words = dict(zip(("data_weight", "model_weight"), weights, strict=True)) if weighted else {}
    found = compare(data, model, **words)
    for k, (side, samples) in enumerate((("data", data), ("model", model))):
        wanted = by_hand(samples, weights[k] if weighted else None)
        wanted["triples"] = np.array([wanted["triples"][tuple(t)] for t in found.triples.index])
        for name in QUANTITIES:
            part = getattr(found, name)
            np.testing.assert_allclose(getattr(part, side), wanted[name], atol=1e-13)
    assert found.means.index.tolist() == [[i] for i in range(n)]
    assert found.pairs.index.tolist() == [list(pair) for pair in combinations(range(n), 2)]
    assert {tuple(t) for t in found.triples.index} == set(combinations(range(n), 3))
    assert found.counts.index.ravel().tolist() == list(range(n + 1))
    assert found.all_triples


@pytest.mark.one_in(2)
@pytest.mark.parametrize("sizes", [(300, 300), (200, 1000)])
def test_errors_are_what_samples_of_one_distribution_do(sizes: tuple[int, int]) -> None:
    """Z of 300 comparisons: mean 0 and variance 1, of each of 47 numbers, within 5 of its errors.

    Variances of 300 numbers have an error of √(2/300). Numbers whose distribution is far from a
    Gaussian are left out: those seen less than ten times.
    """
    model = glass(6)
    z: dict[str, list[Any]] = {name: [] for name in QUANTITIES}
    for seed in range(300):
        found = compare(drawn(model, sizes[0], 2 * seed), drawn(model, sizes[1], 2 * seed + 1))
        for name in QUANTITIES:
            z[name].append(getattr(found, name).z)
    enough = by_hand(drawn(model, 100_000, 1))["counts"] * sizes[0] > 10
    for name in QUANTITIES:
        each = np.array(z[name])[:, enough if name == "counts" else slice(None)]
        assert (np.abs(each.mean(axis=0)) < 5 / np.sqrt(300)).all(), name
        np.testing.assert_allclose(each.var(axis=0), 1.0, atol=5 * np.sqrt(2 / 300), err_msg=name)


def test_errors_are_those_of_influence_functions() -> None:
    """Exactly, of any probabilities of 16 states: samples that are weighted with them."""
    rng = np.random.default_rng(5)
    p = rng.dirichlet(np.full(16, 0.5))
    states = (2 * (np.arange(16)[:, None] >> np.arange(4) & 1) - 1).astype(np.int8)
    found = compare(states, states, p, p, data_size=1, model_size=1)
    d = states - p @ states
    C = (p[:, None] * d).T @ d
    for (i, j), error in zip(found.pairs.index, found.pairs.data_error, strict=True):
        influence = d[:, i] * d[:, j] - C[i, j]
        assert error**2 == pytest.approx(p @ influence**2, rel=1e-10)
    for (i, j, k), error in zip(found.triples.index, found.triples.data_error, strict=True):
        product = d[:, i] * d[:, j] * d[:, k]
        influence = product - p @ product
        influence -= C[i, j] * d[:, k] + C[j, k] * d[:, i] + C[i, k] * d[:, j]
        assert error**2 == pytest.approx(p @ influence**2, rel=1e-10)
    up = [p[(states > 0).sum(axis=1) == k].sum() for k in range(5)]
    np.testing.assert_allclose(found.counts.data_error, [np.sqrt(q * (1 - q)) for q in up])


def test_another_model_is_seen() -> None:
    """One without interactions has the means, and nothing else."""
    model = glass(8)
    data = drawn(model, 4000, 1)
    free = ms.Pairwise(np.zeros((8, 8)), np.arctanh(data.mean(axis=0)))
    found = compare(data, drawn(free, 4000, 2))
    assert found.means.max_z < 5 < found.pairs.max_z
    assert found.max_z == max(getattr(found, name).max_z for name in QUANTITIES)
    assert found.pairs.rms_z > 3
    same = compare(data, drawn(model, 4000, 3))
    assert same.max_z < 5
    assert same.pairs.correlation > 0.9 > abs(found.pairs.correlation)


def test_a_state_that_one_side_never_saw_is_no_alarm() -> None:
    rng = np.random.default_rng(1)
    data = np.where(rng.random((500, 5)) < 0.001, 1, -1)
    model = np.where(rng.random((50_000, 5)) < 0.001, 1, -1)
    found = compare(data, model)
    assert 0.0 in found.counts.data[1:3]
    assert found.max_z < 5


def test_what_never_changes_has_no_z() -> None:
    data = np.random.default_rng(1).choice([-1, 1], size=(50, 4))
    data[:, 1] = -1
    found = compare(data, data[::-1])
    for name in QUANTITIES:
        assert getattr(found, name).max_z == 0.0
    constant = compare(np.ones((5, 3)), np.ones((7, 3)))
    assert constant.max_z == 0.0
    assert np.isnan(constant.means.correlation)
    assert "nan" in str(constant)


def test_sizes() -> None:
    rng = np.random.default_rng(1)
    data, model = rng.choice([-1, 1], size=(100, 3)), rng.choice([-1, 1], size=(400, 3))
    plain = compare(data, model)
    assert (plain.data_size, plain.model_size) == (100, 400)
    worth = compare(data, model, data_size=25, model_size=100.0)
    # Pooled moments are the same, as the sizes have one ratio.
    np.testing.assert_allclose(worth.pairs.data_error, 2 * plain.pairs.data_error)
    np.testing.assert_allclose(worth.pairs.z, plain.pairs.z / 2)
    weights = [1.0, 3.0] * 50
    assert compare(data, model, weights).data_size == pytest.approx(200**2 / 500)


def test_triples_of_many_spins_are_drawn() -> None:
    rng = np.random.default_rng(1)
    data, model = rng.choice([-1, 1], size=(30, 60)), rng.choice([-1, 1], size=(30, 60))
    found = compare(data, model, random_state=1)
    assert not found.all_triples
    index = found.triples.index
    assert index.shape == (10_000, 3)
    assert (np.diff(index, axis=1) > 0).all()
    assert len({tuple(t) for t in index}) == 10_000
    assert (index.min(), index.max()) == (0, 59)
    assert str(found).splitlines()[4].split()[:3] == ["triples,", "some", "10000"]
    again = compare(data, model, random_state=1)
    assert (again.triples.index == index).all()
    other = compare(data, model, random_state=2)
    assert (other.triples.index != index).any()
    place = {tuple(t): k for k, t in enumerate(index.tolist())}
    whole = compare(data, model, most_triples=34_220)
    assert whole.all_triples
    for t, value in zip(whole.triples.index.tolist(), whole.triples.data, strict=True):
        if tuple(t) in place:
            assert found.triples.data[place[tuple(t)]] == value
    assert len(compare(data, model, most_triples=0).triples.data) == 0


def test_blocks_of_triples_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(2)
    data, weights = rng.choice([-1, 1], size=(50, 7)), rng.random(50)
    found = compare(data, data, weights)
    monkeypatch.setattr("multispin.learn.inverse.comparison._BLOCK", 60)
    again = compare(data, data, weights)
    np.testing.assert_allclose(again.triples.data, found.triples.data, atol=1e-15)
    assert (again.triples.model == found.triples.model).all()


def test_what_is_printed() -> None:
    found = compare([[1, -1], [1, 1], [-1, 1]], [[1, 1], [-1, 1]])
    assert isinstance(found, Comparison)
    lines = str(found).splitlines()
    assert lines[0] == "2 spins, 3 samples of data, 2 of the model"
    assert [line.split()[0] for line in lines[2:]] == ["means", "pairs", "triples", "P(K)"]
    assert repr(found) == str(found)


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"data": [1, -1]}, ValueError, "data: got an array of shape"),
        ({"data": [[0, 1]]}, ValueError, "data: got 0 and 1, allowed: -1 and"),
        ({"data": [[0, 2]]}, ValueError, "data: got other values"),
        ({"model": [[1, 1, 1]]}, ValueError, "model: got an array of shape (1, 3), allowed: an"),
        ({"data_weight": [0.0, 0.0]}, ValueError, "data_weight: got"),
        ({"model_weight": [1.0]}, ValueError, "model_weight: got shape"),
        ({"data_size": 0}, ValueError, "data_size: got 0"),
        ({"data_size": 0.5}, ValueError, "data_size: got 0.5, allowed: a number from 1"),
        ({"model_size": "many"}, TypeError, "model_size: got 'many'"),
        ({"most_triples": -1}, ValueError, "most_triples: got -1"),
        ({"random_state": 1.0}, TypeError, "random_state: got 1.0"),
    ],
)
def test_wrong_arguments(changed: Any, error: type[Exception], message: str) -> None:
    valid: dict[str, Any] = {"data": [[1, 1], [1, -1]], "model": [[1, 1], [-1, -1]]}
    compare(**valid)
    with pytest.raises(error, match=message.replace("(", r"\(").replace(")", r"\)")):
        compare(**{**valid, **changed})


def test_units_0_and_1_are_spins() -> None:
    rng = np.random.default_rng(4)
    data, model = (rng.integers(0, 2, (m, 5)) for m in (60, 40))
    of_spins = compare(2 * data - 1, 2 * model - 1)
    for one, other in ((data, model), (data.astype(bool), model.astype(float))):
        assert str(compare(one, other, units="binary")) == str(of_spins)
    for given, match in (
        ((2 * data - 1, model), r"^data: got -1"),
        ((data, 2 * model - 1), r"^model: got -1"),
        ((data, model[:, 1:]), r"^model: got an array of shape \(40, 4\), allowed: .* 0 and 1"),
    ):
        with pytest.raises(ValueError, match=match):
            compare(*given, units="binary")
    with pytest.raises(ValueError, match="^units: got 'parity'"):
        compare(data, model, units="parity")
    with pytest.raises(ValueError, match=r"units='binary'"):
        compare(data, model)
