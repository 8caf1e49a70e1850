"""The histogram of the close against the offer price, with open, high and low below it on the same axis."""

from __future__ import annotations

from matplotlib.figure import Figure

from sim.report import distribution, numbers, offer_shares, style, words
from sim.report.axis import ReturnAxis, common_axis
from sim.report.layout import KeyEntry, Page, printable
from sim.report.numbers import PRINTED_MINUS
from sim.report.panels import draw_panels
from sim.report.run import LogReturnHistogram, Run, currency_sign, probability_of

WIDTH, HEIGHT = 8.6, 7.8


def histogram_figure(run: Run) -> Figure:
    """Draw the histogram of the close.

    Parameters
    ----------
    run
        Result of a run. When every path is withdrawn the picture says so and has no panels.

    Returns
    -------
    Figure
        Belongs to an Agg canvas; pyplot does not know it.
    """
    with style.house_style():
        if words.listed_paths(run) == 0:
            return _nothing_listed(run)
        page = Page(WIDTH, HEIGHT)
        axis = common_axis(run)
        top = page.head(histogram_title(run), _subtitle(run), _key(run))
        bottom = page.foot(_small_print(run, axis))
        draw_panels(page, run, axis, top, bottom)
        return page.figure


def histogram_title(run: Run) -> str:
    """Say the main thing, number first."""
    name = printable(run.scenario.name, run.scenario.code)
    if words.listed_paths(run) == 0:
        return f"{run.paths:,} of {run.paths:,} paths end without a listing of {name}"
    median, _, _ = words.headline_range(run, PRINTED_MINUS)
    return f"{median} is the median first-day close of {name}"


def histogram_description(run: Run) -> str:
    """Describe the picture in a sentence for readers that cannot see it."""
    if words.listed_paths(run) == 0:
        return "No path lists, so there is no price to show."
    median, low, high = words.headline_range(run)
    below, error = probability_of(run.summary, "close_below_offer")
    return (
        f"Histogram of the first-day close against the offer price: median {median}, 80% of paths between "
        f"{low} and {high}, {numbers.probability_with_error(below, error)} below the offer price."
    )


def _subtitle(run: Run) -> str:
    deal = run.scenario
    price = deal.offer.price
    if price is not None:
        sign = currency_sign(deal)
        middle = numbers.money(*words.quantile_price(run, "close", "0.5"), sign=sign)
        offer = f"{middle} against an offer price of {numbers.exact_price(price, sign)}. "
    else:
        offer = "Against the offer price of each path, as it is not set yet. "
    withdrawn, error = probability_of(run.summary, "withdrawn")
    if withdrawn > 0.0:
        chance = numbers.probability_with_error(withdrawn, error, sign="±")
        offer += f"{chance} of the paths are withdrawn and not shown. "
    return f"{offer}{words.paths_in_words(run)} at stage {words.stage_in_words(run)}."


def _key(run: Run) -> list[KeyEntry]:
    """Say what the three colours are, with their shares of the listed paths."""
    below, at_offer, above = (
        numbers.probability_with_error(*told(run, "close"), sign="±")
        for told in (offer_shares.below_offer, offer_shares.at_offer, offer_shares.above_offer)
    )
    return [
        KeyEntry("area", style.BELOW, f"{below} close below the offer price"),
        KeyEntry("area", style.AT_OFFER, f"{at_offer} exactly at it"),
        KeyEntry("area", style.ABOVE, f"{above} above it"),
    ]


def _small_print(run: Run, axis: ReturnAxis) -> str:
    close = run.histograms["close"]
    under, over = distribution.share_between(close, axis.low, axis.high)
    pieces = []
    if over > 0.0:
        pieces.append(f"{_outside(over, close)} of the closes lie above {_end(axis.high)}")
    if under > 0.0:
        pieces.append(f"{_outside(under, close)} below {_end(axis.low)}")
    outside = " and ".join(pieces) + ", outside the picture. " if pieces else ""
    return (
        f"{outside}Each bar counts the paths in a step of {_step_in_words(axis.width)}; grey band: 80% of "
        f"the paths. Simulated by firstday, seed {run.seed}; listing {words.day_in_words(run)}."
    )


def _outside(share: float, histogram: LogReturnHistogram) -> str:
    return numbers.probability(share, distribution.share_error(share, histogram.total))


def _end(value: float) -> str:
    return f"{100.0 * value:+,.10g}%".replace("-", PRINTED_MINUS)


def _step_in_words(width: float) -> str:
    points = f"{100.0 * width:.10g}"
    return f"{points} percentage point{'' if points == '1' else 's'}"


def _nothing_listed(run: Run) -> Figure:
    page = Page(WIDTH, 1.9)
    stage = f"{words.paths_in_words(run)} at stage {words.stage_in_words(run)}."
    page.head(histogram_title(run), f"No path lists, so there is no price to show. {stage}", ())
    page.foot(f"Simulated by firstday, seed {run.seed}; listing {words.day_in_words(run)}.")
    return page.figure
