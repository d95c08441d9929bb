"""Snapshots of claim lines: every name, number and amount as it is when the claim is made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa

from mv.catalogue import Catalogue
from mv.i18n import SWEDISH
from mv.reimbursement.claims.due import Settlement
from mv.reimbursement.rules.rule_table import Rule, label

LINES_IN_PART = 5_000
"""Lines written at once, to the store and as a part of the file: about 1 MB."""
WORD = pa.dictionary(pa.int32(), pa.string())
"""A text that many lines share: a line takes about 130 bytes in memory."""

CORRECTED = pa.schema([("corrects_claim_id", pa.int64()), ("corrects_line_number", pa.int32())])
KEPT = pa.schema(
    [
        ("ore", pa.int64()),
        ("dose_id", pa.int64()),
        ("customer_id", pa.int64()),
        ("identity", pa.string()),
        ("unit_id", WORD),
        ("given_on", pa.date32()),
        ("registered_at", pa.timestamp("us")),
        ("product_code", WORD),
        ("atc", WORD),
        ("batch_number", WORD),
        ("dose_number", pa.int32()),
        ("group_code", WORD),
        ("subgroup_code", WORD),
        ("payment_rule_id", pa.int64()),
        ("rule_version", pa.int32()),
        ("unit", WORD),
        ("vaccine", WORD),
        ("group_name", WORD),
        ("subgroup_name", WORD),
        ("rule", WORD),
    ]
)
"""The columns that a reversal copies from the reversed line; its öre change sign."""
SCHEMA = pa.schema([("cause", WORD), *CORRECTED, *KEPT])


def snapshot_lines(settlement: Settlement, rules: Sequence[Rule], known: Catalogue, identities: pd.Series) -> pa.Table:
    """Return the settlement as lines (see SCHEMA), by customer; the reversal of a dose comes before its new line.

    ``identities`` are the identity numbers by customer. Names are Swedish, as in the file.
    """
    reversals = settlement.reversals
    taken_back = reversals.assign(
        ore=-reversals["ore"], corrects_claim_id=reversals["claim_id"], corrects_line_number=reversals["line_number"]
    )
    new_lines = settlement.new_lines
    claimed = _described(new_lines, rules, known).assign(
        identity=new_lines["customer_id"].map(identities), corrects_claim_id=None, corrects_line_number=None
    )
    both = pa.concat_tables([_table(taken_back), _table(claimed)]).unify_dictionaries().combine_chunks()
    return both.sort_by([(name, "ascending") for name in ("customer_id", "dose_id", "ore")])


def numbered(tables: Iterable[pa.Table], claim_id: int) -> Iterator[pa.Table]:
    """Yield the lines with their claim and number, counted from 1, at most LINES_IN_PART at once."""
    last = 0
    for table in tables:
        for start in range(0, table.num_rows, LINES_IN_PART):
            part = table.slice(start, LINES_IN_PART)
            numbers = pa.array(range(last + 1, last + 1 + part.num_rows), pa.int32())
            claims = pa.repeat(pa.scalar(claim_id, pa.int64()), part.num_rows)
            yield part.add_column(0, "line_number", numbers).add_column(0, "claim_id", claims)
            last += part.num_rows


def _described(doses: pd.DataFrame, rules: Sequence[Rule], known: Catalogue) -> pd.DataFrame:
    """Add to each dose the rule that decided, and the names of its codes."""
    groups = known.groups.values()
    subgroups = {f"{g.group_code}/{s.subgroup_code}": s.label(SWEDISH) for g in groups for s in g.subgroups}
    decided = doses["rule"].to_numpy()
    return doses.assign(
        payment_rule_id=np.array([rule.payment_rule_id for rule in rules])[decided],
        rule_version=np.array([rule.version for rule in rules])[decided],
        rule=np.array([label(rule, known, SWEDISH) for rule in rules], dtype="object")[decided],
        unit=doses["unit_id"].map({unit_id: unit.name for unit_id, unit in known.units.items()}),
        vaccine=doses["product_code"].map({code: vaccine.name for code, vaccine in known.vaccines.items()}),
        group_name=doses["group_code"].map({group.group_code: group.label(SWEDISH) for group in groups}),
        subgroup_name=(doses["group_code"] + "/" + doses["subgroup_code"]).map(subgroups),
    )


def _table(frame: pd.DataFrame) -> pa.Table:
    return pa.table([_column(frame[field.name], field.type) for field in SCHEMA], schema=SCHEMA)


def _column(values: pd.Series, kind: pa.DataType) -> pa.Array:
    if kind == WORD:
        return pa.array(values, pa.string(), from_pandas=True).dictionary_encode()
    return pa.array(values, kind, from_pandas=True)
