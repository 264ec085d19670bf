"""Inverse Ising: couplings and fields from samples of spins, or from their moments."""
