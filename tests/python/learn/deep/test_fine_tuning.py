"""Networks unrolled in PyTorch, trained there, and taken back."""

from __future__ import annotations

import copy
import os
import pickle
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import multispin as ms
from multispin import io
from multispin.learn.deep import tuned

if TYPE_CHECKING:
    from pathlib import Path

torch = pytest.importorskip("torch")


def digits(n: int = 400) -> tuple[np.ndarray, np.ndarray]:
    images, labels = ms.datasets.digits()
    return (images[:n].reshape(n, 64) > 8).astype(np.float32), labels[:n]


def fitted(layers: Any = (20, 10), X: Any = None, **params: Any) -> ms.DeepBeliefNetwork:
    usual = {"n_iter": 5, "batch_size": 50, "learning_rate": 0.1, "momentum": 0.9, "method": "cd"}
    rbm = ms.RBM(**{**usual, **params})
    network = ms.DeepBeliefNetwork(layers, rbm=rbm, random_state=1)
    return network.fit(digits()[0] if X is None else X)


def weights(module: Any) -> list[np.ndarray]:
    return [part.detach().numpy() for part in module.parameters()]


def same(one: Any, other: Any) -> bool:
    return all(
        np.array_equal(a, b) and a.dtype == b.dtype
        for a, b in zip(weights(one), weights(other), strict=True)
    )


# --- there and back -------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", ["binary", "spin"])
def test_the_module_is_the_mean_field_pass(dtype: type, kind: str) -> None:
    X = digits()[0].astype(dtype)
    X = 2 * X - 1 if kind == "spin" else X
    code = ms.RBM(6, visible=kind, hidden="gaussian", n_iter=2, learning_rate=0.01)
    network = fitted([20, 10, code], X, visible=kind, hidden=kind)
    module, x = network.unroll(), torch.from_numpy(X)
    # By the RBMs themselves, one after the other.
    values: Any = X
    for rbm in network.rbms_:
        values = rbm.transform(values)
    with torch.no_grad():
        np.testing.assert_allclose(module.encoder(x).numpy(), values, atol=1e-6)
        np.testing.assert_allclose(module(x).numpy(), network.reconstruct(X), atol=1e-6)
    assert all(part.dtype == dtype for part in weights(module))


def test_weights_go_there_and_back() -> None:
    network = fitted()
    module = network.unroll()
    before = network.reconstruct(digits()[0])
    assert network.roll(module) is network
    assert same(network.unroll(), module)
    np.testing.assert_array_equal(network.reconstruct(digits()[0]), before)
    # Copies both ways: what one does, the other does not see.
    with torch.no_grad():
        for part in module.parameters():
            part.add_(0.1)
    np.testing.assert_array_equal(network.reconstruct(digits()[0]), before)
    network.roll(module)
    changed = network.reconstruct(digits()[0])
    with torch.no_grad():
        x = torch.from_numpy(digits()[0])
        np.testing.assert_allclose(changed, module(x).numpy(), atol=1e-6)
        for part in module.parameters():
            part.add_(0.1)
    np.testing.assert_array_equal(network.reconstruct(digits()[0]), changed)
    assert not np.allclose(changed, before)
    # The belief network stays what it was.
    assert np.array_equal(network.rbms_[0].components_, fitted().rbms_[0].components_)
    copied = pickle.loads(pickle.dumps(network))
    np.testing.assert_array_equal(copied.reconstruct(digits()[0]), changed)
    network.fit(digits()[0])
    assert not np.allclose(network.reconstruct(digits()[0]), changed)


def test_pytorchs_own_random_numbers_are_left_alone() -> None:
    network = fitted()
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    network.unroll()
    network.classifier(3)
    network.fine_tune(digits()[0], n_iter=1)
    assert torch.equal(torch.rand(3), expected)


def test_classifiers_go_there_and_back() -> None:
    network, X = fitted(), digits()[0]
    module = network.classifier(3)
    assert same(network.classifier(3), module)
    with pytest.raises(ValueError, match="^n_classes: got None, allowed: a number before"):
        network.classifier()
    network.roll(module)
    assert list(network.classes_) == [0, 1, 2]
    assert same(network.classifier(), module)
    with torch.no_grad():
        expected = torch.softmax(module(torch.from_numpy(X)), 1).numpy()
    np.testing.assert_allclose(network.label_probabilities(X), expected, atol=1e-6)
    assert set(network.predict_labels(X)) <= {0, 1, 2}


