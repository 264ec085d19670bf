"""``multispin solve``: every format to its best state, and one line about what is no problem."""

from __future__ import annotations

import itertools
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import multispin as ms
from multispin import cli, couplings

FILES = ["multispin-solve.nc", "multispin-solve.png", "multispin-solve.txt"]
QUICK = ["--replicas", "32", "--sweeps", "100", "--threads", "1", "--seed", "2"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def qubo(n: int = 10, seed: int = 1) -> couplings.Qubo:
    """Integers from -100 to 100, of half of all pairs, like those of the OR-Library."""
    rng = np.random.default_rng(seed)
    Q = np.triu(rng.integers(-100, 101, (n, n)) * (rng.random((n, n)) < 0.5))
    return couplings.from_qubo(Q + np.triu(Q, 1).T)


def glass(n: int = 9, h: float = 1.0) -> ms.Pairwise:
    """Integers on half of all pairs, and half-integers as fields on all sites."""
    rng = np.random.default_rng(1)
    J = np.triu(rng.integers(-3, 4, (n, n)) * (rng.random((n, n)) < 0.7), 1)
    J[0, n - 1] = 2
    return ms.Pairwise(J + J.T, h=h * (rng.integers(-3, 3, n) + 0.5))


def lowest(problem: couplings.Problem) -> float:
    low = 0 if isinstance(problem, couplings.Qubo) else -1
    states = np.array(list(itertools.product([low, 1], repeat=problem.n_variables)))
    return float(problem.energy(states).min())


def solve(*words: str) -> xr.Dataset:
    assert cli.main(["solve", *words, *QUICK]) == 0
    return xr.load_dataset("multispin-solve.nc", engine="h5netcdf")


def state() -> Any:
    return np.loadtxt("multispin-solve.txt", dtype=int)


@pytest.mark.parametrize("name", ["small.sparse", "small.bq", "bqp", "small.txt"])
def test_problems_of_bits(name: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    problem = qubo()
    form = {"bqp": "orlib", "small.txt": "sparse"}.get(name, name.partition(".")[2])
    couplings.write_qubo(name, problem, form)
    words = [name] if name != "small.txt" else [name, "--format", "sparse"]
    data = solve(*words)
    best, what = lowest(problem), "energy"
    if form == "orlib":
        best, what = -best, "value"  # maximised
    assert sorted(path.name for path in folder.iterdir()) == sorted([*FILES, name])
    assert Path("multispin-solve.png").read_bytes().startswith(b"\x89PNG")
    assert float(data.best_value) == best
    assert float(problem.energy(data.best_values)) == lowest(problem)
    assert state().tolist() == data.best_values.values.tolist()
    assert Path("multispin-solve.txt").read_text().startswith(f"# {name}: {what} {int(best)}\n")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{name}: {form}, 10 variables, {problem.model.n_edges} pairs"
    assert lines[1].split("  ")[0].strip() == f"best {what}"
    assert lines[2].split()[:4] == [str(int(best)), str(int(data.best_count)), "of", "32"]
    assert lines[3] == "wrote multispin-solve.nc, multispin-solve.png and multispin-solve.txt"


@pytest.mark.thorough
def test_one_of_several_problems(capsys: pytest.CaptureFixture[str]) -> None:
    both = []
    for seed in (1, 2):
        couplings.write_qubo("one", qubo(seed=seed), "orlib")
        both.append(Path("one").read_text().partition("\n")[2])
    Path("two").write_text("2\n" + "".join(both))
    assert float(solve("two", "--problem", "2").best_value) == -lowest(qubo(seed=2))
    assert cli.main(["solve", "two", "--force"]) == 2
    assert capsys.readouterr().err == (
        "multispin: --problem: got None, allowed: 1 to 2, one of two\n"
    )


@pytest.mark.one_in(2)
@pytest.mark.parametrize("form", ["max-cut", "dimacs"])
def test_cuts(form: str) -> None:
    model = glass(h=0.0)
    write = couplings.write_max_cut if form == "max-cut" else couplings.write_dimacs
    write("graph", model)
    data = solve("graph")
    states = np.array(list(itertools.product([-1, 1], repeat=9)))
    assert float(data.best_value) == couplings.cut_value(model, states).max()
    assert couplings.cut_value(model, state()) == data.best_value
    assert data.attrs["format"] == form


@pytest.mark.thorough
def test_spins_in_fields_with_an_offset(capsys: pytest.CaptureFixture[str]) -> None:
    problem = couplings.Problem(glass(), 0.25)
    couplings.write_edges("glass.txt", problem)
    data = solve("glass.txt")
    assert float(data.best_value) == lowest(problem) == float(problem.energy(state()))
    assert data.attrs["offset"] == 0.25
    assert f"{lowest(problem):.12g}" in capsys.readouterr().out


@pytest.mark.thorough
def test_a_run_is_an_annealing() -> None:
    problem = qubo()
    couplings.write_qubo("small.bq", problem, "bq")
    data = solve("small.bq", "--dynamics", "glauber", "--rng", "philox", "--device", "cpu")
    T = np.geomspace(*ms.temperature_range(problem.model), 100)
    expected = ms.anneal(
        problem.model, T, 1, replicas=32, seed=2, dynamics="glauber", rng="philox",
        final_states=True,
    )  # fmt: skip
    xr.testing.assert_equal(data.drop_vars(["best_values", "best_value"]), expected)


@pytest.mark.one_in(3)
@pytest.mark.parametrize(("sweeps", "steps"), [(1, 1), (3, 3), (250, 100)])
def test_sweeps_are_shared_out(sweeps: int, steps: int) -> None:
    couplings.write_qubo("small.bq", qubo(4), "bq")
    words = ["solve", "small.bq", "--sweeps", str(sweeps), "--replicas", "2", "--threads", "1"]
    assert cli.main([*words, "--picture", "a.pdf", "--checkpoint", "run.npz", "--progress"]) == 0
    data = xr.load_dataset("multispin-solve.nc", engine="h5netcdf")
    assert (data.sizes["step"], int(data.sweep[-1])) == (steps, sweeps)
    assert Path("run.npz").exists()


@pytest.mark.parametrize(("words", "message"), [
    ("matrix", "matrix: got entries of a matrix after n m, allowed: its format given, as sparse"),
    ("wrong.bq", "wrong.bq:2:5: got 'x', allowed: a finite number"),
    ("small.bq --format gka", "--format: got 'gka', allowed: "),
    ("small.bq --problem 2", "--problem: got 2, allowed: 1 or None"),
    ("small.bq --sweeps 0", "--sweeps: got 0, allowed: "),
    ("small.bq --replicas 0", "--replicas: got 0, allowed: "),
    ("small.bq --device tpu", "--device: got 'tpu', allowed: "),
    ("small.bq --state a --output a", "--state: got 'a', allowed: another file than that of --out"),
    ("small.bq --state small.bq --force", "--state: got 'small.bq', allowed: another file than"),
])  # fmt: skip
def test_misuse(words: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("matrix").write_text("2 1\n1 1 1\n")
    Path("wrong.bq").write_text("2 1\n1 2 x\n")
    Path("small.bq").write_text("2 1\n1 2 1\n")
    assert cli.main(["solve", *words.split()]) == 2
    captured = capsys.readouterr().err
    assert captured.startswith(f"multispin: {message}")
    assert captured.count("\n") == 1
    assert not any(Path(name).exists() for name in FILES)


def test_what_cannot_be_done(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["solve", "none"]) == 1
    assert capsys.readouterr().err == "multispin: none: No such file or directory\n"
    Path("small.bq").write_text("2 1\n1 2 1\n")
    Path("multispin-solve.txt").write_text("my thesis")
    assert cli.main(["solve", "small.bq"]) == 1
    assert "which is there, allowed: a new name, or --force" in capsys.readouterr().err
    assert Path("multispin-solve.txt").read_text() == "my thesis"


@pytest.mark.thorough
def test_the_best_known_cut_of_g1() -> None:
    folder = os.environ.get("MULTISPIN_DATA")
    if not folder:
        pytest.skip("MULTISPIN_DATA names no folder with G1.txt")
    assert cli.main(["solve", f"{folder}/G1.txt", "--threads", "1"]) == 0
    data = xr.load_dataset("multispin-solve.nc", engine="h5netcdf")
    assert float(data.best_value) == 11624
