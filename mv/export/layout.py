"""How rows of the store look in a file: columns, names in the reader's language, harmless cells, CSV."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import pandas as pd
import pyarrow as pa
from pyarrow import csv

from mv.catalogue import Catalogue
from mv.clock import STOCKHOLM
from mv.errors import N_
from mv.formulas import harmless
from mv.i18n import SWEDISH, translate
from mv.pseudonyms import TEXT, Pseudonyms

Delimiter = Literal[";", ","]
Headings = Literal["en", "sv"]
Words = Mapping[str, Mapping[str, str]]

COLUMNS = {
    "customer_identity": N_("Customer identity number"),
    "customer_name": N_("Customer name"),
    "birth_date": N_("Birth date"),
    "group": N_("Group"),
    "subgroup": N_("Subgroup"),
    "status": N_("Status"),
    "valid_from": N_("Valid from"),
    "valid_to": N_("Valid to"),
    "unit": N_("Unit"),
    "registered_at": N_("Registered at"),
    "registered_by": N_("Registered by"),
    "ended_at": N_("Ended at"),
    "ended_by": N_("Ended by"),
    "ended_reason": N_("Reason for ending"),
    "group_code": N_("Group code"),
    "subgroup_code": N_("Subgroup code"),
    "unit_id": N_("Unit code"),
    "membership_id": N_("Row number"),
    "version": N_("Row version"),
}
"""The columns by their stable names, in order, and what they are called for people."""

TEXTS_OF_A_PERSON = ("customer_identity", "customer_name")
PSEUDONYMISED = {
    "customer_pseudonym": N_("Customer pseudonym"),
    "birth_year": N_("Birth year"),
    **{name: label for name, label in COLUMNS.items() if name not in (*TEXTS_OF_A_PERSON, "birth_date")},
}
"""The columns of a file without identity numbers, names and birth dates."""

STATUSES = {"active": N_("active"), "inactive": N_("inactive")}
REASONS = {"ceased": N_("ceased to apply"), "wrong": N_("registered by mistake")}

INSTANTS = ("registered_at", "ended_at")
TEXTS_OF_MANY = (
    "group", "subgroup", "status", "unit", "registered_by", "ended_by", "ended_reason",
    "group_code", "subgroup_code", "unit_id",
)  # fmt: skip


def heads(headings: Headings, pseudonyms: Pseudonyms | None = None) -> list[str]:
    """Return the columns' headings: the stable names, or Swedish ones for ``sv``."""
    columns = PSEUDONYMISED if pseudonyms else COLUMNS
    if headings == SWEDISH:
        return [translate(label, SWEDISH) for label in columns.values()]
    return list(columns)


def words(known: Catalogue, headings: Headings) -> Words:
    """Return by column what its codes are called in the file."""
    groups = known.groups.values()
    named = {
        "group": {g.group_code: g.label(headings) for g in groups},
        "subgroup": {f"{g.group_code}/{s.subgroup_code}": s.label(headings) for g in groups for s in g.subgroups},
        "unit": {unit.unit_id: unit.name for unit in known.units.values()},
    }
    if headings == SWEDISH:
        named["status"] = {code: translate(word, SWEDISH) for code, word in STATUSES.items()}
        named["ended_reason"] = {code: translate(word, SWEDISH) for code, word in REASONS.items()}
    return named


def shape(rows: pa.Table, named: Words, headings: Headings, pseudonyms: Pseudonyms | None = None) -> pd.DataFrame:
    """Return rows of the store, in the order of COLUMNS or PSEUDONYMISED, as they stand in the file."""
    frame: pd.DataFrame = rows.to_pandas(types_mapper=pd.ArrowDtype)
    for column in INSTANTS:
        utc = frame[column].astype("datetime64[us]").dt.tz_localize("UTC")
        frame[column] = utc.dt.tz_convert(STOCKHOLM).dt.tz_localize(None).dt.floor("s").astype("datetime64[s]")
    if pseudonyms:
        frame["customer_pseudonym"] = pseudonyms.of_all(frame["customer_pseudonym"])
    else:
        for column in TEXTS_OF_A_PERSON:
            frame[column] = harmless(frame[column])
    for column in TEXTS_OF_MANY:
        frame[column] = renamed(frame[column], named.get(column, {}))
    frame.columns = pd.Index(heads(headings, pseudonyms))
    return frame


def renamed(codes: pd.Series, names: Mapping[str, str]) -> pd.Series:
    """Return each code's name, or the code where it has none; a distinct code is looked up once."""
    places, distinct = pd.factorize(codes)
    shown = harmless(pd.Series([names.get(code, code) for code in distinct], dtype=TEXT))
    return pd.Series(shown.array.take(places, allow_fill=True), index=codes.index)


def encode(frame: pd.DataFrame, delimiter: Delimiter, *, heading: bool = False) -> bytes:
    """Return the frame as CSV in UTF-8: texts in quotes, nothing for what is missing."""
    out = pa.BufferOutputStream()
    options = csv.WriteOptions(include_header=heading, delimiter=delimiter)
    csv.write_csv(pa.Table.from_pandas(frame, preserve_index=False), out, options)
    data: bytes = out.getvalue().to_pybytes()
    return data
