"""Pictures of models that were learned from samples: whether they say what the data do.

Like `multispin.plot`: every function returns a `matplotlib.figure.Figure` of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks
from multispin.analysis import selection
from multispin.plot.style import COLOURS, FAINT, INK, MARKERS, new_figure, style

if TYPE_CHECKING:
    from typing import Protocol

    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]
    _Panel = tuple[str, Array, Array]

    class _Compared(Protocol):
        @property
        def data(self) -> Array: ...
        @property
        def model(self) -> Array: ...
        @property
        def data_error(self) -> Array: ...
        @property
        def model_error(self) -> Array: ...

    class _Comparison(Protocol):
        @property
        def means(self) -> _Compared: ...
        @property
        def pairs(self) -> _Compared: ...
        @property
        def triples(self) -> _Compared: ...
        @property
        def counts(self) -> _Compared: ...


__all__ = ["benchmark", "comparison", "couplings"]

_NUMBERS = ("data", "model", "data_error", "model_error")
#: Panels against the diagonal: what they are of, and how it is written.
_PANELS = {
    "means": r"means $\langle s_i \rangle$",
    "pairs": r"pairs $c_{ij}$",
    "triples": r"triples $c_{ijk}$",
}
_MOST_PANELS = 20
_LARGEST_ERROR = 1e12
_MOST_ERROR = 5.0  # γ that is shown: what is beyond is worth no more than no couplings
_FOUND = "a mapping of 1 to 20 names to couplings (N, N)"
_DIMENSIONS = ("model", "n_spins", "beta", "samples", "algorithm")
_DASHES = ("-", "--", ":")  # for each round of colours
_MOST_BARS = 500  # points that have bars of errors; of more, they would hide the points
_LARGEST, _SMALLEST = 1e6, 1e-6


def comparison(found: _Comparison) -> Figure:
    """Samples of a model against the data: means, correlations of two and three, and P(K).

    Parameters
    ----------
    found : Comparison
        What `multispin.learn.inverse.comparison.compare` returned.

    Returns
    -------
    matplotlib.figure.Figure
        Four panels. In three a point on the diagonal is a number that model and data agree in; bars
        are standard errors, of up to 500 points. The fourth is the probability that K spins are +1,
        on a logarithmic axis, with what was never seen left out.

    Raises
    ------
    TypeError, ValueError
        If it is no such comparison.

    Examples
    --------
    >>> import numpy as np
    >>> from multispin import plot
    >>> from multispin.learn.inverse.comparison import compare
    >>> rng, chance = np.random.default_rng(1), [0.1, 0.2, 0.3, 0.4, 0.5]
    >>> data, model = (np.where(rng.random((m, 5)) < chance, 1, -1) for m in (2000, 4000))
    >>> plot.inverse.comparison(compare(data, model)).savefig("comparison.png")
    """
    parts = {name: _part(found, name) for name in (*_PANELS, "counts")}
    with style():
        figure = new_figure(8.4, 7.6)
        panels = figure.subplots(2, 2).ravel()
        for axes, (name, words) in zip(panels, _PANELS.items(), strict=False):
            _against(axes, parts[name], COLOURS[0])
            axes.set_title(words, loc="left")
            axes.set_xlabel("data")
            axes.set_ylabel("model")
        _distribution(panels[3], parts["counts"])
        return figure


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
            M[known], value, bars, label=method.replace("_", " "),
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
        [str(word) for word in selection.ordered("dataset", dataset, name, (name,))]
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
        f"{model.replace('_', ' ').replace('sk', 'SK')}, $N = {n:g}$, $\\beta = {beta:g}$"
        for model in models for n in n_spins for beta in betas
    ]  # fmt: skip
    if len(titles) > _MOST_PANELS:
        got = f"{len(titles)} models, sizes and temperatures"
        raise ValueError(checks.describe("dataset", got, f"up to {_MOST_PANELS}"))
    return list(zip(titles, *numbers, strict=True)), np.sort(M), methods


def couplings(truth: ArrayLike, found: Mapping[str, ArrayLike]) -> Figure:
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
    >>> plot.inverse.couplings(J, {"nearly": 0.9 * J, "half": 0.5 * J}).savefig("couplings.png")
    """
    J = _matrix("truth", truth)
    if float(np.abs(J).max(initial=0.0)) < _SMALLEST:
        allowed = f"couplings of which one is {_SMALLEST:g} or more in size"
        raise ValueError(checks.describe("truth", truth, allowed))
    checks.instance("found", found, Mapping, _FOUND)
    if not 1 <= len(found) <= _MOST_PANELS or not all(isinstance(name, str) for name in found):
        raise ValueError(checks.describe("found", list(found), _FOUND))
    each = {name: _matrix(f"found[{name!r}]", values, J.shape) for name, values in found.items()}
    with style():
        columns = min(len(each), 4)
        rows = -(-len(each) // columns)
        figure = new_figure(2.2 * columns + 0.6, 2.3 * rows + 0.4)
        panels = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).ravel()
        edge = float(1.25 * np.abs(J).max())
        for axes, (name, values) in zip(panels, each.items(), strict=False):
            _recovered(axes, J, values, edge)
            axes.set_title(name.replace("_", " "), loc="left", fontsize="medium")
        for axes in panels[len(each) :]:
            axes.remove()
        figure.supxlabel("planted $J^*_{ij}$", fontsize="medium")
        figure.supylabel("recovered $J_{ij}$", fontsize="medium")
        return figure


