"""The twin's generators give the published answers, its sweeps sample the right distribution."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest

from reference import aes, lattice
from reference.philox import philox4x32

# --- Philox: known answers of Random123 (tests/kat_vectors) ---------------------------------------

PI = (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344, 0xA4093822, 0x299F31D0)
KNOWN_ANSWERS = [
    (7, (0,) * 6, "5f6fb709 0d893f64 4f121f81 4f730a48"),
    (7, (0xFFFFFFFF,) * 6, "5207ddc2 45165e59 4d8ee751 8c52f662"),
    (7, PI, "4dfccaba 190a87f0 c47362ba b6b5242a"),
    (10, (0,) * 6, "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    (10, (0xFFFFFFFF,) * 6, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    (10, PI, "d16cfe09 94fdcceb 5001e420 24126ea1"),
]


@pytest.mark.parametrize(("rounds", "words", "answer"), KNOWN_ANSWERS)
def test_philox_known_answers(rounds: int, words: tuple[int, ...], answer: str) -> None:
    output = philox4x32(words[:4], words[4:], rounds)  # type: ignore[arg-type]
    assert " ".join(f"{int(word):08x}" for word in output) == answer


def test_philox_of_arrays_is_philox_of_each() -> None:
    counters = np.arange(12, dtype=np.uint64).reshape(4, 3) * np.uint64(0x9E3779B9) % 2**32
    together = philox4x32(tuple(counters), (1, 2), 7)  # type: ignore[arg-type]
    for i in range(3):
        alone = philox4x32(tuple(counters[:, i]), (1, 2), 7)  # type: ignore[arg-type]
        assert [int(word[i]) for word in together] == [int(word) for word in alone]


# --- AES: FIPS-197, and the AESENC example of Intel's white paper ---------------------------------


def hexadecimal(text: str) -> aes.Bytes:
    return np.frombuffer(bytes.fromhex(text), dtype=np.uint8)


def test_s_box() -> None:
    assert sorted(aes.S_BOX) == list(range(256))
    assert [aes.S_BOX[byte] for byte in (0x00, 0x01, 0x53, 0xFF)] == [0x63, 0x7C, 0xED, 0x16]


def test_aes_round_of_fips_197() -> None:
    """Appendix B, the state at the start of rounds 1 and 2 and the round key between them."""
    after = aes.aes_round(
        hexadecimal("193de3bea0f4e22b9ac68d2ae9f84808"),
        hexadecimal("a0fafe1788542cb123a339392a6c7605"),
    )
    assert after.tobytes().hex() == "a49c7ff2689f352b6b5bea43026a5049"


def test_aes_round_is_the_instruction() -> None:
    """S. Gueron, "Intel AES New Instructions Set", AESENC; printed with the highest byte first."""
    after = aes.aes_round(
        hexadecimal("7b5b54657374566563746f725d53475d")[::-1],
        hexadecimal("48692853686179295b477565726f6e5d")[::-1],
    )
    assert after[::-1].tobytes().hex() == "a8311c2f9fdba3c58b104b58ded7e595"


def test_rounds_make_aes_128() -> None:
    """All ten rounds of FIPS-197 appendix B, with its key expansion (section 5.2)."""
    key = [hexadecimal("2b7e151628aed2a6abf7158809cf4f3c")[4 * i : 4 * i + 4] for i in range(4)]
    constant = 1
    for i in range(4, 44):
        word = key[i - 1]
        if i % 4 == 0:
            word = aes.S_BOX[np.roll(word, -1)] ^ np.array([constant, 0, 0, 0], dtype=np.uint8)
            constant = aes.times(2, constant)
        key.append(key[i - 4] ^ word)
    keys = np.array(key).reshape(11, 16)
    block = hexadecimal("3243f6a8885a308d313198a2e0370734") ^ keys[0]
    for number in range(1, 10):
        block = aes.aes_round(block, keys[number])
    block = aes.S_BOX[block][aes.SHIFT_ROWS] ^ keys[10]  # the last round does not mix columns
    assert block.tobytes().hex() == "3925841d02dc09fbdc118597196a0b32"


# --- Layout --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cols", "expected"),
    [
        (2, (1, 1, 1)),
        (6, (3, 1, 1)),
        (128, (64, 1, 1)),
        (130, (13, 5, 6)),
        (134, (1, 67, 68)),
        (256, (64, 2, 2)),
        (384, (64, 3, 4)),
        (512, (64, 4, 4)),
        (640, (64, 5, 6)),
        (8192, (64, 64, 64)),
    ],
)
def test_lanes_words_and_stride(cols: int, expected: tuple[int, int, int]) -> None:
    assert lattice.layout((4, cols))[3:] == expected
    assert lattice.layout((6, 4, cols))[3:] == expected


@pytest.mark.parametrize(
    "shape", [(2, 2), (4, 12), (6, 130), (2, 512), (2, 2, 2), (4, 6, 12), (2, 4, 130)]
)
def test_packed_words_hold_every_spin_once(shape: tuple[int, ...]) -> None:
    twin = lattice.Lattice(shape, 2.0, seed=3)
    packed, where = twin.packed(), twin.layout
    for site in itertools.product(*map(range, shape)):
        bit, word = divmod(site[-1] >> 1, where.words)
        index = (sum(site) & 1, *site[:-1], word)
        value = int(packed[index]) >> bit & 1
        assert 2 * value - 1 == twin.spins[site]
    assert sum(int(word).bit_count() for word in packed.ravel()) == (twin.spins > 0).sum()


# --- Sweeps --------------------------------------------------------------------------------------


@pytest.mark.parametrize("rng", ["aes", "philox"])
@pytest.mark.parametrize("dynamics", ["metropolis", "glauber"])
def test_first_half_sweep_accepts_with_the_right_probability(dynamics: str, rng: str) -> None:
    """All spins up: each of colour 0 turns down with one known probability (z < 5, 6e-7 each)."""
    T, h = 3.1, 0.3
    x = 2 * (4 + h) / T
    q = math.exp(-x) if dynamics == "metropolis" else 1 / (1 + math.exp(x))
    down = n = 0
    for stream in range(4):
        twin = lattice.Lattice(
            (64, 640), T, 1.0, h, dynamics, rng, seed=5, stream=stream, init="up"
        )
        twin._update(0)
        colour = np.add.outer(np.arange(64), np.arange(640)) % 2
        assert np.all(twin.spins[colour == 1] == 1)
        down += int((twin.spins[colour == 0] == -1).sum())
        n += 64 * 320
    assert abs(down - n * q) < 5 * math.sqrt(n * q * (1 - q))


@pytest.mark.parametrize("rng", ["aes", "philox"])
@pytest.mark.parametrize("coarse", [0, 5, 0.49, 0.5, 0.77, -1])
@pytest.mark.parametrize("fraction", [0, 1, 1000, 2**31, 2**32 - 1])
def test_every_probability_is_exact(rng: str, coarse: float, fraction: int) -> None:
    """Count the numbers that accept: Q of 2^(K + 32), with a share of 2^-K drawing again."""
    twin = lattice.Lattice((2, 2), 2.0, rng=rng)
    K = twin.coarse_planes
    t = int(coarse * 2**K) if 0 < coarse < 1 else int(coarse) % 2**K
    Q = t * 2**32 + fraction

    def count(again: bool, high: int) -> int:
        """Of the numbers below 2^high, by bisection: those that accept come first."""
        few, many = 0, 2**high
        while few < many:
            middle = (few + many) // 2
            number = np.array([middle], dtype=np.uint64)
            draws = lattice.Draws(number, np.array([again]), number)
            accepted = bool(twin._accepted(Q / 2 ** (K + 32), draws)[0])
            few, many = (middle + 1, many) if accepted else (few, middle)
        return few

    assert (2**K - 1) * count(False, K) * 2 ** (32 - K) + count(True, 32) == Q


def test_always_and_never() -> None:
    twin = lattice.Lattice((2, 2), 2.0)
    ends = np.array([0, 2**32 - 1], dtype=np.uint64)
    for again in (True, False):
        draws = lattice.Draws(ends % 2**16, np.array([again, again]), ends)
        assert twin._accepted(1.0, draws).all()
        assert not twin._accepted(0.0, draws).any()


def test_who_draws_again() -> None:
    """One of the 16 lanes of each field, where its 16 bits are a small number."""
    K = lattice.COARSE_PLANES["philox"]
    limit = 2 ** (20 - K)
    twin = lattice.Lattice((2, 2), 2.0, rng="philox")
    words = np.array([limit << 48 | (limit - 1) << 32 | limit << 16 | 3, 0x2345 << 32], np.uint64)
    words[1] |= np.uint64(17 << 48 | 0xFFFF << 16 | 0x8000)
    assert twin._drawing_again(words).tolist() == [1 << 47 | 1 << 3, 1 << 49]


@pytest.mark.parametrize(
    "shape", [(2, 2), (4, 2), (6, 10), (2, 130), (2, 2, 2), (4, 2, 6), (2, 4, 10)]
)
def test_cold_sweep_follows_the_neighbours(shape: tuple[int, ...]) -> None:
    """At T -> 0 nothing is random: align with the majority, and flip where there is none."""
    twin = lattice.Lattice(shape, 1e-3, J=-1.0, seed=9)
    expected = twin.spins.astype(int)

    def neighbour(site: tuple[int, ...], axis: int, step: int) -> int:
        other = list(site)
        other[axis] = (site[axis] + step) % shape[axis]
        return int(expected[tuple(other)])

    for colour in (0, 1):
        for site in itertools.product(*map(range, shape)):
            if sum(site) % 2 == colour:
                steps = itertools.product(range(len(shape)), (1, -1))
                field = -sum(neighbour(site, axis, step) for axis, step in steps)
                expected[site] = np.sign(field) if field else -expected[site]
    twin.sweep()
    np.testing.assert_array_equal(twin.spins, expected)


def energy_of(s: Any, J: float, h: float) -> float:
    bonds = sum((s * np.roll(s, 1, axis)).sum() for axis in range(s.ndim))
    return float(-J * bonds - h * s.sum())


def stationary_energy(shape: tuple[int, ...], J: float, h: float, T: float) -> tuple[float, float]:
    """Mean and variance of the energy of a torus of 8 spins, by enumeration."""
    states = itertools.product((-1, 1), repeat=8)
    energy = np.array([energy_of(np.array(state).reshape(shape), J, h) for state in states])
    p = np.exp(-(energy - energy.min()) / T)
    p /= p.sum()
    mean = float(p @ energy)
    return mean, float(p @ (energy - mean) ** 2)


@pytest.mark.thorough
@pytest.mark.parametrize("rng", ["aes", "philox"])
@pytest.mark.parametrize("dynamics", ["metropolis", "glauber"])
@pytest.mark.parametrize(("J", "h"), [(1.0, 0.0), (-1.0, 0.4)])
@pytest.mark.parametrize(("shape", "T"), [((2, 4), 4.0), ((2, 2, 2), 6.0)])
def test_energy_of_a_tiny_lattice(
    shape: tuple[int, ...], T: float, J: float, h: float, dynamics: str, rng: str
) -> None:
    """The mean over a chain is the enumerated one, by the spread of 20 blocks (t < 6.5, 3e-6)."""
    twin = lattice.Lattice(shape, T, J, h, dynamics, rng, seed=7)
    twin.sweep(20)
    energy = np.empty(800)
    for draw in range(energy.size):
        twin.sweep()
        energy[draw] = energy_of(twin.spins.astype(int), J, h)
    blocks = energy.reshape(20, -1).mean(axis=1)
    error = blocks.std(ddof=1) / math.sqrt(20)
    mean, variance = stationary_energy(shape, J, h, T)
    assert abs(blocks.mean() - mean) < 6.5 * error
    assert error < 0.2 * math.sqrt(variance)


def test_trajectories_differ_by_seed_stream_and_generator() -> None:
    def state(**arguments: object) -> bytes:
        twin = lattice.Lattice((8, 64), 2.3, **arguments)  # type: ignore[arg-type]
        twin.sweep(2)
        return twin.spins.tobytes()

    states = [
        state(),
        state(seed=2),
        state(seed=1 + 2**32),
        state(stream=1),
        state(stream=2**32),
        state(rng="philox"),
        state(dynamics="glauber"),
    ]
    assert len(set(states)) == len(states)
    assert state() == state()
