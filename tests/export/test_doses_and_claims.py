"""Doses with their verdicts, and the lines of claims, taken out as files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import BytesIO

import pandas as pd
import pytest

from mv import catalogue, sample
from mv.access import Action, Actor, Role
from mv.errors import Forbidden, Invalid
from mv.export import Csv, Format, Parquet, Xlsx
from mv.export.claims import claims_file
from mv.export.doses import DoseFilters, doses_file
from mv.i18n import SWEDISH
from mv.pseudonyms import Pseudonyms
from mv.reimbursement.claims import drafting, ledger
from mv.reimbursement.pricing import assessment
from mv.reimbursement.rules import rule_table
from mv.store import Store
from tests.conftest import TODAY
from tests.contents import logged

PSEUDONYMS = Pseudonyms("k" * 64)
ANALYST = Actor("per.ek", "Per Ek", Role.ANALYST, "norr")
REGION = "Exempelregionen"
FORMATS = [Csv(), Parquet(), Xlsx()]


@pytest.fixture
def clinic(store: Store) -> Store:
    """A store with invented people."""
    sample.make(store, 400, 3)
    return store


def table(chunks: Iterable[bytes], form: Format) -> pd.DataFrame:
    """Return a file as texts, nothing where nothing stands."""
    content = BytesIO(b"".join(chunks))
    if form.suffix == "csv":
        return pd.read_csv(content, sep=";", dtype=str, keep_default_na=False, encoding="utf-8-sig")
    return pd.read_parquet(content)


def kronor(texts: pd.Series) -> Decimal:
    return sum((Decimal(text.replace(",", ".")) for text in texts), Decimal())


def assessed(store: Store, actor: Actor) -> pd.DataFrame:
    parts = assessment.assess_units(store, actor.units_to_filter, rule_table.load(store), catalogue.load(store))
    return pd.concat(parts, ignore_index=True)


def test_every_dose_is_in_the_file_once_with_its_verdict_and_its_kronor(clinic: Store, actor: Actor) -> None:
    rows = table(doses_file(clinic, actor, DoseFilters()), Csv())
    expected = assessed(clinic, actor)
    assert rows["dose_id"].astype(int).tolist() == expected["dose_id"].tolist()
    assert rows["verdict"].tolist() == expected["outcome"].tolist()
    assert rows["state"].tolist() == expected["state"].tolist()
    for column, ore in (("kronor", "ore"), ("at_risk", "at_risk"), ("lost", "lost"), ("paid", "paid")):
        assert kronor(rows[column]) == Decimal(int(expected[ore].sum())) / 100
    assert kronor(rows["kronor"]) > 0
    assert (rows.loc[rows["verdict"] == "payable", "why"].str.contains("pays")).all()
    assert (rows.loc[rows["verdict"] != "payable", "payer"] == "").all()


def test_swedish_headings_come_with_swedish_words(clinic: Store, actor: Actor) -> None:
    rows = table(doses_file(clinic, actor, DoseFilters(), headings=SWEDISH), Csv())
    assert {"Kundens personnummer", "Kundgrupp som räknas", "Bedömning av ersättningen", "Varför"} <= set(rows.columns)
    assert "ersätts enligt regel" in set(rows["Bedömning av ersättningen"])
    assert "ska betalas" in set(rows["Ersättningens läge"])


@pytest.mark.parametrize(
    "filters",
    [
        DoseFilters(given_from=date(2026, 1, 1)),
        DoseFilters(given_to=date(2025, 12, 31)),
        DoseFilters(given_from=date(2025, 11, 1), given_to=date(2025, 11, 30)),
        DoseFilters(unit_id="norr"),
        DoseFilters(product_code="efluelda"),
        DoseFilters(group_code="65_plus", product_code="comirnaty"),
    ],
    ids=lambda filters: "-".join(filters.given()),
)
def test_a_filter_takes_the_doses_that_it_names_and_the_log_tells_how_many(
    clinic: Store, actor: Actor, filters: DoseFilters
) -> None:
    everything = assessed(clinic, actor)
    given = everything["given_on"].dt.date
    fits = pd.Series(True, everything.index)
    fits &= given >= (filters.given_from or date.min)
    fits &= given <= (filters.given_to or date.max)
    for column in ("unit_id", "product_code", "group_code"):
        code = getattr(filters, column)
        fits &= (everything[column] == code) if code else True
    rows = table(doses_file(clinic, actor, filters), Csv())
    assert 0 < len(rows) < len(everything)
    assert set(rows["dose_id"].astype(int)) == set(everything.loc[fits, "dose_id"])
    detail = logged(clinic, Action.EXPORT_DOSES)[-1]["detail"]
    assert (detail["rows"], detail["identities"], set(detail["filters"])) == (len(rows), True, set(filters.given()))


def test_an_analyst_has_pseudonyms_of_own_units_and_no_names(clinic: Store) -> None:
    with pytest.raises(Forbidden):
        doses_file(clinic, ANALYST, DoseFilters())
    with pytest.raises(Forbidden):
        doses_file(clinic, ANALYST, DoseFilters(unit_id="soder"), pseudonyms=PSEUDONYMS)
    content = b"".join(doses_file(clinic, ANALYST, DoseFilters(), pseudonyms=PSEUDONYMS))
    rows = table([content], Csv())
    assert set(rows["unit_id"]) == {"norr"}
    assert list(rows.columns[:3]) == ["customer_pseudonym", "birth_year", "given_on"]
    with clinic.read() as tx:
        people = tx.rows("SELECT identity, given_name || ' ' || family_name AS name FROM customer")
    text = content.decode()
    assert not [one for one in people if one["identity"] in text or one["name"] in text]


def test_what_cannot_be_is_said_before_anything_is_made(clinic: Store, actor: Actor) -> None:
    with pytest.raises(Invalid):
        doses_file(clinic, actor, DoseFilters(given_from=TODAY, given_to=date(2020, 1, 1)))
    with pytest.raises(Invalid):
        doses_file(clinic, actor, DoseFilters(group_code="nobody"))
    assert logged(clinic, Action.EXPORT_DOSES) == []


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.suffix)
def test_the_same_doses_and_lines_are_the_same_bytes(clinic: Store, actor: Actor, form: Format) -> None:
    drafting.draft(clinic, actor, REGION, date(2025, 7, 1), TODAY)
    for make in (
        lambda: doses_file(clinic, actor, DoseFilters(), form),
        lambda: claims_file(clinic, actor, None, form),
    ):
        assert b"".join(make()) == b"".join(make())


def test_amounts_and_days_have_their_types_in_a_parquet_file(clinic: Store, actor: Actor) -> None:
    rows = table(doses_file(clinic, actor, DoseFilters(), Parquet()), Parquet())
    assert all(isinstance(value, Decimal) for value in rows["kronor"])
    assert all(isinstance(value, date) for value in rows["given_on"])


def test_the_lines_of_claims_stand_as_they_were_claimed_with_what_was_paid(clinic: Store, actor: Actor) -> None:
    claim = drafting.draft(clinic, actor, REGION, date(2025, 7, 1), TODAY)
    ledger.move(clinic, actor, claim.claim_id, claim.version, ledger.ClaimState.SENT)
    clinic.write(
        lambda tx: tx.execute(
            "INSERT INTO payment (payment_file_id, row_number, ore, claim_id, line_number, outcome)"
            " VALUES (1, 1, 15000, $1, 1, 'paid')",
            claim.claim_id,
        )
    )
    before = b"".join(claims_file(clinic, actor))
    rows = table([before], Csv())
    assert len(rows) == claim.lines > 1
    assert kronor(rows["kronor"]) == Decimal(claim.ore) / 100
    assert set(rows["state"]) == {"sent"}
    assert rows["paid"].tolist() == ["150,00"] + ["0,00"] * (len(rows) - 1)
    # What becomes of the people and the doses afterwards changes no line.
    clinic.write(lambda tx: tx.execute("UPDATE customer SET given_name = 'Anna', identity = identity || 'x'"))
    clinic.write(lambda tx: tx.execute("UPDATE dose SET product_code = 'fsme_immun', group_code = NULL"))
    assert b"".join(claims_file(clinic, actor)) == before
    assert len(table(claims_file(clinic, actor, "Staten"), Csv())) == 0


def test_claims_of_other_units_are_in_nobodys_file_but_their_own(clinic: Store, actor: Actor) -> None:
    drafting.draft(clinic, replace(actor, units=frozenset({"norr"})), REGION, date(2025, 7, 1), TODAY)
    at_norr = table(claims_file(clinic, ANALYST, pseudonyms=PSEUDONYMS), Csv())
    assert len(at_norr) > 0
    assert list(at_norr.columns[:2]) == ["customer_pseudonym", "claim"]
    doses = table(doses_file(clinic, ANALYST, DoseFilters(), pseudonyms=PSEUDONYMS), Csv())
    assert not set(at_norr["customer_pseudonym"]) & set(doses["customer_pseudonym"])
    assert not {"dose_id", "registered_at"} & set(at_norr.columns)  # each would lead to the dose, and so to the person
    at_soder = replace(ANALYST, unit_id="soder")
    assert len(table(claims_file(clinic, at_soder, pseudonyms=PSEUDONYMS), Csv())) == 0
    with pytest.raises(Forbidden):
        claims_file(clinic, ANALYST)
