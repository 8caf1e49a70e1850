"""From a scenario to batches of simulated paths.

:func:`prepare` turns a scenario and a market into kernel parameters; :func:`batches` yields the recorded
quantities of consecutive paths. Progress, stopping, Ctrl-C and resume are consumers of that generator.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sim.device import CPU, CUDA
from sim.errors import invalid
from sim.kernels.driver import simulate_paths
from sim.kernels.parameters import QUANTITIES, AftermarketParameters, KernelParameters, TermParameters
from sim.kernels.rng import seed_words
from sim.market.after_first_day import aftermarket_parameters
from sim.market.compatibility import check_market
from sim.market.features import features_of
from sim.market.kernel_inputs import day_parameters, demand_parameters, tick_parameters
from sim.market.parameters import Features, Market, load_market
from sim.market.profile import DayProfile, shared_day_profile
from sim.market.stages import coverage_parameters
from sim.market.theme import ThemeHeat, theme_heat
from sim.scenario.scenario import Scenario

BLOCK_PATHS = 16_384
"""Paths of one block of streamed statistics; batches are whole blocks, so that sums never depend on the batch."""

OF_STABILISATION = ("stabilisation_close", "purchases_total", "exercised", "manager_gain", "exhausted_day")
OF_LOCK_UP = ("before_expiry", "expiry_close")

NO_TRACE = np.empty((0, 0), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Plan:
    """A scenario made ready to simulate."""

    scenario: Scenario
    market: Market
    features: Features
    theme: ThemeHeat | None
    parameters: KernelParameters
    profile: DayProfile
    opening_clock: float

    @property
    def aftermarket(self) -> AftermarketParameters:
        """The days after the first.

        Raises
        ------
        ValueError
            When only the first day is simulated.
        """
        after = self.parameters.aftermarket
        if after is None:
            raise ValueError("only the first day is simulated")
        return after

    @property
    def over_allotment(self) -> float:
        """Over-allotted shares, fraction of the base offer."""
        return float(self.parameters.terms.over_allotment)

    @property
    def recorded(self) -> tuple[str, ...]:
        """Quantities that the horizon gives a meaning; the others are NaN on every path."""
        beyond = {"first_day": OF_STABILISATION + OF_LOCK_UP, "stabilisation": OF_LOCK_UP, "lock_up": ()}
        return tuple(name for name in QUANTITIES if name not in beyond[self.scenario.horizon])


@dataclass(frozen=True, slots=True)
class Drawn:
    """Latent draws that were given to consecutive paths, (5, paths), and the paths' weights; ``None`` is one each."""

    draws: NDArray[np.float64]
    weights: NDArray[np.float64] | None

    def part(self, start: int, stop: int) -> Drawn:
        """Return the draws from ``start`` to ``stop``."""
        weights = None if self.weights is None else self.weights[start:stop]
        return Drawn(self.draws[:, start:stop], weights)


class Sampler(Protocol):
    """Makes the latent draws of paths in place of the paths themselves."""

    def simulate(self, first: int, out: NDArray[np.float64], threads: int) -> Drawn:
        """Draw and simulate the paths from path ``first`` on that ``out`` has columns for.

        What a path gets depends on its number alone.
        """


@dataclass(frozen=True, slots=True)
class Batch:
    """Recorded quantities of consecutive paths: ``values`` (quantities, paths), from path ``first`` on."""

    first: int
    values: NDArray[np.float64]
    drawn: Drawn | None = None
    quantities: tuple[str, ...] = QUANTITIES

    def __getitem__(self, quantity: str) -> NDArray[np.float64]:
        row: NDArray[np.float64] = self.values[self.quantities.index(quantity)]
        return row

    def part(self, start: int, stop: int) -> Batch:
        """Return the paths from ``start`` to ``stop``, counted within the batch."""
        drawn = None if self.drawn is None else self.drawn.part(start, stop)
        return Batch(self.first + start, self.values[:, start:stop], drawn, self.quantities)


