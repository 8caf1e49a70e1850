"""What a made-up run is: the shapes that the report reads, filled from the open and the close of each path."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
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
        "decomposition_se": {"valuation_and_heat": 0.002, "scarcity": 0.0, "stabilisation": 0.0003},
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
