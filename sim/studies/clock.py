"""Keeps Dask's messages going when the clock of this machine is set back.

Between two messages to one receiver Dask waits until a time of day (``distributed.batched.BatchedSend``, whose
``next_deadline`` no option changes). Where the clock is set back within those milliseconds, the next message would
wait for as long as it was set back, and whoever waits for its answer with it.
"""

from __future__ import annotations

import time
from typing import Any

_UNNOTICED = 0.25
"""Seconds that a clock may be set back by without harm: a message is late by no more."""


class ClockWatch:
    """Tells whether the time of day was set back since it was last asked."""

    def __init__(self) -> None:
        self._lead = _lead()

    def was_set_back(self) -> bool:
        """Whether the time of day fell behind the clock that is never set."""
        before, self._lead = self._lead, _lead()
        return self._lead < before - _UNNOTICED


def _lead() -> float:
    return time.time() - time.monotonic()


def send_now(client: Any, own_cluster: bool) -> None:
    """Let every message go that waits for a time of day.

    Parameters
    ----------
    client
        A connected ``distributed.Client``.
    own_cluster
        Whether its scheduler and workers are of this machine too, and go by the same clock.
    """
    client.loop.add_callback(_send_now, client.scheduler_comm)
    if own_cluster:
        # These calls go by connections of their own, which wait for no time of day; a worker that died is let be.
        client.run_on_scheduler(_send_now_from_scheduler)
        client.run(_send_now_from_worker, on_error="ignore")


def _send_now(stream: Any) -> None:
    stream.next_deadline = None
    stream.waker.set()


def _send_now_from_scheduler(dask_scheduler: Any) -> None:
    for stream in (*dask_scheduler.stream_comms.values(), *dask_scheduler.client_comms.values()):
        _send_now(stream)


def _send_now_from_worker(dask_worker: Any) -> None:
    _send_now(dask_worker.batched_stream)
