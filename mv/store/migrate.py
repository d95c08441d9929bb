"""Schema versions: numbered SQL files, applied forward, each in a transaction of its own."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from mv.errors import N_, StoreUnavailable
from mv.store.engine import Engine, Transaction

MIGRATIONS = Path(__file__).parent / "migrations"

READ_VERSION = "SELECT value FROM meta WHERE key = 'schema_version'"
FIND_COLUMNS = "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()"
OURS = {("meta", "key"), ("meta", "value"), ("membership", "active_key")}
"""What is in every version of the store and hardly in another program's database."""


def numbered(folder: Path) -> dict[int, Path]:
    """Return the migrations of ``folder`` that every database gets, by version."""
    return {int(file.name[:4]): file for file in sorted(folder.glob("[0-9]*.sql")) if file.name.count(".") == 1}


def current_version(tx: Transaction, newest: int) -> int:
    """Return the store's schema version; 0 for an empty database.

    Raises StoreUnavailable for a version above ``newest`` and for tables that are not this program's.
    """
    columns = {(row["table_name"], row["column_name"]) for row in tx.rows(FIND_COLUMNS)}
    if not columns:
        return 0
    found = tx.row(READ_VERSION) if columns >= OURS else None
    if found is None:
        raise StoreUnavailable(N_("The database has other tables than this program's. Let MV_STORE name another one."))
    version = int(found["value"])
    if version > newest:
        raise StoreUnavailable(
            N_(
                "The store was made by a newer version of the program (schema {found}, this one knows {newest})."
                " Upgrade the program, or let MV_STORE name another store. Nothing was changed."
            ),
            found=version,
            newest=newest,
        )
    return version


def migrate(engine: Engine, at: datetime, folder: Path = MIGRATIONS) -> None:
    """Bring the database to the newest version in ``folder``; where it is there already, change nothing.

    A new store keeps ``at``, the instant in naive UTC, as the one since when it is.
    """
    steps = numbered(folder)
    with engine.transaction() as tx:
        version = current_version(tx, max(steps))
    for step in sorted(steps):
        if step > version:
            _apply(engine, at, steps, step)


def _apply(engine: Engine, at: datetime, steps: dict[int, Path], step: int) -> None:
    file = steps[step]
    with engine.transaction() as tx:
        engine.lock_schema(tx)
        if current_version(tx, max(steps)) >= step:
            return
        tx.execute(file.read_text(encoding="utf-8"))
        special = file.with_suffix(f".{engine.dialect}.sql")
        if special.exists():
            tx.execute(special.read_text(encoding="utf-8"))
        if step == 1:
            tx.execute("CREATE TABLE meta (key VARCHAR PRIMARY KEY, value VARCHAR NOT NULL)")
            tx.execute("INSERT INTO meta (key, value) VALUES ('made_at', $1)", at.isoformat(" "))
        tx.execute(
            "INSERT INTO meta (key, value) VALUES ('schema_version', $1)"
            " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            str(step),
        )
