"""Numbers as text: only the digits that the error supports, and never a wrong one."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.report import numbers

errors = st.floats(1e-9, 1e6)
values = st.floats(-1e9, 1e9)


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (0.4532, 0.0021, "+45.3%"),
        (0.4532, 0.009, "+45%"),
        (0.4532, 0.06, "+50%"),
        (0.4532, 0.5, "+50%"),
        (-0.0049, 0.0001, "-0.5%"),
        (-0.0002, 0.0001, "0.0%"),
        (0.0, 0.3, "0%"),
        (5.1234, 0.012, "+512%"),
        (12.345, None, "+1,234.5%"),
        (None, 0.1, "n/a"),
        (math.nan, 0.1, "n/a"),
    ],
)
def test_returns_are_cut_where_the_error_begins(value: float | None, error: float | None, text: str) -> None:
    assert numbers.percent(value, error, signed=True) == text


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (0.0791, 0.00085, "7.9% +- 0.1%"),
        (0.0791, 0.00027, "7.91% +- 0.03%"),
        (0.00012, 0.00003, "0.012% +- 0.003%"),
        (0.99996, 0.00002, "99.996% +- 0.002%"),
        (0.12, 0.03, "12% +- 3%"),
        (0.5, 1e-9, "50.000000% +- <0.000001%"),
        (0.0, 0.0, "0%"),
        (0.0, 0.000007, "0% +- 0.001%"),
        (1.0, 0.0, "100%"),
        (math.nan, math.nan, "n/a"),
    ],
)
def test_probabilities_carry_their_error_at_the_same_place(value: float, error: float, text: str) -> None:
    assert numbers.probability_with_error(value, error) == text


def test_headlines_keep_whole_percents_from_ten_percent_on() -> None:
    assert numbers.headline_percent(0.4532, 0.0021) == "+45%"
    assert numbers.headline_percent(0.0153, 0.0009) == "+1.5%"
    assert numbers.headline_percent(-0.3281, 0.0009, minus=numbers.PRINTED_MINUS) == "−33%"
    # Rounding must not bring back the decimal that the size does not deserve.
    assert numbers.headline_percent(0.0996, 0.0001) == "+10%"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (179_650_000, "179.7m"),
        (999_949_999, "999.9m"),
        (999_960_000, "1.00bn"),
        (5_582_993_360, "5.58bn"),
        (999_499, "999,499"),
        (999_500, "1.0m"),
        (0, "0"),
        (math.nan, "n/a"),
    ],
)
def test_counts_change_their_name_where_rounding_does(value: float, text: str) -> None:
    assert numbers.counted(value) == text


def test_counts_are_cut_by_their_error() -> None:
    assert numbers.counted(112_294, 1_300) == "112,000"
    assert numbers.counted(3_012_345, 700_000) == "3m"


@pytest.mark.parametrize(
    ("value", "text"),
    [(2347.53, "2,348x"), (25.95, "25.95x"), (1.2, "1.2x"), (1571.6, "1,572x"), (100.0, "100x")],
)
def test_coverage_has_four_digits_at_most(value: float, text: str) -> None:
    assert numbers.times(value) == text


def test_prices_keep_the_decimals_of_their_tick() -> None:
    assert numbers.exact_price(19.6, "HK$") == "HK$19.60"
    assert numbers.exact_price(0.385, "HK$") == "HK$0.385"
    assert numbers.money(28.4123, 0.06, sign="HK$") == "HK$28.4"
    assert numbers.money_error(0.06) == "0.1"
    assert numbers.money_error(0.0001) == "<0.01"


@given(errors, st.integers(0, 4))
def test_the_error_is_between_half_a_unit_and_five_of_the_last_digit(error: float, most: int) -> None:
    decimals = numbers.supported_decimals(error, most)
    unit = 10.0**-decimals
    assert error < 5.0 * unit * (1.0 + 1e-9)
    # One digit more would be moved by five units or more, unless no more digits are wanted.
    assert decimals == most or error >= 0.5 * unit * (1.0 - 1e-9)


@given(values, st.one_of(st.none(), errors), st.integers(0, 4))
def test_what_is_printed_is_the_number_within_its_error(value: float, error: float | None, most: int) -> None:
    text = numbers.money(value, error, most=most)
    shown = float(text.replace(",", ""))
    coarsest = 10.0**-most if error is None else max(10.0**-most, 2.0 * error)
    assert abs(shown - value) <= 0.5 * coarsest * (1.0 + 1e-6) + 1e-6 * abs(value)


@given(values, st.integers(-3, 4))
def test_zero_carries_no_sign_and_the_sign_is_right(value: float, decimals: int) -> None:
    text = numbers.rounded(value, decimals, signed=True)
    shown = float(text.replace(",", ""))
    if shown == 0.0:
        assert text[0] not in "+-"
    else:
        assert text[0] == ("+" if value > 0 else "-")


@given(st.floats(0.0, 1.0), st.integers(1, 10_000_000))
def test_a_chance_prints_as_sure_only_when_it_is(value: float, paths: int) -> None:
    count = round(value * paths)
    share = count / paths
    text = numbers.probability_with_error(share, math.sqrt(share * (1.0 - share) / paths))
    assert (text == "0%") == (count == 0)
    assert (text == "100%") == (count == paths)


@given(values)
def test_counted_numbers_never_read_a_thousand_of_a_smaller_name(value: float) -> None:
    text = numbers.counted(value)
    if text.endswith("m"):
        assert abs(float(text[:-1].replace(",", ""))) < 1000.0


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (0.4061, 0.0016, "+40.6% +- 0.2%"),
        (0.40436, 0.00002, "+40.436% +- 0.002%"),
        (0.40436, 0.0000001, "+40.436% +- <0.001%"),
        (0.40436, 0.0, "+40.4%"),
        (0.40436, math.nan, "+40.4%"),
        (math.nan, 0.1, "n/a"),
    ],
)
def test_a_mean_beside_its_error_has_the_digits_of_it(value: float, error: float, text: str) -> None:
    assert numbers.return_with_error(value, error) == text


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (27.526, 0.03, "27.53 +- 0.03"),
        (27.5264, 0.004, "27.526 +- 0.004"),
        (27.5264, 0.0001, "27.526 +- <0.001"),
        (27.5264, 0.0, "27.53"),
        (math.nan, 0.1, "n/a"),
    ],
)
def test_an_amount_beside_its_error_has_the_digits_of_it(value: float, error: float, text: str) -> None:
    assert numbers.money_with_error(value, error) == text


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (0.2929, 0.0012, "+0.293 +- 0.001"),
        (-0.2929, 0.02, "-0.29 +- 0.02"),
        (0.2929, 0.00001, "+0.293 +- <0.001"),
        (0.2929, 0.0, "+0.29"),
    ],
)
def test_a_log_return_beside_its_error_has_the_digits_of_it(value: float, error: float, text: str) -> None:
    assert numbers.log_points_with_error(value, error) == text
