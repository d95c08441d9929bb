"""Read what a scanner types of a pack's code: GTIN, batch and expiry of a GS1 element string.

After the GS1 General Specifications, sections 3, 5.1.2 and 7.8.

A scanner types what the code holds, with a symbology identifier (``]d2``) before it or not. FNC1, which ends a field of
no fixed length, comes as the control character 0x1D, as what the scanner is set to instead, or not at all: browsers
drop control characters. Without it a text can be read in more ways than one; such a text is never guessed at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from biip import ParseError
from biip.gs1_element_strings import GS1ElementString
from biip.gs1_messages import GS1Message
from biip.gtin import Gtin
from biip.symbology import GS1Symbology, SymbologyIdentifier

from mv.errors import N_, Invalid

FNC1 = "\x1d"
WRITTEN_FNC1 = re.compile(r"<GS>|\{GS\}|\^\]|\||\u241d|[\x1c-\x1f]", re.IGNORECASE)
SYMBOLOGY = re.compile(r"\][A-Za-z][0-9A-Za-z]")
HUMAN_READABLE = re.compile(r"\(\d{2,4}\)")
GTIN, BATCH, EXPIRY, SERIAL = "01", "10", "17", "21"
FIXED_LENGTHS = {GTIN: 14, "11": 6, "13": 6, "15": 6, EXPIRY: 6}
LONGEST_FIELDS = {BATCH: 20, SERIAL: 20, "240": 30, "710": 20, "711": 20, "712": 20, "713": 20, "714": 20}
"""The fields of packs of medicines: of a fixed length, and up to a length. The last are national numbers."""
LONGEST_SCAN = 200
BEGINS_WITH_GTIN = re.compile(r"01\d{14}")
CUT_SHORT = re.compile(r"01\d{10,13}|\d{0,14}17\d{6}(?:10|21)[A-Za-z0-9-]+")
"""What can hardly be a batch number: a GTIN that ends too soon, and an expiry with what follows it on packs."""
GTIN_ALONE = re.compile(r"\d{13,14}")
OF_TRANSPORT = re.compile(r"00\d{18}")
"""The number of a pallet or a box (SSCC)."""

HALF = N_("Only a part of the code was read. Scan the pack again, or write the batch number by hand.")
CHECK_DIGIT = N_("The check digit of the product number is wrong, so nothing was saved. Scan the pack again.")
NO_GS1 = N_("This is not the code of a pack. Scan the square code (DataMatrix), or write the batch number by hand.")
AMBIGUOUS = N_(
    "The scanner does not send where the batch number ends; it could be {numbers}. Write the batch number by hand, and"
    " have the scanner set to send FNC1 as <GS>."
)


@dataclass(frozen=True, slots=True)
class Scan:
    """What the code of a pack says: the GTIN as 14 digits, the batch number and, if it is there, the day of expiry.

    ``registry`` is who gave out the GTIN, such as “GS1 Sweden”; empty where that is not known.
    """

    gtin: str
    batch_number: str
    expires_on: date | None
    registry: str = ""


def parse(text: str) -> Scan | None:
    """Return what was scanned; None for a text that somebody wrote, such as a batch number.

    The serial number is passed over. A month without a day is its last day. Raises Invalid for half a scan, a wrong
    check digit, the code of something else, and a text that can be read in more ways than one.
    """
    written = text.strip(" \t\r\n")
    identifier = SYMBOLOGY.match(written)
    body = WRITTEN_FNC1.sub(FNC1, written[identifier.end() :] if identifier else written)
    if identifier:
        _require_gs1(identifier[0])
    if len(body) > LONGEST_SCAN:
        raise Invalid(NO_GS1)
    if HUMAN_READABLE.match(body):
        return _scan(_fields_as_printed(body))
    if FNC1 in body:
        return _scan(_fields(body.strip(FNC1)))
    if OF_TRANSPORT.fullmatch(body):
        raise Invalid(NO_GS1, field="batch")
    readings = [fields for fields in _readings(body) if {GTIN, BATCH} <= fields.keys()]
    if readings:
        return _scan(_the_only(readings))
    if identifier or BEGINS_WITH_GTIN.match(body) or CUT_SHORT.fullmatch(body):
        raise Invalid(HALF, field="batch")
    if GTIN_ALONE.fullmatch(body) and _gtin(body):
        raise Invalid(NO_GS1, field="batch")
    return None


def _require_gs1(identifier: str) -> None:
    try:
        symbology = SymbologyIdentifier.extract(identifier).gs1_symbology
    except ParseError:
        symbology = None
    if symbology not in GS1Symbology.with_gs1_messages():
        raise Invalid(NO_GS1, field="batch")


def _fields(body: str) -> dict[str, str]:
    """Return the fields of a text that has FNC1 where a field ends."""
    try:
        message = GS1Message.parse(body)
    except ParseError:
        raise Invalid(HALF, field="batch") from None
    return {each.ai.ai: each.value for each in message.element_strings}


def _fields_as_printed(body: str) -> dict[str, str]:
    try:
        message = GS1Message.parse_hri(body)
    except ParseError:
        raise Invalid(HALF, field="batch") from None
    return {each.ai.ai: each.value for each in message.element_strings}


def _readings(body: str, used: frozenset[str] = frozenset()) -> Iterator[dict[str, str]]:
    """Yield the fields of each way in which a text without FNC1 can be read, no field twice."""
    if not body:
        yield {}
    for ai in (FIXED_LENGTHS.keys() | LONGEST_FIELDS.keys()) - used:
        if not body.startswith(ai):
            continue
        rest = body[len(ai) :]
        length = FIXED_LENGTHS.get(ai)
        ends = [length] if length else range(1, LONGEST_FIELDS[ai] + 1)
        for end in ends:
            if end <= len(rest) and _is_field(ai, rest[:end]):
                for others in _readings(rest[end:], used | {ai}):
                    yield {ai: rest[:end], **others}


def _the_only(readings: list[dict[str, str]]) -> dict[str, str]:
    """Return the reading that is left; one without an expiry gives way, as packs of medicines have it."""
    with_expiry = [fields for fields in readings if EXPIRY in fields] or readings
    numbers = sorted({fields[BATCH] for fields in readings})
    if len(numbers) > 1 or len({fields.get(EXPIRY) for fields in with_expiry}) > 1:
        raise Invalid(AMBIGUOUS, field="batch", numbers=", ".join(numbers))
    return with_expiry[0]


def _is_field(ai: str, value: str) -> bool:
    try:
        GS1ElementString.parse(ai + value)
    except ParseError:
        return False
    return True


def _scan(fields: dict[str, str]) -> Scan:
    if GTIN not in fields or BATCH not in fields:
        raise Invalid(HALF if fields.keys() & {GTIN, BATCH, EXPIRY} else NO_GS1, field="batch")
    gtin = _gtin(fields[GTIN])
    if gtin is None:
        raise Invalid(CHECK_DIGIT, field="batch")
    expires_on = GS1ElementString.parse(EXPIRY + fields[EXPIRY]).date if EXPIRY in fields else None
    return Scan(gtin.as_gtin_14(), fields[BATCH], expires_on, (gtin.prefix and gtin.prefix.usage) or "")


def _gtin(digits: str) -> Gtin | None:
    try:
        return Gtin.parse(digits)
    except ParseError:
        return None
