"""Files of programs that learn couplings: adabmDCA and ACE, there and back, and refused."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import multispin as ms
from multispin import couplings
from multispin.learn.inverse import units
from multispin.learn.inverse.mean_field import sessak_monasson

RNG = np.random.default_rng(1)
N = 5
STATES = (2 * (np.arange(2**N)[:, None] >> np.arange(N) & 1) - 1).astype(np.int8)


def glass(n: int = N) -> ms.Pairwise:
    J = np.triu(RNG.normal(size=(n, n)), 1)
    return ms.Pairwise(J + J.T, RNG.normal(size=n))


MODELS: list[Any] = [
    glass(), ms.Pairwise(np.zeros((3, 3)), [0.0, 0.5, 0.0]), ms.Pairwise([[0.0]], -1.5),
    ms.Pairwise.from_edges(4, [[3, 1]], [1e-300]), ms.EdwardsAnderson((2, 3), seed=1, h=0.25),
]  # fmt: skip


def text(tmp_path: Path, content: str) -> Path:
    path = tmp_path / "file.txt"
    path.write_text(content, encoding="utf-8")
    return path


# --- adabmDCA -------------------------------------------------------------------------------------


@pytest.mark.parametrize("symbols", ["01", "-A"])
@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_adabm_dca_comes_back(model: Any, symbols: str, tmp_path: Path) -> None:
    path = tmp_path / "Parameters.dat"
    couplings.write_adabm_dca(path, model, symbols)
    again = couplings.read_adabm_dca(path, symbols=symbols)
    assert again.model == couplings.Problem(model).model
    assert again.offset == 0.0


def test_any_gauge_is_the_same_distribution(tmp_path: Path) -> None:
    """Energies of all states, by the file's own formula."""
    J = {(i, j): RNG.normal(size=(2, 2)) for i in range(N) for j in range(i + 1, N)}
    h = RNG.normal(size=(N, 2))
    lines = [
        f"J {j} {i} {b} {a} {float(table[a, b])!r}" if (i + j) % 2 else
        f"J {i} {j} {a} {b} {float(table[a, b])!r}"
        for (i, j), table in J.items() for a in (0, 1) for b in (0, 1)
    ]  # fmt: skip
    lines += [f"h {i} {a} {float(h[i, a])!r}" for i in range(N) for a in (0, 1)]
    order = RNG.permutation(len(lines))
    path = text(tmp_path, "\n".join(lines[k] for k in order))
    problem = couplings.read_adabm_dca(path)
    x = (STATES + 1) // 2
    energy = -np.array([
        sum(J[i, j][s[i], s[j]] for i, j in J) + sum(h[i, s[i]] for i in range(N)) for s in x
    ])  # fmt: skip
    np.testing.assert_allclose(problem.energy(STATES), energy, atol=1e-12)


def test_what_is_not_listed_is_zero(tmp_path: Path) -> None:
    """As a lattice gas: only both at 1 count, and pruned couplings are left out."""
    path = text(tmp_path, "J 0 2 1 1 4\nh 2 1 1\n")
    problem = couplings.read_adabm_dca(path, n_spins=4)
    assert problem.model.n_spins == 4
    assert (problem.model.edges.tolist(), problem.model.couplings.tolist()) == ([[0, 2]], [1.0])
    assert problem.model.h.tolist() == [1.0, 0.0, 1.5, 0.0]
    assert couplings.read_adabm_dca(text(tmp_path, ""), n_spins=2).model.n_edges == 0


