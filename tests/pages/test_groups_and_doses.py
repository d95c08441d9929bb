"""Kundgrupper and Vaccination: what cannot be saved, what counts for a dose, and what a change does to doses."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from mv import customers, memberships, vaccinations
from mv.customers import Customer
from mv.memberships import Entry
from mv.store import Store
from tests.conftest import SetClock, invented_number
from tests.pages.dashboard import DEMO, cells, click, dashboard, go, messages, plain, press, words
from tests.pages.number_field import enter

DAY = timedelta(days=1)
OLD = "65 år och äldre"


@pytest.fixture
def gerd(store: Store, clock: SetClock) -> Customer:
    """Gerd Provlund, 80 years old, for weeks in the group 65 år och äldre; batches of a vaccine are known."""
    now, clock.now = clock.now, clock.now - 40 * DAY
    customer = customers.register(store, DEMO, invented_number(date(1946, 3, 12)), "Gerd", "Provlund", "norr")
    memberships.add(store, DEMO, customer.customer_id, Entry("65_plus", None, store.today()))
    clock.now = now
    batch = "INSERT INTO batch (product_code, batch_number, expires_on) VALUES ('efluelda', 'B-1', $1)"
    store.write(lambda tx: tx.execute(batch, store.today() + 200 * DAY))
    return customer


@pytest.fixture
def vilma(store: Store) -> Customer:
    """Vilma Provberg, 76 years old, without a group."""
    return customers.register(store, DEMO, invented_number(date(1950, 1, 1), 980), "Vilma", "Provberg", "norr")


def dose(store: Store, customer: Customer) -> None:
    """Give the customer a dose today that counts by the only group."""
    (row,) = memberships.of_customer(store, DEMO, customer.customer_id)
    entry = vaccinations.Entry("efluelda", "B-1", 1, store.today(), "norr", row.membership_id)
    vaccinations.register(store, DEMO, customer.customer_id, entry)


def row_of(at: AppTest, action: str) -> str:
    """Return the number of the only row with that action."""
    (key,) = [str(button.key) for button in at.button if str(button.key).startswith(f"groups_{action}_")]
    return key.rsplit("_", 1)[1]


@pytest.mark.parametrize(
    ("first", "last", "says"),
    [
        (1, None, "Kundgruppen kan inte börja efter i dag, {today}."),
        (-10, 1, "Sista dagen kan inte vara efter i dag, {today}."),
        (-10, -20, "Sista dagen är före den första. Ändra en av dem."),
    ],
    ids=["begins later", "ends later", "ends before it begins"],
)
def test_a_period_that_cannot_be_is_not_saved(
    store: Store, vilma: Customer, first: int, last: int | None, says: str
) -> None:
    at = dashboard("groups", vilma)
    at.date_input(key="add_first").set_value(store.today() + first * DAY)
    if last is not None:
        at.date_input(key="add_last").set_value(store.today() + last * DAY)
    at.selectbox(key="add_group").select("pregnant").run()
    press(at, "add_save")
    assert messages(at) == [says.format(today=store.today())]
    assert "Ingen aktuell kundgrupp." in words(at)
    assert "Ingen historisk kundgrupp." in words(at)


@pytest.fixture
def kim(store: Store) -> Customer:
    """Kim Provräv, a man of 34, without a group."""
    return customers.register(store, DEMO, invented_number(date(1992, 5, 17)), "Kim", "Provräv", "norr")


MAN = "Enligt personnumret är kunden man: stämmer Gravid?"


def test_a_group_that_is_unusual_for_the_customer_takes_one_click_more(store: Store, kim: Customer) -> None:
    at = dashboard("groups", kim)
    at.selectbox(key="add_group").select("pregnant").run()
    assert not at.warning
    for _ in range(2):  # a second click on the same button asks again, and saves nothing
        press(at, "add_save")
        assert [plain(box.value) for box in at.warning] == [MAN]
        assert memberships.of_customer(store, DEMO, kim.customer_id) == []
    at.selectbox(key="add_group").select("frailty").run()
    assert not at.warning  # the question was about another group
    at.selectbox(key="add_group").select("pregnant").run()
    click(at, "Spara ändå")
    assert not at.warning
    assert "Gravid" in words(at)
    (row,) = memberships.of_customer(store, DEMO, kim.customer_id)
    assert row.group_code == "pregnant"


def test_a_group_that_fits_is_saved_without_a_question(store: Store, kim: Customer) -> None:
    at = dashboard("groups", kim)
    at.selectbox(key="add_group").select("staff").run()
    press(at, "add_save")
    assert not at.warning
    assert [row.group_code for row in memberships.of_customer(store, DEMO, kim.customer_id)] == ["staff"]


def test_an_adjustment_to_an_unusual_group_takes_one_click_more(store: Store, kim: Customer) -> None:
    memberships.add(store, DEMO, kim.customer_id, Entry("frailty", None, store.today()))
    at = dashboard("groups", kim)
    row = row_of(at, "adjust")
    press(at, f"groups_adjust_{row}")
    key = f"adjust_{row}_1"
    at.selectbox(key=f"{key}_group").select("pregnant").run()
    press(at, f"{key}_save")
    assert MAN in messages(at)
    click(at, "Spara ändå")
    assert [row.group_code for row in memberships.of_customer(store, DEMO, kim.customer_id)] == ["pregnant"]


def test_the_dialog_asks_about_an_unusual_group_too(store: Store, kim: Customer) -> None:
    at = dashboard("customer", kim)
    press(at, "start_vaccination")
    at.selectbox(key="dialog_add_group").select("pregnant").run()
    press(at, "dialog_add_save")
    assert MAN in messages(at)
    assert memberships.of_customer(store, DEMO, kim.customer_id) == []
    click(at, "Spara ändå")
    assert [row.group_code for row in memberships.of_customer(store, DEMO, kim.customer_id)] == ["pregnant"]


def choose_in_dialog(store: Store, customer: Customer, group: str, subgroup: str | None = None) -> AppTest:
    """Open the dialog and choose a group in it."""
    at = dashboard("customer", customer)
    press(at, "start_vaccination")
    at.selectbox(key="dialog_add_group").select(group).run()
    if subgroup:
        at.selectbox(key=f"dialog_add_subgroup_{group}").select(subgroup).run()
    assert not at.exception
    return at


UNADDED = "Medicinsk riskgrupp – Diabetes typ 1 eller 2 valdes i dialogen men lades inte till."


@pytest.mark.parametrize("page", ["vaccination", "groups", "customer"])
def test_a_group_that_was_chosen_in_the_dialog_and_not_added_is_asked_about(
    store: Store, vilma: Customer, page: str
) -> None:
    at = choose_in_dialog(store, vilma, "medical_risk", "diabetes")
    go(at, "vaccination")
    go(at, page)
    assert UNADDED in messages(at)
    click(at, "Lägg till gruppen")
    assert UNADDED not in messages(at)
    (row,) = memberships.of_customer(store, DEMO, vilma.customer_id)
    assert (row.group_code, row.subgroup_code, row.valid_from) == ("medical_risk", "diabetes", store.today())


def test_the_question_stays_until_it_is_answered_and_can_be_answered_with_no(store: Store, vilma: Customer) -> None:
    at = choose_in_dialog(store, vilma, "medical_risk", "diabetes")
    for page in ("vaccination", "groups", "vaccination"):
        go(at, page)
        assert UNADDED in messages(at)
    click(at, "Lägg inte till")
    assert UNADDED not in messages(at)
    assert memberships.of_customer(store, DEMO, vilma.customer_id) == []


def test_the_dialog_opened_again_still_holds_the_group_which_can_be_emptied(store: Store, vilma: Customer) -> None:
    at = choose_in_dialog(store, vilma, "medical_risk", "diabetes")
    go(at, "vaccination")
    go(at, "customer")
    press(at, "start_vaccination")
    assert at.selectbox(key="dialog_add_group").value == "medical_risk"
    assert at.selectbox(key="dialog_add_subgroup_medical_risk").value == "diabetes"
    at.selectbox(key="dialog_add_group").set_value(None).run()
    assert at.selectbox(key="dialog_add_group").value is None
    go(at, "vaccination")
    assert UNADDED not in messages(at)


def test_a_group_that_was_added_or_is_there_already_is_not_asked_about(store: Store, gerd: Customer) -> None:
    at = choose_in_dialog(store, gerd, "frailty")
    press(at, "dialog_add_save")
    assert at.selectbox(key="dialog_add_group").value is None
    at.selectbox(key="dialog_add_group").select("65_plus").run()
    go(at, "vaccination")
    assert not [told for told in messages(at) if "valdes i dialogen" in told]


def test_an_unusual_group_from_the_dialog_is_asked_about_as_everywhere(store: Store, kim: Customer) -> None:
    at = choose_in_dialog(store, kim, "pregnant")
    go(at, "vaccination")
    click(at, "Lägg till gruppen")
    assert MAN in messages(at)
    assert memberships.of_customer(store, DEMO, kim.customer_id) == []
    click(at, "Spara ändå")
    assert [row.group_code for row in memberships.of_customer(store, DEMO, kim.customer_id)] == ["pregnant"]


def test_a_past_group_that_is_adjusted_says_what_that_does(store: Store, gerd: Customer) -> None:
    dose(store, gerd)
    at = dashboard("groups", gerd)
    row = row_of(at, "remove")
    press(at, f"groups_remove_{row}")
    press(at, f"groups_adjust_{row}")
    (last,) = [field for field in at.date_input if str(field.key).startswith("adjust_") and "last" in str(field.key)]
    last.set_value(store.today() - DAY).run()
    assert any("Om du sparar" in message and "(−150 kr)" in message for message in messages(at))


def test_a_group_that_held_for_weeks_is_removed_without_a_change_of_any_dose(store: Store, gerd: Customer) -> None:
    dose(store, gerd)
    at = dashboard("groups", gerd)
    assert "ersätts inte längre" not in words(at)
    press(at, f"groups_remove_{row_of(at, 'remove')}")
    assert "Om den var fel från början: 1 dos ersätts inte längre (−150 kr)." in words(at)


def test_of_several_groups_the_coordinator_chooses_one(store: Store, gerd: Customer) -> None:
    memberships.add(store, DEMO, gerd.customer_id, Entry("pregnant", None, store.today()))
    key, today = f"dose_new_{gerd.customer_id}", store.today()
    at = dashboard("vaccination", gerd)
    group = at.radio(key=f"{key}_group_{today}")
    assert [label.replace("\\", "").split(" (")[0] for label in group.options] == [OLD, "Gravid", "Ingen kundgrupp"]
    assert group.value is None
    at.selectbox(key=f"{key}_product").select("efluelda").run()
    at.selectbox(key=f"{key}_batch_efluelda").select("B-1").run()
    (pregnant,) = [
        row for row in memberships.of_customer(store, DEMO, gerd.customer_id) if row.group_code == "pregnant"
    ]
    at.radio(key=f"{key}_group_{today}").set_value(pregnant.membership_id).run()
    press(at, "dose_save")
    assert "Gravid" in cells(at, 0)[0]


def test_a_dose_without_a_group_is_saved_and_says_what_that_costs(
    store: Store, vilma: Customer, gerd: Customer
) -> None:
    key = f"dose_new_{vilma.customer_id}"
    at = dashboard("vaccination", vilma)
    assert messages(at) == [f"Ingen av kundens kundgrupper gäller den {store.today()}."]  # nothing is wrong yet
    at.selectbox(key=f"{key}_product").select("efluelda").run()
    assert any("ingen kundgrupp räknas för dosen" in told and "150 kr" in told for told in messages(at))
    at.selectbox(key=f"{key}_batch_efluelda").select("B-1").run()
    press(at, "dose_save")
    assert "Ingen kundgrupp" in cells(at, 0)[0]


def test_on_a_day_before_the_group_it_does_not_count(store: Store, gerd: Customer) -> None:
    key, first = f"dose_new_{gerd.customer_id}", store.today() - 40 * DAY
    at = dashboard("vaccination", gerd)
    assert at.radio(key=f"{key}_group_{store.today()}").value
    at.date_input(key=f"{key}_day").set_value(first - DAY).run()
    assert f"Ingen av kundens kundgrupper gäller den {first - DAY}." in messages(at)
    assert not [radio for radio in at.radio if "_group_" in str(radio.key)]
    at.date_input(key=f"{key}_day").set_value(first).run()
    assert at.radio(key=f"{key}_group_{first}").value


def test_a_dose_has_to_be_registered_within_thirty_days(store: Store, gerd: Customer) -> None:
    key = f"dose_new_{gerd.customer_id}"
    at = dashboard("vaccination", gerd)
    at.selectbox(key=f"{key}_product").select("efluelda").run()
    at.date_input(key=f"{key}_day").set_value(store.today() - 30 * DAY).run()
    assert any("betalar 150 kr" in told for told in messages(at))
    at.date_input(key=f"{key}_day").set_value(store.today() - 31 * DAY).run()
    assert any("registrerad 31 dagar efter dosen" in told and "tillåter 30" in told for told in messages(at))


def test_a_dose_without_a_batch_is_not_saved_and_says_what_is_missing(store: Store, gerd: Customer) -> None:
    at = dashboard("vaccination", gerd)
    at.selectbox(key=f"dose_new_{gerd.customer_id}_product").select("efluelda").run()
    press(at, "dose_save")
    assert any("Skriv satsnumret" in told for told in messages(at))
    assert "Inga doser." in words(at)


def test_a_dose_given_abroad_takes_no_batch_and_no_group_and_is_not_paid(store: Store, gerd: Customer) -> None:
    key = f"dose_new_{gerd.customer_id}"
    at = dashboard("vaccination", gerd)
    at.checkbox(key=f"{key}_abroad").check().run()
    assert not [field for field in at.selectbox if "_batch_" in str(field.key)]
    assert not [radio for radio in at.radio if "_group_" in str(radio.key)]
    at.selectbox(key=f"{key}_product").select("efluelda").run()
    assert any("dosen gavs utomlands" in told for told in messages(at))
    press(at, "dose_save")
    assert not [box for box in at.checkbox if str(box.key).endswith("_abroad") and box.value]
    row = cells(at, 0)[0]
    assert f"{store.today()} (utomlands)" in row and "Ingen kundgrupp" in row
    go(at, "customer", gerd)
    assert f"{store.today()} (utomlands)" in words(at)


def test_a_saved_dose_is_on_the_card(store: Store, gerd: Customer) -> None:
    dose(store, gerd)
    at = dashboard("customer", gerd)
    for text in (str(store.today()), "Efluelda (J07BB02)", "B-1", OLD, "Gäller"):
        assert text in words(at)


def test_an_ended_round_is_undone_as_a_whole(store: Store, vilma: Customer) -> None:
    at = dashboard("registration")
    at.selectbox(key="typed_bjorken_group").set_value("medical_risk").run()
    enter(at, vilma.identity)
    click(at, "Avsluta omgången")
    click(at, "Ja, ångra allt")
    assert "Ångrat: 1 rad." in messages(at)
    (row,) = memberships.of_customer(store, DEMO, vilma.customer_id)
    assert row.ended_reason == "wrong"


def test_a_dose_soon_after_another_units_takes_a_reason_and_is_not_refused(store: Store, gerd: Customer) -> None:
    yesterday = store.today() - DAY
    other = vaccinations.Entry("fluad_tetra", "F-1", 1, yesterday, "centrum", None, without_group=True)
    vaccinations.register(store, DEMO, gerd.customer_id, other)
    key = f"dose_new_{gerd.customer_id}"
    at = dashboard("vaccination", gerd)
    assert not at.warning
    at.selectbox(key=f"{key}_product").select("efluelda").run()
    at.selectbox(key=f"{key}_batch_efluelda").select("B-1").run()
    recent = (
        f"Fluad Tetra gavs den {yesterday} vid Mottagning Centrum och är inte ersatt hittills."
        " Det ska gå 150 dagar mellan två doser; här: 1."
    )
    assert recent in messages(at)
    press(at, "dose_save")
    assert f"{recent} Skriv varför det är rätt; inget är sparat." in messages(at)
    assert len(vaccinations.of_customer(store, DEMO, gerd.customer_id)) == 1
    at.text_input(key=f"{key}_reason").set_value("Läkaren har ordinerat").run()
    press(at, "dose_save")
    latest = vaccinations.of_customer(store, DEMO, gerd.customer_id)[0]
    assert (latest.product_code, latest.reason) == ("efluelda", "Läkaren har ordinerat")
    assert "Läkaren har ordinerat" in cells(at, 1)[0]


def test_a_correction_of_the_batch_of_a_dose_soon_after_another_asks_nothing(store: Store, gerd: Customer) -> None:
    for days, product in ((1, "fluad_tetra"), (0, "efluelda")):
        entry = vaccinations.Entry(product, "B-1", 1, store.today() - days * DAY, "norr", None, without_group=True)
        dose = vaccinations.register(store, DEMO, gerd.customer_id, entry)
    at = dashboard("vaccination", gerd)
    press(at, f"correct_{dose.dose_id}")
    assert not any("dagar mellan två doser" in told for told in messages(at))
    press(at, "dose_save")
    assert not at.error
