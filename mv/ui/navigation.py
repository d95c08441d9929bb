"""The pages with their addresses and rights, the menu, and the visit to a customer."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NoReturn

import streamlit as st

from mv import audit, getting_started
from mv.access import Action, Actor, may
from mv.errors import N_
from mv.ui import session
from mv.ui.resources import store
from mv.ui.session import VisitState, state
from mv.ui.text import _
from mv.ui.web.startup_checks import configured, has_invented_people

FOLDER = Path(__file__).parents[2] / "pages"

SEARCH = FOLDER / "search.py"
BOOKINGS = FOLDER / "bookings.py"
REGISTRATION = FOLDER / "registration.py"
BATCHES = FOLDER / "batches.py"
CUSTOMER = FOLDER / "customer.py"
GROUPS = FOLDER / "groups.py"
VACCINATION = FOLDER / "vaccination.py"
EXPORT = FOLDER / "export.py"
ACCESS_LOG_REVIEW = FOLDER / "access_log_review.py"
ACCESS_LOG_EXTRACT = FOLDER / "access_log_extract.py"
REIMBURSEMENT_FOLLOW_UP = FOLDER / "reimbursement_follow_up.py"
REIMBURSEMENT_CORRECTIONS = FOLDER / "reimbursement_corrections.py"
REIMBURSEMENT_CLAIMS = FOLDER / "reimbursement_claims.py"
REIMBURSEMENT_PAYMENTS = FOLDER / "reimbursement_payments.py"
REIMBURSEMENT_RULES = FOLDER / "reimbursement_rules.py"
REIMBURSEMENT_CHECKS = FOLDER / "reimbursement_checks.py"
GETTING_STARTED = FOLDER / "getting_started.py"
USERS = FOLDER / "users.py"
CATALOGUE = FOLDER / "catalogue.py"


@dataclass(frozen=True, slots=True)
class Place:
    """A page in the menu."""

    file: Path
    title: str
    address: str
    icon: str
    right: Action
    of_customer: bool = False


@dataclass(slots=True)
class CustomerVisit(VisitState):
    """The state of the pages of the chosen customer: the dialog and the forms that are open.

    ``removed_rows`` are the group rows that were removed since the customer was chosen. A form is open for the group
    row ``adjusted_row`` and for the dose ``corrected_dose``, and the record of the customer ``merge_with`` is shown
    beside the chosen one. ``by_merged_record``: the record that was opened has been merged into this one.
    """

    dialog_open: bool = False
    removed_rows: list[int] = field(default_factory=list)
    adjusted_row: int | None = None
    corrected_dose: int | None = None
    merge_with: int | None = None
    by_merged_record: bool = False

    def open_dialog(self) -> None:
        """Open the dialog of the customer's groups."""
        self.dialog_open = True

    def adjust_row(self, membership_id: int | None) -> None:
        """Open the form that adjusts this group row, or none."""
        self.adjusted_row = membership_id

    def correct_dose(self, dose_id: int | None) -> None:
        """Open the form that corrects this dose, or none."""
        self.corrected_dose = dose_id

    def compare_with(self, customer_id: int | None) -> None:
        """Show this customer's record, or none, beside the chosen customer's."""
        self.merge_with = customer_id


