"""The page of rules: a new amount from a day, corrections, copies, removal and undo; read-only for analysts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Selectbox

from mv import customers, memberships, vaccinations
from mv.access import EVERY_UNIT, Actor, Role
from mv.catalogue import AgeUnit
from mv.reimbursement.rules import changes, rule_table
from mv.reimbursement.rules.rule_table import Rule
from mv.store import Store
from mv.ui import resources, session
from mv.ui.widgets import impact
from tests.conftest import SetClock, invented_number
from tests.pages.dashboard import DEMO, click, dashboard, words

PAGE = "reimbursement_rules"
SAMIR = replace(DEMO, user_id="samir.haddad")


@pytest.fixture
def rule(store: Store) -> Rule:
    """The rule of influenza at 65+, in a store where Anders and Eva were given a dose by it this month."""
    for serial in (981, 982):
        _give_dose(store, invented_number(date(1946, 3, 12), serial))
    return next(one for one in rule_table.load(store) if one.rule_code == "flu_65_2024")


def _give_dose(store: Store, number: str) -> None:
    customer = customers.register(store, DEMO, number, "Anders", "Karlsson", "centrum")
    of_65 = memberships.Entry("65_plus", None, date(2024, 10, 1))
    row = memberships.add(store, DEMO, customer.customer_id, of_65)
    entry = vaccinations.Entry("efluelda", "B1", 1, store.today(), "centrum", row.membership_id)
    vaccinations.register(store, DEMO, customer.customer_id, entry)


def form(at: AppTest) -> str:
    """Return what the keys of the open form's fields begin with."""
    return next(widget.key for widget in (*at.radio, *at.text_input) if widget.key.startswith("rule_form")).rsplit(
        "_", 1
    )[0]


def opened(rule: Rule, way: str = "amount", locale: str = "sv-SE") -> tuple[AppTest, str]:
    """Return the page with the rule open and a way chosen, and what the keys of its fields begin with."""
    at = dashboard(PAGE, locale=locale)
    at.button(key=f"rule_open_{rule.payment_rule_id}").click().run()
    if way != "amount":
        at.radio(key=f"{form(at)}_way").set_value(way).run()
    return at, f"{form(at)}_{way}"


def write(box: Selectbox[str], text: str) -> Selectbox[str]:
    """Write into a list what it may not offer; anew before each run, since AppTest knows what is offered alone."""
    box.options.append(text)
    return box.set_value(text)


def shown(table: pd.DataFrame) -> list[list[str]]:
    """Return the rows of a table as they are read."""
    return table.replace({"\u00a0": " ", r"\\": ""}, regex=True).to_numpy().tolist()


def decide(of: Rule) -> list[Rule]:
    """Return the rules that decide about the same vaccine and group, the earliest first."""
    found = [one for one in rule_table.load(resources.store()) if one.subject == of.subject]
    return sorted(found, key=lambda one: one.valid_from)


def test_the_rules_in_force_today_are_listed_and_others_on_other_days(rule: Rule) -> None:
    at = dashboard(PAGE)
    assert not at.exception
    assert "Influensavaccin" in words(at)
    assert "2024-03-01 –" in words(at)
    assert "2020-01-01 – 2022-10-31" not in [text.value for text in at.text]
    at.date_input(key="rules_day").set_value(date(2022, 10, 31)).run()
    assert "2020-01-01 – 2022-10-31" in [text.value for text in at.text]
    at.selectbox(key="rules_kind").select("J07AL").run()
    shown = [text.value for text in at.text]
    assert "250 kr".replace(" ", "\u00a0") in shown
    assert "2020-01-01 – 2022-10-31" not in shown
    at.date_input(key="rules_day").set_value(date(2010, 1, 1)).run()
    assert "Inga regler" in at.info[0].value


