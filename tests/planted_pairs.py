"""Spins whose couplings are known, and samples of them drawn from the list of all states."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

import multispin as ms

Floats = NDArray[np.float64]


def planted(n: int, seed: int = 1, beta: float = 0.6) -> tuple[Floats, Floats]:
    random = np.random.default_rng(seed)
    J = np.triu(random.normal(size=(n, n)), 1) * beta / np.sqrt(n)
    return J + J.T, random.normal(size=n) * 0.3


def all_states(n: int) -> NDArray[np.int8]:
    return (2 * ((np.arange(1 << n)[:, None] >> np.arange(n)) & 1) - 1).astype(np.int8)


def probabilities(J: Floats, h: Floats) -> tuple[NDArray[np.int8], Floats]:
    states = all_states(len(h))
    return states, ms.exact.state_probabilities(ms.Pairwise(J, h), 1.0)


def drawn(J: Floats, h: Floats, m: int, seed: int = 2) -> NDArray[np.int8]:
    states, p = probabilities(J, h)
    return states[np.random.default_rng(seed).choice(len(states), m, p=p)]
