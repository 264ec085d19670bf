"""Spin models as neural networks: what they store, and what they learn."""

from multispin.learn.hopfield import HopfieldNetwork
from multispin.learn.memories import (
    DenseAssociativeMemory,
    modern_hopfield_energy,
    modern_hopfield_update,
)

__all__ = [
    "DenseAssociativeMemory",
    "HopfieldNetwork",
    "modern_hopfield_energy",
    "modern_hopfield_update",
]
