"""Colours that can be read in both themes and on paper, and pictures that stay inside their frame."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from web_runs import KINDS, page_of, tree

from sim.report.web import page
from sim.report.web.svg import text_width

PAIRS = [(ink, ground) for ink in ("ink", "quiet", "accent", "below") for ground in ("ground", "raised")]
PAIRS += [("warn-ink", "warn-ground"), ("ground", "accent")]
"""Text and the ground that it may stand on."""


def themes() -> dict[str, dict[str, str]]:
    """Tokens of each theme, as the page's style sheet leaves them."""
    (style,) = tree(page_of("biren")).all("style")
    names = {"": "light", "@media (prefers-color-scheme: dark) {": "dark", "@media print {": "print"}
    blocks = re.findall(r"(@media [^{]*\{)?\s*:root \{([^}]*)\}", style.text)
    told = {names[media]: dict(re.findall(r"--([\w-]+): (#\w{6})", body)) for media, body in blocks}
    return {name: {**told["light"], **tokens} for name, tokens in told.items()}


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = (int(colour[at : at + 2], 16) / 255.0 for at in (1, 3, 5))
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_measure_of_contrast_is_that_of_the_guidelines():
    assert contrast("#ffffff", "#000000") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_all_three_themes_are_there_and_paper_is_light():
    told = themes()
    assert set(told) == {"light", "dark", "print"}
    assert told["print"] == told["light"]
    assert told["dark"]["ground"] != told["light"]["ground"]


def test_paper_shows_what_a_summary_hides():
    own = (Path(page.__file__).parent / "report.css").read_text(encoding="utf-8")
    printed = own[own.index("@media print") :]
    assert re.search(r"details::details-content \{[^}]*content-visibility: visible", printed)
    assert not re.search(r"\b(details|summary|pre)\s*[,{][^}]*display: none", printed)
    assert re.search(r"pre \{[^}]*max-height: none", printed)


@pytest.mark.parametrize("theme", ["light", "dark", "print"])
@pytest.mark.parametrize(("ink", "ground"), PAIRS)
def test_text_can_be_read(theme, ink, ground):
    """WCAG AA for text of any size: 4.5 to 1."""
    tokens = themes()[theme]
    assert contrast(tokens[ink], tokens[ground]) >= 4.5


def test_every_colour_is_a_token():
    """Dark mode and paper reach whatever is coloured."""
    (style,) = tree(page_of("biren")).all("style")
    rules = style.text[style.text.index("/* The report of a run") :]
    assert not re.search(r"#[0-9a-f]{3,8}\b(?!;? \}?\s*$)", rules.replace("background: #fff;", ""))
    used = set(re.findall(r"var\(--([\w-]+)\)", rules))
    assert used <= set(re.findall(r"--([\w-]+):", style.text))
    fills = [
        node for svg in tree(page_of("biren")).all("svg") for node in svg.all() if "fill" in node.attributes
    ]
    assert fills == []


def test_every_class_of_a_picture_has_its_rule():
    """A misspelled class would be drawn black."""
    (style,) = tree(page_of("biren")).all("style")
    for kind in ("biren", "launch", "peers"):
        for svg in tree(page_of(kind)).all("svg"):
            names = {name for node in svg.all() for name in node.attributes.get("class", "").split()}
            assert not [name for name in names if f".{name}" not in style.text]


@pytest.mark.parametrize("kind", KINDS)
def test_pictures_stay_inside_their_frame(kind):
    """No shape and no start or end of a text lies outside; both widths are there."""
    for svg in tree(page_of(kind)).all("svg"):
        _, _, width, height = map(float, svg.attributes["viewbox"].split())
        assert width in (720.0, 358.0)
        for node in svg.all("line", "rect", "text"):
            for name in ("x", "x1", "x2"):
                assert -0.5 <= float(node.attributes.get(name, "0")) <= width + 0.5, node
            for name in ("y", "y1", "y2"):
                assert -0.5 <= float(node.attributes.get(name, "0")) <= height + 0.5, node
        for node in svg.all("rect"):
            assert float(node.attributes["x"]) + float(node.attributes["width"]) <= width + 0.5
            assert float(node.attributes["y"]) + float(node.attributes["height"]) <= height + 0.5
        for node in svg.all("path"):
            points = node.attributes["d"].strip("MZ").split("L")
            x, y = zip(*(map(float, point.split()) for point in points), strict=True)
            assert min(*x, *y) >= -0.5
            assert max(x) <= width + 0.5
            assert max(y) <= height + 0.5
        for node in svg.all("text"):
            anchor = node.attributes.get("text-anchor", "start")
            share = {"start": 0.0, "middle": 0.5, "end": 1.0}[anchor]
            start = float(node.attributes["x"]) - share * text_width(node.text)
            assert start >= -3.0, node.text
            parts = node.all("tspan")
            lines = (
                [part.text for part in parts]
                if any("dy" in part.attributes for part in parts)
                else [node.text]
            )
            assert all(start + text_width(each) <= width + 3.0 for each in lines), node.text


def test_the_style_sheet_holds_no_dead_end():
    assert "</" not in page._style()