MENU = {
    N_("Customers"): (
        Place(SEARCH, N_("Find customer"), "sok-kund", "search", Action.SEARCH_CUSTOMERS),
        Place(BOOKINGS, N_("Bookings"), "bokningar", "event", Action.VIEW_BOOKINGS),
        Place(REGISTRATION, N_("Register afterwards"), "efterregistrering", "keyboard", Action.REGISTER_AFTERWARDS),
        Place(BATCHES, N_("Batch numbers"), "batchnummer", "barcode_scanner", Action.VIEW_BATCHES),
    ),
    N_("Chosen customer"): (
        Place(CUSTOMER, N_("Customer card"), "kundkort", "badge", Action.VIEW_CUSTOMER, of_customer=True),
        Place(GROUPS, N_("Customer groups"), "kundgrupper", "groups", Action.VIEW_GROUPS, of_customer=True),
        Place(VACCINATION, N_("Vaccination"), "vaccination", "syringe", Action.VIEW_DOSES, of_customer=True),
    ),
    N_("Follow-up"): (
        Place(EXPORT, N_("Output data"), "utdata", "download", Action.EXPORT_GROUPS),
        Place(ACCESS_LOG_REVIEW, N_("Log check"), "loggkontroll", "fact_check", Action.VIEW_LOG),
        Place(ACCESS_LOG_EXTRACT, N_("Log extract"), "loggutdrag", "receipt_long", Action.EXTRACT_LOG),
    ),
    N_("Reimbursement"): (
        Place(
            REIMBURSEMENT_FOLLOW_UP, N_("Paid and unpaid doses"), "uppfoljning", "bar_chart", Action.VIEW_REIMBURSEMENT
        ),
        Place(REIMBURSEMENT_CORRECTIONS, N_("To correct"), "att-ratta", "playlist_add_check", Action.VIEW_CORRECTIONS),
        Place(REIMBURSEMENT_CLAIMS, N_("Claims"), "ansprak", "request_quote", Action.VIEW_REIMBURSEMENT),
        Place(REIMBURSEMENT_PAYMENTS, N_("Payment files"), "betalfiler", "receipt", Action.VIEW_REIMBURSEMENT),
        Place(
            REIMBURSEMENT_RULES,
            N_("Reimbursement rules"),
            "ersattningsregler",
            "price_change",
            Action.VIEW_REIMBURSEMENT,
        ),
        Place(REIMBURSEMENT_CHECKS, N_("Checks"), "kontroller", "rule", Action.VIEW_CHECKS),
    ),
    N_("Administration"): (
        Place(CATALOGUE, N_("Catalogue"), "katalog", "list_alt", Action.CHANGE_CATALOGUE),
        Place(USERS, N_("Users"), "anvandare", "manage_accounts", Action.VIEW_USERS),
        Place(GETTING_STARTED, N_("Getting started"), "kom-igang", "flag", Action.VIEW_SETUP),
    ),
}


PLACES = [place for section in MENU.values() for place in section]


def navigation() -> tuple[st.Page, Place]:
    """Draw the menu of what the user's role includes; return the page to run, and its place.

    The dashboard's own address leads to the first page that the role includes, and whoever sets it up to what is left
    of that. The customer's pages are in the menu once a customer is chosen. A page that the role does not include keeps
    its address, for :func:`require` to refuse.
    """
    who = session.actor()
    start = next((place for place in PLACES if may(who, place.right)), PLACES[0])
    chosen = session.customer_id() is not None

    def home() -> None:
        st.switch_page(GETTING_STARTED if _is_left_to_set_up(who) else start.file)

    made: dict[str, list[st.Page]] = {"": [st.Page(home, title=_(start.title), default=True, visibility="hidden")]}
    for section, its_places in MENU.items():
        for place in its_places:
            shown = may(who, place.right) and (chosen or not place.of_customer)
            visibility: Literal["visible", "hidden"] = "visible" if shown else "hidden"
            made.setdefault(_(section), []).append(
                st.Page(
                    place.file,
                    title=_(place.title),
                    icon=f":material/{place.icon}:",
                    url_path=place.address,
                    visibility=visibility,
                )
            )
    current = st.navigation(made, expanded=True)  # the button that shows the rest of a long menu is in English only
    place = next((place for place in PLACES if place.address == current.url_path), start)
    if place.file != CUSTOMER:
        state(CustomerVisit).dialog_open = False
    return current, place


def _is_left_to_set_up(who: Actor) -> bool:
    """Return whether the actor sets the dashboard up, for real people, and has some of it left."""
    if not may(who, Action.VIEW_SETUP) or has_invented_people():
        return False
    return not all(status.done for status in getting_started.steps(store(), who, sign_in=configured().sign_in))


def require(place: Place) -> None:
    """Raise Forbidden, and log the refusal, unless the user's role includes the page."""
    audit.permit(store(), session.actor(), place.right)


def visit(customer_id: int) -> CustomerVisit:
    """Choose the customer and return the visit, which is a new one unless the customer was chosen already."""
    session.choose_customer(customer_id)
    return state(CustomerVisit)


def go_to(page: Path, customer_id: int) -> NoReturn:
    """Choose the customer and switch to this page of the customer's."""
    session.choose_customer(customer_id)
    st.switch_page(page, query_params={session.CUSTOMER_IN_ADDRESS: str(customer_id)})
