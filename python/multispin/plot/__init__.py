"""Pictures: of Ising models and how they scale, glasses, problems, networks, learning, replicas."""

from multispin.plot import glass, hopfield, inverse, problems, rbm, replicas, runs, scaling

__all__ = ["glass", "hopfield", "inverse", "problems", "rbm", "replicas", "runs", "scaling"]
