"""Made-up runs for the pictures and the table: realistic deals and the extremes that break a picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

LEVELS = ("0.01", "0.05", "0.1", "0.25", "0.5", "0.75", "0.9", "0.95", "0.99")
FAN_LEVELS = np.array([0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95])
HKEX_CLOCK = np.concatenate((np.arange(570.0, 721.0), np.arange(781.0, 961.0)))
STAR_CLOCK = np.concatenate((np.arange(570.0, 691.0), np.arange(781.0, 901.0)))


@dataclass(frozen=True)
class Offer:
    price_range: tuple[float, float] | None
    price: float | None
    base_shares: int
    size_adjustment_shares: int = 0
    public_tranche: float = 0.05


@dataclass(frozen=True)
class Observed:
    public_coverage: float | None = None
    placing_coverage: float | None = None
    partial_public_coverage: float | None = None
    grey_return: float | None = None


@dataclass(frozen=True)
class Deal:
    name: str
    code: str
    venue: str
    list_date: date
    offer: Offer
    observed: Observed | None = None
    short: int = 0

    def over_allotted_shares(self) -> int:
        return self.short


@dataclass(frozen=True)
class Histogram:
    edges: NDArray[np.float64]
    counts: NDArray[np.int64]
    at_offer: int
    below: int
    above: int
    total: int


@dataclass(frozen=True)
class Fan:
    minutes: NDArray[np.float64]
    clock: NDArray[np.float64]
    probabilities: NDArray[np.float64]
    log_returns: NDArray[np.float64]
    paths: int


@dataclass(frozen=True)
class Peer:
    name: str
    log_return: float
    venue_mean: float
    weight: float
    contribution: float


@dataclass(frozen=True)
class Heat:
    mean: float
    se: float
    peers: tuple[Peer, ...]


@dataclass(frozen=True)
class FakeRun:
    scenario: Deal
    stage: str
    seed: int
    paths: int
    partial: bool
    summary: dict[str, Any]
    histograms: dict[str, Histogram]
    fan: Fan | None = None
    theme: Heat | None = None
    notes: tuple[str, ...] = field(default=())


def histogram_of(logs: NDArray[np.float64]) -> Histogram:
    """Stream log returns into the fixed grid, the atom at zero apart."""
    edges = np.linspace(-4.0, 4.0, 8001)
    at_offer = logs == 0.0
    rest = logs[~at_offer]
    counts, _ = np.histogram(rest, edges)
    below, above = int((rest < -4.0).sum()), int((rest > 4.0).sum())
    return Histogram(edges, counts.astype(np.int64), int(at_offer.sum()), below, above, logs.size)


def quantile_error(ordered: NDArray[np.float64], level: float) -> float:
    """Half the distance of the order statistics one binomial deviation to either side."""
    reach = (ordered.size * level * (1.0 - level)) ** 0.5
    low, high = (int(np.clip(ordered.size * level + side, 0, ordered.size - 1)) for side in (-reach, reach))
    return float(ordered[high] - ordered[low]) / 2.0


def statistics_of(values: NDArray[np.float64]) -> dict[str, Any]:
    nothing = float("nan")
    if values.size == 0:
        unknown = dict.fromkeys(LEVELS, nothing)
        return {
            "mean": nothing,
            "mean_se": nothing,
            "sd": nothing,
            "quantiles": unknown,
            "quantiles_se": unknown,
        }
    sd = float(values.std())
    ordered = np.sort(values)
    return {
        "mean": float(values.mean()),
        "mean_se": sd / values.size**0.5,
        "sd": sd,
        "quantiles": {level: float(np.quantile(values, float(level))) for level in LEVELS},
        "quantiles_se": {level: quantile_error(ordered, float(level)) for level in LEVELS},
    }


def chance(event: NDArray[np.bool_]) -> dict[str, float]:
    """Share of the paths, with half a hit and half a miss added for its standard error."""
    if event.size == 0:
        return {"value": float("nan"), "se": float("nan")}
    share = (float(event.sum()) + 0.5) / (event.size + 1.0)
    return {"value": float(event.mean()), "se": (share * (1.0 - share) / event.size) ** 0.5}


def fan_of(
    open_logs: NDArray[np.float64], close_logs: NDArray[np.float64], clock: NDArray[np.float64]
) -> Fan:
    """Brownian bridges from open to close, at most 2,000 of them."""
    count = min(open_logs.size, 2_000)
    random = np.random.default_rng(5)
    minutes = np.arange(clock.size, dtype=float)
    time = minutes / minutes[-1]
    walk = np.concatenate(
        (np.zeros((count, 1)), np.cumsum(random.normal(size=(count, clock.size - 1)), 1)), 1
    )
    bridge = 0.1 * (walk - walk[:, -1:] * time) / np.sqrt(clock.size)
    quiet = close_logs[:count, None] == open_logs[:count, None]
    paths = (
        open_logs[:count, None] * (1 - time) + close_logs[:count, None] * time + np.where(quiet, 0.0, bridge)
    )
    return Fan(minutes, clock, FAN_LEVELS, np.quantile(paths, FAN_LEVELS, axis=0), count)


def make_run(
    deal: Deal,
    stage: str,
    open_logs: NDArray[np.float64],
    close_logs: NDArray[np.float64],
    *,
    withdrawn: int = 0,
    offer_prices: NDArray[np.float64] | None = None,
    float_shares: float = 179.65e6,
    clock: NDArray[np.float64] = HKEX_CLOCK,
    **more: Any,
) -> FakeRun:
    """Build a run whose summary, histograms and fan come from the same open and close per path."""
    random = np.random.default_rng(11)
    n = open_logs.size
    spread = np.where(open_logs == close_logs, 0.0, np.abs(random.normal(0.06, 0.04, n)))
    logs = {
        "open": open_logs,
        "high": np.maximum(open_logs, close_logs) + spread,
        "low": np.minimum(open_logs, close_logs) - spread,
        "close": close_logs,
        "vwap": 0.5 * (open_logs + close_logs),
    }
    prices = offer_prices if offer_prices is not None else np.full(n, deal.offer.price or np.nan)
    paths = n + withdrawn
    pinned = (close_logs <= 0.0) & (deal.short > 0)
    chances = {
        "withdrawn": chance(np.arange(paths) < withdrawn),
        "open_below_offer": chance(open_logs < 0),
        "open_at_offer": chance(open_logs == 0),
        "close_below_offer": chance(close_logs < 0),
        "close_at_offer": chance(close_logs == 0),
        "stabilised": chance(pinned),
        "support_exhausted": chance(pinned & (close_logs < -0.1)),
    }
    summary = {
        "scenario": deal.name,
        "stage": stage,
        "paths": paths,
        "seed": 6082,
        "partial": False,
        "offer_price": deal.offer.price,
        "float_shares": float_shares,
        "returns": {name: statistics_of(np.expm1(values)) for name, values in logs.items()},
        "prices": {name: statistics_of(prices * np.exp(values)) for name, values in logs.items()},
        "probabilities": chances,
        "greenshoe": {
            "over_allotted_shares": deal.short,
            "purchases_mean": 0.07 * deal.short,
            "purchases_mean_se": 0.2 * deal.short / max(n, 1) ** 0.5,
            "purchases_fraction_of_short_mean": 0.07 if deal.short else 0.0,
            "exercised_fraction_mean": 0.91 if deal.short else 0.0,
        },
        "decomposition": {"valuation_and_heat": 0.312, "scarcity": 0.148, "stabilisation": 0.006},
    }
    options: dict[str, Any] = {"partial": False, "fan": fan_of(open_logs, close_logs, clock) if n else None}
    options.update(more)
    return FakeRun(
        scenario=deal,
        stage=stage,
        seed=6082,
        paths=paths,
        summary=summary,
        histograms={name: histogram_of(values) for name, values in logs.items()},
        **options,
    )


BIREN = Deal(
    "Biren Technology",
    "06082",
    "hkex",
    date(2026, 1, 2),
    Offer((17.0, 19.6), 19.6, 247_692_800, 37_153_800),
    Observed(2347.53, 25.95),
    42_726_800,
)
COLD = Deal(
    "Shandong Bo'an Biotechnology",
    "06955",
    "hkex",
    date(2022, 12, 30),
    Offer((19.8, 23.8), 19.8, 10_694_800),
    Observed(1.8, 1.1),
    1_604_200,
)
STAR = Deal(
    "Moore Threads",
    "688795",
    "star",
    date(2025, 12, 5),
    Offer(None, 114.28, 70_000_000),
    Observed(4126.49, 1571.6),
)


def held_at_offer(logs: NDArray[np.float64], width: float) -> NDArray[np.float64]:
    """Hold prices a little below the offer price at it; lift those further below."""
    return np.where(logs >= 0.0, logs, np.minimum(0.0, logs + width))


def _biren(paths: int = 100_000) -> FakeRun:
    random = np.random.default_rng(1)
    demand = random.standard_t(9, paths) * 0.245 + 0.375
    demand = np.where(demand > 0.375, 0.375 + 1.15 * (demand - 0.375), demand)
    opening = held_at_offer(demand, 0.07)
    closing = held_at_offer(np.where(opening == 0.0, -0.02, opening) + random.normal(0.0, 0.12, paths), 0.06)
    peers = (Peer("Moore Threads", 1.66, 1.09, 0.62, 0.11), Peer("MetaX", 2.07, 1.09, 0.71, 0.10))
    return make_run(
        BIREN,
        "t1",
        opening,
        closing,
        theme=Heat(0.21, 0.17, peers),
        notes=("spread of the theme's heat is 0.17 log points: two peers say little",),
    )


def _cold() -> FakeRun:
    random = np.random.default_rng(2)
    opening = held_at_offer(random.normal(-0.05, 0.08, 100_000), 0.1)
    closing = held_at_offer(
        np.where(opening == 0.0, -0.045, opening) + random.normal(-0.01, 0.06, 100_000), 0.09
    )
    return make_run(COLD, "t1", opening, closing, float_shares=8.21e6)


def _launch() -> FakeRun:
    random = np.random.default_rng(3)
    deal = Deal(
        BIREN.name,
        BIREN.code,
        "hkex",
        BIREN.list_date,
        Offer((17.0, 19.6), None, 247_692_800, 37_153_800),
        None,
        42_726_800,
    )
    opening = held_at_offer(random.normal(0.2, 0.5, 87_700), 0.05)
    closing = held_at_offer(opening + random.normal(-0.01, 0.15, 87_700), 0.03)
    prices = np.clip(18.5 + random.normal(0, 1.5, 87_700), 17.0, 19.6)
    return make_run(deal, "t0", opening, closing, withdrawn=12_300, offer_prices=prices)


def _star() -> FakeRun:
    random = np.random.default_rng(4)
    opening = random.normal(1.75, 0.35, 50_000)
    return make_run(
        STAR, "t1", opening, opening + random.normal(0, 0.15, 50_000), clock=STAR_CLOCK, float_shares=29.38e6
    )


def _all_at_offer() -> FakeRun:
    return make_run(COLD, "t2", np.zeros(10_000), np.zeros(10_000), float_shares=8.21e6)


def _all_withdrawn() -> FakeRun:
    empty = np.empty(0)
    deal = Deal(
        COLD.name, COLD.code, "hkex", COLD.list_date, Offer((19.8, 23.8), None, 10_694_800), None, 1_604_200
    )
    return make_run(deal, "t0", empty, empty, withdrawn=10_000)


def _one_bin() -> FakeRun:
    logs = np.full(10_000, 0.0203)
    return make_run(BIREN, "t1", logs, logs)


def _one_bin_far() -> FakeRun:
    logs = np.full(10_000, 1.8)
    return make_run(BIREN, "t1", logs, logs)


def _huge_tail() -> FakeRun:
    random = np.random.default_rng(6)
    logs = np.where(
        random.random(100_000) < 0.02, random.normal(3.6, 0.6, 100_000), random.normal(0.1, 0.15, 100_000)
    )
    return make_run(BIREN, "t1", logs, logs + random.normal(0, 0.05, 100_000), partial=True)


def _few_paths() -> FakeRun:
    return _biren(100)


def _one_path() -> FakeRun:
    return _biren(1)


def _coarse_ticks() -> FakeRun:
    random = np.random.default_rng(8)
    deal = Deal(
        "Penny Deal", "08001", "hkex", date(2025, 6, 2), Offer((0.8, 1.2), 1.2, 100_000_000), None, 15_000_000
    )

    def on_ticks(logs: NDArray[np.float64]) -> NDArray[np.float64]:
        ticks = np.round(120 * np.exp(logs))
        return np.where(ticks == 120, 0.0, np.log(np.maximum(ticks, 1.0) / 120))

    opening = held_at_offer(random.normal(0.15, 0.3, 100_000), 0.05)
    closing = held_at_offer(opening + random.normal(-0.01, 0.12, 100_000), 0.03)
    return make_run(deal, "t1", on_ticks(opening), on_ticks(closing), float_shares=70e6)


def _long_name() -> FakeRun:
    run = _biren(5_000)
    name = "壁仞科技 " + "Shanghai International Advanced Semiconductor Technology Holdings Company " * 3
    deal = Deal(name, "06082", "hkex", BIREN.list_date, BIREN.offer, BIREN.observed, BIREN.short)
    return FakeRun(**{**run.__dict__, "scenario": deal})


def _collapse() -> FakeRun:
    random = np.random.default_rng(9)
    opening = random.normal(-0.7, 0.2, 20_000)
    return make_run(BIREN, "t2", opening, opening + random.normal(-0.05, 0.1, 20_000))


MAKERS: dict[str, Callable[[], FakeRun]] = {
    "biren": _biren,
    "cold": _cold,
    "launch": _launch,
    "star": _star,
    "all_at_offer": _all_at_offer,
    "all_withdrawn": _all_withdrawn,
    "one_bin": _one_bin,
    "one_bin_far": _one_bin_far,
    "huge_tail": _huge_tail,
    "few_paths": _few_paths,
    "one_path": _one_path,
    "coarse_ticks": _coarse_ticks,
    "long_name": _long_name,
    "collapse": _collapse,
}
_MADE: dict[str, FakeRun] = {}


def run_called(name: str) -> FakeRun:
    """Make a run once for all tests."""
    if name not in _MADE:
        _MADE[name] = MAKERS[name]()
    return _MADE[name]


@pytest.fixture(params=sorted(MAKERS))
def any_run(request: pytest.FixtureRequest) -> FakeRun:
    """Each of the made-up runs in turn."""
    return run_called(request.param)


@pytest.fixture
def biren() -> FakeRun:
    """The deal of the example, after allotment."""
    return run_called("biren")


@pytest.fixture
def make() -> Callable[[str], FakeRun]:
    """Make a run by its name."""
    return run_called
