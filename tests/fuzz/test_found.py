"""What the fuzzer found once stays mended, and its targets accept what they should."""

from __future__ import annotations

import pytest
import targets


@pytest.mark.parametrize("target", sorted(targets.TARGETS))
def test_found_cases_are_refused_or_accepted(target):
    for case in sorted((targets.FOUND / target).glob("*")):
        targets.TARGETS[target](case.read_bytes())


@pytest.mark.parametrize("target", sorted(targets.TARGETS))
def test_seeds_pass(target):
    given = list(targets.seeds(target))
    assert given
    for seed in given:
        targets.TARGETS[target](seed)


@pytest.mark.parametrize("target", sorted(targets.TARGETS))
def test_targets_stand_anything(target):
    for data in (b"", b"\x00", b"\xff\xfe", b"a: [", b"\n" * 1000, b"{" * 2000, "‮\u2028".encode()):
        targets.TARGETS[target](data)
