"""What recorded numbers say: errors, order, crossings, scaling, equilibration, averages of runs."""

from multispin.analysis import (
    clusters,
    crossing,
    equilibration,
    infinite_size,
    overlaps,
    replica_error,
    reweighting,
    round_trips,
    scaling,
    statistics,
    summary,
    temperature_grid,
    time_to_target,
)

__all__ = [
    "clusters",
    "crossing",
    "equilibration",
    "infinite_size",
    "overlaps",
    "replica_error",
    "reweighting",
    "round_trips",
    "scaling",
    "statistics",
    "summary",
    "temperature_grid",
    "time_to_target",
]
