"""A day's bookings as a checklist: the customers who came, each with the booked vaccine and a suggested group."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from mv import audit, bookings, catalogue, customers, memberships
from mv.access import Action, Actor, split_by_care_relation
from mv.batches.usage import NEW_BATCH
from mv.bookings import Booking
from mv.catalogue import Catalogue, Vaccine
from mv.concerns import Concern
from mv.customers import Customer
from mv.errors import N_, Conflict, Invalid, MvError
from mv.registration import saving
from mv.registration.entry import RegistrationEntry
from mv.registration.rounds import EntryMethod, Round, begin
from mv.registration.saving import PlannedEntry
from mv.registration.validation import Person, Validation, validate
from mv.reimbursement.rules import rule_table
from mv.reimbursement.rules.rule_table import Rule
from mv.store import Store
from mv.store.engine import Transaction
from mv.text import with_hyphens
from mv.vaccinations import Dose

GroupCodes = tuple[str | None, str | None]
"""The codes of a group and a subgroup; None twice for no group."""
NO_GROUP: GroupCodes = (None, None)
LONGEST_REASON = 90
"""Of each of the two reasons, so that both have room in the stored one."""
BATCH_CONCERNS = frozenset({Concern.BATCH_EXPIRED, Concern.BATCH_STOPPED}) | NEW_BATCH
"""Concerns about a batch, which are the same for everybody who got it."""


@dataclass(frozen=True, slots=True)
class BookedCustomer:
    """A booking with its customer, the customer's groups on the day, and the suggested one.

    ``likely`` is None if there is no clear suggestion, and NO_GROUP if no group is paid for. ``given`` is the dose that
    is registered on the day already, of the booked vaccine or of another with the same ATC code.
    """

    booking: Booking
    customer: Customer
    groups: tuple[GroupCodes, ...]
    likely: GroupCodes | None
    given: Dose | None


@dataclass(frozen=True, slots=True)
class Attendance:
    """A booked customer who came, with the group and the batch of the dose that was given.

    ``reason`` answers the concerns about the customer, ``batch_reason`` those about the batch. ``concerns`` are those
    that the user saw.
    """

    booked: BookedCustomer
    group: GroupCodes | None
    batch_number: str
    reason: str = ""
    batch_reason: str = ""
    concerns: frozenset[Concern] = frozenset()

    @property
    def entry(self) -> RegistrationEntry:
        """The entry to register. Raises Invalid if no group is chosen."""
        if self.group is None:
            raise Invalid(N_("Choose a customer group."))
        booking = self.booked.booking
        day = booking.local_day
        return RegistrationEntry(
            *self.group, day, booking.unit_id, given_on=day, product_code=booking.product_code,
            batch_number=with_hyphens(self.batch_number),
        )  # fmt: skip


class AttendanceRejected(Conflict):
    """A customer who came cannot be registered as entered, so nobody was."""

    def __init__(self, name: str, why: MvError) -> None:
        super().__init__(N_("Nothing is saved, because of {name}. {why}"), name=name, why=why)


def read_day(store: Store, actor: Actor, unit_id: str, day: date) -> list[BookedCustomer]:
    """Return the bookings at one of the user's own units on ``day``, in order of time.

    Those of customers with whom the user has no care relation any more are left out: what was booked while another
    unit's customer was open for a reason gives none. Logs the look at their bookings, groups and doses. Raises
    Forbidden.
    """
    all_booked = bookings.of_day(store, actor, unit_id, day)

    def work(tx: Transaction) -> list[BookedCustomer]:
        related, _ = split_by_care_relation(tx, store.now(), actor, {booking.customer_id for booking in all_booked})
        booked = [booking for booking in all_booked if booking.customer_id in related]
        audit.record_look(tx, store.now(), actor, Action.REGISTER_AFTERWARDS, related)
        known, found_rules = catalogue.read(tx), rule_table.read(tx)
        people = saving.read_people(tx, customers.read(tx, related))
        return [_to_booked_customer(each, people[each.customer_id], found_rules, known, day) for each in booked]

    return audit.perform(store, actor, Action.REGISTER_AFTERWARDS, work)


def validate_attendances(store: Store, actor: Actor, attended: Sequence[Attendance]) -> list[Validation]:
    """Validate each without saving, in the same order. Raises Invalid if no group is chosen."""

    def work(tx: Transaction) -> list[Validation]:
        ids = {each.booked.customer.customer_id for each in attended}
        audit.record_look(tx, store.now(), actor, Action.REGISTER_AFTERWARDS, ids)
        people = saving.read_people(tx, customers.read(tx, ids))
        context = saving.read_validation_context(tx, store.today())
        return [validate(people[each.booked.customer.customer_id], each.entry, context) for each in attended]

    return audit.perform(store, actor, Action.REGISTER_AFTERWARDS, work)


def save_attendances(
    store: Store,
    actor: Actor,
    attended: Sequence[Attendance],
    on_progress: Callable[[float], None] = lambda share: None,
) -> Round:
    """Register all who came, or nobody, and return the round.

    ``on_progress`` receives the share of the work that is done. Raises Invalid for an empty list, AttendanceRejected
    for the first customer who cannot be registered or has a concern without a reason; Forbidden, NotFound.
    """

    def work(tx: Transaction) -> Round:
        if not attended:
            raise Invalid(N_("Tick who came."))
        at = store.now()
        validated = []
        anew = saving.revalidate(tx, at, actor, [_plan(each) for each in attended], store.today())
        for done, (each, (planned, validation)) in enumerate(zip(attended, anew, strict=True)):
            on_progress(done / len(attended))
            with _naming_customer(each):
                saving.require_valid(validation, planned)
            validated.append((planned, validation))
        new_round = begin(tx, at, store.today(), actor, EntryMethod.BOOKED, None)
        saving.write(tx, at, actor, new_round.registration_id, validated)
        return new_round

    return audit.perform(store, actor, Action.REGISTER_AFTERWARDS, work)


def likely_group(
    person: Person, vaccine: Vaccine, found_rules: Sequence[Rule], known: Catalogue, day: date
) -> GroupCodes | None:
    """Suggest the group and subgroup for the vaccine on ``day``; None if there is no clear one.

    It is the only group of the customer that the vaccine is paid for; else the only group of the customer. For a
    customer without a group it is the only group that the vaccine is paid for and that the age alone decides, and
    NO_GROUP if the vaccine is paid for no group.
    """
    paid = {
        rule.group_code
        for rule in found_rules
        if rule.ore and rule.is_for(vaccine.product_code, vaccine.atc) and catalogue.covers(rule, day)
    }
    rows = memberships.counting_on(person.memberships, day)
    if rows:
        in_paid = [row for row in rows if row.group_code in paid]
        codes: set[GroupCodes] = {(row.group_code, row.subgroup_code) for row in in_paid or rows}
    elif not paid & known.groups.keys():
        codes = {NO_GROUP}
    else:
        codes = {
            (group.group_code, None)
            for group in catalogue.in_use(known.groups.values(), day)
            if group.group_code in paid and group.by_age and group.ages
            and group.ages.include(person.customer.birth_date, day)
        }  # fmt: skip
    return codes.pop() if len(codes) == 1 else None


def _to_booked_customer(
    booking: Booking, person: Person, found_rules: Sequence[Rule], known: Catalogue, day: date
) -> BookedCustomer:
    vaccine = known.vaccines.get(booking.product_code)
    counting = memberships.counting_on(person.memberships, day)
    groups = tuple(dict.fromkeys((row.group_code, row.subgroup_code) for row in counting))
    likely = likely_group(person, vaccine, found_rules, known, day) if vaccine else None
    same = {each.product_code for each in known.vaccines.values() if vaccine and each.atc == vaccine.atc}
    given = [
        dose
        for dose in person.doses
        if dose.given_on == day and dose.withdrawn_at is None and dose.product_code in same | {booking.product_code}
    ]
    return BookedCustomer(booking, person.customer, groups, likely, given[0] if given else None)


def _plan(attendance: Attendance) -> PlannedEntry:
    """Return the planned entry; each concern that the user saw and gave a reason for is accepted."""
    reasons = {
        concern: (attendance.batch_reason if concern in BATCH_CONCERNS else attendance.reason).strip()
        for concern in attendance.concerns
    }
    accepted = frozenset(concern for concern, reason in reasons.items() if reason)
    with _naming_customer(attendance):
        reason = "; ".join(sorted({reason for reason in reasons.values() if reason}))
        return PlannedEntry(
            attendance.booked.customer.customer_id, attendance.entry, saving.clean_reason(reason), accepted
        )


@contextmanager
def _naming_customer(attendance: Attendance) -> Iterator[None]:
    try:
        yield
    except MvError as error:
        raise AttendanceRejected(attendance.booked.customer.name, error) from None
