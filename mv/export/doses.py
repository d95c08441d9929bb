"""Doses as rows of a file, each with its person, the group that counted, the verdict and the reason for it."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from functools import partial

import pandas as pd
import pyarrow as pa

from mv import audit, catalogue
from mv.access import Action, Actor, in_own_units, require_unit
from mv.audit import ExportedList
from mv.catalogue import Catalogue
from mv.errors import N_, Invalid
from mv.export import groups, pipeline
from mv.export.formats import Format
from mv.export.formats.csv import Csv
from mv.export.progress import Progress
from mv.export.schema import Codes, Column, Headings, Kind, Layout, instants, kronor
from mv.i18n import ENGLISH, SWEDISH, translate
from mv.pseudonyms import Pseudonyms
from mv.reimbursement.pricing import assessment, dose_frames, wording
from mv.reimbursement.pricing.adjudication import Outcome
from mv.reimbursement.pricing.assessment import PaymentState
from mv.reimbursement.rules import rule_table
from mv.reimbursement.rules.rule_table import Rule
from mv.store import Store
from mv.store.engine import Transaction
from mv.store.where import Where

TITLE = N_("Doses")
DOSE = (
    Column("given_on", N_("Given"), Kind.DAY),
    Column("vaccine", N_("Vaccine")),
    Column("atc", N_("ATC code")),
    Column("batch_number", N_("Batch")),
    Column("dose_number", N_("Dose number"), Kind.WHOLE),
    Column("group", N_("Group that counts")),
    Column("subgroup", N_("Subgroup")),
    Column("unit", N_("Unit")),
    Column("registered_at", N_("Registered at"), Kind.INSTANT),
    Column("verdict", N_("Verdict on the payment")),
    Column("why", N_("Why")),
    Column("state", N_("State of the payment")),
    Column("payer", N_("Payer")),
    Column("kronor", N_("To be paid (kr)"), Kind.KRONOR),
    Column("paid", N_("Paid (kr)"), Kind.KRONOR),
    Column("at_risk", N_("At risk (kr)"), Kind.KRONOR),
    Column("lost", N_("Lost (kr)"), Kind.KRONOR),
    Column("last_day", N_("Last day to register"), Kind.DAY),
    Column("product_code", N_("Vaccine code")),
    Column("group_code", N_("Group code")),
    Column("subgroup_code", N_("Subgroup code")),
    Column("unit_id", N_("Unit code")),
    Column("dose_id", N_("Dose (number)"), Kind.WHOLE),
    Column("version", N_("Row version"), Kind.WHOLE),
)
STATE_NAMES = {
    PaymentState.PAID: N_("paid in full"),
    PaymentState.PAYABLE: N_("payable"),
    PaymentState.AT_RISK: N_("at risk"),
    PaymentState.LOST: N_("lost"),
    PaymentState.OUTSIDE: N_("not paid for"),
}
PERSONS = """
    SELECT customer_id, identity AS customer_identity, given_name || ' ' || family_name AS customer_name
    FROM customer WHERE customer_id BETWEEN $1 AND $2
