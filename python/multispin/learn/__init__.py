"""Spin models as neural networks: what they store, and what they learn."""

from multispin.learn.hopfield import HopfieldNetwork, capacity_sweep, corrupt, retrieve_images
from multispin.learn.memories import (
    DenseAssociativeMemory,
    modern_hopfield_energy,
    modern_hopfield_update,
)

__all__ = [
    "DenseAssociativeMemory",
    "HopfieldNetwork",
    "capacity_sweep",
    "corrupt",
    "modern_hopfield_energy",
    "modern_hopfield_update",
    "retrieve_images",
]
