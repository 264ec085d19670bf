"""Couplings learned along chains on a GPU: what the CPU learns with the same generator."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import multispin as ms
from multispin import learn
from multispin._engines import devices
from multispin.learn.inverse import learned

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

N = 24  # more than sums over all states are made of


@pytest.fixture(autouse=True)
def placed(monkeypatch: pytest.MonkeyPatch) -> list[int | None]:
    """Let "auto" be the generator of GPUs on the CPU too; return where samplers were, in order."""
    seen: list[int | None] = []
    place = devices.placed

    def noted(request: Any, device: str, kind: Any) -> Any:
        found = place(replace(request, rng="philox"), device, kind)
        seen.append(found.gpu)
        return found

    monkeypatch.setattr(devices, "placed", noted)
    return seen


def samples(m: int = 100) -> NDArray[np.int8]:
    """Spins of a glass."""
    random = np.random.default_rng(1)
    J = np.triu(random.normal(size=(N, N)), 1) * 0.4 / np.sqrt(N)
    model = ms.Pairwise(J + J.T, 0.2 * random.normal(size=N))
    return learn.independent_samples(model, m, sweeps=30, random_state=1)


def same(one: Any, other: Any) -> bool:
    return np.array_equal(one, other, equal_nan=True)


@pytest.mark.filterwarnings("ignore::multispin.NotConvergedWarning")
@pytest.mark.filterwarnings("ignore::multispin.InfiniteMaximumWarning")
@pytest.mark.parametrize("case", ["moments", "l1", "support", "missing", "k_pairwise"])
def test_couplings_are_those_of_the_cpu(case: str, placed: list[int | None]) -> None:
    spins: Any = samples()
    options: dict[str, Any] = {}
    if case == "l1":
        options = {"l1": 0.05}
    if case == "support":  # a list of neighbours instead of all couplings
        away = np.abs(np.arange(N)[:, None] - np.arange(N))
        options = {"support": (away > 0) & (away < 3)}
    if case == "missing":
        spins = spins.astype(np.float64)
        spins[::3, 4] = np.nan
    if case == "k_pairwise":
        options = {"k_pairwise": True}
    fits = []
    for device, gpu in (("cpu", None), ("cuda", 0)):
        placed.clear()
        fit = ms.InverseIsing(
            "boltzmann", chains=64, max_iter=3, random_state=1, device=device, **options
        )
        if case == "moments":  # which have no pseudolikelihood to begin with
            fit.fit_moments(*ms.moments(spins), len(spins))
        else:
            fit.fit(spins)
        assert placed
        assert set(placed) == {gpu}
        fits.append(fit)
    one, other = fits
    assert one.n_iter_ == other.n_iter_
    assert one.n_iter_ > 0 or case == "k_pairwise"  # whose pairs may be right as they begin
    for name in ("J_", "h_", "history_", *(["potential_"] if case == "k_pairwise" else [])):
        assert same(getattr(one, name), getattr(other, name)), name


@pytest.mark.filterwarnings("ignore::multispin.NotConvergedWarning")
@pytest.mark.parametrize("what", ["couplings", "machine"])
def test_moments_of_chains_are_added_up_there(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from multispin import _cuda

    sums_of, seen = _cuda.packed_moment_sums, []

    def noted(rows: Any, bounds: Any) -> Any:
        seen.append(np.diff(bounds).tolist())
        return sums_of(rows, bounds)

    monkeypatch.setattr(_cuda, "packed_moment_sums", noted)
    if what == "couplings":
        ms.InverseIsing("boltzmann", chains=70, max_iter=1, random_state=1, device="cuda").fit(
            samples()
        )
        assert seen[0] == [9, 9, 9, 9, 9, 9, 8, 8]
    else:
        ms.BoltzmannMachine(2, n_iter=1, n_chains=70, random_state=1, device="cuda").fit(samples())
        assert seen[0] == [70]


@pytest.mark.filterwarnings("ignore::multispin.NotConvergedWarning")
@pytest.mark.filterwarnings("ignore::multispin.InfiniteMaximumWarning")
@pytest.mark.parametrize("k_pairwise", [False, True])
def test_what_was_learned_is_sampled_there(
    k_pairwise: bool, placed: list[int | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learned, "_FOR_POTENTIAL", 70)
    monkeypatch.setattr(learned, "_SWEEPS", 3)
    spins = samples()
    fit = ms.InverseIsing(
        "boltzmann", chains=64, max_iter=1, random_state=1, k_pairwise=k_pairwise
    ).fit(spins)
    hidden = np.where(np.arange(N) == 5, np.nan, spins[:40].astype(np.float64))
    found: dict[str, list[Any]] = {}
    for device, gpu in (("cpu", None), ("cuda", 0)):
        fit.set_params(device=device)
        placed.clear()
        ln_z = [fit.log_partition("ais", chains=8, temperatures=8)]
        drawn = [fit.sample(70, sweeps=3), fit.report(spins, n=50, sweeps=3).pairs.model]
        if not k_pairwise:
            ln_z.append(fit.log_partition("integration", chains=8, temperatures=8))
            drawn.append(fit.conditional(hidden, sweeps=3))
        assert set(placed) == {gpu}
        found[device] = [*drawn, *(one.value for one in ln_z)]
    assert all(same(*pair) for pair in zip(*found.values(), strict=True))


@pytest.mark.parametrize("n_hidden", [0, 5])
def test_boltzmann_machines_are_those_of_the_cpu(n_hidden: int, placed: list[int | None]) -> None:
    spins = samples()
    found: dict[str, list[Any]] = {}
    for device, gpu in (("cpu", None), ("cuda", 0)):
        placed.clear()
        machine = ms.BoltzmannMachine(
            n_hidden, batch_size=40, n_iter=2, n_chains=70, random_state=1, device=device
        ).fit(spins)
        held = np.arange(N) < 20
        found[device] = [
            machine.J_, machine.h_, machine.history_, machine.gradient(spins).J,
            machine.sample(70, sweeps=3), machine.reconstruct(spins, held, sweeps=3),
            machine.sample(5, sweeps=3, clamp=held, values=spins[0]),
            machine.log_partition("ais", chains=8, temperatures=8).value,
        ]  # fmt: skip
        assert set(placed) == {gpu}
    assert all(same(*pair) for pair in zip(*found.values(), strict=True))


@pytest.mark.parametrize("temperature", [0.0, 0.2])
@pytest.mark.parametrize("rule", ["hebb", "covariance"])
def test_memories_are_those_of_the_cpu(
    rule: str, temperature: float, placed: list[int | None]
) -> None:
    random = np.random.default_rng(2)
    patterns = np.where(random.random((4, 60)) < 0.3, 1, -1).astype(np.int8)
    network = ms.HopfieldNetwork(rule=rule, random_state=1).fit(patterns)
    cues = np.where(random.random((70, 60)) < 0.1, -1, 1) * patterns[np.arange(70) % 4]
    one, other = (
        network.retrieve(cues, temperature, sweeps=5, record_every=2, device=device)
        for device in ("cpu", "cuda")
    )
    assert placed == [None, 0]
    for name in ("state", "overlap", "energy", "converged", "sweeps", "history"):
        assert same(getattr(one, name), getattr(other, name)), name


def test_methods_without_chains_are_the_cpus() -> None:
    spins = samples()
    message = (
        r"^device: got 'cuda', allowed: 'cpu' with method='pseudolikelihood'; boltzmann takes it$"
    )
    with pytest.raises(ValueError, match=message):
        ms.InverseIsing(device="cuda").fit(spins)
    assert same(
        ms.InverseIsing(device="auto").fit(spins).J_, ms.InverseIsing(device="cpu").fit(spins).J_
    )


@pytest.mark.parametrize("dynamics", ["metropolis", "glauber"])
def test_the_benchmark_compares_devices(
    dynamics: str, bench: Callable[[str], dict[str, Any]]
) -> None:
    rows, equal = bench("inverse")["gradient"](dynamics, 20, 70, 2)
    assert len(rows) == 3
    assert equal


def test_the_benchmark_learns_on_both(
    placed: list[int | None], bench: Callable[[str], dict[str, Any]]
) -> None:
    assert len(bench("inverse")["learned"](20, 100, 64)) == 2
    assert set(placed) == {None, 0}
