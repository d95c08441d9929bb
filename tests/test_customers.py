from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import permutations

import pytest

from mv import bookings, customers, identity
from mv.access import Actor
from mv.customers import MAX_HITS, Customer, Hits, name_keys, register, search
from mv.errors import Conflict, Invalid, MvError, NotFound
from mv.store import Store
from mv.text import fold
from tests.conftest import TODAY, SetClock, invented_number
from tests.contents import LOG, contents, logged, nothing_changes, refused

NOON = datetime(2026, 11, 22, 12)
BORN = date(1946, 3, 12)
STOCKHOLM_RESERVE = "991981000010"
VGR_RESERVE = "19810829M071"
VARMLAND_RESERVE = "19810829SF1A"
CHECK_DIGIT = "The last digit does not agree with the rest. Compare every character with the source."

# How a name is found


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Anders Karlsson", "anders karlsson"),
        ("  ÅSA   ÖBERG  ", "asa oberg"),
        ("A\u030asa", "asa"),  # å as a letter and a ring
        ("Désirée Müller", "desiree muller"),
        ("Anna-Karin", "anna karin"),
        ("D'Angelo O’Brien", "d angelo o brien"),
        ("Søren Łukasz Æbele Guðrún Þór Đoković", "soren lukasz aebele gudrun thor dokovic"),
        ("Strauß STRAUSS", "strauss strauss"),
        ("İbrahim", "ibrahim"),
        ("al_Amin % \\", "al amin"),
        ("Мария", "мария"),
        ("'%_- ", ""),
        ("", ""),
    ],
)
def test_names_are_compared_without_case_accents_and_punctuation(text: str, folded: str) -> None:
    assert fold(text) == folded
    assert fold(folded) == folded


def test_a_name_is_found_by_each_of_its_words() -> None:
    assert name_keys("Anna-Karin", "Öberg") == ["anna karin oberg", "karin anna oberg", "oberg anna karin"]


PEOPLE = [
    ("Anders", "Karlsson"),
    ("Anna-Karin", "Öberg Lindström"),
    ("Åsa", "Andersson"),
    ("Siobhán", "O’Brien"),
    ("Søren", "D'Angelo"),
]


@pytest.fixture
def people(store: Store, actor: Actor) -> Store:
    for serial, (given, family) in enumerate(PEOPLE, start=980):
        register(store, actor, invented_number(BORN, serial), given, family, "norr")
    return store


def found(store: Store, actor: Actor, text: str) -> set[str]:
    return {customer.name for customer in search(store, actor, text).customers}


def test_words_of_a_name_find_it_in_any_order_with_and_without_accents(people: Store, actor: Actor) -> None:
    anna, asa, siobhan, soren = "Anna-Karin Öberg Lindström", "Åsa Andersson", "Siobhán O’Brien", "Søren D'Angelo"
    for text, names in {
        "and kar": {"Anders Karlsson"},
        "kar and": {"Anders Karlsson"},
        "AND KAR": {"Anders Karlsson"},
        "  and\tkar ": {"Anders Karlsson"},
        "Karlsson, Anders": {"Anders Karlsson"},
        "a karlsson": {"Anders Karlsson"},
        "karlsson a": {"Anders Karlsson"},
        "and": {"Anders Karlsson", asa},
        "anders": {"Anders Karlsson", asa},
        "andersson": {asa},
        "åsa": {asa},
        "asa": {asa},
        "A\u030asa": {asa},
        "kar": {"Anders Karlsson", anna},
        "Anna-Karin": {anna},
        "karin anna": {anna},
        "öb": {anna},
        "ob lin": {anna},
        "Oberg-Lindstrom": {anna},
        "o'brien": {siobhan},
        "O’Brien": {siobhan},
        "brien": {siobhan},
        "siobhan o": {siobhan},
        "soren": {soren},
        "Sören": {soren},
        "D'angelo": {soren},
        "ngelo": set(),
        "karlson": set(),
        "anders karlsson norr": set(),
    }.items():
        assert found(people, actor, text) == names, text


