"""Couplings to files and other packages' objects and back, cuts, and files that are refused."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dimod
import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import multispin as ms
from multispin import couplings
from reference.energies import random_spins

if TYPE_CHECKING:
    from multispin.models import Model

GLASS = ms.EdwardsAnderson((3, 4), seed=1)
MODELS: list[Model] = [
    GLASS,
    ms.Ising((5,), J=-0.1),
    ms.EdwardsAnderson((2, 2, 3), seed=2),
    ms.Pairwise.from_edges(5, [[3, 1], [0, 1]], [1e-300, -1 / 3]),
    ms.Pairwise.from_edges(3, []),
]


def as_pairs(model: Model) -> ms.Pairwise:
    """The same couplings, double bonds added up in a dense matrix."""
    J = np.zeros((model.n_spins, model.n_spins))
    for (i, j), coupling in zip(model.edges, model.couplings, strict=True):
        J[i, j] += coupling
        J[j, i] += coupling
    return ms.Pairwise(J, model.h)


# --- there and back -------------------------------------------------------------------------------


@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_edges_come_back(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "couplings.txt"
    couplings.write_edges(path, model)
    assert couplings.read_edges(path, n_spins=model.n_spins) == as_pairs(model)


@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_max_cuts_come_back(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "instance.mc"
    couplings.write_max_cut(path, model)
    assert couplings.read_max_cut(path) == as_pairs(model)


@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_sparse_arrays_come_back(model: Model) -> None:
    sparse = couplings.to_sparse(model)
    assert (sparse.format, sparse.dtype) == ("csr", np.float64)
    assert ms.Pairwise(sparse) == as_pairs(model)


@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_networkx_graphs_come_back(model: Model) -> None:
    graph = couplings.to_networkx(model, weight="w")
    assert list(graph) == list(range(model.n_spins))
    assert couplings.from_networkx(graph, weight="w") == as_pairs(model)


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize("h", [0.0, -0.7])
@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_dimod_models_come_back(model: Model, h: Any, several: bool) -> None:
    if several:
        h = h + np.arange(model.n_spins)
    model = ms.Pairwise.from_edges(
        model.n_spins, as_pairs(model).edges, as_pairs(model).couplings, h
    )
    assert couplings.from_dimod(couplings.to_dimod(model)) == couplings.Problem(model)


@given(
    values=st.lists(st.floats(-1e300, 1e300).filter(bool), min_size=1, max_size=6),
    extra=st.integers(0, 3),
)
def test_any_numbers_come_back(
    tmp_path_factory: pytest.TempPathFactory, values: list[float], extra: int
) -> None:
    n = len(values) + 1 + extra
    model = ms.Pairwise.from_edges(n, [[k, k + 1] for k in range(len(values))], values)
    path = tmp_path_factory.mktemp("couplings") / "file"
    couplings.write_edges(path, model)
    assert couplings.read_edges(path, n) == model
    couplings.write_max_cut(path, model)
    assert couplings.read_max_cut(path) == model


@pytest.mark.parametrize("h", [0.0, -0.7, "several"])
@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_fields_and_constants_come_back_in_edges(model: Model, h: Any, tmp_path: Path) -> None:
    path = tmp_path / "couplings.txt"
    field = (np.arange(model.n_spins) + 1) / 3 if h == "several" else h
    model = ms.Pairwise.from_edges(
        model.n_spins, as_pairs(model).edges, as_pairs(model).couplings, field
    )
    couplings.write_edges(path, couplings.Problem(model, -1 / 3))
    assert couplings.read_edges(path, n_spins=model.n_spins) == model
    if h == "several" or (h and model.n_spins > 1):  # the last site is there
        assert couplings.read_problem(path, "edges") == couplings.Problem(model, -1 / 3)


@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_graphs_of_dimacs_come_back(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "graph.col"
    couplings.write_dimacs(path, model)
    assert couplings.read_dimacs(path) == as_pairs(model)


# --- files ----------------------------------------------------------------------------------------


def test_what_is_written(tmp_path: Path) -> None:
    model = ms.Pairwise.from_edges(4, [[2, 0], [1, 2]], [1.0, -0.5])
    couplings.write_edges(tmp_path / "edges", model)
    assert (tmp_path / "edges").read_text() == "# i j J\n0 2 1\n1 2 -0.5\n"
    couplings.write_max_cut(tmp_path / "cut", model)
    assert (tmp_path / "cut").read_text() == "4 2\n1 3 -1\n2 3 0.5\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cut", "edges"]


def test_what_is_read(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("# i j J\n\n 2\t0 1e0 \n  # more\n1 2 -1\r\n0 1 0\n")
    assert couplings.read_edges(str(path), h=0.5) == ms.Pairwise.from_edges(
        3, [[0, 2], [1, 2]], [1, -1], h=0.5
    )
    path.write_text("# n m\n4 3 0\n3 1 1\n\n2 3 -1\n1 4 0\n")
    assert couplings.read_max_cut(path) == ms.Pairwise.from_edges(4, [[0, 2], [1, 2]], [-1, 1])
    path.write_text("c a graph\np edge 4 3\ne 3 1\n\nc 1 2\ne 2 3 -1\ne 1 4 0\n")
    assert couplings.read_dimacs(path) == ms.Pairwise.from_edges(4, [[0, 2], [1, 2]], [-1, 1])
    path.write_text("0 1 2\n1 1 0.5\n")
    assert couplings.read_edges(path) == ms.Pairwise.from_edges(2, [[0, 1]], 2, h=[0, 0.5])
    with pytest.raises(ValueError, match=r"^h: got 0\.5, allowed: 0, as .* has fields of its own"):
        couplings.read_edges(path, h=0.5)


@pytest.mark.parametrize(("text", "place", "message"), [
    ("c\n", "1:1", "got nothing, allowed: p NAME n m"),
    ("e 1 2\n", "1:1", "got 'e', allowed: p NAME n m"),
    ("p edge 3\n", "1:9", "got nothing more, allowed: p NAME n m"),
    ("p edge 0 0\n", "1:8", "got '0', allowed: p NAME n m"),
    ("p edge 3 1 1\n", "1:12", "got '1', allowed: p NAME n m"),
    ("p edge 3 1\ne 1 4\n", "2:5", "got '4', allowed: a site from 1 to 3, other than 1"),
    ("p edge 3 1\ne 1\n", "2:4", "got nothing more, allowed: a site from 1 to 3, other than 1"),
    ("p edge 3 1\ne 1 2 x\n", "2:7", "got 'x', allowed: a finite number"),
    ("p edge 3 1\ne 1 2 1 1\n", "2:9", "got '1', allowed: nothing after two sites and a number"),
    ("p edge 3 1\na 1 2\n", "2:1", "got 'a', allowed: e i j, an edge, or c, a comment"),
    ("p edge 3 2\ne 1 2\ne 2 1\n", "3:3", "got 'e 2 1', the pair of line 2, allowed: each pair"),
    ("p edge 3 2\ne 1 2\n", "2:1", "got 1 entries at the end, allowed: 2, as the line p says"),
])  # fmt: skip
def test_wrong_graphs_of_dimacs(text: str, place: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text(text)
    with pytest.raises(ValueError, match="allowed") as caught:
        couplings.read_dimacs(path)
    assert str(caught.value).startswith(f"{path}:{place}: {message}")


def test_a_byte_order_mark_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("0 1 1\n1 2 -1\n", encoding="utf-8-sig")
    assert couplings.read_edges(path) == ms.Pairwise.from_edges(3, [[0, 1], [1, 2]], [1, -1])
    path.write_text("3 2\n1 2 1\n2 3 -1\n", encoding="utf-8-sig")
    assert couplings.read_max_cut(path) == ms.Pairwise.from_edges(3, [[0, 1], [1, 2]], [-1, 1])


@pytest.mark.parametrize("read", [couplings.read_edges, couplings.read_max_cut])
@pytest.mark.parametrize(("path", "error"), [
    (None, TypeError), (3, TypeError), (b"x", TypeError), ("", ValueError), ("a\0b", ValueError),
    ("\ud800", ValueError),
])  # fmt: skip
def test_what_is_no_path(read: Any, path: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match=r"^path: got .*, allowed: the path of a file"):
        read(path)


def test_couplings_with_which_energies_overflow(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("3 2\n1 2 1e308\n2 3 -1e308\n")
    with pytest.raises(ValueError, match=r"file: got couplings of which Σ\|J\| is inf, allowed: "):
        couplings.read_max_cut(path)
    path.write_text("0 1 1e308\n")
    with pytest.raises(ValueError, match=r"file: got couplings and fields of which .* is 1e\+308"):
        couplings.read_edges(path)
    graph = nx.Graph()
    graph.add_edge(0, 1, J=1e308)
    with pytest.raises(ValueError, match=r"^graph: got couplings"):
        couplings.from_networkx(graph)
    bqm = dimod.BinaryQuadraticModel({}, {(0, 1): 1e308}, 0.0, "SPIN")
    with pytest.raises(ValueError, match=r"^bqm\.quadratic: got biases of which"):
        couplings.from_dimod(bqm)


def test_a_write_that_fails_leaves_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    couplings.write_edges(path, GLASS)
    before = path.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    for write in (couplings.write_edges, couplings.write_max_cut):
        with pytest.raises(OSError, match="No space left") as caught:
            write(path, ms.Ising((4,)))
        assert caught.value.filename == str(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_file(tmp_path: Path) -> None:
    for read in (couplings.read_edges, couplings.read_max_cut):
        with pytest.raises(FileNotFoundError):
            read(tmp_path / "none")


@pytest.mark.parametrize(("line", "column", "got", "allowed"), [
    ("0 1", 4, "nothing more", "a finite number"), ("0", 2, "nothing more", "a site from 0"),
    ("0 1 1 1", 7, "'1'", "nothing after two sites"), ("0 1 x", 5, "'x'", "a finite number"),
    ("0.0 1 1", 1, "'0.0'", "a site from 0"), ("0 1 nan", 5, "'nan'", "a finite number"),
    ("  0  1  inf", 9, "'inf'", "a finite number"), ("-1 0 1", 1, "'-1'", "a site from 0"),
    ("a b 1", 1, "'a'", "a site from 0"), ("0 b 1", 3, "'b'", "a site from 0"),
    ("0 1 1_0", 5, "'1_0'", "a finite number"), ("0 1_0 1", 3, "'1_0'", "a site from 0"),
    ("0 \u0661 1", 3, "'\u0661'", "a site from 0"), ("0 1 \uff11", 5, "'\uff11'", "a finite"),
    ("0 9223372036854775807 1", 3, "'9223372036854775807'", "a site from 0"),
    ("1 0 5", 1, "'1 0 5', the pair of line 2", "each pair once"),
])  # fmt: skip
def test_lines_that_are_no_edges(
    line: str, column: int, got: str, allowed: str, tmp_path: Path
) -> None:
    path = tmp_path / "file"
    path.write_text(f"# i j J\n0 1 1\n\n{line}\n1 2 1\n", encoding="utf-8")
    with pytest.raises(ValueError, match="allowed") as caught:
        couplings.read_edges(path)
    assert str(caught.value).startswith(f"{path}:4:{column}: got {got}, allowed: {allowed}")


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"0 1 1\n\xff 2 1\n")
    with pytest.raises(ValueError, match=r":2:1: got .*xff.*, allowed: a site from 0"):
        couplings.read_edges(path)


@pytest.mark.parametrize(("text", "place", "message"), [
    ("0 1 1\n1 0 2\n", "2:1", "got '1 0 2', the pair of line 1, allowed: "),
    ("0 1 1\n1 5 2\n", "2:3", "got '5', allowed: a site from 0 to 4"),
    ("2 2 1\n2 2 1\n", "2:1", "got '2 2 1', the pair of line 1, allowed: "),
    ("# constant x\n", "1:12", "got 'x', allowed: a finite number"),
])  # fmt: skip
def test_edges_that_do_not_fit(text: str, place: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text(text)
    with pytest.raises(ValueError, match="allowed") as caught:
        couplings.read_edges(path, n_spins=5)
    assert str(caught.value).startswith(f"{path}:{place}: {message}")


def test_a_file_without_edges(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("# nothing\n")
    with pytest.raises(ValueError, match="got no edges, allowed: some, or n_spins given"):
        couplings.read_edges(path)
    assert couplings.read_edges(path, n_spins=3) == ms.Pairwise.from_edges(3, [])


def test_which_site_is_the_first(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("1 2 1\n2 3 -1\n")
    with pytest.raises(ValueError, match=r"got no site 0, allowed: .* first_site given \(1 for"):
        couplings.read_edges(path)
    chain = ms.Pairwise.from_edges(3, [[0, 1], [1, 2]], [1, -1])
    assert couplings.read_edges(path, first_site=1) == chain
    assert couplings.read_edges(path, 4, first_site=1).n_spins == 4
    moved = ms.Pairwise.from_edges(4, [[1, 2], [2, 3]], [1, -1])
    assert couplings.read_edges(path, first_site=0) == couplings.read_edges(path, 4) == moved
    path.write_text("0 1 1\n")
    with pytest.raises(ValueError, match=f"^{path}:1:1: got '0', allowed: a site from 1"):
        couplings.read_edges(path, first_site=1)
    for wrong in (2, True, 0.0):
        with pytest.raises((TypeError, ValueError), match="^first_site: got .*, allowed: "):
            couplings.read_edges(path, first_site=wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("vartype", ["SPIN", "BINARY"])
def test_files_of_dimod_are_refused(vartype: str, tmp_path: Path) -> None:
    dimod = pytest.importorskip("dimod")
    coo = pytest.importorskip("dimod.serialization.coo")
    bqm = dimod.BinaryQuadraticModel({}, {(0, 1): 1.0, (1, 2): -0.5}, 0.0, vartype)
    path = tmp_path / "file"
    path.write_text(coo.dumps(bqm, vartype_header=True))
    with pytest.raises(
        ValueError, match=f"^{path}:1:1: got '# vartype={vartype}', a file of dimod"
    ):
        couplings.read_edges(path)


@pytest.mark.parametrize(("text", "place", "message"), [
    ("", "0:1", "got nothing more, allowed: n m"), ("\n\nx y\n", "3:1", "got 'x', allowed: n m"),
    ("4\n1 2 1\n", "1:2", "got nothing more, allowed: n m"),
    ("0 0\n", "1:1", "got '0', allowed: n m"), ("2 -1\n", "1:3", "got '-1', allowed: n m"),
    ("1_0 1\n", "1:1", "got '1_0', allowed: n m"),
    ("3 1\n0 1 1\n", "2:1", "got '0', allowed: a site from 1 to 3"),
    ("3 1\n3 4 1\n", "2:3", "got '4', allowed: a site from 1 to 3, other than 3"),
    ("3 1\n3 3 1\n", "2:3", "got '3', allowed: a site from 1 to 3, other than 3"),
    ("3 2\n1 2 1\n", "2:1", "got 1 entries at the end, allowed: 2,"),
    ("3 1\n1 2 1\n1 3 1\n", "3:1", "got 2 entries at the end, allowed: 1,"),
    ("3 2\n1 2 1\n2 1 1\n", "3:1", "got '2 1 1', the pair of line 2, allowed: "),
])  # fmt: skip
def test_wrong_max_cuts(text: str, place: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text(text)
    with pytest.raises(ValueError, match="allowed") as caught:
        couplings.read_max_cut(path)
    assert str(caught.value).startswith(f"{path}:{place}: {message}")


@pytest.mark.parametrize("n_spins", [0, 2.0])
def test_wrong_numbers_of_spins(n_spins: Any, tmp_path: Path) -> None:
    with pytest.raises((TypeError, ValueError), match=r"^n_spins: got .*, allowed: "):
        couplings.read_edges(tmp_path / "none", n_spins=n_spins)


def test_the_torus_of_the_dimacs_challenge() -> None:
    folder = os.environ.get("MULTISPIN_DATA")
    if not folder:
        pytest.skip("MULTISPIN_DATA names no folder with toruspm3-8-50.dat")
    model = couplings.read_max_cut(Path(folder) / "toruspm3-8-50.dat")
    assert (model.n_spins, model.J, len(model.edges)) == (512, 1.0, 1536)
    torus = ms.Pairwise.from_edges(512, ms.graphs.hypercubic((8, 8, 8)))
    assert model.edges.tolist() == torus.edges.tolist()
    assert model.couplings[0] == 1.0  # "1 2 -1"
    up = np.ones(512)
    assert couplings.cut_value(model, up) == 0
    up[0] = -1  # the cut of one vertex is the weight of its edges
    weights = -model.couplings[(model.edges == 0).any(axis=1)]
    assert couplings.cut_value(model, up) == weights.sum()


# --- cuts -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", [*MODELS, ms.EdwardsAnderson((3, 4), samples=3)], ids=repr)
def test_cuts_are_sums_over_edges(model: Model) -> None:
    spins = random_spins(model, (2, 5), seed=3)
    found = couplings.cut_value(model, spins)
    lead = spins.shape[: spins.ndim - len(model.shape)]
    assert found.shape == lead
    for index in np.ndindex(*lead):
        s = spins[index].ravel()
        values = model.couplings if model.samples is None else model.couplings[index[0]]
        cut = sum(-value for (i, j), value in zip(model.edges, values, strict=True) if s[i] != s[j])
        assert found[index] == pytest.approx(cut, rel=1e-15, abs=1e-15)


# --- other packages -------------------------------------------------------------------------------


@pytest.mark.parametrize("h", [0.0, 0.4, np.arange(12.0).reshape(2, 2, 3) - 3])
def test_dimod_has_the_same_energies(h: Any) -> None:
    model = ms.EdwardsAnderson((2, 2, 3), seed=2, h=h)
    spins = random_spins(model, (20,), seed=1)
    bqm = couplings.to_dimod(model)
    assert bqm.vartype is dimod.SPIN
    np.testing.assert_allclose(bqm.energies(spins.reshape(20, -1)), model.energy(spins), atol=1e-12)


def test_a_dimod_model_with_names_and_an_offset() -> None:
    bqm = dimod.BinaryQuadraticModel(
        {"c": 0.5, "a": 0.0, "b": -1.5}, {"ca": -2.0, "ab": 1.0, "bc": 0.0}, 10.0, "SPIN"
    )
    assert list(bqm.variables) == ["c", "a", "b"]
    problem = couplings.from_dimod(bqm)
    model = ms.Pairwise.from_edges(3, [[0, 1], [1, 2]], [2.0, -1.0], h=[-0.5, 0.0, 1.5])
    assert problem == couplings.Problem(model, 10.0)
    spins = random_spins(model, (8,), seed=1)
    assert problem.energy(spins).tolist() == bqm.energies((spins, list(bqm.variables))).tolist()


@pytest.mark.parametrize("BQM", [dimod.BinaryQuadraticModel, dimod.Float32BQM, dimod.DictBQM])
def test_a_binary_dimod_model(BQM: Any) -> None:
    bqm = BQM({"c": 0.5, "a": -3}, {"ca": -2.25, "ab": 1}, 10.0, "BINARY")
    qubo = couplings.from_dimod(bqm)
    assert isinstance(qubo, couplings.Qubo)
    x = np.random.default_rng(1).integers(0, 2, (20, 3), dtype=np.int8)
    expected = bqm.energies((x, list(bqm.variables))).tolist()
    assert qubo.energy(x).tolist() == expected
    assert (qubo.model.energy(2 * x - 1) + qubo.offset).tolist() == expected
    again = couplings.to_dimod(qubo)
    assert again.vartype is dimod.BINARY
    assert again.offset == 10.0
    assert couplings.from_dimod(again) == qubo
    spin = couplings.to_dimod(qubo, "SPIN")
    assert spin.vartype is dimod.SPIN
    assert spin.energies(2 * x - 1).tolist() == expected
    assert couplings.to_qubo(couplings.from_dimod(spin)) == qubo


def test_a_model_as_a_binary_one_of_dimod() -> None:
    model = ms.EdwardsAnderson((2, 3), seed=2, h=0.25)
    bqm = couplings.to_dimod(couplings.Problem(model, -1.5), vartype="BINARY")
    spins = random_spins(model, (20,), seed=1)
    found = bqm.energies((spins.reshape(20, -1) + 1) // 2)
    assert found.tolist() == (model.energy(spins) - 1.5).tolist()
    with pytest.raises(ValueError, match="^vartype: got 'spin', allowed: 'SPIN', 'BINARY'"):
        couplings.to_dimod(model, "spin")
    with pytest.raises(TypeError, match="^problem: got 'x', allowed: a Problem, or a model"):
        couplings.to_dimod("x")  # type: ignore[arg-type]


@pytest.mark.parametrize(("bqm", "error", "message"), [
    (dimod.BinaryQuadraticModel("BINARY"), ValueError, "bqm: got one without variables, allowed: "),
    (dimod.BinaryQuadraticModel({"a": 1}, {}, 1e308, "SPIN"), ValueError, "bqm.offset: got one "),
    (dimod.BinaryQuadraticModel({"a": 1}, {}, np.nan, "SPIN"), ValueError, "bqm.offset: got nan"),
    (dimod.QuadraticModel(), TypeError, "bqm: got "),
    (dimod.BinaryQuadraticModel({"a": 8e307}, {"ab": 8e307}, 0, "SPIN"), ValueError,
     "bqm.linear: got biases of which .*, allowed: at most"),
    (dimod.BinaryQuadraticModel("SPIN"), ValueError, "bqm: got one without variables, allowed: "),
    ("bqm", TypeError, "bqm: got 'bqm', allowed: a dimod"),
])  # fmt: skip
def test_wrong_dimod_models(bqm: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=f"^{message}"):
        couplings.from_dimod(bqm)


def test_a_networkx_graph_with_names() -> None:
    graph = nx.Graph()
    graph.add_nodes_from("cabd")
    graph.add_edge("a", "b", J=1)
    graph.add_edge("b", "c", J=-2.5)
    model = couplings.from_networkx(graph, h=0.5)
    assert model == ms.Pairwise.from_edges(4, [[1, 2], [0, 2]], [1, -2.5], h=0.5)


def test_attributes_of_networkx_that_need_not_be_named() -> None:
    chain = ms.Pairwise.from_edges(3, [[0, 1], [1, 2]], [2.0, -1.0])
    for name in ("J", "weight"):
        graph = nx.Graph([(0, 1, {name: 2.0}), (1, 2, {name: -1.0, "colour": 3})])
        assert couplings.from_networkx(graph) == couplings.from_networkx(graph, name) == chain
    both = nx.Graph([(0, 1, {"J": 2.0, "weight": 5.0}), (1, 2, {"J": -1.0, "weight": 5.0})])
    assert couplings.from_networkx(both, "J") == chain
    assert couplings.from_networkx(nx.path_graph(3)) == ms.Pairwise.from_edges(3, chain.edges)


@pytest.mark.parametrize(("graph", "error", "message"), [
    (nx.DiGraph([(0, 1, {"J": 1})]), ValueError, "graph: got a DiGraph, allowed: an undir"),
    (nx.MultiGraph([(0, 1, {"J": 1})]), ValueError, "graph: got a MultiGraph, allowed: "),
    (nx.Graph([(0, 1, {"J": 1}), (1, 2)]), ValueError,
     r"weight: got 'J', and an edge \(1, 2\) without it"),
    (nx.Graph([(0, 1, {"weight": 1}), (1, 2)]), ValueError,
     r"weight: got 'weight', and an edge \(1, 2\) without it"),
    (nx.Graph([(0, 1, {"weight": 1, "J": -1})]), ValueError,
     r"weight: got None, and an edge \(0, 1\) with J and weight, allowed: the one that is"),
    (nx.Graph([(0, 1, {"length": 1})]), ValueError,
     "weight: got None, and edges with 'length', allowed: the one that is the coupling"),
    (nx.Graph([(0, 0, {"J": 1})]), ValueError, "graph: got a loop at the node 0, allowed: "),
    (nx.Graph([("a", 1, {"J": "1"})]), TypeError, r"graph\['a'\]\[1\]\['J'\]: got '1', allowed: "),
    (nx.Graph([(0, 1, {"J": np.inf})]), ValueError, r"graph\[0\]\[1\]\['J'\]: got inf, allowed: "),
    (nx.Graph(), ValueError, "graph: got one without nodes, allowed: "),
    ("graph", TypeError, "graph: got 'graph'"),
])  # fmt: skip
def test_wrong_networkx_graphs(graph: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=f"^{message}"):
        couplings.from_networkx(graph)


@pytest.mark.parametrize("function", [
    couplings.to_sparse, couplings.to_networkx,
    lambda model: couplings.write_edges("/nowhere/file", model),
    lambda model: couplings.write_dimacs("/nowhere/file", model),
    lambda model: couplings.write_max_cut("/nowhere/file", model),
])  # fmt: skip
def test_models_that_cannot_be_written(function: Any) -> None:
    with pytest.raises(ValueError, match=r"^model: got '3 disorder samples'.*model\.sample\(k\)"):
        function(ms.EdwardsAnderson((4, 4), samples=3))
    with pytest.raises(TypeError, match=r"^model: got 'x', allowed: a model of multispin"):
        function("x")


@pytest.mark.parametrize("function", [couplings.to_dimod, couplings.to_qubo])
def test_models_that_are_no_problem(function: Any) -> None:
    with pytest.raises(ValueError, match=r"^problem\.model: got '3 disorder samples'"):
        function(ms.EdwardsAnderson((4, 4), samples=3))
    with pytest.raises(TypeError, match=r"^problem: got 'x', allowed: a Problem, or a model"):
        function("x")


@pytest.mark.parametrize("function", [
    lambda model: couplings.write_dimacs("/nowhere/file", model),
    lambda model: couplings.write_max_cut("/nowhere/file", model),
    lambda model: couplings.cut_value(model, np.ones((4, 4))),
    couplings.to_sparse, couplings.to_networkx,
])  # fmt: skip
def test_models_in_a_field(function: Any) -> None:
    with pytest.raises(ValueError, match=r"^model\.h: got 0.5, allowed: 0"):
        function(ms.Ising((4, 4), h=0.5))
    with pytest.raises(ValueError, match=r"(?s)^model\.h: got array.*, allowed: 0"):
        function(ms.Ising((4, 4), h=np.eye(4)))


@pytest.mark.parametrize(("module", "function"), [
    ("scipy.sparse", couplings.to_sparse), ("networkx", couplings.to_networkx),
    ("dimod", couplings.to_dimod),
])  # fmt: skip
def test_a_missing_package_names_the_extra(
    module: str, function: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module.partition(".")[0], None)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ms.MissingExtraError, match=r"multispin\[graphs\]"):
        function(GLASS)
