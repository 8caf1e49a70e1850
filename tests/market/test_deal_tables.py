"""Reading files of deals: every fault is named with its line, character and column, all at once."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from sim.deals import table
from sim.deals.columns import HKEX_COLUMNS
from sim.deals.deals import HKEX_FILE, load_deals
from sim.deals.listings import load_allotment, load_star_listings
from sim.errors import InvalidInput

HEADER = [column.name for column in HKEX_COLUMNS]
SOUND = {
    "code": "09001",
    "list_date": "2025-05-02",
    "offer_price": "10",
    "base_shares": "1000000",
    "open": "11",
    "high": "12.5",
    "low": "9.8",
    "close": "12",
    "close_return": "0.2",
    "price_low": "9",
    "price_high": "10",
    "public_coverage": "55",
    "public_undersubscribed": "0",
}


def write(path: Path, rows: list[dict[str, str]], header: list[str] | None = None) -> Path:
    """Write rows as a CSV file with all columns, blank where a row says nothing."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(
            file, header or HEADER, restval="", extrasaction="ignore", lineterminator="\n"
        )
        writer.writeheader()
        writer.writerows(rows)
    return path


def faults_of(path: Path) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        load_deals(path)
    return [str(fault).replace(str(path), "F") for fault in caught.value.faults]


def test_every_row_of_the_shipped_files_passes() -> None:
    assert len(load_deals()) == 764
    assert load_deals().notes == ()
    assert len(load_star_listings()) == 48
    tiers = load_allotment()
    assert len(tiers) == 41
    assert sum(tier.applicants for tier in tiers) == 471_116


@pytest.mark.parametrize(
    ("column", "text", "problem"),
    [
        ("offer_price", "0", "0 is out of range"),
        ("offer_price", "-1", "-1 is out of range"),
        ("offer_price", "", "is blank"),
        ("offer_price", "1e999", "'1e999' is too large"),
        ("offer_price", "1,000", "'1,000' is not a number"),
        ("offer_price", "1_000", "'1_000' is not a number"),
        ("offer_price", "٣", "'٣' is not a number"),
        ("close", "nan", "'nan' is not a number"),
        ("close", "inf", "'inf' is not a number"),
        ("close", "0x10", "'0x10' is not a number"),
        ("close_return", "20%", "'20%' is a percentage"),
        ("close_return", "-1", "-1 is out of range"),
        ("close_return", "0.25", "0.25 is not close / offer_price - 1 = 0.200000"),
        ("close", "13", "13 is above the day's high 12.5"),
        ("open", "9", "9 is below the day's low 9.8"),
        ("low", "13", "the low 13 is above the high 12.5"),
        ("price_low", "11", "11 is above price_high 10"),
        ("offer_price", "10.1", "10.1 is above the range's top 10"),
        ("list_date", "2025-02-30", "2025-02-30 is not a day of the calendar"),
        ("list_date", "02/05/2025", "'02/05/2025' is not an ISO date"),
        ("list_date", "20250502", "'20250502' is not an ISO date"),
        ("list_date", "1925-05-02", "1925-05-02 is out of reach"),
        ("base_shares", "1000000.5", "1000000.5 has a fraction"),
        ("public_tranche_initial", "10", "10 is out of range"),
        ("cornerstone_fraction", "-0.1", "-0.1 is out of range"),
        ("over_allotment_issued", "0.3", "0.3 is out of range"),
        ("ah_listing", "yes", "'yes' is not a number"),
        ("ah_listing", "2", "2 is not a flag"),
        ("public_coverage", "1", "1 of an undersubscribed public tranche"),
        ("regime", "mechanism-c", "'mechanism-c' is not known; did you mean mechanism-"),
        ("code", "06 082", "'06 082' is not a stock code"),
    ],
)
def test_a_wrong_cell_is_named(tmp_path: Path, column: str, text: str, problem: str) -> None:
    other = {"public_undersubscribed": "1"} if column == "public_coverage" else {}
    path = write(tmp_path / "deals.csv", [SOUND | {"code": "09000"}, SOUND | other | {column: text}])
    faults = faults_of(path)
    assert all(fault.startswith("F:3:") for fault in faults)
    assert any(problem in fault and f" {column}:" in fault for fault in faults)


def test_the_offer_price_may_be_a_tenth_below_the_range_and_no_more(tmp_path: Path) -> None:
    low = {"price_low": "10", "price_high": "12", "close_return": "", "close": "", "low": "", "open": ""}
    load_deals(write(tmp_path / "a.csv", [SOUND | low | {"offer_price": "9", "close_return": "0"}]))
    faults = faults_of(write(tmp_path / "b.csv", [SOUND | low | {"offer_price": "8.99"}]))
    assert "over 10% below" in faults[0]


def test_all_faults_come_at_once_with_their_characters(tmp_path: Path) -> None:
    path = tmp_path / "deals.csv"
    path.write_text(
        "code,name,list_date,offer_price,close\n"
        '1,"a, b",2025-05-02,x,1\n2,c,2025-13-01,1,\n3,d,2025-05-05,1\n',
        encoding="utf-8",
    )
    assert [fault.split(";")[0] for fault in faults_of(path)] == [
        "F:2:21: offer_price: 'x' is not a number",
        "F:3:5: list_date: 2025-13-01 is not a day of the calendar",
        "F:4:1: the row has 4 cells",
    ]


