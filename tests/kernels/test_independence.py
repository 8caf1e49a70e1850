"""Draws that must not know of each other: steps, paths, purposes, seeds. False alarms as in kernel_alarms."""

from itertools import combinations

import numpy as np
import pytest
from kernel_alarms import alarms, unrelated
from kernel_cases import known_coverage

from sim.kernels import rng
from sim.kernels.coverage import draw_prior
from sim.kernels.rng import fill_normals, seed_words

pytestmark = pytest.mark.compiled

PATHS = 2**19


def normals(steps=4, first=0, purpose=rng.DAY, seed=5, paths=PATHS):
    out = np.empty((steps, paths), np.float32)
    fill_normals(np.uint64(first), purpose, *seed_words(seed), out)
    return out


def pairs(samples):
    """Alarms among all pairs of named samples."""
    found = {}
    for (a, x), (b, y) in combinations(samples.items(), 2):
        found |= unrelated(f"{a}, {b}", x, y)
    return alarms(found)


def lags(z, distances=(1, 2, 4, 255, 256, 257, 4096)):
    """Alarms between paths at a distance within one step."""
    found = {}
    for lag in distances:
        found |= unrelated(f"lag {lag}", z[:-lag], z[lag:])
    return alarms(found)


def test_steps_of_a_day():
    # Eight steps: the two of one Box-Muller pair, the two pairs of one draw, and two draws.
    assert pairs({f"step {step}": z for step, z in enumerate(normals(8))}) == set()


def test_neighbouring_paths():
    assert lags(normals()[0]) == set()


def test_purposes():
    streams = {
        name: normals(purpose=getattr(rng, name))[0] for name in ("COVERAGE", "HEAT", "VALUATION", "DAY")
    }
    assert pairs(streams) == set()


@pytest.mark.parametrize("seed", [0, 41, 2**32, 2**63])
def test_neighbouring_seeds(seed):
    later, high = seed + 1, (seed + 2**32) % 2**64
    streams = {str(one): normals(seed=one)[0] for one in (seed, later, high)}
    assert pairs(streams) == set()


def test_paths_whose_low_words_agree():
    assert pairs({f"from {first}": normals(first=first)[0] for first in (0, 2**32, 2**33)}) == set()


def test_draws_of_one_path():
    # A thousand degrees of freedom make the valuation noise normal enough for the same tests.
    log_public, log_placing, heat, spare, noise, unused = np.empty((6, PATHS))
    key = seed_words(5)
    law = known_coverage(public_sd=1.0, placing_sd=1.0, valuation_sd=1.0)
    draw_prior(np.uint64(0), *key, law, log_public, log_placing, heat, spare)
    law = known_coverage(spread_low=0.0, spread_high=0.0, spread_mean=0.0, degrees=1e6)
    draw_prior(np.uint64(0), *key, law, unused, unused.copy(), noise, unused.copy())
    first, second = normals(4)[:2]
    draws = {"public": log_public, "placing": log_placing, "heat": heat, "volatility": spare, "noise": noise}
    assert pairs(draws | {"first step": first, "second step": second}) == set()


@pytest.mark.parametrize(
    ("spoil", "noticed"),
    [
        (lambda a, b: 0.01 * a + np.sqrt(1 - 1e-4) * b, "correlation"),
        (lambda a, b: b * (1 + 0.01 * (a * a - 1)), "correlation of squares"),
        (lambda a, b: np.where(np.abs(a) < 0.15, np.abs(b) * np.sign(a), b), "table"),
    ],
    ids=["correlation of 0.01", "volatility moves together", "small ones share their sign"],
)
def test_a_planted_dependence_is_noticed(spoil, noticed):
    a, b = normals()[:2].astype(np.float64)
    assert f"a, b: {noticed}" in pairs({"a": a, "b": spoil(a, b)})


@pytest.mark.parametrize("lag", [1, 256])
def test_a_planted_echo_of_an_earlier_path_is_noticed(lag):
    z = normals()[0].astype(np.float64)
    echo = np.sqrt(1 - 1e-4) * z + 0.01 * np.roll(z, lag)
    assert f"lag {lag}: correlation" in lags(echo)


def test_a_stream_used_twice_is_noticed():
    z = normals()[0]
    assert "seed, seed plus one: correlation" in pairs({"seed": z, "seed plus one": z.copy()})