def test_what_adabm_dca_reads(tmp_path: Path) -> None:
    path = tmp_path / "Parameters.dat"
    model = ms.Pairwise([[0, 0.5], [0.5, 0]], [0.25, 0.0])
    couplings.write_adabm_dca(path, couplings.Problem(model, offset=3.0), "-A")
    assert path.read_text().splitlines() == [
        "J 0 1 - - 0.5", "J 0 1 - A -0.5", "J 0 1 A - -0.5", "J 0 1 A A 0.5",
        "h 0 - -0.25", "h 0 A 0.25", "h 1 - 0", "h 1 A 0",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "where", "message"),
    [
        ("J 0 1 0 0 1\nJ 0 1 0 0 2\n", "2:1", "the parameter of line 1, allowed: each"),
        ("J 0 1 0 1 1\nJ 1 0 1 0 2\n", "2:1", "the parameter of line 1, allowed: each"),
        ("h 0 0 1\nh 0 0 1\n", "2:1", "the parameter of line 1, allowed: each"),
        ("\n# words\nJ 0 0 0 1 1\n", "3:5", "got '0', allowed: a site other than 0"),
        ("J 0 1 0 2 1\n", "1:9", "got '2', allowed: 0 or 1, one of two values"),
        ("h 0 A 1\n", "1:5", "got 'A', allowed: 0 or 1"),
        ("h -1 0 1\n", "1:3", "got '-1', allowed: a site from 0"),
        ("h 0 0 nan\n", "1:7", "got 'nan', allowed: a finite number"),
        ("J 0 1 0 0\n", "1:10", "got 5 words, allowed: those of 'J i j a b value'"),
        ("h 0 0 1 1\n", "1:10", "got 5 words, allowed: those of 'h i a value'"),
        ("0 1 0.5\n", "1:1", "got '0', allowed: a line 'J i j a b value' or 'h i a value'"),
    ],
)
def test_no_files_of_adabm_dca(tmp_path: Path, content: str, where: str, message: str) -> None:
    path = text(tmp_path, content)
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        couplings.read_adabm_dca(path)
    assert str(caught.value).startswith(f"{path}:{where}: ")


def test_wrong_arguments_of_adabm_dca(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="got no parameters"):
        couplings.read_adabm_dca(text(tmp_path, "# nothing\n"))
    path = text(tmp_path, "h 3 0 1\n")
    with pytest.raises(ValueError, match="allowed: a site from 0 to 2"):
        couplings.read_adabm_dca(path, n_spins=3)
    for symbols in ("", "0", "00", "0 ", "012", " \t", "é0"):
        with pytest.raises(ValueError, match="symbols: got"):
            couplings.read_adabm_dca(path, symbols=symbols)
    with pytest.raises(TypeError, match="symbols: got 1"):
        couplings.write_adabm_dca(path, glass(), symbols=1)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="model: got 3"):
        couplings.write_adabm_dca(path, 3)  # type: ignore[arg-type]
    assert path.read_text() == "h 3 0 1\n"
    with pytest.raises(FileNotFoundError):
        couplings.read_adabm_dca(tmp_path / "none")


# --- ACE ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_ace_comes_back(model: Any, tmp_path: Path) -> None:
    path = tmp_path / "model.j"
    couplings.write_ace(path, model)
    again, n = couplings.read_ace(path).model, model.n_spins
    wanted = couplings.Problem(model).model
    assert len(path.read_text().splitlines()) == n * (n + 1) // 2
    assert again.edges.tolist() == wanted.edges.tolist()
    assert again.couplings.tolist() == wanted.couplings.tolist()
    np.testing.assert_allclose(again.h, wanted.h, atol=1e-14)


def test_the_order_of_ace(tmp_path: Path) -> None:
    path = text(tmp_path, "\n".join(map(str, range(1, 16))))
    qubo = couplings.read_ace(path)
    assert qubo.linear.tolist() == [-1, -2, -3, -4, -5]
    found = dict(zip(map(tuple, qubo.pairs.tolist()), (-qubo.quadratic).tolist(), strict=True))
    assert found[0, 1] == 6
    assert found[0, 4] == 9
    assert found[1, 2] == 10
    assert found[3, 4] == 15
    copy = tmp_path / "copy.j"
    couplings.write_ace(copy, qubo)
    assert copy.read_text() == path.read_text() + "\n"


