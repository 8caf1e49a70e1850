"""A summary as rows: one value for each metric and statistic of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from itertools import zip_longest
from typing import Any

Names = tuple[tuple[str, str], ...]
"""Metric and statistic of each value."""

_OWN = ("mean", "mean_se", "sd", "value", "se")
_LEVELS = {"quantiles": "q{}", "quantiles_se": "q{}_se"}
_ENDINGS = (("_mean_se", "mean_se"), ("_mean", "mean"), ("_se", "se"))
_ABOUT = ("seed", "paths")
_BEGIN, _END = "{", "}"


def statistics_of(summary: Mapping[str, Any]) -> tuple[Names, list[float]]:
    """Return the numbers of a summary and their names, in its order; NaN where one is undefined.

    ``returns.close.quantiles.0.5`` becomes the metric ``returns.close`` and its statistic ``q0.5``,
    ``greenshoe.purchases_mean_se`` the metric ``greenshoe.purchases`` and its statistic ``mean_se``, and a number
    with no statistic in its name has the statistic ``value``. Seed and number of paths are columns, not rows.
    """
    keys: list[str] = []
    values: list[float] = []
    _gather(summary, keys, values)
    return _names(tuple(keys)), values


def _gather(part: Mapping[str, Any], keys: list[str], values: list[float]) -> None:
    """Gather the numbers, and the keys on the way to them with brackets where a mapping begins and ends."""
    for key, value in part.items():
        if isinstance(value, dict):
            keys += (key, _BEGIN)
            if set(map(type, value.values())) == {float}:
                keys += value
                values += value.values()
            else:
                _gather(value, keys, values)
            keys.append(_END)
        elif type(value) is float or type(value) is int:
            if key not in _ABOUT:
                keys.append(key)
                values.append(float(value))
        elif value is None:
            keys.append(key)
            values.append(math.nan)


@lru_cache(maxsize=256)
def _names(keys: tuple[str, ...]) -> Names:
    """Name the numbers: the summaries of a sweep have a few structures, and their names are worked out once."""
    above: list[str] = []
    names: list[tuple[str, str]] = []
    for key, following in zip_longest(keys, keys[1:]):
        if key == _END:
            above.pop()
        elif following == _BEGIN:
            above.append(key)
        elif key != _BEGIN:
            names.append(_name(tuple(above), key))
    return tuple(names)


def _name(above: tuple[str, ...], key: str) -> tuple[str, str]:
    if above and above[-1] in _LEVELS:
        return ".".join(above[:-1]), _LEVELS[above[-1]].format(key)
    if above and above[0].endswith("_se"):
        return ".".join((above[0].removesuffix("_se"), *above[1:], key)), "se"
    if key in _OWN:
        return ".".join(above), key
    for ending, statistic in _ENDINGS:
        if key.endswith(ending):
            return ".".join((*above, key.removesuffix(ending))), statistic
    return ".".join((*above, key)), "value"
