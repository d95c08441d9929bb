"""The options of a file of output data: its format, its headings, and pseudonyms in place of people's names."""

from __future__ import annotations

import streamlit as st

from mv.access import Action, may
from mv.errors import N_, Invalid
from mv.export import Csv, Format, Headings, Parquet, Xlsx
from mv.pseudonyms import Pseudonyms
from mv.ui import session
from mv.ui.text import _
from mv.ui.web.startup_checks import configured


def choose_format() -> tuple[Format, Headings]:
    """Draw the choice of a file's format and headings, and return both."""
    forms: dict[Format, str] = {
        Csv(";"): _("CSV for a Swedish Excel (;)"),
        Csv(","): _("CSV, plain (,)"),
        Xlsx(): _("Excel (XLSX)"),
        Parquet(): _("Parquet"),
    }
    headings: dict[Headings, str] = {"en": _("Stable column names"), "sv": _("Swedish headings")}
    cells = st.columns(2)
    form = cells[0].selectbox(_("Format"), list(forms), format_func=lambda chosen: forms[chosen], key="export_format")
    heading = cells[1].selectbox(
        _("Headings"), list(headings), format_func=lambda h: headings[h], key="export_headings"
    )
    return form, heading


def choose_pseudonyms() -> Pseudonyms | None:
    """Draw the choice of pseudonyms and return their maker; None where people are named. Raises Invalid for no key."""
    needed = not may(session.actor(), Action.EXPORT_IDENTITIES)
    wanted = st.toggle(
        _("Pseudonyms in place of identity numbers and names"),
        value=needed,
        disabled=needed,
        help=_("The same person has the same pseudonym in every file."),
        key="export_pseudonyms",
    )
    if not wanted and not needed:
        return None
    key = configured().pseudonym_key
    if key is None:
        raise Invalid(N_("No pseudonym key is configured. Set MV_PSEUDONYM_KEY, or pseudonym_key in the settings."))
    return Pseudonyms(key)
