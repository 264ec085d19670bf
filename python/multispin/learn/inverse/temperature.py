"""The temperature that samples of a known model were drawn at."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from multispin._base import checks
from multispin.learn.inverse.observations import observed
from multispin.models.base import Model, check_model
from multispin.models.forms import RealPairs

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_STEPS = 100


class Temperature(NamedTuple):
    """A temperature and its standard error."""

    value: float
    error: float


def estimate_temperature(
    samples: Any, model: Model, sample_weight: ArrayLike | None = None
) -> Temperature:
    r"""Estimate the temperature of independent samples of a model.

    The inverse temperature β maximizes the pseudolikelihood

    .. math:: \sum_m w_m \sum_i \ln \frac{1}{1 + \exp(-2 \beta s_i f_i)},
        \qquad f_i = h_i + \sum_j J_{ij} s_j

    which needs no partition function, has one maximum, and is right for many samples of a few
    spins as for a few of many.

    Parameters
    ----------
    samples
        Spins ±1: (M, N), or (M, *shape) with the shape of the model.
    model
        Of pairs of spins, without disorder samples.
    sample_weight
        (M,) finite numbers >= 0: how often each was seen.

    Returns
    -------
    Temperature
        T = 1/β in the units of the couplings (k_B = 1), and its standard error, from how much
        samples differ; of a single one, as if its spins, each given the others, were independent.
        Negative if states of high energy are the frequent ones.

    Raises
    ------
    TypeError, ValueError
        For arguments that are not of this kind; if every spin is along its field in all samples,
        which is T = 0, or none has a field.

    Notes
    -----
    J. Besag, Statistician 24, 179 (1975); errors: V. P. Godambe, Ann. Math. Stat. 31, 1208 (1960).

    Examples
    --------
    >>> import multispin as ms
    >>> model = ms.Ising((64, 64))
    >>> sampler = ms.Sampler(model, temperature=3.0, replicas=20, seed=1)
    >>> sampler.sweep(200)
    >>> found = ms.estimate_temperature(sampler.spins(), model)
    >>> abs(found.value - 3.0) < 4 * found.error, found.error < 0.02
    (True, True)
    """
    check_model("model", model)
    given = checks.array("samples", samples)
    if given.ndim > 2 and given.shape[1:] == model.shape:
        given = given.reshape(len(given), -1)
    observations = observed(given, sample_weight, "spin")
    if observations.n_features != model.n_spins:
        got = f"{observations.n_features} spins"
        raise ValueError(f"samples: got {got}, allowed: the {model.n_spins} of the model")
    along = observations.spins * _local_fields(model, observations.spins)
    weights = observations.shares * observations.n_samples
    beta = _maximum(along, weights)
    slopes, curvature = _derivatives(along, beta)
    total = float(weights @ curvature)
    if len(weights) > 1:
        spread = float(weights @ slopes**2) * len(weights) / (len(weights) - 1)
    else:
        spread = total
    error = math.sqrt(spread) / total
    return Temperature(1.0 / beta, error / beta**2)


def _local_fields(model: Model, spins: NDArray[np.int8]) -> NDArray[np.float64]:
    """h_i + Σ_j J_ij s_j, (M, N)."""
    form = model.form(RealPairs)
    if form is None or model.samples is not None:
        allowed = "one whose spins interact in pairs, of one set of couplings: model.sample(k)"
        raise ValueError(checks.describe("model", model, allowed))
    couplings = np.asarray(form.couplings(), dtype=np.float64).ravel()
    i, j = form.listed()[0].T
    n = model.n_spins
    found = np.empty(spins.shape)
    for row, s in zip(found, spins, strict=True):
        row[:] = np.bincount(i, couplings * s[j], minlength=n)
        row += np.bincount(j, couplings * s[i], minlength=n)
    return found + np.broadcast_to(np.asarray(form.fields()).ravel(), (n,))


def _derivatives(
    along: NDArray[np.float64], beta: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Slopes and minus second derivatives by β of the log of each sample."""
    against = 0.5 * (1.0 - np.tanh(beta * along))  # σ(−2βx), without overflow
    slopes = (2 * along * against).sum(axis=1)
    return slopes, (4 * along**2 * against * (1 - against)).sum(axis=1)


def _maximum(along: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    """β by Newton's steps, halved where they would leave the bracket."""
    if not along.any():
        raise ValueError("samples: got spins without fields, allowed: some spin with one")
    if not bool((along < 0).any()) or not bool((along > 0).any()):
        allowed = "samples in which some spins are along their fields, and some are not"
        raise ValueError(f"samples: got a temperature of 0, allowed: {allowed}")
    scale = float(np.abs(along).max())
    low, high, beta = -1000.0 / scale, 1000.0 / scale, 0.0
    for _ in range(_STEPS):
        slopes, curvature = _derivatives(along, beta)
        slope = float(weights @ slopes)
        if slope > 0:
            low = beta
        else:
            high = beta
        closer = beta + slope / max(float(weights @ curvature), 1e-300)
        if not low < closer < high:
            closer = (low + high) / 2
        if abs(closer - beta) <= 1e-12 * max(abs(beta), 1e-3 / scale):
            return closer
        beta = closer
    return beta
