"""What the desks answer: each one's sentence, its tables and its remarks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sim.desks.base import Answer, AskedDesks, Table
from sim.report.web.contents import Grid
from sim.report.web.wording import cell, printed
from sim.scenario.scenario import Scenario

_SHOWN_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class DeskPart:
    """One desk as the page shows it: ``first`` tables in sight, ``more`` behind a summary, on ``paths`` paths."""

    name: str
    title: str
    who: str
    sentence: str
    first: tuple[Grid, ...]
    more: tuple[Grid, ...]
    remarks: tuple[str, ...]
    paths: int


_TITLES = {
    "subscriber": "The subscriber",
    "stabiliser": "The stabilising manager",
    "issuer": "The issuer",
    "cornerstone": "The cornerstone investor",
}
_WHO: Mapping[str, str] = {
    "subscriber": (
        "Applies for shares in the public offer and asks how many to apply for, and when to sell. A tier is a number "
        "of shares one may apply for; pool A holds small applications and pool B large ones. “Any” is the chance of "
        "being allotted shares, “on money” the expected profit over one's own money, “margin” an application on "
        "credit. “Stop” sells during the day once the price has fallen to a limit below the offer price."
    ),
    "stabiliser": (
        "Has sold more shares than were on offer and may buy them back at the offer price or below. Asks how large "
        "this over-allotment should be and how hard to bid. “Used up” is the chance that it has bought all it may; "
        "“saved” is the share of paths that its purchases keep from ending below the offer price."
    ),
    "issuer": (
        "Sells the shares and asks at which price. “Left” is the money left on the table: what the first buyers gain "
        "on the first day, and the issuer could have asked for."
    ),
    "cornerstone": (
        "Takes shares at the offer price and may not sell them for months. Asks which discount makes up for that. "
        "“Under water” is the chance that the shares are then worth less than was paid. The table of discounts has a "
        "column for each published formula, named after its author."
    ),
}


def desk_parts(asked: AskedDesks) -> tuple[DeskPart, ...]:
    """Set the answers of the desks for the page."""
    return tuple(_part(answer) for answer in asked.answers)


def _part(answer: Answer) -> DeskPart:
    grids = tuple(_grid(table) for table in answer.tables())
    return DeskPart(
        name=answer.desk,
        title=_TITLES[answer.desk],
        who=_WHO[answer.desk],
        sentence=printed(answer.sentence()).rstrip(".") + ".",
        first=grids[:_SHOWN_AT_ONCE],
        more=grids[_SHOWN_AT_ONCE:],
        remarks=tuple(printed(remark) for remark in answer.remarks()),
        paths=int(answer.to_json()["paths"]),
    )


def _grid(table: Table) -> Grid:
    return Grid(
        printed(table.title),
        tuple(printed(heading) for heading in table.headings),
        tuple(tuple(cell(each) for each in row) for row in table.rows),
        table.marked,
    )


def unasked(asked: AskedDesks, deal: Scenario) -> tuple[str, ...]:
    """Name the desks that could have answered this deal and were not asked."""
    told = {answer.desk for answer in asked.answers} | {
        name for name in _TITLES if any(f"the {name}'s desk" in line for line in asked.left_out)
    }
    applies = {
        "subscriber": deal.public_shares(0.0) > 0,
        "stabiliser": deal.over_allotted_shares() > 0,
        "issuer": True,
        "cornerstone": deal.cornerstones is not None,
    }
    return tuple(_TITLES[name].lower() for name, can in applies.items() if can and name not in told)
