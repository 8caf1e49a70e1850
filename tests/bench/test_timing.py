"""Rounds are interleaved, medians and ratios are taken within one run."""

from __future__ import annotations

from sim.bench.timing import Timing, Turn, interleave


def test_every_contender_has_one_turn_a_round_in_order() -> None:
    calls: list[str] = []

    def turn(name: str) -> Turn:
        calls.append(name)
        return Turn(float(len(calls)), 0.0)

    timings = interleave({"a": lambda: turn("a"), "b": lambda: turn("b")}, rounds=3)
    assert calls == ["a", "b", "a", "b", "a", "b"]
    assert [turn.wall for turn in timings["a"].turns] == [1.0, 3.0, 5.0]
    assert [turn.wall for turn in timings["b"].turns] == [2.0, 4.0, 6.0]


def walls(*seconds: float) -> Timing:
    return Timing(tuple(Turn(wall, 10.0 * wall) for wall in seconds))


def test_median_fastest_and_processor_time() -> None:
    timing = walls(5.0, 1.0, 2.0)
    assert timing.median == 2.0
    assert timing.fastest == 1.0
    assert timing.processor == 20.0


def test_ratio_is_taken_within_a_round() -> None:
    # The machine is four times slower in the second half; the contender is always three times as slow.
    firstday = walls(1.0, 1.0, 4.0, 4.0)
    peer = walls(3.0, 3.0, 12.0, 12.0)
    assert peer.times(firstday) == 3.0
