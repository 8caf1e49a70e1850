"""Coverage of the two tranches before the books open: Bayesian linear regressions on the deal's features."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from sim.market.fit.blocks import Estimate, Prior
from sim.market.fit.data import FitData
from sim.market.parameters import Posterior
from sim.market.posterior import posterior_of

Array = NDArray[np.float64]

PUBLIC_PRIORS = {
    "intercept": Prior(5.5, 2.0),
    "market_heat": Prior(0.0, 2.0),
    "coverage_heat": Prior(0.0, 1.0),
    "deal_size": Prior(0.0, 0.5),
    "anchored": Prior(0.0, 0.5),
}
PLACING_PRIORS = {
    "intercept": Prior(1.6, 1.0),
    "market_heat": Prior(0.0, 1.0),
    "coverage_heat": Prior(0.0, 0.5),
    "deal_size": Prior(0.0, 1.0),
    "anchored": Prior(0.0, 0.5),
    "public_surprise": Prior(0.0, 0.5),
}
PUBLIC_VARIANCE, PLACING_VARIANCE = 2.0, 0.5
"""Prior guesses of the variances about the regression line."""
VARIANCE_WEIGHT = 4.0
"""Weight of such a guess, in deals."""
SWEEPS = 6


@dataclass(frozen=True, slots=True)
class RegressionData:
    """What a regression is fitted on.

    Parameters
    ----------
    x, y, weight
        Regressors (deals, coefficients), log coverages (deals,) and weights by age (deals,).
    priors
        Of the coefficients, in the order of the columns of `x`.
    guess
        Prior guess of the variance about the line.
    """

    x: Array
    y: Array
    weight: Array
    priors: dict[str, Prior]
    guess: float

    def holding(self, held: Mapping[str, float]) -> RegressionData:
        """Return the data with some coefficients held at a value."""
        names = list(self.priors)
        kept = [name not in held for name in names]
        known = sum(self.x[:, names.index(name)] * value for name, value in held.items())
        priors = {name: prior for name, prior in self.priors.items() if name not in held}
        return RegressionData(self.x[:, kept], self.y - known, self.weight, priors, self.guess)


@dataclass(frozen=True, slots=True)
class Regression:
    """A fitted regression: coefficients by name with their covariance, and the variance about the line."""

    data: RegressionData
    coefficients: Array
    covariance: Array
    variance: float
    parameter_variance: float
    log_likelihood: float

    def __getitem__(self, name: str) -> float:
        return float(self.coefficients[list(self.data.priors).index(name)])

    def posterior(self, prefix: str) -> Posterior:
        """The normal posterior of the coefficients; the standard deviation of a new deal holds it already."""
        names = [f"{prefix}_{name}" for name in self.data.priors]
        return posterior_of(names, self.covariance, within_sd=self.parameter_variance)

    def without(self, held: Mapping[str, float]) -> Regression:
        """Fit again with some coefficients held at a value."""
        return regress(self.data.holding(held))

    def estimates(self, prefix: str) -> tuple[Estimate, ...]:
        """Coefficients with standard errors."""
        errors = np.sqrt(np.diag(self.covariance))
        return tuple(
            Estimate(f"{prefix}_{name}", float(value), float(error), prior)
            for (name, prior), value, error in zip(
                self.data.priors.items(), self.coefficients, errors, strict=True
            )
        )


@dataclass(frozen=True, slots=True)
class CoverageFit:
    """Joint law of the two log coverages: regressions, standard deviations of a new deal, correlation."""

    public: Regression
    placing: Regression

    @property
    def public_sd(self) -> float:
        """Standard deviation of a new deal's log public coverage, the coefficients' uncertainty included."""
        return sqrt(self.public.variance + self.public.parameter_variance)

    @property
    def placing_sd(self) -> float:
        """Standard deviation of a new deal's log placing coverage."""
        own = self.placing.variance + self.placing.parameter_variance
        return sqrt(own + (self.placing["public_surprise"] * self.public_sd) ** 2)

    @property
    def correlation(self) -> float:
        """Correlation of the two surprises."""
        return self.placing["public_surprise"] * self.public_sd / self.placing_sd


def regress(data: RegressionData) -> Regression:
    """Alternate between the coefficients given the variance and the variance given the coefficients."""
    x, y, weight, priors, guess = data.x, data.y, data.weight, data.priors, data.guess
    mean = np.array([prior.mean for prior in priors.values()])
    precision_of_prior = np.diag([prior.sd**-2.0 for prior in priors.values()])
    variance, weighted = guess, x * weight[:, None]
    for _ in range(SWEEPS):
        precision = weighted.T @ x / variance + precision_of_prior
        pulled = weighted.T @ y / variance + precision_of_prior @ mean
        coefficients: Array = np.linalg.solve(precision, pulled).astype(np.float64)
        squares = float((weight * (y - x @ coefficients) ** 2).sum())
        variance = (squares + guess * VARIANCE_WEIGHT) / (float(weight.sum()) + VARIANCE_WEIGHT)
    covariance: Array = np.linalg.inv(precision).astype(np.float64)
    total = max(float(weight.sum()), 1e-12)
    spread = np.einsum("ij,jk,ik->i", x, covariance, x)
    of_parameters = float((weight * spread).sum()) / total if len(y) else float(np.trace(covariance[:1, :1]))
    likelihood = -0.5 * (squares / variance + total * np.log(2 * np.pi * variance)) if len(y) else 0.0
    return Regression(data, coefficients, covariance, variance, of_parameters, float(likelihood))


def fit_coverages(data: FitData) -> CoverageFit:
    """Fit both regressions on deals since the FINI platform, whose coverages are one quantity.

    The uncertainty of the coefficients enters a new deal's variance at its mean over the deals fitted on.
    """
    known = data.where((data.fini > 0) & (data.public_seen > 0))
    x = coverage_design(known)
    public = regress(RegressionData(x, known.log_public, known.weight, PUBLIC_PRIORS, PUBLIC_VARIANCE))
    both = known.placing_seen > 0
    surprise = known.log_public - x @ public.coefficients
    wider = np.column_stack([x, surprise])[both]
    log_placing, weight = known.log_placing[both], known.weight[both]
    placing = regress(RegressionData(wider, log_placing, weight, PLACING_PRIORS, PLACING_VARIANCE))
    return CoverageFit(public, placing)


def coverage_design(data: FitData) -> Array:
    """Regressors of a log coverage, (deals, 5)."""
    return np.column_stack([np.ones(len(data)), data.heat, data.coverage_heat, data.size, data.anchored])
