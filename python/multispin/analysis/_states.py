"""Draws of runs as reweighting takes them: of states, each a temperature and a field."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from multispin._base import checks
from multispin.analysis import selection, statistics

Array = npt.NDArray[np.float64]

_ALLOWED = "one of simulate or temper"


@dataclass(frozen=True)
class States:
    """Draws at K temperatures and fields, in ascending order of the field, then of temperature."""

    temperature: Array  # (K,)
    field: Array | None  # (K,), or None of a run whose field is not one number
    energy: Array  # (K, replicas, draws)
    magnetization: Array
    n_spins: int
    joint: bool  # whether replicas depend on each other
    attributes: dict[str, Any]  # that all runs have alike

    @property
    def in_fields(self) -> bool:
        """Whether fields are not all the same."""
        return self.field is not None and bool((self.field != self.field[0]).any())

    @property
    def shift(self) -> Array:
        """(K,): how much stronger each field is than the first."""
        return np.zeros(len(self.temperature)) if self.field is None else self.field - self.field[0]


def states_of(run: object) -> States:
    """Return the draws of a run, or of several in different fields.

    Raises
    ------
    TypeError, ValueError
        If these are no such runs, or do not go together.
    """
    if not isinstance(run, Sequence) or isinstance(run, (str, bytes)):
        return _of_one("run", run)
    if not run:
        raise ValueError(checks.describe("run", run, f"{_ALLOWED}, or a sequence of at least one"))
    found = [_of_one(f"run[{k}]", one) for k, one in enumerate(run)]
    return found[0] if len(found) == 1 else _together(found)


def _of_one(name: str, run: Any) -> States:
    needed = ("energy", "magnetization", "draw", "temperature")
    checks.dataset(name, run, needed, _ALLOWED)
    if selection.n_samples(name, run) > 1:
        got, allowed = run.sizes["sample"], "one set of couplings: run.isel(sample=k)"
        raise ValueError(f"{name}: got one of {got} samples, allowed: {allowed}")
    if run.sizes.get("draw", 1) < statistics.MIN_DRAWS:
        got, allowed = run.sizes.get("draw", 1), f"at least {statistics.MIN_DRAWS}"
        raise ValueError(f"{name}: got {got} draws, allowed: {allowed}")
    selection.sweeps_between_draws(name, run)
    run = run.isel(sample=0) if "sample" in run.dims else run
    run = selection.with_dimensions(name, run, "temperature", "replica")
    order = ("temperature", "replica", "draw")
    energy = selection.values(name, run, "energy", order)
    magnetization = selection.magnetizations(name, run, order)
    T = selection.temperatures(name, run)
    ascending = np.argsort(T, kind="stable")
    field = selection.number(name, run, "h") if "h" in run.attrs else None
    return States(
        temperature=T[ascending],
        field=None if field is None else np.full(len(T), field),
        energy=energy[ascending],
        magnetization=magnetization[ascending],
        n_spins=selection.n_spins(name, run),
        joint=bool(run.attrs.get("cluster_moves", False)),
        attributes=dict(run.attrs),
    )


def _together(runs: Sequence[States]) -> States:
    """Return the draws of several runs of one model in different fields."""
    first = runs[0]
    fields = []
    for k, one in enumerate(runs):
        if one.field is None:
            got, allowed = "one whose field is not one number", "runs with an attribute h"
            raise ValueError(f"run[{k}]: got {got}, allowed: {allowed}")
        fields.append(one.field)
        if _model(one) != _model(first) or one.n_spins != first.n_spins:
            models = f"{first.attributes.get('model')} and {one.attributes.get('model')}"
            raise ValueError(f"run[{k}]: got {models}, allowed: one model in several fields")
        if one.energy.shape[1:] != first.energy.shape[1:]:
            sizes = f"{one.energy.shape[1:]} replicas and draws"
            allowed = f"{first.energy.shape[1:]}, as of run[0]: run.isel makes runs alike"
            raise ValueError(f"run[{k}]: got {sizes}, allowed: {allowed}")
    field = np.concatenate(fields)
    temperature = np.concatenate([one.temperature for one in runs])
    order = np.lexsort((temperature, field))
    alike = {
        name: value
        for name, value in first.attributes.items()
        if all(_same(one.attributes.get(name), value) for one in runs)
    }
    return States(
        temperature=temperature[order],
        field=field[order],
        energy=np.concatenate([one.energy for one in runs])[order],
        magnetization=np.concatenate([one.magnetization for one in runs])[order],
        n_spins=first.n_spins,
        joint=any(one.joint for one in runs),
        attributes=alike,
    )


def _model(of: States) -> str:
    """Return what a run says of its model, but for the field."""
    return re.sub(r"\bh=[^,)]*", "h", str(of.attributes.get("model")))


def _same(one: Any, other: Any) -> bool:
    return bool(np.all(np.asarray(one) == np.asarray(other)))
