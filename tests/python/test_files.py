"""Files written all or nothing, by several at a time, and among files that others planted."""

from __future__ import annotations

import errno
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from multispin import CheckpointError
from multispin._base import files
from multispin._base.locks import FileLock


def write(path: Path, data: bytes = b"new") -> None:
    with files.replacing(path) as file:
        file.write(data)


# --- what is written ------------------------------------------------------------------------------


def test_a_failure_leaves_what_was_there_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "run"
    path.write_bytes(b"old")

    def fail() -> None:
        with files.replacing(path) as file:
            file.write(b"half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o666])
def test_permissions_are_kept(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "run"
    path.touch()
    path.chmod(mode)
    write(path)
    assert stat.S_IMODE(path.stat().st_mode) == mode


def test_new_files_have_the_permissions_of_the_process(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write(tmp_path / "run")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "run").stat().st_mode) == 0o640


def test_the_folder_is_synced_after_the_new_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[tuple[bool, bool]] = []  # is it the folder, and has the file its name
    plain = os.fsync

    def fsync(descriptor: int) -> None:
        is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        synced.append((is_folder, (tmp_path / "run").exists()))
        plain(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    write(tmp_path / "run")
    assert synced == [(False, False), (True, True)]


@pytest.mark.parametrize("name", ["x" * 255, "é" * 127, "x" * 230])
def test_long_names(tmp_path: Path, name: str) -> None:
    files.check_writable(tmp_path / name)
    write(tmp_path / name)
    FileLock(tmp_path / name).release()
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


def test_long_names_that_differ_at_their_end_have_hidden_files_of_their_own(tmp_path: Path) -> None:
    one, other = tmp_path / ("x" * 254 + "1"), tmp_path / ("x" * 254 + "2")
    assert files.hidden(one, ".lock") != files.hidden(other, ".lock")


def test_many_threads_write_one_file(tmp_path: Path) -> None:
    path, errors = tmp_path / "run", []

    def many(letter: bytes) -> None:
        try:
            for _ in range(50):
                write(path, letter * 100_000)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=many, args=(letter,)) for letter in (b"a", b"b", b"c")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert path.read_bytes() in (b"a" * 100_000, b"b" * 100_000, b"c" * 100_000)
    assert list(tmp_path.iterdir()) == [path]


WRITER = """
import sys
from multispin._base import files
with files.replacing(sys.argv[1]) as file:
    file.write(b"from another process")
    file.flush()
    print("in", flush=True)
    input()
"""


def process(program: str, path: Path) -> subprocess.Popen[str]:
    started = subprocess.Popen(
        [sys.executable, "-c", program, path],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert started.stdout is not None
    assert started.stdout.readline() == "in\n"
    return started


@pytest.mark.thorough
def test_what_a_killed_writer_left_goes_with_the_next_writing(tmp_path: Path) -> None:
    path = tmp_path / "run"
    with process(WRITER, path) as killed:
        killed.kill()
    assert len(list(tmp_path.iterdir())) == 1  # hidden, and not run
    write(path)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.thorough
def test_what_another_process_is_writing_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "run"
    with process(WRITER, path) as other:
        write(path)
        assert path.read_bytes() == b"new"
        other.communicate("\n")
    assert other.returncode == 0
    assert path.read_bytes() == b"from another process"


def test_files_of_others_with_like_names_stay(tmp_path: Path) -> None:
    others = [
        tmp_path / name for name in (".run.download.partial", ".run.partial", ".run.x.partial")
    ]
    for other in others:
        other.touch()
    write(tmp_path / "run")
    write(tmp_path / "run.x")
    assert all(other.exists() for other in others)


def test_errors_in_words_only_are_passed_on(tmp_path: Path) -> None:
    def fail() -> None:
        with files.replacing(tmp_path / "run"):
            raise OSError("unable to create a dataset")

    with pytest.raises(OSError, match="^unable to create a dataset$"):
        fail()


# --- what is refused ------------------------------------------------------------------------------


def planted(folder: Path, kind: str) -> Path:
    path = folder / kind
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(os.fspath(path))
    elif kind == "loop":
        path.symlink_to(path)
    elif kind == "device":
        path = Path("/dev/full")
    elif kind == "long":
        path = folder / ("x" * 256)
    elif kind == "nowhere":
        path = folder / "missing" / "file"
    elif kind == "below a file":
        (folder / "file").touch()
        path = folder / "file" / "below"
    return path


KINDS = ("folder", "pipe", "socket", "loop", "device", "long", "nowhere", "below a file")


@pytest.mark.parametrize("kind", KINDS)
def test_what_cannot_be_a_file_is_known_before_the_run(tmp_path: Path, kind: str) -> None:
    path = planted(tmp_path, kind)
    with pytest.raises(OSError, match="^.*checkpoint: got .*, allowed: a file in an existing"):
        files.check_writable(path)


@pytest.mark.parametrize("wrong", [None, 3, b"bytes", "nul\0", ""])
def test_what_is_no_path(wrong: object) -> None:
    with pytest.raises((TypeError, ValueError, OSError), match="path: got .*, allowed: "):
        files.check_writable(wrong, "path")  # type: ignore[arg-type]


def test_planted_links_are_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("secrets.token_hex", lambda count: "0" * 2 * count)
    path, victim = tmp_path / "run", tmp_path / "victim"
    victim.write_bytes(b"precious")
    files.hidden(path, ".0000000000000000.partial").symlink_to(victim)
    with pytest.raises(FileExistsError):
        write(path)
    assert victim.read_bytes() == b"precious"
    files.hidden(path, ".lock").symlink_to(victim)
    with pytest.raises(OSError) as caught:  # noqa: PT011
        FileLock(path)
    assert caught.value.errno == errno.ELOOP
    assert victim.read_bytes() == b"precious"


def test_a_planted_name_of_a_private_file_stays_private(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.touch(0o600)
    os.link(victim, files.hidden(tmp_path / "run", ".lock"))
    FileLock(tmp_path / "run").release()
    assert stat.S_IMODE(victim.stat().st_mode) == 0o600


# --- locks ----------------------------------------------------------------------------------------


def test_a_lock_keeps_others_out_until_it_is_released(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "run")
    refusals: list[str] = []

    def elsewhere() -> None:
        try:
            FileLock(tmp_path / "run")
        except CheckpointError as error:
            refusals.append(str(error))

    for _ in range(2):
        elsewhere()
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
    assert len(refusals) == 4
    assert all("is in use by another run: wait for its end" in refusal for refusal in refusals)
    lock.release()
    lock.release()
    FileLock(tmp_path / "run").release()
    assert not list(tmp_path.iterdir())


def test_a_lock_of_one_name_is_a_lock_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "run")
    lock = FileLock(tmp_path / "run")
    with pytest.raises(CheckpointError):
        FileLock(tmp_path / "link")
    lock.release()


HOLDER = """
import sys
from multispin._base.locks import FileLock
lock = FileLock(sys.argv[1])
print("in", flush=True)
input()
"""


@pytest.mark.thorough
def test_a_killed_process_holds_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "run"
    with process(HOLDER, path) as other:
        with pytest.raises(CheckpointError):
            FileLock(path)
        other.kill()
    FileLock(path).release()


def test_a_forked_child_neither_holds_nor_releases(tmp_path: Path) -> None:
    path = tmp_path / "run"
    lock = FileLock(path)
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        lock.release()
        try:
            FileLock(path)
        except CheckpointError:
            os._exit(0)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    lock.release()
