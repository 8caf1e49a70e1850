"""Helpers of the what-if page's tests: the made-up deal as a file, and a client inside this process."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from small_deals import DEAL, small_market

PORT = 8406
HOME = f"http://127.0.0.1:{PORT}"
PATHS = 2_000

Client = Callable[..., httpx.Response]


def write_deal(folder: Path, **changes: Any) -> Path:
    """Write the made-up deal and its market file, and return the scenario's file."""
    market = small_market().model_dump(mode="json")
    (folder / "market.yaml").write_text(json.dumps(market), encoding="utf-8")
    file = folder / "deal.yaml"
    file.write_text(json.dumps({**DEAL, "market": "./market.yaml", **changes}), encoding="utf-8")
    return file


def client_of(app: Any) -> Client:
    """Return a function that sends one request to an application."""

    def send(method: str, path: str, **options: Any) -> httpx.Response:
        async def once() -> httpx.Response:
            transport = httpx.ASGITransport(app=app)
            async with httpx.AsyncClient(transport=transport, base_url=HOME) as client:
                return await client.request(method, path, **options)

        return asyncio.run(once())

    return send
