"""Betalfiler, run by AppTest: a file from its choice to its import, and what it leaves in the lists."""

from __future__ import annotations

from datetime import datetime

import pytest
from streamlit.testing.v1 import AppTest

from mv.reimbursement.claims.ledger import ClaimState
from mv.reimbursement.payments import balances, files
from mv.reimbursement.payments.balances import LineStatus
from mv.store import Store
from mv.ui import resources
from tests.pages.dashboard import DEMO, click, dashboard, labels, plain, words
from tests.reimbursement.sent_claims import OTHER_REGION, REGION, Claimed, add_claim

PAGE = "reimbursement_payments"
SENT_AT = datetime(2026, 1, 5, 12)
"""So long ago that what is not paid is overdue."""


@pytest.fixture
def claim(store: Store) -> int:
    """Have in the store a claim of three lines, 150 kr each, and return the claim's number."""
    return add_claim(store, [Claimed(15_000, dose_id=n) for n in (1, 2, 3)], sent_at=SENT_AT)


def choose(at: AppTest, data: bytes | str, turn: int = 0) -> AppTest:
    """Hand in a file of that content."""
    content = data if isinstance(data, bytes) else data.encode()
    at.file_uploader(key=f"payment_file_{turn}").set_value(("betalning.csv", content, "text/csv"))
    return at.run()


def show(at: AppTest, part: str) -> AppTest:
    at.segmented_control(key="payment_part").set_value(part)
    return at.run()


def test_a_file_is_looked_at_imported_and_seen_in_the_lists(claim: int) -> None:
    at = choose(dashboard(PAGE), f"Referens;Belopp\nA{claim}-1;150\nA{claim}-2;100\nA999-1;20\nSumma;270\n")
    assert not at.exception
    assert not at.error
    assert at.table[0].value.values.tolist() == [
        ["Betald", "1", "150", "0"],
        ["För lite betalt", "1", "100", "−50"],
        ["Okänd", "1", "20", "20"],
        ["Summa", "3", "270", "−30"],
    ]
    assert "Utfallen är tillsammans vad filen innehåller: 3 rader, 270 kr." in words(at)
    assert "Rad 5 är summan av de andra" in words(at)
    assert at.dataframe[0].value["Utfall"].tolist() == ["För lite betalt", "Okänd"]
    assert files.files(resources.store(), DEMO, REGION) == []
    at.button(key="payment_import").click().run()
    assert not at.exception
    (made,) = files.files(resources.store(), DEMO, REGION)
    assert plain(at.success[0].value) == f"Fil {made.payment_file_id} är inläst: 3 rader, 270 kr."
    assert "Läs in" not in labels(at)
    show(at, "lines")
    assert [[plain(cell) for cell in row] for row in at.table[0].value.values.tolist()] == [
        ["Betald", "1", "150", "150", "0", "0"],
        ["För lite betalt", "1", "150", "100", "50", "0"],
        ["Obetald, förfallen", "1", "150", "0", "150", "0"],
        ["Summa", "3", "450", "250", "200", "0"],
    ]
    assert "Begärt 450 kr = betalt 250 kr + kvar att få 200 kr − för mycket betalt 0 kr." in words(at)
    assert "Mottaget i filer 270 kr = betalt 250 kr + utan känd rad 20 kr (1 rad)." in words(at)
    assert at.dataframe[0].value["Anspråksrad"].tolist() == [f"A{claim}-2"]
    for status, line in (("unpaid", f"A{claim}-3"), ("unknown", "A999-1")):
        at.selectbox(key=f"payment_standing_{REGION}").set_value(status).run()
        assert at.dataframe[0].value["Anspråksrad"].tolist() == [line]
    show(at, "files")
    assert at.dataframe[0].value["Anspråksrad"].tolist() == [f"A{claim}-1", f"A{claim}-2", "A999-1"]
    at.selectbox(key=f"payment_outcome_{made.payment_file_id}").set_value("underpaid").run()
    assert at.dataframe[0].value["Anspråksrad"].tolist() == [f"A{claim}-2"]


def test_the_same_file_again_says_when_and_by_whom_and_offers_no_import(claim: int) -> None:
    at = choose(dashboard(PAGE), f"Referens;Belopp\nA{claim}-1;150\n")
    at.button(key="payment_import").click().run()
    choose(at, f"\ufeffReferens;Belopp\r\nA{claim}-1;150\r\n", 1)
    assert "läste in den här filen" in plain(at.info[0].value)
    assert "Läs in" not in labels(at)


