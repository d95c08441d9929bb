"""The effect of a change of the catalogue before it is saved: what has the row later, and what doses are paid then."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import streamlit as st

from mv.catalogue.tables import CatalogueRow
from mv.reimbursement.preview import catalogue_change
from mv.reimbursement.preview.catalogue_change import RowChange
from mv.ui import session
from mv.ui.catalogue.state import CatalogueEditorState
from mv.ui.catalogue.wording import name_of_row
from mv.ui.resources import store
from mv.ui.session import state
from mv.ui.text import _, count_of, literal
from mv.ui.widgets.impact import QUICKLY_JUDGED, draw_impact


def draw_effect(changed: Sequence[RowChange]) -> None:
    """Draw the effect of changes where they have one."""
    for was, becomes in changed:
        last = becomes.values["valid_to"]
        if was is not None and isinstance(last, date) and last != was.values["valid_to"]:
            _draw_later(becomes, last)
    if paying := catalogue_change.paying_differently(changed):
        _draw_impact(paying)


def _draw_later(row: CatalogueRow, last: date) -> None:
    later, name = catalogue_change.records_after(store(), session.actor(), row, last), name_of_row(row)
    if not later.any:
        st.info(literal(_("{name}: nothing that is registered has it after {day}.", name=name, day=last)))
        return
    counts = [
        count_of("{count} dose", "{count} doses", later.doses),
        count_of("{count} customer group that applies", "{count} customer groups that apply", later.memberships),
        count_of("{count} booking", "{count} bookings", later.bookings),
    ]
    st.warning(
        literal(
            _(
                "{name}: after {day} it is still in {counts}. They stay as they are; it can be chosen for no new ones.",
                name=name,
                day=last,
                counts=", ".join(counts),
            )
        )
    )


def _draw_impact(changed: list[RowChange]) -> None:
    """Draw the impact on given doses; where that takes time, only on demand."""
    editor = state(CatalogueEditorState)
    if editor.impact_of != changed:
        many = catalogue_change.count_affected(store(), session.actor(), changed) > QUICKLY_JUDGED
        if many and not st.button(_("Show what it changes"), icon=":material/calculate:", key="catalogue_preview"):
            st.caption(_("There are many doses: it takes a while. You can save without it."))
            return
        with st.spinner(_("The doses are judged as they are and as they will be …")):
            editor.impact = catalogue_change.impact_at_own_units(store(), session.actor(), changed)
            editor.impact_of = changed
    st.text(_("What saving changes for doses given at your units:"))
    if editor.impact is not None:
        draw_impact(editor.impact)
