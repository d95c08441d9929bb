"""Changes of the catalogue: who, when, before and after; versions, validation, one undo; nothing is ever deleted."""

from __future__ import annotations

import shutil
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from mv import catalogue
from mv.access import Action, Actor, Role
from mv.catalogue import changes
from mv.catalogue.changes import ChangeKind
from mv.catalogue.tables import GROUP, SUBGROUP, UNIT, VACCINE, CatalogueRow, CatalogueTable, Value
from mv.errors import Conflict, Forbidden, Invalid
from mv.i18n import SWEDISH
from mv.store import Store, open_store
from mv.store.migrate import MIGRATIONS
from tests.conftest import TODAY, SetClock
from tests.contents import logged, nothing_changes, refused

PACK, OTHER_PACK = "07046260123458", "00012345678905"
NEW: dict[str, dict[str, Value]] = {
    "unit": {"unit_id": "ost", "name": "Mottagning Öst", "region": "Östregionen", "valid_from": TODAY},
    "customer_group": {
        "group_code": "travel", "name_sv": "Resenär", "name_en": "Traveller", "sort_order": 5, "valid_from": TODAY,
        "by_age": False, "age_from": 2, "age_unit": "years", "source": "Decided here",
    },
    "subgroup": {
        "group_code": "staff", "subgroup_code": "dental", "name_sv": "Tandvård", "name_en": "Dental care",
        "sort_order": 40, "valid_from": TODAY, "source": "Decided here",
    },
    "vaccine": {
        "product_code": "nimenrix", "name": "Nimenrix", "atc": "J07AH08", "gtins": (PACK,), "valid_from": TODAY,
        "days_between": 28, "age_from": 6, "age_unit": "months", "source": "fass.se",
    },
}  # fmt: skip


def new(table: CatalogueTable, **values: Value) -> CatalogueRow:
    empty: dict[str, Value] = {column.name: () if column.name == "gtins" else None for column in table.columns}
    return CatalogueRow(table, {**empty, **NEW[table.name], **values})


def stored(store: Store, actor: Actor, table: CatalogueTable, key: str) -> CatalogueRow:
    return changes.rows_of(store, actor, table)[key]


@pytest.mark.both_engines
def test_rows_of_every_table_are_added_corrected_ended_and_taken_back(
    store: Store, actor: Actor, clock: SetClock
) -> None:
    rows = changes.save(store, actor, [new(table) for table in (SUBGROUP, VACCINE, UNIT, GROUP)])
    assert [(row.table, row.version) for row in rows] == [(table, 1) for table in (UNIT, GROUP, SUBGROUP, VACCINE)]
    known = catalogue.load(store)
    assert known.units["ost"].region == "Östregionen"
    assert known.choice("staff", "dental").label(SWEDISH) == "Personal inom vård och omsorg – Tandvård"
    assert next(iter(known.groups)) == "travel"
    vaccine = known.vaccines["nimenrix"]
    assert (vaccine.gtins, vaccine.ages and vaccine.ages.first, vaccine.days_between) == ((PACK,), 6, 28)
    clock.now += timedelta(hours=1)
    ended = changes.save(store, actor, [row.with_values(valid_to=TODAY) for row in rows])
    assert catalogue.load(store).vaccines["nimenrix"].valid_to == TODAY
    undone = [changes.undo(store, actor, row) for row in ended]
    assert [row.values for row in undone] == [row.values for row in rows]
    for table, row in zip((UNIT, GROUP, SUBGROUP, VACCINE), undone, strict=True):
        last, end, first = changes.history(store, actor, table, row.key)
        assert [last.kind, end.kind, first.kind] == [ChangeKind.UNDONE, ChangeKind.ENDED, ChangeKind.ADDED]
        assert (end.was, end.becomes.values["valid_to"], end.changed_by) == (rows[0] if table is UNIT else end.was,
            TODAY, "karin.holm")  # fmt: skip
        assert end.changed_at == store.now() and first.was is None
    assert [entry["detail"] for entry in logged(store, Action.CHANGE_CATALOGUE)][:1] == [
        {"table": "unit", "code": "ost", "version": 1, "change": "added"}
    ]
    assert len(logged(store, Action.CHANGE_CATALOGUE)) == 12


