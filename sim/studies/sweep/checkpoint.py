"""The directory of a sweep: one sweep at a time, and nothing in it half-written.

Everything but the dataset lies in ``_sweep``, which readers of Parquet leave out: ``sweep.json`` says which sweep the
directory is of, ``parts/`` holds what each task left, and ``timings.json`` how long it took. A part is written beside
and renamed, and says whose it is and what its content hashes to; one that does not is simulated again.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sim.errors import invalid

DATASET = "part-0.parquet"
FORMAT = 2
RUNS = "_runs"
"""Run directories, where they were asked for; readers of Parquet leave it out."""
_ABOUT = "_sweep"
_PARTS_A_FOLDER = 1000
_LARGEST_PART = 1 << 30
_REMEDY = "name a new directory, or that of this sweep with --resume"


class SweepDirectory:
    """The directory of one sweep.

    Parameters
    ----------
    out
        The directory.
    identity
        SHA-256 of all that decides the sweep's numbers, hexadecimal.
    """

    def __init__(self, out: Path, identity: str) -> None:
        self.out, self.identity = out, identity
        self._about = out / _ABOUT
        self.document = self._about / "sweep.json"
        self.dataset = out / DATASET
        self.timings = self._about / "timings.json"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Make the directory and hold it; a second sweep is refused until the first lets go, however it ends."""
        import fcntl

        with self.told_of_faults():
            (self._about / "parts").mkdir(parents=True, exist_ok=True)
            lock = (self._about / "lock").open("a")
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as fault:
                raise invalid(
                    "--out", "", f"another sweep is writing to {self.out}", "wait, or name another directory"
                ) from fault
            yield

    def begin(self, document: Mapping[str, Any]) -> None:
        """Say which sweep the directory is of; leftovers of a killed one go."""
        with self.told_of_faults():
            for leftover in self._about.glob("**/*.beside"):
                leftover.unlink()
            text = json.dumps({"format": FORMAT, "identity": self.identity, **document}, indent=2)
            self._write(self.document, text.encode() + b"\n")

    def has(self, task: int) -> bool:
        """Whether a sound part of a task is there."""
        return self.read(task) is not None

    def read(self, task: int) -> bytes | None:
        """Return what a task left; ``None`` where its part is missing, damaged or of another sweep."""
        path = self._part(task)
        try:
            if path.is_symlink() or not path.is_file() or path.stat().st_size > _LARGEST_PART:
                return None
            header, _, content = path.read_bytes().partition(b"\n")
        except OSError:
            return None
        wanted = self._header(task, content)
        return content if header == wanted else None

    def write(self, task: int, content: bytes) -> None:
        """Write what a task left."""
        path = self._part(task)
        with self.told_of_faults():
            path.parent.mkdir(exist_ok=True)
            self._write(path, self._header(task, content) + b"\n" + content)

    def write_timings(self, timings: Mapping[str, Any]) -> None:
        """Write how long the sweep took."""
        with self.told_of_faults():
            self._write(self.timings, json.dumps(timings, indent=2).encode() + b"\n")

    @contextmanager
    def beside_dataset(self) -> Iterator[Path]:
        """Yield where to write the dataset; it takes its place once all of it is there."""
        beside = self._about / f"{DATASET}.beside"
        with self.told_of_faults():
            try:
                yield beside
                beside.replace(self.dataset)
            finally:
                with suppress(OSError):
                    beside.unlink(missing_ok=True)

    def _part(self, task: int) -> Path:
        return self._about / "parts" / f"{task // _PARTS_A_FOLDER:04d}" / f"{task:07d}.part"

    def _header(self, task: int, content: bytes) -> bytes:
        digest = hashlib.sha256(content).hexdigest()
        return f"firstday part {FORMAT} {self.identity} {task} {digest}".encode()

    @staticmethod
    def _write(path: Path, content: bytes) -> None:
        beside = path.with_name(f"{path.name}.beside")
        try:
            with beside.open("wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            beside.replace(path)
        finally:
            with suppress(OSError):
                beside.unlink(missing_ok=True)

    @contextmanager
    def told_of_faults(self) -> Iterator[None]:
        """Tell of a full disk or a permission that is missing as a fault of the input."""
        try:
            yield
        except OSError as fault:
            raise invalid(
                "--out",
                "",
                f"{self.out} cannot be written: {fault.strerror or fault}",
                "mend it, then go on with --resume",
            ) from fault


def check_destination(out: Path, identity: str, resume: bool) -> None:
    """Check, before anything runs, that a sweep can be written to a directory.

    Raises
    ------
    InvalidInput
        When it is no directory, holds something else, or another sweep, or this one and ``resume`` was not asked.
    """
    try:
        if out.is_symlink() or (out.exists() and not out.is_dir()):
            raise invalid("--out", "", f"{out} is not a directory", _REMEDY)
        present = {path.name for path in out.iterdir()} if out.is_dir() else set()
    except OSError as fault:
        raise invalid("--out", "", f"{out} cannot be read: {fault.strerror}", _REMEDY) from fault
    if not present:
        return
    if others := sorted(present - {_ABOUT, DATASET, RUNS}):
        raise invalid("--out", "", f"{out} holds other files: {', '.join(others[:5])}", _REMEDY)
    held = _identity_in(out / _ABOUT / "sweep.json")
    if held is None and present != {_ABOUT}:
        raise invalid("--out", "", f"{out} holds a dataset of something else", _REMEDY)
    if held is not None and held != identity:
        raise invalid("--out", "", f"{out} holds another sweep, or this one by other code", _REMEDY)
    if held is not None and not resume:
        raise invalid("--out", "", f"{out} holds this sweep already", "--resume, or name a new directory")


def _identity_in(path: Path) -> str | None:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    held = document.get("identity") if isinstance(document, dict) else None
    return held if isinstance(held, str) else None
