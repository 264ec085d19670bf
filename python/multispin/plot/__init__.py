"""Pictures: of Ising models, spin glasses and problems, and of how many replicas are enough."""

from multispin.plot import glass, problems, replicas, runs

__all__ = ["glass", "problems", "replicas", "runs"]
