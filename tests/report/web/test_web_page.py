"""The report of every kind of run: well formed, self-contained, accessible, and the same bytes again."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import pytest
from small_deals import small_deal, small_market
from web_runs import HOSTILE, KINDS, Node, asked_of, page_of, result_of, table_of, tree

from sim.desks.base import AskedDesks
from sim.desks.issuer_answer import IssuerAnswer
from sim.report.web.page import report_html
from sim.report.web.wording import noted, printed
from sim.simulation import simulate

every_kind = pytest.mark.parametrize("kind", KINDS)


@every_kind
def test_elements_are_closed_in_order_and_identifiers_are_unique(kind):
    nodes = tree(page_of(kind)).all()
    names = [node.attributes["id"] for node in nodes if "id" in node.attributes]
    assert len(names) == len(set(names))
    for node in nodes:
        if node.name == "a":
            assert node.attributes["href"].removeprefix("#") in names
        for name in node.attributes.get("aria-labelledby", "").split():
            assert name in names


@every_kind
def test_nothing_is_fetched(kind):
    """No address but places of the page itself; the scenario may hold any text, but only as text."""
    page = page_of(kind)
    for node in tree(page).all():
        assert node.name not in {
            "script",
            "link",
            "img",
            "iframe",
            "object",
            "embed",
            "base",
            "form",
            "image",
            "use",
        }
        assert not {"src", "srcset", "style", "action", "background", "xlink:href"} & set(node.attributes)
        assert not [name for name in node.attributes if name.startswith("on")]
        assert node.attributes.get("href", "#").startswith("#")
    (style,) = tree(page).all("style")
    assert not re.search(r"url\(|@import|https?:|//", style.text)
    assert "http" not in "".join(node.name for node in tree(page).all())


@every_kind
def test_pictures_are_told_in_words(kind):
    for svg in tree(page_of(kind)).all("svg"):
        assert svg.attributes["role"] == "img"
        title, description = (svg.all(name)[0] for name in ("title", "desc"))
        assert title.text.strip()
        assert description.text.strip().endswith(".")
        assert svg.attributes["aria-labelledby"] == f"{title.attributes['id']} {description.attributes['id']}"


@every_kind
def test_no_coordinate_is_undefined_and_no_word_is_python(kind):
    root = tree(page_of(kind))
    for node in root.all():
        for name, value in node.attributes.items():
            assert not re.search(r"\b(nan|inf|None)\b", value), (node.name, name, value)
    (body,) = root.all("body")
    shown = "".join(each.text for each in body.all("p", "td", "th", "li", "dd", "figcaption", "text", "desc"))
    if kind != "hostile":
        assert not re.findall(r".{30}(?:\bnan\b|\bNone\b|Undefined|\{\{|\{%|&lt;|&#)", shown)


@every_kind
def test_tables_have_a_caption_and_their_headings_a_scope(kind):
    tables = tree(page_of(kind)).all("table")
    assert tables
    for table in tables:
        assert table.all("caption")[0].text.strip()
        headings, *rows = table.all("tr")
        assert {cell.attributes.get("scope") for cell in headings.all("th", "td")} == {"col"}
        width = len(headings.all("th"))
        for row in rows:
            cells = row.all("th", "td")
            assert len(cells) == width
            assert (cells[0].name, cells[0].attributes.get("scope")) == ("th", "row")
            assert {cell.name for cell in cells[1:]} == {"td"}


@every_kind
def test_headings_are_in_order(kind):
    levels = [int(node.name[1]) for node in tree(page_of(kind)).all("h1", "h2", "h3", "h4", "h5", "h6")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


@every_kind
def test_the_keyboard_reaches_everything(kind):
    """The skip link comes first; what scrolls can be focused and has a name."""
    root = tree(page_of(kind))
    (body,) = root.all("body")
    first = next(
        node for node in body.all() if node.name in {"a", "summary"} or "tabindex" in node.attributes
    )
    assert first.attributes["class"] == "skip"
    for node in body.all():
        if node.attributes.get("class") == "scroll" or node.name == "pre":
            assert node.attributes["tabindex"] == "0"
            assert node.attributes["aria-label"].strip()
        assert "title" not in node.attributes  # shown to a mouse alone
    assert root.all("html")[0].attributes["lang"] == "en"
    assert [len(root.all(name)) for name in ("main", "nav", "header", "footer", "h1", "title")][:5] == [1] * 5


@every_kind
def test_it_is_small(kind):
    assert len(page_of(kind).encode()) < 1_000_000


@every_kind
def test_the_parts_asked_for_are_there(kind):
    root = tree(page_of(kind))
    sections = [node.attributes["id"] for node in root.all("section")]
    always = ["answer", "deal", "shares", "heat", "desks", "paths", "market", "glossary", "manifest"]
    assert [name for name in sections if name in always] == always
    listed = kind not in {"all withdrawn", "no path"}
    assert ({"close", "day", "makes"} <= set(sections)) is listed
    assert ("after" in sections) is (kind in {"stabilisation", "lock-up"})
    words = root.all("dt")
    assert {"Atom", "Greenshoe", "Standard error (±)"} <= {node.text for node in words}


def test_text_of_users_is_text():
    page = page_of("hostile")
    root = tree(page)
    assert root.all("h1")[0].text == HOSTILE
    assert "<script" not in page
    assert "onerror" not in {name for node in root.all() for name in node.attributes}
    shown = root.all("body")[0].text
    for text in ("<i>0</i>", "<img src=x onerror=y>", "<a href='javascript:z'>"):
        assert text in shown
    assert not root.all("i", "u", "img")
    hostile = replace(result_of("peers"), notes=("<em>note</em> {{ 1 }}",))
    assert "<em>note</em> {{ 1 }}" in tree(report_html(hostile)).all("body")[0].text


def test_the_same_result_is_the_same_bytes():
    one = simulate(small_deal(), market=small_market(), threads=1)
    two = replace(simulate(small_deal(), market=small_market(), threads=2), wall_seconds=12345.678)
    page = report_html(one)
    assert page == report_html(two)
    assert "12345" not in report_html(two)
    assert page != report_html(replace(one, seed=8))


def test_a_run_that_was_stopped_says_so():
    assert "stopped early" in page_of("partial")
    assert "stopped early" not in page_of("after allotment")
    assert "was not reached" in page_of("target missed")


def test_a_run_without_a_price_says_so():
    (answer,) = [
        node for node in tree(page_of("all withdrawn")).all("p") if node.attributes.get("class") == "answer"
    ]
    assert "withdrawn" in answer.text
    assert "stopped before its first paths" in page_of("no path")


def test_signs_are_those_of_print():
    assert (
        printed("a loss of -HK$3.2m +- 1, -0.4 points, 2 x 3") == "a loss of −HK$3.2m ± 1, −0.4 points, 2 × 3"
    )
    assert printed("add --keep-paths 100, or -h") == "add --keep-paths 100, or -h"
    assert noted("past deals - of 2025") == "Past deals − of 2025"


def test_the_paths_are_counted_as_people_count():
    def told(kind: str) -> str:
        return " ".join(sections_of(tree(page_of(kind)), "answer").text.split())

    assert "with other luck; here 2,000 times." in told("after allotment")
    assert "with other luck; here once." in told("one path")
    assert "with other luck. Each play" in told("no path")
    assert "stopped early, after 0 paths. There is no answer" in told("no path")


def test_no_desk_is_offered_where_nothing_lists():
    for kind in ("all withdrawn", "no path"):
        told = sections_of(tree(page_of(kind)), "desks").text
        assert "No path lists" in told
        assert "--desks" not in told


def test_scores_of_fitted_markets_are_not_lent_to_another():
    assert "The market of this run is not fitted" in page_of("after allotment")
    assert "The market of this run is not fitted" not in page_of("biren")


def test_what_a_desk_refuses_is_told_once():
    note = "the subscriber's desk is left out: it cannot"
    result = result_of("after allotment")
    told = report_html(replace(result, notes=(*result.notes, note)), AskedDesks(left_out=(note,)))
    assert told.count("desk is left out: it cannot") == 1


def test_the_stage_decides_the_back_test():
    def measured(kind: str) -> bool:
        captions = [node.text for node in tree(page_of(kind)).all("caption")]
        return "Forecasts of past deals at this stage" in captions

    assert [measured(kind) for kind in ("after allotment", "launch", "grey market")] == [True] * 3
    assert not measured("star")
    assert "no back-test of listings on the STAR Market" in page_of("star")
    assert not measured("books open")
    assert "no back-test of forecasts at this stage" in page_of("books open")
    rows = {row[0]: row[1] for row in table_of(page_of("biren"), "Forecasts of past deals at this stage")}
    assert rows["Deals forecast"] == "135"


def test_the_desks_that_were_not_asked_are_named():
    assert "Not asked here: the stabilising manager, the cornerstone investor." in page_of("biren")
    assert "Not asked here" not in page_of("all desks")
    headings = [node.attributes.get("id", "") for node in tree(page_of("all desks")).all("h3")]
    told = [name.removeprefix("desk-") for name in headings if name.startswith("desk-")]
    assert told == ["subscriber", "stabiliser", "issuer", "cornerstone"]
    for answer in asked_of("all desks").answers:
        assert answer.sentence().split(";")[0].replace("+-", "±")[:40] in tree(page_of("all desks")).text


def test_a_desk_on_fewer_paths_than_the_run_says_so():
    result, asked = result_of("all desks"), asked_of("all desks")
    (issuer,) = [answer for answer in asked.answers if isinstance(answer, IssuerAnswer)]
    told = report_html(result, replace(asked, answers=(replace(issuer, paths=result.paths - 1),)))
    assert f"These figures rest on the first {result.paths - 1:,} of the paths." in tree(told).text
    assert "These figures rest on the first" not in tree(page_of("all desks")).text


def test_no_colour_is_named_that_dark_mode_turns_round():
    for kind in ("biren", "all desks"):
        assert "black" not in sections_of(tree(page_of(kind)), "close").text


def test_a_run_that_kept_nothing_asks_no_desk():
    assert "Not asked here: the subscriber, the stabilising manager, the issuer" in page_of("nothing kept")


def sections_of(root: Node, name: str) -> Node:
    (found,) = [node for node in root.all("section") if node.attributes.get("id") == name]
    return found


def test_theme_heat_without_weight_says_that_it_moves_nothing():
    assert "does not move this forecast" in sections_of(tree(page_of("biren")), "heat").text
    assert "with a weight of 0.50" in sections_of(tree(page_of("peers")), "heat").text
    assert "No peers were given" in sections_of(tree(page_of("after allotment")), "heat").text
