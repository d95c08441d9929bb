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
    chosen = session.customer_id() is not None
    visibility: Literal["visible", "hidden"] = "visible" if chosen else "hidden"
    current = st.navigation(
        {
            _("Customers"): [
                st.Page(
                    SEARCH,
                    title=_("Find customer"),
                    url_path="sok-kund",
                    icon=":material/search:",
                    default=True,
                ),
                st.Page(BOOKINGS, title=_("Bookings"), url_path="bokningar", icon=":material/event:"),
            ],
            _("Chosen customer"): [
                st.Page(
                    CARD,
                    title=_("Customer card"),
                    url_path="kundkort",
                    icon=":material/badge:",
                    visibility=visibility,
                ),
                st.Page(
                    GROUPS,
                    title=_("Customer groups"),
                    url_path="kundgrupper",
                    icon=":material/groups:",
                    visibility=visibility,
                ),
                st.Page(
                    VACCINATION,
                    title=_("Vaccination"),
                    url_path="vaccination",
                    icon=":material/syringe:",
                    visibility=visibility,
                ),
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
