"""Identity numbers. Every number is invented or a published example; today is always TODAY."""

from __future__ import annotations

import traceback
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from personnummer import personnummer as library

from mv.errors import Invalid
from mv.identity import Identity, IdentityKind, Sex, age, check_digit, format_identity, parse

TODAY = date(2026, 11, 22)
NATIONAL_LETTERS = "ABCDEFGHJKLMNPRSTUXYZ"
VGR_VALUES = str.maketrans("KMX", "578")

dates = st.dates(date(1900, 1, 1), TODAY)
# Ten digits without a plus sign can only be somebody who does not turn a hundred this year.
dates_below_hundred = st.dates(date(1927, 1, 1), TODAY)
serials = st.integers(1, 999).map("{:03}".format)


def personnummer_of(born: date, serial: str) -> str:
    body = f"{born:%Y%m%d}{serial}"
    return f"{body}{check_digit(body[2:])}"


def samordningsnummer_of(born: date, serial: str) -> str:
    body = f"{born:%Y%m}{born.day + 60}{serial}"
    return f"{body}{check_digit(body[2:])}"


def stockholm_of(year: int, serial: int) -> str:
    return f"99{year}{serial:05}{check_digit(f'{year}{serial:05}'[2:])}"


def vgr_of(day: date, letter_and_serial: str) -> str:
    body = f"{day:%Y%m%d}{letter_and_serial}"
    return f"{body}{check_digit(body[2:].translate(VGR_VALUES))}"


def national_of(first_eight: str, last_three: str) -> str:
    """Find the check digit by trial: each of the ten is right exactly once."""
    candidates = [f"{first_eight}{last_three}{digit}" for digit in range(10)]
    (number,) = [candidate for candidate in candidates if is_valid(candidate)]
    return number


def is_valid(text: str) -> bool:
    try:
        parse(text, TODAY)
    except Invalid:
        return False
    return True


# dates() begins in 1900, and %Y is then always four digits.
personal_numbers = st.builds(personnummer_of, dates, serials) | st.builds(samordningsnummer_of, dates, serials)
stockholm_numbers = st.builds(stockholm_of, st.integers(1900, TODAY.year), st.integers(0, 99999))
vgr_numbers = st.builds(
    vgr_of,
    dates,
    st.integers(3, 39).map(lambda n: f"K{2 * n:02}")
    | st.integers(3, 39).map(lambda n: f"M{2 * n + 1:02}")
    | st.integers(80, 89).map(lambda n: f"X{n}"),
)
varmland_numbers = st.builds(
    lambda day, kind, sex, order: f"{day:%Y%m%d}S{kind}{sex}{order}",
    dates,
    st.sampled_from("FUXPL"),
    st.integers(0, 9),
    st.sampled_from("ABCDEFGHIJKLMNOPQRSTUWXYZ123456789"),
)
national_dates = st.builds(
    lambda born, series: f"{int(born.strftime('%Y%m%d')) + 3 * series * 1_000_000:08}",
    dates,
    st.integers(1, 26),
)
national_without_date = st.builds(
    "00{:02}{:02}{:02}".format, st.integers(0, 99), st.integers(20, 99), st.integers(40, 59)
)
national_numbers = st.builds(
    lambda eight, a, b, sex: national_of(eight, a + b + sex),
    national_dates | national_without_date,
    st.sampled_from(NATIONAL_LETTERS),
    st.sampled_from(NATIONAL_LETTERS),
    st.sampled_from("0123456789" + NATIONAL_LETTERS),
)
reserve_numbers = stockholm_numbers | vgr_numbers | varmland_numbers | national_numbers
numbers = personal_numbers | reserve_numbers


