"""What a file says without a store: its columns, what is named in it, the template, and the file to mend."""

from __future__ import annotations

import codecs
from contextlib import closing
from datetime import date
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest

from mv import catalogue
from mv.access import Actor
from mv.catalogue import Catalogue
from mv.customers import Customer
from mv.errors import Invalid
from mv.export import Csv, Format, Xlsx
from mv.i18n import ENGLISH, SWEDISH, explain, translate
from mv.registration.code_lookup import CodeLookup
from mv.registration.file_import import columns, templates
from mv.registration.file_import.columns import NAMES, Column
from mv.registration.file_import.plan import RowState
from mv.store import Store, open_store
from mv.tabular_files import reading
from mv.tabular_files.table import Table
from tests.conftest import TODAY, SetClock, invented_number
from tests.registration.people_files import plan, problems, states, table

GONE = {RowState.READY, RowState.REPEATED}


@pytest.fixture
def known(duckdb_file: Path) -> Catalogue:
    with closing(open_store(str(duckdb_file), SetClock())) as store:
        return catalogue.load(store)


@pytest.mark.parametrize(
    ("headings", "found"),
    [
        ("Pnr;Grupp;Datum", {"identity": "Pnr", "group": "Grupp", "valid_from": "Datum"}),
        (
            "Personnr;Kundgrupp;Datum;Vaccin;Batchnr",
            {"identity": "Personnr", "group": "Kundgrupp", "given_on": "Datum", "vaccine": "Vaccin"},
        ),
        (
            "Identity number;Customer group;Sub-group;Valid from;Valid to;Clinic",
            {
                "identity": "Identity number", "group": "Customer group", "subgroup": "Sub-group",
                "valid_from": "Valid from", "valid_to": "Valid to", "unit": "Clinic",
            },
        ),
        (
            "Patientens personnummer;Undergrupp;Kundgrupp;Fr.o.m.;T.o.m.;Född;What is wrong;Vad som är fel",
            {
                "identity": "Patientens personnummer", "subgroup": "Undergrupp", "group": "Kundgrupp",
                "valid_from": "Fr.o.m.", "valid_to": "T.o.m.", "birth_date": "Född",
            },
        ),
        ("A;B;C", {}),
    ],
)  # fmt: skip
def test_columns_are_guessed_from_what_they_are_called(headings: str, found: dict[str, str]) -> None:
    assert columns.guess(headings.split(";")) == found


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("form", [Csv(), Xlsx()], ids=["csv", "xlsx"])
def test_the_template_has_every_column_under_a_heading_that_is_guessed_and_nobody_in_it(
    form: Format, language: str
) -> None:
    data = b"".join(templates.template(form, language))
    if isinstance(form, Csv):
        assert data.startswith(codecs.BOM_UTF8)
        (line,) = data.decode("utf-8-sig").splitlines()
        headings = [cell.strip('"') for cell in line.split(";")]
    else:
        (row,) = openpyxl.load_workbook(BytesIO(data)).worksheets[0].iter_rows(values_only=True)
        headings = [str(cell) for cell in row]
    assert columns.guess(headings) == {column: translate(name, language) for column, name in NAMES.items()}


@pytest.mark.parametrize(
    ("chosen", "says"),
    [
        ({Column.GROUP: "B", Column.VALID_FROM: "C"}, "holds the identity number"),
        ({Column.IDENTITY: "A", Column.VALID_FROM: "C"}, "holds the customer group"),
        ({Column.IDENTITY: "A", Column.GROUP: "B"}, "the first day of the group, or the day of the dose"),
        ({Column.IDENTITY: "A", Column.GROUP: "B", Column.GIVEN_ON: "C"}, "or none of them"),
        ({Column.IDENTITY: "A", Column.GROUP: "B", Column.VALID_FROM: "B"}, "for one thing only"),
    ],
)
def test_a_column_that_is_missing_is_asked_for(chosen: dict[Column, str], says: str) -> None:
    with pytest.raises(Invalid, match=says):
        columns.check(chosen)