def test_ace_has_the_energies_of_the_model(tmp_path: Path) -> None:
    model, path = glass(), tmp_path / "model.j"
    couplings.write_ace(path, model)
    qubo = couplings.read_ace(path)
    both = model.energy(STATES) - qubo.energy((STATES + 1) // 2)
    np.testing.assert_allclose(both, both[0], atol=1e-12)
    binary = units.to_binary(couplings.to_sparse(model.with_field(0.0)).toarray(), model.h)
    np.testing.assert_allclose(-qubo.linear, binary.h, atol=1e-14)


def test_moments_come_back(tmp_path: Path) -> None:
    samples = RNG.choice(np.array([-1, 1], np.int8), size=(50, N))
    mean, second = units.moments_to_binary(*ms.moments(samples))
    path = tmp_path / "data.p"
    couplings.write_ace_moments(path, mean, second)
    again = couplings.read_ace_moments(path)
    assert (again[0] == mean).all()
    assert (again[1] == second).all()


@pytest.mark.parametrize(
    ("content", "where", "message"),
    [
        ("1\n2\n3\n4\n", "4:1", "got 4 numbers at the end, allowed: N (N + 1) / 2"),
        ("", "0:1", "got 0 numbers at the end"),
        ("0.1 0.2\n", "1:5", "got '0.2', allowed: one number a line"),
        ("0.1\nx\n", "2:1", "got 'x', allowed: a finite number"),
        ("0.1\n\n1e999\n", "3:1", "got '1e999', allowed: a finite number"),
    ],
)
@pytest.mark.parametrize("read", [couplings.read_ace, couplings.read_ace_moments])
def test_no_files_of_ace(tmp_path: Path, read: Any, content: str, where: str, message: str) -> None:
    path = text(tmp_path, content)
    if read is couplings.read_ace_moments:
        content = content.replace("2\n3\n4", "0\n1\n0")
        path.write_text(content)
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}:{where}: ")


def test_couplings_are_no_moments(tmp_path: Path) -> None:
    path = text(tmp_path, "-2e-9\n0.5\n-2.5\n")
    with pytest.raises(ValueError, match=r":3:1: got '-2.5', allowed: a probability"):
        couplings.read_ace_moments(path)
    for mean, second, message in (
        ([0.5, 1.5], np.eye(2), "mean: got 1.5"),
        ([], np.zeros((0, 0)), "mean: got 'an array of shape"),
        ([0.5, 0.5], [0.5], "second: got 'an array of shape"),
        ([0.5, 0.5], [[0.5, 0.2], [0.1, 0.5]], "second: got 0.2 at [0, 1] and 0.1 at [1, 0]"),
    ):
        with pytest.raises(ValueError, match=re.escape(message)):
            couplings.write_ace_moments(path, mean, second)
    with pytest.raises(TypeError, match="model: got 3"):
        couplings.write_ace(path, 3)  # type: ignore[arg-type]


def test_moments_of_nerve_cells() -> None:
    """Of 37 of them (Barton & Cocco): couplings follow in closed form, and have finite energies."""
    folder = os.environ.get("MULTISPIN_DATA")
    if folder is None:
        pytest.skip("MULTISPIN_DATA names no folder of data")
    x, xx = couplings.read_ace_moments(Path(folder) / "ace_neural37.p")
    assert x.shape == (37,)
    assert (x[0], x[-1]) == (1.497320e-02, 1.735080e-01)
    assert (xx[0, 1], xx[0, 2], xx[35, 36]) == (3.549849e-05, 7.099884e-06, 5.857201e-03)
    assert xx.min() < 0.0  # by rounding
    mean, second = units.moments_from_binary(x, xx)
    # Two cells that never fire together have no finite coupling; a pseudocount of one sample of
    # 140,852 has.
    share = 140852 / 140853
    mean, second = share * mean, share * second
    np.fill_diagonal(second, 1.0)
    covariance = second - np.outer(mean, mean)
    found = sessak_monasson(mean, covariance)
    assert np.isfinite(ms.Pairwise(found.J, found.h).energy(np.ones(37)))
