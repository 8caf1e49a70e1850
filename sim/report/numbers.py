"""Numbers as text, with only the digits that the Monte Carlo error supports.

A number is cut where its standard error is between half a unit and five units of the last digit shown, so
that the error itself prints as one digit between 1 and 5 of that place: 0.4532 with a standard error of
0.0021 is ``+45.3%``, 0.0791 with 0.00085 is ``7.9% +- 0.1%``.
"""

from __future__ import annotations

import math

PLAIN_MINUS = "-"
PRINTED_MINUS = "\N{MINUS SIGN}"
MISSING = "n/a"

# Of a number beside its error: many paths, or a method of variance reduction, support more than one.
_MOST_DECIMALS = 3
# A last digit that the error moves by five or more says nothing about the number.
_UNITS_OF_ERROR_ALLOWED = 5.0


def supported_decimals(standard_error: float | None, most: int, least: int = -12) -> int:
    """Count the decimals of a number that its standard error supports.

    Parameters
    ----------
    standard_error
        Monte Carlo standard error, in the unit of the number; ``None``, NaN or zero when the number carries
        no error, which supports any digit.
    most, least
        Bounds of the answer; negative counts are tens, hundreds and so on.

    Returns
    -------
    int
        The largest count of decimals ``d <= most`` with ``standard_error < 5 * 10**-d``.
    """
    if standard_error is None or not math.isfinite(standard_error) or standard_error <= 0.0:
        return most
    decimals = math.ceil(math.log10(_UNITS_OF_ERROR_ALLOWED / standard_error)) - 1
    return max(least, min(most, decimals))


def _cut(value: float, standard_error: float | None, most: int) -> int:
    """Decimals to show: those supported, but never so few that a number of size one and more becomes zero."""
    decimals = supported_decimals(standard_error, most)
    if decimals >= 0:
        return decimals
    return max(decimals, -math.floor(math.log10(max(abs(value), 1.0))))


def rounded(value: float, decimals: int, *, signed: bool = False, minus: str = PLAIN_MINUS) -> str:
    """Write a number with thousands separators at a count of decimals that may be negative.

    Zero after rounding carries no sign; NaN is ``n/a``.

    Parameters
    ----------
    value
        The number.
    decimals
        Digits after the point; -1 rounds to tens.
    signed
        Put a plus in front of positive numbers.
    minus
        Sign of negative numbers: ``PLAIN_MINUS`` for a terminal, ``PRINTED_MINUS`` for a picture.
    """
    if not math.isfinite(value):
        return MISSING
    size = abs(round(value, decimals))
    text = f"{size:,.{max(decimals, 0)}f}"
    if float(size) == 0.0:
        return text
    if value < 0.0:
        return minus + text
    return ("+" if signed else "") + text


def percent(
    value: float | None,
    standard_error: float | None = None,
    *,
    most: int = 1,
    signed: bool = False,
    minus: str = PLAIN_MINUS,
) -> str:
    """Write a fraction in percent, cut to the digits supported: 0.4532 with error 0.0021 is ``45.3%``.

    An exact zero, a price that is the offer price, is ``0%`` whatever the error of its neighbours.

    Parameters
    ----------
    value, standard_error
        Fractions (0.01 is one percent); ``None`` or NaN is ``n/a``.
    most
        The most decimals wanted, whatever the error supports.
    signed, minus
        As in :func:`rounded`.
    """
    if value is None or not math.isfinite(value):
        return MISSING
    if value == 0.0:
        return "0%"
    error = None if standard_error is None else 100.0 * standard_error
    return rounded(100.0 * value, _cut(100.0 * value, error, most), signed=signed, minus=minus) + "%"


def headline_percent(value: float | None, standard_error: float | None, *, minus: str = PLAIN_MINUS) -> str:
    """Write a return for a headline: signed, at most whole percents from ten percent on, else one decimal."""
    if value is None or not math.isfinite(value):
        return MISSING
    most = 0 if abs(value) >= 0.0995 else 1
    return percent(value, standard_error, most=most, signed=True, minus=minus)


def probability(value: float | None, standard_error: float | None = None) -> str:
    """Write a probability in percent; small ones keep as many decimals (three at most) as they support.

    A probability that is neither zero nor one never prints as ``0%`` or ``100%`` of round numbers: it keeps
    the decimals that its error supports. Exact zeros and ones print without decimals.
    """
    if value is None or not math.isfinite(value):
        return MISSING
    if value in (0.0, 1.0):
        return f"{100.0 * value:.0f}%"
    most = 1 if 0.01 <= value <= 0.99 else 3
    return percent(value, standard_error, most=most)


def error_percent(value: float | None, standard_error: float | None, *, most: int = 1) -> str:
    """Write the standard error of a percentage at the place where the percentage itself is cut."""
    if value is None or standard_error is None or not math.isfinite(standard_error):
        return MISSING
    decimals = supported_decimals(100.0 * standard_error, most)
    if round(100.0 * standard_error, decimals) == 0.0 < standard_error:
        return "<" + rounded(10.0**-decimals, decimals) + "%"
    return rounded(100.0 * standard_error, decimals) + "%"


