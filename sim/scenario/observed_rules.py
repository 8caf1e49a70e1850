"""Rules on what is known of the demand; see :mod:`sim.scenario.rules`."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction

from sim.scenario.rules import Check, Finding, broken_lot, price_is_settled
from sim.scenario.scenario import Scenario
from sim.venues.rules import LOT_ROUNDING

_ALLOTTED = ("observed", "allotted_public_shares")


def _grey_market_has_a_price(scenario: Scenario) -> Iterator[Finding]:
    if scenario.observed.grey_return is not None and scenario.offer.price is None:
        yield Finding(
            ("observed", "grey_return"),
            "is a return on an offer price that is not given",
            "offer.price: the grey market trades after pricing",
        )


def _allotted_shares_are_whole_lots(scenario: Scenario) -> Iterator[Finding]:
    allotted = scenario.observed.allotted_public_shares
    lot = scenario.offer.board_lot
    if scenario.rules.trades_in_board_lots and allotted is not None and allotted % lot:
        yield broken_lot(_ALLOTTED, allotted, lot)


def _allotted_shares_fit_the_offer(scenario: Scenario) -> Iterator[Finding]:
    allotted = scenario.observed.allotted_public_shares
    if allotted is None or not price_is_settled(scenario):
        return
    # An initial tranche may be given as a rounded fraction.
    initial = Fraction(repr(scenario.offer.public_tranche)) - Fraction(repr(LOT_ROUNDING))
    least = math.ceil(initial * scenario.offer.base_shares)
    most = scenario.upsized_shares - scenario.locked_shares()
    if allotted < least:
        yield Finding(
            _ALLOTTED,
            f"{allotted:,} is less than the public offer before reallocation, "
            f"{scenario.offer.public_tranche:g} of the base offer",
            "shares of the whole public offer after reallocation",
        )
    elif allotted > most:
        yield Finding(
            _ALLOTTED,
            f"{allotted:,} is more than the upsized offer less its locked shares, {most:,}",
            f"at most {most:,} shares",
        )


_BOARD_LOT = ("offer", "board_lot")
_PRICE = (("offer", "price"), ("offer", "price_range"))
_SIZE = (("offer", "base_shares"), ("offer", "size_adjustment_shares"), _BOARD_LOT)

OBSERVED_CHECKS = (
    Check(_grey_market_has_a_price, (("observed", "grey_return"), ("offer", "price"))),
    Check(_allotted_shares_are_whole_lots, (_ALLOTTED, _BOARD_LOT, ("venue",))),
    Check(
        _allotted_shares_fit_the_offer,
        (_ALLOTTED, ("offer", "public_tranche"), ("cornerstones",), ("locked",), *_PRICE, *_SIZE),
    ),
)
