"""The engine and its slow twin, spin for spin, at every instruction set.

`reference.lattice` follows docs/trajectory.md site by site; here nothing is statistical. Whatever
the engine does for speed (wide words, packed rows, groups, tails, bands) must not show.
"""

from __future__ import annotations

import functools
import itertools
import math
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

import multispin as ms
from reference.lattice import TAIL_PLANES, Lattice

pytestmark = pytest.mark.usefixtures("isa")

Words = NDArray[np.uint64]

RULES = [
    (dynamics, field) for dynamics in ("metropolis", "glauber") for field in (0.0, -0.4)
]  # the engine has a kernel for each, for each generator

# Words in a row of a colour, all 64 lanes in use: below, at and above each width (2, 4, 8 words)
# and two of the widest.
FULL = [(6, 128 * words) for words in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 16, 17, 24)]
# Fewer lanes; in the second line one lane or a few, and many words (n = 67, 125, 127, 511).
FEWER = [
    *((6, columns) for columns in (2, 4, 6, 8, 10, 16, 24, 34, 62, 120, 126, 130)),
    *((4, columns) for columns in (134, 250, 254, 1022)),
]
# Rows that fill, do not fill, and overfill the groups of wide words that are updated side by side.
ROWS = [
    (2, 2), (2, 128), (4, 128), (8, 128), (10, 128), (14, 128), (16, 128), (18, 128), (34, 128),
    (62, 64), (64, 64), (66, 64), (130, 128), (2, 256), (34, 256), (36, 256), (2, 384), (34, 384),
    (2, 512), (18, 512), (70, 512), (2, 1024), (30, 1024), (32, 1024), (34, 1024), (34, 640),
]  # fmt: skip


class Case(NamedTuple):
    """Arguments of a run."""

    shape: tuple[int, int]
    temperature: float = 2.3
    J: float = 1.0
    h: float = 0.0
    dynamics: str = "metropolis"
    rng: str = "aes"
    seed: int = 0x0123456789ABCDEF
    stream: int = 0
    init: str = "random"
    before: int = 0  # sweeps that count as done
    sweeps: int = 3


@functools.cache
def expected(case: Case) -> Words:
    """Words of the twin after the run; computed once for all instruction sets."""
    twin = Lattice(*case[:-2])
    twin.sweeps_done = case.before
    twin.sweep(case.sweeps)
    words = twin.packed()
    words.flags.writeable = False
    return words


def make_sampler(case: Case, **changes: Any) -> ms.Sampler:
    return ms.Sampler(
        ms.Ising(case.shape, case.J, case.h),
        **{
            "temperature": case.temperature,
            "dynamics": case.dynamics,
            "rng": case.rng,
            "seed": case.seed,
            "first_stream": case.stream,
            "init": case.init,
            "threads": 1,
            "engine": "lattice",
            **changes,
        },
    )


def run(case: Case) -> Words:
    sampler = make_sampler(case)
    if case.before:
        meta, arrays = sampler._state()
        sampler = ms.Sampler._from_state(meta | {"sweeps_done": case.before}, arrays, threads=1)
    sampler.sweep(case.sweeps)
    return sampler.packed()[0]


def check(case: Case) -> None:
    np.testing.assert_array_equal(run(case), expected(case), err_msg=str(case))


def name(shape: tuple[int, int]) -> str:
    return "x".join(map(str, shape))


# --- shapes -------------------------------------------------------------------------------------


@pytest.mark.one_in(29)
@pytest.mark.parametrize("shape", [*FULL, *FEWER, *ROWS], ids=name)
def test_every_shape(shape: tuple[int, int]) -> None:
    for (dynamics, h), rng in itertools.product(RULES, ("aes", "philox")):
        check(Case(shape, h=h, dynamics=dynamics, rng=rng))


# --- couplings, fields and temperatures ----------------------------------------------------------

TEMPERATURES = (1e-3, 0.7, 2.269185314213022, 10.0, 1e9)
COUPLINGS = [
    (1.0, 0.0), (-1.0, 0.0), (0.37, 0.0), (1.0, 0.3), (1.0, -0.3), (-1.0, 0.3), (-0.5, -1.2),
    (1.0, 2.0), (1.0, -4.0), (-1.0, 4.0), (-1.0, -2.0),  # classes without a field: q = 1
    (0.5, 3.0), (-0.5, -3.0),  # the field decides alone
    (0.0, 0.0), (0.0, 0.7), (0.0, -0.7),  # free spins
    (1.0, 1e-300), (-0.0, -0.0), (1e305, 0.0), (1e305, -1e305), (1e-300, 1e-300),
]  # fmt: skip


