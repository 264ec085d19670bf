"""Spin models as neural networks: what they store, and what they learn."""

from multispin.learn.hopfield import HopfieldNetwork, capacity_sweep, corrupt, retrieve_images
from multispin.learn.inverse.estimator import InverseIsing
from multispin.learn.inverse.observations import PackedSamples
from multispin.learn.inverse.temperature import estimate_temperature
from multispin.learn.memories import (
    DenseAssociativeMemory,
    modern_hopfield_energy,
    modern_hopfield_update,
)
from multispin.learn.partition import LogPartition, log_partition

__all__ = [
    "DenseAssociativeMemory",
    "HopfieldNetwork",
    "InverseIsing",
    "LogPartition",
    "PackedSamples",
    "capacity_sweep",
    "corrupt",
    "estimate_temperature",
    "log_partition",
    "modern_hopfield_energy",
    "modern_hopfield_update",
    "retrieve_images",
]
