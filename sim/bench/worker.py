"""One process of a contender: pins itself, prepares, and works when it is told to.

It reads one JSON document a line from standard input, the task first and then orders, and answers each with
one line on what was its standard output; whatever a library prints goes to standard error instead. It imports
no library before it is pinned, because thread pools take their size from the cores they find.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import IO, Any

from sim.bench.contender import Load, PeerNotInstalled


def _pin(cores: list[int]) -> None:
    if cores:
        os.sched_setaffinity(0, cores)


def _function(address: str) -> Any:
    module, name = address.split(":")
    return getattr(import_module(module), name)


def _save(record: str, load: Load, file: Path) -> None:
    import numpy as np

    np.savez(file, **_function(record)(load))


def serve(orders: IO[str], answers: IO[str]) -> None:
    """Answer a task and its orders until the input ends.

    Parameters
    ----------
    orders
        First line: ``{"prepare": address, "record": address | null, "load": {...}, "cores": [...]}``; then
        ``{"repeats": n}`` to work n times, or ``{"save": path}`` to write the record as ``.npz``.
    answers
        ``{"missing": name}`` or ``{"ready": true}`` for the task, ``{"processor_seconds": x}`` for an order.
    """

    def answer(document: dict[str, object]) -> None:
        answers.write(json.dumps(document) + "\n")
        answers.flush()

    task = json.loads(orders.readline())
    _pin(task["cores"])
    load = Load(**task["load"])
    try:
        work = _function(task["prepare"])(load)
    except PeerNotInstalled as absent:
        answer({"missing": str(absent)})
        return
    answer({"ready": True})
    for line in orders:
        order = json.loads(line)
        start = time.process_time()
        if "save" in order:
            _save(task["record"], load, Path(order["save"]))
        else:
            for _ in range(order["repeats"]):
                work()
        answer({"processor_seconds": time.process_time() - start})


def main() -> None:
    """Serve on the standard streams; an interrupt is the parent's to handle."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answers:
        os.dup2(2, 1)
        serve(sys.stdin, answers)


if __name__ == "__main__":
    main()
