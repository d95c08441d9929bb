"""Whether terms can be registered of a person: at once, for a reason, not at all, or they are registered already.

Pure: what is known of the person and of what can be chosen is handed in. Care is never blocked by what is only
unusual; such a doubt takes a reason.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from mv import deaths, memberships, vaccinations
from mv.catalogue import Catalogue, Choice
from mv.customers import Customer
from mv.errors import N_, Conflict, Invalid, MvError
from mv.memberships import Membership
from mv.registration.entry import RegistrationEntry
from mv.vaccinations import Dose


class Outcome(StrEnum):
    """What can become of terms."""

    READY = "ready"
    DOUBTFUL = "doubtful"
    ALREADY = "already"
    WRONG = "wrong"


class Concern(StrEnum):
    """What is unusual, and takes a reason."""

    AGE = "age"
    DECEASED = "deceased"
    BATCH_EXPIRED = "batch_expired"
    BATCH_UNKNOWN = "batch_unknown"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Person:
    """What is known of somebody: every row of a group, and every dose."""

    customer: Customer
    memberships: Sequence[Membership]
    doses: Sequence[Dose]


@dataclass(frozen=True, slots=True)
class ValidationContext:
    """What can be chosen, when the known batches expire, by product and number, and what day it is today."""

    known: Catalogue
    batches: Mapping[tuple[str, str], date]
    today: date


@dataclass(frozen=True, slots=True)
class Validation:
    """What can become of terms, and of what they consist then.

    ``error`` says why nothing can be registered. ``counts`` is the row of the group that is there already;
    ``dose_number`` that of the dose.
    """

    outcome: Outcome
    error: MvError | None = None
    doubts: Mapping[Concern, MvError] = field(default_factory=dict)
    counts: Membership | None = None
    dose_number: int = 0

    @property
    def can_be(self) -> bool:
        """Whether it can be registered, for a reason at least."""
        return self.outcome in (Outcome.READY, Outcome.DOUBTFUL)


def validate(person: Person, terms: RegistrationEntry, setting: ValidationContext) -> Validation:
    """Return what can become of ``terms`` for the person."""
    try:
        choice = _find_choice(terms, setting.known)
        deaths.refuse_after(person.customer.deceased_on, terms.day)
        counts = _find_existing_membership(person.memberships, terms)
        if choice and counts is None:
            entry = terms.group()
            memberships.check_period(setting.known, entry, person.customer.birth_date, setting.today)
            memberships.refuse_overlap(person.memberships, entry, choice)
            _check_period_covers_dose(terms, choice)
        number = terms.dose_number or _next_number(person, terms, setting.known)
        same = _find_existing_dose(person, terms, setting, number, counts)
    except MvError as error:
        return Validation(Outcome.WRONG, error)
    if same or (counts and terms.given_on is None):
        return Validation(Outcome.ALREADY, _already_registered(choice, counts, same), counts=counts)
    doubts = dict(_find_concerns(person.customer, terms, setting, choice))
    return Validation(Outcome.DOUBTFUL if doubts else Outcome.READY, None, doubts, counts, number)


def _find_choice(terms: RegistrationEntry, known: Catalogue) -> Choice | None:
    """Return the group and subgroup; None where a dose is to have none. Raises Invalid."""
    if terms.group_code is None and terms.given_on:
        return None
    entry = terms.group()
    return known.choice(entry.group_code, entry.subgroup_code)


def _find_existing_membership(rows: Iterable[Membership], terms: RegistrationEntry) -> Membership | None:
    """Return the row of the same group and subgroup that counts on the day, if there is one."""
    same = (terms.group_code, terms.subgroup_code)
    counting = memberships.counting_on(rows, terms.day)
    return next((row for row in counting if (row.group_code, row.subgroup_code) == same), None)


def _check_period_covers_dose(terms: RegistrationEntry, choice: Choice) -> None:
    day = terms.given_on
    if day and not (terms.valid_from <= day and (terms.valid_to is None or day <= terms.valid_to)):
        raise Invalid(
            N_("The period of {choice} does not hold the day of the dose, {day}. Change one of them."),
            choice=choice,
            day=day,
        )


def _next_number(person: Person, terms: RegistrationEntry, known: Catalogue) -> int:
    vaccine = known.vaccines.get(terms.product_code or "")
    if terms.given_on is None or vaccine is None:
        return 1
    atc = {each.product_code: each.atc for each in known.vaccines.values()}
    return vaccinations.next_dose_number(list(person.doses), atc, vaccine.atc, terms.given_on)


def _find_existing_dose(
    person: Person, terms: RegistrationEntry, setting: ValidationContext, number: int, counts: Membership | None
) -> Dose | None:
    """Raise what is wrong with the dose; return the one that is registered just so already, if there is one."""
    entry = terms.dose(number, None)
    if entry is None:
        return None
    vaccinations.check(setting.known, entry, person.customer.birth_date, setting.today)
    for dose in person.doses:
        if dose.withdrawn_at is None and (dose.product_code, dose.given_on) == (entry.product_code, entry.given_on):
            codes = (dose.group_code, dose.subgroup_code, dose.batch_number)
            has_group = counts is not None or terms.group_code is None
            if has_group and codes == (terms.group_code, terms.subgroup_code, entry.batch_number):
                return dose
            raise Conflict(
                N_(
                    "This vaccine is registered for {day} already, batch {batch}, with another group or batch."
                    " Correct that dose on the page Vaccination."
                ),
                day=dose.given_on,
                batch=dose.batch_number or "–",
            )
    return None


def _already_registered(choice: Choice | None, counts: Membership | None, dose: Dose | None) -> Conflict:
    if counts is None:
        return Conflict(N_("The dose is registered already, without a group."))
    if dose:
        return Conflict(N_("The dose is registered already, with {choice}."), choice=choice)
    return Conflict(
        N_("The customer is in the group {choice} already, since {first}."),
        choice=choice,
        first=counts.valid_from,
    )


def _find_concerns(
    customer: Customer, terms: RegistrationEntry, setting: ValidationContext, choice: Choice | None
) -> Iterable[tuple[Concern, MvError]]:
    ages = choice.group.ages if choice else None
    if ages and not ages.fit(customer.birth_date, terms.day):
        yield (
            Concern.AGE,
            Invalid(
                N_("Born {born}: the age does not fit {choice} on {day}."),
                born=customer.birth_date,
                choice=choice,
                day=terms.day,
            ),
        )
    if customer.deceased_on:
        yield Concern.DECEASED, Invalid(N_("The customer died on {day}."), day=customer.deceased_on)
    if terms.given_on is None:
        return
    expires_on = setting.batches.get((terms.product_code or "", terms.batch_number))
    if expires_on is None:
        others = sorted(
            setting.known.vaccines[product].name
            for product, number in setting.batches
            if number == terms.batch_number and product in setting.known.vaccines
        )
        yield (
            Concern.BATCH_UNKNOWN,
            Invalid(N_("Batch {batch} is one of {vaccine}."), batch=terms.batch_number, vaccine=", ".join(others))
            if others
            else Invalid(N_("Batch {batch} is not known for this vaccine."), batch=terms.batch_number),
        )
    elif expires_on < terms.given_on:
        yield (
            Concern.BATCH_EXPIRED,
            Invalid(N_("Batch {batch} expired on {day}."), batch=terms.batch_number, day=expires_on),
        )


def unaccepted(doubts: Mapping[Concern, MvError], accepted: Collection[Concern]) -> dict[Concern, MvError]:
    """Return the doubts that nobody has accepted."""
    return {doubt: message for doubt, message in doubts.items() if doubt not in accepted}


def with_rows(person: Person, row: Membership | None, dose: Dose | None) -> Person:
    """Return the person with a further row of a group and a further dose."""
    return replace(
        person,
        memberships=[*person.memberships, *([row] if row else [])],
        doses=[*([dose] if dose else []), *person.doses],
    )
