"""The choice of a vaccine's batch."""

from __future__ import annotations

from datetime import date

import streamlit as st

from mv.batches import batch as batch_rows
from mv.batches.batch import Batch
from mv.ui.resources import store
from mv.ui.text import _
from mv.vaccinations import Dose


def choose_batch(
    key: str, product: str | None, day: date, was: Dose | None = None, *, with_warning: bool = True
) -> None:
    """Draw the batches of the product; another product has its own list, and begins empty."""
    known = {batch.batch_number: batch for batch in batch_rows.of_product(store(), product)} if product else {}
    numbers = sorted(known, key=lambda number: known[number].expired_before(day))
    start = was.batch_number if was and was.product_code == product else None
    if start and start not in numbers:
        numbers.append(start)
    chosen = st.selectbox(
        _("Batch"),
        numbers,
        index=numbers.index(start) if start else None,
        format_func=lambda number: _batch_name(number, known.get(number), day),
        placeholder=_("Choose a batch, or write its number") if product else _("Choose a vaccine first"),
        disabled=product is None,
        accept_new_options=True,
        key=f"{key}_batch_{product}",
        filter_mode="contains",
    )
    if with_warning and chosen and chosen in known and known[chosen].expired_before(day):
        st.warning(_("The batch had expired on that day. Check the number and the day."))


def _batch_name(number: str, batch: Batch | None, day: date) -> str:
    if batch is None or batch.expires_on is None:
        return number
    if batch.expired_before(day):
        return _("{number} (expired {day})", number=number, day=batch.expires_on)
    return _("{number} (expires {day})", number=number, day=batch.expires_on)