def prepare(scenario: Scenario, market: Market | None = None, folder: Path | None = None) -> Plan:
    """Turn a scenario into kernel parameters.

    Parameters
    ----------
    scenario
        The deal.
    market
        Its market; loaded by the scenario's ``market`` and list date when left out.
    folder
        Folder that a relative market file starts from.

    Raises
    ------
    InvalidInput
        When the market cannot be read, is of another venue, or lacks what the scenario needs.
    """
    if market is None:
        market = load_market(scenario.market, folder, scenario.list_date)
    peers = check_market(scenario, market, scenario.name)
    features = features_of(scenario)
    heat = theme_heat(peers, market.peers, scenario.list_date)
    demand = demand_parameters(market.demand, scenario.ah_listing)
    terms = term_parameters(scenario, market)
    sessions = scenario.rules.sessions(scenario.list_date)
    profile = shared_day_profile(sessions, market.day, market.stabilisation, market.day.drift.at(features))
    key_low, key_high = seed_words(scenario.simulation.seed)
    parameters = KernelParameters(
        key_low=key_low,
        key_high=key_high,
        coverage=coverage_parameters(
            scenario.observed, scenario.stage, market, features, heat, demand, terms
        ),
        demand=demand,
        terms=terms,
        day=day_parameters(scenario.rules, market, features, profile),
        ticks=tick_parameters(scenario.rules.tick_table(scenario.list_date)),
        aftermarket=aftermarket_parameters(scenario, market),
    )
    opening = float(min(session.start_minute for session in sessions))
    return Plan(scenario, market, features, heat if peers else None, parameters, profile, opening)


