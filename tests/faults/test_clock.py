"""A clock that jumps, by years and in every process, while a sweep and a run are under way."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from disturbed import Command, held_after

from sim.studies.cluster import DaskCrew

YEAR = 365.25 * 86_400.0

# Imported by every Python that starts with this folder on its path, workers and their helpers included.
JUMPING_CLOCK = """
import os, pathlib, time
_usual, _usual_ns = time.time, time.time_ns
_jumps = pathlib.Path(os.environ["FIRSTDAY_TEST_JUMP"])
_seen = pathlib.Path(os.environ["FIRSTDAY_TEST_SEEN"])

def _jump():
    try:
        text = _jumps.read_text()
    except FileNotFoundError:
        return 0.0
    (_seen / str(os.getpid())).touch()
    return float(text or 0.0)

time.time = lambda: _usual() + _jump()
time.time_ns = lambda: _usual_ns() + int(_jump() * 1e9)
"""


@pytest.fixture
def jumping(tmp_path) -> tuple[Path, Path, dict[str, str]]:
    """Where to write the seconds that the clock jumps by, who has seen it, and the environment that makes it jump."""
    library, seen = tmp_path / "library", tmp_path / "seen"
    library.mkdir()
    seen.mkdir()
    (library / "sitecustomize.py").write_text(JUMPING_CLOCK, encoding="utf-8")
    jump = tmp_path / "jump"
    path = os.pathsep.join([str(library), *filter(None, [os.environ.get("PYTHONPATH")])])
    return (
        jump,
        seen,
        {"PYTHONPATH": path, "FIRSTDAY_TEST_JUMP": str(jump), "FIRSTDAY_TEST_SEEN": str(seen)},
    )


def set_to(jump: Path, seconds: float) -> None:
    beside = jump.with_name("jump.beside")
    beside.write_text(str(seconds), encoding="utf-8")
    beside.replace(jump)


@pytest.mark.parametrize("years", [1.0, -1.0])
def test_a_sweep_has_the_same_bytes(sweep_file, undisturbed, tmp_path, jumping, years):
    jump, seen, environment = jumping
    out, marker, go = tmp_path / "out", tmp_path / "marker", tmp_path / "go"
    arguments = ("sweep", sweep_file, "--workers", 2, "--out", out)
    before = held_after(3, marker, go)
    with Command(*arguments, before=before, cwd=tmp_path, environment=environment) as command:
        command.until(marker.exists)
        workers = {str(each.pid) for each in command.workers()}
        set_to(jump, years * YEAR)
        # Scheduler and workers have all looked at the new time before the sweep goes on.
        command.until(lambda: {str(command.process.pid), *workers} <= {path.name for path in seen.iterdir()})
        go.touch()
        said = command.said()
    assert said.code == 0, said.err
    assert (out / "part-0.parquet").read_bytes() == undisturbed.dataset
    timings = json.loads((out / "_sweep" / "timings.json").read_text(encoding="utf-8"))
    assert all(0.0 <= seconds < 0.01 * YEAR for seconds in timings["seconds"].values())
    assert timings["paths_a_second"] > 0.0


@pytest.fixture
def client() -> Iterator[Any]:
    """A client, a scheduler and a worker of Dask, all in this process."""
    distributed = pytest.importorskip("distributed")
    settings = {
        "n_workers": 1,
        "threads_per_worker": 1,
        "processes": False,
        "dashboard_address": "127.0.0.1:0",
    }
    with distributed.LocalCluster(**settings) as cluster, distributed.Client(cluster) as client:
        yield client


def hold(streams: Iterable[Any]) -> None:
    """Put streams of messages in the state that a clock set back just after a message leaves them in."""
    for stream in streams:
        stream.next_deadline = time.time() + YEAR


def hold_scheduler(dask_scheduler: Any) -> None:
    hold([*dask_scheduler.stream_comms.values(), *dask_scheduler.client_comms.values()])


def hold_worker(dask_worker: Any) -> None:
    hold([dask_worker.batched_stream])


HOLD = {
    "client": lambda client: hold([client.scheduler_comm]),
    "scheduler": lambda client: client.run_on_scheduler(hold_scheduler),
    "worker": lambda client: client.run(hold_worker),
}


@pytest.mark.parametrize("held", HOLD)
def test_no_message_waits_for_the_time_of_day_before_the_clock_was_set_back(client, monkeypatch, held):
    HOLD[held](client)
    looks = iter([YEAR, YEAR])
    monkeypatch.setattr(
        "sim.studies.clock.time",
        SimpleNamespace(time=lambda: time.time() + next(looks, 0.0), monotonic=time.monotonic),
    )
    asked = iter(range(100))

    def stopped() -> bool:
        # A look every fifth of a second: a message that waits for a year fails the test, and does not hang it.
        assert next(asked, None) is not None, f"a message of the {held} is held back"
        return False

    answers = DaskCrew(client, None).answers(len, [b"one", b"three"], stopped)
    assert sorted(answer for _, answer in answers) == [3, 5]


STEPS = """
import itertools, time
import sim.simulation
# The clock goes back and forth by a year at each look.
usual, years = time.time, itertools.cycle([365 * 86_400.0, -365 * 86_400.0])
time.time = lambda: usual() + next(years)
"""


def test_a_run_has_the_same_bytes(deal, tmp_path):
    told = {}
    for name, before in (("usual", ""), ("jumping", STEPS)):
        with Command(
            "run", deal, "--paths", 20_000, "--json", "--out", tmp_path / name, before=before, cwd=tmp_path
        ) as command:
            told[name] = command.said()
        assert told[name].code == 0, told[name].err
    assert told["usual"].out == told["jumping"].out
    manifests = [json.loads((tmp_path / name / "manifest.json").read_text()) for name in told]
    assert all(0.0 < manifest.pop("wall_seconds") < 0.01 * YEAR for manifest in manifests)
    first, second = manifests
    assert first == second
