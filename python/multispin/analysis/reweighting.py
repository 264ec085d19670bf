r"""Averages at temperatures and fields between those of a run, from its histograms.

Draws at temperatures :math:`T_k` are worth something at others, as far as energies overlap. With
:math:`\beta_k = 1/T_k`, :math:`N_k` draws at each temperature and the partition functions
:math:`Z_k`, the average at any β is

.. math:: \langle x \rangle_\beta = \frac{\sum_n x_n w_n}{\sum_n w_n}, \qquad
          w_n = \frac{e^{-\beta E_n}}{\sum_k N_k Z_k^{-1} e^{-\beta_k E_n}}

over the draws of all temperatures together: the multiple-histogram method of Ferrenberg and
Swendsen (1989), without bins (MBAR; Shirts and Chodera, 2008). The :math:`Z_k` are what makes it
right at the :math:`\beta_k` themselves. Of one temperature it is the single-histogram method
(1988). A field is one more factor, :math:`e^{\beta (h' - h) N m}`; of runs in several fields it is
in the denominator too, :math:`e^{-\beta_k (E_n - (h_k - h) N m_n)}` with E in the field h, and what
is counted are pairs of energy and magnetization.

The equations are solved here and not by a package that does (pymbar): draws of one energy have one
weight, so that a million draws of an Ising lattice are some thousand numbers, while pymbar holds a
matrix of all draws and temperatures; and it takes draws for independent, while errors here are
those of blocks long enough for the autocorrelation of a run. Newton's method needs no more than
NumPy.

References
----------
A. M. Ferrenberg & R. H. Swendsen, Phys. Rev. Lett. 61, 2635 (1988); 63, 1195 (1989). M. R. Shirts &
J. D. Chodera, J. Chem. Phys. 129, 124105 (2008).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple, cast

import numpy as np
import numpy.typing as npt

from multispin._base import checks
from multispin._base.extras import require
from multispin._base.memory import check_memory
from multispin.analysis import _reach, blocking, summary
from multispin.analysis._states import states_of
from multispin.analysis._weighted import QUANTITIES, Weighted
from multispin.analysis.crossing import MOST_RESAMPLES, Curve
from multispin.errors import ReweightingError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr

    from multispin.analysis._weighted import Sums, View

__all__ = ["Peak", "Reweighting"]

Array = npt.NDArray[np.float64]

_GRID = 129  # temperatures among which that of the highest point is looked for
_ZOOMS = 4  # times that a grid between its neighbours takes the place of the last one
_STENCIL = 0.1  # of the distance 1/σ(E) in β, over which a curve can change
_MAGNETIC = ("magnetization",)  # what is odd in m


class Peak(NamedTuple):
    """Where a quantity is largest, and how large it is there, each with its standard error."""

    temperature: float
    temperature_error: float
    height: float
    height_error: float


class Reweighting:
    r"""The histograms of a run, and what they say of temperatures and fields in between.

    Parameters
    ----------
    run : xarray.Dataset, or sequence of xarray.Dataset
        What `multispin.simulate` or `multispin.temper` returned, or a part of it, or several joined
        along the temperature, of one set of couplings and in equilibrium: at least 20 draws at
        equal distances. Several such runs are of one model in fields of their own, the same at all
        sites, with the same numbers of replicas and draws.

    Attributes
    ----------
    temperatures : ndarray
        (K,) float64, those of the run, ascending; of runs in several fields, those of the lowest
        field first.
    fields : ndarray or None
        (K,) float64, the fields h that go with them; None of a run whose field is not one number.
    log_partition : ndarray
        (K,) float64: :math:`\ln Z(T_k, h_k) - \ln Z(T_0, h_0)`.

    Raises
    ------
    TypeError, ValueError
        If it is not such a run.
    ReweightingError
        If the energies of two neighbouring temperatures do not overlap, or energies and
        magnetizations of neighbours among temperatures and fields; the message names them.
    MemoryError
        If the histograms do not fit; the message says what they need and what there is.

    Notes
    -----
    Averages are the formula above, of all draws, without a correction of the bias of functions of
    them, which is some 1/n of the value for n independent draws. Errors are by the jackknife over
    blocks, each of which has the draws of one time at all temperatures, as tempering exchanges
    them: 10 τ long, with the largest τ of any temperature, but 20 of them at least
    (`analysis.statistics.jackknife`). The :math:`Z_k` without a block are those of Newton's first
    step from those of all, so errors are right to the first order in 1/blocks.

    Examples
    --------
    >>> import multispin as ms
    >>> from multispin.analysis.reweighting import Reweighting
    >>> run = ms.simulate(ms.Ising((8, 8)), [2.2, 2.5], 4000, 400, replicas=8, seed=1)
    >>> there = Reweighting(run).averages(2.35)
    >>> exact = ms.exact.ising_2d(8, 2.35)
    >>> difference = there.energy_per_spin.item() - exact.energy_per_spin
    >>> bool(abs(difference) < 4 * there.energy_per_spin_error.item() < 0.02)
    True

    Runs in several fields, at a field and a temperature between theirs:

    >>> runs = [
    ...     ms.simulate(ms.Ising((4, 4), h=h), [2.2, 2.6], 2000, 200, replicas=8, seed=k)
    ...     for k, h in enumerate([0.0, 0.1, 0.2])
    ... ]
    >>> there = Reweighting(runs).averages(2.4, h=0.15)
    >>> exact = ms.exact.enumerate(ms.Ising((4, 4), h=0.15), 2.4)
    >>> difference = there.magnetization.item() - exact.magnetization
    >>> bool(abs(difference) < 4 * there.magnetization_error.item() < 0.05)
    True
    """

    def __init__(self, run: xr.Dataset | Sequence[xr.Dataset]) -> None:
        self._xarray = require("xarray", "run")
        states = states_of(run)
        self.temperatures = states.temperature
        self.fields = states.field
        self._in_fields = states.in_fields
        self._attributes = states.attributes
        self._n_spins = states.n_spins
        with checks.within("run"):
            self._draws = Weighted(states)
        _reach.demand_overlap(states, self._draws.shared, self._draws.worth)
        self.log_partition = self._draws.solution.log_partition

    def averages(self, temperature: npt.ArrayLike, h: float | None = None) -> xr.Dataset:
        r"""Averages at any temperatures, and in any field, that the histograms reach.

        Parameters
        ----------
        temperature : array_like
            A number, or (M,) numbers > 0, in any order.
        h : float, optional
            Field, of all sites alike; by default that of the run, which may then be any. Of runs in
            several fields it has to be given.

        Returns
        -------
        xarray.Dataset
            Along ``temperature`` (or without it, if it is a number), each with its
            ``<name>_error`` and defined as by `analysis.summary.summarize`: ``energy_per_spin``,
            ``magnetization``, ``abs_magnetization``, ``specific_heat``, ``susceptibility``,
            ``paramagnetic_susceptibility`` and ``binder_cumulant``; the moments
            ``energy_per_spin_2`` :math:`\langle E^2 \rangle / N^2`, ``magnetization_2``
            :math:`\langle m^2 \rangle` and ``magnetization_4``. ``effective_draws``,
            :math:`(\sum_n w_n)^2 / \sum_n 2 \tau_n w_n^2`, is how many independent draws at that
            temperature would be worth as much.

        Raises
        ------
        TypeError, ValueError
            If an argument is not of this kind.
        ReweightingError
            If an average would be worth fewer than 30 independent draws. The message names what
            is allowed: of a temperature or a field, the range around the nearest one that is.
        """
        at = checks.temperatures("temperature", temperature)
        shift = self._shift(h)
        effective = _reach.demand(self._draws, at, shift)
        sums = self._sums(at, shift)
        together = self._view(shift) is self._view(shift, odd=True)
        odd = sums if together else self._sums(at, shift, odd=True)
        estimates = {
            name: (odd if name in _MAGNETIC else sums).estimate(name) for name in QUANTITIES
        }
        columns = summary.variables(estimates)
        labels = {"long_name": "independent draws that the average is worth", "units": "1"}
        columns["effective_draws"] = ("temperature", effective, labels)
        attributes = {**self._attributes, **({} if h is None else {"h": float(h)})}
        found = self._xarray.Dataset(columns, {"temperature": at}, attributes)
        return cast("xr.Dataset", found if np.ndim(temperature) else found.isel(temperature=0))

    def ranges(self, h: float | None = None) -> Array:
        """Ranges of temperatures at which averages are worth 30 independent draws.

        Parameters
        ----------
        h : float, optional
            As for `averages`.

        Returns
        -------
        ndarray
            (R, 2) float64: the lowest and the highest temperature of each range, to 0.1 %, in
            ascending order, within a factor 1000 of the temperatures of the run. Of temperatures
            that are close to each other there is one range; with none the run is too short, or the
            field out of reach.

        Raises
        ------
        TypeError, ValueError
            If the field is not such a number.
        """
        return _reach.ranges(self._draws, self._shift(h))

    def peak(
        self, name: str, low: float | None = None, high: float | None = None, h: float | None = None
    ) -> Peak:
        """The largest value of a quantity against temperature, and where it is.

        Parameters
        ----------
        name : str
            A quantity that `averages` has, such as "specific_heat" or "susceptibility".
        low, high : float, optional
            Range of temperatures in which it is looked for; by default that of the run, and of a
            run at one temperature the range around it that `ranges` has.
        h : float, optional
            As for `averages`.

        Returns
        -------
        Peak
            Errors are by the jackknife, of the vertex of the parabola through three points of the
            curve around its highest: a tenth of σ(E) apart in β, in which nothing else is seen.

        Raises
        ------
        TypeError, ValueError
            If an argument is not of this kind.
        ReweightingError
            If the range is more than `ranges` has, or the quantity is largest at an end of it.

        Notes
        -----
        A. M. Ferrenberg & D. P. Landau, Phys. Rev. B 44, 5081 (1991), section II.

        Examples
        --------
        >>> import multispin as ms
        >>> from multispin.analysis.reweighting import Reweighting
        >>> run = ms.simulate(ms.Ising((8, 8)), [2.1, 2.4, 2.7], 4000, 400, replicas=4, seed=1)
        >>> peak = Reweighting(run).peak("specific_heat")
        >>> bool(abs(peak.temperature - 2.3557) < 4 * peak.temperature_error < 0.1)  # exact
        True
        """
        name, shift = checks.choice("name", name, tuple(QUANTITIES)), self._shift(h)
        ends = self._ends(low, high, shift)
        at = np.linspace(*ends, _GRID)
        _reach.demand(self._draws, at, shift)
        for _ in range(_ZOOMS):
            values = self._values(name, at, shift)
            best = int(np.argmax(values))
            if best in (0, len(at) - 1):
                end, got = "low" if best == 0 else "high", f"{at[best]:g}, where {name} is largest"
                raise ReweightingError(f"{end}: got {got}, allowed: a range with the peak inside")
            at = np.linspace(at[best - 1], at[best + 1], 17)
        middle = float(at[int(np.argmax(self._values(name, at, shift)))])
        return self._vertex(name, middle, shift)

    def curve(
        self,
        name: str,
        temperature: npt.ArrayLike,
        resamples: int = 1000,
        seed: int = 0,
        h: float | None = None,
    ) -> Curve:
        """A quantity against temperature with bootstrap resamples, for `analysis.crossing`.

        Parameters
        ----------
        name : str
            A quantity that `averages` has, such as "binder_cumulant".
        temperature : array_like
            (M,) numbers > 0.
        resamples : int
            Number of resamples, at least 2: of blocks of draws, which are drawn at all
            temperatures at once.
        seed : int
            Seed of the resampling; give each size a seed of its own.
        h : float, optional
            As for `averages`.

        Returns
        -------
        Curve
            Without a correction of the bias.

        Raises
        ------
        TypeError, ValueError, ReweightingError, MemoryError
            As for `averages`, and if the resamples are not such a number or do not fit.

        Examples
        --------
        >>> import numpy as np
        >>> import multispin as ms
        >>> from multispin.analysis.crossing import crossing
        >>> from multispin.analysis.reweighting import Reweighting
        >>> T, curves = np.linspace(2.2, 2.4, 41), []
        >>> for L in (4, 8):
        ...     run = ms.simulate(ms.Ising((L, L)), [2.2, 2.4], 4000, 400, replicas=8, seed=L)
        ...     curves.append(Reweighting(run).curve("binder_cumulant", T, seed=L))
        >>> found = crossing(T, *curves)
        >>> bool(abs(found.temperature - 2.28) < 0.05 and found.found > 0.9)  # T_c is 2.269
        True
        """
        name, shift = checks.choice("name", name, tuple(QUANTITIES)), self._shift(h)
        at = checks.temperatures("temperature", temperature)
        resamples = checks.count("resamples", resamples, 2, MOST_RESAMPLES)
        seed = checks.seed("seed", seed)
        _reach.demand(self._draws, at, shift)
        sums = self._sums(at, shift, odd=name in _MAGNETIC)
        blocks = len(sums.of)
        check_memory(
            f"resamples: {resamples} of {blocks} blocks",
            8 * resamples * (3 * blocks + 4 * 7 * len(at)),
        )
        rng = np.random.default_rng(seed)
        drawn = rng.multinomial(blocks, np.full(blocks, 1 / blocks), size=resamples)
        copies = 1 + sums.widening * (drawn - 1)
        resampled = np.einsum("rb,bmx->rmx", copies, sums.of, optimize=True)
        return Curve(sums.quantity(name, sums.of.sum(axis=0)), sums.quantity(name, resampled))

    def _shift(self, h: float | None) -> float:
        """Return how much larger a field is than that of the first run."""
        if h is None:
            if self._in_fields:
                allowed = "a finite number, with runs in several fields"
                raise ValueError(checks.describe("h", h, allowed))
            return 0.0
        field = checks.finite("h", h, "None, or a finite number")
        if self.fields is None:
            got = "one of a run whose field is not one number"
            raise ValueError(f"h: got {got}, allowed: None, the field of the run")
        shift = field - float(self.fields[0])
        if not math.isfinite((shift * self._n_spins) * (shift * self._n_spins)):
            raise ValueError(
                checks.describe("h", h, "a number at which squares of energies are finite")
            )
        return shift

    def _view(self, shift: float, odd: bool = False) -> View:
        # In another field what is odd in m counts in the weights of all.
        return self._draws.view(odd or shift != 0.0, shift != 0.0)

    def _sums(self, at: Array, shift: float, odd: bool = False) -> Sums:
        return self._view(shift, odd).sums(at, shift)

    def _values(self, name: str, at: Array, shift: float) -> Array:
        sums = self._view(shift).all(at, shift)
        return sums.quantity(name, sums.of[0])

    def _ends(self, low: float | None, high: float | None, shift: float) -> tuple[float, float]:
        """Return the range in which a peak is looked for."""
        first, last = float(self.temperatures.min()), float(self.temperatures.max())
        if first == last:
            for one in _reach.ranges(self._draws, shift).tolist():
                first, last = one if one[0] <= first <= one[1] else (first, last)
        first = first if low is None else checks.positive_finite("low", low)
        last = last if high is None else checks.positive_finite("high", high)
        if not first < last:
            got = f"a range from {first:g} to {last:g}"
            raise ValueError(f"{'low' if high is None else 'high'}: got {got}, allowed: low < high")
        return first, last

    def _vertex(self, name: str, middle: float, shift: float) -> Peak:
        """Return the vertex of the parabola through three points, and its jackknife error."""
        heat = float(self._values("specific_heat", np.array([middle]), shift)[0])
        spread = math.sqrt(heat * self._n_spins)  # σ(E)/T
        step = middle * (_STENCIL / spread if spread > 0 else 1e-3)
        at = np.array([middle - step, middle, middle + step])
        sums = self._sums(at, shift, odd=name in _MAGNETIC)

        def vertex(of: Array) -> Array:
            left, centre, right = np.moveaxis(sums.quantity(name, of), -1, 0)
            slope, bend = (right - left) / 2, right - 2 * centre + left
            offset = np.where(bend < 0, -slope / bend, np.nan)
            return np.stack([middle + step * offset, centre + slope * offset / 2], axis=-1)

        value = vertex(sums.of.sum(axis=0))
        error = sums.widening * blocking.jackknife(vertex, [sums.of])[1]
        return Peak(float(value[0]), float(error[0]), float(value[1]), float(error[1]))
