"""Units of all kinds: their rules, their gradients, their chains, their partition functions."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy import integrate, stats

import multispin as ms
from multispin._engines.bipartite import Numbers, Rates, learn, unpack
from multispin.learn.place import Place
from multispin.learn.rbm import enumeration, flips, labels
from multispin.learn.rbm.chains import Tempered, exchange
from multispin.learn.rbm.equilibrium import potential_scale_reduction
from multispin.learn.rbm.gradient import Offsets, difference
from multispin.learn.rbm.layers import HIDDEN, layers_of
from multispin.learn.rbm.observations import observed
from multispin.learn.rbm.parameters import Machine, Parameters
from multispin.learn.rbm.partition import log_partition
from multispin.learn.rbm.randomness import streams
from multispin.learn.rbm.training import parts
from multispin.learn.rbm.units import Binary, Categorical, Gaussian, Rectified
from multispin.learn.rbm.visible import Visible

if TYPE_CHECKING:
    from collections.abc import Callable

    from multispin.learn.rbm.units import Units

KINDS = {
    "binary": Visible(), "spin": Visible("spin"), "gaussian": Visible("gaussian"),
    "categorical": Visible("categorical", 3), "labels": Visible("binary", 0, 3),
}  # fmt: skip
ALL = list(itertools.product(KINDS, HIDDEN))
PACKED = [(visible, hidden) for visible, hidden in ALL if visible != "gaussian"]


def machine(visible: str, hidden: str, seed: int = 0, width: float = 0.5) -> Parameters:
    """Four features, or two of three categories, and three hidden units."""
    rng = np.random.default_rng(seed)
    n = 2 if visible == "categorical" else 5
    kind = KINDS[visible]
    return Parameters(
        rng.normal(0, width, (3, kind.n_units(n))),
        rng.normal(0, 0.5, kind.n_units(n)),
        rng.normal(0, 0.5, 3),
        layers_of(kind.kind, hidden, kind.units(n)),
    )


def all_states(visible: str) -> np.ndarray:
    """All that people may see of the units, or some numbers."""
    if visible == "gaussian":
        return np.random.default_rng(9).normal(size=(40, 5))
    if visible == "categorical":
        return np.array(list(itertools.product(range(3), repeat=2)))
    low = -1 if visible == "spin" else 0
    states = np.array(list(itertools.product((low, 1), repeat=5)))
    return states[states[:, 2:].sum(axis=1) == 1] if visible == "labels" else states


def native(visible: str, samples: np.ndarray) -> np.ndarray:
    """Samples as the units of weights."""
    if visible != "categorical":
        return samples.astype(float)
    return (samples[:, :, None] == np.arange(3)).reshape(len(samples), -1).astype(float)


def gamma(hidden: str, x: np.ndarray) -> np.ndarray:
    """Ln Σ_s ρ(s) e^(s x)."""
    if hidden == "binary":
        return np.logaddexp(0.0, x)
    if hidden == "spin":
        return np.logaddexp(x, -x)
    found = x**2 / 2 + np.log(2 * np.pi) / 2
    return found + stats.norm.logcdf(x) if hidden == "relu" else found


def integrated(hidden: str, x: float) -> float:
    """The same of numbers, by quadrature."""
    top = max(x, 0.0) if hidden == "relu" else x
    low = 0.0 if hidden == "relu" else top - 12
    height = top * x - top * top / 2
    found, _ = integrate.quad(
        lambda s: np.exp(s * x - s * s / 2 - height), low, top + 12, epsabs=1e-13
    )
    return float(np.log(found) + height)


def minus_free_energies(
    at: Parameters, visible: str, hidden: str, samples: np.ndarray
) -> np.ndarray:
    """−F from the definition, of parameters as people see them."""
    v = native(visible, samples)
    found = v @ at.visible + gamma(hidden, v @ at.weights.T + at.hidden).sum(axis=1)
    return found - (v**2).sum(axis=1) / 2 if visible == "gaussian" else found


# --- rules ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("hidden", ["binary", "gaussian", "relu"])
def test_normalizers_and_means(hidden: str) -> None:
    units, x = HIDDEN[hidden], np.array([-6.0, -2.0, -0.3, 0.0, 0.7, 3.0, 8.0])
    np.testing.assert_allclose(units.normalizers(x), gamma(hidden, x), atol=1e-12)
    if hidden != "binary":
        by_quadrature = [integrated(hidden, each) for each in x]
        np.testing.assert_allclose(units.normalizers(x), by_quadrature, atol=1e-9)
    slope = (units.normalizers(x + 1e-5) - units.normalizers(x - 1e-5)) / 2e-5
    np.testing.assert_allclose(units.mean(x), slope, atol=1e-8)


def test_normalizers_and_means_of_groups() -> None:
    units = Categorical(2, 2, 3)
    x = np.random.default_rng(0).normal(0, 2, (5, 8))
    found = units.normalizers(x)
    np.testing.assert_allclose(found[:, :2], np.logaddexp(0, x[:, :2]))
    np.testing.assert_allclose(found[:, 2], np.logaddexp.reduce(x[:, 2:5], axis=1))
    np.testing.assert_allclose(found[:, 3], np.logaddexp.reduce(x[:, 5:], axis=1))
    mean = units.mean(x)
    np.testing.assert_allclose(mean[:, 2:5].sum(axis=1), 1.0)
    np.testing.assert_allclose(mean[:, 5:] / mean[:, [5]], np.exp(x[:, 5:] - x[:, [5]]))


@pytest.mark.parametrize("units", [Binary(), Gaussian(), Rectified(), Categorical(1, 1, 2)])
def test_fields_that_are_far_out(units: Units) -> None:
    # Where exponentials end: what is left is the sum of a few rounding errors of x²/2.
    x = np.array([[-1000.0, -1000.0, 1000.0]])
    assert np.isfinite(units.normalizers(x)).all()
    assert np.isfinite(units.mean(x)).all()
    assert np.isfinite(units.mean(x.astype(np.float32))).all()
    if isinstance(units, Rectified):
        np.testing.assert_allclose(units.mean(x), [[0.001, 0.001, 1000.0]], rtol=1e-4)
        drawn = units.draw(np.full((4000, 1), -1000.0), "hidden", numbers(4000), 1)
        # Exponential of mean 0.001; 5 standard errors of a mean.
        assert abs(drawn.mean() * 1000 - 1) < 5 / np.sqrt(4000)


def numbers(n: int, seed: int = 1, step: int = 0) -> Numbers:
    return Numbers(seed, streams(0, n), step)


@pytest.mark.parametrize("x", [-5.0, -1.0, 0.0, 2.5])
def test_draws_of_numbers(x: float) -> None:
    # Kolmogorov-Smirnov; eight tests, each fails by chance with probability 1e-4.
    fields = np.full((5000, 2), x)
    of_gaussian = Gaussian().draw(fields, "visible", numbers(5000), 1)
    assert stats.kstest((of_gaussian - x).ravel(), "norm").pvalue > 1e-4
    of_rectified = Rectified().draw(fields, "hidden", numbers(5000), 1)
    cut = stats.truncnorm(-x, np.inf, loc=x)
    assert stats.kstest(of_rectified.ravel(), cut.cdf).pvalue > 1e-4


def test_draws_of_groups() -> None:
    # χ² of 2 degrees of freedom above 25: 4e-6.
    units, n = Categorical(70, 2, 3), 6000
    x = np.zeros((n, 76))
    x[:, 70:] = [0.5, -1.0, 2.0, 1.0, -2.0, 0.3]
    drawn = unpack(units.draw(x, "visible", numbers(n), 1), 76)
    mean = units.mean(x[:1])[0]
    for group in (slice(70, 73), slice(73, 76)):
        assert (drawn[:, group].sum(axis=1) == 1).all()
        expected = n * mean[group]
        assert ((drawn[:, group].sum(axis=0) - expected) ** 2 / expected).sum() < 25
    assert abs(drawn[:, :70].mean() - 0.5) < 5 * 0.5 / np.sqrt(70 * n)


def test_rows_have_numbers_of_their_own() -> None:
    fields = np.zeros((6, 3))
    for units in (Gaussian(), Rectified(), Categorical(0, 1, 3)):
        one = units.draw(fields, "hidden", numbers(6), 1)
        assert np.array_equal(one, units.draw(fields, "hidden", numbers(6), 1))
        for other in (numbers(6, seed=2), numbers(6, step=1), Numbers(1, streams(6, 6), 0)):
            assert not np.array_equal(one, units.draw(fields, "hidden", other, 1))


# --- free energies and gradients ------------------------------------------------------------------


@pytest.mark.parametrize(("visible", "hidden"), ALL)
def test_free_energies_are_those_of_the_definition(visible: str, hidden: str) -> None:
    at, samples = machine(visible, hidden), all_states(visible)
    data = observed(samples, visible=KINDS[visible])
    expected = minus_free_energies(at, visible, hidden, samples)
    np.testing.assert_allclose(
        -at.of_machine().free_energy(data.numbers()), expected, rtol=1e-9, atol=1e-9
    )
    kernel = at.kernel(Place(1))
    found = kernel.log_weights(data.states.astype(kernel_type(data.states)))[0]
    np.testing.assert_allclose(found + at.of_machine().constant, expected, atol=1e-5)


def kernel_type(states: np.ndarray) -> np.dtype:
    return states.dtype if states.dtype == np.uint64 else np.dtype(np.float32)


@pytest.mark.parametrize("centred", [False, True])
@pytest.mark.parametrize(("visible", "hidden"), ALL)
def test_the_difference_of_phases(visible: str, hidden: str, centred: bool) -> None:
    """It is how −⟨F⟩ of data, less −⟨F⟩ of the model's samples, changes with parameters."""
    at, states = machine(visible, hidden), all_states(visible)
    rng = np.random.default_rng(4)
    data, model = (states[rng.integers(len(states), size=12)] for _ in range(2))
    weights = rng.uniform(0.5, 2.0, 12)
    weights /= weights.sum()

    def gap(of: Parameters) -> float:
        of_data, of_model = (
            minus_free_energies(of, visible, hidden, part) for part in (data, model)
        )
        return float(weights @ of_data - of_model.mean())

    n_hidden, n_visible = at.shape
    offsets = Offsets(np.zeros(n_visible), np.zeros(n_hidden))
    if centred:
        offsets = Offsets(rng.uniform(size=n_visible), rng.uniform(size=n_hidden))
    kind = KINDS[visible]
    found = difference(
        Machine(at, at.kernel(Place(1))), observed(data, weights, visible=kind),
        observed(model, visible=kind), offsets,
    )  # fmt: skip
    step, velocity = np.zeros(at.shape), np.zeros(at.shape)
    along = learn(
        found.sums, found.hidden, (offsets.visible, offsets.hidden), Rates(1.0, 0.0, 0.0, 0.0),
        step, velocity,
    )  # fmt: skip
    W, b, c = slopes(gap, at)
    if centred:
        W = W - np.outer(c, offsets.visible) - np.outer(offsets.hidden, b)
        b, c = b - W.T @ offsets.hidden, c - W @ offsets.visible
    for one, other in ((step, W), (found.visible + along[0], b), (found.hidden + along[1], c)):
        np.testing.assert_allclose(one, other, atol=2e-6)  # means of hidden units are float32


