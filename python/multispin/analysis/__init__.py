"""What recorded numbers say: errors, order, crossings, equilibration, averages of whole runs."""

from multispin.analysis import (
    clusters,
    crossing,
    equilibration,
    overlaps,
    replica_error,
    round_trips,
    statistics,
    summary,
    temperature_grid,
    time_to_target,
)

__all__ = [
    "clusters",
    "crossing",
    "equilibration",
    "overlaps",
    "replica_error",
    "round_trips",
    "statistics",
    "summary",
    "temperature_grid",
    "time_to_target",
]