def test_columns_are_named_by_json_too() -> None:
    headings = ("Pnr", "Grupp", "Datum", "Övrigt")
    assert columns.from_json('{"group": "Övrigt", "valid_from": null}', headings) == {
        "identity": "Pnr", "group": "Övrigt",
    }  # fmt: skip
    for text in ('{"group": "Annat"}', '{"grupp": "Grupp"}', '{"group": 1}', "[]", "{"):
        with pytest.raises(Invalid):
            columns.from_json(text, headings)


def test_what_the_catalogue_has_is_named_by_code_or_name_in_either_language_and_any_case(known: Catalogue) -> None:
    names = CodeLookup(known)
    assert {names.group(text) for text in ("65_plus", "65 ÅR OCH ÄLDRE", "65 years and older ")} == {"65_plus"}
    assert {names.subgroup("staff", text) for text in ("home_care", "hemtjänst", "Home care")} == {"home_care"}
    assert {names.vaccine(text) for text in ("efluelda", "EFLUELDA")} == {"efluelda"}
    assert {names.unit(text) for text in ("norr", "mottagning norr")} == {"norr"}
    for read, says in (
        (lambda: names.group("Graviid"), "There is no group “Graviid”. Did you mean: Gravid?"),
        (lambda: names.subgroup("pregnant", "x"), "The group Pregnant has no subgroups."),
        (lambda: names.group(invented_number(date(1950, 1, 2))), "There is no group “…”."),
    ):
        with pytest.raises(Invalid) as caught:
            read()
        assert explain(caught.value, ENGLISH).startswith(says)
    with pytest.raises(Invalid) as caught:
        names.subgroup("staff", "zzz")
    for language, name in ((SWEDISH, "Hemtjänst"), (ENGLISH, "Home care")):
        told = explain(caught.value, language)
        assert (name in told, "home_care" in told) == (True, False)


def mended(data: bytes, *, xlsx: bool) -> Table:
    """Return what the file with the reasons holds, without the rows that have one."""
    read = reading.read_table(BytesIO(data))
    assert (read.delimiter is None) == xlsx
    assert read.headings[-1] == "What is wrong"
    kept = [record for record in read.records if not record.cells[-1]]
    return Table(read.headings, kept, read.encoding, read.delimiter)


@pytest.mark.parametrize("xlsx", [False, True])
def test_the_file_to_mend_has_every_row_as_it_was_and_the_reasons_last(
    store: Store, actor: Actor, anders: Customer, xlsx: bool
) -> None:
    new = invented_number(date(1950, 5, 5))
    rows = [
        f"{anders.identity};65_plus;;{TODAY}", f"{new};65_plus;;{TODAY};;;;;;Åke;'t Hooft",
        f"{new[:-1]}x;=1+1;;i går", f"{anders.identity};65_plus;;{TODAY}",
    ]  # fmt: skip
    read = table(*rows)
    if xlsx:
        book = openpyxl.Workbook()
        for cells in (read.headings, *(record.cells for record in read.records)):
            book.worksheets[0].append([cell if not cell.startswith("=") else f"'{cell}" for cell in cells])
        out = BytesIO()
        book.save(out)
        read = reading.read_table(BytesIO(out.getvalue()))
    found = plan(store, actor, read)
    assert states(found)[2] is RowState.WRONG
    data = b"".join(templates.with_problems(read, found, "en"))
    again = reading.read_table(BytesIO(data))
    assert [len(record.cells) for record in again.records] == [12] * 4
    reasons = [record.cells[-1] for record in again.records]
    assert [bool(reason) for reason in reasons] == [False, False, True, False]
    assert "Första dag: “i går” is no day." in reasons[2]
    assert set(states(plan(store, actor, mended(data, xlsx=xlsx)))) == GONE
    (line,) = [line for line in plan(store, actor, mended(data, xlsx=xlsx)).lines if line.customer and line.number == 3]
    assert line.customer is not None
    assert line.customer.family_name == "'t Hooft"
    assert templates.problems_filename(read, TODAY) == f"att_ratta_{TODAY}.{'xlsx' if xlsx else 'csv'}"
    assert problems(plan(store, actor, again))[0][0] == 4
