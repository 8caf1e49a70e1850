"""Chromium, driven where it is installed."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from explore_pages import BIREN, Server, Watched, explore

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A browser with a fresh profile."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed: make test-browser"
    )
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("there is no chromium on this machine")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def biren() -> Iterator[Server]:
    """The page of the shipped deal at its usual 20,000 paths."""
    with explore(BIREN) as server:
        yield server


@pytest.fixture
def watch(chromium) -> Iterator[Callable[..., Watched]]:
    """Open pages that must end without an error on their console; a test may clear the errors that it expects."""
    contexts, pages = [], []

    def opened(width: int = 1280, height: int = 900, **options: Any) -> Watched:
        context = chromium.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        pages.append(Watched(context.new_page()))
        return pages[-1]

    yield opened
    errors = [error for page in pages for error in page.errors]
    for context in contexts:
        context.close()
    assert errors == []