"""
COUNT = "SELECT count(*) AS rows FROM dose d WHERE {where}"
ORE_COLUMNS = {"kronor": "ore", "paid": "paid", "at_risk": "at_risk", "lost": "lost"}
"""Columns of kronor, and of öre that they are made of."""


@dataclass(frozen=True, slots=True)
class DoseFilters:
    """Filters on doses: given from one day to another, both included, at a unit, of a product, with a group."""

    given_from: date | None = None
    given_to: date | None = None
    unit_id: str | None = None
    product_code: str | None = None
    group_code: str | None = None

    def given(self) -> dict[str, object]:
        """Return the filters that are set, by name."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def doses_file(
    store: Store,
    actor: Actor,
    filters: DoseFilters,
    form: Format = Csv(),  # noqa: B008 (it is frozen)
    *,
    headings: Headings = ENGLISH,
    pseudonyms: Pseudonyms | None = None,
    progress: Progress | None = None,
) -> Generator[bytes]:
    """Log the export and return the file piece by piece: the headings, then the doses by customer and day.

    The doses are those given at the actor's own units, withdrawn ones too, each judged by the present rules.
    ``pseudonyms`` replace identity numbers and names; without them, the actor's role has to include identity numbers.
    Raises Forbidden and Invalid at once; Cancelled after a piece, once ``progress`` is cancelled.
    """
    known = catalogue.load(store)
    _check(store, actor, filters, known, pseudonyms)
    watched = progress or Progress()
    watched.begin(_count_and_log(store, actor, filters, pseudonyms))
    found_rules = rule_table.load(store)
    rows = _rows(store, actor, filters, found_rules, known, headings)
    shape = partial(_shape, known=known, headings=headings, pseudonyms=pseudonyms)
    return pipeline.pieces(layout(headings, pseudonyms), rows, shape, form, watched)


def layout(headings: Headings, pseudonyms: Pseudonyms | None = None) -> Layout:
    """Return the layout of a file; ``headings`` is also the language of the title."""
    return Layout.of(TITLE, (groups.PSEUDONYM if pseudonyms else groups.IDENTITY) + DOSE, headings)


def filename(filters: DoseFilters, today: date, form: Format) -> str:
    """Compose the file name, without personal data."""
    days = "_".join(str(day) for day in (filters.given_from, filters.given_to) if day)
    return f"doser_{days + '_' if days else ''}uttagna_{today}.{form.suffix}"


def _check(store: Store, actor: Actor, filters: DoseFilters, known: Catalogue, pseudonyms: Pseudonyms | None) -> None:
    audit.permit(store, actor, Action.EXPORT_DOSES)
    if pseudonyms is None:
        audit.permit(store, actor, Action.EXPORT_IDENTITIES)
    if filters.given_from and filters.given_to and filters.given_from > filters.given_to:
        raise Invalid(N_("The period's first day is after its last. Change one of them."))
    for code, codes in (
        (filters.unit_id, known.units),
        (filters.product_code, known.vaccines),
        (filters.group_code, known.groups),
    ):
        if code is not None and code not in codes:
            raise Invalid(N_("There is nothing with the code {code} in the catalogue."), code=code)
    if filters.unit_id is not None:
        with audit.refusals(store, actor, Action.EXPORT_DOSES):
            require_unit(actor, filters.unit_id)


def _count_and_log(store: Store, actor: Actor, filters: DoseFilters, pseudonyms: Pseudonyms | None) -> int:
    """Log the export with its filters, and return the number of doses."""
    where = Where()
    where.add("given_on >= {}", filters.given_from)
    where.add("given_on <= {}", filters.given_to)
    where.add("unit_id = {}", filters.unit_id)
    where.add("product_code = {}", filters.product_code)
    where.add("group_code = {}", filters.group_code)
    where.add_numbered(*in_own_units(actor, "unit_id", where.next_number))

    def work(tx: Transaction) -> int:
        count: int = tx.rows(COUNT.format(where=where), *where.params)[0]["rows"]
        audit.record_export(
            tx, store.now(), actor, ExportedList.DOSES,
            rows=count, identities=pseudonyms is None, filters=filters.given(),
        )  # fmt: skip
        return count

    return store.write(work)


def _rows(
    store: Store,
    actor: Actor,
    filters: DoseFilters,
    found_rules: Sequence[Rule],
    known: Catalogue,
    headings: Headings,
) -> Generator[pa.Table]:
    """Yield the judged doses with their persons, for a part of the customers at a time."""
    for first, last in dose_frames.customer_ranges(store):
        frame = assessment.assess_customers(store, found_rules, known, first, last)
        frame = frame[_filter_mask(frame, actor, filters)]
        if frame.empty:
            continue
        payers = pd.Series([rule.payer for rule in found_rules], dtype="str")
        payable = (frame["outcome"] == Outcome.PAYABLE.value) & (frame["rule"] >= 0)
        frame = frame.assign(
            why=wording.explain_all(frame, found_rules, known, headings),
            payer=frame["rule"].where(payable).map(payers),
        )
        with store.batches(PERSONS, first, last) as reader:
            persons = reader.read_all().to_pandas()
        yield pa.Table.from_pandas(frame.merge(persons, on="customer_id", how="left"), SCHEMA, preserve_index=False)


