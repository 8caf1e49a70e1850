"""The server of the page: a handful of files held in memory, the deal, and answers to questions."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.resources import files
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from sim.errors import Fault, InvalidInput, invalid
from sim.explore.answer import answer, close_answer, desk_answer
from sim.explore.deal import Deal
from sim.explore.guard import Guard, address_of, authorities
from sim.explore.patience import Impatient
from sim.explore.request import CLOSE, MOST_BYTES, Question, parse_request
from sim.explore.turns import Busy, Superseded, Turns
from sim.scenario import with_changes
from sim.simulation import available_threads

SCRIPTS = ("source.js", "chart.js", "fields.js", "desks.js", "page.js")
CLOSES_AT_ONCE, DESKS_AT_ONCE, MOST_WAITING = 2, 1, 8
BODY_SECONDS = 5.0
SWITCH_SECONDS = 0.0005
"""How long a desk's Python may hold the interpreter; the usual 5 ms add up over the steps of a picture."""
JSON = "application/json"
WARM_PATHS = 256
USUAL_PORT = 8406

Answerer = Callable[[Deal, Question, int | None], dict[str, Any]]


def page_files() -> Mapping[str, tuple[str, bytes]]:
    """Return the files of the page: media type and content by the path they are asked for at."""
    page, house = files("sim.explore") / "page", files("sim.report") / "web" / "house.css"
    served = {
        "/": ("text/html", (page / "index.html").read_bytes()),
        "/house.css": ("text/css", house.read_bytes()),
        "/page.css": ("text/css", (page / "page.css").read_bytes()),
    }
    served |= {f"/{name}": ("text/javascript", (page / name).read_bytes()) for name in SCRIPTS}
    return {path: (f"{kind}; charset=utf-8", content) for path, (kind, content) in served.items()}


def start_document(deal: Deal, threads: int | None = None) -> dict[str, Any]:
    """Return what the page starts from: the deal's names, its controls and its own answer."""
    scenario = deal.scenario
    return {
        "deal": deal.identity,
        "name": scenario.name,
        "code": scenario.code,
        "venue": scenario.venue.upper(),
        "listed": f"{scenario.list_date.day} {scenario.list_date:%B %Y}",
        "stem": deal.stem,
        "controls": [control.to_json() for control in deal.controls],
        "base": close_answer(deal, {}, threads=threads),
    }


def warm(deal: Deal, threads: int | None = None) -> None:
    """Run everything once on a few paths, so that the first question finds the kernels compiled."""
    scenario = with_changes(deal.scenario, {"simulation.paths": WARM_PATHS})
    few = replace(deal, scenario=scenario)
    for ask in close_answer(few, {}, threads=threads)["desks"]:
        desk_answer(few, ask, {}, threads)


