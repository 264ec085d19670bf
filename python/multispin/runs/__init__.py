"""Whole runs: from arguments to a labelled Dataset."""
