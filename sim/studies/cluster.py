"""Who does the work of a study: this process, worker processes of this machine, or a Dask scheduler elsewhere.

A crew hands out jobs and yields what comes of them in any order; who asked puts it in order. Work is a function
that can be imported where it runs, its answer depends on its job alone, and a job is done again where its worker
dies. So no bit depends on the crew.

Local workers listen on the loopback interface only. A scheduler elsewhere runs what it is sent, and its answers are
unpickled here: use one that you trust (docs/cluster.md).
"""

from __future__ import annotations

import asyncio
import gc
import logging
import multiprocessing
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol, TypeVar

from sim.errors import InvalidInput, invalid
from sim.studies.clock import ClockWatch, send_now
from sim.whole import folder_beside

Job = TypeVar("Job")
Answer = TypeVar("Answer")

_JOBS_A_WORKER = 3
"""Jobs handed out a worker: one that runs, and others so that none waits for the next."""
_WAIT_SECONDS = 0.25
_FIRST_WORKER_SECONDS = 30
_NO_WORKER_SECONDS = 120
"""How long to wait for a worker once all are gone: those that died are started again in seconds."""
_MOST_DEATHS = 5
"""Workers that a job may take with it before the job is given up."""
_CLOSE_SECONDS = 10
MOST_WORKERS = 1024
"""Processes of one machine: a slip of the finger is not to take it down."""


class Crew(Protocol):
    """Does jobs; ``size`` is how many at a time, as far as that is known."""

    @property
    def size(self) -> int:
        """Jobs done at the same time."""

    def answers(
        self, work: Callable[[Job], Answer], jobs: Iterable[Job], stopped: Callable[[], bool]
    ) -> Iterator[tuple[Job, Answer]]:
        """Do the jobs and yield each with its answer, in any order.

        Once ``stopped`` says so no further job is begun, and those under way are waited for.
        """


class ThisProcess:
    """One job after the other, here."""

    size = 1

    def answers(
        self, work: Callable[[Job], Answer], jobs: Iterable[Job], stopped: Callable[[], bool]
    ) -> Iterator[tuple[Job, Answer]]:
        """Do the jobs in their order."""
        for job in jobs:
            if stopped():
                return
            yield job, work(job)


