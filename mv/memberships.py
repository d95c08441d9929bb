"""Memberships: a customer's groups with their periods, added, adjusted, removed and restored, with a history.

Both days of a period are included. A row is active until it is removed; then it has a last day and a reason. A row
that ceased to apply counted on the days of its period, a wrong one never did.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from enum import StrEnum

import pyarrow as pa

from mv import audit, catalogue, concerns, customers, deaths
from mv.access import Action, Actor
from mv.catalogue import Catalogue, Choice
from mv.clock import to_local
from mv.concerns import Concern, Concerns, Doubtful
from mv.customers import Customer
from mv.errors import N_, Conflict, Invalid
from mv.store import Store
from mv.store.engine import Transaction
from mv.versioned import VersionedTable


class EndReason(StrEnum):
    """The reason for a removal."""

    CEASED = "ceased"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Membership:
    """A customer's group with its period; instants are naive UTC."""

    membership_id: int
    customer_id: int
    group_code: str
    subgroup_code: str | None
    valid_from: date
    valid_to: date | None
    unit_id: str
    registered_at: datetime
    registered_by: str
    ended_at: datetime | None
    ended_by: str | None
    ended_reason: str | None
    version: int

    @property
    def active(self) -> bool:
        """Whether the row has not been removed."""
        return self.valid_to is None

    @property
    def active_key(self) -> str | None:
        """The key that at most one active row has, of customer, group and subgroup; None for an ended row."""
        return f"{self.customer_id}/{self.group_code}/{self.subgroup_code or ''}" if self.active else None

    def counts_on(self, day: date) -> bool:
        """Return whether a dose given on ``day`` can be paid by this row."""
        return self.ended_reason != EndReason.WRONG and catalogue.covers(self, day)

    def as_wrong(self, at: datetime, user_id: str) -> Membership:
        """Return the row as wrong from the start; an active one ends on Stockholm's day of ``at``, or its first day."""
        if not self.active:
            return replace(self, ended_reason=EndReason.WRONG)
        last = max(self.valid_from, to_local(at).date())
        return replace(self, valid_to=last, ended_at=at, ended_by=user_id, ended_reason=EndReason.WRONG)


@dataclass(frozen=True, slots=True)
class Change:
    """A version of a row in its history; version 1 is the row as it was registered."""

    membership_id: int
    version: int
    change: str
    changed_at: datetime
    changed_by: str
    group_code: str
    subgroup_code: str | None
    valid_from: date
    valid_to: date | None
    ended_reason: str | None


@dataclass(frozen=True, slots=True)
class Entry:
    """The fields of a row that a coordinator fills in."""

    group_code: str
    subgroup_code: str | None
    valid_from: date
    valid_to: date | None = None


TABLE = VersionedTable(
    "membership",
    Membership,
    Change,
    {
        **dict.fromkeys(("membership_id", "customer_id"), pa.int64()),
        **dict.fromkeys(("group_code", "subgroup_code", "active_key", "unit_id"), pa.string()),
        **dict.fromkeys(("valid_from", "valid_to"), pa.date32()),
        **dict.fromkeys(("registered_at", "ended_at"), pa.timestamp("us")),
        **dict.fromkeys(("registered_by", "ended_by", "ended_reason"), pa.string()),
        "version": pa.int32(),
    },
    missing=N_("The group row does not exist. Open the customer anew."),
    changed=N_("{who} changed this group at {time}. It is shown as it is now; nothing was overwritten."),
)
COLUMNS = TABLE.columns


def of_customer(store: Store, actor: Actor, customer_id: int) -> list[Membership]:
    """Return all rows of the customer: the active ones first, then the ended ones, the latest first."""

    def work(tx: Transaction) -> list[Membership]:
        audit.record_look(tx, store.now(), actor, Action.VIEW_GROUPS, [customer_id])
        return read(tx, customer_id)

    rows = audit.perform(store, actor, Action.VIEW_GROUPS, work, customer_id)
    return [m for m in rows if m.active] + [m for m in reversed(rows) if not m.active]


def changes(store: Store, actor: Actor, customer_id: int) -> list[Change]:
    """Return every change of the customer's rows, the latest first."""

    def work(tx: Transaction) -> list[Change]:
        audit.record_look(tx, store.now(), actor, Action.VIEW_GROUPS, [customer_id])
        return TABLE.history(tx, customer_id)

    return audit.perform(store, actor, Action.VIEW_GROUPS, work, customer_id)


def counting_on(memberships: Iterable[Membership], day: date) -> list[Membership]:
    """Return the memberships by which a dose given on ``day`` can be paid."""
    return [membership for membership in memberships if membership.counts_on(day)]


def likely_end_reason(membership: Membership, today: date) -> EndReason:
    """Return the likely reason for a removal: a row of today was a slip, an older one ceased."""
    slip = to_local(membership.registered_at).date() == today
    return EndReason.WRONG if slip else EndReason.CEASED