def test_the_beginnings_of_all_words_of_a_name_find_it_in_every_order(people: Store, actor: Actor) -> None:
    for words in permutations(["ann", "karin", "öb", "lindström"]):
        assert found(people, actor, " ".join(words)) == {"Anna-Karin Öberg Lindström"}


def test_fewer_than_two_letters_are_refused(people: Store, actor: Actor) -> None:
    for text in ("", "  ", "a", "å", "A b", "%", "__", "'-'", "a%"):
        with refused(people, Invalid, "Write an identity number, or at least two letters of the name."):
            search(people, actor, text)


def test_wildcards_of_sql_find_nothing_more(people: Store, actor: Actor) -> None:
    for text in ("%nders", "_nders", "a%rs", "an%rs", "anders k%n", "anders _arlsson", "' OR 1=1 --", "\\%nders"):
        if any(character.isdigit() for character in text):
            with pytest.raises(Invalid):
                search(people, actor, text)
        else:
            assert found(people, actor, text) == set(), text
    assert found(people, actor, "kar%") == found(people, actor, "kar")
    assert found(people, actor, "kar_") == found(people, actor, "kar")


def test_at_most_twenty_customers_are_shown_by_family_name_and_it_is_said_that_there_are_more(
    store: Store, actor: Actor
) -> None:
    for n in range(MAX_HITS):
        register(store, actor, invented_number(BORN, 900 + n), "Karl", f"Berg{chr(ord('t') - n)}", "norr")
    hits = search(store, actor, "karl berg")
    assert not hits.more
    names = [customer.family_name for customer in hits.customers]
    assert names == sorted(names)
    assert len(names) == MAX_HITS

    last = register(store, actor, invented_number(BORN, 950), "Karl", "Bergz", "norr")
    hits = search(store, actor, "karl berg")
    assert hits.more
    assert [customer.family_name for customer in hits.customers] == names
    assert last.customer_id not in {entry["customer_id"] for entry in logged(store, "search_customers")}


def test_a_person_whose_names_are_alike_is_found_once(store: Store, actor: Actor) -> None:
    register(store, actor, invented_number(BORN), "Karl Karl", "Karlsson", "norr")
    assert len(search(store, actor, "karl").customers) == 1


# How a number is found


def test_a_number_finds_its_customer_in_every_written_form(store: Store, actor: Actor, anders: Customer) -> None:
    number = anders.identity
    ten = f"{number[2:8]}-{number[8:]}"
    for text in (number, f"{number[:8]}-{number[8:]}", ten, ten.replace("-", ""), f" {number[:8]} {number[8:]} "):
        assert search(store, actor, text) == Hits([anders], more=False), text
    assert search(store, actor, f"{number[:8]}\u2013{number[8:]}").customers == [anders]


def test_a_number_with_a_plus_sign_finds_someone_a_hundred_years_old(store: Store, actor: Actor) -> None:
    old, young = (
        register(store, actor, invented_number(date(year, 5, 6)), "Eva", "Ek", "norr") for year in (1920, 2020)
    )
    short = old.identity[2:8], old.identity[8:]
    assert search(store, actor, "+".join(short)).customers == [old]
    assert search(store, actor, "-".join(short)).customers == [young]


def test_reserve_numbers_are_found_in_small_letters_too(store: Store, actor: Actor) -> None:
    one = register(store, actor, VGR_RESERVE, "Kim", "Räv", "norr", date(1981, 8, 29))
    assert search(store, actor, "19810829-m071").customers == [one]
    other = register(store, actor, STOCKHOLM_RESERVE, "Kim", "Uv", "norr", date(1981, 8, 29))
    assert search(store, actor, "99198100-0010").customers == [other]


def test_an_unknown_number_finds_nobody_and_changes_nothing_but_the_log(
    store: Store, actor: Actor, anders: Customer
) -> None:
    with nothing_changes(store, but=LOG):
        assert search(store, actor, invented_number(date(1950, 1, 2))) == Hits([], more=False)


