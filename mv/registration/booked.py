"""A day's bookings as a checklist: who came, with the vaccine that was booked and the group that the customer is in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from mv import audit, bookings, catalogue, customers, memberships
from mv.access import Action, Actor, require_unit
from mv.bookings import Booking
from mv.catalogue import Catalogue, Vaccine
from mv.customers import Customer
from mv.errors import N_, Invalid
from mv.registration import saving
from mv.registration.judging import Judgement, Person, judge
from mv.registration.saving import Wanted
from mv.registration.sessions import Kind, Registration, begin
from mv.reimbursement import rules
from mv.reimbursement.rules import Rule
from mv.store import Store
from mv.store.engine import Transaction


@dataclass(frozen=True, slots=True)
class Booked:
    """Somebody who was booked, and the row of a group that most likely counts, if there is one.

    ``given`` says that the vaccine that was booked is registered for the day already.
    """

    booking: Booking
    customer: Customer
    group_code: str | None
    subgroup_code: str | None
    given: bool


def of_day(store: Store, actor: Actor, unit_id: str, day: date) -> list[Booked]:
    """Return who was booked at one of the user's own units on ``day``, in order of time, each customer seen logged."""
    booked = bookings.of_day(store, actor, unit_id, day)

    def work(tx: Transaction) -> list[Booked]:
        known, found_rules = catalogue.read(tx), rules.read(tx)
        people = saving.read_people(tx, customers.read(tx, {booking.customer_id for booking in booked}))
        found = []
        for booking in booked:
            person = people[booking.customer_id]
            vaccine = known.vaccines.get(booking.product_code)
            group, subgroup = likely_group(person, vaccine, found_rules, known, day) if vaccine else (None, None)
            given = any(
                (dose.product_code, dose.given_on) == (booking.product_code, day) and dose.withdrawn_at is None
                for dose in person.doses
            )
            found.append(Booked(booking, person.customer, group, subgroup, given))
        return found

    return audit.perform(store, actor, Action.REGISTER_AFTERWARDS, work)


def judge_booked(store: Store, actor: Actor, wanted: Sequence[Wanted]) -> list[Judgement]:
    """Return what can become of each, in the same order; nothing is saved."""

    def work(tx: Transaction) -> list[Judgement]:
        ids = {each.customer_id for each in wanted}
        audit.record_look(tx, store.now(), actor, Action.REGISTER_AFTERWARDS, ids)
        people = saving.read_people(tx, customers.read(tx, ids))
        setting = saving.read_setting(tx, store.today())
        return [judge(people[each.customer_id], each.terms, setting) for each in wanted]

    return audit.perform(store, actor, Action.REGISTER_AFTERWARDS, work)


def save_booked(store: Store, actor: Actor, unit_id: str, wanted: Sequence[Wanted]) -> Registration:
    """Register all that is ``wanted`` of those who came, or nothing, and return the registration.

    Raises what :func:`mv.registration.saving.save` raises.
    """

    def work(tx: Transaction) -> Registration:
        if not wanted:
            raise Invalid(N_("Mark who came."))
        require_unit(actor, unit_id)
        at = store.now()
        made = begin(tx, at, store.today(), actor, Kind.BOOKED, None)
        saving.save(tx, at, actor, made.registration_id, wanted, store.today())
        return made

    return audit.perform(store, actor, Action.REGISTER_AFTERWARDS, work)


def likely_group(
    person: Person, vaccine: Vaccine, found_rules: Sequence[Rule], known: Catalogue, day: date
) -> tuple[str | None, str | None]:
    """Return the group, and subgroup, that most likely counts for the vaccine on ``day``; None where that is not plain.

    It is the only one that the customer is in and that something is paid for; else the only one that the customer is
    in; where there is none, the only one that something is paid for and that the age alone puts the customer in.
    """
    paid = {
        rule.group_code
        for rule in found_rules
        if rule.ore and rule.is_for(vaccine.product_code, vaccine.atc) and catalogue.covers(rule, day)
    }
    rows = memberships.counting_on(person.memberships, day)
    if rows:
        in_paid = [row for row in rows if row.group_code in paid]
        codes = {(row.group_code, row.subgroup_code) for row in in_paid or rows}
    else:
        codes = {
            (group.group_code, None)
            for group in catalogue.in_use(known.groups.values(), day)
            if group.group_code in paid and group.by_age and group.ages
            and group.ages.fit(person.customer.birth_date, day)
        }  # fmt: skip
    return codes.pop() if len(codes) == 1 else (None, None)
