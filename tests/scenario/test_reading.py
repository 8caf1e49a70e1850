"""Files that are no scenario at all, and YAML that is dangerous: refused, quickly, with the place."""

import os
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scenario_texts import SOUND, replaced

from sim.errors import InvalidInput
from sim.scenario import load_scenario, parse_changes
from sim.scenario.reading import parse_document

_POWERS = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
_CHAIN = "k0: &k0 {x: 1}\n" + "".join(f"k{i}: &k{i} {{x: *k{i - 1}}}\n" for i in range(1, 60))


@pytest.mark.parametrize(
    ("content", "line", "column", "problem"),
    [
        pytest.param("", 1, 1, "the file is empty", id="empty"),
        pytest.param("# only a comment\n", 1, 1, "the file is empty", id="comment"),
        pytest.param("- a\n- b\n", 1, 1, "the file holds a list", id="list"),
        pytest.param("\n  hello\n", 2, 3, "the file holds a single value", id="text"),
        pytest.param(SOUND + "---\nname: x\n", 23, 1, "a second document starts", id="two documents"),
        pytest.param(b"name: B\xff\n", 1, 8, "byte 0xff is not UTF-8", id="Latin-1"),
        pytest.param(SOUND.encode("utf-16"), 1, 1, "byte 0xff is not UTF-8", id="UTF-16"),
        pytest.param("name: a\ncode: \x07\n", 2, 7, "the character U+0007 is not allowed", id="control"),
        pytest.param("a: [1, 2\n", 2, 1, "is not YAML: while parsing a flow sequence", id="unclosed"),
        pytest.param("a: *x\n", 1, 4, "is not YAML: found undefined alias 'x'", id="undefined alias"),
        pytest.param("%YAML 1.1\n---\nname: x\n", 2, 1, "asks for another version of YAML", id="YAML 1.1"),
        pytest.param(_POWERS, 4, 1, "holds more than 5,000 values once aliases expand", id="bomb"),
        pytest.param("name: &a [*a]\n", 1, 1, "contains itself through an alias", id="recursive list"),
        pytest.param(
            "offer: &a\n  price: *a\n", 1, 1, "contains itself through an alias", id="recursive map"
        ),
        pytest.param(_CHAIN, 20, 1, "is nested more than 20 deep once aliases expand", id="chain of aliases"),
        pytest.param("a: " + "[" * 400_000, 1, 23, "is nested more than 20 deep", id="deep flow"),
        pytest.param(
            "".join(" " * i + "a:\n" for i in range(300)), 21, 21, "is nested more than 20 deep", id="deep"
        ),
        pytest.param(
            "".join(f"k{i}: 1\n" for i in range(60_000)), 2500, 1, "holds more than 5,000", id="flood"
        ),
    ],
)
def test_what_is_no_scenario_is_refused_with_its_place(said, content, line, column, problem):
    started = time.monotonic()
    (fault,) = said(content)
    assert (fault.line, fault.column) == (line, column)
    assert fault.problem.startswith(problem)
    # A bomb that went off would take minutes and gigabytes; this bound is wide enough for any machine.
    assert time.monotonic() - started < 20


def test_a_large_file_is_refused_unread(said):
    (fault,) = said(b"#" * 10_000_000)
    assert fault.problem == "is larger than 1,000,000 bytes"


def test_paths_that_are_no_file_are_refused(tmp_path):
    for path, problem in (
        (tmp_path / "absent.yaml", "there is no such file"),
        (tmp_path, "is a directory"),
        ("/dev/zero", "is not a regular file"),
        (tmp_path / ("x" * 300), "cannot be read"),
    ):
        with pytest.raises(InvalidInput) as raised:
            load_scenario(path)
        (fault,) = raised.value.faults
        assert fault.source == str(path)
        assert fault.problem.startswith(problem)


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InvalidInput, match="is not a regular file"):
        load_scenario(tmp_path / "pipe")


