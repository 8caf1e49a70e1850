"""What is known when: the law of coverage and valuation at a stage, by exact conditioning.

Before the books open ``(log R, log I, h)`` is jointly Gaussian given the deal, with ``h`` the theme's heat; the
valuation is ``u = centre + weight h + exp(spread(log R)) t`` with ``t`` Student. An observed coverage, or one seen
through noise, conditions the Gaussian part in closed form. A grey-market close is a noisy look at the pressure
``y(0)``: given the two t scales everything is Gaussian, so the scales (and what coverage is still unknown) are
laid out as nodes with posterior probabilities, and ``u`` given a node is Gaussian.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sim.deals.usual import LOWEST_COVERAGE
from sim.errors import invalid
from sim.kernels.coverage import log_spreads
from sim.kernels.demand import reallocate
from sim.kernels.opening import float_of_offers, scarcity_of_offers
from sim.kernels.parameters import CoverageParameters, DemandParameters, TermParameters
from sim.market.parameters import Features, Grey, Market
from sim.market.theme import ThemeHeat
from sim.scenario.models import Observed, Stage

Array = NDArray[np.float64]

SPREAD_LOW, SPREAD_HIGH = -4.0, 1.0
"""Bounds of the log scale of the valuation noise."""
NOISE_REACH = 3.0
"""Bound of the valuation noise, log price: a factor of twenty either way, wider than any first day on file.