@pytest.mark.parametrize(
    ("text", "number", "kind", "birth_date", "sex"),
    [
        # Skatteverket's examples of a personnummer and of a samordningsnummer
        ("640823-3234", "196408233234", IdentityKind.PERSONNUMMER, date(1964, 8, 23), Sex.MALE),
        ("701063-2391", "197010632391", IdentityKind.SAMORDNINGSNUMMER, date(1970, 10, 3), Sex.MALE),
        ("19121212-1212", "191212121212", IdentityKind.PERSONNUMMER, date(1912, 12, 12), Sex.MALE),
        # Skatteverket's test data: the month of birth is unknown
        ("191500722390", "191500722390", IdentityKind.SAMORDNINGSNUMMER, None, Sex.MALE),
        # Inera's examples
        ("991981000010", "991981000010", IdentityKind.RESERVE_STOCKHOLM, None, None),
        ("991945000023", "991945000023", IdentityKind.RESERVE_STOCKHOLM, None, None),
        ("991993000032", "991993000032", IdentityKind.RESERVE_STOCKHOLM, None, None),
        ("19810829M071", "19810829M071", IdentityKind.RESERVE_VGR, None, Sex.MALE),
        ("19450829-k088", "19450829K088", IdentityKind.RESERVE_VGR, None, Sex.FEMALE),
        ("19930829 X802", "19930829X802", IdentityKind.RESERVE_VGR, None, None),
        ("19810829SU3A", "19810829SU3A", IdentityKind.RESERVE_VARMLAND, None, Sex.MALE),
        ("19450829-sf2b", "19450829SF2B", IdentityKind.RESERVE_VARMLAND, date(1945, 8, 29), Sex.FEMALE),
        ("19930829SX0C", "19930829SX0C", IdentityKind.RESERVE_VARMLAND, None, None),
        # tbillas/SwedishIdentifier and nwendel/PersonIdentifiers.Swedish
        ("22950606-FH20", "22950606FH20", IdentityKind.RESERVE_NATIONAL, date(1995, 6, 6), Sex.FEMALE),
        ("25780404khd5", "25780404KHD5", IdentityKind.RESERVE_NATIONAL, date(1978, 4, 4), None),
        ("00342145BZ31", "00342145BZ31", IdentityKind.RESERVE_NATIONAL, None, Sex.MALE),
        ("00749852BZK0", "00749852BZK0", IdentityKind.RESERVE_NATIONAL, None, None),
        ("22790814AA01", "22790814AA01", IdentityKind.RESERVE_NATIONAL, date(1979, 8, 14), Sex.FEMALE),
    ],
)
def test_published_examples_say_what_their_publisher_says(
    text: str, number: str, kind: IdentityKind, birth_date: date | None, sex: Sex | None
) -> None:
    assert parse(text, TODAY) == Identity(number, kind, birth_date, sex)


def test_a_national_id_of_the_century_after_nineteen_begins_with_twenty_three() -> None:
    assert parse(national_of("23150301", "AB2"), TODAY).birth_date == date(2015, 3, 1)


def test_a_number_of_varmland_for_tests_is_not_taken_for_a_national_id() -> None:
    assert parse("19810829SF21", TODAY).kind is IdentityKind.RESERVE_VARMLAND
    assert parse(national_of("22810829", "SF2"), TODAY).kind is IdentityKind.RESERVE_NATIONAL


def test_two_of_the_sex_digits_of_varmland_mean_unknown() -> None:
    sexes = [parse(f"19810829SF{digit}A", TODAY).sex for digit in range(10)]
    assert sexes == [None, None, *[Sex.FEMALE, Sex.MALE] * 4]


def test_only_the_type_with_a_known_day_gives_varmland_a_birth_date() -> None:
    dated = [kind for kind in "FUXPL" if parse(f"19810829S{kind}2A", TODAY).birth_date is not None]
    assert dated == ["F"]


@pytest.mark.parametrize("first_eight", ["19810060", "19810063", "19811260"])
def test_a_samordningsnummer_with_an_unknown_month_or_day_has_no_birth_date(first_eight: str) -> None:
    number = f"{first_eight}238{check_digit(first_eight[2:] + '238')}"
    expected = Identity(number, IdentityKind.SAMORDNINGSNUMMER, None, Sex.FEMALE)
    assert parse(number, TODAY) == parse(number[2:], TODAY) == expected


@pytest.mark.parametrize(
    ("text", "part_of_message"),
    [
        ("", "missing"),
        (" \u00a0-\u2013 ", "missing"),
        ("640823-323A!", "does not belong"),
        ("640823/3234", "does not belong"),
        ("+46701063239", "does not belong"),
        ("64+08233234", "does not belong"),
        ("640823++3234", "does not belong"),
        ("64082332\u0663\u0664", "does not belong"),
        ("19810829\u017fU3A", "does not belong"),
        ("6408233", "length"),
        ("1964082332345", "length"),
        ("19640823323", "length"),
        ("810829M071", "length"),
        ("640231-3234", "does not exist"),
        ("641323-3234", "does not exist"),
        ("19640899-3234", "does not exist"),
        ("000023-3234", "does not exist"),
        ("17640823-3234", "does not exist"),
        ("00010101-3234", "does not exist"),
        ("19811360-2380", "does not exist"),
        ("19810092-2380", "does not exist"),
        ("20261260-2380", "in the future"),
        ("19810060-0000", "cannot all be zero"),
        ("19810832M071", "does not exist"),
        ("19811329SF2B", "does not exist"),
        ("22951306FH20", "does not exist"),
        ("991081000010", "does not exist"),
        ("20261123-3234", "in the future"),
        ("20640823-3234", "in the future"),
        ("467010632391", "in the future"),
        ("20261123M071", "in the future"),
        ("20261123SF2B", "in the future"),
        ("23990606FH20", "in the future"),
        ("24010606FH20", "in the future"),
        ("992027000010", "in the future"),
        ("19640823+3234", "plus sign"),
        ("640823-0004", "cannot all be zero"),
        ("640823-3235", "last digit"),
        ("701063-2390", "last digit"),
        ("191500722391", "last digit"),
        ("991981000011", "last digit"),
        ("19810829M070", "last digit"),
        ("22950606FH21", "last digit"),
        ("19810829K071", "form of a reserve number"),
        ("19810829M900", "form of a reserve number"),
        ("19810829SV3A", "form of a reserve number"),
        ("19810829SF3V", "form of a reserve number"),
        ("22950606IO20", "form of a reserve number"),
        ("21950606FH20", "form of a reserve number"),
        ("00950606FH20", "form of a reserve number"),
        ("19810829TB1F", "form of a reserve number"),
        ("ABCDEFGHIJKL", "form of a reserve number"),
    ],
)
def test_what_is_wrong_is_named(text: str, part_of_message: str) -> None:
    with pytest.raises(Invalid, match=part_of_message):
        parse(text, TODAY)


