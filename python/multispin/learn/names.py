"""Names and number of the units that are observed."""

from __future__ import annotations

from typing import Any


def names_of(samples: Any) -> tuple[str, ...] | None:
    """Return the names of a DataFrame's columns, if all of them are words."""
    columns = getattr(samples, "columns", None)
    if columns is None or not all(isinstance(name, str) for name in columns):
        return None
    return tuple(columns)


def check_same_units(
    name: str, n_features: int, names: tuple[str, ...] | None, fitted: Any
) -> None:
    """Refuse samples of other units than an estimator was fitted with, in scikit-learn's words.

    Raises
    ------
    ValueError
        If their number differs, or their names, or the order of these.
    """
    if n_features != fitted.n_features_in_:
        wanted, kind = fitted.n_features_in_, type(fitted).__name__
        raise ValueError(
            f"{name}: got {n_features} features, allowed: the {wanted} it was fitted with "
            f"(X has {n_features} features, but {kind} is expecting {wanted} features as input)"
        )
    known = getattr(fitted, "feature_names_in_", None)
    if names is None or known is None or list(known) == list(names):
        return
    k = next(k for k, name in enumerate(names) if name != known[k])
    raise ValueError(
        f"{name}: got {names[k]!r} as name of column {k}, allowed: {known[k]!r} (the feature names "
        "should match those that were passed during fit, in the same order)"
    )
