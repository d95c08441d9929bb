"""A payer's files: read by their columns, matched to claim lines, imported once, withdrawn; and how lines stand."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from functools import partial
from io import BytesIO
from threading import Barrier

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mv import customers, identity_changes
from mv.access import EVERY_UNIT, Actor, Role
from mv.catalogue import Vaccine
from mv.customers import Customer
from mv.errors import Conflict, Forbidden, Invalid, MvError, NotFound
from mv.i18n import ENGLISH, SWEDISH, explain
from mv.reimbursement.claims import ledger
from mv.reimbursement.claims.line_references import Line
from mv.reimbursement.payments import balances, columns, files, importing, lists, matching
from mv.reimbursement.payments.balances import LineStatus, LineSums
from mv.reimbursement.payments.columns import Column, PaymentRow
from mv.reimbursement.payments.files import PaymentFile
from mv.reimbursement.payments.importing import OutcomeSum
from mv.reimbursement.payments.matching import PaymentOutcome, UnmatchedReason
from mv.store import Store
from mv.tabular_files.reading import read_table
from mv.tabular_files.table import Table
from tests.conftest import TODAY, SetClock, invented_number
from tests.contents import LOG, contents, entries_of, logged, nothing_changes, refused
from tests.reimbursement.sent_claims import NAMES, OTHER_REGION, REGION, Claimed, add_claim, file_of, import_rows

PERSON = invented_number(date(1946, 3, 12))
OTHER = invented_number(date(1950, 1, 2))
DAY = date(2026, 10, 12)
VACCINES = {code: Vaccine(code, name, "", None, date(2020, 1, 1), None) for code, name in NAMES.items()}


# Which column is which


@pytest.mark.parametrize(
    ("headings", "found"),
    [
        (
            "Referens;Personnummer;Vaccinationsdatum;Vaccin;Belopp;Utbetalningsdag",
            ["Referens", "Personnummer", "Vaccinationsdatum", "Vaccin", "Belopp", "Utbetalningsdag"],
        ),
        (
            "Reference;Identity number;Date given;Product;Amount;Date paid",
            ["Reference", "Identity number", "Date given", "Product", "Amount", "Date paid"],
        ),
        ("Er referens;Pnr;Datum;ATC-kod;Ersättning (kr);Betald den", [
            "Er referens", "Pnr", "Datum", "ATC-kod", "Ersättning (kr)", "Betald den",
        ]),
        ("Anspråksrad;Begärt belopp;Utbetalt belopp", ["Anspråksrad", None, None, None, "Utbetalt belopp", None]),
        ("Vaccinationsdag;Fakturadatum;Belopp", [None, None, "Vaccinationsdag", None, "Belopp", None]),
        ("Kolumn A;Kolumn B", [None] * 6),
    ],
)  # fmt: skip
def test_columns_are_guessed_from_their_headings(headings: str, found: list[str | None]) -> None:
    order = (Column.REFERENCE, Column.IDENTITY, Column.GIVEN_ON, Column.VACCINE, Column.AMOUNT, Column.PAID_ON)
    guessed = columns.guess_columns(headings.split(";"))
    assert [guessed.get(column) for column in order] == found


def test_saved_columns_are_used_again_where_the_file_has_them_all_and_else_completed() -> None:
    chosen = {Column.REFERENCE: "Märkning", Column.AMOUNT: "Netto"}
    saved = columns.columns_to_json(chosen)
    assert columns.guess_columns(["Netto", "Belopp", "Märkning", "Personnummer"], saved) == chosen
    assert columns.guess_columns(["Belopp", "Märkning"], saved) == {
        Column.REFERENCE: "Märkning",
        Column.AMOUNT: "Belopp",
    }


@pytest.mark.parametrize(
    ("chosen", "says"),
    [
        ({Column.REFERENCE: "A"}, "Choose which column holds the amount."),
        (
            {Column.AMOUNT: "A", Column.IDENTITY: "B"},
            "Choose which column holds the reference, or the identity number and the day of the dose.",
        ),
        (
            {Column.AMOUNT: "A", Column.GIVEN_ON: "B"},
            "Choose which column holds the reference, or the identity number and the day of the dose.",
        ),
        ({Column.AMOUNT: "A", Column.REFERENCE: "A"}, "A column can be chosen for one thing only."),
        ({Column.AMOUNT: "A", Column.REFERENCE: "B"}, None),
        ({Column.AMOUNT: "A", Column.IDENTITY: "B", Column.GIVEN_ON: "C"}, None),
    ],
)
def test_an_amount_and_something_that_names_the_dose_are_needed(chosen: dict[Column, str], says: str | None) -> None:
    if says is None:
        columns.check_columns(chosen)
        return
    with pytest.raises(Invalid) as caught:
        columns.check_columns(chosen)
    assert explain(caught.value, ENGLISH) == says
    assert explain(caught.value, SWEDISH) != says


def test_every_cell_that_cannot_be_read_is_named_by_row_and_column_without_a_persons_number() -> None:
    table = file_of(
        "A12-1;150,00;2026-11-01", "A12-2;;2026-11-01", "A12-3;ett;1 nov", f"A12-4;{PERSON};", "A12-5;150;",
        heading="Referens;Belopp;Utbetald",
    )  # fmt: skip
    found = columns.read_payments(table, columns.guess_columns(table.headings), TODAY)
    assert [problem.label(ENGLISH) for problem in found.problems] == [
        "Row 3, column Belopp: “” is no amount. Write it like 150,00.",
        "Row 4, column Belopp: “ett” is no amount. Write it like 150,00.",
        "Row 4, column Utbetald: “1 nov” is no day. Write it like 2026-11-22.",
        "Row 5, column Belopp: “…” is more kronor than can be right.",
    ]


def test_what_a_spreadsheet_left_instead_of_a_value_is_not_taken_for_one() -> None:
    table = file_of("#SAKNAS!;100;", ";100;1,98108E+11", f';100;="{PERSON}"', heading="Referens;Belopp;Personnummer")
    found = columns.read_payments(table, columns.guess_columns(table.headings), TODAY)
    assert [(problem.row, problem.column) for problem in found.problems] == [(2, "Referens"), (3, "Personnummer")]
    assert found.rows[-1].identity == PERSON


@pytest.mark.parametrize("last", ["Summa;300,00", "TOTALT: ;300"])
def test_a_last_row_of_totals_is_no_payment(last: str) -> None:
    table = file_of("A12-1;100", "A12-2;200", last)
    found = columns.read_payments(table, columns.guess_columns(table.headings), TODAY)
    assert [(row.number, row.ore) for row in found.rows] == [(2, 10_000), (3, 20_000)]
    assert (found.totals_row, found.problems, found.ore) == (4, [], 30_000)


def test_a_total_that_is_not_what_the_rows_are_tells_that_some_are_missing() -> None:
    table = file_of("A12-1;100", "A12-2;200", "Summa;400")
    found = columns.read_payments(table, columns.guess_columns(table.headings), TODAY)
    assert [problem.label(ENGLISH) for problem in found.problems] == [
        "Row 4, column Belopp: The total is not what the rows above are together. Is the file whole?"
    ]


def test_a_last_row_that_names_a_dose_or_stands_alone_is_a_payment() -> None:
    for rows in (["A12-1;100", "A12-2;100;Summa"], ["Summa;100"], ["A12-1;100", "Okänd;100"]):
        table = file_of(*[row if row.count(";") == 2 else f"{row};" for row in rows], heading="Referens;Belopp;Text")
        found = columns.read_payments(table, columns.guess_columns(table.headings), TODAY)
        assert (len(found.rows), found.totals_row) == (len(rows), None)


def test_a_repr_of_a_row_does_not_hold_the_persons_number() -> None:
    table = file_of(f"{PERSON};2026-10-12;150", heading="Personnummer;Datum;Belopp")
    found = columns.read_payments(table, columns.guess_columns(table.headings), TODAY)
    assert found.rows[0].identity == PERSON
    assert PERSON not in repr(found)


# What a payment comes to


@pytest.mark.parametrize(
    ("claimed", "before", "ore", "outcome"),
    [
        (150, 0, 149, PaymentOutcome.UNDERPAID), (150, 0, 150, PaymentOutcome.PAID),
        (150, 0, 151, PaymentOutcome.OVERPAID), (150, 0, 0, PaymentOutcome.UNDERPAID),
        (150, 0, -1, PaymentOutcome.UNDERPAID), (150, 100, 49, PaymentOutcome.UNDERPAID),
        (150, 100, 50, PaymentOutcome.PAID), (150, 100, 51, PaymentOutcome.OVERPAID),
        (150, 150, 1, PaymentOutcome.PAID_TWICE), (150, 150, 150, PaymentOutcome.PAID_TWICE),
        (150, 200, 1, PaymentOutcome.PAID_TWICE), (150, 150, 0, PaymentOutcome.PAID),
        (150, 150, -1, PaymentOutcome.UNDERPAID), (150, 300, -150, PaymentOutcome.PAID),
        (150, 300, -149, PaymentOutcome.OVERPAID), (150, 300, -151, PaymentOutcome.UNDERPAID),
        (-150, 0, -149, PaymentOutcome.UNDERPAID), (-150, 0, -150, PaymentOutcome.PAID),
        (-150, 0, -151, PaymentOutcome.OVERPAID), (-150, 0, 0, PaymentOutcome.UNDERPAID),
        (-150, 0, 150, PaymentOutcome.UNDERPAID), (-150, -150, -1, PaymentOutcome.PAID_TWICE),
        (-150, -150, 0, PaymentOutcome.PAID), (-150, -300, 150, PaymentOutcome.PAID),
    ],
)  # fmt: skip
def test_a_payment_is_matched_by_what_was_left_of_the_line(
    claimed: int, before: int, ore: int, outcome: PaymentOutcome
) -> None:
    assert matching.payment_outcome(claimed, before, ore) == outcome


@given(st.integers(1, 500), st.lists(st.integers(-400, 400), max_size=6))
def test_a_minus_line_is_the_mirror_image_of_a_plus_line(claimed: int, payments: list[int]) -> None:
    before = 0
    for ore in payments:
        assert matching.payment_outcome(claimed, before, ore) == matching.payment_outcome(-claimed, -before, -ore)
        before += ore


def line(
    ore: int = 15_000,
    *,
    claim_id: int = 12,
    number: int = 3,
    state: str = "sent",
    dose_id: int = 1,
    product_code: str = "efluelda",
    given_on: date = DAY,
    paid: int = 0,
) -> Line:
    atc = {"efluelda": "J07BB02", "comirnaty": "J07BN01", "pneumovax": "J07AL01"}[product_code]
    return Line(
        claim_id, number, state, ore, None, None, "due", dose_id, 1, PERSON, "norr", given_on, product_code, atc,
        False, paid,
    )  # fmt: skip


def row(
    ore: int = 15_000,
    *,
    number: int = 2,
    reference: tuple[int, int] | None = None,
    given_on: date | None = DAY,
    vaccine: str = "",
) -> PaymentRow:
    return PaymentRow(number, ore, None, reference, PERSON, given_on, vaccine)


def matched(
    rows: Sequence[PaymentRow], found: Sequence[Line]
) -> list[tuple[PaymentOutcome, tuple[int, int] | None, UnmatchedReason | None]]:
    by_reference = {(one.claim_id, one.line_number): one for one in found}
    return [
        (one.outcome, (one.line.claim_id, one.line.line_number) if one.line else None, one.why)
        for one in matching.match(rows, by_reference, {PERSON: found}, VACCINES)
    ]


def test_a_reference_goes_before_person_and_day() -> None:
    lines = [line(), line(number=4, dose_id=2)]
    assert matched([row(reference=(12, 4))], lines) == [(PaymentOutcome.PAID, (12, 4), None)]


def test_a_reference_that_names_no_line_leaves_person_and_day_to_tell() -> None:
    assert matched([row(reference=(99, 1))], [line()]) == [(PaymentOutcome.PAID, (12, 3), None)]
    assert matched([row(reference=(99, 1), given_on=None)], [line()]) == [
        (PaymentOutcome.UNKNOWN, None, UnmatchedReason.NO_LINE)
    ]


@pytest.mark.parametrize("given_on", [DAY - timedelta(days=1), DAY + timedelta(days=1)])
def test_the_day_has_to_be_the_lines(given_on: date) -> None:
    assert matched([row(given_on=given_on)], [line()]) == [(PaymentOutcome.UNKNOWN, None, UnmatchedReason.NO_DOSE)]


def test_a_row_that_names_nothing_is_unknown() -> None:
    assert matched([row(given_on=None)], [line()]) == [(PaymentOutcome.UNKNOWN, None, UnmatchedReason.NOTHING_NAMED)]
    nobody = PaymentRow(2, 100, None, None, "19460312-0000", DAY)
    assert matched([nobody], [line()]) == [(PaymentOutcome.UNKNOWN, None, UnmatchedReason.NOTHING_NAMED)]


def test_lines_that_tell_apart_by_vaccine_alone_need_it() -> None:
    lines = [line(), line(number=4, dose_id=2, product_code="comirnaty")]
    assert matched([row()], lines) == [(PaymentOutcome.UNKNOWN, None, UnmatchedReason.SEVERAL)]
    for vaccine, number in (
        ("J07BB02", 3), ("j07bb", 3), ("J07BN01", 4), ("Efluelda", 3), ("efluelda, 0,5 ml", 3), ("COMIRNATY", 4),
        ("Influensavaccin", 3), ("Covid-19 vaccine", 4), ("comirnaty", 4),
    ):  # fmt: skip
        assert matched([row(vaccine=vaccine)], lines) == [(PaymentOutcome.PAID, (12, number), None)], vaccine
    for vaccine in ("Pneumovax", "J07AL01", "J07B", "Fluad", "x"):
        assert matched([row(vaccine=vaccine)], lines) == [(PaymentOutcome.UNKNOWN, None, UnmatchedReason.NO_DOSE)], (
            vaccine
        )


def test_amounts_do_not_tell_doses_apart() -> None:
    lines = [line(15_000), line(27_500, number=4, dose_id=2, product_code="comirnaty")]
    assert matched([row(27_500)], lines) == [(PaymentOutcome.UNKNOWN, None, UnmatchedReason.SEVERAL)]


@pytest.mark.parametrize(
    ("ore", "outcome", "key"),
    [
        (-15_000, PaymentOutcome.PAID, (13, 1)),
        (-20_000, PaymentOutcome.OVERPAID, (13, 1)),
        (10_000, PaymentOutcome.PAID, (13, 2)),
        (9_000, PaymentOutcome.UNDERPAID, (13, 2)),
        (0, PaymentOutcome.UNDERPAID, (13, 2)),
    ],
)
def test_of_a_dose_that_was_claimed_anew_a_row_is_for_the_line_of_its_sign_that_is_not_settled(
    ore: int, outcome: PaymentOutcome, key: tuple[int, int]
) -> None:
    lines = [line(paid=15_000), line(-15_000, claim_id=13, number=1), line(10_000, claim_id=13, number=2)]
    assert matched([row(ore)], lines) == [(outcome, key, None)]


def test_of_two_unsettled_lines_of_a_dose_the_one_with_exactly_so_much_left_is_meant_or_neither() -> None:
    lines = [line(), line(10_000, claim_id=13, number=2)]
    assert matched([row(10_000)], lines) == [(PaymentOutcome.PAID, (13, 2), None)]
    assert matched([row(9_000)], lines) == [(PaymentOutcome.UNKNOWN, None, UnmatchedReason.SEVERAL)]


def test_a_dose_whose_lines_are_all_settled_is_paid_twice_on_the_latest() -> None:
    lines = [line(paid=15_000), line(10_000, claim_id=13, number=2, paid=10_000)]
    assert matched([row(10_000)], lines) == [(PaymentOutcome.PAID_TWICE, (13, 2), None)]


def test_a_payer_that_takes_back_what_is_no_minus_line_takes_it_from_the_line() -> None:
    assert matched([row(-15_000)], [line(paid=15_000)]) == [(PaymentOutcome.UNDERPAID, (12, 3), None)]


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("draft", PaymentOutcome.UNKNOWN),
        ("sent", PaymentOutcome.PAID),
        ("answered", PaymentOutcome.PAID),
        ("closed", PaymentOutcome.PAID),
    ],
)
def test_only_what_was_sent_can_be_paid(state: str, expected: PaymentOutcome) -> None:
    for one in (row(reference=(12, 3)), row()):
        ((outcome, _, why),) = matched([one], [line(state=state)])
        assert outcome == expected
        assert (why == UnmatchedReason.NOT_SENT) == (expected == PaymentOutcome.UNKNOWN)


def test_rows_count_with_those_before_them_on_the_same_line() -> None:
    rows = [row(10_000, number=n, reference=(12, 3)) for n in range(2, 5)]
    assert [outcome for outcome, _, _ in matched(rows, [line()])] == [
        PaymentOutcome.UNDERPAID,
        PaymentOutcome.OVERPAID,
        PaymentOutcome.PAID_TWICE,
    ]
    found = matching.match(rows, {(12, 3): line()}, {}, VACCINES)
    assert [one.difference for one in found] == [-5_000, 5_000, 10_000]


# A file imported


@pytest.fixture
def claim(store: Store) -> int:
    """Four lines of 150, 150, 275 and 150 kr, of different people."""
    return add_claim(store, [
        Claimed(15_000), Claimed(15_000, OTHER, 2, 2), Claimed(27_500, dose_id=3, product_code="comirnaty"),
        Claimed(15_000, OTHER, 2, 4, DAY + timedelta(days=7)),
    ])  # fmt: skip


def rows_of(store: Store, actor: Actor, payment_file_id: int) -> list[tuple[int, str, str | None, int, int]]:
    found = lists.first_rows(store, actor, lists.payments_in_file(actor, payment_file_id), 100)
    return [(one["row_number"], one["outcome"], one["line"], one["paid"], one["difference"]) for one in found]


def test_a_file_is_imported_as_its_preview_said_and_adds_up(store: Store, actor: Actor, claim: int) -> None:
    table = file_of(
        f"A{claim}-1;150", f"A{claim}-2;100,50", f"A{claim}-3;300", f"A{claim}-1;150", "A999-1;40", "okänd;1",
    )  # fmt: skip
    seen = importing.preview(store, actor, REGION, table, columns.guess_columns(table.headings))
    assert seen.parts == {
        PaymentOutcome.PAID: OutcomeSum(1, 15_000, 0),
        PaymentOutcome.UNDERPAID: OutcomeSum(1, 10_050, -4_950),
        PaymentOutcome.OVERPAID: OutcomeSum(1, 30_000, 2_500),
        PaymentOutcome.PAID_TWICE: OutcomeSum(1, 15_000, 15_000),
        PaymentOutcome.UNKNOWN: OutcomeSum(2, 4_100, 4_100),
    }
    assert seen.adds_up
    made = import_rows(store, actor, table)
    assert (made.rows_read, made.ore, made.imported_by) == (6, 74_150, actor.user_id)
    assert rows_of(store, actor, made.payment_file_id) == [
        (2, "paid", f"A{claim}-1", 15_000, 0),
        (3, "underpaid", f"A{claim}-2", 10_050, -4_950),
        (4, "overpaid", f"A{claim}-3", 30_000, 2_500),
        (5, "paid_twice", f"A{claim}-1", 15_000, 15_000),
        (6, "unknown", "A999-1", 4_000, 4_000),
        (7, "unknown", None, 100, 100),
    ]
    assert files.files(store, actor, REGION) == [made]
    assert files.files(store, actor, OTHER_REGION) == []


def test_a_preview_changes_nothing_but_the_log(store: Store, actor: Actor, claim: int) -> None:
    table = file_of(f"A{claim}-1;150", "A1-99;20")
    with nothing_changes(store, but=LOG):
        importing.preview(store, actor, REGION, table, columns.guess_columns(table.headings))


@pytest.mark.parametrize("spoil", [
    lambda text: text.encode(), lambda text: b"\xef\xbb\xbf" + text.encode(),
    lambda text: text.encode("windows-1252"), lambda text: text.replace("\n", "\r\n").replace(";", "\t").encode(),
])  # fmt: skip
def test_the_same_file_again_changes_nothing_and_says_when_and_by_whom_it_was_imported(
    store: Store, actor: Actor, colleague: Actor, claim: int, spoil: Callable[[str], bytes]
) -> None:
    text = f"Referens;Belopp\nA{claim}-1;150\nokänd å;1\n"
    table, again = read_table(BytesIO(text.encode())), read_table(BytesIO(spoil(text)))
    first = import_rows(store, actor, table)
    analyst = Actor("eva.ek", "Eva Ek", Role.ANALYST, "norr", frozenset({EVERY_UNIT}))
    preview = importing.preview(store, analyst, REGION, again, columns.guess_columns(again.headings))
    assert preview.imported == first
    assert preview.matches == []
    says = f"karin.holm imported this file at 2026-11-22 13:00, as number {first.payment_file_id}. Nothing was changed."
    for who in (actor, analyst):
        with refused(store, Conflict, says):
            importing.import_file(store, who, REGION, again, columns.guess_columns(again.headings), {})


def test_the_same_payments_from_another_payer_are_another_file(store: Store, actor: Actor, claim: int) -> None:
    other = add_claim(store, [Claimed(15_000)], payer=OTHER_REGION)
    table = file_of(f"A{other}-1;150")
    mine = import_rows(store, actor, table, REGION)
    theirs = import_rows(store, actor, table, OTHER_REGION)
    assert rows_of(store, actor, mine.payment_file_id)[0][1] == "unknown"
    assert rows_of(store, actor, theirs.payment_file_id)[0][1] == "paid"


def at_once(works: Sequence[Callable[[], PaymentFile]]) -> tuple[list[PaymentFile], list[MvError]]:
    """Do all at the same moment and return what was imported and what was refused."""
    start = Barrier(len(works))

    def run(work: Callable[[], PaymentFile]) -> PaymentFile | MvError:
        start.wait(30)
        try:
            return work()
        except MvError as error:
            return error

    with ThreadPoolExecutor(len(works)) as pool:
        came = list(pool.map(run, works))
    return [one for one in came if isinstance(one, PaymentFile)], [one for one in came if isinstance(one, MvError)]


def importer(store: Store, actor: Actor, table: Table) -> Callable[[], PaymentFile]:
    """Return an import of the table as it is seen now."""
    chosen = columns.guess_columns(table.headings)
    seen = importing.preview(store, actor, REGION, table, chosen).parts
    return partial(importing.import_file, store, actor, REGION, table, chosen, seen)


def test_two_who_import_the_same_file_at_once_import_it_once(
    store: Store, actor: Actor, colleague: Actor, claim: int
) -> None:
    for turn in range(1, 6):
        table = file_of(f"A{claim}-1;{turn}", f"A{claim}-2;1")
        imported, errors = at_once([importer(store, actor, table)] * 2)
        assert [type(error) for error in errors] == [Conflict]
        assert "imported this file" in errors[0].key
        assert errors[0].params["file"] == imported[0].payment_file_id
        assert len(files.files(store, actor, REGION)) == turn


def test_of_two_different_files_for_one_line_at_once_one_is_not_imported_as_it_was_not_seen(
    store: Store, actor: Actor, claim: int
) -> None:
    tables = [file_of(f"A{claim}-1;100"), file_of(f"A{claim}-1;100,00")]
    imported, errors = at_once([importer(store, actor, table) for table in tables])
    assert [type(error) for error in errors] == [Conflict]
    assert "changed meanwhile" in errors[0].key
    assert files.files(store, actor, REGION) == imported
    assert balances.payer_balance(store, actor, REGION).parts[LineStatus.UNDERPAID].paid == 10_000


def test_an_import_that_would_come_to_something_else_than_was_seen_is_refused(
    store: Store, actor: Actor, claim: int
) -> None:
    table = file_of(f"A{claim}-1;150")
    chosen = columns.guess_columns(table.headings)
    seen = importing.preview(store, actor, REGION, table, chosen).parts
    import_rows(store, actor, file_of(f"A{claim}-1;10"))
    says = "What was paid or claimed has changed meanwhile. Nothing was imported; look again."
    with refused(store, Conflict, says):
        importing.import_file(store, actor, REGION, table, chosen, seen)


def test_one_cell_that_cannot_be_read_keeps_the_whole_file_out(store: Store, actor: Actor, claim: int) -> None:
    table = file_of(f"A{claim}-1;150", f"A{claim}-2;1.234")
    chosen = columns.guess_columns(table.headings)
    assert len(importing.preview(store, actor, REGION, table, chosen).problems) == 1
    says = (
        "Row 3, column Belopp: “1.234” can be read in two ways. Write it without thousands’ marks, or with two"
        " decimals. Nothing was imported."
    )
    with refused(store, Invalid, says):
        importing.import_file(store, actor, REGION, table, chosen, {})


def test_a_payer_that_nobody_knows_is_refused(store: Store, actor: Actor, claim: int) -> None:
    table = file_of(f"A{claim}-1;150")
    for function in (importing.preview, lambda *given: importing.import_file(*given, {})):
        with refused(store, Invalid, "Choose a payer."):
            function(store, actor, "Ingen", table, columns.guess_columns(table.headings))


def test_the_columns_are_saved_for_the_payers_next_file(store: Store, actor: Actor, claim: int) -> None:
    table = file_of(f"A{claim}-1;150", heading="Märkning;Netto")
    chosen = {Column.REFERENCE: "Märkning", Column.AMOUNT: "Netto"}
    seen = importing.preview(store, actor, REGION, table, chosen).parts
    assert balances.payer_terms(store, actor, REGION).file_columns is None
    importing.import_file(store, actor, REGION, table, chosen, seen)
    saved = balances.payer_terms(store, actor, REGION).file_columns
    assert columns.guess_columns(["Netto", "Annat", "Märkning"], saved) == chosen
    assert balances.payer_terms(store, actor, OTHER_REGION).file_columns is None


def test_a_line_that_is_paid_in_two_parts_is_paid(store: Store, actor: Actor, claim: int) -> None:
    first = import_rows(store, actor, file_of(f"A{claim}-1;100", f"A{claim}-2;50,25"))
    second = import_rows(store, actor, file_of(f"A{claim}-1;50", f"A{claim}-2;99,75"))
    assert [one[1] for one in rows_of(store, actor, first.payment_file_id)] == ["underpaid", "underpaid"]
    assert [one[1] for one in rows_of(store, actor, second.payment_file_id)] == ["paid", "paid"]
    assert balances.payer_balance(store, actor, REGION).parts[LineStatus.PAID] == LineSums(2, 30_000, 30_000, 0, 0)


# By person and day


def test_a_person_is_found_by_the_number_on_the_line_and_by_each_that_the_person_has_or_had(
    store: Store, actor: Actor
) -> None:
    reserve, later = "991981000010", invented_number(date(1981, 5, 6))
    customer = customers.register(store, actor, reserve, "Kim", "Ek", "norr", date(1981, 5, 6))
    claim = add_claim(store, [
        Claimed(15_000, reserve, customer.customer_id, 1), Claimed(15_000, "198105069999", 99, 2),
    ])  # fmt: skip
    identity_changes.change(store, actor, customer.customer_id, later, reserve)
    add_claim(store, [Claimed(10_000, later, customer.customer_id, 3, DAY + timedelta(days=30))])
    table = file_of(
        f"{reserve};2026-10-12;50", f"{later[:8]}-{later[8:]};2026-10-12 00:00;50",
        f"{later[2:8]}-{later[8:]};20261012;50",
        f"{reserve};2026-11-11;100",
        heading="Personnummer;Vaccinationsdag;Belopp",
    )  # fmt: skip
    made = import_rows(store, actor, table)
    assert [one[1:3] for one in rows_of(store, actor, made.payment_file_id)] == [
        ("underpaid", f"A{claim}-1"),
        ("underpaid", f"A{claim}-1"),
        ("paid", f"A{claim}-1"),
        ("paid", f"A{claim + 1}-1"),
    ]


def test_ten_digits_find_the_line_of_a_person_who_is_a_hundred_or_more(store: Store, actor: Actor) -> None:
    old = invented_number(date(1920, 5, 6))
    customer = customers.register(store, actor, old, "Elsa", "Ek", "norr")
    claim = add_claim(store, [Claimed(15_000, old, customer.customer_id, 1)])
    table = file_of(f"{old[2:8]}-{old[8:]};2026-10-12;150", heading="Personnummer;Vaccinationsdag;Belopp")
    made = import_rows(store, actor, table)
    assert [one[1:3] for one in rows_of(store, actor, made.payment_file_id)] == [("paid", f"A{claim}-1")]


@pytest.mark.parametrize("number", [PERSON, OTHER], ids=["of a line", "of nobody's line"])
def test_an_analyst_learns_of_nobody_by_number_and_the_question_is_a_refusal_in_the_log(
    store: Store, claim: int, number: str
) -> None:
    analyst = Actor("eva.ek", "Eva Ek", Role.ANALYST, "norr", frozenset({EVERY_UNIT}))
    table = file_of(f"A{claim}-1;;;150", f";{number};2026-10-12;150", heading="Referens;Personnummer;Dag;Belopp")
    chosen = columns.guess_columns(table.headings)
    says = (
        "Row 3 names a person by identity number, not a line by reference. Ask somebody whose role includes identity"
        " numbers to import the file, or choose no column of identity numbers."
    )
    with refused(store, Forbidden, says):
        importing.preview(store, analyst, REGION, table, chosen)
    with refused(store, Forbidden, says):
        importing.import_file(store, analyst, REGION, table, chosen, {})
    assert [entry["action"] for entry in entries_of(store, "eva.ek", "refused")] == ["import_payments"]
    assert entries_of(store, "eva.ek", "done") == []
    by_reference = {column: heading for column, heading in chosen.items() if column not in ("identity", "given_on")}
    assert [one.outcome for one in importing.preview(store, analyst, REGION, table, by_reference).matches] == [
        "paid", "unknown",
    ]  # fmt: skip


def test_each_person_whose_lines_a_file_asks_about_is_logged_once_per_look(
    store: Store, actor: Actor, claim: int
) -> None:
    table = file_of(
        f"{PERSON};2026-10-12;150", f"{PERSON};2026-10-12;1", "199001019802;2026-10-12;1",
        heading="Personnummer;Dag;Belopp",
    )  # fmt: skip
    for _ in range(2):
        importing.preview(store, actor, REGION, table, columns.guess_columns(table.headings))
    (entry,) = entries_of(store, actor.user_id, "done")
    assert (entry["action"], entry["customer_id"], entry["why"]) == ("import_payments", 1, "claim")
    import_rows(store, actor, table)
    assert [one["customer_id"] for one in logged(store, "import_payments")] == [1, None]


def test_no_identity_number_of_a_file_is_stored_logged_or_named(
    store: Store, actor: Actor, anders: Customer, claim: int
) -> None:
    unknown, short = OTHER, f"{OTHER[2:8]}-{OTHER[8:]}"
    table = file_of(
        f"{unknown};2026-10-12;150;{short}", f"{short};2020-01-01;150;{unknown}", f"fel {short};2026-10-12;1;",
        heading="Personnummer;Vaccinationsdag;Belopp;Referens",
    )  # fmt: skip
    before = json.dumps(contents(store), default=str)
    made = import_rows(store, actor, table)
    assert made.rows_read == 3
    added = json.dumps({**contents(store), "claim_line": []}, default=str)
    assert [text in added for text in (unknown, unknown[2:], short)] == [False] * 3
    assert short not in before


def test_a_line_of_another_payer_is_not_paid(store: Store, actor: Actor, claim: int) -> None:
    other = add_claim(store, [Claimed(15_000, OTHER, 2, 9)], payer=OTHER_REGION)
    table = file_of(f"A{other}-1;{OTHER};2026-10-12;150", heading="Referens;Personnummer;Dag;Belopp")
    made = import_rows(store, actor, table)
    assert rows_of(store, actor, made.payment_file_id)[0][1:3] == ("paid", f"A{claim}-2")


def test_a_minus_line_is_paid_by_a_deduction(store: Store, actor: Actor, claim: int) -> None:
    import_rows(store, actor, file_of(f"A{claim}-1;150"))
    add_claim(store, [Claimed(-15_000, corrects=(claim, 1)), Claimed(10_000)])
    table = file_of(
        f"{PERSON};2026-10-12;Efluelda;−150,00", f"{PERSON};2026-10-12;Efluelda;100",
        heading="Personnummer;Dag;Vaccin;Belopp",
    )  # fmt: skip
    made = import_rows(store, actor, table)
    assert [one[1:3] for one in rows_of(store, actor, made.payment_file_id)] == [
        ("paid", f"A{claim + 1}-1"),
        ("paid", f"A{claim + 1}-2"),
    ]
    assert balances.payer_balance(store, actor, REGION).parts[LineStatus.PAID] == LineSums(3, 10_000, 10_000, 0, 0)


# A file withdrawn


def test_a_withdrawn_file_pays_nothing_stays_on_record_and_can_be_imported_anew(
    store: Store, actor: Actor, claim: int
) -> None:
    table = file_of(f"A{claim}-1;150", f"A{claim}-2;150", "A999-1;5")
    before = balances.payer_balance(store, actor, REGION)
    made = import_rows(store, actor, table)
    withdrawn = files.withdraw(store, actor, made.payment_file_id)
    assert (withdrawn.withdrawn_at, withdrawn.withdrawn_by_name) == (store.now(), actor.user_id)
    assert balances.payer_balance(store, actor, REGION) == before
    kept = rows_of(store, actor, made.payment_file_id)
    assert [one[1:4] for one in kept] == [
        ("paid", f"A{claim}-1", 15_000),
        ("paid", f"A{claim}-2", 15_000),
        ("unknown", "A999-1", 500),
    ]
    again = import_rows(store, actor, table)
    assert files.files(store, actor, REGION) == [again, withdrawn]
    assert balances.payer_balance(store, actor, REGION).received == 30_500
    changes = [one["detail"] for one in logged(store, "import_payments") if one["detail"]]
    assert [(detail["change"], detail["file"]) for detail in changes] == [
        ("imported", made.payment_file_id),
        ("withdrawn", made.payment_file_id),
        ("imported", again.payment_file_id),
    ]


def test_a_file_that_others_have_built_on_is_not_withdrawn(store: Store, actor: Actor, claim: int) -> None:
    first = import_rows(store, actor, file_of(f"A{claim}-1;100"))
    second = import_rows(store, actor, file_of(f"A{claim}-1;50"))
    apart = import_rows(store, actor, file_of(f"A{claim}-2;50"))
    says = f"A later file, {second.payment_file_id}, pays some of the same lines. Withdraw that one first."
    with refused(store, Conflict, says):
        files.withdraw(store, actor, first.payment_file_id)
    files.withdraw(store, actor, second.payment_file_id)
    files.withdraw(store, actor, first.payment_file_id)
    with refused(store, Conflict, "The file is withdrawn already."):
        files.withdraw(store, actor, first.payment_file_id)
    with refused(store, NotFound, "There is no such payment file."):
        files.withdraw(store, actor, 999)
    store.write(lambda tx: tx.execute("UPDATE claim SET state = 'closed' WHERE claim_id = $1", claim))
    with refused(store, Conflict, f"The file pays lines of claim {claim}, which is closed."):
        files.withdraw(store, actor, apart.payment_file_id)


# How lines stand


def test_every_line_stands_in_one_way_and_the_sums_agree(store: Store, actor: Actor, clock: SetClock) -> None:
    claim = add_claim(store, [Claimed(15_000, dose_id=n) for n in range(1, 6)])
    add_claim(store, [Claimed(7_000, dose_id=6)], sent_at=datetime(2026, 10, 1, 12))
    add_claim(store, [Claimed(99_999, dose_id=7)], state="draft", sent_at=None)
    add_claim(store, [Claimed(99_999, dose_id=8)], state="discarded", sent_at=None)
    add_claim(store, [Claimed(99_999, dose_id=9)], payer=OTHER_REGION)
    import_rows(store, actor, file_of(
        f"A{claim}-1;150", f"A{claim}-2;100", f"A{claim}-3;160", f"A{claim}-4;150", f"A{claim}-4;150", "A999-1;1",
    ))  # fmt: skip
    found = balances.payer_balance(store, actor, REGION)
    assert found.parts == {
        LineStatus.PAID: LineSums(1, 15_000, 15_000, 0, 0),
        LineStatus.UNDERPAID: LineSums(1, 15_000, 10_000, 5_000, 0),
        LineStatus.OVERPAID: LineSums(1, 15_000, 16_000, 0, 1_000),
        LineStatus.PAID_TWICE: LineSums(1, 15_000, 30_000, 0, 15_000),
        LineStatus.UNPAID: LineSums(1, 7_000, 0, 7_000, 0),
        LineStatus.AWAITED: LineSums(1, 15_000, 0, 15_000, 0),
    }
    assert found.total == LineSums(6, 82_000, 71_000, 27_000, 16_000)
    assert (found.claimed_lines, found.claimed, found.received) == (6, 82_000, 71_100)
    assert (found.unknown_rows, found.unknown, found.adds_up) == (1, 100, True)
    for one in LineStatus:
        listed = lists.first_rows(store, actor, lists.lines_with_status(store, actor, REGION, one), 100)
        assert len(listed) == found.parts[one].lines
        assert sum(line["claimed"] for line in listed) == found.parts[one].claimed
        assert sum(line["paid"] for line in listed) == found.parts[one].paid


@pytest.mark.parametrize(
    ("days", "at", "expected"),
    [
        (30, datetime(2026, 12, 1, 22, 59), LineStatus.AWAITED),
        (30, datetime(2026, 12, 1, 23, 0), LineStatus.UNPAID),
        (29, datetime(2026, 11, 30, 23, 0), LineStatus.UNPAID),
        (31, datetime(2026, 12, 2, 22, 59), LineStatus.AWAITED),
        (0, datetime(2026, 11, 1, 22, 59), LineStatus.AWAITED),
        (0, datetime(2026, 11, 1, 23, 0), LineStatus.UNPAID),
    ],
)
def test_a_line_is_unpaid_once_the_days_to_pay_are_over_in_stockholm(
    store: Store, actor: Actor, clock: SetClock, days: int, at: datetime, expected: LineStatus
) -> None:
    add_claim(store, [Claimed(15_000)])  # sent on 1 November
    assert balances.payer_terms(store, actor, REGION).days_to_pay == 30
    assert balances.set_days_to_pay(store, actor, REGION, days).days_to_pay == days
    clock.now = at.replace(tzinfo=UTC)
    assert list(balances.payer_balance(store, actor, REGION).parts) == [expected]


@pytest.mark.parametrize("days", [-1, balances.MOST_DAYS_TO_PAY + 1])
def test_days_to_pay_that_cannot_be_are_refused(store: Store, actor: Actor, claim: int, days: int) -> None:
    with refused(store, Invalid, "Write the days to pay: from 0 to 3650."):
        balances.set_days_to_pay(store, actor, REGION, days)
    with refused(store, Invalid, "Choose a payer."):
        balances.set_days_to_pay(store, actor, "Ingen", 30)


amounts = st.lists(st.tuples(st.integers(0, 3), st.integers(-200, 400)), min_size=1, max_size=12)


@given(st.lists(st.sampled_from([100, 150, -150, 275]), min_size=4, max_size=4), amounts)
def test_what_is_left_of_a_line_is_what_was_claimed_less_what_was_paid_before(
    claimed: list[int], payments: list[tuple[int, int]]
) -> None:
    lines = {(12, n): line(ore * 100, number=n, dose_id=n) for n, ore in enumerate(claimed)}
    rows = [row(ore * 100, number=n, reference=(12, place)) for n, (place, ore) in enumerate(payments, start=2)]
    found = matching.match(rows, lines, {}, VACCINES)
    assert [one.row for one in found] == rows
    for key, one in lines.items():
        its = [each for each in found if each.line == one]
        paid = sum(each.row.ore for each in its)
        last = its[-1].outcome if its else None
        assert (last == PaymentOutcome.PAID) == (bool(its) and paid == one.ore) or last == PaymentOutcome.PAID_TWICE
        assert [each.left for each in its] == [
            one.ore - sum(each.row.ore for each in its[:n]) for n in range(len(its))
        ], key


@pytest.mark.parametrize("seed", range(3))
def test_claimed_is_paid_and_outstanding_less_overpaid_whatever_is_paid(store: Store, actor: Actor, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    claimed = {n: chance.choice([10_000, 15_000, -15_000, 27_550]) for n in range(1, 41)}
    claim = add_claim(store, [Claimed(ore, dose_id=n) for n, ore in claimed.items()])
    paid: Counter[int] = Counter()
    for _ in range(3):
        payments = [(chance.randint(1, 45), chance.choice([0, 50, 100, 150, -150, 300])) for _ in range(40)]
        import_rows(store, actor, file_of(*(f"A{claim}-{place};{kronor}" for place, kronor in payments)))
        for place, kronor in payments:
            paid[place] += kronor * 100
    found = balances.payer_balance(store, actor, REGION)
    assert found.adds_up
    assert (found.claimed, found.received) == (sum(claimed.values()), paid.total())
    left = [ore - paid[n] for n, ore in claimed.items()]
    towards = [rest if (rest > 0) == (ore > 0) else 0 for rest, ore in zip(left, claimed.values(), strict=True)]
    assert found.total.outstanding == sum(towards)
    assert found.total.overpaid == sum(towards) - sum(left)
    assert found.unknown == sum(ore for n, ore in paid.items() if n > 40)


@pytest.mark.both_engines
def test_a_claim_is_answered_when_every_line_of_it_has_been_paid_or_refused(
    store: Store, actor: Actor, claim: int
) -> None:
    import_rows(store, actor, file_of(f"A{claim}-1;150", f"A{claim}-2;0", f"A{claim}-3;1"))
    assert balances.answered(store, actor, REGION) == []
    last = import_rows(store, actor, file_of(f"A{claim}-4;150"))
    assert balances.answered(store, actor, REGION) == [claim]
    files.withdraw(store, actor, last.payment_file_id)
    assert balances.answered(store, actor, REGION) == []
    import_rows(store, actor, file_of(f"A{claim}-4;150"))
    ledger.move(store, actor, claim, 1, ledger.ClaimState.ANSWERED)
    assert balances.answered(store, actor, REGION) == []
    assert balances.payer_balance(store, actor, REGION).adds_up


# Lists taken out


def test_a_list_is_taken_out_as_csv_in_the_readers_language_and_logged(store: Store, actor: Actor, claim: int) -> None:
    made = import_rows(store, actor, file_of(
        f"A{claim}-1;149,50;2026-11-02", f"A{claim}-2;150;2026-11-02", ";-7,5;", heading="Referens;Belopp;Utbetald",
    ))  # fmt: skip
    listing = lists.lines_with_status(store, actor, REGION, LineStatus.UNDERPAID)
    text = b"".join(lists.csv_chunks(store, actor, listing)).decode()
    assert text == (
        "\ufeffAnspråksrad;Dosens dag;Vaccin;Enhet;Skickat;Begärt (kr);Betalt (kr);Skillnad (kr);Utbetald\r\n"
        f"A{claim}-1;2026-10-12;Efluelda;Mottagning Norr;2026-11-01;150,00;149,50;-0,50;2026-11-02\r\n"
    )
    text = b"".join(lists.csv_chunks(store, actor, lists.unknown_payments(actor, REGION), ENGLISH)).decode()
    assert text.splitlines() == [
        "\ufeffFile;Row in the file;Claim line;Paid (kr);Day paid;Why",
        f"{made.payment_file_id};4;;-7.50;;"
        "The row names no line: neither a reference nor a valid identity number with a day.",
    ]
    text = b"".join(
        lists.csv_chunks(store, actor, lists.payments_in_file(actor, made.payment_file_id), ENGLISH)
    ).decode()
    assert text.splitlines()[1:3] == [
        f"2;Underpaid;A{claim}-1;2026-10-12;Efluelda;Mottagning Norr;150.00;149.50;-0.50;2026-11-02;",
        f"3;Paid;A{claim}-2;2026-10-12;Efluelda;Mottagning Norr;150.00;150.00;0.00;2026-11-02;",
    ]
    chosen = lists.payments_in_file(actor, made.payment_file_id, PaymentOutcome.UNKNOWN)
    assert [one["row_number"] for one in lists.first_rows(store, actor, chosen, 9)] == [4]
    assert [one["detail"] for one in logged(store, "view_reimbursement")] == [
        {"list": "underpaid", "payer": REGION},
        {"list": "unknown", "payer": REGION},
        {"list": "payments", "file": made.payment_file_id},
    ]


# Units


@pytest.fixture
def of_soder() -> Actor:
    return Actor("eva.ek", "Eva Ek", Role.ANALYST, "soder")


def test_a_file_that_pays_lines_of_other_units_is_for_somebody_who_has_them(
    store: Store, actor: Actor, of_soder: Actor
) -> None:
    claim = add_claim(store, [Claimed(15_000, unit_id="soder"), Claimed(15_000, dose_id=2)])
    table = file_of(f"A{claim}-1;150", f"A{claim}-2;150")
    chosen = columns.guess_columns(table.headings)
    says = "Row 3 pays for a dose of a unit that is not yours. Ask somebody who has all of the units."
    with refused(store, Forbidden, says):
        importing.preview(store, of_soder, REGION, table, chosen)
    with refused(store, Forbidden, says):
        importing.import_file(store, of_soder, REGION, table, chosen, {})
    made = import_rows(store, actor, table)
    says = "The file pays for doses of units that are not yours. Ask somebody who has all of them."
    with refused(store, Forbidden, says):
        files.withdraw(store, of_soder, made.payment_file_id)
    assert [one[0] for one in rows_of(store, of_soder, made.payment_file_id)] == [2]
    found = balances.payer_balance(store, of_soder, REGION)
    assert (found.total, found.received, found.adds_up) == (LineSums(1, 15_000, 15_000, 0, 0), 15_000, True)
    assert (
        len(lists.first_rows(store, of_soder, lists.lines_with_status(store, of_soder, REGION, LineStatus.PAID), 9))
        == 1
    )
    assert balances.answered(store, of_soder, REGION) == []
    assert balances.answered(store, actor, REGION) == [claim]


def test_somebody_with_a_unit_imports_what_is_for_it(store: Store, of_soder: Actor) -> None:
    claim = add_claim(store, [Claimed(15_000, unit_id="soder"), Claimed(15_000, dose_id=2)])
    made = import_rows(store, of_soder, file_of(f"A{claim}-1;150", "A999-9;1"))
    assert [one[1] for one in rows_of(store, of_soder, made.payment_file_id)] == ["paid", "unknown"]


@pytest.mark.parametrize("paid", ["2062-01-01", "2027-01-01", "1926-11-22", "1066-10-14"])
def test_a_day_on_which_nothing_can_be_paid_is_told(paid: str) -> None:
    table = file_of(f"A1-1;150;{paid}", heading="Rad;Kronor;Betaldag")
    (problem,) = columns.read_payments(table, columns.guess_columns(table.headings), TODAY).problems
    assert (problem.row, problem.column) == (2, "Betaldag")
    assert paid in problem.label(ENGLISH)


def test_a_payer_may_tell_what_it_will_pay() -> None:
    table = file_of(f"A1-1;150;{TODAY + timedelta(days=25)}", heading="Rad;Kronor;Betaldag")
    assert columns.read_payments(table, columns.guess_columns(table.headings), TODAY).problems == []


def test_a_day_of_the_dose_that_is_to_come_is_told() -> None:
    table = file_of(f"{PERSON};{TODAY + timedelta(days=1)};150", heading="Personnummer;Vaccinationsdag;Belopp")
    (problem,) = columns.read_payments(table, columns.guess_columns(table.headings), TODAY).problems
    assert problem.column == "Vaccinationsdag"


def test_any_dash_is_the_hyphen_of_a_reference() -> None:
    table = file_of("A1\N{EN DASH}3;150", "a1 \N{MINUS SIGN} 4;150", heading="Rad;Kronor")
    found = columns.read_payments(table, columns.guess_columns(table.headings), TODAY)
    assert [row.reference for row in found.rows] == [(1, 3), (1, 4)]