def slopes(function: Callable[[Parameters], float], at: Parameters) -> list[np.ndarray]:
    """Central differences of a function of parameters."""
    found = []
    for part in parts(at):
        slope = np.zeros_like(part)
        for index in np.ndindex(part.shape):
            kept, values = part[index], []
            for sign in (1, -1):
                part[index] = kept + sign * 1e-5
                values.append(function(at))
            part[index] = kept
            slope[index] = (values[0] - values[1]) / 2e-5
        found.append(slope)
    return found


@pytest.mark.parametrize("loss", ["pl", "rm"])
@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize("visible", ["binary", "spin"])
def test_losses_of_conditionals(visible: str, hidden: str, loss: str) -> None:
    at, states = machine(visible, hidden), all_states(visible)
    data = states[np.random.default_rng(2).integers(len(states), size=6)]
    low = states.min()
    training = ms.RBM(3, visible=visible, hidden=hidden, method=loss, random_state=1)

    def mean_loss(of: Parameters) -> float:
        total = 0.0
        for i in range(data.shape[1]):
            turned = data.copy()
            turned[:, i] = low + 1 - turned[:, i]
            rise = minus_free_energies(of, visible, hidden, data) - minus_free_energies(
                of, visible, hidden, turned
            )
            p = 1 / (1 + np.exp(-rise))
            total += float((np.log(p) if loss == "pl" else -((1 - p) ** 2)).mean())
        return total

    moved = ms.RBM.from_arrays(
        *parts(at), visible=visible, hidden=hidden, method=loss, centered=False, learning_rate=1e-3,
        batch_size=6, random_state=1,
    )  # fmt: skip
    moved.partial_fit(data)
    for one, before, slope in zip(
        (moved.components_, moved.intercept_visible_, moved.intercept_hidden_),
        parts(at), slopes(mean_loss, at), strict=True,
    ):  # fmt: skip
        np.testing.assert_allclose((one - before) / 1e-3, slope, atol=1e-6)
    assert training.method == loss
    conditionals = flips.log_conditionals(
        at.of_machine(), observed(data, visible=KINDS[visible]).numbers()
    )
    if loss == "pl":
        assert conditionals.sum(axis=1).mean() == pytest.approx(mean_loss(at), abs=1e-9)


