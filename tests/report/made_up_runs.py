"""Made-up runs for the pictures and the table: realistic deals and the extremes that break a picture."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
from numpy.typing import NDArray
from run_shapes import STAR_CLOCK, Deal, FakeRun, Heat, Observed, Offer, Peer, make_run

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
