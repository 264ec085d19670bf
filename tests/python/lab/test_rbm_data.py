"""Images that the RBM tab learns: the package's, and those of users' files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from multispin import cli
from multispin.lab.scenes import rbm_data

if TYPE_CHECKING:
    from pathlib import Path


def stripes(m: int = 40, rows: int = 4, columns: int = 5) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 2, (m, rows, columns))


def written(folder: Path, **arrays: Any) -> Path:
    path = folder / "images.npz"
    np.savez(path, **arrays)
    return path


def test_digits_and_those_that_are_kept_back() -> None:
    images = rbm_data.digits()
    assert images.shape == (8, 8)
    assert images.classes == tuple("0123456789")
    assert images.kept_back.shape == (200, 74)
    assert images.learned.shape == (1597, 74)
    assert (images.learned[:, 64:].sum(axis=1) == 1).all()
    assert images.labels is not None
    assert np.array_equal(images.kept_back[:, 64:].argmax(axis=1), images.labels[::9])
    assert np.array_equal(images.kept_back[1, :64], images.pixels[9])
    assert np.array_equal(images.learned[8, :64], images.pixels[10])


@pytest.mark.parametrize("kind", ["uint8", "bool", "float", "spin", "flat", "grey"])
def test_images_of_any_numbers(tmp_path: Path, kind: str) -> None:
    ink = stripes(rows=5)
    given = {
        "uint8": (255 * ink).astype(np.uint8), "bool": ink == 1, "float": ink.astype(np.float32),
        "spin": 2 * ink - 1, "flat": ink.reshape(40, 25), "grey": 3 + 5 * ink,
    }[kind]  # fmt: skip
    images = rbm_data.read_images(written(tmp_path, X=given))
    assert images.shape == (5, 5)
    assert np.array_equal(images.pixels, ink.reshape(40, 25))
    assert images.labels is None
    assert images.learned.shape == (35, 25)


@pytest.mark.parametrize("y", [np.arange(40) % 3, np.array(["b", "a"] * 20), np.arange(40.0) % 2])
@pytest.mark.parametrize("column", [False, True])
def test_the_lines_make_the_same_samples(tmp_path: Path, y: np.ndarray, column: bool) -> None:
    path = written(tmp_path, X=stripes(), y=y[:, None] if column else y)
    images = rbm_data.read_images(path)
    assert images.classes == tuple(f"{one:g}" if y.dtype.kind == "f" else str(one)
                                   for one in np.unique(y))  # fmt: skip
    names: dict[str, Any] = {"np": np}
    exec("\n".join(images.python()), names)
    assert np.array_equal(names["V"], images.learned)
    assert names["V"].dtype == np.float32


def test_the_lines_of_the_digits_make_the_same_samples() -> None:
    names: dict[str, Any] = {}
    images = rbm_data.digits()
    exec("\n".join(["import numpy as np", "import multispin as ms", *images.python()]), names)
    assert np.array_equal(names["V"], images.learned)


def test_other_images_have_another_digest(tmp_path: Path) -> None:
    X, y = stripes(), np.arange(40) % 2
    digests = {
        rbm_data.read_images(written(tmp_path, **arrays)).digest
        for arrays in (
            {"X": X}, {"X": X, "y": y}, {"X": X, "y": 1 - y}, {"X": 1 - X}, {"X": X, "y": y + 1},
            {"X": X.reshape(40, 5, 4)},
        )
    }  # fmt: skip
    assert len(digests) == 6


@pytest.mark.parametrize(
    ("arrays", "got"),
    [
        ({"images": stripes()}, "arrays images"), ({"X": stripes(17)}, "X of shape (17, 4, 5)"),
        ({"X": stripes().reshape(40, 20)}, "X of shape (40, 20)"),
        ({"X": stripes()[0]}, "X of shape (4, 5)"), ({"X": np.zeros((40, 1, 5))}, "(40, 1, 5)"),
        ({"X": np.zeros((40, 65, 5))}, "(40, 65, 5)"), ({"X": np.ones((40, 4, 4))}, "all 1"),
        ({"X": np.full((40, 4, 4), np.nan)}, "not finite"),
        ({"X": stripes().astype("U1")}, "X of <U1"), ({"X": stripes() * 1j}, "X of complex128"),
        ({"X": np.zeros((0, 4, 4))}, "(0, 4, 4)"),
        ({"X": stripes(), "y": np.arange(39)}, "40 images and y of int64, of shape (39,)"),
        ({"X": stripes(), "y": np.zeros(40)}, "y of 1 classes"),
        ({"X": stripes(), "y": np.arange(40)}, "y of 40 classes"),
        ({"X": stripes(), "y": np.arange(40) / 3}, "not whole"),
        ({"X": stripes(), "y": np.arange(40) * 1j}, "y of complex128"),
        ({"X": np.array([[None]])}, "cannot be read"),
    ],
)  # fmt: skip
def test_files_of_another_kind(tmp_path: Path, arrays: dict[str, Any], got: str) -> None:
    path = written(tmp_path, **arrays)
    with pytest.raises(ValueError, match=r"^data: got ") as caught:
        rbm_data.read_images(path)
    message = str(caught.value)
    assert got in message
    assert str(path) in message
    assert "allowed: an .npz file with images X" in message
    assert "\n" not in message


def test_what_is_no_archive(tmp_path: Path) -> None:
    np.save(tmp_path / "one.npy", stripes())
    with pytest.raises(ValueError, match=r"data: got .* with one array of shape \(40, 4, 5\)"):
        rbm_data.read_images(tmp_path / "one.npy")
    (tmp_path / "text.npz").write_text("no archive")
    (tmp_path / "cut.npz").write_bytes(written(tmp_path, X=stripes()).read_bytes()[:500])
    for name in ("text.npz", "cut.npz"):
        with pytest.raises(ValueError, match="data: got .* cannot be read"):
            rbm_data.read_images(tmp_path / name)
    for path in (tmp_path / "nowhere.npz", tmp_path):
        with pytest.raises(OSError, match="data: got"):
            rbm_data.read_images(path)
    with pytest.raises(TypeError, match="data: got 3"):
        rbm_data.read_images(3)  # type: ignore[arg-type]


def test_the_lab_says_it_before_it_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for module in ("starlette", "uvicorn", "websockets"):
        pytest.importorskip(module)
    path = written(tmp_path, X=stripes(), y=np.arange(39))
    assert cli.main(["lab", "--no-browser", "--data", str(path)]) == 2
    line = capsys.readouterr().err
    assert line.startswith("multispin: --data: got ")
    assert "40 images and y of int64, of shape (39,)" in line
    assert line.count("\n") == 1
