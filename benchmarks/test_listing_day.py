"""pytest-benchmark wrappers of the contenders of ``firstday bench``: ``pytest benchmarks``.

Every contender runs in processes and on cores of its own, exactly as under ``firstday bench``; here a
contender finishes all its rounds before the next begins, so compare with ``firstday bench`` and follow one
contender over time with this.
"""

from __future__ import annotations

from typing import Any

import pytest

from sim.bench import Contender, PeerNotInstalled
from sim.bench.crew import Crew, available_cores
from sim.bench.registry import roster
from sim.bench.runner import MAIN, ONE_THREAD_SECTIONS, PATHS, STEPS, TURN_SECONDS

ROUNDS = 5
GROUPS = {
    MAIN: "listing day, all cores",
    "one_thread": "listing day, one core",
    "variants": "other ways of a peer, all cores",
    "parts": "parts of firstday, one core",
}
ROWS = [
    pytest.param(section, contender, id=f"{section}-{contender.name}")
    for section, contenders in roster().items()
    for contender in contenders
]


@pytest.mark.parametrize(("section", "contender"), ROWS)
def test_path_steps(section: str, contender: Contender, benchmark: Any) -> None:
    """Time 102,400 listing days of 332 minutes, repeated to fill a turn."""
    benchmark.group = GROUPS[section]
    cores = available_cores()
    own_cores = cores[:1] if section in ONE_THREAD_SECTIONS else cores
    try:
        crew = Crew(contender, PATHS, STEPS, own_cores)
    except PeerNotInstalled as absent:
        pytest.skip(f"{absent} is not installed; {contender.install}")
    with crew:
        crew.warm_up(TURN_SECONDS)
        iterations, crew.repeats = crew.repeats, 1
        benchmark.pedantic(crew.run, rounds=ROUNDS, iterations=iterations, warmup_rounds=1)
        benchmark.extra_info["cores"] = len(own_cores)
        benchmark.extra_info["path_steps"] = PATHS * STEPS
        # Absent under --benchmark-disable, which runs the work once to see that it works.
        if benchmark.stats is not None:
            benchmark.extra_info["ns_per_path_step"] = benchmark.stats.stats.median / (PATHS * STEPS) * 1e9