@pytest.mark.parametrize("hidden", ["binary", "gaussian", "relu"])
def test_the_gradient_of_labels_given_samples(hidden: str) -> None:
    at, states = machine("labels", hidden), all_states("labels")
    samples = states[np.random.default_rng(5).integers(len(states), size=8)].astype(float)
    shares = np.random.default_rng(6).uniform(0.5, 1.5, 8)
    shares /= shares.sum()

    def mean_log(of: Parameters) -> float:
        found = []
        for v in samples:
            of_labels = np.concatenate([np.tile(v[:2], (3, 1)), np.eye(3)], axis=1)
            found_F = minus_free_energies(of, "labels", hidden, of_labels)
            found.append(found_F[np.argmax(v[2:])] - np.logaddexp.reduce(found_F))
        return float(shares @ found)

    log_p = labels.log_probabilities(at, samples[:, :2])
    chosen = log_p[np.arange(8), samples[:, 2:].argmax(axis=1)]
    assert shares @ chosen == pytest.approx(mean_log(at), abs=1e-9)
    for one, other in zip(labels.gradient(at, samples, shares), slopes(mean_log, at), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-8)


def label_loss(loss: str, of: Parameters, hidden: str, samples: np.ndarray) -> np.ndarray:
    """Return the loss of each sample, unit by unit and label by label, as its definition says."""
    found = np.zeros(len(samples))
    at = minus_free_energies(of, "labels", hidden, samples)
    for i in range(2):
        turned = samples.copy()
        turned[:, i] = 1 - turned[:, i]
        p = 1 / (1 + np.exp(minus_free_energies(of, "labels", hidden, turned) - at))
        found += -np.log(p) if loss == "pl" else (1 - p) ** 2
    others = np.stack([
        minus_free_energies(
            of, "labels", hidden, np.concatenate([samples[:, :2], np.tile(one, (len(at), 1))], 1)
        )
        for one in np.eye(3)
    ], axis=1)  # fmt: skip
    p = np.exp(others - np.logaddexp.reduce(others, axis=1)[:, None])
    of_labels = samples[:, 2:]
    if loss == "pl":
        return found - np.log((p * of_labels).sum(axis=1))
    return found + ((of_labels - p) ** 2).sum(axis=1) / 2


