"""Student-t draws by Bailey's method against SciPy's law. False alarms as in kernel_alarms."""

import numpy as np
import pytest
from kernel_alarms import alarms, fits, two_sided
from kernel_cases import few, known_coverage
from scipy import stats

from sim.kernels import rng
from sim.kernels.coverage import draw_prior
from sim.kernels.rng import philox, seed_words, student_t

DEGREES = (2.5, 7.0, 60.0)
PATHS = 4_000_000


def draws(degrees, paths=PATHS):
    """Valuation noise of unit scale, as it reaches the paths."""
    noise, spare = np.empty((2, paths))
    law = known_coverage(spread_mean=0.0, spread_low=0.0, spread_high=0.0, degrees=degrees)
    draw_prior(np.uint64(0), *seed_words(11), law, spare, spare.copy(), noise, spare.copy())
    return noise


def check(t, degrees):
    """Location, scale (by their scores, which have finite variance at any degrees) and shape."""
    weight = (degrees + 1.0) / (degrees + t * t)
    root = np.sqrt(t.size)
    location = root * (weight * t).mean() / np.sqrt((degrees + 1.0) / (degrees + 3.0))
    scale = root * (weight * t * t - 1.0).mean() / np.sqrt(2.0 * degrees / (degrees + 3.0))
    return alarms(
        {
            "location": two_sided(location),
            "scale": two_sided(scale),
            "shape": fits(t, stats.t(degrees), cells=1024),
        }
    )


@pytest.fixture(scope="module")
def noise():
    return {degrees: draws(degrees) for degrees in DEGREES}


@pytest.mark.compiled
@pytest.mark.parametrize("degrees", DEGREES)
def test_law(noise, degrees):
    assert check(noise[degrees], degrees) == set()


@pytest.mark.compiled
@pytest.mark.parametrize("degrees", DEGREES)
@pytest.mark.parametrize(
    ("spoil", "noticed"),
    [
        (lambda t: t + 0.005, "location"),
        (lambda t: 1.005 * t, "scale"),
        (lambda t: np.clip(t, -3, 3), "shape"),
    ],
    ids=["shifted", "0.5% too wide", "cut at three"],
)
def test_a_planted_error_is_noticed(noise, degrees, spoil, noticed):
    assert noticed in check(spoil(noise[degrees]), degrees)


@pytest.mark.compiled
@pytest.mark.parametrize(("degrees", "taken_for"), [(2.5, 2.6), (7.0, 7.5), (60.0, 90.0)])
def test_wrong_degrees_of_freedom_are_noticed(noise, degrees, taken_for):
    assert check(noise[degrees], taken_for)


@pytest.mark.parametrize("degrees", [0.7, 2.5, 7.0, 1e3, 1e6])
def test_draws_are_baileys_formula(degrees):
    for i in range(few(200, 40)):
        words = philox(*map(np.uint32, (i, 0, 0, 3)), np.uint32(11), np.uint32(0))
        high, low, turn_high, turn_low = (float(word >> np.uint32(6)) for word in words)
        u = (high * 2.0**26 + low + 0.5) * 2.0**-52
        turn = (turn_high * 2.0**26 + turn_low + 0.5) * 2.0**-52 - 0.5
        radius = np.sqrt(degrees * np.expm1(-2.0 / degrees * np.log(u)))
        expected = radius * np.cos(2.0 * np.pi * turn)
        assert student_t(*words, degrees) == pytest.approx(expected, rel=1e-11, abs=1e-13)


def test_the_spread_of_the_noise_follows_coverage_within_its_bounds():
    # exp(spread) scales the same t draws; the spread is linear in log coverage between its bounds.
    paths = few(2000, 24)
    spread = {"spread_mean": -1.0, "spread_slope": 0.3, "spread_low": -1.3, "spread_high": -0.7}
    law = known_coverage(public_sd=1.0, **spread)
    log_public, placing, noise, spare = np.empty((4, paths))
    draw_prior(np.uint64(0), *seed_words(11), law, log_public, placing, noise, spare)
    expected = np.clip(-1.0 + 0.3 * log_public, -1.3, -0.7)
    assert expected.min() == -1.3
    assert expected.max() == -0.7
    np.testing.assert_allclose(noise, np.exp(expected) * draws(7.0, paths), rtol=1e-13)


def test_purpose_of_the_noise_is_the_valuation():
    words = philox(*map(np.uint32, (5, 0, 0)), rng.VALUATION, np.uint32(11), np.uint32(0))
    assert draws(7.0, 6)[5] == student_t(*words, 7.0)