def test_a_number_that_cannot_be_is_refused(store: Store, actor: Actor, anders: Customer) -> None:
    wrong = f"{anders.identity[:-1]}{(int(anders.identity[-1]) + 1) % 10}"
    with refused(store, Invalid, CHECK_DIGIT):
        search(store, actor, wrong)
    with refused(
        store, Invalid, "The length is wrong. Enter ten or twelve digits, or the twelve characters of a reserve number."
    ):
        search(store, actor, "anders 46")


# The card


def test_a_customer_is_shown_by_the_stores_own_id(store: Store, actor: Actor, anders: Customer) -> None:
    shown = customers.get(store, actor, anders.customer_id)
    assert shown == anders
    assert (shown.name, shown.birth_date, shown.unit_id) == ("Anders Karlsson", BORN, "norr")
    with refused(store, NotFound, "The customer does not exist. Search for the customer anew."):
        customers.get(store, actor, anders.customer_id + 1)


def test_search_and_look_are_logged_once_in_ten_minutes_for_each_user_and_unit(
    store: Store, clock: SetClock, actor: Actor, colleague: Actor, anders: Customer
) -> None:
    elsewhere = replace(actor, unit_id="centrum")
    looks = (
        ("search_customers", lambda who: search(store, who, "anders")),
        ("search_customers", lambda who: search(store, who, anders.identity)),
        ("view_customer", lambda who: customers.get(store, who, anders.customer_id)),
    )
    for minutes in (0, 9, 10, 19):
        clock.now = datetime(2026, 11, 22, 12, tzinfo=UTC) + timedelta(minutes=minutes)
        for who in (actor, colleague, elsewhere):
            for _, look in looks:
                look(who)
    for action in ("search_customers", "view_customer"):
        assert [
            (entry["logged_at"], entry["user_id"], entry["unit_id"], entry["customer_id"], entry["detail"])
            for entry in logged(store, action)
        ] == [
            (NOON + timedelta(minutes=minutes), who.user_id, who.unit_id, anders.customer_id, None)
            for minutes in (0, 10)
            for who in (actor, colleague, elsewhere)
        ]


# Register


def test_a_registered_customer_is_found_by_name_and_number_and_logged(store: Store, actor: Actor) -> None:
    number = invented_number(BORN, 982)
    new = register(store, actor, f"{number[2:8]}-{number[8:]}", " Anna  Karin ", "Öberg", "centrum", date(1999, 1, 1))
    assert (new.identity, new.birth_date, new.name, new.unit_id) == (number, BORN, "Anna Karin Öberg", "centrum")
    assert customers.get(store, actor, new.customer_id) == new
    assert search(store, actor, number).customers == [new]
    assert search(store, actor, "ober ann").customers == [new]
    (row,) = contents(store)["customer"]
    assert (row["identity_kind"], row["sex"]) == ("personnummer", "female")
    assert (row["registered_at"], row["registered_by"]) == (NOON, "karin.holm")
    (entry,) = logged(store, "register_customer")
    assert (entry["user_id"], entry["unit_id"], entry["customer_id"]) == ("karin.holm", "norr", new.customer_id)


NAME_MISSING = "Write both a given name and a family name."
NAME_WRONG = "A name has at most 80 printable characters."


def test_what_cannot_be_is_not_registered(store: Store, actor: Actor, anders: Customer) -> None:
    new = invented_number(BORN, 983)
    for wrong, says in (
        (("", "Eva", "Ek", "norr"), "The identity number is missing. Enter one."),
        ((new[:-1] + str((int(new[-1]) + 1) % 10), "Eva", "Ek", "norr"), CHECK_DIGIT),
        ((new, "", "Ek", "norr"), NAME_MISSING),
        ((new, "Eva", " \t", "norr"), NAME_MISSING),
        ((new, "123", "Ek", "norr"), NAME_MISSING),
        ((new, "-", "Ek", "norr"), NAME_MISSING),
        ((new, "E" * 81, "Ek", "norr"), NAME_WRONG),
        ((new, "Eva", "Ek\x00", "norr"), NAME_WRONG),
        ((new, "Eva\u202e", "Ek", "norr"), NAME_WRONG),
        ((new, "Eva", "Ek", ""), "Choose a unit."),
        ((new, "Eva", "Ek", "Mottagning Norr"), "Choose a unit."),
        (
            (invented_number(TODAY + timedelta(days=1)), "Eva", "Ek", "norr"),
            "The date in the number is in the future. Check the year, the month and the day.",
        ),
    ):
        with refused(store, Invalid, says):
            register(store, actor, *wrong)