def percent_error(standard_error: float) -> str:
    """Write a standard error of shares or returns that stands alone, with one digit: ``0.2%``."""
    return error_percent(standard_error, standard_error, most=6)


def counted_error(standard_error: float) -> str:
    """Write a standard error of shares or of money that stands alone, with one digit: ``50,000``."""
    return counted(standard_error, standard_error)


def probability_with_error(value: float | None, standard_error: float | None, sign: str = "+-") -> str:
    """Write a probability and its standard error, ``7.9% +- 0.1%``; without error where it has none."""
    if value is None or not standard_error or not math.isfinite(standard_error):
        return probability(value, standard_error)
    sure = value in (0.0, 1.0)
    # Importance sampling supports many digits of a small probability.
    text = probability(value) if sure else percent(value, standard_error, most=6)
    return f"{text} {sign} {error_percent(value, standard_error, most=6)}"


def return_with_error(value: float | None, standard_error: float | None, sign: str = "+-") -> str:
    """Write a return and its standard error, ``+53.2% +- 0.3%``; one without error with a decimal."""
    if not standard_error or not math.isfinite(standard_error):
        return percent(value, signed=True)
    text = percent(value, standard_error, most=_MOST_DECIMALS, signed=True)
    return (
        text
        if text == MISSING
        else f"{text} {sign} {error_percent(value, standard_error, most=_MOST_DECIMALS)}"
    )


def money(value: float | None, standard_error: float | None = None, *, sign: str = "", most: int = 2) -> str:
    """Write an amount of money, ``HK$28.4`` when the second decimal is not supported.

    Parameters
    ----------
    value, standard_error
        In currency; ``None`` or NaN is ``n/a``.
    sign
        Currency sign put in front, ``HK$``.
    most
        The most decimals wanted.
    """
    if value is None or not math.isfinite(value):
        return MISSING
    return sign + rounded(value, _cut(value, standard_error, most))


def money_error(standard_error: float, *, most: int = 2) -> str:
    """Write the standard error of an amount at the place where the amount itself is cut."""
    decimals = supported_decimals(standard_error, most)
    if round(standard_error, decimals) == 0.0:
        return "<" + rounded(10.0**-decimals, decimals)
    return rounded(standard_error, decimals)


def money_with_error(value: float, standard_error: float, sign: str = "+-") -> str:
    """Write an amount and its standard error, ``27.53 +- 0.03``."""
    if not standard_error or not math.isfinite(standard_error):
        return money(value)
    text = money(value, standard_error, most=_MOST_DECIMALS)
    error = money_error(standard_error, most=_MOST_DECIMALS)
    return text if text == MISSING else f"{text} {sign} {error}"


def exact_price(value: float, sign: str = "") -> str:
    """Write a price that carries no error: two decimals, or three where the tick needs them."""
    decimals = 2 if math.isclose(value, round(value, 2), abs_tol=1e-9) else 3
    return sign + rounded(value, decimals)


def counted(value: float, standard_error: float | None = None) -> str:
    """Write a number of shares or an amount of money in short: ``42.7m``, ``1.85bn``, ``820,000``.

    Parameters
    ----------
    value, standard_error
        In shares or in currency; the error cuts the digits further where it has to.
    """
    if not math.isfinite(value):
        return MISSING
    error = 0.0 if standard_error is None else standard_error
    # The bounds are where rounding would carry a number into the next name: 999.96m reads 1.00bn.
    if abs(value) >= 999.95e6:
        return rounded(value / 1e9, _cut(value / 1e9, error / 1e9, 2)) + "bn"
    if abs(value) >= 999_500.0:
        return rounded(value / 1e6, _cut(value / 1e6, error / 1e6, 1)) + "m"
    return rounded(value, _cut(value, error, 0))


def times(value: float) -> str:
    """Write a coverage multiple with at most four digits: ``2,348x``, ``25.95x``, ``1.2x``."""
    if not math.isfinite(value):
        return MISSING
    whole_digits = len(str(int(abs(value))))
    text = rounded(value, max(0, min(2, 4 - whole_digits)))
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text + "x"


def log_points(value: float | None, standard_error: float | None = None, *, most: int = 2) -> str:
    """Write a log return with sign and two decimals unless more are wanted, ``+0.21``."""
    if value is None or not math.isfinite(value):
        return MISSING
    return rounded(value, max(0, supported_decimals(standard_error, most)), signed=True)


def log_points_with_error(value: float, standard_error: float, sign: str = "+-") -> str:
    """Write a log return and its standard error, ``+0.293 +- 0.001``."""
    if not standard_error or not math.isfinite(standard_error):
        return log_points(value)
    decimals = max(0, supported_decimals(standard_error, _MOST_DECIMALS))
    error = rounded(standard_error, decimals)
    told = error if float(error) else f"<{rounded(10.0**-decimals, decimals)}"
    return f"{log_points(value, standard_error, most=_MOST_DECIMALS)} {sign} {told}"
