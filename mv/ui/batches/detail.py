"""One batch: its expiry, whether it is in use, and every change of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time

import streamlit as st

from mv.access import Action, may
from mv.batches import changes, receiving
from mv.batches.batch import Batch
from mv.clock import from_local, to_local
from mv.ui import session
from mv.ui.batches.overview import expiry, received, state_name
from mv.ui.notices import change_once, notify
from mv.ui.resources import store
from mv.ui.text import _, moment
from mv.ui.widgets.dose_names import vaccine_name
from mv.ui.widgets.table import draw_table


def draw_batch(batch: Batch) -> None:
    """Draw the batch with what can be changed, and its history."""
    said = {
        _("Vaccine"): vaccine_name(batch.product_code),
        _("Expires"): expiry(batch),
        _("State"): state_name(batch),
        _("Received"): received(batch) or "–",
    }
    if batch.stopped_at:
        said[_("Stopped from")] = f"{moment(batch.stopped_at)}: {batch.stop_reason}"
    draw_table({_("Batch"): list(said), batch.batch_number: list(said.values())}, empty="", alt=batch.batch_number)
    key = f"batch_{batch.product_code}_{batch.batch_number}_{batch.version}"
    left, right = st.columns(2)
    with left.container(border=True):
        _draw_expiry(batch, key)
        _draw_depleted(batch, key)
    if may(session.actor(), Action.STOP_BATCH):
        with right.container(border=True):
            _draw_stop(batch, key)
    with st.expander(_("Change history")):
        _draw_history(batch)


def _change(batch: Batch, change: Callable[[], Batch], said: str) -> None:
    change_once(f"batch {batch.key}", batch.version, change, lambda now: notify("success", said))


def _draw_expiry(batch: Batch, key: str) -> None:
    def save() -> None:
        day = session.value(f"{key}_expiry")
        _change(batch, lambda: changes.change_expiry(store(), session.actor(), batch, day), _("The expiry is changed."))

    st.date_input(
        _("Expiry (empty: unknown)"),
        value=batch.expires_on,
        min_value=receiving.EARLIEST_EXPIRY,
        max_value=max(store().today() + receiving.LONGEST_SHELF_LIFE, batch.expires_on or store().today()),
        format="YYYY-MM-DD",
        key=f"{key}_expiry",
    )
    st.button(_("Change the expiry"), key=f"{key}_expiry_save", on_click=save)


def _draw_depleted(batch: Batch, key: str) -> None:
    def deplete() -> None:
        said = _("The batch is used up. It can still be chosen for earlier days.")
        _change(batch, lambda: changes.deplete(store(), session.actor(), batch), said)

    def replenish() -> None:
        said = _("There is some left of the batch.")
        _change(batch, lambda: changes.replenish(store(), session.actor(), batch), said)

    if batch.depleted_at:
        st.button(_("There is some left"), key=f"{key}_replenish", on_click=replenish)
    else:
        st.button(_("It is used up"), key=f"{key}_deplete", on_click=deplete)


def _draw_stop(batch: Batch, key: str) -> None:
    def stop() -> None:
        day, clock = session.value(f"{key}_day"), session.value(f"{key}_time") or time()
        at, reason = from_local(datetime.combine(day, clock)), session.value(f"{key}_reason") or ""
        said = _("The batch is stopped. A dose of it that is given after that is refused.")
        _change(batch, lambda: changes.stop(store(), session.actor(), batch, at, reason), said)

    def resume() -> None:
        said = _("The batch is in use again.")
        _change(batch, lambda: changes.resume(store(), session.actor(), batch), said)

    if batch.stopped_at:
        st.button(_("Let it be used again"), key=f"{key}_resume", on_click=resume)
        return
    now = to_local(store().now())
    cells = st.columns(2)
    cells[0].date_input(_("Stopped from"), now.date(), max_value=now.date(), format="YYYY-MM-DD", key=f"{key}_day")
    cells[1].time_input(_("Time of day"), now.time().replace(second=0, microsecond=0), step=60, key=f"{key}_time")
    st.text_input(_("Why is it stopped?"), max_chars=changes.LONGEST_REASON, autocomplete="off", key=f"{key}_reason")
    st.button(_("Stop the batch"), key=f"{key}_stop", on_click=stop)


def _draw_history(batch: Batch) -> None:
    words = {
        "received": _("Received"),
        "scanned": _("Scanned"),
        "with_dose": _("Known by a dose"),
        "imported": _("From a file"),
        "expiry": _("Expiry changed"),
        "stopped": _("Stopped"),
        "resumed": _("In use again"),
        "depleted": _("Used up"),
        "replenished": _("Some left"),
    }
    found = changes.history(store(), session.actor(), batch.key)
    draw_table(
        {
            _("Time"): [moment(change.changed_at) for change in found],
            _("By"): [change.changed_by for change in found],
            _("Change"): [words[change.change] for change in found],
            _("Expires"): [str(change.expires_on or _("unknown")) for change in found],
            _("Stopped from"): [moment(change.stopped_at) if change.stopped_at else "" for change in found],
            _("Reason"): [change.stop_reason or "" for change in found],
        },
        empty=_("No changes."),
        alt=_("Change history"),
    )
