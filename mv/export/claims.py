"""Claim lines as rows of a file: the lines as they were claimed, and the amounts paid for them."""

from __future__ import annotations

from collections.abc import Generator
from datetime import date
from functools import partial

import pandas as pd
import pyarrow as pa
from pandas.api.extensions import ExtensionArray

from mv import audit
from mv.access import Action, Actor
from mv.audit import ExportedList
from mv.errors import N_
from mv.export import groups, pipeline
from mv.export.formats import Format
from mv.export.formats.csv import Csv
from mv.export.progress import Progress
from mv.export.schema import Codes, Column, Headings, Kind, Layout, instants, kronor
from mv.i18n import ENGLISH, SWEDISH, translate
from mv.pseudonyms import TEXT, Pseudonyms
from mv.reimbursement.claims import ledger
from mv.reimbursement.claims.due import ADJUSTMENT_REASONS
from mv.reimbursement.claims.files import KINDS
from mv.reimbursement.claims.ledger import CLAIM_STATES, Claim
from mv.store import Store
from mv.store.engine import Transaction

TITLE = N_("Claim lines")
LINKS = ("registered_at", "dose_id")
"""Columns that name one dose, as the file of doses does: they are left out of a file with pseudonyms."""
IDENTITY = groups.IDENTITY[:1]
PSEUDONYM = groups.PSEUDONYM[:1]
LINE = (
    Column("claim", N_("Claim"), Kind.WHOLE),
    Column("line", N_("Line"), Kind.WHOLE),
    Column("payer", N_("Payer")),
    Column("state", N_("State")),
    Column("period_from", N_("First day of the period"), Kind.DAY),
    Column("period_to", N_("Last day of the period"), Kind.DAY),
    Column("kind", N_("Kind")),
    Column("corrects_claim", N_("Corrects claim"), Kind.WHOLE),
    Column("corrects_line", N_("Corrects line"), Kind.WHOLE),
    Column("given_on", N_("Given"), Kind.DAY),
    Column("vaccine", N_("Vaccine")),
    Column("atc", N_("ATC code")),
    Column("batch_number", N_("Batch")),
    Column("dose_number", N_("Dose number"), Kind.WHOLE),
    Column("group", N_("Group")),
    Column("subgroup", N_("Subgroup")),
    Column("unit", N_("Unit")),
    Column("registered_at", N_("Registered at"), Kind.INSTANT),
    Column("kronor", N_("Claimed (kr)"), Kind.KRONOR),
    Column("paid", N_("Paid (kr)"), Kind.KRONOR),
    Column("cause", N_("Cause")),
    Column("rule", N_("Rule")),
    Column("dose_id", N_("Dose (number)"), Kind.WHOLE),
)
ROWS = """
    SELECT COALESCE(c.merged_into, l.customer_id) AS customer_id, l.identity AS customer_identity,
        l.claim_id AS claim, l.line_number AS line,
        l.corrects_claim_id AS corrects_claim, l.corrects_line_number AS corrects_line, l.given_on, l.vaccine, l.atc,
        l.batch_number, l.dose_number, l.group_name AS "group", l.subgroup_name AS subgroup, l.unit, l.registered_at,
        l.ore, CAST(COALESCE(p.ore, 0) AS BIGINT) AS paid_ore, l.cause, l.rule, l.dose_id
    FROM claim_line l LEFT JOIN customer c ON c.customer_id = l.customer_id
    LEFT JOIN (
        SELECT line_number, sum(ore) AS ore FROM payment WHERE claim_id = $1 GROUP BY line_number
    ) p ON p.line_number = l.line_number
    WHERE l.claim_id = $1 ORDER BY l.line_number
"""


