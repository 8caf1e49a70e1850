"""Types of single values: a number is a number, never a truth value, a text or a day in disguise."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import BeforeValidator, Field, StrictBool, StringConstraints
from pydantic_core import PydanticCustomError

# Limits far beyond any deal: they catch slips of unit and keep products of fields within 64 bits.
MOST_SHARES = 10**12
MOST_MONEY = 1e15
MOST_PRICE = 1e6
MOST_NUMBER = 1e6
MOST_COVERAGE = 1e7
MOST_RETURN = 50.0
MOST_LOG_RETURN = 4.0
MOST_SEED = 2**63 - 1


def _whole(value: object) -> object:
    """Read 1e5, which YAML makes a float, as the whole number it is."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _day(value: object) -> object:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise PydanticCustomError("day", "not a day")


LogReturn = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=-MOST_LOG_RETURN, le=MOST_LOG_RETURN)]
PositiveNumber = Annotated[float, Field(strict=True, allow_inf_nan=False, gt=0, le=MOST_NUMBER)]
Price = Annotated[float, Field(strict=True, allow_inf_nan=False, gt=0, le=MOST_PRICE)]
PriceRange = tuple[Price, Price]
Money = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=0, le=MOST_MONEY)]
Proportion = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=0, le=1)]
Coverage = Annotated[float, Field(strict=True, allow_inf_nan=False, gt=0, le=MOST_COVERAGE)]
SimpleReturn = Annotated[float, Field(strict=True, allow_inf_nan=False, gt=-1, le=MOST_RETURN)]
WholeShares = Annotated[int, Field(strict=True, gt=0, le=MOST_SHARES), BeforeValidator(_whole)]
Whole = Annotated[int, Field(strict=True, ge=0, le=MOST_SHARES), BeforeValidator(_whole)]
Paths = Annotated[int, Field(strict=True, gt=0, le=MOST_SHARES), BeforeValidator(_whole)]
Seed = Annotated[int, Field(strict=True, ge=0, le=MOST_SEED), BeforeValidator(_whole)]
Months = Annotated[int, Field(strict=True, ge=0, le=240), BeforeValidator(_whole)]
Text = Annotated[str, StringConstraints(strict=True, strip_whitespace=True, min_length=1, max_length=300)]
Flag = StrictBool
Day = Annotated[date, BeforeValidator(_day)]