@pytest.mark.one_in(13)
@pytest.mark.parametrize("rng", ["aes", "philox"])
@pytest.mark.parametrize("dynamics", ["metropolis", "glauber"])
@pytest.mark.parametrize(("J", "h"), COUPLINGS)
def test_every_coupling_and_temperature(J: float, h: float, dynamics: str, rng: str) -> None:
    for temperature in TEMPERATURES:
        check(Case((10, 12), temperature, J, h, dynamics, rng))


@pytest.mark.parametrize("temperature", [5e-324, 1e-300, 1e300, 1.7976931348623157e308])
def test_temperatures_at_the_ends_of_the_numbers(temperature: float) -> None:
    for (dynamics, h), J in itertools.product(RULES, (1.0, -1.0)):
        check(Case((6, 34), temperature, J, h, dynamics))


# --- exactness of the acceptance -----------------------------------------------------------------
#
# All spins up: in the first half sweep every site of colour 0 has the field 4 + h and turns if its
# random number is below the threshold. So a site's own random number tells a threshold Q at which
# it stays and the next one, Q + 1, at which it turns.


def temperature_of(threshold: int, planes: int, dynamics: str, field: float) -> float:
    """Return a T at which a spin against `field` has this threshold Q exactly."""
    q = threshold / 2**planes
    x = -math.log(q) if dynamics == "metropolis" else math.log(1 / q - 1)
    start = 2 * field / x
    for steps, direction in itertools.product(range(200), (0.0, math.inf)):
        T = start
        for _ in range(steps):
            T = math.nextafter(T, direction)
        y = 2 * field / T
        accepted = math.exp(-y) if dynamics == "metropolis" else 1 / (1 + math.exp(y))
        if round(accepted * 2**planes) == threshold:
            return T
    raise AssertionError(f"no temperature has the threshold {threshold}")


def turns(case: Case, site: tuple[int, int]) -> bool:
    """Whether the site turns in the first sweep, in the engine; the twin agrees on all sites."""
    sampler = make_sampler(case)
    sampler.sweep(1)
    np.testing.assert_array_equal(sampler.packed()[0], expected(case))
    return bool(sampler.spins()[0][site] < 0)


