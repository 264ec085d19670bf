"""A function over a grid of parameters."""
