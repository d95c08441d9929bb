"""Undo one row of a round, or all of them, unless a later change depends on it.

The membership of a row is removed as wrong from the start, and its dose withdrawn as entered by mistake; both stay in
the history. A membership that a file changed gets its earlier values back.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from mv import audit, catalogue, customers, memberships, vaccinations
from mv.access import Action, Actor
from mv.errors import N_, Conflict, NotFound
from mv.registration import membership_steps, saving
from mv.registration.rounds import require_own
from mv.store import Store
from mv.store.engine import Row, Transaction
from mv.vaccinations import WithdrawReason

ROWS = """
    SELECT registration_id, row_number, customer_id, membership_id, membership_version, dose_id, dose_version, was,
        undone_at
    FROM registration_row WHERE registration_id = $1
"""
"""In one query."""


def undo_row(store: Store, actor: Actor, registration_id: int, row_number: int) -> None:
    """Undo a row of the user's round.

    Raises Conflict if it is undone already, if its membership or dose was changed since, or if another dose refers to
    its membership; what :func:`mv.memberships.adjust` raises for a membership that the row changed; NotFound.
    """

    def work(tx: Transaction) -> None:
        require_own(tx, actor, registration_id)
        row = tx.row(f"{ROWS} AND row_number = $2", registration_id, row_number)
        if row is None:
            raise NotFound(N_("There is no such row."))
        if row["undone_at"] is not None:
            raise Conflict(N_("The row is undone already."))
        _undo(tx, store.now(), store.today(), actor, [row])

    audit.perform(store, actor, Action.REGISTER_AFTERWARDS, work)


def undo_all(store: Store, actor: Actor, registration_id: int) -> int:
    """Undo every row of the user's round that is not undone, all of them or none, and return their number.

    Raises what :func:`undo_row` raises for any of them, and Conflict if none is left.
    """

    def work(tx: Transaction) -> int:
        require_own(tx, actor, registration_id)
        rows = tx.rows(f"{ROWS} AND undone_at IS NULL ORDER BY row_number DESC", registration_id)
        if not rows:
            raise Conflict(N_("Everything in it is undone already."))
        at = store.now()
        _undo(tx, at, store.today(), actor, rows)
        tx.execute(
            "UPDATE registration SET undone_at = $2, undone_by = $3, open_key = NULL, ended_at = COALESCE(ended_at, $2)"
            " WHERE registration_id = $1",
            registration_id, at, actor.user_id,
        )  # fmt: skip
        return len(rows)

    return audit.perform(store, actor, Action.REGISTER_AFTERWARDS, work)


def _undo(tx: Transaction, at: datetime, today: date, actor: Actor, rows: Sequence[Row]) -> None:
    """Undo rows of one round: the doses first, since they refer to the memberships."""
    doses = {row["dose_id"]: row["dose_version"] for row in rows if row["dose_id"] is not None}
    made = [row for row in rows if row["membership_id"] is not None and row["was"] is None]
    groups = {row["membership_id"]: row["membership_version"] for row in made}
    vaccinations.TABLE.change_rows(
        tx,
        at,
        actor,
        Action.WITHDRAW_DOSE,
        "withdrawn",
        doses,
        lambda now, _: now.as_withdrawn(at, actor.user_id, WithdrawReason.ENTERED_BY_MISTAKE),
    )
    if _has_doses(tx, list(groups)):
        raise Conflict(
            N_("A dose counts by the group of this row. Correct or withdraw that dose first; nothing was undone.")
        )
    memberships.TABLE.change_rows(
        tx, at, actor, Action.REMOVE_GROUP, "removed", groups, lambda now, _: now.as_wrong(at, actor.user_id)
    )
    _restore_memberships(tx, at, today, actor, [row for row in rows if row["was"] is not None])
    tx.rows_in(
        "UPDATE registration_row SET undone_at = $3, undone_by = $4, row_key = NULL"
        " WHERE registration_id = $2 AND row_number = ANY($1) RETURNING row_number",
        [row["row_number"] for row in rows], rows[0]["registration_id"], at, actor.user_id,
    )  # fmt: skip


def _restore_memberships(tx: Transaction, at: datetime, today: date, actor: Actor, rows: Sequence[Row]) -> None:
    """Restore the memberships that rows changed. Raises what :func:`mv.memberships.adjust` raises."""
    if not rows:
        return
    versions_left = {row["membership_id"]: row["membership_version"] for row in rows}
    now = [row for row, _ in memberships.TABLE.lock(tx, at, actor, versions_left)]
    texts = {row["membership_id"]: row["was"] for row in rows}
    was = {row.membership_id: membership_steps.from_json(texts[row.membership_id], row.customer_id) for row in now}
    known = catalogue.read(tx)
    people = saving.read_people(tx, customers.read(tx, {row.customer_id for row in now}))
    for left in now:
        person = people[left.customer_id]
        others = [was.get(row.membership_id, row) for row in person.memberships]
        memberships.check_change(known, person.customer, left, was[left.membership_id], others, today)
    membership_steps.change_all(tx, at, actor, [(row, was[row.membership_id]) for row in now])


def _has_doses(tx: Transaction, membership_ids: Sequence[int]) -> bool:
    """Return whether a dose that is not withdrawn refers to one of these memberships."""
    sql = """
        SELECT 1 AS found FROM dose WHERE membership_id = ANY($1) AND withdrawn_at IS NULL LIMIT 1
    """
    return bool(tx.rows_in(sql, membership_ids))
