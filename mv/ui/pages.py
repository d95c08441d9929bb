"""The pages, their addresses and the menu."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import streamlit as st

from mv.ui import session
from mv.ui.text import _

FOLDER = Path(__file__).parents[2] / "pages"

SEARCH = FOLDER / "search.py"
BOOKINGS = FOLDER / "bookings.py"
CARD = FOLDER / "card.py"
GROUPS = FOLDER / "groups.py"
VACCINATION = FOLDER / "vaccination.py"
EXPORT = FOLDER / "export.py"


def navigation() -> st.Page:
    """Draw the menu and return the page to run.

    The customer's pages always have their address, and are in the menu once a customer is chosen.
    """
    visibility: Literal["visible", "hidden"] = "hidden" if session.customer_id() is None else "visible"
    search = st.Page(SEARCH, title=_("Find customer"), icon=":material/search:", default=True)
    of_customer = (
        (CARD, _("Customer card"), "kundkort", ":material/badge:"),
        (GROUPS, _("Customer groups"), "kundgrupper", ":material/groups:"),
        (VACCINATION, _("Vaccination"), "vaccination", ":material/syringe:"),
    )
    current = st.navigation(
        {
            _("Customers"): [
                search,
                st.Page(BOOKINGS, title=_("Bookings"), url_path="bokningar", icon=":material/event:"),
            ],
            _("Chosen customer"): [
                st.Page(file, title=title, url_path=address, icon=icon, visibility=visibility)
                for file, title, address, icon in of_customer
            ],
            _("Follow-up"): [
                st.Page(EXPORT, title=_("Output data"), url_path="utdata", icon=":material/download:"),
            ],
        }
    )
    if current.url_path != "kundkort":
        session.close_dialog()
    return current


def go_to(page: Path, customer_id: int) -> None:
    """Leave for a page of this customer."""
    session.choose_customer(customer_id)
    st.switch_page(page, query_params={session.CUSTOMER_IN_ADDRESS: str(customer_id)})
