"""Associative memories that store more patterns than they have units."""

from multispin.learn.memories.dense import DenseAssociativeMemory, Retrieval
from multispin.learn.memories.modern import modern_hopfield_energy, modern_hopfield_update

__all__ = [
    "DenseAssociativeMemory",
    "Retrieval",
    "modern_hopfield_energy",
    "modern_hopfield_update",
]
