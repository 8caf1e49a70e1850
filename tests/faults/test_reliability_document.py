"""docs/reliability.md names tests that are there, and every test of a fault is in it."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent
DOCUMENT = (HERE.parents[1] / "docs" / "reliability.md").read_text(encoding="utf-8")
UNLISTED = {"test_short_soak.py", "test_reliability_document.py"}
MINOR = {
    "test_a_chosen_folder_that_cannot_be_used_is_told",
    "test_directories_swap_in_one_step",
    "test_a_file_system_without_locks_is_written_all_the_same",
    "test_what_appears_in_between_is_not_overwritten",
}


def test_the_table_names_every_test_and_no_other():
    named = set(re.findall(r"`(test_\w+\.py)::(test_\w+)`", DOCUMENT))
    there = {
        (file.name, name)
        for file in HERE.glob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", file.read_text(encoding="utf-8"), re.MULTILINE)
        if file.name not in UNLISTED and name not in MINOR
    }
    assert len(there) > 15
    assert named == there
