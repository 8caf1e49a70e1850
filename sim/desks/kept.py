"""Desks that can be asked on the paths that a run has kept, without simulating more."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from sim.desks.base import Answer, AskedDesks
from sim.desks.issuer import IssuerOptions, issuer_desk
from sim.desks.subscriber import subscriber_desk
from sim.desks.subscriber_options import SubscriberOptions
from sim.desks.together import answered
from sim.engine import prepare
from sim.kept_paths import KeptPaths
from sim.kernels.parameters import QUANTITIES
from sim.result import Result

MOST_PATHS = 10_000
"""Paths that are looked at: they tell a chance to half a percentage point, in a fraction of a second."""


def ask_kept(result: Result) -> AskedDesks:
    """Ask the subscriber's and the issuer's desk on the first paths of a run.

    There is no answer where no path was kept, none of them lists, or they carry weights, which desks do not know.
    """
    kept, count = result.kept, min(result.paths, MOST_PATHS)
    if kept is None or "weight" in kept or np.isnan(kept["close"][:count]).all():
        return AskedDesks()
    answers, left_out = answered(_questions(result, count))
    return AskedDesks(answers, count, left_out)


def _questions(result: Result, count: int) -> Iterator[tuple[str, Callable[[], Answer]]]:
    assert result.kept is not None
    values = np.full((len(QUANTITIES), count), np.nan)
    for name, row in result.kept.items():
        values[QUANTITIES.index(name)] = row[:count]
    played = KeptPaths(prepare(result.scenario, result.market), values, 0.0)
    if result.scenario.public_shares(0.0) > 0:
        yield "subscriber", lambda: subscriber_desk(played, SubscriberOptions())
    yield "issuer", lambda: issuer_desk(played, IssuerOptions())
