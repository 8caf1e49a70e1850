"""docs/studies.md shows what compare and sensitivity print; Sobol and variance take too long to print them again."""

import re
import shlex
import subprocess
import sys

import pytest
from readme_blocks import ROOT

LINES = (ROOT / "docs" / "studies.md").read_text(encoding="utf-8").splitlines()
SHOWN = [
    at
    for at, line in enumerate(LINES)
    if re.match(r"    firstday (compare|sensitivity) configs/", line) and "--method" not in line
]


def block_after(at: int) -> list[str]:
    """The indented lines below a command, without blank ones."""
    block = []
    for line in LINES[at + 1 :]:
        if line and not line.startswith("    "):
            break
        block.append(line.strip())
    return [line for line in block if line]


def test_both_commands_are_shown():
    assert {LINES[at].split()[1] for at in SHOWN} == {"compare", "sensitivity"}


@pytest.mark.parametrize("at", SHOWN)
def test_a_study_is_what_is_printed(at):
    words = shlex.split(LINES[at])
    done = subprocess.run(
        [sys.executable, "-m", "sim", *words[1:]], cwd=ROOT, capture_output=True, text=True, check=True
    )
    printed = [line.strip() for line in done.stderr.splitlines() if not line.startswith("compiling")]
    assert block_after(at) == [line for line in printed if line]
