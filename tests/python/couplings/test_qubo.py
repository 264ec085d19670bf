"""Problems of variables 0 and 1: energies, files and what is refused, against brute force."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import dimod
import numpy as np
import pytest
import scipy.sparse as sp

import multispin as ms
from multispin import couplings

if TYPE_CHECKING:
    from pathlib import Path


def all_values(n: int) -> np.ndarray[Any, np.dtype[np.int8]]:
    return np.array(list(itertools.product([0, 1], repeat=n)), dtype=np.int8)


def brute_force(Q: Any, constant: float = 0.0) -> Any:
    """x^T Q x + c of all x, one product after the other."""
    n = len(Q)
    return [
        constant + sum(Q[i][j] for i in range(n) for j in range(n) if x[i] and x[j])
        for x in all_values(n)
    ]


def of_bqp_kind(n: int, seed: int, density: float = 0.5) -> Any:
    """A symmetric matrix of integers from -100 to 100, like those of the OR-Library."""
    rng = np.random.default_rng(seed)
    upper = np.triu(rng.integers(-100, 101, (n, n)) * (rng.random((n, n)) < density))
    upper[-1, -1] = 7  # the last variable is there
    return (upper + np.triu(upper, 1).T).astype(float)


# --- energies -------------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [1.0, 1 / 8, 2.0**-40])
@pytest.mark.parametrize("n", [1, 2, 5, 9])
def test_energies_are_exact(n: int, scale: float) -> None:
    Q = np.random.default_rng(n).integers(-100, 101, (n, n)) * scale  # not symmetric
    qubo = couplings.from_qubo(Q, constant=3 * scale)
    x = all_values(n)
    expected = brute_force(Q, 3 * scale)
    assert qubo.energy(x).tolist() == expected
    assert (qubo.model.energy(2 * x - 1) + qubo.offset).tolist() == expected
    bqm = dimod.BinaryQuadraticModel.from_qubo(dict(np.ndenumerate(Q)), 3 * scale)
    assert bqm.energies((x, range(n))).tolist() == expected
    assert qubo.from_spins(2 * x - 1).tolist() == x.tolist()


def test_energies_of_any_numbers() -> None:
    Q = np.random.default_rng(1).normal(size=(8, 8))
    qubo = couplings.from_qubo(Q, constant=0.3)
    x = all_values(8)
    np.testing.assert_allclose(qubo.energy(x), brute_force(Q, 0.3), atol=1e-13)
    np.testing.assert_allclose(
        qubo.model.energy(2 * x - 1) + qubo.offset, qubo.energy(x), atol=1e-13
    )
    assert qubo.energy(x.reshape(4, 64, 8)).shape == (4, 64)
    assert qubo.energy(x[0]).shape == ()


def test_many_energies_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    qubo = couplings.from_qubo(of_bqp_kind(10, seed=1))
    expected = qubo.energy(all_values(10))
    monkeypatch.setattr("multispin.couplings.qubo._CHUNK", 100)
    assert qubo.energy(all_values(10)).tolist() == expected.tolist()


# --- there and back -------------------------------------------------------------------------------


def test_every_kind_of_matrix_is_the_same_problem() -> None:
    Q = np.array([[1.0, 2.0, 0.0], [3.0, 0.0, -1.0], [0.0, 1.0, 0.5]])
    expected = couplings.Qubo([1, 0, 0.5], [[0, 1]], [5.0])
    entries = {(int(i), int(j)): Q[i, j] for i, j in np.argwhere(Q)}
    kinds = [sp.csr_array, sp.coo_array, sp.csc_matrix, sp.dok_array, np.asarray, np.ndarray.tolist]
    for given in (entries, *(kind(Q) for kind in kinds)):
        assert couplings.from_qubo(given) == expected
    twice = sp.coo_array(([1.0, 1.0, 3.0], ([0, 0, 1], [0, 1, 0])), shape=(2, 2))
    assert couplings.from_qubo(twice).to_dict() == {(0, 0): 1.0, (0, 1): 4.0}


def test_matrices_come_back() -> None:
    Q = np.triu(np.random.default_rng(1).normal(size=(6, 6)))  # bit for bit
    qubo = couplings.from_qubo(Q, 0.1)
    assert couplings.to_qubo(qubo) is qubo
    assert qubo.to_sparse().toarray().tolist() == Q.tolist()
    assert couplings.from_qubo(qubo.to_dict(), 0.1) == qubo
    assert hash(couplings.from_qubo(Q, 0.1)) == hash(qubo)
    assert couplings.from_qubo(Q, 0.2) != qubo
    assert qubo != couplings.Problem(qubo.model, qubo.offset)
    assert couplings.from_qubo({(0, 0): 1}, n_variables=3).n_variables == 3
    assert couplings.from_qubo({}, n_variables=2) == couplings.from_qubo(np.zeros((2, 2)))


def test_a_problem_of_spins_as_one_of_bits() -> None:
    model = ms.EdwardsAnderson((2, 3), seed=1, h=np.arange(6.0).reshape(2, 3))
    qubo = couplings.to_qubo(couplings.Problem(model, 2.5))
    x = all_values(6)
    expected = model.energy((2 * x - 1).reshape(-1, 2, 3)) + 2.5
    assert qubo.energy(x).tolist() == expected.tolist()
    assert couplings.Problem(qubo.model, qubo.offset) == couplings.Problem(model, 2.5)


def test_problems_of_spins() -> None:
    problem = couplings.Problem(ms.Ising((2, 2), J=-1, h=0.5), -3)
    assert (problem.n_variables, problem.offset, problem.model.shape) == (4, -3.0, (4,))
    assert problem.model.couplings.tolist() == [-2.0] * 4  # double bonds
    spins = np.array([[1, 1, 1, 1], [1, -1, -1, 1]])
    assert problem.energy(spins).tolist() == [8.0 - 2.0 - 3.0, -11.0]
    assert problem.from_spins(spins).tolist() == spins.tolist()
    assert problem == couplings.Problem(problem.model, -3)
    assert len({problem, couplings.Problem(problem.model, -3)}) == 1
    assert problem != couplings.Problem(problem.model)
    assert "offset=-3.0" in repr(problem)


# --- files ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", ["sparse", "bq", "orlib"])
@pytest.mark.parametrize("seed", range(4))
def test_problems_come_back_from_files(format: str, seed: int, tmp_path: Path) -> None:  # noqa: A002
    Q = of_bqp_kind(9, seed)
    qubo = couplings.from_qubo(-Q if format == "orlib" else Q)
    path = tmp_path / "file"
    couplings.write_qubo(path, qubo, format)
    assert couplings.read_qubo(path, format) == qubo
    assert couplings.read_problem(path, format) == qubo
    lines = path.read_text().splitlines()
    listed = {tuple(map(int, line.split()[:2])): float(line.split()[2]) for line in lines[-12:]}
    for (i, j), q in listed.items():
        twice = format == "bq" and i != j
        assert q == Q[i - 1, j - 1] * (2 if twice else 1)


@pytest.mark.parametrize("format", ["sparse", "bq"])
def test_any_numbers_and_constants_come_back(format: str, tmp_path: Path) -> None:  # noqa: A002
    qubo = couplings.from_qubo(np.random.default_rng(1).normal(size=(5, 5)), 1 / 3)
    path = tmp_path / "file"
    couplings.write_qubo(path, qubo, format)
    assert couplings.read_qubo(path, format) == qubo
    assert path.read_text().startswith(f"# constant {1 / 3!r}\n5 15\n1 1 ")


def test_what_files_mean(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("# comment\n2 3\n1 1 -3\n 2  2 -3\r\n2 1 2\n")
    Q = [[-3, 2], [2, -3]]
    assert couplings.read_qubo(path).energy(all_values(2)).tolist() == brute_force(Q)
    assert couplings.read_qubo(path, "bq").to_dict() == {(0, 0): -3.0, (1, 1): -3.0, (0, 1): 2.0}
    path.write_text("2 3\n1 1 -3\n2 1 1\n1 2 0.5\n")
    assert couplings.read_qubo(path, "bq").to_dict() == {(0, 0): -3.0, (0, 1): 1.5}
    path.write_text(" 2\n 2 2\n 1 1 3\n 1 2 -1\n 3 1\n 2 3 4\n")
    first, second = (couplings.read_qubo(path, "orlib", problem=k) for k in (1, 2))
    # Maximised there, minimised here.
    assert (-first.energy(all_values(2))).tolist() == brute_force([[3, -1], [-1, 0]])
    assert (-second.energy(all_values(3))).tolist() == brute_force(
        [[0, 0, 0], [0, 0, 4], [0, 4, 0]]
    )


@pytest.mark.parametrize(("format", "text", "place", "message"), [
    ("sparse", "", "0:1", "got nothing more, allowed: n m, at least one variable"),
    ("sparse", "0 1\n", "1:1", "got '0', allowed: n m"),
    ("sparse", "2 1 1\n", "1:5", "got '1', allowed: n m"),
    ("sparse", "2 x\n", "1:3", "got 'x', allowed: n m"),
    ("sparse", "2 1\n1 3 1\n", "2:3", "got '3', allowed: a site from 1 to 2"),
    ("sparse", "2 1\n  0 1 1\n", "2:3", "got '0', allowed: a site from 1 to 2"),
    ("bq", "2 1\n1 2 x\n", "2:5", "got 'x', allowed: a finite number"),
    ("bq", "2 1\n1 2 inf\n", "2:5", "got 'inf', allowed: a finite number"),
    ("bq", "2 1\n1 2\n", "2:4", "got nothing more, allowed: a finite number"),
    ("bq", "2 2\n1 2 1\n1 2 1\n", "3:1", "got '1 2 1', the pair of line 2, allowed: each pair"),
    ("sparse", "2 2\n1 2 1\n2 1 1\n", "3:1", "got '2 1 1', the pair of line 2, allowed: each"),
    ("sparse", "2 2\n1 2 1\n", "2:1", "got 1 entries at the end, allowed: 2, as n m says"),
    ("sparse", "2 1\n1 2 1\n\n2 2 1\n", "4:1", "got '2 2 1', allowed: nothing after 1 entries"),
    ("orlib", "x\n", "1:1", "got 'x', allowed: the number of problems"),
    ("orlib", "0\n", "1:1", "got '0', allowed: the number of problems"),
    ("orlib", "1\n2\n", "2:2", "got nothing more, allowed: n m"),
    ("sparse", "# constant nan\n1 0\n", "1:12", "got 'nan', allowed: a finite number"),
])  # fmt: skip
def test_wrong_files(
    format: str,  # noqa: A002
    text: str,
    place: str,
    message: str,
    tmp_path: Path,
) -> None:
    path = tmp_path / "file"
    path.write_text(text)
    with pytest.raises(ValueError, match="allowed") as caught:
        couplings.read_qubo(path, format)
    assert str(caught.value).startswith(f"{path}:{place}: {message}")


def test_a_file_that_ends_in_a_problem_that_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("2\n2 2\n1 1 3\n")
    with pytest.raises(ValueError, match=f"^{path}:3:1: got nothing more, allowed: 2 entries"):
        couplings.read_qubo(path, "orlib", problem=2)


def test_wrong_arguments_of_files(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("2\n1 1\n1 1 3\n1 0\n")
    with pytest.raises(ValueError, match="^problem: got None, allowed: 1 to 2, one of "):
        couplings.read_qubo(path, "orlib")
    with pytest.raises(ValueError, match="^problem: got 3, allowed: 1 to 2, one of "):
        couplings.read_qubo(path, "orlib", 3)
    for read in (couplings.read_qubo, couplings.read_problem):
        with pytest.raises(ValueError, match="^problem: got 2, allowed: 1 or None"):
            read(path, "bq", 2)
        with pytest.raises(ValueError, match="^format: got 'gka', allowed: "):
            read(path, "gka")
        with pytest.raises(FileNotFoundError):
            read(tmp_path / "none", "bq")
    with pytest.raises(ValueError, match="^problem: got the constant 1.0, allowed: "):
        couplings.write_qubo(path, couplings.from_qubo({(0, 0): 1}, 1), "orlib")
    with pytest.raises(ValueError, match="^problem: got coefficients as small as"):
        couplings.write_qubo(path, couplings.from_qubo({(0, 1): 5e-324}))
    path.write_text("2 2\n1 1 1e308\n1 2 1e308\n")
    with pytest.raises(ValueError, match=r"file: got entries of which Σ\|q\| is inf, allowed"):
        couplings.read_qubo(path)


# --- what is in a file ----------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "text", "format"), [
    ("G0", "3 2\n1 2 1\n2 3 -1\n", "max-cut"), ("torus.dat", "3 2 0\n1 2 1\n2 3 -1\n", "max-cut"),
    ("a.mc", "3 2\n1 2 1\n2 3 1\n", "max-cut"), ("graph", "c x\np edge 3 1\ne 1 2\n", "dimacs"),
    ("graph", "p col 3 1\ne 1 2\n", "dimacs"), ("a.txt", "# i j J\n0 1 1\n1 2 -1\n", "edges"),
    ("a.txt", "0 1 1\n1 1 -1\n", "edges"), ("a.sparse", "2 1\n1 1 1\n", "sparse"),
    ("a.BQ", "2 1\n1 1 1\n", "bq"), ("bqp50.txt", " 1\n 2 1\n 1 1 3\n", "orlib"),
])  # fmt: skip
def test_formats_are_recognized(name: str, text: str, format: str, tmp_path: Path) -> None:  # noqa: A002
    path = tmp_path / name
    path.write_text(text)
    assert couplings.recognize(path) == format
    assert couplings.read_problem(path) == couplings.read_problem(str(path), format)


@pytest.mark.parametrize(("text", "message"), [
    ("2 2\n1 1 3\n1 2 1\n", "got entries of a matrix after n m, allowed: its format given, as"),
    ("", "got nothing at its beginning, allowed: a file in one of the formats max-cut, dimacs"),
    ("x y z\n", "got 'x y z' at its beginning, allowed: "), ("1 2 3 4\n", "got '1 2 3 4' at its"),
])  # fmt: skip
def test_what_is_not_recognized(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text(text)
    with pytest.raises(ValueError, match="allowed") as caught:
        couplings.recognize(path)
    assert str(caught.value).startswith(f"{path}: {message}")


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(("Q", "error", "message"), [
    ([[1, 2]], ValueError, "Q: got 'an array of shape (1, 2)'"),
    ([], ValueError, "Q: got "), ("x", TypeError, "Q: got 'x'"), (None, TypeError, "Q: got None"),
    ([[np.nan]], ValueError, "Q: got nan"), ([["1"]], TypeError, "Q: got "),
    ({}, ValueError, "Q: got {}"), ({0: 1}, TypeError, "Q: got the key 0"),
    ({(0, 1, 2): 1}, TypeError, "Q: got the key (0, 1, 2)"),
    ({("a", "b"): 1}, TypeError, "Q: got 'a'"),
    ({(0, -1): 1}, ValueError, "Q: got -1"), ({(0, 1): "x"}, TypeError, "Q[0, 1]: got 'x'"),
    ({(0, 0): 1e308, (0, 1): 1e308}, ValueError, "Q: got coefficients of which"),
    ([[0, 1e308], [1e308, 0]], ValueError, "Q: got coefficients of which"),
    (sp.csr_array(np.full((1, 1), np.inf)), ValueError, "Q: got inf"),
    (sp.csr_array(np.ones((2, 3))), ValueError, "Q: got 'an array of shape (2, 3)'"),
    (sp.csr_array(np.ones((2, 2), complex)), TypeError, "Q: got 'a matrix of complex128'"),
])  # fmt: skip
def test_wrong_matrices(Q: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match="allowed: ") as caught:
        couplings.from_qubo(Q)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(("arguments", "message"), [
    (([], [], []), "linear: got "), (([[1.0]], [], []), "linear: got "),
    (([1.0, 2.0], [[0, 2]], [1.0]), "pairs: got [0, 2]"), (([1.0, 2.0], [[0, 1]], [1, 2]), "quad"),
    (([1.0, 2.0], [[0, 1]], [[1.0]]), "quadratic: got "), (([1e308], [], []), "linear: got coeff"),
    (([1.0], [], [], 1e308), "offset: got one with which"), (([1.0], [], [], np.nan), "constant: "),
])  # fmt: skip
def test_wrong_coefficients(arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match="allowed: ") as caught:
        couplings.Qubo(*arguments)
    assert str(caught.value).startswith(message)


def test_wrong_numbers_of_variables() -> None:
    with pytest.raises(ValueError, match="^n_variables: got 3, allowed: 2, as Q has so many rows"):
        couplings.from_qubo(np.eye(2), n_variables=3)
    with pytest.raises(ValueError, match="^Q: got 2, allowed: an integer >= 0 and <= 1"):
        couplings.from_qubo({(0, 2): 1}, n_variables=2)
    with pytest.raises(MemoryError, match="^Q: .* variables: needed .* GiB"):
        couplings.from_qubo({(0, 10**15): 1})


@pytest.mark.parametrize(
    "values", [[2, 0], [0, -1], [0], 1, "x", [0.5, 1.0], [[0, 1, 1]], [None, 1]]
)
def test_wrong_values(values: Any) -> None:
    qubo = couplings.from_qubo(np.eye(2))
    with pytest.raises((TypeError, ValueError), match=r"^values: got .*, allowed: 0 and 1"):
        qubo.energy(values)
    with pytest.raises((TypeError, ValueError), match=r"^spins: got .*, allowed: -1 and 1"):
        qubo.from_spins(values)
