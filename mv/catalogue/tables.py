"""The tables of the catalogue: their columns, which a file and the store name alike, and their rows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any

from mv.errors import N_
from mv.store.engine import Row, Transaction

Value = str | int | bool | date | tuple[str, ...] | None


class Kind(StrEnum):
    """The kind of value in a column. Without one there is None, of GTINS an empty tuple."""

    CODE = "code"
    TEXT = "text"
    DAY = "day"
    NUMBER = "number"
    YES_NO = "yes_no"
    AGE_UNIT = "age_unit"
    SEX = "sex"
    ATC = "atc"
    NPL = "npl"
    GTINS = "gtins"


@dataclass(frozen=True, slots=True)
class Column:
    """A column by its name, and what it is called on the screen. A ``required`` one has a value in every row."""

    name: str
    title: str
    kind: Kind = Kind.TEXT
    required: bool = False


@dataclass(frozen=True, slots=True)
class CatalogueTable:
    """A table: its name in the store, its title on the screen, its file, and its columns, the ``keys`` first ones
    being the code of a row.
    """

    name: str
    title: str
    file: str
    keys: int
    columns: tuple[Column, ...]

    @property
    def key_columns(self) -> tuple[Column, ...]:
        """The columns of the code."""
        return self.columns[: self.keys]

    def column(self, name: str) -> Column:
        """Return the column with this name."""
        return next(column for column in self.columns if column.name == name)


CODE = N_("Code")
FIRST, LAST = N_("In use from"), N_("In use to")
SOURCE = N_("Source")
DAYS = (Column("valid_from", FIRST, Kind.DAY, required=True), Column("valid_to", LAST, Kind.DAY))
NAMES = (Column("name_sv", N_("Swedish name"), required=True), Column("name_en", N_("English name"), required=True))
ORDER = Column("sort_order", N_("Place in the list"), Kind.NUMBER, required=True)
AGES = (
    Column("age_from", N_("Age from"), Kind.NUMBER),
    Column("age_to", N_("Age to"), Kind.NUMBER),
    Column("age_unit", N_("Age in"), Kind.AGE_UNIT),
)
UNIT = CatalogueTable(
    "unit",
    N_("Units"),
    "units.csv",
    1,
    (
        Column("unit_id", CODE, Kind.CODE, required=True),
        Column("name", N_("Name"), required=True),
        Column("region", N_("Region"), required=True),
        *DAYS,
    ),
)
GROUP = CatalogueTable(
    "customer_group",
    N_("Groups"),
    "groups.csv",
    1,
    (
        Column("group_code", CODE, Kind.CODE, required=True),
        *NAMES,
        ORDER,
        *DAYS,
        Column("by_age", N_("By age alone"), Kind.YES_NO, required=True),
        Column("longest_days", N_("Longest period, days"), Kind.NUMBER),
        *AGES,
        Column("sex", N_("Sex"), Kind.SEX),
        Column("source", SOURCE, required=True),
    ),
)
SUBGROUP = CatalogueTable(
    "subgroup",
    N_("Subgroups"),
    "subgroups.csv",
    2,
    (
        Column("group_code", N_("Code of the group"), Kind.CODE, required=True),
        Column("subgroup_code", CODE, Kind.CODE, required=True),
        *NAMES,
        ORDER,
        *DAYS,
        Column("source", SOURCE, required=True),
    ),
)
VACCINE = CatalogueTable(
    "vaccine",
    N_("Vaccines"),
    "vaccines.csv",
    1,
    (
        Column("product_code", CODE, Kind.CODE, required=True),
        Column("name", N_("Product"), required=True),
        Column("atc", N_("ATC code"), Kind.ATC, required=True),
        Column("npl_id", N_("NPL id"), Kind.NPL),
        Column("gtins", N_("GTIN of the packs"), Kind.GTINS),
        *DAYS,
        Column("days_between", N_("Days between doses"), Kind.NUMBER),
        Column("days_between_source", N_("Source of the days")),
        *AGES,
        Column("source", SOURCE, required=True),
    ),
)
TABLES = (UNIT, GROUP, SUBGROUP, VACCINE)
"""In the order in which they are filled: a subgroup names its group."""
START = (GROUP, SUBGROUP, VACCINE)
"""Those for which the program brings a start."""


@dataclass(frozen=True, slots=True)
class CatalogueRow:
    """A row of a table with the version that was seen, 0 where it is not in the store."""

    table: CatalogueTable
    values: Mapping[str, Value]
    version: int = 0

    @property
    def key(self) -> str:
        """The code of the row; group/subgroup of a subgroup."""
        return "/".join(str(self.values[column.name]) for column in self.table.key_columns)

    @property
    def name(self) -> str:
        """What the row is called in Swedish."""
        return str(self.values.get("name_sv") or self.values.get("name") or self.key)

    def with_values(self, **values: Value) -> CatalogueRow:
        """Return the row with other values."""
        return replace(self, values={**self.values, **values})


def read(tx: Transaction, table: CatalogueTable) -> dict[str, CatalogueRow]:
    """Return every row of the table, by its code, in the open transaction."""
    stored = ", ".join(column.name for column in table.columns if column.kind != Kind.GTINS)
    order = ", ".join(column.name for column in table.key_columns)
    packs = read_packs(tx) if table is VACCINE else {}
    rows = tx.rows(f"SELECT {stored}, version FROM {table.name} ORDER BY {order}")
    return {row.key: row for row in (of_store(table, row, packs) for row in rows)}


def read_packs(tx: Transaction) -> dict[str, tuple[str, ...]]:
    """Map each vaccine that has any to the GTINs of its packs."""
    packs: dict[str, tuple[str, ...]] = {}
    for row in tx.rows("SELECT gtin, product_code FROM vaccine_pack ORDER BY gtin"):
        packs[row["product_code"]] = (*packs.get(row["product_code"], ()), row["gtin"])
    return packs


def of_store(table: CatalogueTable, row: Row, packs: Mapping[str, tuple[str, ...]]) -> CatalogueRow:
    """Build a row of the catalogue from one of the store; an empty text is none."""
    version = row.pop("version")
    values: dict[str, Value] = {name: None if value == "" else value for name, value in row.items()}
    if table is VACCINE:
        values["gtins"] = packs.get(row["product_code"], ())
    return CatalogueRow(table, {column.name: values[column.name] for column in table.columns}, version)


def to_json(row: CatalogueRow) -> str:
    """Return the values as JSON."""
    return json.dumps(dict(row.values), default=str, ensure_ascii=False)


def from_json(table: CatalogueTable, text: str, version: int) -> CatalogueRow:
    """Build the row from the JSON of :func:`to_json`."""
    kept: dict[str, Any] = json.loads(text)
    values: dict[str, Value] = {}
    for column in table.columns:
        value = kept.get(column.name)
        if column.kind == Kind.DAY and value:
            value = date.fromisoformat(value)
        values[column.name] = tuple(value or ()) if column.kind == Kind.GTINS else value
    return CatalogueRow(table, values, version)
