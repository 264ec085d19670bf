"""What a file of a machine has beside its training: parameters and names, checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from multispin._base import checks
from multispin.learn.rbm import kept, settings
from multispin.learn.rbm.visible import Visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray


def of_json(params: dict[str, Any]) -> dict[str, Any]:
    """Return parameters as they were before JSON made a list of a pair of learning rates."""
    rate = params["learning_rate"]
    return {**params, "learning_rate": tuple(rate) if isinstance(rate, list) else rate}


def check(meta: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Refuse what an estimator does not keep, or cannot be used with.

    Raises
    ------
    KeyError, TypeError, ValueError
        For parameters that `fit` would refuse, but for devices that are not there; for anything
        that does not fit together.
    """
    own = meta["kept"]
    seed, fixed = checks.seed("random_state", own["seed"]), own["fixed"]
    checks.count("calls", own["calls"], 0, 2**62)
    params = settings.anywhere(meta["params"])
    settings.checked(params, seed)  # by now others than those it was fitted with, may be
    chosen = settings.checked(params | fixed, seed)
    n_units, categories = arrays["at_weights"].shape[1], own["categories"]
    most = n_units if chosen.visible == "categorical" else 0
    checks.count("categories", categories, min(2, most), most)
    if categories and n_units % categories:
        allowed = f"a divisor of {n_units}, the number of columns of components_"
        raise ValueError(checks.describe("categories", categories, allowed))
    if chosen.n_labels >= n_units:
        raise ValueError(checks.describe("n_labels", chosen.n_labels, f"fewer than {n_units}"))
    n = n_units // max(categories, 1)
    units = Visible(chosen.visible, categories, chosen.n_labels).units(n)
    kept.check(chosen, units, n_units, 0, own, arrays)
    check_names(meta["names"], n)


def check_names(names: Any, n_features: int) -> None:
    """Refuse what is no list of the names of features, nor None.

    Raises
    ------
    TypeError, ValueError
        If it is not.
    """
    if names is None:
        return
    allowed = f"{n_features} texts"
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise TypeError(checks.describe("feature_names_in_", names, allowed))
    if len(names) != n_features:
        raise ValueError(f"feature_names_in_: got {len(names)} texts, allowed: {allowed}")
