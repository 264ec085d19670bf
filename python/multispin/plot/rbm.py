"""Pictures of restricted Boltzmann machines: what they draw, what they look for, how they learned.

Like `multispin.plot`: every function returns a `matplotlib.figure.Figure` of its own.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks
from multispin.plot._words import words, words_of_each
from multispin.plot.style import COLOURS, FAINT, MARKERS, new_figure, style

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]

__all__ = ["embedding", "filters", "history", "images", "singular_values"]

_MOST = 1000  # images
_LARGEST = 1e6  # number on an axis
_WIDE = 9.0  # inches, at most
_GAP = "#ccd6de"  # what is between images
#: What is drawn of a history, and how it is written.
_PANELS = {
    "reconstruction_error": "error of reconstruction",
    "free_energy_gap": r"$F$ of validation $-$ training",
    "learning_rate": "learning rate",
}


def images(pictures: ArrayLike, columns: int | None = None, titles: Sequence[str] = ()) -> Figure:
    """Images in rows, from left to right and from above: samples, or reconstructions.

    Parameters
    ----------
    pictures : array_like
        (n, rows, columns) finite numbers, 1 to 1000 images. The largest of all is black.
    columns : int, optional
        How many stand in a row; None makes the whole about as wide as it is high.
    titles : sequence of str, optional
        What stands above the images of the first row.

    Returns
    -------
    matplotlib.figure.Figure
        All images on one axes, with gaps between them.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of this kind.

    Examples
    --------
    >>> import multispin as ms
    >>> pictures = ms.datasets.digits().images[:20]
    >>> ms.plot.rbm.images(pictures, 10).savefig("digits.png")
    """
    given = _pictures("pictures", pictures)
    across = _columns(columns, len(given))
    allowed = f"up to {across} texts, one for each image of the first row"
    above = words_of_each("titles", titles, 0, across, allowed)
    low, high = float(given.min()), float(given.max())
    low = min(low, 0.0) if low >= 0.0 else low  # 0 is paper, where nothing is less
    with style():
        return _grid(given, across, above, cmap="Greys", vmin=low, vmax=max(high, low + 1e-12))


def filters(
    components: ArrayLike, shape: tuple[int, int], most: int = 64, columns: int | None = None
) -> Figure:
    """Weights of hidden units as images, blue where ink speaks against a unit, red where for it.

    Parameters
    ----------
    components : array_like
        Weights, (n_components, rows × columns), as `multispin.RBM` has them.
    shape : tuple of int
        Rows and columns of the images that were learned.
    most : int, optional
        How many are drawn, those of the largest norm, the largest first.
    columns : int, optional
        How many stand in a row; None makes the whole about as wide as it is high.

    Returns
    -------
    matplotlib.figure.Figure
        All units on one axes, with gaps between them, and a bar of colours.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of this kind.

    Examples
    --------
    >>> import multispin as ms
    >>> pixels = ms.datasets.digits(binary=True).images.reshape(-1, 64) > 0
    >>> rbm = ms.RBM(16, n_iter=5, random_state=1).fit(pixels)
    >>> ms.plot.rbm.filters(rbm.components_, (8, 8)).savefig("filters.png")
    """
    height, width = _shape(shape)
    pixels = height * width
    allowed = f"(n_components, {pixels}) finite numbers up to {_LARGEST:g} in size"
    weights = checks.numbers("components", components, allowed)
    if weights.ndim != 2 or len(weights) == 0 or weights.shape[1] != pixels:
        raise ValueError(f"components: got shape {weights.shape}, allowed: {allowed}")
    weights = _drawable("components", weights)
    most = checks.count("most", most, 1, _MOST)
    order = np.argsort(-np.linalg.norm(weights, axis=1), kind="stable")[:most]
    shown = weights[order].reshape(-1, height, width)
    limit = float(np.abs(shown).max()) or 1.0
    across = _columns(columns, len(shown))
    with style():
        figure = _grid(shown, across, [], cmap="RdBu_r", vmin=-limit, vmax=limit)
        (axes,) = figure.axes
        figure.colorbar(axes.images[0], ax=axes, label="$W_{ji}$", aspect=30, shrink=0.8)
        return figure


def embedding(hidden: ArrayLike, labels: ArrayLike | None = None) -> Figure:
    """Samples by their hidden units, on the two directions in which these differ most.

    Parameters
    ----------
    hidden : array_like
        (M, n_components) numbers, as `multispin.RBM.transform` returns them; M and n_components
        >= 2.
    labels : array_like, optional
        (M,) classes, each of which has a colour of its own.

    Returns
    -------
    matplotlib.figure.Figure
        A point for each sample: its first two principal components.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of this kind.

    Examples
    --------
    >>> import multispin as ms
    >>> digits = ms.datasets.digits(binary=True)
    >>> pixels = digits.images.reshape(-1, 64) > 0
    >>> hidden = ms.RBM(16, n_iter=5, random_state=1).fit(pixels).transform(pixels)
    >>> ms.plot.rbm.embedding(hidden, digits.labels).savefig("embedding.png")
    """
    allowed = "(M, n) finite numbers, M and n >= 2"
    given = checks.numbers("hidden", hidden, allowed)
    if given.ndim != 2 or min(given.shape) < 2:
        raise ValueError(f"hidden: got shape {given.shape}, allowed: {allowed}")
    given = _drawable("hidden", given)
    one_each = f"({len(given)},), one for each sample"
    classes = np.zeros(len(given), np.intp)
    if labels is not None:
        classes = checks.array("labels", labels, one_each)
    if classes.shape != (len(given),):
        raise ValueError(f"labels: got shape {classes.shape}, allowed: {one_each}")
    left, values, _ = np.linalg.svd(given - given.mean(axis=0), full_matrices=False)
    at = left[:, :2] * values[:2]
    shares = values[:2] ** 2 / max(float((values**2).sum()), 1e-300)
    with style():
        figure = new_figure(6.4, 5.4)
        axes = figure.subplots()
        for number, each in enumerate(np.unique(classes)):
            rows = classes == each
            marker = MARKERS[number // len(COLOURS) % len(MARKERS)]
            axes.plot(
                at[rows, 0], at[rows, 1], ls="", marker=marker, ms=3.0, alpha=0.7, mew=0,
                color=COLOURS[number % len(COLOURS)], label=words("labels", str(each)),
            )  # fmt: skip
        axes.set_xlabel(f"{shares[0]:.0%} of the variance")
        axes.set_ylabel(f"{shares[1]:.0%} of the variance")
        if labels is not None:
            axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), markerscale=2)
        return figure


def history(kept: Mapping[str, ArrayLike]) -> Figure:
    """What was measured after each epoch.

    Parameters
    ----------
    kept : mapping
        ``history_`` of `multispin.RBM`: ``reconstruction_error``, ``free_energy_gap`` if there were
        validation data, and ``learning_rate``, (epochs,) each.

    Returns
    -------
    matplotlib.figure.Figure
        One panel below the other, for each that is there.

    Raises
    ------
    TypeError, ValueError
        If it has none of them, or what it has is not of this kind.

    Examples
    --------
    >>> import multispin as ms
    >>> pixels = ms.datasets.digits(binary=True).images.reshape(-1, 64) > 0
    >>> rbm = ms.RBM(16, n_iter=5, random_state=1)
    >>> rbm = rbm.fit(pixels[:1500], validation=pixels[1500:])
    >>> ms.plot.rbm.history(rbm.history_).savefig("history.png")
    """
    curves = _measured(kept)
    with style():
        figure = new_figure(6.4, 0.6 + 1.7 * len(curves))
        panels = figure.subplots(len(curves), sharex=True, squeeze=False)[:, 0]
        for number, (axes, (name, curve)) in enumerate(zip(panels, curves.items(), strict=True)):
            if name == "free_energy_gap":
                axes.axhline(0.0, color=FAINT, lw=0.8, ls=":", zorder=0)
            _line(axes, curve, COLOURS[number])
            axes.set_ylabel(_PANELS[name].replace(" of ", " of\n"))
        panels[-1].set_xlabel("epoch")
        return figure


def singular_values(values: ArrayLike, most: int = 30) -> Figure:
    """Singular values of the weights along training: one after the other, a direction is learned.

    Parameters
    ----------
    values : array_like
        (epochs, n) numbers >= 0, the ``singular_values`` of ``history_`` of `multispin.RBM`.
    most : int, optional
        How many are drawn, the largest at the end.

    Returns
    -------
    matplotlib.figure.Figure
        A line for each over the epochs, on logarithmic axes.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of this kind.

    Examples
    --------
    >>> import multispin as ms
    >>> pixels = ms.datasets.digits(binary=True).images.reshape(-1, 64) > 0
    >>> rbm = ms.RBM(16, n_iter=5, random_state=1).fit(pixels)
    >>> ms.plot.rbm.singular_values(rbm.history_["singular_values"]).savefig("singular.png")
    """
    allowed = f"(epochs, n) numbers from 0 to {_LARGEST:g}, epochs and n >= 1"
    given = checks.numbers("values", values, allowed)
    if given.ndim != 2 or given.size == 0:
        raise ValueError(f"values: got shape {given.shape}, allowed: {allowed}")
    if bool((given < 0.0).any()):
        raise ValueError(checks.describe("values", float(given.min()), allowed))
    given = _drawable("values", given)
    most = checks.count("most", most, 1, _MOST)
    last = np.argsort(-given[-1], kind="stable")[:most]
    with style():
        figure = new_figure(6.4, 4.2)
        axes = figure.subplots()
        for rank, number in enumerate(last):
            fades = 1.0 - 0.7 * rank / len(last)
            _line(axes, given[:, number], COLOURS[0], alpha=fades)
        axes.set_xscale("log")
        if bool((given[:, last] > 0.0).any()):
            axes.set_yscale("log", nonpositive="mask")
        axes.set_xlabel("epoch")
        axes.set_ylabel("singular values of $W$")
        return figure


# --- how it looks ---------------------------------------------------------------------------------


def _grid(pictures: Array, across: int, titles: Sequence[str], **colours: Any) -> Figure:
    """Draw images, so many in a row, as one: a panel for each would take seconds."""
    n, rows, columns = pictures.shape
    down, gap = -(-n // across), 1 + min(rows, columns) // 16
    tall, wide = rows + gap, columns + gap
    whole = np.full((down * tall + gap, across * wide + gap), np.nan)
    for number, picture in enumerate(pictures):
        top, left = gap + number // across * tall, gap + number % across * wide
        whole[top : top + rows, left : left + columns] = picture
    width = min(max(0.75 * across, 1.5), _WIDE)
    height = min(max(width * whole.shape[0] / whole.shape[1], 0.4), 4 * _WIDE)
    figure = new_figure(width + 0.2, height + (0.5 if titles else 0.2))
    axes = figure.subplots()
    axes.imshow(np.ma.masked_invalid(whole), interpolation="nearest", **colours)
    axes.set(xticks=[], yticks=[], facecolor=_GAP)
    axes.spines[:].set_visible(False)
    for column, title in enumerate(titles):
        middle = gap + column * wide + (columns - 1) / 2
        axes.text(middle, -0.5 - gap / 2, title, ha="center", va="bottom")
    return figure


def _line(axes: Axes, curve: Array, colour: str, **looks: Any) -> None:
    """Draw a curve over epochs; one of a single epoch is a point."""
    marker = "o" if len(curve) == 1 else None
    axes.plot(np.arange(1, len(curve) + 1), curve, color=colour, marker=marker, ms=3.5, **looks)


# --- what is given --------------------------------------------------------------------------------


def _pictures(name: str, value: ArrayLike) -> Array:
    allowed = f"(n, rows, columns) finite numbers, of 1 to {_MOST} images"
    found = checks.numbers(name, value, allowed, kinds="biuf")
    if found.ndim != 3 or found.size == 0 or len(found) > _MOST:
        raise ValueError(f"{name}: got shape {found.shape}, allowed: {allowed}")
    return _drawable(name, found)


def _columns(columns: int | None, count: int) -> int:
    """Return how many images stand in a row."""
    if columns is None:
        return max(1, math.ceil(math.sqrt(count)))
    return min(checks.count("columns", columns, 1, _MOST), count)


def _shape(shape: tuple[int, int]) -> tuple[int, int]:
    allowed = "two integers >= 1, rows and columns of an image"
    if not isinstance(shape, (tuple, list)):
        raise TypeError(checks.describe("shape", shape, allowed))
    if len(shape) != 2:
        raise ValueError(checks.describe("shape", shape, allowed))
    rows, columns = (checks.count("shape", side, 1) for side in shape)
    return rows, columns


def _measured(kept: Mapping[str, ArrayLike]) -> dict[str, Array]:
    """Return the curves that are there, all as long as each other."""
    allowed = f"the history_ of an RBM, with one or more of {', '.join(_PANELS)}"
    checks.mapping("kept", kept, [], allowed)
    names = [name for name in _PANELS if name in kept]
    if not names:
        raise ValueError(checks.describe("kept", list(kept), allowed))
    curves = {}
    for name in names:
        curve = checks.numbers(f"kept[{name!r}]", kept[name])
        if curve.ndim != 1 or curve.size == 0:
            got = f"an array of shape {curve.shape}"
            raise ValueError(f"kept[{name!r}]: got {got}, allowed: (epochs,) finite numbers")
        curves[name] = _drawable(f"kept[{name!r}]", curve)
    for name, curve in curves.items():
        length = len(curves[names[0]])
        if len(curve) != length:
            got = f"{len(curve)} numbers"
            raise ValueError(f"kept[{name!r}]: got {got}, allowed: {length}, as {names[0]} has")
    return curves


def _drawable(name: str, values: Array) -> Array:
    """Refuse what axes have no room for."""
    largest = float(np.abs(values).max())
    if largest > _LARGEST:
        raise ValueError(checks.describe(name, largest, f"up to {_LARGEST:g} in size"))
    return values
