"""From a moved slider to the redrawn page, measured in the browser: ``python benchmarks/explore_page.py``.

Needs Chromium and ``pip install "firstday[browser]"``. The page itself notes the time from the input event to the
frame after the redraw (``performance.measure``). Three ways to move: one step at a time with a pause after each, long
enough that nothing else runs; one step once the desks have begun to be asked again; and a fast drag.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

BIREN = Path(__file__).resolve().parents[1] / "configs" / "biren_06082.yaml"
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
SLIDER = '[data-name="observed.public_coverage"] input[type="range"]'
MOVES = 40
PAUSE_MS, DESKS_MS = 300, 700


def measured(page: Any) -> list[float]:
    """Take the times noted since the last call, milliseconds."""
    found = page.evaluate("performance.getEntriesByName('moved to drawn').map((each) => each.duration)")
    page.evaluate("performance.clearMeasures()")
    return list(found)


def stepped(page: Any, pause: int) -> list[float]:
    """Move by keyboard, back and forth, with a pause after each step."""
    page.locator(SLIDER).focus()
    for at in range(MOVES):
        page.keyboard.press("ArrowLeft" if at % 20 < 10 else "ArrowRight")
        page.wait_for_timeout(pause)
    return measured(page)


def dragged(page: Any) -> list[float]:
    """Drag to and fro, an event every 16 ms as a hand makes them."""
    box = page.locator(SLIDER).bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.8, y)
    page.mouse.down()
    for at in range(200):
        share = 0.8 - 0.5 * abs((at % 100) - 50) / 50
        page.mouse.move(box["x"] + box["width"] * share, y)
        page.wait_for_timeout(16)
    page.mouse.up()
    page.wait_for_timeout(1_000)
    return measured(page)


def desks(page: Any) -> float:
    """Time from a step to the last desk's answer, milliseconds."""
    page.locator(SLIDER).focus()
    page.keyboard.press("ArrowLeft")
    started = page.evaluate("performance.now()")
    statuses = "[...document.querySelectorAll('.desk .status')]"
    page.wait_for_function(f"() => {statuses}.some((each) => each.textContent !== '')", timeout=10_000)
    done = f"() => {statuses}.length > 0 && {statuses}.every((each) => each.textContent === '')"
    page.wait_for_function(done, timeout=60_000)
    return float(page.evaluate("performance.now()") - started)


def told(name: str, times: list[float]) -> None:
    """Print one line."""
    ordered = sorted(times)
    late = ordered[round(0.9 * (len(ordered) - 1))]
    middle = statistics.median(ordered)
    print(
        f"{name:30s} {len(ordered):3d} redraws  least {ordered[0]:.0f} ms  median {middle:.0f} ms  90% {late:.0f} ms"
    )


def main() -> None:
    """Serve, drive, measure, print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--scenario", type=Path, default=BIREN)
    options.add_argument("--paths", type=int, default=20_000)
    given = options.parse_args()
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        raise SystemExit("there is no chromium on this machine")
    command = [sys.executable, "-m", "sim", "explore", str(given.scenario), "--paths", str(given.paths)]
    with subprocess.Popen(
        [*command, "--no-browser", "--port", "0"], stderr=subprocess.PIPE, text=True
    ) as server:
        try:
            address = next(filter(None, (re.search(r"http://\S+", line) for line in server.stderr)))[0]
            with sync_playwright() as driver:
                browser = driver.chromium.launch(executable_path=program, args=FLAGS.split())
                page = browser.new_page(viewport={"width": 1280, "height": 900})
                page.goto(address)
                page.wait_for_selector(".bar")
                desks(page)
                measured(page)
                print(f"{given.scenario.name}, {given.paths:,} paths; load average {os.getloadavg()[0]:.1f}")
                told("a step, then a pause", stepped(page, PAUSE_MS))
                told("a step while desks are asked", stepped(page, DESKS_MS))
                told("a drag", dragged(page))
                waits = [desks(page) for _ in range(5)]
                print(
                    f"all four desks after a step: least {min(waits) / 1000:.1f} s, most {max(waits) / 1000:.1f} s"
                )
                browser.close()
        finally:
            server.terminate()


if __name__ == "__main__":
    main()
