"""Who may ask: this machine's own browser, on this page. Everything else is refused before it is read."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import TYPE_CHECKING

from sim.errors import invalid

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS: Mapping[str, str] = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
}
MOST_TARGET = 2_000
"""Bytes of a path and its query; the page itself needs twenty."""


def authorities(host: str, port: int) -> frozenset[str]:
    """Return the Host headers under which the page is known; a name that points here from elsewhere is none.

    Parameters
    ----------
    host
        Address that the server listens on.
    port
        Its port.

    Raises
    ------
    InvalidInput
        When the host is no single address.
    """
    names = {"localhost"} if is_loopback(host) else set()
    address = address_of(host)
    names.add(f"[{address}]" if address.version == 6 else str(address))
    return frozenset(f"{name}:{port}" for name in names) | (frozenset(names) if port == 80 else frozenset())


def address_of(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Return the address of ``--host``; ``localhost`` is 127.0.0.1.

    Raises
    ------
    InvalidInput
        When it is no address, or stands for every address of the machine.
    """
    try:
        address = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError as fault:
        raise invalid(
            "--host", "", f"{host!r} is no address", "127.0.0.1, or one address of this machine"
        ) from fault
    if address.is_unspecified or address.is_multicast or getattr(address, "scope_id", None):
        raise invalid(
            "--host", "", f"{host} is no single address", "127.0.0.1, or one address of this machine"
        )
    return address


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches the address."""
    return address_of(host).is_loopback


class Guard:
    """Refuses requests of other names and other sites; puts the security headers on every answer.

    Parameters
    ----------
    app
        What it guards.
    known_as
        Host headers answered, from :func:`authorities`.
    """

    def __init__(self, app: ASGIApp, known_as: frozenset[str]) -> None:
        self._app = app
        self._known_as = known_as

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
                message = {**message, "headers": [*message.get("headers", []), *own]}
            await send(message)

        refusal = self._refusal(scope)
        if refusal is None:
            await self._app(scope, receive, send_with_headers)
            return
        from starlette.responses import PlainTextResponse

        status, reason = refusal
        await PlainTextResponse(reason + "\n", status)(scope, receive, send_with_headers)

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        hosts = _all(scope, b"host")
        if len(hosts) != 1 or hosts[0].lower() not in self._known_as:
            return 421, "this server answers to its own address only"
        if len(scope.get("raw_path") or b"") + len(scope.get("query_string") or b"") > MOST_TARGET:
            return 414, "the address is too long"
        origins, sites = _all(scope, b"origin"), _all(scope, b"sec-fetch-site")
        if any(origin.lower() not in {f"http://{name}" for name in self._known_as} for origin in origins):
            return 403, "requests of other sites are refused"
        # A browser that does not say where a question comes from may be asked by any page.
        if scope["method"] not in ("GET", "HEAD") and not origins and not sites:
            return 403, "a question names its origin"
        if any(site not in ("same-origin", "none") for site in sites) and not _is_visit(scope):
            return 403, "requests of other sites are refused"
        return None


def _is_visit(scope: Scope) -> bool:
    """Whether someone follows a link to the page itself, which shows nothing to the site with the link."""
    modes, targets = _all(scope, b"sec-fetch-mode"), _all(scope, b"sec-fetch-dest")
    page = scope["method"] == "GET" and scope["path"] == "/"
    return page and modes == ["navigate"] and targets == ["document"]


def _all(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in scope["headers"] if key == name]
