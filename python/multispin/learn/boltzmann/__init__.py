"""Boltzmann machines: visible and hidden spins, coupled in any way."""

from multispin.learn.boltzmann.machine import BoltzmannMachine

__all__ = ["BoltzmannMachine"]