def test_a_number_is_registered_once_however_it_is_written(store: Store, actor: Actor, anders: Customer) -> None:
    number = anders.identity
    for text in (number, f"{number[2:8]}-{number[8:]}"):
        with refused(store, Conflict, "A customer with this number is registered already. Search for the number."):
            register(store, actor, text, "Eva", "Ek", "norr")


def test_a_number_that_does_not_hold_the_birth_date_needs_it(store: Store, actor: Actor) -> None:
    for number in (STOCKHOLM_RESERVE, VGR_RESERVE):
        with refused(store, Invalid, "This kind of number does not hold the birth date. Give it, too."):
            register(store, actor, number, "Kim", "Räv", "norr")
        with refused(store, Invalid, "The birth date is in the future."):
            register(store, actor, number, "Kim", "Räv", "norr", TODAY + timedelta(days=1))
        new = register(store, actor, number, "Kim", "Räv", "norr", TODAY)
        assert (new.identity, new.birth_date) == (number, TODAY)
        assert search(store, actor, number).customers == [new]


def test_a_reserve_number_that_holds_the_birth_date_goes_by_it(store: Store, actor: Actor) -> None:
    new = register(store, actor, VARMLAND_RESERVE, "Kim", "Räv", "norr", date(1999, 1, 1))
    assert new.birth_date == date(1981, 8, 29)


def test_a_name_may_be_eighty_characters_and_of_any_script(store: Store, actor: Actor) -> None:
    new = register(store, actor, invented_number(BORN), "Мария-Åsa", "E" * 80, "norr")
    assert search(store, actor, "мар").customers == [new]
    assert search(store, actor, "e" * 80).customers == [new]


# What may end up in a log


def test_neither_repr_nor_str_nor_an_error_holds_the_identity_number(
    store: Store, actor: Actor, anders: Customer
) -> None:
    booking = bookings.Booking(
        1, anders.customer_id, "norr", NOON, "comirnaty", NOON, "Anders", "Karlsson", anders.identity
    )
    person = identity.parse(anders.identity, TODAY)
    things: list[object] = [anders, booking, person, search(store, actor, anders.identity), [anders], (booking,)]
    wrong = f"{anders.identity[:-1]}{(int(anders.identity[-1]) + 1) % 10}"
    for action in (
        lambda: search(store, actor, wrong),
        lambda: register(store, actor, wrong, "Eva", "Ek", "norr"),
        lambda: register(store, actor, anders.identity, "Eva", "Ek", "norr"),
        lambda: register(store, actor, anders.identity + "1", "Eva", "Ek", "norr"),
    ):
        with pytest.raises(MvError) as caught:
            action()
        things += [caught.value, caught.value.params]
        error: BaseException | None = caught.value.__cause__ or caught.value.__context__
        things.append(error)
    for thing in things:
        for told in (repr(thing), str(thing), f"{thing}"):
            assert anders.identity[2:10] not in told, type(thing)
            assert "Karlsson" not in told, type(thing)


@pytest.mark.parametrize("born", [date(26, 5, 1), date(1066, 10, 14), date(1799, 12, 31)])
def test_a_birth_date_that_cannot_be_is_refused(store: Store, actor: Actor, born: date) -> None:
    with nothing_changes(store), pytest.raises(Invalid) as caught:
        customers.register(store, actor, VGR_RESERVE, "Eva", "Ek", "norr", born)
    assert caught.value.field == "birth_date"
