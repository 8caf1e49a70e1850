"""P-values of the statistical tests, and when one is an alarm.

Every statistical test is one family of comparisons: it alarms when any p-value is below ``FALSE_ALARM`` divided by
their number (Bonferroni), so a sound generator fails a test with a probability of at most ``FALSE_ALARM``. There
are fewer than fifty such tests in this folder, so at most 5e-6 in all. Seeds are fixed: an alarm can only come
when the numbers themselves change.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy import stats

FALSE_ALARM = 1e-7


def alarms(p_values: Mapping[str, float]) -> set[str]:
    """Names of the comparisons whose p-value is too small to be chance."""
    return {name for name, p in p_values.items() if not p >= FALSE_ALARM / len(p_values)}


def two_sided(score: float) -> float:
    """P-value of a standard normal score."""
    return float(2.0 * stats.norm.sf(abs(score)))


def moments(z: np.ndarray) -> dict[str, float]:
    """First four moments of what should be standard normals, by the central limit theorem."""
    x = z.astype(np.float64).ravel()
    root = np.sqrt(x.size)
    square = x * x
    return {
        "mean": two_sided(root * x.mean()),
        "variance": two_sided(root * (square.mean() - 1.0) / np.sqrt(2.0)),
        "third moment": two_sided(root * (square * x).mean() / np.sqrt(15.0)),
        "fourth moment": two_sided(root * ((square * square).mean() - 3.0) / np.sqrt(96.0)),
    }


def counts_match(counts: np.ndarray, probabilities: np.ndarray) -> float:
    """Pearson's chi-square of counts against cell probabilities; a cell expects five or more."""
    expected = counts.sum() * probabilities
    assert expected.min() >= 5.0
    return float(stats.chi2.sf(((counts - expected) ** 2 / expected).sum(), counts.size - 1))


def fits(draws: np.ndarray, law: stats.rv_continuous, cells: int = 256) -> float:
    """Pearson's chi-square of draws against a law, in cells of equal probability."""
    edges = law.ppf(np.arange(1, cells) / cells)
    counts = np.bincount(np.searchsorted(edges, draws.ravel()), minlength=cells)
    return counts_match(counts, np.full(cells, 1.0 / cells))


def count_matches(count: int, draws: int, probability: float) -> float:
    """Exact two-sided binomial p-value of a count."""
    law = stats.binom(draws, probability)
    return float(min(1.0, 2.0 * min(law.cdf(count), law.sf(count - 1))))


def unrelated(name: str, a: np.ndarray, b: np.ndarray) -> dict[str, float]:
    """Correlation of two samples, of their squares, and dependence of their eighths.

    The last is Pearson's test of independence of an 8 by 8 table; its margins are those of a standard normal.
    """
    a, b = a.astype(np.float64), b.astype(np.float64)
    root = np.sqrt(a.size)
    eighths = stats.norm.ppf(np.arange(1, 8) / 8)
    table = np.bincount(8 * np.searchsorted(eighths, a) + np.searchsorted(eighths, b), minlength=64)
    return {
        f"{name}: correlation": two_sided(root * np.corrcoef(a, b)[0, 1]),
        f"{name}: correlation of squares": two_sided(root * np.corrcoef(a * a, b * b)[0, 1]),
        f"{name}: table": counts_match(table, np.full(64, 1 / 64)),
    }