def _filter_mask(frame: pd.DataFrame, actor: Actor, filters: DoseFilters) -> pd.Series:
    taken = pd.Series(True, frame.index)
    if not actor.has_every_unit:
        taken &= frame["unit_id"].isin(actor.own_units)
    if filters.given_from:
        taken &= frame["given_on"] >= pd.Timestamp(filters.given_from)
    if filters.given_to:
        taken &= frame["given_on"] <= pd.Timestamp(filters.given_to)
    for name in ("unit_id", "product_code", "group_code"):
        if (code := getattr(filters, name)) is not None:
            taken &= (frame[name] == code).fillna(False)
    return taken.astype(bool)


SCHEMA = pa.schema(
    {
        "customer_id": pa.int64(),
        "customer_identity": pa.string(),
        "customer_name": pa.string(),
        "birth_date": pa.date32(),
        "given_on": pa.date32(),
        "last_day": pa.date32(),
        "registered_at": pa.timestamp("us"),
        **dict.fromkeys(("dose_id", "dose_number", "version", *ORE_COLUMNS.values()), pa.int64()),
        **dict.fromkeys(
            ("product_code", "atc", "batch_number", "group_code", "subgroup_code", "unit_id", "why", "payer"),
            pa.string(),
        ),
        "outcome": pa.string(),
        "state": pa.string(),
    }
)
"""What is read of a dose, of which :func:`_shape` makes the file's columns."""


def _shape(rows: pa.Table, known: Catalogue, headings: Headings, pseudonyms: Pseudonyms | None) -> pd.DataFrame:
    """Shape judged doses into a frame that fits :func:`layout`."""
    frame: pd.DataFrame = rows.to_pandas(types_mapper=pd.ArrowDtype)
    named = groups.code_names(known, headings)
    vaccines = {code: vaccine.name for code, vaccine in known.vaccines.items()}
    outcomes, states = (
        {code.value: translate(word, SWEDISH) for code, word in words.items()} if headings == SWEDISH else {}
        for words in (wording.OUTCOME_NAMES, STATE_NAMES)
    )
    group, subgroup, unit, product = (
        Codes.of(frame[column]) for column in ("group_code", "subgroup_code", "unit_id", "product_code")
    )
    shaped = {
        "vaccine": product.called(vaccines),
        "product_code": product.called(),
        "group": group.called(named["group"]),
        "subgroup": subgroup.within(group).called(named["subgroup"]),
        "unit": unit.called(named["unit"]),
        "group_code": group.called(),
        "subgroup_code": subgroup.called(),
        "unit_id": unit.called(),
        "verdict": Codes.of(frame["outcome"]).called(outcomes),
        "state": Codes.of(frame["state"]).called(states),
        **{name: Codes.of(frame[name]).called() for name in ("atc", "batch_number", "why", "payer")},
        "registered_at": instants(frame["registered_at"]).array,
        **{name: kronor(rows[ore]) for name, ore in ORE_COLUMNS.items()},
    }
    if pseudonyms:
        shaped["customer_pseudonym"] = pseudonyms.of_all(frame["customer_id"]).array
        shaped["birth_year"] = frame["birth_date"].dt.year.array
    columns = (groups.PSEUDONYM if pseudonyms else groups.IDENTITY) + DOSE
    return pd.DataFrame({c.name: shaped[c.name] if c.name in shaped else frame[c.name].array for c in columns})
