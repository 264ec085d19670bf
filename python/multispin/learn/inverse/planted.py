"""Models whose couplings are known, and samples of them: what methods are put to the test with."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from multispin._base import checks
from multispin._base.memory import check_memory
from multispin._engines import registry
from multispin._engines.base import MOST_SWEEPS
from multispin.learn import sampling
from multispin.learn.inverse import enumeration
from multispin.learn.inverse._states import dense
from multispin.learn.place import Place
from multispin.models import EdwardsAnderson, Hopfield, Ising, Pairwise, SherringtonKirkpatrick

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from multispin.models import SignedGraph

    Floats = NDArray[np.float64]

__all__ = ["independent_samples"]

#: What `planted` knows.
KINDS = ("ferromagnet", "glass", "sk", "random_graph", "hopfield")
LATTICES = ("ferromagnet", "glass")
_DEGREE = 4.0  # of a spin of a random graph, on average
_LOAD = 0.1  # patterns a spin of a Hopfield network


def independent_samples(
    model: SignedGraph,
    n: int,
    sweeps: int = 1000,
    random_state: int | None = None,
    threads: int | None = None,
) -> NDArray[np.int8]:
    r"""Draw samples of :math:`P(s) \propto e^{-E(s)}` that know nothing of each other.

    Up to 22 spins they are drawn from the list of all states: exactly. Beyond, each is the end of a
    Markov chain of its own that begins at random, which is as good as `sweeps` are many.

    Parameters
    ----------
    model
        One set of couplings of N spins, at temperature 1; of another T, ``Pairwise(J / T, h / T)``.
    n
        How many samples, 1 or more.
    sweeps
        Sweeps of each chain, beyond 22 spins.
    random_state
        Seed; a fresh one if not given.
    threads
        Number of threads; None takes as many as the process may use. Results do not depend on it.

    Returns
    -------
    numpy.ndarray
        Spins ±1, (n, N) int8.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of this kind.
    MemoryError
        If samples do not fit.

    Examples
    --------
    >>> import multispin as ms
    >>> from multispin.learn import independent_samples
    >>> pair = ms.Pairwise([[0.0, 0.5], [0.5, 0.0]])
    >>> samples = independent_samples(pair, 40_000, random_state=1)
    >>> round(float((samples[:, 0] * samples[:, 1]).mean()), 2)  # tanh 0.5 = 0.462
    0.46
    """
    J, h = dense("model", model)
    count = checks.count("n", n, 1, checks.MOST_SITES)
    length = checks.count("sweeps", sweeps, 1, MOST_SWEEPS)
    seed = checks.seed_or_fresh("random_state", random_state)
    workers = registry.threads(threads)
    check_memory(f"n: {count} samples of {len(h)} spins", 10 * count * len(h))
    if len(h) > enumeration.MOST_SPINS:
        return sampling.drawn(Pairwise(J, h), count, length, seed, Place(workers))
    states = enumeration.States(len(h))
    return enumeration.Distribution(states, states.exponent(J, h)).drawn(count, seed)


def planted(kind: str, n_spins: int, beta: float, seed: int) -> Pairwise:
    """Return a model at temperature 1 whose couplings are β times those of one of these.

    ferromagnet
        Square lattice, periodic, J = 1.
    glass
        Square lattice, periodic, J = ±1.
    sk
        All pairs, Gaussian numbers of variance 1/N.
    random_graph
        Each pair with the same probability, 4 on average for a spin, J = ±1.
    hopfield
        N/10 random patterns, two or more, by Hebb's rule.
    """
    model: SignedGraph
    if kind == "ferromagnet":
        model = Ising(sides(n_spins))
    elif kind == "glass":
        model = EdwardsAnderson(sides(n_spins), seed=seed)
    elif kind == "sk":
        model = SherringtonKirkpatrick(n_spins, seed=seed)
    elif kind == "random_graph":
        model = _random_graph(n_spins, seed)
    else:
        rng = np.random.Generator(np.random.Philox(seed))
        patterns = rng.choice(np.array([-1, 1], np.int8), (max(2, round(_LOAD * n_spins)), n_spins))
        model = Hopfield(patterns)
    return Pairwise(beta * _couplings(model))


def sides(n_spins: int) -> tuple[int, int]:
    """Return rows and columns of the lattice of so many spins that is closest to a square."""
    for rows in range(math.isqrt(n_spins), 2, -1):
        if n_spins % rows == 0:
            return rows, n_spins // rows
    allowed = "a product of two numbers >= 3, such as 16, for a square lattice"
    raise ValueError(checks.describe("n_spins", n_spins, allowed))


def _couplings(model: SignedGraph) -> Floats:
    if isinstance(model, Hopfield):
        xi = model.patterns.reshape(len(model.patterns), -1).astype(np.float64)
        J: Floats = xi.T @ xi / xi.shape[1]
        np.fill_diagonal(J, 0.0)
        return J
    return dense("model", model)[0]


def _random_graph(n: int, seed: int) -> Pairwise:
    rng = np.random.Generator(np.random.Philox(seed))
    i, j = np.triu_indices(n, 1)
    there = rng.random(len(i)) < min(_DEGREE / (n - 1), 1.0)
    values = rng.choice(np.array([-1.0, 1.0]), int(there.sum()))
    J = np.zeros((n, n))
    J[i[there], j[there]] = values
    return Pairwise(J + J.T)
