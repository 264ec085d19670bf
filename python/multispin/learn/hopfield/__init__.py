"""Associative memories of Hopfield: patterns stored in the couplings of spins, and recalled."""

from multispin.learn.hopfield.network import HopfieldNetwork
from multispin.learn.hopfield.retrieval import Retrieval

__all__ = ["HopfieldNetwork", "Retrieval"]
