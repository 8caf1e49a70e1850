"""Pictures: the same bytes, nothing overlapping, nothing lost, whatever the run."""

from __future__ import annotations

import hashlib
import itertools
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.text import Text
from numpy.typing import NDArray
from PIL import Image

from sim.report import distribution, style
from sim.report.fan import fan_figure
from sim.report.fan_shape import has_fan
from sim.report.histogram import histogram_figure
from sim.report.labels import spread
from sim.report.layout import printable
from sim.report.plots import draw_run

# Loads the made-up runs in a fresh interpreter, under settings of a user who likes another look.
_OTHER_PROCESS = """
import sys
from pathlib import Path
import matplotlib
matplotlib.rcParams.update({"font.size": 30, "axes.facecolor": "red", "svg.hashsalt": None})
sys.path.insert(0, sys.argv[1])
from made_up_runs import run_called
from sim.report.plots import draw_run
draw_run(run_called(sys.argv[2]), Path(sys.argv[3]))
assert matplotlib.rcParams["font.size"] == 30
assert "matplotlib.pyplot" not in sys.modules
"""


def digests(files: tuple[Path, ...]) -> dict[str, str]:
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def figures(run: Any) -> list[Figure]:
    return [histogram_figure(run)] + ([fan_figure(run)] if has_fan(run) else [])


def visible_texts(figure: Figure) -> list[Text]:
    """Texts as drawn, tick labels outside the limits of their axis left out."""
    with style.house_style():
        figure.canvas.draw()
    texts = []
    for text in figure.findobj(Text):
        assert isinstance(text, Text)
        if not text.get_text().strip() or not text.get_visible():
            continue
        texts.append(text)
    hidden = set()
    for axes in figure.findobj(matplotlib.axes.Axes):
        for axis in (axes.xaxis, axes.yaxis):
            shown = set(axis.get_ticklabels())
            low, high = sorted(axis.get_view_interval())
            room = 1e-9 * (high - low)
            for tick in axis.get_major_ticks() + axis.get_minor_ticks():
                inside = low - room <= tick.get_loc() <= high + room
                hidden |= {
                    label
                    for label in (tick.label1, tick.label2)
                    if not (inside and (label in shown or label.get_visible()))
                }
    return [text for text in texts if text not in hidden]


def test_two_calls_and_another_process_write_the_same_bytes(biren: Any, tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("one", "two", "other")]
    for folder in folders:
        folder.mkdir()
    first, second = draw_run(biren, folders[0]), draw_run(biren, folders[1])
    assert [file.name for file in first] == ["histogram.png", "histogram.svg", "fan.png", "fan.svg"]
    made_up = Path(__file__).parent
    subprocess.run(
        [sys.executable, "-c", _OTHER_PROCESS, str(made_up), "biren", str(folders[2])],
        check=True,
        timeout=120,
    )
    other = tuple(folders[2] / file.name for file in first)
    assert digests(first) == digests(second) == digests(other)


def test_another_run_draws_another_picture(make: Callable[[str], Any], tmp_path: Path) -> None:
    seen = set()
    for name in ("biren", "cold"):
        folder = tmp_path / name
        folder.mkdir()
        seen |= set(digests(draw_run(make(name), folder)).values())
    assert len(seen) == 8


def test_files_carry_no_date_and_a_description(biren: Any, tmp_path: Path) -> None:
    for file in draw_run(biren, tmp_path):
        content = file.read_bytes()
        assert b"dc:date" not in content
        assert str(tmp_path).encode() not in content
    with Image.open(tmp_path / "histogram.png") as picture:
        assert "below the offer price" in picture.info["Description"]


def test_no_text_overlaps_another_or_leaves_the_page(any_run: Any) -> None:
    for figure in figures(any_run):
        texts = visible_texts(figure)
        boxes = [text.get_window_extent() for text in texts]
        for text, box in zip(texts, boxes, strict=True):
            assert box.x0 >= 0.0, text
            assert box.y0 >= 0.0, text
            assert box.x1 <= figure.bbox.x1, text
            assert box.y1 <= figure.bbox.y1, text
        for (one, first), (two, second) in itertools.combinations(zip(texts, boxes, strict=True), 2):
            apart = (
                first.x1 <= second.x0
                or second.x1 <= first.x0
                or first.y1 <= second.y0
                or second.y1 <= first.y0
            )
            assert apart, f"{one.get_text()!r} runs into {two.get_text()!r}"


def test_the_overlap_test_can_fail(biren: Any) -> None:
    figure = histogram_figure(biren)
    texts = visible_texts(figure)
    assert len(texts) > 30
    target = next(text for text in texts if text.get_text().startswith("median"))
    twin = figure.text(*target.get_transform().transform(target.get_position()) / figure.bbox.size, "median")
    boxes = [text.get_window_extent() for text in (target, twin)]
    assert boxes[0].overlaps(boxes[1])


def test_extreme_runs_are_drawn_and_say_what_they_leave_out(any_run: Any, tmp_path: Path) -> None:
    files = draw_run(any_run, tmp_path)
    assert all(file.stat().st_size > 3_000 for file in files)
    assert len(files) == (4 if has_fan(any_run) else 2)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("biren", "exactly at offer 3.1%"),
        ("biren", "offer price HK$19.60"),
        ("cold", "exactly at offer 44.8%"),
        ("launch", "12.3% ± 0.1% of the paths are withdrawn"),
        ("star", "offer price RMB 114.28"),
        ("all_at_offer", "100% exactly at it"),
        ("all_withdrawn", "No path lists"),
        ("huge_tail", "of the closes lie above"),
        ("huge_tail", "(interrupted)"),
        ("long_name", "Advanced Semiconductor"),
    ],
)
def test_the_histogram_says(make: Callable[[str], Any], name: str, words: str) -> None:
    said = " ".join(text.get_text() for text in visible_texts(histogram_figure(make(name))))
    assert words in said


