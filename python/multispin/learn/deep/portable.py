"""What a deep belief network has learned, in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks
from multispin.learn.deep import layers
from multispin.learn.deep.network import Classifier, Dense, Network
from multispin.learn.deep.tuned import FineTuned
from multispin.learn.rbm import files, settings
from multispin.learn.rbm.estimator import RBM
from multispin.learn.rbm.stored import check_names, of_json

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray
    from typing_extensions import Self

    Arrays = dict[str, NDArray[Any]]

#: Of `history_`.
_LOSSES = ("loss", "validation_loss")

FORMAT = files.Format("multispin deep belief network", 2, "a deep belief network")


class Portable(FineTuned):
    """A fitted network that goes to files, and comes from there."""

    layers: Sequence[int | RBM]
    inputs: str
    verbose: int
    random_state: Any

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write RBMs, fine-tuned weights, classes and history to one HDF5 file (extra ``[run]``).

        `load` makes of it a network that does what this one does, bit for bit. Of parameters it has
        all but a `random_state` that is no integer, and that of RBMs, which does not matter.

        Parameters
        ----------
        path
            Of the file, which is replaced if it is there, all or nothing.

        Raises
        ------
        NotFittedError, OSError, MissingExtraError
            Before `fit`; if the file cannot be written; without h5py.
        TypeError, ValueError
            If parameters, or what was learned, were changed to what `fit` would refuse, but for
            devices that are not there; for classes that are neither numbers nor text.

        Examples
        --------
        >>> import tempfile
        >>> import numpy as np
        >>> import multispin as ms
        >>> X = np.random.default_rng(1).integers(0, 2, (50, 8))
        >>> dbn = ms.DeepBeliefNetwork([4, 2], rbm=ms.RBM(n_iter=2), random_state=1).fit(X)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     dbn.save(f"{folder}/dbn.h5")
        ...     again = ms.DeepBeliefNetwork.load(f"{folder}/dbn.h5")
        >>> bool((again.transform(X) == dbn.transform(X)).all())
        True
        """
        stored = [machine._stored() for machine in self._fitted()]
        arrays = {
            f"rbm{k}/{name}": part
            for k, (_, parts) in enumerate(stored)
            for name, part in parts.items()
        }
        if not _same(self.network_, Network.of(self.rbms_)):
            arrays |= _named("network", self.network_.arrays())
        if hasattr(self, "classifier_"):
            arrays |= _named("classifier", self.classifier_.arrays())
        if hasattr(self, "history_"):
            arrays |= {f"history/{name}": part for name, part in self.history_.items()}
        names = getattr(self, "feature_names_in_", None)
        meta = {
            "params": self._params_stored(), "rbms": [meta for meta, _ in stored],
            "names": None if names is None else names.tolist(),
            "classes": _classes_stored(getattr(self, "classes_", None)),
            "columns_first": [name for name, part in arrays.items() if _columns_first(part)],
        }  # fmt: skip
        files.write(path, FORMAT, meta, arrays)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Return the network that was saved; its `layers` are a list.

        Parameters
        ----------
        path
            Of a file that `save` wrote.

        Raises
        ------
        FileNotFoundError, CheckpointError, MissingExtraError
            If there is no such file; if it is damaged, another one, or holds what does not fit
            together; without h5py.
        """
        meta, arrays = files.read(path, FORMAT)
        with files.fits_together(path):
            # Sums of numbers depend on how they lie in memory, in their last bits.
            for name in meta["columns_first"]:
                arrays[name] = np.asfortranarray(arrays[name])
            found = cls(**_params_of(meta["params"]))
            found._restore(meta, arrays)
            return found

    def _params_stored(self) -> dict[str, Any]:
        """Return parameters as JSON has them, those of RBMs as dictionaries."""
        self._check_params()  # which may be others by now
        params = self.get_params(deep=False)
        if not isinstance(self.random_state, (int, np.integer)):
            params["random_state"] = None
        return params | {
            "layers": [_of_layer(one) for one in self.layers], "rbm": _of_layer(self.rbm)
        }  # fmt: skip

    def _restore(self, meta: dict[str, Any], arrays: Arrays) -> None:
        """Take what a file has kept, or raise whatever does not fit."""
        self._check_params()
        if self.random_state is not None:
            checks.seed("random_state", self.random_state)
        stored = enumerate(meta["rbms"])
        machines = [RBM._of_stored(of, _part(arrays, f"rbm{k}/")) for k, of in stored]
        self._take(layers.fitted(machines), _classes_of(meta["classes"]))
        network = self.network_
        if "network/0" in arrays:
            parts = _numbered(arrays, "network")
            n = 2 * len(network.encoder)
            self.network_ = Network(
                _layers_like(network.encoder, parts[:n]), _layers_like(network.decoder, parts[n:])
            )
        labels = machines[-1].n_labels
        if "classifier/0" in arrays:
            *parts, weights, bias = _numbered(arrays, "classifier")
            _check_numbers("weights", weights, (len(bias), network.n_code), network.encoder[0])
            _check_numbers("biases", bias, bias.shape[:1], network.encoder[0])
            self.classifier_ = Classifier(_layers_like(network.encoder, parts), (weights, bias))
            labels = labels or len(bias)
        if len(getattr(self, "classes_", ())) != labels:
            raise ValueError(f"classes_: got {meta['classes']}, allowed: {labels} of them")
        history = _part(arrays, "history/")
        if history:
            _check_history(history)
            self.history_ = history
        check_names(meta["names"], self.n_features_in_)
        if meta["names"] is not None:
            self.feature_names_in_ = np.array(meta["names"], dtype=object)

    def _check_params(self) -> None:
        """Refuse parameters that `fit` would refuse, but for devices that are not there."""
        layers.described(self.layers, self.rbm)
        checks.choice("inputs", self.inputs, layers.INPUTS)
        settings.check_verbose(self.verbose)


# --- parameters and classes as JSON ---------------------------------------------------------------


def _of_layer(given: int | RBM | None) -> Any:
    if not isinstance(given, RBM):
        return given
    return {**given.get_params(), "random_state": None}


def _params_of(stored: dict[str, Any]) -> dict[str, Any]:
    def layer(given: Any) -> Any:
        return RBM(**of_json(given)) if isinstance(given, dict) else given

    return {**stored, "layers": [layer(one) for one in stored["layers"]],
            "rbm": layer(stored["rbm"])}  # fmt: skip


def _classes_of(stored: dict[str, Any] | None) -> NDArray[Any] | None:
    """Return classes, if they are what they say to be, one by one."""
    if stored is None:
        return None
    found = np.array(stored["labels"], stored["dtype"])
    if found.ndim != 1 or found.tolist() != stored["labels"] or found.dtype.kind not in "biufUO":
        raise ValueError(f"classes_: got {stored}, allowed: labels of their type")
    return found


def _classes_stored(classes: NDArray[Any] | None) -> dict[str, Any] | None:
    if classes is None:
        return None
    labels = classes.tolist()
    for each in labels:
        if not isinstance(each, (str, int, float)):
            raise TypeError(checks.describe("classes_", each, "numbers and text, in a file"))
    return {"labels": labels, "dtype": classes.dtype.str}


# --- weights as arrays ----------------------------------------------------------------------------


def _named(of: str, parts: Iterable[NDArray[Any]]) -> Arrays:
    return {f"{of}/{k}": part for k, part in enumerate(parts)}


def _numbered(arrays: Arrays, of: str) -> list[NDArray[Any]]:
    parts = _part(arrays, f"{of}/")
    return [parts[str(k)] for k in range(len(parts))]


def _part(arrays: Arrays, begins: str) -> Arrays:
    return {k[len(begins) :]: part for k, part in arrays.items() if k.startswith(begins)}


def _layers_like(like: Sequence[Dense], parts: Sequence[NDArray[Any]]) -> tuple[Dense, ...]:
    """Return layers of other numbers, a pair of arrays each."""
    pairs = list(zip(like, parts[::2], parts[1::2], strict=True))
    for one, weights, bias in pairs:
        _check_numbers("weights", weights, one.weights.shape, one)
        _check_numbers("biases", bias, one.bias.shape, one)
    return tuple(one.of(weights, bias) for one, weights, bias in pairs)


def _check_numbers(name: str, part: NDArray[Any], shape: tuple[int, ...], like: Dense) -> None:
    kind = like.weights.dtype
    if part.dtype != kind or part.shape != shape:
        raise ValueError(f"{name}: got {part.dtype} {part.shape}, allowed: {kind} {shape}")
    if not np.isfinite(part).all():
        raise ValueError(f"{name}: got NaN or infinity, allowed: finite numbers")


def _check_history(history: Arrays) -> None:
    """Refuse what is no loss after each epoch; losses may be infinite."""
    shape = history["loss"].shape[:1]
    for name, part in history.items():
        if name not in _LOSSES or part.dtype != np.float64 or part.shape != shape:
            got = f"{part.dtype} {part.shape} of {name!r}"
            raise ValueError(f"history_: got {got}, allowed: float64 {shape} of {_LOSSES}")


def _columns_first(part: NDArray[Any]) -> bool:
    return part.flags.f_contiguous and not part.flags.c_contiguous


def _same(one: Network, other: Network) -> bool:
    """Whether networks are the same to the last bit of all that they do."""
    pairs = zip(one.arrays(), other.arrays(), strict=True)
    return all(
        a.dtype == b.dtype and a.tobytes() == b.tobytes() and _columns_first(a) == _columns_first(b)
        for a, b in pairs
    )
