"""Two layers of units 0 and 1, unit by unit: weights in steps, fields, random numbers, draws."""

from __future__ import annotations

import itertools
import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from reference.lattice import derive
from reference.philox import philox4x32
from reference.real import LN_2, logistic

Units = npt.NDArray[np.uint8]
Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]

PURPOSES = {"visible": 13, "hidden": 14}  # of a stream
ROUNDS = 7


# --- weights in steps -----------------------------------------------------------------------------


def step_of(weights: Doubles) -> float:
    """Return the step of weights (n_hidden, n_visible): no sum of them leaves 32 bits."""
    moduli = np.abs(weights).astype(np.float64)
    most = max(moduli.sum(axis=0).max(), moduli.sum(axis=1).max())
    if most == 0:
        return 1.0
    exponent = math.frexp(most / (2.0**31 - 64 - max(weights.shape) / 2))[1]
    return math.ldexp(1.0, max(exponent, -1000))


def integers_of(weights: Doubles, step: float) -> Integers:
    """Return weights to the nearest multiple of the step, ties to even."""
    return np.rint(weights.astype(np.float64) / step).astype(np.int64)


class Machine(NamedTuple):
    """Integers W (n_hidden, n_visible) times a step, and levels of scale and offsets."""

    integers: Integers
    step: float
    scales: Doubles  # (L,)
    visible_offsets: Doubles  # (L, n_visible)
    hidden_offsets: Doubles  # (L, n_hidden)

    @classmethod
    def of(cls, weights: Doubles, visible_offsets: Doubles, hidden_offsets: Doubles) -> Machine:
        """One level of scale 1."""
        step = step_of(weights)
        return cls(
            integers_of(weights, step),
            step,
            np.ones(1),
            np.asarray(visible_offsets, dtype=np.float64)[None],
            np.asarray(hidden_offsets, dtype=np.float64)[None],
        )

    def exact_fields(self, units: Units, to: str, level: Integers | None = None) -> Doubles:
        """Fields of rows of units, before they are rounded to float32."""
        own = np.zeros(len(units), dtype=np.int64) if level is None else level
        weights = self.integers.T if to == "hidden" else self.integers
        offsets = self.hidden_offsets if to == "hidden" else self.visible_offsets
        sums = units.astype(np.int64) @ weights
        assert np.all(np.abs(sums) < 2**31)
        factors = self.scales[own] * self.step
        return factors[:, None] * sums.astype(np.float64) + offsets[own]

    def fields(self, units: Units, to: str, level: Integers | None = None) -> Floats:
        """As they are compared with noise."""
        return self.exact_fields(units, to, level).astype(np.float32)

    def draw(
        self, units: Units, to: str, seed: int, streams: Any, step: int, level: Any = None
    ) -> Units:
        """Draw the layer `to`."""
        fields = self.fields(units, to, level)
        return drawn(fields, to, seed, streams, step)

    def gibbs(
        self,
        visible: Units,
        steps: int,
        seed: int,
        streams: Any,
        step: int,
        level: Any = None,
        clamp: npt.NDArray[np.bool_] | None = None,
    ) -> tuple[Units, Units]:
        """Draw hidden units, then visible ones that are not held."""
        for number in range(step, step + steps):
            hidden = self.draw(visible, "hidden", seed, streams, number, level)
            new = self.draw(hidden, "visible", seed, streams, number, level)
            visible = new if clamp is None else np.where(clamp, visible, new)
        return visible, hidden


# --- random numbers -------------------------------------------------------------------------------


def numbers(seed: int, streams: Any, to: str, step: int, n: int) -> npt.NDArray[np.uint64]:
    """Return the random numbers of n units of each stream, 32 bits each."""
    unit = np.arange(n)
    block, output = 8 * (unit // 32) + unit % 16 // 2, 2 * (unit % 32 // 16) + unit % 2
    rows = np.empty((len(streams), n), dtype=np.uint64)
    for r, stream in enumerate(streams):
        key0, key1, salt, _ = derive(seed, int(stream), PURPOSES[to], 0)
        counter = (block, step & 0xFFFFFFFF, step >> 32, salt)
        outputs = np.broadcast_arrays(*philox4x32(counter, (key0, key1), ROUNDS))
        rows[r] = np.stack(outputs)[output, unit]
    return rows


def noise(given: npt.NDArray[np.uint64]) -> Floats:
    """Return logistic noise of numbers."""
    halved = (logistic(given) >> 1).astype(np.float32)
    modulus = halved * np.float32(LN_2 * 2.0**-25)
    return np.where(given & np.uint64(1), -modulus, modulus)


def drawn(fields: Floats, to: str, seed: int, streams: Any, step: int) -> Units:
    """Units that are up: whose fields are above noise."""
    given = numbers(seed, streams, to, step, fields.shape[1])
    return (fields > noise(given)).astype(np.uint8)


# --- probabilities --------------------------------------------------------------------------------


def states(n: int) -> Units:
    """All states of n units, (2^n, n); unit 0 changes fastest."""
    counted = itertools.product((0, 1), repeat=n)
    return np.array([state[::-1] for state in counted], dtype=np.uint8).reshape(2**n, n)


def log_weights(weights: Doubles, visible_offsets: Doubles, hidden_offsets: Doubles) -> Doubles:
    """Exponents of all joint states, (2^n_visible, 2^n_hidden)."""
    n_hidden, n_visible = weights.shape
    v, h = states(n_visible).astype(np.float64), states(n_hidden).astype(np.float64)
    return (v @ visible_offsets)[:, None] + (h @ hidden_offsets)[None, :] + v @ weights.T @ h.T


def log_sum(exponents: Doubles) -> float:
    """Return log sum exp."""
    most = exponents.max()
    return float(most + np.log(np.exp(exponents - most).sum()))
