"""The what-if page in Chromium: its numbers are those of ``firstday run``, and nothing that is typed surprises it."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from explore_pages import BIREN, explore

from sim.explore.deal import load_deal
from sim.explore.export import write_page

COVERAGE, PRICE, STONES = "observed.public_coverage", "offer.price", "cornerstones.amount_hkd"
ELASTICITY, GREY, HEAT = "market.demand.elasticity", "observed.grey_return", "market_heat"
FOCUSED = """(() => {
  const at = document.activeElement, control = at.closest("[data-name]");
  return control === null ? at.id : control.dataset.name;
})()"""
NAMELESS = """[...document.querySelectorAll("input, button")].filter(
  (each) => !each.labels?.length && !each.getAttribute("aria-label") && !each.textContent).length"""
CLIPPED = """[...document.querySelectorAll("#chart text")].filter((each) => {
  const box = each.getBoundingClientRect();
  return box.left < -0.5 || box.right > window.innerWidth + 0.5;
}).length"""
LISTENS = "document.getElementById('status').classList.contains('busy') === false"


def control(page: Any, name: str) -> Any:
    return page.locator(f'[data-name="{name}"]')


def typed(page: Any, name: str, text: str) -> None:
    control(page, name).locator('input[type="text"]').fill(text)


def settled(page: Any) -> str:
    """Wait until a picture has been the same for a while, and return its sentence."""
    before = None
    for _ in range(100):
        now = page.inner_text("#sentence") + page.inner_text("#run") + page.inner_text("#chances")
        if now == before and page.evaluate(LISTENS):
            return str(page.inner_text("#sentence"))
        before = now
        page.wait_for_timeout(300)
    raise AssertionError("the page does not settle")


def moved_to(page: Any, name: str, text: str) -> str:
    """Type a value and wait for another picture."""
    before = page.inner_text("#files")
    typed(page, name, text)
    page.wait_for_function("before => document.getElementById('files').innerText !== before", arg=before)
    return settled(page)


def run_of_files(page: Any, folder: Path) -> dict[str, Any]:
    """Save the files that the page shows as it says, run the scenario, and return the summary."""
    for part in page.locator(".file").all():
        (folder / part.locator("h3").inner_text()).write_text(
            part.locator("pre").text_content(), encoding="utf-8"
        )
    scenario = folder / page.locator(".file h3").first.inner_text()
    command = [
        sys.executable,
        "-m",
        "sim",
        "run",
        str(scenario),
        "--paths",
        "20000",
        "--out",
        str(folder / "run"),
        "--json",
    ]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    summary: dict[str, Any] = json.loads(ended.stdout)
    return summary


def shown_summary(page: Any) -> dict[str, Any]:
    summary: dict[str, Any] = page.evaluate("window.whatIf.shown.summary")
    return summary


def test_a_slider_moves_the_numbers_to_those_of_a_run(biren, watch, tmp_path):
    page = watch().open(biren.address)
    before = settled(page)
    assert "+33%" in before
    control(page, COVERAGE).locator('input[type="range"]').focus()
    for _ in range(12):
        page.keyboard.press("ArrowLeft")
    after = settled(page)
    assert after != before
    assert shown_summary(page) == run_of_files(page, tmp_path)
    assert page.locator("#chances dd").first.inner_text() != ""


def test_every_control_moved_is_still_a_run(biren, watch, tmp_path):
    page = watch().open(biren.address)
    settled(page)
    for name, text in (
        (PRICE, "18.44"),
        (STONES, "1,234.5"),
        ("over_allotment.fraction", "7.3"),
        (COVERAGE, "812"),
        ("observed.placing_coverage", "9.9"),
        (ELASTICITY, "3.7"),
    ):
        moved_to(page, name, text)
    control(page, GREY).locator('input[type="checkbox"]').check()
    control(page, HEAT).locator('input[type="checkbox"]').check()
    typed(page, GREY, "12.5%")
    typed(page, HEAT, "0.05")
    settled(page)
    assert page.locator(".file").count() == 2
    summary = run_of_files(page, tmp_path)
    assert summary["stage"] == "t2"
    assert shown_summary(page) == summary


def test_the_desks_follow(biren, watch):
    page = watch().open(biren.address)
    settled(page)
    moved_to(page, COVERAGE, "60")
    page.wait_for_function(
        "() => [...document.querySelectorAll('.desk .status')].every(each => each.textContent === '')",
        timeout=60_000,
    )
    assert page.locator(".desk").count() == 4
    issuer = page.locator('[data-desk="issuer"]').inner_text()
    asked = page.evaluate(
        "window.whatIf.source.ask({ask: 'issuer', step: null, values: {'observed.public_coverage': 60}})"
    )
    assert asked["sentence"] in issuer


def test_a_desk_that_no_longer_applies_is_asked_no_more(biren, watch):
    page = watch().open(biren.address)
    settled(page)
    # Two answers close together, the second without a greenshoe: the first one's desks are about to be asked.
    page.evaluate("""() => {
      const { desks } = window.whatIf;
      desks.asked = "";
      desks.ask(["stabiliser", "issuer"]);
      desks.ask(["issuer"]);
    }""")
    page.wait_for_timeout(500)
    statuses = "[...document.querySelectorAll('.desk .status')]"
    page.wait_for_function(f"() => {statuses}.every((each) => each.textContent === '')", timeout=60_000)
    page.wait_for_timeout(2_000)
    assert page.locator(".desk").count() == 1


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (STONES, "99999", "the cornerstones take"),
        (PRICE, "25", "above the top of the range"),
        (PRICE, "-3", "more than 0"),
        (PRICE, "0", "more than 0"),
        ("over_allotment.fraction", "80", "above the limit"),
        ("over_allotment.fraction", "80", "80% is 0.8 in the scenario: "),
        (COVERAGE, "1e300", "at most"),
        (ELASTICITY, "0.0001", "outside what the page simulates"),
        (COVERAGE, "many", "no number"),
        (COVERAGE, "<img src=x onerror=alert(1)>", "no number"),
        (COVERAGE, "NaN", "no number"),
        (COVERAGE, "1e999", "no number"),
        (COVERAGE, "", "Empty"),
        (COVERAGE, "   ", "Empty"),
        (COVERAGE, "12..5", "no number"),
    ],
)
def test_what_does_not_fit_is_said_beside_the_field(biren, watch, name, text, said):
    page = watch().open(biren.address)
    before = settled(page)
    typed(page, name, text)
    fault = control(page, name).locator(".fault")
    fault.wait_for(state="visible")
    assert said in fault.inner_text()
    assert control(page, name).locator('input[type="text"]').get_attribute("aria-invalid") == "true"
    # The last good picture stays, and a good value brings the page back.
    assert settled(page) == before
    page.click("#reset")
    fault.wait_for(state="hidden")
    assert settled(page) == before


def test_fast_drags_end_at_the_value_let_go_at(biren, watch, tmp_path):
    page = watch().open(biren.address)
    settled(page)
    slider = control(page, COVERAGE).locator('input[type="range"]')
    box = slider.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + box["height"] / 2)
    page.mouse.down()
    for at in range(120):
        share = 0.8 - 0.5 * abs((at % 60) - 30) / 30
        page.mouse.move(box["x"] + box["width"] * share, box["y"] + box["height"] / 2)
    axis = page.evaluate("window.whatIf.chart.axis")
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] / 2, steps=5)
    assert page.evaluate("window.whatIf.chart.axis") == axis
    page.mouse.up()
    settled(page)
    shown = float(control(page, COVERAGE).locator('input[type="text"]').input_value())
    assert f"public_coverage: {shown:g}" in page.inner_text("#files")
    assert shown_summary(page) == run_of_files(page, tmp_path)


def test_a_link_brings_the_values_back(biren, watch):
    page = watch().open(biren.address)
    settled(page)
    moved_to(page, PRICE, "18.2")
    sentence = moved_to(page, COVERAGE, "77")
    page.keyboard.press("Tab")
    link = page.input_value("#link")
    assert link.endswith(f"#{PRICE}=18.2&{COVERAGE}=77")
    other = watch().open(link)
    assert settled(other) == sentence
    assert other.input_value("#link") == link
    page.reload()
    assert settled(page) == sentence


def test_back_and_forward_walk_through_the_values(biren, watch):
    page = watch().open(biren.address)
    start = settled(page)
    first = moved_to(page, COVERAGE, "500")
    page.keyboard.press("Tab")
    second = moved_to(page, COVERAGE, "50")
    page.keyboard.press("Tab")
    settled(page)
    for go, expected in (("back", first), ("back", start), ("forward", first), ("forward", second)):
        page.evaluate(f"history.{go}()")
        page.wait_for_function("text => document.getElementById('sentence').innerText === text", arg=expected)
    page.evaluate("history.back()")
    settled(page)
    assert control(page, COVERAGE).locator('input[type="text"]').input_value() == "500"


@pytest.mark.parametrize(
    ("fragment", "said"),
    [
        ("offer.price=abc", "holds no number"),
        ("no.such=1", "is no control"),
        ("offer.price=%3Cscript%3E", "holds no number"),
        ("over_allotment.fraction=unknown", "holds no number"),
        ("a&b&c=&=", "is no control"),
    ],
)
def test_a_link_that_is_no_link_says_so(biren, watch, fragment, said):
    page = watch().open(f"{biren.address}#{fragment}")
    page.wait_for_selector("#trouble:not([hidden])")
    assert said in page.inner_text("#trouble")
    assert "+33%" in settled(page)
    assert said in page.inner_text("#trouble")


def test_a_link_to_what_does_not_fit_says_so_beside_the_field(biren, watch):
    page = watch().open(f"{biren.address}#offer.price=99")
    fault = control(page, PRICE).locator(".fault")
    fault.wait_for(state="visible")
    assert "above the top of the range" in fault.inner_text()
    assert "+33%" in settled(page)


def test_the_keyboard_reaches_everything(biren, watch):
    page = watch().open(biren.address)
    settled(page)
    seen = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        seen.add(page.evaluate(FOCUSED))
    assert {PRICE, STONES, COVERAGE, ELASTICITY, "reset", "link", "copy-link"} <= seen
    assert page.evaluate(NAMELESS) == 0


def test_leaving_a_field_out_is_a_run_too(biren, watch, tmp_path):
    page = watch().open(biren.address)
    settled(page)
    control(page, COVERAGE).locator('input[type="checkbox"]').uncheck()
    settled(page)
    assert control(page, COVERAGE).locator('input[type="range"]').is_disabled()
    assert shown_summary(page) == run_of_files(page, tmp_path)
    control(page, COVERAGE).locator('input[type="checkbox"]').check()
    assert "+33%" in settled(page)


def test_the_page_outlives_its_server(watch):
    watched = watch()
    with explore(BIREN, "--paths", "500") as server:
        port = server.port
        page = watched.open(server.address)
        before = settled(page)
        server.stop()
        typed(page, COVERAGE, "40")
        page.wait_for_selector("#trouble:not([hidden])")
        assert "does not answer" in page.inner_text("#trouble")
        assert page.inner_text("#sentence") == before
    with explore(BIREN, "--paths", "500", port=port):
        page.wait_for_selector("#trouble", state="hidden", timeout=20_000)
        assert settled(page) != before
        # Chromium itself notes each request that found no server.
        assert all("ERR_CONNECTION_REFUSED" in error or "ERR_" in error for error in watched.errors)
        watched.errors.clear()
    with explore(BIREN, "--paths", "600", port=port):
        typed(page, COVERAGE, "41")
        page.wait_for_selector("#trouble button", timeout=20_000)
        assert "another deal" in page.inner_text("#trouble")
        with page.expect_navigation():
            page.click("#trouble button")
        page.wait_for_function("() => document.getElementById('run').textContent.startsWith('600 paths')")
        watched.errors.clear()


def test_two_tabs_do_not_disturb_each_other(biren, watch):
    first, second = watch().open(biren.address), watch().open(biren.address)
    for at in range(8):
        typed(first, COVERAGE, f"{100 + at}")
        typed(second, COVERAGE, f"{900 + at}")
    one, other = settled(first), settled(second)
    assert one != other
    assert control(first, COVERAGE).locator('input[type="text"]').input_value() == "107"
    assert "public_coverage: 107" in first.inner_text("#files")
    assert "public_coverage: 907" in second.inner_text("#files")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 768, 1280, 1920])
def test_no_width_scrolls_sideways(biren, watch, width, scheme):
    page = watch(width, 844, color_scheme=scheme).open(biren.address)
    settled(page)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.evaluate(CLIPPED) == 0


def test_a_name_is_shown_and_never_run(tmp_path, watch):
    name = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    file = tmp_path / "deal.yaml"
    file.write_text(
        BIREN.read_text(encoding="utf-8").replace("name: Biren Technology", f"name: '{name}'"),
        encoding="utf-8",
    )
    watched = watch()
    watched.page.on("dialog", lambda dialog: watched.errors.append(f"dialog {dialog.message}"))
    with explore(file, "--paths", "300") as server:
        page = watched.open(server.address)
        settled(page)
        assert page.inner_text("#name") == name
        assert page.locator("main img").count() == 0


def test_the_file_works_without_a_server(tmp_path, watch):
    deal = load_deal(BIREN, 300)
    few = tuple(each for each in deal.controls if each.name in (PRICE, COVERAGE))
    file = tmp_path / "what if.html"
    write_page(replace(deal, controls=few), file)
    watched = watch(offline=True)
    page = watched.open(file.as_uri())
    before = settled(page)
    assert "nothing is interpolated" in page.inner_text("#grid-note")
    slider = control(page, COVERAGE).locator('input[type="range"]')
    slider.focus()
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
    after = settled(page)
    assert after != before
    assert page.locator(".desk").count() == 4
    # One slider moves at a time.
    price = control(page, PRICE)
    price.locator('input[type="range"]').focus()
    page.keyboard.press("ArrowLeft")
    settled(page)
    assert control(page, COVERAGE).locator('input[type="text"]').input_value() == "2347.53"
    assert price.locator('input[type="text"]').get_attribute("readonly") is not None
    link = page.url
    page.reload()
    settled(page)
    assert page.url == link
    assert price.locator('input[type="text"]').input_value() != "19.6"
