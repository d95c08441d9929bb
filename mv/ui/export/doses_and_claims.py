"""Output data of doses with their reimbursement, and of the lines of claims: the filters and the file."""

from __future__ import annotations

import streamlit as st

from mv.errors import N_, Invalid
from mv.export.doses import DoseFilters
from mv.pseudonyms import Pseudonyms
from mv.reimbursement.claims import payers
from mv.ui import session
from mv.ui.export.file_options import choose_format
from mv.ui.export.files import ClaimsFile, DosesFile
from mv.ui.resources import catalogue, store
from mv.ui.text import _, name_of
from mv.ui.widgets import download
from mv.ui.widgets.day_field import EARLIEST


def draw_doses(pseudonyms: Pseudonyms | None) -> None:
    """Draw the filters of doses and the link to their file."""
    filters = _choose_doses()
    form, headings = choose_format()
    if filters.given_from and filters.given_to and filters.given_from > filters.given_to:
        raise Invalid(N_("The period's first day is after its last. Change one of them."))
    shared, who = store(), session.actor()
    st.caption(
        _("Each dose with the group that counts for it, the verdict on its payment and why, by the rules of now.")
    )
    file = DosesFile(shared, who, shared.today(), form, headings, filters, pseudonyms)
    download.offer(_("Download"), file, key="export_doses", watched=True)
    download.draw_transfers()


def draw_claims(pseudonyms: Pseudonyms | None) -> None:
    """Draw the choice of a payer and the link to the file of its claims' lines."""
    shared, who = store(), session.actor()
    payer = st.selectbox(
        _("Payer"), payers.names(shared, who), index=None, placeholder=_("All"), key="export_payer", width=340
    )
    form, headings = choose_format()
    st.caption(
        _("Each line as it was claimed, with its claim’s state and what was paid for it. Discarded claims, too.")
    )
    file = ClaimsFile(shared, who, shared.today(), form, headings, payer, pseudonyms)
    download.offer(_("Download"), file, key="export_claims", watched=True)
    download.draw_transfers()


def _choose_doses() -> DoseFilters:
    known, who = catalogue(), session.actor()
    cells = st.columns([2, 2, 3, 3, 3])
    given_from, given_to = (
        cell.date_input(label, value=None, min_value=EARLIEST, format="YYYY-MM-DD", key=f"export_{name}")
        for cell, name, label in (
            (cells[0], "given_from", _("Given from")),
            (cells[1], "given_to", _("Given to")),
        )
    )
    names = {
        "unit_id": {code: unit.name for code, unit in known.units.items() if who.owns(code)},
        "product_code": {code: vaccine.name for code, vaccine in known.vaccines.items()},
        "group_code": {code: name_of(group) for code, group in known.groups.items()},
    }
    labels = {"unit_id": _("Unit"), "product_code": _("Vaccine"), "group_code": _("Group that counts")}
    codes = {
        name: cell.selectbox(
            labels[name],
            list(names[name]),
            index=None,
            format_func=names[name].__getitem__,
            placeholder=_("All"),
            key=f"export_dose_{name}",
            filter_mode="contains",
        )
        for cell, name in zip(cells[2:], names, strict=True)
    }
    return DoseFilters(given_from=given_from, given_to=given_to, **codes)
