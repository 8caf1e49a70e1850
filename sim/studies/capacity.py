"""What a sweep of many paths takes: a table computed from what this machine was measured to do.

``python -m sim.studies.capacity [SCENARIO]`` simulates a scenario for a few seconds on one core, as a task of a sweep
does, and prints how long larger ones would take and what they would leave on disk. Seconds are of processor time, so
that what else runs on the machine does not count.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sim.engine import BLOCK_PATHS, prepare
from sim.scenario import Scenario, load_scenario
from sim.studies.sweep.encoding import encoded_part
from sim.studies.sweep.tasks import CHUNK_BLOCKS, MOST_CHUNKS, chunk_of
from sim.tally import Part

DEFAULT_SCENARIO = Path("configs/biren_06082.yaml")
PATHS = (10**6, 10**8, 10**9, 10**10, 10**11, 10**12)
CORES = (1, 2, 16, 128, 1024)
_SECONDS = 5.0
_HOUR, _DAY, _YEAR = 3600.0, 86_400.0, 365.25 * 86_400.0


@dataclass(frozen=True, slots=True)
class Measured:
    """What one core did.

    Parameters
    ----------
    paths_a_second
        Simulated and tallied on one core.
    bytes_a_block
        Written for each block of paths: its moments.
    bytes_a_chunk
        Written for each chunk besides: counts, histograms and headers.
    """

    paths_a_second: float
    bytes_a_block: float
    bytes_a_chunk: float

    def seconds(self, paths: int, cores: int) -> float:
        """Seconds that paths take on cores, none of them waiting."""
        return paths / (self.paths_a_second * cores)

    def bytes_of(self, paths: int) -> float:
        """Bytes of the parts of one scenario of so many paths."""
        blocks = -(-paths // BLOCK_PATHS)
        chunks = min(-(-blocks // CHUNK_BLOCKS), MOST_CHUNKS)
        return blocks * self.bytes_a_block + chunks * self.bytes_a_chunk


def measure(scenario: Scenario, folder: Path, seconds: float = _SECONDS) -> Measured:
    """Simulate chunks on this thread for some seconds and count what they leave."""
    plan = prepare(scenario, None, folder)

    def chunk(number: int, blocks: int) -> Part:
        count = blocks * BLOCK_PATHS
        return chunk_of(plan, number * count, count)

    one = len(encoded_part(chunk(0, 1)))
    whole = len(encoded_part(chunk(0, CHUNK_BLOCKS)))
    a_block = chunk(0, 1).moments.nbytes
    done, started = 0, time.process_time()
    while (took := time.process_time() - started) < seconds:
        chunk(done, CHUNK_BLOCKS)
        done += 1
    return Measured(
        paths_a_second=done * CHUNK_BLOCKS * BLOCK_PATHS / took,
        bytes_a_block=a_block,
        bytes_a_chunk=max(whole - CHUNK_BLOCKS * a_block, one - a_block),
    )


def table(measured: Measured) -> str:
    """Return the table, in Markdown."""
    heads = ["paths", "parts on disk", *(f"{cores:,} core{'s' * (cores > 1)}" for cores in CORES)]
    lines = [_row(heads), _row(["---:"] * len(heads))]
    for paths in PATHS:
        times = [_duration(measured.seconds(paths, cores)) for cores in CORES]
        lines.append(_row([f"{paths:,}", _size(measured.bytes_of(paths)), *times]))
    return "\n".join(lines)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _duration(seconds: float) -> str:
    for unit, name in ((_YEAR, "years"), (_DAY, "days"), (_HOUR, "h"), (60.0, "min")):
        if seconds >= 2.0 * unit:
            return f"{seconds / unit:,.3g} {name}"
    return f"{seconds:,.3g} s"


def _size(count: float) -> str:
    for unit, name in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB")):
        if count >= unit:
            return f"{count / unit:.3g} {name}"
    return f"{count / 1e3:.3g} kB"


def main() -> None:
    """Measure and print."""
    file = Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_SCENARIO
    measured = measure(load_scenario(file), file.parent)
    sys.stdout.write(
        f"{file}: {measured.paths_a_second:,.0f} paths a second on one core, "
        f"{measured.bytes_a_block / BLOCK_PATHS:.3f} bytes a path\n\n{table(measured)}\n"
    )


if __name__ == "__main__":
    main()