@pytest.mark.parametrize("loss", ["pl", "rm"])
@pytest.mark.parametrize("hidden", HIDDEN)
def test_losses_of_conditionals_with_labels(hidden: str, loss: str) -> None:
    at, states = machine("labels", hidden), all_states("labels")
    data = states[np.random.default_rng(2).integers(len(states), size=6)].astype(float)

    def gain(of: Parameters) -> float:
        return -float(label_loss(loss, of, hidden, data).mean())

    moved = ms.RBM.from_arrays(
        *parts(at), hidden=hidden, n_labels=3, method=loss, centered=False, learning_rate=1e-3,
        batch_size=6, random_state=1,
    )  # fmt: skip
    if loss == "pl":
        np.testing.assert_allclose(
            moved.score_samples(data), -label_loss(loss, at, hidden, data), atol=1e-10
        )
    moved.partial_fit(data)
    for one, before, slope in zip(
        (moved.components_, moved.intercept_visible_, moved.intercept_hidden_),
        parts(at), slopes(gain, at), strict=True,
    ):  # fmt: skip
        np.testing.assert_allclose((one - before) / 1e-3, slope, atol=1e-6)


@pytest.mark.parametrize("loss", ["pl", "rm"])
@pytest.mark.parametrize("visible", ["binary", "labels"])
def test_losses_are_least_at_the_distribution_of_the_samples(visible: str, loss: str) -> None:
    """All states, each as often as the machine has it: there is no slope, and others are worse."""
    at, states = machine(visible, "binary", width=1.0), all_states(visible)
    p = np.exp(minus_free_energies(at, visible, "binary", states))
    p /= p.sum()
    for slope in flips.gradient(at.of_machine(), states, p, loss):
        np.testing.assert_allclose(slope, 0.0, atol=1e-12)
    other = machine(visible, "binary", seed=1, width=1.0)
    assert max(np.abs(part).max() for part in flips.gradient(other, states, p, loss)) > 0.01
    if visible == "labels":
        least, more = (label_loss(loss, of, "binary", states) @ p for of in (at, other))
        assert more > least + 0.1


def test_two_labels_are_a_unit_of_two_values() -> None:
    """Weights of the second label less those of the first, and other terms of the first."""
    rng = np.random.default_rng(3)
    W, b, c = rng.normal(size=(3, 4)), rng.normal(size=4), rng.normal(size=3)
    plain = Parameters(W, b, c)
    W2 = np.concatenate([W[:, :3], np.zeros((3, 1)), W[:, 3:]], axis=1)
    two = Parameters(
        W2,
        np.concatenate([b[:3], [0.0], b[3:]]),
        c,
        layers_of("binary", "binary", Categorical(3, 1, 2)),
    )
    states = np.array(list(itertools.product((0.0, 1.0), repeat=4)))
    shares = np.full(16, 1 / 16)
    with_two = np.concatenate([states[:, :3], 1 - states[:, 3:], states[:, 3:]], axis=1)
    for loss in ("pl", "rm"):
        one = flips.gradient(plain, states, shares, loss)
        other = flips.gradient(two, with_two, shares, loss)
        kept = [0, 1, 2, 4]
        np.testing.assert_allclose(other[0][:, kept], one[0], atol=1e-12)
        np.testing.assert_allclose(other[1][kept], one[1], atol=1e-12)
        np.testing.assert_allclose(other[2], one[2], atol=1e-12)
    np.testing.assert_allclose(
        flips.log_pseudolikelihood(two, with_two),
        flips.log_conditionals(plain, states).sum(axis=1), atol=1e-12,
    )  # fmt: skip


def test_blocks_of_units_and_of_labels_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    at, states = machine("labels", "binary"), all_states("labels").astype(float)
    shares = np.random.default_rng(4).dirichlet(np.ones(len(states)))
    whole = [flips.gradient(at, states, shares, loss) for loss in ("pl", "rm")]
    for module in (flips, labels):
        monkeypatch.setattr(module, "_AT_ONCE", 4)
    for loss, expected in zip(("pl", "rm"), whole, strict=True):
        for one, other in zip(flips.gradient(at, states, shares, loss), expected, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-13)


