"""The page of users: inviting, units by the day, withdrawing; and what people are told while nobody decides."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from mv import invitations, users
from mv.access import Actor, Role
from mv.store import Store
from mv.ui import resources
from mv.ui.web import current_sign_in, startup_checks
from mv.user_units import UserUnit
from tests.conftest import SetClock
from tests.pages.dashboard import cells, go, messages, press, words
from tests.pages.test_roles import SETTINGS, opened

BOSS = Actor("boss", "Boss", Role.ADMINISTRATOR, "")
EVA = "eva.ek@example.org"


@pytest.fixture
def store(store_file: Path) -> Store:
    """The dashboard's store, in front of which people sign in."""
    store_file.with_name("settings.toml").write_text(SETTINGS)
    startup_checks.read_same_file()
    return resources.store()


def page(monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """Return the page of users as an administrator has it."""
    at = go(opened(monkeypatch, "administrator", unit=""), "users")
    assert not at.exception
    return at


def field(at: AppTest, name: str) -> str:
    """Return the key of a field of the form."""
    return str(next(box.key for box in at.multiselect if str(box.key).endswith("_units"))).replace("units", name)


def save(at: AppTest) -> AppTest:
    return press(at, str(next(button.key for button in at.button if str(button.key).startswith("user_save"))))


def test_somebody_is_invited_by_e_mail_shown_as_invited_and_withdrawn(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = page(monkeypatch)
    at.text_input(key=field(at, "email")).input("Eva.Ek@example.org")
    at.text_input(key=field(at, "name")).input("Eva Ek")
    at.selectbox(key=field(at, "role")).select(Role.COORDINATOR)
    at.multiselect(key=field(at, "units")).select("norr").run()
    at.date_input(key=field(at, "last_norr")).set_value(date(2026, 12, 31)).run()
    save(at)
    assert messages(at) == ["Sparat: Eva Ek."]
    (made,) = invitations.open_invitations(store, BOSS)
    assert (made.email, made.role, made.units) == (
        EVA, Role.COORDINATOR, {UserUnit("norr", None, date(2026, 12, 31))},
    )  # fmt: skip
    row = next(row for row in cells(at, 0) if "Eva Ek" in row)
    assert row[:4] == ["Eva Ek", EVA, "Koordinator", "Mottagning Norr (– 2026-12-31)"]
    assert row[5] == "Inbjuden"
    at.selectbox(key="user_chosen").select(f"invitation {made.invitation_id}").run()
    press(at, "invitation_withdraw")
    assert "Inbjudan är tillbakadragen." in messages(at)
    assert invitations.open_invitations(store, BOSS) == []


def test_an_address_that_is_none_is_told_and_what_was_written_stays(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = page(monkeypatch)
    key = field(at, "email")
    at.text_input(key=key).input("eva")
    at.selectbox(key=field(at, "role")).select(Role.LEAD)
    save(at)
    assert messages(at) == ["Skriv en e-postadress, som eva.ek@example.org."]
    assert at.text_input(key=key).value == "eva"


def test_a_user_is_decided_about_by_id_with_a_history(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    users.assign_rights(store, BOSS, "bo.ek", 0, Role.ANALYST, {"norr"}, name="Bo Ek")
    at = page(monkeypatch)
    at.selectbox(key="user_chosen").select("bo.ek").run()
    at.selectbox(key=field(at, "role")).select(Role.LEAD)
    at.multiselect(key=field(at, "units")).select("soder").run()
    save(at)
    bo = users.get(store, "bo.ek")
    assert bo is not None
    assert (bo.role, bo.units) == (Role.LEAD, {"norr", "soder"})
    assert [row[1:3] for row in cells(at, 1)] == [["kim.administrator", "Verksamhetschef"], ["boss", "Analytiker"]]


def test_who_has_left_the_last_unit_sees_no_page_from_the_day_after(
    store: Store, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = store.today()
    users.assign_rights(store, BOSS, "kim.lead", 0, Role.LEAD, {UserUnit("norr", None, today)})
    store.write(lambda tx: tx.execute("UPDATE app_user SET version = 1"))
    at = go(opened(monkeypatch, "lead"), "search")
    assert [header.value for header in at.main.header] == ["Sök kund"]
    store.write(lambda tx: tx.execute("UPDATE user_unit SET valid_to = $1", today - timedelta(days=1)))
    current_sign_in._status.clear()  # which holds for a second
    at.run()
    assert [header.value for header in at.main.header] == ["Du har inte tillgång"]
    assert "ingen enhet" in words(at)


def test_while_there_is_no_administrator_the_command_is_told_that_makes_one(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = opened(monkeypatch, None)
    assert any("Det finns ingen administratör än." in text for text in messages(at))
    assert [code.value for code in at.code] == ["python -m mv user kim.None --role administrator"]
    users.assign_rights(store, BOSS, "ada", 0, Role.ADMINISTRATOR, None)
    at.run()
    assert not at.code
    assert not any("administratör" in text for text in messages(at))


def test_an_invitation_is_taken_over_at_the_first_sign_in_on_the_screen(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    invitations.invite(store, BOSS, EVA, 0, Role.LEAD, {"norr"})
    at = opened(monkeypatch, None, unit="", email=EVA, email_verified=True)
    assert [header.value for header in at.main.header] != ["Du har inte tillgång"]
    user = users.get(store, "kim.None")
    assert user is not None
    assert (user.role, user.units) == (Role.LEAD, {"norr"})
