"""Dated rules of reimbursement: what a payer pays for a dose. They are data with sources; none is in code.

The columns and the order of precedence: docs/reimbursement.md.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from mv.catalogue import DATA, AgeRange, AgeUnit, Catalogue
from mv.errors import N_
from mv.i18n import translate
from mv.reimbursement.rules.vaccine_types import vaccine_name
from mv.store import Store
from mv.store.engine import Row, Transaction

FILE = DATA / "sample_rules.csv"
"""The example's rules. A store of invented people has them in force; a region can take them over as drafts."""
FROM_FILE = "file"
"""Stands as the user in changes that come from the file."""
PRODUCT = 100
"""The specificity of a product: above that of an ATC code of any length."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of reimbursement. Bounds are inclusive; None is no bound, and the group None is anyone.

    ``atc`` is the beginning of an ATC code; a rule has it or a product. ``ore`` is öre per dose, 0 where the
    patient pays. ``days_to_register`` count from the day of the dose, ``days_between`` from the last paid dose of
    the same vaccine type (ATC level 4). ``nvr`` tells whether the dose is reported to the national vaccination
    register. A ``draft`` decides nothing until it is confirmed.
    """

    payment_rule_id: int
    rule_code: str | None
    region: str
    payer: str
    atc: str | None
    product_code: str | None
    group_code: str | None
    subgroup_code: str | None
    age_from: int | None
    age_to: int | None
    age_unit: AgeUnit
    birth_year_from: int | None
    birth_year_to: int | None
    dose_from: int | None
    dose_to: int | None
    valid_from: date
    valid_to: date | None
    ore: int
    days_to_register: int | None
    days_between: int | None
    nvr: bool
    source: str
    removed: bool = False
    draft: bool = False
    version: int = 1

    @property
    def in_force(self) -> bool:
        """Whether the rule decides on doses: it is neither removed nor a draft."""
        return not (self.removed or self.draft)

    @property
    def kronor(self) -> Decimal:
        """The amount per dose in kronor."""
        return Decimal(self.ore) / 100

    @property
    def subject(self) -> tuple[str | None, ...]:
        """The region, vaccine and group; rules with the same subject differ in days and conditions."""
        return self.region, self.atc, self.product_code, self.group_code, self.subgroup_code

    @property
    def specificity(self) -> tuple[int, ...]:
        """How specific the rule is: by vaccine, group, age and dose number."""
        ages = (self.age_from, self.age_to, self.birth_year_from, self.birth_year_to)
        return (
            PRODUCT if self.product_code else len(self.atc or ""),
            (self.group_code is not None) + (self.subgroup_code is not None),
            sum(bound is not None for bound in ages),
            (self.dose_from is not None) + (self.dose_to is not None),
        )

    @property
    def precedence(self) -> tuple[int, ...]:
        """The sort key of rules: the most specific first, of equals the newest."""
        return (*(-part for part in self.specificity), -self.valid_from.toordinal(), self.payment_rule_id)

    def fits(self, birth_date: date, day: date, dose_number: int) -> bool:
        """Return whether a dose with this number on ``day`` meets the conditions of age, birth year and number."""
        ages = AgeRange(self.age_from, self.age_to, self.age_unit)
        return (
            ages.include(birth_date, day)
            and _within(self.birth_year_from, birth_date.year, self.birth_year_to)
            and _within(self.dose_from, dose_number, self.dose_to)
        )

    def is_for(self, product_code: str, atc: str) -> bool:
        """Return whether the rule is for this vaccine."""
        return self.product_code == product_code if self.product_code else atc.startswith(self.atc or "")


def _within(first: int | None, value: int, last: int | None) -> bool:
    return (first is None or first <= value) and (last is None or value <= last)


COLUMNS = ", ".join(field.name for field in fields(Rule))
VALUES = tuple(field.name for field in fields(Rule) if field.name not in ("payment_rule_id", "rule_code", "version"))
"""The fields that a change can set."""
NUMBERS = (
    "age_from", "age_to", "birth_year_from", "birth_year_to", "dose_from", "dose_to", "days_to_register",
    "days_between",
)  # fmt: skip


def from_row(row: Row) -> Rule:
    """Build the rule from a row of the store."""
    return Rule(**row | {"age_unit": AgeUnit(row["age_unit"])})


