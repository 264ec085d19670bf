"""Dense associative memories against plain sums, Hebb's couplings, and published capacities."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

import multispin as ms
from multispin.errors import NotFittedError
from multispin.theory.hopfield import dense_error

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Spins = NDArray[np.int8]

ENERGIES = [("power", 2), ("power", 3), ("power", 4), ("power", 12), ("rectified", 3), ("exp", 2)]


def random_spins(seed: int, *shape: int) -> Spins:
    return np.random.default_rng(seed).choice(np.array([-1, 1], np.int8), size=shape)


def noisy(patterns: Spins, turned: int, seed: int) -> Spins:
    """Return patterns of each of which so many units are turned."""
    cues, rng = patterns.copy(), np.random.default_rng(seed)
    for cue in cues:
        cue[rng.permutation(len(cue))[:turned]] *= -1
    return cues


def all_states(n: int) -> Spins:
    return np.array(list(itertools.product((-1, 1), repeat=n)), dtype=np.int8)


def interaction(kind: str, n: int, x: float) -> float:
    """Return F(x) in the units of the memory's own energy, by Python's numbers."""
    if kind == "exp":
        return math.exp(x)
    return max(x, 0) ** n if kind == "rectified" else x**n


def energy(kind: str, n: int, patterns: Spins, state: Spins) -> float:
    N, P = patterns.shape[1], len(patterns)
    overlaps = [sum(int(a) * int(b) for a, b in zip(p, state, strict=True)) for p in patterns]
    if kind == "exp":
        return -math.log(sum(math.exp(x) for x in overlaps))
    constant = P / 2 if (kind, n) == ("power", 2) else 0.0
    return constant - N / 2 * sum(interaction(kind, n, x / N) for x in overlaps)


def local_difference(kind: str, n: int, patterns: Spins, state: Spins, i: int) -> Any:
    """Return Σ_μ F(ξ_i + h) - F(-ξ_i + h), an exact integer but for exp."""
    found: Any = 0
    for pattern in patterns.astype(int).tolist():
        h = sum(a * int(b) for a, b in zip(pattern, state, strict=True)) - pattern[i] * int(
            state[i]
        )
        found += interaction(kind, n, pattern[i] + h) - interaction(kind, n, h - pattern[i])
    return found


def slow_sweep(kind: str, n: int, patterns: Spins, state: Spins) -> Spins:
    """Return a state after one update of each unit in order, by the definition."""
    state = state.copy()
    for i in range(len(state)):
        difference = local_difference(kind, n, patterns, state, i)
        state[i] = state[i] if abs(difference) < 1e-9 else math.copysign(1, difference)
    return state


# --- energies -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "n"), ENERGIES)
def test_energies_are_those_of_plain_sums(kind: str, n: int) -> None:
    patterns = random_spins(1, 5, 9)
    memory = ms.DenseAssociativeMemory(kind, n).fit(patterns)
    states = all_states(9)[::7]
    wanted = [energy(kind, n, patterns, state) for state in states]
    np.testing.assert_allclose(memory.energy(states), wanted, rtol=1e-12)


@pytest.mark.parametrize("N", [16, 33])
def test_two_is_the_energy_of_hebbs_couplings(N: int) -> None:
    patterns, states = random_spins(2, 7, N), random_spins(3, 20, N)
    J = patterns.T.astype(int) @ patterns.astype(int)  # N times the couplings
    np.fill_diagonal(J, 0)
    twice = -np.einsum("mi,ij,mj->m", states.astype(int), J, states.astype(int))
    assert ms.DenseAssociativeMemory(n=2).fit(patterns).energy(states).tolist() == (
        (twice / (2 * N)).tolist()
    )
    # and of the model that has them
    model = ms.Pairwise(J / N)
    found = ms.DenseAssociativeMemory(n=2).fit(patterns).energy(states)
    np.testing.assert_allclose(found, [model.energy(state) for state in states], rtol=1e-12)


def test_exponents_of_a_thousand_units_do_not_overflow() -> None:
    patterns = random_spins(4, 3, 1000)
    memory = ms.DenseAssociativeMemory("exp").fit(patterns)
    assert memory.energy(patterns).tolist() == [-1000.0] * 3
    assert np.isfinite(memory.energy(random_spins(5, 3, 1000))).all()
    found = memory.retrieve(noisy(patterns, 200, 6), temperature=0.05, sweeps=3, random_state=1)
    assert found.winner.tolist() == [0, 1, 2]
    assert (found.overlap.max(axis=1) == 1.0).all()


# --- every single step ----------------------------------------------------------------------------


@pytest.mark.parametrize("P", [4, 40])
def test_every_step_of_two_is_that_of_hebbs_network(P: int) -> None:
    N = 70  # three blocks of units
    patterns, cues = random_spins(7, P, N), random_spins(8, 6, N)
    memory = ms.DenseAssociativeMemory(n=2).fit(patterns)
    J = patterns.T.astype(int) @ patterns.astype(int)
    np.fill_diagonal(J, 0)
    states = cues.copy()
    for sweep in range(1, 4):
        for i in range(N):
            others = np.arange(N) != i
            stepped = memory.retrieve(states, sweeps=1, clamp=others).state
            fields = states @ J[i]
            states[:, i] = np.where(fields == 0, states[:, i], np.sign(fields))
            assert (stepped == states).all()
        assert (memory.retrieve(cues, sweeps=sweep).state == states).all()


@pytest.mark.parametrize(("kind", "n"), ENERGIES)
def test_ties_keep_the_spin(kind: str, n: int) -> None:
    # Patterns with either sign of unit 5 say nothing of it, in whatever order sums are rounded.
    patterns = np.repeat(random_spins(9, 25, 40), 2, axis=0)
    patterns[::2, 5] *= -1
    patterns = np.random.default_rng(1).permutation(patterns)
    memory = ms.DenseAssociativeMemory(kind, n).fit(patterns)
    cues = random_spins(10, 50, 40)
    for dynamics in ("sequential", "parallel"):
        found = memory.retrieve(cues, dynamics=dynamics).state
        assert (found[:, 5] == cues[:, 5]).all()
        assert (found != cues).any()
    cues[:, 5] = 0
    assert (memory.retrieve(cues).state[:, 5] == 1).all()


@pytest.mark.parametrize(("kind", "n"), ENERGIES)
def test_sweeps_are_those_of_the_definition(kind: str, n: int) -> None:
    patterns, cues = random_spins(11, 9, 37), random_spins(12, 8, 37)
    found = ms.DenseAssociativeMemory(kind, n).fit(patterns).retrieve(cues, sweeps=2).state
    wanted = cues
    for _ in range(2):
        wanted = np.array([slow_sweep(kind, n, patterns, state) for state in wanted])
    assert (found == wanted).all()


@pytest.mark.parametrize(("kind", "n"), ENERGIES)
def test_parallel_steps_are_those_of_the_definition(kind: str, n: int) -> None:
    patterns, cues = random_spins(13, 6, 35), random_spins(14, 4, 35)
    memory = ms.DenseAssociativeMemory(kind, n).fit(patterns)
    found = memory.retrieve(cues, sweeps=1, dynamics="parallel").state
    for cue, state in zip(cues, found, strict=True):
        for i in range(35):
            difference = local_difference(kind, n, patterns, cue, i)
            assert state[i] == (cue[i] if abs(difference) < 1e-9 else np.sign(difference))


@pytest.mark.parametrize(("kind", "n"), ENERGIES)
def test_gaps_are_differences_of_energies(kind: str, n: int) -> None:
    """By the probability of +1 at a temperature, where all other units are held."""
    patterns, state = random_spins(15, 5, 10), random_spins(16, 1, 10)
    memory = ms.DenseAssociativeMemory(kind, n).fit(patterns)
    T, draws = 1.5, 4000
    for i in (0, 7):
        down, up = state.copy(), state.copy()
        down[:, i], up[:, i] = -1, 1
        gap = float(memory.energy(down)[0] - memory.energy(up)[0])
        held = np.arange(10) != i
        cues = np.repeat(state, draws, axis=0)
        found = memory.retrieve(cues, 1, T, clamp=held, random_state=i).state[:, i]
        wanted = 1.0 / (1.0 + math.exp(-gap / T))
        error = math.sqrt(wanted * (1.0 - wanted) / draws)
        assert abs(float((found == 1).mean()) - wanted) < 5.0 * error  # 6e-7 for each


@pytest.mark.parametrize(("kind", "n"), ENERGIES)
@pytest.mark.parametrize("dynamics", ["sequential", "parallel"])
def test_erased_units_begin_with_the_signs_of_their_fields(
    kind: str, n: int, dynamics: str
) -> None:
    patterns, cues = random_spins(17, 30, 11), random_spins(18, 20, 11)
    cues[:, :4] = 0
    cues[0] = 0
    memory = ms.DenseAssociativeMemory(kind, n).fit(patterns)
    started = cues.copy()
    for row, i in np.argwhere(cues == 0).tolist():
        difference = local_difference(kind, n, patterns, cues[row], i)
        started[row, i] = 1 if difference > -1e-9 else -1
    found, wanted = (memory.retrieve(given, dynamics=dynamics) for given in (cues, started))
    for one, other in zip(found, wanted, strict=True):
        assert (one == other).all()


# --- laws -----------------------------------------------------------------------------------------


@pytest.mark.thorough
@settings(max_examples=60, deadline=None)
@given(st.sampled_from(ENERGIES), st.integers(0, 2**32), st.integers(1, 12), st.integers(1, 70))
def test_sequential_updates_at_zero_never_raise_the_energy(
    which: tuple[str, int], seed: int, P: int, N: int
) -> None:
    memory = ms.DenseAssociativeMemory(*which).fit(random_spins(seed, P, N))
    states = random_spins(seed + 1, 4, N)
    before = memory.energy(states)
    for _ in range(4):
        found = memory.retrieve(states, sweeps=1)
        assert (found.energy <= before + 1e-9 * np.abs(before)).all()
        assert (found.energy == memory.energy(found.state)).all()
        states, before = found.state, found.energy


def test_what_has_converged_stays() -> None:
    patterns, cues = random_spins(19, 30, 60), random_spins(20, 20, 60)
    for dynamics in ("sequential", "parallel"):
        memory = ms.DenseAssociativeMemory().fit(patterns)
        found = memory.retrieve(cues, 100, dynamics=dynamics)
        again = memory.retrieve(found.state, 100, dynamics=dynamics)
        assert found.converged.any()
        assert (again.sweeps[found.converged] == 1).all()
        assert (again.state == found.state)[found.converged].all()
        fewer = memory.retrieve(cues, int(found.sweeps.max()) - 1, dynamics=dynamics)
        assert not fewer.converged[found.sweeps == found.sweeps.max()].any()


def test_parallel_dynamics_of_two_ends_in_fixed_points_or_two_cycles() -> None:
    # With couplings of a unit to itself or not: J is symmetric.
    memory = ms.DenseAssociativeMemory(n=2).fit(random_spins(21, 30, 40))
    cues = random_spins(22, 200, 40)
    late = memory.retrieve(cues, 60, dynamics="parallel")
    later = memory.retrieve(late.state, 2, dynamics="parallel")
    assert (late.state == later.state).all()
    assert late.converged.any()
    assert not late.converged.all()
    assert (late.sweeps[~late.converged] == 60).all()


@pytest.mark.parametrize(
    ("kind", "n", "T"),
    [("power", 2, 1.2), ("power", 3, 1.5), ("rectified", 4, 1.5), ("exp", 2, 1.0)],
)
def test_the_heat_bath_has_boltzmanns_distribution(kind: str, n: int, T: float) -> None:
    """χ² over all 256 states, of cues that are independent; wrong once in 10⁶ times."""
    chains = 15_000
    memory = ms.DenseAssociativeMemory(kind, n).fit(random_spins(23, 3, 8))
    states = all_states(8)
    weights = np.exp(-memory.energy(states) / T)
    expected = chains * weights / weights.sum()
    found = memory.retrieve(random_spins(24, chains, 8), 8, T, random_state=25)
    assert not found.converged.any()
    counts = np.bincount((found.state == 1) @ (1 << np.arange(8)[::-1]), minlength=256)
    rare = expected < 5.0  # together one class
    observed = np.append(counts[~rare], counts[rare].sum())
    wanted = np.append(expected[~rare], expected[rare].sum())
    observed, wanted = observed[wanted > 0.0], wanted[wanted > 0.0]
    statistic = float(((observed - wanted) ** 2 / wanted).sum())
    assert statistic < chi2.isf(1e-6, len(wanted) - 1)


def test_exp_at_temperature_one_is_a_mixture_of_patterns() -> None:
    # Each unit turned with probability 1/(1 + e²): of one pattern, without any equilibration.
    pattern = random_spins(26, 1, 500)
    memory = ms.DenseAssociativeMemory("exp").fit(pattern)
    found = memory.retrieve(random_spins(27, 100, 500), 1, 1.0, random_state=1)
    wanted = 1.0 / (1.0 + math.exp(2.0))
    turned = float((found.state != pattern).mean())
    assert abs(turned - wanted) < 5.0 * math.sqrt(wanted * (1.0 - wanted) / 50_000)


# --- capacities -----------------------------------------------------------------------------------


def test_errors_of_one_step_are_those_of_theory() -> None:
    N = 200
    K = round(0.0616 * N**2)
    patterns = random_spins(28, K, N)
    memory = ms.DenseAssociativeMemory(n=3).fit(patterns)
    found = memory.retrieve(patterns[:1500], 1, dynamics="parallel").state
    wrong = float((found != patterns[:1500]).mean())
    # 300,000 spins: a statistical error of 2 %. Corrections to the limit are of order 1/N.
    assert wrong == pytest.approx(dense_error(3, N, K), rel=0.1)


def test_cubes_retrieve_where_squares_do_not() -> None:
    patterns = random_spins(29, 100, 100)
    cues = noisy(patterns, 10, 30)
    cubes = ms.DenseAssociativeMemory(n=3).fit(patterns).retrieve(cues)
    squares = ms.DenseAssociativeMemory(n=2).fit(patterns).retrieve(cues)
    own = np.arange(100)
    assert cubes.overlap[own, own].mean() > 0.99
    assert squares.overlap[own, own].mean() < 0.6
    assert (cubes.winner == own).mean() > 0.98


def test_rectified_powers_retrieve_and_forget_the_negatives() -> None:
    patterns = random_spins(31, 60, 100)
    quartic = ms.DenseAssociativeMemory("power", 4).fit(patterns)
    rectified = ms.DenseAssociativeMemory("rectified", 4).fit(patterns)
    cues = noisy(patterns, 15, 32)
    for memory in (quartic, rectified):
        assert (memory.retrieve(cues).state == patterns).all()
    assert (quartic.retrieve(-cues).state == -patterns).all()
    assert (quartic.retrieve(-cues).winner == np.arange(60)).all()
    assert (rectified.energy(-patterns) > rectified.energy(patterns) / 2).all()
    assert not (rectified.retrieve(-cues).state == -patterns).all(axis=1).any()


def test_exponentials_store_exponentially_many() -> None:
    N, P = 40, 2**10
    patterns = random_spins(33, P, N)
    found = ms.DenseAssociativeMemory("exp").fit(patterns).retrieve(noisy(patterns, 4, 34))
    assert (found.state == patterns).all(axis=1).mean() > 0.98


# --- what is held, added, forgotten ---------------------------------------------------------------


def test_clamped_units_stay() -> None:
    patterns, cues = random_spins(35, 4, 50), random_spins(36, 6, 50)
    masks = np.random.default_rng(37).random((6, 50)) < 0.5
    memory = ms.DenseAssociativeMemory().fit(patterns)
    for mask in (masks, masks[0]):
        for temperature in (0.0, 5.0):
            for dynamics in ("sequential", "parallel"):
                found = memory.retrieve(cues, 5, temperature, dynamics, mask, 1)
                held = np.broadcast_to(mask, cues.shape)
                assert (found.state == cues)[held].all()
                assert (found.state != cues).any()


def test_evidence_decides_between_patterns() -> None:
    patterns = random_spins(38, 5, 60)
    cue = patterns[:1].copy()
    cue[:, :10] = patterns[1, :10]
    cue[:, 40:] = 0
    memory = ms.DenseAssociativeMemory().fit(patterns)
    assert (memory.retrieve(cue).state == patterns[0]).all()
    found = memory.retrieve(cue, clamp=np.arange(60) < 10)
    assert (found.state[:, :10] == patterns[1, :10]).all()


def test_patterns_are_added_and_forgotten() -> None:
    patterns = random_spins(39, 6, 30)
    memory = ms.DenseAssociativeMemory("rectified", 3).partial_fit(patterns[:2])
    assert memory.partial_fit(patterns[2:]) is memory
    assert (memory.patterns_ == patterns).all()
    assert memory.n_features_in_ == 30
    assert memory.forget([1, 4]) is memory
    assert (memory.patterns_ == patterns[[0, 2, 3, 5]]).all()
    memory.forget(np.uint8(0))
    assert (memory.patterns_ == patterns[[2, 3, 5]]).all()
    fresh = ms.DenseAssociativeMemory("rectified", 3).fit(patterns[[2, 3, 5]])
    cues = random_spins(40, 5, 30)
    assert (fresh.retrieve(cues).state == memory.retrieve(cues).state).all()
    assert memory.fit(patterns[:1]).patterns_.shape == (1, 30)


def test_what_is_given_may_change_later() -> None:
    patterns = random_spins(41, 3, 20)
    memory = ms.DenseAssociativeMemory().fit(patterns)
    kept = patterns.copy()
    patterns *= -1
    assert (memory.patterns_ == kept).all()
    cues = random_spins(42, 2, 20)
    before = cues.copy()
    memory.retrieve(cues)
    assert (cues == before).all()


def test_results_have_the_shapes_and_types_that_are_promised() -> None:
    memory = ms.DenseAssociativeMemory().fit(random_spins(43, 5, 20).astype(float).tolist())
    found = memory.retrieve(random_spins(44, 3, 20), temperature=1.0, random_state=1)
    assert [(one.shape, one.dtype) for one in found] == [
        ((3, 20), np.int8), ((3, 5), np.float64), ((3,), np.float64), ((3,), np.bool_),
        ((3,), np.int64), ((3,), np.int64),
    ]  # fmt: skip
    exact = found.state.astype(int) @ memory.patterns_.T.astype(int) / 20
    assert (found.overlap == exact).all()
    assert (found.winner == np.abs(exact).argmax(axis=1)).all()
    assert (found.sweeps == 50).all()


def test_seeds_fix_the_heat_bath() -> None:
    memory = ms.DenseAssociativeMemory().fit(random_spins(45, 5, 40))
    cues = random_spins(46, 3, 40)
    for dynamics in ("sequential", "parallel"):
        one, same, other = (
            memory.retrieve(cues, 3, 2.0, dynamics, random_state=seed).state for seed in (1, 1, 2)
        )
        assert (one == same).all()
        assert (one != other).any()


# --- what scikit-learn asks for -------------------------------------------------------------------


def test_parameters_are_those_of_the_constructor() -> None:
    n = np.int64(4)
    memory = ms.DenseAssociativeMemory("rectified", n)
    params = memory.get_params()
    assert params == {"energy": "rectified", "n": 4}
    clone = type(memory)(**params)  # as scikit-learn does it, by identity
    assert all(clone.get_params()[name] is value for name, value in params.items())
    assert repr(ms.DenseAssociativeMemory()) == "DenseAssociativeMemory(energy='power', n=3)"


def test_powers_may_be_integers_of_numpy() -> None:
    patterns, states = random_spins(50, 3, 37), random_spins(51, 4, 37)
    for n in (3, 40):  # 39^40 is beyond 64 bits
        one, other = (ms.DenseAssociativeMemory(n=power).fit(patterns) for power in (n, np.int8(n)))
        assert (one.energy(states) == other.energy(states)).all()
        assert (one.retrieve(states).state == other.retrieve(states).state).all()


def test_parameters_are_set_together_or_not_at_all() -> None:
    patterns = random_spins(47, 3, 20)
    memory = ms.DenseAssociativeMemory().fit(patterns)
    with pytest.raises(ValueError, match="n: got 1, allowed: an integer >= 2"):
        memory.set_params(energy="exp", n=1)
    assert memory.get_params() == {"energy": "power", "n": 3}
    assert memory.set_params(energy="exp") is memory
    wanted = ms.DenseAssociativeMemory("exp").fit(patterns).energy(patterns)
    assert (memory.energy(patterns) == wanted).all()
    with pytest.raises(ValueError, match="params: got 'm', allowed: energy, n"):
        memory.set_params(m=1)


# --- errors ---------------------------------------------------------------------------------------

FITTED = ms.DenseAssociativeMemory().fit(random_spins(48, 3, 4))
CUES = random_spins(49, 2, 4)


@pytest.mark.parametrize(("call", "kind", "message"), [
    (lambda: ms.DenseAssociativeMemory("cubic"), ValueError, "energy: got 'cubic', allowed: 'po"),
    (lambda: ms.DenseAssociativeMemory(n=1), ValueError, "n: got 1, allowed: an integer >= 2"),
    (lambda: ms.DenseAssociativeMemory(n=2.0), TypeError, "n: got 2.0, allowed: an integer >= 2"),
    (lambda: FITTED.fit([[0, 1], [1, 0]]), ValueError, "patterns: got 0 and 1, .*2\\*x-1"),
    (lambda: FITTED.fit([[True, False]]), ValueError, "patterns: got 0 and 1, .*2\\*x-1"),
    (lambda: FITTED.fit([[1, 2]]), ValueError, "patterns: got other values, allowed: "),
    (lambda: FITTED.fit([1, -1]), ValueError, "patterns: got an array of shape \\(2,\\), allowed"),
    (lambda: FITTED.fit(np.ones((0, 3))), ValueError, "patterns: got an array of shape \\(0, 3\\)"),
    (lambda: FITTED.fit(CUES, [1, 2]), TypeError, "y: got \\[1, 2\\], allowed: None"),
    (lambda: FITTED.partial_fit(np.ones((2, 5))), ValueError, "patterns: .*allowed: .*\\(P, 4\\)"),
    (lambda: FITTED.forget(3), ValueError, "indices: got 3, allowed: integers from 0 to 2"),
    (lambda: FITTED.forget(-1), ValueError, "indices: got -1, allowed"),
    (lambda: FITTED.forget([0, 1, 2]), ValueError, "indices: got \\[0, 1, 2\\], allowed"),
    (lambda: FITTED.forget([0.5]), TypeError, "indices: got \\[0.5\\], allowed"),
    (lambda: FITTED.energy(0 * CUES), ValueError, "states: got other values, allowed"),
    (lambda: FITTED.energy(CUES[0]), ValueError, "states: got an array of shape \\(4,\\)"),
    (lambda: FITTED.retrieve(CUES[:, :3]), ValueError, "cues: .*\\(2, 3\\), allowed: .*\\(C, 4"),
    (lambda: FITTED.retrieve(2 * CUES), ValueError, "cues: got other values, allowed: .* 0"),
    (lambda: FITTED.retrieve(CUES > 0), TypeError, "cues: got an array of bool, allowed"),
    (lambda: FITTED.retrieve(CUES, 0), ValueError, "sweeps: got 0, allowed: an integer >= 1"),
    (lambda: FITTED.retrieve(CUES, 1, -1.0), ValueError, "temperature: got -1.0, allowed: .*>= 0"),
    (lambda: FITTED.retrieve(CUES, dynamics="glauber"), ValueError, "dynamics: got 'glauber'"),
    (lambda: FITTED.retrieve(CUES, clamp=[True] * 4), ValueError, "clamp: .*at least one left"),
    (lambda: FITTED.retrieve(0 * CUES, clamp=[True, *[False] * 3]), ValueError, "clamp: .*erased"),
    (lambda: FITTED.retrieve(CUES, clamp=[1, 0, 0, 0]), TypeError, "clamp: got .*int.*, allowed"),
    (lambda: FITTED.retrieve(CUES, random_state=-1), ValueError, "random_state: got -1, allowed"),
])  # fmt: skip
def test_wrong_arguments_are_named(call: Any, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        call()
    assert FITTED.patterns_.shape == (3, 4)


@pytest.mark.parametrize("method", ["energy", "retrieve", "forget"])
def test_nothing_is_made_of_nothing(method: str) -> None:
    with pytest.raises(NotFittedError, match="patterns: got none, allowed: `fit`"):
        getattr(ms.DenseAssociativeMemory(), method)(CUES)
