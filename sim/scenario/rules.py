"""Rules that tie the fields of a scenario together.

A rule yields a finding for each way in which it is broken. It may read only the fields that its entry in
:data:`CHECKS` names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from sim.scenario.document import FieldPath
from sim.scenario.scenario import Scenario
from sim.venues import ReallocationLadder

# Prices are short decimals; anything closer than this to a bound is the bound.
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Finding:
    """A broken rule: the field to point at, what is wrong, what was expected."""

    path: FieldPath
    problem: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Check:
    """A rule and the paths of the fields it reads."""

    rule: Callable[[Scenario], Iterator[Finding]]
    reads: tuple[FieldPath, ...]


def _check(rule: Callable[[Scenario], Iterator[Finding]], *fields: str) -> Check:
    return Check(rule, tuple(tuple(field.split(".")) for field in fields))


def _ladder(scenario: Scenario) -> ReallocationLadder | None:
    return scenario.rules.ladders.get(scenario.regime)


def _regime_belongs_to_the_venue(scenario: Scenario) -> Iterator[Finding]:
    if _ladder(scenario) is None:
        known = ", ".join(scenario.rules.regimes)
        yield Finding(("regime",), f"{scenario.regime} is no rule of {scenario.venue}", f"one of: {known}")


def _regime_is_in_force(scenario: Scenario) -> Iterator[Finding]:
    ladder = _ladder(scenario)
    if ladder is None or ladder.applies_on(scenario.list_date):
        return
    in_force = [
        other.regime for other in scenario.rules.ladders.values() if other.applies_on(scenario.list_date)
    ]
    first, last = ladder.effective_from, ladder.effective_to
    when = f"from {first}" if first is not None else f"up to {last}"
    yield Finding(
        ("list_date",),
        f"{scenario.regime} does not apply to a listing on {scenario.list_date}",
        f"a listing {when}, or another regime ({', '.join(in_force) or 'none is in force on that day'})",
    )


def _public_tranche_fits_the_regime(scenario: Scenario) -> Iterator[Finding]:
    ladder = _ladder(scenario)
    if ladder is None:
        return
    low, high = ladder.public_tranche_range
    if not low <= scenario.offer.public_tranche <= high:
        expected = f"{ladder.initial:g}" if high - low < 0.01 else f"{low:.2g} to {high:.2g}"
        yield Finding(
            ("offer", "public_tranche"),
            f"{scenario.offer.public_tranche:g} of the base offer is not a public tranche of {ladder.regime}",
            f"{expected}, before reallocation",
        )


def _price_is_known(scenario: Scenario) -> Iterator[Finding]:
    if scenario.offer.price is None and scenario.offer.price_range is None:
        yield Finding(("offer",), "has neither a price nor a price_range", "one of them, or both")


def _range_rises(scenario: Scenario) -> Iterator[Finding]:
    span = scenario.offer.price_range
    if span is not None and span[0] > span[1]:
        yield Finding(
            ("offer", "price_range"), f"the bottom {span[0]:g} is above the top {span[1]:g}", "[bottom, top]"
        )


def _range_is_narrow(scenario: Scenario) -> Iterator[Finding]:
    span, most = scenario.offer.price_range, scenario.rules.most_range_width
    since = scenario.rules.range_rule_from
    if span is None or most is None or since is None or scenario.list_date < since:
        return
    width = span[1] / span[0] - 1
    if width > most + _ROUNDING:
        yield Finding(
            ("offer", "price_range"),
            f"the top {span[1]:g} is {width:.1%} above the bottom {span[0]:g}",
            f"at most {most:.0%}, so a top of at most {span[0] * (1 + most):.6g}",
        )


def _price_is_in_range(scenario: Scenario) -> Iterator[Finding]:
    price, span = scenario.offer.price, scenario.offer.price_range
    if price is None or span is None or span[0] > span[1]:
        return
    flexibility = scenario.offer.downward_flexibility
    floor = span[0] * (1 - flexibility)
    if price > span[1] * (1 + _ROUNDING):
        yield Finding(
            ("offer", "price"),
            f"{price:g} is above the top of the range, {span[1]:g}",
            f"a price from {floor:.6g} to {span[1]:g}: an offer is never priced above its range",
        )
    elif price < floor * (1 - _ROUNDING):
        granted = f", {flexibility:.0%} below its bottom as the terms allow" if flexibility > 0 else ""
        more = "" if flexibility > 0 else "; downward_flexibility where the terms allow less"
        yield Finding(
            ("offer", "price"),
            f"{price:g} is below the range, {span[0]:g} to {span[1]:g}{granted}",
            f"a price from {floor:.6g} to {span[1]:g}{more}",
        )


def _downward_flexibility_is_allowed(scenario: Scenario) -> Iterator[Finding]:
    given, most = scenario.offer.downward_flexibility, scenario.rules.most_downward_flexibility
    if given > most + _ROUNDING:
        yield Finding(
            ("offer", "downward_flexibility"),
            f"{given:g} is more than {scenario.venue} allows",
            f"at most {most:g} of the bottom of the range",
        )


def _tranches_are_whole_lots(scenario: Scenario) -> Iterator[Finding]:
    if not scenario.rules.trades_in_board_lots:
        return
    lot = scenario.offer.board_lot
    for name in ("base_shares", "size_adjustment_shares"):
        shares = getattr(scenario.offer, name)
        if shares % lot:
            yield broken_lot(("offer", name), shares, lot)


def _over_allotment_is_whole_lots(scenario: Scenario) -> Iterator[Finding]:
    over = scenario.over_allotment
    lot = scenario.offer.board_lot
    if scenario.rules.trades_in_board_lots and over is not None and (over.shares or 0) % lot:
        yield broken_lot(("over_allotment", "shares"), over.shares or 0, lot)


def broken_lot(path: FieldPath, shares: int, lot: int) -> Finding:
    """Return what to say of shares that are no whole lots."""
    below = shares // lot * lot
    near = f"{below:,} or {below + lot:,}" if below else f"{lot:,}"
    return Finding(path, f"{shares:,} is not a multiple of the board lot, {lot:,}", f"whole lots: {near}")


def _size_adjustment_is_bounded(scenario: Scenario) -> Iterator[Finding]:
    most = scenario.rules.most_size_adjustment
    if most is None:
        return
    limit = Fraction(repr(most)) * scenario.offer.base_shares
    if scenario.offer.size_adjustment_shares > limit:
        yield Finding(
            ("offer", "size_adjustment_shares"),
            f"{scenario.offer.size_adjustment_shares:,} is more than {most:.0%} of the base offer",
            f"at most {int(limit):,} shares",
        )


def _over_allotment_is_given_once(scenario: Scenario) -> Iterator[Finding]:
    over = scenario.over_allotment
    if over is not None and (over.fraction is None) == (over.shares is None):
        problem = (
            "has neither a fraction nor shares" if over.shares is None else "has both a fraction and shares"
        )
        yield Finding(("over_allotment",), problem, "one of fraction and shares")


def _over_allotment_is_bounded(scenario: Scenario) -> Iterator[Finding]:
    over, most = scenario.over_allotment, scenario.rules.most_over_allotment
    if over is None:
        return
    if over.fraction is not None and over.fraction > most:
        yield Finding(
            ("over_allotment", "fraction"),
            f"{over.fraction:g} of the upsized offer is above the limit",
            f"at most {most:g}",
        )
    limit = Fraction(repr(most)) * scenario.upsized_shares
    if over.shares is not None and over.shares > limit:
        yield Finding(
            ("over_allotment", "shares"),
            f"{over.shares:,} is more than {most:.0%} of the upsized offer",
            f"at most {int(limit):,} shares",
        )


_AMOUNTS = ("amount_hkd", "amount_usd", "shares", "fraction")


def _cornerstones_are_given_once(scenario: Scenario) -> Iterator[Finding]:
    stones = scenario.cornerstones
    if stones is None:
        return
    given = [name for name in _AMOUNTS if getattr(stones, name) is not None]
    if len(given) != 1:
        problem = f"has {' and '.join(given)}" if given else "does not say how much was committed"
        yield Finding(("cornerstones",), problem, f"exactly one of {', '.join(_AMOUNTS)}")
    if stones.amount_usd is not None and stones.usd_hkd is None:
        yield Finding(
            ("cornerstones", "amount_usd"), "has no exchange rate", "usd_hkd, HK$ for one US$ (about 7.8)"
        )
    if stones.usd_hkd is not None and stones.amount_usd is None:
        yield Finding(("cornerstones", "usd_hkd"), "converts nothing", "amount_usd beside it, or neither")


def _cornerstone_field(scenario: Scenario) -> FieldPath:
    stones = scenario.cornerstones
    given = [name for name in _AMOUNTS if stones is not None and getattr(stones, name) is not None]
    return ("cornerstones", given[0]) if given else ("cornerstones",)


def price_is_settled(scenario: Scenario) -> bool:
    """Return whether there is a price, or a range, to reckon shares at."""
    return scenario.offer.price is not None or scenario.offer.price_range is not None


def _cornerstones_fit_the_placing(scenario: Scenario) -> Iterator[Finding]:
    if scenario.cornerstones is None or not price_is_settled(scenario):
        return
    public = Fraction(repr(scenario.offer.public_tranche)) * scenario.offer.base_shares
    placing = int(scenario.upsized_shares - public)
    shares = scenario.cornerstone_shares()
    if shares > placing:
        at = f" at {scenario.reference_price:g}" if scenario.cornerstones.committed_hkd is not None else ""
        yield Finding(
            _cornerstone_field(scenario),
            f"the cornerstones take {shares:,} shares{at}, the placing tranche has {placing:,}",
            "at most the placing tranche",
        )


def _float_stays_positive(scenario: Scenario) -> Iterator[Finding]:
    if not price_is_settled(scenario):
        return
    left = scenario.float_shares() - scenario.over_allotted_shares()
    if left <= 0:
        path = ("locked",) if scenario.locked else _cornerstone_field(scenario)
        yield Finding(
            path,
            f"no share is left to trade once the over-allotment is bought back: {left:,}",
            "fewer locked or over-allotted shares",
        )


def _peers_came_before(scenario: Scenario) -> Iterator[Finding]:
    if scenario.peers == "auto":
        return
    for index, peer in enumerate(scenario.peers):
        if peer.list_date >= scenario.list_date:
            yield Finding(
                ("peers", index, "list_date"),
                f"{peer.name} listed on {peer.list_date}, not before this deal",
                f"a listing before {scenario.list_date}: its first day must be known",
            )


def _peers_are_named_once(scenario: Scenario) -> Iterator[Finding]:
    if scenario.peers == "auto":
        return
    seen = set()
    for index, peer in enumerate(scenario.peers):
        key = (peer.name.casefold(), peer.list_date)
        if key in seen:
            yield Finding(("peers", index, "name"), f"{peer.name} is named twice", "each peer once")
        seen.add(key)


_SIZE = ("offer.base_shares", "offer.size_adjustment_shares", "offer.board_lot")
_PRICE = ("offer.price", "offer.price_range")

CHECKS = (
    _check(_regime_belongs_to_the_venue, "regime", "venue"),
    _check(_regime_is_in_force, "list_date", "regime", "venue"),
    _check(_public_tranche_fits_the_regime, "offer.public_tranche", "regime", "venue"),
    _check(_price_is_known, *_PRICE),
    _check(_range_rises, "offer.price_range"),
    _check(_range_is_narrow, "offer.price_range", "venue", "list_date"),
    _check(_price_is_in_range, *_PRICE, "offer.downward_flexibility"),
    _check(_downward_flexibility_is_allowed, "offer.downward_flexibility", "venue"),
    _check(_tranches_are_whole_lots, *_SIZE, "venue"),
    _check(_over_allotment_is_whole_lots, "over_allotment", "offer.board_lot", "venue"),
    _check(_size_adjustment_is_bounded, "offer.size_adjustment_shares", "offer.base_shares", "venue"),
    _check(_over_allotment_is_given_once, "over_allotment.fraction", "over_allotment.shares"),
    _check(_over_allotment_is_bounded, "over_allotment", *_SIZE, "venue"),
    _check(_cornerstones_are_given_once, "cornerstones"),
    _check(_cornerstones_fit_the_placing, "cornerstones", *_PRICE, "offer.public_tranche", *_SIZE),
    _check(
        _float_stays_positive,
        "cornerstones",
        "locked",
        "over_allotment",
        "other_tradable_shares",
        *_PRICE,
        *_SIZE,
    ),
    _check(_peers_came_before, "peers", "list_date"),
    _check(_peers_are_named_once, "peers"),
)
