"""Pseudonyms: the same person's are the same, nobody without the key makes them, and files with them name nobody."""

from __future__ import annotations

import csv
import hmac
import re
from collections.abc import Iterator
from datetime import date, timedelta
from io import StringIO

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mv import customers, export, memberships
from mv.access import EVERY_UNIT, Actor, Role
from mv.customers import Customer
from mv.errors import Forbidden, Invalid
from mv.export import Csv, Delimiter, Filters, Status
from mv.i18n import ENGLISH, SWEDISH, explain
from mv.pseudonyms import SHORTEST_KEY, Pseudonyms
from mv.store import Store
from tests.conftest import SetClock, invented_number
from tests.contents import contents, logged, refused

KEY = "0123456789abcdef" * 4
ANALYST = Actor("asa.frid", "Åsa Frid", Role.ANALYST, "norr", frozenset({EVERY_UNIT}))


def test_claim_lines_have_pseudonyms_that_tell_nothing_of_those_of_groups_and_doses() -> None:
    people, of_claims = Pseudonyms(KEY), Pseudonyms(KEY).of_claims()
    numbers = range(1000)
    assert not {people.of(number) for number in numbers} & {of_claims.of(number) for number in numbers}
    assert of_claims.of(1) == "p" + hmac.digest(KEY.encode(), b"claim/1", "sha256").hex()[:32]
    assert of_claims.of_claims() == of_claims


@pytest.fixture
def eva(store: Store, actor: Actor) -> Customer:
    """Eva Åström, 76 years old, at the unit soder."""
    return customers.register(store, actor, invented_number(date(1950, 1, 2), 982), "Eva", "Åström", "soder")


@pytest.fixture
def two_people(store: Store, actor: Actor, anders: Customer, eva: Customer) -> None:
    """Put Anders in two groups, one of which is over, and Eva in one."""
    memberships.add(store, actor, anders.customer_id, memberships.Entry("65_plus", None, date(2026, 9, 1)))
    period = memberships.Entry("medical_risk", "diabetes", date(2025, 9, 1), date(2026, 3, 1))
    memberships.add(store, actor, anders.customer_id, period)
    memberships.add(store, actor, eva.customer_id, memberships.Entry("65_plus", None, date(2026, 9, 2)))


def text_of(
    store: Store,
    filters: Filters = Filters(),  # noqa: B008 (frozen)
    key: str = KEY,
    form: Csv = Csv(),  # noqa: B008 (frozen)
    headings: export.Headings = "en",
) -> str:
    chunks = export.groups_file(store, ANALYST, filters, form, headings=headings, pseudonyms=Pseudonyms(key))
    return b"".join(chunks).decode("utf-8-sig")


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text), delimiter=";"))


def by_membership(text: str) -> dict[str, str]:
    return {row["membership_id"]: row["customer_pseudonym"] for row in rows_of(text)}


# The pseudonyms themselves


def test_a_pseudonym_is_a_p_and_thirty_two_hexadecimal_digits() -> None:
    assert re.fullmatch(r"p[0-9a-f]{32}", Pseudonyms(KEY).of(1))


def test_a_pseudonym_is_what_the_standard_says_for_key_and_person() -> None:
    # printf 'customer/1' | openssl dgst -sha256 -hmac 0123…abcdef
    assert Pseudonyms(KEY).of(1) == "pc74be1486a1f6dc08a41dc3cee7cc7e8"


@given(st.text(st.characters(codec="utf-8"), min_size=SHORTEST_KEY, max_size=150), st.integers(0, 2**62))
def test_a_pseudonym_is_made_of_an_hmac_whatever_the_key(key: str, customer_id: int) -> None:
    digest = hmac.digest(key.encode(), f"customer/{customer_id}".encode(), "sha256")
    assert Pseudonyms(key).of(customer_id) == f"p{digest.hex()[:32]}"


def test_people_and_keys_have_pseudonyms_of_their_own() -> None:
    keys = [KEY, KEY.upper(), KEY + "0"]
    assert len({Pseudonyms(key).of(number) for key in keys for number in range(1000)}) == 3000


@pytest.mark.parametrize("key", ["", "short", "k" * (SHORTEST_KEY - 1)])
def test_a_key_that_is_too_short_is_refused_without_being_told(key: str) -> None:
    with pytest.raises(Invalid) as caught:
        Pseudonyms(key)
    assert explain(caught.value, ENGLISH) == "The pseudonym key has at least 32 characters."
    assert explain(caught.value, SWEDISH) != explain(caught.value, ENGLISH)
    assert not key or key not in explain(caught.value, ENGLISH)


def test_a_key_of_thirty_two_characters_is_long_enough() -> None:
    assert Pseudonyms("k" * SHORTEST_KEY).of(1)


def test_the_key_is_not_in_the_words_for_its_holder() -> None:
    held = Pseudonyms(KEY)
    assert KEY not in f"{held} {held!r}"


