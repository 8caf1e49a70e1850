"""What a block of paths adds to the summary of a run: moments, counts and histograms that merge exactly.

A run is summed over blocks of a fixed size that end at fixed path numbers. A :class:`Part` holds the moments of
each of its blocks apart and its counts together: parts of consecutive paths join to the part of all of them, in
whatever groups they were joined, because moments are only ever folded in block order and integers add in any.
A run on threads, on many processes or resumed therefore has the bits of one process.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sim.convergence import marks_between
from sim.engine import BLOCK_PATHS, Batch, Plan
from sim.kernels.moments import tell_moments
from sim.kernels.tallying import tell_events, tell_means, tell_price
from sim.statistics import HISTOGRAM_CELLS, HistogramCounter, Moments

PRICES = ("open", "high", "low", "close", "vwap")
# The kernels of sim.kernels.tallying write events and means in this order, the withdrawn paths left out.
EVENTS = (
    "withdrawn",
    "open_below_offer",
    "open_at_offer",
    "close_below_offer",
    "close_at_offer",
    "stabilised",
    "support_exhausted",
)
MEANS = (
    "offer_price",
    "float_at_listing",
    "purchases",
    "bought_of_short",
    "exercised",
    "lift",
    "pressure_move",
    "scarcity",
)
AFTER_EVENTS = (
    "full_exercise",
    "partial_exercise",
    "no_exercise",
    "support_exhausted",
    "stabilised",
    "under_water",
)
AFTER_MEANS = ("purchases", "exercised", "gain", "day", "unlock")
AFTER = "after "
"""Prefix of what follows the first day, which has names in common with it."""

_OF_THE_DAY = (
    *PRICES,
    "offer_price",
    "float_at_listing",
    "purchases",
    "log_close",
    "pressure_close",
    "scarcity",
)
_OF_THE_DAYS_AFTER = ("purchases_total", "exercised", "manager_gain", "exhausted_day")

COVERED = 1.0 - 1e-5
"""Share of the short from which it counts as covered: purchases come from a single-precision lift."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Layout:
    """Names of what the parts of a plan hold, in order.

    Parameters
    ----------
    moments, counts, histograms
        Names of the rows of a part's arrays.
    days
        Trading days of the stabilisation period with the first: the entries that follow the named counts.
    """

    moments: tuple[str, ...]
    counts: tuple[str, ...]
    histograms: tuple[str, ...]
    days: int


def return_of(price: str) -> str:
    """Name of the simple return of a price."""
    return f"return of {price}"


def price_of(price: str) -> str:
    """Name of a price itself."""
    return f"price of {price}"


def after_prices(plan: Plan) -> tuple[str, ...]:
    """Return the prices beyond the first day that a plan records."""
    if plan.parameters.aftermarket is None:
        return ()
    lock_up = plan.scenario.horizon == "lock_up"
    return ("stabilisation_close", *(("before_expiry", "expiry_close") if lock_up else ()))


def one_price(plan: Plan) -> bool:
    """Whether every path has the same offer price, so that a price says its return and the other way round."""
    return plan.scenario.offer.price is not None


def tallied(plan: Plan) -> tuple[str, ...]:
    """Return the quantities that are read of a path."""
    if plan.parameters.aftermarket is None:
        return _OF_THE_DAY
    return (*_OF_THE_DAY, *after_prices(plan), *_OF_THE_DAYS_AFTER)


def layout_of(plan: Plan, streamed: bool) -> Layout:
    """Return what the parts of a plan hold; histograms where quantiles are to be read from them."""
    prices = (*PRICES, *after_prices(plan))
    beyond = plan.parameters.aftermarket is not None
    moments = [*map(return_of, prices), *map(price_of, prices), *MEANS]
    histograms: list[str] = []
    if streamed:
        histograms += map(return_of, prices)
        if not one_price(plan):
            histograms += map(price_of, prices)
    if beyond:
        moments += [AFTER + name for name in AFTER_MEANS]
    return Layout(
        tuple(moments),
        (*EVENTS, *(AFTER + name for name in AFTER_EVENTS)) if beyond else EVENTS,
        tuple(histograms),
        plan.aftermarket.stabilisation_days + 1 if beyond else 0,
    )