def wrong_modules() -> list[tuple[Any, type, str]]:
    nn = torch.nn
    other = fitted((21, 10))
    nan = fitted().unroll()
    with torch.no_grad():
        nan.decoder[0].weight[0, 0] = np.nan
    deeper = fitted((20, 10, 4)).unroll()
    bare = fitted().unroll()
    bare.encoder[0] = nn.Linear(64, 20, bias=False)
    head = fitted().classifier(4)
    head.head = nn.Linear(11, 4)
    return [
        (3, TypeError, "module: got 3, allowed: what unroll or classifier returned"),
        (nn.Linear(64, 20), TypeError, "module: got one with the parts ()"),
        (other.unroll(), ValueError, "module.encoder[0]: got weights of shape (21, 64)"),
        (deeper, ValueError, "module.encoder: got 3 Linear layers, allowed: 2"),
        (nan, ValueError, "module.decoder[0]: got weights that are not finite"),
        (bare, TypeError, "module.encoder[0]: got Linear"),
        (head, ValueError, "module.head: got weights of shape (4, 11), allowed: (4, 10)"),
    ]


def test_other_modules_are_refused() -> None:
    network = fitted()
    before = network.reconstruct(digits()[0])
    for module, error, message in wrong_modules():
        with pytest.raises(error) as found:
            network.roll(module)
        assert str(found.value).startswith(message)
    np.testing.assert_array_equal(network.reconstruct(digits()[0]), before)
    assert not hasattr(network, "classifier_")


@pytest.mark.parametrize(
    ("layers", "params", "X"),
    [
        ([5, ms.RBM(3, hidden="relu", n_iter=1)], {}, None),
        ([5, 3], {"visible": "categorical"}, np.arange(40).reshape(10, 4) % 3),
    ],
)
def test_units_without_an_activation_are_refused(layers: Any, params: Any, X: Any) -> None:
    network = fitted(layers, X, **params)
    with pytest.raises(ValueError, match="^layers: got (rectified|categorical) units"):
        network.unroll()


# --- training -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["binary", "spin", "gaussian"])
@pytest.mark.parametrize("loss", ["cross_entropy", "squared_error"])
def test_a_step_is_that_of_adam_along_the_gradient(kind: str, loss: str) -> None:
    # The first step of Adam is rate × sign, of gradients from differences of losses by hand.
    if (kind, loss) == ("gaussian", "cross_entropy"):
        return
    X = digits(30)[0].astype(np.float64)[:, 20:28]
    X = {"binary": X * 0.8 + 0.1, "spin": 1.6 * X - 0.8, "gaussian": X + 0.5}[kind]
    network = fitted([4, 3], X, visible=kind, learning_rate=0.01)
    module, generator = network.unroll(), torch.Generator().manual_seed(1)
    with torch.no_grad():
        for part in module.parameters():  # large enough that every layer counts
            part.normal_(0, 0.5, generator=generator)
    before = network.roll(module).network_

    def value(of: Any) -> float:
        found = of.again(X)
        if loss == "squared_error":
            return float(((found - X) ** 2).sum(axis=1).mean())
        p, x = ((found + 1) / 2, (X + 1) / 2) if kind == "spin" else (found, X)
        return float(-(x * np.log(p) + (1 - x) * np.log1p(-p)).sum(axis=1).mean())

    tuned = copy.deepcopy(network).fine_tune(
        X, n_iter=1, batch_size=30, learning_rate=1e-3, loss=loss
    )
    assert tuned.history_["loss"][0] == pytest.approx(value(before), rel=1e-9)
    for k, old in enumerate(before.arrays()):
        moved = tuned.network_.arrays()[k] - old
        index = np.unravel_index(np.abs(moved).argmax(), old.shape)
        own = copy.deepcopy(before)
        own.arrays()[k][index] += 1e-6
        slope = (value(own) - value(before)) / 1e-6
        assert abs(slope) > 1e-4
        assert moved[index] == pytest.approx(-1e-3 * np.sign(slope), rel=1e-2)


def test_fine_tuning_lowers_the_error() -> None:
    X = digits()[0]
    for loss in ("cross_entropy", "squared_error"):
        network = fitted()
        before = ((network.reconstruct(X) - X) ** 2).sum(axis=1).mean()
        network.fine_tune(X, n_iter=100, learning_rate=0.01, loss=loss)
        assert ((network.reconstruct(X) - X) ** 2).sum(axis=1).mean() < 0.8 * before
        assert len(network.history_["loss"]) == 100
        assert network.history_["loss"][-1] < network.history_["loss"][0]