@given(dates_below_hundred, serials, st.booleans())
def test_every_way_of_writing_gives_the_same_number(born: date, serial: str, coordination: bool) -> None:
    number = (samordningsnummer_of if coordination else personnummer_of)(born, serial)
    year, day, last = number[:2], number[2:8], number[8:]
    written = [
        f"{day}-{last}",
        f"{day}{last}",
        f"{day} - {last}",
        f"{year}{day}-{last}",
        f"{year}{day} {last}",
        f"\ufeff {year}{day[:2]} {day[2:4]} {day[4:]}\u00a0\u2013\u202f{last}\n",
        f"{day}\u2212{last}",
        f"{day}\u2011{last}\u200b",
        f"{year}{day}\uff0d{last[:2]}\u00ad{last[2:]}",
    ]
    assert {parse(text, TODAY).number for text in written} == {number}


@given(st.dates(date(1827, 1, 1), date(1926, 12, 31)), serials)
def test_a_plus_sign_means_the_latest_century_in_which_the_person_turned_a_hundred(born: date, serial: str) -> None:
    number = personnummer_of(born, serial)
    short = f"{number[2:8]}+{number[8:]}"
    assert parse(short, TODAY).number == parse(f"{number[:8]} + {number[8:]}", TODAY).number == number


@pytest.mark.parametrize(
    ("today", "born"),
    [
        (date(2026, 11, 22), date(2026, 11, 22)),
        (date(2026, 11, 21), date(1926, 11, 22)),
        (date(2026, 1, 1), date(2026, 1, 1)),
        (date(2025, 12, 31), date(1926, 1, 1)),
        (date(1999, 12, 31), date(1926, 11, 22)),
        (date(2126, 11, 22), date(2126, 11, 22)),
    ],
)
def test_ten_digits_get_the_latest_century_that_is_not_in_the_future(today: date, born: date) -> None:
    number = personnummer_of(born, "238")
    assert parse(number[2:], today).birth_date == born


@pytest.mark.parametrize("clock", [date(1930, 1, 1), date(2990, 1, 1)])
def test_the_clock_of_the_library_has_no_say(clock: date, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "_get_current_date", lambda: clock)
    assert parse("640823-3234", TODAY).number == "196408233234"
    assert parse("640823+3234", TODAY).number == "186408233234"
    assert parse(personnummer_of(date(2000, 2, 29), "238")[2:], TODAY).birth_date == date(2000, 2, 29)


def test_each_thread_has_the_day_it_was_given() -> None:
    short = personnummer_of(date(2020, 5, 17), "238")[2:]
    days = [date(2019, 1, 1), date(2021, 1, 1)] * 500
    with ThreadPoolExecutor(8) as pool:
        years = list(pool.map(lambda day: parse(short, day).number[:4], days))
    assert years == ["1920", "2020"] * 500


@given(personal_numbers, st.integers(2, 11), st.integers(1, 9))
def test_one_wrong_digit_in_a_personal_number_is_always_noticed(number: str, place: int, step: int) -> None:
    wrong = with_other_digit(number, place, step)
    assert not is_valid(wrong)
    assert not is_valid(wrong[2:])


@given(stockholm_numbers, st.integers(4, 11), st.integers(1, 9))
def test_one_wrong_digit_in_what_stockholm_checks_is_always_noticed(number: str, place: int, step: int) -> None:
    assert not is_valid(with_other_digit(number, place, step))


@given(vgr_numbers, st.integers(2, 11), st.integers(1, 9))
def test_one_wrong_digit_in_what_vgr_checks_is_always_noticed(number: str, place: int, step: int) -> None:
    assume(number[place].isdigit())
    assert not is_valid(with_other_digit(number, place, step))


