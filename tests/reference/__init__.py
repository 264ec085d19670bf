"""Slow, readable twins, written from docs/trajectory.md; they import nothing of the package."""
