"""Pair couplings on any graph: energies edge by edge, forms of input, and refusals."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st

import multispin as ms
from multispin.models import pairwise
from reference.energies import energies, random_spins

TRIANGLE = [[0, 1], [1, 2], [0, 2]]


def random_matrix(n: int, seed: int, values: list[float]) -> np.ndarray[Any, Any]:
    upper = np.triu(np.random.default_rng(seed).choice(values, (n, n)), 1)
    return np.asarray(upper + upper.T)


@given(
    n=st.integers(1, 9),
    values=st.lists(st.floats(-10, 10), min_size=1, max_size=4),
    h=st.floats(-10, 10),
    seed=st.integers(0, 1000),
)
def test_energy_of_a_matrix(n: int, values: list[float], h: float, seed: int) -> None:
    J = random_matrix(n, seed, values)
    model = ms.Pairwise(J, h)
    spins = random_spins(model, (4,), seed)
    expected = -np.einsum("ki,ij,kj->k", spins, np.triu(J), spins) - h * spins.sum(axis=1)
    np.testing.assert_allclose(model.energy(spins), expected, rtol=1e-12, atol=1e-11)
    np.testing.assert_allclose(model.energy(spins), energies(model, spins), rtol=1e-12, atol=1e-11)


@pytest.mark.parametrize("chunk", [1, 7, 1 << 22])
@pytest.mark.parametrize("values", [[-0.5, 0.5], [-0.5, 0.25, 1.0]])
@pytest.mark.parametrize("samples", [None, 1, 3])
@pytest.mark.parametrize("batch", [(), (5,), (2, 0), (2, 3)])
def test_energy_of_edges(
    monkeypatch: pytest.MonkeyPatch,
    chunk: int,
    values: list[float],
    samples: int | None,
    batch: tuple[int, ...],
) -> None:
    monkeypatch.setattr(pairwise, "_CHUNK", chunk)
    edges = ms.graphs.random_regular(12, 3, seed=5)
    size = len(edges) if samples is None else (samples, len(edges))
    couplings = np.random.default_rng(2).choice(values, size)
    model = ms.Pairwise.from_edges(12, edges, couplings, h=0.125, shape=(3, 4))
    assert (model.samples, model.shape) == (samples, (3, 4))
    assert model.one_magnitude == (len(values) == 2)
    spins = random_spins(model, batch, seed=1)
    found = model.energy(spins)
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, energies(model, spins))


def test_small_types_do_not_overflow() -> None:
    n = 300
    model = ms.Pairwise(1 - np.eye(n))
    assert model.energy(np.ones(n, dtype=np.int8)) == -n * (n - 1) / 2


def test_edges_are_kept_in_ascending_order() -> None:
    model = ms.Pairwise.from_edges(4, [[3, 1], [2, 0], [0, 1]], [1.0, 2.0, -3.0])
    assert model.edges.dtype == np.int64
    assert model.edges.tolist() == [[0, 1], [0, 2], [1, 3]]
    assert model.couplings.tolist() == [-3.0, 2.0, 1.0]
    again = ms.Pairwise.from_edges(4, [[1, 0], [1, 3], [0, 2]], [-3, 1, 2])
    assert model == again
    assert hash(model) == hash(again)


def test_one_magnitude() -> None:
    model = ms.Pairwise.from_edges(3, TRIANGLE, [0.3, -0.3, -0.3])
    assert model.J == 0.3
    assert model.signs.dtype == np.int8
    assert model.signs.tolist() == [1, -1, -1]
    antiferromagnet = ms.Pairwise.from_edges(3, TRIANGLE, -2)
    assert (antiferromagnet.J, antiferromagnet.signs.tolist()) == (2.0, [-1, -1, -1])


@pytest.mark.parametrize("couplings", [[1, 1, 2], [[1, 1, 1], [1, 1, 2]], [[1, 1, 1], [1, 0, 1]]])
def test_several_magnitudes(couplings: Any) -> None:
    model = ms.Pairwise.from_edges(3, TRIANGLE, couplings)
    assert not model.one_magnitude
    assert model.couplings.tolist() == np.array(couplings)[..., [0, 2, 1]].tolist()
    for name in ("J", "signs"):
        with pytest.raises(ValueError, match=r"^J: got .* magnitudes, such as .*, allowed: one"):
            getattr(model, name)


def test_a_coupling_of_zero_is_no_edge() -> None:
    model = ms.Pairwise.from_edges(3, TRIANGLE, [1, 0, -1])
    assert (model.edges.tolist(), model.one_magnitude) == ([[0, 1], [0, 2]], True)
    samples = ms.Pairwise.from_edges(3, TRIANGLE, [[1, 0, 1], [-1, 0, 1]])
    assert (samples.edges.tolist(), samples.signs.tolist()) == (
        [[0, 1], [0, 2]],
        [[1, 1], [-1, 1]],
    )


@pytest.mark.parametrize("model", [
    ms.Pairwise(np.zeros((4, 4)), h=0.5), ms.Pairwise.from_edges(4, [], h=0.5),
    ms.Pairwise.from_edges(4, [[0, 1]], 0, h=0.5),
])  # fmt: skip
def test_no_edges_at_all(model: ms.Pairwise) -> None:
    assert (model.edges.shape, model.signs.shape, model.J) == ((0, 2), (0,), 0.0)
    assert model.energy([1, 1, 1, -1]) == -1.0
    assert model == ms.Pairwise.from_edges(4, [], h=0.5)
    assert ms.models.from_state(*model.state()) == model


def test_a_graph_in_parts() -> None:
    model = ms.Pairwise.from_edges(5, [[0, 1], [3, 4]])
    assert model.energy([1, 1, -1, -1, 1]) == 0.0


@pytest.mark.parametrize("make", [
    scipy.sparse.csr_array, scipy.sparse.coo_array, scipy.sparse.csc_matrix, scipy.sparse.lil_array,
    scipy.sparse.dok_array,
])  # fmt: skip
def test_sparse_couplings(make: Any) -> None:
    J = random_matrix(20, 3, [0, 0, 0, 0, 1.5, -2])
    assert ms.Pairwise(make(J)) == ms.Pairwise(J)
    assert ms.Pairwise(make(J.astype(np.int64))) == ms.Pairwise(J.astype(np.int64))


def test_sparse_duplicates_are_added() -> None:
    coo = scipy.sparse.coo_array(
        ([1.0, 2.0, 3.0, 0.0, 0.0], ([0, 0, 1, 1, 2], [1, 1, 0, 2, 1])), shape=(3, 3)
    )
    csr = scipy.sparse.csr_array(([2.0, -1.0, -1.0, 2.0], [1, 1, 0, 0], [0, 2, 4, 4]), shape=(3, 3))
    for matrix, coupling in ((coo, 3.0), (csr, 1.0)):
        stored = matrix.nnz
        assert ms.Pairwise(matrix) == ms.Pairwise.from_edges(3, [[0, 1]], coupling)
        assert matrix.nnz == stored  # it is the user's


def test_samples_as_models() -> None:
    couplings = np.array([[1, -1, 1], [-1, -1, 1]])
    many = ms.Pairwise.from_edges(4, TRIANGLE, couplings, h=0.1, shape=(2, 2))
    assert many.sample(1) == ms.Pairwise.from_edges(4, TRIANGLE, [-1, -1, 1], 0.1, (2, 2))
    with pytest.raises(ValueError, match=r"^k: got 2, allowed: an integer >= 0 and <= 1"):
        many.sample(2)


def test_models_are_values() -> None:
    model = ms.Pairwise.from_edges(4, TRIANGLE)
    others = [
        ms.Pairwise.from_edges(5, TRIANGLE),
        ms.Pairwise.from_edges(4, TRIANGLE, shape=(2, 2)),
        ms.Pairwise.from_edges(4, TRIANGLE[:2]),
        ms.Pairwise.from_edges(4, TRIANGLE, 2.0),
        ms.Pairwise.from_edges(4, TRIANGLE, h=1.0),
        ms.Pairwise.from_edges(4, TRIANGLE, [1, 1, -1]),
        ms.Pairwise.from_edges(4, TRIANGLE, [[1, 1, 1]]),
        ms.Pairwise.from_edges(4, TRIANGLE, [1, 2, 3]),
    ]
    assert all(model != other for other in others)
    assert len({repr(m) for m in [model, *others]}) == 9
    for array in (model.edges, model.signs):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


@pytest.mark.parametrize("couplings", [0.1, [0.1, -0.1, 0.1], [0.1, 0.2, 0.3], [[1, -1, 1]] * 2,
                                       [[1, 2, 3]] * 2])  # fmt: skip
def test_a_model_comes_back_from_its_state(couplings: Any) -> None:
    model = ms.Pairwise.from_edges(4, TRIANGLE, couplings, h=0.3, shape=(2, 2))
    meta, arrays = model.state()
    again = ms.models.from_state(json.loads(json.dumps(meta)), arrays)
    assert again == model
    assert repr(again) == repr(model)


# --- refusals -------------------------------------------------------------------------------------

INFINITE = np.array([[0.0, np.inf], [np.inf, 0.0]])


@pytest.mark.parametrize("make", [np.array, scipy.sparse.csr_array])
@pytest.mark.parametrize(("J", "error", "message"), [
    ([[0, 1], [2, 0]], ValueError, r"J\[0, 1\] = 1.* and J\[1, 0\] = 2.*, allowed: a symmetric"),
    ([[0, 1], [0, 0]], ValueError, r"J\[0, 1\] = 1.* and J\[1, 0\] = 0.*, allowed: a symmetric"),
    ([[0, 1], [0, 0]], ValueError, r"of one that has each pair once, J \+ J\.T"),
    ([[0, 1e308], [1e308, 0]], ValueError, r"allowed: couplings of which Σ\|J\|"),
    ([[0, 1], [1, 3]], ValueError, r"J\[1, 1\] = 3.*, allowed: a zero diagonal"),
    ([[0, 1, 0]], ValueError, r"shape \(1, 3\).*allowed: a square matrix"),
    (INFINITE, ValueError, "inf.*, allowed: finite numbers"),
    ([[0, np.nan], [np.nan, 0]], ValueError, "nan.*, allowed: finite numbers"),
    ([[0, 1j], [1j, 0]], TypeError, "complex128.*, allowed: finite numbers"),
    ([[False, True], [True, False]], TypeError, "bool.*, allowed: finite numbers"),
])  # fmt: skip
def test_wrong_matrices(make: Any, J: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=rf"^J: got .*{message}"):
        ms.Pairwise(make(J))


@pytest.mark.parametrize("J", [1.0, None, [1.0, 2.0], np.zeros((2, 2, 2)), np.zeros((0, 0))])
def test_what_is_no_matrix(J: Any) -> None:
    with pytest.raises(
        ValueError if np.ndim(J) else TypeError, match=r"^J: got .*allowed: a square matrix"
    ):
        ms.Pairwise(J)


@pytest.mark.parametrize(("name", "value", "error", "message"), [
    ("n_spins", 0, ValueError, "an integer >= 1"),
    ("n_spins", 3.0, TypeError, "an integer >= 1"),
    ("edges", [[0, 1], [1, 1]], ValueError, r"got \[1, 1\], allowed: .* different sites"),
    ("edges", [[0, 1], [1, 3]], ValueError, r"got \[1, 3\], allowed: .* from 0 to 2"),
    ("edges", [[0, -1]], ValueError, r"got \[0, -1\], allowed: .* from 0 to 2"),
    ("edges", [[0, 1], [1, 0]], ValueError, r"got \[0, 1\] more than once"),
    ("edges", [0, 1], ValueError, r"shape \(2,\)', allowed: \(E, 2\)"),
    ("edges", [[0, 1, 2]], ValueError, r"shape \(1, 3\)', allowed: \(E, 2\)"),
    ("edges", [[0.0, 1.0]], TypeError, r"float64.*, allowed: \(E, 2\)"),
    ("couplings", [1, 1], ValueError, r"shape \(2,\).*, allowed: one number, \(3,\) or \(samples"),
    ("couplings", np.ones((0, 3)), ValueError, r"allowed: one number, \(3,\) or \(samples, 3\)"),
    ("couplings", np.ones((1, 1, 3)), ValueError, r"allowed: one number, \(3,\) or \(samples, 3\)"),
    ("couplings", float("nan"), ValueError, "finite numbers"),
    ("couplings", "1", TypeError, "finite numbers"),
    ("couplings", True, TypeError, "finite numbers"),
    ("h", [1.0, 1.0], ValueError, r"shape \(2,\).*, allowed: a finite number, or an array \(3,\)"),
    ("h", None, TypeError, "a finite number"),
    ("shape", (2, 2), ValueError, "integers >= 1 whose product is 3"),
    ("shape", (), ValueError, "integers >= 1 whose product is 3"),
    ("shape", (0, 3), ValueError, "integer >= 1"),
    ("shape", "3", TypeError, "integers >= 1 whose product is 3"),
])  # fmt: skip
def test_wrong_arguments(name: str, value: Any, error: type[Exception], message: str) -> None:
    arguments = {"n_spins": 3, "edges": TRIANGLE, name: value}
    with pytest.raises(error, match=rf"^{name}: .*{message}"):
        ms.Pairwise.from_edges(**arguments)


@pytest.mark.parametrize("kind", ["coo", "csr", "csc"])
def test_sparse_duplicates_are_added_as_real_numbers(kind: str) -> None:
    # 200 is more than int8 holds: the sum would be -56.
    rows, columns = np.array([0, 0, 1, 1]), np.array([1, 1, 0, 0])
    J = scipy.sparse.coo_matrix((np.full(4, 100, np.int8), (rows, columns)), shape=(2, 2))
    if kind != "coo":  # with the duplicates that the conversion would add
        J = getattr(scipy.sparse, f"{kind}_matrix")(
            (J.data, np.array([1, 1, 0, 0]), np.array([0, 2, 4])), shape=(2, 2)
        )
    assert ms.Pairwise(J).couplings.tolist() == [200.0]


def corrupt(kind: str, place: int) -> Any:
    J = scipy.sparse.csr_matrix(np.array([[0.0, 1.0], [1.0, 0.0]])).asformat(kind)
    (J.row if kind == "coo" else J.indices)[0] = place
    return J


@pytest.mark.parametrize("kind", ["coo", "csr", "csc", "bsr"])
@pytest.mark.parametrize("place", [-3, 2, 2**30])
def test_sparse_indices_out_of_bounds_are_refused(kind: str, place: int) -> None:
    with pytest.raises(ValueError, match="^J: got one with .*, allowed: a sparse matrix whose"):
        ms.Pairwise(corrupt(kind, place))


@pytest.mark.parametrize("indptr", [[0, 1, 100], [0, 2, 0], [0, 2**30, 2], [0, -1, 2], [5, 1, 2]])
@pytest.mark.parametrize("kind", ["csr", "csc"])
def test_sparse_pointers_out_of_bounds_are_refused(kind: str, indptr: list[int]) -> None:
    J = scipy.sparse.csr_matrix(np.array([[0.0, 1.0], [1.0, 0.0]])).asformat(kind)
    J.indptr[:] = indptr
    with pytest.raises(ValueError, match="^J: got one with"):
        ms.Pairwise(J)


def test_sparse_couplings_are_left_as_they_are() -> None:
    J = scipy.sparse.csr_matrix(np.array([[0.0, 1.0], [1.0, 0.0]]))
    J.data, J.indices = np.resize(J.data, 5), np.resize(J.indices, 5)  # room for more
    ms.Pairwise(J)
    assert len(J.data) == len(J.indices) == 5
