"""A pasted list and the day's bookings as they are drawn: judged, ticked, saved together, undone together."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from streamlit.runtime.scriptrunner import StopException
from streamlit.testing.v1 import AppTest

from mv import customers, memberships, vaccinations
from mv.access import Actor
from mv.clock import from_local
from mv.customers import Customer
from mv.memberships import EndReason
from mv.registration import pasted_lists
from mv.registration.entry import RegistrationEntry
from mv.registration.pasted_lists import Line
from mv.store import Store
from mv.ui import resources, session
from mv.ui.registration import pasted_list as screen
from mv.ui.registration.state import pasted_list_state
from mv.vaccinations import Dose
from tests.conftest import invented_number
from tests.pages.dashboard import DEMO, click, dashboard, labels, plain, words
from tests.pages.test_registration import BATCH

BOOKING = "INSERT INTO booking (customer_id, unit_id, starts_at, product_code, booked_at) VALUES ($1, $2, $3, $4, $3)"
LIST, BOOKED = "list_bjorken", "booked_bjorken"
UNKNOWN = invented_number(date(1951, 2, 3))


@pytest.fixture
def people(store: Store) -> list[Customer]:
    """Anders, 80 years old, Eva, 36, and Maj, 35, all booked today at bjorken; two batches of Efluelda, one expired."""
    born = {"Anders": date(1946, 3, 12), "Eva": date(1990, 1, 2), "Maj": date(1991, 4, 5)}
    found = [
        customers.register(store, DEMO, invented_number(day, 982), name, "Ek", "bjorken") for name, day in born.items()
    ]
    for hour, (customer, product) in enumerate(zip(found, ("efluelda", "efluelda", "fsme_immun"), strict=True), 9):
        book(store, customer, hour, product)
    store.write(lambda tx: tx.execute(BATCH, "B-1", store.today() + timedelta(days=200)))
    store.write(lambda tx: tx.execute(BATCH, "OLD", store.today() - timedelta(days=1)))
    return found


def book(store: Store, customer: Customer, hour: int, product: str) -> None:
    at = from_local(datetime.combine(store.today(), time(hour)))
    store.write(lambda tx: tx.execute(BOOKING, customer.customer_id, "bjorken", at, product))


def part(name: str) -> AppTest:
    at = dashboard("registration")
    at.segmented_control(key="registration_part").set_value(name).run()
    assert not at.exception
    return at


def paste(at: AppTest, text: str, turn: int = 0) -> None:
    at.text_area(key=f"{LIST}_text_{turn}").set_value(text).run()
    assert not at.exception


def rows(customer: Customer) -> list[tuple[str, str | None]]:
    found = memberships.of_customer(resources.store(), DEMO, customer.customer_id)
    return [(row.group_code, row.ended_reason) for row in found]


def doses(customer: Customer) -> list[Dose]:
    return vaccinations.of_customer(resources.store(), DEMO, customer.customer_id)


# A list


def test_a_list_is_judged_saved_and_what_is_left_stays_in_the_field(people: list[Customer]) -> None:
    anders, eva, maj = people
    at = part("list")
    paste(at, f"Personnummer\n{eva.identity}\n{anders.identity}\n{UNKNOWN}\n12\n{eva.identity}\n{maj.identity}")
    assert "Välj en kundgrupp." in words(at)
    assert not at.table
    at.selectbox(key=f"{LIST}_group").set_value("pregnant").run()
    table = at.table[0].value
    assert [plain(cell) for cell in table["Läge"]] == [
        "Rubrik", "Klar", "Tveksam", "Okänt nummer", "Fel", "Dubblett i listan", "Klar",
    ]  # fmt: skip
    assert [plain(cell) for cell in table["Kund"]][1:3] == ["Eva Ek, 36 år", "Anders Ek, 80 år"]
    assert [plain(option) for option in at.segmented_control[1].options] == [
        "Alla (7)", "Klar (2)", "Tveksam (1)", "Fel (1)", "Okänt nummer (1)", "Dubblett i listan (1)", "Rubrik (1)",
    ]  # fmt: skip
    assert rows(eva) == []
    click(at, "Spara alla klara (2)")
    assert "2 rader är sparade. Det som är kvar av listan står kvar i fältet." in words(at)
    assert rows(eva) == rows(maj) == [("pregnant", None)]
    assert rows(anders) == []
    left = f"Personnummer\n{anders.identity}\n{UNKNOWN}\n12\n{eva.identity}"
    assert at.text_area(key=f"{LIST}_text_1").value == left
    assert [plain(cell) for cell in at.table[0].value["Läge"]] == [
        "Rubrik", "Tveksam", "Okänt nummer", "Fel", "Redan registrerad",
    ]  # fmt: skip


def test_a_list_that_a_later_run_has_checked_is_not_overwritten_by_an_earlier_one(
    people: list[Customer], monkeypatch: pytest.MonkeyPatch
) -> None:
    text, validate = people[1].identity, pasted_lists.validate_list

    def be_overtaken(store: Store, actor: Actor, pasted: str, entry: RegistrationEntry) -> list[Line]:
        """Validate the list; before that is kept, another run checks it again, as after a click on a slow machine."""
        monkeypatch.setattr(pasted_lists, "validate_list", validate)
        lines = validate(store, actor, pasted, entry)
        memberships.add(store, DEMO, people[1].customer_id, entry.membership_entry())
        screen._validate(pasted_list_state(LIST), pasted, entry, LIST)
        return lines

    at = part("list")
    at.selectbox(key=f"{LIST}_group").set_value("pregnant").run()
    monkeypatch.setattr(pasted_lists, "validate_list", be_overtaken)
    paste(at, text)
    assert [plain(cell) for cell in at.table[0].value["Läge"]] == ["Redan registrerad"]


def test_what_is_left_of_a_list_stays_though_a_second_click_ends_the_run_that_saved(
    people: list[Customer], monkeypatch: pytest.MonkeyPatch
) -> None:
    def end_run(*_: object) -> None:
        raise StopException

    at = part("list")
    at.selectbox(key=f"{LIST}_group").set_value("pregnant").run()
    paste(at, f"{people[1].identity}\n{UNKNOWN}")
    with monkeypatch.context() as patch:
        patch.setattr(session, "set_value", end_run)
        patch.setattr(screen, "notify", end_run)
        click(at, "Spara alla klara (1)")
    assert rows(people[1]) == [("pregnant", None)]
    at.run()
    assert at.text_area(key=f"{LIST}_text_1").value == UNKNOWN


def test_one_state_can_be_looked_at_alone(people: list[Customer]) -> None:
    at = part("list")
    at.selectbox(key=f"{LIST}_group").set_value("pregnant").run()
    paste(at, f"{people[1].identity}\n{UNKNOWN}")
    at.segmented_control[1].set_value("unknown").run()
    assert at.table[0].value.values.tolist()[0][:4] == ["2", UNKNOWN, "", "Okänt nummer"]


def test_doubtful_lines_are_taken_along_once_ticked_and_for_a_reason(people: list[Customer]) -> None:
    anders, eva, _ = people
    at = part("list")
    at.selectbox(key=f"{LIST}_group").set_value("pregnant").run()
    paste(at, f"{eva.identity}\n{anders.identity}")
    assert "Spara alla klara (1)" in labels(at)
    at.checkbox(key=f"{LIST}_box_2").check().run()
    click(at, "Spara alla klara och markerade (2)")
    assert "Skriv varför de tveksamma raderna är rätt." in words(at)
    assert rows(eva) == rows(anders) == []
    at.text_input(key=f"{LIST}_reason_0").set_value("Kontrollerat").run()
    click(at, "Spara alla klara och markerade (2)")
    assert rows(eva) == rows(anders) == [("pregnant", None)]
    assert at.text_area(key=f"{LIST}_text_1").value == ""


def test_what_was_ticked_is_not_for_other_terms(people: list[Customer]) -> None:
    at = part("list")
    at.selectbox(key=f"{LIST}_group").set_value("pregnant").run()
    paste(at, people[0].identity)
    click(at, "Markera alla")
    assert at.checkbox(key=f"{LIST}_box_1").value
    at.selectbox(key=f"{LIST}_product").set_value("efluelda").run()
    at.selectbox(key=f"{LIST}_batch_efluelda").set_value("OLD").run()
    assert not at.checkbox(key=f"{LIST}_box_1").value
    assert "Spara alla klara (0)" in labels(at)


def test_a_line_that_cannot_be_any_more_is_named_and_the_list_is_judged_anew(people: list[Customer]) -> None:
    anders, eva, _ = people
    at = part("list")
    at.selectbox(key=f"{LIST}_group").set_value("household_contact").run()
    paste(at, f"{anders.identity}\n{eva.identity}")
    store = resources.store()
    memberships.add(store, DEMO, eva.customer_id, memberships.Entry("household_contact", None, store.today()))
    click(at, "Spara alla klara (2)")
    assert "Inget i listan är sparat, på grund av rad 2. Kunden har redan kundgruppen" in words(at)
    assert rows(anders) == []
    at.run()
    assert [plain(cell) for cell in at.table[0].value["Läge"]] == ["Klar", "Redan registrerad"]


def test_each_line_of_a_saved_list_says_what_its_dose_is_paid_and_why_not(people: list[Customer]) -> None:
    anders, eva, _ = people
    at = part("list")
    at.selectbox(key=f"{LIST}_group").set_value("65_plus").run()
    at.selectbox(key=f"{LIST}_product").set_value("efluelda").run()
    at.selectbox(key=f"{LIST}_batch_efluelda").set_value("B-1").run()
    paste(at, f"{anders.identity}\n{eva.identity}")
    click(at, "Markera alla")
    at.text_input(key=f"{LIST}_reason_0").set_value("Stämmer").run()
    click(at, "Spara alla klara och markerade (2)")
    assert "Anders Ek, 80 år: 65 år och äldre, Efluelda (J07BB02), sats B-1\nExempelregionen betalar 150 kr" in words(
        at
    )
    assert "med skäl: Stämmer\nErsätts inte: regeln" in words(at)  # which is for those who turn 65


def test_a_list_is_undone_as_a_whole_after_it_is_confirmed(people: list[Customer]) -> None:
    at = part("list")
    at.selectbox(key=f"{LIST}_group").set_value("household_contact").run()
    paste(at, "\n".join(customer.identity for customer in people))
    click(at, "Spara alla klara (3)")
    assert "Senast sparade lista" in words(at)
    click(at, "Ja, ångra allt")
    assert "Ångrat: 3 rader." in words(at)
    assert [rows(customer) for customer in people] == [[("household_contact", EndReason.WRONG)]] * 3
    assert "Senast sparade lista" not in words(at)


def test_what_is_pasted_and_chosen_is_still_there_after_looking_elsewhere(people: list[Customer]) -> None:
    at = part("list")
    at.selectbox(key=f"{LIST}_group").set_value("household_contact").run()
    paste(at, people[0].identity)
    at.segmented_control(key="registration_part").set_value("booked").run()
    at.segmented_control(key="registration_part").set_value("list").run()
    assert at.text_area(key=f"{LIST}_text_0").value == people[0].identity
    assert "Spara alla klara (1)" in labels(at)


@pytest.mark.parametrize(
    ("text", "says"), [("Personnummer", "Det finns inget personnummer i listan"), ("1\n" * 1001, "1001 rader")]
)
def test_a_list_that_cannot_be_read_says_why_and_stays_so(people: list[Customer], text: str, says: str) -> None:
    at = part("list")
    at.selectbox(key=f"{LIST}_group").set_value("household_contact").run()
    paste(at, text)
    for _ in range(2):
        assert says in words(at)
        assert at.text_area(key=f"{LIST}_text_0").value == text
        at.run()


# The day's bookings


def boxes(at: AppTest) -> list[str]:
    return [plain(box.label) for box in at.checkbox]


def key(text: str) -> str:
    return f"{BOOKED}_{resources.store().today()}_{text}"


def test_who_came_is_ticked_saved_and_those_left_stay_to_be_ticked(people: list[Customer]) -> None:
    anders, eva, maj = people
    at = part("booked")
    assert boxes(at) == ["09:00 Anders Ek, 80 år", "10:00 Eva Ek, 36 år", "11:00 Maj Ek, 35 år"]
    assert "65 år och äldre" in words(at)
    assert "Ingen kundgrupp" in words(at)
    at.checkbox[0].check().run()
    assert "Välj sats för: Efluelda" in words(at)
    assert next(button for button in at.button if button.label == "Spara de markerade (1)").disabled
    at.selectbox(key=key("batch_efluelda")).set_value("B-1").run()
    at.checkbox[1].check().run()
    assert "Välj kundgrupp för: Eva Ek" in words(at)
    at.selectbox(key=key("group_2")).set_value(("pregnant", None)).run()
    click(at, "Spara de markerade (2)")
    assert "2 personer är registrerade." in words(at)
    assert "Anders Ek, 80 år: 65 år och äldre, Efluelda (J07BB02), sats B-1" in words(at)
    assert words(at).count("Exempelregionen betalar 150 kr") == 2
    assert [(dose.batch_number, dose.group_code) for dose in (*doses(anders), *doses(eva))] == [
        ("B-1", "65_plus"),
        ("B-1", "pregnant"),
    ]
    assert doses(maj) == []
    assert boxes(at) == ["11:00 Maj Ek, 35 år"]
    assert "Kom inte eller kvar: 1 av 3" in words(at)
    assert "2 registrerade" in words(at)
    assert [plain(cell) for cell in at.table[0].value["Kund"]] == ["Anders Ek, 80 år", "Eva Ek, 36 år"]
    click(at, "Ja, ångra allt")
    assert len(boxes(at)) == 3
    assert doses(anders)[0].withdrawn_at is not None


def test_what_is_doubtful_takes_a_reason_for_the_batch_and_one_for_the_person(people: list[Customer]) -> None:
    at = part("booked")
    at.selectbox(key=key("batch_efluelda")).set_value("OLD").run()
    at.checkbox[1].check().run()
    at.selectbox(key=key("group_2")).set_value(("65_plus", None)).run()
    warnings = [plain(warning.value) for warning in at.warning]
    assert any("Sats OLD gick ut" in warning for warning in warnings)
    assert any("åldern passar inte 65 år och äldre" in warning for warning in warnings)
    click(at, "Spara de markerade (1)")
    assert "Inget är sparat, på grund av Eva Ek." in words(at)
    at.text_input(key=key("batch_reason_efluelda")).set_value("Ny leverans").run()
    at.text_input(key=key("reason_2")).set_value("Kontrollerat").run()
    click(at, "Spara de markerade (1)")
    assert [dose.batch_number for dose in doses(people[1])] == ["OLD"]


def test_all_are_ticked_and_groups_are_changed_where_they_were_plain(people: list[Customer]) -> None:
    at = part("booked")
    click(at, "Markera alla")
    assert [box.value for box in at.checkbox] == [True, True, True]
    at.toggle(key=key("groups")).set_value(True).run()
    assert at.selectbox(key=key("group_1")).value == ("65_plus", None)
    at.selectbox(key=key("group_1")).set_value(("medical_risk", "heart")).run()
    at.toggle(key=key("groups")).set_value(False).run()
    assert "Medicinsk riskgrupp – Hjärt" in words(at)
    at.checkbox[1].uncheck().run()
    at.checkbox[2].uncheck().run()
    at.selectbox(key=key("batch_efluelda")).set_value("B-1").run()
    click(at, "Spara de markerade (1)")
    assert [dose.subgroup_code for dose in doses(people[0])] == ["heart"]


def test_ticks_of_a_page_that_is_not_drawn_stay(people: list[Customer]) -> None:
    store = resources.store()
    for hour in range(60):
        book(store, people[0], 8 + hour % 10, "vaxigrip_tetra")
    at = part("booked")
    assert len(at.checkbox) == 50
    at.checkbox[0].check().run()
    click(at, "Markera alla")
    assert "Spara de markerade (63)" in labels(at)


def test_a_day_without_bookings_says_so(people: list[Customer]) -> None:
    at = part("booked")
    at.date_input(key="booked_day").set_value(resources.store().today() - timedelta(days=1)).run()
    assert "Inga bokningar på den här enheten den dagen." in words(at)
