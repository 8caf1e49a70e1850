"""How much of the spread of the close is the day's, and how much that the fit does not know its parameters.

The law of total variance over draws ``k`` of the parameters from their posterior: ``Var(x) = E[Var(x | k)] +
Var(E[x | k])``, with ``x`` the log return of the close on the paths that list, draws weighted by the share that
lists. Each draw is played on two sets of paths, the same two for all draws: the covariance over draws of the two
means is ``Var(E[x | k])`` without any noise of the paths, where the variance of one mean would hold it.

Errors are of the draws (jackknife) and of the paths together. The draws share their paths, so the jackknife knows
nothing of these: what the paths leave open in ``E[Var(x | k)]`` comes from what each path adds to it over all draws.

Spreads are taken without the market's ``uncertainty`` factors and without what its coverage's ``sd`` hold for
uncertain coefficients: the draws are that uncertainty, and nothing is counted twice.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.estimates import Estimate, finite
from sim.market.posterior import draws_of
from sim.simulation import available_threads
from sim.studies.metrics import Metric
from sim.studies.playing import Playing, play
from sim.studies.setting import BASE

Array = NDArray[np.float64]

DRAWS = 200
BAND = (0.05, 0.5, 0.95)
_SEED_OF_DRAWS = 2


@dataclass(frozen=True, slots=True)
class MetricBand:
    """Quantiles (at :data:`BAND`) and standard deviation of a metric over draws of the parameters."""

    quantiles: tuple[float, ...]
    sd: float


@dataclass(frozen=True, slots=True)
class TotalVariance:
    """The spread of the close, split.

    Parameters
    ----------
    draws, paths
        Draws of the parameters, and paths of each.
    day, parameters
        Variance of the log close within a draw, and between the draws.
    share
        Part of the parameters in the whole.
    widened
        Standard deviation of the log close in the market as a run takes it, its spreads widened.
    bands
        What the draws do to each metric, by name.
    """

    draws: int
    paths: int
    day: Estimate
    parameters: Estimate
    share: Estimate
    widened: float
    bands: dict[str, MetricBand]

    @property
    def total(self) -> float:
        """Variance of the log close over days and parameters."""
        return self.day.value + self.parameters.value

    def to_json(self) -> dict[str, Any]:
        """Return the split as plain data."""
        return {
            "draws": self.draws,
            "paths": self.paths,
            "variance": finite(self.total),
            "of_the_day": self.day.to_json(),
            "of_parameters": self.parameters.to_json(),
            "share_of_parameters": self.share.to_json(),
            "sd": finite(math.sqrt(max(self.total, 0.0))),
            "sd_of_a_run": finite(self.widened),
            "metrics": {
                name: {
                    "quantiles": {f"{p:g}": finite(q) for p, q in zip(BAND, band.quantiles, strict=True)},
                    "sd": finite(band.sd),
                }
                for name, band in self.bands.items()
            },
        }

    def rows(self) -> list[dict[str, str | float | None]]:
        """Return one row a part."""
        return [
            {
                "study": "total_variance",
                "input": name,
                "source": None,
                "metric": "variance of the log close",
                "at": None,
                "input_value": None,
                "value": finite(part.value),
                "se": finite(part.se),
            }
            for name, part in (("day", self.day), ("parameters", self.parameters), ("share", self.share))
        ]


def total_variance(
    narrow: Playing,
    as_run: Playing,
    metrics: Sequence[Metric],
    draws: int = DRAWS,
    told: Callable[[], None] = lambda: None,
) -> TotalVariance:
    """Split the variance of the log close.

    Parameters
    ----------
    narrow
        The deal in its market without widened spreads, with half as many paths as a draw gets.
    as_run
        The deal in its market as a run takes it.
    metrics
        Metrics of which the draws give a band.
    draws
        How many draws of the parameters.
    told
        Called after each draw.

    Raises
    ------
    InvalidInput
        When the market has no posterior that can be drawn from.
    """
    shifts = draws_of(narrow.deal.market, draws, [narrow.deal.scenario.simulation.seed, _SEED_OF_DRAWS])
    threads = narrow.threads or available_threads()
    means, variances, counts = np.empty((2, draws)), np.empty((2, draws)), np.empty((2, draws))
    values = np.empty((draws, len(metrics)))
    influence = np.zeros(2 * narrow.paths)
    for k, shift in enumerate(shifts):
        plan = narrow.deal.plan(BASE.shifted(shift))
        whole = play(plan, 2 * narrow.paths, threads)
        values[k] = [metric.measure(whole).value for metric in metrics]
        for half, part in enumerate(np.split(whole["log_close"], 2)):
            known = part[~np.isnan(part)]
            counts[half, k] = known.size
            means[half, k] = known.mean() if known.size else math.nan
            variances[half, k] = known.var(ddof=1) if known.size > 1 else math.nan
        influence += variance_influence(whole["log_close"])
        told()
    day, parameters, share = _split(means, variances, counts, error_of_paths(influence, counts))
    own = as_run.sample()["log_close"]
    listed = own[~np.isnan(own)]
    bands = {
        metric.name: MetricBand(
            tuple(np.nanquantile(values[:, at], BAND).tolist())
            if np.isfinite(values[:, at]).any()
            else (math.nan,) * 3,
            float(np.nanstd(values[:, at], ddof=1)) if np.isfinite(values[:, at]).sum() > 1 else math.nan,
        )
        for at, metric in enumerate(metrics)
    }
    spread = float(listed.std(ddof=1)) if listed.size > 1 else math.nan
    return TotalVariance(draws, 2 * narrow.paths, day, parameters, share, spread, bands)


def variance_influence(values: Array) -> Array:
    """Return what each path adds to the error of the variance of its draw, weighted by the paths that list."""
    listed = ~np.isnan(values)
    if listed.sum() < 2:
        return np.zeros(values.size)
    squares = np.where(listed, values - values[listed].mean(), 0.0) ** 2
    return np.where(listed, squares - squares[listed].mean(), 0.0)


def error_of_paths(influence: Array, counts: Array) -> float:
    """Standard error that the paths, common to all draws, leave in the variance within a draw.

    Parameters
    ----------
    influence
        (paths,), :func:`variance_influence` summed over the draws.
    counts
        (halves, draws), paths that list.
    """
    return math.sqrt(float(influence @ influence)) / max(float(counts.sum()), 1.0)


def _split(
    means: Array, variances: Array, counts: Array, of_paths: float
) -> tuple[Estimate, Estimate, Estimate]:
    """Return the variance within and between draws and the latter's share, with their errors.

    ``of_paths`` is the error that the common paths leave in the variance within a draw; to the share
    ``b / (d + b)`` it adds itself times ``b / (d + b)^2``.
    """
    known = np.isfinite(means).all(axis=0) & np.isfinite(variances).all(axis=0)
    means, variances, counts = means[:, known], variances[:, known], counts[:, known]
    if means.shape[1] < 3:
        unknown = Estimate(math.nan, math.nan)
        return unknown, unknown, unknown
    weights = counts.sum(axis=0)
    inside = variances.mean(axis=0)
    # Sums over draws, and the same with each draw left out.
    everything = _parts(means, inside, weights, np.ones((1, means.shape[1])))
    left_out = _parts(means, inside, weights, 1.0 - np.eye(means.shape[1]))
    factor = (means.shape[1] - 1) / means.shape[1]
    errors = [math.sqrt(factor * float(((part - part.mean()) ** 2).sum())) for part in left_out]
    day, between, share = (float(part[0]) for part in everything)
    errors[0] = math.hypot(errors[0], of_paths)
    errors[2] = math.hypot(errors[2], of_paths * share / (day + between))
    return Estimate(day, errors[0]), Estimate(between, errors[1]), Estimate(share, errors[2])


def _parts(means: Array, inside: Array, weights: Array, kept: Array) -> tuple[Array, Array, Array]:
    """Variance within, between and the latter's share, for each row of ``kept`` (sets, draws)."""
    w = kept * weights
    total = w.sum(axis=1)
    day = w @ inside / total
    centre = w @ means.T / total[:, None]
    product = ((means[0] - centre[:, :1]) * (means[1] - centre[:, 1:]) * w).sum(axis=1) / total
    # Reliability weights: the unbiased covariance has 1 - sum of squared weights in place of (n - 1) / n.
    between = product / (1.0 - (w**2).sum(axis=1) / total**2)
    return day, between, between / (day + between)
