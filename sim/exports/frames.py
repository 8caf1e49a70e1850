"""Paths and quantiles of a result as pandas data frames."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.errors import invalid
from sim.exports.quantiles import COLUMNS, quantile_rows
from sim.exports.quantities import unit_of
from sim.result import Result


def kept_of(result: Result) -> Mapping[str, NDArray[np.float64]]:
    """Return the kept paths of a result.

    Raises
    ------
    InvalidInput
        When they were not kept.
    """
    if result.kept is None:
        paths = result.scenario.simulation.paths
        raise invalid(
            "result",
            "kept",
            "holds no paths, only their summary",
            f"simulate with keep_paths={paths} or more (--keep-paths {paths})",
        )
    return result.kept


def paths_frame(result: Result) -> pd.DataFrame:
    """Return the kept paths, one row a path and one column a quantity; ``attrs["units"]`` holds the units."""
    frame = pd.DataFrame({name: values.copy() for name, values in kept_of(result).items()})
    frame.index.name = "path"
    frame.attrs["units"] = {name: unit_of(result, name) for name in frame.columns}
    return frame


def quantiles_frame(result: Result) -> pd.DataFrame:
    """Return one row a quantile: quantity, measure, unit, probability, value, standard error."""
    return pd.DataFrame(list(quantile_rows(result)), columns=list(COLUMNS[2:]))