def add(
    store: Store, actor: Actor, customer_id: int, entry: Entry, *, accepted: Collection[Concern] | None = None
) -> Membership:
    """Add the customer to a group and return the new row.

    With a last day, a period that is over is registered. Raises Invalid for an impossible period and for a group that
    was not in use, Conflict when the period overlaps one of the same group or begins after the customer's death;
    NotFound, and OtherUnit when the actor has no care relation with the customer; then Doubtful for concerns about the
    group beside the ``accepted`` ones. Where these are None, nobody is asked.
    """

    def work(tx: Transaction) -> Membership:
        at = store.now()
        customer = customers.lock(tx, at, actor, [customer_id])[customer_id]
        choice = check_period(catalogue.read(tx), entry, customer.birth_date, store.today())
        deaths.refuse_after(customer.deceased_on, entry.valid_from)
        refuse_overlap(read(tx, customer_id), entry, choice)
        _ask(concerns.of_group(choice, customer, entry.valid_from), accepted)
        return insert(tx, at, actor, [(customer_id, entry)])[0]

    return audit.perform(store, actor, Action.ADD_GROUP, work, customer_id)


def insert(tx: Transaction, at: datetime, actor: Actor, entries: Sequence[tuple[int, Entry]]) -> list[Membership]:
    """Insert a row for each customer id and entry, in the open transaction, and return the rows in the same order.

    The caller has checked them with :func:`check_period` and :func:`refuse_overlap`.
    """
    added = []
    for membership_id, (customer_id, entry) in zip(tx.next_ids("membership_seq", len(entries)), entries, strict=True):
        ended = entry.valid_to is not None
        added.append(
            Membership(
                membership_id,
                customer_id,
                **asdict(entry),
                unit_id=actor.unit_id,
                registered_at=at,
                registered_by=actor.user_id,
                ended_at=at if ended else None,
                ended_by=actor.user_id if ended else None,
                ended_reason=EndReason.CEASED if ended else None,
                version=1,
            )
        )
    TABLE.insert(tx, at, actor, Action.ADD_GROUP, "added", added)
    return added


def adjust(
    store: Store,
    actor: Actor,
    membership_id: int,
    seen_version: int,
    entry: Entry,
    *,
    accepted: Collection[Concern] | None = None,
) -> Membership:
    """Correct a row and return it; the version before stays in its history.

    An active row stays active and an ended one ended: ``entry.valid_to`` is used for the latter only.
    Raises what :func:`add` raises, Doubtful for new concerns alone, and Conflict when someone else changed the row
    since ``seen_version``.
    """

    def change(tx: Transaction, now: Membership, customer: Customer) -> Membership:
        if not now.active and entry.valid_to is None:
            raise Invalid(N_("Give the last day of the period."), field="valid_to")
        wanted = entry if not now.active else replace(entry, valid_to=None)
        new = replace(now, **asdict(wanted))
        known = catalogue.read(tx)
        check_change(known, customer, now, new, read(tx, now.customer_id), store.today())
        _ask(new_concerns(known, customer, now, new), accepted)
        return new

    return TABLE.perform(store, actor, Action.ADJUST_GROUP, "adjusted", membership_id, seen_version, change)


def remove(
    store: Store, actor: Actor, membership_id: int, seen_version: int, reason: EndReason | None = None
) -> Membership:
    """End an active row today and return it; without ``reason``, the likely one is set.

    Raises Conflict when someone else changed the row since ``seen_version``, NotFound.
    """

    def change(tx: Transaction, now: Membership, customer: Customer) -> Membership:
        if not now.active:
            raise Conflict(N_("The group is removed already."))
        return replace(
            now,
            valid_to=store.today(),
            ended_at=store.now(),
            ended_by=actor.user_id,
            ended_reason=reason or likely_end_reason(now, store.today()),
        )

    return TABLE.perform(store, actor, Action.REMOVE_GROUP, "removed", membership_id, seen_version, change)


def set_end_reason(store: Store, actor: Actor, membership_id: int, seen_version: int, reason: EndReason) -> Membership:
    """Set the reason of an ended row, and return it.

    Raises what :func:`adjust` raises when the row is to count.
    """

    def change(tx: Transaction, now: Membership, customer: Customer) -> Membership:
        if now.active:
            raise Conflict(N_("The group is active; remove it first."))
        new = replace(now, ended_reason=reason)
        if reason != EndReason.WRONG:
            check_change(catalogue.read(tx), customer, now, new, read(tx, now.customer_id), store.today())
        return new

    return TABLE.perform(store, actor, Action.REMOVE_GROUP, "reason", membership_id, seen_version, change)