def _recovered(axes: Axes, J: Array, values: Array, edge: float) -> None:
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


def _matrix(name: str, values: ArrayLike, shape: tuple[int, ...] | None = None) -> Array:
    allowed = "finite numbers, (N, N)" if shape is None else f"finite numbers, {shape}"
    given = checks.numbers(name, values, allowed)
    if given.ndim != 2 or given.shape[0] != given.shape[1] or shape not in (None, given.shape):
        raise ValueError(checks.describe(name, f"an array of shape {given.shape}", allowed))
    if float(np.abs(given).max(initial=0.0)) > _LARGEST:
        raise ValueError(checks.describe(name, values, f"numbers up to {_LARGEST:g} in size"))
    return given


def _against(axes: Axes, numbers: dict[str, Array], colour: str) -> None:
    """Draw the model over the data, and the diagonal."""
    data, model = numbers["data"], numbers["model"]
    ends = np.concatenate([data, model])
    low, high = (float(ends.min()), float(ends.max())) if len(ends) else (0.0, 0.0)
    margin = 0.05 * (high - low) or 0.05
    limits = low - margin, high + margin
    axes.plot(limits, limits, color=FAINT, lw=0.8, ls=":", zorder=0)
    if len(data) > _MOST_BARS:
        alpha = max(0.1, (_MOST_BARS / len(data)) ** 0.5)
        axes.plot(data, model, ".", color=colour, ms=3.0, alpha=alpha, mew=0, rasterized=True)
    else:
        axes.errorbar(
            data, model, numbers["model_error"], numbers["data_error"],
            fmt="o", color=colour, ms=3.0, lw=0.8,
        )  # fmt: skip
    axes.set_xlim(limits)
    axes.set_ylim(limits)


def _distribution(axes: Axes, numbers: dict[str, Array]) -> None:
    """Draw P(K) of the data as points and of the model as a line with a band."""
    K = np.arange(len(numbers["data"]))
    model, error = numbers["model"], numbers["model_error"]
    seen = model > 0.0
    lowest = float(np.min([part[part > 0.0].min(initial=1.0) for part in (model, numbers["data"])]))
    axes.set_yscale("log")
    axes.plot(K[seen], model[seen], color=COLOURS[1], label="model")
    axes.fill_between(
        K[seen], np.maximum((model - error)[seen], lowest / 10), (model + error)[seen],
        color=COLOURS[1], alpha=0.25, lw=0,
    )  # fmt: skip
    shown = numbers["data"] > 0.0
    axes.errorbar(
        K[shown], numbers["data"][shown], numbers["data_error"][shown],
        fmt="o", color=INK, ms=3.5, lw=0.8, label="data",
    )  # fmt: skip
    axes.set_ylim(lowest / 3, 1.5)
    axes.set_title("how many are +1", loc="left")
    axes.set_xlabel("$K$")
    axes.set_ylabel("$P(K)$")
    axes.legend(loc="best")


def _part(found: object, name: str) -> dict[str, Array]:
    """Return the numbers of one quantity."""
    part: Any = getattr(found, name, None)
    if isinstance(found, type) or any(not hasattr(part, number) for number in _NUMBERS):
        raise TypeError(checks.describe("found", found, "what compare returned"))
    rows = {number: checks.numbers(f"found.{name}.{number}", getattr(part, number)) for number in
            _NUMBERS}  # fmt: skip
    for number, row in rows.items():
        what = f"found.{name}.{number}"
        if row.ndim != 1 or row.shape != rows["data"].shape:
            raise ValueError(checks.describe(what, f"an array of shape {row.shape}", "(n,)"))
        if float(np.abs(row).max(initial=0.0)) > _LARGEST:
            raise ValueError(checks.describe(what, row, f"numbers up to {_LARGEST:g} in size"))
        if number.endswith("error") and bool((row < 0.0).any()):
            raise ValueError(checks.describe(what, row, "numbers >= 0"))
    return rows
