"""A what-if server to look at, and pages that remember what went wrong on them."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BIREN = Path(__file__).parents[2] / "configs" / "biren_06082.yaml"
# A test run itself may ignore Ctrl-C, and its children with it.
START = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from sim.cli import main; main()"


@dataclass
class Server:
    """A running ``firstday explore``."""

    process: subprocess.Popen[str]
    address: str

    @property
    def port(self) -> int:
        """Port that it listens on."""
        return int(self.address.rstrip("/").rsplit(":", 1)[1])

    def stop(self) -> None:
        """End it as Ctrl-C does."""
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(timeout=30) == 0


@contextmanager
def explore(*arguments: object, port: int = 0) -> Iterator[Server]:
    """Serve a page until the block ends."""
    command = [
        sys.executable,
        "-c",
        START,
        "explore",
        "--no-browser",
        "--port",
        str(port),
        *map(str, arguments),
    ]
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env={**os.environ, "COLUMNS": "100"}
    ) as process:
        try:
            assert process.stderr is not None
            said: list[str] = []
            for line in process.stderr:
                said.append(line)
                if address := re.search(r"http://\S+", line):
                    break
            else:
                raise AssertionError("".join(said))
            yield Server(process, address[0])
        finally:
            process.kill()


class Watched:
    """A page of the browser that keeps what went wrong on it."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.errors: list[str] = []
        page.on(
            "console",
            lambda said: self.errors.append(said.text) if said.type in ("error", "warning") else None,
        )
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def open(self, address: str) -> Any:
        """Go to an address and wait for its picture."""
        self.page.goto(address)
        self.page.wait_for_selector("#chart svg")
        return self.page
