"""Undo of a merge: exactly the rows that moved go back, and the rows that it changed are restored.

What was registered since stays with the record that went on; where that builds on a row that would go back, nothing is
undone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime

from mv import audit, catalogue, customers, deaths, memberships, name_changes, vaccinations
from mv.access import Action, Actor
from mv.catalogue import Catalogue
from mv.clock import to_local
from mv.customers import Customer
from mv.errors import N_, Conflict, NotFound
from mv.memberships import Membership
from mv.merges import execution
from mv.store import Store
from mv.store.engine import Row, Transaction
from mv.vaccinations import Dose

MERGE = """
    SELECT merge_id, customer_id, merged_customer_id, merged_at, deceased_on, undone_at FROM merge WHERE merge_id = $1
"""
LATER = "SELECT 1 AS found FROM merge WHERE customer_id = $1 AND merge_id > $2 AND undone_at IS NULL"
CHANGED = "SELECT row_id, done, version FROM merge_row WHERE merge_id = $1 AND kind = $2 AND done IS NOT NULL"
BEFORE = "SELECT valid_from, valid_to, ended_reason FROM membership_change WHERE membership_id = $1 AND version = $2"
WITHOUT_GROUP = """
    SELECT d.dose_id, d.given_on FROM dose d
    WHERE d.customer_id IN ($1, $2) AND d.completed_at > $3 AND d.group_code IS NOT NULL AND d.withdrawn_at IS NULL
        AND NOT EXISTS (
            SELECT 1 FROM membership m
            WHERE m.customer_id = d.customer_id AND m.group_code = d.group_code
                AND m.subgroup_code IS NOT DISTINCT FROM d.subgroup_code AND m.ended_reason IS DISTINCT FROM 'wrong'
                AND m.valid_from <= d.given_on AND (m.valid_to IS NULL OR d.given_on <= m.valid_to)
        )
    ORDER BY d.given_on
"""
"""Doses that were registered or corrected since, without the group that counts for them on their day."""
BY_OTHERS = """
    SELECT d.dose_id, d.given_on FROM dose d JOIN membership m ON m.membership_id = d.membership_id
    WHERE d.customer_id IN ($1, $2) AND m.customer_id <> d.customer_id AND d.withdrawn_at IS NULL ORDER BY d.given_on
