"""ln Z of an RBM: exact, by annealed importance sampling, or along a ladder of distributions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from multispin._base import checks
from multispin._engines.bipartite import Numbers
from multispin.learn.bennett import acceptance_ratio, log_mean
from multispin.learn.partition import LogPartition, together
from multispin.learn.place import Place
from multispin.learn.rates import MOST_CHAINS
from multispin.learn.rbm import enumeration
from multispin.learn.rbm.chains import Kept, Tempered, exchange
from multispin.learn.rbm.enumeration import MOST_UNITS
from multispin.learn.rbm.randomness import streams
from multispin.learn.seeds import seed_for

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from multispin.learn.rbm.chains import Array, Ladder, States
    from multispin.learn.rbm.parameters import Parameters
    from multispin.learn.rbm.phases import Exchanged

METHODS = ("auto", "exact", "ais", "reverse_ais", "ptt")

#: Units of the smaller layer whose states are summed by method "auto", at most.
_SOON = 20
_MOST_TEMPERATURES = 10**6
#: Temperatures and chains of the run that the temperatures are chosen with.
_PILOT_TEMPERATURES, _PILOT_CHAINS = 100, 100


def log_partition(
    parameters: Parameters,
    method: str = "auto",
    *,
    chains: int = 500,
    temperatures: int = 1000,
    betas: ArrayLike | None = None,
    seed: int | None = None,
    place: Place | None = None,
    base: Array | None = None,
    exchanged: Exchanged | None = None,
) -> LogPartition:
    """Return ln Z = ln Σ_vh exp(−E(v, h)).

    Parameters
    ----------
    parameters
        Weights and biases, of layers as a machine takes them.
    method
        "exact": sums over all states of the smaller layer, at most 24 units. "ais": annealed
        importance sampling from units that are independent, chains going there and, after as many
        steps more, coming back, put together by Bennett's acceptance ratio. "reverse_ais": by the
        way back alone, which in the mean is too high. "ptt": along models kept while it was
        trained. "auto" is "exact" up to 20 units, else "ais".
    chains
        Number of chains each way.
    temperatures
        Steps of β from 0 to 1. They are closer where energies fluctuate more, by a short run.
    betas
        β themselves, rising from 0 to 1, instead of `temperatures`.
    seed
        Of the chains; None takes a fresh one.
    place
        Where it is computed; None means the CPU.
    base
        Fields of visible units at β = 0, (n_visible,); None takes the biases.
    exchanged
        Kept models and their chains, which go on: of "ptt".

    Raises
    ------
    TypeError, ValueError
        For an argument that is not of its kind.

    Warns
    -----
    NotConvergedWarning
        If the two ways differ by more than their errors can explain.

    Notes
    -----
    R. Salakhutdinov & I. Murray, ICML 2008, 872; Y. Burda, R. B. Grosse & R. Salakhutdinov, AISTATS
    2015, PMLR 38, 102, for the way back.
    """
    method = checks.choice("method", method, METHODS)
    place = Place() if place is None else place
    chains = checks.count("chains", chains, 2, MOST_CHAINS)
    temperatures = checks.count("temperatures", temperatures, 2, _MOST_TEMPERATURES)
    fewer = enumeration.fewer_bits(parameters)
    if method == "exact" and fewer > MOST_UNITS:
        has = "numbers on both sides" if fewer == math.inf else f"states of {fewer:.4g} units"
        allowed = (
            f"at most {MOST_UNITS} units in the smaller layer, or bits, which has {has}; 'ais'"
        )
        raise ValueError(f"method: got 'exact', allowed: {allowed}")
    if enumeration.diverges(parameters):
        return LogPartition(math.inf, 0.0, "exact")
    if method == "exact" or (method == "auto" and fewer <= _SOON):
        return LogPartition(enumeration.exact(parameters, place), 0.0, "exact")
    seed = checks.seed_or_fresh("seed", seed)
    if method == "ptt":
        if exchanged is None or not isinstance(exchanged.ladder, Kept):
            raise ValueError(
                "method: got 'ptt', allowed: 'exact', 'ais', 'reverse_ais' where no models were "
                "kept; training with method='ptt' keeps some"
            )
        return _of_kept(exchanged, temperatures, seed)
    base = np.asarray(parameters.visible if base is None else base, dtype=np.float64)
    if betas is None:
        even = np.linspace(0.0, 1.0, _PILOT_TEMPERATURES + 1)
        pilot = _Annealing(parameters, base, even, seed_for(seed, 1), place)
        betas = _spaced(pilot, temperatures)
    else:
        betas = _rising(betas)
    annealing = _Annealing(parameters, base, betas, seed, place)
    states, up, _ = annealing.up(chains)
    states = annealing.settled(states, len(betas))
    down = annealing.down(states)
    found = together(annealing.ln_base, up, down)
    if method != "reverse_ais":
        return found
    assert found.reverse is not None
    _, error = log_mean(down)
    return LogPartition(
        found.reverse, error, method, found.forward, found.reverse, found.effective_samples
    )


def independent_log_partition(parameters: Parameters, base: Array) -> float:
    """Return ln Z without weights and hidden biases, visible units in the fields `base`."""
    layers = parameters.layers
    of_visible = layers.visible.normalizers(base[None]).sum()
    of_hidden = layers.hidden.normalizers(np.zeros((1, parameters.shape[0]))).sum()
    return float(of_visible + of_hidden) + parameters.constant


def _of_kept(exchanged: Exchanged, steps: int, seed: int) -> LogPartition:
    ladder = exchanged.ladder
    assert isinstance(ladder, Kept)
    first = ladder.models[0].of_machine()
    states = list(exchanged.states)
    for step in range(max(1, steps // 10)):  # to settle
        states = ladder.advance(states, 1, seed, step)
        exchange(ladder, states, seed, step)
    values, errors = along(ladder, states, steps, seed, steps)
    last = ladder.models[-1].of_machine().constant - first.constant
    start = independent_log_partition(first, np.asarray(first.visible, np.float64))
    return LogPartition(start + last + float(values[-1]), float(errors[-1]), "ptt")


class _Annealing:
    """Chains that go along β, and what they gather on their way."""

    def __init__(
        self, parameters: Parameters, base: Array, betas: Array, seed: int, place: Place
    ) -> None:
        self.betas = betas
        self._base, self._seed = base, seed
        self._ladder = Tempered(parameters, base, betas, place)
        self._step = 0
        self.ln_base = independent_log_partition(parameters, base)

    def up(self, chains: int) -> tuple[States, Array, Array]:
        """Return states at the end, their log weights, and how much those of each step differ."""
        numbers = Numbers(self._seed, streams(0, chains), 0)
        states = self._ladder.kernel.independent(self._base, numbers)
        total, spreads = np.zeros(chains), []
        for k in range(len(self.betas) - 1):
            before, after = self._ladder.log_weights((k, k + 1), states)
            total += after - before
            spreads.append((after - before).std())
            states = self._moved(states, k + 1)
        return states, total, np.array(spreads)

    def down(self, states: States) -> Array:
        """Return the log weights of states on their way back, (chains,)."""
        total = np.zeros(len(states))
        for k in range(len(self.betas) - 1, 0, -1):
            before, after = self._ladder.log_weights((k, k - 1), states)
            total += after - before
            if k > 1:
                states = self._moved(states, k - 1)
        return total

    def settled(self, states: States, steps: int) -> States:
        """Return states after so many more steps at β = 1."""
        return self._moved(states, len(self.betas) - 1, steps)

    def _moved(self, states: States, level: int, steps: int = 1) -> States:
        numbers = Numbers(self._seed, streams(0, len(states)), self._step + 1)
        self._step += steps
        levels = np.full(len(states), level)
        return self._ladder.kernel.gibbs(states, steps, numbers, levels)[0]


def _spaced(pilot: _Annealing, temperatures: int) -> Array:
    """Return β at which the steps' log weights fluctuate alike."""
    _, _, spreads = pilot.up(_PILOT_CHAINS)
    slopes = spreads / np.diff(pilot.betas)
    # Nowhere much farther apart than evenly: a short run does not see everything.
    slopes = np.maximum(slopes, 0.1 * slopes.mean()) + 1e-9
    length = np.concatenate([[0.0], np.cumsum(slopes * np.diff(pilot.betas))])
    found = np.interp(np.linspace(0.0, length[-1], temperatures + 1), length, pilot.betas)
    found[0], found[-1] = 0.0, 1.0
    return np.asarray(found)


