"""Deep belief networks of a few units of two values, by sums over all states of all layers.

A network is a list of layers ``(W, b, c)``, the lowest first: W (n_hidden, n_visible), b and c the
biases of visible and hidden units. Units have the values `low` and 1, `low` 0 or -1.
"""

from __future__ import annotations

import itertools

import numpy as np


def states(n: int, low: int = 0) -> np.ndarray:
    """All states of n units, (2^n, n)."""
    return np.array(list(itertools.product((low, 1), repeat=n)), dtype=np.float64)


def conditionals(fields: np.ndarray, values: np.ndarray, low: int = 0) -> np.ndarray:
    """P(values | fields), rows of `fields` (R, n) by rows of `values` (S, n), (R, S)."""
    up = 1.0 / (1.0 + np.exp(-(1 - low) * fields))
    return np.stack([np.where(row == 1, up, 1 - up).prod(axis=1) for row in values], axis=1)


def of_visible(layer: tuple, low: int = 0) -> np.ndarray:
    """P(v) of one RBM, of all visible states."""
    return joint(layer, low).sum(axis=1)


def of_hidden(layer: tuple, low: int = 0) -> np.ndarray:
    """P(h) of one RBM, of all hidden states."""
    return joint(layer, low).sum(axis=0)


def joint(layer: tuple, low: int = 0) -> np.ndarray:
    """P(v, h) of one RBM, (visible states, hidden states)."""
    W, b, c = layer
    v, h = states(len(b), low), states(len(c), low)
    weights = np.exp((v @ b)[:, None] + h @ c + v @ W.T @ h.T)
    return weights / weights.sum()


def probabilities(layers: list, low: int = 0) -> np.ndarray:
    """P(v) of a network, of all visible states."""
    found = of_visible(layers[-1], low)
    for W, b, c in layers[-2::-1]:
        h, v = states(len(c), low), states(len(b), low)
        found = found @ conditionals(h @ W + b, v, low)
    return found


def bounds(layers: list, low: int = 0) -> np.ndarray:
    """E_Q[ln P(v, h...) - ln Q(h... | v)] of all visible states, path by path of hidden states."""
    v = states(len(layers[0][1]), low)
    top = np.log(of_visible(layers[-1], low))
    # Paths so far: their Q, and ln P(lower | upper) - ln Q(upper | lower) along them.
    q, gain = np.ones((len(v), len(v))) * np.eye(len(v)), np.zeros((len(v), len(v)))
    for W, b, c in layers[:-1]:
        lower, upper = states(len(b), low), states(len(c), low)
        up = conditionals(lower @ W.T + c, upper, low)  # (lower, upper)
        down = conditionals(upper @ W + b, lower, low).T  # (lower, upper)
        paths = q[..., None] * up
        gains = gain[..., None] + np.log(down) - np.log(up)
        # Every path stays by itself; only its last state is needed to go on.
        q = paths.reshape(len(v), -1)
        gain = gains.reshape(len(v), -1)
        ends = np.tile(np.arange(len(upper)), q.shape[1] // len(upper))
        q, gain = _by_end(q, gain, ends, len(upper))
    return (q * (gain + top)).sum(axis=1)


def _by_end(q: np.ndarray, gain: np.ndarray, ends: np.ndarray, n: int) -> tuple:
    """Sum Q over paths of the same end, and average what they have gained."""
    one = ends[:, None] == np.arange(n)
    total = q @ one
    return total, (q * gain) @ one / np.maximum(total, 1e-300)