def test_a_new_amount_from_1_january_ends_the_old_rule_the_day_before(rule: Rule) -> None:
    at, key = opened(rule)
    assert at.date_input(key=f"{key}_day").value == date(resources.store().today().year + 1, 1, 1)
    at.text_input(key=f"{key}_amount").input("160,50").run()
    at.text_input(key=f"{key}_source").input("Beslut 1 december").run()
    assert "Ingen dos som hittills getts" in words(at)
    at.button(key="rule_save").click().run()
    assert not at.error
    assert "Sparad: Influensavaccin, 65 år och äldre" in words(at)
    *_, old, new = decide(rule)
    new_year = date(resources.store().today().year + 1, 1, 1)
    assert (old.ore, old.valid_to) == (150_00, new_year - timedelta(days=1))
    assert (new.ore, new.valid_from, new.valid_to, new.source) == (160_50, new_year, None, "Beslut 1 december")
    assert "160,50 kr" in words(at)


def test_what_a_new_amount_does_to_given_doses_is_shown_before_it_is_saved(rule: Rule) -> None:
    at, key = opened(rule)
    at.date_input(key=f"{key}_day").set_value(resources.store().today()).run()
    at.text_input(key=f"{key}_amount").input("160").run()
    at.text_input(key=f"{key}_source").input("Beslut").run()
    assert "2 doser, +20 kr" in words(at)
    assert "Ersätts med ett annat belopp: 2." in words(at)
    assert [table.value.shape for table in at.table[1:4]] == [(13, 2), (1, 3), (1, 3)]
    assert decide(rule)[-1].ore == 150_00
    at.button(key="rule_save").click().run()
    assert "2 doser, +20 kr" in at.success[0].value.replace("\\", "").replace("\u00a0", " ")
    assert decide(rule)[-1].ore == 160_00


def test_what_a_correction_does_adds_up_by_payer_and_by_season(rule: Rule, store: Store, clock: SetClock) -> None:
    today = clock.now
    for serial, years in ((983, 2), (984, 2), (985, 1)):
        clock.now = today.replace(year=today.year - years)
        _give_dose(store, invented_number(date(1946, 3, 12), serial))
    clock.now = today
    at, key = opened(rule, "correct")
    at.text_input(key=f"{key}_amount").input("151").run()
    assert "5 doser, +5 kr" in words(at)
    by_payer, by_season = (shown(table.value) for table in at.table[2:4])
    assert by_payer == [["Exempelregionen", "5", "+5 kr"]]
    assert by_season == [["2026/27", "2", "+2 kr"], ["2025/26", "1", "+1 kr"], ["2024/25", "2", "+2 kr"]]


def test_an_atc_code_of_no_vaccine_is_pointed_out_and_what_is_none_is_refused(rule: Rule) -> None:
    at = dashboard(PAGE)
    at.button(key="rule_new").click().run()
    key = form(at)
    write(at.selectbox(key=f"{key}_vaccine"), "j07bc")
    at.selectbox(key=f"{key}_payer").set_value("Exempelregionen")
    at.text_input(key=f"{key}_amount").input("90")
    at.text_input(key=f"{key}_source").input("Avtal").run()
    assert "Inget vaccin i katalogen har en ATC-kod som börjar med J07BC." in words(at)
    write(at.selectbox(key=f"{key}_vaccine"), "hepatit").run()
    says = "HEPATIT är ingen ATC-kod. Skriv den som J07BB eller J07BB02."
    assert says in words(at)
    before = rule_table.load(resources.store())
    write(at.selectbox(key=f"{key}_vaccine"), "hepatit")
    at.button(key="rule_save").click().run()
    assert [error.value.replace("\\", "") for error in at.error] == [says]
    assert rule_table.load(resources.store()) == before


def test_several_rules_get_the_same_new_amount_at_once(rule: Rule) -> None:
    at, key = opened(rule)
    pregnant = next(one for one in rule_table.load(resources.store()) if one.rule_code == "flu_pregnant_2024")
    also = at.multiselect(key=f"{key}_also")
    assert len(also.options) == 4
    also.set_value([pregnant.payment_rule_id]).run()
    at.text_input(key=f"{key}_amount").input("160").run()
    at.text_input(key=f"{key}_source").input("Beslut").run()
    at.button(key="rule_save").click().run()
    assert [decide(one)[-1].ore for one in (rule, pregnant)] == [160_00, 160_00]
    others = [one for one in rule_table.load(resources.store()) if one.rule_code == "flu_risk_2024"]
    assert [decide(one)[-1].ore for one in others] == [150_00]