def test_a_learned_start_is_better_than_a_random_one() -> None:
    X, T = digits(800)[0][:600], digits(800)[0][600:]
    network = fitted((40, 20, 8), X, n_iter=20)
    random = copy.deepcopy(network)
    module = random.unroll()
    torch.manual_seed(1)
    for one in module.modules():
        if isinstance(one, torch.nn.Linear):
            one.reset_parameters()
    random.roll(module)
    errors = [
        ((own.fine_tune(X, n_iter=20, validation=T).reconstruct(T) - T) ** 2).sum(axis=1).mean()
        for own in (network, random)
    ]
    assert errors[0] < errors[1] - 0.5


def test_the_best_weights_are_taken() -> None:
    # Few samples, learned by heart: the loss of others falls and rises.
    X = digits()[0]
    network = fitted((30, 20), X[:40])
    tuned = copy.deepcopy(network).fine_tune(
        X[:40], n_iter=60, learning_rate=0.02, validation=X[200:], batch_size=20
    )
    losses = tuned.history_["validation_loss"]
    least = int(losses.argmin())
    assert 0 < least < 59
    same_way = copy.deepcopy(network).fine_tune(
        X[:40], n_iter=60, learning_rate=0.02, batch_size=20
    )
    np.testing.assert_array_equal(same_way.history_["loss"], tuned.history_["loss"])
    until = copy.deepcopy(network).fine_tune(
        X[:40], n_iter=least + 1, learning_rate=0.02, batch_size=20
    )
    assert same(until.unroll(), tuned.unroll())
    assert not same(same_way.unroll(), tuned.unroll())
    early = copy.deepcopy(network).fine_tune(
        X[:40], n_iter=60, learning_rate=0.02, validation=X[200:], batch_size=20, patience=3
    )
    stopped = next(k for k in range(3, 60) if losses[k - 2 : k + 1].min() > losses[: k - 2].min())
    assert len(early.history_["loss"]) == stopped + 1


def test_classes_are_learned() -> None:
    X, y = digits(600)
    names = np.array([f"digit {k}" for k in y])
    network = fitted((40, 20), n_iter=30)
    before = network.reconstruct(X)
    network.fine_tune(
        X[:400], names[:400], n_iter=40, learning_rate=0.01, validation=(X[400:], names[400:])
    )
    assert list(network.classes_) == sorted(set(names))
    assert (network.predict_labels(X[400:]) == names[400:]).mean() > 0.7
    probable = network.label_probabilities(X)
    np.testing.assert_allclose(probable.sum(axis=1), 1.0)
    assert probable.argmax(axis=1).tolist() == [
        list(network.classes_).index(one) for one in network.predict_labels(X)
    ]
    np.testing.assert_array_equal(network.reconstruct(X), before)  # the autoencoder stays
    # It goes on with classes that it knows, and begins anew with others.
    kept = network.classifier()
    network.fine_tune(X[:20], names[:20], n_iter=0)
    assert same(network.classifier(), kept)
    network.fine_tune(X[:50], y[:50] % 2, n_iter=1)
    assert list(network.classes_) == [0, 1]


def test_few_labels_go_farther_from_a_learned_start() -> None:
    images, labels = ms.datasets.digits()
    X = (images.reshape(len(images), 64) > 8).astype(np.float32)
    network = fitted((60, 40), X[:1200], n_iter=30)
    random = copy.deepcopy(network)
    module = random.classifier(10)
    torch.manual_seed(1)
    for one in module.modules():
        if isinstance(one, torch.nn.Linear):
            torch.nn.init.xavier_uniform_(one.weight)
            torch.nn.init.zeros_(one.bias)
    random.roll(module)
    right = [
        (own.fine_tune(X[:100], labels[:100], n_iter=60, batch_size=20, learning_rate=3e-3)
         .predict_labels(X[1200:]) == labels[1200:]).mean()
        for own in (network, random)
    ]  # fmt: skip
    assert right[0] > right[1] + 0.03


# --- what repeats ---------------------------------------------------------------------------------


class StoppedError(Exception):
    """Ctrl-C, as it were."""


