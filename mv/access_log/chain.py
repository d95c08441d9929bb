"""The hash chain of the access log: verification and pruning.

The hash of an entry covers the hash of the entry before it and the entry's own words, so a removed, altered,
added or moved entry breaks the chain at its place. The number and hash of the last entry are an *anchor*: kept
outside the store, it also reveals a log that was cut at its end or rewritten as a whole.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from mv import audit
from mv.access import Action, Actor
from mv.audit import COLUMNS, Entry, Outcome
from mv.clock import day_bounds
from mv.errors import N_, Invalid
from mv.store import Store
from mv.store.engine import Row, Transaction

YEARS_KEPT = 5
"""HSLF-FS 2016:40, chapter 4, 9 §: the log is kept at least five years."""
ROWS_AT_ONCE = 50_000
ALTERED_ENTRY = N_("Entry {entry} is not as it was written, or the one before it is not.")
LAST_NUMBER = 2**62
"""Above every entry's number."""
MISSING_HEAD: Row = {"entry_id": -1, "hash": "", "start_entry_id": 0, "start_hash": ""}
"""What is known of the chain's ends where somebody took them away: an end that no log has."""
FIND_ADDED = """
    SELECT entry_id FROM access_log WHERE entry_id <= $1 AND ($2 <> '' OR entry_id < 1 OR hash IS NOT NULL)
    ORDER BY entry_id LIMIT 1
"""
"""Up to the start are entries from before there was a chain; where entries have been pruned, none at all."""
ANCHOR = re.compile(r"(\d{1,18}):([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Anchor:
    """Number and hash of an entry."""

    entry_id: int
    hash: str

    def __str__(self) -> str:
        """Format the anchor as number and hash with a colon between."""
        return f"{self.entry_id}:{self.hash}"


@dataclass(frozen=True, slots=True)
class Break:
    """A fault in the log, at an entry; the message has ``{entry}`` for its number."""

    entry_id: int
    message: str


@dataclass(frozen=True, slots=True)
class Report:
    """Result of a check of the whole log, which is intact when ``breaks`` is empty.

    ``entries`` counts the chained entries that were read, ``unchained`` those from before there was a chain;
    ``anchor`` is the end of the log, None for an empty one.
    """

    entries: int
    unchained: int
    anchor: Anchor | None
    breaks: list[Break]


def parse_anchor(text: str) -> Anchor:
    """Parse an anchor written as number and hash with a colon between. Raises Invalid."""
    found = ANCHOR.fullmatch(text.strip())
    if not found:
        raise Invalid(N_("An anchor is an entry's number and its hash, with a colon between."))
    return Anchor(int(found[1]), found[2])


def check(store: Store, expected: Anchor | None = None) -> Report:
    """Verify the whole log and, with ``expected``, that the entry of this anchor is unchanged.

    The report has numbers of entries only, nobody's data.
    """
    with store.read() as tx:
        head = (
            tx.row("SELECT entry_id, hash, start_entry_id, start_hash FROM log_head WHERE log = 'access'")
            or MISSING_HEAD
        )
        start = Anchor(head["start_entry_id"], head["start_hash"])
        (before,) = tx.rows("SELECT count(*) AS n FROM access_log WHERE entry_id <= $1", start.entry_id)
        added = tx.row(FIND_ADDED, start.entry_id, start.hash)
        reader = _ChainCheck(start, expected, added)
        for entry in _read_entries(tx, start.entry_id):
            reader.read(entry)
    end = Anchor(head["entry_id"], head["hash"])
    reader.finish(end)
    return Report(reader.entries, before["n"], end if end.hash else None, reader.breaks)


def last_anchor(store: Store) -> Anchor | None:
    """Return the anchor of the log's last entry; None for an empty log. The log is not verified."""
    with store.read() as tx:
        head = tx.row("SELECT entry_id, hash FROM log_head WHERE log = 'access'")
    return Anchor(head["entry_id"], head["hash"]) if head and head["hash"] else None


def _read_entries(tx: Transaction, after: int) -> Iterator[Entry]:
    sql = f"SELECT {COLUMNS} FROM access_log WHERE entry_id > $1 ORDER BY entry_id LIMIT {ROWS_AT_ONCE}"
    while rows := tx.rows(sql, after):
        yield from (Entry(**row) for row in rows)
        after = rows[-1]["entry_id"]


class _ChainCheck:
    def __init__(self, start: Anchor, expected: Anchor | None, added: Row | None) -> None:
        self.entries = 0
        self.breaks: list[Break] = []
        self._start = start
        self._pruned: Anchor | None = None
        self._expected = expected
        self._met = expected is None or expected == start
        self._last = start
        if added:
            self._break(added["entry_id"], ALTERED_ENTRY)

    def read(self, entry: Entry) -> None:
        self.entries += 1
        if entry.entry_id != self._last.entry_id + 1:
            self._break(self._last.entry_id + 1, N_("Entry {entry} is missing."))
        elif entry.chained_to(self._last.hash) != entry.hash:
            self._break(entry.entry_id, ALTERED_ENTRY)
        elif entry.action == Action.PRUNE_LOG and entry.outcome == Outcome.DONE and entry.detail:
            detail = json.loads(entry.detail)
            self._pruned = Anchor(detail["through"], detail["hash"])
        if self._expected and entry.entry_id == self._expected.entry_id:
            self._met = True
            if entry.hash != self._expected.hash:
                self._break(entry.entry_id, N_("Entry {entry} is not the one that the anchor names."))
        self._last = Anchor(entry.entry_id, entry.hash or "")

    def finish(self, end: Anchor) -> None:
        if self._start.hash and self._start != self._pruned:
            self._break(self._start.entry_id, N_("Entry {entry} and those before it are missing, and were not pruned."))
        if self._last != end:
            self._break(self._last.entry_id + 1, N_("Entry {entry} is missing: the log has been cut at its end."))
        if self._expected and not self._met:
            self._break(self._expected.entry_id, N_("Entry {entry}, which the anchor names, is not in the log."))

    def _break(self, entry_id: int, message: str) -> None:
        self.breaks.append(Break(entry_id, message))


def earliest_kept(today: date) -> date:
    """Return the first day that may not be pruned yet: YEARS_KEPT years ago."""
    year = today.year - YEARS_KEPT
    return date(year, 3, 1) if (today.month, today.day) == (2, 29) else today.replace(year=year)


def prune(store: Store, actor: Actor, before: date) -> int:
    """Delete the entries from before the Stockholm day ``before``, log that, and return their number.

    The number and hash of the last one stay in the store, so that the chain can be verified from there. Raises
    Invalid for entries that are not five years old yet.
    """

    def work(tx: Transaction) -> int:
        if before > earliest_kept(store.today()):
            raise Invalid(
                N_("The log is kept for {years} years. Choose {day} or an earlier day."),
                years=YEARS_KEPT,
                day=earliest_kept(store.today()),
            )
        last = tx.row(
            """
            SELECT entry_id, hash FROM access_log WHERE entry_id < COALESCE(
                (SELECT min(entry_id) FROM access_log WHERE logged_at >= $1), $2
            ) ORDER BY entry_id DESC LIMIT 1
            """,
            day_bounds(before)[0], LAST_NUMBER,
        )  # fmt: skip
        if last is None:
            return 0
        (found,) = tx.rows("SELECT count(*) AS n FROM access_log WHERE entry_id <= $1", last["entry_id"])
        tx.execute("DELETE FROM access_log WHERE entry_id <= $1", last["entry_id"])
        tx.execute(
            "UPDATE log_head SET start_entry_id = $1, start_hash = $2 WHERE log = 'access' AND start_entry_id < $1",
            last["entry_id"], last["hash"] or "",
        )  # fmt: skip
        detail = {"before": before, "entries": found["n"], "through": last["entry_id"], "hash": last["hash"] or ""}
        audit.record(tx, store.now(), actor, Action.PRUNE_LOG, **detail)
        removed: int = found["n"]
        return removed

    return audit.perform(store, actor, Action.PRUNE_LOG, work)
