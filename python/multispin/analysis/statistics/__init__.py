"""Errors of time series: autocorrelation times, binning, and the jackknife.

Every function takes series whose last axis counts the draws, in the order in which they were made
and equally spaced, and reduces that axis; the axes before it are separate series (temperatures,
say). With ``replicas=True`` the axis before the last holds independent runs of the *same* system,
which are pooled: one mean, one autocorrelation time, one error for all of them.

Times are in draws (multiply by the interval between draws for sweeps) and follow the convention
τ_int = ½ + Σ_{t≥1} ρ(t): independent draws have τ_int = ½, and n draws are worth n/(2τ_int)
independent ones.

References
----------
A. Sokal, in: Functional Integration, NATO ASI B 361, 131 (1997). U. Wolff, Comput. Phys. Commun.
156, 143 (2004). H. Flyvbjerg & H. G. Petersen, J. Chem. Phys. 91, 461 (1989). B. Efron, The
Jackknife, the Bootstrap and Other Resampling Plans, SIAM (1982).
"""

from multispin.analysis.statistics._autocorrelation import (
    Autocorrelation,
    autocorrelation_time,
    effective_draws,
    mean,
)
from multispin.analysis.statistics._autocorrelation import padded as padded
from multispin.analysis.statistics._binning import Binning, binning
from multispin.analysis.statistics._jackknife import jackknife, sample_jackknife
from multispin.analysis.statistics._magnets import (
    binder_cumulant,
    correlation_length,
    specific_heat,
    susceptibility,
)
from multispin.analysis.statistics._magnets import length_of_moments as length_of_moments
from multispin.analysis.statistics._series import LARGEST as LARGEST
from multispin.analysis.statistics._series import MIN_DRAWS as MIN_DRAWS
from multispin.analysis.statistics._series import Estimate

__all__ = [
    "Autocorrelation",
    "Binning",
    "Estimate",
    "autocorrelation_time",
    "binder_cumulant",
    "binning",
    "correlation_length",
    "effective_draws",
    "jackknife",
    "mean",
    "sample_jackknife",
    "specific_heat",
    "susceptibility",
]
