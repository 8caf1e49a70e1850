"""All peers simulate the same listing day: otherwise their times could not be compared.

Each is compared with the float64 reference on the same opens and independent noise. Every comparison below
is made at a false-alarm rate of 1e-8; there are 70 in this file, so the file's is 7e-7. The seeds are fixed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import ks_2samp, kstest, norm

from sim.bench import Contender, PeerNotInstalled
from sim.bench.crew import Crew, available_cores, shares
from sim.bench.inputs import QUANTITIES, DayInputs, day_inputs, reference_day
from sim.bench.peers_jax import JAX_CPU, RBG
from sim.bench.peers_mkl import ARS5, MKL_NORMALS
from sim.bench.peers_numba import NUMBA_SCALAR
from sim.bench.peers_numpy import NUMPY, ZIGGURAT
from sim.bench.peers_quantlib import QUANTLIB_PATHS, VOLATILITY

FALSE_ALARM = 1e-8
Z_LIMIT = float(norm.isf(FALSE_ALARM / 2))
PATHS, STEPS = 100_001, 332
REFERENCE_SEED = 99


def recorded(contender: Contender, paths: int, steps: int, folder: Path) -> dict[str, NDArray[Any]]:
    """Return what a contender simulates on two cores, or skip when its library is not installed."""
    try:
        with Crew(contender, paths, steps, available_cores()[:2]) as crew:
            return crew.record(folder)
    except PeerNotInstalled as absent:
        pytest.skip(f"{absent} is an optional peer and not installed")


def opens(contender: Contender) -> list[DayInputs]:
    """Return the inputs of each process of a contender."""
    split = shares(contender, PATHS, STEPS, available_cores()[:2])
    return [day_inputs(load.paths, load.steps, load.seed) for load, _ in split]


def simulated(batches: list[DayInputs]) -> dict[str, NDArray[Any]]:
    """Return the reference of consecutive batches."""
    parts = [reference_day(inputs, REFERENCE_SEED + i) for i, inputs in enumerate(batches)]
    return {name: np.concatenate([part[name] for part in parts]) for name in QUANTITIES}


def z_scores(
    mine: Mapping[str, NDArray[Any]], reference: Mapping[str, NDArray[Any]], batches: list[DayInputs]
) -> dict[str, float]:
    """Return z of the mean difference of each quantity, path for path on the same opens.

    Both sides of a difference have one law, so it is symmetric and the normal limit holds far into its tails.
    """
    pressure = np.concatenate([inputs.pressure for inputs in batches]).astype(float)

    def observed(day: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        close = day["close"].astype(float)
        return {name: day[name].astype(float) for name in QUANTITIES} | {
            "squared move": (close - pressure) ** 2,
            "close at offer": (close == 0.0).astype(float),
            "close below offer": (close < 0.0).astype(float),
            "never below": (day["minutes_before_break"] == STEPS + 1).astype(float),
        }

    ours, theirs = observed(mine), observed(reference)
    scores = {}
    for name in ours:
        difference = ours[name] - theirs[name]
        scores[name] = float(difference.mean() / (difference.std() / np.sqrt(difference.size)))
    return scores


@pytest.fixture(scope="module")
def references() -> dict[bool, dict[str, NDArray[Any]]]:
    """The reference day, by whether a contender is split into processes."""
    return {contender.processes: simulated(opens(contender)) for contender in (NUMPY, NUMBA_SCALAR)}


@pytest.mark.parametrize(
    "contender", [NUMPY, ZIGGURAT, NUMBA_SCALAR, JAX_CPU, RBG], ids=lambda contender: contender.name
)
def test_a_peer_simulates_the_reference_day(
    contender: Contender, references: dict[bool, dict[str, NDArray[Any]]], tmp_path: Path
) -> None:
    day = recorded(contender, PATHS, STEPS, tmp_path)
    reference, batches = references[contender.processes], opens(contender)
    assert {name: values.shape for name, values in day.items()} == dict.fromkeys(QUANTITIES, (PATHS,))
    scores = z_scores(day, reference, batches)
    assert {name: z for name, z in scores.items() if not abs(z) < Z_LIMIT} == {}
    pressure = np.concatenate([inputs.pressure for inputs in batches])
    same_close = ks_2samp(day["close"] - pressure, reference["close"] - pressure, method="asymp")
    assert same_close.pvalue > FALSE_ALARM


@pytest.mark.parametrize(
    "planted",
    [
        pytest.param(lambda day: replace(day, sigma=day.sigma * np.float32(1.03)), id="volatility"),
        pytest.param(lambda day: replace(day, drift=day.drift * np.float32(1.5)), id="drift"),
        pytest.param(lambda day: replace(day, lift_bound=day.lift_bound * np.float32(0.9)), id="budget"),
        pytest.param(lambda day: replace(day, selling_rate=day.selling_rate * np.float32(0.9)), id="rate"),
        pytest.param(lambda day: replace(day, volatility=day.volatility[::-1]), id="profile"),
    ],
)
def test_the_comparison_finds_a_planted_error(
    planted: Any, references: dict[bool, dict[str, NDArray[Any]]]
) -> None:
    batches = opens(NUMPY)
    wrong = [reference_day(planted(inputs), 7 + i) for i, inputs in enumerate(batches)]
    day = {name: np.concatenate([part[name] for part in wrong]) for name in QUANTITIES}
    scores = z_scores(day, references[True], batches)
    assert max(abs(z) for z in scores.values()) > Z_LIMIT


@pytest.mark.parametrize("contender", [MKL_NORMALS, ARS5], ids=lambda contender: contender.name)
def test_mkl_draws_standard_normals(contender: Contender, tmp_path: Path) -> None:
    count = 1_000_000
    normal = recorded(contender, count, 2, tmp_path)["normal"].astype(float)
    assert normal.shape == (count,)
    # Variances of z, z^2 and z z' (z' the other process's) are 1, 2 and 1.
    assert abs(normal.mean()) * np.sqrt(count) < Z_LIMIT
    assert abs((normal**2).mean() - 1.0) * np.sqrt(count / 2.0) < Z_LIMIT
    halves = normal[: count // 2] * normal[count // 2 :]
    assert abs(halves.mean()) * np.sqrt(count / 2) < Z_LIMIT
    assert kstest(normal, norm.cdf).pvalue > FALSE_ALARM


def test_quantlib_draws_the_brownian_paths_it_is_timed_for(tmp_path: Path) -> None:
    paths, steps = 20_000, 100
    ratio = recorded(QUANTLIB_PATHS, paths, steps, tmp_path)["close_over_open"]
    # Its Euler step multiplies by 1 + volatility sqrt(dt) z.
    rng = np.random.default_rng(5)
    reference = np.prod(1.0 + VOLATILITY / np.sqrt(steps) * rng.standard_normal((paths, steps)), axis=1)
    assert ratio.shape == (paths,)
    assert ks_2samp(ratio, reference, method="asymp").pvalue > FALSE_ALARM
    variance = np.expm1(steps * np.log1p(VOLATILITY**2 / steps))
    assert abs(ratio.mean() - 1.0) / np.sqrt(variance / paths) < Z_LIMIT
