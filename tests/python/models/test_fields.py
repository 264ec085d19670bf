"""Fields that differ from site to site: energies, identity, forms, files and refusals."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import multispin as ms
from multispin.models import sums
from multispin.models.forms import RealPairs, SignedEdges, UniformLattice
from reference.energies import energies, random_spins

EDGES = ms.graphs.random_regular(12, 3, seed=5)
REAL = np.random.default_rng(2).normal(size=(3, len(EDGES)))
MATRIX = np.ones((12, 12)) - np.eye(12)

Make = Callable[[Any], ms.models.SignedGraph]

#: Every model of 12 sites, as a function of its field, and the shape of a configuration.
MODELS: dict[str, tuple[Make, tuple[int, ...]]] = {
    "Ising": (lambda h: ms.Ising((3, 4), J=-0.5, h=h), (3, 4)),
    "bimodal": (lambda h: ms.EdwardsAnderson((3, 2, 2), seed=1, h=h), (3, 2, 2)),
    "samples": (lambda h: ms.EdwardsAnderson((3, 4), seed=1, h=h, samples=3), (3, 4)),
    "Gaussian": (lambda h: ms.EdwardsAnderson((12,), seed=1, h=h, couplings="gaussian"), (12,)),
    "Gaussian samples": (
        lambda h: ms.EdwardsAnderson((3, 4), 1, 2.0, h, 3, couplings="gaussian"), (3, 4),
    ),
    "SK": (lambda h: ms.SherringtonKirkpatrick(12, seed=1, h=h), (12,)),
    "SK samples": (
        lambda h: ms.SherringtonKirkpatrick(12, 1, 3, couplings="bimodal", h=h), (12,),
    ),
    "matrix": (lambda h: ms.Pairwise(MATRIX, h), (12,)),
    "edges": (lambda h: ms.Pairwise.from_edges(12, EDGES, 1.0, h, (2, 6)), (2, 6)),
    "real edges": (lambda h: ms.Pairwise.from_edges(12, EDGES, REAL, h, (2, 6)), (2, 6)),
    "no edges": (lambda h: ms.Pairwise.from_edges(12, [], h=h), (12,)),
}  # fmt: skip


def field(shape: tuple[int, ...], seed: int = 1) -> np.ndarray[Any, Any]:
    return np.random.default_rng(seed).normal(size=shape)


@pytest.fixture(params=MODELS)
def case(request: pytest.FixtureRequest) -> tuple[Make, tuple[int, ...]]:
    return MODELS[request.param]


Case = tuple[Make, tuple[int, ...]]

# --- energies -------------------------------------------------------------------------------------


@pytest.mark.parametrize("chunk", [1, 7, 1 << 22])
@pytest.mark.parametrize("batch", [(), (5,), (2, 0), (2, 3)])
def test_energy_site_by_site(
    case: Case, batch: tuple[int, ...], chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sums, "_CHUNK", chunk)
    make, shape = case
    model = make(field(shape))
    spins = random_spins(model, batch, seed=1)
    found = model.energy(spins)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, energies(model, spins), rtol=1e-13, atol=1e-13)


def test_one_spin_turned_in_a_field(case: Case) -> None:
    # Spin i alone sees h_i: fields are not those of other sites.
    make, shape = case
    h = np.arange(12.0).reshape(shape)
    model, without = make(h), make(0.0)
    lead = () if model.samples is None else (3,)
    for i in range(12):
        spins = np.ones((*lead, 12), dtype=np.int8)
        spins[..., i] = -1
        spins = spins.reshape(*lead, *shape)
        in_field = model.energy(spins) - without.energy(spins)
        np.testing.assert_allclose(in_field, -(66 - 2 * i), rtol=1e-12)


def test_a_field_of_equal_numbers_is_that_number(case: Case) -> None:
    make, shape = case
    one, several = make(0.3), make(np.full(shape, 0.3))
    assert several.h == 0.3
    assert type(several.h) is float
    assert one == several
    assert hash(one) == hash(several)
    assert repr(one) == repr(several)
    assert repr(one.state()) == repr(several.state())
    spins = random_spins(one, (20,), seed=1)
    assert one.energy(spins).tobytes() == several.energy(spins).tobytes()


def test_the_energy_of_a_configuration_is_the_same_among_others() -> None:
    model = ms.EdwardsAnderson((5, 7), 1, h=field((5, 7)), couplings="gaussian")
    spins = random_spins(model, (50,), seed=1)
    assert model.energy(spins).tolist() == [float(model.energy(one)) for one in spins]


# --- what a model is ------------------------------------------------------------------------------


def test_models_are_values(case: Case) -> None:
    make, shape = case
    h = field(shape)
    model, same, other = make(h), make(h.tolist()), make(field(shape, 2))
    assert model == same
    assert hash(model) == hash(same)
    assert repr(model) == repr(same)
    turned = h.copy()
    turned.flat[[0, 1]] = turned.flat[[1, 0]]
    for different in (other, make(0.0), make(turned)):
        assert model != different
        assert repr(model) != repr(different)
    assert "h=<sha256 " in repr(model)
    assert len(repr(model)) < 160


def test_a_field_is_copied_and_read_only(case: Case) -> None:
    make, shape = case
    given = field(shape)
    model = make(given)
    kept = np.asarray(model.h).copy()
    given[:] = 7.0
    assert isinstance(model.h, np.ndarray)
    assert (model.h.shape, model.h.dtype) == (shape, np.float64)
    np.testing.assert_array_equal(model.h, kept)
    with pytest.raises(ValueError, match="read-only"):
        model.h[0] = 1.0


def test_fields_without_a_sign_of_zero_are_equal() -> None:
    one, other = (ms.Ising((2, 2), h=[[zero, 1.0], [1.0, 1.0]]) for zero in (0.0, -0.0))
    assert one == other
    assert repr(one) == repr(other)


def test_a_model_comes_back_from_its_state(case: Case) -> None:
    make, shape = case
    model = make(field(shape))
    for one in (model, *(model.sample(k) for k in range(model.samples or 0))):
        meta, arrays = one.state()
        again = ms.models.from_state(json.loads(json.dumps(meta)), arrays | {"x": np.zeros(1)})
        assert again == one
        assert repr(again) == repr(one)
        np.testing.assert_array_equal(again.h, one.h)
        spins = random_spins(one, (3,), seed=1)
        assert again.energy(spins).tobytes() == one.energy(spins).tobytes()


@pytest.mark.parametrize("h", [np.ones(3), np.full(12, np.nan), np.array(["x"] * 12)])
def test_a_state_with_a_spoilt_field(case: Case, h: Any) -> None:
    make, shape = case
    meta, arrays = make(field(shape)).state()
    with pytest.raises(ValueError, match=r"^meta: got no state of a model \(\w+: h: got "):
        ms.models.from_state(meta, arrays | {"h": h})
    with pytest.raises(ValueError, match=r"^meta: got no state of a model \(KeyError"):
        ms.models.from_state(meta, {name: a for name, a in arrays.items() if name != "h"})


def test_what_results_say(case: Case) -> None:
    make, shape = case
    h = field(shape)
    said = make(h).description
    assert json.loads(json.dumps(said)) == said
    assert said["h_mean"] == pytest.approx(h.mean(), rel=1e-12)
    assert said["h_std"] == pytest.approx(h.std(), rel=1e-12)
    assert said["h_sha256"][:12] in repr(make(h))
    assert "h" not in said
    assert make(0.5).description["h"] == 0.5


def test_samples_share_the_field(case: Case) -> None:
    make, shape = case
    model = make(field(shape))
    for k in range(model.samples or 0):
        one = model.sample(k)
        np.testing.assert_array_equal(one.h, model.h)
        spins = random_spins(model, (4,), seed=1)
        np.testing.assert_allclose(one.energy(spins[k]), model.energy(spins)[k], rtol=1e-13)


# --- forms ----------------------------------------------------------------------------------------


def test_forms_of_one_field_only(case: Case) -> None:
    make, shape = case
    several, one = make(field(shape)), make(0.5)
    for kind in (UniformLattice, SignedEdges):
        assert several.form(kind) is None
    assert (one.form(SignedEdges) is not None) == one.one_magnitude
    assert (one.form(UniformLattice) is not None) == isinstance(one, ms.Ising)


@pytest.mark.parametrize("uniform", [False, True])
def test_real_pairs_are_the_energy(case: Case, uniform: bool) -> None:
    make, shape = case
    model = make(0.25 if uniform else field(shape))
    form = model.form(RealPairs)
    assert form is not None
    edges, couplings = form.listed()
    assert (form.n_spins, form.fields().shape) == (12, (12,))
    assert couplings.shape == (form.samples, form.n_edges)
    assert edges.shape == (form.n_edges, 2)
    spins = random_spins(model, (4,), seed=1)
    rows = spins.reshape(form.samples, 4, 12).astype(float)
    pairs = rows[..., edges[:, 0]] * rows[..., edges[:, 1]]
    expected = -np.einsum("kme,ke->km", pairs, couplings) - rows @ form.fields()
    np.testing.assert_allclose(model.energy(spins).reshape(-1, 4), expected, rtol=1e-12, atol=1e-12)


# --- refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("h", "error"), [
    (np.ones(5), ValueError), (np.ones((1, 12)), ValueError), (np.zeros(0), ValueError),
    ([1.0, [2.0]], ValueError), ([None] * 12, TypeError), (np.ones(12, bool), TypeError),
    ("x", TypeError), (None, TypeError), (1j, TypeError), (np.array(1.0), TypeError),
    (np.ones(12, complex), TypeError), ([0.0] * 11 + [float("nan")], ValueError),
    ([0.0] * 11 + [float("inf")], ValueError), ([1] * 11 + [10**400], TypeError),
    (np.ma.masked_array(np.arange(12.0), np.arange(12) == 3), TypeError),
])  # fmt: skip
def test_wrong_fields(h: Any, error: type[Exception]) -> None:
    allowed = r"a finite number, or an array \(12,\) of finite numbers|.*masked"
    for make, shape in MODELS.values():
        if shape == (12,) and not (h is None and make is MODELS["matrix"][0]):
            with pytest.raises(error, match=rf"^h: got .*, allowed: {allowed}"):
                make(h)


def test_fields_in_which_energies_overflow() -> None:
    most = sys.float_info.max / 2
    up = np.ones((2, 2), dtype=np.int8)
    h = np.array([[1.0, 0.0], [0.0, -1.0]]) * 0.4999 * most
    model = ms.Ising((2, 2), J=0.0, h=h)
    assert np.isfinite(model.energy(up * [[1, 1], [1, -1]]) - model.energy(up * [[-1, 1], [1, 1]]))
    for J, factor in ((0.0, 1.01), (0.1 * most / 8, 0.95)):
        with pytest.raises(ValueError, match=r"^h: got 'an array of Σ\|h\| = .*, allowed: Σ\|h\|"):
            ms.Ising((2, 2), J=J, h=h * factor)
    with pytest.raises(ValueError, match=r"^h: got 'an array of Σ\|h\| = inf'"):
        ms.Ising((2, 2), h=np.array([[1.7e308, 1.7e308], [0.0, 0.0]]))


def test_large_fields_can_be_described() -> None:
    said = ms.Ising((2, 2), h=np.array([[1e307, 0.0], [0.0, -1e307]])).description
    assert said["h_std"] == pytest.approx(1e307 / 2**0.5, rel=1e-12)


# --- random fields --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["bimodal", "gaussian"])
def test_random_fields(kind: str) -> None:
    h = ms.models.random_fields((20, 30, 40), seed=3, kind=kind, strength=2.0)
    assert (h.shape, h.dtype) == ((20, 30, 40), np.float64)
    # 24000 numbers: 5 standard deviations of the mean and of the variance
    n = h.size
    assert abs(h.mean()) < 5 * 2.0 / n**0.5
    assert abs(h.var() / 4.0 - 1.0) < 5 * (2.0 / n) ** 0.5
    assert (set(np.unique(h)) == {-2.0, 2.0}) == (kind == "bimodal")
    same = ms.models.random_fields((24000,), 3, kind, 1.0)
    np.testing.assert_array_equal(2.0 * same, h.ravel())
    assert not np.array_equal(ms.models.random_fields((24000,), 4, kind, 2.0), h.ravel())


def test_fields_have_nothing_to_do_with_couplings_of_their_seed() -> None:
    n = 20000
    signs, numbers = ms.models.random_signs(n, 1), ms.models.random_normals(n, 1)
    fields = [ms.models.random_fields((n,), 1, kind) for kind in ("bimodal", "gaussian")]
    # of two fields or couplings, but for the two fields: 5 standard deviations
    pairs = [(a, b) for a in (signs, numbers) for b in fields] + [(signs, numbers)]
    assert all(abs(np.mean(a * b)) < 5 / n**0.5 for a, b in pairs)


def test_a_seed_gives_one_field() -> None:
    assert ms.models.random_fields((6,), seed=1).tolist() == [-1.0, 1.0, 1.0, -1.0, -1.0, 1.0]
    gaussian = ms.models.random_fields((3,), seed=1, kind="gaussian").tolist()
    assert gaussian == [0.6694314900577497, 0.11503554329863895, 0.5932515102168086]


@pytest.mark.parametrize(("name", "value", "error"), [
    ("shape", 4, TypeError), ("shape", (), ValueError), ("shape", (0, 4), ValueError),
    ("shape", (4.0,), TypeError), ("shape", "4", TypeError), ("seed", -1, ValueError),
    ("kind", "normal", ValueError), ("kind", 1, TypeError), ("strength", -1.0, ValueError),
    ("strength", 1e308, ValueError), ("strength", "1", TypeError),
])  # fmt: skip
def test_wrong_random_fields(name: str, value: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match=rf"^{name}: got .*, allowed: "):
        ms.models.random_fields(**({"shape": (4, 4), "kind": "gaussian"} | {name: value}))
