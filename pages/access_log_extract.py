"""Loggutdrag: unit and time of every access to a patient's data, as a list, as CSV, and as a page to print."""

import pandas as pd
import streamlit as st

from mv import audit, customers
from mv.access import Action
from mv.access_log import patient_extract
from mv.customers import Customer
from mv.errors import N_, Invalid, MvError, NotFound
from mv.ui import session
from mv.ui.customers.banner import draw_customer
from mv.ui.notices import errors_as_notices, show_notices
from mv.ui.resources import store
from mv.ui.text import _, explain, literal
from mv.ui.web.downloads.tickets import GeneratedFile
from mv.ui.widgets import download
from mv.ui.widgets.table import draw_frame

NUMBER, TAKEN = "extract_number", "extract_of"


def find() -> None:
    """Choose the customer with the number in the field, and take out the extract."""
    text = session.value(NUMBER) or ""
    with errors_as_notices():
        if not customers.is_number(text):
            raise Invalid(N_("Write the patient’s whole identity number."))
        hits = customers.search(store(), session.actor(), text)
        if hits.elsewhere is not None:
            customers.get(store(), session.actor(), hits.elsewhere)  # says whose customer it is
        if not hits.customers:
            raise NotFound(N_("There is no customer with this number. Check it against the source."))
        session.choose_customer(hits.customers[0].customer_id)
        session.show_customer_in_address()
        session.set_value(TAKEN, hits.customers[0].customer_id)
        session.set_value(NUMBER, "")


def draw_search() -> None:
    with st.form("extract", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(_("Identity number"), placeholder=_("YYYYMMDDNNNN"), autocomplete="off", key=NUMBER)
        st.form_submit_button(_("Search"), icon=":material/search:", on_click=find)


def draw_extract(customer: Customer) -> None:
    shared, who, language = store(), session.actor(), session.language()
    found = patient_extract.extract(shared, who, customer.customer_id)
    files = (("csv", _("Download as CSV"), "text/csv"), ("html", _("Download as a page to print"), "text/html"))
    makers = {"csv": patient_extract.csv_chunks, "html": patient_extract.page_chunks}
    with st.container(horizontal=True):
        for ending, label, mime in files:
            download.offer(
                label,
                GeneratedFile(
                    patient_extract.filename(store().today(), ending),
                    mime,
                    makers[ending],
                    (shared, who, customer.customer_id, language),
                ),
                key=f"extract_{ending}",
            )
    st.caption(_("Accesses: {count}. Users are not named in an extract.", count=len(found.accesses)))
    headings = {heading: _(heading) for heading in patient_extract.HEADINGS}
    draw_frame(pd.DataFrame(patient_extract.cells(found, language), columns=list(headings)), headings)


st.header(_("Log extract"))
try:
    audit.permit(store(), session.actor(), Action.EXTRACT_LOG)
    st.caption(_("A patient has a right to know when, and at which units, somebody had access to their data."))
    show_notices()
    draw_search()
    chosen = session.customer_id()
    if chosen is None:
        st.info(_("Write the identity number of the patient who asks for an extract."))
        st.stop()
    customer = customers.get(store(), session.actor(), chosen)
    draw_customer(customer)
    if session.value(TAKEN) == chosen:
        draw_extract(customer)
    else:
        st.button(_("Take out the log extract"), type="primary", on_click=session.set_value, args=(TAKEN, chosen))
except MvError as error:
    st.error(literal(explain(error)))
