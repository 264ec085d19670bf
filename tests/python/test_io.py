"""Checkpoint files: all or nothing when written, and never believed unchecked."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import zipfile
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multispin import CheckpointError, io
from multispin._base import files

if TYPE_CHECKING:
    from pathlib import Path

META = {"sweeps": 7, "T": 0.1 + 0.2, "names": ["a", "b"], "none": None}
ARRAYS = {
    "words": np.arange(40, dtype=np.uint64).reshape(2, 4, 5),
    "energy": np.array([-1.5, np.nan, 5e-324]),
    "number": np.array(3),
    "empty": np.empty((0, 3)),
    "flags": np.array([True, False]),
}


def equal(left: dict[str, Any], right: dict[str, Any]) -> bool:
    return left.keys() == right.keys() and all(
        left[name].dtype == right[name].dtype
        and left[name].shape == right[name].shape
        and left[name].tobytes() == right[name].tobytes()
        for name in left
    )


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    path = tmp_path / "run.npz"
    io.write_checkpoint(path, "demo", META, ARRAYS)
    return path


def test_what_is_written_comes_back_bit_for_bit(checkpoint: Path) -> None:
    meta, arrays = io.read_checkpoint(checkpoint, "demo")
    assert meta == META
    assert equal(arrays, ARRAYS)
    assert all(array.flags.writeable and array.flags.c_contiguous for array in arrays.values())


def test_arrays_that_are_not_contiguous(tmp_path: Path) -> None:
    array = np.arange(12).reshape(3, 4)[::2, ::-1].T
    io.write_checkpoint(tmp_path / "x", "demo", {}, {"a": array})
    np.testing.assert_array_equal(io.read_checkpoint(tmp_path / "x", "demo")[1]["a"], array)


def test_the_same_state_gives_the_same_bytes(checkpoint: Path) -> None:
    before = checkpoint.read_bytes()
    io.write_checkpoint(checkpoint, "demo", META, ARRAYS)
    assert checkpoint.read_bytes() == before


def test_numpy_can_look_into_it(checkpoint: Path) -> None:
    with np.load(checkpoint) as archive:
        np.testing.assert_array_equal(archive["words"], ARRAYS["words"])


def test_a_link_stays_a_link(checkpoint: Path, tmp_path: Path) -> None:
    (tmp_path / "scratch").mkdir()
    target, link = tmp_path / "scratch" / "run.npz", tmp_path / "link"
    link.symlink_to(target)
    files.check_writable(link)
    io.write_checkpoint(link, "demo", META, ARRAYS)
    assert link.is_symlink()
    assert target.read_bytes() == checkpoint.read_bytes()


def test_only_the_checkpoint_is_left_in_the_folder(checkpoint: Path) -> None:
    assert list(checkpoint.parent.iterdir()) == [checkpoint]


@pytest.mark.parametrize("array", [np.array([{}]), np.array(["2020"], "M8[Y]")])
def test_arrays_that_are_not_plain_bytes_are_refused(tmp_path: Path, array: Any) -> None:
    with pytest.raises(ValueError, match="^arrays: got 'a' of .*, allowed: arrays of numbers"):
        io.write_checkpoint(tmp_path / "x", "demo", {}, {"a": array})
    assert not list(tmp_path.iterdir())


# --- damage -------------------------------------------------------------------------------------


def test_every_truncation_is_noticed(checkpoint: Path) -> None:
    data = checkpoint.read_bytes()
    for length in range(0, len(data), 2):
        checkpoint.write_bytes(data[:length])
        with pytest.raises(CheckpointError):
            io.read_checkpoint(checkpoint, "demo")


def test_every_damaged_byte_is_noticed_or_harmless(checkpoint: Path) -> None:
    # Harmless are bytes of the archive that say nothing, such as the dates of its entries.
    data = checkpoint.read_bytes()
    noticed = 0
    for position in range(0, len(data), 3):
        damaged = bytearray(data)
        damaged[position] ^= 0x40
        checkpoint.write_bytes(damaged)
        try:
            meta, arrays = io.read_checkpoint(checkpoint, "demo")
        except CheckpointError:
            noticed += 1
        else:
            assert meta == META
            assert equal(arrays, ARRAYS)
    assert noticed > len(data) // 6


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_random_bytes_are_not_a_checkpoint(tmp_path_factory: Any, data: st.DataObject) -> None:
    path = tmp_path_factory.mktemp("random") / "x"
    path.write_bytes(data.draw(st.binary(max_size=400)))
    with pytest.raises(CheckpointError):
        io.read_checkpoint(path, "demo")


def foreign_files(folder: Path) -> list[Path]:
    text, archive, arrays = folder / "a.txt", folder / "b.zip", folder / "c.npz"
    text.write_text("temperatures: 2.0\n")
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("header.npy", b"not an array")
    np.savez(arrays, header=np.frombuffer(b"0" * 64 + b"{}", np.uint8), words=np.zeros(3))
    (folder / "empty").touch()
    return [text, archive, arrays, folder / "empty", folder]


def test_foreign_files_are_refused(tmp_path: Path) -> None:
    for path in foreign_files(tmp_path):
        with pytest.raises(CheckpointError, match=path.name):
            io.read_checkpoint(path, "demo")


def test_another_kind_is_refused(checkpoint: Path) -> None:
    with pytest.raises(CheckpointError, match="kind 'demo', expected 'sampler'"):
        io.read_checkpoint(checkpoint, "sampler")


def test_another_version_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x"
    monkeypatch.setattr(io, "VERSION", 99)
    io.write_checkpoint(path, "demo", {}, {})
    monkeypatch.undo()
    with pytest.raises(CheckpointError, match="version 99"):
        io.read_checkpoint(path, "demo")


def test_a_missing_file_is_missing_and_not_damaged(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        io.read_checkpoint(tmp_path / "x", "demo")


def test_another_array_of_the_same_shape_is_refused(checkpoint: Path) -> None:
    # A valid archive, of valid arrays: only their digests in the header tell.
    with zipfile.ZipFile(checkpoint) as archive:
        entries = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    for name in ARRAYS:
        if name == "empty":
            continue
        other = bytearray(entries[f"{name}.npy"])
        other[-1] ^= 1
        with zipfile.ZipFile(checkpoint, "w") as archive:
            for entry, data in (entries | {f"{name}.npy": bytes(other)}).items():
                archive.writestr(entry, data)
        with pytest.raises(CheckpointError, match=f"digest of array '{name}' is wrong"):
            io.read_checkpoint(checkpoint, "demo")


def test_a_header_cannot_ask_for_more_than_the_file_has(checkpoint: Path) -> None:
    meta, arrays = io.read_checkpoint(checkpoint, "demo")
    for shape in ([2**40], [2**62, 2**62], [-1], [1.5], ["3"], "3"):
        io.write_checkpoint(checkpoint, "demo", meta, arrays)
        with zipfile.ZipFile(checkpoint) as archive:
            entries = {entry.filename: archive.read(entry) for entry in archive.infolist()}
        sealed = entries["header.npy"]
        start = sealed.index(b'{"format"') - 64
        header = json.loads(sealed[start + 64 :])
        header["arrays"]["words"]["shape"] = shape
        text = json.dumps(header).encode()
        data = np.frombuffer(hashlib.sha256(text).hexdigest().encode() + text, dtype=np.uint8)
        stream = BytesIO()
        np.lib.format.write_array(stream, data, version=(2, 0))
        with zipfile.ZipFile(checkpoint, "w") as archive:
            for entry, old in (entries | {"header.npy": stream.getvalue()}).items():
                archive.writestr(entry, old)
        with pytest.raises(CheckpointError, match="array 'words'|object|shape"):
            io.read_checkpoint(checkpoint, "demo")


def test_compressed_archives_are_none_of_ours(checkpoint: Path) -> None:
    np.savez_compressed(checkpoint.with_suffix(".big.npz"), header=np.zeros(2**20, np.uint8))
    with pytest.raises(CheckpointError, match="compressed, or longer than the file"):
        io.read_checkpoint(checkpoint.with_suffix(".big.npz"), "demo")


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(CheckpointError, match="a directory, a device or a pipe"):
        io.read_checkpoint(tmp_path / "pipe", "demo")


# --- writing that goes wrong --------------------------------------------------------------------


def test_a_full_disk_leaves_the_earlier_checkpoint(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = checkpoint.read_bytes()

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=f"No space left on device: '{checkpoint}'$"):
        io.write_checkpoint(checkpoint, "demo", {}, {})
    assert checkpoint.read_bytes() == before
    assert list(checkpoint.parent.iterdir()) == [checkpoint]


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("missing/run.npz", FileNotFoundError),
        ("file/run.npz", NotADirectoryError),
        ("folder", IsADirectoryError),
        ("", ValueError),
        ("." + 300 * "x", OSError),
    ],
)
def test_unwritable_paths(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, error: type[Exception]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    with pytest.raises(error, match=r"checkpoint: got .*, allowed: a file"):
        files.check_writable(path)
    if path:
        with pytest.raises(error) as caught:
            io.write_checkpoint(path, "demo", {}, {})
        assert caught.value.filename == path
        assert "partial" not in str(caught.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_folder_without_permission(tmp_path: Path) -> None:
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    with pytest.raises(PermissionError):
        files.check_writable(tmp_path / "run.npz")
    tmp_path.chmod(stat.S_IRWXU)


@pytest.mark.parametrize("path", [3, None, b"x"])
def test_what_is_not_a_path(path: Any) -> None:
    with pytest.raises(TypeError, match="checkpoint: got"):
        files.check_writable(path)


def test_checking_leaves_no_trace(checkpoint: Path) -> None:
    before = checkpoint.read_bytes()
    files.check_writable(checkpoint)
    files.check_writable(checkpoint.with_name("other"))
    assert checkpoint.read_bytes() == before
    assert list(checkpoint.parent.iterdir()) == [checkpoint]
