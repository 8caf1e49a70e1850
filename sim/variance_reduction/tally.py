"""What a block of weighted paths, or of replicates, adds to the summary: sums by group that merge in block order.

What is counted and averaged is what :class:`sim.tally.Tallier` counts and averages, by the same names; only the
estimators differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.convergence import marks_between
from sim.engine import Batch, Plan
from sim.kernels.weighted import GROUPS, SUMS
from sim.tally import AFTER, COVERED, PRICES, after_prices, layout_of, price_of, return_of
from sim.variance_reduction.control import CloseControl
from sim.variance_reduction.quantiles import WeightedHistogram
from sim.variance_reduction.sums import Frame, add_sums

Array = NDArray[np.float64]
Happened = NDArray[np.bool_]

_MOVED_BY_THE_DAY = ("high", "low", "close", "vwap")


@dataclass(frozen=True, slots=True)
class Mark:
    """The return of the close in a block up to path number ``path``: how many have one, and their sums."""

    path: int
    count: int
    sums: Array


@dataclass(frozen=True, slots=True)
class WeightedBlock:
    """Statistics of a block.

    Parameters
    ----------
    paths
        How many there are.
    sums
        (names, SUMS, GROUPS) of each mean and then of each event, see :mod:`sim.variance_reduction.sums`.
    counts, hits
        (names,) and (events,), paths that have the number, and on which the event comes.
    mass
        (histograms, 2, cells), see :class:`WeightedHistogram`.
    days
        (trading days + 1,), weight of the paths by the day on which the short was used up.
    marks
        Where the running mean is noted.
    """

    paths: int
    sums: Array
    counts: NDArray[np.int64]
    hits: NDArray[np.int64]
    mass: Array
    days: Array
    marks: tuple[Mark, ...]


Blocks = tuple[WeightedBlock, ...]


class WeightedTallier:
    """Takes the statistics of blocks of one plan; it may be used from several threads at once.

    Parameters
    ----------
    plan
        What is being simulated.
    streamed
        Whether histograms are to be filled.
    controlled
        Whether the control variate of the close is used.
    """

    def __init__(self, plan: Plan, streamed: bool, controlled: bool) -> None:
        self.plan, self.layout = plan, layout_of(plan, streamed)
        self.rows = {name: row for row, name in enumerate((*self.layout.moments, *self.layout.counts))}
        self.control = CloseControl(plan) if controlled else None

    def tally(self, block: Batch) -> Blocks:
        """Return the statistics of a batch that does not reach beyond one block."""
        return (_Tally(self, block).told(),)

    def joined(self, parts: Sequence[Blocks]) -> Blocks:
        """Put the blocks of consecutive paths together."""
        return tuple(block for part in parts for block in part)


class _Tally:
    """One block being tallied."""

    def __init__(self, owner: WeightedTallier, block: Batch) -> None:
        layout = owner.layout
        self._owner, self._plan, self._block = owner, owner.plan, block
        self._control = None if owner.control is None else owner.control.of(block)
        self._weights = weights_of(block)
        self._plain = Frame.of(self._weights, None, block.first)
        self._controlled = self._plain
        if self._control is not None:
            self._controlled = Frame.of(self._weights, self._control, block.first)
        self._sums = np.zeros((len(owner.rows), SUMS, GROUPS))
        self._counts = np.zeros(len(owner.rows), dtype=np.int64)
        self._hits = np.zeros(len(layout.counts), dtype=np.int64)
        self._histograms = {name: WeightedHistogram() for name in layout.histograms}
        self._days = np.zeros(layout.days)
        self._listed = ~np.isnan(block["close"])
        self._every = bool(self._listed.all())

    def told(self) -> WeightedBlock:
        for name in (*PRICES, *after_prices(self._plan)):
            self._price(name)
        self._first_day()
        if self._plan.parameters.aftermarket is not None:
            self._days_after()
        return WeightedBlock(
            self._weights.size,
            self._sums,
            self._counts,
            self._hits,
            np.array([told.cells for told in self._histograms.values()]),
            self._days,
            tuple(self._marks()),
        )

    def _price(self, name: str) -> None:
        prices, unit = self._block[name], self._plan.scenario.reference_price
        ratios = prices / self._block["offer_price"]
        frame = self._controlled if name in _MOVED_BY_THE_DAY else self._plain
        self._mean(return_of(name), ratios - 1.0, frame)
        self._mean(price_of(name), prices, frame)
        if return_of(name) in self._histograms:
            self._histograms[return_of(name)].add(ratios, self._weights)
        if price_of(name) in self._histograms:
            self._histograms[price_of(name)].add(prices / unit, self._weights)

    def _marks(self) -> list[Mark]:
        first, marks = self._block.first, []
        sums, count, start = np.zeros((SUMS, GROUPS)), 0, 0
        returns = self._block["close"] / self._block["offer_price"] - 1.0
        for path in marks_between(first, first + returns.size):
            part = slice(start, path - first)
            control = None if self._control is None else self._control[part]
            count += add_sums(sums, returns[part], Frame.of(self._weights[part], control, first + start))
            marks.append(Mark(path, count, sums.copy()))
            start = path - first
        return marks

    def _first_day(self) -> None:
        block, short = self._block, self._plan.over_allotment
        offers, opens, closes, purchases = (
            block[name] for name in ("offer_price", "open", "close", "purchases")
        )
        self._event("withdrawn", ~self._listed, among_all=True)
        self._event("open_below_offer", opens < offers)
        self._event("open_at_offer", opens == offers)
        self._event("close_below_offer", closes < offers)
        self._event("close_at_offer", closes == offers)
        self._event("stabilised", purchases > 0.0)
        self._event("support_exhausted", (purchases >= COVERED * short) & (short > 0.0))
        bought = purchases / short if short > 0.0 else np.zeros_like(closes)
        # With only the first day known, what is still short is exercised where the close is above the offer price.
        exercised = np.where(closes > offers, 1.0 - bought, 0.0) if short > 0.0 else bought
        numbers = {
            "offer_price": offers,
            "float_at_listing": block["float_at_listing"],
            "purchases": purchases,
            "bought_of_short": bought,
            "exercised": exercised,
            "lift": block["log_close"] - block["pressure_close"],
            "pressure_move": block["pressure_close"] - block["scarcity"],
            "scarcity": block["scarcity"],
        }
        for name, values in numbers.items():
            self._mean(name, self._of_listed(values))

    def _days_after(self) -> None:
        block, short = self._block, self._plan.over_allotment
        if short > 0.0:
            bought, days = block["purchases_total"], block["exhausted_day"]
            self._mean(AFTER + "purchases", bought)
            self._mean(AFTER + "exercised", block["exercised"] / short)
            self._mean(AFTER + "gain", block["manager_gain"])
            self._mean(AFTER + "day", days)
            none, all_bought = bought <= (1.0 - COVERED) * short, bought >= COVERED * short
            used = ~np.isnan(days)
            self._event(AFTER + "full_exercise", none)
            self._event(AFTER + "no_exercise", all_bought)
            self._event(AFTER + "partial_exercise", self._listed & ~none & ~all_bought)
            self._event(AFTER + "stabilised", self._listed & ~none)
            self._event(AFTER + "support_exhausted", used)
            self._days += np.bincount(
                days[used].astype(np.int64), self._weights[used], minlength=self._days.size
            )
        if "expiry_close" in after_prices(self._plan):
            after = block["expiry_close"]
            self._mean(AFTER + "unlock", after / block["before_expiry"] - 1.0)
            self._event(AFTER + "under_water", after < block["offer_price"])

    def _of_listed(self, values: Array) -> Array:
        return values if self._every else np.where(self._listed, values, np.nan)

    def _mean(self, name: str, values: Array, frame: Frame | None = None) -> None:
        row = self._owner.rows[name]
        self._counts[row] = add_sums(self._sums[row], values, frame or self._plain)

    def _event(self, name: str, happened: Happened, among_all: bool = False) -> None:
        """Add an event, which comes on no path that does not count: not listed, but for a withdrawal."""
        values = happened.astype(np.float64)
        self._mean(name, values if among_all else self._of_listed(values))
        self._hits[self._owner.layout.counts.index(name)] = np.count_nonzero(happened)


def weights_of(block: Batch) -> Array:
    """Weights of the paths of a block, one each where none are given."""
    if block.drawn is None or block.drawn.weights is None:
        return np.ones(block.values.shape[1])
    return block.drawn.weights