def batches(
    plan: Plan,
    paths: int,
    batch_paths: int,
    first: int = 0,
    threads: int = 1,
    sampler: Sampler | None = None,
    device: str = CPU,
    quantities: tuple[str, ...] = QUANTITIES,
) -> Iterator[Batch]:
    """Simulate ``paths`` paths from path ``first`` on, in batches of whole blocks.

    A ``sampler`` draws coverage, valuation and volatility, and records every quantity; left out, the paths draw, a
    card may simulate them, and ``quantities`` are recorded.

    The array of a batch is used again for the next one: a consumer copies what it keeps.
    """
    if device == CUDA:
        yield from _card_batches(plan, paths, batch_paths, first, quantities)
        return
    whole = max(1, batch_paths // BLOCK_PATHS) * BLOCK_PATHS
    rows = rows_of(quantities)
    values = np.empty((len(rows), 0))
    done = 0
    while done < paths:
        # Blocks end at multiples of BLOCK_PATHS counted from path 0, wherever the first path lies.
        count = min(whole - (first + done) % BLOCK_PATHS, paths - done)
        if values.shape[1] != count:
            # Never a part of a larger array: the kernels would compile again for its other layout.
            values = np.empty((len(rows), count))
        if sampler is None:
            simulate_paths(plan.parameters, first + done, values, NO_TRACE, threads, rows=rows)
            yield Batch(first + done, values, None, quantities)
        else:
            drawn = sampler.simulate(first + done, values, threads)
            yield Batch(first + done, values, drawn, quantities)
        done += count


def rows_of(quantities: Sequence[str]) -> NDArray[np.int64]:
    """Return the places of some quantities among all that the kernels can record."""
    return np.array([QUANTITIES.index(name) for name in quantities], dtype=np.int64)


def _card_batches(
    plan: Plan, paths: int, batch_paths: int, first: int, quantities: tuple[str, ...]
) -> Iterator[Batch]:
    """Simulate batches on a CUDA card; while one is read the card simulates the next."""
    from sim.kernels.cuda.driver import simulate_spans
    from sim.kernels.cuda.faults import CardError

    whole = max(1, batch_paths // BLOCK_PATHS) * BLOCK_PATHS

    def spans() -> Iterator[tuple[int, int]]:
        start, end = first, first + paths
        while start < end:
            count = min(whole - start % BLOCK_PATHS, end - start)
            yield start, count
            start += count

    try:
        for start, values in simulate_spans(plan.parameters, spans(), min(whole, paths), rows_of(quantities)):
            yield Batch(start, values, None, quantities)
    except CardError as fault:
        raise invalid("--device", "", f"the card gave up: {fault}", "use --device cpu") from fault


def trace_paths(plan: Plan, paths: int, threads: int = 1) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Simulate the price paths of the first ``paths`` paths.

    Returns
    -------
    clock
        (times,), minutes from midnight: the open, then every fourth step.
    log_prices
        (times, paths), log price against the offer price.
    """
    steps = plan.profile.volatility.shape[0]
    trace = np.empty((1 + steps // 4, paths), dtype=np.float32)
    values = np.empty((len(QUANTITIES), paths))
    simulate_paths(plan.parameters, 0, values, trace, threads)
    clock = np.concatenate([[plan.opening_clock], plan.profile.clock[3::4]])
    return clock, trace


def term_parameters(scenario: Scenario, market: Market) -> TermParameters:
    """Return the terms in fractions of the base offer; an unknown price is drawn inside the range.

    Raises
    ------
    InvalidInput
        When there is no price, or the float does not exceed the over-allotment.
    """
    offer = scenario.offer
    base = float(offer.base_shares)
    money = scenario.cornerstones.committed_hkd if scenario.cornerstones is not None else None
    fixed_shares = (
        scenario.locked_shares()
        if money is None
        else scenario.locked_shares() - scenario.cornerstone_shares()
    )
    if offer.price is not None:
        low = high = floor = offer.price
    elif offer.price_range is not None:
        low, high = offer.price_range
        floor = low * (1.0 - offer.downward_flexibility)
    else:
        raise invalid(scenario.name, "offer", "has neither price nor price_range", "give one of them")
    initial = scenario.public_shares(0.0) / base
    thresholds, fractions = _ladder(scenario)
    over_allotment = scenario.over_allotment
    terms = TermParameters(
        public_tranche=initial,
        size_adjustment=offer.size_adjustment_shares / base,
        over_allotment=scenario.over_allotted_shares() / base,
        over_allotment_borrowed=over_allotment is not None and over_allotment.settlement == "borrowed",
        other_tradable=scenario.other_tradable_shares / base,
        locked=fixed_shares / base,
        cornerstone_money=(money or 0.0) / base,
        lot=offer.board_lot / base,
        price_low=low,
        price_high=high,
        price_floor=floor,
        pricing_intercept=market.pricing.intercept,
        pricing_slope=market.pricing.slope,
        may_withdraw=offer.price is None,
        ladder_thresholds=thresholds,
        ladder_fractions=fractions,
    )
    smallest = scenario.float_shares(floor) / base
    if smallest - terms.over_allotment <= 0:
        raise invalid(
            scenario.name,
            "offer",
            f"the float is {smallest:.1%} of the base offer and the over-allotment {terms.over_allotment:.1%}",
            "the float must exceed the over-allotment; check cornerstones and locked tranches",
        )
    return terms


def _ladder(scenario: Scenario) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Coverages from which on the public tranche is a fraction of the base offer; one step once announced."""
    base = float(scenario.offer.base_shares)
    allotted = scenario.observed.allotted_public_shares
    if allotted is not None:
        return np.zeros(1), np.array([allotted / base])
    ladder = scenario.rules.reallocation(scenario.regime)
    # "More than 50 times" begins a hair above 50, "50 times or more" at 50.
    thresholds = [times * (1.0 if ladder.threshold_included else 1.0 + 1e-9) for times in ladder.thresholds]
    coverages = [0.0, *thresholds]
    return np.array(coverages), np.array([scenario.public_shares(each) / base for each in coverages])
