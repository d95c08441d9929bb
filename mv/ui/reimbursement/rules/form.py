"""The form of a rule: its fields, filled in from a rule and read back as one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

import streamlit as st

from mv.catalogue import AgeUnit
from mv.errors import N_, Invalid
from mv.reimbursement.rules.rule_table import Rule
from mv.reimbursement.rules.vaccine_types import ATC_LEVEL_4_LENGTH
from mv.reimbursement.rules.validation import parse_amount
from mv.ui import session
from mv.ui.reimbursement.rules.wording import age_units, kind_name
from mv.ui.resources import catalogue
from mv.ui.text import _, name_of
from mv.ui.web.streamlit_internals import DeltaGenerator
from mv.ui.widgets.amounts import kronor

EARLIEST = date(1990, 1, 1)
ANYONE = ""
"""The choice of any group or subgroup."""
CONDITIONS = ("age_from", "age_to", "birth_year_from", "birth_year_to", "dose_from", "dose_to", "days_between")


def draw_rule_form(key: str, start: Rule, others: Iterable[Rule]) -> None:
    """Draw the fields, filled in from ``start``; ``others`` give the regions and payers to choose from."""
    cells = st.columns(3)
    _choose_vaccine(cells[0], key, start, others)
    _choose_group(cells[1], cells[2], key, start)
    cells = st.columns(3)
    draw_amount(cells[0], key, kronor(start.ore).replace("\u00a0", "") if start.payment_rule_id else "")
    _choose_name(cells[1], f"{key}_payer", _("Payer"), start.payer, {other.payer for other in others})
    regions = {other.region for other in others} | {unit.region for unit in catalogue().units.values()}
    _choose_name(cells[2], f"{key}_region", _("Region"), start.region, regions)
    cells = st.columns(3)
    draw_day(cells[0], f"{key}_valid_from", _("Applies from"), start.valid_from)
    draw_day(
        cells[1], f"{key}_valid_to", _("Applies to"), start.valid_to,
        _("The last day. Leave it empty where the rule holds until further notice."),
    )  # fmt: skip
    _draw_number(
        cells[2], key, start, "days_to_register", _("Days to register"),
        _("So many days after the dose it has to be registered, with its group. Empty: no limit."),
    )  # fmt: skip
    _draw_conditions(key, start)
    draw_source(key, start.source)


def entered(key: str, start: Rule) -> Rule:
    """Return the rule in the fields. Raises Invalid where a field cannot be read."""
    vaccine = (session.value(f"{key}_vaccine") or "").strip()
    if not vaccine:
        raise Invalid(N_("Choose the vaccine."))
    product = vaccine if vaccine in catalogue().vaccines else None
    group = session.value(f"{key}_group") or None
    return replace(
        start,
        region=(session.value(f"{key}_region") or "").strip(),
        payer=(session.value(f"{key}_payer") or "").strip(),
        atc=None if product else vaccine.upper(),
        product_code=product,
        group_code=group,
        subgroup_code=session.value(f"{key}_subgroup_{group}") or None,
        age_unit=session.value(f"{key}_age_unit") or AgeUnit.YEARS,
        valid_from=entered_day(f"{key}_valid_from"),
        valid_to=session.value(f"{key}_valid_to"),
        ore=entered_ore(key),
        days_to_register=session.value(f"{key}_days_to_register"),
        nvr=bool(session.value(f"{key}_nvr")),
        source=entered_source(key),
        **{name: session.value(f"{key}_{name}") for name in CONDITIONS},
    )


def draw_amount(cell: DeltaGenerator, key: str, start: str, placeholder: str = "") -> None:
    """Draw the field of the amount."""
    session.begin_with(f"{key}_amount", start)
    cell.text_input(
        _("Amount (kr)"), key=f"{key}_amount", autocomplete="off", placeholder=placeholder,
        help=_("0 where the patient pays."),
    )  # fmt: skip


def entered_ore(key: str) -> int:
    """Return the öre of the amount in the field. Raises Invalid."""
    return parse_amount(session.value(f"{key}_amount") or "")


def draw_day(cell: DeltaGenerator, key: str, label: str, start: date | None, help_text: str | None = None) -> None:
    """Draw the field of a day, which can be emptied."""
    session.begin_with(key, start)
    cell.date_input(label, value=None, min_value=EARLIEST, format="YYYY-MM-DD", key=key, help=help_text)


def entered_day(key: str) -> date:
    """Return the day in the field. Raises Invalid where there is none."""
    day: date | None = session.value(key)
    if day is None:
        raise Invalid(N_("Choose the day from which the rule is to hold."))
    return day


def draw_source(key: str, start: str) -> None:
    """Draw the field of the source."""
    session.begin_with(f"{key}_source", start)
    st.text_input(
        _("Source"), key=f"{key}_source", autocomplete="off", help=_("The decision, agreement or web page behind it.")
    )


def entered_source(key: str) -> str:
    """Return the text of the source."""
    return (session.value(f"{key}_source") or "").strip()


def _choose_vaccine(cell: DeltaGenerator, key: str, start: Rule, others: Iterable[Rule]) -> None:
    """Draw the list of vaccine types and products; an ATC code can be written, too."""
    known = catalogue()
    codes = {vaccine.atc[:ATC_LEVEL_4_LENGTH] for vaccine in known.vaccines.values()} | {
        other.atc for other in others if other.atc
    }
    names = {
        code: _("{vaccine}, all products", vaccine=kind_name(code)) for code in codes if len(code) <= ATC_LEVEL_4_LENGTH
    }
    names |= {code: kind_name(code) for code in codes if len(code) > ATC_LEVEL_4_LENGTH}
    kinds = sorted(codes, key=lambda code: names[code])
    session.begin_with(f"{key}_vaccine", start.product_code or start.atc)
    cell.selectbox(
        _("Vaccine"),
        [*kinds, *known.vaccines],
        index=None,
        format_func=lambda code: names.get(code) or (known.vaccines[code].name if code in known.vaccines else code),
        placeholder=_("Choose, or write an ATC code"),
        accept_new_options=True,
        key=f"{key}_vaccine",
        filter_mode="contains",
    )


def _choose_group(cell: DeltaGenerator, beside: DeltaGenerator, key: str, start: Rule) -> None:
    """Draw the lists of groups and of the chosen one's subgroups; those of the past are there for old rules."""
    groups = catalogue().groups
    session.begin_with(f"{key}_group", start.group_code or ANYONE)
    group = cell.selectbox(
        _("Group"),
        [ANYONE, *groups],
        format_func=lambda code: name_of(groups[code]) if code else _("Anyone"),
        key=f"{key}_group",
        filter_mode="contains",
    )
    subgroups = {sub.subgroup_code: sub for sub in (groups[group].subgroups if group else ())}
    chosen = start.subgroup_code if group == start.group_code else None
    session.begin_with(f"{key}_subgroup_{group or None}", chosen or ANYONE)
    beside.selectbox(
        _("Subgroup"),
        [ANYONE, *subgroups],
        format_func=lambda code: name_of(subgroups[code]) if code else _("Any"),
        disabled=not subgroups,
        key=f"{key}_subgroup_{group or None}",
        filter_mode="contains",
    )


