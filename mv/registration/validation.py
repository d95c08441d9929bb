"""Validate an entry for a person: it can be saved at once, with a reason, or not, or it is registered already.

Pure functions: the person's rows and the catalogue are arguments. An unusual entry is never blocked; each concern
takes a reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from mv import concerns, deaths, memberships, recent_doses, vaccinations
from mv.batches import usage
from mv.batches.batch import Batch, BatchKey
from mv.catalogue import Catalogue, Choice
from mv.concerns import Concern, Concerns
from mv.customers import Customer
from mv.errors import N_, Conflict, Invalid, MvError
from mv.memberships import Membership
from mv.recent_doses import Payments
from mv.registration.entry import RegistrationEntry
from mv.reimbursement.rules.rule_table import Rule
from mv.vaccinations import Dose


class Outcome(StrEnum):
    """The result of validating an entry. DOUBTFUL has concerns, and takes a reason."""

    READY = "ready"
    DOUBTFUL = "doubtful"
    ALREADY = "already"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Person:
    """A customer with every membership, every dose and whether it is paid."""

    customer: Customer
    memberships: Sequence[Membership]
    doses: Sequence[Dose]
    payments: Payments = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ValidationContext:
    """The catalogue, the batches by product and number, today, and the rules of reimbursement.

    The batch of an entry that is to be saved is added to ``batches`` as if it were known: see :func:`remember_batch`.
    """

    catalogue: Catalogue
    batches: dict[BatchKey, Batch]
    today: date
    rules: Sequence[Rule] = ()


@dataclass(frozen=True, slots=True)
class Validation:
    """The outcome of validating an entry.

    ``error`` says why nothing can be saved. ``existing_membership`` is the membership in the same group that applies
    on the day already, ``existing_dose`` the same dose; ``dose_number`` is the number that the dose gets.
    """

    outcome: Outcome
    error: MvError | None = None
    concerns: Concerns = field(default_factory=dict)
    existing_membership: Membership | None = None
    dose_number: int = 0
    existing_dose: Dose | None = None

    @property
    def can_be_saved(self) -> bool:
        """Whether the entry can be saved, at once or with a reason."""
        return self.outcome in (Outcome.READY, Outcome.DOUBTFUL)


def validate(person: Person, entry: RegistrationEntry, context: ValidationContext) -> Validation:
    """Validate ``entry`` for the person. Errors are part of the result; nothing is raised."""
    try:
        choice = _find_choice(entry, context.catalogue)
        deaths.refuse_after(person.customer.deceased_on, entry.day)
        existing_membership = _find_existing_membership(person.memberships, entry)
        if choice and existing_membership is None:
            membership_entry = entry.membership_entry()
            memberships.check_period(context.catalogue, membership_entry, person.customer.birth_date, context.today)
            memberships.refuse_overlap(person.memberships, membership_entry, choice)
            _check_period_covers_dose(entry, choice)
        number = entry.dose_number or _next_number(person, entry, context.catalogue)
        existing_dose = _find_existing_dose(person, entry, context, number, existing_membership)
    except MvError as error:
        return Validation(Outcome.WRONG, error)
    if existing_dose or (existing_membership and entry.given_on is None):
        return Validation(
            Outcome.ALREADY,
            _already_registered(choice, existing_membership, existing_dose),
            existing_membership=existing_membership,
            existing_dose=existing_dose,
        )
    found = dict(_find_concerns(person, entry, context, choice, number))
    return Validation(Outcome.DOUBTFUL if found else Outcome.READY, None, found, existing_membership, number)


def _find_choice(entry: RegistrationEntry, catalogue: Catalogue) -> Choice | None:
    """Return the group and subgroup; None for a dose without a group. Raises Invalid for an unknown one."""
    if entry.group_code is None and entry.given_on:
        return None
    membership_entry = entry.membership_entry()
    return catalogue.choice(membership_entry.group_code, membership_entry.subgroup_code)


def _find_existing_membership(rows: Iterable[Membership], entry: RegistrationEntry) -> Membership | None:
    """Return the membership in the same group and subgroup that applies on the day, if there is one."""
    codes = (entry.group_code, entry.subgroup_code)
    counting = memberships.counting_on(rows, entry.day)
    return next((row for row in counting if (row.group_code, row.subgroup_code) == codes), None)


def _check_period_covers_dose(entry: RegistrationEntry, choice: Choice) -> None:
    day = entry.given_on
    if day and not (entry.valid_from <= day and (entry.valid_to is None or day <= entry.valid_to)):
        raise Invalid(
            N_("The period of {choice} does not hold the day of the dose, {day}. Change one of them."),
            field="valid_from",
            choice=choice,
            day=day,
        )


def _next_number(person: Person, entry: RegistrationEntry, catalogue: Catalogue) -> int:
    vaccine = catalogue.vaccines.get(entry.product_code or "")
    if entry.given_on is None or vaccine is None:
        return 1
    atc = {each.product_code: each.atc for each in catalogue.vaccines.values()}
    return vaccinations.next_dose_number(list(person.doses), atc, vaccine.atc, entry.given_on)


def _find_existing_dose(
    person: Person,
    entry: RegistrationEntry,
    context: ValidationContext,
    number: int,
    existing_membership: Membership | None,
) -> Dose | None:
    """Check the dose; return an equal one that is registered already, if any. Raises Invalid, Conflict."""
    dose_entry = entry.dose_entry(number, None)
    if dose_entry is None:
        return None
    vaccinations.check(context.catalogue, dose_entry, person.customer.birth_date, context.today)
    for dose in person.doses:
        if dose.withdrawn_at is None and (dose.product_code, dose.given_on) == (
            dose_entry.product_code,
            dose_entry.given_on,
        ):
            has_group = existing_membership is not None or entry.group_code is None
            same_group = has_group and (dose.group_code, dose.subgroup_code) == (entry.group_code, entry.subgroup_code)
            if same_group and dose.batch_number == dose_entry.batch_number:
                return dose
            raise Conflict(
                N_(
                    "This vaccine is registered for {day} already, batch {batch}, with another group or batch."
                    " Correct that dose on the page Vaccination."
                ),
                field="batch" if same_group else "vaccine",
                day=dose.given_on,
                batch=dose.batch_number or "–",
            )
    usage.refuse_stopped(context.batches.get(entry.batch_key), dose_entry.given_on)
    return None


def _already_registered(choice: Choice | None, existing_membership: Membership | None, dose: Dose | None) -> Conflict:
    if existing_membership is None:
        return Conflict(N_("The dose is registered already, without a group."))
    if dose:
        return Conflict(N_("The dose is registered already, with {choice}."), choice=choice)
    return Conflict(
        N_("The customer is in the group {choice} already, since {first}."),
        choice=choice,
        first=existing_membership.valid_from,
    )


def _find_concerns(
    person: Person, entry: RegistrationEntry, context: ValidationContext, choice: Choice | None, number: int
) -> Iterable[tuple[Concern, MvError]]:
    customer = person.customer
    if choice:
        yield from concerns.of_group(choice, customer, entry.day).items()
    if customer.deceased_on:
        yield Concern.DECEASED, Invalid(N_("The customer died on {day}."), day=customer.deceased_on)
    dose = entry.dose_entry(number, None)
    if dose is None:
        return
    vaccine = context.catalogue.vaccines.get(entry.product_code or "")
    yield from concerns.of_vaccine(vaccine, customer, dose.given_on).items()
    group = (entry.group_code, entry.subgroup_code)
    near = recent_doses.of_dose(customer, dose, group, person.doses, person.payments, context.rules, context.catalogue)
    yield from near.items()
    names = {code: vaccine.name for code, vaccine in context.catalogue.vaccines.items()}
    yield from usage.find_concerns(entry.batch_key, dose.given_on, context.batches, names).items()


def remember_batch(entry: RegistrationEntry, context: ValidationContext) -> None:
    """Add the batch of an entry that is to be saved to those that are known: it is doubtful once, not in each entry."""
    if entry.given_on and entry.batch_key not in context.batches:
        context.batches[entry.batch_key] = Batch(*entry.batch_key, None)


def with_rows(person: Person, row: Membership | None, dose: Dose | None) -> Person:
    """Return the person with the membership and the dose added."""
    return replace(
        person,
        memberships=[*person.memberships, *([row] if row else [])],
        doses=[*([dose] if dose else []), *person.doses],
    )
