"""The result of a run: frozen, and everything that tables, pictures and files are made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from sim.convergence import Convergence
from sim.device import CPU
from sim.market.parameters import Market
from sim.market.theme import ThemeHeat
from sim.scenario.scenario import Scenario
from sim.statistics import LogReturnHistogram
from sim.variance_reduction.method import PLAIN, Method

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pandas import DataFrame


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
        Whether the run was interrupted: paths, the fan or the desks' answers may be missing.
    target_reached
        ``False`` when a standard error was asked for and not reached.
    summary
        The document of ``summary.json``.
    histograms
        Log returns of open, high, low, close and VWAP.
    kept
        The paths, one array a recorded quantity; ``None`` when there were too many to keep.
    fan
        Quantiles through the day, ``None`` when it was not asked for, or the run was interrupted before it was there.
    convergence
        Running mean return of the close.
    theme
        Posterior of the theme's heat, ``None`` without peers.
    notes
        Remarks that a user should read beside the figures.
    wall_seconds
        Time the simulation took.
    device
        Where the paths were simulated, ``cpu`` or ``cuda``.
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
    device: str = CPU
    method: Method = PLAIN

    def __repr__(self) -> str:
        from sim.exports.notebook import result_text

        return result_text(self)

    def _repr_html_(self) -> str:
        """Show the result in a notebook."""
        from sim.exports.notebook import result_html

        return result_html(self)

    def plot(self, picture: Literal["histogram", "fan"] = "histogram") -> Figure:
        """Draw the histogram of the close, or the fan of the price through the day; a notebook shows it.

        Raises
        ------
        InvalidInput
            When the picture is unknown, or there is no fan to draw.
        """
        from sim.exports.notebook import picture_of

        return picture_of(self, picture)

    def to_frame(self) -> DataFrame:
        """Return the kept paths: one row a path, one column a recorded quantity, NaN where the deal is withdrawn.

        ``frame.attrs["units"]`` holds the unit of each column.

        Raises
        ------
        InvalidInput
            When the paths were not kept.
        """
        from sim.exports.frames import paths_frame

        return paths_frame(self)

    def quantiles_frame(self) -> DataFrame:
        """Return the quantiles of every price with their standard errors, one row a quantile."""
        from sim.exports.frames import quantiles_frame

        return quantiles_frame(self)

    def to_excel(self, path: str | Path) -> Path:
        """Write a workbook with native charts: summary, quantiles, histogram, desks, inputs, manifest.

        Raises
        ------
        InvalidInput
            When XlsxWriter is not installed or the file cannot be written; nothing is left behind.
        """
        from sim.exports.excel.workbook import write_workbook

        return write_workbook(self, path)

    def to_parquet(self, path: str | Path) -> Path:
        """Write the kept paths: one row a path, one column a recorded quantity.

        Raises
        ------
        InvalidInput
            When the paths were not kept, pyarrow is not installed, or the file cannot be written.
        """
        from sim.exports.parquet import write_parquet

        return write_parquet(self, path)

    def to_csv(self, path: str | Path) -> Path:
        """Write the quantiles of every price with their standard errors, one row a quantile.

        Raises
        ------
        InvalidInput
            When the file cannot be written.
        """
        from sim.exports.quantiles import write_quantiles_csv

        return write_quantiles_csv(self, path)
