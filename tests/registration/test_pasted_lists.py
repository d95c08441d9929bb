"""A pasted list: what is read of each line, what it is judged to be, and all that are ready saved together or not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from mv import customers, identity_changes, memberships
from mv.access import Actor, OtherUnit, Role
from mv.batches import batch as batch_rows
from mv.batches import changes, receiving
from mv.clock import day_bounds
from mv.customers import Customer
from mv.errors import Conflict, Forbidden, Invalid
from mv.i18n import ENGLISH, SWEDISH, explain
from mv.memberships import EndReason
from mv.registration import pasted_list_parsing, pasted_lists, rounds, undo
from mv.registration.entry import RegistrationEntry
from mv.registration.pasted_lists import Line, LineRejected, LineState
from mv.registration.rounds import EntryMethod
from mv.store import Store
from tests.conftest import TODAY, invented_number
from tests.contents import LOG, logged, nothing_changes

DAY = TODAY - timedelta(days=1)
GROUP = RegistrationEntry("medical_risk", "heart", DAY, "norr")
PREGNANT = replace(GROUP, group_code="pregnant", subgroup_code=None)
NUMBER = invented_number(date(1981, 12, 28))
SHORT = NUMBER[2:]
NORR = Actor("nils.berg", "Nils Berg", Role.COORDINATOR, "norr")


# What is read of a line


@pytest.mark.parametrize(
    "line",
    [
        NUMBER,
        f"{NUMBER[:8]}-{NUMBER[8:]}",
        f"{SHORT[:6]}-{SHORT[6:]}",
        SHORT,
        f"  {NUMBER[:8]} {NUMBER[8:]} ",
        f"\ufeff{NUMBER}",
        f"\u00a0{NUMBER[:8]}\u2013{NUMBER[8:]}\u00a0",
        f'"{NUMBER}"',
        f"'{NUMBER}",
        f'="{NUMBER}"',
        f"{NUMBER};",
        f"{NUMBER},",
        f"{NUMBER}.0",
        f"\t{NUMBER}\t",
        f"3\t{NUMBER}\tAnna Ek\t2026-11-22",
        f"Ek;Anna;{SHORT[:6]}-{SHORT[6:]};070-123 45 67",
        f"Ek, Anna, {NUMBER}",
        f"• {NUMBER} Anna Ek",
        f"Anna Ek {SHORT[:6]} - {SHORT[6:]}",
        f"Anna Ek (född {NUMBER[:8]}-{NUMBER[8:]})",
        f"{NUMBER}\t{SHORT[:6]}-{SHORT[6:]}",
    ],
)
def test_a_number_is_read_in_whatever_shape_it_was_copied(line: str) -> None:
    (read,) = pasted_list_parsing.parse(line, TODAY)
    assert read.identity is not None
    assert read.identity.number == NUMBER


def test_a_plus_sign_and_reserve_numbers_are_read_too() -> None:
    old = invented_number(date(1924, 5, 6))
    read = pasted_list_parsing.parse(f"{old[2:8]}+{old[8:]}\nMaj 19810829M071\n991981000010", TODAY)
    assert [line.identity and line.identity.number for line in read] == [old, "19810829M071", "991981000010"]


def test_a_first_line_without_a_digit_is_a_heading_and_empty_lines_are_none() -> None:
    read = pasted_list_parsing.parse(f"\n Personnummer;\r\n\r\n;;\t\n{NUMBER}\rNamn\n", TODAY)
    assert [(line.number, line.is_heading, bool(line.error)) for line in read] == [
        (2, True, False),
        (5, False, False),
        (6, False, True),
    ]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (NUMBER[:-1] + str((int(NUMBER[-1]) + 1) % 10), "last digit does not agree"),
        (f"Anna Ek\t{NUMBER[:-1]}{(int(NUMBER[-1]) + 1) % 10}\t12345", "last digit does not agree"),
        (f"Anna Ek {NUMBER[:-1]}{(int(NUMBER[-1]) + 1) % 10}", "last digit does not agree"),
        (NUMBER[:-1], "length is wrong"),
        ("19811328-9874", "does not exist"),
        ("1,98112E+11", "has shortened the number"),
        ("1.98112E+11", "has shortened the number"),
        (f"{NUMBER};{invented_number(date(1950, 1, 2))}", "several identity numbers"),
        (f"{NUMBER} {invented_number(date(1950, 1, 2))}", "several identity numbers"),
        (f"{NUMBER};{'x' * pasted_list_parsing.LONGEST_LINE}", "too long"),
    ],
)
def test_a_line_that_cannot_be_read_says_why_and_not_what_it_holds(line: str, says: str) -> None:
    (read,) = pasted_list_parsing.parse(line, TODAY)
    assert says in str(read.error)
    assert SHORT[:9] not in f"{read.error} {read!r}"


@pytest.mark.parametrize("text", ["", " \n\t\n", ";;\n--", "Personnummer", "Personnummer\n\n"])
def test_a_list_without_a_number_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="no identity number"):
        pasted_list_parsing.parse(text, TODAY)


def test_there_is_a_limit_to_a_list() -> None:
    assert (
        len(pasted_list_parsing.parse("Nr\n" + f"{NUMBER}\n" * pasted_list_parsing.MOST_LINES, TODAY))
        == pasted_list_parsing.MOST_LINES + 1
    )
    with pytest.raises(Invalid, match="1001 lines"):
        pasted_list_parsing.parse(f"{NUMBER}\n" * (pasted_list_parsing.MOST_LINES + 1), TODAY)


# What a line is judged to be


@pytest.fixture
def eva(store: Store, actor: Actor) -> Customer:
    """Eva Ek, 36 years old, at the unit soder."""
    return customers.register(store, actor, invented_number(date(1990, 1, 2), 982), "Eva", "Ek", "soder")


def summary(lines: list[Line]) -> list[tuple[int, LineState, int | None]]:
    return [(line.number, line.state, line.customer and line.customer.customer_id) for line in lines]


def test_each_line_is_judged_and_nothing_is_saved(store: Store, actor: Actor, anders: Customer, eva: Customer) -> None:
    memberships.add(store, actor, eva.customer_id, memberships.Entry("medical_risk", "heart", DAY))
    unknown = invented_number(date(1950, 5, 5))
    text = f"Personnummer\n{anders.identity}\n{eva.identity}\n{unknown}\n{anders.identity[2:]}\n12\n"
    with nothing_changes(store, but=LOG):
        validated = pasted_lists.validate_list(store, actor, text, GROUP)
    assert summary(validated) == [
        (1, LineState.HEADING, None),
        (2, LineState.READY, anders.customer_id),
        (3, LineState.ALREADY, eva.customer_id),
        (4, LineState.UNKNOWN, None),
        (5, LineState.REPEATED, anders.customer_id),
        (6, LineState.WRONG, None),
    ]
    assert str(validated[4].error) == "The same customer as on line 2."
    doubtful = pasted_lists.validate_list(store, actor, anders.identity, PREGNANT)
    assert summary(doubtful) == [(1, LineState.DOUBTFUL, anders.customer_id)]
    looked = [entry["customer_id"] for entry in logged(store, "register_afterwards")]
    assert looked == [*sorted([anders.customer_id, eva.customer_id]), None]  # the last for the number of nobody


def test_somebody_of_another_unit_is_told_as_no_more_than_that_and_logged_as_a_refusal(
    store: Store, actor: Actor, anders: Customer, eva: Customer
) -> None:
    text = f"{eva.identity}\n{anders.identity}\n{eva.identity}"
    for _ in range(2):
        validated = pasted_lists.validate_list(store, NORR, text, GROUP)
        assert [line.state for line in validated] == [LineState.ELSEWHERE, LineState.READY, LineState.ELSEWHERE]
        assert [line.customer for line in validated] == [None, anders, None]
    with store.read() as tx:
        rows = tx.rows("SELECT customer_id FROM access_log WHERE outcome = 'refused'")
    assert rows == [{"customer_id": eva.customer_id}]
    with pytest.raises(Forbidden):
        pasted_lists.validate_list(store, NORR, text, replace(GROUP, unit_id="soder"))


def test_a_number_that_a_customer_had_finds_the_same_customer(store: Store, actor: Actor, anders: Customer) -> None:
    new = invented_number(date(1946, 3, 12), 983)
    identity_changes.change(store, actor, anders.customer_id, new, anders.identity)
    validated = pasted_lists.validate_list(store, actor, f"{anders.identity}\n{new}", GROUP)
    assert [line.state for line in validated] == [LineState.READY, LineState.REPEATED]


# Saving


def test_what_is_ready_is_saved_together_and_undone_together(
    store: Store, actor: Actor, anders: Customer, eva: Customer
) -> None:
    validated = pasted_lists.validate_list(store, actor, f"Nr\n{anders.identity}\n12\n{eva.identity}", GROUP)
    told: list[float] = []
    made = pasted_lists.save_list(store, actor, GROUP, validated, on_progress=told.append)
    assert (made.method, made.entry, made.ended_at) == (EntryMethod.LIST, GROUP, store.now())
    assert told == sorted(told)
    assert told[-1] == 1.0
    rows = rounds.read_rows(store, actor, made.registration_id)
    assert [row.customer_id for row in rows] == [eva.customer_id, anders.customer_id]
    for customer in (anders, eva):
        (row,) = memberships.of_customer(store, actor, customer.customer_id)
        assert (row.group_code, row.subgroup_code, row.valid_from) == ("medical_risk", "heart", DAY)
    saved = [line for line in validated if line.state is LineState.READY]
    assert pasted_lists.remaining_text(validated, saved) == "Nr\n12"
    assert undo.undo_all(store, actor, made.registration_id) == 2
    for customer in (anders, eva):
        (row,) = memberships.of_customer(store, actor, customer.customer_id)
        assert row.ended_reason == EndReason.WRONG


def test_nothing_typed_is_lost_and_a_heading_alone_is_not_left(store: Store, actor: Actor, anders: Customer) -> None:
    validated = pasted_lists.validate_list(store, actor, f'Nr\n "{anders.identity}";x \n\n 12 ; y', GROUP)
    assert pasted_lists.remaining_text(validated, []) == f'Nr\n "{anders.identity}";x \n 12 ; y'
    assert pasted_lists.remaining_text(validated[:2], validated[1:2]) == ""


def test_doubtful_lines_are_saved_for_a_reason_and_only_for_the_doubts_that_were_seen(
    store: Store, actor: Actor, anders: Customer
) -> None:
    validated = pasted_lists.validate_list(store, actor, anders.identity, PREGNANT)
    with nothing_changes(store):
        for reason, says in (("", "Write why"), ("  ", "Write why"), (f"it is {NUMBER}", "identity numbers")):
            with pytest.raises(Invalid, match=says):
                pasted_lists.save_list(store, actor, PREGNANT, validated, reason)
        unseen = replace(PREGNANT, given_on=DAY, product_code="efluelda", batch_number="B9")
        with pytest.raises(LineRejected):
            pasted_lists.save_list(store, actor, unseen, validated, "Checked")
    made = pasted_lists.save_list(store, actor, PREGNANT, validated, "Checked")
    (row,) = rounds.read_rows(store, actor, made.registration_id)
    assert (row.reason, row.concerns) == ("Checked", '["age", "sex"]')


def test_a_line_that_cannot_be_any_more_is_named_by_its_number_and_nothing_is_saved(
    store: Store, actor: Actor, anders: Customer, eva: Customer
) -> None:
    validated = pasted_lists.validate_list(store, actor, f"\n{anders.identity}\n{eva.identity}", GROUP)
    memberships.add(store, actor, eva.customer_id, memberships.Entry("medical_risk", "heart", DAY))
    with nothing_changes(store), pytest.raises(LineRejected) as caught:
        pasted_lists.save_list(store, actor, GROUP, validated)
    assert explain(caught.value, ENGLISH).startswith("Nothing of the list is saved, because of line 3. The customer is")
    assert explain(caught.value, SWEDISH).startswith("Inget i listan är sparat, på grund av rad 3. Kunden har redan")
    assert eva.identity not in f"{caught.value} {caught.value!r} {caught.value.params}"
    pasted_lists.save_list(store, actor, GROUP, validated[:1])
    with pytest.raises(LineRejected, match="line 2"):
        pasted_lists.save_list(store, actor, GROUP, validated[:1])
    with pytest.raises(Invalid, match="No line is ready"):
        pasted_lists.save_list(store, actor, GROUP, [])


def test_a_customer_whom_the_user_has_nothing_to_do_with_stops_the_list(
    store: Store, actor: Actor, anders: Customer, eva: Customer
) -> None:
    validated = pasted_lists.validate_list(store, actor, f"{anders.identity}\n{eva.identity}", GROUP)
    with nothing_changes(store, but=LOG), pytest.raises(OtherUnit):
        pasted_lists.save_list(store, NORR, GROUP, validated)


def test_many_are_undone_together_or_none(store: Store, actor: Actor, anders: Customer, eva: Customer) -> None:
    validated = pasted_lists.validate_list(store, actor, f"{anders.identity}\n{eva.identity}", GROUP)
    made = pasted_lists.save_list(store, actor, GROUP, validated)
    (row,) = memberships.of_customer(store, actor, eva.customer_id)
    memberships.adjust(store, actor, row.membership_id, row.version, memberships.Entry("medical_risk", "lung", DAY))
    with nothing_changes(store), pytest.raises(Conflict, match="changed this group"):
        undo.undo_all(store, actor, made.registration_id)


def test_a_list_is_of_customers_of_ones_own_unit_of_those_who_were_there_and_of_others(
    store: Store, actor: Actor, anders: Customer, eva: Customer
) -> None:
    memberships.add(store, actor, eva.customer_id, memberships.Entry("staff", None, DAY))  # so she was at norr
    maj = customers.register(store, actor, invented_number(date(1991, 4, 5), 982), "Maj", "Ek", "soder")
    text = "\n".join(customer.identity for customer in (anders, eva, maj))
    validated = pasted_lists.validate_list(store, NORR, text, GROUP)
    assert [line.state for line in validated] == [LineState.READY, LineState.READY, LineState.ELSEWHERE]
    made = pasted_lists.save_list(store, NORR, GROUP, validated)
    assert undo.undo_all(store, NORR, made.registration_id) == 2
    for customer in (anders, eva):
        rows = memberships.of_customer(store, actor, customer.customer_id)
        assert [row.ended_reason for row in rows if row.group_code == "medical_risk"] == [EndReason.WRONG]


def test_a_pile_with_a_new_batch_is_asked_about_once_and_never_again(
    store: Store, actor: Actor, anders: Customer
) -> None:
    people = [
        anders,
        *(customers.register(store, actor, invented_number(date(1950, 5, n)), "Eva", "Ek", "norr") for n in (5, 6)),
    ]
    entry = replace(PREGNANT, group_code="65_plus", given_on=DAY, product_code="efluelda", batch_number="NEW-1")
    text = "\n".join(person.identity for person in people)
    lines = pasted_lists.validate_list(store, actor, text, entry)
    assert [line.state for line in lines] == [LineState.DOUBTFUL, LineState.READY, LineState.READY]
    with nothing_changes(store), pytest.raises(LineRejected, match=r"line 2\. Batch NEW-1 is not known"):
        pasted_lists.save_list(store, actor, entry, lines[1:])
    pasted_lists.save_list(store, actor, entry, lines[:2], "A new delivery")
    (known,) = batch_rows.of_product(store, "efluelda")
    assert (known.batch_number, known.expires_on, known.unit_id, known.received_by) == (
        "NEW-1", None, "norr", actor.user_id,
    )  # fmt: skip
    again = pasted_lists.validate_list(store, actor, text, entry)
    assert [line.state for line in again] == [LineState.ALREADY, LineState.ALREADY, LineState.READY]


def test_a_list_of_a_stopped_batch_is_wrong_after_its_day_and_doubtful_on_it(
    store: Store, actor: Actor, anders: Customer
) -> None:
    entry = replace(PREGNANT, group_code="65_plus", given_on=DAY, product_code="efluelda", batch_number="S1")
    batch = receiving.receive(store, actor, "efluelda", "S1", None, "norr")
    batch = changes.stop(store, actor, batch, day_bounds(DAY)[0], "Recalled")
    (line,) = pasted_lists.validate_list(store, actor, anders.identity, entry)
    assert line.state is LineState.DOUBTFUL
    batch = changes.stop(store, actor, batch, day_bounds(DAY)[0] - timedelta(seconds=1), "Recalled")
    (line,) = pasted_lists.validate_list(store, actor, anders.identity, entry)
    assert line.state is LineState.WRONG
    changes.resume(store, actor, batch)
    (line,) = pasted_lists.validate_list(store, actor, anders.identity, entry)
    assert line.state is LineState.READY
