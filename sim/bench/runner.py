"""One timing of all contenders, and the document it yields."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack

from sim.bench.contender import Contender, PeerNotInstalled
from sim.bench.crew import Crew, available_cores, can_pin
from sim.bench.timing import Timing, interleave
from sim.errors import Fault, InvalidInput

MAIN = "ns_per_path_step"
ONE_THREAD_SECTIONS = frozenset({"one_thread", "parts"})
PATHS, STEPS, ROUNDS = 102_400, 332, 7
TURN_SECONDS = 0.2

Document = dict[str, object]
Key = tuple[str, str]
Section = dict[str, Timing | None]


def _tell(line: str) -> None:
    print(line, file=sys.stderr)


def _check(paths: int, steps: int, threads: int, rounds: int, cores: int) -> None:
    wanted = (
        ("threads", threads, 1 <= threads <= cores, f"expected 1 to {cores}, the cores available here"),
        ("paths", paths, paths >= max(threads, 1), "expected at least one path a thread"),
        ("steps", steps, steps >= 2 and steps % 2 == 0, "expected an even number of at least 2"),
        ("rounds", rounds, rounds >= 1, "expected at least 1"),
    )
    faults = [
        Fault("bench", name, f"{value} cannot be used", remedy)
        for name, value, good, remedy in wanted
        if not good
    ]
    if faults:
        raise InvalidInput(faults)


def _nanoseconds(
    rows: Section, path_steps: int, seconds: Callable[[Timing], float]
) -> dict[str, float | None]:
    return {
        name: None if timing is None else seconds(timing) / path_steps * 1e9 for name, timing in rows.items()
    }


def run_bench(
    paths: int = PATHS,
    steps: int = STEPS,
    threads: int | None = None,
    rounds: int = ROUNDS,
    *,
    roster: Mapping[str, Sequence[Contender]] | None = None,
    turn_seconds: float = TURN_SECONDS,
    tell: Callable[[str], None] = _tell,
) -> Document:
    """Time every contender in interleaved rounds, each in processes and on cores of its own.

    Parameters
    ----------
    paths, steps
        Listing days of one piece of work, and minutes of each; every contender does as many.
    threads
        Cores each contender uses; all that are available by default.
    rounds
        Turns of each contender; the median is reported.
    roster
        Contenders by section, of :func:`sim.bench.registry.roster` by default. The sections ``one_thread``
        and ``parts`` run on one core whatever `threads`.
    turn_seconds
        Shortest turn in seconds; quick work is repeated to fill it.
    tell
        Receives a line for each contender that is not installed; prints to standard error by default.

    Returns
    -------
    dict
        JSON document: ``paths``, ``steps``, ``threads``, ``rounds``, ``pinned`` (whether processes were bound
        to cores); one mapping a section from name to median wall nanoseconds per path-step (``None`` when not
        installed); and of the main section ``processor_ns_per_path_step`` (processor time summed over cores,
        which a busy machine disturbs least), ``fastest`` (shortest rounds) and ``times_firstday`` (multiples
        of firstday, the median of ratios within a round; all ``None`` without firstday).

    Raises
    ------
    InvalidInput
        When a number cannot be used, with all faults.
    """
    cores = available_cores()
    threads = len(cores) if threads is None else threads
    _check(paths, steps, threads, rounds, len(cores))
    if roster is None:
        from sim.bench.registry import roster as default_roster

        roster = default_roster()

    keys: list[Key] = []
    missing: set[str] = set()
    with ExitStack() as stack:
        crews: dict[Key, Crew] = {}
        for section, contenders in roster.items():
            own_cores = cores[: 1 if section in ONE_THREAD_SECTIONS else threads]
            for contender in contenders:
                key = (section, contender.name)
                keys.append(key)
                try:
                    crews[key] = stack.enter_context(Crew(contender, paths, steps, own_cores))
                except PeerNotInstalled as absent:
                    if contender.name not in missing:
                        tell(f"{contender.name}: {absent} is not installed; {contender.install}")
                    missing.add(contender.name)
                    continue
                crews[key].warm_up(turn_seconds)
        timings = interleave({key: crew.turn for key, crew in crews.items()}, rounds)

    measured: dict[str, Section] = {
        section: {name: timings.get((own, name)) for own, name in keys if own == section}
        for section in roster
    }
    main: Section = {"firstday": None, **measured.pop(MAIN, {})}
    firstday = main["firstday"]
    return (
        {
            "paths": paths,
            "steps": steps,
            "threads": threads,
            "rounds": rounds,
            "pinned": can_pin(),
            MAIN: _nanoseconds(main, paths * steps, lambda timing: timing.median),
        }
        | {
            section: _nanoseconds(rows, paths * steps, lambda timing: timing.median)
            for section, rows in measured.items()
        }
        | {
            "processor_ns_per_path_step": _nanoseconds(main, paths * steps, lambda timing: timing.processor),
            "fastest": _nanoseconds(main, paths * steps, lambda timing: timing.fastest),
            "times_firstday": {
                name: None if timing is None or firstday is None else timing.times(firstday)
                for name, timing in main.items()
            },
        }
    )
