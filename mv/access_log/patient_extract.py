"""Loggutdrag: a patient's extract of the accesses to the patient's data, with unit, time and kind of each.

HSLF-FS 2016:40, chapter 4: the extract is to let the patient judge whether an access was justified. It names
units, not users, and includes the accesses at every unit, as they are the patient's to know.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from html import escape

from mv import audit, catalogue
from mv.access import Action, Actor
from mv.access_log import exported_lists
from mv.access_log.documents import csv_pieces, local_time
from mv.access_log.entries import ACTIONS, label
from mv.catalogue import Catalogue
from mv.errors import N_, NotFound
from mv.i18n import SWEDISH, Language, translate
from mv.identity import format_identity
from mv.store import Store
from mv.store.engine import Row, Transaction

COMMAND_LINE = N_("Command line")
"""Where an access without a unit was made."""
POSSIBLE_ACCESS = N_("May have been part of the output data")
HEADINGS = (N_("Time"), N_("Unit"), N_("What was done"), N_("Remark"))
EXPLANATION = N_(
    "Each time that somebody has had access to data about you in this system: when, at which unit, and what was done."
    " Output data are lists of many people; where they say so, it is not known whether you were on them."
)
HEAD = """<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<title>{title}</title>
<style>
body {{ font: 11pt/1.4 sans-serif; margin: 2rem auto; max-width: 48rem; padding: 0 1rem; color: #000;
  background: #fff }}
h1 {{ font-size: 1.5rem; margin: 0 0 .5rem }}
table {{ border-collapse: collapse; width: 100%; margin-top: 1rem }}
th, td {{ border-bottom: 1px solid #888; padding: .25rem .5rem; text-align: left; vertical-align: top }}
thead {{ display: table-header-group }}
tr {{ break-inside: avoid }}
td:first-child {{ white-space: nowrap }}
bdi {{ unicode-bidi: isolate }}
@page {{ margin: 18mm }}
@media print {{ body {{ margin: 0; max-width: none; padding: 0 }} }}
</style>
</head>
<body>
<h1>{title}</h1>
<p><strong><bdi>{name}</bdi></strong><br>{number}</p>
<p>{printed}</p>
<p>{explained}</p>
"""


@dataclass(frozen=True, slots=True)
class Access:
    """An access to the person's data, on the command line where it has no unit.

    ``maybe`` marks one to others' data, perhaps including the person's.
    """

    logged_at: datetime
    unit: str
    action: str
    maybe: bool = False


@dataclass(frozen=True, slots=True)
class Extract:
    """Every access to a person's data in order of time; instants are naive UTC."""

    name: str
    number: str
    taken_at: datetime
    taken_by_unit: str
    accesses: list[Access]

    def __repr__(self) -> str:
        """Name nobody, since a repr may end up in a log."""
        return f"Extract({len(self.accesses)} accesses)"


def extract(store: Store, actor: Actor, customer_id: int) -> Extract:
    """Return every access to the customer's data, at all units; log the extract, once per look.

    Accesses to records merged into the customer's are included, as they are the same person's; refused attempts are
    not. Raises OtherUnit when the customer is none that the actor has to do with, NotFound.
    """

    def work(tx: Transaction) -> tuple[datetime, int]:
        live = tx.row(
            "SELECT COALESCE(merged_into, customer_id) AS id FROM customer WHERE customer_id = $1", customer_id
        )
        if live is None:
            raise NotFound(N_("The customer does not exist. Search for the customer anew."))
        at = store.now()
        audit.record_look(tx, at, actor, Action.EXTRACT_LOG, [live["id"]])
        return at, live["id"]

    at, live_id = audit.perform(store, actor, Action.EXTRACT_LOG, work, customer_id)
    with store.read() as tx:
        (person,) = tx.rows("SELECT identity, given_name, family_name FROM customer WHERE customer_id = $1", live_id)
        known = catalogue.read(tx)
        entries = [*_recorded_accesses(tx, live_id), *exported_lists.find(tx, known, live_id)]
        found = {row["entry_id"]: _to_access(known, row, maybe=maybe) for row, maybe in entries}
    return Extract(
        name=f"{person['given_name']} {person['family_name']}",
        number=format_identity(person["identity"], store.today()),
        taken_at=at,
        taken_by_unit=_unit_name(known, actor.unit_id),
        accesses=[found[entry_id] for entry_id in sorted(found, key=lambda number: (found[number].logged_at, number))],
    )


def filename(today: date, ending: str) -> str:
    """Compose the file name, without personal data."""
    return f"loggutdrag_{today}.{ending}"


def csv_chunks(store: Store, actor: Actor, customer_id: int, language: Language = SWEDISH) -> Iterator[bytes]:
    """Encode the extract as CSV, without the person's name and number. Raises at once what :func:`extract` raises."""
    found = extract(store, actor, customer_id)
    return csv_pieces([[translate(heading, language) for heading in HEADINGS], *cells(found, language)])


def page_chunks(store: Store, actor: Actor, customer_id: int, language: Language = SWEDISH) -> Iterator[bytes]:
    """Render the extract as a page to print. Raises at once what :func:`extract` raises."""
    found = extract(store, actor, customer_id)
    return (piece.encode() for piece in _page(found, language))


def cells(found: Extract, language: str) -> list[list[str]]:
    """Format the accesses as rows of text: time in Stockholm, unit, action, remark."""
    return [
        [
            local_time(access.logged_at),
            access.unit or translate(COMMAND_LINE, language),
            label(ACTIONS, access.action, language),
            translate(POSSIBLE_ACCESS, language) if access.maybe else "",
        ]
        for access in found.accesses
    ]


def _page(found: Extract, language: Language) -> Iterator[str]:
    printed = N_("Printed {time} by {unit}.")
    unit = found.taken_by_unit or translate(COMMAND_LINE, language)
    yield HEAD.format(
        language=language,
        title=escape(translate("Log extract", language)),
        name=escape(found.name),
        number=escape(found.number),
        printed=escape(translate(printed, language).format(time=local_time(found.taken_at), unit=unit)),
        explained=escape(translate(EXPLANATION, language)),
    )
    headings = "".join(f'<th scope="col">{escape(translate(heading, language))}</th>' for heading in HEADINGS)
    yield f"<table>\n<thead><tr>{headings}</tr></thead>\n<tbody>\n"
    for row in cells(found, language):
        yield "".join(["<tr>", *(f"<td>{escape(cell)}</td>" for cell in row), "</tr>\n"])
    yield "</tbody>\n</table>\n</body>\n</html>\n"


def _recorded_accesses(tx: Transaction, customer_id: int) -> Iterator[tuple[Row, bool]]:
    """Yield the accesses to the customer's record, to those merged into it, and to one that it was in for a time."""
    sql = """
        SELECT entry_id, logged_at, unit_id, action FROM access_log WHERE outcome = 'done' AND customer_id IN (
            SELECT customer_id FROM customer WHERE customer_id = $1 OR merged_into = $1
        )
        UNION SELECT l.entry_id, l.logged_at, l.unit_id, l.action
        FROM merge m JOIN access_log l ON l.customer_id = m.customer_id
            AND l.logged_at >= m.merged_at AND l.logged_at <= m.undone_at
        WHERE m.merged_customer_id = $1 AND m.undone_at IS NOT NULL AND l.outcome = 'done'
    """
    for row in tx.rows(sql, customer_id):
        yield row, False


def _to_access(known: Catalogue, row: Row, *, maybe: bool) -> Access:
    return Access(row["logged_at"], _unit_name(known, row["unit_id"]), row["action"], maybe)


def _unit_name(known: Catalogue, unit_id: str) -> str:
    unit = known.units.get(unit_id)
    return unit.name if unit else unit_id
