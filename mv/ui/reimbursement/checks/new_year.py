"""The New Year list on the screen: how many people enter or leave each age group, and on demand who they are."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from mv.access import Action, may
from mv.errors import N_
from mv.reimbursement.checks import new_year
from mv.reimbursement.checks.new_year import GROUP_STATUSES, Count, Filters, GroupStatus, Person
from mv.ui import navigation, session
from mv.ui.reimbursement.checks.findings import who
from mv.ui.resources import catalogue, store
from mv.ui.text import _, count_of, name_of
from mv.ui.web.downloads.tickets import GeneratedFile
from mv.ui.widgets import download
from mv.ui.widgets.row_button import action
from mv.ui.widgets.table import draw_table

ROWS_ON_A_PAGE = 25
YEARS_BACK, YEARS_AHEAD = 2, 5
COLUMNS = (3, 2, 4, 5, 3)
"""The relative widths of a row's cells: customer, age, group, status, link."""
SHORT: Mapping[GroupStatus, str] = {
    GroupStatus.LACKS: N_("Turn into it and lack it"),
    GroupStatus.HAS: N_("Turn into it and have it already"),
    GroupStatus.ENDS: N_("Turn out of it and have it still"),
}


def draw_new_year() -> None:
    """Draw the choice of year, the figures, the file and the people."""
    st.caption(
        _(
            "Who turns into or out of a group on 1 January, by the ages and birth years of the dated rules."
            " The customers are those of your units; nothing is changed by itself."
        )
    )
    this_year = store().today().year
    years = list(range(this_year - YEARS_BACK, this_year + YEARS_AHEAD + 1))
    cells = st.columns(3)
    year = cells[0].selectbox(
        _("1 January of the year"), years, index=YEARS_BACK + 1, key="new_year_year", persist_state="session"
    )
    counts = new_year.counts(store(), session.actor(), year)
    if not counts:
        st.info(_("Nobody turns into or out of a group then, by the rules of that day."))
        return
    _draw_counts(counts)
    codes = list(dict.fromkeys(count.group_code for count in counts))
    group = cells[1].selectbox(
        _("Group"),
        codes,
        index=None,
        format_func=lambda code: name_of(catalogue().groups[code]),
        placeholder=_("All"),
        key=f"new_year_group_{year}",
        persist_state="session",
    )
    status = cells[2].selectbox(
        _("How it stands"),
        list(GroupStatus),
        index=None,
        format_func=lambda status: _(SHORT[status]),
        placeholder=_("All"),
        key="new_year_standing",
        persist_state="session",
    )
    _draw_list(year, Filters(group, status), counts)


def _draw_counts(counts: list[Count]) -> None:
    people = {(count.group_code, count.status): str(count.people) for count in counts}
    codes = list(dict.fromkeys(count.group_code for count in counts))
    columns = {_("Group"): [name_of(catalogue().groups[code]) for code in codes]}
    for status, heading in SHORT.items():
        columns[_(heading)] = [people.get((code, status), "–") for code in codes]
    with st.container(key="new_year_counts"):
        draw_table(columns, empty="", alt=_("New Year list"))


def _draw_list(year: int, filters: Filters, counts: list[Count]) -> None:
    total = sum(
        count.people
        for count in counts
        if filters.group_code in (None, count.group_code) and filters.status in (None, count.status)
    )
    rows = count_of("{count} row", "{count} rows", total)
    st.markdown(f"**{rows}**")
    if not total:
        return
    if may(session.actor(), Action.EXPORT_IDENTITIES):
        _offer_file(year, filters)
    shown = st.toggle(
        _("Show the customers"),
        key="new_year_show",
        persist_state="session",
        help=_("Those you are shown are logged as looked at."),
    )
    if shown:
        _draw_people(year, filters, total)


def _offer_file(year: int, filters: Filters) -> None:
    shared, actor, language = store(), session.actor(), session.language()
    cells = st.columns([1, 2], vertical_alignment="center")
    with cells[0]:
        download.offer(
            _("Download the list (CSV)"),
            GeneratedFile(
                new_year.filename(year), "text/csv", new_year.csv_chunks, (shared, actor, year, filters, language)
            ),
            key="new_year_file",
        )
    cells[1].caption(_("With identity numbers. That you take it out is logged."))


def _draw_people(year: int, filters: Filters, total: int) -> None:
    number_of_pages = -(-total // ROWS_ON_A_PAGE)
    key = f"new_year_page_{year}_{filters.group_code}_{filters.status}_{number_of_pages}"
    start = ((session.value(key) or 1) - 1) * ROWS_ON_A_PAGE
    people = new_year.people(store(), session.actor(), year, filters, limit=ROWS_ON_A_PAGE, offset=start)
    headings = (_("Customer"), _("Age"), _("Group"), _("How it stands"))
    for cell, heading in zip(st.columns(COLUMNS), headings, strict=False):
        cell.caption(heading)
    for place, person in enumerate(people):
        _draw_person(f"new_year_{place}", person, year)
    if number_of_pages > 1:
        st.pagination(number_of_pages, key=key, persist_state="session")


def _draw_person(key: str, person: Person, year: int) -> None:
    cells = st.columns(COLUMNS, vertical_alignment="center")
    cells[0].text(who(person.customer))
    cells[1].text(_("turns {age}", age=year - person.customer.birth_date.year))
    cells[2].text(name_of(catalogue().groups[person.group_code]))
    since = f"\n{_('from {day}', day=person.valid_from)}" if person.valid_from else ""
    cells[3].text(_(GROUP_STATUSES[person.status]) + since)
    label = action(_("Open"), person.customer.name)
    if cells[4].button(label, key=key, width="stretch"):
        navigation.go_to(navigation.GROUPS, person.customer.customer_id)
