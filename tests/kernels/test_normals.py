"""Normals of both precisions: from the words, moments, shape, tails. False alarms as in kernel_alarms."""

import numpy as np
import pytest
from kernel_alarms import alarms, count_matches, fits, moments
from kernel_cases import few, known_coverage
from numba import njit
from scipy import stats

from sim.kernels import rng
from sim.kernels.coverage import draw_prior
from sim.kernels.rng import fill_normals, fill_philox, normal_pair, normal_pair_single, seed_words

PATHS = 2**20
LARGEST_SINGLE = np.sqrt(-2.0 * np.log(2.0**-25))


def single_normals(paths=PATHS, first=0, seed=3):
    """Normals of a day of four steps (4, paths), single precision."""
    out = np.empty((4, paths), np.float32)
    fill_normals(np.uint64(first), rng.DAY, *seed_words(seed), out)
    return out


def double_normals(paths=PATHS, seed=3):
    """The four double-precision normals of a path (4, paths), as they reach coverages and valuation."""
    out = np.empty((4, paths))
    standard = known_coverage(public_sd=1.0, placing_sd=1.0, valuation_sd=1.0)
    draw_prior(np.uint64(0), *seed_words(seed), standard, out[0], out[1], out[2], out[3])
    return out


@pytest.fixture(scope="module", params=[single_normals, double_normals], ids=["single", "double"])
def normals(request):
    return request.param()


PLANTED = {
    "shifted": (lambda z: z + 0.005, "mean"),
    "spread 0.5% too wide": (lambda z: 1.005 * z, "variance"),
    "spread 0.5% too narrow": (lambda z: 0.995 * z, "variance"),
    "skewed": (lambda z: z + 0.005 * (z * z - 1.0), "third moment"),
    "heavy tailed": (lambda z: z + 0.003 * (z**3 - 3.0 * z), "fourth moment"),
    "rounded to hundredths": (lambda z: np.round(z, 2), "shape"),
}


def check(z):
    return alarms(moments(z) | {"shape": fits(z, stats.norm())})


@pytest.mark.compiled
def test_moments_and_shape(normals):
    assert check(normals) == set()


@pytest.mark.compiled
@pytest.mark.parametrize("error", PLANTED)
def test_a_planted_error_of_shape_is_noticed(normals, error):
    spoil, noticed = PLANTED[error]
    assert noticed in check(spoil(normals))


def tail_counts(draw, rounds=10):
    """How many of 42 million normals lie beyond three, four and five."""
    counts, total = dict.fromkeys((3, 4, 5), 0), 0
    for k in range(rounds):
        z = draw(k * PATHS)
        total += z.size
        for beyond in counts:
            for tail in (z > beyond, z < -beyond):
                counts[beyond] += int(np.count_nonzero(tail))
    return {
        f"beyond {beyond}": count_matches(count, total, 2.0 * stats.norm.sf(beyond))
        for beyond, count in counts.items()
    }


@pytest.mark.compiled
def test_tails():
    assert alarms(tail_counts(lambda first: single_normals(first=first))) == set()


@pytest.mark.compiled
@pytest.mark.parametrize(
    ("spoil", "noticed"),
    [
        (lambda z: np.float32(1.005) * z, "beyond 3"),
        (lambda z: np.clip(z, -3.95, 3.95), "beyond 4"),
        (lambda z: np.clip(z, -4.9, 4.9), "beyond 5"),
    ],
    ids=["0.5% too wide", "cut at 3.95", "cut at 4.9"],
)
def test_a_planted_error_of_the_tails_is_noticed(spoil, noticed):
    assert noticed in alarms(tail_counts(lambda first: spoil(single_normals(first=first))))


@njit
def every_radius(out):
    """The single-precision radius of each value of the 24 bits that it uses; the angle is zero."""
    for i in range(out.shape[0]):
        out[i] = normal_pair_single(np.uint32(i << 8), np.uint32(0))[0]


@pytest.mark.compiled
def test_every_radius_of_single_precision():
    # The uniform is rounded to single precision before its logarithm: above one half, midpoints lose their half.
    radius = np.empty(2**24, np.float32)
    every_radius(radius)
    u = (np.arange(2**24, dtype=np.float32) + np.float32(0.5)) * np.float32(2.0**-24)
    expected = np.sqrt(-2.0 * np.log(u.astype(np.float64)))
    assert np.max(np.abs(radius - expected)) < 4e-6
    # From one to the next a rounding may go the wrong way, but never further.
    assert np.max(np.diff(radius)) < 1e-6
    assert radius[0] == pytest.approx(LARGEST_SINGLE, abs=4e-6)
    assert radius[-1] == 0.0


def test_single_precision_normals_are_box_and_muller_of_their_words():
    """The distribution function is met to 1e-6, as the docstring of the transformation promises.

    The reference repeats the transformation from the same uniform, in double precision with NumPy's functions:
    the angle lies within half a circle, and the lowest bit of the first word gives the cosine its sign.
    """
    paths = few(1_000_000, 200)
    raw = np.empty((1, 4, paths), np.uint32)
    fill_philox(np.uint64(0), rng.DAY, *seed_words(3), raw)
    z = single_normals(paths)
    for first in (0, 2):
        u = ((raw[0, first] >> 8).astype(np.float32) + np.float32(0.5)) * np.float32(2.0**-24)
        angle = np.pi * raw[0, first + 1].view(np.int32) * 2.0**-32
        radius = np.sqrt(-2.0 * np.log(u.astype(np.float64)))
        sign = np.where(raw[0, first] & 1, -1.0, 1.0)
        for k, expected in ((first, sign * radius * np.cos(angle)), (first + 1, radius * np.sin(angle))):
            assert np.max(np.abs(z[k] - expected) * stats.norm.pdf(expected)) < 1e-6


@pytest.mark.parametrize("word", [0, 0xFF, 0x7FFFFFFF, 0x80000000, 0xB504F300, 0xFFFFFF00, 0xFFFFFFFF])
@pytest.mark.parametrize("angle", [0, 0x40000000, 0x7FFFFFFF, 0x80000000, 0xC0000000, 0xFFFFFFFF])
def test_extreme_words_give_finite_normals(word, angle):
    single = normal_pair_single(np.uint32(word), np.uint32(angle))
    double = normal_pair(np.uint32(word), np.uint32(word), np.uint32(angle), np.uint32(angle))
    assert np.hypot(*single) <= 1.00001 * LARGEST_SINGLE
    assert np.hypot(*double) <= 1.00001 * np.sqrt(-2.0 * np.log(2.0**-53))
