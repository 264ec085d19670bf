"""Two layers of units 0 and 1, coupled to each other only, as in restricted Boltzmann machines.

::

    P(v, h) ~ exp(sum_i a_i v_i + sum_j b_j h_j + sum_ji W_ji h_j v_i)

Given one layer, the units of the other are independent: unit j is up with probability
1 / (1 + exp(-x_j)), x_j its offset and the weights of those units that are up.

Units are packed: row r of ``(R, ceil(n / 64))`` uint64 is a chain or a sample, bit j % 64 of word
j // 64 its unit j, and bits beyond the units are 0 (`pack`, `unpack`). What comes out does not
depend on the number of threads, on the instruction set, nor on the device. Calls release the GIL
and stop within 0.2 s of Ctrl-C.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from multispin import _core
from multispin._base import checks
from multispin._engines import devices, registry

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypeAlias

    from numpy.typing import ArrayLike, NDArray

    Layer: TypeAlias = Literal["hidden", "visible"]
    Bits: TypeAlias = NDArray[np.uint64]
    Doubles: TypeAlias = NDArray[np.float64]
    Floats: TypeAlias = NDArray[np.float32]


class Numbers(NamedTuple):
    """What random numbers are a function of, beside layer and unit."""

    seed: int  #: of 64 bits
    streams: NDArray[np.uint64]  #: ``(R,)``: one a row
    step: int  #: number of the first step; a step has numbers for both layers


class Bipartite:
    """Weights and offsets of two layers, and what is computed of them.

    Weights are rounded to integers times one power of two, less than 2**-29.9 of the largest sum of
    a row's or a column's moduli. A weight is off by up to half of it, and a field by up to that for
    each active unit. Sums of them are exact. A field is rounded to float32.

    Rows may have different levels, of a scale and offsets each (`set_levels`): the weights of level
    l are multiplied by ``scales[l]``. At first there is one level, of scale 1.

    Parameters
    ----------
    weights
        W, ``(n_hidden, n_visible)``, float32 or float64.
    visible_offsets, hidden_offsets
        a ``(n_visible,)`` and b ``(n_hidden,)``.
    threads
        Number of threads, which take rows in turn; None takes as many as the process may use. A
        GPU does not need them.
    device
        Where the machine is: ``"cpu"``, ``"cuda"``, ``"cuda:<index>"``, or ``"auto"``, which takes
        the first GPU for machines of 2**16 weights and more. Weights stay there, and chains do
        for all steps of `gibbs`; arrays come from the host and go back to it.

    Raises
    ------
    TypeError, ValueError
        If numbers are not finite, or shapes do not fit.
    DeviceError
        For a GPU that cannot be used.
    """

    def __init__(
        self,
        weights: ArrayLike,
        visible_offsets: ArrayLike,
        hidden_offsets: ArrayLike,
        threads: int | None = None,
        device: str = "cpu",
    ) -> None:
        given = _weights(weights)
        self.n_hidden, self.n_visible = given.shape
        self.threads = registry.threads(threads)
        gpu = devices.choose_for_weights(device, given.size)
        self.device = "cpu" if gpu is None else f"cuda:{gpu}"
        self._on_gpu = gpu is not None
        self._machine: Any = (
            _core.BipartiteMachine(self.n_visible, self.n_hidden)
            if gpu is None
            else devices.cuda_module().BipartiteMachine(self.n_visible, self.n_hidden, gpu)
        )
        self.replace(given, visible_offsets, hidden_offsets)

    @property
    def step(self) -> float:
        """What weights are multiples of."""
        step: float = self._machine.step
        return step

    def replace(
        self, weights: ArrayLike, visible_offsets: ArrayLike, hidden_offsets: ArrayLike
    ) -> None:
        """Put other numbers in place, as to `__init__`; there is one level then, of scale 1."""
        self._machine.set(
            _weights(weights),
            _doubles("visible_offsets", visible_offsets),
            _doubles("hidden_offsets", hidden_offsets),
        )

    def set_levels(
        self, scales: ArrayLike, visible_offsets: ArrayLike, hidden_offsets: ArrayLike
    ) -> None:
        """Set scales ``(L,)`` of the weights, offsets ``(L, n_visible)`` and ``(L, n_hidden)``."""
        self._machine.set_levels(
            _doubles("scales", scales),
            _doubles("visible_offsets", visible_offsets),
            _doubles("hidden_offsets", hidden_offsets),
        )

    def fields(self, bits: Bits, to: Layer, level: ArrayLike | None = None) -> Floats:
        """Return the fields ``(R, n)`` of the layer `to`, given the other one.

        With the level l of a row, ``(R,)`` integers or None for 0::

            x_j = float32(scale_l step S_j + offset_lj),    S_j = sum of active integers
        """
        found: Floats = self._machine.fields(_bits("bits", bits), to, _levels(level), *self._how)
        return found

    def probabilities(self, bits: Bits, to: Layer, level: ArrayLike | None = None) -> Floats:
        """Return 1 / (1 + exp(-x)) of the fields, off by less than 1e-7."""
        found: Floats = self._machine.probabilities(
            _bits("bits", bits), to, _levels(level), *self._how
        )
        return found

    def draw(self, bits: Bits, to: Layer, numbers: Numbers, level: ArrayLike | None = None) -> Bits:
        """Draw the units of the layer `to`, given the other one.

        A unit is up with its probability, but for 2**-24.
        """
        drawn: Bits = self._machine.draw(
            _bits("bits", bits), to, *_numbers(numbers), _levels(level), *self._how
        )
        return drawn

    def softplus(self, bits: Bits, to: Layer, levels: Sequence[int] | None = None) -> Doubles:
        """Return sum_j log(1 + exp(x_j)) ``(R,)``, or ``(len(levels), R)`` at several levels.

        Without `levels` level 0 is meant. Fields are not rounded to float32 here.
        """
        wanted = _integers("levels", [0] if levels is None else levels)
        sums: Doubles = self._machine.softplus(_bits("bits", bits), to, wanted, *self._how)
        return sums[0] if levels is None else sums

    def gibbs(
        self,
        visible: Bits,
        steps: int,
        numbers: Numbers,
        level: ArrayLike | None = None,
        clamp: Bits | None = None,
    ) -> tuple[Bits, Bits]:
        """Draw hidden units and then visible ones, `steps` >= 1 times; return what was drawn last.

        Equal to as many pairs of `draw`, with the steps ``numbers.step``, ``numbers.step + 1``, ...

        Parameters
        ----------
        clamp
            Bits of visible units that keep their values, ``(words,)`` for all rows or
            ``(R, words)``; None holds none.
        """
        held = None if clamp is None else _bits("clamp", clamp)
        drawn: tuple[Bits, Bits] = self._machine.gibbs(
            _bits("visible", visible),
            checks.count("steps", steps, 1),
            *_numbers(numbers),
            _levels(level),
            held,
            *self._how,
        )
        return drawn

    def outer(self, bits: Bits, n: int, values: NDArray[Any]) -> Doubles:
        """Return what the function `outer` does, made where the machine is."""
        if not self._on_gpu:
            return outer(bits, n, values, self.threads)
        sums: Doubles = self._machine.outer(
            _bits("bits", bits), checks.count("n", n, 1), _values(values)
        )
        return sums

    @property
    def _how(self) -> tuple[int, ...]:
        """What calls are told beside of what they compute."""
        return () if self._on_gpu else (self.threads,)


def pack(units: NDArray[Any]) -> Bits:
    """Return units 0 and 1, or flags, ``(R, n)`` as bits ``(R, ceil(n / 64))``."""
    rows, n = units.shape
    words = -(-n // 64)
    packed = np.zeros((rows, 8 * words), dtype=np.uint8)
    packed[:, : -(-n // 8)] = np.packbits(units, axis=1, bitorder="little")
    return packed.view("<u8").astype(np.uint64, copy=False)


def unpack(bits: Bits, n: int) -> NDArray[np.uint8]:
    """Return the first n units 0 and 1 of bits ``(R, words)``, ``(R, n)``."""
    packed = np.ascontiguousarray(bits).astype("<u8", copy=False).view(np.uint8)
    return np.unpackbits(packed, axis=1, count=n, bitorder="little")


def outer(bits: Bits, n: int, values: NDArray[Any], threads: int | None = None) -> Doubles:
    """Return sum_r s_rk v_rm ``(n, N)`` of bits s of n units and values v ``(R, N)``.

    Values, float32 or float64, are rounded to multiples of a power of two that is at most 2**-22 of
    the largest modulus; sums of these are exact.

    Raises
    ------
    ValueError
        If a value is not finite, or shapes do not fit.
    """
    return _core.bipartite_outer(
        _bits("bits", bits), checks.count("n", n, 1), _values(values), registry.threads(threads)
    )


class Products(NamedTuple):
    """Sums sum_r v_ri u_rj of bits v of visible units, that `learn` may make as it needs them.

    As `outer` of these bits and values u ``(R, n_hidden)``, float32.
    """

    bits: Bits
    values: Floats
    threads: int | None = None


class Rates(NamedTuple):
    """How far a step of learning goes: W ← W + velocity, less what penalties take."""

    rate: float
    momentum: float
    l1: float
    l2: float


def centre(units: Floats, shares: Doubles, offsets: Doubles) -> tuple[Doubles, Doubles]:
    """Change hidden units h ``(R, n)``, in place, to w_r (h_rj - λ_j), w the shares of samples.

    Returns
    -------
    tuple of ndarray
        sum_r abs(w_r) h_rj of the samples with w >= 0, those of the data, and of the others.
    """
    of_data, of_model = np.zeros(units.shape[1]), np.zeros(units.shape[1])
    _core.bipartite_centre(units, shares, offsets, of_data, of_model)
    return of_data, of_model


def learn(
    sums: Doubles | Products,
    change: Doubles,
    offsets: tuple[Doubles, Doubles],
    rates: Rates,
    weights: NDArray[Any],
    velocity: NDArray[Any],
) -> tuple[Doubles, Doubles]:
    """Move weights, in place, along the gradient of centred units.

    With offsets μ of visible and λ of hidden units, of sums ``(n_visible, n_hidden)``
    sum_r w_r v_ri (h_rj - λ_j) and change ``(n_hidden,)`` sum_r w_r h_rj::

        d_ji = sums_ij - change_j μ_i
        velocity <- momentum velocity + rate (d - 2 l2 W)
        W <- W + velocity, and then nearer to 0 by rate l1

    Weights and velocity are ``(n_hidden, n_visible)``, both float32 or both float64. Without
    momentum nothing is carried on, and velocity stays as it is. Sums that are `Products` are used
    up block by block; the step is the same. It cannot be stopped halfway.

    Returns
    -------
    tuple of ndarray
        What d takes from the visible and the hidden offsets, -sum_j d_ji λ_j and -sum_i d_ji μ_i.
    """
    along = np.zeros(weights.shape[1]), np.zeros(weights.shape[0])
    rest = (change, *offsets, *rates, weights, velocity, *along)
    if isinstance(sums, Products):
        threads = registry.threads(sums.threads)
        _core.bipartite_learn_from(_bits("bits", sums.bits), sums.values, threads, *rest)
    else:
        _core.bipartite_learn(sums, *rest)
    return along


def draw_units(fields: Floats, to: Layer, numbers: Numbers, threads: int | None = None) -> Bits:
    """Draw the units of a layer whose fields ``(R, n)`` are given, as `Bipartite.draw` does.

    What is not a number counts as down.
    """
    given = np.ascontiguousarray(fields, dtype=np.float32)
    return _core.bipartite_draw(given, to, *_numbers(numbers), registry.threads(threads))


def log_partition(
    weights: ArrayLike,
    visible_offsets: ArrayLike,
    hidden_offsets: ArrayLike,
    threads: int | None = None,
) -> float:
    """Return log sum_{v, h} exp(a·v + b·h + h·W v), by enumeration of the smaller layer.

    It may have 24 units. Numbers may be as large as 1000 and more: units whose fields could be
    beyond the range of exponentials take longer. Nothing is rounded to integers here.
    """
    return _core.bipartite_log_partition(
        np.ascontiguousarray(_weights(weights), dtype=np.float64),
        _doubles("visible_offsets", visible_offsets),
        _doubles("hidden_offsets", hidden_offsets),
        registry.threads(threads),
    )


def _weights(value: ArrayLike) -> NDArray[Any]:
    """Return weights as they are kept, or as float64."""
    given = np.asarray(value)
    if given.ndim != 2:
        raise ValueError(checks.describe("weights", value, "an array (n_hidden, n_visible)"))
    return _values(given)


def _values(value: ArrayLike) -> NDArray[Any]:
    """Return numbers as they are kept, or as float64."""
    given = np.asarray(value)
    return np.ascontiguousarray(given, np.float32 if given.dtype == np.float32 else np.float64)


def _doubles(name: str, value: ArrayLike) -> Doubles:
    try:
        return np.ascontiguousarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise TypeError(checks.describe(name, value, "an array of numbers")) from None


def _bits(name: str, value: Any) -> Bits:
    if not isinstance(value, np.ndarray) or value.dtype != np.uint64:
        raise TypeError(checks.describe(name, value, "an array of uint64"))
    return np.ascontiguousarray(value)


def _levels(value: ArrayLike | None) -> NDArray[np.int64] | None:
    return None if value is None else _integers("level", value)


def _integers(name: str, value: ArrayLike) -> NDArray[np.int64]:
    given = np.asarray(value)
    if given.size and given.dtype.kind not in "iu":
        raise TypeError(checks.describe(name, value, "an array of integers"))
    return np.ascontiguousarray(given, dtype=np.int64)


def _numbers(numbers: Numbers) -> tuple[int, Bits, int]:
    return (
        checks.seed("seed", numbers.seed),
        _bits("streams", numbers.streams),
        checks.count("step", numbers.step, 0, 2**64 - 1),
    )
