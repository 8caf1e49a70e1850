"""What each group of parameters adds: the block refitted without it.

Every parameter that is estimated is in a group. One that can be left out is held at the value at which it has no
effect; a level or a scale, without which there is no model, is held at the mean of its prior.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sim.market.fit.blocks import Block, BlockFit
from sim.market.fit.coverage import PLACING_PRIORS, PUBLIC_PRIORS, Regression
from sim.market.fit.day import DAY
from sim.market.fit.grey import GREY
from sim.market.fit.pressure import PRESSURE
from sim.market.fit.theme import THEME

Groups = Mapping[str, Mapping[str, float]]
"""Groups by name, each with the values its parameters are held at."""

NEARLY_NORMAL = 5.0
"""Log of degrees of freedom at which a Student t is a normal for all that data can tell."""
NEARLY_NONE = -6.0
"""Log of a standard deviation that is none for all that data can tell."""
NEARLY_FOR_EVER = 9.0
"""Log of a half-life in days, of some twenty years: peers do not age."""


@dataclass(frozen=True, slots=True)
class Contribution:
    """What a group of parameters adds: the fit without it, refitted.

    Parameters
    ----------
    group
        What the parameters say, in words.
    parameters
        How many there are.
    log_likelihood
        Gain of the weighted log-likelihood; less than about half a unit a parameter is not earned.
    """

    group: str
    parameters: int
    log_likelihood: float


def at_prior(block: Block, *names: str) -> Mapping[str, float]:
    """Hold parameters at the means of their priors."""
    return {name: block.priors[name].mean for name in names}


PRESSURE_GROUPS: Groups = {
    "level of demand (kappa), against one": {"log_kappa": 0.0},
    "elasticity of demand, against one": {"log_elasticity": 0.0},
    "public coverage in demand and spread": {
        "public_deflation": 0.0,
        "log_saturation": 4.5,
        "spread_public_coverage": 0.0,
    },
    "saturation point of public coverage": {"log_saturation": 0.0},
    "elasticity of A+H listings": {"log_anchored_ratio": 0.0},
    "level of the spread, against its prior": at_prior(PRESSURE, "spread"),
    "features in the spread": {"spread_public_coverage": 0.0, "spread_anchored": 0.0, "spread_size": 0.0},
    "fat tails of the valuation": {"log_degrees": NEARLY_NORMAL},
}
GREY_GROUPS: Groups = {
    "grey market is biased": {"bias": 0.0},
    "grey market under-reacts": {"slope": 1.0},
    "level of the grey noise, against its prior": at_prior(GREY, "log_noise"),
    "noise of the grey market by size": {"noise_size": 0.0},
    "fat tails of the grey market": {"log_noise_degrees": NEARLY_NORMAL},
}
VOLATILITY_GROUPS: Groups = {
    "level of the volatility, against its prior": at_prior(DAY, "volatility"),
    "a volatility of its own for each day": {"log_volatility_sd": NEARLY_NONE},
    "range of the day, against its prior": at_prior(DAY, "range_level", "log_range_sd"),
}
DAY_GROUPS: Groups = {
    "drift of the day": {"drift": 0.0, "drift_size": 0.0},
    "volatility by size": {"volatility_size": 0.0},
    "volatility by market heat": {"volatility_heat": 0.0},
    **VOLATILITY_GROUPS,
}
THEME_GROUPS: Groups = {
    "theme heat": {"log_theme_sd": NEARLY_NONE, **at_prior(THEME, "log_age_half_life")},
    "peers count less with age": {"log_age_half_life": NEARLY_FOR_EVER},
    "noise of a single peer, against its prior": at_prior(THEME, "log_idiosyncratic_sd"),
}
_COVERAGE_GROUPS: Groups = {
    "by the two heats": {"market_heat": 0.0, "coverage_heat": 0.0},
    "by size": {"deal_size": 0.0},
    "of A+H listings": {"anchored": 0.0},
}
PUBLIC_GROUPS: Groups = {
    "level of public coverage, against its prior": {"intercept": PUBLIC_PRIORS["intercept"].mean},
    **{f"public coverage {name}": held for name, held in _COVERAGE_GROUPS.items()},
}
PLACING_GROUPS: Groups = {
    "level of placing coverage, against its prior": {"intercept": PLACING_PRIORS["intercept"].mean},
    **{f"placing coverage {name}": held for name, held in _COVERAGE_GROUPS.items()},
    "placing coverage by surprise in the public one": {"public_surprise": 0.0},
}


def contributions(fits: Iterable[tuple[BlockFit, Groups]]) -> tuple[Contribution, ...]:
    """Refit each block without each of its groups."""
    out = []
    for fit, groups in fits:
        start = dict(zip(fit.block.names, (float(value) for value in fit.array), strict=True))
        for group, constants in groups.items():
            without = BlockFit.of(fit.block.with_constants(constants), fit.log_likelihood, start, False)
            out.append(Contribution(group, len(constants), fit.attained - without.attained))
    return tuple(out)


def regression_contributions(fits: Iterable[tuple[Regression, Groups]]) -> tuple[Contribution, ...]:
    """Refit each regression of a coverage without each of its groups."""
    return tuple(
        Contribution(group, len(held), fit.log_likelihood - fit.without(held).log_likelihood)
        for fit, groups in fits
        for group, held in groups.items()
    )