def test_many_people_at_once_get_what_each_would_get_alone() -> None:
    held = Pseudonyms(KEY)
    numbers = pd.Series([3, 1, 3, 2], index=[7, 8, 9, 10])
    made = held.of_all(numbers)
    assert made.tolist() == [held.of(number) for number in (3, 1, 3, 2)]
    assert made.index.tolist() == [7, 8, 9, 10]
    assert held.of_all(pd.Series([], dtype="int64")).tolist() == []


# Files


def test_a_person_has_one_pseudonym_in_a_file_and_in_every_other(
    store: Store, clock: SetClock, two_people: None
) -> None:
    first = by_membership(text_of(store))
    assert first["1"] == first["2"] != first["3"]
    clock.now += timedelta(days=200)
    for filters in (Filters(), Filters(status=Status.ACTIVE), Filters(unit="norr"), Filters(group="65_plus")):
        later = by_membership(text_of(store, filters))
        assert later.items() <= first.items()


def test_a_pseudonym_outlasts_a_change_of_name_and_number(store: Store, two_people: None, anders: Customer) -> None:
    before = by_membership(text_of(store))
    number = invented_number(date(1946, 3, 13))
    sql = "UPDATE customer SET family_name = 'Ny', identity = $1 WHERE customer_id = $2"
    store.write(lambda tx: tx.execute(sql, number, anders.customer_id))
    assert by_membership(text_of(store)) == before


def test_with_another_key_everybody_has_another_pseudonym(store: Store, two_people: None) -> None:
    one, other = (set(by_membership(text_of(store, key=key)).values()) for key in (KEY, KEY[::-1]))
    assert len(one) == len(other) == 2
    assert one.isdisjoint(other)


def personal(*people: Customer) -> Iterator[str]:
    """Yield what of these people may not be in a file with pseudonyms."""
    for person in people:
        number = person.identity
        yield from (number, number[2:], f"{number[:8]}-{number[8:]}", f"{number[2:8]}-{number[8:]}", number[-4:])
        yield from (person.given_name, person.family_name)
        yield from (f"{person.birth_date:{form}}" for form in ("%Y-%m-%d", "%Y%m%d", "%y%m%d", "%m-%d"))


@pytest.mark.parametrize("headings", ["en", "sv"])
@pytest.mark.parametrize("delimiter", [";", ","])
def test_a_file_with_pseudonyms_has_no_number_name_or_day_of_birth(
    store: Store, two_people: None, anders: Customer, eva: Customer, headings: export.Headings, delimiter: Delimiter
) -> None:
    file = text_of(store, form=Csv(delimiter), headings=headings)
    shown = export.preview(store, ANALYST, Filters(), headings=headings, pseudonyms=Pseudonyms(KEY))
    text = file + shown.to_csv()
    # Four digits may stand by chance in a pseudonym: these are taken out before the rest is searched.
    rest = re.sub(r"p[0-9a-f]{32}", "", text)
    assert len(rest) < len(text)
    assert [part for part in personal(anders, eva) if part in rest] == []


def test_a_file_with_pseudonyms_has_the_year_of_birth(store: Store, two_people: None) -> None:
    rows = rows_of(text_of(store))
    assert [row["birth_year"] for row in rows] == ["1946", "1946", "1950"]
    assert list(rows[0])[:2] == ["customer_pseudonym", "birth_year"]
    assert not {"customer_identity", "customer_name", "birth_date", "customer_id"} & set(rows[0])


def test_an_empty_file_has_the_same_headings(store: Store, two_people: None) -> None:
    whole = text_of(store)
    assert text_of(store, Filters(unit="hamnen")) == whole[: whole.index("\n") + 1]


def test_an_analyst_gets_people_by_pseudonym_alone(store: Store, two_people: None) -> None:
    says = "Your role does not include this. Ask whoever is responsible for users."
    for function in (export.groups_file, export.preview):
        with refused(store, Forbidden, says):
            function(store, ANALYST, Filters())
    (entry,) = logged(store, "export_identities")
    assert entry["user_id"] == "asa.frid"


def test_the_log_says_whether_a_file_had_identity_numbers(store: Store, two_people: None, actor: Actor) -> None:
    text_of(store)
    export.groups_file(store, actor, Filters())
    assert [entry["detail"]["identities"] for entry in logged(store, "export_groups")] == [False, True]


def test_neither_the_key_nor_a_pseudonym_is_in_the_store(store: Store, two_people: None) -> None:
    pseudonyms = set(by_membership(text_of(store)).values())
    export.preview(store, ANALYST, Filters(), pseudonyms=Pseudonyms(KEY))
    everything = repr(contents(store))
    assert KEY not in everything
    assert [pseudonym for pseudonym in pseudonyms if pseudonym[1:] in everything] == []
