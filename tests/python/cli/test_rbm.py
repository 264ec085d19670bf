"""``multispin rbm``: machines that are trained, sampled and evaluated, and misuse."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import multispin as ms
from multispin import cli

RNG = np.random.default_rng(1)
BITS = np.repeat(RNG.integers(0, 2, (200, 3)), 2, axis=1)  # pairs of units that agree
TRAIN = ["train", "a.npy", "--hidden", "4", "--epochs", "3", "--batch", "50", "--threads", "1"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    np.save("a.npy", BITS)
    return tmp_path


def rbm(*words: str) -> None:
    assert cli.main(["rbm", *words]) == 0


def trained(*words: str) -> Any:
    rbm(*TRAIN, "--force", *words)
    return ms.RBM.load("multispin-rbm.h5")


def same(one: Any, other: Any) -> bool:
    return bool((one.components_ == other.components_).all())


def test_training(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.save("b.npy", 1 - BITS[:50])
    found = trained("--rate", "0.2", "0.1", "--chains", "30", "--steps", "2", "--seed", "3",
                    "--method", "cd", "--validation", "b.npy", "--shape", "2", "3")  # fmt: skip
    wanted = ms.RBM(
        4, learning_rate=(0.2, 0.1), batch_size=50, n_iter=3, n_chains=30, steps=2, random_state=3,
        method="cd",
    ).fit(BITS, validation=1 - BITS[:50])  # fmt: skip
    assert same(found, wanted)
    names = ["a.npy", "b.npy", "multispin-rbm.h5", "multispin-rbm.png"]
    assert sorted(path.name for path in folder.iterdir()) == names
    assert Path(names[3]).read_bytes().startswith(b"\x89PNG")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "a.npy: 200 samples of 6 units"
    error, gap = (wanted.history_[name][-1] for name in ("reconstruction_error", "free_energy_gap"))
    score = f"{wanted.score(BITS):.4f}"
    assert lines[2].split()[:6] == ["4", "cd", "3", f"{error:.4g}", f"{gap:.4g}", score]
    assert lines[3] == "wrote multispin-rbm.h5 and multispin-rbm.png"


@pytest.mark.thorough
def test_samples_of_all_kinds(capsys: pytest.CaptureFixture[str]) -> None:
    wanted = ms.RBM(4, batch_size=50, n_iter=3, random_state=1).fit(BITS)
    assert same(trained(), wanted)
    for values, options in (
        (2 * BITS - 1, []), (7 * BITS + 2, ["--threshold", "9"]), (BITS == 1, []),
    ):  # fmt: skip
        np.save("a.npy", values)
        assert same(trained(*options), wanted)
    np.savez("two.npz", other=1, pixels=BITS)
    rbm("train", "two.npz", *TRAIN[2:], "--key", "pixels", "--force")
    assert same(ms.RBM.load("multispin-rbm.h5"), wanted)
    np.save("a.npy", 0.8 * BITS)
    capsys.readouterr()
    assert same(trained(), ms.RBM(4, batch_size=50, n_iter=3, random_state=1).fit(0.8 * BITS))
    assert capsys.readouterr().out.splitlines()[2].split()[4:6] == ["-", "-"]


def test_no_training_at_all(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert trained("--epochs", "0").n_iter_ == 0
    assert capsys.readouterr().out.splitlines()[-1] == "wrote multispin-rbm.h5"
    assert sorted(path.name for path in folder.iterdir()) == ["a.npy", "multispin-rbm.h5"]


def test_a_training_goes_on(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = trained()
    rbm(*TRAIN, "--epochs", "1", "--checkpoint", "c.npz", "--force")
    assert same(trained("--checkpoint", "c.npz"), whole)
    assert (folder / "c.npz").exists()
    assert cli.main(["rbm", *TRAIN, "--hidden", "5", "--checkpoint", "c.npz", "--force"]) == 1
    assert "c.npz' is the checkpoint of another run" in capsys.readouterr().err


def test_sampling(capsys: pytest.CaptureFixture[str]) -> None:
    found = trained()
    capsys.readouterr()
    rbm("sample", "multispin-rbm.h5", "--count", "20", "--steps", "7", "--shape", "2", "3")
    with np.load("multispin-rbm-samples.npz") as file:
        np.testing.assert_array_equal(file["samples"], found.sample(20, 7, random_state=1))
        assert file["steps"] == 7
    assert capsys.readouterr().out.splitlines() == [
        "20 samples of 6 units, each after 7 Gibbs steps",
        "wrote multispin-rbm-samples.npz and multispin-rbm-samples.png",
    ]
    assert Path("multispin-rbm-samples.png").read_bytes().startswith(b"\x89PNG")
    rbm(
        "sample",
        "multispin-rbm.h5",
        "--output",
        "s.npy",
        "--picture",
        "s.pdf",
        "--count",
        "20",
        "--seed",
        "5",
    )
    again = ms.RBM.load("multispin-rbm.h5").sample(20, random_state=5)
    np.testing.assert_array_equal(np.load("s.npy"), again)
    assert Path("s.pdf").exists()


def test_evaluation(capsys: pytest.CaptureFixture[str]) -> None:
    found = trained()
    np.save("b.npy", BITS[:30])
    capsys.readouterr()
    rbm("evaluate", "multispin-rbm.h5", "a.npy", "b.npy")
    first, _, *rows, gap = capsys.readouterr().out.splitlines()
    assert first == f"ln Z = {found.log_partition('exact').value:.4f} (exact)"
    for row, name, data in zip(rows, ("a.npy", "b.npy"), (BITS, BITS[:30]), strict=True):
        likelihood, error = found.log_likelihood(data), (data - found.reconstruct(data)) ** 2
        assert row.split() == [
            name, str(len(data)), f"{likelihood.mean():.4f}", f"{found.score(data):.4f}",
            f"{error.mean():.4f}",
        ]  # fmt: skip
    F = [found.free_energy(data).mean() for data in (BITS, BITS[:30])]
    assert gap == f"free energy gap: {F[1] - F[0]:.4f}"
    rbm("evaluate", "multispin-rbm.h5", "a.npy", "--method", "ais", "--seed", "2", "--threads", "1")
    out = capsys.readouterr().out
    ais = found.log_partition("ais", random_state=2)
    assert out.startswith(f"ln Z = {ais.value:.4f} ± {ais.error:.4f} (ais, {ais.forward:.4f} on ")
    assert "gap" not in out


@pytest.mark.parametrize(("words", "status", "message"), [
    ("train nowhere.npy", 1, "nowhere.npy: No such file or directory"),
    ("train a.xls", 2, "FILE: got 'a.xls', allowed: a name ending in .npy"),
    ("train grey.npy", 2, "grey.npy: got 5.0 in row 0, column 1, allowed: 0 to 1, or -1 and "),
    ("train nan.npy --threshold 1", 2, "nan.npy: got nan in row 0, column 1, allowed: numbers"),
    ("train a.npy --threshold nan", 2, "--threshold: got nan, allowed: a finite number"),
    ("train a.npy --hidden 0", 2, "--hidden: got 0, allowed: an integer >= 1"),
    ("train a.npy --epochs -1", 2, "--epochs: got -1, allowed: an integer >= 0"),
    ("train a.npy --method best", 2, "--method: got 'best', allowed: 'cd', 'pcd'"),
    ("train a.npy --rate 0", 2, "--rate: got 0.0, allowed: "),
    ("train a.npy --rate 1 2 3", 2, "--rate: got [1.0, 2.0, 3.0], allowed: one number, or two"),
    ("train a.npy --batch 0", 2, "--batch: got 0, allowed: an integer >= 1"),
    ("train a.npy --chains 0", 2, "--chains: got 0, allowed: an integer >= 1"),
    ("train a.npy --steps 0", 2, "--steps: got 0, allowed: an integer >= 1"),
    ("train a.npy --seed -1", 2, "--seed: got -1, allowed: "),
    ("train a.npy --threads 0", 2, "--threads: got 0, allowed: an integer >= 1"),
    ("train a.npy --shape 2 2", 2, "--shape: got 2 x 2 pixels, allowed: 6 in all, as samples"),
    ("train a.npy --shape 6 0", 2, "--shape: got 0, allowed: an integer >= 1"),
    ("train a.npy --key a", 2, "--key: got 'a', allowed: a file .npz with it"),
    ("train a.npy --validation narrow.npy", 2, "--validation: got 2 features, allowed: 6, as "),
    ("train a.npy --output a.npz", 2, "--output: got 'a.npz', allowed: a name ending in .h5 or"),
    ("train a.npy --picture a.gif", 2, "--picture: got 'a.gif', allowed: a name ending in .png"),
    ("train a.npy --checkpoint a.npy", 2, "--checkpoint: got 'a.npy', allowed: another file than"),
    ("sample m.h5 --output m.h5 --force", 2, "--output: got 'm.h5', allowed: a name ending in "),
    ("sample nowhere.h5", 1, "nowhere.h5: No such file or directory"),
    ("sample broken.h5", 1, "'broken.h5' is no file of an RBM, or it is damaged"),
    ("sample m.h5 --count 0", 2, "--count: got 0, allowed: an integer >= 1"),
    ("sample m.h5 --steps 0", 2, "--steps: got 0, allowed: an integer >= 1"),
    ("sample m.h5 --seed -1", 2, "--seed: got -1, allowed: "),
    ("sample m.h5 --threads 0", 2, "--threads: got 0, allowed: an integer >= 1"),
    ("sample m.h5 --shape 3 3", 2, "--shape: got 3 x 3 pixels, allowed: 6 in all, as samples have"),
    ("evaluate m.h5 a.npy a.npy a.npy", 2, "FILE: got ['a.npy', 'a.npy', 'a.npy'], allowed: one"),
    ("evaluate m.h5 narrow.npy", 2, "narrow.npy: got 2 columns, allowed: 6, as m.h5 has"),
    ("evaluate m.h5 half.npy", 2, "half.npy: got 0.5 in row 0, column 0, allowed: 0 and 1, or -1"),
    ("evaluate m.h5 a.npy --method sum", 2, "--method: got 'sum', allowed: 'auto', 'exact', 'ais'"),
    ("evaluate m.h5 a.npy --seed -1 --method ais", 2, "--seed: got -1, allowed: "),
])  # fmt: skip
def test_misuse(
    words: str, status: int, message: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ms.RBM.from_arrays(np.eye(3, 6), np.zeros(6), np.zeros(3), random_state=1).save("m.h5")
    contents: dict[str, Any] = {
        "grey": [[0.0, 5.0]],
        "nan": [[0.0, np.nan]],
        "narrow": [[0, 1]],
        "half": np.full((1, 6), 0.5),
    }
    for name, values in contents.items():
        np.save(f"{name}.npy", values)
    Path("broken.h5").write_bytes(b"no machine")
    before = sorted(folder.rglob("*"))
    assert cli.main(["rbm", *words.split()]) == status
    err = capsys.readouterr().err
    assert err.startswith(f"multispin: {message}")
    assert err.count("\n") == 1
    assert sorted(folder.rglob("*")) == before


def test_files_that_are_there_stay(capsys: pytest.CaptureFixture[str]) -> None:
    Path("multispin-rbm.h5").write_text("mine")
    assert cli.main(["rbm", *TRAIN]) == 1
    assert "--output: got 'multispin-rbm.h5', which is there" in capsys.readouterr().err
    assert Path("multispin-rbm.h5").read_text() == "mine"
    with pytest.raises(SystemExit):
        cli.main(["rbm"])
