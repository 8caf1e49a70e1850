"""Connections that dawdle are closed, so that those who finish their requests are answered."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from sim.explore import patience

PLACES = 3
ASKED = b"GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n"
DAWDLERS = [
    b"",
    b"GET / HTTP/1.1\r\nX-Slow: ",
    ASKED.replace(b"Connection: close\r\n", b"") + b"GET / HT",
    b"GET / HTTP/1.1\r\nHost: here\r\nContent-Length: 9999\r\n\r\nsome",
]


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """A tenth of a second and a bit is what anybody gets."""
    monkeypatch.setattr(patience, "HEAD_SECONDS", 0.15)
    monkeypatch.setattr(patience, "READ_SECONDS", 0.15)


async def answer(_: Any, __: Any, send: Any) -> None:
    """Answer at once."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


async def answer_late(scope: Any, receive: Any, send: Any) -> None:
    """Answer after three times what a request may take."""
    await asyncio.sleep(0.45)
    await answer(scope, receive, send)


async def answer_much(_: Any, __: Any, send: Any) -> None:
    """Answer with more than a system keeps for a reader."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _piece in range(64):
        await send({"type": "http.response.body", "body": bytes(1_000_000), "more_body": True})


def served(app: Any, told: Callable[[int, ServerState], Awaitable[None]]) -> None:
    """Serve an application while a test talks to its port."""

    async def all_of_it() -> None:
        config = uvicorn.Config(
            app, lifespan="off", log_config=None, limit_concurrency=PLACES + 1, timeout_keep_alive=1
        )
        config.load()
        state = ServerState()
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: patience.Impatient(config, state, {}), "127.0.0.1", 0)
        try:
            async with asyncio.timeout(20):
                await told(server.sockets[0].getsockname()[1], state)
        finally:
            server.close()

    asyncio.run(all_of_it())


async def asked(port: int, request: bytes = ASKED) -> bytes:
    """Send a request and read until the connection is closed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    said = await reader.read()
    writer.close()
    return said


@pytest.mark.parametrize("sent", DAWDLERS)
def test_who_never_finishes_a_request_makes_room(sent):
    async def told(port: int, state: ServerState) -> None:
        dawdlers = [await asyncio.open_connection("127.0.0.1", port) for _ in range(PLACES)]
        for _, writer in dawdlers:
            writer.write(sent)
        while len(state.connections) < PLACES:
            await asyncio.sleep(0.01)
        assert b"503" in await asked(port)
        for reader, writer in dawdlers:
            await reader.read()
            writer.close()
        assert (await asked(port)).startswith(b"HTTP/1.1 200")

    served(answer, told)


def test_bytes_that_trickle_in_give_no_more_time():
    async def told(port: int, _: ServerState) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        closed = asyncio.ensure_future(reader.read())
        while not closed.done():
            writer.write(b"X")
            await asyncio.sleep(0.02)
        writer.close()

    served(answer, told)


def test_an_answer_may_take_its_time():
    async def told(port: int, _: ServerState) -> None:
        assert (await asked(port)).endswith(b"ok")

    served(answer_late, told)


def test_who_reads_no_answer_is_let_go():
    async def told(port: int, state: ServerState) -> None:
        with socket.create_connection(("127.0.0.1", port)) as deaf:
            deaf.sendall(ASKED)
            while not state.connections:
                await asyncio.sleep(0.01)
            while state.connections:
                await asyncio.sleep(0.01)

    served(answer_much, told)
