"""Parameters that are changed after `fit` count, or are refused, however few units there are."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import multispin as ms

if TYPE_CHECKING:
    from collections.abc import Callable

SAMPLES = np.random.default_rng(1).choice(np.array([-1, 1], np.int8), (60, 4))
PARTLY = np.where(np.arange(4) < 2, SAMPLES[:3], np.nan)
HELD = np.ones(4, bool)

#: Fitted estimators, and what they do on a device, at other sizes at least.
ESTIMATORS: dict[str, Callable[[], Any]] = {
    "InverseIsing": lambda: ms.InverseIsing(l2=0.1, random_state=1).fit(SAMPLES),
    "BoltzmannMachine": lambda: ms.BoltzmannMachine(1, n_iter=2, random_state=1).fit(SAMPLES),
    "RBM": lambda: ms.RBM(2, visible="spin", n_iter=2, random_state=1).fit(SAMPLES),
    "RBM of numbers": lambda: ms.RBM(
        2, visible="gaussian", hidden="gaussian", n_iter=2, learning_rate=0.01, random_state=1
    ).fit(SAMPLES),
}
METHODS: dict[str, dict[str, Callable[[Any], object]]] = {
    "InverseIsing": {
        "sample": lambda of: of.sample(2),
        "conditional": lambda of: of.conditional(PARTLY, sweeps=2),
        "conditional, complete": lambda of: of.conditional(SAMPLES),
        "log_partition": lambda of: of.log_partition(),
        "log_likelihood": lambda of: of.log_likelihood(SAMPLES),
        "score": lambda of: of.score(SAMPLES),
        "entropy": lambda of: of.entropy(),
        "report": lambda of: of.report(SAMPLES, n=50),
    },
    "BoltzmannMachine": {
        "sample": lambda of: of.sample(2, sweeps=2),
        "sample, held": lambda of: of.sample(2, 2, HELD, SAMPLES[0]),
        "reconstruct": lambda of: of.reconstruct(SAMPLES, HELD),
        "log_partition": lambda of: of.log_partition(),
        "log_likelihood": lambda of: of.log_likelihood(SAMPLES),
    },
    "RBM": {
        "transform": lambda of: of.transform(SAMPLES.astype(float)),
        "sample": lambda of: of.sample(2, 2),
        "gibbs": lambda of: of.gibbs(SAMPLES),
        "h_samples_": lambda of: of.h_samples_,
        "log_partition": lambda of: of.log_partition(),
        "log_likelihood": lambda of: of.log_likelihood(SAMPLES),
    },
}
METHODS["RBM of numbers"] = METHODS["RBM"]
ALL = [(name, method) for name, methods in METHODS.items() for method in methods]


@pytest.mark.usefixtures("without_cuda")
@pytest.mark.parametrize(("name", "method"), ALL)
def test_a_place_that_there_is_not_is_refused(name: str, method: str) -> None:
    of, call = ESTIMATORS[name](), METHODS[name][method]
    call(of)
    for wrong, error, match in (
        ({"device": "abacus"}, ValueError, "^device: got 'abacus'"),
        ({"device": 3}, TypeError, "^device: got 3"),
        ({"device": "cuda"}, ms.DeviceError, "^device: got 'cuda'"),
        ({"threads": 0}, ValueError, "^threads: got 0"),
        ({"threads": "2"}, TypeError, "^threads: got '2'"),
    ):
        of.set_params(device="cpu", threads=None)
        of.set_params(**wrong)
        with pytest.raises(error, match=match):
            call(of)


@pytest.mark.parametrize("name", ["InverseIsing", "BoltzmannMachine"])
def test_units_and_seeds_that_are_changed_count(name: str) -> None:
    of = ESTIMATORS[name]()
    one, other = of.sample(40), of.sample(40, random_state=7)
    assert not np.array_equal(one, other)
    np.testing.assert_array_equal(of.set_params(random_state=7).sample(40), other)
    np.testing.assert_array_equal(of.set_params(random_state=None).sample(40), one)
    for wrong in ({"units": "parity"}, {"units": "spin", "random_state": -1}):
        with pytest.raises(ValueError, match=rf"^{[*wrong][-1]}: got "):
            of.set_params(**wrong).sample(2)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda of: of.sample(2, sweeps=0), "sweeps"),
        (lambda of: of.report(SAMPLES, sweeps=0.5), "sweeps"),
        (lambda of: of.entropy(random_state="x"), "random_state"),
        (lambda of: of.log_partition(chains=0), "chains"),
        (lambda of: of.log_partition(temperatures=None), "temperatures"),
        (lambda of: of.log_partition(random_state=-1), "random_state"),
        (lambda of: ms.log_partition(of.model(), seed=-1), "seed"),
        (lambda of: ms.log_partition(of.model(), threads=0), "threads"),
    ],
)
def test_arguments_are_checked_where_sums_need_none(call: Any, name: str) -> None:
    of = ESTIMATORS["InverseIsing"]()
    with pytest.raises((TypeError, ValueError), match=rf"^{name}: got .*, allowed: "):
        call(of)


def test_chains_give_no_advice_that_nobody_can_follow() -> None:
    """Where couplings are weak Metropolis hardly mixes, and says so."""
    mean, many = np.full(24, 0.005), np.ones((2, 24), np.int8)
    with warnings.catch_warnings():
        warnings.simplefilter("error", ms.SlowMixingWarning)
        of = ms.InverseIsing("boltzmann", chains=64, random_state=1)
        of.fit_moments(mean, np.outer(mean, mean), 1000.0)
        of.J_, of.h_ = np.zeros((24, 24)), mean
        of.sample(2, sweeps=2)
        of.conditional(np.where(np.arange(24) < 2, many, np.nan), sweeps=2)
        machine = ms.BoltzmannMachine(n_iter=1, random_state=1).fit(np.concatenate([many, -many]))
        machine.J_, machine.h_ = of.J_, of.h_
        machine.sample(2, sweeps=2)
