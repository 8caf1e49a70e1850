"""JAX on the CPU: jit, ``lax.scan`` over the minutes, float32 vectors of paths, ``jax.random`` normals.

Two processes of one core each, because XLA gains nothing from a second core inside this scan. Threefry is the
default; :data:`RBG` times XLA's own generator, which is the fast one on accelerators.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.bench.contender import EXTRA, Contender, Load, PeerNotInstalled
from sim.bench.inputs import QUANTITIES, day_inputs

CHUNK = 65536
"""Most paths of one vector; more are simulated chunk after chunk."""


def _jax() -> Any:
    # 512-bit vectors make this scan about a tenth faster where the processor has them; elsewhere no change.
    os.environ.setdefault("XLA_FLAGS", "--xla_cpu_prefer_vector_width=512")
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    try:
        import jax
    except ModuleNotFoundError as absent:
        if absent.name != "jax":
            raise
        raise PeerNotInstalled("jax") from absent
    return jax


def _simulator(load: Load) -> Callable[..., tuple[Any, ...]]:
    """Return the jitted simulation of (key, pressures, sigmas), both of shape (chunks, paths a chunk)."""
    jax = _jax()
    jnp = jax.numpy
    inputs = day_inputs(2, load.steps, load.seed)
    bound, rate = inputs.lift_bound, inputs.selling_rate
    profile = (jnp.asarray(inputs.volatility), jnp.asarray(inputs.weight))

    def traded(pressure: Any, lift: Any) -> Any:
        free = pressure + lift
        return jnp.where((lift < bound) & (free < 0), jnp.float32(0), free)

    def day(key: Any, pressure: Any, sigma: Any) -> tuple[Any, ...]:
        def minute(state: tuple[Any, ...], now: tuple[Any, ...]) -> tuple[tuple[Any, ...], None]:
            pressure, lift, _, high, low, vwap, at_offer, before_break = state
            key, volatility, weight = now
            normal = jax.random.normal(key, pressure.shape, jnp.float32)
            pressure = pressure + volatility * sigma * normal + inputs.drift
            lift = jnp.minimum(bound, lift + rate * jnp.maximum(-(pressure + lift), 0))
            price = traded(pressure, lift)
            low = jnp.minimum(low, price)
            return (
                pressure,
                lift,
                price,
                jnp.maximum(high, price),
                low,
                vwap + weight * price,
                at_offer + (price == 0),
                before_break + (low >= 0),
            ), None

        lift = jnp.minimum(bound, inputs.opening_share * jnp.maximum(-pressure, 0))
        price = traded(pressure, lift)
        counted = jnp.zeros(pressure.shape, jnp.int32)
        opening = (
            pressure,
            lift,
            price,
            price,
            price,
            jnp.zeros_like(price),
            counted,
            counted + (price >= 0),
        )
        keys = jax.random.split(key, load.steps)
        _, lift, price, high, low, vwap, at_offer, before_break = jax.lax.scan(
            minute, opening, (keys, *profile)
        )[0]
        purchases = -inputs.float_shares * jnp.expm1(-inputs.elasticity * lift)
        return high, low, price, vwap, purchases, at_offer, before_break

    def batch(key: Any, pressures: Any, sigmas: Any) -> tuple[Any, ...]:
        if pressures.shape[0] == 1:
            return day(key, pressures[0], sigmas[0])
        keys = jax.random.split(key, pressures.shape[0])
        result: tuple[Any, ...] = jax.lax.map(lambda chunk: day(*chunk), (keys, pressures, sigmas))
        return result

    compiled: Callable[..., tuple[Any, ...]] = jax.jit(batch)
    return compiled


def _work(load: Load, generator: str) -> Callable[[], tuple[Any, ...]]:
    jax = _jax()
    simulate = _simulator(load)
    chunks = -(-load.paths // CHUNK)
    # Chunks have one size, so a few more paths may be simulated than are asked for.
    inputs = day_inputs(-(-load.paths // chunks) * chunks, load.steps, load.seed)
    pressures = jax.numpy.asarray(inputs.pressure).reshape(chunks, -1)
    sigmas = jax.numpy.asarray(inputs.sigma).reshape(chunks, -1)
    key = jax.random.key(load.seed, impl=generator)

    def work() -> tuple[Any, ...]:
        result: tuple[Any, ...] = jax.block_until_ready(simulate(key, pressures, sigmas))
        return result

    return work


def prepare(load: Load) -> Callable[[], object]:
    """Set up the day with Threefry; the first call compiles."""
    return _work(load, "threefry2x32")


def prepare_rbg(load: Load) -> Callable[[], object]:
    """Set up the day with XLA's own generator; the first call compiles."""
    return _work(load, "unsafe_rbg")


def _recorded(load: Load, generator: str) -> Mapping[str, NDArray[Any]]:
    arrays = _work(load, generator)()
    return {
        name: np.asarray(array).reshape(-1)[: load.paths]
        for name, array in zip(QUANTITIES, arrays, strict=True)
    }


def record(load: Load) -> Mapping[str, NDArray[Any]]:
    """Simulate the day once with Threefry."""
    return _recorded(load, "threefry2x32")


def record_rbg(load: Load) -> Mapping[str, NDArray[Any]]:
    """Simulate the day once with XLA's own generator."""
    return _recorded(load, "unsafe_rbg")


JAX_CPU = Contender("jax_cpu", "JAX on the CPU, lax.scan, Threefry", prepare, EXTRA, record, processes=True)
RBG = Contender(
    "jax_cpu_rbg",
    "JAX on the CPU, lax.scan, unsafe_rbg",
    prepare_rbg,
    EXTRA,
    record_rbg,
    processes=True,
)