@pytest.mark.parametrize(
    ("amount", "source", "says"),
    [
        ("hundra", "Beslut", "Skriv beloppet i kronor, till exempel 150 eller 149,95."),
        ("160", "", "Skriv varifrån regeln kommer: beslutet, avtalet eller webbsidan."),
        ("100000,01", "Beslut", "Beloppet är från 0 till 100000 kronor."),
        ("150", "Beslut", "Inget annat än dagarna är nytt. Ändra beloppet eller vad som annars ska bli annorlunda."),
    ],
)
def test_what_cannot_be_saved_is_said_while_it_is_filled_in_and_when_it_is_saved(
    rule: Rule, amount: str, source: str, says: str
) -> None:
    at, key = opened(rule)
    at.text_input(key=f"{key}_amount").input(amount).run()
    at.text_input(key=f"{key}_source").input(source).run()
    assert says in words(at)
    assert not at.error
    before = decide(rule)
    at.button(key="rule_save").click().run()
    assert [error.value.replace("\\", "") for error in at.error] == [says]
    assert decide(rule) == before


def test_a_rule_is_corrected_with_every_field(rule: Rule, clock: SetClock) -> None:
    clock.now += timedelta(minutes=1)
    at, key = opened(rule, "correct")
    at.text_input(key=f"{key}_amount").input("149,95")
    at.selectbox(key=f"{key}_group").select("medical_risk").run()
    at.selectbox(key=f"{key}_subgroup_medical_risk").select("heart")
    at.number_input(key=f"{key}_age_from").set_value(6)
    at.selectbox(key=f"{key}_age_unit").select("months")
    at.number_input(key=f"{key}_days_to_register").set_value(14)
    at.number_input(key=f"{key}_dose_to").set_value(2)
    at.date_input(key=f"{key}_valid_to").set_value(date(2030, 12, 31))
    at.toggle(key=f"{key}_nvr").set_value(True).run()
    assert "No longer paid" not in words(at)
    assert "2 doser, −300 kr" in words(at)
    at.button(key="rule_save").click().run()
    now = next(one for one in rule_table.load(resources.store()) if one.payment_rule_id == rule.payment_rule_id)
    assert now == replace(
        rule, ore=149_95, group_code="medical_risk", subgroup_code="heart", age_from=6, age_unit=now.age_unit,
        days_to_register=14, dose_to=2, valid_to=date(2030, 12, 31), nvr=True, version=2,
    )  # fmt: skip
    assert now.age_unit == "months"
    history = at.table[-1].value.iloc[0]
    assert "150 kr → 149,95 kr" in history["Vad som ändrades"].replace("\\", "").replace("\u00a0", " ")


def test_a_field_can_be_emptied(rule: Rule) -> None:
    at, key = opened(rule, "correct")
    at.number_input(key=f"{key}_days_to_register").set_value(None)
    at.number_input(key=f"{key}_days_between").set_value(None).run()
    at.button(key="rule_save").click().run()
    now = next(one for one in rule_table.load(resources.store()) if one.payment_rule_id == rule.payment_rule_id)
    assert (now.days_to_register, now.days_between, now.age_from) == (None, None, 65)


def test_other_terms_from_a_day_leave_the_old_rule_as_it_is_to_the_day_before(rule: Rule) -> None:
    at, key = opened(rule, "terms")
    at.number_input(key=f"{key}_days_to_register").set_value(14).run()
    at.button(key="rule_save").click().run()
    *_, old, new = decide(rule)
    assert (old.payment_rule_id, old.days_to_register, new.days_to_register) == (rule.payment_rule_id, 30, 14)
    assert old.valid_to == new.valid_from - timedelta(days=1)


