"""Rules that tie fields together: what breaks each."""

import pytest
from scenario_texts import MECHANISM_B, OVER, PLACING, PN18, STONES, replaced


@pytest.mark.parametrize(
    ("pairs", "line", "column", "field", "problem"),
    [
        pytest.param(
            [("price: 19.60", "price: 19.61")], 8, 10, "offer.price", "19.61 is above the top", id="above"
        ),
        pytest.param(
            [("price: 19.60", "price: 16.99")], 8, 10, "offer.price", "16.99 is below the range", id="below"
        ),
        pytest.param(
            [
                ("price: 19.60", "price: 15.29"),
                ("board_lot: 200", "board_lot: 200\n  downward_flexibility: 0.1"),
            ],
            8,
            10,
            "offer.price",
            "15.29 is below the range",
            id="below what the terms grant",
        ),
        pytest.param(
            [("board_lot: 200", "board_lot: 200\n  downward_flexibility: 0.11")],
            13,
            25,
            "offer.downward_flexibility",
            "0.11 is more than hkex allows",
            id="too flexible",
        ),
        pytest.param(
            [("  price_range: [17.00, 19.60]\n", ""), ("  price: 19.60\n", "")],
            6,
            1,
            "offer",
            "has neither a price nor a price_range",
            id="no price",
        ),
        pytest.param(
            [("[17.00", "[20.00")], 7, 16, "offer.price_range", "the bottom 20 is above", id="falling range"
        ),
        pytest.param(
            [("[17.00", "[15.00")], 7, 16, "offer.price_range", "the top 19.6 is 30.7% above", id="wide range"
        ),
        pytest.param(
            [("247_692_800", "247_692_900")], 9, 16, "offer.base_shares", "247,692,900 is not a", id="lots"
        ),
        pytest.param(
            [("37_153_800", "37_153_700")],
            10,
            27,
            "offer.size_adjustment_shares",
            "37,153,700 is not a",
            id="lots 2",
        ),
        pytest.param(
            [("37_153_800", "37_154_000")],
            10,
            27,
            "offer.size_adjustment_shares",
            "37,154,000 is more than 15%",
            id="upsized too far",
        ),
        pytest.param(
            [("fraction: 0.15", "fraction: 0.151")], 13, 28, "over_allotment.fraction", "0.151 of", id="15%"
        ),
        pytest.param(
            [("fraction: 0.15", "shares: 42_727_000")],
            13,
            26,
            "over_allotment.shares",
            "42,727,000 is more than 15%",
            id="15% in shares",
        ),
        pytest.param(
            [("fraction: 0.15", "shares: 42_726_801")],
            13,
            26,
            "over_allotment.shares",
            "42,726,801 is not a",
            id="lots 3",
        ),
        pytest.param(
            [(OVER, "{settlement: deferred}")],
            13,
            17,
            "over_allotment",
            "has neither a fraction",
            id="no amount",
        ),
        pytest.param(
            [("fraction: 0.15", "fraction: 0.15, shares: 200")],
            13,
            17,
            "over_allotment",
            "has both",
            id="two amounts",
        ),
        pytest.param(
            [("public_tranche: 0.05", "public_tranche: 0.10")],
            11,
            19,
            "offer.public_tranche",
            "0.1 of the base offer is not a public tranche of chapter-18c",
            id="18C tranche",
        ),
        pytest.param(
            [
                ("regime: chapter-18c", "regime: mechanism-a"),
                ("public_tranche: 0.05", "public_tranche: 0.10"),
            ],
            11,
            19,
            "offer.public_tranche",
            "0.1 of the base offer is not",
            id="A tranche",
        ),
        pytest.param(
            [("regime: chapter-18c", "regime: mechanism-b")],
            11,
            19,
            "offer.public_tranche",
            "0.05 of",
            id="B tranche",
        ),
        pytest.param(
            [MECHANISM_B[0], ("public_tranche: 0.05", "public_tranche: 0.61"), (STONES, "{fraction: 0.1}")],
            11,
            19,
            "offer.public_tranche",
            "0.61 of",
            id="B tranche too large",
        ),
        pytest.param(
            [
                *PN18[:2],
                ("public_tranche: 0.05", "public_tranche: 0.6"),
                *PN18[3:],
                (STONES, "{fraction: 0.1}"),
            ],
            11,
            19,
            "offer.public_tranche",
            "0.6 of the base offer",
            id="pn18 tranche",
        ),
        pytest.param(
            [("regime: chapter-18c", "regime: star"), ("public_tranche: 0.05", "public_tranche: 0.16")],
            4,
            9,
            "regime",
            "star is no rule of hkex",
            id="regime of the other venue",
        ),
        pytest.param(
            [PN18[0], PN18[2]],
            5,
            12,
            "list_date",
            "pn18 does not apply to a listing on 2026-01-02",
            id="pn18 too late",
        ),
        pytest.param(
            [MECHANISM_B[0], MECHANISM_B[1], *PN18[1:2], *PN18[3:]],
            5,
            12,
            "list_date",
            "mechanism-b does not apply to a listing on 2025-07-09",
            id="B too early",
        ),
        pytest.param(
            [("2026-01-02", "2023-03-30"), ("2025-12-05", "2023-01-05"), ("2025-12-17", "2023-01-17")],
            5,
            12,
            "list_date",
            "chapter-18c does not apply",
            id="18C too early",
        ),
        pytest.param(
            [(STONES, "{lock_up_months: 6}")], 14, 15, "cornerstones", "does not say how much", id="none"
        ),
        pytest.param(
            [(STONES, "{shares: 200, fraction: 0.1}")],
            14,
            15,
            "cornerstones",
            "has shares and fraction",
            id="two",
        ),
        pytest.param(
            [(STONES, "{amount_usd: 1e6}")],
            14,
            28,
            "cornerstones.amount_usd",
            "has no exchange rate",
            id="no rate",
        ),
        pytest.param(
            [(STONES, "{shares: 200, usd_hkd: 7.8}")],
            14,
            38,
            "cornerstones.usd_hkd",
            "converts nothing",
            id="rate",
        ),
        pytest.param(
            [(STONES, "{amount_hkd: 5_400_000_000}")],
            14,
            28,
            "cornerstones.amount_hkd",
            "the cornerstones take 275,510,200 shares at 19.6, the placing tranche has 272,461,960",
            id="stones in HK$",
        ),
        pytest.param(
            [("  price: 19.60\n", ""), (STONES, "{amount_hkd: 4_700_000_000}")],
            13,
            28,
            "cornerstones.amount_hkd",
            "the cornerstones take 276,470,400 shares at 17,",
            id="stones at the bottom of the range",
        ),
        pytest.param(
            [(STONES, "{shares: 272_462_000}")],
            14,
            24,
            "cornerstones.shares",
            "the cornerstones take",
            id="stones",
        ),
        pytest.param(
            [("observed:", "locked:\n  - {name: a, shares: 137_000_000, months: 6}\nobserved:")],
            15,
            1,
            "locked",
            "no share is left to trade",
            id="no float",
        ),
        pytest.param(
            [("2025-12-05", "2026-01-02")],
            19,
            51,
            "peers.0.list_date",
            "Moore Threads listed on 2026-01-02",
            id="peer",
        ),
        pytest.param(
            [
                (
                    "name: MetaX, venue: star, list_date: 2025-12-17",
                    "name: moore threads, venue: star, list_date: 2025-12-05",
                )
            ],
            20,
            12,
            "peers.1.name",
            "moore threads is named twice",
            id="peer twice",
        ),
        pytest.param(
            [("  price: 19.60\n", ""), ("placing_coverage: 25.95", "grey_return: 0.3")],
            16,
            16,
            "observed.grey_return",
            "is a return on an offer price that is not given",
            id="grey without price",
        ),
        pytest.param(
            [(PLACING, "allotted_public_shares: 49_538_700")],
            17,
            27,
            "observed.allotted_public_shares",
            "49,538,700 is not a multiple",
            id="lots 4",
        ),
        pytest.param(
            [(PLACING, "allotted_public_shares: 12_200_000")],
            17,
            27,
            "observed.allotted_public_shares",
            "12,200,000 is less than the public offer before",
            id="less than offered",
        ),
        pytest.param(
            [(PLACING, "allotted_public_shares: 136_923_400")],
            17,
            27,
            "observed.allotted_public_shares",
            "136,923,400 is more than the upsized offer less its locked shares, 136,923,",
            id="more than is free",
        ),
    ],
)
def test_a_broken_rule_is_said_with_its_place(said, pairs, line, column, field, problem):
    (fault,) = said(replaced(*pairs))
    assert (fault.line, fault.column, fault.field) == (line, column, field)
    assert fault.problem.startswith(problem)
