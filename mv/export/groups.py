"""Customers' groups as rows of a file: the columns, where they come from, and what their codes are called."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import pyarrow as pa

from mv.catalogue import Catalogue
from mv.errors import N_
from mv.export.schema import Codes, Column, Headings, Kind, Layout, instants
from mv.i18n import SWEDISH, translate
from mv.pseudonyms import Pseudonyms

Words = Mapping[str, Mapping[str, str]]

TITLE = N_("Customer groups")
IDENTITY = (
    Column("customer_identity", N_("Customer identity number")),
    Column("customer_name", N_("Customer name")),
    Column("birth_date", N_("Birth date"), Kind.DAY),
)
PSEUDONYM = (
    Column("customer_pseudonym", N_("Customer pseudonym")),
    Column("birth_year", N_("Birth year"), Kind.WHOLE),
)
MEMBERSHIP = (
    Column("group", N_("Group")),
    Column("subgroup", N_("Subgroup")),
    Column("status", N_("Status")),
    Column("valid_from", N_("Valid from"), Kind.DAY),
    Column("valid_to", N_("Valid to"), Kind.DAY),
    Column("unit", N_("Unit")),
    Column("registered_at", N_("Registered at"), Kind.INSTANT),
    Column("registered_by", N_("Registered by")),
    Column("ended_at", N_("Ended at"), Kind.INSTANT),
    Column("ended_by", N_("Ended by")),
    Column("ended_reason", N_("Reason for ending")),
    Column("group_code", N_("Group code")),
    Column("subgroup_code", N_("Subgroup code")),
    Column("unit_id", N_("Unit code")),
    Column("membership_id", N_("Row number"), Kind.WHOLE),
    Column("version", N_("Row version"), Kind.WHOLE),
)
COLUMNS = IDENTITY + MEMBERSHIP
PSEUDONYMISED = PSEUDONYM + MEMBERSHIP
"""The columns of a file without identity numbers, names and birth dates."""

STATUSES = {"active": N_("active"), "inactive": N_("inactive")}
REASONS = {"ceased": N_("ceased to apply"), "wrong": N_("registered by mistake")}

IN_ORDER = "m.customer_id, m.valid_from, m.membership_id"
ROWS = f"""
    SELECT {{person}}, {{{{status}}}} AS status, m.valid_from, m.valid_to, m.registered_at, m.registered_by, m.ended_at,
        m.ended_by, m.ended_reason, m.group_code, m.subgroup_code, m.unit_id, m.membership_id, m.version
    FROM (SELECT * FROM membership m WHERE {{{{where}}}} {{{{part}}}}) m
    JOIN customer c ON c.customer_id = m.customer_id ORDER BY {IN_ORDER}
"""
IDENTIFIED = "c.identity AS customer_identity, c.given_name || ' ' || c.family_name AS customer_name, c.birth_date"
BY_PSEUDONYM = "c.customer_id AS customer_pseudonym, CAST(extract(year FROM c.birth_date) AS INTEGER) AS birth_year"
"""What is selected of a person, which :func:`shape` shapes."""


def layout(headings: Headings, pseudonyms: Pseudonyms | None = None) -> Layout:
    """Return the layout of a file; ``headings`` is also the language of the title."""
    return Layout.of(TITLE, PSEUDONYMISED if pseudonyms else COLUMNS, headings)


def rows_sql(pseudonyms: Pseudonyms | None) -> str:
    """Return the query for rows in order, with ``{status}``, ``{where}`` and ``{part}`` to be filled in."""
    return ROWS.format(person=BY_PSEUDONYM if pseudonyms else IDENTIFIED)


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


def shape(rows: pa.Table, named: Words, pseudonyms: Pseudonyms | None = None) -> pd.DataFrame:
    """Return rows of the store as a frame that fits :func:`layout`."""
    frame: pd.DataFrame = rows.to_pandas(types_mapper=pd.ArrowDtype)
    if pseudonyms:
        frame["customer_pseudonym"] = pseudonyms.of_all(frame["customer_pseudonym"])
    group, subgroup, unit = (Codes.of(frame[column]) for column in ("group_code", "subgroup_code", "unit_id"))
    shaped = {
        "group": group.called(named["group"]),
        "subgroup": subgroup.within(group).called(named["subgroup"]),
        "unit": unit.called(named["unit"]),
        "group_code": group.called(),
        "subgroup_code": subgroup.called(),
        "unit_id": unit.called(),
        **{column: Codes.of(frame[column]).called(named.get(column)) for column in ("status", "ended_reason")},
        **{column: Codes.of(frame[column]).called() for column in ("registered_by", "ended_by")},
        **{column: instants(frame[column]).array for column in ("registered_at", "ended_at")},
    }
    columns = PSEUDONYMISED if pseudonyms else COLUMNS
    return pd.DataFrame({c.name: shaped[c.name] if c.name in shaped else frame[c.name].array for c in columns})
