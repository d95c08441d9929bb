"""The rows of the open round, the latest first, each with its undo."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date

import streamlit as st

from mv.identity import age
from mv.registration import rounds, undo
from mv.registration.rounds import Round, RoundRow
from mv.reimbursement.preview.customer_case import adjudicate_customers
from mv.reimbursement.rules import regions
from mv.ui import session
from mv.ui.notices import do_once, errors_as_notices, notify, show_notices
from mv.ui.registration.state import typed_state
from mv.ui.resources import catalogue, store
from mv.ui.text import _, clock_time, count_of, name_of
from mv.ui.widgets.checklist import page_of
from mv.ui.widgets.dose_names import vaccine_name
from mv.ui.widgets.payment_preview import why
from mv.ui.widgets.row_button import action

ROWS_AT_ONCE = 20
"""The number of latest rows that are drawn; the others on demand."""
WIDTH_OF_TIME, WIDTH_OF_PERSON = 45, 230
"""In pixels. Cells beside each other are drawn in half the time that columns take."""


def name_and_age(name: str, birth_date: date) -> str:
    """Return somebody's name, and the age today."""
    years = count_of("{count} year", "{count} years", age(birth_date, store().today()))
    return f"{name}, {years}"


def draw_rows(key: str) -> None:
    """Draw the rows of the open round with their number by group; nothing if no round is open."""
    now = rounds.current_round(store(), session.actor())
    rows = rounds.read_rows(store(), session.actor(), now.registration_id) if now else []
    if rows:
        _draw_summary([row for row in rows if row.undone_at is None], key)
    show_notices()
    with st.container(gap="xxsmall"):
        _draw_rows(rows[:ROWS_AT_ONCE], key)
        if len(rows) > ROWS_AT_ONCE and st.toggle(_("Show all {count} rows", count=len(rows)), key=f"{key}_all"):
            _draw_rows(rows[ROWS_AT_ONCE:], key)


def draw_saved(each: Round, count: int) -> None:
    """Draw the rows of a round that was saved at once, page by page, each with what its dose is paid, and why not."""
    key = f"saved_{each.registration_id}"
    numbers = page_of(list(range(1, count + 1)), key)
    rows = rounds.read_rows(store(), session.actor(), each.registration_id, (numbers[0], numbers[-1]))
    paid = _payments(rows)
    with st.container(gap="xxsmall", key=key):
        for row in reversed(rows):
            st.text(f"{name_and_age(row.name, row.birth_date)}: {_describe(row, paid)}")


def _payments(rows: Sequence[RoundRow]) -> dict[int, str]:
    """Return by dose id what the doses of these rows are paid, and why not."""
    with_dose = {row.customer_id for row in rows if row.dose_id is not None and row.undone_at is None}
    if not with_dose:
        return {}
    found = adjudicate_customers(store(), session.actor(), with_dose)
    unfollowed = regions.unfollowed(store())
    return {dose_id: why(each) for dose_id, each in found.items() if each.dose["region"] not in unfollowed}


def _draw_rows(rows: Sequence[RoundRow], key: str) -> None:
    paid = _payments(rows)
    for row in rows:
        _draw_row(row, paid, key)


def _draw_summary(kept: Sequence[RoundRow], key: str) -> None:
    heading = count_of("{count} row in this round", "{count} rows in this round", len(kept))
    counts = Counter(_group(row) for row in kept)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(heading, anchor=False, width="content")
        st.text("  ·  ".join(f"{group}: {count}" for group, count in sorted(counts.items())), width="stretch")
        st.button(_("End the round"), key=f"{key}_end", on_click=_end, args=(key,))


def _group(row: RoundRow) -> str:
    return name_of(catalogue().choice(row.group_code, row.subgroup_code)) if row.group_code else _("No group")


def _describe(row: RoundRow, paid: Mapping[int, str]) -> str:
    """Describe the group, the dose and the reason of a row, and in a line of its own what the dose is paid."""
    parts = [_group(row)]
    if row.product_code:
        parts.append(vaccine_name(row.product_code))
    if row.batch_number:
        parts.append(_("batch {batch}", batch=row.batch_number))
    if row.reason:
        parts.append(_("for a reason: {reason}", reason=row.reason))
    lines = [", ".join(parts), paid.get(row.dose_id, "") if row.dose_id and row.undone_at is None else ""]
    return "\n".join(filter(None, lines))


def _draw_row(row: RoundRow, paid: Mapping[int, str], key: str) -> None:
    person = name_and_age(row.name, row.birth_date)
    number = f"{row.registration_id}_{row.row_number}"
    with st.container(horizontal=True, vertical_alignment="center", key=f"saved_row_{number}"):
        st.text(clock_time(row.registered_at), width=WIDTH_OF_TIME)
        st.text(person, width=WIDTH_OF_PERSON)
        st.text(_describe(row, paid), width="stretch")
        if row.undone_at:
            st.text(_("Undone"), width="content")
            return
        st.button(
            action(_("Undo"), person),
            icon=":material/undo:",
            key=f"undo_saved_{number}",
            on_click=_undo,
            args=(row, key),
        )


def _undo(row: RoundRow, key: str) -> None:
    number, state = (row.registration_id, row.row_number), typed_state(key)
    do_once(
        f"undo row {number}",
        lambda: undo.undo_row(store(), session.actor(), *number),
        lambda _: state.focus_on(),
    )


def _end(key: str) -> None:
    with errors_as_notices():
        rounds.end(store(), session.actor())
        typed_state(key).advance(None)
        notify("success", _("The round is ended. It stands below, and can be undone as a whole."))
    st.rerun()
