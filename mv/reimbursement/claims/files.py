"""The file of a claim for the payer: made once, kept in parts, and downloaded again byte for byte.

CSV in UTF-8 with a byte-order mark, ";" and Swedish headings, as a Swedish spreadsheet opens it. Kronor have a decimal
comma, instants are Stockholm's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from hashlib import sha256
from itertools import count
from typing import Any

import pandas as pd
import pyarrow as pa
from pyarrow import csv

from mv import audit
from mv.access import Action, Actor, require
from mv.audit import ExportedList
from mv.clock import STOCKHOLM
from mv.errors import N_, Conflict
from mv.i18n import SWEDISH, translate
from mv.pseudonyms import TEXT
from mv.reimbursement.claims import ledger
from mv.reimbursement.claims.due import ADJUSTMENT_REASONS
from mv.store import Store
from mv.store.engine import Transaction
from mv.text import neutralise_formulas

BYTE_ORDER_MARK = "\ufeff"
KINDS = {False: N_("Reimbursement"), True: N_("Correction")}
"""The kind of a line, by whether it is a reversal."""


def text(lines: pa.Table, *, heading: bool) -> str:
    """Return numbered lines (see :func:`mv.reimbursement.claims.line_snapshot.numbered`) as text of the file.

    With ``heading`` it is the beginning of the file.
    """
    shaped = _shaped(lines.to_pandas(types_mapper=pd.ArrowDtype)).rename(columns=partial(translate, language=SWEDISH))
    out = pa.BufferOutputStream()
    options = csv.WriteOptions(include_header=heading, delimiter=";")
    csv.write_csv(pa.Table.from_pandas(shaped, preserve_index=False), out, options)
    content: str = out.getvalue().to_pybytes().decode()
    return BYTE_ORDER_MARK + content if heading else content


def _shaped(lines: pd.DataFrame) -> pd.DataFrame:
    registered = lines["registered_at"].astype("datetime64[us]").dt.tz_localize("UTC").dt.tz_convert(STOCKHOLM)
    columns = {
        N_("Line"): _references(lines["claim_id"], lines["line_number"]),
        N_("Kind"): _worded(lines["ore"] < 0, KINDS),
        N_("Corrects line"): _references(lines["corrects_claim_id"], lines["corrects_line_number"]),
        N_("Identity number"): _text(lines["identity"]),
        N_("Day"): lines["given_on"],
        N_("Vaccine"): _text(lines["vaccine"]),
        N_("ATC"): _text(lines["atc"]),
        N_("Batch"): _text(lines["batch_number"]),
        N_("Dose"): lines["dose_number"],
        N_("Group"): _text(lines["group_name"]),
        N_("Subgroup"): _text(lines["subgroup_name"]),
        N_("Unit"): _text(lines["unit"]),
        N_("Registered"): registered.dt.tz_localize(None).dt.floor("s").astype("datetime64[s]"),
        N_("Kronor"): lines["ore"].astype("object").map(_kronor).astype(TEXT),
        N_("Cause"): _worded(lines["cause"], ADJUSTMENT_REASONS),
        N_("Rule"): _text(lines["rule"]),
    }
    return pd.DataFrame(columns)


def keep(tx: Transaction, claim_id: int, part: int, content: str) -> None:
    """Write a part of the claim's file, numbered from 1, in the open transaction."""
    tx.execute("INSERT INTO claim_file (claim_id, part, content) VALUES ($1, $2, $3)", claim_id, part, content)


def download(store: Store, actor: Actor, claim_id: int) -> Iterator[bytes]:
    """Log the download of the claim with its identity numbers, and return its file as it was made, piece by piece.

    Raises at once: Forbidden for a role without the right and a claim of other units, NotFound, and Conflict when what
    is kept is not the file that was made.
    """
    with audit.refusals(store, actor, Action.EXPORT_CLAIM):
        require(actor, Action.EXPORT_CLAIM)
        with store.read() as tx:
            claim = ledger.get(tx, actor, claim_id)
    digest = sha256()
    for piece in _pieces(store, claim_id):
        digest.update(piece)
    if digest.hexdigest() != claim.file_hash:
        raise Conflict(
            N_("What is kept of the file of claim {claim} is not what was made. Restore the store from a backup."),
            claim=claim_id,
        )

    def log(tx: Transaction) -> None:
        audit.record_export(
            tx, store.now(), actor, ExportedList.CLAIM,
            rows=claim.lines, identities=True, units=claim.units, claim=claim_id,
        )  # fmt: skip

    store.write(log)
    return _pieces(store, claim_id)


def filename(claim_id: int) -> str:
    """Return a file name that names no person."""
    return f"ansprak_{claim_id}.csv"


def _pieces(store: Store, claim_id: int) -> Iterator[bytes]:
    """Yield the parts in order, each read by itself: no transaction waits for a slow receiver."""
    sql = "SELECT content FROM claim_file WHERE claim_id = $1 AND part = $2"
    for part in count(1):
        with store.read() as tx:
            row = tx.row(sql, claim_id, part)
        if row is None:
            return
        yield row["content"].encode()


def _references(claims: pd.Series, numbers: pd.Series) -> pd.Series:
    return "A" + claims.astype(TEXT) + "-" + numbers.astype(TEXT)


def _text(texts: pd.Series) -> pd.Series:
    return neutralise_formulas(texts.astype(TEXT))


def _worded(codes: pd.Series, words: Mapping[Any, str]) -> pd.Series:
    return codes.astype("object").map({code: translate(word, SWEDISH) for code, word in words.items()}).astype(TEXT)


def _kronor(ore: int) -> str:
    whole, rest = divmod(abs(ore), 100)
    return f"{'-' if ore < 0 else ''}{whole},{rest:02}"
