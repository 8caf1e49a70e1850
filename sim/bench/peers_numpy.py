"""NumPy, vectorised over paths: float32, in place, batches that stay in the second-level cache.

The normals are a Box-Muller transform of SFC64's raw bits through NumPy's vectorised float32 logarithm, sine
and cosine, which costs a third of ``Generator.standard_normal``; :data:`ZIGGURAT` times the latter, which is
what most programs use.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.bench.contender import Contender, Load
from sim.bench.inputs import DayInputs, day_inputs

BATCH = 16384
"""Paths a batch: sixteen float32 rows of it fill 1 MiB, and a call's overhead is a tenth of its time."""

STEPS_A_DRAW = 4
COUNTED_STEPS = 124
"""Steps after which the int8 counters are emptied: int8 adds are vectorised, and hold up to 127."""

Fill = Callable[[NDArray[np.float32]], None]


def ziggurat_fill(seed: int) -> Fill:
    """Return a function that fills an array with ``Generator.standard_normal``."""
    rng = np.random.Generator(np.random.SFC64(seed))

    def fill(out: NDArray[np.float32]) -> None:
        rng.standard_normal(dtype=np.float32, out=out)

    return fill


def box_muller_fill(seed: int) -> Fill:
    """Return a function that fills an array of even size with Box-Muller normals of raw bits.

    The top 23 of 32 bits become the mantissa of a float32 in [1, 2), so no conversion is needed; an angle may
    start at one turn as well as at none, and 2 - u lies in (0, 1].
    """
    source = np.random.SFC64(seed)

    def fill(out: NDArray[np.float32]) -> None:
        flat = out.reshape(-1)
        half = flat.size // 2
        bits = source.random_raw(half).view(np.uint32)
        np.right_shift(bits, 9, out=bits)
        np.bitwise_or(bits, 0x3F800000, out=bits)
        radius, angle = bits.view(np.float32)[:half], bits.view(np.float32)[half:]
        np.subtract(np.float32(2.0), radius, out=radius)
        np.log(radius, out=radius)
        np.multiply(radius, np.float32(-2.0), out=radius)
        np.sqrt(radius, out=radius)
        np.multiply(angle, np.float32(2.0 * np.pi), out=angle)
        np.cos(angle, out=flat[:half])
        np.sin(angle, out=flat[half:])
        flat[:half] *= radius
        flat[half:] *= radius

    return fill


def simulate_batch(
    inputs: DayInputs, rows: slice, fill: Fill, out: NDArray[np.float32], counts: NDArray[np.int16]
) -> None:
    """Simulate the paths `rows` into the same columns of `out` (5, paths) and `counts` (2, paths)."""
    pressure, sigma = inputs.pressure[rows].copy(), inputs.sigma[rows]
    high, low, price, vwap, lift = (out[row, rows] for row in range(5))
    at_offer, before_break = counts[0, rows], counts[1, rows]
    size, steps = pressure.size, inputs.volatility.size
    bound = inputs.lift_bound
    normals, scratch = np.empty((STEPS_A_DRAW, size), np.float32), np.empty(size, np.float32)
    held, flag = np.empty(size, np.bool_), np.empty(size, np.bool_)
    held_count, unbroken_count = np.zeros(size, np.int8), np.zeros(size, np.int8)

    np.minimum(pressure, 0.0, out=lift)
    np.multiply(lift, -inputs.opening_share, out=lift)
    np.minimum(lift, bound, out=lift)
    np.add(pressure, lift, out=price)
    price[(lift < bound) & (price < 0.0)] = 0.0
    high[:], low[:] = price, price
    vwap[:], at_offer[:] = 0.0, 0
    before_break[:] = low >= 0.0
    for first in range(0, steps, STEPS_A_DRAW):
        block = normals[: min(STEPS_A_DRAW, steps - first)]
        fill(block)
        block *= inputs.volatility[first : first + len(block), None]
        block *= sigma
        block += inputs.drift
        for row, weight in enumerate(inputs.weight[first : first + len(block)]):
            pressure += block[row]
            np.add(pressure, lift, out=scratch)
            np.minimum(scratch, 0.0, out=scratch)
            np.multiply(scratch, inputs.selling_rate, out=scratch)
            np.subtract(lift, scratch, out=lift)
            np.minimum(lift, bound, out=lift)
            np.add(pressure, lift, out=price)
            np.less(lift, bound, out=held)
            np.less(price, 0.0, out=flag)
            np.logical_and(held, flag, out=held)
            np.copyto(price, 0.0, where=held)
            np.maximum(high, price, out=high)
            np.minimum(low, price, out=low)
            np.multiply(price, weight, out=scratch)
            vwap += scratch
            held_count += held.view(np.int8)
            np.greater_equal(low, 0.0, out=flag)
            unbroken_count += flag.view(np.int8)
        if (first + STEPS_A_DRAW) % COUNTED_STEPS == 0 or first + STEPS_A_DRAW >= steps:
            at_offer += held_count
            before_break += unbroken_count
            held_count[:], unbroken_count[:] = 0, 0
    lift *= -inputs.elasticity
    np.expm1(lift, out=lift)
    lift *= -inputs.float_shares


def _work(load: Load, fill: Fill) -> tuple[Callable[[], None], NDArray[np.float32], NDArray[np.int16]]:
    inputs = day_inputs(load.paths, load.steps, load.seed)
    out = np.empty((5, load.paths), np.float32)
    counts = np.empty((2, load.paths), np.int16)

    def work() -> None:
        for start in range(0, load.paths, BATCH):
            simulate_batch(inputs, slice(start, min(start + BATCH, load.paths)), fill, out, counts)

    return work, out, counts


def _named(out: NDArray[np.float32], counts: NDArray[np.int16]) -> Mapping[str, NDArray[Any]]:
    names = ("high", "low", "close", "vwap", "purchases")
    return dict(zip(names, out, strict=True)) | {
        "minutes_at_offer": counts[0],
        "minutes_before_break": counts[1],
    }


def prepare(load: Load) -> Callable[[], None]:
    """Set up the day with Box-Muller normals."""
    return _work(load, box_muller_fill(load.seed))[0]


def record(load: Load) -> Mapping[str, NDArray[Any]]:
    """Simulate the day once with Box-Muller normals."""
    work, out, counts = _work(load, box_muller_fill(load.seed))
    work()
    return _named(out, counts)


def prepare_ziggurat(load: Load) -> Callable[[], None]:
    """Set up the day with NumPy's own normals."""
    return _work(load, ziggurat_fill(load.seed))[0]


def record_ziggurat(load: Load) -> Mapping[str, NDArray[Any]]:
    """Simulate the day once with NumPy's own normals."""
    work, out, counts = _work(load, ziggurat_fill(load.seed))
    work()
    return _named(out, counts)


NUMPY = Contender(
    "numpy", "NumPy over paths, Box-Muller normals of SFC64 bits", prepare, record=record, processes=True
)
ZIGGURAT = Contender(
    "numpy_standard_normal",
    "NumPy over paths, Generator.standard_normal of SFC64",
    prepare_ziggurat,
    record=record_ziggurat,
    processes=True,
)
