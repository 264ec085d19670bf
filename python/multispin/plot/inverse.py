"""Pictures of models that were learned from samples: whether they say what the data do.

Like `multispin.plot`: every function returns a `matplotlib.figure.Figure` of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks
from multispin.plot._recovery import benchmark, recovered
from multispin.plot._words import words
from multispin.plot.style import COLOURS, FAINT, INK, new_figure, style

if TYPE_CHECKING:
    from typing import Protocol

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

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

    class _Path(Protocol):
        @property
        def l1(self) -> Array: ...
        @property
        def J(self) -> Array: ...
        @property
        def score(self) -> Array: ...
        @property
        def error(self) -> Array | None: ...
        @property
        def criterion(self) -> str: ...
        @property
        def best(self) -> int: ...


__all__ = ["benchmark", "comparison", "couplings", "path", "recovered"]

_NUMBERS = ("data", "model", "data_error", "model_error")
#: Panels against the diagonal: what they are of, and how it is written.
_PANELS = {
    "means": r"means $\langle s_i \rangle$",
    "pairs": r"pairs $c_{ij}$",
    "triples": r"triples $c_{ijk}$",
}
_MOST_BARS = 500  # points that have bars of errors; of more, they would hide the points
_LARGEST = 1e6


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


def path(found: _Path) -> Figure:
    """Couplings with penalties from large to small, and what each graph is worth.

    Parameters
    ----------
    found : RegularizationPath
        What `multispin.learn.inverse.selection.regularization_path` returned.

    Returns
    -------
    matplotlib.figure.Figure
        Couplings over the penalty on the left, EBIC or the held-out log-pseudolikelihood on the
        right, and in both a line at the penalty that was chosen.

    Raises
    ------
    TypeError, ValueError
        If it is no such path.

    Examples
    --------
    >>> import numpy as np
    >>> from multispin import plot
    >>> from multispin.learn.inverse.selection import regularization_path
    >>> samples = np.random.default_rng(1).choice([-1, 1], size=(500, 4))
    >>> plot.inverse.path(regularization_path(samples)).savefig("path.png")
    """
    l1, J, score, error = _path_of(found)
    i, j = np.triu_indices(J.shape[1], 1)
    named = {"ebic": "EBIC", "cv": "held-out log-pseudolikelihood"}
    criterion = words("found.criterion", named.get(found.criterion, str(found.criterion)))
    with style():
        figure = new_figure(8.4, 3.8)
        left, right = figure.subplots(1, 2)
        if len(i):
            left.plot(l1, J[:, i, j], color=COLOURS[0], lw=0.8, alpha=0.6)
        left.set_ylabel("couplings $J_{ij}$")
        right.errorbar(l1, score, error, fmt="o-", color=COLOURS[1], ms=3.0, lw=0.8)
        right.set_ylabel(criterion)
        for axes in (left, right):
            axes.set_xscale("log")
            axes.set_xlabel(r"penalty $\lambda$")
            axes.axvline(l1[found.best], color=FAINT, lw=0.8, ls=":", zorder=0)
        return figure


def couplings(J: Array, error: Array) -> Figure:
    """Couplings from the smallest to the largest, with their standard errors.

    Parameters
    ----------
    J
        Couplings, (N, N) symmetric, N >= 2.
    error
        Their standard errors, (N, N), as `multispin.InverseIsing.standard_errors` returns them.

    Returns
    -------
    matplotlib.figure.Figure
        One point with a bar for each pair that has a coupling or an error.

    Raises
    ------
    TypeError, ValueError
        For arrays that are not of this kind.

    Examples
    --------
    >>> import numpy as np
    >>> import multispin as ms
    >>> samples = np.random.default_rng(1).choice([-1, 1], size=(500, 5))
    >>> fit = ms.InverseIsing().fit(samples)
    >>> ms.plot.inverse.couplings(fit.J_, fit.standard_errors(samples).J).savefig("couplings.png")
    """
    values, bars = _matrix("J", J), _matrix("error", error)
    if values.shape != bars.shape:
        raise ValueError(f"error: got shape {bars.shape}, allowed: {values.shape}, as J")
    if bool((bars < 0.0).any()):
        raise ValueError(checks.describe("error", error, "numbers >= 0"))
    above = np.triu((values != 0.0) | (bars != 0.0), 1)
    values, bars = values[above], bars[above]
    order = np.argsort(values, kind="stable")
    with style():
        figure = new_figure(5.6, 3.8)
        axes = figure.subplots()
        axes.axhline(0.0, color=FAINT, lw=0.8, ls=":", zorder=0)
        rank = np.arange(1, len(values) + 1)
        axes.errorbar(rank, values[order], bars[order], fmt="o", color=COLOURS[0], ms=2.5, lw=0.8)
        axes.set_xlabel("pairs, by rank")
        axes.set_ylabel("couplings $J_{ij}$")
        return figure


def _path_of(found: object) -> tuple[Array, Array, Array, Array | None]:
    """Return penalties, couplings, scores and errors of a path."""
    names = ("l1", "J", "score", "error", "criterion", "best")
    if isinstance(found, type) or any(not hasattr(found, name) for name in names):
        raise TypeError(checks.describe("found", found, "what regularization_path returned"))
    of: Any = found
    l1, J = checks.positive_numbers("found.l1", of.l1), checks.numbers("found.J", of.J)
    score = checks.numbers("found.score", of.score)
    error = None if of.error is None else checks.numbers("found.error", of.error)
    rows = [score] if error is None else [score, error]
    if l1.ndim != 1 or J.shape[:1] != l1.shape or J.ndim != 3 or J.shape[1] != J.shape[2]:
        got = f"arrays of shapes {l1.shape} and {J.shape}"
        raise ValueError(f"found.J: got {got}, allowed: l1 (L,) and J (L, N, N)")
    if any(row.shape != l1.shape for row in rows):
        raise ValueError(checks.describe("found.score", of.score, f"({len(l1)},), one a penalty"))
    checks.count("found.best", of.best, 0, len(l1) - 1)
    return l1, J, score, error


def _matrix(name: str, value: Any) -> Array:
    allowed = f"(N, N) finite numbers up to {_LARGEST:g} in size, N >= 2"
    found = checks.numbers(name, value, allowed)
    if found.ndim != 2 or found.shape[0] != found.shape[1] or len(found) < 2:
        raise ValueError(f"{name}: got shape {found.shape}, allowed: {allowed}")
    if float(np.abs(found).max()) > _LARGEST:
        raise ValueError(checks.describe(name, value, allowed))
    return found


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
