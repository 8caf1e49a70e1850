"""The seam of the desks: simulated paths in, a frozen answer out.

A desk is a function ``desk(paths, options) -> answer``: ``paths`` is a :class:`DeskPaths`, ``options`` a frozen
dataclass of the desk in the terms of its trade, and the answer a frozen dataclass that offers what
:class:`Answer` names. The command line prints, writes and draws any answer alike.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sim.engine import Plan, batches, prepare
from sim.errors import invalid
from sim.kernels.parameters import QUANTITIES
from sim.market.parameters import Market
from sim.scenario.scenario import Scenario
from sim.simulation import BATCH_PATHS, available_threads
from sim.statistics import probability_se

MOST_PATHS = 2_000_000
"""Paths of a desk: it keeps every one, 26 numbers each."""


@dataclass(frozen=True, slots=True)
class DeskPaths:
    """Paths of one scenario, kept whole: ``values`` (len(QUANTITIES), paths), NaN where the deal is withdrawn."""

    plan: Plan
    values: NDArray[np.float64] = field(repr=False)
    seconds: float

    def __getitem__(self, quantity: str) -> NDArray[np.float64]:
        row: NDArray[np.float64] = self.values[QUANTITIES.index(quantity)]
        return row

    @property
    def scenario(self) -> Scenario:
        """The deal."""
        return self.plan.scenario

    @property
    def count(self) -> int:
        """Paths, withdrawn ones included."""
        return int(self.values.shape[1])

    @property
    def listed(self) -> NDArray[np.bool_]:
        """(paths,), whether the deal lists."""
        mask: NDArray[np.bool_] = ~np.isnan(self["close"])
        return mask


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number and its Monte Carlo standard error, in the same unit; an error of 0 is a number known exactly."""

    value: float
    se: float = 0.0

    def to_json(self) -> dict[str, float | None]:
        """Return ``{"value": x, "se": x}``, null where undefined."""
        return {"value": finite(self.value), "se": finite(self.se)}


@dataclass(frozen=True, slots=True)
class Table:
    """A table ready to print: every cell is text, the first column is a name, the others are figures.

    ``marked`` holds the rows that are the answer; the printed table fits 100 columns.
    """

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    marked: frozenset[int] = frozenset()


class Answer(Protocol):
    """What a desk answers."""

    @property
    def desk(self) -> str:
        """Name of the desk, as on the command line."""

    def to_json(self) -> dict[str, Any]:
        """Return the whole answer as plain data, no NaN in it."""

    def sentence(self) -> str:
        """Answer the desk's question in one sentence."""

    def tables(self) -> tuple[Table, ...]:
        """Return the figures behind the sentence, the most wanted table first."""

    def remarks(self) -> tuple[str, ...]:
        """Return what a reader must know beside the figures, one line each."""


def simulate_desk(
    scenario: Scenario,
    *,
    market: Market | None = None,
    folder: Path | None = None,
    threads: int | None = None,
) -> DeskPaths:
    """Simulate a scenario and keep every path.

    Raises
    ------
    InvalidInput
        When the scenario or its market cannot be used, or asks for more paths than a desk keeps.
    """
    count = scenario.simulation.paths
    if count > MOST_PATHS:
        raise invalid(
            scenario.name,
            "simulation.paths",
            f"{count:,} paths are too many for a desk, which keeps them all",
            f"at most {MOST_PATHS:,}; use --paths",
        )
    return paths_of(prepare(scenario, market, folder), count, threads)


def paths_of(plan: Plan, count: int, threads: int | None = None) -> DeskPaths:
    """Simulate the first ``count`` paths of a plan; the same paths of two plans share their random numbers."""
    started = time.perf_counter()
    values = np.empty((len(QUANTITIES), count))
    for batch in batches(plan, count, BATCH_PATHS, threads=threads or available_threads()):
        values[:, batch.first : batch.first + batch.values.shape[1]] = batch.values
    return DeskPaths(plan, values, time.perf_counter() - started)


def mean_of(values: NDArray[np.float64]) -> Estimate:
    """Mean of one number a path and its standard error; NaN is left out, without any the mean is NaN."""
    known = values[~np.isnan(values)]
    if known.size == 0:
        return Estimate(math.nan, math.nan)
    error = float(known.std(ddof=1)) / math.sqrt(known.size) if known.size > 1 else math.nan
    return Estimate(float(known.mean()), error)


def share_of(happened: NDArray[np.bool_]) -> Estimate:
    """Share of paths on which something happens, and its standard error."""
    if happened.size == 0:
        return Estimate(math.nan, math.nan)
    hits = int(happened.sum())
    return Estimate(hits / happened.size, probability_se(hits, happened.size))


def finite(value: float) -> float | None:
    """Return a number as JSON holds it: ``None`` for NaN and infinity."""
    return value if math.isfinite(value) else None