@pytest.mark.parametrize(
    ("text", "line", "column", "field", "problem"),
    [
        (SOUND + "name: again\n", 23, 1, "name", "is given twice"),
        (
            replaced(("  board_lot: 200\n", "  board_lot: 200\n  price: 18\n")),
            13,
            3,
            "offer.price",
            "is given twice",
        ),
        (
            replaced(("name: Example", "name: !!python/object:os.system x")),
            1,
            7,
            "name",
            "the tag !!python/object",
        ),
        (replaced(("board_lot: 200", "board_lot: !lot 200")), 12, 14, "offer.board_lot", "the tag !lot"),
        (replaced(("name: Example", "name: !!binary aGk=")), 1, 7, "name", "the tag !!binary is not read"),
        (SOUND + "<<: {theme: x}\n", 23, 1, "<<", "is not read"),
        (SOUND + "3: x\n", 23, 1, "3", "is no field name"),
        (SOUND + "[a]: x\n", 23, 1, "a list or mapping", "is no field name"),
        (
            replaced(("list_date: 2026-01-02", "list_date: 2026-02-30")),
            5,
            12,
            "list_date",
            "'2026-02-30' is no day",
        ),
        (
            replaced(("board_lot: 200", "board_lot: !!int two")),
            12,
            14,
            "offer.board_lot",
            "'two' is no number",
        ),
        (replaced(("board_lot: 200", "board_lot: " + "9" * 5000)), 12, 14, "offer.board_lot", "'99999"),
    ],
)
def test_what_cannot_be_read_is_said_once_with_its_place(said, text, line, column, field, problem):
    (fault,) = said(text)
    assert (fault.line, fault.column, fault.field) == (line, column, field)
    assert fault.problem.startswith(problem)


def test_a_second_key_names_the_line_of_the_first(said):
    (fault,) = said(SOUND + "venue: star\n")
    assert fault.remedy == "each field once; the first is on line 3"


def test_what_cannot_be_read_does_not_hide_other_faults(said):
    faults = said(
        replaced(("name: Example", "name: !x y"), ("board_lot: 200", "board_lot: -1")) + "code: '1'\n"
    )
    assert [(fault.line, fault.field) for fault in faults] == [
        (1, "name"),
        (12, "offer.board_lot"),
        (23, "code"),
    ]


def test_yaml_1_2_is_read_as_such(write):
    scenario = load_scenario(
        write(
            "\ufeff%YAML 1.2\n---\n"
            + replaced(
                ("name: Example", "name: on"), ("paths: 100_000", "paths: 1e5"), ("2347.53", "2_347.53")
            )
        )
    )
    assert scenario.name == "on"
    assert scenario.simulation.paths == 100_000
    assert scenario.observed.public_coverage == 2347.53
    assert scenario.offer.base_shares == 247_692_800


def test_aliases_within_reason_are_read(write):
    text = replaced(
        ("price_range: [17.00, 19.60]", "price_range: [17.00, &top 19.60]"), ("price: 19.60", "price: *top")
    )
    assert load_scenario(write(text)).offer.price == 19.60


_PUNCTUATION = st.text(alphabet="[]{}:,&*!|>-?%#'\" \n\tab1.", max_size=60)


@given(st.text(max_size=200) | _PUNCTUATION)
def test_any_text_is_a_mapping_or_invalid_input(text):
    places = []
    try:
        data = parse_document(text, "x.yaml").data
    except InvalidInput as error:
        places = [fault.line for fault in error.faults]
        data = {}
    assert isinstance(data, dict)
    assert all(line is not None and 1 <= line <= text.count("\n") + 2 for line in places)


def test_options_are_read_as_yaml():
    options = [
        "offer.price=19.60",
        "offer.base_shares=1_000",
        "over_allotment=null",
        "name=a=b",
        "peers=[]",
        "theme=",
    ]
    assert parse_changes(options) == {
        "offer.price": 19.60,
        "offer.base_shares": 1000,
        "over_allotment": None,
        "name": "a=b",
        "peers": [],
        "theme": None,
    }


def test_options_that_are_no_change_are_all_named():
    with pytest.raises(InvalidInput) as raised:
        parse_changes(["offer.price", "=3", "name=[", "name=!x y", "theme=a", "theme=b"])
    assert [fault.source for fault in raised.value.faults] == [
        "--set offer.price",
        "--set =3",
        "--set name=[",
        "--set name=!x y",
        "--set theme=b",
    ]
    assert all(fault.line is None for fault in raised.value.faults)