# --- partition functions --------------------------------------------------------------------------


def brute_force(at: Parameters, visible: str, hidden: str) -> float:
    return float(np.logaddexp.reduce(minus_free_energies(at, visible, hidden, all_states(visible))))


@pytest.mark.parametrize(("visible", "hidden"), PACKED)
def test_exact_partition_functions(visible: str, hidden: str) -> None:
    at = machine(visible, hidden)
    found = log_partition(at.of_machine(), "exact")
    assert found.value == pytest.approx(brute_force(at, visible, hidden), abs=1e-8)


def test_exact_partition_function_of_gaussian_visible_units() -> None:
    at = machine("gaussian", "binary")
    terms = []
    for h in itertools.product((0.0, 1.0), repeat=3):
        mean = at.visible + np.array(h) @ at.weights
        terms.append(at.hidden @ np.array(h) + mean @ mean / 2)
    expected = np.logaddexp.reduce(terms) + 5 / 2 * np.log(2 * np.pi)
    assert log_partition(at.of_machine(), "exact").value == pytest.approx(expected, abs=1e-10)


def test_two_gaussian_units() -> None:
    layers = layers_of("gaussian", "gaussian", Gaussian())
    at = Parameters(np.array([[0.6]]), np.array([0.3]), np.array([-0.2]), layers)
    expected, _ = integrate.dblquad(
        lambda h, v: np.exp(-v * v / 2 - h * h / 2 + 0.3 * v - 0.2 * h + 0.6 * v * h),
        -15, 15, -15, 15,
    )  # fmt: skip
    assert log_partition(at).value == pytest.approx(np.log(expected), abs=1e-7)


@pytest.mark.parametrize("hidden", ["gaussian", "relu"])
def test_what_has_no_distribution_says_so(hidden: str) -> None:
    layers = layers_of("gaussian", hidden, Gaussian())
    weights = np.array([[0.8, 0.7], [0.1, 0.2]])  # singular value 1.08
    at = Parameters(weights, np.zeros(2), np.zeros(2), layers)
    for method in ("auto", "ais"):
        assert log_partition(at, method).value == np.inf
    rbm = ms.RBM.from_arrays(*parts(at), visible="gaussian", hidden=hidden)
    assert rbm.log_partition().value == np.inf
    assert not enumeration.diverges(Parameters(0.9 * weights, np.zeros(2), np.zeros(2), layers))


def test_rectified_units_are_0_in_fields_beyond_all_numbers() -> None:
    fields = np.full((4, 3), -np.inf)
    states = Rectified().draw(fields, "hidden", Numbers(1, streams(0, 4), 1), 1)
    assert np.array_equal(states, np.zeros((4, 3)))


def test_binary_units_are_certain_in_fields_beyond_single_precision() -> None:
    fields = np.array([[1e300, -1e300, 1e39, -1e39]] * 3)
    states = Binary().draw(fields, "visible", Numbers(1, streams(0, 3), 1), 1)
    assert np.array_equal(unpack(states, 4), [[1, 0, 1, 0]] * 3)


def test_rectified_units_need_not_follow_the_largest_singular_value() -> None:
    # It pulls h along (1, −1), where no rectified unit can go.
    layers = layers_of("gaussian", "relu", Gaussian())
    weights = np.array([[0.8, 0.3], [-0.8, 0.3]])
    assert np.linalg.norm(weights, 2) > 1
    assert not enumeration.diverges(Parameters(weights, np.zeros(2), np.zeros(2), layers))


@pytest.mark.one_in(13)
@pytest.mark.parametrize(
    ("visible", "hidden"), [pair for pair in ALL if pair != ("gaussian", "relu")]
)
def test_annealed_importance_sampling(visible: str, hidden: str) -> None:
    # 19 differences in standard errors: above 4.5 with probability 7e-6 each.
    at = machine(visible, hidden, seed=3, width=0.2).of_machine()
    exact = log_partition(at, "exact").value
    base = at.layers.visible.fields_of(np.full(at.shape[1], 0.4))
    found = log_partition(at, "ais", chains=200, temperatures=100, seed=2, base=base)
    assert found.error < 0.05
    assert abs(found.value - exact) < 4.5 * found.error


# --- chains ---------------------------------------------------------------------------------------


