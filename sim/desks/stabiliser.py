"""The stabilising manager's desk: how large a greenshoe, and how hard to bid.

Every size and policy is simulated on the same random numbers to the end of the stabilisation period, so what two of
them differ by is not noise. The law of the valuation stays that of the deal as it is: a grey market that was seen
was seen with the deal's own greenshoe.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from sim.desks.stabiliser_answer import StabiliserAnswer, StabiliserCell
from sim.engine import Plan
from sim.errors import invalid
from sim.estimates import mean_of, share_of
from sim.kept_paths import KeptPaths, paths_of
from sim.market.after_first_day import aftermarket_parameters
from sim.scenario.models import OverAllotment
from sim.scenario.scenario import Scenario

FITTED = "as fitted"
POLICIES: Mapping[str, float] = MappingProxyType({"passive": 1.0 / 3.0, FITTED: 1.0, "aggressive": 3.0})
"""How hard the manager bids: the factor on the rate at which excess supply reaches the bid."""

MOST_PATHS = 50_000
"""Paths of a cell: a dozen cells of more would keep the desk waiting for seconds, and the error is below 0.25%."""
EARLY_DAY = 5
"""Trading day after the first by which an early exhaustion is told."""


@dataclass(frozen=True, slots=True)
class StabiliserOptions:
    """What a syndicate desk may choose.

    Parameters
    ----------
    sizes
        Greenshoe sizes, fractions of the upsized offer.
    policies
        Names of :data:`POLICIES`, or of factors of your own.
    commission
        Underwriting commission on the shares that the option adds, fraction of their value.
    most_paths
        Paths of each cell at most, the first ones of the deal.
    threads
        Threads; all of them by default.
    """

    sizes: tuple[float, ...] = (0.0, 0.05, 0.10, 0.15)
    policies: Mapping[str, float] = field(default_factory=lambda: POLICIES)
    commission: float = 0.0
    most_paths: int = MOST_PATHS
    threads: int | None = None


def stabiliser_desk(paths: KeptPaths, options: StabiliserOptions) -> StabiliserAnswer:
    """Answer the manager.

    Parameters
    ----------
    paths
        The deal as it is; its plan and its number of paths are used, to whatever horizon.
    options
        Sizes and policies to compare.

    Raises
    ------
    InvalidInput
        When an option is out of bounds, or the float is too small for a size.
    """
    scenario = paths.scenario
    _check(scenario, options)
    cells, count = [], min(paths.count, options.most_paths)
    for size in sorted(set(options.sizes)):
        sized = _sized(paths.plan, size)
        unsupported = _ends_below(paths_of(_without_bids(sized), count, options.threads))
        # Without a greenshoe nobody bids: one cell stands for all policies.
        policies = options.policies if sized.over_allotment > 0.0 else {"none": 1.0}
        for policy, strength in policies.items():
            simulated = paths_of(_bidding(sized, strength), count, options.threads)
            cells.append(_cell(simulated, size, policy, options.commission, unsupported))
    return StabiliserAnswer(scenario=scenario, paths=count, own_size=_own_size(scenario), cells=tuple(cells))


def _check(scenario: Scenario, options: StabiliserOptions) -> None:
    most = scenario.rules.most_over_allotment
    wrong = [size for size in options.sizes if not 0.0 <= size <= most]
    if wrong or not options.sizes:
        raise invalid("--size", "", f"{wrong or 'nothing'} is no greenshoe", f"fractions from 0 to {most:g}")
    weak = [factor for factor in options.policies.values() if not 0.0 < factor <= 100.0]
    if weak or not options.policies:
        raise invalid("--policy", "", f"{weak or 'nothing'} is no bid", "a factor above 0, at most 100")
    if options.most_paths < 1:
        raise invalid("--paths", "", f"{options.most_paths} is no number of paths", "1 or more")
    if not 0.0 <= options.commission < 1.0:
        raise invalid("--commission", "", f"{options.commission:g} is no commission", "a fraction below 1")


def _own_size(scenario: Scenario) -> float:
    return scenario.over_allotted_shares() / scenario.upsized_shares


def _sized(plan: Plan, size: float) -> Plan:
    """Return the plan with a greenshoe of a size, to the end of stabilisation."""
    own = plan.scenario.over_allotment
    over = OverAllotment(fraction=size, settlement="borrowed" if own is None else own.settlement)
    scenario = plan.scenario.model_copy(update={"over_allotment": over, "horizon": "stabilisation"})
    shares, terms = scenario.over_allotted_shares(), plan.parameters.terms
    # Cornerstones who committed money take the most shares at the lowest price.
    smallest = scenario.float_shares(terms.price_floor)
    if smallest <= shares:
        raise invalid(
            scenario.name,
            "over_allotment",
            f"the float is {smallest:,} shares, a greenshoe of {size:.1%} is {shares:,}",
            "a smaller size",
        )
    parameters = plan.parameters._replace(
        terms=terms._replace(
            over_allotment=shares / scenario.offer.base_shares,
            over_allotment_borrowed=over.settlement == "borrowed",
        ),
        aftermarket=aftermarket_parameters(scenario, plan.market),
    )
    return replace(plan, scenario=scenario, parameters=parameters)


def _without_bids(plan: Plan) -> Plan:
    """Return the plan with the same shares sold and nobody bidding: the option is exercised in full."""
    terms = plan.parameters.terms
    # Placed like the rest of the placing: of their holders only the active trade.
    activity = plan.parameters.demand.placing_activity
    sold = activity * terms.over_allotment if terms.over_allotment_borrowed else 0.0
    free = terms._replace(over_allotment=0.0, other_tradable=terms.other_tradable + sold)
    return replace(plan, parameters=plan.parameters._replace(terms=free))


def _bidding(plan: Plan, strength: float) -> Plan:
    """Return the plan with the rate at which supply reaches the bid multiplied: ``a`` is ``1 - (1 - a)^strength``."""
    if strength == 1.0:
        return plan
    day, after = plan.parameters.day, plan.aftermarket
    parameters = plan.parameters._replace(
        day=day._replace(
            opening_absorption=1.0 - (1.0 - day.opening_absorption) ** strength,
            absorption=(1.0 - (1.0 - day.absorption.astype(np.float64)) ** strength).astype(np.float32),
        ),
        aftermarket=after._replace(absorption=1.0 - (1.0 - after.absorption) ** strength),
    )
    return replace(plan, parameters=parameters)


def _ends_below(paths: KeptPaths) -> NDArray[np.float64]:
    """1 on the paths that end the stabilisation period below the offer price, NaN on withdrawn ones."""
    below = (paths["stabilisation_close"] < paths["offer_price"]).astype(np.float64)
    below[~paths.listed] = np.nan
    return below


def _cell(
    paths: KeptPaths,
    size: float,
    policy: str,
    commission: float,
    unsupported: NDArray[np.float64],
) -> StabiliserCell:
    base, listed = paths.scenario.offer.base_shares, paths.listed
    short = paths.scenario.over_allotted_shares()
    bought, exercised = paths["purchases_total"] * base, paths["exercised"] * base
    gain, days = paths["manager_gain"] * base, paths["exhausted_day"]
    fee = commission * exercised * paths["offer_price"]
    # Half a share tells a purchase from the rounding of a fraction.
    none, everything = bought[listed] < 0.5, bought[listed] > short - 0.5
    known = days[listed]
    used = known[~np.isnan(known)]
    below = _ends_below(paths)
    return StabiliserCell(
        size=size,
        policy=policy,
        short=short,
        purchases=mean_of(bought),
        cost=mean_of(bought * paths["offer_price"] - gain),
        exercised=mean_of(exercised),
        full_exercise=share_of(none & (short > 0)),
        partial_exercise=share_of(~none & ~everything),
        no_exercise=share_of(everything & (short > 0)),
        gain=mean_of(gain),
        profit=mean_of(gain + fee),
        exhausted=share_of(~np.isnan(known)),
        exhausted_first_day=share_of(known == 0.0),
        exhausted_early=share_of(known <= EARLY_DAY),
        exhausted_day_median=float(np.median(used)) if used.size else float("nan"),
        close_below=share_of(paths["close"][listed] < paths["offer_price"][listed]),
        end_below=mean_of(below),
        saved=mean_of(unsupported - below),
    )
