"""The ballot of a Hong Kong public offer: who gets how many shares.

Half of the public offer is pool A, for applications of up to HK$5 million, half pool B; what one pool does not ask
for goes to the other. Every application of a tier receives the same shares for sure, and the ballot gives some of
them one more board lot. A ladder is either as published in the allotment announcement (:class:`PublishedLadder`) or,
while that is not out, fitted (:class:`FittedLadder`):

    expected shares = min(applied, level * applied ** power)                                          (1)

with one power a pool, which makes the ladder concave, and the level that allots every share of the pool. The powers
are least squares on the log of the shipped ladder of 06082, whose applicants by size of application stand in for
those of a deal that has not told them yet, scaled to its coverage.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sim.deals.listings import AllotmentTier, load_allotment
from sim.errors import invalid
from sim.scenario.markets import allotment_file
from sim.scenario.scenario import Scenario

POOLS = ("A", "B")
POOL_BOUNDARY = 5_000_000.0
"""Largest application of pool A, HK$ at the offer price applied at."""

SHIPPED_PRICE = 19.60
"""HK$ a share that applications of the shipped ladder, 06082, were paid at: its tiers as amounts of money."""

_WHOLE_LOT = 1e-9
"""A number of lots this close below a whole one is whole: it came through floating point."""


@dataclass(frozen=True, slots=True)
class Tier:
    """Applications of one size: ``applicants`` is a weight where they are scaled, not a count."""

    pool: str
    applied_shares: int
    applicants: float


class Ladder(Protocol):
    """What applications of each tier receive, on every path."""

    @property
    def lot(self) -> int:
        """Shares of a board lot."""

    @property
    def tiers(self) -> tuple[Tier, ...]:
        """Sizes of applications, rising."""

    @property
    def published(self) -> bool:
        """Whether it is the allotment as announced."""

    def allotment(self, tier: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the shares for sure and the chance of one more lot, each (paths,) or (1,) for all paths."""

    def applicants(self, tier: int) -> NDArray[np.float64]:
        """Return the applicants of a tier, (paths,) or (1,) for all paths."""


