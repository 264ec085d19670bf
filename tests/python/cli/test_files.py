"""What a command computed is kept, whatever becomes of the terminal, the pipe, or the disk."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from multispin import cli

xr = pytest.importorskip("xarray")

QUICK = ["ising", "--size", "16", "--sweeps", "200", "--thermalization", "5", "--temperature", "3"]
MULTISPIN = [sys.executable, "-m", "multispin"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def whole(folder: Path) -> bool:
    """Whether both files are there, and nothing else, and the numbers can be read."""
    found = names(folder) == ["multispin-ising.nc", "multispin-ising.png"]
    return found and xr.load_dataset("multispin-ising.nc", engine="h5netcdf").sizes["draw"] == 20


def test_a_full_terminal_costs_no_results(folder: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*MULTISPIN, *QUICK], check=False, stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert done.returncode != 0
    assert done.stderr.startswith("multispin: No space left on device\n")
    assert whole(folder)


@pytest.mark.thorough
def test_a_terminal_without_greek_costs_no_results(folder: Path) -> None:
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [*MULTISPIN, *QUICK], env=environment, capture_output=True, text=True, check=True
    )
    assert " ? " in done.stdout  # ±
    assert done.stderr == ""
    assert whole(folder)


@pytest.mark.one_in(2)
@pytest.mark.parametrize("reader", ["head -1", "true"])
def test_a_closed_pipe_is_no_error(folder: Path, reader: str) -> None:
    command = f'set -o pipefail; "$0" -m multispin {" ".join(QUICK)} | {reader}'
    done = subprocess.run(
        ["bash", "-c", command, sys.executable], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert whole(folder)


def test_files_that_are_there_are_kept(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("multispin-ising.nc", "multispin-ising.png"):
        Path(name).write_text("my thesis")
        assert cli.main(QUICK) == 1
        assert "which is there, allowed: a new name, or --force" in capsys.readouterr().err
        assert names(folder) == [name]
        assert Path(name).read_text() == "my thesis"
        Path(name).unlink()
    Path("multispin-ising.nc").write_text("old")
    assert cli.main([*QUICK, "--force"]) == 0
    assert whole(folder)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--output a.png --picture a.png", "--picture: got 'a.png', allowed: another file than"),
        ("--output ./a.nc --checkpoint a.nc", "--checkpoint: got 'a.nc', allowed: another file"),
        ("--picture a.png --checkpoint a.png", "--checkpoint: got 'a.png', allowed: another file"),
    ],
)
def test_two_names_are_two_files(
    folder: Path, words: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([*QUICK, *words.split()]) == 2
    assert message in capsys.readouterr().err
    assert names(folder) == []


def test_a_failed_write_leaves_what_was_there(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(_self: object, path: str, **_: object) -> None:
        Path(path).write_bytes(b"half of it")
        raise OSError(28, "No space left on device")

    Path("multispin-ising.nc").write_text("old")
    monkeypatch.setattr(xr.Dataset, "to_netcdf", full)
    assert cli.main([*QUICK, "--force"]) == 1
    assert "multispin-ising.nc: No space left on device" in capsys.readouterr().err
    assert names(folder) == ["multispin-ising.nc"]
    assert Path("multispin-ising.nc").read_text() == "old"
