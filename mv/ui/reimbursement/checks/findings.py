"""The findings of checks on the screen: the amount first, then the customers, with links to where it is corrected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import streamlit as st

from mv.customers import Customer
from mv.errors import N_
from mv.identity import format_identity
from mv.reimbursement.checks import findings
from mv.reimbursement.checks.findings import Check, Found
from mv.reimbursement.pricing import wording
from mv.reimbursement.rules.vaccine_types import vaccine_name
from mv.ui import navigation, session
from mv.ui.resources import catalogue, store
from mv.ui.session import state
from mv.ui.text import _, count_of, name_of, period
from mv.ui.widgets.amounts import kronor
from mv.ui.widgets.row_button import action

ROWS_ON_A_PAGE = 25
COLUMNS = (3, 4, 5, 2, 2)
"""The relative widths of a row's cells: customer, subject, reason, kronor, links."""
TITLES: Mapping[Check, str] = {
    Check.PAID_NOT_REPORTED: N_("Paid, but not reported to NVR"),
    Check.REPORTED_NOT_PAID: N_("Reported to NVR, but not paid"),
    Check.TOO_LONG: N_("Groups that were never ended"),
    Check.TWO_PAYERS: N_("Two groups at once with different payers"),
    Check.TWICE: N_("Records that may be one person"),
}
MEANINGS: Mapping[Check, str] = {
    Check.PAID_NOT_REPORTED: N_(
        "The dose is paid by a rule whose doses are not reported, although NVR takes this kind of vaccine for other"
        " groups. See that the right group counts for the dose, and that it is not in NVR."
    ),
    Check.REPORTED_NOT_PAID: N_(
        "The rule for the vaccine and the group says that the dose is reported to NVR, but it is not paid."
        " The kronor are what the rule would have paid."
    ),
    Check.TOO_LONG: N_(
        "The group is still active, for longer than it can last. The kronor are paid for doses after its longest time"
        " and may have to be paid back. Adjust the row, or end it."
    ),
    Check.TWO_PAYERS: N_(
        "Both groups apply on the same day, and who pays for the same vaccine depends on which is chosen for the dose."
        " The kronor are paid for doses on those days. See that the right group counts."
    ),
    Check.TWICE: N_(
        "Same name and birth date, and a reserve or coordination number, or numbers that look alike. The kronor are"
        " paid for doses that come too soon if it is one person. Both records have to be at your units."
    ),
}


@dataclass(slots=True)
class PaymentChecksState:
    """The last findings of each check, so that turning a page does not run it again."""

    found: dict[Check, Found] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Way:
    """A link to where something is corrected, with this membership, dose or other record open there."""

    label: str
    page: Path
    membership_id: int | None = None
    dose_id: int | None = None
    merge_with: int | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A row: customer, subject, and links to where it is corrected."""

    customer_id: int
    what: str
    ways: Sequence[Way]


@dataclass(frozen=True, slots=True)
class Line:
    """How a check is shown: its parts, and the reason."""

    parts: Sequence[Part]
    why: str


def draw_check(check: Check, first: date, last: date) -> None:
    """Draw the findings of the check in the period: the amount, and on demand the customers."""
    found = _current(check, first, last)
    with st.container(border=True, key=f"check_{check}"):
        st.subheader(_(TITLES[check]), anchor=False)
        st.caption(_(MEANINGS[check]))
        if found.frame.empty:
            st.success(_("Nothing found."))
            return
        st.markdown(f"**{_count(check, len(found.frame))}, {kronor(found.ore)} kr**")
        shown = st.toggle(
            _("Show the customers"),
            key=f"check_show_{check}",
            persist_state="session",
            help=_("Those you are shown are logged as looked at."),
        )
        if shown:
            _draw_rows(found)


def _current(check: Check, first: date, last: date) -> Found:
    """Return the findings that the session remembers, or run the check again."""
    kept_findings = state(PaymentChecksState).found
    kept = kept_findings.get(check)
    if kept and (kept.first, kept.last) == (first, last):
        if not findings.is_outdated(store(), session.actor(), kept):
            return kept
    with st.spinner(_("Going through every dose …")):
        found = findings.find(store(), session.actor(), check, first, last)
    kept_findings[check] = found
    return found


def _count(check: Check, count: int) -> str:
    if check in (Check.PAID_NOT_REPORTED, Check.REPORTED_NOT_PAID):
        return count_of("{count} dose", "{count} doses", count)
    if check == Check.TOO_LONG:
        return count_of("{count} group", "{count} groups", count)
    return count_of("{count} pair", "{count} pairs", count)


def _draw_rows(found: Found) -> None:
    number_of_pages = -(-len(found.frame) // ROWS_ON_A_PAGE)
    key = f"check_page_{found.check}_{number_of_pages}"
    start = ((session.value(key) or 1) - 1) * ROWS_ON_A_PAGE
    rows = found.frame.iloc[start : start + ROWS_ON_A_PAGE].astype(object)
    records = rows.where(rows.notna(), None).to_dict("records")
    lines = [LINES[found.check]({str(name): value for name, value in row.items()}, found) for row in records]
    ids = {part.customer_id for line in lines for part in line.parts}
    people = findings.shown(store(), session.actor(), ids)
    headings = (_("Customer"), _("What"), _("Why it is shown"), _("Kronor"))
    for cell, heading in zip(st.columns(COLUMNS), headings, strict=False):
        cell.caption(heading)
    for place, (line, row) in enumerate(zip(lines, records, strict=True), start=start):
        _draw_line(f"check_{found.check}_{place}", line, row["ore"], people)
    if number_of_pages > 1:
        st.pagination(number_of_pages, key=key, persist_state="session")


def _draw_line(key: str, line: Line, ore: int, people: Mapping[int, Customer]) -> None:
    with st.container(key=key, border=len(line.parts) > 1):
        for number, part in enumerate(line.parts):
            cells = st.columns(COLUMNS, vertical_alignment="center")
            customer = people[part.customer_id]
            if number == 0 or part.customer_id != line.parts[0].customer_id:
                cells[0].text(who(customer))
            cells[1].text(part.what)
            if number == 0:
                cells[2].text(line.why)
                cells[3].text(f"{kronor(ore)} kr")
            for place, way in enumerate(part.ways):
                label = action(way.label, f"{customer.name}, {part.what}")
                cell = cells[4] if way.merge_with is None else cells[2]  # of both parts, and longer than a narrow cell
                if cell.button(label, key=f"{key}_{number}_{place}", width="stretch"):
                    _go(way, customer.customer_id)


def who(customer: Customer) -> str:
    """Return a customer's name and number, one below the other."""
    return f"{customer.name}\n{format_identity(customer.identity, store().today())}"