def test_cells_that_cannot_be_read_are_listed_by_row_and_column_and_nothing_is_offered(claim: int) -> None:
    at = choose(
        dashboard(PAGE),
        f"Referens;Belopp;Utbetald\nA{claim}-1;1.234;2026-11-01\nA{claim}-2;150;igår\n",
    )
    assert plain(at.error[0].value).startswith("2 celler kan inte läsas")
    assert [row[:2] for row in at.table[0].value.values.tolist()] == [["2", "Belopp"], ["3", "Utbetald"]]
    assert "Läs in" not in labels(at)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"PK\x03\x04", "Arbetsboken är skadad eller inte hel."),
        (b"\x00\x01\x02", "Filen är inte text."),
        (b"", "Filen är tom."),
        (b"A;B\n1;2;3\n", "Rad 2 har 3 värden men det finns 2 rubriker. Är avgränsaren rätt?"),
        (b"A;B\n1;2\n", "Välj vilken kolumn som har beloppet."),
        (b"A;Belopp\n1;2\n", "Välj vilken kolumn som har referensen, eller personnumret och dosens dag."),
    ],
)
def test_a_file_that_cannot_be_used_says_what_to_do(claim: int, data: bytes, says: str) -> None:
    at = choose(dashboard(PAGE), data)
    assert not at.exception
    assert plain(at.error[0].value).startswith(says)


def test_columns_are_guessed_changed_and_remembered_for_the_payer(claim: int) -> None:
    at = choose(dashboard(PAGE), f"Märkning;Netto;Moms\nA{claim}-1;150;0\n")
    (reference,) = (box for box in at.selectbox if box.label == "Referens (anspråk-rad)")
    (amount,) = (box for box in at.selectbox if box.label == "Belopp")
    assert (reference.value, amount.value) == (None, None)
    reference.set_value("Märkning")
    amount.set_value("Netto").run()
    at.button(key="payment_import").click().run()
    assert not at.error
    choose(at, f"Moms;Märkning;Netto\n0;A{claim}-2;150\n", 1)
    chosen = {box.label: box.value for box in at.selectbox}
    assert (chosen["Referens (anspråk-rad)"], chosen["Belopp"], chosen["Vaccin"]) == ("Märkning", "Netto", None)
    assert "Läs in" in labels(at)


def test_another_delimiter_can_be_chosen(claim: int) -> None:
    at = choose(dashboard(PAGE), f"Referens,Belopp;kr\nA{claim}-1,1;50\n")
    assert "Semikolon" in words(at)
    (delimiter,) = (box for box in at.selectbox if box.label == "Avgränsare")
    delimiter.set_value(",").run()
    assert not at.exception
    assert "Komma" in words(at)
    (amount,) = (box for box in at.selectbox if box.label == "Belopp")
    assert amount.value == "Belopp;kr"


def test_a_claim_whose_lines_are_all_answered_is_offered_to_be_marked_so(claim: int) -> None:
    at = choose(dashboard(PAGE), f"Referens;Belopp\nA{claim}-1;150\nA{claim}-2;150\n")
    at.button(key="payment_import").click().run()
    assert f"payment_answered_{claim}" not in [button.key for button in at.button]
    click(choose(at, f"Referens;Belopp\nA{claim}-3;0\n", 1), "Läs in")
    at.button(key=f"payment_answered_{claim}").click().run()
    assert plain(at.success[0].value) == f"Anspråk {claim} är markerat som besvarat."
    assert f"payment_answered_{claim}" not in [button.key for button in at.button]
    with resources.store().read() as tx:
        assert tx.rows("SELECT state FROM claim") == [{"state": ClaimState.ANSWERED}]


def test_a_file_is_withdrawn_and_the_days_to_pay_are_changed(claim: int) -> None:
    at = choose(dashboard(PAGE), f"Referens;Belopp\nA{claim}-1;150\n")
    at.button(key="payment_import").click().run()
    (made,) = files.files(resources.store(), DEMO, REGION)
    show(at, "files")
    at.button(key=f"payment_withdraw_{made.payment_file_id}").click().run()
    assert plain(at.success[0].value) == f"Fil {made.payment_file_id} är återkallad."
    assert f"payment_withdraw_{made.payment_file_id}" not in [button.key for button in at.button]
    assert at.table[0].value.iloc[0]["Återkallad"].replace("\\", "").endswith("av demo")
    show(at, "lines")
    at.number_input(key=f"payment_days_{REGION}_30").set_value(balances.MOST_DAYS_TO_PAY)
    at.button(key="payment_days_save").click().run()
    assert list(balances.payer_balance(resources.store(), DEMO, REGION).parts) == [LineStatus.AWAITED]
    assert "3650 dagar" in words(at)


def test_a_payer_without_claims_or_files_says_so(claim: int) -> None:
    add_claim(resources.store(), [Claimed(15_000)], payer=OTHER_REGION, state="draft", sent_at=None)
    at = dashboard(PAGE, locale="en-GB")
    at.selectbox(key="payment_payer").set_value(OTHER_REGION).run()
    show(at, "lines")
    assert "No claim on this payer has been sent." in words(at)
    show(at, "files")
    assert "No file of this payer is imported yet." in words(at)