def claims_file(
    store: Store,
    actor: Actor,
    payer: str | None = None,
    form: Format = Csv(),  # noqa: B008 (it is frozen)
    *,
    headings: Headings = ENGLISH,
    pseudonyms: Pseudonyms | None = None,
    progress: Progress | None = None,
) -> Generator[bytes]:
    """Log the export and return the file piece by piece: the headings, then every line, by claim and line.

    The claims are those whose units are all the actor's own, of one payer or of all, discarded ones too. ``pseudonyms``
    replace the identity numbers, by others than those of groups and doses; without them, the actor's role has to
    include identity numbers. Raises Forbidden at once; Cancelled after a piece, once ``progress`` is cancelled.
    """
    audit.permit(store, actor, Action.EXPORT_DOSES)
    if pseudonyms is None:
        audit.permit(store, actor, Action.EXPORT_IDENTITIES)
    found = [claim for claim in reversed(ledger.claims(store, actor)) if payer in (None, claim.payer)]
    lines = sum(claim.lines for claim in found)
    watched = progress or Progress()
    watched.begin(lines)
    _log(store, actor, payer, lines, identities=pseudonyms is None)
    shape = partial(_shape, of={claim.claim_id: claim for claim in found}, headings=headings, pseudonyms=pseudonyms)
    return pipeline.pieces(layout(headings, pseudonyms), _rows(store, found), shape, form, watched)


def layout(headings: Headings, pseudonyms: Pseudonyms | None = None) -> Layout:
    """Return the layout of a file; ``headings`` is also the language of the title."""
    return Layout.of(TITLE, _columns(pseudonyms), headings)


def _columns(pseudonyms: Pseudonyms | None) -> tuple[Column, ...]:
    if pseudonyms is None:
        return IDENTITY + LINE
    return PSEUDONYM + tuple(column for column in LINE if column.name not in LINKS)


def filename(today: date, form: Format) -> str:
    """Compose the file name, without personal data."""
    return f"anspraksrader_{today}.{form.suffix}"


def _log(store: Store, actor: Actor, payer: str | None, lines: int, *, identities: bool) -> None:
    filters = {"payer": payer} if payer else {}

    def work(tx: Transaction) -> None:
        audit.record_export(
            tx, store.now(), actor, ExportedList.CLAIM_LINES, rows=lines, identities=identities, filters=filters
        )

    store.write(work)


def _rows(store: Store, claims: list[Claim]) -> Generator[pa.Table]:
    for claim in claims:
        with store.batches(ROWS, claim.claim_id) as reader:
            for batch in reader:
                if batch.num_rows:
                    yield pa.Table.from_batches([batch])


def _shape(rows: pa.Table, of: dict[int, Claim], headings: Headings, pseudonyms: Pseudonyms | None) -> pd.DataFrame:
    """Shape lines into a frame that fits :func:`layout`."""
    frame: pd.DataFrame = rows.to_pandas(types_mapper=pd.ArrowDtype)
    swedish = headings == SWEDISH
    states = {str(state): translate(word, SWEDISH) for state, word in CLAIM_STATES.items()} if swedish else {}
    causes = {cause: translate(word, SWEDISH) for cause, word in ADJUSTMENT_REASONS.items()} if swedish else {}
    kinds = {back: translate(word, headings) for back, word in KINDS.items()}
    claims = [of[claim] for claim in frame["claim"]]
    kind = pd.Series([kinds[bool(ore < 0)] for ore in frame["ore"]], dtype=TEXT)
    shaped = {
        "payer": Codes.of(pd.Series([claim.payer for claim in claims], dtype=TEXT)).called(),
        "state": Codes.of(pd.Series([str(claim.state) for claim in claims], dtype=TEXT)).called(states),
        "period_from": _days([claim.period_from for claim in claims]),
        "period_to": _days([claim.period_to for claim in claims]),
        "kind": Codes.of(kind).called(),
        "cause": Codes.of(frame["cause"]).called(causes),
        "registered_at": instants(frame["registered_at"]).array,
        "kronor": kronor(rows["ore"]),
        "paid": kronor(rows["paid_ore"]),
    }
    texts = ("vaccine", "atc", "batch_number", "group", "subgroup", "unit", "rule")
    shaped |= {name: Codes.of(frame[name]).called() for name in texts}
    if pseudonyms:
        shaped["customer_pseudonym"] = pseudonyms.of_claims().of_all(frame["customer_id"]).array
    columns = _columns(pseudonyms)
    return pd.DataFrame({c.name: shaped[c.name] if c.name in shaped else frame[c.name].array for c in columns})


def _days(days: list[date]) -> ExtensionArray:
    """Convert days to a column of kind DAY."""
    return pd.arrays.ArrowExtensionArray(pa.array(days, pa.date32()))
