r"""Scores of probabilistic forecasts that come as equally weighted samples.

**CRPS.** For a sample :math:`x_{(1)} \le \dots \le x_{(n)}` and an outcome :math:`y`,

.. math:: \mathrm{CRPS} = \frac1n \sum_i |x_i - y| - \frac1{n^2} \sum_i (2i - n - 1)\, x_{(i)},

the score of the empirical distribution itself (Gneiting and Raftery 2007, eq. 21, its double sum written
over the sorted sample). Smaller is better; the unit is that of the outcome.

**PIT.** A first-day close sits exactly at the offer price with positive probability, so the distribution
function jumps there. The transform is randomised over the jump (Czado, Gneiting and Held 2009, sec. 2):
with :math:`l` draws below the outcome and :math:`e` equal to it,
:math:`u = (l + v (e + 1)) / (n + 1)`, :math:`v` uniform. When the outcome is one more draw of the same
distribution, :math:`u` is exactly uniform, whatever :math:`n` and the atoms. :math:`v` is a hash of the
deal and the stage, so it never changes between runs, machines or orders of the file.

**Log score.** Density and atom have no common measure, and a forecast without an atom would score minus
infinity on an outcome that sits on one. The score is therefore taken of the forecast blurred by a normal of
fixed standard deviation `LOG_SCORE_BLUR`: the log density of the outcome as it would be read off with that
error. It is the same for continuous forecasts, atoms and mixtures. One pseudo-draw from a wide Student-t
around the sample keeps an outcome outside all draws at a finite score.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

TIE = 2e-6
"""Log returns closer than this are equal: published returns are rounded to 1e-6."""

LOG_SCORE_BLUR = 0.02
"""Standard deviation, in log return, of the blur of the log score: two per cent."""

INTERVALS = (50, 80, 95)
"""Central intervals reported, per cent."""

BOOTSTRAP_DRAWS = 4000
BOOTSTRAP_SEED = 20250401


def crps(samples: ArrayLike, outcomes: ArrayLike) -> Floats:
    """Return the CRPS of equally weighted samples.

    Parameters
    ----------
    samples
        Shape (..., n); need not be sorted.
    outcomes
        Shape (...).

    Returns
    -------
    ndarray of float64, shape (...)

    Raises
    ------
    ValueError
        The shapes do not fit or a sample is empty.
    """
    draws = np.sort(np.asarray(samples, dtype=np.float64), axis=-1)
    seen = np.asarray(outcomes, dtype=np.float64)
    if draws.ndim == 0 or draws.shape[-1] == 0 or draws.shape[:-1] != seen.shape:
        raise ValueError(f"samples of shape {draws.shape} do not fit outcomes of shape {seen.shape}")
    n = draws.shape[-1]
    weights = (2.0 * np.arange(1, n + 1) - n - 1.0) / n**2
    # Centred on the outcome, so that the two terms do not cancel when the unit has a large offset.
    centred = draws - seen[..., None]
    return np.asarray(np.abs(centred).mean(axis=-1) - (centred * weights).sum(axis=-1), dtype=np.float64)


def log_score(sample: ArrayLike, outcome: float, blur: float = LOG_SCORE_BLUR) -> float:
    """Return the log density of the outcome under the blurred forecast; larger is better.

    Parameters
    ----------
    sample
        Shape (n,), log returns.
    outcome
        Log return.
    blur
        Standard deviation of the normal blur, in log return.
    """
    draws = np.asarray(sample, dtype=np.float64)
    kernel = np.exp(-0.5 * ((draws - outcome) / blur) ** 2) / (blur * np.sqrt(2.0 * np.pi))
    centre, scale = float(np.median(draws)), max(float(draws.std()), blur)
    distance = (outcome - centre) / scale
    # Student-t with three degrees of freedom.
    wide = 2.0 / (np.sqrt(3.0) * np.pi * (1.0 + distance**2 / 3.0) ** 2) / scale
    return float(np.log((kernel.sum() + wide) / (len(draws) + 1)))


def uniform_of(*key: Hashable) -> float:
    """Return a number in (0, 1) that depends on `key` alone: 53 bits of its BLAKE2b hash."""
    text = "\x1f".join(str(part) for part in key)
    bits = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8, person=b"firstday").digest(), "big")
    return ((bits >> 11) + 0.5) / 2.0**53


def pit(sample: ArrayLike, outcome: float, uniform: float) -> float:
    """Return the probability integral transform, randomised over ties by `uniform` in (0, 1)."""
    draws = np.asarray(sample, dtype=np.float64)
    below = int(np.count_nonzero(draws < outcome - TIE))
    equal = int(np.count_nonzero(draws <= outcome + TIE)) - below
    return (below + uniform * (equal + 1)) / (len(draws) + 1)


def interval_coverage(pits: ArrayLike) -> dict[str, float]:
    """Return the share of outcomes inside the central 50, 80 and 95% intervals, read off their PITs.

    Through the randomised PIT a calibrated forecast covers exactly the stated share; a closed interval
    whose end lies on an atom would cover more.
    """
    values = np.asarray(pits, dtype=np.float64)
    if not len(values):
        return {str(level): float("nan") for level in INTERVALS}
    return {str(level): float(np.mean(np.abs(values - 0.5) <= level / 200.0 + 1e-12)) for level in INTERVALS}


def uniformity_p(pits: ArrayLike) -> float:
    """Return the exact two-sided Kolmogorov-Smirnov p-value of the PITs against the uniform."""
    from scipy.stats import kstwo

    values = np.sort(np.asarray(pits, dtype=np.float64))
    n = len(values)
    if not n:
        return float("nan")
    steps = np.arange(n + 1) / n
    distance = max(float((steps[1:] - values).max()), float((values - steps[:-1]).max()))
    return float(kstwo.sf(distance, n))


def brier(probabilities: ArrayLike, happened: ArrayLike) -> float:
    """Return the mean squared difference of probability and event (0 or 1); NaN without events."""
    forecast = np.asarray(probabilities, dtype=np.float64)
    event = np.asarray(happened, dtype=np.float64)
    return float(np.mean((forecast - event) ** 2)) if len(event) else float("nan")


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Forecasts of one range of probability: their mean, the share of events and its exact interval."""

    lower: float
    upper: float
    count: int
    mean_forecast: float
    frequency: float
    low: float
    high: float


