"""docs/desks.md shows what the desks print."""

import re
import shlex
import subprocess
import sys

import pytest
from readme_blocks import ROOT

LINES = (ROOT / "docs" / "desks.md").read_text(encoding="utf-8").splitlines()
SHOWN = [at for at, line in enumerate(LINES) if re.match(r"    firstday desk \w+ configs/", line)]


def block_after(at: int) -> list[str]:
    """The indented lines below a command, without blank ones."""
    block = []
    for line in LINES[at + 1 :]:
        if line and not line.startswith("    "):
            break
        block.append(line.strip())
    return [line for line in block if line]


@pytest.mark.parametrize("at", SHOWN)
def test_a_block_is_what_is_printed(at):
    words = shlex.split(LINES[at])
    done = subprocess.run(
        [sys.executable, "-m", "sim", *words[1:]], cwd=ROOT, capture_output=True, text=True, check=True
    )
    printed = [line.strip() for line in done.stderr.splitlines() if not line.startswith("compiling")]
    # A block may leave tables out, but what it shows stands in the output, in the same order.
    rest = iter(line for line in printed if line)
    assert len(block_after(at)) > 5
    missing = [line for line in block_after(at) if line not in rest]
    assert not missing
