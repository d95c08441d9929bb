"""The start of a catalogue that the program brings: a lead looks at it and takes over what is to be used.

A newer version of it is offered, and changes nothing by itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from mv import audit
from mv.access import Action, Actor
from mv.catalogue import DATA, changes
from mv.catalogue.tables import START, CatalogueRow
from mv.store import Store
from mv.store.engine import Transaction
from mv.tabular_files.reading import read_table
from mv.tabular_files.table import Table

SEEN = "catalogue_start"
"""The key in the table meta under which it is kept which version of the start was looked at."""


def files() -> list[Table]:
    """Return the files of the start: groups, subgroups, vaccines."""
    found = []
    for table in START:
        with (DATA / table.file).open("rb") as file:
            found.append(read_table(file))
    return found


def is_new(store: Store) -> bool:
    """Return whether nobody has looked at this version of the start yet."""
    with store.read() as tx:
        return is_unseen(tx)


def is_unseen(tx: Transaction) -> bool:
    """Return whether nobody has looked at this version of the start yet, in the open transaction."""
    row = tx.row("SELECT value FROM meta WHERE key = $1", SEEN)
    return row is None or row["value"] != _digest()


def mark_seen(tx: Transaction) -> None:
    """Keep that this version of the start was looked at."""
    tx.execute(
        "INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        SEEN,
        _digest(),
    )


def settle(store: Store, actor: Actor, rows: Sequence[CatalogueRow] = ()) -> list[CatalogueRow]:
    """Save those ``rows`` of the start that are taken over, and settle that this version of it was looked at.

    It is offered no more until there is a newer one. Raises what :func:`mv.catalogue.changes.save` raises.
    """

    def work(tx: Transaction) -> list[CatalogueRow]:
        at = store.now()
        mark_seen(tx)
        audit.record(tx, at, actor, Action.CHANGE_CATALOGUE, start="seen")
        return changes.save_in(tx, at, actor, rows)

    return audit.perform(store, actor, Action.CHANGE_CATALOGUE, work)


def _digest() -> str:
    digest = hashlib.sha256()
    for table in START:
        digest.update((DATA / table.file).read_bytes())
    return digest.hexdigest()