def test_a_copy_that_overlaps_is_pointed_out_and_found_in_the_list(rule: Rule) -> None:
    at, key = opened(rule, "copy")
    at.text_input(key=f"{key}_amount").input("99").run()
    says = "passar samma doser. Den första avgör, eftersom den lades in först."
    assert says in words(at)
    at.button(key="rule_save").click().run()
    at.button(key="rule_back").click().run()
    assert says in words(at)
    assert "En dos är värd lika mycket" not in words(at)


def test_a_new_rule_is_for_a_product_or_a_kind_of_vaccine(rule: Rule) -> None:
    at = dashboard(PAGE)
    at.button(key="rule_new").click().run()
    assert "Välj vaccinet." in words(at)
    at.selectbox(key=f"{form(at)}_vaccine").select("fsme_immun")
    at.selectbox(key=f"{form(at)}_payer").select("Patienten")
    at.text_input(key=f"{form(at)}_amount").input("0")
    at.text_input(key=f"{form(at)}_source").input("Prislistan").run()
    assert "Med 0 kronor betalar ingen kliniken" in words(at)
    at.button(key="rule_save").click().run()
    assert not at.error
    assert "FSME-IMMUN, Alla" in words(at)
    (made,) = (one for one in rule_table.load(resources.store()) if one.product_code == "fsme_immun")
    assert (made.atc, made.ore, made.region, made.group_code) == (None, 0, "Exempelregionen", None)
    at.button(key="rule_back").click().run()
    at.button(key="rule_new").click().run()
    assert at.text_input(key=f"{form(at)}_source").value == ""
    at.selectbox(key=f"{form(at)}_vaccine").select("J07BA")
    at.selectbox(key=f"{form(at)}_payer").select("Exempelregionen")
    at.text_input(key=f"{form(at)}_amount").input("90")
    at.text_input(key=f"{form(at)}_source").input("Beslut").run()
    click(at, "Spara")
    assert [one.ore for one in rule_table.load(resources.store()) if one.atc == "J07BA"] == [90_00]


def test_what_is_wrong_or_missing_among_the_rules_is_told_in_words(rule: Rule) -> None:
    at = dashboard(PAGE)
    assert "FSME-IMMUN (Exempelregionen)" in words(at)
    assert "Eftersökt men inte funnet: Regler som passar samma doser; Regler som inte kan stämma; Dagar utan" in words(
        at
    )
    store = resources.store()
    gone, last_year = replace(rule, payment_rule_id=0, rule_code=None, product_code="gone", atc=None), date(2025, 1, 1)
    store.write(lambda tx: rule_table.insert(tx, store.now(), "file", gone))
    pregnant = next(one for one in rule_table.load(store) if one.rule_code == "flu_pregnant_2024")
    for first, last in ((None, last_year), (last_year + timedelta(days=9), None)):
        of_old = replace(pregnant, valid_from=first or pregnant.valid_from, valid_to=last, ore=1)
        proposal = changes.propose_correction(pregnant, of_old) if last else changes.propose_new(of_old)
        changes.save(store, SAMIR, proposal)
    children = [replace(rule, age_from=None, age_to=17, age_unit=AgeUnit.YEARS, atc="J07BX")]
    children.append(replace(children[0], age_from=20, age_to=None))
    for one in children:
        changes.save(store, SAMIR, changes.propose_new(one))
    at.run()
    assert "gone, 65 år och äldre, 2024-03-01: Det finns inget vaccin med koden gone." in words(at)
    assert "Influensavaccin, Gravid (Exempelregionen): 2025-01-02 – 2025-01-09" in words(at)
    assert "Annat virusvaccin, 65 år och äldre (Exempelregionen): 18 till 19 år, 2024-03-01 –" in words(at)


