"""A summary as rows: one value for each metric and statistic of it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

Names = tuple[tuple[str, str], ...]
"""Metric and statistic of each value."""

_OWN = ("mean", "mean_se", "sd", "value", "se")
_LEVELS = {"quantiles": "q{}", "quantiles_se": "q{}_se"}
_ENDINGS = (("_mean_se", "mean_se"), ("_mean", "mean"), ("_se", "se"))
_ABOUT = ("seed", "paths")


def statistics_of(summary: Mapping[str, Any]) -> tuple[Names, list[float]]:
    """Return the numbers of a summary and their names, in its order; NaN where one is undefined.

    ``returns.close.quantiles.0.5`` becomes the metric ``returns.close`` and its statistic ``q0.5``,
    ``greenshoe.purchases_mean_se`` the metric ``greenshoe.purchases`` and its statistic ``mean_se``, and a number
    with no statistic in its name has the statistic ``value``. Seed and number of paths are columns, not rows.
    """
    names, values = [], []
    for metric, statistic, value in _leaves(summary, ()):
        names.append((metric, statistic))
        values.append(value)
    return tuple(names), values


def _leaves(part: Mapping[str, Any], above: tuple[str, ...]) -> Iterator[tuple[str, str, float]]:
    for key, value in part.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, (*above, str(key)))
        elif isinstance(value, bool) or not (above or key not in _ABOUT):
            continue
        elif value is None or isinstance(value, int | float):
            yield (*_name(above, str(key)), math.nan if value is None else float(value))


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
