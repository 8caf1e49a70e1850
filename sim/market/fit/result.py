"""A fit: the market, its parameters with their standard errors, and what each group of parameters adds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from sim.market.fit.blocks import Estimate
from sim.market.fit.groups import Contribution
from sim.market.fit.yaml import market_yaml
from sim.market.parameters import Market

if TYPE_CHECKING:
    from sim.market.fit.bootstrap import Bootstrap


@dataclass(frozen=True)
class Fit:
    """A market fitted on past deals.

    Parameters
    ----------
    market
        Ready for :func:`sim.engine.prepare`.
    parameters
        Posterior modes by block, with standard errors where they were asked for.
    log_likelihood
        Of the data, weighted by age.
    deals, first_deal, last_deal
        How many deals, and the days of the first and last.
    contributions
        What each group of parameters adds; empty without standard errors.
    bootstrap
        Standard errors by the bootstrap, where they were asked for.
    """

    market: Market
    parameters: tuple[Estimate, ...]
    log_likelihood: float
    deals: int
    first_deal: date
    last_deal: date
    contributions: tuple[Contribution, ...] = ()
    bootstrap: Bootstrap | None = None

    def start(self) -> Mapping[str, float]:
        """Values to start another fit from."""
        return {each.name: each.value for each in self.parameters}

    @property
    def not_seen(self) -> tuple[str, ...]:
        """Parameters of which the data say next to nothing: their posterior is as wide as the prior."""
        return tuple(each.name for each in self.parameters if each.is_seen is False)

    def table(self) -> tuple[Contribution, ...]:
        """What each group of parameters adds, in log-likelihood, and how many parameters it has."""
        return self.contributions

    def to_yaml(self, writer: str = "sim.market.fit.market.fit_market") -> str:
        """Return the market file: the market, then the fit it comes from as comments.

        Parameters
        ----------
        writer
            Command or function that writes the file, named in its head.
        """
        return market_yaml(self.market, self.parameters, self.contributions, writer, self.bootstrap)

    def with_bootstrap(self, bootstrap: Bootstrap) -> Fit:
        """Return the fit with standard errors by the bootstrap, in the market too."""
        errors = bootstrap.errors()
        told = tuple(
            each.model_copy(update={"bootstrap_error": errors[each.name][0] if each.name in errors else None})
            for each in self.market.estimates
        )
        return replace(self, market=self.market.model_copy(update={"estimates": told}), bootstrap=bootstrap)
