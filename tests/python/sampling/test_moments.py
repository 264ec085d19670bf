"""`ms.moments` against its twin, exactly, and what it refuses."""

from __future__ import annotations

import itertools
import os
import signal
import threading
from functools import cache
from typing import Any

import numpy as np
import pytest

import multispin as ms
from multispin import _core
from multispin._engines.moments import integer_weights
from reference import moments as twin

# Around words of samples and the three that bytes hold; around blocks of 8, 64 and 128 spins.
SAMPLES = (1, 2, 63, 64, 65, 127, 128, 129, 191, 192, 193, 511, 512, 513)
SPINS = (1, 2, 7, 8, 9, 63, 64, 65, 127, 128, 129)


def samples_of(m: int, n: int) -> np.ndarray[Any, np.dtype[np.int8]]:
    """Spins of all kinds of means, and of neighbours that are often alike."""
    rng = np.random.default_rng(1000 * m + n)
    up = rng.random((m, n)) < np.linspace(0.0, 1.0, n)
    up[:, 1::3] ^= up[:, : up[:, 1::3].shape[1]]
    return np.where(up, 1, -1).astype(np.int8)


@cache
def expected_sums(m: int, n: int) -> tuple[Any, Any, Any]:
    """Weights, and the twin's sums without and with them."""
    weights = np.random.default_rng(m).integers(0, 2**40, m)
    samples = samples_of(m, n)
    return weights, twin.moment_sums(samples), twin.moment_sums(samples, weights.tolist())


@pytest.mark.one_in(5)
@pytest.mark.parametrize("threads", [1, 3])
def test_sums_are_those_of_the_twin(isa: str, threads: int) -> None:  # noqa: ARG001
    for m, n in itertools.product(SAMPLES, SPINS):
        weights, *expected = expected_sums(m, n)
        for given, sums in zip((None, weights), expected, strict=True):
            first, second = _core.moment_sums(samples_of(m, n), given, threads)
            np.testing.assert_array_equal(first, sums[0], err_msg=f"{m}, {n}")
            np.testing.assert_array_equal(second, sums[1], err_msg=f"{m}, {n}")


@pytest.mark.one_in(3)
def test_several_tiles(isa: str) -> None:  # noqa: ARG001
    for n in (511, 512, 513, 1023, 1024, 1025):
        samples = samples_of(66, n)
        first, second = _core.moment_sums(samples, None, 2)
        expected = twin.moment_sums(samples)
        np.testing.assert_array_equal(first, expected[0])
        np.testing.assert_array_equal(second, expected[1])


@pytest.mark.thorough
def test_threads_do_not_matter() -> None:
    samples = samples_of(20_000, 600)  # enough for threads to come
    weights = np.random.default_rng(4).random(20_000)
    for given in (None, weights):
        alone = ms.moments(samples, given, threads=1)
        shared = ms.moments(samples, given, threads=4)
        np.testing.assert_array_equal(alone[0], shared[0])
        np.testing.assert_array_equal(alone[1], shared[1])


def test_more_samples_than_short_counts_hold(isa: str) -> None:  # noqa: ARG001
    samples = samples_of(140_000, 4)
    samples[:, 0], samples[:, 1] = 1, -1
    first, second = _core.moment_sums(samples, None, 1)
    long = samples.astype(np.int64)
    np.testing.assert_array_equal(first, long.sum(0))
    np.testing.assert_array_equal(second, long.T @ long)


def test_bits_of_packed_rows(isa: str) -> None:  # noqa: ARG001
    rows = np.random.default_rng(3).integers(0, 2**64, (70, 5), dtype=np.uint64)
    bits = np.unpackbits(rows.view(np.uint8), axis=1, bitorder="little").T
    spins = (2 * bits.astype(np.int8) - 1).astype(np.int8)
    for first_sample, m in [(0, 320), (0, 1), (63, 1), (63, 2), (64, 64), (65, 255), (100, 129)]:
        found = _core.packed_moment_sums(rows, first_sample, m, 2)
        expected = twin.moment_sums(spins[first_sample : first_sample + m])
        np.testing.assert_array_equal(found[0], expected[0])
        np.testing.assert_array_equal(found[1], expected[1])
    for wrong in [(-1, 1), (0, 0), (0, 321), (320, 1), (2**63 - 1, 1), (0, 2**63 - 1)]:
        with pytest.raises(ValueError, match="^samples: got more than there are"):
            _core.packed_moment_sums(rows, *wrong, 1)


def test_means() -> None:
    samples = samples_of(130, 20)
    first, second = twin.moment_sums(samples)
    for given in (
        samples,
        samples.astype(np.int64),
        samples.astype(float),
        np.asfortranarray(samples),
    ):
        mean, products = ms.moments(given)
        assert mean.dtype == products.dtype == np.float64
        np.testing.assert_array_equal(mean, first / 130)
        np.testing.assert_array_equal(products, second / 130)
    every_other = samples[::2, ::3]
    np.testing.assert_array_equal(
        ms.moments(every_other)[1], twin.moment_sums(every_other)[1] / len(every_other)
    )


@pytest.mark.parametrize("scale", [1.0, 3.0, 2.0**900, 2.0**-900])
def test_integer_weights_are_exact(scale: float) -> None:
    samples = samples_of(200, 30)
    weights = np.random.default_rng(5).integers(0, 2**45, 200)
    weights[7] = 0
    first, second = twin.moment_sums(samples, weights.tolist())
    mean, products = ms.moments(samples, weights * scale, threads=2)
    total = int(weights.sum())
    np.testing.assert_allclose(mean, first / total, rtol=3e-16)
    np.testing.assert_allclose(products, second / total, rtol=3e-16)
    assert ms.moments(samples, np.full(200, scale))[1].tolist() == ms.moments(samples)[1].tolist()