class DaskCrew:
    """The workers of a Dask scheduler.

    Parameters
    ----------
    client
        A connected ``distributed.Client``.
    address
        Of the scheduler, for faults; ``None`` where the workers are this machine's own.
    """

    def __init__(self, client: Any, address: str | None) -> None:
        self._client, self._address = client, address
        self._given_out = 0

    @property
    def size(self) -> int:
        """Threads of all workers."""
        return max(self._threads(), 1)

    def _threads(self) -> int:
        return sum(int(threads) for threads in self._client.nthreads().values())

    def answers(
        self, work: Callable[[Job], Answer], jobs: Iterable[Job], stopped: Callable[[], bool]
    ) -> Iterator[tuple[Job, Answer]]:
        """Keep a few jobs a worker under way and yield what is done."""
        waiting = iter(jobs)
        under_way: dict[Any, Job] = {}
        worker_seen, clock = time.monotonic(), ClockWatch()
        try:
            while True:
                with self._connected():
                    if clock.was_set_back():
                        send_now(self._client, own_cluster=self._address is None)
                    threads = self._threads()
                    if threads:
                        worker_seen = time.monotonic()
                    elif time.monotonic() - worker_seen > _NO_WORKER_SECONDS:
                        raise self._deserted()
                    wanted = 0 if stopped() else _JOBS_A_WORKER * max(threads, 1) - len(under_way)
                    for _, job in zip(range(wanted), waiting, strict=False):
                        under_way[self._submitted(work, job)] = job
                if not under_way:
                    return
                for future in self._done(list(under_way)):
                    yield under_way.pop(future), self._answer(future)
        finally:
            self._forget(list(under_way))

    @contextmanager
    def _connected(self) -> Iterator[None]:
        """Tell of a lost scheduler in one line; faults of jobs are raised outside, they may be of the same kind."""
        self._refuse_lost()
        try:
            yield
        except (distributed().CancelledError, OSError) as lost:
            raise self._lost() from lost

    def _done(self, futures: list[Any]) -> list[Any]:
        """Wait a moment for the first of some futures and return those that are done."""
        with self._connected():
            try:
                with self._client.as_current():
                    waited = distributed().wait(futures, _WAIT_SECONDS, "FIRST_COMPLETED")
            except TimeoutError:
                return []
            self._refuse_lost()
        return list(waited.done)

    def _submitted(self, work: Callable[[Job], Answer], job: Job) -> Any:
        self._given_out += 1
        name = f"firstday-{self._client.id}-{self._given_out}"
        sealed = import_module("distributed.protocol.pickle").dumps(job)
        return self._client.submit(_worked, work, sealed, key=name, pure=False)

    def _answer(self, future: Any) -> Any:
        with self._connected():
            fault = future.exception() if future.status == "error" else None
            if fault is None:
                return future.result()
        if isinstance(fault, distributed().KilledWorker):
            raise invalid(
                "--workers",
                "",
                f"{_MOST_DEATHS} workers died of one job",
                "give each more memory, then go on with --resume",
            ) from fault
        raise fault

    def _refuse_lost(self) -> None:
        if self._client.status != "running":
            raise self._lost()

    def _lost(self) -> InvalidInput:
        where = "the local scheduler" if self._address is None else f"the scheduler {self._address}"
        return invalid("--scheduler", "", f"{where} was lost", "start it again and go on with --resume")

    def _deserted(self) -> InvalidInput:
        option = "--workers" if self._address is None else "--scheduler"
        where = "the local scheduler" if self._address is None else f"the scheduler {self._address}"
        problem = f"{where} has had no worker for {_NO_WORKER_SECONDS} seconds"
        return invalid(option, "", problem, "start one and go on with --resume")

    def _forget(self, futures: list[Any]) -> None:
        if futures and self._client.status == "running":
            self._client.cancel(futures, force=True)


def _worked(work: Callable[[Job], Answer], sealed: bytes) -> Answer:
    """Do a job that comes as bytes: the scheduler, which would open and close any other object, passes them on."""
    _leave_what_is_loaded()
    return work(import_module("distributed.protocol.pickle").loads(sealed))


@cache
def _leave_what_is_loaded() -> None:
    """Keep the garbage collector from looking through all modules again and again, a tenth of a second each time."""
    gc.collect()
    gc.freeze()


def distributed() -> Any:
    """Return the module ``distributed``, untyped as it is.

    Raises
    ------
    InvalidInput
        When it is not installed.
    """
    try:
        return import_module("distributed")
    except ImportError as missing:
        raise invalid(
            "--workers",
            "",
            "needs dask.distributed, which is not installed",
            "pip install 'firstday[cluster]', or --workers 1 to stay in one process",
        ) from missing


def begin_workers(modules: Iterable[str]) -> None:
    """Start, in the background, the process that local workers are forked from, with modules imported already.

    Importing takes a second, which passes while this process reads and checks its input; a worker that is forked
    need not import again. Ctrl-C is ignored there: a terminal sends it to every process, and this one decides.
    """
    from multiprocessing import forkserver

    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["distributed", *modules])
    try:
        with _ctrl_c_ignored():
            forkserver.ensure_running()
    except OSError as fault:
        # The server listens on a socket in the temporary folder, whose whole name may have a hundred characters.
        raise invalid(
            "--workers", "", f"no worker can be started: {fault}", "a shorter TMPDIR, or --workers 1"
        ) from fault


