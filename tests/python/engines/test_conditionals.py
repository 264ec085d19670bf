"""Losses of conditional probabilities against their twin and against finite differences."""

from __future__ import annotations

import itertools
import os
import signal
import threading
from typing import Any

import numpy as np
import pytest

from multispin import _core
from multispin._engines.conditionals import Conditionals, packed
from reference import conditionals as twin

LOSSES = ("logistic", "exponential")
# Around bytes of targets, words of inputs, and blocks of samples.
SAMPLES = (1, 63, 64, 65, 255, 256, 257)
INPUTS = (1, 7, 8, 9, 15, 16, 17, 63, 64, 65)
TARGETS = (1, 7, 8, 9, 16, 17)


class Case:
    """Samples with weights, some of them 0, and a mask; couplings, and a direction."""

    def __init__(self, m: int, k: int, n: int, scale: float = 0.3) -> None:
        rng = np.random.default_rng(10_000 * m + 100 * k + n)
        spins = np.where(rng.random((m, k + n)) < rng.random(k + n), 1, -1).astype(np.int8)
        weights = rng.random(m) * (rng.random(m) < 0.8)
        self.samples = twin.Samples(spins[:, :k], spins[:, k:], weights, rng.random((m, n)) < 0.2)
        self.at = scale * rng.normal(size=(n, k)), scale * rng.normal(size=n)
        self.direction = rng.normal(size=(n, k)), rng.normal(size=n)

    def conditionals(self, threads: int = 1) -> Conditionals:
        """Packed, as the kernel takes it."""
        return Conditionals.of_spins(*self.samples, threads=threads)


def assert_near(got: Any, wanted: Any, scale: Any, case: object) -> None:
    """Within a few roundings of numbers of that size."""
    assert np.all(np.abs(got - wanted) <= 5e-14 * scale), case


def assert_as_twin(case: Case, loss: str, name: object, threads: int = 1) -> None:
    samples = case.conditionals(threads)
    values, *gradient = samples.losses(*case.at, loss)  # type: ignore[arg-type]
    wanted_values, *wanted = twin.losses(case.samples, *case.at, loss)
    np.testing.assert_allclose(values, wanted_values, rtol=5e-14, atol=5e-14, err_msg=str(name))
    counted = twin._weights(case.samples).sum(axis=0) if loss == "logistic" else 1.0
    size = 2.0 * np.broadcast_to(counted, values.shape)
    assert_near(gradient[0], wanted[0], size[:, None], name)
    assert_near(gradient[1], wanted[1], size, name)
    changes = samples.curvature(*case.at, loss, *case.direction)  # type: ignore[arg-type]
    wanted_changes = twin.curvature(case.samples, *case.at, loss, *case.direction)
    size = size * (np.abs(case.direction[0]).sum(axis=1) + np.abs(case.direction[1]))
    assert_near(changes[0], wanted_changes[0], size[:, None], name)
    assert_near(changes[1], wanted_changes[1], size, name)


@pytest.mark.one_in(6)
@pytest.mark.parametrize("loss", LOSSES)
def test_every_size_is_as_the_twin(isa: str, loss: str) -> None:  # noqa: ARG001
    for sizes in itertools.product(SAMPLES, INPUTS, TARGETS):
        assert_as_twin(Case(*sizes), loss, sizes)


@pytest.mark.parametrize("loss", LOSSES)
def test_many_samples(isa: str, loss: str) -> None:  # noqa: ARG001
    for m in (4095, 4096, 4097, 9000):
        assert_as_twin(Case(m, 20, 9), loss, m, threads=2)


@pytest.mark.parametrize("loss", LOSSES)
def test_threads_do_not_matter(loss: str) -> None:
    case = Case(3000, 70, 70)
    alone = case.conditionals(1)
    for threads in (2, 3, 7):
        shared = case.conditionals(threads)
        for method, *rest in ((Conditionals.losses,), (Conditionals.curvature, *case.direction)):
            one = method(alone, *case.at, loss, *rest)
            other = method(shared, *case.at, loss, *rest)
            for a, b in zip(one, other, strict=True):
                np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("loss", LOSSES)
