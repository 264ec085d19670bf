"""The Edwards-Anderson glass with couplings that are not of one magnitude."""

from __future__ import annotations

import json
import pickle
import sys
from typing import Any

import numpy as np
import pytest

import multispin as ms
from multispin.models import random_normals, sums
from reference.energies import energies, lattice_bonds, random_spins


def gaussian(*arguments: Any, **named: Any) -> ms.EdwardsAnderson:
    return ms.EdwardsAnderson(*arguments, **named, couplings="gaussian")


def test_couplings_are_gaussian_numbers_times_J() -> None:
    model = gaussian((3, 4), seed=9, J=2.0, samples=3)
    np.testing.assert_array_equal(model.couplings, 2.0 * random_normals(24, 9, samples=3))
    assert model.couplings.dtype == np.float64
    assert (model.samples, model.one_magnitude) == (3, False)
    for name in ("J", "signs", "bonds"):
        with pytest.raises(ValueError, match=r"^J: got couplings of several magnitudes, such as "):
            getattr(model, name)


@pytest.mark.parametrize("chunk", [1, 7, 1 << 22])
@pytest.mark.parametrize("samples", [None, 1, 4])
@pytest.mark.parametrize("batch", [(), (5,), (2, 0), (2, 3)])
def test_energy_is_the_sum_over_edges(
    samples: int | None, batch: tuple[int, ...], chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sums, "_CHUNK", chunk)
    model = gaussian((2, 3, 4), 3, 0.5, 0.25, samples)
    spins = random_spins(model, batch, seed=1)
    found = model.energy(spins)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, energies(model, spins), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("shape", [(2,), (5,), (2, 3), (2, 2, 3, 2)])
def test_couplings_of_a_site_and_its_neighbour_up_the_axis(shape: tuple[int, ...]) -> None:
    given = np.random.default_rng(1).normal(size=(len(shape), *shape))
    model = ms.EdwardsAnderson.from_couplings(given)
    spins = random_spins(model, (), seed=1)
    bonds = sum(given[(a, *x)] * int(spins[x]) * int(spins[y]) for a, x, y in lattice_bonds(shape))
    assert float(model.energy(spins)) == pytest.approx(-bonds, rel=1e-12)
    np.testing.assert_array_equal(model.couplings, given.ravel())


def test_samples_as_models() -> None:
    many, one = gaussian((3, 4), 9, 2.0, 0.1, 5), gaussian((3, 4), 9, 2.0, 0.1)
    assert many.sample(0) == one
    assert many.sample(1) != one
    np.testing.assert_array_equal(many.sample(3).couplings, many.couplings[3])
    assert (many.sample(3).samples, many.sample(3).h) == (None, 0.1)
    nothing = gaussian((3, 4), J=0.0, samples=2)
    assert nothing.sample(0) == gaussian((3, 4), J=0.0)
    assert nothing.energy(np.ones((2, 3, 4))).tolist() == [0.0, 0.0]


def test_models_are_values() -> None:
    model = gaussian((3, 4), seed=9)
    given = ms.EdwardsAnderson.from_couplings(model.couplings.reshape(2, 3, 4))
    assert model == given
    assert hash(model) == hash(given)
    others = [
        gaussian((3, 4), seed=10),
        gaussian((3, 4), seed=9, J=2.0),
        gaussian((3, 4), seed=9, h=1.0),
        gaussian((3, 4), seed=9, samples=1),
        gaussian((4, 3), seed=9),
        ms.EdwardsAnderson((3, 4), seed=9),
    ]
    assert all(model != other for other in others)
    assert len({repr(m) for m in [model, given, *others]}) == 8
    assert repr(model) == "EdwardsAnderson((3, 4), seed=9, J=1.0, h=0.0, couplings='gaussian')"
    assert eval(repr(others[1]), {"EdwardsAnderson": ms.EdwardsAnderson}) == others[1]
    assert repr(given).startswith("EdwardsAnderson.from_couplings(<shape (3, 4), sha256 ")
    with pytest.raises(ValueError, match="read-only"):
        model.couplings[0] = 1.0


