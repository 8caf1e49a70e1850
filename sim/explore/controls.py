"""Which sliders a scenario has: the field or market parameter each one sets, its values and its unit."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from sim.explore.grids import even, logarithmic, with_value
from sim.market.features import features_of
from sim.market.parameters import Market
from sim.report import numbers
from sim.scenario import Scenario

IN_MARKET = "market."
"""Begins the name of a control that sets a parameter of the market and no field of the scenario."""
MOST_PEERS = 6
ELASTICITY_BOUNDS = (0.2, 1000.0)
HEAT_BOUNDS = (-2.0, 2.0)


@dataclass(frozen=True, slots=True)
class Control:
    """A slider and its field.

    Parameters
    ----------
    name
        Dotted path of the scenario's field; of the market's parameter behind ``market.``.
    label, help
        What it is called, and one sentence more.
    grid
        Values that the slider stops at, ascending, the scenario's own among them.
    factor
        Units of the field in one unit shown: 0.01 where percent are shown.
    prefix, suffix
        Unit around the number shown.
    value
        The scenario's own value, ``None`` where it is not known.
    unknown
        What takes the place of a field left out, in words; ``None`` where it cannot be left out.
    start
        Value to begin with once a field left out is filled in.
    least, most
        Bounds of what may be typed, where the scenario's own rules set none.
    """

    name: str
    label: str
    help: str
    grid: tuple[float, ...] = field(repr=False)
    value: float | None
    start: float
    factor: float = 1.0
    prefix: str = ""
    suffix: str = ""
    unknown: str | None = None
    least: float = -math.inf
    most: float = math.inf

    @property
    def in_market(self) -> bool:
        """Whether it sets a parameter of the market."""
        return self.name.startswith(IN_MARKET)

    def to_json(self) -> dict[str, Any]:
        """Return what the page needs to draw it."""
        return {
            "name": self.name,
            "label": self.label,
            "help": self.help,
            "grid": list(self.grid),
            "value": self.value,
            "start": self.start,
            "factor": self.factor,
            "prefix": self.prefix,
            "suffix": self.suffix,
            "unknown": self.unknown,
        }


def controls_of(scenario: Scenario, market: Market) -> tuple[Control, ...]:
    """Return the controls of a scenario, in the order in which a deal becomes known.

    A peer's return is a control where the market gives theme heat a weight at the scenario's stage, the grey market
    where the market knows one.
    """
    controls = [
        _price(scenario),
        _cornerstones(scenario),
        _greenshoe(scenario),
        *_coverages(scenario),
        _heat(scenario),
        *_peers(scenario, market),
    ]
    if market.grey is not None:
        controls.append(_grey(scenario))
    return (*controls, _elasticity(scenario, market))


def _price(scenario: Scenario) -> Control:
    offer, sign = scenario.offer, scenario.rules.currency_sign
    if offer.price_range is None:
        low, high = 0.5 * scenario.reference_price, 1.5 * scenario.reference_price
    else:
        low, high = offer.price_range[0] * (1.0 - offer.downward_flexibility), offer.price_range[1]
    middle = 0.5 * (low + high) if offer.price is None else offer.price
    return Control(
        name="offer.price",
        label="Offer price",
        help="Final offer price a share.",
        grid=with_value(even(low, high, 130), offer.price),
        value=offer.price,
        start=offer.price or float(f"{middle:.4g}"),
        prefix=sign.strip(),
        unknown=None if offer.price_range is None else "drawn inside the range on each path",
    )


def _cornerstones(scenario: Scenario) -> Control:
    stones, base = scenario.cornerstones, scenario.offer.base_shares
    placing = scenario.upsized_shares - scenario.offer.public_tranche * base
    given = {} if stones is None else stones.model_dump(exclude_none=True, exclude={"lock_up_months"})
    label, factor, prefix, suffix, most = "Cornerstones", 1e6, "", "m", placing * scenario.reference_price
    if "amount_hkd" in given:
        unit, prefix = "amount_hkd", "HK$"
        words = "Money that cornerstone investors commit; their shares are locked up."
    elif "amount_usd" in given and stones is not None and stones.usd_hkd is not None:
        unit, prefix, most = "amount_usd", "US$", most / stones.usd_hkd
        words = "Money that cornerstone investors commit; their shares are locked up."
    elif "shares" in given:
        unit, factor, suffix, most = "shares", 1.0, "shares", placing
        words = "Shares of cornerstone investors, locked up."
    else:
        unit, factor, suffix, most = "fraction", 0.01, "%", placing / base
        words = "Shares of cornerstone investors, of the base offer; they are locked up."
    value = float(given.get(unit, 0.0))
    return Control(
        name=f"cornerstones.{unit}",
        label=label,
        help=words,
        grid=with_value(even(0.0, most, 100, within=True), value),
        value=value,
        start=value,
        factor=factor,
        prefix=prefix,
        suffix=suffix,
    )


def _greenshoe(scenario: Scenario) -> Control:
    over, most = scenario.over_allotment, scenario.rules.most_over_allotment
    if over is not None and over.shares is not None:
        lot = scenario.offer.board_lot
        lots = int(most * scenario.upsized_shares / lot)
        grid = tuple(float(lot * (lots * at // 60)) for at in range(61))
        value = float(over.shares)
        name, factor, suffix = "over_allotment.shares", 1.0, "shares"
    else:
        grid = even(0.0, most, 60)
        value = 0.0 if over is None or over.fraction is None else over.fraction
        name, factor, suffix = "over_allotment.fraction", 0.01, "%"
    return Control(
        name=name,
        label="Greenshoe",
        help="Over-allotted shares, the stabilising manager's means; as a fraction, of the upsized offer.",
        grid=with_value(grid, value),
        value=value,
        start=value,
        factor=factor,
        suffix=suffix,
    )


def _coverages(scenario: Scenario) -> list[Control]:
    observed = scenario.observed
    wide = scenario.venue == "star"
    controls = [
        Control(
            name="observed.public_coverage",
            label="Public coverage",
            help="Times the initial public tranche was subscribed.",
            grid=with_value(logarithmic(0.1, 10_000.0, 120), observed.public_coverage),
            value=observed.public_coverage,
            start=observed.public_coverage or 100.0,
            suffix="×",
            unknown="drawn on each path",
        ),
        Control(
            name="observed.placing_coverage",
            label="Placing coverage",
            help="Times the initial placing tranche was subscribed.",
            grid=with_value(logarithmic(0.5, 10_000.0 if wide else 200.0, 120), observed.placing_coverage),
            value=observed.placing_coverage,
            start=observed.placing_coverage or 10.0,
            suffix="×",
            unknown="drawn on each path",
        ),
    ]
    partial = observed.partial_public_coverage
    if partial is not None:
        so_far = Control(
            name="observed.partial_public_coverage",
            label="Public coverage so far",
            help="Coverage reported while the books are open; the final coverage replaces it once known.",
            grid=with_value(logarithmic(0.1, 10_000.0, 120), partial),
            value=partial,
            start=partial,
            suffix="×",
            unknown="",
        )
        controls.insert(0, so_far)
    return controls


def _heat(scenario: Scenario) -> Control:
    features = features_of(scenario)
    usual = numbers.log_points(features.market_heat).replace(numbers.PLAIN_MINUS, numbers.PRINTED_MINUS)
    return Control(
        name="market_heat",
        label="Market heat",
        help="Mean log first-day return of the last ten listings before this one.",
        grid=with_value(even(-0.3, 0.8, 110), scenario.market_heat),
        value=scenario.market_heat,
        start=float(f"{features.market_heat:.4g}"),
        unknown=f"taken from the listings before: {usual}",
        least=HEAT_BOUNDS[0],
        most=HEAT_BOUNDS[1],
    )


def _peers(scenario: Scenario, market: Market) -> list[Control]:
    if isinstance(scenario.peers, str) or not market.valuation.theme_weight.get(scenario.stage):
        return []
    return [
        Control(
            name=f"peers.{index}.first_day_return",
            label=f"First day of {peer.name}",
            help="First-day return of this peer; with the other peers it sets the heat of the theme.",
            grid=with_value(
                tuple(float(f"{ratio - 1.0:.3g}") for ratio in logarithmic(0.5, 12.0, 100)),
                peer.first_day_return,
            ),
            value=peer.first_day_return,
            start=peer.first_day_return,
            factor=0.01,
            suffix="%",
        )
        for index, peer in enumerate(scenario.peers[:MOST_PEERS])
    ]


def _grey(scenario: Scenario) -> Control:
    value = scenario.observed.grey_return
    return Control(
        name="observed.grey_return",
        label="Grey-market close",
        help="Grey-market close against the offer price, known on the evening before the first day.",
        grid=with_value(even(-0.5, 2.0, 125), value),
        value=value,
        start=0.0 if value is None else value,
        factor=0.01,
        suffix="%",
        unknown="",
    )


def _elasticity(scenario: Scenario, market: Market) -> Control:
    parameter = "anchored_elasticity" if scenario.ah_listing else "elasticity"
    value = float(getattr(market.demand, parameter))
    return Control(
        name=f"{IN_MARKET}demand.{parameter}",
        label="Elasticity of demand",
        help=f"How fast demand falls with the price; the market {market.name} has {value:.3g}.",
        grid=with_value(logarithmic(0.5, 20.0, 100), value),
        value=value,
        start=value,
        least=ELASTICITY_BOUNDS[0],
        most=ELASTICITY_BOUNDS[1],
    )
