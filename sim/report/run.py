"""What the report reads of a run: the names and shapes that a result must offer, and words for its stage.

The protocols hold read-only members, so frozen dataclasses and frozen pydantic models satisfy them as they
are. Statistics of a run without a single listed path are absent, ``None`` or NaN.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

STAGE_IN_WORDS: Mapping[str, str] = {
    "t0": "T0: at launch, before the order book",
    "t0.9": "T0.9: while the order book closes",
    "t1": "T1: after allotment",
    "t2": "T2: after the grey market",
}


class OfferTerms(Protocol):
    """Terms of the offer: prices in currency, sizes in shares."""

    @property
    def price_range(self) -> tuple[float, float] | None: ...
    @property
    def price(self) -> float | None: ...
    @property
    def base_shares(self) -> int: ...
    @property
    def size_adjustment_shares(self) -> int: ...


class ObservedDemand(Protocol):
    """What is known of demand: coverage in times of the tranche, the grey return as a simple return."""

    @property
    def public_coverage(self) -> float | None: ...
    @property
    def placing_coverage(self) -> float | None: ...
    @property
    def partial_public_coverage(self) -> float | None: ...
    @property
    def grey_return(self) -> float | None: ...


class Deal(Protocol):
    """The scenario of a run, as far as the report names it."""

    @property
    def name(self) -> str: ...
    @property
    def code(self) -> str: ...
    @property
    def venue(self) -> str: ...
    @property
    def list_date(self) -> date: ...
    @property
    def offer(self) -> OfferTerms: ...
    @property
    def observed(self) -> ObservedDemand | None: ...
    def over_allotted_shares(self) -> int:
        """Shares over-allotted, which bound the stabilising purchases."""


class LogReturnHistogram(Protocol):
    """Counts of ``log(price / offer price)`` on a fixed grid.

    ``edges`` has shape (B+1,), ``counts`` shape (B,) without the paths exactly at the offer price, which
    ``at_offer`` counts; ``below`` and ``above`` lie outside the grid; ``total`` is the sum of all.
    """

    @property
    def edges(self) -> NDArray[np.float64]: ...
    @property
    def counts(self) -> NDArray[np.int64]: ...
    @property
    def at_offer(self) -> int: ...
    @property
    def below(self) -> int: ...
    @property
    def above(self) -> int: ...
    @property
    def total(self) -> int: ...


class Fan(Protocol):
    """Quantiles of the path through the day.

    ``minutes`` (T,) counts minutes of trading since the open, ``clock`` (T,) minutes from midnight,
    ``probabilities`` (Q,) the levels, ``log_returns`` (Q, T) the quantiles of ``log(price / offer price)``.
    """

    @property
    def minutes(self) -> NDArray[np.float64]: ...
    @property
    def clock(self) -> NDArray[np.float64]: ...
    @property
    def probabilities(self) -> NDArray[np.float64]: ...
    @property
    def log_returns(self) -> NDArray[np.float64]: ...
    @property
    def paths(self) -> int: ...


class PeerContribution(Protocol):
    """One peer: its log return, the mean of its venue, its weight, and what it adds to the heat (log)."""

    @property
    def name(self) -> str: ...
    @property
    def log_return(self) -> float: ...
    @property
    def venue_mean(self) -> float: ...
    @property
    def weight(self) -> float: ...
    @property
    def contribution(self) -> float: ...


class ThemeHeat(Protocol):
    """Posterior mean and standard error of the theme's heat in log points, and the peers behind it."""

    @property
    def mean(self) -> float: ...
    @property
    def se(self) -> float: ...
    @property
    def peers(self) -> Sequence[PeerContribution]: ...


class Run(Protocol):
    """The result of a run, as far as the report reads it; ``summary`` is the document of summary.json."""

    @property
    def scenario(self) -> Deal: ...
    @property
    def stage(self) -> str: ...
    @property
    def seed(self) -> int: ...
    @property
    def paths(self) -> int: ...
    @property
    def partial(self) -> bool: ...
    @property
    def summary(self) -> Mapping[str, Any]: ...
    @property
    def histograms(self) -> Mapping[str, LogReturnHistogram]: ...
    @property
    def fan(self) -> Fan | None: ...
    @property
    def theme(self) -> ThemeHeat | None: ...
    @property
    def notes(self) -> Sequence[str]: ...


def currency_sign(deal: Deal) -> str:
    """Name the currency of the deal's venue as it stands before an amount, ``HK$``."""
    from sim.venues import get_venue

    return get_venue(deal.venue).currency_sign


def statistic(summary: Mapping[str, Any], group: str, quantity: str, name: str) -> float:
    """Read one statistic of a quantity, NaN where the run has none.

    Parameters
    ----------
    summary
        Document of summary.json.
    group
        ``returns`` or ``prices``.
    quantity
        ``open``, ``high``, ``low``, ``close`` or ``vwap``.
    name
        ``mean``, ``mean_se`` or ``sd``.
    """
    return number_of(summary[group][quantity][name])


def quantile(summary: Mapping[str, Any], group: str, quantity: str, level: str) -> tuple[float, float]:
    """Read a quantile of a quantity and its standard error, NaN where the run has none.

    Parameters
    ----------
    summary, group, quantity
        As in :func:`statistic`.
    level
        Probability as written in the summary, ``0.5``.
    """
    figures = summary[group][quantity]
    return number_of(figures["quantiles"].get(level)), number_of(figures["quantiles_se"].get(level))


def probability_of(summary: Mapping[str, Any], event: str) -> tuple[float, float]:
    """Read the probability of an event and its standard error, NaN where the run has none.

    All but ``withdrawn`` are shares of the paths that list.
    """
    entry = summary["probabilities"][event]
    return number_of(entry["value"]), number_of(entry["se"])


def impossible_events(run: Run) -> frozenset[str]:
    """Events that the terms of a deal rule out."""
    ruled_out = frozenset() if run.scenario.offer.price is None else frozenset({"withdrawn"})
    if run.scenario.over_allotted_shares() == 0:
        ruled_out |= {"stabilised", "support_exhausted"}
    return ruled_out


def number_of(value: float | None) -> float:
    """A number of the summary; an undefined one is NaN in memory and null in the file."""
    return math.nan if value is None else float(value)
