"""The choice of a vaccine's batch: from the list, written, or by a scan of the pack; a new one is asked about once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import streamlit as st

from mv import catalogue as catalogues
from mv.batches import batch as batch_rows
from mv.batches import receiving, usage
from mv.batches.batch import Batch, BatchState, clean_number, find_alike
from mv.errors import N_, Invalid, MvError
from mv.text import with_hyphens
from mv.ui import session
from mv.ui.notices import errors_as_notices
from mv.ui.resources import catalogue, store
from mv.ui.text import _, explain, literal
from mv.ui.widgets.pack_scan import draw_scan, refuse_text, take_scan
from mv.vaccinations import Dose


def choose_batch(
    key: str, product: str | None, day: date, was: Dose | None = None, *, with_warning: bool = True
) -> None:
    """Draw the batches of the product that may be given on ``day``; another product has its own list, and begins empty.

    A scan chooses the product, too, in the field ``<key>_product``, where none is chosen yet. For the dose ``was``,
    which is to be corrected, stopped and depleted batches are in the list as well.
    """
    known = {batch.batch_number: batch for batch in batch_rows.of_product(store(), product)} if product else {}
    numbers = [number for number, batch in known.items() if was or _may_be_chosen(batch, day)]
    numbers.sort(key=lambda number: known[number].state_on(day) is not BatchState.IN_USE)
    start = was.batch_number if was and was.product_code == product else None
    if start and start not in numbers:
        numbers.append(start)
    chosen = st.selectbox(
        _("Batch"),
        numbers,
        index=numbers.index(start) if start else None,
        format_func=lambda number: batch_name(number, known.get(number), day),
        placeholder=_("Scan the pack, choose a batch, or write its number") if product else _("Scan the pack"),
        accept_new_options=True,
        key=f"{key}_batch_{product}",
        on_change=_take,
        args=(key, product, day),
        filter_mode="contains",
    )
    draw_scan(key, product, _unit(key), lambda batch: _choose(key, product, day, batch))
    if product and chosen:
        number = with_hyphens(chosen)
        if number in known:
            _draw_state(known[number], day, with_warning=with_warning)
        elif number != start:
            _draw_new(key, product, number, known)


def batch_name(number: str, batch: Batch | None, day: date) -> str:
    """Return the number with its state on ``day`` and its expiry."""
    if batch is None:
        return number
    state = batch.state_on(day)
    if state is BatchState.STOPPED:
        return _("{number} (stopped {day})", number=number, day=batch.stopped_on)
    if state is BatchState.DEPLETED:
        return _("{number} (used up)", number=number)
    if batch.expires_on is None:
        return _("{number} (expiry unknown)", number=number)
    if state is BatchState.EXPIRED:
        return _("{number} (expired {day})", number=number, day=batch.expires_on)
    return _("{number} (expires {day})", number=number, day=batch.expires_on)


def _may_be_chosen(batch: Batch, day: date) -> bool:
    """Return whether a new dose may be of it: what is used up today may have been given on an earlier day."""
    depleted = batch.depleted_at is not None and day >= store().today()
    return not depleted and (batch.stopped_on is None or day <= batch.stopped_on)


def _unit(key: str) -> str:
    return session.value(f"{key}_unit") or session.actor().unit_id


def _take(key: str, product: str | None, day: date) -> None:
    """Take what was chosen, written or scanned."""
    field = f"{key}_batch_{product}"
    text = session.value(field) or ""
    if take_scan(key, text, product, _unit(key), lambda batch: _choose(key, product, day, batch)):
        if session.value(field) == text:
            session.set_value(field, None)
    elif text and product is None:
        refuse_text(key, Invalid(N_("Choose a vaccine first, or scan the pack.")))
        session.set_value(field, None)


def _choose(key: str, product: str | None, day: date, batch: Batch) -> None:
    """Choose the batch of a pack, and its product. Raises Invalid for a product that was not in use on the day."""
    vaccine = catalogue().vaccines.get(batch.product_code)
    if product is None and vaccine and not catalogues.covers(vaccine, day):
        raise Invalid(
            N_("{vaccine} was not in use on {day}. Choose another vaccine or day."), vaccine=vaccine.name, day=day
        )
    session.set_value(f"{key}_batch_{batch.product_code}", batch.batch_number)
    if product is None:
        session.set_value(f"{key}_product", batch.product_code)


def _draw_state(batch: Batch, day: date, *, with_warning: bool) -> None:
    try:
        usage.refuse_stopped(batch, day)
    except MvError as error:
        st.error(literal(explain(error)))
    if with_warning and batch.expired_before(day):
        st.warning(_("The batch had expired on that day. Check the number and the day."))


def _draw_new(key: str, product: str, number: str, known: Mapping[str, Batch]) -> None:
    """Draw the questions about a number that is not known: whether another is meant, and when it expires."""
    field = f"{key}_batch_{product}"
    alike = find_alike(product, number, [(product, other) for other in known])
    if alike:
        st.warning(literal(_("{number} is new. Did you mean {other}?", number=number, other=alike)))
        st.button(
            _("Use {number} instead", number=alike),
            key=f"{field}_alike",
            on_click=session.set_value,
            args=(field, alike),
        )
    try:
        clean_number(number)
    except Invalid as error:
        if not alike:
            st.error(literal(explain(error)))
        return
    expiry = f"{field}_expiry_{number}"

    def receive() -> None:
        with errors_as_notices():
            receiving.receive(
                store(), session.actor(), product, number, session.value(expiry), _unit(key), is_another=True
            )

    st.date_input(
        _("{number} is new: when does it expire? (on the pack)", number=number),
        value=None,
        min_value=receiving.EARLIEST_EXPIRY,
        max_value=store().today() + receiving.LONGEST_SHELF_LIFE,
        format="YYYY-MM-DD",
        key=expiry,
        on_change=receive,
    )
    st.button(_("The expiry is unknown"), key=f"{field}_unknown", on_click=receive)