@contextmanager
def _ctrl_c_ignored() -> Iterator[None]:
    """Children started inside inherit that Ctrl-C is ignored."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    usual = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)


@contextmanager
def open_crew(workers: int, scheduler: str | None) -> Iterator[Crew]:
    """Open the crew of a study.

    Parameters
    ----------
    workers
        Worker processes of this machine; up to 1 stays in this process and needs no Dask.
    scheduler
        Address of a Dask scheduler, ``tcp://10.0.0.5:8786``, which then gives the workers.

    Raises
    ------
    InvalidInput
        When Dask is not installed, there would be too many workers, or the scheduler does not answer, has no worker
        or has one without this firstday.
    """
    if scheduler is None and workers <= 1:
        yield ThisProcess()
        return
    if scheduler is None and workers > MOST_WORKERS:
        raise invalid(
            "--workers", "", f"{workers:,} is too many", f"at most {MOST_WORKERS:,}, or --scheduler"
        )
    distributed()
    with _quiet(), ExitStack() as stack:
        if scheduler is not None:
            yield stack.enter_context(_elsewhere(scheduler))
        else:
            yield stack.enter_context(_local(workers))


@contextmanager
def _elsewhere(address: str) -> Iterator[DaskCrew]:
    remedy = "the address that dask scheduler prints, tcp://HOST:8786, with a worker connected to it"
    try:
        # A client whose address means nothing is never closed, and would hold up the end of this process.
        asyncio.run(_reached(address))
        client = distributed().Client(address, set_as_default=False, timeout=_FIRST_WORKER_SECONDS)
    except (OSError, TimeoutError, ValueError, TypeError) as fault:
        why = str(fault) or f"nothing a scheduler says came within {_FIRST_WORKER_SECONDS} seconds"
        raise invalid("--scheduler", "", f"{address!r} does not answer: {why}", remedy) from fault
    try:
        try:
            client.wait_for_workers(1, timeout=_FIRST_WORKER_SECONDS)
        except TimeoutError as fault:
            raise invalid("--scheduler", "", f"{address} has no worker", remedy) from fault
        _refuse_strangers(client)
        yield DaskCrew(client, address)
    finally:
        client.close(timeout=_CLOSE_SECONDS)


def _refuse_strangers(client: Any) -> None:
    """Refuse workers without this firstday before they are sent what they cannot read: they would die of it."""
    own = version("firstday")
    for worker, told in sorted(client.run(version, "firstday", on_error="return").items()):
        if told != own:
            has = f"firstday {told}" if isinstance(told, str) else "no firstday"
            remedy = f"install firstday {own} everywhere"
            raise invalid("--scheduler", "", f"the worker {worker} has {has}", remedy)


async def _reached(address: str) -> None:
    """Connect to a scheduler once, as a client would, and let go."""
    how = import_module("distributed.security").Security().get_connection_args("client")
    # Dask itself would wait for ever for the first word of what listens there.
    async with asyncio.timeout(_FIRST_WORKER_SECONDS):
        comm = await import_module("distributed.comm").connect(address, _FIRST_WORKER_SECONDS, **how)
    comm.abort()


@contextmanager
def _local(workers: int) -> Iterator[DaskCrew]:
    dask = distributed()
    settings = {
        "distributed.worker.multiprocessing-method": "forkserver",
        "distributed.scheduler.allowed-failures": _MOST_DEATHS,
        # What Dask watches itself with costs a tenth of the work.
        "distributed.admin.tick.limit": "1h",
        "distributed.admin.tick.interval": "1s",
        "distributed.admin.system-monitor.interval": "1h",
        "distributed.admin.system-monitor.gil.enabled": False,
        "distributed.worker.profile.enabled": False,
        "distributed.scheduler.active-memory-manager.start": False,
    }
    with (
        import_module("dask").config.set(settings),
        # What a killed process left there goes with the next start.
        folder_beside(Path(tempfile.gettempdir()) / "workers") as folder,
    ):
        cluster = dask.LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            # No dashboard; what is left of its server goes to any free port of the loopback interface.
            dashboard_address="127.0.0.1:0",
            scheduler_kwargs={"dashboard": False},
            silence_logs=logging.CRITICAL,
            local_directory=str(folder),
            memory_limit=0,
        )
        try:
            client = dask.Client(cluster, set_as_default=False)
            try:
                yield DaskCrew(client, None)
            finally:
                client.close(timeout=_CLOSE_SECONDS)
        finally:
            cluster.close(timeout=_CLOSE_SECONDS)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Dask's own log off the terminal: what a user needs to know is said here."""
    named = [name for name in logging.root.manager.loggerDict if name.startswith("distributed.")]
    loggers = [logging.getLogger(name) for name in ("distributed", *named, "tornado", "asyncio")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)
