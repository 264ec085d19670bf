"""``multispin inverse``: files of every form, what is learned and written, and misuse."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import multispin as ms
from multispin import cli
from multispin.learn import independent_samples

FILES = ["multispin-inverse.npz", "multispin-inverse.png", "multispin-inverse.txt"]
J = np.array([[0.0, 0.8, 0.0], [0.8, 0.0, -0.4], [0.0, -0.4, 0.0]])
SPINS = independent_samples(ms.Pairwise(J, 0.2), 500, random_state=1)
BITS = (SPINS + 1) // 2


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def rows(values: Any, between: str, header: str = "") -> str:
    return header + "".join(between.join(map(str, row)) + "\n" for row in values.tolist())


def inverse(*words: str) -> dict[str, Any]:
    assert cli.main(["inverse", *words]) == 0
    with np.load("multispin-inverse.npz") as file:
        return dict(file)


def test_what_is_learned_and_written(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.save("a.npy", SPINS)
    data = inverse("a.npy", "--method", "exact", "--l2", "0.01", "--seed", "3", "--threads", "1")
    assert sorted(path.name for path in folder.iterdir()) == ["a.npy", *FILES]
    fit = ms.InverseIsing("exact", l2=0.01).fit(SPINS)
    np.testing.assert_array_equal(data["J"], fit.J_)
    np.testing.assert_array_equal(data["h"], fit.h_)
    np.testing.assert_allclose(data["J_binary"], 4 * fit.J_)
    np.testing.assert_allclose(data["mean"], SPINS.mean(axis=0))
    kept = [data[name].item() for name in ("method", "units", "n_samples", "converged")]
    assert kept == ["exact", "spin", 500.0, True]
    model = ms.couplings.read_edges("multispin-inverse.txt", 3)
    i, j = model.edges.T
    np.testing.assert_array_equal(model.couplings, fit.J_[i, j])
    assert len(i) == 3
    np.testing.assert_array_equal(model.h, fit.h_)
    assert Path(FILES[1]).read_bytes().startswith(b"\x89PNG")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "a.npy: spin"
    assert lines[2].split()[:7] == [
        "3", "500", "exact", str(fit.n_iter_), "yes", f"{fit.log_likelihood(SPINS):.6g}", "-",
    ]  # fmt: skip
    assert lines[4].split() == ["0", "1", f"{fit.J_[0, 1]:.4f}"]
    assert lines[7] == "3 spins, 500 samples of data, 10000 of the model"
    assert lines[-1] == f"wrote {FILES[0]}, {FILES[1]} and {FILES[2]}"


@pytest.mark.one_in(6)
@pytest.mark.parametrize(("name", "text", "names"), [
    ("a.csv", rows(SPINS, ","), []),
    ("a.csv", "\ufeff" + rows(BITS, ",", "left,middle,right\n"), ["left", "middle", "right"]),
    ("a.csv", rows(BITS, ";", '"x";"y";"z"\n'), ["x", "y", "z"]),
    ("a.txt", rows(SPINS, "  ", "# what somebody saw\n\n"), []),
    ("a.txt", rows(BITS.astype(float), "\t", "a b c\n"), ["a", "b", "c"]),
    ("a.dat", rows(BITS, " "), []),
])  # fmt: skip
def test_forms_of_text(name: str, text: str, names: list[str]) -> None:
    Path(name).write_text(text, encoding="utf-8")
    data = inverse(name)
    np.testing.assert_array_equal(data["J"], ms.InverseIsing().fit(SPINS).J_)
    assert data["names"].tolist() == names
    units = "spin" if "-1" in text else "binary"
    assert data["units"].item() == units


@pytest.mark.thorough
def test_arrays() -> None:
    wanted = ms.InverseIsing().fit(SPINS).J_
    np.savez("one.npz", BITS)
    np.savez_compressed("two.npz", spikes=BITS == 1, rate=3.0)
    for words in (["one.npz"], ["two.npz", "--key", "spikes"]):
        np.testing.assert_array_equal(inverse(*words, "--force")["J"], wanted)
    ones = np.ones((4, 2))
    ones[0, 0] = 0
    np.save("ones.npy", ones)
    options = ["--method", "independent", "--pseudocount", "1", "--units", "binary", "--force"]
    assert inverse("ones.npy", *options)["units"].item() == "binary"


@pytest.mark.thorough
def test_missing_values_and_monte_carlo(capsys: pytest.CaptureFixture[str]) -> None:
    some = SPINS.astype(float)
    some[0, 1] = np.nan
    np.save("some.npy", some)
    data = inverse("some.npy", "--method", "exact")
    np.testing.assert_allclose(data["J"], ms.InverseIsing("exact").fit(some).J_)
    assert "499 samples of data" in capsys.readouterr().out
    np.save("a.npy", SPINS)
    inverse("a.npy", "--method", "boltzmann", "--force", "--progress")
    out = capsys.readouterr().out
    assert "largest deviation of a moment: " in out
    (line,) = [line.split() for line in out.splitlines() if " boltzmann " in line]
    assert float(line[6]) < 1.0


@pytest.mark.thorough
def test_many_spins_have_no_likelihood(capsys: pytest.CaptureFixture[str]) -> None:
    np.save("many.npy", np.random.default_rng(1).choice([-1, 1], (100, 24)))
    inverse("many.npy", "--method", "mean_field")
    lines = capsys.readouterr().out.splitlines()
    assert lines[2].split()[5] == "-"
    assert sum(line.count(".") == 1 and len(line.split()) == 3 for line in lines[4:14]) == 10


@pytest.mark.thorough
def test_benchmark(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["inverse", "--benchmark", "--seed", "2"]) == 0
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["multispin-inverse.nc", "multispin-inverse.png"]
    data = xr.load_dataset("multispin-inverse.nc", engine="h5netcdf")
    assert data.seed.item() == 2
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split() == [
        "method", "ferromagnet", "glass", "sk", "random", "graph", "hopfield", "seconds",
    ]  # fmt: skip
    at = data.gamma.squeeze().sel(samples=10_000, algorithm="pseudolikelihood")
    (line,) = [line.split() for line in lines if line.split()[0] == "pseudolikelihood"]
    assert line[1:6] == [f"{value:.3f}" for value in at.values.tolist()]
    assert lines[-1] == "wrote multispin-inverse.nc and multispin-inverse.png"


@pytest.mark.parametrize(("words", "status", "message"), [
    ("", 2, "FILE: got None, allowed: a file with samples, or --benchmark"),
    ("a.npy --benchmark", 2, "FILE: got 'a.npy and --benchmark', allowed: a file with samples, or"),
    ("--benchmark --couplings x.txt", 2, "--couplings: got 'x.txt', allowed: nothing with --bench"),
    ("--benchmark --device cuda", 2, "--device: got 'cuda', allowed: nothing with --benchmark"),
    ("--benchmark --l2 0.1", 2, "--l2: got 0.1, allowed: nothing with --benchmark"),
    ("nowhere.npy", 1, "nowhere.npy: No such file or directory"),
    ("nowhere.csv", 1, "nowhere.csv: No such file or directory"),
    ("a.xls", 2, "FILE: got 'a.xls', allowed: a name ending in .npy, .npz, .csv"),
    ("broken.npy", 2, "broken.npy: got no array, allowed: what numpy.save writes"),
    ("broken.npz", 2, "broken.npz: got no array, allowed: what numpy.save writes"),
    ("objects.npy", 2, "objects.npy: got no array"),
    ("two.npz", 2, "two.npz: got arrays a, b, allowed: one of them by --key"),
    ("two.npz --key c", 2, "--key: got 'c', allowed: a, b"),
    ("a.npy --key a", 2, "--key: got 'a', allowed: a file .npz with it"),
    ("row.npy", 2, "row.npy: got an array of shape (3,), int8, allowed: rows of 0 and 1"),
    ("ragged.csv", 2, "ragged.csv: got text of which the number of columns changed from 2 to 3"),
    ("words.csv", 2, "words.csv: got text of which could not convert string 'x' to float64"),
    ("names.csv", 2, "names.csv: got 1 names of 2 columns, allowed: one for each"),
    ("empty.csv", 2, "empty.csv: got no rows, allowed: rows of 0 and 1"),
    ("header.csv", 2, "header.csv: got an array of shape (0, 1)"),
    ("bytes.csv", 2, "bytes.csv: got no text"),
    ("other.csv", 2, "other.csv: got 2.0 in row 1, column 0, allowed: 0 and 1"),
    ("a.npy --units binary", 2, "a.npy: got -1 in row 0, column "),
    ("a.npy --units bits", 2, "--units: got 'bits', allowed: 'auto', 'spin', 'binary'"),
    ("a.npy --method best", 2, "--method: got 'best', allowed: 'independent', 'pair'"),
    ("a.npy --l1 -1", 2, "--l1: got -1.0, allowed: "),
    ("a.npy --l1 1 --method bethe", 2, "--l1: got 1.0, allowed: 0 with method='bethe'"),
    ("a.npy --pseudocount 1", 2, "--pseudocount: got 1.0, allowed: 0 with method='pseudol"),
    ("a.npy --device tpu", 2, "--device: got 'tpu', allowed: 'auto', 'cpu'"),
    ("a.npy --seed -1", 2, "--seed: got -1, allowed: "),
    ("a.npy --output a.csv", 2, "--output: got 'a.csv', allowed: a name ending in .npz"),
    ("two.npz --output two.npz --force", 2, "--output: got 'two.npz', allowed: another file than "),
    ("a.npy --couplings a.npy --force", 2, "--couplings: got 'a.npy', allowed: another file than"),
    ("a.npy --couplings x.png --picture x.png", 2, "--couplings: got 'x.png', allowed: another "),
    ("a.npy --picture a.gif", 2, "--picture: got 'a.gif', allowed: a name ending in .png"),
])  # fmt: skip
def test_misuse(
    words: str, status: int, message: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    np.save("a.npy", SPINS)
    np.save("row.npy", SPINS[0])
    np.save("objects.npy", np.array([[None, 1]]), allow_pickle=True)
    np.savez("two.npz", a=SPINS, b=SPINS)
    for name in ("broken.npy", "broken.npz"):
        Path(name).write_bytes(b"no array")
    Path("bytes.csv").write_bytes(b"\xff\xfe\x00")
    texts = {
        "ragged": "0,1\n1,0,1\n", "words": "0,1\n1,x\n", "names": "a\n0,1\n", "empty": "# no\n",
        "header": "a,b\n", "other": "0,1\n2,1\n",
    }  # fmt: skip
    for name, text in texts.items():
        Path(f"{name}.csv").write_text(text)
    before = sorted(folder.rglob("*"))
    assert cli.main(["inverse", *words.split()]) == status
    err = capsys.readouterr().err
    assert err.startswith(f"multispin: {message}")
    assert err.count("\n") == 1
    assert sorted(folder.rglob("*")) == before


def test_files_that_are_there_stay(capsys: pytest.CaptureFixture[str]) -> None:
    np.save("a.npy", SPINS)
    Path("multispin-inverse.txt").write_text("mine")
    assert cli.main(["inverse", "a.npy"]) == 1
    assert "--couplings: got 'multispin-inverse.txt', which is there" in capsys.readouterr().err
    assert Path("multispin-inverse.txt").read_text() == "mine"


def test_without_scipy(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    np.save("a.npy", SPINS)
    monkeypatch.setitem(sys.modules, "scipy.optimize", None)
    assert cli.main(["inverse", "a.npy"]) == 1
    err = capsys.readouterr().err
    assert (
        err == "multispin: this needs 'scipy'; install it with: pip install \"multispin[learn]\"\n"
    )
