"""The deal and what is known of the demand for it."""

from __future__ import annotations

from sim.report import numbers
from sim.report.numbers import PRINTED_MINUS
from sim.report.web.contents import Fact, Grid
from sim.report.web.wording import capital, day_told
from sim.scenario.scenario import Scenario

VENUE_NAMES = {"hkex": "Stock Exchange of Hong Kong", "star": "STAR Market of Shanghai"}
STAGES = {
    "t0": "At launch (T0): only the terms are known, not yet the demand.",
    "t0.9": "While the books close (T0.9): something of the demand is known, the offer price is not set.",
    "t1": "After allotment (T1): the offer price and how often the offer was covered are known.",
    "t2": "After the grey market (T2): what the shares fetched off the exchange on the eve is known too.",
}


def deal_grid(deal: Scenario) -> Grid:
    """Set out the terms of the offer."""
    offer, sign = deal.offer, deal.rules.currency_sign
    facts = [
        Fact("First trading day", day_told(deal.list_date), VENUE_NAMES.get(deal.venue, deal.venue)),
        _price(deal),
        Fact("Base offer", _shares(offer.base_shares), "Shares on offer at first."),
    ]
    if offer.size_adjustment_shares:
        facts.append(
            Fact(
                "Size adjustment",
                f"+{_shares(offer.size_adjustment_shares)}",
                "Shares added to the offer because demand was high.",
            )
        )
    if short := deal.over_allotted_shares():
        kind = deal.over_allotment.settlement if deal.over_allotment is not None else "borrowed"
        settled = {
            "borrowed": "Sold beyond the offer and lent by a holder, so they trade from the first day.",
            "deferred": "Sold beyond the offer; the buyers wait for them, so they do not trade on the first day.",
        }
        facts.append(Fact("Over-allotment", _shares(short), settled[kind]))
    facts.append(
        Fact(
            "Public tranche at first",
            f"{_shares(deal.public_shares(0.0))} ({numbers.percent(offer.public_tranche)})",
            "For the public; the rest is placed with institutions.",
        )
    )
    if deal.cornerstones is not None:
        by_price = offer.price is None and deal.cornerstones.committed_hkd is not None
        facts.append(
            Fact(
                "Cornerstone investors",
                _shares(deal.cornerstone_shares()),
                f"Promised before the offer opened; may not be sold for {deal.cornerstones.lock_up_months} months."
                + (" At the lowest price of the range; fewer above it." if by_price else ""),
            )
        )
    facts += [
        Fact(
            capital(tranche.name),
            _shares(tranche.shares),
            f"May not be sold for {tranche.months} months.",
        )
        for tranche in deal.locked
    ]
    if deal.other_tradable_shares:
        facts.append(
            Fact(
                "Shares of earlier holders",
                _shares(deal.other_tradable_shares),
                "May trade from the first day.",
            )
        )
    if offer.price is not None:
        raised = numbers.counted(offer.price * deal.upsized_shares)
        facts.append(
            Fact("Money raised", f"{sign}{raised}", "Offer price times the shares offered, before costs.")
        )
    facts.append(Fact("Board lot", _shares(offer.board_lot), "The smallest number of shares that trades."))
    return Grid(
        "The terms of the offer",
        ("Term", "Figure", "What it means"),
        tuple((fact.name, fact.figure, fact.meaning) for fact in facts),
        words=True,
    )


def _price(deal: Scenario) -> Fact:
    offer, sign = deal.offer, deal.rules.currency_sign
    ends = (
        ""
        if offer.price_range is None
        else " to ".join(numbers.exact_price(p, sign) for p in offer.price_range)
    )
    if offer.price is None:
        return Fact("Offer price", f"not set; {ends}", "Drawn inside its range on each path.")
    meaning = f"The range was {ends}." if ends else "What a share costs in the offer."
    return Fact("Offer price", numbers.exact_price(offer.price, sign), meaning)


def _shares(count: int) -> str:
    return f"{count:,} shares"


def known_grid(deal: Scenario) -> Grid:
    """Set out what is known of the demand; what is not is drawn."""
    seen = deal.observed
    drawn = "not known: drawn on each path"
    rows = []
    if seen.public_coverage is None and seen.partial_public_coverage is not None:
        public = f"{_times(seen.partial_public_coverage)} so far"
    else:
        public = drawn if seen.public_coverage is None else _times(seen.public_coverage)
    rows.append(
        ("Public offer covered", public, "Shares the public asked for, over those first set aside for it.")
    )
    placing = drawn if seen.placing_coverage is None else _times(seen.placing_coverage)
    rows.append(("Placing covered", placing, "The same for the institutions."))
    if seen.allotted_public_shares is not None:
        allotted = _shares(seen.allotted_public_shares)
        rows.append(("Public tranche in the end", allotted, "As announced."))
    grey = "not known"
    if seen.grey_return is not None:
        grey = numbers.percent(seen.grey_return, signed=True, minus=PRINTED_MINUS)
    if deal.venue == "hkex":
        rows.append(("Grey market", grey, "Price off the exchange on the eve, against the offer price."))
    return Grid("What is known of the demand", ("Demand", "Figure", "What it means"), tuple(rows), words=True)


def _times(value: float) -> str:
    return f"{numbers.times(value).removesuffix('x')} times"
