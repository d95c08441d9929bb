"""A dose registered, corrected and withdrawn."""

from __future__ import annotations

import streamlit as st

from mv import recent_doses, vaccinations
from mv.customers import Customer
from mv.errors import N_, Invalid
from mv.ui import session
from mv.ui.double_click import DrawnForm
from mv.ui.navigation import CustomerVisit
from mv.ui.notices import change_once, notify, save_once
from mv.ui.resources import store
from mv.ui.session import state
from mv.ui.text import _
from mv.ui.vaccinations.form import entered, form_key
from mv.ui.widgets.dose_names import vaccine_name
from mv.ui.widgets.row_button import action
from mv.vaccinations import Dose, Entry, WithdrawReason


def register_dose(customer: Customer, form: DrawnForm) -> None:
    """Save the dose that the form holds."""
    key = form_key(customer)
    entry = entered(key)

    def then(dose: Dose) -> None:
        session.set_value(f"{key}_product", None)
        session.set_value(f"{key}_abroad", False)
        session.set_value(f"{key}_reason", "")
        notify("success", _("The dose is saved: {vaccine}.", vaccine=vaccine_name(dose.product_code)))

    def save() -> Dose:
        _require_reason(customer, entry)
        return vaccinations.register(store(), session.actor(), customer.customer_id, entry)

    save_once(form, save, then)


def correct_dose(customer: Customer, dose: Dose) -> None:
    """Save the dose as the form holds it, in place of what it was."""
    visit = state(CustomerVisit)

    def change() -> Dose:
        entry = entered(form_key(customer, dose))
        _require_reason(customer, entry, dose)
        return vaccinations.correct(store(), session.actor(), dose.dose_id, dose.version, entry)

    def then(now: Dose) -> None:
        visit.correct_dose(None)
        notify("success", _("The dose is corrected. What it was before is in the change history."))

    change_once(f"dose {dose.dose_id}", dose.version, change, then)


def _require_reason(customer: Customer, entry: Entry, was: Dose | None = None) -> None:
    """Raise Invalid for a dose that raises a concern, as long as no reason is given for it."""
    found = recent_doses.judge(store(), session.actor(), customer, entry, was)
    if found and not entry.reason.strip():
        concern = next(iter(found.values()))
        raise Invalid(N_("{concern} Write why it is right; nothing was saved."), concern=concern)


def draw_actions(doses: list[Dose]) -> None:
    """Draw the doses that are not withdrawn, each with the buttons that correct and withdraw it."""
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
                    st.button(words, key=f"withdraw_{reason}_{dose.dose_id}", on_click=_withdraw, args=(dose, reason))


def _withdraw(dose: Dose, reason: WithdrawReason) -> None:
    change_once(
        f"dose {dose.dose_id}",
        dose.version,
        lambda: vaccinations.withdraw(store(), session.actor(), dose.dose_id, dose.version, reason),
        lambda now: notify("success", _("The dose is withdrawn. It stays in the change history.")),
    )
