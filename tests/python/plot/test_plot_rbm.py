"""Pictures of restricted Boltzmann machines."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import multispin as ms
from multispin import plot

#: Of any arguments.
WRONG: Any = plot.rbm
RNG = np.random.default_rng(1)
IMAGES = RNG.random((7, 2, 3))
WEIGHTS = np.array([[0.1, -0.2, 0.0, 0.0], [3.0, 0.0, 0.0, -4.0], [1.0, 1.0, 1.0, 1.0]])
HISTORY = {
    "learning_rate": np.array([0.2, 0.1]),
    "reconstruction_error": np.array([0.3, 0.25]),
    "singular_values": np.array([[1.0, 0.5, 0.1], [0.2, 2.0, 0.1]]),
}


def drawn(figure: Any, rows: int, columns: int) -> list[Any]:
    """Return the images that a figure shows, in rows from above, with gaps of a pixel between."""
    whole = np.ma.filled(figure.axes[0].images[0].get_array().astype(float), np.nan)
    down, across = (whole.shape[0] - 1) // (rows + 1), (whole.shape[1] - 1) // (columns + 1)
    return [
        whole[1 + r * (rows + 1) :, 1 + c * (columns + 1) :][:rows, :columns]
        for r in range(down) for c in range(across)
    ]  # fmt: skip


def test_images_stand_in_rows(tmp_path: Any) -> None:
    figure = plot.rbm.images(IMAGES, 4, ["a", "b"])
    (axes,) = figure.axes
    *found, empty = drawn(figure, 2, 3)
    np.testing.assert_array_equal(found, IMAGES)
    assert np.isnan(empty).all()
    assert axes.images[0].get_clim() == (0.0, IMAGES.max())
    assert [text.get_text() for text in axes.texts] == ["a", "b"]
    assert axes.texts[1].get_position()[0] == 1 + 4 + 1
    figure.savefig(tmp_path / "images.png")


@pytest.mark.parametrize("pictures", [np.zeros((1, 1, 1)), -np.ones((2, 1, 9)), IMAGES > 0.5])
def test_images_of_all_kinds(pictures: Any, tmp_path: Any) -> None:
    figure = plot.rbm.images(pictures)
    low, high = figure.axes[0].images[0].get_clim()
    assert low < high
    assert low == min(pictures.min(), 0)
    figure.savefig(tmp_path / "images.png")


def test_filters_are_in_order_and_around_zero(tmp_path: Any) -> None:
    figure = plot.rbm.filters(WEIGHTS, (2, 2), 2)
    assert len(figure.axes) == 1 + 1
    np.testing.assert_array_equal(np.reshape(drawn(figure, 2, 2), (2, 4)), WEIGHTS[[1, 2]])
    assert figure.axes[0].images[0].get_clim() == (-4.0, 4.0)
    below = drawn(plot.rbm.filters(WEIGHTS, (2, 2), columns=1), 2, 2)
    np.testing.assert_array_equal(np.reshape(below, (3, 4)), WEIGHTS[[1, 2, 0]])
    figure.savefig(tmp_path / "filters.png")
    plot.rbm.filters(np.zeros((1, 3)), (1, 3)).savefig(tmp_path / "nothing.png")


def test_what_is_in_a_history_is_drawn() -> None:
    figure = plot.rbm.history(HISTORY)
    assert [axes.lines[0].get_ydata().tolist() for axes in figure.axes] == [  # type: ignore[union-attr]
        [0.3, 0.25], [0.2, 0.1],
    ]  # fmt: skip
    gap = plot.rbm.history({**HISTORY, "free_energy_gap": [0.1, -0.1]}).axes[1]
    assert gap.lines[1].get_ydata().tolist() == [0.1, -0.1]  # type: ignore[union-attr]
    assert gap.lines[1].get_xdata().tolist() == [1, 2]  # type: ignore[union-attr]


def test_singular_values_are_in_order(tmp_path: Any) -> None:
    figure = plot.rbm.singular_values(HISTORY["singular_values"], 2)
    (axes,) = figure.axes
    lines = [line.get_ydata().tolist() for line in axes.lines]  # type: ignore[union-attr]
    assert lines == [[0.5, 2.0], [1.0, 0.2]]
    assert axes.get_xscale() == axes.get_yscale() == "log"
    plot.rbm.singular_values(np.zeros((1, 2))).savefig(tmp_path / "nothing.png")


def test_what_was_learned() -> None:
    pixels = ms.datasets.digits(binary=True).images[:100].reshape(-1, 64) > 0
    rbm = ms.RBM(5, n_iter=2, random_state=1).fit(pixels[:60], validation=pixels[60:])
    assert len(drawn(plot.rbm.filters(rbm.components_, (8, 8)), 8, 8)) == 6
    assert len(plot.rbm.history(rbm.history_).axes) == 3
    assert len(plot.rbm.singular_values(rbm.history_["singular_values"]).axes[0].lines) == 5


@pytest.mark.parametrize(("call", "error", "message"), [
    (lambda: WRONG.images(np.ones((2, 2))), ValueError, "pictures: got shape (2, 2), allowed: "),
    (lambda: WRONG.images(np.ones((1001, 1, 1))), ValueError, "pictures: got shape (1001, 1, 1"),
    (lambda: WRONG.images([[[np.nan]]]), ValueError, "pictures: got nan, allowed: (n, rows, "),
    (lambda: WRONG.images([[["a"]]]), TypeError, "pictures: got 'an array of <U1'"),
    (lambda: WRONG.images([[[1e9]]]), ValueError, "pictures: got 1000000000.0, allowed: up to"),
    (lambda: WRONG.images(IMAGES, 0), ValueError, "columns: got 0, allowed: an integer >= 1"),
    (lambda: WRONG.images(IMAGES, titles="ab"), TypeError, "titles: got 'ab', allowed: up to 3"),
    (lambda: WRONG.images(IMAGES[:1], titles=["a", "b"]), ValueError, "titles: got ['a', 'b']"),
    (lambda: WRONG.images(IMAGES, titles=[1]), TypeError, "titles: got [1], allowed: "),
    (lambda: WRONG.filters(WEIGHTS, (2, 3)), ValueError, "components: got shape (3, 4), allo"),
    (lambda: WRONG.filters(WEIGHTS, 4), TypeError, "shape: got 4, allowed: two integers >= 1"),
    (lambda: WRONG.filters(WEIGHTS, (4,)), ValueError, "shape: got (4,), allowed: two integers"),
    (lambda: WRONG.filters(WEIGHTS, (4, 0)), ValueError, "shape: got 0, allowed: an integer"),
    (lambda: WRONG.filters(WEIGHTS, (2, 2), 0), ValueError, "most: got 0, allowed: "),
    (lambda: WRONG.filters(WEIGHTS, (2, 2), columns=0), ValueError, "columns: got 0, allowed: "),
    (lambda: WRONG.history([]), TypeError, "kept: got [], allowed: the history_ of an RBM"),
    (lambda: WRONG.history({"a": [1]}), ValueError, "kept: got ['a'], allowed: the history_"),
    (lambda: WRONG.history({"learning_rate": []}), ValueError, "kept['learning_rate']: got an "),
    (lambda: WRONG.history({**HISTORY, "learning_rate": [1]}), ValueError,
     "kept['learning_rate']: got 1 numbers, allowed: 2, as reconstruction_error has"),
    (lambda: WRONG.singular_values([1.0]), ValueError, "values: got shape (1,), allowed: "),
    (lambda: WRONG.singular_values([[-1.0]]), ValueError, "values: got -1.0, allowed: (epochs"),
    (lambda: WRONG.singular_values([[1.0]], 0), ValueError, "most: got 0, allowed: an integer"),
])  # fmt: skip
def test_wrong_arguments(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as raised:
        call()
    assert str(raised.value).startswith(message)


def test_embedding_is_of_principal_components() -> None:
    rng = np.random.default_rng(5)
    hidden = rng.normal(size=(60, 4)) * [5.0, 2.0, 0.1, 0.1] + 3.0
    labels = np.repeat([0, 1], 30)
    axes = ms.plot.rbm.embedding(hidden, labels).axes[0]
    at = np.concatenate([line.get_xydata() for line in axes.lines])
    assert [len(line.get_xydata()) for line in axes.lines] == [30, 30]
    centred = hidden - hidden.mean(axis=0)
    for column in (0, 1):  # the first two axes are those of the most variance, nearly
        assert abs(np.corrcoef(at[:, column], centred[:, column])[0, 1]) > 0.99
    assert ms.plot.rbm.embedding(hidden).axes[0].get_legend() is None


def test_embedding_refuses() -> None:
    with pytest.raises(ValueError, match="hidden: got shape"):
        ms.plot.rbm.embedding(np.zeros(3))
    with pytest.raises(ValueError, match="labels: got shape"):
        ms.plot.rbm.embedding(np.zeros((3, 2)), [0, 1])