def test_a_cell_after_a_line_break_in_quotes_keeps_its_line(tmp_path: Path) -> None:
    path = tmp_path / "deals.csv"
    path.write_text('code,name,list_date,offer_price,close\n1,"a\nb",2025-05-02,x,1\n', encoding="utf-8")
    assert faults_of(path)[0].startswith("F:3:15: offer_price:")


def test_many_faults_are_counted_but_not_all_told(tmp_path: Path) -> None:
    path = write(tmp_path / "deals.csv", [SOUND | {"code": str(k), "offer_price": "x"} for k in range(400)])
    faults = faults_of(path)
    assert len(faults) == table.FAULTS_TOLD + 1
    assert "350 more faults, 400 in all" in faults[-1]


def test_missing_columns_are_named_with_a_guess(tmp_path: Path) -> None:
    path = tmp_path / "deals.csv"
    path.write_text("code,listdate,offer_price\n1,2025-05-02,3\n", encoding="utf-8")
    faults = faults_of(path)
    assert "list_date: the column is missing; did you mean to call 'listdate' that?" in faults[0]
    assert "neither close nor close_return is a column" in faults[1]


def test_columns_in_excess_or_optional_are_noted(tmp_path: Path) -> None:
    path = tmp_path / "deals.csv"
    path.write_text("code,list_date,offer_price,close,mood\n6082,2025-05-02,2,3,good\n", encoding="utf-8-sig")
    deals = load_deals(path)
    assert deals[0].code == "06082"
    assert deals[0].close_return == pytest.approx(0.5)
    assert deals[0].grey_return is None
    assert any("columns ignored: 'mood'" in note for note in deals.notes)
    assert any("grey_return" in note for note in deals.notes)


def test_blank_is_unknown_and_never_zero(tmp_path: Path) -> None:
    (deal,) = load_deals(write(tmp_path / "deals.csv", [SOUND]))
    assert deal.cornerstone_fraction is None
    assert deal.ah_listing is None
    assert deal.public_undersubscribed is False


def test_a_listing_twice_is_a_fault_but_a_code_used_again_is_not(tmp_path: Path) -> None:
    again = SOUND | {"list_date": "2026-06-01"}
    assert len(load_deals(write(tmp_path / "a.csv", [SOUND, again]))) == 2
    faults = faults_of(write(tmp_path / "b.csv", [SOUND, SOUND]))
    assert "F:3:1: code: 09001 is listed twice, also on 2025-05-02" in faults[0]


def test_numbers_and_dates_as_pandas_writes_them(tmp_path: Path) -> None:
    as_floats = {"base_shares": "1000000.0", "ah_listing": "1.0", "list_date": "2025-05-02 00:00:00"}
    (deal,) = load_deals(write(tmp_path / "deals.csv", [SOUND | as_floats]))
    assert (deal.base_shares, deal.ah_listing, deal.list_date.isoformat()) == (1_000_000, True, "2025-05-02")


def test_the_shipped_file_saved_by_pandas_reads_the_same(tmp_path: Path) -> None:
    import pandas as pd

    pd.read_csv(HKEX_FILE, dtype={"code": str}).to_csv(tmp_path / "copy.csv", index=False)
    assert load_deals(tmp_path / "copy.csv") == load_deals()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (b"code,list_date,offer_price,close\n", "has a header but no rows"),
        (
            "code,list_date,offer_price,close\n1,2025-05-02,1,1,名".encode("big5"),
            "is not UTF-8 text: byte 0xa6",
        ),
        ("code,list_date\n".encode("utf-16"), "is not UTF-8 text: byte 0xff on line 1"),
        (b"code,list_date\0", "holds zero bytes"),
        (b"code;list_date;offer_price;close\n1;2025-05-02;1;1\n", "separate the columns by commas"),
        (b'code,list_date,offer_price,close\n1,2025-05-02,1,"1\n', "is not CSV"),
        (b"code,code,list_date,offer_price,close\n1,1,2025-05-02,1,1\n", "the header names it twice"),
    ],
)
def test_a_file_that_cannot_be_used(tmp_path: Path, content: bytes, problem: str) -> None:
    path = tmp_path / "deals.csv"
    path.write_bytes(content)
    assert any(problem in fault for fault in faults_of(path))


def test_a_path_that_cannot_be_used(tmp_path: Path) -> None:
    assert "is a directory" in faults_of(tmp_path)[0]
    assert "there is no such file" in faults_of(tmp_path / "none.csv")[0]


def test_a_file_of_ten_megabytes_is_read_and_a_larger_one_refused(tmp_path: Path) -> None:
    path = tmp_path / "deals.csv"
    name = "n" * 520
    rows = "".join(f"{k},{name},2025-05-02,2,3\n" for k in range(20_000))
    path.write_text("code,name,list_date,offer_price,close\n" + rows, encoding="utf-8")
    assert path.stat().st_size > 10 * 1024 * 1024
    assert len(load_deals(path)) == 20_000
    with path.open("r+b") as file:
        file.truncate(table.LARGEST_FILE_BYTES + 1)
    assert "the largest file read is 32 MiB" in faults_of(path)[0]
