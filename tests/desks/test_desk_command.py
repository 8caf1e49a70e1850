"""``firstday desk`` as a user and as a script call it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

CONFIGS = Path(__file__).parents[2] / "configs"
BIREN, STAR = CONFIGS / "biren_06082.yaml", CONFIGS / "metax_688802.yaml"


def called(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the command on a wide terminal's environment."""
    return subprocess.run(
        [sys.executable, "-m", "sim", "desk", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
        env={**os.environ, "COLUMNS": "160", "NO_COLOR": "1"},
        cwd=CONFIGS.parent,
    )


@pytest.mark.parametrize("name", ["subscriber", "issuer", "stabiliser", "cornerstone"])
def test_every_desk_answers_within_100_columns(name, tmp_path):
    done = called(name, BIREN, "--paths", "2000", "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    written = {file.name for file in tmp_path.iterdir()}
    assert written == {f"{name}.json", f"{name}.png", f"{name}.svg"}
    printed = [line for line in done.stderr.splitlines() if not line.startswith("->")]
    assert max(map(len, printed)) <= 100
    assert f"{name}'s desk" in printed[0] or f"{name}'s desk" in printed[1]


def test_json_is_all_there_is_on_standard_output():
    done = called("subscriber", BIREN, "--paths", "2000", "--money", "100000", "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["money"] == 100_000.0
    assert document["choices"][0]["own_money"] <= 100_000.0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("astrologer", BIREN), "No such command 'astrologer'"),
        (("subscriber", STAR), "the ballot of star is not modelled; the subscriber's desk knows"),
        (("subscriber", BIREN, "--exit", "grey"), "observed.grey_return"),
        (("subscriber", BIREN, "--exit", "never"), "one of: grey, open, vwap, close, stop"),
        (("issuer", BIREN, "--price", "cheap"), "write 17,18.3,19.6"),
        (("stabiliser", BIREN, "--size", "large"), "write it as 0,0.05,0.15"),
        (("subscriber", BIREN, "--paths", "5000000"), "at most 2,000,000"),
        (("subscriber", BIREN, "--set", "allotment=birne"), "did you mean 'biren'?"),
    ],
)
def test_invalid_input_is_exit_code_2_with_a_remedy(arguments, told):
    done = called(*arguments)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr
