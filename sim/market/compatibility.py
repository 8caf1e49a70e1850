"""Whether a market can serve a scenario; nothing here simulates, so that a check alone stays light."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sim.deals.deals import load_deals
from sim.errors import Fault, InvalidInput
from sim.market.parameters import Market, load_market
from sim.market.theme import peers_of, theme_heat
from sim.scenario.models import Peer
from sim.scenario.scenario import Scenario


def check_market(scenario: Scenario, market: Market, source: str) -> tuple[Peer, ...]:
    """Check that a market is of the scenario's venue and covers what the scenario knows.

    Parameters
    ----------
    scenario, market
        The deal and the market it would be simulated with.
    source
        What carries the faults: the scenario's file, or its name where no file is known.

    Returns
    -------
    tuple of Peer
        The scenario's peers, the automatic ones included.

    Raises
    ------
    InvalidInput
        When the market is of another venue, has no norm for a peer, or no grey-market fit where the grey market
        is known; with every such fault.
    """
    peers = peers_of(scenario, load_deals)
    faults = [*_faults_of_venue(scenario, market, source), *_faults_of_peers(scenario, market, peers, source)]
    if scenario.observed.grey_return is not None and market.grey is None:
        faults.append(
            Fault(
                source,
                "observed.grey_return",
                f"is given and the market {market.name} has no grey-market fit",
                "leave it out or use another market",
            )
        )
    if faults:
        raise InvalidInput(faults)
    return peers


def check_market_of(scenario: Scenario, file: Path) -> None:
    """Load the market of a scenario file and check that it serves; see :func:`check_market`.

    Raises
    ------
    InvalidInput
        As :func:`check_market`, and when the market cannot be read or is not as old as the deal. A fault inside
        a market file names that file, any other the scenario's.
    """
    try:
        market = load_market(scenario.market, file.parent, scenario.list_date)
    except InvalidInput as fault:
        raise InvalidInput(
            each if Path(each.source).is_file() else replace(each, source=str(file)) for each in fault.faults
        ) from fault
    check_market(scenario, market, str(file))


def _faults_of_venue(scenario: Scenario, market: Market, source: str) -> list[Fault]:
    if market.venue == scenario.venue:
        return []
    return [
        Fault(source, "market", f"{market.name} is of {market.venue}", f"use a market of {scenario.venue}")
    ]


def _faults_of_peers(scenario: Scenario, market: Market, peers: Sequence[Peer], source: str) -> list[Fault]:
    faults: list[Fault] = []
    for peer in peers:
        try:
            theme_heat((peer,), market.peers, scenario.list_date)
        except InvalidInput as fault:
            faults.extend(replace(each, source=source) for each in fault.faults)
    return faults
