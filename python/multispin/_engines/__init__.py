"""Compiled engines: which there are, which one runs a model, and on which device."""