@given(national_numbers, st.integers(0, 11), st.integers(1, 9))
def test_one_wrong_digit_in_a_national_id_is_always_noticed(number: str, place: int, step: int) -> None:
    assume(number[place].isdigit())
    assert not is_valid(with_other_digit(number, place, step))


@given(personal_numbers, st.integers(0, 11), st.integers(1, 9))
def test_one_wrong_digit_never_leaves_the_same_kind_and_birth_date(number: str, place: int, step: int) -> None:
    """The check digit does not cover the century: there the birth date tells the two apart."""
    wrong = with_other_digit(number, place, step)
    if is_valid(wrong):
        right_identity, wrong_identity = parse(number, TODAY), parse(wrong, TODAY)
        assert (wrong_identity.kind, wrong_identity.birth_date) != (
            right_identity.kind,
            right_identity.birth_date,
        )


def with_other_digit(number: str, place: int, step: int) -> str:
    return f"{number[:place]}{(int(number[place]) + step) % 10}{number[place + 1 :]}"


@given(numbers)
def test_the_written_forms_lead_back_to_the_number(number: str) -> None:
    assert parse(number, TODAY).number == number
    assert parse(format_identity(number, TODAY), TODAY).number == number


@given(reserve_numbers)
def test_reserve_numbers_are_shown_as_they_are(number: str) -> None:
    assert format_identity(number, TODAY) == number


def test_personal_numbers_are_shown_in_the_forms_that_people_know() -> None:
    assert format_identity("6408233234", TODAY) == "19640823-3234"
    assert format_identity("197010632391", TODAY) == "19701063-2391"


def test_formatting_refuses_what_parsing_refuses() -> None:
    with pytest.raises(Invalid, match="last digit"):
        format_identity("640823-3235", TODAY)


almost_numbers = st.one_of(
    st.builds(with_other_digit, personal_numbers | stockholm_numbers, st.integers(0, 11), st.integers(1, 9)),
    st.text("0123456789+- ", min_size=6, max_size=16),
    st.text("0123456789KMXSFUABZ", min_size=12, max_size=12),
)


@given(almost_numbers)
def test_no_exception_holds_the_number(text: str) -> None:
    try:
        parse(text, TODAY)
    except Invalid as error:
        assert not any(char.isdigit() for char in f"{error} {error!r} {error.args} {error.key}")
        assert error.params == {}
        assert error.__cause__ is None
        assert len(text.strip()) < 6 or text.strip() not in "".join(traceback.format_exception(error))
        if error.__context__ is not None:
            assert type(error.__context__) is ValueError
            assert text not in str(error.__context__)


@given(st.text() | st.text("0123456789KMXSFUABZ+- ", max_size=14) | almost_numbers)
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        identity = parse(text, TODAY)
    except Invalid:
        return
    assert len(identity.number) == 12


@given(numbers)
def test_an_identity_does_not_show_itself_in_a_log(number: str) -> None:
    identity = parse(number, TODAY)
    shown = f"{identity} {identity!r} {[identity]}"
    assert not any(char.isdigit() for char in shown)
    assert identity.kind.value in shown


@given(st.dates(date(1900, 1, 1), date(2026, 1, 1)), serials)
def test_the_check_digit_is_the_one_the_library_wants(born: date, serial: str) -> None:
    body = f"{born:%Y%m%d}{serial}"
    right = [digit for digit in range(10) if library.valid(f"{body}{digit}")]
    assert right == [check_digit(body[2:])]


def test_a_check_digit_of_anything_but_digits_is_a_defect_of_the_caller() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        check_digit("81O829239")


@pytest.mark.parametrize(
    ("born", "today", "years"),
    [
        (date(1961, 11, 22), date(2026, 11, 21), 64),
        (date(1961, 11, 22), date(2026, 11, 22), 65),
        (date(2026, 11, 22), date(2026, 11, 22), 0),
        (date(2008, 2, 29), date(2026, 2, 27), 17),
        (date(2008, 2, 29), date(2026, 2, 28), 18),
        (date(2008, 2, 29), date(2028, 2, 28), 19),
        (date(2008, 2, 29), date(2028, 2, 29), 20),
        (date(2026, 11, 23), date(2026, 11, 22), -1),
    ],
)
def test_age_changes_on_the_birthday(born: date, today: date, years: int) -> None:
    assert age(born, today) == years


@given(dates, dates)
def test_age_is_the_number_of_birthdays_passed(born: date, today: date) -> None:
    assume(born <= today)
    assume((born.month, born.day) != (2, 29))
    years = age(born, today)
    assert born.replace(year=born.year + years) <= today < born.replace(year=born.year + years + 1)
    assert age(born, today + timedelta(days=366)) >= years + 1
