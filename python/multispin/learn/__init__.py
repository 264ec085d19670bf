"""Spin models as neural networks: what they store, and what they learn."""

from multispin.learn.boltzmann import BoltzmannMachine
from multispin.learn.deep import DeepBeliefNetwork, LikelihoodBound, StackedTempering
from multispin.learn.hopfield import HopfieldNetwork, capacity_sweep, corrupt, retrieve_images
from multispin.learn.inverse.benchmark import inverse_benchmark
from multispin.learn.inverse.estimator import InverseIsing
from multispin.learn.inverse.kinetic import KineticIsing
from multispin.learn.inverse.observations import PackedSamples
from multispin.learn.inverse.parallel import kinetic_series
from multispin.learn.inverse.planted import independent_samples
from multispin.learn.inverse.temperature import estimate_temperature
from multispin.learn.memories import (
    DenseAssociativeMemory,
    modern_hopfield_energy,
    modern_hopfield_update,
)
from multispin.learn.partition import LogPartition, log_partition
from multispin.learn.rbm import RBM, RBMClassifier

__all__ = [
    "RBM",
    "BoltzmannMachine",
    "DeepBeliefNetwork",
    "DenseAssociativeMemory",
    "HopfieldNetwork",
    "InverseIsing",
    "KineticIsing",
    "LikelihoodBound",
    "LogPartition",
    "PackedSamples",
    "RBMClassifier",
    "StackedTempering",
    "capacity_sweep",
    "corrupt",
    "estimate_temperature",
    "independent_samples",
    "inverse_benchmark",
    "kinetic_series",
    "log_partition",
    "modern_hopfield_energy",
    "modern_hopfield_update",
    "retrieve_images",
]