@dataclass(frozen=True, slots=True)
class Part:
    """Statistics of consecutive paths.

    Parameters
    ----------
    first, paths
        Number of the first path, and how many there are.
    moments
        (blocks, names, 3): count, mean and sum of squared deviations of each block.
    counts
        (names + days,), paths on which an event came, then by the day on which the short was used up.
    cells
        (histograms, HISTOGRAM_CELLS), see :class:`HistogramCounter`.
    marks
        (marks, 5): the block's place in the part, a path number of the running mean in it, and the moments of the
        return of the close in that block up to it.
    """

    first: int
    paths: int
    moments: Floats
    counts: NDArray[np.int64]
    cells: NDArray[np.int64]
    marks: Floats

    @staticmethod
    def joined(parts: Sequence[Part]) -> Part:
        """Join the parts of consecutive paths.

        Raises
        ------
        ValueError
            When paths are missing between two of them, or counted twice.
        """
        for one, other in pairwise(parts):
            if one.first + one.paths != other.first:
                raise ValueError(f"path {one.first + one.paths} does not follow: {other.first}")
        if len(parts) == 1:
            return parts[0]
        starts = np.cumsum([0, *(len(part.moments) for part in parts[:-1])])
        marks = [
            part.marks + np.array([start, 0.0, 0.0, 0.0, 0.0])
            for part, start in zip(parts, starts, strict=True)
        ]
        return Part(
            parts[0].first,
            sum(part.paths for part in parts),
            np.concatenate([part.moments for part in parts]),
            np.sum([part.counts for part in parts], axis=0),
            np.sum([part.cells for part in parts], axis=0),
            np.concatenate(marks),
        )


def blocks_between(first: int, paths: int) -> Iterable[tuple[int, int]]:
    """Yield the start and the length of each block of a range of paths; blocks end at multiples of their size."""
    start, stop = first, first + paths
    while start < stop:
        end = min(start + BLOCK_PATHS - start % BLOCK_PATHS, stop)
        yield start, end - start
        start = end


class Tallier:
    """Takes the statistics of blocks of one plan; it may be used from several threads at once.

    Parameters
    ----------
    plan
        What is being simulated.
    streamed
        Whether histograms are to be filled.
    with_marks
        Whether the running mean is noted.
    """

    def __init__(self, plan: Plan, streamed: bool, with_marks: bool) -> None:
        self._plan, self._with_marks = plan, with_marks
        self.layout = layout_of(plan, streamed)
        self.moment_row = {name: row for row, name in enumerate(self.layout.moments)}
        self.count_row = {name: row for row, name in enumerate(self.layout.counts)}
        self.histogram_row = {name: row for row, name in enumerate(self.layout.histograms)}

    def tally(self, block: Batch) -> Part:
        """Return the statistics of a batch that does not reach beyond one block."""
        return _Block(self, self._plan, block, self._with_marks).part()

    def joined(self, parts: Sequence[Part]) -> Part:
        """Join the parts of consecutive paths."""
        return Part.joined(parts)


