"""The events of a run by the words that people read, without those that its terms make impossible."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sim.report.run import impossible_events, probability_of
from sim.result import Result

_LABELS: Mapping[str, str] = {
    "withdrawn": "deal withdrawn",
    "open_below_offer": "opens below the offer",
    "open_at_offer": "opens at the offer",
    "close_below_offer": "closes below the offer",
    "close_at_offer": "closes at the offer",
    "stabilised": "manager buys shares",
    "support_exhausted": "manager's short used up",
}


def chances(result: Result) -> Iterator[tuple[str, float, float]]:
    """Yield each event that can happen, its probability and standard error (NaN without a listed path)."""
    impossible = impossible_events(result)
    for event, label in _LABELS.items():
        if event not in impossible:
            yield label, *probability_of(result.summary, event)
