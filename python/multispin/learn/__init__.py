"""Spin models as neural networks: what they store, and what they learn."""

from multispin.learn.memories import (
    DenseAssociativeMemory,
    modern_hopfield_energy,
    modern_hopfield_update,
)

__all__ = ["DenseAssociativeMemory", "modern_hopfield_energy", "modern_hopfield_update"]
