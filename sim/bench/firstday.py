"""firstday's own work in the timing: the whole simulation, and its parts on one core.

The whole is :func:`sim.kernels.driver.simulate_paths` of a deal at T1: it draws the valuation, clears the open,
walks the day and records eighteen and more quantities on the tick grid, which no peer is asked to do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.bench.contender import Contender, Load
from sim.bench.inputs import day_inputs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.kernels.parameters import DayParameters, KernelParameters

_DEAL = {
    "name": "A deal to time",
    "code": "00000",
    "venue": "hkex",
    "regime": "chapter-18c",
    "list_date": "2026-01-02",
    "offer": {
        "price": 19.60,
        "base_shares": 247_692_800,
        "public_tranche": 0.05,
        "board_lot": 200,
    },
    "over_allotment": {"fraction": 0.15},
    "cornerstones": {"amount_hkd": 2_899_300_000},
    "observed": {"public_coverage": 100.0, "placing_coverage": 10.0},
}
_STEPS_TOGETHER = 4


def _padded(values: NDArray[np.float32]) -> NDArray[np.float32]:
    missing = -values.size % _STEPS_TOGETHER
    return np.concatenate([values, np.zeros(missing, np.float32)])


def _day(day: DayParameters, load: Load) -> DayParameters:
    """The day that the peers simulate, with the minutes and the profile of ``load``."""
    inputs = day_inputs(1, load.steps, load.seed)
    ones = np.ones(load.steps, np.float32)
    return day._replace(
        stabilisation_elasticity=float(inputs.elasticity),
        opening_absorption=float(inputs.opening_share),
        volatility=_padded(inputs.volatility),
        drift=_padded(inputs.drift * ones),
        volume=_padded(inputs.weight),
        absorption=_padded(inputs.selling_rate * ones),
        minutes=_padded(ones),
        opening_volume=0.0,
    )


def _parameters(load: Load, horizon: str = "first_day") -> KernelParameters:
    from sim.engine import prepare as prepare_scenario
    from sim.scenario import scenario_from_mapping

    parameters = prepare_scenario(scenario_from_mapping({**_DEAL, "horizon": horizon}, "<bench>")).parameters
    return parameters._replace(day=_day(parameters.day, load), key_low=np.uint32(load.seed))


def _simulation(parameters: KernelParameters, load: Load) -> Callable[[], object]:
    from sim.kernels.driver import simulate_paths
    from sim.kernels.parameters import QUANTITIES

    out = np.empty((len(QUANTITIES), load.paths))
    no_trace = np.empty((0, 0), np.float32)
    return lambda: simulate_paths(parameters, 0, out, no_trace, load.threads)


def prepare(load: Load) -> Callable[[], object]:
    """Set up the whole simulation; the first call compiles."""
    return _simulation(_parameters(load), load)


def prepare_opening(load: Load) -> Callable[[], object]:
    """Set up all that happens once a path: the same simulation with a day of four steps."""
    return _simulation(_parameters(Load(load.paths, _STEPS_TOGETHER, load.threads, load.seed)), load)


def prepare_lock_up(load: Load) -> Callable[[], object]:
    """Set up the same simulation followed to the expiry of the lock-up, about 125 daily steps more."""
    return _simulation(_parameters(load, "lock_up"), load)


def prepare_bits(load: Load) -> Callable[[], object]:
    """Set up the raw Philox words of the day."""
    from sim.kernels.rng import DAY, fill_philox

    block = min(load.paths, 4096)
    out = np.empty((-(-load.steps // _STEPS_TOGETHER), _STEPS_TOGETHER, block), np.uint32)

    def work() -> None:
        for first in range(0, load.paths, block):
            fill_philox(np.uint64(first), DAY, np.uint32(load.seed), np.uint32(0), out)

    return work


def prepare_normals(load: Load) -> Callable[[], object]:
    """Set up the normals of the day."""
    from sim.kernels.rng import DAY, fill_normals

    block = min(load.paths, 4096)
    out = np.empty((-(-load.steps // _STEPS_TOGETHER) * _STEPS_TOGETHER, block), np.float32)

    def work() -> None:
        for first in range(0, load.paths, block):
            fill_normals(np.uint64(first), DAY, np.uint32(load.seed), np.uint32(0), out)

    return work


def record(load: Load) -> Mapping[str, NDArray[Any]]:
    """Walk the peers' day from the peers' own opens and return what they record."""
    from sim.kernels import day as kernels

    inputs = day_inputs(load.paths, load.steps, load.seed)
    day = _day(_parameters(load).day, load)
    rows = np.empty((kernels.ROWS, -(-load.paths // kernels.LANES) * kernels.LANES), np.float32)
    key = np.uint32(load.seed), np.uint32(0)
    for first in range(0, load.paths, kernels.LANES):
        scratch = np.empty((kernels.ROWS, kernels.LANES), np.float32)
        pressure, sigma = np.zeros(kernels.LANES), np.zeros(kernels.LANES, np.float32)
        here = slice(first, min(first + kernels.LANES, load.paths))
        pressure[: here.stop - here.start] = inputs.pressure[here]
        sigma[: here.stop - here.start] = inputs.sigma[here]
        capacity = np.full(kernels.LANES, float(inputs.lift_bound))
        kernels.open_block(pressure, capacity, np.zeros(kernels.LANES), day, scratch)
        scratch[kernels.SIGMA] = sigma
        for block in range(day.volatility.size // _STEPS_TOGETHER):
            kernels.advance(np.uint64(first), block, *key, day, scratch)
        kernels.closing_prices(day, scratch)
        rows[:, first : first + kernels.LANES] = scratch
    state = rows[:, : load.paths]
    unbroken = state[kernels.UNBROKEN].astype(np.int32) + 1
    opened_below = state[kernels.OPEN] < 0
    lift = state[kernels.LIFT]
    return {
        "high": state[kernels.HIGH],
        "low": state[kernels.LOW],
        "close": state[kernels.PRICE],
        "vwap": state[kernels.MEAN],
        "purchases": inputs.float_shares * (1 - np.exp(-inputs.elasticity * lift)),
        "minutes_at_offer": state[kernels.AT_OFFER].astype(np.int32),
        "minutes_before_break": np.where(opened_below, 0, unbroken),
    }


FIRSTDAY_SIMULATION = Contender(
    "firstday", "firstday, the whole simulation with its records", prepare, record=record
)
PARTS = (
    Contender("philox_bits", "raw Philox4x32-10 words of the day", prepare_bits),
    Contender("normals", "normals of the day", prepare_normals),
    Contender("opening_and_records", "what happens once a path, spread over the steps", prepare_opening),
    Contender(
        "lock_up", "the whole simulation to the lock-up's expiry, per step of the day", prepare_lock_up
    ),
)
