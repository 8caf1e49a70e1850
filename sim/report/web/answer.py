"""The answer in one sentence, and the four figures behind it."""

from __future__ import annotations

from sim.report import numbers, offer_shares, words
from sim.report.run import Run, currency_sign, probability_of
from sim.report.web.contents import Fact
from sim.report.web.wording import chance_told, money_told, paths_told, return_told, short_return


def answer_sentence(run: Run) -> str:
    """Answer in one sentence where the first day ends."""
    name = run.scenario.name
    if run.paths == 0:
        return f"There is no answer for {name}: the run was stopped before its first paths were done."
    if words.listed_paths(run) == 0:
        return f"There is no price to tell: on all {paths_told(run.paths)} the offer of {name} is withdrawn."
    low, middle, high = (words.quantile_return(run, "close", level) for level in ("0.1", "0.5", "0.9"))
    price = numbers.money(*words.quantile_price(run, "close", "0.5"), sign=currency_sign(run.scenario))
    below = chance_told(*probability_of(run.summary, "close_below_offer"))
    withdrawn = probability_of(run.summary, "withdrawn")
    listed, fails = "", ""
    if withdrawn[0] > 0.0:
        listed = " if it lists"
        fails = f"; the chance that the offer is withdrawn is {chance_told(*withdrawn)}"
    return (
        f"The middle of the paths closes the first day of {name} at {price}, {short_return(*middle)} on the offer "
        f"price; 8 in 10 close between {short_return(*low)} and {short_return(*high)}, and the chance of a close "
        f"below the offer price{listed} is {below}{fails}."
    )


def answer_facts(run: Run) -> tuple[Fact, ...]:
    """Return the figures to know first; none when no path lists."""
    if words.listed_paths(run) == 0:
        return ()
    low, middle, high = (words.quantile_return(run, "close", level) for level in ("0.1", "0.5", "0.9"))
    price = money_told(*words.quantile_price(run, "close", "0.5"), currency_sign(run.scenario))
    facts = [
        Fact("Middle close", return_told(*middle), f"{price}. Half of the paths close higher, half lower."),
        Fact(
            "8 in 10 close between",
            f"{return_told(*low)} and {return_told(*high)}",
            "One path in ten closes lower, one in ten higher.",
        ),
        Fact(
            "Chance of a close below the offer price",
            chance_told(*probability_of(run.summary, "close_below_offer")),
            "Who was allotted shares has then lost money on paper, even before fees.",
        ),
    ]
    if run.scenario.over_allotted_shares():
        atom, _ = offer_shares.at_offer(run, "close")
        facts.append(
            Fact(
                "Chance of a close exactly at the offer price",
                chance_told(atom, probability_of(run.summary, "close_at_offer")[1]),
                "Where the stabilising manager holds the price.",
            )
        )
    withdrawn = probability_of(run.summary, "withdrawn")
    if withdrawn[0] > 0.0:
        facts.append(
            Fact(
                "Chance that it is withdrawn",
                chance_told(*withdrawn),
                "Then nobody gets shares and money comes back.",
            )
        )
    return tuple(facts)
