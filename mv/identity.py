"""Identity numbers: parsed from what people write, checked, and formatted for people.

Sources, read in November 2026:

* Personnummer: folkbokföringslagen (1991:481) 18 § in SFS 2009:272. Serial odd for men, plus sign from the
  year of the hundredth birthday; the day may be a nearby one where the serials had run out.
* Samordningsnummer: 18 a § in SFS 2021:375, day + 60. Skatteverket writes an unknown month or day as zero:
  ActiveLogin.Identity no. 126, personnummer/csharp no. 119 on GitHub (with Skatteverket's test data).
* Reserve numbers of the regions: Inera, "Lokala Reservidn" (inera.atlassian.net, page 3353227890).
* Stockholm: vardgivarguiden.se, "Reservnummer", calls yyyy the year of issue and position 11 the sex;
  Inera has a plain running number there, and an example from 1945. So neither is read from the number.
* National reserve id: "Nationellt Reservidformat" (confluence.cgiostersund.se); the check digit as in
  tbillas/SwedishIdentifier, which agrees with the five published examples.
"""

from __future__ import annotations

import calendar
import enum
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from personnummer import personnummer as library

from mv.errors import N_, Invalid


class IdentityKind(enum.StrEnum):
    """The kind of an identity number."""

    PERSONNUMMER = "personnummer"
    SAMORDNINGSNUMMER = "samordningsnummer"
    RESERVE_STOCKHOLM = "reserve_stockholm"
    RESERVE_VGR = "reserve_vgr"
    RESERVE_VARMLAND = "reserve_varmland"
    RESERVE_NATIONAL = "reserve_national"


class Sex(enum.StrEnum):
    """The sex that a number gives."""

    FEMALE = "female"
    MALE = "male"


@dataclass(frozen=True, slots=True)
class Identity:
    """A checked number with the birth date and sex that it gives for certain, None where it gives none.

    ``number`` is the form to store: twelve characters, capitals, no separator. ``century_before`` is the number
    of a hundred years earlier, where ten digits without a plus sign may stand for it. The repr shows the kind
    alone, so that no personal data reaches a log line.
    """

    number: str = field(repr=False)
    kind: IdentityKind
    birth_date: date | None = field(repr=False)
    sex: Sex | None = field(repr=False)
    century_before: str | None = field(default=None, repr=False, compare=False)


# Numerals are spelled out, so that a test can hold every message free of digits.
_EMPTY = N_("The identity number is missing. Enter one.")
_CHARACTERS = N_(
    "There is a character that does not belong in the number. Keep only digits, letters and hyphens; a plus "
    "sign goes before the last four characters."
)
_LENGTH = N_("The length is wrong. Enter ten or twelve digits, or the twelve characters of a reserve number.")
_PLUS = N_("A plus sign stands for a hundred years or more, but the year is later. Check them both.")
_NO_SUCH_DATE = N_("The date in the number does not exist. Check the year, the month and the day.")
_FUTURE = N_("The date in the number is in the future. Check the year, the month and the day.")
_SERIAL = N_("The three digits after the date cannot all be zero. Check them.")
_CHECK_DIGIT = N_("The last digit does not agree with the rest. Compare every character with the source.")
_FORM = N_(
    "This is not the form of a reserve number of Stockholm, Västra Götaland, Värmland or the national one. "
    "Compare every character with the source; another region's reserve number cannot be used here."
)

FIRST_YEAR = 1800  # Skatteverket stores the centuries 18, 19 and 20
_VGR = re.compile(r"[0-9]{8}(?:K(?:0[68]|[1-7][02468])|M(?:0[79]|[1-7][13579])|X8[0-9])[0-9]")
_VGR_VALUES = str.maketrans("KMX", "578")
_VGR_SEX = {"K": Sex.FEMALE, "M": Sex.MALE}
# No first two digits fit both: Värmland's numbers for tests end in a digit, as a national id does.
_VARMLAND = re.compile(r"(?:1[89]|2[01])[0-9]{6}S[FUXPL][0-9][1-9A-UW-Z]")
_NATIONAL = re.compile(
    r"(?:00[0-9]{2}[2-9][0-9][45][0-9]|(?:2[2-9]|[3-8][0-9]|9[0-8])[0-9]{6})"
    r"[A-HJ-NPR-UX-Z]{2}[0-9A-HJ-NPR-UX-Z][0-9]"
)


def parse(text: str, today: date) -> Identity:
    """Parse an identity number as people write it, and return it checked.

    Spaces and dashes of any sort are skipped; letters may be small. Ten digits get the latest century
    that is not in the future on ``today``, or with a plus sign the latest in which the person turns a
    hundred in that year or earlier. Raises :class:`Invalid`, never with the number in it.
    """
    body = "".join(char for char in text if not _is_passed_over(char))
    if not body:
        raise Invalid(_EMPTY)
    plus = body[-5:-4] == "+"
    if plus:
        body = body[:-5] + body[-4:]
    if not (body.isascii() and body.isalnum()):
        raise Invalid(_CHARACTERS)
    body = body.upper()
    if len(body) == 10 and body.isdigit():
        found = _identify(_with_century(body, plus, today), today)
        return found if plus else replace(found, century_before=f"{int(found.number[:4]) - 100}{found.number[4:]}")
    if len(body) != 12:
        raise Invalid(_LENGTH)
    if plus and body[:4] > f"{today.year - 100:04}":
        raise Invalid(_PLUS)
    return _identify(body, today)


def format_identity(number: str, today: date) -> str:
    """Return YYYYMMDD-NNNC, or a reserve number as it is. Raises :class:`Invalid` as :func:`parse` does."""
    identity = parse(number, today)
    if identity.kind not in (IdentityKind.PERSONNUMMER, IdentityKind.SAMORDNINGSNUMMER):
        return identity.number
    return f"{identity.number[:8]}-{identity.number[8:]}"


