"""A sound scenario as text, and changed copies of it."""

SOUND = """\
name: Example
code: "06082"
venue: hkex
regime: chapter-18c
list_date: 2026-01-02
offer:
  price_range: [17.00, 19.60]
  price: 19.60
  base_shares: 247_692_800
  size_adjustment_shares: 37_153_800
  public_tranche: 0.05
  board_lot: 200
over_allotment: {fraction: 0.15, settlement: borrowed}
cornerstones: {amount_hkd: 2_899_300_000, lock_up_months: 6}
observed:
  public_coverage: 2347.53
  placing_coverage: 25.95
peers:
  - {name: Moore Threads, venue: star, list_date: 2025-12-05, first_day_return: 4.6878}
  - {name: MetaX, venue: star, list_date: 2025-12-17, first_day_return: 6.82}
market: hkex
simulation: {paths: 100_000, seed: 6082}
"""

# Parts of the sound text, and replacements that make it another kind of deal.
USD = "{amount_usd: 372_500_000, usd_hkd: 7.783}"
STONES = "{amount_hkd: 2_899_300_000, lock_up_months: 6}"
PLACING = "placing_coverage: 25.95"
OVER = "{fraction: 0.15, settlement: borrowed}"
MECHANISM_B = (
    ("regime: chapter-18c", "regime: mechanism-b"),
    ("public_tranche: 0.05", "public_tranche: 0.10"),
)
PN18 = (
    ("regime: chapter-18c", "regime: pn18"),
    ("2026-01-02", "2025-07-09"),
    ("public_tranche: 0.05", "public_tranche: 0.10"),
    ("2025-12-05", "2025-06-05"),
    ("2025-12-17", "2025-06-17"),
)


def replaced(*pairs: tuple[str, str]) -> str:
    """Return the sound text with parts replaced; each part must be there."""
    text = SOUND
    for old, new in pairs:
        assert old in text, f"{old!r} is not in the sound scenario"
        text = text.replace(old, new, 1)
    return text
