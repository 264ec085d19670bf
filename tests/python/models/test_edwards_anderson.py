"""The ±J spin glass: which bonds a seed gives, what they mean, and energies bond by bond."""

from __future__ import annotations

import json
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import multispin as ms
from multispin.models import random_signs
from reference import energies
from reference.energies import lattice_bonds, random_spins

# --- signs ----------------------------------------------------------------------------------------


def philox_4x64(counter: list[int], key: list[int]) -> list[int]:
    """Philox4x64-10 of Salmon et al. (2011), figure 2, in Python's integers."""
    mask = 2**64 - 1
    x, k = list(counter), list(key)
    for _ in range(10):
        left, right = x[0] * 0xD2E7470EE14C6C93, x[2] * 0xCA5A826395121157
        high = [right >> 64, left >> 64]
        x = [high[0] ^ x[1] ^ k[0], right & mask, high[1] ^ x[3] ^ k[1], left & mask]
        k = [(k[0] + 0x9E3779B97F4A7C15) & mask, (k[1] + 0xBB67AE8584CAA73B) & mask]
    return x


def test_the_twin_of_the_generator_has_its_published_values() -> None:
    # kat_vectors of Random123
    assert philox_4x64([0] * 4, [0] * 2) == [
        0x16554D9ECA36314C, 0xDB20FE9D672D0FDC, 0xD7E772CEE186176B, 0x7E68B68AEC7BA23B,
    ]  # fmt: skip


