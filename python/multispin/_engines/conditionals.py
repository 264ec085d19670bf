"""Losses of conditional probabilities: what estimators of couplings from samples minimise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from multispin import _core
from multispin._engines import registry

if TYPE_CHECKING:
    from typing import TypeAlias

    from numpy.typing import NDArray

    Loss: TypeAlias = Literal["logistic", "exponential"]
    Doubles: TypeAlias = NDArray[np.float64]
    Bits: TypeAlias = NDArray[np.uint8]


class Conditionals:
    """Samples, as bits, of which losses of conditional probabilities are computed.

    M samples have K inputs s_mj = ±1, N targets t_mi = ±1 and weights w_m >= 0. With couplings J
    ``(N, K)`` and fields h ``(N,)`` target i sees f_mi = h_i + sum_j J_ij s_mj, and
    x_mi = t_mi f_mi::

        logistic     value_i = sum_m w_m log(1 + exp(-2 x_mi))
        exponential  value_i = log sum_m w_m exp(-x_mi)

    These are -log of the conditional probability of a spin at β = 1 (pseudo-likelihood: Besag,
    J. R. Stat. Soc. D 24, 179 (1975)), and the logarithm of the interaction screening objective
    (logRISE: Lokhov, Vuffray, Misra & Chertkov, Sci. Adv. 4, e1700791 (2018)). Where targets are
    the inputs, the caller sets J_ii = 0 and ignores the diagonals of what comes back.

    The sums do not depend on the number of threads. Calls release the GIL and stop within 0.2 s of
    Ctrl-C.

    Parameters
    ----------
    inputs
        ``(M, ceil(K / 8))`` uint8, bit j % 8 of byte j // 8 says whether input j is +1; as
        `packed` makes them.
    targets
        ``(M, ceil(N / 8))`` uint8, the same of targets; None means the inputs.
    weights
        ``(M,)`` float64, finite and >= 0; None means 1. A sample of weight 0 is left out.
    skip
        ``(M, ceil(N / 8))`` uint8 or None; a bit that is set leaves its sample out of the sum of
        its target.
    threads
        Number of threads, which take eight targets at a time; None takes as many as the process
        may use.
    """

    def __init__(
        self,
        inputs: Bits,
        targets: Bits | None = None,
        weights: Doubles | None = None,
        skip: Bits | None = None,
        threads: int | None = None,
    ) -> None:
        self.inputs = inputs
        self.targets = inputs if targets is None else targets
        self.weights = np.ones(len(inputs)) if weights is None else weights
        self.skip = skip
        self.threads = registry.threads(threads)

    @classmethod
    def of_spins(
        cls,
        inputs: NDArray[np.int8],
        targets: NDArray[np.int8] | None = None,
        weights: Doubles | None = None,
        skip: NDArray[np.bool_] | None = None,
        threads: int | None = None,
    ) -> Conditionals:
        """Pack spins ±1, inputs ``(M, K)`` and targets ``(M, N)``, and a mask ``(M, N)``."""
        return cls(
            packed(inputs > 0),
            None if targets is None else packed(targets > 0),
            weights,
            None if skip is None else packed(skip),
            threads,
        )

    def losses(
        self, couplings: Doubles, fields: Doubles, loss: Loss
    ) -> tuple[Doubles, Doubles, Doubles]:
        """Return the values ``(N,)`` and their gradients by J ``(N, K)`` and by h ``(N,)``.

        With σ(y) = 1 / (1 + exp(-y)), and p_mi = w_m exp(-x_mi) / sum_m w_m exp(-x_mi)::

            logistic     d value_i / d J_ij = -2 sum_m w_m t_mi σ(-2 x_mi) s_mj
            exponential  d value_i / d J_ij = -sum_m p_mi t_mi s_mj

        and those by h_i with 1 in place of s_mj. Where no sample counts, the exponential loss is
        -inf and its gradient 0.
        """
        return _core.conditional_losses(
            self.inputs,
            self.targets,
            self.weights,
            couplings,
            fields,
            loss=loss,
            skip=self.skip,
            threads=self.threads,
        )

    def curvature(
        self,
        couplings: Doubles,
        fields: Doubles,
        loss: Loss,
        direction_couplings: Doubles,
        direction_fields: Doubles,
    ) -> tuple[Doubles, Doubles]:
        """Return Hessians times a direction (δJ, δh): parts of J ``(N, K)`` and of h ``(N,)``.

        With u_mi = δh_i + sum_j δJ_ij s_mj, and averages over samples with p_mi of `losses`::

            logistic     sum_m w_m 4 σ(2 x_mi) σ(-2 x_mi) u_mi s_mj
            exponential  <u_mi s_mj> - <t_mi s_mj> <t_mi u_mi>

        and those of h_i with 1 in place of s_mj.
        """
        return _core.conditional_curvature(
            self.inputs,
            self.targets,
            self.weights,
            couplings,
            fields,
            loss=loss,
            direction_couplings=direction_couplings,
            direction_fields=direction_fields,
            skip=self.skip,
            threads=self.threads,
        )


def packed(flags: NDArray[np.bool_]) -> Bits:
    """Return flags ``(M, K)`` as ``(M, ceil(K / 8))`` bytes, flag j in bit j % 8 of byte j // 8."""
    return np.packbits(flags, axis=1, bitorder="little")
