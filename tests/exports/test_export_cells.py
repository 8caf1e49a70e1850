"""Text in cells of CSV files: never a formula, and back to the same text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.exports.cells import csv_text, flattened, looks_like_formula, text_of

FORMULAS = ["=cmd()", "+1", "-1", "@SUM(A1)", "\tcmd", "\rcmd", "=", "-"]
_STARTS = st.sampled_from(["", *FORMULAS, "'", "''", "'="])


@pytest.mark.parametrize("text", FORMULAS)
def test_no_formula_is_written(text):
    assert looks_like_formula(text)
    assert csv_text(text) == "'" + text


@pytest.mark.parametrize("text", ["", "Biren Technology", "a=b", " =1", "壁仞科技", "5-6"])
def test_any_other_text_stays_as_it_is(text):
    assert csv_text(text) == text


@given(_STARTS, st.text())
def test_every_text_comes_back(start, rest):
    text = start + rest
    assert text_of(csv_text(text)) == text
    assert not looks_like_formula(csv_text(text))


def test_a_document_is_flattened_by_dotted_path():
    document = {"a": {"b": 1, "c": [2, {"d": "x"}]}, "e": [], "f": None, "g": {}}
    assert list(flattened(document)) == [
        ("a.b", 1),
        ("a.c.0", 2),
        ("a.c.1.d", "x"),
        ("e", None),
        ("f", None),
        ("g", None),
    ]