"""
"""Doses that count by a membership of the other record."""


def undo(store: Store, actor: Actor, merge_id: int) -> Customer:
    """Undo a merge and return the customer whose record went on.

    Raises Conflict when it is undone already, when it is not the customer's latest, when a row that it changed was
    changed again, when a dose that was registered since counts by a row that would go back, and when a group or a dose
    would be from before the birth or after the death of its customer; what :func:`mv.memberships.adjust` and
    :func:`mv.vaccinations.correct` raise for a row that would count again; NotFound, and OtherUnit when the actor has
    no care relation with the customer.
    """

    def work(tx: Transaction) -> Customer:
        at = store.now()
        merge = _lock_merge(tx, at, actor, merge_id)
        keep_id, merged_id = merge["customer_id"], merge["merged_customer_id"]
        execution.log_merge(tx, at, actor, merge_id, keep_id, merged_id, "undone")
        since = (keep_id, merged_id, merge["merged_at"])
        lacked = {row["dose_id"] for row in tx.rows(WITHOUT_GROUP, *since)}
        execution.move_rows(tx, merge_id, merged_id)
        _restore(tx, at, store.today(), actor, merge_id)
        lack = [row for row in tx.rows(WITHOUT_GROUP, *since) if row["dose_id"] not in lacked]
        for row in (*lack, *tx.rows(BY_OTHERS, keep_id, merged_id)):
            raise Conflict(
                N_(
                    "The dose of {day} counts by a group that the other record would get back. Correct or withdraw that"
                    " dose first; nothing was undone."
                ),
                day=row["given_on"],
            )
        for customer in customers.read(tx, [keep_id, merged_id]):
            _refuse_days_outside_life(tx, customer)
        _separate(tx, at, actor, merge)
        (kept,) = customers.read(tx, [keep_id])
        return kept

    return audit.perform(store, actor, Action.MERGE_CUSTOMERS, work)


def _lock_merge(tx: Transaction, at: datetime, actor: Actor, merge_id: int) -> Row:
    """Lock the customer that goes on, and return the merge. The record that ended is changed by nobody anyway."""
    merge = tx.row(MERGE, merge_id)
    if merge is None:
        raise NotFound(N_("There is no such merging. Open the customer anew."))
    keep_id = merge["customer_id"]
    if tx.row("SELECT 1 AS found FROM customer WHERE customer_id = $1 AND merged_into IS NOT NULL", keep_id):
        raise Conflict(N_("The record was merged into another since. Undo that first."))
    customers.lock(tx, at, actor, [keep_id])
    now = tx.rows(MERGE, merge_id)[0]
    if now["undone_at"] is not None:
        raise Conflict(N_("The merging is undone already."))
    if tx.row(LATER, keep_id, merge_id):
        raise Conflict(N_("Another record was merged into this one later. Undo that first."))
    return now


def _restore(tx: Transaction, at: datetime, today: date, actor: Actor, merge_id: int) -> None:
    """Restore the rows that the merge changed, widened periods first: no two rows of a group may overlap."""
    known = catalogue.read(tx)
    changed = tx.rows(CHANGED, merge_id, "membership")
    for row in sorted(changed, key=lambda row: row["done"] == "wrong"):  # what was widened first
        now = _group_as_left(tx, known, row)
        before = tx.rows(BEFORE, now.membership_id, now.version - 1)[0]
        if row["done"] == "wrong":
            _restore_group(tx, at, today, actor, known, now, before)
        else:
            narrowed = replace(now, valid_from=before["valid_from"], valid_to=before["valid_to"])
            memberships.TABLE.update(tx, at, actor, Action.ADJUST_GROUP, "adjusted", [narrowed])
    for row in tx.rows(CHANGED, merge_id, "dose"):
        dose = _dose_as_left(tx, known, row)
        (customer,) = customers.read(tx, [dose.customer_id])
        vaccinations.check_again(known, customer, dose, vaccinations.read(tx, dose.customer_id), today)
        given = replace(dose, withdrawn_at=None, withdrawn_by=None, withdrawn_reason=None)
        vaccinations.TABLE.update(tx, at, actor, Action.CORRECT_DOSE, "restored", [given])


def _restore_group(
    tx: Transaction, at: datetime, today: date, actor: Actor, known: Catalogue, now: Membership, before: Row
) -> None:
    was = replace(now, ended_reason=before["ended_reason"])
    if before["valid_to"] is None:
        was = replace(now, valid_to=None, ended_at=None, ended_by=None, ended_reason=None)
    (customer,) = customers.read(tx, [now.customer_id])
    memberships.check_change(known, customer, now, was, memberships.read(tx, now.customer_id), today)
    word = "restored" if was.active else "reason"
    memberships.TABLE.update(tx, at, actor, Action.RESTORE_GROUP, word, [was])


def _refuse_days_outside_life(tx: Transaction, customer: Customer) -> None:
    """Raise Conflict when a group or a dose is from before the customer's birth or after the death."""
    for day in deaths.registered_days(tx, customer.customer_id):
        if day is not None and not customer.birth_date <= day <= (customer.deceased_on or day):
            raise Conflict(
                N_(
                    "A group or a dose of {day} would be from before the birth or after the death of the customer that"
                    " gets it back. Correct or remove it first; nothing was undone."
                ),
                day=day,
            )


def _group_as_left(tx: Transaction, known: Catalogue, left: Row) -> Membership:
    found = tx.rows(f"SELECT {memberships.COLUMNS} FROM membership WHERE membership_id = $1", left["row_id"])
    now = Membership(**found[0])
    what = known.choice(now.group_code, now.subgroup_code)
    _refuse_changed(tx, "membership", left, now.version, lambda: what)
    return now


def _dose_as_left(tx: Transaction, known: Catalogue, left: Row) -> Dose:
    found = tx.rows(f"SELECT {vaccinations.COLUMNS} FROM dose WHERE dose_id = $1", left["row_id"])
    now = Dose(**found[0])
    _refuse_changed(tx, "dose", left, now.version, lambda: known.vaccines[now.product_code].name)
    return now


def _refuse_changed(tx: Transaction, table: str, left: Row, version: int, what: Callable[[], object]) -> None:
    """Raise Conflict when a row that the merge changed was changed again since."""
    if version == left["version"]:
        return
    sql = f"SELECT changed_by, changed_at FROM {table}_change WHERE {table}_id = $1 AND version = $2"
    last = tx.rows(sql, left["row_id"], version)[0]
    raise Conflict(
        N_("{who} changed {what} at {time}, which the merging had changed. It cannot be undone any more."),
        who=last["changed_by"],
        what=what(),
        time=f"{to_local(last['changed_at']):%Y-%m-%d %H:%M}",
    )


def _separate(tx: Transaction, at: datetime, actor: Actor, merge: Row) -> None:
    """Make the records two customers again, each found by its own names and numbers."""
    keep_id, merged_id, died = merge["customer_id"], merge["merged_customer_id"], merge["deceased_on"]
    tx.execute("UPDATE customer SET merged_into = NULL, version = version + 1 WHERE customer_id = $1", merged_id)
    if died:
        tx.execute("UPDATE customer SET deceased_on = NULL WHERE customer_id = $1 AND deceased_on = $2", keep_id, died)
    name_changes.write_search_keys(tx, keep_id)
    name_changes.write_search_keys(tx, merged_id)
    tx.execute(
        "UPDATE merge SET undone_at = $2, undone_by = $3 WHERE merge_id = $1", merge["merge_id"], at, actor.user_id
    )
