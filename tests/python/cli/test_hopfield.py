"""``multispin hopfield``: digits or a folder of images, and one line about what is no image."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from PIL import Image

import multispin as ms
from multispin import cli
from multispin.learn import corrupt

SPINS = ms.datasets.digits(binary=True).images[:3]
FILES = ["multispin-hopfield.nc", "multispin-hopfield.png"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def save(name: str, spins: Any, mode: str = "L") -> None:
    """Write ±1 as black ink on white paper."""
    Path(name).parent.mkdir(exist_ok=True)
    grey = np.where(np.asarray(spins) > 0, 0, 255).astype(np.uint8)
    if mode == "RGBA":  # on no paper at all
        pixels = np.zeros((*grey.shape, 4), np.uint8)
        pixels[..., 3] = 255 - grey
        Image.fromarray(pixels).save(name)
    elif mode == "I;16":
        Image.fromarray(grey.astype(np.uint16) * 257).save(name)
    else:
        Image.fromarray(grey).convert(mode).save(name)


def hopfield(*words: str) -> xr.Dataset:
    assert cli.main(["hopfield", *words]) == 0
    return xr.load_dataset("multispin-hopfield.nc", engine="h5netcdf")


def test_digits(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = hopfield("--digits", "4", "--noise", "0.1", "--seed", "2")
    assert sorted(path.name for path in folder.iterdir()) == FILES
    assert Path(FILES[1]).read_bytes().startswith(b"\x89PNG")
    images = ms.datasets.digits(binary=True).images[:4]
    cues = corrupt(images, 0.1, 2)
    found = ms.retrieve_images(images, cues, random_state=2)
    np.testing.assert_array_equal(data.cue_image, cues)
    np.testing.assert_array_equal(data.retrieved, found.retrieved)
    np.testing.assert_array_equal(data.overlap, found.retrieval.overlap[:, 0])
    assert data.attrs["noise"] == 0.1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["cue", "winner", "overlap", "kind", "sweeps"]
    for k, line in enumerate(lines[1:5]):
        words = line.split("  ")
        assert [word.strip() for word in words if word.strip()] == [
            f"image {k} ({k})", f"image {found.winners[k]} ({found.winners[k]})",
            f"{found.overlaps[k]:.3f}", found.retrieval.kind[k, 0],
            str(found.retrieval.sweeps[k, 0]),
        ]  # fmt: skip
    assert lines[5] == "wrote multispin-hopfield.nc and multispin-hopfield.png"


@pytest.mark.one_in(3)
@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "I;16"])
def test_a_folder_of_images(mode: str, capsys: pytest.CaptureFixture[str]) -> None:
    for name, spins in zip("cab", SPINS, strict=True):
        save(f"images/{name}.png", spins, mode)
    Path("images/readme.txt").write_text("no image")
    damaged = corrupt(SPINS[1:2], 0.1, 3)[0]
    save("cue.PNG", damaged, mode)
    data = hopfield("--patterns", "images", "--cue", "cue.PNG", "--picture", "a.svg")
    np.testing.assert_array_equal(data.stored, SPINS[[1, 2, 0]])
    np.testing.assert_array_equal(data.cue_image, damaged[None])
    np.testing.assert_array_equal(data.retrieved, SPINS[1:2])
    assert (data.pattern.values.tolist(), data.winner.values.tolist()) == (
        ["a.png", "b.png", "c.png"], [0],
    )  # fmt: skip
    assert capsys.readouterr().out.splitlines()[1].split()[:4] == [
        "cue.PNG", "a.png", "1.000", "pattern",
    ]  # fmt: skip


@pytest.mark.thorough
def test_every_option() -> None:
    words = "--noise 0.25 --rule hebb --temperature 0.5 --sweeps 7 --seed 3"
    data = hopfield(*words.split())
    assert (data.cue_image != data.stored.values).sum(("row", "column")).values.tolist() == [
        16
    ] * 10
    assert data.sweeps.values.tolist() == [7] * 10
    names = ("rule", "temperature", "noise", "seed")
    assert [data.attrs[name] for name in names] == ["hebb", 0.5, 0.25, 3]


@pytest.mark.parametrize(("words", "status", "message"), [
    ("--noise 1.5", 2, "--noise: got 1.5, allowed: a number from 0 to 1"),
    ("--noise -0.1", 2, "--noise: got -0.1, allowed: "),
    ("--noise nan", 2, "--noise: got nan, allowed: "),
    ("--digits 0", 2, "--digits: got 0, allowed: an integer >= 1 and <= 1797"),
    ("--rule best", 2, "--rule: got 'best', allowed: 'hebb', "),
    ("--temperature -1", 2, "--temperature: got -1.0, allowed: "),
    ("--sweeps 0", 2, "--sweeps: got 0, allowed: "),
    ("--seed -1", 2, "--seed: got -1, allowed: "),
    ("--cue images/a.png", 2, "--cue: got 'images/a.png', allowed: with --patterns, a folder of"),
    ("--patterns nowhere", 1, "nowhere: No such file or directory"),
    ("--patterns images/a.png", 1, "images/a.png: Not a directory"),
    ("--patterns empty", 2, "--patterns: got 'empty', allowed: a folder with files *.png"),
    ("--patterns sizes", 2, "sizes/b.png: got 8 x 7 pixels, allowed: 8 x 8, as a.png has"),
    ("--patterns broken", 2, "broken/a.png: got no image, allowed: a PNG file that is whole"),
    ("--patterns cut", 2, "cut/a.png: got no image, allowed: a PNG file that is whole"),
    ("--patterns blank", 2, "--patterns: got '0 everywhere', allowed: two values or more"),
    ("--patterns images --cue sizes/b.png", 2, "sizes/b.png: got 8 x 7 pixels, allowed: 8 x 8, a"),
    ("--patterns images --cue nowhere.png", 1, "nowhere.png: No such file or directory"),
    ("--picture a.txt", 2, "--picture: got 'a.txt', allowed: a name ending in .png, "),
])  # fmt: skip
def test_misuse(
    words: str, status: int, message: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save("images/a.png", SPINS[0])
    save("sizes/a.png", SPINS[0])
    save("sizes/b.png", SPINS[1, :7])
    save("blank/a.png", -np.ones((8, 8)))
    save("cut/a.png", SPINS[0])
    Path("cut/a.png").write_bytes(Path("cut/a.png").read_bytes()[:60])
    for name in ("empty", "broken"):
        Path(name).mkdir()
    Path("broken/a.png").write_bytes(b"no image")
    before = sorted(folder.rglob("*"))
    assert cli.main(["hopfield", *words.split()]) == status
    err = capsys.readouterr().err
    assert err.startswith(f"multispin: {message}")
    assert err.count("\n") == 1
    assert sorted(folder.rglob("*")) == before


def test_without_pillow(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    save("images/a.png", SPINS[0])
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    assert cli.main(["hopfield", "--patterns", "images"]) == 1
    assert capsys.readouterr().err == (
        "multispin: this needs 'PIL'; install it with: pip install \"multispin[plot]\"\n"
    )
