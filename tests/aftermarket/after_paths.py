"""Paths of made-up deals beyond the first day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from small_deals import small_deal, small_market

from sim.engine import Plan, batches, prepare
from sim.kernels.parameters import QUANTITIES

COLD: dict[str, object] = {"observed.public_coverage": 12.0, "observed.placing_coverage": 1.5}
"""A deal that needs its support."""


def plan_of(
    deal: Mapping[str, object] | None = None, market: Mapping[str, object] | None = None, **after: object
) -> Plan:
    """Prepare the made-up deal to its lock-up, with fields of the aftermarket set by name."""
    plan = prepare(small_deal({"horizon": "lock_up", **(deal or {})}), small_market(market))
    if not after:
        return plan
    return replace(plan, parameters=plan.parameters._replace(aftermarket=plan.aftermarket._replace(**after)))


def paths_of(plan: Plan, count: int, first: int = 0, threads: int = 1) -> dict[str, NDArray[np.float64]]:
    """Simulate paths and return their quantities by name."""
    parts = [batch.values.copy() for batch in batches(plan, count, 65_536, first, threads)]
    return dict(zip(QUANTITIES, np.concatenate(parts, axis=1), strict=True))
