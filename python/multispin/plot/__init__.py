"""Pictures: of Ising models, glasses, problems, networks, what was learned, and of replicas."""

from multispin.plot import glass, hopfield, inverse, problems, rbm, replicas, runs

__all__ = ["glass", "hopfield", "inverse", "problems", "rbm", "replicas", "runs"]
