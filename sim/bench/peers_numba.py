"""Scalar Numba: one path a loop inside ``prange``, with ``np.random`` as most programs write it.

It keeps a path in registers and may reorder its float32 arithmetic (``fastmath``), but draws its normals one
by one from Numba's Mersenne Twister and cannot repeat a run bit for bit (numba#4452).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.bench.contender import Contender, Load
from sim.bench.inputs import day_inputs

Floats = NDArray[np.float32]


def _compiled() -> Callable[..., None]:
    from numba import njit, prange

    # Inside prange Numba offers the functions of np.random; a Generator is not safe to share there.
    legacy = np.random
    zero, one = np.float32(0.0), np.float32(1.0)

    def simulate(
        pressures: Floats,
        sigmas: Floats,
        volatility: Floats,
        weights: Floats,
        drift: np.float32,
        bound: np.float32,
        opening: np.float32,
        rate: np.float32,
        elasticity: np.float32,
        shares: np.float32,
        out: Floats,
        counts: NDArray[np.int32],
    ) -> None:
        steps = volatility.size
        for path in prange(pressures.size):
            pressure, sigma = pressures[path], sigmas[path]
            lift = min(bound, opening * max(-pressure, zero))
            free = pressure + lift
            price = zero if (lift < bound and free < zero) else free
            high, low, vwap = price, price, zero
            at_offer = 0
            before_break = 0 if price < zero else steps + 1
            for step in range(steps):
                normal = np.float32(legacy.standard_normal())
                pressure += volatility[step] * sigma * normal + drift
                lift = min(bound, lift + rate * max(-(pressure + lift), zero))
                free = pressure + lift
                price = zero if (lift < bound and free < zero) else free
                high, low = max(high, price), min(low, price)
                vwap += weights[step] * price
                at_offer += price == zero
                if price < zero and before_break > steps:
                    before_break = step + 1
            out[0, path], out[1, path], out[2, path], out[3, path] = high, low, price, vwap
            out[4, path] = shares * (one - np.exp(-elasticity * lift))
            counts[0, path], counts[1, path] = at_offer, before_break

    compiled: Callable[..., None] = njit(parallel=True, fastmath=True, error_model="numpy")(simulate)
    return compiled


def _work(load: Load) -> tuple[Callable[[], None], Floats, NDArray[np.int32]]:
    import numba

    numba.set_num_threads(load.threads)
    simulate = _compiled()
    inputs = day_inputs(load.paths, load.steps, load.seed)
    out = np.empty((5, load.paths), np.float32)
    counts = np.empty((2, load.paths), np.int32)
    arguments = (
        inputs.pressure,
        inputs.sigma,
        inputs.volatility,
        inputs.weight,
        inputs.drift,
        inputs.lift_bound,
        inputs.opening_share,
        inputs.selling_rate,
        inputs.elasticity,
        inputs.float_shares,
        out,
        counts,
    )

    def work() -> None:
        simulate(*arguments)

    return work, out, counts


def prepare(load: Load) -> Callable[[], None]:
    """Set up the day; the first call compiles."""
    return _work(load)[0]


def record(load: Load) -> Mapping[str, NDArray[Any]]:
    """Simulate the day once."""
    work, out, counts = _work(load)
    work()
    names = ("high", "low", "close", "vwap", "purchases")
    return dict(zip(names, out, strict=True)) | {
        "minutes_at_offer": counts[0],
        "minutes_before_break": counts[1],
    }


NUMBA_SCALAR = Contender("numba_scalar", "Numba, a path a loop in prange, np.random", prepare, record=record)
