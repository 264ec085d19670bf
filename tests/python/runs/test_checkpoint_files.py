"""Files of runs that cannot be written, or that somebody else has: a finished one is still read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import multispin as ms
from multispin._base import files
from multispin._base.locks import FileLock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MODEL = ms.Ising((8, 8))


def task(x: int) -> dict[str, Any]:
    return {"y": x * x}


def simulate(path: Path, **more: Any) -> Any:
    return ms.simulate(MODEL, [2.0, 3.0], 50, 5, seed=1, threads=1, checkpoint=path, **more)


def anneal(path: Path, **more: Any) -> Any:
    return ms.anneal(MODEL, [3.0, 2.0], 50, seed=1, threads=1, checkpoint=path, **more)


def temper(path: Path, **more: Any) -> Any:
    return ms.temper(MODEL, [2.0, 2.2], 50, seed=1, threads=1, checkpoint=path, **more)


def study(path: Path, **more: Any) -> Any:
    return ms.study(task, {"x": [1, 2, 3]}, path, **more)


RUNS = pytest.mark.parametrize("run", [simulate, anneal, temper, study])


class StoppedError(Exception):
    """Leaves a run on its way."""


def stop(_progress: Any) -> None:
    raise StoppedError


def forbid(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    """Make a folder read-only, also for root."""

    def refused(_path: object, name: str = "checkpoint") -> None:
        raise PermissionError(30, f"{name}: got {str(path)!r}, allowed: ...")

    monkeypatch.setattr(files, "check_writable", refused)


@RUNS
def test_a_finished_run_in_a_read_only_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Callable[..., Any]
) -> None:
    path = tmp_path / "run"
    expected = run(path)
    forbid(monkeypatch, path)
    assert run(path).identical(expected)


@RUNS
def test_an_unfinished_run_in_a_read_only_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Callable[..., Any]
) -> None:
    path = tmp_path / "run"
    with pytest.raises(StoppedError):
        run(path, progress=stop)
    before = path.read_bytes()
    forbid(monkeypatch, path)
    with pytest.raises(PermissionError, match="got .*, allowed: "):
        run(path)
    assert path.read_bytes() == before


@RUNS
def test_what_another_run_has(tmp_path: Path, run: Callable[..., Any]) -> None:
    path = tmp_path / "run"
    lock = FileLock(path)
    with pytest.raises(ms.CheckpointError, match="is in use by another run"):
        run(path)  # nothing is there
    lock.release()
    with pytest.raises(StoppedError):
        run(path, progress=stop)
    lock = FileLock(path)
    with pytest.raises(ms.CheckpointError, match="is in use by another run"):
        run(path)  # half of it
    lock.release()
    expected = run(path)
    lock = FileLock(path)
    assert run(path).identical(expected)
    lock.release()
    assert list(tmp_path.iterdir()) == [path]


@RUNS
def test_a_run_that_failed_leaves_its_file_to_others(
    tmp_path: Path, run: Callable[..., Any]
) -> None:
    path = tmp_path / "run"
    with pytest.raises(StoppedError):
        run(path, progress=stop)
    FileLock(path).release()
