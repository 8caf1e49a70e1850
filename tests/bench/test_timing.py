"""Rounds are interleaved, medians and ratios are taken within one run."""

from __future__ import annotations

from sim.bench.timing import Timing, interleave


def test_every_contender_has_one_turn_a_round_in_order() -> None:
    calls: list[str] = []

    def turn(name: str) -> float:
        calls.append(name)
        return float(len(calls))

    timings = interleave({"a": lambda: turn("a"), "b": lambda: turn("b")}, rounds=3)
    assert calls == ["a", "b", "a", "b", "a", "b"]
    assert timings["a"].seconds == (1.0, 3.0, 5.0)
    assert timings["b"].seconds == (2.0, 4.0, 6.0)


def test_median_and_fastest() -> None:
    timing = Timing((5.0, 1.0, 2.0))
    assert timing.median == 2.0
    assert timing.fastest == 1.0


def test_ratio_is_taken_within_a_round() -> None:
    # The machine is four times slower in the second half; the contender is always three times as slow.
    firstday = Timing((1.0, 1.0, 4.0, 4.0))
    peer = Timing((3.0, 3.0, 12.0, 12.0))
    assert peer.times(firstday) == 3.0