@pytest.mark.parametrize("seed", [0, 1, 2**64 - 1])
@pytest.mark.parametrize("k", [0, 3])
def test_signs_are_the_bits_of_philox(seed: int, k: int) -> None:
    words = [w for block in (1, 2) for w in philox_4x64([block, 0, 0, 0], [seed, k])]
    bits = [(words[n // 64] >> (n % 64)) & 1 for n in range(300)]
    assert random_signs(300, seed, samples=k + 1)[k].tolist() == [2 * bit - 1 for bit in bits]


@pytest.mark.parametrize("count", [0, 1, 63, 64, 65])
def test_a_sample_depends_on_seed_and_number_only(count: int) -> None:
    many = random_signs(count, 7, samples=5)
    assert many.shape == (5, count)
    assert many.dtype == np.int8
    np.testing.assert_array_equal(random_signs(count, 7, samples=2), many[:2])
    np.testing.assert_array_equal(random_signs(count, 7), many[0])
    np.testing.assert_array_equal(random_signs(100, 7, samples=5)[:, :count], many)


def test_samples_and_seeds_differ() -> None:
    signs = np.concatenate([random_signs(200, seed, samples=3) for seed in (0, 1, 2**32)])
    overlaps = (signs @ signs.T.astype(np.int64))[np.triu_indices(9, 1)]
    # 36 sums of 200 signs: 6 standard deviations are exceeded with probability 36 * 2e-9
    assert np.abs(overlaps).max() < 6 * np.sqrt(200)
    assert abs(int(signs.sum())) < 6 * np.sqrt(signs.size)


# --- the model ------------------------------------------------------------------------------------


@pytest.mark.thorough
@given(
    shape=st.lists(st.integers(2, 4), min_size=1, max_size=4).map(tuple),
    J=st.floats(0, 10),
    h=st.floats(-10, 10),
    seed=st.integers(0, 2**64 - 1),
)
def test_bonds_couple_a_site_and_its_neighbour_up_the_axis(
    shape: tuple[int, ...], J: float, h: float, seed: int
) -> None:
    model = ms.EdwardsAnderson(shape, seed, J, h)
    assert model.bonds.shape == (len(shape), *shape)
    spins = random_spins(model, (), seed)
    bonds = sum(
        int(model.bonds[(axis, *x)]) * int(spins[x]) * int(spins[y])
        for axis, x, y in lattice_bonds(shape)
    )
    assert model.energy(spins) == -J * bonds - h * int(spins.sum(dtype=np.int64))


@pytest.mark.parametrize("samples", [None, 1, 4])
@pytest.mark.parametrize("batch", [(), (5,), (2, 0), (2, 3)])
def test_energy_is_the_sum_over_edges(samples: int | None, batch: tuple[int, ...]) -> None:
    model = ms.EdwardsAnderson((2, 3, 4), seed=3, J=0.5, h=0.25, samples=samples)
    spins = random_spins(model, batch, seed=1)
    found = model.energy(spins)
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, energies.energies(model, spins))


def test_signs_are_the_bonds_in_the_order_of_the_edges() -> None:
    model = ms.EdwardsAnderson((2, 3, 4), seed=3, samples=2)
    assert model.signs.shape == (2, 72)
    site = np.arange(24).reshape(2, 3, 4)
    for (axis, x, y), edge, signs in zip(
        lattice_bonds((2, 3, 4)), model.edges, model.signs.T, strict=True
    ):
        assert edge.tolist() == [site[x], site[y]]
        assert signs.tolist() == model.bonds[(slice(None), axis, *x)].tolist()


def test_samples_as_models() -> None:
    many = ms.EdwardsAnderson((3, 4), seed=9, J=2.0, h=0.1, samples=5)
    one = ms.EdwardsAnderson((3, 4), seed=9, J=2.0, h=0.1)
    assert many.sample(0) == one
    assert (many.samples, one.samples) == (5, None)
    np.testing.assert_array_equal(many.sample(3).bonds, many.bonds[3])
    assert (many.sample(3).J, many.sample(3).h) == (2.0, 0.1)
    for k in (5, -1):
        with pytest.raises(ValueError, match=r"^k: got .*allowed: an integer >= 0 and <= 4"):
            many.sample(k)


def test_models_are_values() -> None:
    model = ms.EdwardsAnderson((3, 4), seed=9)
    same = ms.EdwardsAnderson.from_bonds(model.bonds)
    assert model == same
    assert hash(model) == hash(same)
    others = [
        ms.EdwardsAnderson((3, 4), seed=10),
        ms.EdwardsAnderson((3, 4), seed=9, J=2.0),
        ms.EdwardsAnderson((3, 4), seed=9, h=1.0),
        ms.EdwardsAnderson((3, 4), seed=9, samples=1),
        ms.Ising((3, 4)),
    ]
    assert all(model != other for other in others)
    assert len({repr(m) for m in [model, *others]}) == 6
    with pytest.raises(ValueError, match="read-only"):
        model.bonds[0, 0, 0] = 1
    with pytest.raises(ValueError, match="read-only"):
        model.signs[0] = 1


def test_what_identifies_a_model_is_shown() -> None:
    model = ms.EdwardsAnderson((3, 4), seed=9, samples=2)
    assert repr(model) == "EdwardsAnderson((3, 4), seed=9, J=1.0, h=0.0, samples=2)"
    assert eval(repr(model), {"EdwardsAnderson": ms.EdwardsAnderson}) == model
    samples = [model.sample(k) for k in range(2)]
    assert repr(samples[0]).startswith("EdwardsAnderson.from_bonds(<shape (3, 4), sha256 ")
    assert repr(samples[0]) != repr(samples[1])


def test_given_bonds_are_copied() -> None:
    bonds = np.ones((2, 3, 4), dtype=np.int8)
    model = ms.EdwardsAnderson.from_bonds(bonds)
    bonds[0, 0, 0] = -1
    assert bool(np.all(model.bonds == 1))
    assert ms.EdwardsAnderson.from_bonds(np.ones((2, 3, 4)).tolist()) == model


@pytest.mark.parametrize("samples", [None, 1, 3])
@pytest.mark.parametrize("given", [False, True])
def test_a_model_comes_back_from_its_state(samples: int | None, given: bool) -> None:
    model = ms.EdwardsAnderson((3, 5), seed=2**64 - 1, J=0.1, h=-0.3, samples=samples)
    if given:
        model = ms.EdwardsAnderson.from_bonds(model.bonds, 0.1, -0.3, samples)
    meta, arrays = model.state()
    for again in (
        ms.models.from_state(json.loads(json.dumps(meta)), arrays | {"another": np.zeros(1)}),
        pickle.loads(pickle.dumps(model)),
    ):
        assert again == model
        assert repr(again) == repr(model)


# --- refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "value", "error"), [
    ("shape", (1, 4), ValueError), ("shape", 4, TypeError), ("seed", -1, ValueError),
    ("seed", 2**64, ValueError), ("seed", 1.0, TypeError), ("J", -1.0, ValueError),
    ("J", float("nan"), ValueError), ("h", float("inf"), ValueError), ("h", [1.0], ValueError),
    ("couplings", "normal", ValueError), ("couplings", 1, TypeError),
    ("samples", 0, ValueError), ("samples", 1.5, TypeError),
])  # fmt: skip
def test_wrong_arguments(name: str, value: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match=rf"^{name}: got .*, allowed: "):
        ms.EdwardsAnderson(**({"shape": (4, 4)} | {name: value}))