class _Block:
    """One block being tallied."""

    def __init__(self, owner: Tallier, plan: Plan, block: Batch, with_marks: bool) -> None:
        self._owner, self._plan, self._block = owner, plan, block
        layout = owner.layout
        self._moments = np.zeros((1, len(layout.moments), 3))
        self._counts = np.zeros(len(layout.counts) + layout.days, dtype=np.int64)
        self._cells = np.zeros((len(layout.histograms), HISTOGRAM_CELLS), dtype=np.int64)
        self._with_marks = with_marks
        self._listed = ~np.isnan(block["close"])
        self._places: NDArray[np.int64] | None = None
        if not self._listed.all():
            self._places = np.flatnonzero(self._listed)
        self._rows: dict[str, Floats] = {}

    def __getitem__(self, quantity: str) -> Floats:
        """Return a quantity of the paths that list: a withdrawn one is undefined in all that is tallied."""
        row = self._rows.get(quantity)
        if row is None:
            row = self._block[quantity]
            if self._places is not None:
                row = row[self._places]
            self._rows[quantity] = row
        return row

    def part(self) -> Part:
        paths = self._listed.size
        self._counts[0] = paths - self["close"].size
        for name in (*PRICES, *after_prices(self._plan)):
            self._price(name)
        self._first_day()
        if self._plan.parameters.aftermarket is not None:
            self._days_after()
        marks = self._marks() if self._with_marks else []
        return Part(
            self._block.first,
            paths,
            self._moments,
            self._counts,
            self._cells,
            np.array(marks) if marks else np.empty((0, 5)),
        )

    def _price(self, name: str) -> None:
        rows, unit, offers = self._owner.moment_row, self._plan.scenario.reference_price, self["offer_price"]
        of_return, of_price = (self._moments[0, rows[told]] for told in (return_of(name), price_of(name)))
        tell_price(self[name], offers, unit, one_price(self._plan), of_return, of_price)
        for told, one in ((return_of(name), offers), (price_of(name), unit)):
            if told in self._owner.histogram_row:
                HistogramCounter(self._cells[self._owner.histogram_row[told]]).add(self[name] / one)

    def _marks(self) -> list[tuple[float, ...]]:
        first, returns = self._block.first, self["close"] / self["offer_price"] - 1.0
        marks: list[tuple[float, ...]] = []
        for mark in marks_between(first, first + self._listed.size):
            told = Moments.of(returns[: np.count_nonzero(self._listed[: mark - first])])
            marks.append((0, mark, told.count, told.mean, told.squares))
        return marks

    def _first_day(self) -> None:
        short = self._plan.over_allotment
        exhausted = COVERED * short if short > 0.0 else math.inf
        opens, closes, purchases, offers = (
            self[name] for name in ("open", "close", "purchases", "offer_price")
        )
        tell_events(opens, closes, purchases, offers, exhausted, self._counts[1 : len(EVENTS)])
        start = self._owner.moment_row[MEANS[0]]
        tell_means(
            closes,
            purchases,
            offers,
            *(self[name] for name in ("float_at_listing", "log_close", "pressure_close", "scarcity")),
            short,
            self._moments[0, start : start + len(MEANS)],
        )

    def _days_after(self) -> None:
        short = self._plan.over_allotment
        bought, days = self["purchases_total"], self["exhausted_day"]
        if short > 0.0:
            self._mean(AFTER + "purchases", bought)
            self._mean(AFTER + "exercised", self["exercised"] / short)
            self._mean(AFTER + "gain", self["manager_gain"])
            used = days[~np.isnan(days)]
            self._mean(AFTER + "day", used)
            none, all_bought = bought <= (1.0 - COVERED) * short, bought >= COVERED * short
            self._count(AFTER + "full_exercise", none)
            self._count(AFTER + "no_exercise", all_bought)
            self._count(AFTER + "partial_exercise", ~none & ~all_bought)
            self._count(AFTER + "stabilised", ~none)
            self._count(AFTER + "support_exhausted", ~np.isnan(days))
            self._counts[len(self._owner.layout.counts) :] = np.bincount(
                used.astype(np.int64), minlength=self._owner.layout.days
            )
        if "expiry_close" in after_prices(self._plan):
            self._mean(AFTER + "unlock", self["expiry_close"] / self["before_expiry"] - 1.0)
            self._count(AFTER + "under_water", self["expiry_close"] < self["offer_price"])

    def _mean(self, name: str, values: Floats) -> None:
        tell_moments(values, self._moments[0, self._owner.moment_row[name]])

    def _count(self, event: str, happened: NDArray[np.bool_]) -> None:
        self._counts[self._owner.count_row[event]] = np.count_nonzero(happened)
