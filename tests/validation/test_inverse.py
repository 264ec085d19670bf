"""Couplings of nerve cells, and of planted glasses, found again from samples of what was found."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import multispin as ms
from multispin import couplings
from multispin.learn import independent_samples

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::multispin.InfiniteMaximumWarning"),
]

#: Fresh samples for each sample of the data: their own noise is 0.16 sampling errors then.
FRESH, CHAINS = 40, 8192


@pytest.fixture
def data() -> Path:
    folder = os.environ.get("MULTISPIN_DATA")
    if not folder:
        pytest.skip("MULTISPIN_DATA names no folder of data")
    return Path(folder)


def fresh_moments(fit: ms.InverseIsing, number: float, seed: int) -> tuple[Floats, Floats]:
    """Moments of chains that learning has not seen, which begin at random."""
    sampler = ms.Sampler(fit.model(), 1.0, replicas=CHAINS, seed=seed, engine="real")
    sampler.sweep(2000)
    n, times = fit.n_features_in_, int(-(-number // CHAINS))
    mean, second = np.zeros(n), np.zeros((n, n))
    for _ in range(times):
        sampler.sweep(20)
        now = ms.moments(np.asarray(sampler.spins()))
        mean, second = mean + now[0] / times, second + now[1] / times
    return mean, second


def deviations(fit: ms.InverseIsing, seed: int) -> Floats:
    """What fresh samples' moments differ by from those that were fitted, in sampling errors."""
    size = fit.moments_.n_samples
    mean, second = fresh_moments(fit, FRESH * size, seed)
    pairs = np.triu_indices(len(mean), 1)
    wanted = np.concatenate([fit.moments_.mean, fit.moments_.second[pairs]])
    error = np.sqrt(np.maximum(1 - wanted**2, 1 / size) / size)
    found: Floats = (np.concatenate([mean, second[pairs]]) - wanted) / error
    return found


def agree(fit: ms.InverseIsing, seed: int) -> None:
    z = deviations(fit, seed)
    print(f"ε_max {np.abs(z).max():.2f}, mean square {np.mean(z**2):.3f}, {fit.n_iter_} steps")
    assert fit.converged_
    assert np.abs(z).max() < 1.0


def test_37_nerve_cells_by_their_moments(data: Path) -> None:
    """Of ACE's example there are moments alone; some pairs of cells have never fired together."""
    mean, second = couplings.read_ace_moments(data / "ace_neural37.p")
    fit = ms.InverseIsing("boltzmann", units="binary", pseudocount=1.0, random_state=1)
    fit.fit_moments(mean, second, 140_852)
    agree(fit, 11)


def test_50_nerve_cells(data: Path) -> None:
    spikes = np.load(data / "neurons50.npz")["spikes"]
    fit = ms.InverseIsing("boltzmann", units="binary", random_state=1).fit(spikes)
    agree(fit, 11)


def test_halves_of_50_nerve_cells(data: Path) -> None:
    """What one half teaches holds of the other: 1275 parameters cost 1275/M of the likelihood.

    Twice half of that is between the likelihood of what was learned from and of what was not, if
    the model is right; and pairs say more than that, also of the other half.
    """
    spikes = np.load(data / "neurons50.npz")["spikes"]
    halves = spikes[::2], spikes[1::2]
    price = 1275 / len(halves[0])
    like = np.array([likelihoods(half, halves, 0.1 * price) for half in halves])
    alone = np.array([independent(half, halves) for half in halves])
    print(f"ln P: of pairs {like.round(4).tolist()}, of cells alone {alone.round(4).tolist()}")
    for own, other in ((0, 1), (1, 0)):
        # Halves differ in what they are, too: what is learned from them is compared on one of them.
        lost = like[own, own] - like[other, own]
        assert 0.3 * price < lost < 2.0 * price
        # Of what was not learned from, pairs explain more than learning so many of them costs.
        assert like[other, own] > alone[own, own] + price


def likelihoods(half: Any, halves: tuple[Any, Any], error: float) -> list[float]:
    fit = ms.InverseIsing("boltzmann", units="binary", random_state=1).fit(half)
    assert fit.converged_
    log_z = fit.log_partition(chains=2000, temperatures=2000)
    assert log_z.error < error  # small beside what is compared
    return [-float(fit.energy(part).mean()) - log_z.value for part in halves]


def independent(half: Any, halves: tuple[Any, Any]) -> list[float]:
    fit = ms.InverseIsing("independent", units="binary").fit(half)
    log_z = float(np.log(2 * np.cosh(fit.h_)).sum())
    return [-float(fit.energy(part).mean()) - log_z for part in halves]


@pytest.mark.parametrize("method", ["boltzmann", "pseudolikelihood"])
def test_learn_sample_learn(method: str) -> None:
    """Couplings of samples of what was learned are what was learned, within standard errors.

    Their mean square of 666 numbers is 1 to 0.055, if none depends on another: within 5 of that.
    """
    glass = ms.EdwardsAnderson((6, 6), seed=1)
    planted = ms.Pairwise.from_edges(36, glass.edges, 0.4 * glass.couplings, 0.1)
    size = 20_000
    first = ms.InverseIsing(method, random_state=1)
    first.fit(independent_samples(planted, size, random_state=1))
    samples = first.sample(size, sweeps=1000, random_state=2)
    second = ms.InverseIsing(method, random_state=3).fit(samples)
    errors = second.standard_errors(samples)
    pairs = np.triu_indices(36, 1)
    z = np.concatenate([
        ((second.J_ - first.J_) / np.where(errors.J > 0, errors.J, 1.0))[pairs],
        (second.h_ - first.h_) / errors.h,
    ])  # fmt: skip
    print(f"{method}: mean square of z {np.mean(z**2):.3f}, largest {np.abs(z).max():.2f}")
    assert np.mean(z**2) == pytest.approx(1.0, abs=0.28)
    assert np.abs(z).max() < 5.5


def test_15_nerve_cells(data: Path) -> None:
    spikes = np.load(data / "neurons50.npz")["spikes"][:, :15]
    exact = ms.InverseIsing("exact", units="binary").fit(spikes)
    assert exact.log_likelihood(spikes) == pytest.approx(-4.5110640390, abs=1e-9)
    fit = ms.InverseIsing("boltzmann", units="binary", random_state=1).fit(spikes)
    agree(fit, 11)
    found = fit.log_likelihood(spikes)
    print(f"below the maximum by {exact.log_likelihood(spikes) - found:.1e}")
    assert found == pytest.approx(-4.5110640390, abs=1e-4)