def explore_app(
    deal: Deal, known_as: frozenset[str], threads: int | None = None, answerer: Answerer = answer
) -> Starlette:
    """Build the application.

    Parameters
    ----------
    deal
        What it is about.
    known_as
        Host headers that it answers to, see :func:`sim.explore.guard.authorities`.
    threads
        Threads of a simulation, all by default.
    answerer
        What answers a question.
    """
    start = _encoded(start_document(deal, threads))
    # A desk takes seconds; it leaves room for the picture, which is to follow the hand.
    desk_threads = max(1, (threads or available_threads()) // 2)
    closes, desks = Turns(CLOSES_AT_ONCE, MOST_WAITING), Turns(DESKS_AT_ONCE, MOST_WAITING)

    async def ask(request: Request) -> Response:
        if request.headers.get("content-type", "").split(";")[0].strip().lower() != JSON:
            return _told(415, "a question is application/json")
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await _body(request)
        except TimeoutError:
            return _told(408, "the question did not come to its end")
        if body is None:
            return _told(413, f"a question has at most {MOST_BYTES:,} bytes")
        try:
            question = parse_request(body, deal.controls)
            if question.deal != deal.identity:
                return _told(409, "another deal is served now")
            turns, used = (closes, threads) if question.ask == CLOSE else (desks, desk_threads)
            document = await turns.run(question.tab, lambda: _encoded(answerer(deal, question, used)))
        except InvalidInput as refusal:
            return _refused(refusal.faults, deal)
        except Superseded:
            return _json({"superseded": True})
        except Busy:
            return _told(503, "too many pages ask at once", {"retry-after": "1"})
        return Response(document, media_type=JSON)

    routes = [
        *(Route(path, _file(*file), methods=["GET"]) for path, file in page_files().items()),
        Route("/start", _file(JSON, start), methods=["GET"]),
        Route("/alive", _file(JSON, _encoded({"deal": deal.identity})), methods=["GET"]),
        Route("/ask", ask, methods=["POST"]),
    ]
    app = Starlette(routes=routes, middleware=[Middleware(Guard, known_as=known_as)])
    app.router.redirect_slashes = False
    return app


def _file(kind: str, content: bytes) -> Callable[[Request], Response]:
    def served(_: Request) -> Response:
        return Response(content, media_type=kind)

    return served


def _encoded(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, allow_nan=False, ensure_ascii=False, separators=(",", ":")).encode()


def _json(
    document: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    return Response(_encoded(document), status, headers, media_type=JSON)


def _told(status: int, problem: str, headers: Mapping[str, str] | None = None) -> Response:
    return _json({"problem": problem}, status, headers)


def _refused(faults: tuple[Fault, ...], deal: Deal) -> Response:
    """Faults of the values are an answer, for the reader of the page; others are for whoever wrote the question."""
    of_request = [fault for fault in faults if fault.source == "request"]
    names = {control.name for control in deal.controls}
    if of_request and of_request[0].field not in names:
        return _told(400, str(of_request[0]))
    told = [{"control": each.field, "problem": each.problem, "remedy": each.remedy} for each in faults]
    return _json({"faults": told})


async def _body(request: Request) -> bytes | None:
    """Read a body, or ``None`` once it is too long."""
    body = bytearray()
    try:
        async for piece in request.stream():
            body += piece
            if len(body) > MOST_BYTES:
                return None
    except ClientDisconnect:
        return b""
    return bytes(body)


def listening_socket(host: str, port: int | None) -> socket.socket:
    """Return a socket that listens on an address.

    Parameters
    ----------
    host
        One address of this machine.
    port
        Its port, 0 for any free one; left out, the usual one, or any free one where that is taken.

    Raises
    ------
    InvalidInput
        When the address cannot be listened on.
    """
    address = address_of(host)
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    for candidate in (USUAL_PORT, 0) if port is None else (port,):
        listener = socket.socket(family, socket.SOCK_STREAM)
        # A server started again at once finds its old port still closing.
        if sys.platform != "win32":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((str(address), candidate))
        except OSError as fault:
            listener.close()
            problem = f"{address}:{candidate} cannot be listened on: {fault.strerror}"
            refusal = invalid("--port", "", problem, "another --port, or 0 for any free one")
        else:
            listener.listen(64)
            return listener
    raise refusal


def serve(
    deal: Deal, listener: socket.socket, ready: Callable[[str], None], threads: int | None = None
) -> None:
    """Serve the page until Ctrl-C.

    Parameters
    ----------
    deal
        What it is about.
    listener
        From :func:`listening_socket`.
    ready
        Called with the page's address once it answers.
    threads
        Threads of a simulation, all by default.
    """
    host, port = listener.getsockname()[:2]
    app = explore_app(deal, authorities(host, port), threads)
    config = uvicorn.Config(
        app,
        http=Impatient,
        ws="none",
        lifespan="off",
        log_config=None,
        # What strangers send is answered, and no news for the terminal; a fault of the server is.
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=64,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=1,
    )
    address = f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
    server = _Server(config, lambda: ready(address))
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        server.run(sockets=[listener])
    except KeyboardInterrupt:
        return


class _Server(uvicorn.Server):
    """Says when it answers."""

    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._when_started = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started:
            self._when_started()
