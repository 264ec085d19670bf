"""Which RBMs a network is made of, and whether they fit on top of each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from multispin._base import checks
from multispin._engines import devices
from multispin.learn.rates import MOST_UNITS
from multispin.learn.rbm import settings
from multispin.learn.rbm.estimator import RBM

if TYPE_CHECKING:
    from collections.abc import Sequence

_ALLOWED = "a list of numbers of hidden units >= 1, and of RBMs, the lowest first"
#: What the next layer learns from.
INPUTS = ("means", "states")
#: Kinds of hidden units that can be the visible ones of the next layer.
PASSED_ON = ("binary", "spin", "gaussian")


def machines(layers: Any, rbm: Any) -> list[RBM]:
    """Return the RBMs that are to be trained, the lowest first, on devices that can be used.

    Raises
    ------
    TypeError, ValueError
        As `described`.
    DeviceError
        If a device cannot be used.
    """
    found = described(layers, rbm)
    for k, one in enumerate(found):
        with checks.within(_name(layers, k)):
            devices.check(one.device)
    return found


def described(layers: Any, rbm: Any) -> list[RBM]:
    """Return the RBMs that a network has, the lowest first, wherever it was trained.

    Parameters
    ----------
    layers
        Numbers of hidden units, or RBMs that are copied.
    rbm
        What numbers of hidden units have the other parameters of; None means ``RBM()``.

    Raises
    ------
    TypeError, ValueError
        If they are not of this kind, have wrong parameters, or do not fit on top of each other.
        Devices are not looked at.
    """
    if rbm is not None:
        checks.instance("rbm", rbm, RBM, "an RBM, or None")
    given = _listed(layers)
    shared = (RBM() if rbm is None else rbm).get_params()
    found: list[RBM] = []
    for k, layer in enumerate(given):
        if isinstance(layer, RBM):
            params = layer.get_params()
        else:
            n = checks.count(f"layers[{k}]", layer, 1, MOST_UNITS)
            params = {**shared, "n_components": n}
            if k > 0:
                params |= {"visible": found[-1].hidden, "n_categories": None}
            if k + 1 < len(given):
                params["n_labels"] = 0
        found.append(RBM(**params))
    check_kinds(found)
    for k, one in enumerate(found):
        # Now, and not after hours of learning the layers below.
        with checks.within(_name(given, k)):
            settings.checked({**one.get_params(), "device": "cpu"}, 0)
    return found


def _name(layers: Sequence[Any], k: int) -> str:
    """Return the argument that a machine has its parameters of."""
    return f"layers[{k}]" if isinstance(layers[k], RBM) else "rbm"


def _listed(layers: Any) -> Sequence[Any]:
    if not isinstance(layers, (list, tuple)):
        raise TypeError(checks.describe("layers", layers, _ALLOWED))
    if not layers:
        raise ValueError(checks.describe("layers", layers, _ALLOWED))
    return layers


def fitted(rbms: Any) -> list[RBM]:
    """Return RBMs that are fitted, if they fit on top of each other.

    Raises
    ------
    TypeError, ValueError, NotFittedError
        If they are no RBMs, not fitted, or do not fit.
    """
    allowed = "a list of fitted RBMs, the lowest first"
    if not isinstance(rbms, (list, tuple)):
        raise TypeError(checks.describe("rbms", rbms, allowed))
    if not rbms:
        raise ValueError(checks.describe("rbms", rbms, allowed))
    for k, rbm in enumerate(rbms):
        checks.instance(f"rbms[{k}]", rbm, RBM, "an RBM that is fitted")
        rbm._parameters()
    check_kinds(rbms, "rbms")
    for k in range(1, len(rbms)):
        below, seen = len(rbms[k - 1].components_), rbms[k].n_features_in_ - rbms[k].n_labels
        if seen != below:
            allowed = f"{below}, as rbms[{k - 1}] has hidden units"
            raise ValueError(f"rbms[{k}]: got {seen} visible units, allowed: {allowed}")
    return list(rbms)


def check_kinds(machines: Sequence[RBM], name: str = "layers") -> None:
    """Refuse layers whose visible units are others than the hidden ones below."""
    top = len(machines) - 1
    for k, one in enumerate(machines):
        if k < top:
            if one.hidden not in PASSED_ON:
                allowed = f"{', '.join(map(repr, PASSED_ON))} below the top layer"
                raise ValueError(checks.describe(f"{name}[{k}].hidden", one.hidden, allowed))
            if one.n_labels:
                allowed = "0 below the top layer"
                raise ValueError(checks.describe(f"{name}[{k}].n_labels", one.n_labels, allowed))
        if k > 0 and one.visible != machines[k - 1].hidden:
            allowed = f"{machines[k - 1].hidden!r}, as the hidden units of the layer below"
            raise ValueError(checks.describe(f"{name}[{k}].visible", one.visible, allowed))
    if top == 0 and machines[0].n_labels:
        allowed = "0 with one layer; see RBMClassifier"
        raise ValueError(checks.describe(f"{name}[0].n_labels", machines[0].n_labels, allowed))
