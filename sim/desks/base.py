"""The seam of the desks: simulated paths in, a frozen answer out.

A desk is a function ``desk(paths, options) -> answer``: ``paths`` is a :class:`~sim.kept_paths.KeptPaths`,
``options`` a frozen dataclass of the desk in the terms of its trade, and the answer a frozen dataclass that offers
what :class:`Answer` names. The command line prints, writes and draws any answer alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from sim.engine import prepare
from sim.errors import invalid
from sim.estimates import Estimate
from sim.kept_paths import KeptPaths, paths_of
from sim.market.parameters import Market
from sim.scenario.scenario import Scenario

MOST_PATHS = 2_000_000
"""Paths of a desk: it keeps every one, 26 numbers each."""

LARGEST_ERROR = "+- max"
"""Name of the row with the largest standard error of each column."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table ready to print: every cell is text, the first column is a name, the others are figures.

    ``marked`` holds the rows that are the answer; the printed table fits 100 columns. Where cells have no room for
    their errors, the last row holds the largest of each column.
    """

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    marked: frozenset[int] = frozenset()


def largest_error(estimates: Iterable[Estimate], written: Callable[[float], str]) -> str:
    """Write the largest standard error of a column; nothing where its numbers are exact."""
    largest = max((each.se for each in estimates), default=0.0)
    return written(largest) if largest > 0.0 else ""


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


@dataclass(frozen=True, slots=True)
class AskedDesks:
    """What the desks of a deal answered.

    Parameters
    ----------
    answers
        In the order in which a deal meets its desks.
    paths
        Paths behind those answers that do not say otherwise.
    left_out
        One line for each desk that could not answer, and why.
    """

    answers: Sequence[Answer] = ()
    paths: int = 0
    left_out: Sequence[str] = ()


def simulate_desk(
    scenario: Scenario,
    *,
    market: Market | None = None,
    folder: Path | None = None,
    threads: int | None = None,
) -> KeptPaths:
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