@pytest.mark.both_engines
def test_a_pack_goes_from_one_vaccine_to_another_and_stays_with_one(store: Store, actor: Actor) -> None:
    flu, covid = (stored(store, actor, VACCINE, code) for code in ("efluelda", "comirnaty"))
    flu, covid = changes.save(store, actor, [flu.with_values(gtins=(PACK,)), covid.with_values(gtins=(OTHER_PACK,))])
    with refused(store, Invalid, f"In comirnaty, GTIN of the packs: The GTIN {PACK} is of Efluelda."):
        changes.save(store, actor, [covid.with_values(gtins=(PACK,))])
    flu, covid = changes.save(store, actor, [flu.with_values(gtins=(OTHER_PACK,)), covid.with_values(gtins=(PACK,))])
    packs = {code: vaccine.gtins for code, vaccine in catalogue.load(store).vaccines.items() if vaccine.gtins}
    assert packs == {"efluelda": (OTHER_PACK,), "comirnaty": (PACK,)}
    changes.save(store, actor, [flu.with_values(gtins=())])
    assert catalogue.load(store).vaccines["efluelda"].gtins == ()
    assert stored(store, actor, VACCINE, "comirnaty").values["gtins"] == (PACK,)


def test_what_is_the_same_is_no_change(store: Store, actor: Actor) -> None:
    row = stored(store, actor, UNIT, "norr")
    with nothing_changes(store):
        assert changes.save(store, actor, [row]) == []


@pytest.mark.both_engines
def test_a_change_of_what_somebody_else_changed_is_a_conflict_and_saves_nothing_of_the_rest(
    store: Store, actor: Actor
) -> None:
    seen = stored(store, actor, GROUP, "pregnant")
    eva = replace(actor, user_id="eva.ek")
    (now,) = changes.save(store, eva, [seen.with_values(name_sv="Gravida")])
    says = "eva.ek changed pregnant at 2026-11-22 13:00. It is shown as it is now; nothing was overwritten."
    with refused(store, Conflict, says):
        changes.save(store, actor, [new(UNIT), seen.with_values(name_sv="Väntar barn")])
    with refused(store, Conflict, says):
        changes.undo(store, actor, seen)
    changes.undo(store, actor, now)
    assert catalogue.load(store).groups["pregnant"].name_sv == "Gravid"
    changes.save(store, actor, [new(UNIT)])
    with refused(store, Conflict, "There is a row with the code ost already. Nothing was saved."):
        changes.save(store, actor, [new(UNIT)])


def test_only_the_latest_change_is_undone_and_only_once(store: Store, actor: Actor) -> None:
    nothing = "There is no change of {} that can be undone."
    (unit,) = changes.save(store, actor, [new(UNIT)])
    with refused(store, Conflict, nothing.format("ost")):
        changes.undo(store, actor, unit)  # what was added is ended, not deleted
    (unit,) = changes.save(store, actor, [unit.with_values(name="Öst")])
    unit = changes.undo(store, actor, unit)
    assert unit.values["name"] == "Mottagning Öst"
    with refused(store, Conflict, nothing.format("ost")):
        changes.undo(store, actor, unit)


