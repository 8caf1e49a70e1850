"""What each group of parameters adds: the block refitted without it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sim.market.fit.blocks import BlockFit
from sim.market.fit.result import Contribution

NEARLY_NORMAL = 5.0
"""Log of degrees of freedom at which a Student t is a normal for all that data can tell."""

PRESSURE_GROUPS: Mapping[str, Mapping[str, float]] = {
    "public coverage in demand and spread": {
        "public_deflation": 0.0,
        "log_saturation": 4.5,
        "spread_public_coverage": 0.0,
    },
    "saturation point of public coverage": {"log_saturation": 0.0},
    "elasticity of A+H listings": {"log_anchored_ratio": 0.0},
    "features in the spread": {"spread_public_coverage": 0.0, "spread_anchored": 0.0, "spread_size": 0.0},
    "fat tails of the valuation": {"log_degrees": NEARLY_NORMAL},
}
GREY_GROUPS: Mapping[str, Mapping[str, float]] = {
    "grey market is biased": {"bias": 0.0},
    "grey market under-reacts": {"slope": 1.0},
    "noise of the grey market by size": {"noise_size": 0.0},
    "fat tails of the grey market": {"log_noise_degrees": NEARLY_NORMAL},
}
DAY_GROUPS: Mapping[str, Mapping[str, float]] = {
    "drift of the day": {"drift": 0.0, "drift_size": 0.0},
    "volatility by size": {"volatility_size": 0.0},
    "volatility by market heat": {"volatility_heat": 0.0},
    "a volatility of its own for each day": {"log_volatility_sd": -6.0},
}


def contributions(
    fits: Iterable[tuple[BlockFit, Mapping[str, Mapping[str, float]]]],
) -> tuple[Contribution, ...]:
    """Refit each block without each of its groups."""
    out = []
    for fit, groups in fits:
        start = dict(zip(fit.block.names, (float(value) for value in fit.array), strict=True))
        for group, constants in groups.items():
            without = BlockFit.of(fit.block.with_constants(constants), fit.log_likelihood, start, False)
            out.append(Contribution(group, len(constants), fit.attained - without.attained))
    return tuple(out)
