"""The command: what it refuses, that it says where the page is, and how Ctrl-C ends it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from explore_client import write_deal

import sim.cli


@pytest.fixture
def explore(monkeypatch, capsys):
    """Return a function that runs the command in this process, to its exit code and what it said."""

    def run(*arguments: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["firstday", "explore", *map(str, arguments)])
        code = 0
        try:
            sim.cli.main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 0
        said = capsys.readouterr()
        assert said.out == ""
        return code, said.err

    return run


@contextmanager
def serving(*arguments: object) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start the server; yields its process and the page's address."""
    # A test run itself may ignore Ctrl-C, and its children with it.
    command = [
        sys.executable,
        "-c",
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "sys.argv[0] = 'firstday'; from sim.cli import main; main()",
        "explore",
        "--no-browser",
        "--port",
        "0",
    ]
    environment = {**os.environ, "COLUMNS": "100"}
    with subprocess.Popen(
        [*command, *map(str, arguments)],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        try:
            assert process.stderr is not None
            said = next(line for line in process.stderr if "http://" in line)
            yield process, re.search(r"http://\S+", said)[0]
        finally:
            process.kill()


def test_the_page_is_served_until_ctrl_c(tmp_path):
    with serving(write_deal(tmp_path, name="<b>Deal</b>"), "--paths", 300) as (process, address):
        with urllib.request.urlopen(f"{address}start", timeout=30) as answer:
            started = json.load(answer)
        assert started["name"] == "<b>Deal</b>"
        assert started["base"]["summary"]["paths"] == 300
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0
        assert process.stderr.read() == ""
        assert process.stdout.read() == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--host", "0.0.0.0"], "--host: 0.0.0.0 is no single address"),
        (["--host", "example.com"], "is no address"),
        (["--export", "no/such/folder/page.html"], "there is no folder no/such/folder"),
        (["--export", "."], "is a directory"),
        (["missing.yaml"], "there is no such file"),
        (["."], "is a directory"),
    ],
)
def test_what_cannot_be_shown_ends_with_two(explore, arguments, said):
    code, error = explore("--no-browser", *arguments)
    assert code == 2
    assert said in error
    assert len(error.splitlines()) == 1


def test_a_page_is_written_to_a_file(explore, tmp_path):
    file = tmp_path / "page.html"
    code, error = explore(write_deal(tmp_path), "--paths", 200, "--export", file)
    assert code == 0
    assert str(file) in error
    assert "Small Deal" in file.read_text(encoding="utf-8")


def test_help_and_the_command_line_import_no_server():
    heavy = "{'starlette', 'uvicorn', 'numba', 'scipy', 'pydantic'}"
    code = f"import sys, sim.cli; found = {heavy} & set(sys.modules); assert not found, found"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60, cwd=Path(__file__).parents[2])
