"""Recent doses: whether a dose is given too soon before or after another of the same kind of vaccine."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import StrEnum

from mv import audit, catalogue, concerns, memberships, vaccinations
from mv.access import Action, Actor
from mv.catalogue import Catalogue
from mv.concerns import Concern, Concerns
from mv.customers import Customer
from mv.errors import N_, Conflict, Invalid, MvError
from mv.reimbursement.rules import rule_table
from mv.reimbursement.rules.rule_table import Rule
from mv.reimbursement.rules.vaccine_types import ATC_LEVEL_4_LENGTH
from mv.store import Store
from mv.store.engine import Transaction
from mv.vaccinations import Dose, Entry, GroupCodes

PAYMENTS = """
    SELECT dose_id, sum(claimed) > 0 AS claimed, sum(paid) > 0 AS paid FROM (
        SELECT l.dose_id, l.ore AS claimed, (
            SELECT COALESCE(sum(p.ore), 0) FROM payment p
            WHERE p.claim_id = l.claim_id AND p.line_number = l.line_number
        ) AS paid
        FROM claim_line l JOIN claim k ON k.claim_id = l.claim_id
        WHERE l.dose_id = ANY($1) AND k.state <> 'discarded'
    ) AS lines GROUP BY dose_id
"""


class DosePayment(StrEnum):
    """Whether a dose is paid so far."""

    PAID = "paid"
    CLAIMED = "claimed"
    UNPAID = "unpaid"


Payments = Mapping[int, DosePayment]
"""By dose id; a dose that is not there is neither paid nor claimed."""

RECENT: Mapping[DosePayment, str] = {
    DosePayment.PAID: N_(
        "{vaccine} was given on {day} at {unit}, and is paid. {between} days are to lie between two doses;"
        " here: {apart}."
    ),
    DosePayment.CLAIMED: N_(
        "{vaccine} was given on {day} at {unit}, and is claimed but not paid yet. {between} days are to lie between two"
        " doses; here: {apart}."
    ),
    DosePayment.UNPAID: N_(
        "{vaccine} was given on {day} at {unit}, and is not paid so far. {between} days are to lie between two doses;"
        " here: {apart}."
    ),
}


def of_dose(
    customer: Customer,
    entry: Entry,
    group: GroupCodes,
    doses: Iterable[Dose],
    payments: Payments,
    rules: Sequence[Rule],
    known: Catalogue,
) -> Concerns:
    """Return the concern about a dose as entered that lies too near one of the customer's ``doses``, before or after.

    The later of the two decides how many days have to lie between: by the rule of reimbursement that it fits, else by
    its vaccine (in the catalogue). The nearest dose is told. Withdrawn doses do not count, and no dose that the entry
    corrects is to be among ``doses``.
    """
    vaccine = known.vaccines.get(entry.product_code or "")
    if vaccine is None:
        return {}
    kind = vaccine.atc[:ATC_LEVEL_4_LENGTH]
    for dose in sorted(doses, key=lambda dose: abs(dose.given_on - entry.given_on)):
        other = known.vaccines.get(dose.product_code)
        if dose.withdrawn_at is not None or other is None or other.atc[:ATC_LEVEL_4_LENGTH] != kind:
            continue
        apart = abs(entry.given_on - dose.given_on).days
        if entry.given_on >= dose.given_on:
            between = days_between(customer, entry, group, rules, known)
        else:
            between = days_between(customer, dose, (dose.group_code, dose.subgroup_code), rules, known)
        if between is not None and apart < between:
            told = _tell(dose, other.name, payments.get(dose.dose_id, DosePayment.UNPAID), known, between, apart)
            return {Concern.RECENT_DOSE: told}
    return {}


def days_between(
    customer: Customer, dose: Entry | Dose, group: GroupCodes, rules: Sequence[Rule], known: Catalogue
) -> int | None:
    """Return how many days have to lie between this dose and the one before it; None where nothing says so.

    No rule is for a dose given abroad.
    """
    vaccine, unit = known.vaccines[dose.product_code or ""], known.units.get(dose.unit_id)
    fitting = [
        rule
        for rule in rules
        if not dose.abroad
        and unit
        and rule.region == unit.region
        and rule.is_for(vaccine.product_code, vaccine.atc)
        and catalogue.covers(rule, dose.given_on)
        and rule.group_code in (None, group[0])
        and rule.subgroup_code in (None, group[1])
        and rule.fits(customer.birth_date, dose.given_on, dose.dose_number)
    ]
    rule = min(fitting, key=lambda rule: rule.precedence, default=None)
    return rule.days_between if rule and rule.days_between is not None else vaccine.days_between


def judge(store: Store, actor: Actor, customer: Customer, entry: Entry, was: Dose | None = None) -> Concerns:
    """Return the concerns about a dose as entered, new or in place of the dose ``was``, among the customer's doses.

    They are about another dose near it, and about an age that the vaccine is not for. A correction that leaves product
    and day as they were raises none. Logs a look at the doses. Raises OtherUnit when the actor has no care relation
    with the customer.
    """
    customer_id = customer.customer_id
    if was and (was.product_code, was.given_on) == (entry.product_code, entry.given_on):
        return {}

    def work(tx: Transaction) -> Concerns:
        audit.record_look(tx, store.now(), actor, Action.VIEW_DOSES, [customer_id])
        doses = [dose for dose in vaccinations.read(tx, customer_id) if was is None or dose.dose_id != was.dose_id]
        try:
            group = vaccinations.counting_group(memberships.read(tx, customer_id), entry, was)
        except (Invalid, Conflict):  # not chosen yet
            group = (None, None)
        payments = read_payments(tx, [dose.dose_id for dose in doses])
        known = catalogue.read(tx)
        of_age = concerns.of_vaccine(known.vaccines.get(entry.product_code or ""), customer, entry.given_on)
        return {**of_age, **of_dose(customer, entry, group, doses, payments, rule_table.read(tx), known)}

    return audit.perform(store, actor, Action.VIEW_DOSES, work, customer_id)


def read_payments(tx: Transaction, dose_ids: Collection[int]) -> dict[int, DosePayment]:
    """Map the id of each of these doses that was claimed to whether it is paid, read in the open transaction."""
    return {
        row["dose_id"]: DosePayment.PAID if row["paid"] else DosePayment.CLAIMED
        for row in tx.rows_in(PAYMENTS, dose_ids)
        if row["paid"] or row["claimed"]
    }


def _tell(dose: Dose, vaccine: str, payment: DosePayment, known: Catalogue, between: int, apart: int) -> MvError:
    unit = known.units.get(dose.unit_id)
    return Invalid(
        RECENT[payment],
        field="given_on",
        vaccine=vaccine,
        day=dose.given_on,
        unit=unit.name if unit else dose.unit_id,
        between=between,
        apart=apart,
    )
