"""Numbers and names as the report writes them: a true minus, and the standard error behind a plus-minus sign."""

from __future__ import annotations

import math
import re
from datetime import date

from sim.report import numbers
from sim.report.numbers import PRINTED_MINUS

ERROR = " ± "
_MINUS = re.compile(r"(?<= )-(?=\d|HK\$|RMB)")
"""A hyphen in front of an amount; those of an option such as ``--desks`` stay."""
_ROUNDING = 1e-12
"""A mean over paths of what is the same on each of them has an error of about this size."""


def printed(text: str) -> str:
    """Text made for a terminal, with the signs of print."""
    told = text.replace("+-", "±").replace(" - ", f" {PRINTED_MINUS} ").replace(" x ", " × ")
    return _MINUS.sub(PRINTED_MINUS, told)


def noted(text: str) -> str:
    """A note made for a terminal, as a line of its own."""
    return capital(printed(text))


def capital(text: str) -> str:
    """Text as the first of a line: its first letter is a capital."""
    return text[:1].upper() + text[1:]


def cell(text: str) -> str:
    """A cell of a table made for a terminal: a figure in front of which a hyphen is a minus."""
    told = printed(text)
    return PRINTED_MINUS + told[1:] if told[:1] == "-" and told[1:2].isdigit() else told


def short_return(value: float, error: float) -> str:
    """A return for a label, without its error; from a doubling on a decimal would only be clutter."""
    most = 1 if abs(value) < 0.0995 else 0
    return numbers.percent(value, error, most=most, signed=True, minus=PRINTED_MINUS)


def return_told(value: float, error: float, most: int = 1) -> str:
    """A return with its standard error: ``+53.2% ± 0.3%``, to at most ``most`` decimals."""
    told = numbers.percent(value, error, most=most, signed=True, minus=PRINTED_MINUS)
    # A quantile in the middle of the atom is the offer price itself.
    if value == 0.0 or _sure(told, error):
        return told
    return told + ERROR + numbers.error_percent(value, error, most=most)


def chance_told(value: float, error: float) -> str:
    """A probability with its standard error: ``7.9% ± 0.1%``."""
    return numbers.probability_with_error(value, error, "±")


def money_told(value: float, error: float, sign: str = "") -> str:
    """An amount with its standard error: ``HK$28.41 ± 0.03``."""
    told = numbers.money(value, error, sign=sign).replace(f"{sign}-", f"{PRINTED_MINUS}{sign}")
    return told if _sure(told, error) else f"{told}{ERROR}{numbers.money_error(error)}"


def count_told(value: float, error: float) -> str:
    """A number of shares or an amount in short, with its standard error: ``7.2m ± 0.1m``."""
    told = numbers.counted(value, error).replace("-", PRINTED_MINUS)
    if _sure(told, error):
        return told
    for size, name in ((1e9, "bn"), (1e6, "m")):
        if told.endswith(name):
            decimals = max(numbers.supported_decimals(error / size, 2), 0)
            amount = numbers.rounded(value / size, decimals, minus=PRINTED_MINUS)
            return f"{amount}{name}{ERROR}{numbers.money_error(error / size)}{name}"
    return f"{told}{ERROR}{numbers.money_error(error, most=0)}"


def logs_told(value: float, error: float, most: int = 5) -> str:
    """A log return with its standard error: ``+0.284 ± 0.001``, to at most ``most`` decimals."""
    if not math.isfinite(value):
        return numbers.MISSING
    decimals = max(numbers.supported_decimals(error, most), 0) if error > _ROUNDING else 3
    told = numbers.rounded(value, decimals, signed=True, minus=PRINTED_MINUS)
    if _sure(told, error):
        return told
    size = numbers.rounded(error, decimals)
    return f"{told}{ERROR}{size}" if float(size) else f"{told}{ERROR}<{10.0**-decimals:g}"


def _sure(told: str, error: float) -> bool:
    """Whether a number has no error to show: it is known up to rounding, or there is none."""
    return told == numbers.MISSING or not math.isfinite(error) or error < _ROUNDING


def day_told(day: date) -> str:
    """A date, ``2 January 2026``."""
    return f"{day.day} {day:%B %Y}"


def paths_told(count: int) -> str:
    """A number of paths, ``100,000 paths``."""
    return f"{count:,} path{'' if count == 1 else 's'}"
