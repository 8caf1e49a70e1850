"""The README says what happens: its commands run, its files exist, its table is the one that is printed."""

import json
import re
import shlex
import subprocess
import sys

import pytest
from readme_blocks import COMMANDS, README, ROOT, output_of, shown

TEXT = README.read_text(encoding="utf-8")
IN_SHELL = "\n".join(re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL))
COMMANDS_SHOWN = [line.split("#")[0].strip() for line in IN_SHELL.splitlines()]
RUNS = [command for command in COMMANDS_SHOWN if command.startswith("firstday run")]
DESKS = [command for command in COMMANDS_SHOWN if command.startswith("firstday desk")]


def test_the_table_is_the_one_that_is_printed():
    assert shown("run") == output_of(COMMANDS["run"]).strip()


@pytest.mark.parametrize("command", RUNS)
def test_commands_run(command, tmp_path):
    words = shlex.split(command)[1:]
    done = subprocess.run(
        [sys.executable, "-m", "sim", *words, "--paths", "2000", "--out", str(tmp_path / "run"), "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    # A precision that 2,000 paths cannot reach is exit code 3, with the run written all the same.
    assert done.returncode == (3 if "--target-se" in words else 0), done.stderr
    assert (tmp_path / "run" / "manifest.json").is_file()


@pytest.mark.parametrize("command", DESKS)
def test_desks_answer(command):
    done = subprocess.run(
        [sys.executable, "-m", "sim", *shlex.split(command)[1:], "--paths", "2000", "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert isinstance(json.loads(done.stdout), dict)


def test_files_named_exist():
    named = re.findall(r"\]\(([^)#:]+)\)", TEXT) + re.findall(r"configs/\w+\.yaml", TEXT)
    missing = [name for name in named if not (ROOT / name).exists()]
    assert len(named) > 10
    assert not missing


def test_the_scenario_shown_is_valid():
    from ruamel.yaml import YAML

    from sim.scenario import scenario_from_mapping

    (block,) = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    shown_deal = scenario_from_mapping(YAML(typ="safe", pure=True).load(block), "README.md")
    assert shown_deal.stage == "t1"


def test_the_python_shown_runs(monkeypatch):
    (block,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    monkeypatch.chdir(ROOT)
    names: dict[str, object] = {}
    exec(compile(block, "README.md", "exec"), names)
    assert names["result"].paths == 100_000