@dataclass(frozen=True, slots=True)
class PublishedLadder:
    """The ladder of an allotment announcement: the same on every path."""

    rows: tuple[AllotmentTier, ...]
    lot: int

    @property
    def published(self) -> bool:
        """It is the allotment as announced."""
        return True

    @property
    def tiers(self) -> tuple[Tier, ...]:
        """Sizes of applications, rising."""
        return tuple(Tier(row.pool, row.applied_shares, float(row.applicants)) for row in self.rows)

    @property
    def allotted_shares(self) -> int:
        """All shares allotted, exactly."""
        return sum(
            row.applicants * row.guaranteed_shares + row.ballot_winners_of_extra_200 * self.lot
            for row in self.rows
        )

    def allotment(self, tier: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Shares for sure and the chance of one more lot, each (1,)."""
        row = self.rows[tier]
        chance = row.ballot_winners_of_extra_200 / row.applicants
        return np.array([float(row.guaranteed_shares)]), np.array([chance])

    def applicants(self, tier: int) -> NDArray[np.float64]:
        """Applicants of a tier, (1,)."""
        return np.array([float(self.rows[tier].applicants)])


@dataclass(frozen=True, slots=True)
class FittedLadder:
    """A ladder by equation (1).

    Parameters
    ----------
    tiers
        Sizes of applications with the shape of the applicants' distribution.
    lot
        Shares of a board lot.
    scale
        (paths,) or (1,), what the tiers' applicants are multiplied by.
    powers
        Power of each pool.
    levels
        Level of each pool, (paths,) or (1,).
    """

    tiers: tuple[Tier, ...]
    lot: int
    scale: NDArray[np.float64]
    powers: Mapping[str, float]
    levels: Mapping[str, NDArray[np.float64]]

    @property
    def published(self) -> bool:
        """It is a forecast of the allotment."""
        return False

    def expected(self, tier: int) -> NDArray[np.float64]:
        """Expected shares of an application, equation (1)."""
        own = self.tiers[tier]
        curve = self.levels[own.pool] * own.applied_shares ** self.powers[own.pool]
        return np.asarray(np.minimum(float(own.applied_shares), curve), dtype=np.float64)

    def allotment(self, tier: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Shares for sure and the chance of one more lot: whole lots of the expected shares, and the rest."""
        lots = self.expected(tier) / self.lot
        sure = np.floor(lots + _WHOLE_LOT)
        return sure * self.lot, np.maximum(lots - sure, 0.0)

    def applicants(self, tier: int) -> NDArray[np.float64]:
        """Applicants of a tier, scaled to the coverage."""
        return self.tiers[tier].applicants * self.scale


def expected_of(sure: NDArray[np.float64], chance: NDArray[np.float64], lot: int) -> NDArray[np.float64]:
    """Expected shares from the shares for sure and the chance of one more lot."""
    return sure + chance * lot


def chance_of_any(sure: NDArray[np.float64], chance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Chance of any share from the shares for sure and the chance of one more lot."""
    return np.where(sure > 0.0, 1.0, chance)


def split_pools(
    public_shares: NDArray[np.float64], asked: Mapping[str, NDArray[np.float64]], lot: int
) -> dict[str, NDArray[np.float64]]:
    """Split the public offer between the pools.

    Parameters
    ----------
    public_shares
        (paths,), shares of the public offer after reallocation.
    asked
        Shares applied for in each pool, (paths,).
    lot
        Shares of a board lot; an odd lot goes to pool A.

    Returns
    -------
    dict
        Shares of each pool, no more than it asked for: half, and what the other one leaves.
    """
    half = np.ceil(public_shares / (2.0 * lot) - _WHOLE_LOT) * lot
    own = {"A": half, "B": public_shares - half}
    return {
        pool: np.minimum(asked[pool], np.maximum(own[pool], public_shares - asked[other]))
        for pool, other in zip(POOLS, reversed(POOLS), strict=True)
    }


def fitted_ladder(
    tiers: tuple[Tier, ...],
    lot: int,
    public_shares: NDArray[np.float64],
    applied_shares: NDArray[np.float64],
    powers: Mapping[str, float] | None = None,
) -> FittedLadder:
    """Allot a public offer by equation (1).

    Parameters
    ----------
    tiers
        Sizes of applications and the shape of the applicants' distribution.
    lot
        Shares of a board lot.
    public_shares
        (paths,), shares of the public offer after reallocation.
    applied_shares
        (paths,), shares applied for in all, coverage times the initial public tranche.
    powers
        Power of each pool, below 1; fitted on the shipped ladder when left out.

    Notes
    -----
    The shares that a level allots are linear in it between the levels at which a tier has all it applied for, so
    the level that allots a pool exactly is read off by interpolation.
    """
    own = shipped_powers() if powers is None else powers
    scale = applied_shares / sum(tier.applicants * tier.applied_shares for tier in tiers)
    members = {pool: [tier for tier in tiers if tier.pool == pool] for pool in POOLS}
    asked = {
        pool: scale * sum(tier.applicants * tier.applied_shares for tier in members[pool]) for pool in POOLS
    }
    given = split_pools(public_shares, asked, lot)
    levels = {pool: _level(members[pool], own[pool], given[pool] / scale) for pool in POOLS}
    return FittedLadder(tiers, lot, scale, own, levels)


def _level(tiers: list[Tier], power: float, shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Level at which the tiers of a pool, unscaled, receive a number of shares."""
    if not tiers:
        return np.zeros_like(shares)
    applied = np.array([float(tier.applied_shares) for tier in tiers])
    applicants = np.array([tier.applicants for tier in tiers])
    # From this level on a tier has all it applied for; a power below 1 serves small applications first.
    full = np.sort(applied ** (1.0 - power))
    levels = np.concatenate([[0.0], full])
    allotted = np.array(
        [float((applicants * np.minimum(applied, level * applied**power)).sum()) for level in levels]
    )
    return np.asarray(np.interp(shares, allotted, levels), dtype=np.float64)


@cache
def shipped_powers() -> Mapping[str, float]:
    """Power of each pool, least squares of log expected on log applied shares over the shipped tiers."""
    rows = load_allotment()
    return {pool: _power([row for row in rows if row.pool == pool]) for pool in POOLS}


def _power(rows: list[AllotmentTier]) -> float:
    applied = np.log([row.applied_shares for row in rows])
    expected = np.log([row.expected_shares for row in rows])
    away = applied - applied.mean()
    return float((away * expected).sum() / (away * away).sum())


def tiers_of(scenario: Scenario) -> tuple[Tier, ...]:
    """Sizes of applications to a deal that has not told them: the shipped ones as amounts of money.

    An amount buys whole lots at the price applied at, at least one and at most half of the initial public tranche,
    which is the most a pool takes; amounts that buy the same are one tier.
    """
    lot, price = scenario.offer.board_lot, application_price(scenario)
    most = scenario.public_shares(0.0) // 2 // lot
    applicants: dict[int, float] = {}
    for row in load_allotment():
        lots = round(row.applied_shares * SHIPPED_PRICE / price / lot)
        lots = max(min(lots, most), 1)
        applicants[lots] = applicants.get(lots, 0.0) + row.applicants
    return tuple(
        Tier(pool_of(lots * lot * price), lots * lot, number) for lots, number in sorted(applicants.items())
    )


def pool_of(money: float) -> str:
    """Pool of an application of an amount of money, HK$."""
    return "A" if money <= POOL_BOUNDARY else "B"


def application_price(scenario: Scenario) -> float:
    """Price that applications are paid at: the top of the range; the excess over the offer price comes back."""
    offer = scenario.offer
    top = offer.price if offer.price_range is None else offer.price_range[1]
    return scenario.reference_price if top is None else top


def published_ladder(scenario: Scenario) -> PublishedLadder | None:
    """Ladder that a scenario names; ``None`` where it names none.

    Raises
    ------
    InvalidInput
        When the file cannot be read, or does not allot the shares of the scenario's public offer.
    """
    if scenario.allotment is None:
        return None
    ladder = PublishedLadder(load_allotment(allotment_file(scenario.allotment)), scenario.offer.board_lot)
    public = scenario.public_shares()
    if not math.isclose(ladder.allotted_shares, public, rel_tol=1e-3):
        raise invalid(
            scenario.name,
            "allotment",
            f"allots {ladder.allotted_shares:,} shares of a public offer of {public:,}",
            "the ladder of this deal; check offer.public_tranche, regime and observed.public_coverage",
        )
    return ladder


def ladder_errors(ladder: Ladder, rows: Iterable[AllotmentTier]) -> NDArray[np.float64]:
    """Relative error of expected shares, tier by tier, against a published ladder; (tiers,)."""
    errors = []
    for at, row in enumerate(rows):
        sure, chance = ladder.allotment(at)
        exact = row.guaranteed_shares + ladder.lot * row.ballot_winners_of_extra_200 / row.applicants
        errors.append(float(expected_of(sure, chance, ladder.lot)[0]) / exact - 1.0)
    return np.array(errors)
