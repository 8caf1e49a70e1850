"""The document of a timing: its keys, its numbers, what is missing, and what it refuses."""

from __future__ import annotations

import json
import subprocess
import sys

import bench_fakes
import pytest
from rich.console import Console

from sim.bench import run_bench
from sim.bench.crew import available_cores
from sim.bench.registry import roster
from sim.bench.report import bench_table
from sim.errors import InvalidInput

FAKES = {
    "ns_per_path_step": (bench_fakes.SLEEPER, bench_fakes.SLOW_SLEEPER, bench_fakes.ABSENT),
    "one_thread": (bench_fakes.SLEEPER, bench_fakes.ABSENT),
}


def test_document_holds_nanoseconds_ratios_and_nulls() -> None:
    told: list[str] = []
    document = run_bench(10, 4, 1, 3, roster=FAKES, turn_seconds=0.0, tell=told.append)
    assert json.loads(json.dumps(document)) == document
    assert (document["paths"], document["steps"], document["threads"], document["rounds"]) == (10, 4, 1, 3)
    times = document["ns_per_path_step"]
    assert isinstance(times, dict)
    assert list(times) == ["firstday", "slow", "absent"]
    assert times["absent"] is None
    # A sleep is never shorter than asked for: 0.02 s over 40 path-steps are 500,000 ns.
    assert times["firstday"] >= bench_fakes.NAP / 40 * 1e9
    assert times["slow"] >= 2 * bench_fakes.NAP / 40 * 1e9
    ratios = document["times_firstday"]
    assert isinstance(ratios, dict)
    assert ratios["firstday"] == 1.0
    assert ratios["slow"] > 1.0
    assert ratios["absent"] is None
    processor = document["processor_ns_per_path_step"]
    assert isinstance(processor, dict)
    assert 0.0 < processor["firstday"] < times["firstday"]
    one_thread = document["one_thread"]
    assert isinstance(one_thread, dict)
    assert one_thread["firstday"] is not None
    assert told == ["absent: notalibrary is not installed; pip install notalibrary"]


def test_firstday_is_null_until_it_is_plugged_in() -> None:
    document = run_bench(
        10, 4, 1, 1, roster={"ns_per_path_step": (bench_fakes.SLOW_SLEEPER,)}, turn_seconds=0.0
    )
    times, ratios = document["ns_per_path_step"], document["times_firstday"]
    assert isinstance(times, dict)
    assert isinstance(ratios, dict)
    assert list(times) == ["firstday", "slow"]
    assert times["firstday"] is None
    assert ratios == {"firstday": None, "slow": None}


def test_all_faults_are_named_at_once() -> None:
    with pytest.raises(InvalidInput) as caught:
        run_bench(paths=0, steps=3, threads=len(available_cores()) + 1, rounds=0)
    assert [fault.field for fault in caught.value.faults] == ["threads", "paths", "steps", "rounds"]


def test_the_roster_holds_the_promised_rows_once() -> None:
    sections = roster()
    names = [contender.name for contender in sections["ns_per_path_step"]]
    assert {"numpy", "numba_scalar", "mkl_normals", "jax_cpu", "quantlib_paths"} <= set(names)
    for contenders in sections.values():
        assert len({contender.name for contender in contenders}) == len(contenders)
    optional = {"mkl_normals", "jax_cpu", "quantlib_paths", "mkl_normals_ars5", "jax_cpu_rbg"}
    for contender in (*sections["ns_per_path_step"], *sections["variants"]):
        expected = 'pip install "firstday[bench]"' if contender.name in optional else None
        assert contender.install == expected


def test_table_shows_times_ratios_and_what_was_not_timed() -> None:
    document = run_bench(10, 4, 1, 1, roster=FAKES, turn_seconds=0.0, tell=lambda _: None)
    console = Console(width=140, record=True, file=None, force_terminal=False)
    with console.capture() as capture:
        console.print(bench_table(document))
    lines = capture.get().splitlines()
    assert any("firstday" in line and "1.0" in line for line in lines)
    assert any("absent" in line and "not timed" in line for line in lines)
    assert any("one core" in line for line in lines)


def test_importing_the_package_loads_no_heavy_library() -> None:
    heavy = {"numpy", "numba", "jax", "QuantLib", "rich"}
    program = f"import sys, sim.bench; print(sorted({heavy} & set(sys.modules)))"
    finished = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert finished.stdout.strip() == "[]"
