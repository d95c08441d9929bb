"""What a scanner types of a pack: read as it is meant, refused with what to do, or no scan; never as another batch."""

from __future__ import annotations

from datetime import date
from string import ascii_uppercase, digits

import pytest
from biip.checksums import gs1_standard_check_digit
from hypothesis import example, given
from hypothesis import strategies as st

from mv.batches import scanning
from mv.batches.scanning import FNC1, Scan, parse
from mv.errors import Invalid


def gtin(payload: str) -> str:
    """Return a GTIN of 14 digits for the first 13 of an invented one."""
    return f"{payload}{gs1_standard_check_digit(payload)}"


SWEDISH = gtin("0735001234567")
TURKISH = gtin("0869974609001")
WRONG = f"{SWEDISH[:-1]}{(int(SWEDISH[-1]) + 1) % 10}"
LAST_OF_MARCH = date(2027, 3, 31)
PACK = Scan(SWEDISH, "AB123", LAST_OF_MARCH, "GS1 Sweden")


@pytest.mark.parametrize(
    "text",
    [
        f"01{SWEDISH}1727033110AB123",
        f"]d201{SWEDISH}1727033110AB123",
        f"]C101{SWEDISH}1727033110AB123",
        f"]Q301{SWEDISH}1727033110AB123",
        f" 01{SWEDISH}1727033110AB123\r\n",
        f"{FNC1}01{SWEDISH}1727033110AB123",
        f"01{SWEDISH}10AB123{FNC1}1727033121SER9",
        f"]d201{SWEDISH}21SER9{FNC1}1727033110AB123",
        f"]d201{SWEDISH}21SER9{FNC1}1727033110AB123{FNC1}",
        f"01{SWEDISH}10AB123<GS>172703312117SER",
        f"01{SWEDISH}10AB123<gs>17270331",
        f"01{SWEDISH}10AB123{{GS}}17270331",
        f"01{SWEDISH}10AB123^]17270331",
        f"01{SWEDISH}10AB123|17270331",
        f"01{SWEDISH}1727030010AB123",
        f"01{SWEDISH}21SER91727033110AB123",
        f"(01){SWEDISH}(17)270331(10)AB123(21)SER9",
        f"10AB123{FNC1}01{SWEDISH}17270331",
    ],
    ids=[
        "no FNC1", "]d2", "]C1", "]Q3", "spaces around", "FNC1 first", "serial number last", "serial number",
        "FNC1 last", "<GS>", "<gs>", "{GS}", "^]", "|", "month alone", "serial number without FNC1", "as printed",
        "batch first",
    ],
)  # fmt: skip
def test_the_code_of_a_pack_is_read(text: str) -> None:
    assert parse(text) == PACK


def test_february_ends_as_the_year_has_it_and_a_pack_may_have_no_expiry() -> None:
    leap = parse(f"01{SWEDISH}1728020010AB123")
    assert leap and leap.expires_on == date(2028, 2, 29)
    without = parse(f"]d201{SWEDISH}10AB123")
    assert without and without.expires_on is None


def test_another_country_s_number_is_read_and_says_whose_it_is() -> None:
    found = parse(f"]d201{TURKISH}1727033110K5")
    assert found == Scan(TURKISH, "K5", LAST_OF_MARCH, "GS1 Türkiye")


@pytest.mark.parametrize(
    "text", ["", "AB123", "0123AB", "0123456", "V26B21A1", "KC264-7082", "17270331", "01073500123"]
)
def test_what_somebody_writes_is_no_scan(text: str) -> None:
    assert parse(text) is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("]d2", scanning.HALF),
        (f"01{SWEDISH[:-2]}", scanning.HALF),
        (f"01{SWEDISH}", scanning.HALF),
        (f"01{SWEDISH}1727", scanning.HALF),
        (f"01{SWEDISH}1727033110", scanning.HALF),
        ("1727033110AB123", scanning.HALF),
        (f"{SWEDISH[5:]}1727033110AB123", scanning.HALF),
        (f"17270331{FNC1}10AB123", scanning.HALF),
        (f"01{SWEDISH}1727133110AB123", scanning.HALF),
        (f"(01){SWEDISH}(99", scanning.HALF),
        ("AB|12", scanning.HALF),
        (f"01{WRONG}1727033110AB123", scanning.CHECK_DIGIT),
        (f"]d201{WRONG}10AB123{FNC1}17270331", scanning.CHECK_DIGIT),
        ("]C0AB123", scanning.NO_GS1),
        ("]A0AB123", scanning.NO_GS1),
        (f"]E0{SWEDISH[1:]}", scanning.NO_GS1),
        (SWEDISH[1:], scanning.NO_GS1),
        ("]C100340123450000000018", scanning.NO_GS1),
        ("00340123450000000018", scanning.NO_GS1),
        (f"]d2{'x' * 300}", scanning.NO_GS1),
    ],
)
def test_half_a_scan_and_the_code_of_something_else_are_refused(text: str, says: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(text)
    assert refused.value.key == says


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        (f"01{SWEDISH}10AB12317270331", "AB123, AB12317270331"),
        (f"01{SWEDISH}1727033110AB12321SER9", "AB123, AB12321SER9"),
        (f"]d201{SWEDISH}1727033110A2156", "A, A2156"),
    ],
)
def test_a_text_that_can_be_read_in_more_ways_than_one_is_not_guessed_at(text: str, numbers: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(text)
    assert (refused.value.key, refused.value.params["numbers"]) == (scanning.AMBIGUOUS, numbers)


NUMBERS = st.text(f"{ascii_uppercase}{digits}-", min_size=1, max_size=20)
DAYS = st.dates(date(2000, 1, 1), date(2049, 12, 31))


@given(st.text(digits, min_size=12, max_size=12), NUMBERS, DAYS, NUMBERS, st.permutations(["01", "10", "17", "21"]))
@example("735001234567", "17", date(2027, 3, 31), "10", ["10", "21", "01", "17"])
def test_a_pack_is_read_as_it_was_written_or_not_at_all(
    payload: str, number: str, expires_on: date, serial: str, order: list[str]
) -> None:
    fields = {"01": gtin(f"0{payload}"), "10": number, "17": f"{expires_on:%y%m%d}", "21": serial}
    for prefix in ("", "]d2"):
        found = parse(prefix + FNC1.join(f"{ai}{fields[ai]}" for ai in order))
        assert found and (found.gtin, found.batch_number, found.expires_on) == (fields["01"], number, expires_on)
    try:
        dropped = parse("]d2" + "".join(f"{ai}{fields[ai]}" for ai in order))
    except Invalid:
        return
    assert dropped and (dropped.gtin, dropped.batch_number, dropped.expires_on) == (fields["01"], number, expires_on)
