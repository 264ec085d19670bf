"""Spins ±1 and variables 0 and 1: the same energies, the same moments, there and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import multispin as ms
from multispin.learn.inverse import units

if TYPE_CHECKING:
    from numpy.typing import NDArray

RNG = np.random.default_rng(1)
N = 7
J = np.triu(RNG.normal(size=(N, N)), 1)
J += J.T
H = RNG.normal(size=N)
SPINS = (2 * (np.arange(2**N)[:, None] >> np.arange(N) & 1) - 1).astype(np.int8)


def energies(states: NDArray[np.int8], J: NDArray[np.float64], h: NDArray[np.float64]) -> object:
    """By the definition, whatever the values of the states are."""
    x = states.astype(np.float64)
    return -0.5 * np.einsum("si,ij,sj->s", x, J, x) - x @ h


def test_energies_are_the_same_but_for_the_constant() -> None:
    binary = units.to_binary(J, H)
    x = (SPINS + 1) // 2
    of_binary = energies(x, binary.J, binary.h)
    np.testing.assert_allclose(of_binary + binary.constant, energies(SPINS, J, H), atol=1e-12)
    back = units.from_binary(binary.J, binary.h)
    np.testing.assert_allclose(back.J, J, atol=1e-12)
    np.testing.assert_allclose(back.h, H, atol=1e-12)
    assert back.constant == pytest.approx(-binary.constant, abs=1e-12)


def test_the_formulas() -> None:
    binary = units.to_binary(J, H)
    np.testing.assert_allclose(binary.J, 4 * J, atol=1e-14)
    np.testing.assert_allclose(binary.h, 2 * H - 2 * J.sum(axis=1), atol=1e-13)
    assert binary.constant == pytest.approx(H.sum() - J.sum() / 2, abs=1e-13)


def test_couplings_of_zero_and_one_field() -> None:
    assert [part.tolist() for part in units.to_binary(np.zeros((2, 2)), 0.5)[:2]] == [
        [[0.0, 0.0], [0.0, 0.0]], [1.0, 1.0],
    ]  # fmt: skip
    one = units.from_binary([[0.0]], [3.0])
    assert (one.J.tolist(), one.h.tolist(), one.constant) == ([[0.0]], [1.5], -1.5)


def test_moments_are_those_of_samples() -> None:
    samples = RNG.choice(np.array([-1, 1], np.int8), p=[0.7, 0.3], size=(200, N))
    x = (samples + 1.0) / 2
    mean, second = ms.moments(samples)
    found = units.moments_to_binary(mean, second)
    np.testing.assert_allclose(found[0], x.mean(axis=0), atol=1e-14)
    np.testing.assert_allclose(found[1], x.T @ x / len(x), atol=1e-14)
    for one, other in zip(units.moments_from_binary(*found), (mean, second), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-12)
    np.testing.assert_allclose(
        units.moments_from_binary(found[0], found[1] - np.diag(found[0]))[1], second, atol=1e-12
    )


@pytest.mark.parametrize("convert", [units.moments_to_binary, units.moments_from_binary])
def test_wrong_moments(convert: type[units.Converted]) -> None:
    for mean, second, message in (
        ([[0.0]], [[1.0]], "mean: got 'an array of shape"),
        ([0.0], [1.0], "second: got 'an array of shape"),
        ([0.0], [[np.nan]], "second: got nan"),
    ):
        with pytest.raises(ValueError, match=message):
            convert(mean, second)  # type: ignore[arg-type, call-arg]


@pytest.mark.parametrize("convert", [units.to_binary, units.from_binary])
def test_wrong_parameters(convert: type[units.Converted]) -> None:
    for couplings, h, message in (
        ([[0.0, 1.0], [0.5, 0.0]], [0.0, 0.0], "J: got"),
        ([[0.0, 1.0], [1.0, 0.0]], [0.0], "h: got"),
    ):
        with pytest.raises(ValueError, match=message):
            convert(couplings, h)  # type: ignore[arg-type, call-arg]
