"""The fields that stay from one person to the next: day, unit, vaccine and batch if any, group and subgroup."""

from __future__ import annotations

import streamlit as st

from mv import catalogue as catalogues
from mv.errors import Invalid
from mv.registration.entry import RegistrationEntry
from mv.ui import session
from mv.ui.resources import catalogue, store
from mv.ui.text import _, explain, literal
from mv.ui.widgets.batch_picker import choose_batch
from mv.ui.widgets.day_field import EARLIEST
from mv.ui.widgets.dose_names import vaccine_name
from mv.ui.widgets.group_picker import choose_group
from mv.ui.widgets.unit_picker import choose_unit

WIDTHS = (6, 7, 8, 8)
"""Of day, unit, vaccine and batch, relative to each other."""


def choose_entry(key: str) -> RegistrationEntry | None:
    """Draw the fields and return their entry; if something is missing, draw the error and return None."""
    draw_entry_fields(key)
    try:
        return read_entry(key)
    except Invalid as error:
        st.info(literal(explain(error)))
        return None


def draw_entry_fields(key: str) -> None:
    """Draw the fields, whose keys begin with ``key``; see :func:`read_entry`."""
    cells = st.columns(WIDTHS)
    day = cells[0].date_input(
        _("Day"), value=store().today(), min_value=EARLIEST, format="YYYY-MM-DD", key=f"{key}_day"
    )
    with cells[1]:
        choose_unit(_("Unit"), f"{key}_unit", session.actor().unit_id)
    products = [vaccine.product_code for vaccine in catalogues.in_use(catalogue().vaccines.values(), day)]
    product = cells[2].selectbox(
        _("Vaccine, if a dose was given"),
        products,
        index=None,
        format_func=vaccine_name,
        placeholder=_("None: only the group"),
        key=f"{key}_product",
        filter_mode="contains",
    )
    with cells[3]:
        choose_batch(key, product, day)
    choose_group(key, day)


def read_entry(key: str) -> RegistrationEntry:
    """Return the entry of the fields; usable in callbacks. Raises Invalid for missing fields."""
    group, product = session.value(f"{key}_group"), session.value(f"{key}_product")
    return RegistrationEntry.for_day(
        group,
        session.value(f"{key}_subgroup_{group}"),
        session.value(f"{key}_day"),
        session.value(f"{key}_unit"),
        product,
        session.value(f"{key}_batch_{product}"),
    )


def restore(key: str, kept: RegistrationEntry | None) -> None:
    """Let fields that are not drawn yet begin with the kept entry, as far as it can still be chosen."""
    if kept is None or session.value(f"{key}_unit") is not None:
        return
    known, day = catalogue(), kept.day
    session.set_value(f"{key}_day", day)
    if session.actor().owns(kept.unit_id):
        session.set_value(f"{key}_unit", kept.unit_id)
    if kept.product_code in {each.product_code for each in catalogues.in_use(known.vaccines.values(), day)}:
        session.set_value(f"{key}_product", kept.product_code)
        session.set_value(f"{key}_batch_{kept.product_code}", kept.batch_number or None)
    try:
        membership = kept.membership_entry()
        choice = known.choice(membership.group_code, membership.subgroup_code)
    except Invalid:
        return
    if choice.in_use(day):
        session.set_value(f"{key}_group", kept.group_code)
        session.set_value(f"{key}_subgroup_{kept.group_code}", kept.subgroup_code)


def clear_group(key: str) -> None:
    """Empty the fields of group and subgroup; for callbacks."""
    group = session.value(f"{key}_group")
    session.set_value(f"{key}_subgroup_{group}", None)
    session.set_value(f"{key}_group", None)