@pytest.mark.thorough
def test_real_weights_are_rounded_as_promised() -> None:
    rng = np.random.default_rng(6)
    samples = samples_of(300, 5)
    for weights in (rng.random(300), rng.random(300) ** 200, rng.random(300) * 1e-310):
        mean, second = ms.moments(samples, weights)
        most = 300 * 2.0**-61 + 4 * 2.0**-53
        for i, j in itertools.product(range(5), repeat=2):
            exact = twin.weighted_mean([int(s[i] * s[j]) for s in samples], weights.tolist())
            assert abs(second[i, j] - float(exact)) <= most
        exact = twin.weighted_mean([int(s[0]) for s in samples], weights.tolist())
        assert abs(mean[0] - float(exact)) <= most


def test_weights_fill_the_integers() -> None:
    for weights in ([1.0], [1.0, 0.0], [0.1] * 7, [1e308] * 9, [5e-324, 1e308], [5e-324]):
        integers = integer_weights(np.array(weights))
        assert 2**60 <= integers.sum() <= 2**61
        assert integers.min() >= 0


def test_a_sample_of_weight_zero_does_not_count() -> None:
    samples = samples_of(100, 10)
    weights = np.ones(100)
    weights[50:] = 0
    np.testing.assert_array_equal(ms.moments(samples, weights)[1], ms.moments(samples[:50])[1])


@pytest.mark.one_in(2)
@pytest.mark.parametrize("wrong", [0, 2, -2, 127, -128, 3])
def test_other_values_are_refused_wherever_they_are(isa: str, wrong: int) -> None:  # noqa: ARG001
    for place in [(0, 0), (129, 64), (63, 63), (64, 10), (129, 0), (0, 64)]:
        samples = samples_of(130, 65)
        samples[place] = wrong
        message = rf"^samples: got the value {wrong}, allowed: \+1 and -1"
        with pytest.raises(ValueError, match=message):
            ms.moments(samples)


@pytest.mark.parametrize(
    ("samples", "error"),
    [
        (np.ones(3, np.int8), ValueError),
        (np.ones((2, 2, 2), np.int8), ValueError),
        (np.ones((0, 2), np.int8), ValueError),
        (np.ones((2, 0), np.int8), ValueError),
        (np.zeros((2, 2)), ValueError),
        (np.ones((2, 2), bool), TypeError),
        (np.ones((2, 2), complex), TypeError),
        ([[1, -1], [1]], ValueError),
        (None, ValueError),
    ],
)
def test_wrong_samples(samples: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="^samples: got .*, allowed: "):
        ms.moments(samples)


@pytest.mark.parametrize(
    ("weights", "error"),
    [
        ([1.0], ValueError),
        ([[1.0, 1.0]], ValueError),
        (1.0, ValueError),
        ([1.0, -1.0], ValueError),
        ([0.0, 0.0], ValueError),
        ([1.0, np.nan], ValueError),
        ([1.0, np.inf], ValueError),
        ([True, False], TypeError),
        ("ab", TypeError),
    ],
)
def test_wrong_weights(weights: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="^sample_weight: got .*, allowed: "):
        ms.moments(np.ones((2, 3), np.int8), weights)


def test_more_than_memory_holds() -> None:
    samples = np.broadcast_to(np.int8(1), (1, 2**22))
    with pytest.raises(
        MemoryError, match="^samples: moments of 4194304 spins in 1 samples: needed"
    ):
        ms.moments(samples)


@pytest.mark.parametrize(
    ("model", "engine", "replicas"),
    [
        (ms.Ising((4, 6)), "lattice", 70),
        (ms.Ising((4, 6)), "replica", 200),
        (ms.EdwardsAnderson((3, 4, 5), seed=1), "replica", 64),
        (ms.EdwardsAnderson((3, 4, 5), seed=1, samples=3), "replica", 70),
        (ms.EdwardsAnderson((3, 4, 5), seed=1, samples=5), "replica", 1),
    ],
)
def test_of_a_sampler(model: ms.models.Model, engine: str, replicas: int) -> None:
    sampler = ms.Sampler(model, 1.5, replicas, seed=1, engine=engine, threads=2)
    sampler.sweep(3)
    mean, second = sampler.moments()
    n, front = model.n_spins, () if model.samples is None else (model.samples,)
    assert (mean.shape, second.shape) == ((*front, n), (*front, n, n))
    assert mean.dtype == second.dtype == np.float64
    of_samples = zip(
        np.asarray(sampler.spins()).reshape(-1, replicas, n),
        mean.reshape(-1, n),
        second.reshape(-1, n, n),
        strict=True,
    )
    for spins, own_mean, own_second in of_samples:
        expected = twin.moment_sums(spins)
        np.testing.assert_array_equal(own_mean, expected[0] / replicas)
        np.testing.assert_array_equal(own_second, expected[1] / replicas)


def test_ctrl_c(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MULTISPIN_ISA", "portable")  # which takes long
    samples = samples_of(20_000, 700)
    weights = np.linspace(0.0, 1.0, len(samples))

    def again_and_again() -> None:
        while True:
            ms.moments(samples, weights, threads=2)

    timer = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt) as caught:
        again_and_again()
    timer.join()
    assert caught.traceback[-1].name == "moment_sums"  # in the compiled call
    ms.moments(samples[:10])
