"""Bit-parallel Monte Carlo for spin models.

A *model* says what the energy is, a *sampler* draws from P(s) ~ exp(-E(s)/T)::

    import multispin as ms

    sampler = ms.Sampler(ms.Ising((1024, 1024)), temperature=2.3, seed=1)
    sampler.sweep(1000)
    print(sampler.energy_per_spin(), sampler.magnetization())

Everywhere: bit 1 is s = +1, E(s) = -sum J_ij s_i s_j - sum h_i s_i, k_B = 1, and a *sweep* is one
attempted update of every site. *Energy* is the total; *magnetization* is per spin.
"""

# First: it refuses what would hang.
from multispin._base import interpreter  # noqa: F401  # isort: skip

from multispin import analysis, couplings, datasets, exact, graphs, lab, models, plot, theory
from multispin._info import __version__, info
from multispin.errors import (
    CheckpointError,
    DeviceError,
    ExecutorError,
    InfiniteMaximumWarning,
    MissingExtraError,
    NotConvergedWarning,
    NotFittedError,
    ObservableError,
    ReweightingError,
    RoundedCouplingsWarning,
    SlowEngineWarning,
    SlowMixingWarning,
    StudyError,
)
from multispin.learn import (
    RBM,
    BoltzmannMachine,
    DeepBeliefNetwork,
    DenseAssociativeMemory,
    HopfieldNetwork,
    InverseIsing,
    KineticIsing,
    LogPartition,
    PackedSamples,
    RBMClassifier,
    estimate_temperature,
    inverse_benchmark,
    log_partition,
    modern_hopfield_update,
    retrieve_images,
)
from multispin.models import EdwardsAnderson, Hopfield, Ising, Pairwise, SherringtonKirkpatrick
from multispin.runs.annealing import anneal
from multispin.runs.observables import Observable
from multispin.runs.protocols import protocol
from multispin.runs.replica_sweeps import replica_sweep
from multispin.runs.simulation import simulate
from multispin.runs.snapshots import unpack_snapshots
from multispin.runs.temperature_range import temperature_range
from multispin.runs.tempering import temper
from multispin.sampling.device_array import DeviceArray
from multispin.sampling.moments import moments
from multispin.sampling.sampler import Sampler
from multispin.studies.study import read_study, study

__all__ = [
    "RBM",
    "BoltzmannMachine",
    "CheckpointError",
    "DeepBeliefNetwork",
    "DenseAssociativeMemory",
    "DeviceArray",
    "DeviceError",
    "EdwardsAnderson",
    "ExecutorError",
    "Hopfield",
    "HopfieldNetwork",
    "InfiniteMaximumWarning",
    "InverseIsing",
    "Ising",
    "KineticIsing",
    "LogPartition",
    "MissingExtraError",
    "NotConvergedWarning",
    "NotFittedError",
    "Observable",
    "ObservableError",
    "PackedSamples",
    "Pairwise",
    "RBMClassifier",
    "ReweightingError",
    "RoundedCouplingsWarning",
    "Sampler",
    "SherringtonKirkpatrick",
    "SlowEngineWarning",
    "SlowMixingWarning",
    "StudyError",
    "__version__",
    "analysis",
    "anneal",
    "couplings",
    "datasets",
    "estimate_temperature",
    "exact",
    "graphs",
    "info",
    "inverse_benchmark",
    "lab",
    "log_partition",
    "models",
    "modern_hopfield_update",
    "moments",
    "plot",
    "protocol",
    "read_study",
    "replica_sweep",
    "retrieve_images",
    "simulate",
    "study",
    "temper",
    "temperature_range",
    "theory",
    "unpack_snapshots",
]
