"""Deep belief networks in files: they come back the same, bit for bit, or the file is refused."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import multispin as ms
from multispin.learn.deep.network import Classifier, Network
from multispin.learn.deep.portable import FORMAT
from multispin.learn.rbm import files

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LABELS = ("low", "high", "other")
CODE = ms.RBM(3, hidden="gaussian", n_iter=2, learning_rate=(0.02, 0.01))


def data(n: int = 12) -> np.ndarray:
    rng = np.random.default_rng(0)
    prototypes = rng.integers(0, 2, (4, n))
    return prototypes[rng.integers(0, 4, 60)] ^ (rng.uniform(size=(60, n)) < 0.1)


def labels() -> np.ndarray:
    return np.array(LABELS)[data()[:, :2].sum(axis=1)]


def unfitted(*layers: Any, **params: Any) -> ms.DeepBeliefNetwork:
    rbm = ms.RBM(n_iter=3, batch_size=16, learning_rate=(0.2, 0.1), n_temperatures=4, **params)
    return ms.DeepBeliefNetwork(list(layers), rbm=rbm, random_state=3)


def other_weights(layers: Any, seed: int) -> Any:
    """Return layers of random numbers, as fine-tuning leaves them: in rows."""
    rng = np.random.default_rng(seed)
    return tuple(
        one.of(
            *(rng.normal(size=part.shape).astype(part.dtype) for part in (one.weights, one.bias))
        )
        for one in layers
    )


def rolled(dtype: type = np.float64) -> ms.DeepBeliefNetwork:
    """Return a network whose autoencoder and classifier are not those of its RBMs any more."""
    network = unfitted(6, 4, CODE).fit(data().astype(dtype))
    was = network.network_
    network.network_ = Network(other_weights(was.encoder, 1), other_weights(was.decoder, 2))
    head = np.random.default_rng(3).normal(size=(3, 3)).astype(dtype), np.zeros(3, dtype)
    network._keep(Classifier(other_weights(was.encoder, 4), head), np.unique(labels()))
    network.history_ = {"loss": np.array([2.0, 1.5]), "validation_loss": np.array([2.5, np.nan])}
    return network


def named() -> ms.DeepBeliefNetwork:
    pd = pytest.importorskip("pandas")
    return unfitted(6, 4).fit(pd.DataFrame(data(), columns=[f"pixel {k}" for k in range(12)]))


MADE: dict[str, Callable[[], ms.DeepBeliefNetwork]] = {
    "learned": lambda: unfitted(6, 4).fit(data()),
    "float32": lambda: unfitted(6, 4, CODE, method="cd").fit(data().astype(np.float32)),
    "spins": lambda: unfitted(6, 4, visible="spin", hidden="spin").fit(2 * data() - 1),
    "categories": lambda: unfitted(6, 4, visible="categorical").fit(data() + 2 * data()),
    "tempering": lambda: unfitted(6, 4, method="ptt").fit(data()),
    "labels": lambda: unfitted(6, ms.RBM(4, n_labels=3, n_iter=2)).fit(data(), labels()),
    "numbers as labels": lambda: unfitted(6, ms.RBM(4, n_labels=2, n_iter=2)).fit(
        data(), data()[:, 0].astype(bool)
    ),
    "of layers": lambda: ms.DeepBeliefNetwork.from_layers(unfitted(6, 4).fit(data()).rbms_),
    "rolled": rolled,
    "rolled, float32": lambda: rolled(np.float32),
    "names": named,
}


def kept(value: Any) -> Any:
    """Return arrays as bytes, with their types and orders, and RBMs as what they keep."""
    if isinstance(value, np.ndarray):
        whole = value.tolist() if value.dtype == object else value.tobytes()
        return value.dtype.str, value.shape, value.flags.c_contiguous, whole
    if isinstance(value, dict):
        return {name: kept(one) for name, one in value.items()}
    if isinstance(value, ms.RBM):
        params = value.get_params() | {"random_state": None}
        meta, arrays = value._stored() if hasattr(value, "components_") else ({}, {})
        return params, meta, kept(arrays)
    return value


def contents(network: ms.DeepBeliefNetwork) -> dict[str, Any]:
    """Return all that a network keeps."""
    found = {name: kept(value) for name, value in vars(network).items()}
    found["layers"] = [
        kept(ms.RBM(**one.get_params())) if isinstance(one, ms.RBM) else one
        for one in network.layers
    ]
    found["rbms_"] = [kept(one) for one in network.rbms_]
    found["network_"] = [kept(one) for one in network.network_.arrays()]
    if "classifier_" in found:
        found["classifier_"] = [kept(one) for one in network.classifier_.arrays()]
    return found


@pytest.mark.parametrize("name", MADE)
def test_saved_and_loaded(name: str, tmp_path: Path) -> None:
    network, file = MADE[name](), tmp_path / "dbn.h5"
    network.save(file)
    found = ms.DeepBeliefNetwork.load(file)
    assert contents(found) == contents(network)
    X = data() if name != "spins" else 2 * data() - 1
    for method in ("transform", "reconstruct"):
        one, other = (getattr(each, method)(X) for each in (network, found))
        assert kept(one) == kept(other)
    drawn = [each.sample(5, steps=10, random_state=1) for each in (network, found)]
    assert kept(drawn[0]) == kept(drawn[1])
    if hasattr(network, "classes_"):
        told = [each.predict_labels(X) for each in (network, found)]
        assert kept(told[0]) == kept(told[1])
    found.save(tmp_path / "again.h5")
    assert contents(ms.DeepBeliefNetwork.load(tmp_path / "again.h5")) == contents(network)


def test_a_network_that_was_loaded_learns_as_the_other_one(tmp_path: Path) -> None:
    network = unfitted(6, CODE)
    network.fit(data()).save(tmp_path / "dbn.h5")
    found = ms.DeepBeliefNetwork.load(tmp_path / "dbn.h5")
    assert contents(found.fit(data())) == contents(network.fit(data()))
    below, other = (one.rbms_[0].partial_fit(data()) for one in (network, found))
    assert kept(below) == kept(other)


def test_weights_that_are_those_of_rbms_are_kept_once(tmp_path: Path) -> None:
    MADE["learned"]().save(tmp_path / "dbn.h5")
    _, arrays = files.read(tmp_path / "dbn.h5", FORMAT)
    assert {name.partition("/")[0] for name in arrays} == {"rbm0", "rbm1"}


def test_what_is_fine_tuned_goes_on_alike(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    X = data().astype(np.float32)
    network = unfitted(6, CODE).fit(X).fine_tune(X, n_iter=2).fine_tune(X, labels(), n_iter=2)
    network.save(tmp_path / "dbn.h5")
    found = ms.DeepBeliefNetwork.load(tmp_path / "dbn.h5")
    assert contents(found) == contents(network)
    for more in ((), (labels(),)):
        one, other = (each.fine_tune(X, *more, n_iter=2) for each in (network, found))
        assert contents(one) == contents(other)


def test_a_generator_as_random_state_is_not_kept(tmp_path: Path) -> None:
    network = unfitted(6, 4).fit(data())
    network.random_state = np.random.default_rng(1)
    network.save(tmp_path / "dbn.h5")
    assert ms.DeepBeliefNetwork.load(tmp_path / "dbn.h5").random_state is None


@pytest.mark.usefixtures("without_cuda")
def test_a_network_of_a_gpu_goes_to_files_where_there_is_none(tmp_path: Path) -> None:
    network = unfitted(6, CODE).fit(data())
    network.rbm.set_params(device="cuda")
    network.save(tmp_path / "dbn.h5")
    found = ms.DeepBeliefNetwork.load(tmp_path / "dbn.h5")
    assert found.rbm.device == "cuda"
    found.save(tmp_path / "again.h5")
    assert contents(ms.DeepBeliefNetwork.load(tmp_path / "again.h5")) == contents(network)
    with pytest.raises(ms.DeviceError, match="^device: got 'cuda'"):
        found.fit(data())


# --- what is refused ------------------------------------------------------------------------------


def test_what_cannot_be_saved(tmp_path: Path) -> None:
    file = tmp_path / "dbn.h5"
    with pytest.raises(ms.NotFittedError):
        unfitted(6, 4).save(file)
    network = rolled()
    network.save(file)
    before = file.read_bytes()
    network.classes_ = np.array([b"a", b"b", b"c"])
    with pytest.raises(TypeError, match="^classes_: got b'a', allowed: numbers and text"):
        network.save(file)
    network.set_params(layers=[0])
    with pytest.raises(ValueError, match=r"^layers\[0\]: got 0"):
        network.save(file)
    network.set_params(layers=[6, 4, CODE], inputs=slice(2))
    network.classes_ = np.unique(labels())
    with pytest.raises(TypeError, match=r"^inputs: got slice"):
        network.save(file)
    assert file.read_bytes() == before


def test_every_damage_is_refused_or_harmless(tmp_path: Path) -> None:
    """One byte at a time: all that is read has a digest, so nothing else can come of it."""
    network, file = rolled(), tmp_path / "dbn.h5"
    network.save(file)
    whole, right = file.read_bytes(), contents(network)
    refused = 0
    rng = np.random.default_rng(1)
    for at in rng.choice(len(whole), 250, replace=False):
        turned = bytearray(whole)
        turned[at] ^= 1 << rng.integers(8)
        file.write_bytes(turned)
        found = None
        with suppress(ms.CheckpointError):
            found = ms.DeepBeliefNetwork.load(file)
        assert found is None or contents(found) == right
        refused += found is None
        assert file.read_bytes() == turned
    assert refused > 100


def test_other_files_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "dbn.h5"
    unfitted(6, 4).fit(data()).rbms_[0].save(file)
    with pytest.raises(ms.CheckpointError, match="is no file of a deep belief network"):
        ms.DeepBeliefNetwork.load(file)
    rolled().save(file)
    with pytest.raises(ms.CheckpointError, match="is no file of an RBM"):
        ms.RBM.load(file)
    for text in (b"", b"text", file.read_bytes()[:3000]):
        file.write_bytes(text)
        with pytest.raises(ms.CheckpointError, match="is no file of a deep belief network"):
            ms.DeepBeliefNetwork.load(file)
    with pytest.raises(FileNotFoundError):
        ms.DeepBeliefNetwork.load(tmp_path / "none.h5")
    os.mkfifo(tmp_path / "pipe")  # which nobody writes to
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(ms.CheckpointError, match="pipe, no file of a deep belief network"):
            ms.DeepBeliefNetwork.load(path)
        with pytest.raises(ValueError, match=r"^path: got .*pipe, allowed: a file"):
            ms.RBM.from_rbms(path)


def test_what_is_sealed_but_does_not_fit_together_is_refused(tmp_path: Path) -> None:
    """Files that `write` made, of contents that `save` does not make."""
    file = tmp_path / "dbn.h5"
    rolled().save(file)
    meta, arrays = files.read(file, FORMAT)

    def changed(where: str, value: Any) -> dict[str, Any]:
        found = json.loads(json.dumps(meta))
        found[where] = value
        return found

    head, bad = arrays["classifier/6"], arrays["network/0"].copy()
    bad[0, 0] = np.nan
    wrong = [
        (changed("params", {**meta["params"], "inputs": "x"}), arrays),
        (changed("params", {**meta["params"], "verbose": -1}), arrays),
        (changed("params", {**meta["params"], "random_state": 0.5}), arrays),
        (changed("names", ["a"]), arrays),
        (changed("classes", {"labels": ["b", "a", "c"], "dtype": "f8"}), arrays),
        (changed("classes", {"labels": [0, 1], "dtype": "<i8"}), arrays),
        (meta, {**arrays, "network/0": bad}),
        (meta, {**arrays, "network/1": arrays["network/1"].astype(np.float32)}),
        (meta, {**arrays, "classifier/6": head * np.inf}),
        (meta, {**arrays, "history/loss": np.zeros(3)}),
        (meta, {**arrays, "history/loss": np.array([b"a", b"b"])}),
        (meta, {**arrays, "rbm0/at_weights": arrays["rbm0/at_weights"][:, 1:]}),
        (changed("rbms", meta["rbms"][::-1]), arrays),
        (changed("rbms", []), arrays),
        (changed("classes", None), arrays),
        (changed("classes", {"labels": ["a"], "dtype": "<U1"}), arrays),
        (changed("params", {"x": 1}), arrays),
        (changed("columns_first", ["none"]), arrays),
        (meta, {**arrays, "network/0": arrays["network/2"]}),
        (meta, {name: part for name, part in arrays.items() if name != "network/3"}),
        (meta, {**arrays, "classifier/6": arrays["classifier/7"]}),
        (meta, {name: part for name, part in arrays.items() if not name.startswith("rbm1/")}),
    ]
    for of, parts in wrong:
        files.write(file, FORMAT, of, parts)
        with pytest.raises(ms.CheckpointError, match="what it holds does not fit together"):
            ms.DeepBeliefNetwork.load(file)