def test_finite_differences(isa: str, loss: Any) -> None:  # noqa: ARG001
    """Along a direction, values change as gradients say, and gradients as curvatures do."""
    case = Case(300, 12, 9)
    samples = case.conditionals()
    step = 1e-3

    def along(t: float) -> tuple[Any, Any, Any]:
        J, h = (x + t * dx for x, dx in zip(case.at, case.direction, strict=True))
        return samples.losses(J, h, loss)

    def change(number: int) -> Any:
        """Of eighth order in the step."""
        weights = (4 / 5, -1 / 5, 4 / 105, -1 / 280)
        differences = (
            along(s * step)[number] - along(-s * step)[number] for s in range(1, len(weights) + 1)
        )
        return sum(c * d for c, d in zip(weights, differences, strict=True)) / step

    _, by_couplings, by_fields = along(0.0)
    slope = (by_couplings * case.direction[0]).sum(axis=1) + by_fields * case.direction[1]
    np.testing.assert_allclose(change(0), slope, rtol=1e-10, atol=1e-10)
    of_couplings, of_fields = samples.curvature(*case.at, loss, *case.direction)
    np.testing.assert_allclose(change(1), of_couplings, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(change(2), of_fields, rtol=1e-10, atol=1e-10)


def test_couplings_of_any_size(isa: str) -> None:  # noqa: ARG001
    for scale in (0.0, 1e-9, 30.0, 1e3, 1e5):
        for loss in LOSSES:
            case = Case(500, 20, 9, scale)
            values, *gradient = case.conditionals().losses(*case.at, loss)  # type: ignore[arg-type]
            wanted, *wanted_gradient = twin.losses(case.samples, *case.at, loss)
            # Fields themselves are rounded, and exponentials of them more so.
            rounded = max(1e-13, 1e-14 * scale)
            np.testing.assert_allclose(values, wanted, rtol=rounded, atol=1e-13)
            for got, of_twin in zip(gradient, wanted_gradient, strict=True):
                np.testing.assert_allclose(got, of_twin, rtol=1e-9, atol=500 * rounded)


def test_nothing_counts(isa: str) -> None:  # noqa: ARG001
    spins = np.array([[1, -1], [1, 1]], dtype=np.int8)
    at = np.ones((2, 2)), np.ones(2)
    nothing = np.zeros((2, 2), dtype=bool)
    second = np.array([[False, True], [False, True]])
    for weights, skip, without in (
        (np.zeros(2), nothing, [True, True]),
        (np.ones(2), second, [False, True]),
        (np.zeros(2), second, [True, True]),
    ):
        samples = Conditionals.of_spins(spins, None, weights, skip, threads=1)
        for loss, value in (("logistic", 0.0), ("exponential", -np.inf)):
            values, J, h = samples.losses(*at, loss)  # type: ignore[arg-type]
            np.testing.assert_array_equal(values == value, without)
            np.testing.assert_array_equal(h == 0.0, without)
            assert not J[without].any()
            changes = samples.curvature(*at, loss, *at)  # type: ignore[arg-type]
            assert not changes[0][without].any()
            assert not changes[1][without].any()


def test_no_samples_and_no_inputs(isa: str) -> None:  # noqa: ARG001
    empty = Conditionals.of_spins(np.zeros((0, 3), dtype=np.int8), threads=1)
    values, J, h = empty.losses(np.ones((3, 3)), np.ones(3), "exponential")
    assert np.all(values == -np.inf)
    assert not J.any()
    assert not h.any()
    alone = Conditionals.of_spins(
        np.zeros((2, 0), dtype=np.int8), np.array([[1], [-1]], dtype=np.int8), threads=1
    )
    values, J, h = alone.losses(np.zeros((1, 0)), np.zeros(1), "logistic")
    np.testing.assert_allclose(values, 2 * np.log(2.0), rtol=1e-15)
    assert J.shape == (1, 0)
    assert h[0] == 0.0


def test_padding_bits_may_be_anything() -> None:
    case = Case(100, 11, 13)
    samples = case.conditionals()
    others = Conditionals(
        samples.inputs | np.uint8([0, 0xF8]),
        samples.targets | np.uint8([0, 0xE0]),
        samples.weights,
        samples.skip | np.uint8([0, 0xE0]),  # type: ignore[operator]
        threads=1,
    )
    for loss in LOSSES:
        one = samples.losses(*case.at, loss)  # type: ignore[arg-type]
        other = others.losses(*case.at, loss)  # type: ignore[arg-type]
        for a, b in zip(one, other, strict=True):
            np.testing.assert_array_equal(a, b)


def test_packed() -> None:
    flags = np.zeros((2, 9), dtype=bool)
    flags[0, 0] = flags[0, 8] = flags[1, 7] = True
    np.testing.assert_array_equal(packed(flags), [[1, 1], [128, 0]])


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"inputs": np.zeros((3, 2), dtype=np.uint8)}, "inputs: "),
        ({"targets": np.zeros((4, 1), dtype=np.uint8)}, "targets: "),
        ({"weights": np.array([1.0, -1.0, 1.0])}, "weights: "),
        ({"weights": np.array([1.0, np.nan, 1.0])}, "weights: "),
        ({"weights": np.array([1.7e308, 1.7e308, 1.0])}, "weights: "),
        ({"couplings": np.zeros(2)}, "couplings: "),
        ({"couplings": np.array([[0.0, np.inf], [0.0, 0.0]])}, "couplings: "),
        ({"fields": np.zeros(3)}, "fields: "),
        ({"fields": np.array([0.0, np.nan])}, "fields: "),
        ({"skip": np.zeros((3, 2), dtype=np.uint8)}, "skip: "),
        ({"loss": "squared"}, "loss: got 'squared'"),
        ({"threads": 0}, "threads: got 0"),
    ],
)
def test_refused(changed: dict[str, Any], message: str) -> None:
    arguments: dict[str, Any] = {
        "inputs": np.zeros((3, 1), dtype=np.uint8),
        "targets": np.zeros((3, 1), dtype=np.uint8),
        "weights": np.ones(3),
        "couplings": np.zeros((2, 2)),
        "fields": np.zeros(2),
        "loss": "logistic",
        "threads": 1,
        **changed,
    }
    with pytest.raises(ValueError, match=message):
        _core.conditional_losses(**arguments)
    direction = {"direction_couplings": np.zeros((2, 2)), "direction_fields": np.zeros(2)}
    with pytest.raises(ValueError, match=message):
        _core.conditional_curvature(**arguments, **direction)


def test_refused_directions() -> None:
    samples = Conditionals.of_spins(np.ones((3, 2), dtype=np.int8), threads=1)
    at = np.zeros((2, 2)), np.zeros(2)
    for direction, message in (
        ((np.zeros((2, 3)), np.zeros(2)), "direction_couplings: "),
        ((np.full((2, 2), np.nan), np.zeros(2)), "direction_couplings: "),
        ((np.zeros((2, 2)), np.zeros(1)), "direction_fields: "),
    ):
        with pytest.raises(ValueError, match=message):
            samples.curvature(*at, "logistic", *direction)


@pytest.mark.parametrize("loss", LOSSES)
def test_ctrl_c(loss: Any) -> None:
    rng = np.random.default_rng(1)
    bits = rng.integers(0, 256, (200_000, 100), dtype=np.uint8)
    samples = Conditionals(bits)
    at = 0.1 * rng.normal(size=(800, 800)), np.zeros(800)
    timer = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        samples.losses(*at, loss)
    timer.join()
