"""A market file as text: the market in the order of its fields, the fit it comes from, and its groups as comments.

Numbers are rounded to four decimals, small ones to four significant figures, far inside their standard errors: the
same data give the same file on another machine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from sim.market.fit.blocks import Estimate
from sim.market.fit.groups import Contribution
from sim.market.parameters import Aftermarket, Market, Posterior

if TYPE_CHECKING:
    from sim.market.fit.bootstrap import Bootstrap

FLAT = ("centre", "spread", "volatility", "drift", "noise", "theme_weight", "pricing", "uncertainty")
"""Mappings written on one line."""


def number(value: float) -> str:
    """A number to four decimals, a small one to four significant figures."""
    if isinstance(value, bool | int):
        return str(value)
    rounded = round(value, 4) if abs(value) >= 0.1 else float(f"{value:.4g}")
    return repr(0.0 if rounded == 0 else rounded)


def _scalar(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float | int):
        return number(value)
    text = str(value)
    return f'"{text}"' if any(mark in text for mark in ":,;#{}[]()") else text


def _flat(mapping: Mapping[str, Any]) -> str:
    inner = ", ".join(f"{key}: {_scalar(value)}" for key, value in mapping.items())
    return "{" + inner + "}"


def _lines(mapping: Mapping[str, Any], indent: int) -> Iterator[str]:
    pad = "  " * indent
    for key, value in mapping.items():
        if isinstance(value, Mapping) and key in FLAT:
            yield f"{pad}{key}: {_flat(value)}"
        elif isinstance(value, Mapping):
            yield f"{pad}{key}:"
            yield from _lines(value, indent + 1)
        elif isinstance(value, Sequence) and not isinstance(value, str):
            yield f"{pad}{key}:" if value else f"{pad}{key}: []"
            yield from (f"{pad}  - {_flat(each)}" for each in value)
        else:
            yield f"{pad}{key}: {_scalar(value)}"


def _posterior(blocks: Sequence[Posterior]) -> Iterator[str]:
    """Write the blocks of a posterior, correlations to three decimals."""
    if blocks:
        yield "# Correlations of the parameters above, block by block; within_sd is described in docs/market.md."
        yield "posterior:"
    for block in blocks:
        yield f"  - parameters: [{', '.join(block.parameters)}]"
        if block.within_sd:
            yield f"    within_sd: {number(block.within_sd)}"
        yield "    correlations:"
        for row in block.correlations:
            shown = (repr(0.0 if round(each, 3) == 0.0 else round(each, 3)) for each in row)
            yield f"      - [{', '.join(shown)}]"


def _without_zeros(data: Any) -> Any:
    """Leave out features without effect, and entries that are at their default of zero."""
    if isinstance(data, dict):
        features = ("market_heat", "coverage_heat", "deal_size", "anchored", "theme_loading", "momentum")
        kept = {k: v for k, v in data.items() if not (k in features and v == 0.0)}
        if data.get("momentum") == 0.0:
            kept.pop("momentum_half_life_minutes", None)
        if "intercept" in kept and "slope" not in kept:
            kept = {"intercept": kept.pop("intercept"), **kept}
        return {key: _without_zeros(value) for key, value in kept.items()}
    return [_without_zeros(each) for each in data] if isinstance(data, list | tuple) else data


def _estimates(parameters: Sequence[Estimate], bootstrap: Bootstrap | None) -> Iterator[str]:
    if not parameters:
        return
    yield "# What was fitted: posterior mode, standard error (observed information), prior mean and deviation."
    yield "# Logarithms where the name says so. 'not seen': the posterior is all but as wide as the prior."
    scatter = {} if bootstrap is None else bootstrap.errors()
    if bootstrap is not None:
        yield f"# bootstrap_error: {bootstrap_words(bootstrap)}."
    yield "estimates:"
    for each in parameters:
        error = "null" if each.standard_error is None else f"{each.standard_error:.3f}"
        other = f", bootstrap_error: {scatter[each.name][0]:.3f}" if each.name in scatter else ""
        verdict = "  # not seen" if each.is_seen is False else ""
        yield (
            f"  - {{name: {each.name}, value: {each.value:.3f}, standard_error: {error}{other}, "
            f"prior_mean: {each.prior.mean:.2f}, prior_sd: {each.prior.sd:.2f}}}{verdict}"
        )


def bootstrap_words(bootstrap: Bootstrap) -> str:
    """Say in a line what a bootstrap did: fits, seed, and how many failed why."""
    failed = ", ".join(f"{count} failed: {fault}" for fault, count in bootstrap.faults.items())
    done = (
        f"{len(bootstrap.refits):,} of {bootstrap.wanted:,}" if bootstrap.partial else f"{bootstrap.wanted:,}"
    )
    return f"scatter of {done} fits on listings drawn again, seed {bootstrap.seed}; {failed or 'none failed'}"


def _comments(contributions: Sequence[Contribution]) -> Iterator[str]:
    if contributions:
        yield "# What a group of parameters adds to the log-likelihood (weighted by age; theme heat is not), refitted"
        yield "# without it. 'Against its prior': held at the prior's mean instead, for there is no model without it."
        yield "# What adds less than half a unit a parameter is defended in docs/calibration.md."
    for group in contributions:
        gain = 0.0 if abs(group.log_likelihood) < 0.05 else group.log_likelihood
        yield f"#   {group.group:46s} {gain:6.1f}   {group.parameters} parameter{'s' * (group.parameters > 1)}"


def market_yaml(
    market: Market,
    parameters: Sequence[Estimate],
    contributions: Sequence[Contribution],
    writer: str,
    bootstrap: Bootstrap | None = None,
) -> str:
    """Return the market file of a fit; `writer` is the command that writes it."""
    origin = market.origin
    title = {"hkex": "the Stock Exchange of Hong Kong", "star": "the STAR Market of Shanghai"}[market.venue]
    data = market.model_dump(mode="python")
    del data["estimates"], data["posterior"]
    # Nothing of it is fitted on the deals on file: a file names it only where it departs from the defaults.
    if market.aftermarket == Aftermarket():
        del data["aftermarket"]
    body = _lines(_without_zeros(data), 0)
    head = [
        f"# Market parameters of {title} as known on the morning of {origin.as_of}.",
        f"# Written by `{writer}`; the fields are described in docs/market.md.",
    ]
    fitted = [*_estimates(parameters, bootstrap), *_posterior(market.posterior), *_comments(contributions)]
    return "\n".join([*head, *body, *fitted]) + "\n"
