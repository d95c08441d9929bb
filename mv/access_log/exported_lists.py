"""Lists of many people that were taken out with identity numbers, and had a patient on them, or may have had.

Each kind of list in :class:`mv.audit.ExportedList` has a test here. A list of any other kind may have had everybody:
better one too many.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from mv.access import EVERY_UNIT
from mv.audit import EXPORTS, ExportedList
from mv.catalogue import Catalogue
from mv.store.engine import Row, Transaction

Detail = Mapping[str, Any]
WasListed = Callable[[datetime, Detail], bool]
"""Whether the patient was, or may have been, on a list of this instant with this detail in the log."""

RECORDS = "(SELECT customer_id FROM customer WHERE customer_id = $1 OR merged_into = $1)"
ACTIONS = ", ".join(f"'{action}'" for action in sorted(set(EXPORTS.values())))
ENTRIES = f"""
    SELECT entry_id, logged_at, unit_id, action, detail FROM access_log
    WHERE action IN ({ACTIONS}) AND outcome = 'done' AND customer_id IS NULL AND logged_at >= (
        SELECT min(registered_at) FROM customer WHERE customer_id = $1 OR merged_into = $1
    )
"""
CERTAIN = frozenset({ExportedList.CLAIM, ExportedList.CLAIM_LINES})
"""Lists that are kept as they were taken out, so that it is known who was on them."""


def find(tx: Transaction, known: Catalogue, customer_id: int) -> Iterator[tuple[Row, bool]]:
    """Yield the log's entries of lists that had the patient on them, each with whether that is only possible."""
    tests = {exported: test(tx, known, customer_id) for exported, test in TESTS.items()}
    for row in tx.rows(ENTRIES, customer_id):
        detail = json.loads(row["detail"] or "{}")
        exported = _kind(row["action"], detail)
        if detail.get("identities", True) and (exported is None or tests[exported](row["logged_at"], detail)):
            yield row, exported not in CERTAIN


def _kind(action: str, detail: Detail) -> ExportedList | None:
    """Return the kind of list; entries from before it was logged are known by their action and by their claim."""
    if detail.get("list") in list(ExportedList):
        return ExportedList(detail["list"])
    if "list" not in detail and "claim" in detail:
        return ExportedList.CLAIM
    kinds = (ExportedList.GROUPS, ExportedList.DOSES, ExportedList.CLAIM_LINES)
    return next((kind for kind in kinds if "list" not in detail and EXPORTS[kind] == action), None)


def _among_groups(tx: Transaction, known: Catalogue, customer_id: int) -> WasListed:
    """Test a list of groups by group, subgroup and unit of each state of the patient's; other filters are ignored."""
    sql = f"""
        SELECT c.changed_at, c.group_code, c.subgroup_code, m.unit_id
        FROM membership_change c JOIN membership m ON m.membership_id = c.membership_id
        WHERE c.customer_id IN {RECORDS}
    """
    rows = [(row, _group_names(known, row)) for row in tx.rows(sql, customer_id)]
    return lambda at, detail: any(
        row["changed_at"] <= at and _of_units(detail, row["unit_id"]) and _match(detail, names) for row, names in rows
    )


def _among_doses(tx: Transaction, known: Catalogue, customer_id: int) -> WasListed:
    """Test a list of doses by unit, vaccine, group and day of each state of the patient's."""
    sql = f"""
        SELECT changed_at, unit_id, product_code, group_code, given_on FROM dose_change WHERE customer_id IN {RECORDS}
    """
    rows = tx.rows(sql, customer_id)

    def was_listed(at: datetime, detail: Detail) -> bool:
        filters = detail.get("filters", {})
        first, last = filters.get("given_from", ""), filters.get("given_to", "9")
        return any(
            row["changed_at"] <= at
            and _of_units(detail, row["unit_id"])
            and first <= str(row["given_on"]) <= last
            and all(filters.get(name, row[name]) == row[name] for name in ("unit_id", "product_code", "group_code"))
            for row in rows
        )

    return was_listed


def _on_claims(tx: Transaction, known: Catalogue, customer_id: int) -> WasListed:
    """Test a list of claims' lines: those of every claim that was made before, of its payer, of units that it has."""
    sql = f"""
        SELECT DISTINCT k.claim_id, k.made_at, k.payer, k.units
        FROM claim_line l JOIN claim k ON k.claim_id = l.claim_id WHERE l.customer_id IN {RECORDS}
    """
    claims = tx.rows(sql, customer_id)
    return lambda at, detail: any(
        claim["made_at"] <= at
        and detail.get("filters", {}).get("payer", claim["payer"]) == claim["payer"]
        and _of_units(detail, *claim["units"].split())
        for claim in claims
    )


def _on_claim(tx: Transaction, known: Catalogue, customer_id: int) -> WasListed:
    sql = f"SELECT DISTINCT claim_id FROM claim_line WHERE customer_id IN {RECORDS}"
    claims = {row["claim_id"] for row in tx.rows(sql, customer_id)}
    return lambda at, detail: detail["claim"] in claims


def _by_birth_date(tx: Transaction, known: Catalogue, customer_id: int) -> WasListed:
    """Test a New Year list by the birth dates that it asks for, and by the patient's unit."""
    sql = f"SELECT unit_id, birth_date, registered_at FROM customer WHERE customer_id IN {RECORDS}"
    records = tx.rows(sql, customer_id)

    def was_listed(at: datetime, detail: Detail) -> bool:
        spans = [born.split("/") for born in detail["born"]]
        return any(
            record["registered_at"] <= at
            and _of_units(detail, record["unit_id"])
            and any(first <= str(record["birth_date"]) <= last for first, last in spans)
            for record in records
        )

    return was_listed


TESTS: Mapping[ExportedList, Callable[[Transaction, Catalogue, int], WasListed]] = {
    ExportedList.GROUPS: _among_groups,
    ExportedList.DOSES: _among_doses,
    ExportedList.CLAIM_LINES: _on_claims,
    ExportedList.CLAIM: _on_claim,
    ExportedList.NEW_YEAR: _by_birth_date,
}


def _of_units(detail: Detail, *unit_ids: str) -> bool:
    units = set(detail.get("units", [EVERY_UNIT]))
    return EVERY_UNIT in units or set(unit_ids) <= units


def _group_names(known: Catalogue, row: Row) -> dict[str, list[str]]:
    """Return by filter what a row's group, subgroup and unit are called: code or name, in any case."""
    group = known.groups.get(row["group_code"])
    subgroup = (
        next((one for one in group.subgroups if one.subgroup_code == row["subgroup_code"]), None) if group else None
    )
    unit = known.units.get(row["unit_id"])
    names = {
        "group": (row["group_code"], *((group.name_sv, group.name_en) if group else ())),
        "subgroup": (row["subgroup_code"] or "", *((subgroup.name_sv, subgroup.name_en) if subgroup else ())),
        "unit": (row["unit_id"], *((unit.name,) if unit else ())),
    }
    return {name: [one.casefold() for one in called] for name, called in names.items()}


def _match(detail: Detail, names: Mapping[str, list[str]]) -> bool:
    filters = detail.get("filters", {})
    return all(str(filters[name]).strip().casefold() in names[name] for name in names if filters.get(name) is not None)
