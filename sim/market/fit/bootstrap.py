"""Standard errors by the bootstrap: listings drawn with replacement, the fit done again on each draw.

As many listings are drawn as there are; one drawn twice counts twice (Efron 1979). A listing keeps its age, and
with it its weight, and what was known on its morning: market heat, coverage heat, its venue's norm and its peers.
Priors and constants stay. So the scatter is that of the weighted posterior mode over other listings of the same
market, and a parameter that the listings do not speak of stays at its prior and does not scatter.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.deals.deals import Deal, Deals
from sim.errors import invalid
from sim.market.fit import hkex, star
from sim.market.fit.data import FitData, fit_data, window_listings
from sim.market.fit.norms import norms
from sim.market.fit.theme import ThemeData, theme_data, theme_listings, theme_log_likelihood

if TYPE_CHECKING:
    from sim.studies.cluster import Crew

LEAST_REPLICATES = 2
SETTLED = 0.1
"""A search has settled where the slope is below this, in log-likelihood a prior standard deviation."""
TOGETHER = 4
"""Refits of a job: about a second."""

Progress = Callable[[int, int], None]
"""Told of the refits done and of the refits in all."""


@dataclass(frozen=True, slots=True)
class Draws:
    """What is drawn from, and what a refit needs besides.

    Parameters
    ----------
    venue
        ``hkex`` or ``star``.
    data, themes
        What the fit was on.
    sizes
        Listings of each venue: a draw has as many of each.
    data_listing, theme_listing
        Number of the listing behind each row of ``data`` and of ``themes``, counted over all venues.
    start
        The fit, from which the searches start.
    seed
        Of the draws; draw ``r`` follows from it and from ``r`` alone.
    """

    venue: str
    data: FitData
    themes: ThemeData
    sizes: tuple[int, ...]
    data_listing: NDArray[np.int64]
    theme_listing: NDArray[np.int64]
    start: Mapping[str, float]
    seed: int

    def counts(self, replicate: int) -> NDArray[np.int64]:
        """Return how often each listing is drawn."""
        generator = np.random.Generator(np.random.Philox(np.random.SeedSequence([self.seed, replicate])))
        return np.concatenate(
            [np.bincount(generator.integers(0, size, size), minlength=size) for size in self.sizes]
        )


@dataclass(frozen=True, slots=True)
class Refits:
    """Some replicates, with what they are drawn from."""

    draws: Draws
    replicates: range


@dataclass(frozen=True, slots=True)
class Refit:
    """A fit on drawn listings: its parameters by name, or why there are none."""

    replicate: int
    values: Mapping[str, float]
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """Standard errors by the bootstrap.

    Parameters
    ----------
    wanted, seed
        Fits asked for, and the seed of their draws.
    refits
        The fits that were done, in the order of their numbers; fewer than wanted after an interruption.
    """

    wanted: int
    seed: int
    refits: tuple[Refit, ...]

    @property
    def partial(self) -> bool:
        """Whether it was interrupted."""
        return len(self.refits) < self.wanted

    @property
    def faults(self) -> Mapping[str, int]:
        """How many fits failed, by reason."""
        return Counter(sorted(refit.fault for refit in self.refits if refit.fault is not None))

    @property
    def fitted(self) -> int:
        """Fits that did not fail."""
        return len(self.refits) - sum(self.faults.values())

    def errors(self) -> dict[str, tuple[float, float]]:
        """Return the standard error of each parameter, and how uncertain it is with so few fits.

        The latter is the standard error of a standard deviation: that of a variance,
        ``sqrt((m4 - s^4 (n - 3) / (n - 1)) / n)`` (Cramer 1946), over ``2 sd``. Empty where fewer than two fits did
        not fail.
        """
        told = [refit.values for refit in self.refits if refit.fault is None]
        if len(told) < LEAST_REPLICATES:
            return {}
        return {name: _scatter(np.array([values[name] for values in told])) for name in told[0]}


def _scatter(values: NDArray[np.float64]) -> tuple[float, float]:
    sd = float(values.std(ddof=1))
    if sd == 0.0:
        return 0.0, 0.0
    count = len(values)
    fourth = float(((values - values.mean()) ** 4).mean())
    # With the n - 3 over n - 1 left out, two fits would have no error at all.
    spread = fourth - sd**4 * (count - 3) / (count - 1)
    return sd, math.sqrt(max(spread, 0.0) / count) / (2.0 * sd)


def draws_of(
    deals: Deals, abroad: Deals, as_of: date, venue: str, start: Mapping[str, float], seed: int
) -> Draws:
    """Lay out what is drawn from; the arguments are those of :func:`sim.market.fit.market.fit_market`."""
    at_home = deals if venue == "hkex" else abroad
    home_norms = norms(at_home, "hkex", as_of)
    themed = [_key(deal) for deal in theme_listings(at_home, home_norms, as_of)]
    window = [_key(deal) for deal in window_listings(deals, as_of)]
    # In Hong Kong both are listings of one venue, most of them the same.
    groups = [{*window, *themed}] if venue == "hkex" else [set(window), set(themed)]
    sizes = tuple(len(group) for group in groups)
    number = {key: place for place, key in enumerate(key for group in groups for key in sorted(group))}
    return Draws(
        venue,
        fit_data(deals, as_of),
        theme_data(at_home, home_norms, as_of),
        sizes,
        np.array([number[key] for key in window], dtype=np.int64),
        np.array([number[key] for key in themed], dtype=np.int64),
        dict(start),
        seed,
    )


def _key(deal: Deal) -> tuple[date, str]:
    return deal.list_date, deal.code


def refitted(job: Refits) -> tuple[Refit, ...]:
    """Fit the replicates of a job; runs in a worker."""
    return tuple(_refit(job.draws, replicate) for replicate in job.replicates)


def _refit(draws: Draws, replicate: int) -> Refit:
    counts = draws.counts(replicate).astype(np.float64)
    own = counts[draws.data_listing]
    drawn = replace(draws.data, weight=draws.data.weight * own).where(own > 0.0)
    theme = theme_log_likelihood(draws.themes, counts[draws.theme_listing])
    fit_parameters = hkex.fit_parameters if draws.venue == "hkex" else star.fit_parameters
    try:
        fitted = fit_parameters(drawn, theme, draws.start, False)
    except np.linalg.LinAlgError as fault:
        return Refit(replicate, {}, f"no solution: {fault}")
    values = {each.name: each.value for each in fitted.estimates(False)}
    if not all(math.isfinite(value) for value in values.values()):
        return Refit(replicate, {}, "a parameter is not finite")
    # A slope that is NaN has not settled either.
    if not all(block.slope < SETTLED for block in fitted.searched):
        return Refit(replicate, {}, "the search did not settle")
    return Refit(replicate, values)


def require_replicates(replicates: int) -> None:
    """Check that so many fits have a scatter.

    Raises
    ------
    InvalidInput
        When there are fewer than two.
    """
    if replicates < LEAST_REPLICATES:
        fits = "fit has" if replicates == 1 else "fits have"
        raise invalid("--bootstrap", "", f"{replicates} {fits} no scatter", "2 or more, as 200")


def bootstrap(
    draws: Draws, replicates: int, crew: Crew, stopped: Callable[[], bool], progress: Progress | None = None
) -> Bootstrap:
    """Fit the market again on ``replicates`` draws of its listings.

    No bit of the answer depends on the crew.

    Raises
    ------
    InvalidInput
        When fewer than two replicates are asked for, or the crew was lost.
    """
    require_replicates(replicates)
    numbers = range(replicates)
    jobs = (Refits(draws, numbers[start : start + TOGETHER]) for start in range(0, replicates, TOGETHER))
    done: list[Refit] = []
    for _, answer in crew.answers(refitted, jobs, stopped):
        done += answer
        if progress is not None:
            progress(len(done), replicates)
    return Bootstrap(replicates, draws.seed, tuple(sorted(done, key=lambda refit: refit.replicate)))
