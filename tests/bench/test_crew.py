"""Processes of a contender: their share of the work, their cores, and how they end."""

from __future__ import annotations

from pathlib import Path

import bench_fakes
import pytest

from sim.bench import PeerNotInstalled
from sim.bench.crew import Crew, available_cores, can_pin, shares


def test_paths_are_split_over_processes_without_loss() -> None:
    split = shares(bench_fakes.FORKED, 11, 4, [3, 7, 9])
    assert [load.paths for load, _ in split] == [4, 4, 3]
    assert [cores for _, cores in split] == [[3], [7], [9]]
    assert len({load.seed for load, _ in split}) == 3
    assert all(load.threads == 1 for load, _ in split)


def test_a_threaded_contender_is_one_process_with_all_cores() -> None:
    ((load, cores),) = shares(bench_fakes.THREADED, 11, 4, [3, 7])
    assert (load.paths, load.threads, cores) == (11, 2, [3, 7])


@pytest.mark.parametrize("count", [1, 2])
def test_workers_have_exactly_their_cores(count: int, tmp_path: Path) -> None:
    cores = available_cores()[:count]
    for contender in (bench_fakes.THREADED, bench_fakes.FORKED):
        with Crew(contender, 10, 4, cores) as crew:
            facts = crew.record(tmp_path)
        members = len(cores) if contender.processes else 1
        assert facts["paths"].sum() == 10
        assert list(facts["threads"]) == [len(cores) // members] * members
        assert list(facts["numba_threads"]) == list(facts["threads"])
        assert list(facts["omp_threads"]) == list(facts["threads"])
        if can_pin():
            assert list(facts["cores"]) == cores


def test_a_turn_is_repeated_until_it_is_long_enough_and_reported_once() -> None:
    with Crew(bench_fakes.SLEEPER, 1, 2, available_cores()[:1]) as crew:
        crew.warm_up(turn_seconds=5 * bench_fakes.NAP)
        assert 2 <= crew.repeats <= 5
        turn = crew.turn()
    assert turn.wall >= bench_fakes.NAP
    # A nap takes no processor time.
    assert turn.processor < bench_fakes.NAP


def test_what_a_library_prints_does_not_disturb_the_answers(capfd: pytest.CaptureFixture[str]) -> None:
    with Crew(bench_fakes.CHATTY, 1, 2, available_cores()[:1]) as crew:
        crew.run()
        crew.run()
    captured = capfd.readouterr()
    assert captured.out == ""


def test_an_absent_library_is_told_apart_from_a_failure(capfd: pytest.CaptureFixture[str]) -> None:
    cores = available_cores()[:1]
    with pytest.raises(PeerNotInstalled, match="notalibrary"):
        Crew(bench_fakes.ABSENT, 1, 2, cores)
    with pytest.raises(RuntimeError, match="broken: a worker ended with exit code 1"):
        Crew(bench_fakes.BROKEN, 1, 2, cores)
    assert "ZeroDivisionError" in capfd.readouterr().err
