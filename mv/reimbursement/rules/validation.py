"""Validation of rules: the impossible is refused, the unusual is pointed out as a concern."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

from mv.catalogue import AgeUnit, Catalogue, covers
from mv.errors import N_, Invalid, MvError
from mv.reimbursement.rules.rule_table import Rule

ATC = re.compile(r"[A-Z]([0-9]{2}([A-Z]([A-Z]([0-9]{2})?)?)?)?")
"""An ATC code of any of its five levels."""
AMOUNT = re.compile(r"([0-9]{1,9})(?:[.,]([0-9]{1,2}))?")
SPACES = re.compile(r"[\s\u00a0\u202f]+")

LONGEST_NAME = 100
LONGEST_SOURCE = 500
MOST_KRONOR = 100_000
OLDEST = 130
"""Years: no one has lived longer."""
EARLIEST_BIRTH, LATEST_BIRTH = 1870, 2200
LAST_DOSE = 99
"""The highest dose number that the national register takes."""
MOST_DAYS = 36_500


class Concern(MvError):
    """Something unusual that may be right. It is shown, not raised."""


def parse_amount(text: str) -> int:
    """Parse an amount as people write it (150, 1 200, 149,95, 149.95 kr) to öre. Raises Invalid."""
    plain = SPACES.sub("", text).lower().removesuffix("kr").removesuffix("kronor").removesuffix(":-")
    found = AMOUNT.fullmatch(plain)
    if found is None:
        raise Invalid(N_("Write the amount in kronor, such as 150 or 149,95."))
    return int(Decimal(f"{found[1]}.{found[2] or 0}") * 100)


def check(rule: Rule, known: Catalogue) -> None:
    """Raise Invalid for the first impossible value."""
    _check_names(rule)
    _check_vaccine(rule, known)
    if rule.group_code is not None:
        known.choice(rule.group_code, rule.subgroup_code)
    elif rule.subgroup_code is not None:
        raise Invalid(N_("Choose a group, or no subgroup."))
    _check_bounds(rule)
    if rule.valid_to is not None and rule.valid_to < rule.valid_from:
        raise Invalid(N_("The last day is before the first. Change one of them."))
    if not 0 <= rule.ore <= MOST_KRONOR * 100:
        raise Invalid(N_("The amount is from 0 to {most} kronor."), most=MOST_KRONOR)


def concerns(rule: Rule, known: Catalogue, others: Iterable[Rule]) -> list[Concern]:
    """Return what is unusual about a valid rule; ``others`` are the existing rules."""
    found = []
    if not any(rule.is_for(vaccine.product_code, vaccine.atc) for vaccine in known.vaccines.values()):
        found.append(
            Concern(N_("No vaccine in the catalogue has an ATC code that begins with {atc}. Check it."), atc=rule.atc)
        )
    if rule.region not in {unit.region for unit in known.units.values()}:
        found.append(
            Concern(N_("No unit belongs to the region {region}. Check how it is written."), region=rule.region)
        )
    if rule.payer not in {other.payer for other in others}:
        found.append(Concern(N_("No other rule has the payer {payer}. Check how it is written."), payer=rule.payer))
    if rule.group_code is not None:
        choice = known.choice(rule.group_code, rule.subgroup_code)
        if not choice.in_use(rule.valid_from) or not covers(choice.group, rule.valid_to or rule.valid_from):
            found.append(Concern(N_("{choice} is not in use on all days of the rule."), choice=choice))
    if rule.ore == 0:
        found.append(Concern(N_("With 0 kronor nobody pays the clinic: the dose is at the patient’s own cost.")))
    return found


def _check_names(rule: Rule) -> None:
    for text, longest, missing in (
        (rule.region, LONGEST_NAME, N_("Choose or write the region.")),
        (rule.payer, LONGEST_NAME, N_("Choose or write who pays.")),
        (rule.source, LONGEST_SOURCE, N_("Write where the rule comes from: the decision, agreement or web page.")),
    ):
        if not text.strip():
            raise Invalid(missing)
        if len(text) > longest or not text.isprintable():
            raise Invalid(N_("A text is at most {most} characters, on one line."), most=longest)


def _check_vaccine(rule: Rule, known: Catalogue) -> None:
    if (rule.atc is None) == (rule.product_code is None):
        raise Invalid(N_("Choose a kind of vaccine or one product, not both."))
    if rule.product_code is not None and rule.product_code not in known.vaccines:
        raise Invalid(N_("There is no vaccine with the code {code}."), code=rule.product_code)
    if rule.atc is not None and not ATC.fullmatch(rule.atc):
        raise Invalid(N_("{atc} is no ATC code. Write it as in J07BB or J07BB02."), atc=rule.atc)


def _check_bounds(rule: Rule) -> None:
    oldest = OLDEST * 12 if rule.age_unit == AgeUnit.MONTHS else OLDEST
    for first, last, least, most, what in (
        (rule.age_from, rule.age_to, 0, oldest, N_("The ages are from {least} to {most}, the lower one first.")),
        (
            rule.birth_year_from,
            rule.birth_year_to,
            EARLIEST_BIRTH,
            LATEST_BIRTH,
            N_("The years of birth are from {least} to {most}, the earlier one first."),
        ),
        (
            rule.dose_from,
            rule.dose_to,
            1,
            LAST_DOSE,
            N_("The dose numbers are from {least} to {most}, the lower one first."),
        ),
        (rule.days_to_register, None, 0, MOST_DAYS, N_("The days to register are from {least} to {most}.")),
        (rule.days_between, None, 0, MOST_DAYS, N_("The days between doses are from {least} to {most}.")),
    ):
        given = [bound for bound in (first, last) if bound is not None]
        if given != sorted(given) or not all(least <= bound <= most for bound in given):
            raise Invalid(what, least=least, most=most)
