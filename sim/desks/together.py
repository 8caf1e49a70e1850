"""Every desk that a deal gives something to answer, each with its usual options."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache

from sim.desks.base import Answer, simulate_desk
from sim.desks.cornerstone import CornerstoneOptions, cornerstone_desk
from sim.desks.issuer import IssuerOptions, issuer_desk
from sim.desks.stabiliser import StabiliserOptions, stabiliser_desk
from sim.desks.subscriber import subscriber_desk
from sim.desks.subscriber_options import SubscriberOptions, refuse_without_ballot
from sim.errors import InvalidInput, invalid
from sim.kept_paths import KeptPaths
from sim.market.parameters import Market
from sim.scenario import Scenario, with_changes


def ask_desks(
    scenario: Scenario, market: Market, threads: int | None = None
) -> tuple[tuple[Answer, ...], tuple[str, ...]]:
    """Ask the desks that apply to a deal.

    The subscriber's is asked when there is a public tranche, the stabiliser's when shares are over-allotted, the
    cornerstone's when there are cornerstones, and the issuer's always. The answers are those of ``firstday desk``.

    Parameters
    ----------
    scenario
        The deal; the paths of its ``simulation`` are simulated anew, once more to the end of the lock-up.
    market
        Its market.
    threads
        Threads to use, all available ones by default; the answers do not depend on it.

    Returns
    -------
    answers
        In the order in which a deal meets its desks.
    notes
        One line for each desk that refuses the deal, and why.
    """
    return answered(questions(scenario, market, threads))


def answered(
    asked: Iterable[tuple[str, Callable[[], Answer]]],
) -> tuple[tuple[Answer, ...], tuple[str, ...]]:
    """Put questions to desks: the answers, and one line for each desk that refuses."""
    answers, notes = [], []
    for name, ask in asked:
        try:
            answers.append(ask())
        except InvalidInput as refusal:
            first = refusal.faults[0]
            notes.append(f"the {name}'s desk is left out: {first.problem}; {first.remedy}")
    return tuple(answers), tuple(notes)


def questions(
    scenario: Scenario, market: Market, threads: int | None
) -> Iterator[tuple[str, Callable[[], Answer]]]:
    """Yield the name of each desk that applies to a deal and the call that asks it; see :func:`ask_desks`."""

    @cache
    def played() -> KeptPaths:
        return simulate_desk(scenario, market=market, threads=threads)

    def listing() -> KeptPaths:
        if not played().listed.any():
            raise invalid(
                scenario.name, "simulation.paths", "the deal is withdrawn on every path", "look at its demand"
            )
        return played()

    def subscriber() -> Answer:
        refuse_without_ballot(scenario)
        return subscriber_desk(played(), SubscriberOptions())

    def cornerstone() -> Answer:
        listing()
        longer = with_changes(scenario, {"horizon": "lock_up"})
        return cornerstone_desk(simulate_desk(longer, market=market, threads=threads), CornerstoneOptions())

    if scenario.public_shares(0.0) > 0:
        yield "subscriber", subscriber
    if scenario.over_allotted_shares() > 0:
        yield "stabiliser", lambda: stabiliser_desk(listing(), StabiliserOptions(threads=threads))
    yield "issuer", lambda: issuer_desk(listing(), IssuerOptions())
    if scenario.cornerstones is not None:
        yield "cornerstone", cornerstone
