"""A scheduler elsewhere that is killed in the middle: a word and an exit code, and what was done is kept."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from disturbed import Command, held_after, parts_of, paths_simulated, wait_until

# Kernels are compiled by then: no line says so.
pytestmark = pytest.mark.usefixtures("undisturbed")


@contextmanager
def elsewhere(
    folder: Path, library: Path | None = None
) -> Iterator[tuple[str, subprocess.Popen[bytes], subprocess.Popen[bytes]]]:
    """Start a scheduler and a worker on the loopback interface; yield the address and both.

    The worker finds the modules of ``library`` before all others.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    dask = [sys.executable, "-m", "distributed.cli.dask_scheduler"]
    quiet = {
        "stdout": subprocess.DEVNULL,
        "stderr": subprocess.DEVNULL,
        "cwd": folder,
        "env": dict(os.environ),
    }
    scheduler = subprocess.Popen(
        [*dask, "--host", "127.0.0.1", "--port", str(port), "--no-dashboard", "--no-show"], **quiet
    )
    worker = subprocess.Popen(
        [
            *(sys.executable, "-m", "distributed.cli.dask_worker", address, "--nthreads", "1"),
            *("--no-dashboard", "--death-timeout", "120", "--local-directory", str(folder)),
        ],
        **{**quiet, "env": {**os.environ, **({} if library is None else {"PYTHONPATH": str(library)})}},
    )
    try:
        yield address, scheduler, worker
    finally:
        family = [each for one in (scheduler, worker) if one.poll() is None for each in family_of(one.pid)]
        for each in family:
            if each.is_running():
                each.kill()
        psutil.wait_procs(family)
        scheduler.wait()
        worker.wait()


def family_of(pid: int) -> list[psutil.Process]:
    parent = psutil.Process(pid)
    return [parent, *parent.children(recursive=True)]


def listens(address: str) -> bool:
    host, port = address.removeprefix("tcp://").split(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


def test_a_lost_scheduler_is_told_and_resume_finishes_here(sweep_file, undisturbed, tmp_path):
    out, marker, go = tmp_path / "out", tmp_path / "marker", tmp_path / "go"
    arguments = ("sweep", sweep_file, "--out", out)
    with elsewhere(tmp_path) as (address, scheduler, _):
        wait_until(lambda: listens(address), lambda: scheduler.poll() is not None)
        before = held_after(3, marker, go)
        with Command(*arguments, "--scheduler", address, before=before, cwd=tmp_path) as command:
            command.until(marker.exists)
            scheduler.kill()
            scheduler.wait()
            go.touch()
            said = command.said()
    assert said.code == 2, said.err
    assert said.err.splitlines() == [
        f"--scheduler: the scheduler {address} was lost; start it again and go on with --resume"
    ]
    held = parts_of(out)
    assert 3 <= len(held) < undisturbed.parts
    with Command(*arguments, "--workers", 1, "--resume", cwd=tmp_path) as command:
        said = command.said()
    assert said.code == 0, said.err
    assert paths_simulated(said)[1] == len(held) * undisturbed.paths // undisturbed.parts
    assert {name: told for name, told in parts_of(out).items() if name in held} == held
    assert (out / "part-0.parquet").read_bytes() == undisturbed.dataset


def test_workers_that_are_lost_and_do_not_come_back_are_told(sweep_file, undisturbed, tmp_path):
    out, marker, go = tmp_path / "out", tmp_path / "marker", tmp_path / "go"
    with elsewhere(tmp_path) as (address, scheduler, worker):
        wait_until(lambda: listens(address), lambda: scheduler.poll() is not None)
        before = (
            held_after(3, marker, go)
            + "import sim.studies.cluster as cluster; cluster._NO_WORKER_SECONDS = 2\n"
        )
        arguments = ("sweep", sweep_file, "--out", out, "--scheduler", address)
        with Command(*arguments, before=before, cwd=tmp_path) as command:
            command.until(marker.exists)
            for each in family_of(worker.pid):
                each.kill()
            worker.wait()
            go.touch()
            said = command.said()
    assert said.code == 2, said.err
    assert f"{address} has had no worker for 2 seconds" in said.err
    assert "--resume" in said.err
    assert 3 <= len(parts_of(out)) < undisturbed.parts


@pytest.fixture
def refused(sweep_file, tmp_path) -> Callable[[str], str]:
    """Return a function that sweeps on a scheduler for which it waits two seconds, and tells the only line said."""

    def sweep(address: str) -> str:
        arguments = ("sweep", sweep_file, "--scheduler", address, "--out", tmp_path / "out")
        short = "import sim.studies.cluster\nsim.studies.cluster._FIRST_WORKER_SECONDS = 2\n"
        with Command(*arguments, before=short, cwd=tmp_path) as command:
            said = command.said()
        assert said.code == 2
        assert not (tmp_path / "out").exists()
        (line,) = said.err.splitlines()
        assert line.startswith(f"--scheduler: {address!r} does not answer: ")
        return line

    return sweep


def test_a_scheduler_that_is_not_there_is_told(refused):
    """The port is bound and nobody listens there: the connection is refused."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        refused(f"tcp://127.0.0.1:{taken.getsockname()[1]}")


def test_a_port_where_something_else_listens_is_told(refused):
    """It accepts the connection and says nothing, as the server of Dask's dashboard does."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        line = refused(f"tcp://127.0.0.1:{silent.getsockname()[1]}")
    assert "nothing a scheduler says came within 2 seconds" in line


@pytest.mark.parametrize("address", ["10.0.0.5", "tls://127.0.0.1:1"])
def test_an_address_that_means_nothing_is_told_in_one_line_and_the_command_ends(refused, address):
    """Without a port, or encrypted without certificates: no connection is tried, and nothing waits for one."""
    refused(address)


# What Python imports first where firstday is not installed, or another version of it is.
STRANGERS = {
    "no firstday": """
import importlib.metadata as metadata, sys
class Missing:
    def find_spec(self, name, *_):
        if name.partition(".")[0] == "sim":
            raise ModuleNotFoundError("No module named 'sim'", name="sim")
sys.meta_path.insert(0, Missing())
usual = metadata.distribution
def distribution(name):
    if name == "firstday":
        raise metadata.PackageNotFoundError(name)
    return usual(name)
metadata.distribution = distribution
""",
    "firstday 0.0.1": """
import importlib.metadata as metadata
usual = metadata.version
metadata.version = lambda name: "0.0.1" if name == "firstday" else usual(name)
""",
}


@pytest.mark.parametrize("stranger", STRANGERS)
def test_workers_without_this_firstday_are_told_and_live(sweep_file, tmp_path, stranger):
    """They could not read a job; each that is sent one ends."""
    library = tmp_path / "library"
    library.mkdir()
    (library / "sitecustomize.py").write_text(STRANGERS[stranger], encoding="utf-8")
    with elsewhere(tmp_path, library) as (address, scheduler, worker):
        wait_until(lambda: listens(address), lambda: scheduler.poll() is not None)
        arguments = ("sweep", sweep_file, "--scheduler", address, "--out", tmp_path / "out")
        with Command(*arguments, cwd=tmp_path) as command:
            said = command.said()
        assert worker.poll() is None
    assert said.code == 2
    (line,) = said.err.splitlines()
    assert line.startswith("--scheduler: the worker tcp://127.0.0.1:")
    assert f"has {stranger}; install firstday " in line
    assert not (tmp_path / "out").exists()
