"""The result of a run: frozen, and everything that tables, pictures and files are made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.convergence import Convergence
from sim.market.parameters import Market
from sim.market.theme import ThemeHeat
from sim.scenario.scenario import Scenario
from sim.statistics import LogReturnHistogram
from sim.variance_reduction.method import PLAIN, Method


@dataclass(frozen=True, slots=True)
class Fan:
    """Quantiles of the price through the day.

    Parameters
    ----------
    minutes
        (T,), minutes of trading since the open.
    clock
        (T,), minutes from midnight.
    probabilities
        (Q,), levels.
    log_returns
        (Q, T), quantiles of the log price against the offer price.
    errors
        (Q, T), their Monte Carlo standard errors.
    paths
        Paths behind it.
    """

    minutes: NDArray[np.float64]
    clock: NDArray[np.float64]
    probabilities: NDArray[np.float64]
    log_returns: NDArray[np.float64]
    errors: NDArray[np.float64]
    paths: int


@dataclass(frozen=True, slots=True)
class Result:
    """What a run found.

    Parameters
    ----------
    scenario, market
        What was simulated.
    stage
        What was known: ``t0``, ``t0.9``, ``t1`` or ``t2``.
    paths, seed
        Paths simulated, and the key of their random numbers.
    partial
        Whether the run was interrupted before all paths were done.
    target_reached
        ``False`` when a standard error was asked for and not reached.
    summary
        The document of ``summary.json``.
    histograms
        Log returns of open, high, low, close and VWAP.
    kept
        The paths, one array a recorded quantity; ``None`` when there were too many to keep.
    fan
        Quantiles through the day, ``None`` when it was not asked for.
    convergence
        Running mean return of the close.
    theme
        Posterior of the theme's heat, ``None`` without peers.
    notes
        Remarks that a user should read beside the figures.
    wall_seconds
        Time the simulation took.
    method
        How the latent variables were drawn. Paths of ``importance`` are weighted: ``kept["weight"]``.
    """

    scenario: Scenario
    market: Market
    stage: str
    paths: int
    seed: int
    partial: bool
    target_reached: bool
    summary: Mapping[str, Any]
    histograms: Mapping[str, LogReturnHistogram]
    kept: Mapping[str, NDArray[np.float64]] | None = field(repr=False)
    fan: Fan | None = field(repr=False)
    convergence: Convergence = field(repr=False)
    theme: ThemeHeat | None
    notes: tuple[str, ...]
    wall_seconds: float
    method: Method = PLAIN
