"""CSV documents about the access log for Swedish spreadsheets: the document of a check, and rows of text."""

from __future__ import annotations

import codecs
import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from io import StringIO
from itertools import islice

import pandas as pd

from mv.access import Actor
from mv.access_log import samples
from mv.access_log.entries import ACCESS_REASONS, ACTIONS, OUTCOMES, label
from mv.access_log.samples import Check, ReviewedEntry, Verdict
from mv.clock import to_local
from mv.errors import N_
from mv.i18n import SWEDISH, Language, translate
from mv.pseudonyms import TEXT
from mv.store import Store
from mv.text import neutralise_formulas

ROWS_AT_ONCE = 1_000
VERDICTS: Mapping[str, str] = {Verdict.IN_ORDER: N_("In order"), Verdict.TO_EXAMINE: N_("To examine")}
HEADINGS = (
    N_("Place"), N_("Entry"), N_("Time"), N_("User"), N_("Role"), N_("Unit code"), N_("Action"),
    N_("Customer (number)"), N_("Outcome"), N_("Grounds"), N_("Details"), N_("Verdict"), N_("Note"),
    N_("Judged by"), N_("Judged at"),
)  # fmt: skip


def check_document(store: Store, actor: Actor, check_id: int, language: Language = SWEDISH) -> Iterator[bytes]:
    """Log the export of the check and return it as CSV: the draw, the conclusion, then each entry.

    Customers appear by the store's own number, without names. Raises at once what
    :func:`mv.access_log.samples.export_check` raises.
    """
    check, entries = samples.export_check(store, actor, check_id)

    def rows() -> Iterator[Sequence[str]]:
        yield from ((translate(name, language), value) for name, value in _facts(check))
        yield ()
        yield [translate(heading, language) for heading in HEADINGS]
        yield from (_cells(judged, language) for judged in entries)

    return csv_pieces(rows())


def csv_pieces(rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """Encode rows as CSV in UTF-8 with a byte-order mark and ";"; no cell runs as a formula in a spreadsheet."""
    yield codecs.BOM_UTF8
    remaining = iter(rows)
    while some := list(islice(remaining, ROWS_AT_ONCE)):
        cells = iter(neutralise_formulas(pd.Series([cell for row in some for cell in row], dtype=TEXT)))
        text = StringIO()
        csv.writer(text, delimiter=";").writerows([next(cells) for _ in row] for row in some)
        yield text.getvalue().encode()


def local_time(instant: datetime | None) -> str:
    """Format an instant as day and time in Stockholm, to the second; nothing for None."""
    return f"{to_local(instant):%Y-%m-%d %H:%M:%S}" if instant else ""


def _facts(check: Check) -> Iterator[tuple[str, str]]:
    yield N_("Check"), str(check.check_id)
    yield N_("Drawn by"), _user(check.drawn_by, check.drawn_by_name)
    yield N_("Drawn at"), local_time(check.drawn_at)
    yield N_("Drawn at the unit (code)"), check.unit_id
    yield N_("Entries of the units (codes)"), " ".join(sorted(check.units))
    yield N_("Filters"), json.dumps(check.filters, ensure_ascii=False, sort_keys=True)
    yield N_("Entries to draw from"), str(check.population)
    yield N_("Entries drawn"), str(check.size)
    yield N_("Seed"), str(check.seed)
    yield N_("The log’s last entry then"), f"{check.head_entry_id}:{check.head_hash}"
    yield N_("Judged"), str(check.judged)
    yield N_("To examine"), str(check.to_examine)
    yield N_("Closed by"), _user(check.closed_by, check.closed_by_name)
    yield N_("Closed at"), local_time(check.closed_at)
    yield N_("Conclusion"), check.conclusion or ""


def _cells(judged: ReviewedEntry, language: Language) -> list[str]:
    entry = judged.entry
    return [
        str(judged.place),
        str(entry.entry_id),
        local_time(entry.logged_at),
        _user(entry.user_id, entry.user_name),
        entry.role,
        entry.unit_id,
        label(ACTIONS, entry.action, language),
        "" if entry.customer_id is None else str(entry.customer_id),
        label(OUTCOMES, entry.outcome, language),
        label(ACCESS_REASONS, entry.why, language),
        json.dumps(entry.detail, ensure_ascii=False, sort_keys=True) if entry.detail else "",
        label(VERDICTS, judged.verdict, language),
        judged.note,
        _user(judged.judged_by, judged.judged_by_name),
        local_time(judged.judged_at),
    ]


def _user(user_id: str | None, name: str | None) -> str:
    return f"{name} ({user_id})" if name and name != user_id else user_id or ""
