"""Standard errors of couplings and fields: how far they would scatter from data set to data set."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from multispin._base import checks
from multispin._base.memory import check_memory
from multispin.learn.inverse import enumeration, supports
from multispin.learn.inverse._states import distinct

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from multispin.learn.inverse.estimator import InverseIsing
    from multispin.learn.inverse.observations import Observations
    from multispin.learn.inverse.supports import Support

    Array = NDArray[np.float64]

__all__ = ["StandardErrors"]

#: Methods that maximize the likelihood.
LIKELIHOODS = ("exact", "boltzmann")
#: Methods that minimize a loss of each spin given the others: which one, and whether J_ij and J_ji
#: are one parameter.
LOSSES = {
    "pseudolikelihood": ("logistic", True),
    "pseudolikelihood_averaged": ("logistic", False),
    "mpf": ("exponential", True),
    "rise": ("exponential", False),
    "logrise": ("log_exponential", False),
}

#: Parameters at once, of which there is a matrix to be inverted: a minute or two.
MOST_PARAMETERS = 5000

_BLOCK = 1 << 22  # numbers that are held for a block of samples
_SINGULAR = 1e-7  # of a pivot, where the diagonal is 1


class StandardErrors(NamedTuple):
    """Standard errors of couplings (N, N), symmetric with a zero diagonal, and of fields (N,).

    A coupling that is no parameter, as its pair is not of the support, has none: 0.
    """

    J: NDArray[np.float64]
    h: NDArray[np.float64]


def of_fit(fit: InverseIsing, observations: Observations | None) -> StandardErrors:
    """Return the standard errors of a fit; observations are None where only moments were known.

    Raises
    ------
    ValueError
        For a method, a penalty or samples that there are none for.
    MemoryError
        If the matrices do not fit.
    """
    check_can(fit, observations)
    support = supports.given(fit.support, fit.n_features_in_)
    if fit.method in LIKELIHOODS:
        return _of_likelihood(fit, support, observations)
    assert observations is not None
    loss, joint = LOSSES[fit.method]
    if joint:
        return _of_joint_losses(fit, support, observations, loss)
    return _of_spins(fit, support, observations, loss)


def check_can(fit: InverseIsing, observations: Observations | None) -> None:
    """Refuse what has no standard errors by itself.

    Raises
    ------
    ValueError
        As `of_fit`.
    """
    known = (*LIKELIHOODS, *LOSSES)
    if fit.method not in known:
        allowed = f"{', '.join(known)}; of others bootstrap has errors"
        raise ValueError(checks.describe("method", fit.method, allowed))
    if fit.l1 > 0.0:
        allowed = "0, as what l1 leaves is biased; fit its support without, or bootstrap"
        raise ValueError(checks.describe("l1", fit.l1, allowed))
    if fit._incomplete:
        allowed = "a fit of samples of which all values are known"
        raise ValueError(f"samples: got a fit of some with missing values, allowed: {allowed}")
    if observations is None and fit.method not in LIKELIHOODS:
        allowed = f"samples with method={fit.method!r}, which their moments do not stand for"
        raise ValueError(f"samples: got None, allowed: {allowed}")


# --- maximum likelihood ---------------------------------------------------------------------------


def _of_likelihood(
    fit: InverseIsing, support: Support, observations: Observations | None
) -> StandardErrors:
    """Inverse Fisher information: covariances of s_i s_j, s_i and [K spins up], by the model.

    The model of an optimum without penalty has the means of the samples, and samples may stand for
    it; with a penalty they scatter otherwise than the model would.
    """
    count = fit.moments_.n_samples if observations is None else observations.n_samples
    numbers = _numbers(fit.potential_)
    _check_size(support.size + len(numbers))
    of_samples = None
    if observations is not None and (fit.l2 > 0.0 or support.n > enumeration.MOST_SPINS):
        of_samples = _of_samples(support, numbers, *_states(observations))
    if support.n <= enumeration.MOST_SPINS:
        fisher = _of_all_states(fit, support, numbers)
    elif of_samples is not None:
        fisher = of_samples
    else:
        allowed = f"samples of more than {enumeration.MOST_SPINS} spins"
        raise ValueError(f"samples: got None, allowed: {allowed}")
    covariance = fisher if of_samples is None else of_samples
    # Samples that are all states alike, a pseudocount, do not fluctuate.
    share = count / (count + fit.pseudocount)
    variances = _sandwich(fisher, covariance, fit.l2, support.n_pairs) * (share**2 / count)
    return _joint(support, variances)


def _numbers(potential: Array | None) -> NDArray[np.intp]:
    """Return K of the V_K that are parameters."""
    if potential is None:
        return np.zeros(0, dtype=np.intp)
    return np.flatnonzero(np.isfinite(potential))[3:]


def _of_all_states(fit: InverseIsing, support: Support, numbers: NDArray[np.intp]) -> Array:
    """Covariances of all features by sums over states."""
    states = enumeration.States(support.n)
    exponent = states.exponent(fit.J_, fit.h_, fit.potential_)
    p = enumeration.Distribution(states, exponent).probabilities
    fisher = fisher_information(support, p)
    if not len(numbers):
        return fisher
    up = (support.n + states.high.sum(axis=1)[:, None] + states.low.sum(axis=1)) / 2
    columns = []
    for k in numbers:
        share = p * (up == k)
        sums = states.sums(share - share.sum() * p)
        of_pairs = support.vector(sums.second, sums.first)
        columns.append(np.concatenate([of_pairs, sums.by_number[numbers]]))
    last = np.array(columns)
    first = np.concatenate([fisher, last[:, : support.size]])
    whole: Array = np.concatenate([first, last.T], axis=1)
    return whole


def fisher_information(support: Support, probabilities: Array) -> Array:
    """Covariances of s_i s_j and s_i, (P, P), of a distribution over `enumeration.States`.

    A product of two features is a product of other spins, as s² = 1: a transform that has the means
    of all 2^N products has all fourth moments too.
    """
    means = products(probabilities, support.n)
    masks = feature_masks(support)
    first = means[masks]
    found: Array = means[masks[:, None] ^ masks]
    found -= np.outer(first, first)
    return found


def feature_masks(support: Support) -> NDArray[np.int64]:
    """Return the spins of each feature as bits, (P,)."""
    one = np.int64(1)
    pairs = (one << support.rows.astype(np.int64)) | (one << support.columns.astype(np.int64))
    return np.concatenate([pairs, one << np.arange(support.n, dtype=np.int64)])


def products(probabilities: Array, n: int) -> Array:
    """Return ⟨∏ s_i⟩ for all sets of spins, bits of a number: fast Walsh–Hadamard transform."""
    found = probabilities.reshape((2,) * n).copy()
    for axis in range(n):
        down, up = np.take(found, 0, axis), np.take(found, 1, axis)
        found = np.stack([down + up, up - down], axis)
    flat: Array = found.ravel()
    return flat


def _of_samples(support: Support, numbers: NDArray[np.intp], spins: Array, shares: Array) -> Array:
    """Covariances of all features over samples."""
    size = support.size + len(numbers)
    second, mean = np.zeros((size, size)), np.zeros(size)
    for rows in _blocks(len(spins), size):
        s, w = spins[rows], shares[rows]
        of_number = (s > 0).sum(axis=1)[:, None] == numbers
        pairs = s[:, support.rows] * s[:, support.columns]
        features = np.concatenate([pairs, s, of_number], axis=1)
        mean += w @ features
        second += features.T @ (w[:, None] * features)
    second -= np.outer(mean, mean)
    return second


# --- losses, J_ij and J_ji one parameter ----------------------------------------------------------


def _of_joint_losses(
    fit: InverseIsing, support: Support, observations: Observations, loss: str
) -> StandardErrors:
    """H⁻¹ G H⁻¹ / n, with the covariance G of gradients of single samples, and the Hessian H."""
    _check_size(support.size)
    spins, shares = _states(observations)
    slopes, curvatures = _derivatives(spins, fit.J_, fit.h_, loss)
    hessian = _joint_hessian(support, spins, shares[:, None] * curvatures)
    second, mean = np.zeros_like(hessian), np.zeros(support.size)
    i, j = support.rows, support.columns
    for rows in _blocks(len(spins), support.size):
        s, r, w = spins[rows], slopes[rows], shares[rows]
        gradients = np.concatenate([r[:, i] * s[:, j] + r[:, j] * s[:, i], r], axis=1)
        mean += w @ gradients
        second += gradients.T @ (w[:, None] * gradients)
    second -= np.outer(mean, mean)
    variances = _sandwich(hessian, second, fit.l2, support.n_pairs) / observations.n_samples
    return _joint(support, variances)


def _joint_hessian(support: Support, spins: Array, weights: Array) -> Array:
    """Σ_i of the Hessian by what the field of spin i is made of, (P, P)."""
    n = support.n
    number = np.full((n, n), -1, dtype=np.intp)
    number[support.rows, support.columns] = np.arange(support.n_pairs)
    number[support.columns, support.rows] = np.arange(support.n_pairs)
    number[np.arange(n), np.arange(n)] = support.n_pairs + np.arange(n)
    found = np.zeros((support.size, support.size))
    for i in range(n):
        columns = np.flatnonzero(number[i] >= 0)
        inputs = _inputs(spins, i)[:, columns]
        where = number[i, columns]
        found[np.ix_(where, where)] += inputs.T @ (weights[:, i, None] * inputs)
    return found


# --- losses of each spin by itself ----------------------------------------------------------------


class _Spin(NamedTuple):
    """What takes derivatives of samples to how far each moves the parameters of a spin.

    These are −(r_m x_m − A z_m) H⁻¹ for slopes r, inputs x and z = 1; of a logarithm of a mean of
    losses it is z_m = loss_m / mean, and all is divided by the mean. In arrays of all spins the
    place of J_ii is that of h_i.
    """

    inverse: Array  # (N, N), zero where there is no parameter
    mean: Array  # A, (N,)
    scale: float


def _of_spins(
    fit: InverseIsing, support: Support, observations: Observations, loss: str
) -> StandardErrors:
    """Errors of J = (J_ij + J_ji)/2, of two halves that the same samples move."""
    n = support.n
    check_memory("samples: errors of each spin", 8 * n**3)
    spins, shares = _states(observations)
    slopes, curvatures = _derivatives(spins, fit.J_, fit.h_, loss)
    log = loss == "log_exponential"
    mask = support.mask | np.eye(n, dtype=np.bool_)
    parts = [
        _spin(mask[i], i, spins, shares, slopes[:, i], curvatures[:, i], log, fit.l2)
        for i in range(n)
    ]
    variances = np.zeros((n, n))
    for rows in _blocks(len(spins), n * n):
        moved = np.empty((len(spins[rows]), n, n))
        for i, part in enumerate(parts):
            gradients = slopes[rows, i, None] * _inputs(spins[rows], i)
            gradients -= part.mean * (curvatures[rows, i, None] / part.scale if log else 1.0)
            moved[:, i] = gradients @ part.inverse / part.scale
        moved = (moved + moved.transpose(0, 2, 1)) / 2
        variances += np.einsum("m,mij->ij", shares[rows], moved**2)
    errors = np.sqrt(variances / observations.n_samples)
    of_fields = errors.diagonal().copy()
    np.fill_diagonal(errors, 0.0)
    return StandardErrors(errors, of_fields)


def _spin(
    mask: NDArray[np.bool_],
    i: int,
    spins: Array,
    shares: Array,
    slopes: Array,
    curvatures: Array,
    log: bool,
    l2: float,
) -> _Spin:
    columns = np.flatnonzero(mask)
    inputs = _inputs(spins, i)[:, columns]
    mean = inputs.T @ (shares * slopes)
    hessian = inputs.T @ ((shares * curvatures)[:, None] * inputs)
    scale = float(shares @ curvatures) if log else 1.0  # exp(−x) is its own curvature
    if log:
        hessian = hessian / scale - np.outer(mean, mean) / scale**2
    hessian[np.diag_indices_from(hessian)] += np.where(columns == i, 0.0, 2 * l2)
    inverse, means = np.zeros((len(mask),) * 2), np.zeros(len(mask))
    inverse[np.ix_(columns, columns)] = inverted(hessian)
    means[columns] = mean
    return _Spin(inverse, means, scale)


# --- what all of them need ------------------------------------------------------------------------


def _derivatives(spins: Array, J: Array, h: Array, loss: str) -> tuple[Array, Array]:
    """First and second derivatives of the losses of all spins by their fields, (M, N) each."""
    check_memory("samples: derivatives of each", 4 * 8 * spins.size)
    aligned = spins * (spins @ J + h)
    if loss == "logistic":
        tanh = np.tanh(aligned)
        return spins * (tanh - 1.0), 1.0 - tanh**2
    weights = np.exp(-aligned)
    return -spins * weights, weights


def _states(observations: Observations) -> tuple[Array, Array]:
    """Return the states among samples, (K, N), and the share of the samples that each has, (K,)."""
    found, place = distinct(observations.spins)
    shares: Array = np.bincount(place, observations.shares, minlength=len(found)).astype(np.float64)
    return found.astype(np.float64), shares


def _inputs(spins: Array, i: int) -> Array:
    """What field i is a combination of: the other spins, and 1 in place of its own."""
    found: Array = spins.copy()
    found[:, i] = 1.0
    return found


def _sandwich(hessian: Array, covariance: Array, l2: float, n_pairs: int) -> Array:
    """Diagonal of H⁻¹ G H⁻¹, with the curvature of an l2 penalty in H."""
    curved = hessian.copy()
    curved[np.arange(n_pairs), np.arange(n_pairs)] += 2 * l2
    inverse = inverted(curved)
    found: Array = np.maximum(((inverse @ covariance) * inverse).sum(axis=1), 0.0)
    return found


def inverted(matrix: Array) -> Array:
    """Return the inverse of a symmetric positive definite matrix.

    Raises
    ------
    ValueError
        If it is singular: the samples do not tell some parameters apart.
    """
    size = np.sqrt(np.maximum(matrix.diagonal(), np.finfo(np.float64).tiny))
    scaled = matrix / size[:, None] / size
    try:
        pivots = np.linalg.cholesky(scaled).diagonal()
    except np.linalg.LinAlgError:
        pivots = np.zeros(1)
    if float(pivots.min(initial=1.0)) < _SINGULAR:
        allowed = "spins that all vary, and states that tell all parameters apart"
        raise ValueError(
            f"samples: got some by which parameters have no finite errors, allowed: {allowed}"
        )
    found: Array = np.linalg.inv(scaled) / size[:, None] / size
    return found


def _joint(support: Support, variances: Array) -> StandardErrors:
    errors = np.sqrt(variances[: support.size])
    return StandardErrors(support.matrix(errors), support.fields(errors).copy())


def _check_size(size: int) -> None:
    if size > MOST_PARAMETERS:
        allowed = f"at most {MOST_PARAMETERS}, of which a matrix is inverted; a sparser one"
        allowed += ", method='pseudolikelihood_averaged', or bootstrap"
        raise ValueError(f"support: got {size} parameters, allowed: {allowed}")
    check_memory(f"support: errors of {size} parameters", 6 * 8 * size**2)


def _blocks(m: int, width: int) -> list[slice]:
    """Rows of samples that are looked at together, of so many numbers each."""
    length = max(1, _BLOCK // max(width, 1))
    return [slice(first, first + length) for first in range(0, m, length)]
