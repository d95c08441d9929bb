"""Texts that people write: what shows nothing is passed over, and every dash is a hyphen where codes have one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mv import customers, vaccinations
from mv.access import Actor
from mv.batches.batch import clean_number
from mv.customers import Customer
from mv.errors import Invalid
from mv.registration import pasted_list_parsing
from mv.registration.file_import.plan import RowState
from mv.reimbursement.claims.line_references import parse_reference
from mv.store import Store
from mv.text import clean_note, fold, visible, with_hyphens
from tests.conftest import TODAY
from tests.registration.people_files import plan, states, table, take_in

INVISIBLE = {
    "soft hyphen": "\u00ad", "zero width space": "\u200b", "zero width joiner": "\u200d", "left to right": "\u200e",
    "right to left": "\u200f", "word joiner": "\u2060", "isolate": "\u2066", "byte-order mark": "\ufeff",
}  # fmt: skip
DASHES = ("-", "\u2010", "\u2011", "\u2012", "\u2013", "\u2014", "\u2015", "\u2212", "\ufe58", "\uff0d")
DAY = TODAY - timedelta(days=5)


@pytest.mark.parametrize("mark", INVISIBLE.values(), ids=INVISIBLE)
def test_a_character_that_shows_nothing_is_passed_over(store: Store, actor: Actor, anders: Customer, mark: str) -> None:
    assert visible(f"{mark}An{mark}ders ") == "Anders "
    assert fold(f"An{mark}ders") == "anders"
    assert customers.clean_name(f"Anders{mark}son{mark}") == "Andersson"
    assert clean_note(f"as{mark} agreed", 80) == "as agreed"
    with pytest.raises(Invalid):
        clean_note(f"460{mark}312", 80)
    assert [hit.customer_id for hit in customers.search(store, actor, f"Kar{mark}ls").customers] == [anders.customer_id]
    (line,) = pasted_list_parsing.parse(f"{mark}{anders.identity[:8]}{mark}{anders.identity[8:]} Anders", TODAY)
    assert line.identity is not None
    row = f"{anders.identity};65{mark}_plus;no{mark}rr;{mark}{DAY}{mark};Eflu{mark}elda;B{mark}1;sedd;An{mark}ders"
    headings = f"Person{mark}nummer;Kundgrupp;Enhet;{mark}Dosens dag;Vaccin;Sats;Orsak;Förnamn"
    found = plan(store, actor, table(row, headings=headings))
    assert states(found) == [RowState.READY]


@pytest.mark.parametrize("dash", DASHES, ids=ascii)
def test_every_dash_is_a_hyphen_in_a_reference_and_a_batch(
    store: Store, actor: Actor, anders: Customer, dash: str
) -> None:
    assert parse_reference(f"A1{dash}3") == parse_reference(f" A1 {dash} 3\u200b") == (1, 3)
    assert clean_number(f"QI260{dash}1307") == with_hyphens(f" QI260{dash}1307\u200e") == "QI260-1307"
    take_in(store, actor, table(f"{anders.identity};65_plus;;;;{DAY};Efluelda;QI260{dash}1307;sedd"))
    entry = vaccinations.Entry("fluad_tetra", f"QI{dash}1", 1, DAY - timedelta(days=90), "norr", None)
    vaccinations.register(store, actor, anders.customer_id, entry)
    doses = vaccinations.of_customer(store, actor, anders.customer_id)
    assert [dose.batch_number for dose in doses] == ["QI260-1307", "QI-1"]


def test_what_turns_the_order_round_is_refused_in_a_name() -> None:
    with pytest.raises(Invalid):
        customers.clean_name("Eva \u202ekE")
