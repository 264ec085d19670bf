"""A sampler of dimod: binary quadratic models, annealed by the engines of multispin.

Importing it needs dimod (extra ``[graphs]``)::

    from multispin.dimod import MultispinSampler

    sampleset = MultispinSampler().sample(bqm, num_reads=100)
"""

from multispin.dimod.sampler import MultispinSampler

__all__ = ["MultispinSampler"]