@pytest.mark.one_in(19)
@pytest.mark.parametrize("tempered", [False, True])
@pytest.mark.parametrize(("visible", "hidden"), PACKED)
def test_chains_are_of_the_distribution(visible: str, hidden: str, tempered: bool) -> None:
    # χ² of chains that are independent, but for exchanges, after 40 steps: of k degrees of freedom
    # above its quantile 1 − 1e-6; 32 tests.
    at, n = machine(visible, hidden, seed=1, width=0.6), 4000
    states = all_states(visible)
    if tempered:
        ladder = Tempered(at, np.zeros(at.shape[1]), np.linspace(0, 1, 3), Place(1))
        chains = [ladder.kernel.independent(np.zeros(at.shape[1]), numbers(n)) for _ in range(3)]
        for step in range(1, 30):
            chains = ladder.advance(chains, 1, 7, step)
            exchange(ladder, chains, 7, step)
        last = chains[-1]
    else:
        kernel = at.kernel(Place(1))
        last, _ = kernel.gibbs(kernel.independent(np.zeros(at.shape[1]), numbers(n)), 40,
                               numbers(n, step=1))  # fmt: skip
    seen = KINDS[visible].decode(last, at.shape[1])
    log_p = minus_free_energies(at, visible, hidden, states)
    expected = n * np.exp(log_p - np.logaddexp.reduce(log_p))
    counts = np.array([(seen == state).all(axis=1).sum() for state in states])
    assert counts.sum() == n
    chi2 = ((counts - expected) ** 2 / expected).sum()
    assert chi2 < stats.chi2(len(states) - 1).isf(1e-6)


def test_chains_of_gaussian_units() -> None:
    # Of Gaussian units on both sides means and covariances are known; 5 standard errors, 7 numbers.
    at, n = machine("gaussian", "gaussian", seed=2, width=0.2), 20_000
    kernel = at.kernel(Place(1))
    v, _ = kernel.gibbs(kernel.independent(np.zeros(5), numbers(n)), 60, numbers(n, step=1))
    precision = np.eye(5) - at.weights.T @ at.weights
    covariance = np.linalg.inv(precision)
    mean = covariance @ (at.visible + at.weights.T @ at.hidden)
    spread = np.sqrt(np.diag(covariance))
    assert np.abs((v.mean(axis=0) - mean) / spread).max() < 5 / np.sqrt(n)
    assert np.abs(np.cov(v.T) - covariance).max() < 6 * spread.max() ** 2 * np.sqrt(2 / n)


def test_the_same_on_any_number_of_threads() -> None:
    for visible, hidden in ALL:
        at = machine(visible, hidden)
        kernels = at.kernel(Place(1)), at.kernel(Place(2))
        start = kernels[0].independent(np.zeros(at.shape[1]), numbers(300))
        one, two = (kernel.gibbs(start, 3, numbers(300, step=1)) for kernel in kernels)
        for a, b in zip(one, two, strict=True):
            assert np.array_equal(a, b)


# --- estimators -----------------------------------------------------------------------------------


def data_of(visible: str, n: int = 80) -> np.ndarray:
    """Samples of three states above all, which are not those of independent units."""
    rng = np.random.default_rng(3)
    states = rng.permutation(all_states(visible))
    any_of_them, often = rng.integers(len(states), size=n), rng.integers(3, size=n)
    return states[np.where(rng.uniform(size=n) < 0.3, any_of_them, often)]


def fitted(visible: str, hidden: str, **params: Any) -> ms.RBM:
    chosen = {
        "visible": "binary" if visible == "labels" else visible, "hidden": hidden,
        "n_labels": 3 if visible == "labels" else 0, "n_iter": 30, "learning_rate": 0.1,
        "batch_size": 20, "random_state": 1,
    } | params  # fmt: skip
    return ms.RBM(4, **chosen).fit(data_of(visible))


@pytest.mark.one_in(17)
@pytest.mark.parametrize(("visible", "hidden"), ALL)
def test_an_estimator_of_each_kind(visible: str, hidden: str, tmp_path: Any) -> None:
    X, rbm = data_of(visible), fitted(visible, hidden)
    states = all_states(visible)
    assert rbm.transform(X).shape == (80, 4)
    again = fitted(visible, hidden)
    assert np.array_equal(rbm.components_, again.components_)
    drawn = rbm.sample(50, steps=20, random_state=1)
    assert drawn.shape == (50, X.shape[1])
    if visible != "gaussian":
        assert all((states == row).all(axis=1).any() for row in drawn)
        total = rbm.log_likelihood(states)
        assert np.logaddexp.reduce(total) == pytest.approx(0.0, abs=1e-7)
    moved = rbm.gibbs(X, 2, clamp=np.arange(X.shape[1]) < 2)
    np.testing.assert_array_equal(moved[:, :2], X[:, :2].astype(moved.dtype))
    means = rbm.reconstruct(X, clamp=np.arange(X.shape[1]) < 2)
    assert np.isfinite(means).all()
    assert rbm.h_samples_.shape == (20, 4)
    rbm.save(tmp_path / "rbm.h5")
    loaded = ms.RBM.load(tmp_path / "rbm.h5")
    assert np.array_equal(loaded.sample(5, 3, random_state=2), rbm.sample(5, 3, random_state=2))
    np.testing.assert_array_equal(loaded.partial_fit(X).components_, rbm.partial_fit(X).components_)


