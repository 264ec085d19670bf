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
    assert couplings.from_dimod_negating(couplings.to_dimod_negating(model)) == model


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
    with pytest.raises(ValueError, match=r"file: got couplings of which Σ\|J\| is 1e\+308"):
        couplings.read_edges(path)
    graph = nx.Graph()
    graph.add_edge(0, 1, J=1e308)
    with pytest.raises(ValueError, match=r"^graph: got couplings"):
        couplings.from_networkx(graph)
    bqm = dimod.BinaryQuadraticModel({}, {(0, 1): 1e308}, 0.0, "SPIN")
    with pytest.raises(ValueError, match=r"^bqm\.quadratic: got couplings"):
        couplings.from_dimod_negating(bqm)


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


EDGE_LINES = [
    "0 1", "0 1 1 1", "0 1 x", "0.0 1 1", "0 1 nan", "0 1 inf", "0 0 1", "-1 0 1", "a b 1", "\xff",
    "0 1 1_0", "0 1_0 1", "0 \u0661 1", "0 1 \uff11", "0 9223372036854775807 1",
]  # fmt: skip


@pytest.mark.parametrize("line", EDGE_LINES)
def test_lines_that_are_no_edges(line: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(
        b"# i j J\n0 1 1\n\n"
        + (line.encode("latin1") if line == "\xff" else line.encode())
        + b"\n1 2 1\n"
    )
    with pytest.raises(ValueError, match=r"^.*: got .*, allowed: two different sites") as caught:
        couplings.read_edges(path)
    assert str(caught.value).startswith(f"{path}:4: got ")


@pytest.mark.parametrize(("text", "line", "message"), [
    ("0 1 1\n1 0 2\n", 2, "got '1 0 2', the pair of line 1, allowed: "),
    ("0 1 1\n1 5 2\n", 2, "got '1 5 2', allowed: two different sites from 0 to 4 and"),
])  # fmt: skip
def test_edges_that_do_not_fit(text: str, line: int, message: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text(text)
    with pytest.raises(ValueError, match="allowed") as caught:
        couplings.read_edges(path, n_spins=5)
    assert str(caught.value).startswith(f"{path}:{line}: {message}")


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
    with pytest.raises(ValueError, match=f"^{path}:1: got '0 1 1', allowed: .* sites from 1"):
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
    with pytest.raises(ValueError, match=f"^{path}:1: got '# vartype={vartype}', a file of dimod"):
        couplings.read_edges(path)


@pytest.mark.parametrize(("text", "line", "message"), [
    ("", 1, "got '', allowed: n m"), ("\n\nx y\n", 3, "got 'x y', allowed: n m"),
    ("4\n1 2 1\n", 1, "got '4', allowed: n m"), ("0 0\n", 1, "got '0 0', allowed: n m"),
    ("2 -1\n", 1, "got '2 -1', allowed: n m"), ("1_0 1\n", 1, "got '1_0 1', allowed: n m"),
    ("3 1\n0 1 1\n", 2, "got '0 1 1', allowed: two different sites from 1 to 3 and"),
    ("3 1\n3 4 1\n", 2, "got '3 4 1', allowed: two different sites from 1 to 3 and"),
    ("3 2\n1 2 1\n", 2, "got 1 edges at the end, allowed: 2,"),
    ("3 1\n1 2 1\n1 3 1\n", 3, "got 2 edges at the end, allowed: 1,"),
    ("3 2\n1 2 1\n2 1 1\n", 3, "got '2 1 1', the pair of line 2, allowed: "),
])  # fmt: skip
def test_wrong_max_cuts(text: str, line: int, message: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text(text)
    with pytest.raises(ValueError, match="allowed") as caught:
        couplings.read_max_cut(path)
    assert str(caught.value).startswith(f"{path}:{line}: {message}")


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
    bqm = couplings.to_dimod_negating(model)
    assert bqm.vartype is dimod.SPIN
    np.testing.assert_allclose(bqm.energies(spins.reshape(20, -1)), model.energy(spins), atol=1e-12)


def test_a_dimod_model_with_names_and_an_offset() -> None:
    bqm = dimod.BinaryQuadraticModel(
        {"c": 0.5, "a": 0.0, "b": -1.5}, {"ca": -2.0, "ab": 1.0, "bc": 0.0}, 10.0, "SPIN"
    )
    assert list(bqm.variables) == ["c", "a", "b"]
    model = couplings.from_dimod_negating(bqm)
    assert model == ms.Pairwise.from_edges(3, [[0, 1], [1, 2]], [2.0, -1.0], h=[-0.5, 0.0, 1.5])
    spins = random_spins(model, (8,), seed=1)
    expected = bqm.energies((spins, list(bqm.variables))) - 10.0
    np.testing.assert_allclose(model.energy(spins), expected, atol=1e-12)


@pytest.mark.parametrize(("bqm", "error", "message"), [
    (dimod.BinaryQuadraticModel({}, {"ab": 1}, 0, "BINARY"), ValueError,
     "bqm.vartype: got 'BINARY'"),
    (dimod.BinaryQuadraticModel({"a": 8e307}, {"ab": 8e307}, 0, "SPIN"), ValueError,
     "bqm.linear: got biases of which .*, allowed: at most"),
    (dimod.BinaryQuadraticModel("SPIN"), ValueError, "bqm: got one without variables, allowed: "),
    ("bqm", TypeError, "bqm: got 'bqm', allowed: a dimod"),
])  # fmt: skip
def test_wrong_dimod_models(bqm: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=f"^{message}"):
        couplings.from_dimod_negating(bqm)


def test_a_networkx_graph_with_names() -> None:
    graph = nx.Graph()
    graph.add_nodes_from("cabd")
    graph.add_edge("a", "b", J=1)
    graph.add_edge("b", "c", J=-2.5)
    model = couplings.from_networkx(graph, h=0.5)
    assert model == ms.Pairwise.from_edges(4, [[1, 2], [0, 2]], [1, -2.5], h=0.5)


@pytest.mark.parametrize(("graph", "error", "message"), [
    (nx.DiGraph([(0, 1, {"J": 1})]), ValueError, "graph: got a DiGraph, allowed: an undir"),
    (nx.MultiGraph([(0, 1, {"J": 1})]), ValueError, "graph: got a MultiGraph, allowed: "),
    (nx.Graph([(0, 1, {"weight": 1})]), ValueError,
     r"weight: got 'J', and an edge \(0, 1\) without it"),
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
    couplings.to_sparse, couplings.to_networkx, couplings.to_dimod_negating,
    lambda model: couplings.write_edges("/nowhere/file", model),
    lambda model: couplings.write_max_cut("/nowhere/file", model),
])  # fmt: skip
def test_models_that_cannot_be_written(function: Any) -> None:
    with pytest.raises(ValueError, match=r"^model: got '3 disorder samples'.*model\.sample\(k\)"):
        function(ms.EdwardsAnderson((4, 4), samples=3))
    with pytest.raises(TypeError, match=r"^model: got 'x', allowed: a model of multispin"):
        function("x")


@pytest.mark.parametrize("function", [
    lambda model: couplings.write_edges("/nowhere/file", model),
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
    ("dimod", couplings.to_dimod_negating),
])  # fmt: skip
def test_a_missing_package_names_the_extra(
    module: str, function: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module.partition(".")[0], None)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ms.MissingExtraError, match=r"multispin\[graphs\]"):
        function(GLASS)