def restore(store: Store, actor: Actor, membership_id: int, seen_version: int) -> Membership:
    """Undo a removal: make an ended row active again and return it.

    Raises what :func:`adjust` raises: a group that is no longer in use becomes active again only on the day on which
    it was removed.
    """

    def change(tx: Transaction, now: Membership, customer: Customer) -> Membership:
        if now.active:
            raise Conflict(N_("The group is active already."))
        active = replace(now, valid_to=None, ended_at=None, ended_by=None, ended_reason=None)
        check_change(catalogue.read(tx), customer, now, active, read(tx, now.customer_id), store.today())
        return active

    return TABLE.perform(store, actor, Action.RESTORE_GROUP, "restored", membership_id, seen_version, change)


def read(tx: Transaction, customer_id: int) -> list[Membership]:
    """Return all rows of the customer, read in the open transaction, ended ones first."""
    sql = f"SELECT {COLUMNS} FROM membership WHERE customer_id = $1 ORDER BY valid_to, valid_from, membership_id"
    return [Membership(**row) for row in tx.rows(sql, customer_id)]


def check_period(
    known: Catalogue, entry: Entry, birth_date: date, today: date, was: Membership | None = None
) -> Choice:
    """Return the entry's group and subgroup. Raises Invalid for an impossible period or a group that was not in use.

    A group that was not in use is accepted on the days that the row ``was`` registered with; one that was removed
    today counts as active until today.
    """
    choice = known.choice(entry.group_code, entry.subgroup_code)
    if entry.valid_from > today:
        raise Invalid(N_("The group cannot start after today, {today}."), field="valid_from", today=today)
    if entry.valid_from < birth_date:
        raise Invalid(N_("The group cannot start before the customer was born."), field="valid_from")
    if entry.valid_to is not None and entry.valid_to > today:
        raise Invalid(N_("The last day cannot be after today, {today}."), field="valid_to", today=today)
    if entry.valid_to is not None and entry.valid_to < entry.valid_from:
        raise Invalid(N_("The last day is before the first. Change one of them."), field="valid_to")
    firsts, lasts = set(), set()
    if was and (was.group_code, was.subgroup_code) == (entry.group_code, entry.subgroup_code):
        firsts, lasts = {was.valid_from}, {was.valid_to or today}
        if was.ended_at and to_local(was.ended_at).date() == today:
            lasts.add(today)
    for day, before in ((entry.valid_from, firsts), (entry.valid_to or today, lasts)):
        if day not in before and not choice.in_use(day):
            raise Invalid(
                N_("{choice} was not in use on {day}. Choose another group or day."),
                field="group",
                choice=choice,
                day=day,
            )
    return choice


def check_change(
    known: Catalogue, customer: Customer, now: Membership, new: Membership, rows: Iterable[Membership], today: date
) -> None:
    """Raise what :func:`adjust` raises for a row that is ``now`` and becomes ``new``, by whatever way.

    ``rows`` are the customer's, with or without this one.
    """
    entry = Entry(new.group_code, new.subgroup_code, new.valid_from, new.valid_to)
    choice = check_period(known, entry, customer.birth_date, today, was=now)
    deaths.refuse_after(customer.deceased_on, new.valid_from)
    if new.ended_reason != EndReason.WRONG:
        refuse_overlap((row for row in rows if row.membership_id != new.membership_id), entry, choice)


def new_concerns(known: Catalogue, customer: Customer, now: Membership, new: Membership) -> Concerns:
    """Return the concerns about the row as ``new`` that it did not raise as it is ``now``."""
    before: Collection[Concern] = ()
    if (now.group_code, now.subgroup_code) == (new.group_code, new.subgroup_code):
        before = concerns.of_group(known.choice(now.group_code, now.subgroup_code), customer, now.valid_from)
    choice = known.choice(new.group_code, new.subgroup_code)
    return concerns.unaccepted(concerns.of_group(choice, customer, new.valid_from), before)


def _ask(found: Concerns, accepted: Collection[Concern] | None) -> None:
    if accepted is not None and concerns.unaccepted(found, accepted):
        raise Doubtful(found)


def refuse_overlap(others: Iterable[Membership], entry: Entry, choice: Choice) -> None:
    """Raise Conflict when one of ``others`` is of the same group and counts on a day of the entry's period."""
    for other in others:
        if (other.group_code, other.subgroup_code) != (entry.group_code, entry.subgroup_code):
            continue
        if other.ended_reason == EndReason.WRONG or not overlap(other, entry):
            continue
        if other.active:
            raise Conflict(
                N_("The customer is in the group {choice} already, since {first}. Nothing was saved."),
                field="group",
                choice=choice,
                first=other.valid_from,
            )
        raise Conflict(
            N_(
                "The customer was in the group {choice} from {first} to {last} already."
                " Undo that removal, adjust that row, or choose days outside its period."
            ),
            field="group",
            choice=choice,
            first=other.valid_from,
            last=other.valid_to,
        )


def overlap(one: catalogue.Dated, other: catalogue.Dated) -> bool:
    """Return whether two periods have a day in common."""
    starts_in_time = other.valid_to is None or one.valid_from <= other.valid_to
    ends_in_time = one.valid_to is None or other.valid_from <= one.valid_to
    return starts_in_time and ends_in_time
