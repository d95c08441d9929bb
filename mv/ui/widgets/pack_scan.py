"""A scan of a pack in a field: the batch that it chooses, or its error, or which vaccine an unknown pack is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import streamlit as st

from mv import catalogue as catalogues
from mv.batches import packs, scanning
from mv.batches.batch import Batch
from mv.batches.packs import UnknownPack
from mv.batches.scanning import Scan
from mv.errors import MvError, StoreUnavailable
from mv.ui import session
from mv.ui.resources import catalogue, store
from mv.ui.session import state
from mv.ui.text import _, explain, literal
from mv.ui.widgets.dose_names import vaccine_name

Choose = Callable[[Batch], None]
"""Chooses the batch of a pack. Raises Invalid if it cannot be chosen there."""


@dataclass(slots=True)
class PackScans:
    """The error of the last scan in each field, and the packs whose vaccine is asked for, by the field's key."""

    errors: dict[str, MvError] = field(default_factory=dict)
    unknown: dict[str, UnknownPack] = field(default_factory=dict)

    def forget(self, key: str) -> None:
        """Forget the last scan in this field."""
        self.errors.pop(key, None)
        self.unknown.pop(key, None)


def take_scan(key: str, text: str, expected: str | None, unit_id: str, choose: Choose) -> bool:
    """Choose the batch of the pack whose code is ``text``; return whether it is a scan, a failed one too.

    It is for callbacks. ``expected`` is the vaccine that is chosen already.
    """
    scans = state(PackScans)
    scans.forget(key)
    try:
        scan = scanning.parse(text)
    except MvError as error:
        scans.errors[key] = error
        return True
    if scan:
        _receive(key, scan, expected, unit_id, choose)
    return scan is not None


def refuse_text(key: str, error: MvError) -> None:
    """Show this error of a text in the field, which is no scan."""
    state(PackScans).errors[key] = error


def draw_scan(key: str, expected: str | None, unit_id: str, choose: Choose) -> None:
    """Draw the error of the last scan in the field, or the question which vaccine its pack is."""
    scans = state(PackScans)
    if key in scans.errors:
        st.error(literal(explain(scans.errors[key])))
    if key in scans.unknown:
        _draw_unknown(key, scans.unknown[key], expected, unit_id, choose)


def _draw_unknown(key: str, asked: UnknownPack, expected: str | None, unit_id: str, choose: Choose) -> None:
    products = [vaccine.product_code for vaccine in catalogues.in_use(catalogue().vaccines.values(), store().today())]

    def answer() -> None:
        product = session.value(f"{key}_pack_{asked.scan.gtin}")
        if product:
            _receive(key, asked.scan, expected, unit_id, choose, product)

    with st.container(border=True, key=f"{key}_pack"):
        st.text(explain(asked))
        st.selectbox(
            _("Vaccine of the pack"),
            products,
            index=products.index(expected) if expected in products else None,
            format_func=vaccine_name,
            placeholder=_("Choose a vaccine"),
            key=f"{key}_pack_{asked.scan.gtin}",
            filter_mode="contains",
        )
        st.button(_("Save the pack"), key=f"{key}_pack_save", on_click=answer)
        st.caption(_("It is asked once, and known from then on."))


def _receive(
    key: str, scan: Scan, expected: str | None, unit_id: str, choose: Choose, product: str | None = None
) -> None:
    scans = state(PackScans)
    scans.forget(key)
    try:
        choose(packs.receive_scan(store(), session.actor(), scan, unit_id, expected=expected, product=product))
    except UnknownPack as asked:
        scans.unknown[key] = asked
    except StoreUnavailable:
        raise
    except MvError as error:
        scans.errors[key] = error
