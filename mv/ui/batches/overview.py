"""The list of batches: a field that searches and takes scans, filters, and a row for each that leads to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import streamlit as st

from mv.batches.batch import Batch, BatchState
from mv.errors import N_
from mv.text import fold
from mv.ui import session
from mv.ui.batches.state import open_batch
from mv.ui.resources import catalogue, store
from mv.ui.text import _, moment
from mv.ui.widgets.dose_names import product_name
from mv.ui.widgets.pack_scan import draw_scan, take_scan
from mv.ui.widgets.row_button import action

WIDTHS = (4, 4, 3, 3, 4, 3)
ROWS_ON_A_PAGE = 25
SEARCH, SCAN = "batches_search", "batches_scan"
ALL = "every"
STATES: Mapping[BatchState, str] = {
    BatchState.IN_USE: N_("In use"),
    BatchState.EXPIRED: N_("Expired"),
    BatchState.STOPPED: N_("Stopped"),
    BatchState.DEPLETED: N_("Used up"),
}


def expiry(batch: Batch) -> str:
    """Return the day of expiry, or that it is unknown."""
    return str(batch.expires_on) if batch.expires_on else _("unknown")


def state_name(batch: Batch) -> str:
    """Return the state of the batch today."""
    return _(STATES[batch.state_on(store().today())])


def received(batch: Batch) -> str:
    """Return when, where and by whom the batch became known, as far as that was kept."""
    if batch.received_at is None:
        return ""
    unit = catalogue().units.get(batch.unit_id or "")
    parts = [moment(batch.received_at), unit.name if unit else "", batch.received_by or ""]
    return ", ".join(filter(None, parts))


def draw_search() -> None:
    """Draw the field that searches the list, and opens the batch of a pack that is scanned into it."""
    st.text_input(
        _("Search, or scan a pack"),
        key=SEARCH,
        on_change=_take,
        placeholder=_("A part of the batch number, or the scanner on the square code"),
        autocomplete="off",
    )
    draw_scan(SCAN, None, session.actor().unit_id, open_batch)


def _take() -> None:
    text = session.value(SEARCH) or ""
    if take_scan(SCAN, text, None, session.actor().unit_id, open_batch):
        session.set_value(SEARCH, "")


def draw_list(found: Sequence[Batch]) -> None:
    """Draw the filters and the batches that they leave."""
    taken = _choose(found)
    if not taken:
        st.info(_("No batches. Choose fewer filters, or receive one below."))
        return
    key = f"batches_page_{len(taken)}"
    first = ((session.value(key) or 1) - 1) * ROWS_ON_A_PAGE
    headings = (_("Batch number"), _("Vaccine"), _("Expires"), _("State"), _("Received"), "")
    for cell, heading in zip(st.columns(WIDTHS), headings, strict=True):
        cell.caption(heading)
    for batch in taken[first : first + ROWS_ON_A_PAGE]:
        _draw_row(batch)
    if len(taken) > ROWS_ON_A_PAGE:
        st.pagination(-(-len(taken) // ROWS_ON_A_PAGE), key=key)


def _choose(found: Sequence[Batch]) -> list[Batch]:
    wanted = fold(session.value(SEARCH) or "").replace(" ", "")
    product = st.selectbox(
        _("Vaccine"),
        sorted({batch.product_code for batch in found}, key=product_name),
        index=None,
        format_func=product_name,
        placeholder=_("All"),
        key="batches_product",
        filter_mode="contains",
    )
    some = [
        batch
        for batch in found
        if (product is None or batch.product_code == product) and wanted in fold(batch.batch_number).replace(" ", "")
    ]
    today = store().today()
    counts = Counter(batch.state_on(today) for batch in some)
    names = {ALL: f"{_('All')} ({len(some)})"} | {
        state: f"{_(name)} ({counts[state]})" for state, name in STATES.items()
    }
    state = st.segmented_control(
        _("State"),
        list(names),
        default=BatchState.IN_USE,
        required=True,
        format_func=lambda chosen: names[chosen],
        key="batches_state",
    )
    return [batch for batch in some if state == ALL or batch.state_on(today) == state]


def _draw_row(batch: Batch) -> None:
    name = f"{product_name(batch.product_code)} {batch.batch_number}"
    with st.container(key=f"batch_row_{batch.product_code}_{batch.batch_number}"):
        cells = st.columns(WIDTHS, vertical_alignment="center")
        texts = (
            batch.batch_number,
            product_name(batch.product_code),
            expiry(batch),
            state_name(batch),
            received(batch),
        )
        for cell, text in zip(cells, texts, strict=False):
            cell.text(text)
        cells[-1].button(
            action(_("Open"), name),
            key=f"batch_open_{batch.product_code}_{batch.batch_number}",
            on_click=open_batch,
            args=(batch,),
            width="stretch",
        )