def test_a_removed_rule_is_listed_on_demand_and_comes_back(rule: Rule, clock: SetClock) -> None:
    clock.now += timedelta(minutes=1)
    at, _ = opened(rule, "remove")
    assert "2 doser, −300 kr" in words(at)
    at.button(key="rule_save").click().run()
    assert "Regeln är borttagen: den avgör ingenting." in words(at)
    at.button(key="rule_back").click().run()
    assert f"rule_open_{rule.payment_rule_id}" not in {button.key for button in at.button}
    at.toggle(key="rules_removed").set_value(True).run()
    at.button(key=f"rule_open_{rule.payment_rule_id}").click().run()
    assert "2 doser, +300 kr" in words(at)
    clock.now += timedelta(minutes=1)
    click(at, "Ångra borttagningen")
    assert rule.payment_rule_id in {one.payment_rule_id for one in rule_table.load(resources.store())}
    assert [row for row in at.table[-1].value["Ändring"]] == ["Borttagning ångrad", "Borttagen", "Tillagd"]


@pytest.mark.parametrize("before_a_field", [True, False])
def test_a_rule_that_somebody_else_changed_is_not_overwritten(rule: Rule, before_a_field: bool) -> None:
    at, key = opened(rule)
    if before_a_field:
        changes.save(resources.store(), SAMIR, changes.propose_correction(rule, replace(rule, ore=155_00)))
    at.text_input(key=f"{key}_amount").input("160").run()
    at.text_input(key=f"{key}_source").input("Beslut").run()
    assert ("Någon har ändrat den här regeln sedan du öppnade den." in words(at)) == before_a_field
    assert at.text_input(key=f"{key}_amount").value == "160"
    if not before_a_field:
        changes.save(resources.store(), SAMIR, changes.propose_correction(rule, replace(rule, ore=155_00)))
    at.button(key="rule_save").click().run()
    assert len(at.error) == 1
    assert "samir.haddad ändrade den här regeln" in words(at)
    assert "155 kr" in words(at)
    assert decide(rule)[-1].ore == 155_00
    at.button(key="rule_back").click().run()
    at.button(key=f"rule_open_{rule.payment_rule_id}").click().run()
    key = f"{form(at)}_amount"
    assert at.text_input(key=f"{key}_amount").value == ""
    at.text_input(key=f"{key}_amount").input("160").run()
    at.text_input(key=f"{key}_source").input("Beslut").run()
    at.button(key="rule_save").click().run()
    assert decide(rule)[-1].ore == 160_00


def test_in_a_large_store_the_effect_is_asked_for_or_told_afterwards(
    rule: Rule, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(impact, "QUICKLY_JUDGED", 1)
    at, key = opened(rule)
    at.date_input(key=f"{key}_day").set_value(resources.store().today()).run()
    at.text_input(key=f"{key}_amount").input("160").run()
    at.text_input(key=f"{key}_source").input("Beslut").run()
    assert "2 doser" not in words(at)
    at.button(key="rule_preview").click().run()
    assert "2 doser, +20 kr" in words(at)
    at.text_input(key=f"{key}_amount").input("170").run()
    assert "2 doser" not in words(at)
    at.button(key="rule_save").click().run()
    assert "Det här gjorde ändringen med givna doser på dina enheter:" in words(at)
    assert "2 doser, +40 kr" in words(at)
    at.run()
    assert "2 doser" not in words(at)


def test_an_analyst_sees_rules_with_their_history_and_changes_nothing(
    rule: Rule, monkeypatch: pytest.MonkeyPatch
) -> None:
    analyst = Actor("anton", "Anton Ek", Role.ANALYST, "centrum", frozenset({EVERY_UNIT}))
    monkeypatch.setattr(session, "actor", lambda: analyst)
    at = dashboard(PAGE)
    assert "rule_new" not in {button.key for button in at.button}
    at.button(key=f"rule_open_{rule.payment_rule_id}").click().run()
    assert not at.exception
    assert "Example. Amount as above" in words(at)
    assert not at.radio and not at.text_input
    assert {button.key for button in at.button} == {"rule_back"}


def test_the_page_is_in_english_where_the_screen_is(rule: Rule) -> None:
    at, key = opened(rule, locale="en-GB")
    at.text_input(key=f"{key}_amount").input("160.50").run()
    at.text_input(key=f"{key}_source").input("Decision").run()
    at.button(key="rule_save").click().run()
    assert "Saved: Influenza vaccine, 65 years and older" in words(at)
    assert "160.50 kr" in words(at)
