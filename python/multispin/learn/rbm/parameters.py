"""Weights and biases of two layers, and what they say of a state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from multispin.learn.rbm.kernel import Kernel
from multispin.learn.rbm.layers import BINARY, Layers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from multispin.learn.place import Place

    Reals = NDArray[Any]


#: Of parameters, at most: what units that are numbers come to then, and squares of it, are finite.
LARGEST = 1e15


def check_size(name: str, values: Reals) -> None:
    """Refuse parameters that are too large.

    Raises
    ------
    ValueError
        If one is, or is NaN.
    """
    # Twice through, and no copy: every update asks.
    if not (largest := max(values.max(initial=0.0), -values.min(initial=0.0))) <= LARGEST:
        got, allowed = f"a number of size {largest:g}", f"numbers up to {LARGEST:g}"
        raise ValueError(f"{name}: got {got}, allowed: {allowed}")


@dataclass
class Parameters:
    """Weights (n_hidden, n_visible) and biases, all of one type, float32 or float64.

    ::

        P(v, h) ~ rho(v) rho(h) exp(constant + sum_i b_i v_i + sum_j c_j h_j + sum_ij h_j W_ji v_i)
    """

    weights: Reals
    visible: Reals
    hidden: Reals
    layers: Layers = BINARY
    constant: float = 0.0

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of units, hidden and visible."""
        return len(self.hidden), len(self.visible)

    def copy(self) -> Parameters:
        """Return the same numbers in arrays of their own."""
        return self.of(self.weights.copy(), self.visible.copy(), self.hidden.copy())

    def of(self, weights: Reals, visible: Reals, hidden: Reals) -> Parameters:
        """Return other numbers of the same layers."""
        return Parameters(weights, visible, hidden, self.layers, self.constant)

    def of_machine(self) -> Parameters:
        """Return the parameters that units 0 and 1 have where these are of spins.

        With v = low + span u, and h alike, the exponent is the same.
        """
        if self.layers.spins == (False, False):
            return self
        (low, low_h), (span, span_h) = self.layers.lows, self.layers.spans
        weights, b, c = (
            np.asarray(part, dtype=np.float64) for part in (self.weights, self.visible, self.hidden)
        )
        over_hidden, over_visible = weights.sum(axis=0), weights.sum(axis=1)
        constant = low * b.sum() + low_h * c.sum() + low * low_h * over_visible.sum()
        return Parameters(
            self.weights * self.weights.dtype.type(span * span_h), span * (b + low_h * over_hidden),
            span_h * (c + low * over_visible), self.layers.of_machine,
            self.constant + float(constant),
        )  # fmt: skip

    def check(self) -> None:
        """Refuse numbers that are too large.

        Raises
        ------
        ValueError
            If there are any, or NaN.
        """
        for name, values in (("components_", self.weights), ("intercept_visible_", self.visible),
                             ("intercept_hidden_", self.hidden)):  # fmt: skip
            check_size(name, values)

    def kernel(self, place: Place) -> Kernel:
        """Return what samples these layers; refuse numbers that are too large."""
        self.check()
        return Kernel(self.of_machine(), place)

    def fields(self, visible: Reals) -> Reals:
        """Return what hidden units see of visible ones of any numbers, (R, n_hidden)."""
        found: Reals = visible @ self.weights.T + self.hidden
        return found

    def fields_of_visible(self, hidden: Reals) -> Reals:
        """Return what visible units see of hidden ones of any numbers, (R, n_visible)."""
        found: Reals = hidden @ self.weights + self.visible
        return found

    def again(self, visible: Reals) -> Reals:
        """Return the means of visible units, given the means of hidden ones, given these."""
        hidden = self.layers.hidden.mean(self.fields(visible))
        return self.layers.visible.mean(self.fields_of_visible(hidden))

    def free_energy(self, visible: Reals) -> NDArray[np.float64]:
        """Return F(v) = −constant − ln ρ(v) − b·v − Σ_j Γ_j(c_j + Σ_i W_ji v_i), (R,).

        Of layers as a machine takes them: P(v) = e^−F / Z.
        """
        assert self.layers.spins == (False, False)
        visible = np.asarray(visible, dtype=np.float64)
        weights, b, c = (
            np.asarray(part, dtype=np.float64) for part in (self.weights, self.visible, self.hidden)
        )
        of_hidden = self.layers.hidden.normalizers(visible @ weights.T + c).sum(axis=1)
        of_visible = visible @ b + self.layers.visible.log_measure(visible)
        found: NDArray[np.float64] = -of_visible - of_hidden - self.constant
        return found


class Machine(NamedTuple):
    """Parameters, and what samples them; whoever changes the one puts it in place in the other."""

    parameters: Parameters
    kernel: Kernel