@pytest.mark.parametrize("labelled", [False, True])
def test_fine_tuning_goes_on_as_if_it_had_never_stopped(labelled: bool, tmp_path: Path) -> None:
    X, y = digits(120)
    held_out = (X[80:], y[80:]) if labelled else X[80:]
    options: dict[str, Any] = {
        "n_iter": 6, "batch_size": 20, "learning_rate": (0.02, 0.001), "patience": 3,
        "validation": held_out, "y": y[:80] if labelled else None,
    }  # fmt: skip
    network, file = fitted(), tmp_path / "tuning.npz"
    whole = copy.deepcopy(network).fine_tune(X[:80], **options)
    for stop in (1, 4, 5, 14):  # the 4th of an epoch is its last

        def stopping(state: Any, stop: int = stop) -> None:
            if state.updates == stop:
                raise StoppedError

        with pytest.raises(StoppedError):
            copy.deepcopy(network).fine_tune(X[:80], **options, checkpoint=file, progress=stopping)
    resumed = copy.deepcopy(network).fine_tune(X[:80], **options, checkpoint=file)
    take = ms.DeepBeliefNetwork.classifier if labelled else ms.DeepBeliefNetwork.unroll
    assert same(take(resumed), take(whole))
    for name, values in whole.history_.items():
        np.testing.assert_array_equal(resumed.history_[name], values)
    # A file that is finished gives what it has; of other weights or data it is refused.
    again = copy.deepcopy(network).fine_tune(X[:80], **options, checkpoint=file)
    assert same(take(again), take(whole))
    for changed in ({"batch_size": 10}, {"random_state": 3}, {"patience": 2}):
        with pytest.raises(ms.CheckpointError, match="another run"):
            copy.deepcopy(network).fine_tune(X[:80], **{**options, **changed}, checkpoint=file)
    with pytest.raises(ms.CheckpointError, match="another run"):
        fitted(n_iter=1).fine_tune(X[:80], **options, checkpoint=file)


WRONG: dict[str, Any] = {
    "weights of others": lambda _, arrays: arrays.update(at_0=arrays["at_0"][:1]),
    "a number for weights": lambda _, arrays: arrays.update(at_1=arrays["at_1"][0]),
    "weights of another type": lambda _, arrays: arrays.update(at_0=arrays["at_0"].astype("f8")),
    "no weights": lambda _, arrays: arrays.pop("at_2"),
    "no best weights": lambda _, arrays: arrays.pop("best_2"),
    "no moments": lambda _, arrays: arrays.pop("adam_0_exp_avg"),
    "moments of others": lambda _, arrays: arrays.update(adam_0_exp_avg=arrays["at_1"]),
    "steps of text": lambda _, arrays: arrays.update(adam_0_step=np.array(b"a")),
    "no losses": lambda _, arrays: arrays.pop("history_loss"),
    "more losses": lambda _, arrays: arrays.update(history_loss=np.zeros(9)),
    "other losses": lambda _, arrays: arrays.update(history_x=np.zeros(2)),
    "a batch that there is not": lambda meta, _: meta.update(batch=3),
    "half an epoch": lambda meta, _: meta.update(epoch=0.5),
    "no total": lambda meta, _: meta.pop("total"),
    "best weights of no loss": lambda meta, _: meta.update(least=None),
}


@pytest.mark.one_in(4)
@pytest.mark.parametrize("what", WRONG)
def test_it_does_not_go_on_from_what_does_not_fit(what: str, tmp_path: Path) -> None:
    X, file = digits(80)[0], tmp_path / "tuning.npz"
    network = fitted((6, 4), X, n_iter=1)
    given: dict[str, Any] = {"n_iter": 2, "batch_size": 40, "validation": X[:20], "random_state": 1}
    network.fine_tune(X, **given, checkpoint=file)
    network = fitted((6, 4), X, n_iter=1)
    meta, arrays = io.read_checkpoint(file, tuned._KIND)
    WRONG[what](meta, arrays)
    io.write_checkpoint(file, tuned._KIND, meta, arrays)
    before = file.read_bytes()
    with pytest.raises(ms.CheckpointError, match="what it holds does not fit together"):
        network.fine_tune(X, **given, checkpoint=file)
    assert file.read_bytes() == before


SCRIPT = """
import sys
import multispin as ms
images, _ = ms.datasets.digits()
X = (images[:100].reshape(100, 64) > 8).astype("float32")
network = ms.DeepBeliefNetwork(
    [20, 10], rbm=ms.RBM(n_iter=20, batch_size=10, method="cd"), random_state=1
)
network.fit(X, checkpoint=sys.argv[1] + "/layers", checkpoint_interval=0)
network.fine_tune(X, n_iter=60, batch_size=10, checkpoint=sys.argv[1] + "/tuning.npz",
                  checkpoint_interval=0)
import numpy as np
np.savez(sys.argv[1] + "/done.npz", *network.network_.arrays())
"""