def check_digit(digits: str) -> int:
    """Return the modulus 10 check digit of ``digits``; for a personnummer that is YYMMDDNNN.

    Raises ValueError for anything but digits.
    """
    return _modulus_10([int(digit) for digit in digits])


def sex_of(number: str) -> Sex | None:
    """Return the sex that a stored number gives, None where it gives none."""
    try:
        return parse(number, date.max).sex
    except Invalid:
        return None


def age(birth_date: date, today: date) -> int:
    """Return the age in whole years on ``today``; negative before birth.

    A person born on 29 February gets older on 28 February in other years: where the day is missing, the
    month's last day counts (lagen (1930:173) om beräkning av lagstadgad tid, 1 §).
    """
    birthday = (birth_date.month, birth_date.day)
    if birthday == (2, 29) and not calendar.isleap(today.year):
        birthday = (2, 28)
    return today.year - birth_date.year - ((today.month, today.day) < birthday)


def months(birth_date: date, today: date) -> int:
    """Return the age in whole months on ``today``; where a month has no such day, its last one counts, as in age."""
    birthday = min(birth_date.day, calendar.monthrange(today.year, today.month)[1])
    return (today.year - birth_date.year) * 12 + today.month - birth_date.month - (today.day < birthday)


def _is_passed_over(char: str) -> bool:
    # Pd: hyphens and dashes. Cf: soft hyphens and the invisible marks that come along with pasted text.
    return char.isspace() or char == "\N{MINUS SIGN}" or unicodedata.category(char) in ("Pd", "Cf")


def _with_century(short: str, plus: bool, today: date) -> str:
    latest = today.year - 100 if plus else today.year
    year = latest - (latest - int(short[:2])) % 100
    if (year, int(short[2:4]), int(short[4:6]) % 60) > (today.year, today.month, today.day):
        year -= 100
    return f"{year:04}{short[2:]}"


def _identify(body: str, today: date) -> Identity:
    if body.isdigit():
        return _stockholm(body, today) if body.startswith("99") else _personal(body, today)
    if _VGR.fullmatch(body):
        return _vgr(body, today)
    if _VARMLAND.fullmatch(body):
        return _varmland(body, today)
    if _NATIONAL.fullmatch(body):
        return _national(body, today)
    raise Invalid(_FORM)


def _personal(body: str, today: date) -> Identity:
    month, day = int(body[4:6]), int(body[6:8])
    kind = IdentityKind.SAMORDNINGSNUMMER if day >= 60 else IdentityKind.PERSONNUMMER
    day %= 60
    incomplete = kind is IdentityKind.SAMORDNINGSNUMMER and 0 in (month, day)
    if incomplete:  # what is known must make a date, so the first possible day is put in
        month, day = month or 1, day or 1
    written_date = _date(f"{body[:4]}{month:02}{day:02}", today)
    if body[8:11] == "000":
        raise Invalid(_SERIAL)
    # The library knows no incomplete dates. Given twelve digits it does not go by its own clock, and its
    # valid(), unlike parse(), lets out no exception that quotes the number.
    if check_digit(body[2:11]) != int(body[11]) if incomplete else not library.valid(body):
        raise Invalid(_CHECK_DIGIT)
    return Identity(body, kind, None if incomplete else written_date, _sex(body[10]))


def _stockholm(body: str, today: date) -> Identity:
    _date(f"{body[2:6]}0101", today)  # of birth or of issue, a year to come is wrong
    _require_check_digit(body, check_digit(body[4:11]))
    return Identity(body, IdentityKind.RESERVE_STOCKHOLM, None, None)


def _vgr(body: str, today: date) -> Identity:
    _date(body[:8], today)  # Inera asks for a real date, but does not call it the day of birth
    _require_check_digit(body, check_digit(body[2:11].translate(_VGR_VALUES)))
    return Identity(body, IdentityKind.RESERVE_VGR, None, _VGR_SEX.get(body[8]))


def _varmland(body: str, today: date) -> Identity:
    # S for the county; F known day of birth, U without, X unknown, P staff, L sample; sex; order. No check.
    written_date = _date(body[:8], today)
    sex = None if body[10] in "01" else _sex(body[10])
    return Identity(body, IdentityKind.RESERVE_VARMLAND, written_date if body[9] == "F" else None, sex)


def _national(body: str, today: date) -> Identity:
    birth_date = None
    if not body.startswith("00"):  # 00: day of birth unknown
        century = 19 + (int(body[:2]) - 19) % 3  # a full series is followed by the next at + 3: 22, 25, 28 …
        birth_date = _date(f"{century}{body[2:8]}", today)
    _require_check_digit(body, _modulus_10([int(c) if c.isdigit() else ord(c) for c in body[:11]]))
    return Identity(body, IdentityKind.RESERVE_NATIONAL, birth_date, _sex(body[10]) if body[10].isdigit() else None)


def _date(digits: str, today: date) -> date:
    try:
        found = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        raise Invalid(_NO_SUCH_DATE) from None
    if found > today:
        raise Invalid(_FUTURE)
    if found.year < FIRST_YEAR:
        raise Invalid(_NO_SUCH_DATE)
    return found


def _sex(digit: str) -> Sex:
    return Sex.MALE if int(digit) % 2 else Sex.FEMALE


def _require_check_digit(body: str, expected: int) -> None:
    if int(body[11]) != expected:
        raise Invalid(_CHECK_DIGIT)


def _modulus_10(values: Sequence[int]) -> int:
    products = [value * (2 - place % 2) for place, value in enumerate(reversed(values))]
    return -sum(int(digit) for product in products for digit in str(product)) % 10