@pytest.mark.parametrize(("shape", "samples", "allowed"), [
    ((4,), None, "(ndim, *shape)"), ((3, 4, 4), None, "(ndim, *shape)"),
    ((2, 2, 4, 4), None, "(ndim, *shape)"), ((2, 4, 4), 2, "(2, ndim, *shape)"),
    ((3, 2, 4, 4), 2, "(2, ndim, *shape)"), ((), None, "(ndim, *shape)"),
    ((0,), None, "(ndim, *shape)"), ((2, 4, 1), None, "(ndim, *shape)"),
    ((5, 2, 2, 2, 2, 2), None, "(ndim, *shape)"),
])  # fmt: skip
def test_bonds_of_another_shape(shape: tuple[int, ...], samples: int | None, allowed: str) -> None:
    with pytest.raises(ValueError, match=r"^bonds: got .*shape") as caught:
        ms.EdwardsAnderson.from_bonds(np.ones(shape), samples=samples)
    assert str(caught.value).endswith(f"allowed: {allowed} of one to four sides >= 2")


@pytest.mark.parametrize("value", [0, 2, 0.5, float("nan"), 255])
def test_bonds_that_are_no_signs(value: float) -> None:
    with pytest.raises(ValueError, match=r"^bonds: .*allowed: \+1 and -1"):
        ms.EdwardsAnderson.from_bonds(np.full((2, 3, 4), value))


@pytest.mark.parametrize("shape", [(2, 3, 4, 4), (4, 4), (2, 4, 4)])
def test_configurations_of_another_shape(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"^spins: got .*, allowed: \(3, \.\.\., 4, 4\)"):
        ms.EdwardsAnderson((4, 4), samples=3).energy(np.ones(shape))


# --- shares of ferromagnetic bonds ----------------------------------------------------------------


@pytest.mark.parametrize("k", [0, 2])
def test_signs_of_a_share_are_fractions_of_philox(k: int) -> None:
    words = [w for block in (1, 2, 3) for w in philox_4x64([block, 0, 0, 3], [5, k])]
    for p in (0.3, 0.8):
        expected = [1 if (word >> 11) * 2.0**-53 < p else -1 for word in words]
        assert random_signs(12, 5, samples=k + 1, p=p)[k].tolist() == expected


def test_signs_turn_up_as_their_share_grows() -> None:
    shares = (0.0, 0.1, 0.4, 0.6, 0.99, 1.0)
    signs = np.stack([random_signs(20_000, 3, p=p) for p in shares])
    assert np.all(np.diff(signs.astype(int), axis=0) >= 0)
    assert np.all(signs[0] == -1)
    assert np.all(signs[-1] == 1)
    # 5 standard errors of 20,000 draws.
    assert (signs == 1).mean(axis=1) == pytest.approx(shares, abs=5 * 0.5 / 20_000**0.5)


def test_half_of_the_bonds_is_what_a_glass_has_anyway() -> None:
    model = ms.EdwardsAnderson((4, 6), seed=3, p=0.5)
    assert model == ms.EdwardsAnderson((4, 6), seed=3)
    assert repr(model) == repr(ms.EdwardsAnderson((4, 6), seed=3))
    assert "p" not in model.description
    assert "p" not in model.state()[0]


def test_a_glass_of_a_share_is_kept_and_shown() -> None:
    model = ms.EdwardsAnderson((4, 6), seed=3, samples=2, p=0.8)
    assert model.description["p"] == 0.8
    assert eval(repr(model), {"EdwardsAnderson": ms.EdwardsAnderson}) == model
    again = ms.models.from_state(*json.loads(json.dumps([model.state()[0]])), model.state()[1])
    assert again == model
    assert repr(again) == repr(model)
    assert model.sample(1) == ms.EdwardsAnderson.from_bonds(model.bonds[1])
    assert ms.EdwardsAnderson((4, 4), p=1.0).energy(np.ones((4, 4))) == -32


@pytest.mark.parametrize(("arguments", "message"), [
    ({"p": 1.1}, "p: got 1.1, allowed: a probability"),
    ({"p": 0.7, "couplings": "gaussian"}, "p: got 0.7, allowed: 1/2 of Gaussian couplings"),
])  # fmt: skip
def test_shares_that_are_none(arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ms.EdwardsAnderson((4, 4), **arguments)
