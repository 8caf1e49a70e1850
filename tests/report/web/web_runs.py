"""Runs of every kind for the report, made once, and a reader that is stricter than a browser."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

from small_deals import UNPRICED, small_deal, small_market

from sim.collector import Collector
from sim.desks.base import AskedDesks
from sim.desks.kept import ask_kept
from sim.desks.together import ask_desks
from sim.engine import prepare
from sim.report.web.page import report_html
from sim.result import Result
from sim.scenario import load_scenario
from sim.simulation import simulate

CONFIGS = Path(__file__).parents[3] / "configs"
PEERS = [
    {"name": "Peer of Hong Kong", "venue": "hkex", "list_date": "2023-05-01", "first_day_return": 0.4},
    {"name": "Peer of Shanghai", "venue": "star", "list_date": "2023-04-01", "first_day_return": -0.2},
]
HOSTILE = "<script>alert('x')</script> & \"<b>\" ' {{ 7 * 7 }} {% raw %}"
LONG = "Shanghai International Advanced Semiconductor Technology Holdings Company Limited " * 2

DEALS: dict[str, dict[str, object]] = {
    "after allotment": {},
    "peers": {"peers": PEERS, "theme": "ai-semiconductors-robotics"},
    "launch": dict(UNPRICED),
    "books open": {"offer.price": None, "observed": {"partial_public_coverage": 30.0}},
    "grey market": {"observed.grey_return": 0.2},
    "bare": {"over_allotment": None, "cornerstones": None},
    "deferred": {"over_allotment.settlement": "deferred"},
    "money of cornerstones": {"cornerstones": {"amount_hkd": 30_000_000.0}, **UNPRICED},
    "size adjustment": {"offer.size_adjustment_shares": 1_500_000, "other_tradable_shares": 200_000},
    "stabilisation": {"horizon": "stabilisation"},
    "lock-up": {"horizon": "lock_up"},
    "one path": {"simulation.paths": 1},
    "two paths": {"simulation.paths": 2},
    "fifty paths": {"simulation.paths": 50},
    "hostile": {
        "name": HOSTILE,
        "code": "<i>0</i>",
        "theme": "<u>",
        "peers": [{**PEERS[0], "name": "<img src=x onerror=y>"}],
        "locked": [{"name": "<a href='javascript:z'>", "shares": 100_000, "months": 12}],
    },
    "long names": {
        "name": LONG,
        "peers": [{**PEERS[0], "name": LONG}],
        "locked": [{"name": LONG, "shares": 100_000, "months": 12}],
    },
}
SHIPPED = {
    "biren": "biren_06082.yaml",
    "star": "metax_688802.yaml",
    "cold": "boan_06955.yaml",
    "biren at launch": "biren_06082_launch.yaml",
}
OTHERS = ("nothing kept", "no fan", "partial", "target missed", "all withdrawn", "no path", "all desks")
KINDS = (*DEALS, *SHIPPED, *OTHERS)


@cache
def result_of(kind: str) -> Result:
    """A run of a kind."""
    if kind in SHIPPED:
        return simulate(load_scenario(CONFIGS / SHIPPED[kind], {"simulation.paths": 4_000}))
    market = small_market()
    if kind in DEALS:
        return simulate(small_deal(DEALS[kind]), market=market)
    if kind == "nothing kept":
        return simulate(small_deal(DEALS["launch"]), market=market, keep_paths=0)
    if kind == "no fan":
        return simulate(small_deal(), market=market, fan=False)
    if kind == "target missed":
        return simulate(small_deal(), market=market, target_se=1e-9)
    if kind == "partial":
        return replace(simulate(small_deal(), market=market, fan=False), partial=True)
    if kind == "all withdrawn":
        nobody = small_market({"coverage.placing.centre.intercept": -60.0})
        return simulate(small_deal(UNPRICED), market=nobody)
    if kind == "no path":
        return stopped_at_once()
    return result_of("biren")


def stopped_at_once() -> Result:
    """A run that was interrupted before its first batch."""
    whole = simulate(small_deal(), market=small_market(), fan=False)
    empty = Collector(prepare(whole.scenario, whole.market), 10, 10)
    return replace(
        whole,
        paths=0,
        partial=True,
        summary=empty.summary(True),
        histograms=empty.histograms,
        kept=empty.kept,
        convergence=empty.convergence,
    )


@cache
def asked_of(kind: str) -> AskedDesks:
    """The desks as the command asks them."""
    result = result_of(kind)
    if kind == "all desks":
        return AskedDesks(*ask_desks(result.scenario, result.market)[:1], result.paths)
    return ask_kept(result)


@cache
def page_of(kind: str) -> str:
    """The report of a run."""
    return report_html(result_of(kind), asked_of(kind))


VOID = {"meta", "br", "img", "hr", "link", "input"}


@dataclass
class Node:
    """An element: its name, attributes, children and own text."""

    name: str
    attributes: dict[str, str]
    children: list[Node | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All text inside."""
        return "".join(each if isinstance(each, str) else each.text for each in self.children)

    def all(self, *names: str) -> list[Node]:
        """Every element of some names inside, in order; every one without a name."""
        found = []
        for child in self.children:
            if isinstance(child, Node):
                if not names or child.name in names:
                    found.append(child)
                found += child.all(*names)
        return found


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"{tag} repeats an attribute: {names}"
        node = Node(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(node)
        if tag not in VOID:
            self.open.append(node)

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].name == tag, f"</{tag}> closes <{self.open[-1].name}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


@cache
def tree(page: str) -> Node:
    """Read a page; an element that is not closed in order is a fault."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == [reader.root], f"<{reader.open[-1].name}> is not closed"
    return reader.root


def table_of(page: str, caption: str) -> list[list[str]]:
    """Cells of the table with a caption, headings first."""
    (table,) = [each for each in tree(page).all("table") if each.all("caption")[0].text == caption]
    return [[" ".join(cell.text.split()) for cell in row.all("th", "td")] for row in table.all("tr")]
