"""Files of people for the tests, and what comes of them."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

from mv.access import Actor
from mv.i18n import ENGLISH, explain
from mv.registration.file_import import columns, exported_layout, importing
from mv.registration.file_import.loading import ImportRequest
from mv.registration.file_import.plan import Plan, RowState
from mv.registration.rounds import Round
from mv.store import Store
from mv.tabular_files import reading
from mv.tabular_files.table import Table

HEADINGS = "Personnummer;Kundgrupp;Undergrupp;Första dag;Enhet;Dosens dag;Vaccin;Sats;Orsak;Förnamn;Efternamn"


def table(*rows: str, headings: str = HEADINGS) -> Table:
    """Return what a CSV file with these rows holds; what a row lacks at its end is empty."""
    whole = [row + ";" * (headings.count(";") - row.count(";")) for row in rows]
    return reading.read_table(BytesIO("\n".join([headings, *whole]).encode()))


def request(read: Table, reason: str = "", unit_id: str | None = "norr") -> ImportRequest:
    """Return the table with its columns as they are guessed."""
    own = exported_layout.recognise(read.headings)
    return ImportRequest(read, {} if own else columns.guess(read.headings), unit_id, reason)


def plan(store: Store, actor: Actor, read: Table, reason: str = "") -> Plan:
    return importing.preview(store, actor, request(read, reason))


def take_in(store: Store, actor: Actor, read: Table, reason: str = "") -> Round:
    """Look at the file, and import it."""
    asked = request(read, reason)
    return importing.import_file(store, actor, asked, importing.preview(store, actor, asked).fingerprint)


def states(found: Plan) -> list[RowState]:
    return [line.state for line in found.lines]


def problems(found: Plan) -> list[tuple[int, str, str]]:
    """Return each problem: row, column, and what it says."""
    return [(problem.row, problem.column, explain(problem.error, ENGLISH)) for problem in found.problems]


def counted(found: Plan) -> dict[RowState, int]:
    """Return the states that there are rows of."""
    return {state: count for state, count in found.counts.items() if count}


def said(found: Sequence[tuple[int, str, str]]) -> str:
    return "\n".join(text for _, _, text in found)
