"""What an RBM keeps in files, its own and those of its training: whether all of it fits together.

A file may be as it was written and still be one that nobody can go on from, such as one that
another program has made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks
from multispin._engines.bipartite import pack, unpack
from multispin.learn.rates import MOST_STEPS
from multispin.learn.rbm.parameters import check_size
from multispin.learn.rbm.settings import SAMPLING
from multispin.learn.rbm.units import Categorical

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import DTypeLike, NDArray

    from multispin.learn.rbm.settings import Settings
    from multispin.learn.rbm.units import VisibleUnits

    Arrays = Mapping[str, NDArray[Any]]

_PARTS = ("weights", "visible", "hidden")
#: What people know some of the arrays as.
_ATTRIBUTES = dict(
    zip(
        (f"at_{part}" for part in _PARTS),
        ("components_", "intercept_visible_", "intercept_hidden_"),
        strict=True,
    )
)
#: Of `history_`, and how many numbers an epoch has of each: None for one.
_MEASURED = ("learning_rate", "reconstruction_error", "free_energy_gap")
#: Exchanges that are kept, at most.
_MOST_EXCHANGES = 20


def check(
    settings: Settings,
    units: VisibleUnits,
    n_visible: int,
    batches: int,
    meta: Mapping[str, Any],
    arrays: Arrays,
) -> None:
    """Refuse what a training cannot go on from, nor anything else that an RBM does.

    Parameters
    ----------
    settings
        What it is trained with.
    units, n_visible
        Its visible units as a machine takes them.
    batches
        Of an epoch.
    meta, arrays
        What `Run.state` returns.

    Raises
    ------
    KeyError, TypeError, ValueError
        If something is missing, or of another kind, type or shape; if parameters are not finite.
    """
    if meta["fixed"] != settings.fixed:
        raise ValueError(checks.describe("fixed", meta["fixed"], str(settings.fixed)))
    checks.count("epoch", meta["epoch"], 0, MOST_STEPS)
    checks.count("batch", meta["batch"], 0, batches)
    checks.count("step", meta["step"], 1, 2**62)
    checks.count("updates", meta["updates"], 0, 2**62)
    shape = settings.n_components, n_visible
    dtype = arrays["at_weights"].dtype
    if dtype not in (np.float32, np.float64):
        raise TypeError(f"components_: got an array of {dtype}, allowed: float32 or float64")
    for of in ("at", "velocity"):
        for part, sides in zip(_PARTS, (shape, shape[1:], shape[:1]), strict=True):
            found = demand(arrays, f"{of}_{part}", dtype, sides)
            if of == "at":
                check_size(_ATTRIBUTES[f"at_{part}"], found)
    for name, n in (
        ("base", shape[1]),
        ("offsets_visible", shape[1]),
        ("offsets_hidden", shape[0]),
    ):
        demand(arrays, name, np.float64, (n,))
    if settings.method in SAMPLING:
        _check_chains(settings, units, n_visible, arrays)
        if settings.method in ("pt", "ptt"):
            _check_exchanges(settings, shape, dtype, arrays)
    elif "model_chains" in arrays:
        raise ValueError(f"model_chains: got some, allowed: none with {settings.method!r}")
    _check_history(meta["epoch"], min(shape), arrays)


def demand(arrays: Arrays, name: str, dtype: DTypeLike, shape: Sequence[int]) -> NDArray[Any]:
    """Return an array of numbers if it is there, of this type and shape, and finite.

    Raises
    ------
    KeyError, ValueError
        If not.
    """
    array = arrays[name]
    known_as = _ATTRIBUTES.get(name, name)
    if array.dtype != dtype or array.shape != tuple(shape):
        allowed = f"{np.dtype(dtype)} {tuple(shape)}"
        raise ValueError(f"{known_as}: got {array.dtype} {array.shape}, allowed: {allowed}")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise ValueError(f"{known_as}: got NaN or infinity, allowed: finite numbers")
    return array


def _check_chains(settings: Settings, units: VisibleUnits, n_visible: int, arrays: Arrays) -> None:
    """Refuse chains that are not as many as there are, or no states of visible units."""
    chains = arrays["model_chains"]
    rows: tuple[int, ...] = (settings.n_chains,)
    if settings.method == "cd" and chains.ndim:  # as many as the last batch had samples
        rows = (max(1, len(chains)),)
    elif settings.method == "pt":
        rows = (settings.n_temperatures, settings.n_chains)
    elif settings.method == "ptt":
        rows = (max(2, len(arrays["model_kept_weights"])), settings.n_chains)
    if not units.packed:
        demand(arrays, "model_chains", np.float32, (*rows, n_visible))
        return
    demand(arrays, "model_chains", np.uint64, (*rows, -(-n_visible // 64)))
    bits = chains.reshape(-1, chains.shape[-1])
    states = unpack(bits, n_visible)
    if not np.array_equal(pack(states), bits):
        raise ValueError("model_chains: got bits beyond the last unit, allowed: 0 there")
    if isinstance(units, Categorical):
        groups = states[:, units.alone :].reshape(len(states), units.groups, units.size)
        if (groups.sum(axis=2) != 1).any():
            raise ValueError("model_chains: got groups of several or no 1, allowed: one 1 in each")


def _check_exchanges(
    settings: Settings, shape: tuple[int, int], dtype: DTypeLike, arrays: Arrays
) -> None:
    """Refuse models and acceptances that exchanges cannot go on with."""
    known = min(arrays["model_accepted"].size, _MOST_EXCHANGES)
    accepted = demand(arrays, "model_accepted", np.float64, (known,))
    if ((accepted < 0) | (accepted > 1)).any():
        raise ValueError("model_accepted: got others, allowed: numbers from 0 to 1")
    if settings.method == "ptt":
        models = arrays["model_chains"].shape[:1]
        for part, sides in zip(_PARTS, (shape, shape[1:], shape[:1]), strict=True):
            demand(arrays, f"model_kept_{part}", dtype, (*models, *sides))


def _check_history(epoch: int, n_values: int, arrays: Arrays) -> None:
    """Refuse what `history_` would not go on with; its numbers may be infinite."""
    found = {name[8:]: part for name, part in arrays.items() if name.startswith("history_")}
    if not found:
        return
    numbers = demand(found, "epoch", np.int64, (found["epoch"].size,))
    if (np.diff(numbers, prepend=0, append=epoch + 1) < 1).any():
        raise ValueError(f"history_: got other epochs, allowed: rising ones from 1 to {epoch}")
    for name, part in found.items():
        # There is no gap of epochs without validation data.
        n = min(part.size, len(numbers)) if name == "free_energy_gap" else len(numbers)
        shapes = {"singular_values": (n, n_values)} | dict.fromkeys(("epoch", *_MEASURED), (n,))
        kind = np.int64 if name == "epoch" else np.float64
        if part.dtype != kind or part.shape != shapes[name]:
            got = f"{part.dtype} {part.shape} of {name!r}"
            raise ValueError(f"history_: got {got}, allowed: {np.dtype(kind)} {shapes[name]}")
    missing = {"singular_values", *_MEASURED[:2]} - found.keys()
    if missing:
        raise KeyError(f"history_{missing.pop()}")
