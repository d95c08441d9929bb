"""A batch received by hand: product, number and expiry as they stand on the pack."""

from __future__ import annotations

from datetime import date

import streamlit as st

from mv import catalogue as catalogues
from mv.batches import receiving
from mv.batches.batch import Batch
from mv.concerns import Doubtful
from mv.ui import session
from mv.ui.batches.state import BatchesState, open_batch
from mv.ui.double_click import DrawnForm, drawn_form
from mv.ui.notices import notify, save_once
from mv.ui.resources import catalogue, store
from mv.ui.session import state
from mv.ui.text import _, explain, literal
from mv.ui.widgets.dose_names import vaccine_name
from mv.ui.widgets.unit_picker import choose_unit

KEY = "batch_new"


def draw_receive() -> None:
    """Draw the form of a new batch, and the question whether a known number is meant."""
    form = drawn_form(f"{KEY}_save")
    today = store().today()
    with st.container(border=True, key=KEY):
        cells = st.columns(4)
        cells[0].selectbox(
            _("Vaccine"),
            [vaccine.product_code for vaccine in catalogues.in_use(catalogue().vaccines.values(), today)],
            index=None,
            format_func=vaccine_name,
            placeholder=_("Choose a vaccine"),
            key=f"{KEY}_product",
            filter_mode="contains",
        )
        number = cells[1].text_input(_("Batch number"), autocomplete="off", key=f"{KEY}_number_{form.number}")
        cells[2].date_input(
            _("Expiry (empty: unknown)"),
            value=None,
            min_value=receiving.EARLIEST_EXPIRY,
            max_value=today + receiving.LONGEST_SHELF_LIFE,
            format="YYYY-MM-DD",
            key=f"{KEY}_expiry_{form.number}",
        )
        with cells[3]:
            choose_unit(_("Unit"), f"{KEY}_unit", session.actor().unit_id)
        asked = state(BatchesState)
        if number and asked.asked_of == number:
            st.warning(literal(" ".join(explain(concern) for concern in asked.concerns.values())))
            st.button(_("It is another one: save it"), key=f"{form.key}_another", on_click=_save, args=(form, True))
        st.button(_("Save the batch"), type="primary", key=form.key, on_click=_save, args=(form,))


def _save(form: DrawnForm, is_another: bool = False) -> None:
    number = session.value(f"{KEY}_number_{form.number}") or ""
    expires_on: date | None = session.value(f"{KEY}_expiry_{form.number}")
    asked = state(BatchesState)
    asked.asked_of = ""

    def save() -> Batch:
        return receiving.receive(
            store(),
            session.actor(),
            session.value(f"{KEY}_product"),
            number,
            expires_on,
            session.value(f"{KEY}_unit"),
            is_another=is_another,
        )

    def then(batch: Batch) -> None:
        open_batch(batch)
        notify("success", _("The batch is saved: {number}.", number=batch.batch_number))

    try:
        save_once(form, save, then)
    except Doubtful as question:
        asked.asked_of, asked.concerns = number, question.concerns
