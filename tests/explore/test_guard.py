"""Who may ask: every request but this machine's own browser on this page is refused, each with its status."""

from __future__ import annotations

import re

import pytest
from explore_client import client_of

from sim.errors import InvalidInput
from sim.explore.guard import HEADERS, MOST_TARGET, authorities, is_loopback
from sim.explore.request import MOST_BYTES
from sim.explore.server import listening_socket, page_files

FOREIGN = (
    "evil.example",
    "evil.example:8406",
    "127.0.0.1",
    "127.0.0.1:80",
    "127.0.0.1:8406.evil.example",
    "[::1]:8406",
    "",
)


@pytest.mark.parametrize("host", FOREIGN)
@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/"), ("GET", "/start"), ("POST", "/ask"), ("GET", "/nothing")]
)
def test_a_foreign_host_is_refused(client, question, host, method, path):
    answer = client(method, path, headers={"host": host}, json=question)
    assert answer.status_code == 421
    assert "deal" not in answer.text


@pytest.mark.parametrize("host", ["127.0.0.1:8406", "localhost:8406", "LOCALHOST:8406"])
def test_its_own_names_are_answered(client, host):
    assert client("GET", "/alive", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "https://127.0.0.1:8406"},
        {"origin": "http://127.0.0.1:8407"},
        {"origin": "null"},
        {"origin": ""},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": ""},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"},
    ],
)
def test_another_site_is_refused(client, question, headers):
    assert client("POST", "/ask", headers=headers, json=question).status_code == 403


@pytest.mark.parametrize("path", ["/start", "/page.js", "/alive"])
def test_another_site_may_not_read(client, path):
    assert client("GET", path, headers={"sec-fetch-site": "cross-site"}).status_code == 403
    framed = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe"}
    assert client("GET", "/", headers=framed).status_code == 403


def test_a_link_to_the_page_may_be_followed_from_anywhere(client):
    visit = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
    assert client("GET", "/", headers=visit).status_code == 200


def test_a_question_without_an_origin_is_refused(app, question):
    assert client_of(app)("POST", "/ask", json=question).status_code == 403


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"content": b"{", "headers": {"content-type": "application/json"}}, 400),
        ({"content": b"{}", "headers": {"content-type": "text/plain"}}, 415),
        ({"content": b"{}", "headers": {"content-type": "application/x-www-form-urlencoded"}}, 415),
        ({"content": b"{}"}, 415),
        ({"content": b" " * (MOST_BYTES + 1), "headers": {"content-type": "application/json"}}, 413),
        ({"content": b'{"values": NaN}', "headers": {"content-type": "application/json"}}, 400),
        ({"json": {"values": {"no.control": 1}, "deal": "0" * 16, "tab": "a"}}, 400),
        ({"json": {"deal": "0" * 16, "tab": "a"}}, 409),
    ],
)
def test_what_is_no_question_has_its_status(client, options, status):
    answer = client("POST", "/ask", **options)
    assert answer.status_code == status
    assert answer.json()["problem"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/ask", 405),
        ("POST", "/", 405),
        ("GET", "/../sim/cli.py", 404),
        ("GET", "/%2e%2e/%2e%2e/etc/passwd", 404),
        ("GET", "/index.html", 404),
        ("GET", "/page.js/", 404),
        ("GET", "/" + "a" * MOST_TARGET, 414),
        ("GET", "/?" + "a" * MOST_TARGET, 414),
    ],
)
def test_there_is_nothing_else(client, method, path, status):
    assert client(method, path).status_code == status


@pytest.mark.parametrize(
    ("path", "headers"), [("/", {}), ("/start", {}), ("/nothing", {}), ("/", {"host": "evil.example"})]
)
def test_every_answer_carries_the_security_headers(client, path, headers):
    answer = client("GET", path, headers=headers)
    for name, value in HEADERS.items():
        assert answer.headers[name] == value
    assert "access-control-allow-origin" not in answer.headers


def test_the_policy_allows_its_own_files_only():
    policy = dict(part.strip().split(" ", 1) for part in HEADERS["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in HEADERS["content-security-policy"]


def test_the_page_needs_nothing_but_its_own_files():
    served = page_files()
    page = served["/"][1].decode()
    named = set(re.findall(r'(?:src|href)="(/[^"]*)"', page))
    assert named == set(served) - {"/"}
    assert "style=" not in page
    assert not re.search(r"<script(?![^>]* src=)", page)
    for kind, content in served.values():
        text = content.decode().replace("http://www.w3.org/2000/svg", "")
        assert "://" not in text, kind
        assert "innerHTML" not in text


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "224.0.0.1", "example.com", "127.0.0.1:80", "", "*"])
def test_only_a_single_address_is_listened_on(host):
    with pytest.raises(InvalidInput) as refusal:
        listening_socket(host, 0)
    assert refusal.value.faults[0].source == "--host"


def test_the_names_of_an_address():
    assert authorities("127.0.0.1", 9) == {"127.0.0.1:9", "localhost:9"}
    assert authorities("::1", 9) == {"[::1]:9", "localhost:9"}
    assert authorities("192.0.2.1", 9) == {"192.0.2.1:9"}
    assert "127.0.0.1" in authorities("127.0.0.1", 80)
    assert [is_loopback(host) for host in ("127.0.0.1", "::1", "localhost", "192.0.2.1")] == [
        True,
        True,
        True,
        False,
    ]


def test_a_port_that_is_taken_is_refused_when_asked_for():
    with listening_socket("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(InvalidInput, match="cannot be listened on"):
            listening_socket("127.0.0.1", port)
