"""How a region begins on the page of rules: drafts of the example, confirmed or discarded; or no follow-up at all."""

from __future__ import annotations

from datetime import date

import pytest
from streamlit.testing.v1 import AppTest

from mv import customers, memberships, vaccinations
from mv.reimbursement.rules import changes, drafts, regions, rule_table
from mv.store import Store
from mv.ui import resources
from tests.conftest import invented_number
from tests.pages.dashboard import DEMO, dashboard, go, messages, press, words

PAGE = "reimbursement_rules"
UPPSALA = "Region Uppsala"


@pytest.fixture
def uppsala(store: Store) -> str:
    """A region of the unit centrum without rules, where Anders was given a dose this month."""
    store.write(lambda tx: tx.execute("UPDATE unit SET region = $1 WHERE unit_id = 'centrum'", UPPSALA))
    resources.catalogue.clear()
    anders = customers.register(store, DEMO, invented_number(date(1946, 3, 12)), "Anders", "Karlsson", "centrum")
    row = memberships.add(store, DEMO, anders.customer_id, memberships.Entry("65_plus", None, date(2024, 10, 1)))
    entry = vaccinations.Entry("efluelda", "B1", 1, store.today(), "centrum", row.membership_id)
    vaccinations.register(store, DEMO, anders.customer_id, entry)
    return UPPSALA


def only_uppsala(store: Store) -> None:
    store.write(lambda tx: tx.execute("UPDATE unit SET region = $1", UPPSALA))
    resources.catalogue.clear()


def taken_over(uppsala: str) -> AppTest:
    at = dashboard(PAGE)
    assert f"{uppsala} har inga regler: doserna där bedöms inte." in messages(at)
    assert at.selectbox(key="rules_start_region").value == uppsala
    return press(at, "rules_take_over")


def test_the_example_is_taken_over_marked_as_drafts_and_one_is_confirmed_with_its_effect_first(
    store: Store, uppsala: str
) -> None:
    at = taken_over(uppsala)
    waiting = drafts.waiting(changes.all_rules(store, DEMO))
    assert f"{len(waiting)} utkast är övertagna." in messages(at)
    flu = next(one for one in waiting if one.group_code == "65_plus" and one.atc == "J07BB")
    assert (flu.region, flu.payer) == (UPPSALA, UPPSALA)
    assert sum("(Utkast)" in text.value for text in at.text) > 3
    press(at, f"rule_open_{flu.payment_rule_id}")
    assert "Regeln är ett utkast: den avgör inget förrän den är bekräftad." in messages(at)
    key = next(str(box.key) for box in at.text_input if str(box.key).endswith("_source"))
    assert (at.text_input(key=key).value, at.text_input(key=key.replace("source", "amount")).value) == ("", "150")
    press(at, "rule_save")
    assert at.error and flu in drafts.waiting(changes.all_rules(store, DEMO))
    at.text_input(key=key.replace("source", "amount")).input("160")
    at.text_input(key=key).input("Region Uppsala, beslut 1 december").run()
    assert "1 dos, +160 kr" in words(at)
    assert flu in drafts.waiting(changes.all_rules(store, DEMO))
    press(at, next(str(button.key) for button in at.button if str(button.key).startswith("rule_save")))
    (made,) = (one for one in rule_table.load(store) if one.region == UPPSALA)
    assert (made.payment_rule_id, made.ore, made.draft) == (flu.payment_rule_id, 160_00, False)
    assert "Bekräftad" in words(at)


def test_a_draft_is_discarded(store: Store, uppsala: str) -> None:
    at = taken_over(uppsala)
    draft = next(one for one in drafts.waiting(changes.all_rules(store, DEMO)) if one.valid_from <= store.today())
    press(at, f"rule_open_{draft.payment_rule_id}")
    next(radio for radio in at.radio if str(radio.key).endswith("_way")).set_value("discard").run()
    press(at, "rule_save")
    assert draft.payment_rule_id not in {one.payment_rule_id for one in drafts.waiting(changes.all_rules(store, DEMO))}
    assert [one for one in rule_table.load(store) if one.region == UPPSALA] == []


def test_the_drafts_that_wait_are_discarded_together_and_each_can_be_restored(store: Store, uppsala: str) -> None:
    at = taken_over(uppsala)
    waiting = drafts.waiting(changes.all_rules(store, DEMO))
    press(at, "rules_discard")
    assert f"{len(waiting)} utkast är kastade." in messages(at)
    assert drafts.waiting(changes.all_rules(store, DEMO)) == []
    removed = next(one for one in changes.all_rules(store, DEMO) if one.payment_rule_id == waiting[0].payment_rule_id)
    changes.save(store, DEMO, changes.propose_restoration(removed))
    assert [one.payment_rule_id for one in drafts.waiting(changes.all_rules(store, DEMO))] == [removed.payment_rule_id]


def test_a_region_decides_not_to_follow_up_and_takes_that_back(store: Store, uppsala: str) -> None:
    at = press(dashboard(PAGE), "rules_stop_follow_up")
    assert regions.unfollowed(store) == {UPPSALA}
    says = f"{UPPSALA} följer inte upp ersättning."
    assert says in messages(at)
    assert "Demo" in words(at) or "demo" in words(at)
    press(at, f"rules_resume_{UPPSALA}")
    assert regions.unfollowed(store) == frozenset()
    assert f"{UPPSALA} följer upp ersättning." in messages(at)


@pytest.mark.parametrize("page", ["reimbursement_follow_up", "reimbursement_corrections"])
def test_where_no_region_follows_up_the_pages_say_so_once_instead_of_sums(
    store: Store, uppsala: str, page: str
) -> None:
    store.write(lambda tx: tx.execute("DELETE FROM payment_rule"))
    only_uppsala(store)
    at = dashboard(page)
    assert any(f"{UPPSALA} har inga ersättningsregler än" in text for text in messages(at))
    regions.stop_follow_up(store, DEMO, UPPSALA)
    at = dashboard(page)
    assert messages(at) == [f"{UPPSALA} följer inte upp ersättning."]
    assert "kr" not in words(at).split() and not at.subheader


def test_a_dose_in_a_region_without_rules_is_not_judged_and_not_lost(store: Store, uppsala: str) -> None:
    at = dashboard("reimbursement_follow_up")
    assert "Regionen har inga regler" in words(at)
    anders = customers.search(store, DEMO, "and kar").customers[0]
    at = go(at, "vaccination", anders)
    at.selectbox(key=f"dose_new_{anders.customer_id}_unit").select("centrum").run()
    at.selectbox(key=f"dose_new_{anders.customer_id}_product").select("comirnaty").run()
    assert "Inte bedömd: regionen har inga ersättningsregler." in messages(at)
    regions.stop_follow_up(store, DEMO, UPPSALA)
    at.run()
    assert "Inte bedömd: regionen har inga ersättningsregler." not in messages(at)
    assert f"{UPPSALA} följer inte upp ersättning." in words(at)
