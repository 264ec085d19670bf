"""Files as people and other programs write them: what is read, and what could be two things."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import multispin as ms
from multispin import couplings

if TYPE_CHECKING:
    from pathlib import Path

CHAIN = ms.Pairwise.from_edges(3, [[0, 1], [1, 2]], [1.0, -0.5])
ONES = ms.Pairwise.from_edges(3, [[0, 1], [1, 2]], 1.0)
CUT = ms.Pairwise.from_edges(3, [[0, 1], [1, 2]], [-1.0, 0.5])


@pytest.mark.parametrize("text", [
    "0,1,1\n1,2,-0.5\n",
    "0, 1, 1\n1, 2, -0.5\n",
    "0,1, 1\n1 ,2 , -0.5\n",
    "\ufeff0,1,1\r\n1,2,-0.5\r\n",
    "% written by hand\n0 1 1\n%\n1 2 -0.5\n",
    "c a comment, of two words\nc\n0 1 1\n1 2 -0.5\n",
    "0 1 1 # strong\n1 2 -0.5\t% weak, and the other way\n",
    "0,1,1 # a, b\n1,2,-0.5\n",
])  # fmt: skip
def test_edges(text: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text(text, encoding="utf-8")
    assert couplings.read_edges(path) == CHAIN
    assert couplings.recognize(path) == "edges"


@pytest.mark.parametrize("text", ["0 1\n1 2\n", "0,1\n1,2\n", "# no numbers\n0 1  # a\n1 2\n"])
def test_edges_without_numbers_are_of_coupling_1(text: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text(text)
    assert couplings.read_edges(path) == ONES


@pytest.mark.parametrize("text", [
    "3 2\n1 2 1\n2 3 -0.5\n",
    "3,2\n1,2,1\n2,3,-0.5\n",
    "c of rudy\n3 2 0 # torus\n1 2 1\n% more\n2 3 -0.5 % last\n",
])  # fmt: skip
def test_max_cuts(text: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text(text)
    assert couplings.read_max_cut(path) == CUT
    assert couplings.recognize(path) == "max-cut"


def test_max_cuts_without_weights_have_weights_1(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("3 2\n1 2\n2 3\n")
    assert couplings.read_max_cut(path) == ms.Pairwise.from_edges(3, [[0, 1], [1, 2]], -1.0)
    assert couplings.recognize(path) == "max-cut"
    path.write_text("0 1\n1 2\n2 3\n")
    assert couplings.recognize(path) == "edges"


def test_graphs_of_dimacs(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("# a graph\nc one\np edge 3 2 % n m\ne 1 2\ne 2, 3, -0.5 # w\n")
    assert couplings.read_dimacs(path) == CUT
    assert couplings.recognize(path) == "dimacs"


def test_qubos(tmp_path: Path) -> None:
    path = tmp_path / "file.bq"
    path.write_text("c small\n2,3 # n, m\n1,1,-3\n2,2,-3 % linear\n1,2,4\n")
    assert couplings.read_qubo(path, "bq").to_dict() == {(0, 0): -3, (1, 1): -3, (0, 1): 4}


@pytest.mark.parametrize(("read", "text", "place", "message"), [
    (couplings.read_edges, "0 1 1\n1 2 0,5\n", "2:5", "got '0,5', which may be one number or two"),
    (couplings.read_edges, "0 1,0.5\n", "1:3", "got '1,0', which may be one number or two"),
    (couplings.read_edges, "0,,1\n", "1:3", "got a comma with nothing on one side of it"),
    (couplings.read_edges, "0,1,1,\n", "1:6", "got a comma with nothing on one side of it"),
    (couplings.read_edges, ",0,1\n", "1:1", "got a comma with nothing on one side of it"),
    (couplings.read_edges, "0,1,0,5\n", "1:7", "got '5', allowed: nothing after two sites"),
    (couplings.read_edges, "i,j,J\n0,1,1\n", "1:1", "got 'i', allowed: a site from 0"),
    (couplings.read_edges, "0 1 1\n1 2\n", "2:4", "got nothing more, allowed: a finite number"),
    (couplings.read_edges, "0 1\n1 2 3\n", "2:5", "got '3', allowed: nothing after two sites"),
    (couplings.read_edges, "0 1\n2 2\n", "2:3", "got '2', allowed: a site other than the first"),
    (couplings.read_edges, "# x\n3 2\n0 1\n1 2\n", "2:1", "got '3 2', which may be an edge or a"),
    (couplings.read_edges, "c x\np edge 3 2\ne 1 2\n", "2:1", "got 'p', a header of DIMACS"),
    (couplings.read_edges, "0 1 50%\n", "1:5", "got '50%', allowed: a finite number"),
    (couplings.read_edges, "%%MatrixMarket matrix coordinate real symmetric\n2 2 1\n1 2 3\n",
     "1:1", "got '%%MatrixMark"),
    (couplings.read_max_cut, "3 2\n1 2\n2 3 1\n", "3:5", "got '1', allowed: nothing after two"),
    (couplings.read_max_cut, "3 2\n1 2 1\n2 3\n", "3:4", "got nothing more, allowed: a finite"),
    (couplings.read_dimacs, "p qubo 0 3 3 0\n", "1:3", "got 'qubo', a file of qbsolv"),
    (couplings.read_qubo, "2 1\n1 2\n", "2:4", "got nothing more, allowed: a finite number"),
])  # fmt: skip
def test_what_could_be_two_things(
    read: Any, text: str, place: str, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "file"
    path.write_text(text)
    with pytest.raises(ValueError, match="allowed") as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}:{place}: {message}")


def test_an_edge_that_counts_the_others_is_none_where_it_cannot(tmp_path: Path) -> None:
    # A header 0 1 would be of a graph without sites.
    path = tmp_path / "file"
    path.write_text("0 1\n1 2\n")
    assert couplings.read_edges(path) == ONES
    # With numbers, nothing is a header.
    path.write_text("3 2 1\n0 1 1\n1 2 1\n")
    assert couplings.read_edges(path).n_spins == 4
