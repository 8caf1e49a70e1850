"""The outputs that README.md shows, and where they stand in it.

``python tests/documents/readme_blocks.py`` runs the commands and rewrites the blocks; do so when a change is meant
to change what a user sees, and read the difference.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
COMMANDS = {
    "run": "firstday run configs/biren_06082.yaml",
    "backtest": "firstday backtest",
}


def output_of(command: str, *more: str) -> str:
    """What a command of the README prints for people, with the paths as they stand in a checkout."""
    words = shlex.split(command)
    assert words[0] == "firstday"
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-m", "sim", *words[1:], "--out", f"{folder}/run", *more],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        lines = [line.rstrip() for line in done.stderr.splitlines() if not line.startswith("compiling")]
    return "\n".join(line for line in lines if not line.startswith("-> "))


def shown(name: str) -> str:
    """The block that the README shows for a command, without its fence."""
    found = re.search(
        rf"<!-- output: {name} -->\n```text\n(.*?)\n```\n<!-- end -->", README.read_text(), re.DOTALL
    )
    assert found, f"README.md has no block {name}"
    return found.group(1)


def rewrite() -> None:
    """Run the commands and put their outputs into the README."""
    text = README.read_text()
    for name, command in COMMANDS.items():
        block = f"<!-- output: {name} -->\n```text\n{output_of(command).strip()}\n```\n<!-- end -->"
        text = re.sub(
            rf"<!-- output: {name} -->\n.*?<!-- end -->", lambda _, new=block: new, text, flags=re.DOTALL
        )
    README.write_text(text)


if __name__ == "__main__":
    rewrite()
