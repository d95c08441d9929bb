"""What a change of the catalogue does: records after the day on which a row ends, and what doses are paid then."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from mv import memberships, vaccinations
from mv.access import Actor
from mv.catalogue import changes
from mv.catalogue.tables import GROUP, SUBGROUP, UNIT, VACCINE, CatalogueTable
from mv.customers import Customer
from mv.reimbursement.follow_up import reports
from mv.reimbursement.preview import catalogue_change
from mv.reimbursement.preview.catalogue_change import LaterRecords
from mv.reimbursement.preview.rule_change import Impact, PaymentChange, Share
from mv.store import Store
from tests.conftest import TODAY

YESTERDAY = TODAY - timedelta(days=1)
pytestmark = pytest.mark.both_engines


@pytest.fixture(autouse=True)
def _records(store: Store, actor: Actor, anders: Customer) -> None:
    """Give Anders two groups, a dose by one of them yesterday and one today, and a booking tomorrow."""
    of_65 = memberships.Entry("65_plus", None, date(2024, 10, 1))
    row = memberships.add(store, actor, anders.customer_id, of_65)
    memberships.add(store, actor, anders.customer_id, memberships.Entry("medical_risk", "heart", TODAY))
    for day, product, number in ((YESTERDAY, "efluelda", 1), (TODAY, "comirnaty", 1)):
        entry = vaccinations.Entry(product, "B1", number, day, "norr", row.membership_id)
        vaccinations.register(store, actor, anders.customer_id, entry)
    store.write(
        lambda tx: tx.execute(
            "INSERT INTO booking (customer_id, unit_id, starts_at, product_code, booked_at)"
            " VALUES ($1, 'norr', $2, 'efluelda', $2)",
            anders.customer_id,
            store.now() + timedelta(days=1),
        )
    )


@pytest.mark.parametrize(
    ("table", "key", "last", "found"),
    [
        (UNIT, "norr", YESTERDAY, LaterRecords(1, 2, 1)),
        (UNIT, "norr", TODAY + timedelta(days=1), LaterRecords(0, 2, 0)),
        (UNIT, "soder", YESTERDAY, LaterRecords()),
        (GROUP, "65_plus", YESTERDAY - timedelta(days=1), LaterRecords(2, 1, 0)),
        (GROUP, "medical_risk", TODAY, LaterRecords(0, 1, 0)),
        (SUBGROUP, "medical_risk/heart", TODAY, LaterRecords(0, 1, 0)),
        (SUBGROUP, "medical_risk/lung", TODAY, LaterRecords()),
        (VACCINE, "efluelda", TODAY, LaterRecords(0, 0, 1)),
        (VACCINE, "comirnaty", YESTERDAY, LaterRecords(1, 0, 0)),
    ],
)
def test_records_that_name_a_row_after_its_last_day_are_counted(
    store: Store, actor: Actor, table: CatalogueTable, key: str, last: date, found: LaterRecords
) -> None:
    row = changes.rows_of(store, actor, table)[key]
    assert catalogue_change.records_after(store, actor, row, last) == found


def test_another_atc_code_or_region_tells_what_doses_are_paid_then(store: Store, actor: Actor) -> None:
    vaccine = changes.rows_of(store, actor, VACCINE)["efluelda"]
    unit = changes.rows_of(store, actor, UNIT)["norr"]
    other = vaccine.with_values(atc="J07BC01")
    same = [(vaccine, vaccine.with_values(name="Other")), (None, vaccine), (unit, unit.with_values(name="Other"))]
    assert catalogue_change.paying_differently([*same, (vaccine, other)]) == [(vaccine, other)]
    assert catalogue_change.count_affected(store, actor, same) == 0
    assert catalogue_change.impact_at_own_units(store, actor, same) == Impact()
    assert catalogue_change.count_affected(store, actor, [(vaccine, other)]) == 1
    effect = catalogue_change.impact_at_own_units(store, actor, [(vaccine, other)])
    assert (effect.whole, effect.changes) == (Share(1, -150_00), {PaymentChange.LOSES: 1})
    moved = unit.with_values(region="Annan region")
    effect = catalogue_change.impact_at_own_units(store, actor, [(vaccine, other), (unit, moved)])
    assert effect.whole == Share(2, -150_00 - 275_00)
    elsewhere = replace(actor, unit_id="soder", units=frozenset({"soder"}))
    assert catalogue_change.impact_at_own_units(store, elsewhere, [(unit, moved)]).whole == Share()


def test_what_was_told_comes_true_and_older_figures_are_outdated(store: Store, actor: Actor) -> None:
    figures = reports.compute_figures(store, actor)
    assert not reports.are_outdated(store, actor, figures)
    unit = changes.rows_of(store, actor, UNIT)["norr"]
    changes.save(store, actor, [unit.with_values(region="Annan region")])
    assert reports.are_outdated(store, actor, figures)
