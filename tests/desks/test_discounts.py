"""Closed forms of a lock-up's discount."""

import math
from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.desks.discounts import chaffe, finnerty, ghaidarov, longstaff, longstaff_where_defined
from sim.errors import InvalidInput

VOLATILITY = np.array([0.4, 0.6, 0.8, 1.0, 1.2])
# Half a year, percent. The published table prints 11.3 for Chaffe at 40%, where 2 Phi(0.4 sqrt(0.5) / 2) - 1 is
# 11.246%: that digit is a slip of the table.
HALF_A_YEAR = {
    chaffe: [11.2, 16.8, 22.3, 27.6, 32.9],
    finnerty: [6.5, 9.6, 12.6, 15.5, 18.2],
    ghaidarov: [6.5, 9.8, 13.1, 16.5, 19.9],
    longstaff: [24.6, 38.6, 53.7, 70.1, 87.7],
}


@pytest.mark.parametrize("discount", HALF_A_YEAR)
def test_the_published_table(discount):
    assert np.round(100 * discount(VOLATILITY, 0.5), 1).tolist() == HALF_A_YEAR[discount]


def test_longstaff_passes_the_whole_share_and_is_refused():
    assert longstaff_where_defined(1.0, 0.999) != longstaff_where_defined(1.0, 0.999)
    with pytest.raises(InvalidInput, match=r"108\.1% of the price .* more than the whole share"):
        longstaff(1.0, 1.0)
    with pytest.raises(InvalidInput, match="says nothing beyond 100%"):
        longstaff(np.array([0.4, 1.5]), 1.0)


@given(variance=st.floats(1e-12, 90.0))
def test_their_order(variance):
    volatility = variance**0.5
    values = [float(form(volatility, 1.0)) for form in (finnerty, ghaidarov, chaffe)]
    bound = float(longstaff_where_defined(volatility, 1.0))
    assert values[0] >= 0.0
    assert values == sorted(values)
    if not np.isnan(bound):
        assert values[-1] <= bound <= 1.0
    else:
        assert variance > 0.5


def put(variance):
    """Put at the money: ``2 Phi(v / 2) - 1`` is ``erf(v / sqrt 8)``."""
    return math.erf(math.sqrt(variance / 8))


@given(variance=st.floats(1e-12, 60.0))
def test_every_digit_against_fifty(variance):
    """The formulas as printed, their logarithms in fifty digits."""
    with localcontext() as digits:
        digits.prec = 50
        x = Decimal(variance**0.5) ** 2
        moment = (2 * (x.exp() - x - 1)).ln()
        expected = {
            chaffe: put(x),
            finnerty: put(x + moment - 2 * (x.exp() - 1).ln()),
            ghaidarov: put(moment - 2 * x.ln()),
        }
    for form, value in expected.items():
        assert float(form(variance**0.5, 1.0)) == pytest.approx(value, rel=1e-9)


def test_they_depend_on_the_variance_over_the_lock_up_alone():
    for form in (chaffe, finnerty, ghaidarov, longstaff):
        np.testing.assert_allclose(form(0.8, 0.5), form(0.4, 2.0), rtol=1e-14)


def test_no_risk_no_discount():
    for form in (chaffe, finnerty, ghaidarov, longstaff):
        assert form(0.0, 0.5) == 0.0
        assert form(0.8, 0.0) == 0.0


def test_arrays_broadcast():
    table = chaffe(VOLATILITY[:, None], np.array([0.25, 0.5]))
    assert table.shape == (5, 2)
    assert table[2, 1] == chaffe(0.8, 0.5)


@pytest.mark.parametrize(("volatility", "years"), [(-0.1, 1), (0.5, -1), (np.nan, 1), (0.5, np.inf), (11, 1)])
def test_what_is_no_volatility_or_time_is_refused(volatility, years):
    for form in (chaffe, finnerty, ghaidarov, longstaff):
        with pytest.raises(InvalidInput):
            form(volatility, years)


def test_chaffe_is_a_put_on_simulated_prices():
    """A driftless log-normal price: mean of max(1 - P, 0); seed fixed, 4.9 standard errors is 1e-6."""
    normal = np.random.default_rng(6082).standard_normal(400_000)
    payoff = np.maximum(1.0 - np.exp(0.6 * normal - 0.18), 0.0)
    error = payoff.std(ddof=1) / payoff.size**0.5
    assert abs(payoff.mean() - chaffe(0.6, 1.0)) < 4.9 * error
