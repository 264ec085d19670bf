"""Classes of samples: labels that are checked, and units of which one is 1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks

if TYPE_CHECKING:
    from numpy.typing import NDArray


def labels_of(y: Any, m: int, name: str = "y") -> NDArray[Any]:
    """Return the labels of m samples, (m,), of any kind that can be sorted.

    Raises
    ------
    TypeError, ValueError
        If they are no labels, or not as many.
    """
    if y is None:
        raise ValueError(
            f"{name}: got None, allowed: (M,) labels (requires y to be passed, but the target y is "
            "None)"
        )
    labels = checks.array(name, y, "(M,) labels")
    if labels.dtype.kind not in "biufUSO":
        raise TypeError(
            f"{name}: got an array of {labels.dtype}, allowed: labels that can be sorted"
        )
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.shape != (m,):
        raise ValueError(f"{name}: got shape {labels.shape}, allowed: ({m},), one for each sample")
    if labels.dtype.kind == "f" and np.isnan(labels).any():
        raise ValueError(f"{name}: got NaN, allowed: classes; Input y contains NaN")
    if labels.dtype.kind == "O" and any(each is None for each in labels):
        raise ValueError(f"{name}: got None among the labels, allowed: classes that can be sorted")
    if labels.dtype.kind == "f" and not (labels == np.rint(labels)).all():
        raise ValueError(f"{name}: got continuous labels, allowed: classes; Unknown label type")
    return labels


def classes_of(labels: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.intp]]:
    """Return the classes, sorted, and the number of each label's class.

    Raises
    ------
    ValueError
        If there is one class only.
    """
    classes, numbers = np.unique(labels, return_inverse=True)
    if len(classes) < 2:
        raise ValueError(f"y: got {len(classes)} class, allowed: at least two classes")
    return classes, numbers


def number_of(label: Any, classes: NDArray[Any]) -> int:
    """Return the number of a label among classes.

    Raises
    ------
    TypeError, ValueError
        If there is no such class.
    """
    allowed = f"one of {', '.join(map(repr, classes.tolist()))}"
    if not isinstance(label, (str, bytes, int, float, np.generic)):
        raise TypeError(checks.describe("label", label, allowed))
    at = np.flatnonzero([each == label for each in classes.tolist()])
    if len(at) != 1:
        raise ValueError(checks.describe("label", label, allowed))
    return int(at[0])


def joined(samples: NDArray[Any], numbers: NDArray[np.intp], n: int) -> NDArray[Any]:
    """Return samples with units of their labels behind them, of n of which one is 1."""
    one = numbers[:, None] == np.arange(n)
    kind = samples.dtype if samples.dtype.kind == "f" else np.result_type(samples, np.uint8)
    return np.concatenate([samples, one], axis=1, dtype=kind)
