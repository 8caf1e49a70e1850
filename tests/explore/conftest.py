"""The made-up deal as the what-if page serves it, and who asks for it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from explore_client import HOME, PATHS, PORT, Client, client_of, write_deal

from sim.explore.deal import Deal, load_deal
from sim.explore.guard import authorities
from sim.explore.server import explore_app


@pytest.fixture(scope="session")
def small(tmp_path_factory) -> Deal:
    """The made-up deal, loaded."""
    return load_deal(write_deal(tmp_path_factory.mktemp("small")), PATHS)


@pytest.fixture
def question(small) -> dict[str, Any]:
    """A sound question about it."""
    return {"deal": small.identity, "tab": "a1", "ask": "close", "step": None, "values": {}}


@pytest.fixture(scope="session")
def app(small) -> Any:
    """The application, with the answers of the real simulator."""
    return explore_app(small, authorities("127.0.0.1", PORT))


@pytest.fixture
def client(app) -> Client:
    """Send a request as the page does, with its origin."""
    send = client_of(app)

    def asked(method: str, path: str, **options: Any) -> httpx.Response:
        usual = {"origin": HOME, "sec-fetch-site": "same-origin"}
        return send(method, path, headers={**usual, **options.pop("headers", {})}, **options)

    return asked
