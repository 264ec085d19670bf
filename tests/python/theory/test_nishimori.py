"""The Nishimori line: identities summed over all bonds, and the glasses that are drawn for it.

The one statistical check is at 5 standard errors, two-sided: 1 in 10⁶ seeds fails.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import multispin as ms
from multispin.theory import nishimori


@pytest.mark.parametrize("p", [0.5001, 0.75, 0.9, 0.9999])
def test_temperature_and_share_are_each_others_inverse(p: float) -> None:
    T = nishimori.temperature(p, 1.5)
    assert (1 - p) / p == pytest.approx(np.exp(-3.0 / T))
    assert nishimori.share(T, 1.5) == pytest.approx(p)


@pytest.mark.parametrize("p", [0.6, 0.85])
def test_the_average_over_all_bonds_is_exact_on_any_graph(p: float) -> None:
    # A square with a diagonal and a tail: 6 bonds, 64 draws of them.
    edges = np.array([[0, 1], [1, 2], [2, 3], [3, 0], [0, 2], [3, 4]])
    J, T = 0.7, nishimori.temperature(p, 0.7)
    average = 0.0
    for signs in itertools.product((1, -1), repeat=len(edges)):
        share = p ** signs.count(1) * (1 - p) ** signs.count(-1)
        model = ms.Pairwise.from_edges(5, edges, J * np.array(signs))
        average += share * ms.exact.enumerate(model, T).energy
    z = 2 * len(edges) / 5
    assert average / 5 == pytest.approx(nishimori.energy(T, z, J), rel=1e-12)
    assert average == pytest.approx(-6 * J * np.tanh(J / T), rel=1e-12)


@pytest.mark.thorough
def test_glasses_of_that_share_have_that_energy() -> None:
    p = 0.85
    T = nishimori.temperature(p)
    glasses = ms.EdwardsAnderson((3, 4), seed=1, samples=300, p=p)
    energies = [ms.exact.enumerate(glasses.sample(k), T).energy / 12 for k in range(300)]
    error = np.std(energies, ddof=1) / np.sqrt(300)
    assert abs(np.mean(energies) - nishimori.energy(T, 4)) < 5 * error
    assert error < 0.02
    # Of half of the bonds it is another: the check can fail.
    others = ms.EdwardsAnderson((3, 4), seed=1, samples=300)
    energies = [ms.exact.enumerate(others.sample(k), T).energy / 12 for k in range(300)]
    assert abs(np.mean(energies) - nishimori.energy(T, 4)) > 5 * error


@pytest.mark.parametrize("p", [0.5, 1.0, 0.2, float("nan")])
def test_there_is_no_line_at_these_shares(p: float) -> None:
    with pytest.raises(ValueError, match="p: got .*allowed: a number above 1/2 and below 1"):
        nishimori.temperature(p)
