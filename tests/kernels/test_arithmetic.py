"""Elementary functions against NumPy, with the error bounds that their docstrings state.

The reference is NumPy in extended precision where the platform has one; half a unit in the last place of a double
covers the rounding of the reference where it has none.
"""

import numpy as np
import pytest
from kernel_cases import few

from sim.kernels.arithmetic import cosine_of_turns, exponential, logarithm, sine_of_turns

HALF_UNIT = 1.2e-16
RNG = np.random.default_rng(1)


def each(function, values):
    return np.array([function(value) for value in values.tolist()])


def worst_relative_error(results, reference):
    return float(np.max(np.abs(results - reference) / np.abs(reference)))


@pytest.mark.parametrize("reach", [1e-8, 1e-3, 0.4, 5.0, 699.0])
def test_exponential_is_within_its_stated_error(reach):
    x = RNG.uniform(-reach, reach, few(20_000, 500))
    error = worst_relative_error(each(exponential, x), np.exp(x.astype(np.longdouble)))
    assert error < 3e-16 + HALF_UNIT


def test_exponential_at_its_edges():
    assert exponential(0.0) == 1.0
    assert exponential(-0.0) == 1.0
    assert exponential(700.0) == pytest.approx(np.exp(700.0), rel=4e-16)
    assert exponential(1e308) == exponential(np.inf) == exponential(700.0)
    assert exponential(-1e308) == exponential(-np.inf) == exponential(-700.0) > 0.0
    assert np.isnan(exponential(np.nan))


def test_exponential_never_falls_across_a_change_of_exponent():
    # The reduction changes k at odd halves of log 2: neighbours there must still be in order.
    for k in range(-40, 41):
        x = (k + 0.5) * np.log(2.0) + np.arange(-4, 5) * 1e-15
        assert (np.diff(each(exponential, x)) >= 0.0).all()


@pytest.mark.parametrize(
    ("low", "high"), [(1e-300, 1e-290), (1e-8, 1e-3), (0.1, 0.9), (1.1, 10.0), (1e10, 1e300)]
)
def test_logarithm_is_within_its_stated_error(low, high):
    x = np.exp(RNG.uniform(np.log(low), np.log(high), few(20_000, 500)))
    error = worst_relative_error(each(logarithm, x), np.log(x.astype(np.longdouble)))
    assert error < 1e-15


def test_logarithm_keeps_its_relative_error_next_to_one():
    distance = np.exp(RNG.uniform(np.log(2.3e-16), np.log(0.1), few(20_000, 500)))
    x = 1.0 + np.concatenate([distance, -distance])
    x = x[x != 1.0]
    error = worst_relative_error(each(logarithm, x), np.log(x.astype(np.longdouble)))
    assert error < 1e-15


def test_logarithm_at_its_edges():
    assert logarithm(1.0) == 0.0
    for k in (-1022, -52, -1, 1, 10, 1023):
        assert logarithm(2.0**k) == pytest.approx(k * np.log(2.0), rel=1e-15)
    assert logarithm(np.finfo(np.float64).max) == pytest.approx(1024 * np.log(2.0), rel=1e-15)
    root = np.sqrt(0.5)
    for x in (np.nextafter(root, 0.0), root, np.nextafter(root, 1.0)):
        assert logarithm(x) == pytest.approx(-0.5 * np.log(2.0), rel=1e-15)


def test_logarithm_undoes_the_exponential():
    x = RNG.uniform(-600.0, 600.0, few(5_000, 300))
    back = each(logarithm, each(exponential, x))
    np.testing.assert_allclose(back, x, rtol=2e-15, atol=4e-16)


@pytest.mark.parametrize(
    ("function", "reference"), [(sine_of_turns, np.sin), (cosine_of_turns, np.cos)], ids=["sine", "cosine"]
)
def test_sine_and_cosine_are_within_their_stated_error(function, reference):
    turns = RNG.uniform(-0.5, 0.5, few(20_000, 500))
    angle = 2.0 * np.longdouble("3.14159265358979323846264338327950288") * turns.astype(np.longdouble)
    assert np.max(np.abs(each(function, turns) - reference(angle))) < 1e-14


def test_sine_and_cosine_at_the_quarters():
    quarters = np.array([-0.5, -0.25, 0.0, 0.25, 0.5])
    np.testing.assert_allclose(each(sine_of_turns, quarters), [0.0, -1.0, 0.0, 1.0, 0.0], atol=1e-14)
    np.testing.assert_allclose(each(cosine_of_turns, quarters), [-1.0, 0.0, 1.0, 0.0, -1.0], atol=1e-14)


def test_sine_and_cosine_lie_on_the_unit_circle():
    turns = RNG.uniform(-0.5, 0.5, few(5_000, 300))
    radius = each(sine_of_turns, turns) ** 2 + each(cosine_of_turns, turns) ** 2
    np.testing.assert_allclose(radius, 1.0, atol=2e-14)
