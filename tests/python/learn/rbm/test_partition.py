"""ln Z: exact, by annealed importance sampling, and along ladders of distributions."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import multispin as ms
from multispin._engines.bipartite import Numbers, pack, unpack
from multispin.learn.place import Place
from multispin.learn.rbm.chains import Kept, Ladder, Tempered, exchange
from multispin.learn.rbm.layers import Layers
from multispin.learn.rbm.parameters import Parameters
from multispin.learn.rbm.partition import along, log_partition
from multispin.learn.rbm.randomness import streams
from multispin.learn.rbm.training import parts
from multispin.learn.rbm.units import Binary, Gaussian, Units, softplus


def machine(n_hidden: int, n_visible: int, width: float, seed: int) -> Parameters:
    rng = np.random.default_rng(seed)
    return Parameters(
        rng.normal(0, width, (n_hidden, n_visible)),
        rng.normal(0, 0.5, n_visible),
        rng.normal(0, 0.5, n_hidden),
    )


def brute_force(of: Parameters) -> float:
    states = np.array(list(itertools.product((0.0, 1.0), repeat=of.shape[1])))
    return float(np.logaddexp.reduce(-of.free_energy(states)))


@pytest.mark.parametrize("shape", [(3, 8), (8, 3), (5, 5)])
def test_exact(shape: tuple[int, int]) -> None:
    of = machine(*shape, 1.0, 0)
    found = log_partition(of)
    assert found.method == "exact"
    assert found.error == 0.0
    assert found.value == pytest.approx(brute_force(of), abs=1e-10)


@pytest.mark.one_in(5)
@pytest.mark.parametrize("seed", range(5))
def test_annealed_importance_sampling(seed: int) -> None:
    # Five differences in standard errors, which are about right: 4 is passed by chance with
    # probability 3e-4; the seeds are fixed.
    of = machine(16, 40, 0.4, seed)
    exact = log_partition(of, "exact").value
    for method in ("ais", "reverse_ais"):
        found = log_partition(of, method, chains=200, temperatures=300, seed=seed)
        assert found.method == method
        assert found.error < 0.05
        assert abs(found.value - exact) < 4 * found.error
    assert found.effective_samples is not None
    assert found.effective_samples > 50


def test_a_bad_schedule_is_flagged() -> None:
    of = machine(16, 40, 1.5, 1)
    with pytest.warns(ms.NotConvergedWarning, match="ln Z"):
        log_partition(of, "ais", chains=50, betas=np.array([0.0, 1.0]), seed=1)


def test_the_base_may_be_any() -> None:
    of = machine(12, 20, 0.5, 3)
    found = log_partition(of, "ais", base=np.full(20, 2.0), chains=200, temperatures=500, seed=2)
    assert abs(found.value - log_partition(of, "exact").value) < 4 * found.error


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "other"}, "method"),
        ({"method": "ais", "chains": 1}, "chains"),
        ({"method": "ais", "temperatures": 1}, "temperatures"),
        ({"method": "ais", "betas": [0.0, 0.5]}, "betas"),
        ({"method": "ais", "betas": [0.0, 0.5, 0.4, 1.0]}, "betas"),
    ],
)
def test_wrong_arguments(options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}: got"):
        log_partition(machine(3, 3, 1.0, 0), **options)


def test_exact_refuses_what_is_too_large() -> None:
    with pytest.raises(ValueError, match="at most 24 units"):
        log_partition(machine(25, 25, 0.1, 0), "exact")


# --- ladders --------------------------------------------------------------------------------------


def ladders(of: Parameters) -> list[Ladder]:
    base = np.full(of.shape[1], 0.3)
    free = Parameters(np.zeros(of.shape), base, np.zeros(of.shape[0]))
    half = Parameters(of.weights / 2, of.visible, of.hidden / 2)
    return [Tempered(of, base, np.linspace(0, 1, 5), Place(1)), Kept([free, half, of], Place(1))]


def begun(ladder: Ladder, n: int, n_visible: int) -> list[np.ndarray]:
    kernel = machine(2, n_visible, 1.0, 0).kernel(Place(1))
    return [
        kernel.independent(np.zeros(n_visible), Numbers(5, streams(k * n, n), 0))
        for k in range(len(ladder))
    ]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("visible", [Binary(), Gaussian()])
def test_kept_models_stay_while_the_last_learns_on(dtype: type, visible: Units) -> None:
    start = parts(machine(3, 4, 1.0, 4))
    of = Parameters(*(part.astype(dtype) for part in start), Layers(visible, Binary()))
    ladder = Kept([of.copy(), of.copy()], Place(1))
    ladder.replace(of)
    states = ladder.kernels[0].independent(np.zeros(4), Numbers(5, streams(0, 20), 0))
    before = ladder.log_weights((1,), states)
    ladder.keep()
    for part in parts(of):
        part += 1  # as learning does, in place
    ladder.replace(of)
    kept, last = ladder.log_weights((1, 2), states)
    np.testing.assert_array_equal(kept, before[0])
    assert not np.array_equal(last, before[0])


@pytest.mark.one_in(2)
@pytest.mark.parametrize("which", [0, 1])
def test_chains_that_are_exchanged_stay_in_equilibrium(which: int) -> None:
    # Frequencies of 16 states of the model, at the end of 4000 chains that are independent but for
    # exchanges with others: χ² of 15 degrees of freedom is above 50 with probability 1e-5.
    of = machine(3, 4, 2.0, 4)
    ladder, n = ladders(of)[which], 4000
    states = begun(ladder, n, 4)
    for step in range(1, 60):
        states = ladder.advance(states, 1, 5, step)
        exchange(ladder, states, 5, step)
    all_states = np.array(list(itertools.product((0, 1), repeat=4)))
    probability = np.exp(-of.free_energy(all_states) - brute_force(of))
    seen = np.bincount(unpack(states[-1], 4) @ np.array([8, 4, 2, 1]), minlength=16)
    assert ((seen - n * probability) ** 2 / (n * probability)).sum() < 50


@pytest.mark.one_in(2)
@pytest.mark.parametrize("which", [0, 1])
def test_ln_z_along_a_ladder(which: int) -> None:
    of = machine(6, 9, 1.0, 6)
    ladder = ladders(of)[which]
    states = begun(ladder, 100, 9)
    for step in range(1, 50):
        states = ladder.advance(states, 1, 5, step)
        exchange(ladder, states, 5, step)
    values, errors = along(ladder, states, 200, 5, 50)
    base = float(softplus(np.full(9, 0.3)).sum()) + 6 * np.log(2)
    if which == 1:
        exact = np.array([log_partition(one).value for one in ladder.models])
    else:
        exact = np.array(
            [
                log_partition(
                    Parameters(
                        beta * of.weights, beta * of.visible + (1 - beta) * 0.3, beta * of.hidden
                    )
                ).value
                for beta in np.linspace(0, 1, 5)
            ]
        )
    assert exact[0] == pytest.approx(base)
    # Errors of ten stretches of time: t of 9 degrees of freedom is above 6 with probability 1e-4.
    assert np.all(np.abs(values - (exact - base))[1:] < 6 * errors[1:])
    assert errors.max() < 0.05


@pytest.mark.thorough
@pytest.mark.parametrize("kind", ["binary", "spin"])
def test_ln_z_along_the_models_that_training_has_kept(kind: str) -> None:
    rng = np.random.default_rng(0)
    X = (rng.random((200, 1)) < 0.5) ^ (rng.random((200, 12)) < 0.15)
    rbm = ms.RBM(
        8, method="ptt", learning_rate=0.3 if kind == "binary" else 0.05, n_iter=150, n_chains=200,
        batch_size=50, visible=kind, hidden=kind, random_state=1,
    ).fit(X if kind == "binary" else 2 * X.astype(int) - 1)  # fmt: skip
    assert len(rbm._kept[1]["model_kept_weights"]) >= 3
    found, exact = rbm.log_partition("ptt", random_state=2), rbm.log_partition("exact")
    assert found.method == "ptt"
    # Errors of ten stretches of time: t of 9 degrees of freedom is above 6 with probability 1e-4.
    assert abs(found.value - exact.value) < 6 * found.error
    assert found.error < 0.02
    rbm.set_params(method="pcd")  # which changes nothing that was learned
    assert rbm.log_partition("ptt", random_state=2).value == found.value
    with pytest.raises(ValueError, match="method: got 'ptt'"):
        ms.RBM(2, n_iter=1).fit(X).log_partition("ptt")


@pytest.mark.thorough
def test_twenty_models_are_within_three_errors() -> None:
    for seed in range(20):
        of = machine(16, 40, 0.4, seed)
        exact = log_partition(of, "exact").value
        for method in ("ais", "reverse_ais"):
            found = log_partition(of, method, chains=200, temperatures=300, seed=seed)
            assert abs(found.value - exact) < 3 * found.error


def test_log_weights_are_free_energies() -> None:
    of = machine(3, 5, 1.0, 7)
    v = np.random.default_rng(1).integers(0, 2, (6, 5))
    for ladder in ladders(of):
        last = len(ladder) - 1
        found = ladder.log_weights((0, last), pack(v))
        np.testing.assert_allclose(found[1], -of.free_energy(v), atol=1e-6)
        np.testing.assert_allclose(found[0], v.sum(axis=1) * 0.3 + 3 * np.log(2), atol=1e-6)


def test_auto_is_by_both_ways_where_states_are_too_many() -> None:
    of = machine(21, 30, 0.3, 1)
    auto, both, back = (
        log_partition(of, method, chains=50, temperatures=50, seed=1)
        for method in ("auto", "ais", "reverse_ais")
    )
    assert auto == both
    assert auto.method == "ais"
    assert back.value == auto.reverse
