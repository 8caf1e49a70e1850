"""The help names every command, and there is none that the interface does not know."""

from __future__ import annotations

import json

import pytest
import typer.main

import sim.cli

# The commands of the interface; the application may still lack some.
PROMISED = {
    "run",
    "validate",
    "schema",
    "calibrate",
    "backtest",
    "compare",
    "sensitivity",
    "desk",
    "sweep",
    "verify",
    "bench",
    "explore",
}
COMMANDS = sorted(typer.main.get_command(sim.cli.app).commands)


def test_the_commands_are_those_of_the_interface():
    assert {"run", "validate", "schema", "verify", "bench"} <= set(COMMANDS)
    assert set(COMMANDS) <= PROMISED


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_names_every_command(firstday, flag):
    said = firstday(flag)
    assert (said.code, said.err) == (0, "")
    words = set(said.out.replace("│", " ").split())
    assert set(COMMANDS) <= words


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(firstday, command):
    said = firstday(command, "--help")
    assert (said.code, said.err) == (0, "")
    assert f"firstday {command}" in said.out


@pytest.mark.parametrize(
    "option", ["--paths", "--seed", "--threads", "--target-se", "--keep-paths", "--out", "--set", "--json"]
)
def test_run_has_the_options_of_the_interface(firstday, option):
    assert option in firstday("run", "--help").out


def test_schema_prints_one_document(firstday):
    said = firstday("schema")
    assert (said.code, said.err) == (0, "")
    assert {"offer", "observed", "venue"} <= set(json.loads(said.out)["properties"])