def _go(way: Way, customer_id: int) -> None:
    """Go to where it is corrected, with the membership or the dose open there; nothing is changed."""
    visit = navigation.visit(customer_id)
    if way.membership_id is not None:
        visit.adjust_row(way.membership_id)
    if way.dose_id is not None:
        visit.correct_dose(way.dose_id)
    if way.merge_with is not None:
        visit.compare_with(way.merge_with)
    navigation.go_to(way.page, customer_id)


def _dose_line(row: Mapping[str, Any], found: Found) -> Line:
    rule = found.rules[row["rule"]] if row["rule"] >= 0 else None
    why = wording.explain(row, rule, catalogue(), session.language())
    group = _group(row["group_code"], row["subgroup_code"]) if row["group_code"] else _("No group")
    return Line([Part(row["customer_id"], f"{_dose(row)}\n{group}", [_to_dose(row["dose_id"])])], why)


def _too_long_line(row: Mapping[str, Any], found: Found) -> Line:
    group, first = _group(row["group_code"], row["subgroup_code"]), _("from {day}", day=row["valid_from"].date())
    why = _("Has lasted {days} days; it lasts {longest} at most.", days=row["days"], longest=row["longest_days"])
    way = Way(_("Adjust"), navigation.GROUPS, membership_id=row["membership_id"])
    return Line([Part(row["customer_id"], f"{group}\n{first}", [way])], why)


def _payers_line(row: Mapping[str, Any], found: Found) -> Line:
    one = _group(row["group_code"], row["subgroup_code"])
    other = _group(row["other_group_code"], row["other_subgroup_code"])
    names = [vaccine_name(kind, None, catalogue(), session.language()) for kind in row["kinds"].split(",")]
    why = _("{vaccines}: {one} or {other} pays.", vaccines=", ".join(names), one=row["payer"], other=row["other_payer"])
    days = period(row["first_day"].date(), row["last_day"].date())
    both = _("Both apply {days}.", days=days)
    parts = [
        Part(row["customer_id"], group, [Way(_("Adjust"), navigation.GROUPS, membership_id=number)])
        for group, number in ((one, row["membership_id"]), (other, row["other_membership_id"]))
    ]
    return Line(parts, f"{why}\n{both}")


def _twice_line(row: Mapping[str, Any], found: Found) -> Line:
    two = row["customer_id"], row["other_customer_id"]
    merging: list[list[Way]] = [[Way(_("Merge them"), navigation.CUSTOMER, merge_with=row["other_customer_id"])], []]
    if row["dose_id"] is None:
        way = Way(_("Open"), navigation.CUSTOMER)
        why = _("No doses so near to each other that both would not be paid.")
        return Line([Part(number, "–", [*merge, way]) for number, merge in zip(two, merging, strict=True)], why)
    other = {name: row[f"other_{name}"] for name in ("dose_id", "product_code", "given_on", "unit_id", "paid")}
    parts = [
        Part(customer_id, f"{_dose(dose)}\n{kronor(int(dose['paid']))} kr", [*merge, _to_dose(dose["dose_id"])])
        for customer_id, dose, merge in zip(two, (row, other), merging, strict=True)
    ]
    return Line(parts, _("May be paid twice: {kronor} kr", kronor=kronor(row["ore"])))


LINES = {
    Check.PAID_NOT_REPORTED: _dose_line,
    Check.REPORTED_NOT_PAID: _dose_line,
    Check.TOO_LONG: _too_long_line,
    Check.TWO_PAYERS: _payers_line,
    Check.TWICE: _twice_line,
}


def _to_dose(dose_id: float) -> Way:
    return Way(_("Open"), navigation.VACCINATION, dose_id=int(dose_id))


def _group(group_code: str, subgroup_code: str | None) -> str:
    return name_of(catalogue().choice(group_code, subgroup_code))


def _dose(row: Mapping[str, Any]) -> str:
    """Return a dose's vaccine, and below it the day and the unit."""
    vaccine = vaccine_name(None, row["product_code"], catalogue(), session.language())
    return f"{vaccine}\n{row['given_on']:%Y-%m-%d}, {catalogue().units[row['unit_id']].name}"
