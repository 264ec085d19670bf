"""Files of RBMs: whole or refused, whoever sealed them."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import pytest

import multispin as ms
from multispin import io
from multispin.learn.rbm import files

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SAMPLES = np.random.default_rng(1).integers(0, 2, (40, 6))
OTHERS: dict[str, dict[str, Any]] = {
    "ptt": {"method": "ptt"}, "pt": {"method": "pt"}, "labels": {"n_labels": 2},
    "gaussian": {"visible": "gaussian"}, "categorical": {"visible": "categorical"},
    "pl": {"method": "pl"},
}  # fmt: skip


def samples(kind: str) -> Any:
    if kind == "labels":
        return np.concatenate([SAMPLES, SAMPLES[:, :1], 1 - SAMPLES[:, :1]], axis=1)
    return SAMPLES


def machine(kind: str = "pcd", **params: Any) -> ms.RBM:
    given = {"n_iter": 2, "batch_size": 16, "n_chains": 8, "n_temperatures": 3, "random_state": 1}
    return ms.RBM(3, **{**given, **OTHERS.get(kind, {}), **params})


def put(name: str, value: Callable[[Any], Any]) -> Callable[[Any, Any], object]:
    """Return what replaces an array."""

    def change(_meta: dict[str, Any], arrays: dict[str, Any]) -> None:
        arrays[name] = value(arrays[name].copy())

    return change


def kept(**values: Any) -> Callable[[Any, Any], object]:
    return lambda meta, _: meta["kept"].update(values)


def fixed(**values: Any) -> Callable[[Any, Any], object]:
    return lambda meta, _: meta["kept"]["fixed"].update(values)


def params(**values: Any) -> Callable[[Any, Any], object]:
    return lambda meta, _: meta["params"].update(values)


def with_nan(array: Any) -> Any:
    array.flat[0] = np.nan
    return array


#: Kinds of machines, and what is wrong with arrays.
WRONG_ARRAYS: dict[str, tuple[str, Any]] = {
    "weights of other units": ("pcd", put("at_weights", lambda a: a[:, :-1])),
    "weights on end": ("pcd", put("at_weights", lambda a: a.T)),
    "weights that are integers": ("pcd", put("at_weights", lambda a: a.astype(int))),
    "weights of two types": ("pcd", put("at_weights", lambda a: a.astype(np.float32))),
    "weights that are not finite": ("pcd", put("at_weights", with_nan)),
    "no weights": ("pcd", lambda _, arrays: arrays.pop("at_weights")),
    "a number for biases": ("pcd", put("at_visible", lambda a: a[0])),
    "infinite biases": ("pcd", put("at_hidden", lambda a: a + np.inf)),
    "no velocity": ("pcd", lambda _, arrays: arrays.pop("velocity_hidden")),
    "velocity of another shape": ("pcd", put("velocity_weights", lambda a: a[:1])),
    "velocity that is not finite": ("pcd", put("velocity_visible", with_nan)),
    "offsets that are not finite": ("pcd", put("offsets_hidden", with_nan)),
    "offsets of others": ("pcd", put("offsets_visible", lambda a: a[:1])),
    "no base": ("pcd", lambda _, arrays: arrays.pop("base")),
    "base that is not finite": ("pcd", put("base", with_nan)),
    "no chains": ("pcd", lambda _, arrays: arrays.pop("model_chains")),
    "fewer chains": ("pcd", put("model_chains", lambda a: a[1:])),
    "chains as floats": ("pcd", put("model_chains", lambda a: a.astype(float))),
    "chains of more units": ("pcd", put("model_chains", lambda a: a | np.uint64(1 << 40))),
    "chains that are not finite": ("gaussian", put("model_chains", with_nan)),
    "chains of no label": ("labels", put("model_chains", lambda a: a * 0)),
    "chains of no category": ("categorical", put("model_chains", lambda a: a * 0)),
    "chains without use": ("pl", lambda _, arrays: arrays.update(model_chains=np.zeros((1, 1)))),
    "another number of temperatures": ("pt", put("model_chains", lambda a: a[1:])),
    "exchanges that are none": ("pt", put("model_accepted", lambda a: a + 2)),
    "no models that were kept": ("ptt", lambda _, arrays: arrays.pop("model_kept_weights")),
    "kept models of others": ("ptt", put("model_kept_visible", lambda a: a[:, :-1])),
    "kept models that are not finite": ("ptt", put("model_kept_hidden", with_nan)),
    "a history of no epochs": ("pcd", lambda _, arrays: arrays.pop("history_epoch")),
    "a history of text": ("pcd", put("history_learning_rate", lambda a: a.astype("S4"))),
    "a longer history": ("pcd", put("history_learning_rate", lambda a: np.append(a, a))),
    "another history": ("pcd", lambda _, arrays: arrays.update(history_x=np.zeros(2))),
    "singular values of others": ("pcd", put("history_singular_values", lambda a: a[:, 1:])),
    "epochs to come": ("pcd", put("history_epoch", lambda a: a + 5)),
}  # fmt: skip
#: The same of what is no array.
WRONG_WORDS: dict[str, tuple[str, Any]] = {
    "no epoch": ("pcd", lambda meta, _: meta["kept"].pop("epoch")),
    "epochs before the first": ("pcd", kept(epoch=-1)),
    "half a step": ("pcd", kept(step=1.5)),
    "no number of calls": ("pcd", kept(calls=None)),
    "a seed of text": ("pcd", kept(seed="x")),
    "categories of binary units": ("pcd", kept(categories=2)),
    "categories that do not fit": ("categorical", kept(categories=5)),
    "no categories": ("categorical", kept(categories=0)),
    "another method": ("pcd", fixed(method="pt")),
    "another number of units": ("pcd", fixed(n_components=4)),
    "other units": ("pcd", fixed(visible="gaussian")),
    "labels only": ("pcd", fixed(n_labels=6)),
    "one name": ("pcd", lambda meta, _: meta.update(names=["a"])),
    "names that are none": ("pcd", lambda meta, _: meta.update(names=[1] * 6)),
    "a wrong parameter": ("pcd", params(l1=-1.0)),
    "a device that there is not": ("pcd", params(device="abacus")),
    "half a thread": ("pcd", params(threads=0.5)),
}  # fmt: skip


@pytest.mark.parametrize("what", [*WRONG_ARRAYS, *WRONG_WORDS])
def test_what_is_sealed_but_does_not_fit_together_is_refused(what: str, tmp_path: Path) -> None:
    kind, change = (WRONG_ARRAYS | WRONG_WORDS)[what]
    file = tmp_path / "rbm.h5"
    machine(kind).fit(samples(kind)).save(file)
    ms.RBM.load(file)
    meta, arrays = files.read(file, files.FORMAT)
    change(meta, arrays)
    files.write(file, files.FORMAT, meta, arrays)
    before = file.read_bytes()
    with pytest.raises(ms.CheckpointError, match="what it holds does not fit together"):
        ms.RBM.load(file)
    assert file.read_bytes() == before


@pytest.mark.one_in(3)
@pytest.mark.parametrize("what", WRONG_ARRAYS)
def test_a_training_does_not_go_on_from_what_does_not_fit(what: str, tmp_path: Path) -> None:
    kind, change = WRONG_ARRAYS[what]
    file = tmp_path / "training.npz"
    machine(kind).fit(samples(kind), checkpoint=file)
    meta, arrays = io.read_checkpoint(file, ms.RBM._kind)
    change(meta, arrays)
    io.write_checkpoint(file, ms.RBM._kind, meta, arrays)
    before = file.read_bytes()
    with pytest.raises(ms.CheckpointError, match="what it holds does not fit together"):
        machine(kind, n_iter=3).fit(samples(kind), checkpoint=file)
    assert file.read_bytes() == before


@pytest.mark.parametrize("change", [{"batch": 4}, {"epoch": -1}, {"step": 0}, {"updates": None}])
def test_a_training_does_not_go_on_from_other_counts(
    change: dict[str, Any], tmp_path: Path
) -> None:
    file = tmp_path / "training.npz"
    machine().fit(SAMPLES, checkpoint=file)
    meta, arrays = io.read_checkpoint(file, ms.RBM._kind)
    io.write_checkpoint(file, ms.RBM._kind, {**meta, **change}, arrays)
    with pytest.raises(ms.CheckpointError, match="what it holds does not fit together"):
        machine().fit(SAMPLES, checkpoint=file)


@pytest.mark.parametrize("kind", ["pcd", "gaussian"])
@pytest.mark.parametrize("learning_rate", [1e17, 1e308])
def test_what_an_update_broke_is_not_kept(kind: str, learning_rate: float, tmp_path: Path) -> None:
    file = tmp_path / "training.npz"
    for _ in range(2):
        with pytest.raises(ValueError, match="^learning_rate: got .*stay within 1e"):
            machine(kind, learning_rate=learning_rate).fit(SAMPLES, checkpoint=file)
        assert not file.exists()


def test_what_cannot_be_loaded_is_not_saved(tmp_path: Path) -> None:
    file = tmp_path / "rbm.h5"
    rbm = machine().fit(SAMPLES)
    rbm.save(file)
    before = file.read_bytes()
    for name, value, error in (
        ("components_", rbm.components_ * np.nan, "^components_: got NaN or infinity"),
        ("components_", rbm.components_ * 1e20, "^components_: got a number of size .*up to 1e"),
        ("components_", rbm.components_.T, r"^components_: got float64 \(6, 3\), allowed"),
        ("intercept_hidden_", np.zeros(3, np.float32), "^intercept_hidden_: got float32"),
        ("l1", -1.0, "^l1: got -1.0"),
        ("device", "abacus", "^device: got 'abacus'"),
    ):
        other = copy.deepcopy(rbm)
        setattr(other, name, value)
        with pytest.raises(ValueError, match=error):
            other.save(file)
    assert file.read_bytes() == before
    rbm.set_params(method="cd", n_components=7, device="cuda").save(file)  # of another training
    assert ms.RBM.load(file).n_components == 7


def test_weights_of_another_type_do_not_learn_on() -> None:
    rbm = machine().fit(SAMPLES.astype(np.float32))
    rbm.components_ = rbm.components_.astype(np.float64)
    with pytest.raises(
        ValueError, match=r"^intercept_visible_: got float32 \(6,\), allowed: float64"
    ):
        rbm.partial_fit(SAMPLES)


def test_every_byte_is_sealed(tmp_path: Path) -> None:
    """Also those that only say how HDF5 has arranged things, by some of which it never ends."""
    file = tmp_path / "rbm.h5"
    machine().fit(SAMPLES).save(file)
    whole = file.read_bytes()
    for at in np.random.default_rng(1).choice(len(whole), 200, replace=False):
        turned = bytearray(whole)
        turned[at] ^= 16
        file.write_bytes(turned)
        with pytest.raises(ms.CheckpointError, match="it has no seal, or another one"):
            ms.RBM.load(file)
    for other in (whole[:-1], whole + b"\0", whole[512:], b"multispin"):
        file.write_bytes(other)
        with pytest.raises(ms.CheckpointError, match="it has no seal, or another one"):
            ms.RBM.load(file)
    file.write_bytes(whole)
    with h5py.File(file) as archive:  # as any other
        assert archive["at_weights"].shape == (3, 6)