@pytest.mark.parametrize(
    ("table", "values", "says"),
    [
        (UNIT, {"unit_id": "Öst"}, "A code has small letters a to z, digits and _ alone, at most 50."),
        (UNIT, {"unit_id": None}, "This is missing."),
        (UNIT, {"name": None}, "This is missing."),
        (UNIT, {"name": "mottagning norr"}, "norr has this name already, on the same days."),
        (UNIT, {"name": "x" * 201}, "A text is at most 200 characters, on one line."),
        (UNIT, {"valid_to": TODAY - timedelta(days=1)}, "The last day is before the first. Change one of them."),
        (GROUP, {"age_from": 9, "age_to": 8}, "The higher age stands first. Change one of them."),
        (GROUP, {"age_unit": None}, "Choose in what the ages are."),
        (GROUP, {"age_from": None}, "Write an age, or leave empty in what it is."),
        (GROUP, {"age_to": 131}, "Write a whole number from 0 to 130."),
        (GROUP, {"longest_days": -1}, "Write a whole number from 0 to 36500."),
        (GROUP, {"sex": "both"}, "Choose the sex, or none."),
        (SUBGROUP, {"group_code": "nobody"}, "There is no group with the code nobody."),
        (VACCINE, {"atc": "J07AH"}, "J07AH is no ATC code of a product. Write it as in J07BB02."),
        (VACCINE, {"npl_id": "123"}, "An NPL id has 14 digits."),
        (VACCINE, {"source": None}, "This is missing."),
        (
            VACCINE,
            {"gtins": ("07046260123459",)},
            "“07046260123459” is no GTIN: 13 or 14 digits from the pack, of which the last one fits the others.",
        ),
    ],
)
def test_what_cannot_be_right_is_told_by_column_and_saves_nothing(
    store: Store, actor: Actor, table: CatalogueTable, values: dict[str, Any], says: str
) -> None:
    row = new(table, **values)
    ((column, error),) = changes.faults_of(store, actor, row)
    assert str(error) == says
    with refused(store, Invalid, f"In {row.key}, {column.title}: {says}"):
        changes.save(store, actor, [row])


def test_a_source_that_an_older_store_lacks_keeps_no_row_from_ending(store: Store, actor: Actor) -> None:
    store.write(lambda tx: tx.execute("UPDATE subgroup SET source = ''"))
    row = stored(store, actor, SUBGROUP, "staff/care_home")
    (row,) = changes.save(store, actor, [row.with_values(valid_to=TODAY)])
    assert catalogue.load(store).choice("staff", "care_home").subgroup
    with pytest.raises(Invalid):
        changes.save(store, actor, [row.with_values(name_sv=None)])


def test_leads_alone_decide_the_catalogue(store: Store) -> None:
    for role in (Role.COORDINATOR, Role.ANALYST, Role.ADMINISTRATOR, None):
        with pytest.raises(Forbidden):
            changes.save(store, Actor("kim", "Kim", role, "norr"), [new(UNIT)])
    assert "ost" not in catalogue.load(store).units


def test_the_same_name_may_follow_when_the_other_has_ended(store: Store, actor: Actor) -> None:
    norr = stored(store, actor, UNIT, "norr")
    changes.save(store, actor, [norr.with_values(valid_to=date(2026, 12, 31))])
    changes.save(store, actor, [new(UNIT, name="Mottagning Norr", valid_from=date(2027, 1, 1))])
    assert catalogue.load(store).units["ost"].name == "Mottagning Norr"


@pytest.mark.both_engines
def test_a_store_of_an_earlier_version_keeps_what_it_has_and_it_can_be_changed(
    empty_url: str, tmp_path: Path, actor: Actor, clock: SetClock
) -> None:
    earlier = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, earlier)
    for file in earlier.glob("*.sql"):
        if file.name >= "0008":
            file.unlink()
    with closing(open_store(empty_url, clock, migrations=earlier)) as store:
        store.write(lambda tx: tx.execute("INSERT INTO unit VALUES ('norr', 'Norr', 'Norra', DATE '2020-01-01', NULL)"))
    with closing(open_store(empty_url, clock)) as store:
        unit = stored(store, actor, UNIT, "norr")
        assert (unit.version, unit.values["name"]) == (1, "Norr")
        (unit,) = changes.save(store, actor, [unit.with_values(name="Norra")])
        assert changes.undo(store, actor, unit).values["name"] == "Norr"
