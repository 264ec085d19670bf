"""One sampler for every model."""