@pytest.mark.thorough
def test_killed_and_called_again_it_comes_to_the_same_weights(tmp_path: Path) -> None:
    def run(folder: Path, seconds: float | None) -> bool:
        folder.mkdir(exist_ok=True)
        command = [sys.executable, "-W", "ignore", "-c", SCRIPT, str(folder)]
        process = subprocess.Popen(command, env={**os.environ})
        if seconds is None:
            return process.wait() == 0
        layers = folder / "layers"
        while process.poll() is None and not list(layers.glob("*.npz")):
            time.sleep(0.01)
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        return process.wait() == 0

    killed = sum(not run(tmp_path / "killed", 0.15 * k) for k in range(6))
    assert killed >= 3
    for folder in (tmp_path / "killed", tmp_path / "whole"):
        assert run(folder, None)
    with np.load(tmp_path / "killed/done.npz") as one, np.load(tmp_path / "whole/done.npz") as two:
        for name in two.files:
            np.testing.assert_array_equal(one[name], two[name])


def test_seeds_repeat() -> None:
    X = digits(100)[0]
    network = fitted()
    one, two = (copy.deepcopy(network).fine_tune(X, n_iter=2, batch_size=20) for _ in range(2))
    assert same(one.unroll(), two.unroll())
    other = copy.deepcopy(network).fine_tune(X, n_iter=2, batch_size=20, random_state=5)
    assert not same(one.unroll(), other.unroll())


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"X": np.zeros((3, 5))}, ValueError, "X: got 5 features, allowed: the 64"),
        ({"X": np.full((3, 64), np.nan)}, ValueError, "X: got NaN in row 0"),
        ({"n_iter": -1}, ValueError, "n_iter: got -1"),
        ({"n_iter": 1.5}, TypeError, "n_iter: got 1.5"),
        ({"batch_size": 0}, ValueError, "batch_size: got 0"),
        ({"learning_rate": 0.0}, ValueError, "learning_rate: got 0.0"),
        ({"learning_rate": 1e31}, ValueError, "learning_rate: got 1e+31, allowed: at most 1e+30"),
        ({"loss": "hinge"}, ValueError, "loss: got 'hinge'"),
        ({"y": np.arange(100) % 3, "loss": "squared_error"}, ValueError, "loss: got 'squared"),
        ({"patience": 2}, ValueError, "patience: got 2, allowed: None without validation"),
        ({"patience": 0, "validation": np.zeros((3, 64))}, ValueError, "patience: got 0"),
        ({"validation": np.zeros((3, 5))}, ValueError, "validation: got 5 features"),
        ({"y": [1, 2]}, ValueError, "y: got shape (2,), allowed: (100,)"),
        ({"y": np.zeros(100, int)}, ValueError, "y: got 1 class, allowed: at least two"),
        ({"y": np.arange(100) % 3, "validation": 3}, TypeError, "validation: got 3, allowed: a"),
        (
            {"y": np.arange(100) % 3, "validation": (np.zeros((2, 64)), [0, 7])}, ValueError,
            "validation[1]: got 7, allowed: one of 0, 1, 2",
        ),
        ({"random_state": -1}, ValueError, "random_state: got -1"),
        ({"progress": 3}, TypeError, "progress: got 3"),
        ({"checkpoint": 3}, TypeError, "checkpoint: got 3"),
    ],
)  # fmt: skip
def test_wrong_calls(given: dict[str, Any], error: type, message: str) -> None:
    network = fitted(n_iter=1)
    before = network.unroll()
    with pytest.raises(error) as found:
        network.fine_tune(**{"X": digits(100)[0], "n_iter": 30, **given})
    assert str(found.value).startswith(message)
    assert same(network.unroll(), before)


def test_numbers_have_no_cross_entropy() -> None:
    X = np.random.default_rng(0).normal(size=(30, 6)).astype(np.float32)
    network = fitted([4], X, visible="gaussian", learning_rate=0.01)
    with pytest.raises(ValueError, match="^loss: got 'cross_entropy', allowed: 'squared_error'"):
        network.fine_tune(X, loss="cross_entropy")
    with pytest.raises(ValueError, match="^learning_rate: got .* with which the loss stays finite"):
        network.fine_tune(X, learning_rate=1e30, batch_size=5)
    with pytest.raises(ValueError, match="^n_classes: got 1, allowed: an integer >= 2"):
        network.classifier(1)
