"""Hand-built kernel parameters and the deals that the kernel tests share.

The builders start from a deal with no uncertainty and no noise whose demand equals its float, so that it opens at
its offer price; a test changes only what it is about.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numba.core import config

from sim.kernels.driver import simulate_paths
from sim.kernels.parameters import (
    QUANTITIES,
    CoverageParameters,
    DayParameters,
    DemandParameters,
    KernelParameters,
    TermParameters,
    TickParameters,
)
from sim.kernels.rng import seed_words

PLAIN_PYTHON = bool(config.DISABLE_JIT)
"""Whether the kernels run as plain Python, ten thousand times slower: sizes shrink then."""

NONE = np.empty(0)
NO_HALTS = np.empty(0, np.float32)
CERTAIN = -700.0
"""A log spread that leaves nothing of the Student-t noise."""


def few(paths: int, plain: int = 24) -> int:
    """``paths`` with compiled kernels, at most ``plain`` in plain Python."""
    return min(paths, plain) if PLAIN_PYTHON else paths


def known_coverage(**changes: Any) -> CoverageParameters:
    """Coverages of one time and a valuation of zero, all known."""
    known = CoverageParameters(
        public_mean=0.0,
        public_sd=0.0,
        placing_mean=0.0,
        placing_slope=0.0,
        placing_sd=0.0,
        valuation_mean=0.0,
        valuation_public_slope=0.0,
        valuation_placing_slope=0.0,
        valuation_sd=0.0,
        spread_mean=CERTAIN,
        spread_slope=0.0,
        spread_low=CERTAIN,
        spread_high=CERTAIN,
        degrees=7.0,
        node_cumulative=NONE,
        node_public=NONE,
        node_placing=NONE,
        node_valuation_mean=NONE,
        node_valuation_sd=NONE,
    )
    return known._replace(**changes)


def flat_demand(**changes: Any) -> DemandParameters:
    """Demand equal to the base offer, whatever the coverages."""
    flat = DemandParameters(
        kappa=1.0,
        public_saturation=45.0,
        public_deflation=0.0,
        placing_deflation=0.0,
        placing_activity=1.0,
        elasticity=1.5,
    )
    return flat._replace(**changes)


def plain_terms(**changes: Any) -> TermParameters:
    """A known offer price of 20, no lock-up, no over-allotment, no reallocation."""
    plain = TermParameters(
        public_tranche=0.1,
        size_adjustment=0.0,
        over_allotment=0.0,
        over_allotment_borrowed=False,
        other_tradable=0.0,
        locked=0.0,
        cornerstone_money=0.0,
        lot=1e-6,
        price_low=20.0,
        price_high=20.0,
        price_floor=20.0,
        pricing_intercept=0.3,
        pricing_slope=0.25,
        may_withdraw=False,
        ladder_thresholds=np.array([0.0]),
        ladder_fractions=np.array([0.1]),
    )
    return plain._replace(**changes)


def regulated_day(steps: int, **changes: Any) -> DayParameters:
    """A day of equal steps with a volatility of 0.1 in the regulator limit: the manager takes all that is sold."""
    each = np.ones(steps, np.float32)
    regulated = DayParameters(
        stabilisation_elasticity=1.5,
        opening_absorption=1.0,
        sigma_base=0.1,
        sigma_slope=0.0,
        sigma_log_sd=0.0,
        volatility=each / np.float32(np.sqrt(steps)),
        drift=0 * each,
        volume=np.float32(0.9 / steps) * each,
        absorption=each,
        minutes=each,
        opening_volume=0.1,
        momentum=0.0,
        momentum_decay=0.9,
        halt_up=NO_HALTS,
        halt_down=NO_HALTS,
        halt_steps=0,
        last_halt_step=steps,
    )
    return regulated._replace(**changes)


def shorter(whole: DayParameters, steps: int) -> DayParameters:
    """The first ``steps`` steps of a day."""
    names = ("volatility", "drift", "volume", "absorption", "minutes")
    return whole._replace(**{name: getattr(whole, name)[:steps].copy() for name in names})


CENTS = TickParameters(np.array([0.0]), np.array([1.0]), np.array([100.0]))
FINE = TickParameters(np.array([0.0]), np.array([1.0]), np.array([1e6]))
"""Ticks of a millionth, where rounding would hide what a test looks at."""


def parameters(
    *,
    seed: int = 0,
    coverage: CoverageParameters | None = None,
    demand: DemandParameters | None = None,
    terms: TermParameters | None = None,
    day: DayParameters | None = None,
    ticks: TickParameters = FINE,
) -> KernelParameters:
    """Everything together, with the defaults above."""
    low, high = seed_words(seed)
    return KernelParameters(
        low,
        high,
        coverage or known_coverage(),
        demand or flat_demand(),
        terms or plain_terms(),
        day or regulated_day(8),
        ticks,
    )


class Paths(Mapping[str, np.ndarray]):
    """Recorded quantities by name, and the trace when one was asked for."""

    def __init__(self, values: np.ndarray, trace: np.ndarray) -> None:
        self.values_array, self.trace = values, trace

    def __getitem__(self, name: str) -> np.ndarray:
        return self.values_array[QUANTITIES.index(name)]

    def __iter__(self):
        return iter(QUANTITIES)

    def __len__(self) -> int:
        return len(QUANTITIES)

    @property
    def bits(self) -> bytes:
        """All that was recorded, byte for byte."""
        return self.values_array.tobytes() + self.trace.tobytes()


def simulate(deal: KernelParameters, paths: int, first: int = 0, *, threads: int = 1, trace: bool = False):
    """Simulate consecutive paths of a deal.

    Numba compiles the driver again for arrays of another memory layout; the spare column keeps every call to
    one layout.
    """
    rows = 1 + deal.day.volatility.shape[0] // 4 if trace else 0
    out = np.full((len(QUANTITIES), paths + 1), -1.0)[:, :paths]
    prices = (
        np.full((rows, paths + 1), -1.0, np.float32)[:, :paths] if trace else np.empty((0, 0), np.float32)
    )
    simulate_paths(deal, first, out, prices, threads)
    return Paths(out, prices)


def ladder() -> dict[str, np.ndarray]:
    """Reallocation of a Chapter 18C deal: 5% of the base offer, 10% from 10 times, 20% from 50 times."""
    return {
        "ladder_thresholds": np.array([0.0, 10.0, 50.0]),
        "ladder_fractions": np.array([0.05, 0.10, 0.20]),
    }


def u_shaped(steps: int, **changes: Any) -> DayParameters:
    """A day with a busy open, partial absorption and a volatility that grows with the opening move."""
    shape = 1.0 + 4.0 * np.exp(-np.arange(steps) / (0.05 * steps))
    return regulated_day(
        steps,
        stabilisation_elasticity=8.0,
        opening_absorption=0.3,
        sigma_base=0.11,
        sigma_slope=0.09,
        sigma_log_sd=0.2,
        volatility=np.sqrt(shape / shape.sum()).astype(np.float32),
        drift=np.full(steps, -0.01 / steps, np.float32),
        volume=(0.9 * shape / shape.sum()).astype(np.float32),
        absorption=np.full(steps, 5.0 / steps, np.float32),
    )._replace(**changes)


def launch(steps: int = 16, **changes: Any) -> KernelParameters:
    """A Hong Kong deal before its book is known: everything is uncertain and it may be withdrawn."""
    return parameters(
        seed=2026,
        coverage=known_coverage(
            public_mean=4.5,
            public_sd=1.9,
            placing_mean=0.8,
            placing_slope=0.2,
            placing_sd=0.8,
            valuation_mean=0.05,
            valuation_public_slope=0.02,
            valuation_placing_slope=0.03,
            valuation_sd=0.05,
            spread_mean=-2.0,
            spread_slope=0.09,
            spread_low=-4.0,
            spread_high=1.0,
        ),
        demand=flat_demand(kappa=1.08, public_deflation=0.58, placing_deflation=0.1, placing_activity=0.8),
        terms=plain_terms(
            public_tranche=0.05,
            size_adjustment=0.15,
            over_allotment=0.1725,
            over_allotment_borrowed=True,
            cornerstone_money=9.0,
            price_low=17.0,
            price_high=19.6,
            price_floor=17.0,
            pricing_intercept=0.1,
            may_withdraw=True,
            **ladder(),
        ),
        day=u_shaped(steps),
        ticks=CENTS,
    )._replace(**changes)


def grey(steps: int = 16, **changes: Any) -> KernelParameters:
    """A deal whose grey market has been seen: coverage and valuation come from nodes; the short is large."""
    deal = launch(steps)
    nodes = known_coverage(
        node_cumulative=np.array([0.1, 0.35, 0.8, 1.0]),
        node_public=np.log([20.0, 60.0, 300.0, 2000.0]),
        node_placing=np.log([0.8, 2.0, 6.0, 20.0]),
        node_valuation_mean=np.array([-0.6, -0.45, -0.5, -0.7]),
        node_valuation_sd=np.array([0.05, 0.1, 0.05, 0.1]),
    )
    known = plain_terms(
        over_allotment=0.15,
        over_allotment_borrowed=True,
        locked=0.3,
        price_low=19.6,
        price_high=19.6,
        price_floor=19.6,
        **ladder(),
    )
    return deal._replace(coverage=nodes, terms=known)._replace(**changes)


def star(steps: int = 16, **changes: Any) -> KernelParameters:
    """A STAR deal: no stabilisation, momentum, halts at 30% and 60% from the open, and a wild day."""
    wild = u_shaped(
        steps,
        sigma_base=0.5,
        momentum=0.1,
        halt_up=np.log1p(np.array([0.3, 0.6])).astype(np.float32),
        halt_down=np.log1p(-np.array([0.3, 0.6])).astype(np.float32),
        halt_steps=3,
        last_halt_step=steps - 2,
    )
    known = plain_terms(locked=0.4, price_low=104.66, price_high=104.66, price_floor=104.66)
    return launch(steps)._replace(terms=known, day=wild)._replace(**changes)


DEALS = {"launch": launch, "grey": grey, "star": star}
