"""Pictures of how well couplings that are known have been recovered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from multispin._base import checks
from multispin.analysis import selection
from multispin.plot._words import words
from multispin.plot.style import COLOURS, FAINT, INK, MARKERS, new_figure, style

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]
    _Panel = tuple[str, Array, Array]

_MOST_PANELS = 20
_LARGEST_ERROR = 1e12
_MOST_ERROR = 5.0  # γ that is shown: what is beyond is worth no more than no couplings
_FOUND = "a mapping of 1 to 20 names to couplings (N, N)"
_DIMENSIONS = ("model", "n_spins", "beta", "samples", "algorithm")
_DASHES = ("-", "--", ":")  # for each round of colours
_LARGEST, _SMALLEST = 1e6, 1e-6  # couplings


def benchmark(dataset: xr.Dataset) -> Figure:
    """Errors of couplings against the number of samples, by every method, for every model.

    Parameters
    ----------
    dataset : xarray.Dataset
        What `multispin.inverse_benchmark` returned; of up to 20 models, sizes and temperatures.

    Returns
    -------
    matplotlib.figure.Figure
        A panel for each of them: γ with standard errors against M, both logarithmic. The dotted
        line falls as M^(−1/2), as errors of what is consistent do; the upper one is that of no
        couplings at all.

    Raises
    ------
    TypeError, ValueError
        If it is no such Dataset.

    Examples
    --------
    >>> import multispin as ms
    >>> from multispin import plot
    >>> methods = ["mean_field", "pseudolikelihood"]
    >>> data = ms.inverse_benchmark("glass", 9, 0.4, [100, 1000], methods, random_state=1)
    >>> plot.inverse.benchmark(data).savefig("benchmark.png")
    """
    panels_of, M, methods = _benchmark_of(dataset)
    with style():
        columns = min(len(panels_of), 3 if len(panels_of) != 4 else 2)
        rows = -(-len(panels_of) // columns)
        figure = new_figure(max(3.1 * columns, 5.0) + 0.4, 2.7 * rows + 0.7)
        panels = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).ravel()
        for axes, (title, gamma, error) in zip(panels, panels_of, strict=False):
            _recovery(axes, M, gamma, error, methods)
            axes.set_title(title, loc="left")
            axes.tick_params(labelbottom=True)
            axes.set_xlabel("samples $M$")
        for axes in panels[len(panels_of) :]:
            axes.remove()
        for axes in panels[: len(panels_of) : columns]:
            axes.set_ylabel(r"error of couplings $\gamma$")
        panels[0].set_ylim(top=min(panels[0].get_ylim()[1], _MOST_ERROR))
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=min(len(labels), 4))
        return figure


def _recovery(axes: Axes, M: Array, gamma: Array, error: Array, methods: list[str]) -> None:
    """Draw γ, (samples, methods), against M."""
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.axhline(1.0, color=FAINT, lw=0.8, zorder=0)
    for number, method in enumerate(methods):
        known = gamma[:, number] > 0.0
        value = gamma[known, number]
        # A bar that would reach 0 has no lower end on a logarithmic axis.
        bars = np.minimum(np.nan_to_num(error[known, number]), 0.9 * value)
        axes.errorbar(
            M[known], value, bars, label=method,
            color=COLOURS[number % len(COLOURS)], ls=_DASHES[number // len(COLOURS) % len(_DASHES)],
            marker=MARKERS[(number + 3 * (number // len(COLOURS))) % len(MARKERS)],
            ms=4.0, lw=1.0, elinewidth=0.8,
        )  # fmt: skip
    last = gamma[-1][gamma[-1] > 0.0]
    least = float(last.min()) if len(last) else 1.0
    axes.plot(M, 0.6 * least * np.sqrt(M[-1] / M), color=INK, lw=0.9, ls=":", zorder=0,
              label="$M^{-1/2}$")  # fmt: skip


def _benchmark_of(dataset: xr.Dataset) -> tuple[list[_Panel], Array, list[str]]:
    """Return titles, γ and errors (samples, methods) of panels; M in order; names of methods."""
    allowed = "what inverse_benchmark returned"
    checks.dataset("dataset", dataset, [*_DIMENSIONS, "gamma", "gamma_error"], allowed)
    for name in _DIMENSIONS:
        if name not in dataset.coords:
            raise ValueError(f"dataset: got one without labels of {name}, allowed: {allowed}")
    models, methods = (
        [
            _spaced(f"dataset.{name}", str(word))
            for word in selection.ordered("dataset", dataset, name, (name,))
        ]
        for name in ("model", "algorithm")
    )
    n_spins, betas, M = (
        selection.values("dataset", dataset, name, (name,))
        for name in ("n_spins", "beta", "samples")
    )
    for name, values in (("n_spins", n_spins), ("beta", betas), ("samples", M)):
        checks.positive_numbers(f"dataset.{name}", values)
    numbers = []
    for name in ("gamma", "gamma_error"):
        found = selection.real("dataset", dataset, name, _DIMENSIONS)
        if bool(((found < 0.0) | (found > _LARGEST_ERROR)).any()):
            within = f"numbers from 0 to {_LARGEST_ERROR:g}, or nan"
            raise ValueError(checks.describe(f"dataset.{name}", found, within))
        numbers.append(found[:, :, :, np.argsort(M)].reshape(-1, len(M), len(methods)))
    titles = [
        f"{model.replace('sk', 'SK')}, $N = {n:g}$, $\\beta = {beta:g}$"
        for model in models for n in n_spins for beta in betas
    ]  # fmt: skip
    if len(titles) > _MOST_PANELS:
        got = f"{len(titles)} models, sizes and temperatures"
        raise ValueError(checks.describe("dataset", got, f"up to {_MOST_PANELS}"))
    return list(zip(titles, *numbers, strict=True)), np.sort(M), methods


def recovered(truth: ArrayLike, found: Mapping[str, ArrayLike]) -> Figure:
    """Couplings that were recovered against those that were planted, a panel for each method.

    Parameters
    ----------
    truth : array_like
        Couplings, (N, N), of which those above the diagonal are shown.
    found : mapping of str to array_like
        What each of up to 20 methods found, (N, N).

    Returns
    -------
    matplotlib.figure.Figure
        Points, on the diagonal where a coupling is right; grey ones are pairs that are not coupled
        in truth. Above, γ, the root of Σ(J − J*)²/ΣJ*².

    Raises
    ------
    TypeError, ValueError
        If an argument is not of this kind.

    Examples
    --------
    >>> import numpy as np
    >>> from multispin import plot
    >>> J = np.array([[0.0, 0.5, -0.5], [0.5, 0.0, 0.0], [-0.5, 0.0, 0.0]])
    >>> plot.inverse.recovered(J, {"nearly": 0.9 * J, "half": 0.5 * J}).savefig("recovered.png")
    """
    J = _matrix("truth", truth)
    if float(np.abs(J).max(initial=0.0)) < _SMALLEST:
        allowed = f"couplings of which one is {_SMALLEST:g} or more in size"
        raise ValueError(checks.describe("truth", truth, allowed))
    checks.instance("found", found, Mapping, _FOUND)
    if not 1 <= len(found) <= _MOST_PANELS or not all(isinstance(name, str) for name in found):
        raise ValueError(checks.describe("found", list(found), _FOUND))
    each = [
        (_spaced("found", name), _matrix(f"found[{name!r}]", values, J.shape))
        for name, values in found.items()
    ]
    with style():
        columns = min(len(each), 4)
        rows = -(-len(each) // columns)
        figure = new_figure(2.2 * columns + 0.6, 2.3 * rows + 0.4)
        panels = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).ravel()
        edge = float(1.25 * np.abs(J).max())
        for axes, (name, values) in zip(panels, each, strict=False):
            _against_truth(axes, J, values, edge)
            axes.set_title(name, loc="left", fontsize="medium")
        for axes in panels[len(each) :]:
            axes.remove()
        figure.supxlabel("planted $J^*_{ij}$", fontsize="medium")
        figure.supylabel("recovered $J_{ij}$", fontsize="medium")
        return figure


def _against_truth(axes: Axes, J: Array, values: Array, edge: float) -> None:
    """Draw what was found over what was planted; what is beyond the frame stays at its edge."""
    pairs = np.triu_indices(len(J), 1)
    planted, got = J[pairs], values[pairs]
    gamma = float(np.sqrt(((got - planted) ** 2).sum() / (planted**2).sum()))
    limits = (-edge, edge)
    axes.plot(limits, limits, color=FAINT, lw=0.8, ls=":", zorder=0)
    high = 1.4 * edge
    for there, colour in ((planted == 0, FAINT), (planted != 0, COLOURS[0])):
        at = np.clip(got[there], -high, high)
        axes.plot(planted[there], at, "o", color=colour, ms=3.5, alpha=0.6, mew=0, clip_on=False)
    axes.text(0.05, 0.95, rf"$\gamma = {gamma:.2g}$", transform=axes.transAxes, va="top")
    axes.set_xlim(limits)
    axes.set_ylim(-high, high)


def _spaced(name: str, text: str) -> str:
    """Return the name of a model or method as words; of a formula as it is."""
    return words(name, text if "$" in text else text.replace("_", " "))


def _matrix(name: str, values: ArrayLike, shape: tuple[int, ...] | None = None) -> Array:
    allowed = "finite numbers, (N, N)" if shape is None else f"finite numbers, {shape}"
    given = checks.numbers(name, values, allowed)
    if given.ndim != 2 or given.shape[0] != given.shape[1] or shape not in (None, given.shape):
        raise ValueError(checks.describe(name, f"an array of shape {given.shape}", allowed))
    if float(np.abs(given).max(initial=0.0)) > _LARGEST:
        raise ValueError(checks.describe(name, values, f"numbers up to {_LARGEST:g} in size"))
    return given
