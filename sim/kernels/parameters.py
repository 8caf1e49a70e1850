"""What the kernels are told: numbers and arrays, in fractions of the base offer and in log price.

The engine fills these tuples from a scenario and a market; hand-written ones drive the tests. Every float is
double precision unless it says ``float32``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class CoverageParameters(NamedTuple):
    """Joint law of log public coverage, log placing coverage and the valuation ``u``, as known at the stage.

    ``log R = public_mean + public_sd z0``;
    ``log I = placing_mean + placing_slope (log R - public_mean) + placing_sd z1``;
    ``u = valuation_mean + valuation_public_slope (log R - public_mean)
    + valuation_placing_slope (log I - placing_mean) + valuation_sd z2 + exp(spread) t``,
    with ``spread = spread_mean + spread_slope log R`` clipped to ``[spread_low, spread_high]`` and ``t`` Student
    with ``degrees`` of freedom, the noise ``exp(spread) t`` held to ``+-noise_bound``: the exponential
    of an unbounded ``t`` has no mean. A known coverage has a standard deviation of zero.

    Where the grey market has been seen, the nodes replace that law: node ``k`` is drawn with the cumulative
    probability ``node_cumulative[k]`` and gives both log coverages and a Gaussian ``u``.
    """

    public_mean: float
    public_sd: float
    placing_mean: float
    placing_slope: float
    placing_sd: float
    valuation_mean: float
    valuation_public_slope: float
    valuation_placing_slope: float
    valuation_sd: float
    spread_mean: float
    spread_slope: float
    spread_low: float
    spread_high: float
    degrees: float
    node_cumulative: NDArray[np.float64]
    node_public: NDArray[np.float64]
    node_placing: NDArray[np.float64]
    node_valuation_mean: NDArray[np.float64]
    node_valuation_sd: NDArray[np.float64]
    noise_bound: float = np.inf


class DemandParameters(NamedTuple):
    """Demand curve, equation (2) of docs/model.md.

    ``placing_activity`` is the share of unlocked placing shares whose holders may trade on the first day; the
    others, like a lock-up, take shares out of the float and their own demand with them.
    """

    kappa: float
    public_saturation: float
    public_deflation: float
    placing_deflation: float
    placing_activity: float
    elasticity: float


class TermParameters(NamedTuple):
    """Terms of the offer; shares are fractions of the base offer, prices in currency.

    ``cornerstone_money`` is the committed amount divided by the base shares (0 when cornerstones are given as
    shares); ``lot`` is one board lot. A known offer price has ``price_low == price_high == price_floor``.
    ``ladder_fractions[k]`` is the public tranche from coverage ``ladder_thresholds[k]`` on.
    """

    public_tranche: float
    size_adjustment: float
    over_allotment: float
    over_allotment_borrowed: bool
    other_tradable: float
    locked: float
    cornerstone_money: float
    lot: float
    price_low: float
    price_high: float
    price_floor: float
    pricing_intercept: float
    pricing_slope: float
    may_withdraw: bool
    ladder_thresholds: NDArray[np.float64]
    ladder_fractions: NDArray[np.float64]


class DayParameters(NamedTuple):
    """The listing day: stabilisation and intraday moves, equations (5) to (7) of docs/model.md, one entry a step.

    The volatility of a path is ``(sigma_base + sigma_slope min(|y(0)|, 1)) exp(sigma_log_sd z)`` over the day.
    ``volatility`` is the profile times the square root of the step (its squares sum to one), ``drift`` and
    ``volume`` are per step, ``absorption`` is the share of the excess supply that reaches the stabilising bid in
    the step, ``minutes`` its length. Arrays are ``float32`` with a length that is a multiple of four.
    ``halt_up`` and ``halt_down`` are log moves from the open that halt trading for ``halt_steps`` steps, until
    ``last_halt_step`` at most; empty arrays where the venue has none.
    """

    stabilisation_elasticity: float
    opening_absorption: float
    sigma_base: float
    sigma_slope: float
    sigma_log_sd: float
    volatility: NDArray[np.float32]
    drift: NDArray[np.float32]
    volume: NDArray[np.float32]
    absorption: NDArray[np.float32]
    minutes: NDArray[np.float32]
    opening_volume: float
    momentum: float
    momentum_decay: float
    halt_up: NDArray[np.float32]
    halt_down: NDArray[np.float32]
    halt_steps: int
    last_halt_step: int


class AftermarketParameters(NamedTuple):
    """Trading days after the first: stabilisation period and lock-up; all zero or empty where none is simulated.

    ``volatility`` is the median daily volatility of the log price, ``volatility_log_sd`` the spread of its log
    across paths and ``volatility_most`` its bound, ``drift`` the daily log drift of the expected price,
    ``absorption`` the share of the excess supply that reaches the bid in a day. The bid lasts
    ``stabilisation_days`` days, or until a close whose log return is above ``exercise_above``: then what is still
    short is exercised. Tranche ``k`` comes free on day ``unlock_days[k]``:
    ``unlock_fixed[k]`` of the base offer, and ``unlock_money[k]`` (0 or 1) of the shares that cornerstones' money
    bought. ``sold`` is the share of them that comes to market, ``anticipated`` the share of its effect that the
    price already holds.
    """

    days: int
    stabilisation_days: int
    volatility: float
    volatility_log_sd: float
    volatility_most: float
    drift: float
    absorption: float
    unlock_days: NDArray[np.int64]
    unlock_fixed: NDArray[np.float64]
    unlock_money: NDArray[np.float64]
    sold: float
    anticipated: float
    exercise_above: float


class TickParameters(NamedTuple):
    """Tick table: from price ``lower_bounds[k]`` on, the tick is ``numerators[k] / denominators[k]``."""

    lower_bounds: NDArray[np.float64]
    numerators: NDArray[np.float64]
    denominators: NDArray[np.float64]


class KernelParameters(NamedTuple):
    """Everything a path depends on, besides its number.

    Without ``aftermarket`` only the first day is simulated, by code that was compiled without the days after.
    """

    key_low: np.uint32
    key_high: np.uint32
    coverage: CoverageParameters
    demand: DemandParameters
    terms: TermParameters
    day: DayParameters
    ticks: TickParameters
    aftermarket: AftermarketParameters | None = None


QUANTITIES = (
    "open",
    "high",
    "low",
    "close",
    "vwap",
    "offer_price",
    "public_coverage",
    "placing_coverage",
    "public_tranche",
    "cornerstones",
    "float_at_listing",
    "active_float",
    "purchases",
    "minutes_at_offer",
    "minutes_until_below",
    "valuation",
    "scarcity",
    "pressure_close",
    "log_close",
    "stabilisation_close",
    "before_expiry",
    "expiry_close",
    "purchases_total",
    "exercised",
    "manager_gain",
    "exhausted_day",
)
"""Rows of the recorded array. Prices in currency rounded to ticks (``vwap`` unrounded); coverages in times;
``public_tranche``, ``cornerstones``, ``float_at_listing`` (all that may trade), ``active_float`` (all whose
holders may trade) and ``purchases`` in fractions of the base offer;
``minutes_until_below`` is NaN when the price never falls below the offer price; ``valuation`` is ``u`` and
``scarcity`` ``log(K0/F)/eta`` at ``u = 0``, ``pressure_close`` is ``y`` at the close and ``log_close`` the log
return of the close before rounding. ``stabilisation_close`` is the close that ends the stabilisation period,
``before_expiry`` and ``expiry_close`` the price on the last simulated day before and after what comes free then;
``purchases_total`` and ``exercised`` are what covered the short in the end, ``manager_gain`` the stabilising
manager's in currency a share of the base offer, ``exhausted_day`` the trading day after the first (0: the first) on
which the short was used up, NaN where it was not. These seven are NaN where only the first day is simulated. A
withdrawn path has NaN in every row but the offer price and coverages."""