def test_every_panel_shades_the_middle_80_percent_of_its_own_price(biren: Any) -> None:
    figure = histogram_figure(biren)
    bands = []
    for panel in figure.axes:
        for patch in panel.patches:
            if matplotlib.colors.to_hex(patch.get_facecolor()) == style.BAND:
                box = patch.get_path().get_extents(patch.get_patch_transform())
                bands.append((box.x0, box.x1))
    wanted = []
    for quantity in ("close", "open", "high", "low"):
        quantiles = biren.summary["returns"][quantity]["quantiles"]
        wanted.append((quantiles["0.1"], quantiles["0.9"]))
    np.testing.assert_allclose(bands, wanted)


def test_bars_and_atom_hold_the_shares_of_the_paths(biren: Any) -> None:
    """Areas of the bars of the close, by colour, are the shares below, at and above the offer price."""
    panel = histogram_figure(biren).axes[0]
    low, high = panel.get_xlim()
    areas = []
    for collection in panel.collections:
        corners = np.array([path.vertices[:4] for path in collection.get_paths()])
        areas.append(float(((corners[:, 2, 0] - corners[:, 1, 0]) * corners[:, 1, 1]).sum()))
    width = np.median(corners[:, 2, 0] - corners[:, 1, 0])
    closes = distribution.shares(biren.histograms["close"])
    under, over = distribution.share_between(biren.histograms["close"], low, high)
    np.testing.assert_allclose(
        np.array(areas) / width, [closes.below - under, closes.above - over], atol=1e-9
    )
    atom = max(
        patch.get_height()
        for patch in panel.patches
        if matplotlib.colors.to_hex(patch.get_facecolor()) == style.AT_OFFER
    )
    assert atom == pytest.approx(closes.at_offer)


def test_titles_begin_with_the_number(make: Callable[[str], Any]) -> None:
    for name in ("biren", "cold", "star", "collapse", "launch"):
        for figure in figures(make(name)):
            title = max(visible_texts(figure), key=lambda text: text.get_fontsize())
            assert title.get_text()[0] in "+−0123456789"


def test_support_is_drawn_only_where_shares_are_over_allotted(make: Callable[[str], Any]) -> None:
    def said(name: str) -> str:
        return " ".join(text.get_text() for text in visible_texts(fan_figure(make(name))))

    assert "the stabilising manager may buy" in said("biren")
    assert "42.7m" in said("biren")
    assert "the stabilising manager may buy" not in said("star")
    assert "No shares are over-allotted" in said("star")


def test_the_lunch_break_takes_little_room(biren: Any) -> None:
    panel = fan_figure(biren).axes[0]
    low, high = panel.get_xlim()
    # 330 minutes of trading and 16 for the break of 60.
    assert high - low == pytest.approx(346.0)


@pytest.mark.parametrize(
    "clock",
    [
        np.concatenate((np.arange(570.0, 720.0), np.arange(780.0, 960.0))),
        np.concatenate((np.arange(570.0, 721.0), np.arange(781.0, 961.0))),
        np.concatenate((np.arange(570.0, 721.0, 5.0), np.arange(785.0, 961.0, 5.0), [968.0])),
    ],
    ids=["starts of minutes", "ends of minutes", "every five minutes and the auction"],
)
def test_the_break_is_named_by_its_hours(biren: Any, clock: NDArray[np.float64]) -> None:
    minutes = clock - 570.0 - np.where(clock >= 780.0, 60.0, 0.0)
    returns = np.repeat(biren.fan.log_returns[:, :1], clock.size, axis=1)
    run = replace(biren, fan=replace(biren.fan, clock=clock, minutes=minutes, log_returns=returns))
    said = [text.get_text() for text in visible_texts(fan_figure(run))]
    assert "12:00–13:00" in said
    assert said.count("lunch break") == 1


def test_the_three_colours_differ_in_grey() -> None:
    def lightness(colour: str) -> float:
        red, green, blue = matplotlib.colors.to_rgb(colour)
        return 0.299 * red + 0.587 * green + 0.114 * blue

    for colours in (
        (style.AT_OFFER, style.BELOW, style.ABOVE, style.BAND),
        (style.FAN_MEDIAN, *style.FAN[::-1]),
    ):
        steps = np.diff([lightness(colour) for colour in colours])
        assert np.all(steps > 0.12)


@given(
    st.lists(st.floats(-5.0, 5.0), min_size=1, max_size=8).map(sorted),
    st.floats(0.05, 0.5),
)
def test_spread_labels_keep_apart_and_in_order(wanted: list[float], distance: float) -> None:
    places = spread(np.array(wanted), distance, -5.0, 5.0)
    assert np.all(np.diff(places) >= distance - 1e-9)
    assert places[0] >= -5.0 - 1e-9
    assert places[-1] <= 5.0 + 1e-9


def test_labels_with_room_stay_where_they_are() -> None:
    wanted = np.array([0.0, 1.0, 2.5])
    np.testing.assert_allclose(spread(wanted, 0.5, -1.0, 4.0), wanted)


def test_names_lose_only_what_the_font_cannot_draw() -> None:
    assert printable("Biren (壁仞科技)", "06082") == "Biren"
    assert printable("壁仞科技", "06082") == "06082"
    assert printable("Société Générale", "x") == "Société Générale"
