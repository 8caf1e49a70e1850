"""Lists of offer prices as people write them on the command line."""

from __future__ import annotations

import math

from sim.errors import InvalidInput, invalid
from sim.scenario.scenario import Scenario

MOST_PRICES = 25
"""More prices take too long to answer and to read."""


def parse_prices(text: str | None, scenario: Scenario) -> tuple[float, ...]:
    """Read ``--price``: prices with commas, or ``low:high:step``.

    Raises
    ------
    InvalidInput
        When the text is neither.
    """
    if text is None:
        return ()
    try:
        if ":" in text:
            low, high, step = (float(part) for part in text.split(":"))
            if not (step > 0.0 and math.isfinite(low + high + step)):
                raise ValueError
            count = math.floor((high - low) / step + 1e-9) + 1
            table = scenario.rules.tick_table(scenario.list_date)
            if count > MOST_PRICES:
                raise invalid("--price", "", f"{text!r} is {count} prices", f"expected at most {MOST_PRICES}")
            prices = tuple(table.round(low + at * step) for at in range(count))
        else:
            prices = tuple(float(part) for part in text.split(","))
    except ValueError as fault:
        if isinstance(fault, InvalidInput):
            raise
        raise invalid(
            "--price", "", f"{text!r} is no list of prices", "write 17,18.3,19.6 or 17:19.6:0.2"
        ) from fault
    if not prices:
        raise invalid("--price", "", f"{text!r} holds no price", "write 17,18.3,19.6 or 17:19.6:0.2")
    return prices