The exponential of a Student draw has no mean, and a price is one: without a bound the mean return of a run would
hang on its wildest path, and its standard error would be no error. Quantiles are not affected.
"""
SCALE_NODES = 32
NOISE_NODES = 16
SCALE_TAIL = 1e-8
"""Probability beyond the nodes of a t scale on either side."""
COVERAGE_NODES = 24


@dataclass(frozen=True, slots=True)
class GaussianLaw:
    """A Gaussian of ``(log R, log I, h)``: mean (3,) and covariance (3, 3)."""

    mean: Array
    covariance: Array

    def observe(self, direction: Array, value: float, variance: float) -> GaussianLaw:
        """Condition on ``direction . x + noise = value`` with noise of the given variance (0 is exact)."""
        across = self.covariance @ direction
        total = float(direction @ across) + variance
        if total == 0.0:
            return self
        gain = across / total
        mean = self.mean + gain * (value - float(direction @ self.mean))
        return GaussianLaw(mean, self.covariance - np.outer(gain, across))


def coverage_law(observed: Observed, market: Market, features: Features, theme: ThemeHeat) -> GaussianLaw:
    """Law of log coverages and theme heat given the deal and all that is observed of its coverage."""
    public, placing = market.coverage.public, market.coverage.placing
    loading = np.array([public.theme_loading, placing.theme_loading, 1.0])
    public_sd, placing_sd = (market.uncertainty.coverage * part.sd for part in (public, placing))
    covariance = np.zeros((3, 3))
    covariance[0, 0], covariance[1, 1] = public_sd**2, placing_sd**2
    covariance[0, 1] = covariance[1, 0] = market.coverage.correlation * public_sd * placing_sd
    covariance += np.outer(loading, loading) * theme.se**2
    mean = np.array([public.centre.at(features), placing.centre.at(features), 0.0]) + loading * theme.mean
    law = GaussianLaw(mean, covariance)
    axes = np.eye(3)
    if observed.public_coverage is not None:
        law = law.observe(axes[0], _log_coverage(observed.public_coverage), 0.0)
    elif observed.partial_public_coverage is not None:
        partial = _log_coverage(observed.partial_public_coverage)
        law = law.observe(axes[0], partial, observed.partial_noise**2)
    if observed.placing_coverage is not None:
        law = law.observe(axes[1], _log_coverage(observed.placing_coverage), 0.0)
    return law


def _log_coverage(times: float) -> float:
    return math.log(max(times, LOWEST_COVERAGE))


def coverage_parameters(
    observed: Observed,
    stage: Stage,
    market: Market,
    features: Features,
    theme: ThemeHeat,
    demand: DemandParameters,
    terms: TermParameters,
) -> CoverageParameters:
    """Return what the kernels draw coverage and valuation from.

    Parameters
    ----------
    observed
        What is known of the demand; a grey-market return needs terms with a known offer price.
    stage
        Stage of the forecast, which sets the weight of theme heat.
    market, features, theme
        Fitted market, features of the deal, posterior heat of its theme.
    demand, terms
        The kernels' demand curve and terms.

    Raises
    ------
    InvalidInput
        When there is a grey-market return and the market has no grey-market fit.
    """
    law = coverage_law(observed, market, features, theme)
    weight = market.valuation.theme_weight.get(stage, 0.0)
    prior = _prior_parameters(law, market, features, weight)
    if observed.grey_return is None:
        return prior
    if market.grey is None:
        raise invalid(
            f"market {market.name}",
            "grey",
            "a grey-market return is given and the market has no grey-market fit",
            "leave grey_return out or use another market",
        )
    return _after_grey(math.log1p(observed.grey_return), market.grey, prior, features, demand, terms)


def _prior_parameters(
    law: GaussianLaw, market: Market, features: Features, weight: float
) -> CoverageParameters:
    """Factor the Gaussian as log R, log I given log R, and h given both."""
    c = law.covariance
    public_sd = math.sqrt(max(c[0, 0], 0.0))
    slope = c[0, 1] / c[0, 0] if c[0, 0] > 0 else 0.0
    placing_sd = math.sqrt(max(c[1, 1] - slope * c[0, 1], 0.0))
    heat_slopes, heat_variance = _heat_given_coverages(c.tobytes())
    valuation = market.valuation
    third = valuation.spread_public_coverage / 3.0
    empty = np.empty(0)
    return CoverageParameters(
        public_mean=float(law.mean[0]),
        public_sd=public_sd,
        placing_mean=float(law.mean[1]),
        placing_slope=float(slope),
        placing_sd=placing_sd,
        valuation_mean=valuation.centre.at(features) + weight * float(law.mean[2]),
        valuation_public_slope=weight * heat_slopes[0],
        valuation_placing_slope=weight * heat_slopes[1],
        valuation_sd=abs(weight) * math.sqrt(heat_variance),
        spread_mean=valuation.spread.at(features) + math.log(market.uncertainty.valuation) - 6.0 * third,
        spread_slope=third,
        spread_low=SPREAD_LOW,
        spread_high=SPREAD_HIGH,
        degrees=valuation.degrees_of_freedom,
        node_cumulative=empty,
        node_public=empty,
        node_placing=empty,
        node_valuation_mean=empty,
        node_valuation_sd=empty,
        noise_bound=NOISE_REACH,
    )


@lru_cache(maxsize=256)
def _heat_given_coverages(covariance: bytes) -> tuple[tuple[float, float], float]:
    """Slopes of h on the two coverages by least squares, and its variance about them.

    A coverage that is known has no variance and no say. What coverages were observed leaves the covariance alone, so
    the points of a sweep share an answer that takes a third of all that makes a scenario ready.
    """
    c: Array = np.frombuffer(covariance).reshape(3, 3)
    slopes = np.linalg.pinv(c[:2, :2], hermitian=True) @ c[:2, 2]
    return (float(slopes[0]), float(slopes[1])), max(float(c[2, 2]) - float(slopes @ c[:2, 2]), 0.0)


def _t_scales(degrees: float, count: int) -> tuple[Array, Array]:
    """Values of the variance factor ``degrees / chi2(degrees)`` of a Student t, and their probabilities.

    They are evenly spaced in the logarithm, where the trapezoidal rule converges geometrically, and reach into
    the tails: what a surprise says of the scale is decided there.
    """
    from scipy.special import gammainccinv, gammaincinv

    half = degrees / 2.0
    ends = np.log([gammaincinv(half, SCALE_TAIL), gammainccinv(half, SCALE_TAIL)])
    log_gamma = np.linspace(ends[0], ends[1], count)
    log_density = half * log_gamma - np.exp(log_gamma)
    probability = np.exp(log_density - log_density.max())
    return half * np.exp(-log_gamma), probability / probability.sum()


def _gaussian_nodes(sd: float) -> tuple[Array, Array]:
    """Shifts and probabilities that stand for a centred Gaussian; a single one when it is known."""
    if sd == 0.0:
        return np.zeros(1), np.ones(1)
    points, weights = np.polynomial.hermite_e.hermegauss(COVERAGE_NODES)
    return sd * points, weights / weights.sum()


def _after_grey(
    log_grey: float,
    grey: Grey,
    prior: CoverageParameters,
    features: Features,
    demand: DemandParameters,
    terms: TermParameters,
) -> CoverageParameters:
    """Lay out the posterior of coverages, scales and valuation once the grey market has closed."""
    public_shift, public_weight = _gaussian_nodes(prior.public_sd)
    placing_shift, placing_weight = _gaussian_nodes(prior.placing_sd)
    scales, scale_weight = _t_scales(prior.degrees, SCALE_NODES)
    noise_scales, noise_weight = _t_scales(grey.degrees_of_freedom, NOISE_NODES)
    r, i, v, w = (
        axis.ravel()
        for axis in np.meshgrid(
            np.arange(public_shift.size),
            np.arange(placing_shift.size),
            np.arange(scales.size),
            np.arange(noise_scales.size),
            indexing="ij",
        )
    )
    shift_r = public_shift[r]
    shift_i = prior.placing_slope * shift_r + placing_shift[i]
    log_public, log_placing = prior.public_mean + shift_r, prior.placing_mean + shift_i
    scarcity = np.empty_like(log_public)
    locked, tradable, active, tranche = (np.empty_like(log_public) for _ in range(4))
    reallocate(terms, np.exp(log_public), tranche)
    offers = np.full_like(log_public, terms.price_low)
    float_of_offers(demand, terms, offers, tranche, locked, tradable, active)
    scarcity_of_offers(demand, terms, log_public, log_placing, locked, active, scarcity)
    spread = np.empty_like(log_public)
    log_spreads(prior, log_public, spread)
    centre = (
        prior.valuation_mean
        + prior.valuation_public_slope * shift_r
        + prior.valuation_placing_slope * shift_i
    )
    variance = prior.valuation_sd**2 + np.exp(2.0 * spread) * scales[v]
    noise = math.exp(2.0 * grey.noise.at(features)) * noise_scales[w]
    total = grey.slope**2 * variance + noise
    surprise = log_grey - (scarcity + centre) - grey.bias
    log_weight = -0.5 * surprise**2 / total - 0.5 * np.log(total)
    log_weight += np.log(public_weight[r]) + np.log(placing_weight[i])
    log_weight += np.log(scale_weight[v]) + np.log(noise_weight[w])
    probability = np.exp(log_weight - log_weight.max())
    cumulative = np.cumsum(probability)
    return prior._replace(
        node_cumulative=cumulative / cumulative[-1],
        node_public=log_public,
        node_placing=log_placing,
        node_valuation_mean=centre + grey.slope * variance / total * surprise,
        node_valuation_sd=np.sqrt(variance * noise / total),
    )
