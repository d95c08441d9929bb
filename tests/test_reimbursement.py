from __future__ import annotations

import csv
from datetime import date, timedelta
from decimal import Decimal
from itertools import combinations
from pathlib import Path

from mv.catalogue import DATA
from mv.memberships import overlap
from mv.reimbursement import amounts, at_stake

INFLUENZA, COVID = "J07BB02", "J07BN01"


def kronor(atc: str, day: date) -> Decimal | None:
    amount = at_stake(atc, day)
    return amount and amount.kronor


def test_the_amount_is_the_one_of_the_day_the_dose_was_given() -> None:
    assert kronor(INFLUENZA, date(2022, 10, 31)) == Decimal("100")
    assert kronor(INFLUENZA, date(2022, 11, 1)) == Decimal("150")
    assert kronor(INFLUENZA, date(2026, 11, 22)) == Decimal("150")
    assert kronor(COVID, date(2021, 12, 31)) == Decimal("275")
    assert kronor(COVID, date(2022, 1, 1)) == Decimal("325")


def test_where_nothing_is_known_no_amount_is_made_up() -> None:
    assert at_stake(INFLUENZA, date(2019, 12, 31)) is None
    assert at_stake(COVID, date(2020, 12, 31)) is None
    assert at_stake(COVID, date(2023, 1, 1)) is None
    assert at_stake("J07AL01", date(2026, 11, 22)) is None
    assert at_stake("", date(2026, 11, 22)) is None


def test_an_amount_tells_its_region_and_its_source() -> None:
    amount = at_stake(INFLUENZA, date(2026, 11, 22))
    assert amount is not None
    assert amount.region == "Västra Götalandsregionen (exempel)"
    assert "vgregion.se" in amount.source


def test_every_shipped_amount_has_a_source_a_vaccine_and_days_of_its_own() -> None:
    with (DATA / "vaccines.csv").open(encoding="utf-8", newline="") as lines:
        known = {row["atc"] for row in csv.DictReader(lines)}
    for amount in amounts():
        assert amount.source
        assert amount.kronor > 0
        assert amount.atc in known
        assert "exempel" in amount.region  # one region's, and said to be so
    for one, other in combinations(amounts(), 2):
        assert (one.region, one.atc) != (other.region, other.atc) or not overlap(one, other)


def test_amounts_are_read_exactly_from_a_file_with_or_without_a_byte_order_mark(tmp_path: Path) -> None:
    text = "region,atc,valid_from,valid_to,kronor,source\nÖst,J07BB02,2026-01-01,,149.95,öst.se\n"
    for name, encoding in (("plain.csv", "utf-8"), ("excel.csv", "utf-8-sig")):
        file = tmp_path / name
        file.write_text(text, encoding=encoding)
        (amount,) = amounts(file)
        assert amount.kronor == Decimal("149.95")
        assert (amount.region, amount.source, amount.valid_to) == ("Öst", "öst.se", None)
        assert amount.valid_from + timedelta(days=31) == date(2026, 2, 1)