@pytest.mark.thorough
@pytest.mark.parametrize(("visible", "hidden"), PACKED)
def test_learning_comes_near_the_best_likelihood(visible: str, hidden: str) -> None:
    # Between independent units, and frequencies of the states themselves.
    X = data_of(visible)
    options = {
        "learning_rate": {"binary": 0.3}.get(hidden, 0.1), "n_chains": 200,
        "batch_size": 20, "n_iter": 500,
    }  # fmt: skip
    if visible in ("spin", "binary") and hidden != "binary":
        options["learning_rate"] = 0.03
    _, counts = np.unique(X, axis=0, return_counts=True)
    best = (counts / 80 * np.log(counts / 80)).sum()
    free = fitted(visible, hidden, n_iter=1, learning_rate=1e-6).log_likelihood(X).mean()
    found = fitted(visible, hidden, **options).log_likelihood(X).mean()
    assert found - free > 0.5 * (best - free)


@pytest.mark.one_in(7)
@pytest.mark.parametrize("method", ["cd", "pcd", "pt", "ptt"])
@pytest.mark.parametrize(("visible", "hidden"), [("gaussian", "relu"), ("categorical", "spin")])
def test_every_method_resumes_bit_for_bit(
    visible: str, hidden: str, method: str, tmp_path: Any
) -> None:
    path, options = tmp_path / "training.npz", {"method": method, "n_temperatures": 3}
    whole = fitted(visible, hidden, n_iter=6, **options)
    first = fitted(visible, hidden, n_iter=6, **options)
    assert np.array_equal(first.components_, whole.components_)
    params = whole.get_params()
    ms.RBM(**(params | {"n_iter": 6})).fit(
        data_of(visible), checkpoint=path, callbacks=[lambda epoch: epoch.number == 3]
    )
    resumed = ms.RBM(**params).fit(data_of(visible), checkpoint=path)
    assert resumed.n_iter_ in (3, 6)


@pytest.mark.thorough
def test_gaussian_units_learn_means_and_covariances() -> None:
    # Of a factor model, x = f w + noise of variance 1, in which w shows up in the weights.
    rng = np.random.default_rng(0)
    w = np.array([0.9, -0.6, 0.3, 0.0])
    X = rng.normal(size=(4000, 1)) * w + rng.normal(size=(4000, 4)) + [1.0, 0.0, -1.0, 0.5]
    rbm = ms.RBM(
        1, visible="gaussian", hidden="gaussian", learning_rate=(0.05, 0.001), n_iter=60,
        n_chains=1000, random_state=1,
    ).fit(X)  # fmt: skip
    W = rbm.components_
    covariance = np.linalg.inv(np.eye(4) - W.T @ W)
    mean = covariance @ (rbm.intercept_visible_ + W.T @ rbm.intercept_hidden_)
    np.testing.assert_allclose(mean, X.mean(axis=0), atol=0.08)
    np.testing.assert_allclose(covariance, np.cov(X.T), atol=0.12)
    best = stats.multivariate_normal(X.mean(axis=0), np.cov(X.T)).logpdf(X).mean()
    assert rbm.log_likelihood(X).mean() > best - 0.02