@pytest.mark.parametrize("samples", [None, 1, 3])
@pytest.mark.parametrize("given", [False, True])
@pytest.mark.parametrize("J", [0.1, 0.0])
def test_a_model_comes_back_from_its_state(samples: int | None, given: bool, J: float) -> None:
    model = gaussian((3, 5), 2**64 - 1, J, -0.3, samples)
    if given:
        lead = () if samples is None else (samples,)
        array = model.couplings.reshape(*lead, 2, 3, 5)
        model = ms.EdwardsAnderson.from_couplings(array, -0.3, samples)
    meta, arrays = model.state()
    for again in (
        ms.models.from_state(json.loads(json.dumps(meta)), arrays | {"another": np.zeros(1)}),
        pickle.loads(pickle.dumps(model)),
    ):
        assert again == model
        assert repr(again) == repr(model)
        assert again.description == model.description


@pytest.mark.parametrize("couplings", [
    np.zeros((2, 3, 4)), np.zeros(30), np.full((2, 3, 5), np.nan), np.full((2, 3, 5), "x"),
])  # fmt: skip
def test_a_spoilt_state(couplings: Any) -> None:
    meta, arrays = gaussian((3, 5)).state()
    with pytest.raises(ValueError, match="^meta: got no state of a model"):
        ms.models.from_state(meta, arrays | {"couplings": couplings})


def test_what_results_say() -> None:
    assert gaussian((3, 4), h=0.5).description == {"couplings": "gaussian", "h": 0.5}
    assert ms.EdwardsAnderson((3, 4), J=2.0).description == {"J": 2.0, "h": 0.0}
    given = ms.EdwardsAnderson.from_couplings(np.arange(8.0).reshape(2, 2, 2))
    assert given.description == {"h": 0.0}


def test_couplings_of_one_magnitude_are_bonds() -> None:
    signs = ms.EdwardsAnderson((3, 4), seed=1, samples=2).bonds
    for samples, bonds in ((2, signs), (None, signs[0])):
        model = ms.EdwardsAnderson.from_couplings(0.3 * bonds, 0.1, samples)
        assert model == ms.EdwardsAnderson.from_bonds(bonds, 0.3, 0.1, samples)
        assert (model.one_magnitude, model.J) == (True, 0.3)
    diluted = signs[0] * (np.arange(24).reshape(2, 3, 4) % 3 > 0)
    model = ms.EdwardsAnderson.from_couplings(diluted)
    assert (model.one_magnitude, model.n_edges) == (False, 24)
    assert float(model.energy(np.ones((3, 4)))) == -diluted.sum()


def test_given_couplings_are_copied() -> None:
    given = np.arange(24.0).reshape(2, 3, 4)
    model = ms.EdwardsAnderson.from_couplings(given)
    given[:] = 7.0
    assert model.couplings.tolist() == list(range(24))


# --- refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("couplings", "samples", "error"), [
    (np.ones(4), None, ValueError), (np.ones((3, 4, 4)), None, ValueError),
    (np.ones((2, 4, 1)), None, ValueError), (np.ones((2, 4, 4)), 2, ValueError),
    (np.zeros((0, 0)), None, ValueError), (np.ones((2, 3, 4), bool), None, TypeError),
    (np.full((2, 3, 4), np.inf), None, ValueError), ("x", None, TypeError),
    (np.full((2, 3, 4), 1e308), None, ValueError), (np.arange(24.0), None, ValueError),
])  # fmt: skip
def test_wrong_couplings(couplings: Any, samples: int | None, error: type[Exception]) -> None:
    with pytest.raises(error, match=r"^(couplings|J): got .*, allowed: "):
        ms.EdwardsAnderson.from_couplings(couplings, samples=samples)


def test_couplings_in_which_energies_overflow() -> None:
    J = sys.float_info.max / 2 / 24
    assert np.isfinite(gaussian((3, 4), J=0.8 * J, seed=2).energy(np.ones((3, 4))))
    with pytest.raises(ValueError, match=r"^J: got .*, allowed: "):
        gaussian((3, 4), J=1.01 * J, seed=2)
    given = np.arange(24.0).reshape(2, 3, 4) * 7e306
    with pytest.raises(ValueError, match=r"(?s)^couplings: got .*, allowed: couplings of which"):
        ms.EdwardsAnderson.from_couplings(given)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(MemoryError, match=r"^shape: bonds: needed .*, available: "):
        gaussian((2**20, 2**20))
    with pytest.raises(MemoryError, match=r"^samples: bonds of .*: needed .*, available: "):
        gaussian((4, 4), samples=2**50)