def _choose_name(cell: DeltaGenerator, key: str, label: str, start: str, names: set[str]) -> None:
    session.begin_with(key, start or None)
    cell.selectbox(
        label, sorted(names), index=None, placeholder=_("Choose or write"), accept_new_options=True, key=key,
        filter_mode="contains",
    )  # fmt: skip


def _draw_conditions(key: str, start: Rule) -> None:
    """Draw the fields that few rules use; they are open where this one does."""
    conditions = [getattr(start, name) for name in CONDITIONS]
    label = _("Ages, dose numbers, days between doses, NVR")
    with st.expander(label, expanded=any(value is not None for value in conditions) or start.nvr):
        _draw_ages(key, start)
        first, second, third, fourth = st.columns(4)
        _draw_number(first, key, start, "birth_year_from", _("Born from (year)"))
        _draw_number(second, key, start, "birth_year_to", _("Born to (year)"))
        _draw_number(third, key, start, "dose_from", _("Dose number from"))
        _draw_number(fourth, key, start, "dose_to", _("Dose number to"))
        left, right = st.columns([1, 2], vertical_alignment="bottom")
        _draw_number(
            left, key, start, "days_between", _("Days between doses"),
            _("So many days have to lie after the last paid dose of the same kind of vaccine."),
        )  # fmt: skip
        session.begin_with(f"{key}_nvr", start.nvr)
        right.toggle(_("Reported to the national register (NVR)"), key=f"{key}_nvr")


def _draw_ages(key: str, start: Rule) -> None:
    units, cells = age_units(), st.columns(3)
    session.begin_with(f"{key}_age_unit", start.age_unit)
    cells[0].selectbox(_("Age counts as"), list(units), format_func=lambda unit: units[unit], key=f"{key}_age_unit")
    _draw_number(cells[1], key, start, "age_from", _("Age from"))
    _draw_number(cells[2], key, start, "age_to", _("Age to"), _("This age is included."))


def _draw_number(
    cell: DeltaGenerator, key: str, start: Rule, name: str, label: str, help_text: str | None = None
) -> None:
    """Draw the field of a number, without bounds: the validation of the rule names them."""
    session.begin_with(f"{key}_{name}", getattr(start, name))
    cell.number_input(label, value=None, step=1, key=f"{key}_{name}", help=help_text)