@pytest.mark.one_in(5)
@pytest.mark.parametrize("rng", ["aes", "philox"])
@pytest.mark.parametrize(("dynamics", "h"), RULES)
def test_the_last_bit_of_an_acceptance(dynamics: str, h: float, rng: str) -> None:
    case = Case((128, 512), h=abs(h), dynamics=dynamics, rng=rng, init="up", sweeps=1)
    twin = Lattice(*case[:-2])
    K, field = twin.coarse_planes, 4 + case.h
    r, again, v = twin._random_numbers(0)
    columns = twin.layout.columns(0)

    def threshold_turns(threshold: int, site: tuple[int, int]) -> bool:
        T = temperature_of(threshold, K + TAIL_PLANES, dynamics, field)
        return turns(case._replace(temperature=T), site)

    # Sites that draw again: the last bit of the tail decides. Q with V(Q) = v, of those with a
    # probability below a half; t 2^(32-K) + f = v has many.
    redrawn = np.argwhere(again & (v < 2**31))
    assert len(redrawn) >= 1  # 2 expected with `aes`, 16 with `philox`
    for row, k in redrawn[:3]:
        site = (int(row), int(columns[row, k]))
        t = int(v[row, k]) // (2 ** (TAIL_PLANES - K) + 1)
        at = (t << TAIL_PLANES) + int(v[row, k]) - t * 2 ** (TAIL_PLANES - K)
        assert not threshold_turns(at, site)
        assert threshold_turns(at + 1, site)
    # Others: the coarse planes decide, and t is one more from where V would not fit.
    others = np.argwhere(~again & (r > 2**K // 50) & (r < 2**K * 2 // 5))
    for row, k in others[:: len(others) // 3]:
        site = (int(row), int(columns[row, k]))
        at = int(r[row, k]) * (2**TAIL_PLANES - 2 ** (TAIL_PLANES - K)) + 2**TAIL_PLANES
        assert not threshold_turns(at - 1, site)
        assert threshold_turns(at, site)


@pytest.mark.one_in(23)
@pytest.mark.parametrize("rng", ["aes", "philox"])
@pytest.mark.parametrize(("dynamics", "h"), RULES)
def test_many_tails(dynamics: str, h: float, rng: str) -> None:
    # 2.6 million updates: some 40 (`aes`) or 320 (`philox`) of them draw again.
    check(Case((128, 1024), h=h, dynamics=dynamics, rng=rng, sweeps=20))


# --- seeds, streams, sweep numbers, starts --------------------------------------------------------


@pytest.mark.parametrize("rng", ["aes", "philox"])
def test_every_seed_and_stream(rng: str) -> None:
    for seed in (0, 1, 2**32 - 1, 2**32, 2**64 - 1):
        check(Case((4, 24), seed=seed, rng=rng))
    for stream in (1, 2**32 - 1, 2**32, 2**40 + 3, 2**63):
        check(Case((4, 24), stream=stream, rng=rng))


@pytest.mark.parametrize("before", [2**32 - 2, 2**33, 2**40 + 5, 2**48 - 3])
@pytest.mark.parametrize("rng", ["aes", "philox"])
def test_large_sweep_numbers(rng: str, before: int) -> None:
    check(Case((8, 130), rng=rng, before=before))
    check(Case((16, 1024), rng=rng, before=before))


@pytest.mark.parametrize("rng", ["aes", "philox"])
def test_replicas_are_the_runs_of_their_streams_and_temperatures(rng: str) -> None:
    temperatures = [1.8, 2.3, 1e9, 0.1, 3.7]
    case = Case((6, 40), rng=rng, stream=2**32 - 2, sweeps=7)
    sampler = make_sampler(case, temperature=temperatures, replicas=5)
    sampler.sweep(7)
    for replica, temperature in enumerate(temperatures):
        one = case._replace(temperature=temperature, stream=case.stream + replica)
        np.testing.assert_array_equal(sampler.packed()[replica], expected(one))


@pytest.mark.one_in(11)
@pytest.mark.parametrize("shape", [(6, 40), (6, 128), (2, 134), (4, 1024)], ids=name)
def test_every_start(shape: tuple[int, int]) -> None:
    given = np.random.default_rng(4).choice(np.array([-1, 1], dtype=np.int8), (3, *shape))
    starts: list[Any] = ["random", "up", "down", given[0], given]
    for init in starts:
        sampler = make_sampler(Case(shape), init=init, replicas=3)
        for sweeps in (0, 3):
            sampler.sweep(sweeps)
            for replica in range(3):
                own = init[replica] if isinstance(init, np.ndarray) and init.ndim == 3 else init
                twin = Lattice(*Case(shape, stream=replica)[:-3], init=own)
                twin.sweep(sweeps)
                np.testing.assert_array_equal(sampler.spins()[replica], twin.spins)
                np.testing.assert_array_equal(sampler.packed()[replica], twin.packed())


def test_a_temperature_changed_on_the_way() -> None:
    case = Case((6, 40))
    sampler, twin = make_sampler(case, replicas=2), Lattice(*case[:-2])
    for T in (2.3, 0.5, 7.0):
        sampler.temperature = [T, 1.0]
        twin.temperature = T
        sampler.sweep(2)
        twin.sweep(2)
        np.testing.assert_array_equal(sampler.packed()[0], twin.packed())


# --- threads --------------------------------------------------------------------------------------

# A lattice of 2^18 spins a thread is cut into bands of rows; 1024 x 1024 into 4, the last into 7.
LARGE = [(1024, 1024), (1030, 1540), (130, 16384), (14, 131072)]


@pytest.mark.parametrize("shape", LARGE, ids=name)
@pytest.mark.parametrize("rng", ["aes", "philox"])
def test_bands_do_not_matter(shape: tuple[int, int], rng: str) -> None:
    case = Case(shape, h=0.2, rng=rng)
    one = make_sampler(case)
    energy, magnetization = one.record(2, 2)
    for threads in (2, 3, 7):
        several = make_sampler(case, threads=threads)
        measured = several.record(2, 2)
        np.testing.assert_array_equal(several.packed(), one.packed())
        np.testing.assert_array_equal(measured[0], energy)
        np.testing.assert_array_equal(measured[1], magnetization)
        assert several.energy()[0] == energy[-1, 0]


def test_bands_of_the_twin() -> None:
    case = Case((1024, 1024), sweeps=2)
    for threads in (1, 2, 7):
        sampler = make_sampler(case, threads=threads)
        sampler.sweep(case.sweeps)
        np.testing.assert_array_equal(sampler.packed()[0], expected(case))


@pytest.mark.parametrize(("shape", "replicas"), [((16, 130), 5), ((64, 128), 20), ((512, 1024), 3)])
def test_threads_do_not_matter_for_replicas(shape: tuple[int, int], replicas: int) -> None:
    # Of the largest there are fewer than threads: each is cut into bands.
    states = []
    for threads in (1, 2, 7):
        sampler = make_sampler(Case(shape), replicas=replicas, threads=threads)
        measured = sampler.record(3, 2)
        states.append((sampler.packed(), *measured))
    for state in states[1:]:
        for array, first in zip(state, states[0], strict=True):
            np.testing.assert_array_equal(array, first)


def test_the_number_of_calls_does_not_matter() -> None:
    case = Case((10, 130), sweeps=11)
    sampler = make_sampler(case)
    sampler.sweep(0)
    sampler.sweep(4)
    sampler.record(3, 2)
    sampler.sweep()
    np.testing.assert_array_equal(sampler.packed()[0], expected(case))