def reliability(
    probabilities: ArrayLike, happened: ArrayLike, bins: int = 10, level: float = 0.90
) -> tuple[ReliabilityBin, ...]:
    """Return the bins of a reliability diagram, empty ones left out.

    Parameters
    ----------
    probabilities, happened
        Shape (n,): forecast probability and event (0 or 1).
    bins
        Number of bins of equal width.
    level
        Level of the Clopper-Pearson interval of the frequency.
    """
    from scipy.special import betaincinv

    forecast = np.asarray(probabilities, dtype=np.float64)
    event = np.asarray(happened, dtype=np.float64)
    index = np.minimum((forecast * bins).astype(int), bins - 1)
    tail = (1.0 - level) / 2.0
    found = []
    for k in range(bins):
        members = index == k
        n, hits = int(members.sum()), float(event[members].sum())
        if not n:
            continue
        low = 0.0 if hits == 0 else float(betaincinv(hits, n - hits + 1, tail))
        high = 1.0 if hits == n else float(betaincinv(hits + 1, n - hits, 1.0 - tail))
        found.append(
            ReliabilityBin(k / bins, (k + 1) / bins, n, float(forecast[members].mean()), hits / n, low, high)
        )
    return tuple(found)


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """Mean difference of two scores on the same deals, with a bootstrap interval."""

    mean: float
    low: float
    high: float
    level: float
    blocks: int


def paired_difference(
    first: ArrayLike,
    second: ArrayLike,
    blocks: Sequence[Hashable],
    *,
    level: float = 0.95,
    draws: int = BOOTSTRAP_DRAWS,
    seed: int = BOOTSTRAP_SEED,
) -> PairedDifference:
    """Return the mean of ``first - second`` and its percentile bootstrap interval over whole blocks.

    Deals that list on one day share the day's market, so days are drawn, not deals.

    Parameters
    ----------
    first, second
        Scores, shape (n,).
    blocks
        Block of each deal, its list date.
    level
        Level of the interval.
    draws, seed
        Size and seed of the bootstrap; Philox, so the interval is the same on every machine.

    Raises
    ------
    ValueError
        Nothing to compare, or the lengths differ.
    """
    gap = np.asarray(first, dtype=np.float64) - np.asarray(second, dtype=np.float64)
    if not len(gap) or len(gap) != len(blocks):
        raise ValueError(f"{len(gap)} differences do not fit {len(blocks)} blocks")
    number = {block: k for k, block in enumerate(dict.fromkeys(blocks))}
    member = np.array([number[block] for block in blocks])
    sums = np.bincount(member, weights=gap)
    sizes = np.bincount(member)
    random = np.random.Generator(np.random.Philox(seed))
    chosen = random.integers(len(sums), size=(draws, len(sums)))
    means = sums[chosen].sum(axis=1) / sizes[chosen].sum(axis=1)
    low, high = np.quantile(means, [(1.0 - level) / 2.0, (1.0 + level) / 2.0])
    return PairedDifference(float(gap.mean()), float(low), float(high), level, len(sums))