@pytest.mark.parametrize(
    ("options", "X", "message"),
    [
        ({"visible": "other"}, [[0, 1]], "visible"),
        ({"hidden": "categorical"}, [[0, 1]], "hidden"),
        ({"visible": "gaussian", "method": "pl"}, [[0.5, 1]], "method"),
        ({"visible": "categorical", "method": "rm"}, [[0, 1]], "method"),
        ({"visible": "spin"}, [[0.5, 2]], "X: got 2.0 in row 0, column 1"),
        ({"visible": "gaussian"}, [[0.5, np.inf]], "X: got inf in row 0, column 1"),
        ({"visible": "categorical"}, [[0, -1]], "X: got -1 in row 0, column 1"),
        ({"visible": "categorical"}, [[0, 0.5]], "X: got 0.5 in row 0, column 1"),
        ({"visible": "categorical", "n_categories": 2}, [[0, 2]], "X: got 2 in row 0, column 1"),
        ({"n_labels": 2}, [[0, 1, 1]], "X: got labels"),
        ({"n_labels": 2}, [[0, 1]], "X: got 2 features"),
        ({"n_labels": 1}, [[0, 1]], "n_labels"),
        ({"n_labels": 2, "visible": "spin"}, [[1, -1, 1]], "n_labels"),
        ({"n_labels": 2, "method": "pl"}, [[0.5, 0, 1]], "X: got values between 0 and 1"),
        ({"method": "discriminative"}, [[1, 0, 1]], "n_labels"),
    ],
)
def test_what_is_refused(options: dict, X: list, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ms.RBM(2, n_iter=1, **options).fit(X)


def test_score_samples_is_of_two_values() -> None:
    for visible in ("gaussian", "categorical"):
        with pytest.raises(ValueError, match="score_samples"):
            fitted(visible, "binary", n_iter=1).score_samples(data_of(visible))
    rbm = fitted("spin", "spin", n_iter=2)
    assert rbm.score_samples(data_of("spin")).shape == (80,)
    with pytest.raises(ValueError, match="allowed: -1 and 1"):
        rbm.score_samples(np.zeros((1, 5)))


def test_other_programs_take_binary_units(tmp_path: Any) -> None:
    rbm = fitted("spin", "binary", n_iter=1)
    with pytest.raises(ValueError, match="visible: got 'spin'"):
        rbm.to_sklearn()
    with pytest.raises(ValueError, match="visible: got 'spin'"):
        rbm.to_rbms(tmp_path / "file.h5")


def test_label_units_are_held_together() -> None:
    rbm = fitted("labels", "binary", n_iter=2)
    with pytest.raises(ValueError, match="all of them, or none"):
        rbm.sample(2, 1, clamp=[False, False, True, False, False], values=[0, 0, 1, 0, 0])
    held = rbm.sample(9, 3, clamp=[False, False, True, True, True], values=[0, 0, 0, 1, 0])
    assert (held[:, 2:] == [0, 1, 0]).all()
    assert rbm.label_probabilities(data_of("labels")[:, :2]).shape == (80, 3)


def test_what_has_no_distribution_is_not_sampled() -> None:
    rbm = ms.RBM.from_arrays(
        1.2 * np.eye(3), np.zeros(3), np.zeros(3), visible="gaussian", hidden="gaussian"
    )
    ones = np.ones((2, 3))
    for call in (
        lambda: rbm.sample(2), lambda: rbm.gibbs(ones), lambda: rbm.reconstruct(ones),
        lambda: rbm.log_likelihood(ones), lambda: rbm.sample_quality(ones),
    ):  # fmt: skip
        with pytest.raises(ValueError, match="components_: got weights"):
            call()


@pytest.mark.thorough
def test_learning_without_a_distribution_warns() -> None:
    g = np.random.default_rng(0).normal(size=(60, 6))
    X = g[:, :1] + 0.1 * g
    with pytest.warns(ms.NotConvergedWarning, match="no distribution"):
        ms.RBM(
            4, visible="gaussian", hidden="relu", learning_rate=0.01, n_iter=600, batch_size=20,
            random_state=1,
        ).fit(X)  # fmt: skip


@pytest.mark.parametrize("hidden", ["gaussian", "relu"])
@pytest.mark.parametrize("visible", ["binary", "spin", "gaussian"])
def test_rates_that_are_too_large(visible: str, hidden: str) -> None:
    with pytest.raises(ValueError, match="learning_rate: got"):
        fitted(visible, hidden, learning_rate=1e30, n_iter=40)


def test_chains_that_are_not_finite_are_not_alike() -> None:
    assert potential_scale_reduction(np.full((50, 8, 2), np.nan)) == np.inf


def test_rectified_units_in_fields_of_any_size() -> None:
    x = -np.array([[1e1, 49.9, 50.1, 1e3, 1e4, 1e5, 1e7]])
    t = -x
    # Mean and normalizer by their expansions in 1/t, to the order that is left.
    np.testing.assert_allclose(Rectified().mean(x) * t, 1 - 2 / t**2 + 10 / t**4, rtol=1e-4)
    np.testing.assert_allclose(np.exp(Rectified().normalizers(x)) * t, 1 - 1 / t**2, rtol=4e-4)
    drawn = Rectified().draw(np.repeat(x, 4000, axis=0), "hidden", numbers(4000), 1)
    assert (np.abs((drawn * t).mean(axis=0) - 1) < 5 / np.sqrt(4000) + 0.02).all()


def test_kinds_are_those_it_was_fitted_with() -> None:
    rbm = fitted("spin", "binary", n_iter=2)
    before = rbm.sample(4, 3, random_state=1)
    rbm.set_params(visible="binary", hidden="gaussian")
    assert np.array_equal(rbm.sample(4, 3, random_state=1), before)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_components": 9}, "n_components: got 9"),
        ({"n_labels": 6}, "n_labels: got 6"),
        ({"visible": "categorical"}, "n_categories: got None"),
        ({"visible": "categorical", "n_categories": 4}, "n_categories: got 4"),
    ],
)
def test_arrays_that_do_not_fit_parameters(options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ms.RBM.from_arrays(np.ones((3, 6)), np.zeros(6), np.zeros(3), **options)


@pytest.mark.thorough
def test_many_categories_have_to_be_meant() -> None:
    X = [[0, 1], [1, 5000]]
    with pytest.raises(ValueError, match="n_categories: got None"):
        ms.RBM(1, visible="categorical", n_iter=1).fit(X)
    with pytest.raises((TypeError, ValueError), match="n_categories: got 'abc'"):
        ms.RBM(1, n_categories="abc", n_iter=1).fit([[0, 1]])
    rbm = ms.RBM(1, visible="categorical", n_categories=5001, n_iter=1).fit(X)
    assert rbm.sample(3, 1).shape == (3, 2)