def _rising(betas: ArrayLike) -> Array:
    given = checks.numbers("betas", betas)
    right = given.ndim == 1 and len(given) >= 2 and bool(np.all(np.diff(given) > 0))
    if not right or given[0] != 0.0 or given[-1] != 1.0:
        raise ValueError(checks.describe("betas", betas, "numbers that rise from 0 to 1"))
    return given


def along(
    ladder: Ladder, states: list[States], steps: int, seed: int, first: int, blocks: int = 10
) -> tuple[Array, Array]:
    """Return ln Z of each distribution of a ladder less that of the first, and standard errors.

    From the log weights of exchanges, while chains go on: Bennett's ratio in `blocks` stretches of
    time.
    """
    values = np.zeros((blocks, len(ladder)))
    for block in range(blocks):
        seen = []
        for k in range(-(-steps // blocks)):
            at = first + block * -(-steps // blocks) + k
            states[:] = ladder.advance(states, 1, seed, at)
            seen.append(exchange(ladder, states, seed, at))
        for pair in range(len(ladder) - 1):
            up, down = (
                np.concatenate([getattr(one, way)[pair] for one in seen]) for way in ("up", "down")
            )
            values[block, pair + 1] = values[block, pair] + acceptance_ratio(up, down)[0]
    return values.mean(axis=0), values.std(axis=0, ddof=1) / math.sqrt(blocks)