def read(tx: Transaction) -> list[Rule]:
    """Return the rules in force (neither removed nor drafts), by precedence, in the open transaction."""
    found = [from_row(row) for row in tx.rows(f"SELECT {COLUMNS} FROM payment_rule WHERE NOT removed AND NOT draft")]
    return sorted(found, key=lambda rule: rule.precedence)


def load(store: Store) -> list[Rule]:
    """Return the rules in force (neither removed nor drafts), in order of precedence."""
    with store.read() as tx:
        return read(tx)


def read_file(file: Path = FILE) -> list[Rule]:
    """Read the rules of a file in the form of data/sample_rules.csv, with the id 0."""
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return [_of_line(line) for line in csv.DictReader(lines)]


def _of_line(line: dict[str, str]) -> Rule:
    values: dict[str, object] = {name: text or None for name, text in line.items() if name != "kronor"}
    values |= {name: int(line[name]) if line[name] else None for name in NUMBERS}
    values |= {name: date.fromisoformat(line[name]) if line[name] else None for name in ("valid_from", "valid_to")}
    values |= {"age_unit": AgeUnit(line["age_unit"]), "nvr": line["nvr"] == "true"}
    return Rule(payment_rule_id=0, ore=int(Decimal(line["kronor"]) * 100), **values)  # type: ignore[arg-type]


def add_example(store: Store, file: Path = FILE) -> None:
    """Add the rules of the example to a store, as ones in force; those that it has already stay as they are."""
    example, at = read_file(file), store.now()

    def work(tx: Transaction) -> None:
        known = {row["rule_code"] for row in tx.rows("SELECT rule_code FROM payment_rule WHERE rule_code IS NOT NULL")}
        for rule in example:
            if rule.rule_code not in known:
                insert(tx, at, FROM_FILE, rule)

    store.write(work)


def insert(tx: Transaction, at: datetime, by: str, rule: Rule, change: str = "added") -> Rule:
    """Insert the rule and its first change; return it with its id."""
    values = [getattr(rule, name) for name in VALUES]
    places = ", ".join(f"${n}" for n in range(2, len(values) + 2))
    row = tx.row(
        f"INSERT INTO payment_rule (rule_code, {', '.join(VALUES)}) VALUES ($1, {places}) RETURNING {COLUMNS}",
        rule.rule_code,
        *values,
    )
    assert row is not None  # noqa: S101 (an INSERT that returns nothing has raised)
    return _keep(tx, at, by, change, from_row(row))


def update(tx: Transaction, at: datetime, by: str, change: str, rule: Rule) -> Rule | None:
    """Update the rule at the version that was seen, and keep the change; None where the version is another."""
    values = [getattr(rule, name) for name in VALUES]
    settings = ", ".join(f"{name} = ${n}" for n, name in enumerate(VALUES, start=3))
    row = tx.row(
        f"UPDATE payment_rule SET {settings}, version = version + 1"
        f" WHERE payment_rule_id = $1 AND version = $2 RETURNING {COLUMNS}",
        rule.payment_rule_id,
        rule.version,
        *values,
    )
    return _keep(tx, at, by, change, from_row(row)) if row else None


def _keep(tx: Transaction, at: datetime, by: str, change: str, rule: Rule) -> Rule:
    kept = {name: value for name, value in asdict(rule).items() if name != "rule_code"}
    kept |= {"change": change, "changed_at": at, "changed_by": by}
    places = ", ".join(f"${n}" for n in range(1, len(kept) + 1))
    tx.execute(f"INSERT INTO payment_rule_change ({', '.join(kept)}) VALUES ({places})", *kept.values())
    return rule


ANYONE = N_("anyone")


def label(rule: Rule, known: Catalogue, language: str) -> str:
    """Return the name of a rule: its vaccine, its group and its first day."""
    who = rule.group_code or translate(ANYONE, language)
    if rule.group_code in known.groups:
        who = known.choice(rule.group_code, rule.subgroup_code).label(language)
    return f"{vaccine_name(rule.atc, rule.product_code, known, language)}, {who}, {rule.valid_from}"


def payers(found: Iterable[Rule]) -> list[str]:
    """Return the payers of rules that pay more than 0, by name."""
    return sorted({rule.payer for rule in found if rule.ore > 0})
