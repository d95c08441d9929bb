"""Vaccination: register the dose with the group that counts, correct and withdraw doses, see every change."""

import streamlit as st

from mv import vaccinations
from mv.customers import Customer
from mv.ui import navigation, session
from mv.ui.customers.banner import draw_customer, require_customer
from mv.ui.double_click import next_form_number
from mv.ui.navigation import CustomerVisit
from mv.ui.notices import change_once, notify, save_once, show_notices
from mv.ui.reimbursement.corrections.queue import draw_queue_banner
from mv.ui.reimbursement.corrections.state import CurrentWalk
from mv.ui.resources import store
from mv.ui.session import state
from mv.ui.text import _, moment
from mv.ui.vaccinations.form import draw_dose_form, draw_verdict, entered, form_key
from mv.ui.vaccinations.table import draw_doses
from mv.ui.widgets.dose_names import day_given, group_name, vaccine_name
from mv.ui.widgets.row_button import action
from mv.ui.widgets.table import draw_table
from mv.vaccinations import Dose, WithdrawReason


def register(customer: Customer, number: int) -> None:
    key = form_key(customer)
    entry = entered(key)

    def then(dose: Dose) -> None:
        session.set_value(f"{key}_product", None)
        session.set_value(f"{key}_abroad", False)
        notify("success", _("The dose is saved: {vaccine}.", vaccine=vaccine_name(dose.product_code)))

    save_once(
        number,
        (customer, entry),
        lambda: vaccinations.register(store(), session.actor(), customer.customer_id, entry),
        then,
    )


def correct(customer: Customer, dose: Dose) -> None:
    visit = state(CustomerVisit)

    def change() -> Dose:
        entry = entered(form_key(customer, dose))
        return vaccinations.correct(store(), session.actor(), dose.dose_id, dose.version, entry)

    def then(now: Dose) -> None:
        visit.correct_dose(None)
        notify("success", _("The dose is corrected. What it was before is in the change history."))

    change_once(f"dose {dose.dose_id}", dose.version, change, then)


def withdraw(dose: Dose, reason: WithdrawReason) -> None:
    change_once(
        f"dose {dose.dose_id}",
        dose.version,
        lambda: vaccinations.withdraw(store(), session.actor(), dose.dose_id, dose.version, reason),
        lambda now: notify("success", _("The dose is withdrawn. It stays in the change history.")),
    )


def draw_actions(doses: list[Dose]) -> None:
    for dose in doses:
        if dose.withdrawn_at:
            continue
        name = f"{vaccine_name(dose.product_code)}, {dose.given_on}"
        with st.container(horizontal=True, vertical_alignment="center", key=f"dose_{dose.dose_id}"):
            st.text(name, width="stretch")
            st.button(
                action(_("Correct"), name),
                icon=":material/edit:",
                key=f"correct_{dose.dose_id}",
                on_click=state(CustomerVisit).correct_dose,
                args=(dose.dose_id,),
            )
            with st.popover(action(_("Withdraw"), name), icon=":material/undo:"):
                st.text(_("Why is the dose withdrawn?"))
                for reason, words in (
                    (WithdrawReason.ENTERED_BY_MISTAKE, _("It was entered by mistake")),
                    (WithdrawReason.WRONG_PERSON, _("It was given to someone else")),
                ):
                    st.button(words, key=f"withdraw_{reason}_{dose.dose_id}", on_click=withdraw, args=(dose, reason))


def draw_changes(customer: Customer) -> None:
    words = {
        "registered": _("Registered"),
        "corrected": _("Corrected"),
        "withdrawn": _("Withdrawn"),
        "restored": _("Withdrawal undone"),
    }
    found = vaccinations.changes(store(), session.actor(), customer.customer_id)
    draw_table(
        {
            _("Time"): [moment(change.changed_at) for change in found],
            _("By"): [change.changed_by for change in found],
            _("Change"): [words[change.change] for change in found],
            _("Given"): [day_given(change) for change in found],
            _("Vaccine"): [vaccine_name(change.product_code) for change in found],
            _("Batch"): [change.batch_number for change in found],
            _("Dose"): [str(change.dose_number) for change in found],
            _("Group that counts"): [group_name(change) for change in found],
        },
        empty=_("No changes."),
        alt=_("Change history"),
    )


customer = require_customer()
st.header(_("Vaccination"))
draw_customer(customer)
draw_queue_banner(customer, navigation.VACCINATION)
doses = vaccinations.of_customer(store(), session.actor(), customer.customer_id)
was = next((dose for dose in doses if dose.dose_id == state(CustomerVisit).corrected_dose), None)
st.subheader(_("Correct a dose") if was else _("New dose"))
with st.container(border=True):
    draw_dose_form(customer, doses, was)
    with st.container(horizontal=True):
        if was:
            st.button(_("Save correction"), type="primary", key="dose_save", on_click=correct, args=(customer, was))
            st.button(_("Cancel"), key="dose_cancel", on_click=state(CustomerVisit).correct_dose, args=(None,))
        else:
            st.button(
                _("Save vaccination"),
                type="primary",
                key="dose_save",
                on_click=register,
                args=(customer, next_form_number(empty=session.value(f"{form_key(customer)}_product") is None)),
            )
        with st.container():  # beside the buttons, which stay where they are when the verdict changes
            draw_verdict(customer, was)
show_notices()
if state(CurrentWalk).walk is None:
    st.page_link(navigation.SEARCH, label=_("Next customer"), icon=":material/search:")
st.subheader(_("Doses"))
draw_doses(doses)
draw_actions(doses)
with st.expander(_("Change history")):
    draw_changes(customer)
