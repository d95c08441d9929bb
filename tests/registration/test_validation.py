"""What can become of terms: each outcome and doubt, on the day before, on and after its bound; the likely group."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest

from mv.batches.batch import Batch
from mv.catalogue import AgeRange, AgeUnit, Catalogue, Group, Subgroup, Unit, Vaccine
from mv.concerns import Concern
from mv.customers import Customer
from mv.errors import Conflict, Invalid
from mv.memberships import EndReason, Membership
from mv.registration.booked import NO_GROUP, likely_group
from mv.registration.entry import RegistrationEntry
from mv.registration.validation import Outcome, Person, Validation, ValidationContext, remember_batch, validate
from mv.reimbursement.rules.rule_table import Rule
from mv.vaccinations import Dose
from tests.conftest import TODAY
from tests.reimbursement.examples import rule

DAY = TODAY - timedelta(days=10)
BORN = date(1950, 3, 12)
AT = datetime(2026, 1, 2, 12)
BEGINS, ENDS = date(2020, 1, 1), DAY
"""The first and the last day of the group ``past``, of the subgroup ``past`` and of the vaccine ``past``."""


def group(code: str, ages: AgeRange | None = None, *, by_age: bool = False, past: bool = False) -> Group:
    subgroups = (
        Subgroup(code, "sub", "Under", "Sub", BEGINS, None),
        Subgroup(code, "past", "Förr", "Past", BEGINS, ENDS),
    )
    return Group(code, code, code, BEGINS, ENDS if past else None, by_age, None, subgroups, ages)


KNOWN = Catalogue(
    units={"norr": Unit("norr", "Norr", "Region", BEGINS, None)},
    groups={
        each.group_code: each
        for each in (
            group("any"),
            group("other"),
            group("past", past=True),
            group("years", AgeRange(18, 65, AgeUnit.YEARS)),
            group("months", AgeRange(6, None, AgeUnit.MONTHS)),
            group("old", AgeRange(65, None, AgeUnit.TURNS), by_age=True),
            group("older", AgeRange(75, None, AgeUnit.TURNS), by_age=True),
        )
    },
    vaccines={
        code: Vaccine(code, code, atc, None, BEGINS, ENDS if code == "past" else None)
        for code, atc in (("flu", "J07BB02"), ("flu_2", "J07BB02"), ("tick", "J07BA01"), ("past", "J07BB02"))
    },
)
KEPT = (Batch("flu", "B1", DAY), Batch("tick", "T1", DAY))
STOPPED = Batch("flu", "S1", None, stopped_at=datetime.combine(DAY, time(9)))
SETTING = ValidationContext(KNOWN, {batch.key: batch for batch in (*KEPT, STOPPED)}, TODAY)
GROUP = RegistrationEntry("any", None, DAY, "norr")
DOSE = replace(GROUP, given_on=DAY, product_code="flu", batch_number="B1")


def row(code: str = "any", first: date = DAY, last: date | None = None, sub: str | None = None) -> Membership:
    ended = None if last is None else EndReason.CEASED
    return Membership(1, 1, code, sub, first, last, "norr", AT, "x", None, None, ended, 1)


def dose(product: str = "flu", day: date = DAY, batch: str = "B1", code: str | None = "any") -> Dose:
    return Dose(1, 1, product, batch, 1, day, "norr", 1, code, None, False, AT, "x", AT, None, None, None, 1)


def person(*known: Membership | Dose, born: date = BORN, died: date | None = None) -> Person:
    customer = Customer(1, "", born, "Anna", "Ek", "norr", died)
    rows, doses = ([each for each in known if isinstance(each, kind)] for kind in (Membership, Dose))
    return Person(customer, rows, doses)  # type: ignore[arg-type]


def validated(who: Person, **entry: object) -> Validation:
    return validate(who, replace(DOSE, **entry), SETTING)


def years_before(day: date, years: int, days: int = 0) -> date:
    return day.replace(year=day.year - years) + timedelta(days=days)


def months_before(day: date, months: int, days: int = 0) -> date:
    return date(day.year, day.month - months, day.day) + timedelta(days=days)


def test_what_nobody_has_is_ready_and_gets_the_next_dose_number() -> None:
    assert validate(person(), GROUP, SETTING) == Validation(Outcome.READY, dose_number=1)
    assert validated(person()) == Validation(Outcome.READY, dose_number=1)
    earlier = dose("flu_2", DAY - timedelta(days=30))
    assert validated(person(earlier)).dose_number == 2
    assert validated(person(replace(earlier, withdrawn_at=AT))).dose_number == 1
    assert validated(person(earlier), dose_number=7).dose_number == 7


@pytest.mark.parametrize(
    ("counting", "counts"),
    [
        (row(first=DAY - timedelta(days=1)), True),
        (row(first=DAY), True),
        (row(first=DAY - timedelta(days=9), last=DAY), True),
        (row(first=DAY - timedelta(days=9), last=DAY - timedelta(days=1)), False),
        (replace(row(first=DAY - timedelta(days=9), last=DAY), ended_reason=EndReason.WRONG), False),
        (row(sub="sub"), False),
        (row("other"), False),
    ],
)
def test_who_is_in_the_group_on_the_day_has_it_already_and_gets_the_dose_by_it(
    counting: Membership, counts: bool
) -> None:
    found = validate(person(counting), GROUP, SETTING)
    assert found.outcome == (Outcome.ALREADY if counts else Outcome.READY)
    assert isinstance(found.error, Conflict if counts else type(None))
    assert validated(person(counting)).outcome == Outcome.READY
    assert validated(person(counting)).existing_membership == (counting if counts else None)


def test_a_period_that_begins_the_day_after_would_overlap() -> None:
    found = validate(person(row(first=DAY + timedelta(days=1))), GROUP, SETTING)
    assert found.outcome == Outcome.WRONG
    assert isinstance(found.error, Conflict)


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        (dose(), Outcome.ALREADY),
        (dose(batch="B2"), Outcome.WRONG),
        (dose(code="other"), Outcome.WRONG),
        (dose(day=DAY - timedelta(days=1)), Outcome.READY),
        (dose(day=DAY + timedelta(days=1)), Outcome.READY),
        (dose("flu_2"), Outcome.READY),
        (replace(dose(), withdrawn_at=AT), Outcome.READY),
    ],
)
def test_the_same_dose_is_there_already_and_another_of_the_same_vaccine_and_day_is_refused(
    given: Dose, outcome: Outcome
) -> None:
    assert validated(person(row(), given)).outcome == outcome


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({"group_code": "nobody"}, "no group with the code"),
        ({"subgroup_code": "nothing"}, "no subgroup"),
        ({"group_code": None, "given_on": None}, "Choose a customer group"),
        ({"valid_from": TODAY + timedelta(days=1), "given_on": None}, "cannot start after today"),
        ({"valid_from": BORN - timedelta(days=1), "given_on": None}, "before the customer was born"),
        ({"group_code": "past"}, "was not in use"),
        ({"subgroup_code": "past"}, "was not in use"),
        ({"valid_from": DAY + timedelta(days=1)}, "does not hold the day of the dose"),
        ({"valid_from": DAY - timedelta(days=9), "valid_to": DAY - timedelta(days=1)}, "does not hold the day"),
        ({"product_code": "nothing"}, "Choose a vaccine"),
        ({"product_code": "past", "given_on": ENDS + timedelta(days=1)}, "was not in use"),
        ({"batch_number": ""}, "Write the batch number"),
        ({"batch_number": "B 1"}, "Did you mean B1?"),
        ({"dose_number": 100}, "dose number is from 1"),
        ({"unit_id": "nowhere"}, "Choose a unit"),
        ({"given_on": TODAY + timedelta(days=1)}, "cannot be given after today"),
    ],
)
def test_what_cannot_be_is_wrong_and_says_why(entry: dict[str, object], says: str) -> None:
    found = validated(person(), **entry)
    assert found.outcome == Outcome.WRONG
    assert not found.can_be_saved
    assert says in str(found.error)


def test_the_last_day_and_the_first_can_be() -> None:
    assert validated(person(), given_on=TODAY, valid_from=TODAY).error is None
    assert validated(person(), given_on=BORN, valid_from=BORN).outcome == Outcome.WRONG  # before anything was in use
    assert validated(person(born=DAY)).error is None
    assert validated(person(), product_code="past", given_on=ENDS, batch_number="P1").error is None
    assert validated(person(), valid_from=DAY - timedelta(days=9), valid_to=DAY).error is None


@pytest.mark.parametrize(
    ("died", "outcome"),
    [
        (DAY - timedelta(days=1), Outcome.WRONG),
        (DAY, Outcome.DOUBTFUL),
        (DAY + timedelta(days=1), Outcome.DOUBTFUL),
        (None, Outcome.READY),
    ],
)
def test_nothing_is_registered_after_a_death_and_before_it_is_doubtful(died: date | None, outcome: Outcome) -> None:
    found = validated(person(died=died))
    assert found.outcome == outcome
    assert set(found.concerns) == ({Concern.DECEASED} if outcome == Outcome.DOUBTFUL else set())


@pytest.mark.parametrize(
    ("code", "born", "fits"),
    [
        ("years", years_before(DAY, 18, 1), False),
        ("years", years_before(DAY, 18), True),
        ("years", years_before(DAY, 18, -1), True),
        ("years", years_before(DAY, 66, 1), True),
        ("years", years_before(DAY, 66), False),
        ("months", months_before(DAY, 6, 1), False),
        ("months", months_before(DAY, 6), True),
        ("months", months_before(DAY, 6, -1), True),
        ("old", date(DAY.year - 64, 1, 1), False),
        ("old", date(DAY.year - 65, 12, 31), True),
        ("any", DAY, True),
    ],
)
def test_an_age_that_does_not_fit_is_doubtful(code: str, born: date, fits: bool) -> None:
    found = validated(person(born=born), group_code=code)
    assert set(found.concerns) == (set() if fits else {Concern.AGE})
    assert found.outcome == (Outcome.READY if fits else Outcome.DOUBTFUL)
    assert found.can_be_saved


@pytest.mark.parametrize(
    ("entry", "concerns"),
    [
        ({"given_on": DAY - timedelta(days=1), "valid_from": DAY - timedelta(days=1)}, set()),
        ({"given_on": DAY}, set()),
        ({"given_on": DAY + timedelta(days=1)}, {Concern.BATCH_EXPIRED}),
        ({"batch_number": "B9"}, {Concern.BATCH_UNKNOWN}),
        ({"batch_number": "T1"}, {Concern.BATCH_UNKNOWN}),
        ({"given_on": None, "batch_number": "B9"}, set()),
        ({"batch_number": "b-l"}, {Concern.BATCH_SIMILAR}),
        ({"batch_number": "S1"}, {Concern.BATCH_STOPPED}),
        ({"batch_number": "S1", "given_on": DAY - timedelta(days=1), "valid_from": DAY - timedelta(days=1)}, set()),
    ],
)
def test_a_batch_that_had_expired_or_is_not_known_is_doubtful(entry: dict[str, object], concerns: set[Concern]) -> None:
    assert set(validated(person(), **entry).concerns) == concerns


def test_a_batch_of_another_vaccine_is_named() -> None:
    found = validated(person(), batch_number="T1")
    assert str(found.concerns[Concern.BATCH_UNKNOWN]) == "Batch T1 is one of tick."


def test_a_dose_of_a_later_day_than_its_batch_was_stopped_on_is_refused() -> None:
    later = DAY + timedelta(days=1)
    found = validated(person(), batch_number="S1", given_on=later)
    assert (found.outcome, found.error and found.error.field) == (Outcome.WRONG, "batch")
    there = validated(person(row(), dose(day=later, batch="S1")), batch_number="S1", given_on=later)
    assert there.outcome is Outcome.ALREADY


def test_a_new_batch_is_doubtful_in_the_first_entry_alone() -> None:
    context = replace(SETTING, batches=dict(SETTING.batches))
    entry = replace(DOSE, batch_number="B9")
    assert validate(person(), entry, context).concerns.keys() == {Concern.BATCH_UNKNOWN}
    remember_batch(entry, context)
    assert validate(person(), entry, context).outcome is Outcome.READY
    remember_batch(GROUP, context)
    assert context.batches.keys() - SETTING.batches.keys() == {("flu", "B9")}


def test_doubts_are_told_together() -> None:
    born = years_before(DAY, 90)
    found = validated(person(born=born, died=DAY), group_code="years", batch_number="B9")
    assert set(found.concerns) == {Concern.AGE, Concern.DECEASED, Concern.BATCH_UNKNOWN}


def test_a_dose_can_be_without_a_group_and_is_there_already_where_it_was() -> None:
    without = {"group_code": None, "subgroup_code": None}
    assert validated(person(), **without) == Validation(Outcome.READY, dose_number=1)
    assert validated(person(dose(code=None)), **without).outcome == Outcome.ALREADY
    assert isinstance(validated(person(dose()), **without).error, Conflict)
    assert isinstance(validated(person(dose(code=None))).error, Conflict)
    assert isinstance(validate(person(), replace(GROUP, group_code=None), SETTING).error, Invalid)


PAID = [
    rule(atc="J07BB", group_code="old", ore=15_000),
    rule(atc="J07BB", group_code="any", ore=15_000),
    rule(atc="J07BB", group_code="other", ore=0),
    rule(atc="J07BB", group_code="years", ore=15_000, valid_to=DAY - timedelta(days=1)),
    rule(atc="J07AL", group_code="older", ore=15_000),
]
YOUNG, OLD = date(1990, 5, 5), date(1950, 5, 5)


@pytest.mark.parametrize(
    ("product", "born", "groups", "likely"),
    [
        ("flu", YOUNG, [], None),
        ("flu", OLD, [], ("old", None)),
        ("flu", date(DAY.year - 65, 12, 31), [], ("old", None)),
        ("flu", date(DAY.year - 64, 1, 1), [], None),
        ("flu", YOUNG, [row("any", sub="sub")], ("any", "sub")),
        ("flu", OLD, [row("any")], ("any", None)),
        ("flu", YOUNG, [row("any"), row("other")], ("any", None)),
        ("flu", YOUNG, [row("any"), row("years")], ("any", None)),
        ("flu", YOUNG, [row("other")], ("other", None)),
        ("flu", YOUNG, [row("other"), row("years")], None),
        ("flu", YOUNG, [row("any"), row("any", sub="sub")], None),
        ("flu", YOUNG, [row("any", first=DAY + timedelta(days=1))], None),
        ("flu", OLD, [row("any", first=DAY - timedelta(days=9), last=DAY - timedelta(days=1))], ("old", None)),
        ("tick", OLD, [], NO_GROUP),
        ("tick", OLD, [row("any")], ("any", None)),
    ],
)
def test_the_likely_group_is_the_only_one_that_is_paid_else_the_only_one_else_by_age(
    product: str, born: date, groups: list[Membership], likely: tuple[str | None, str | None] | None
) -> None:
    rules: list[Rule] = PAID
    assert likely_group(person(*groups, born=born), KNOWN.vaccines[product], rules, KNOWN, DAY) == likely
