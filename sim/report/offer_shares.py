"""Shares of the paths below and exactly at the offer price, with the errors that they have in this run.

The histogram of a run counts paths as if they were plain. By variance reduction they are not: what the summary knows
of an event then has another error than so many plain paths, and is not rounded to whole paths.
"""

from __future__ import annotations

import math

from sim.report import distribution, words
from sim.report.run import Run, probability_of

Told = tuple[float, float]
"""A share and its Monte Carlo standard error."""


def is_reduced(run: Run) -> bool:
    """Whether the paths of a run are weighted, or replicates."""
    return "variance_reduction" in run.summary


def paths_behind(run: Run) -> int:
    """Plain paths that would tell any share at least as badly: half as many as list where paths are weighted.

    Half of them follow the model's own law, and no weight is above two.
    """
    listed = words.listed_paths(run)
    weighted = is_reduced(run) and run.summary["variance_reduction"]["method"] == "importance"
    return max(listed // 2, 1) if weighted else listed


def below_offer(run: Run, price: str) -> Told:
    """Share of the paths that list whose ``price`` (``open``, ``close``, ...) is below the offer price."""
    return _told(run, f"{price}_below_offer", distribution.shares(run.histograms[price]).below)


def at_offer(run: Run, price: str) -> Told:
    """Share of the paths that list whose ``price`` is exactly the offer price."""
    return _told(run, f"{price}_at_offer", distribution.shares(run.histograms[price]).at_offer)


def above_offer(run: Run, price: str) -> Told:
    """What is left of the paths that list; the error is at least that of its two parts, which exclude each other."""
    if not is_reduced(run):
        above = distribution.shares(run.histograms[price]).above
        return above, distribution.share_error(above, words.listed_paths(run))
    (below, below_error), (at, at_error) = below_offer(run, price), at_offer(run, price)
    return max(1.0 - below - at, 0.0), math.hypot(below_error, at_error)


def _told(run: Run, event: str, share: float) -> Told:
    """As the summary of a reduced run has it where it knows the event; else of the histogram."""
    if is_reduced(run) and event in run.summary["probabilities"]:
        return probability_of(run.summary, event)
    return share, distribution.share_error(share, paths_behind(run))
