"""The preview of payments, before anything is saved: the outcome of a dose, and the effect of a change."""

from __future__ import annotations

import streamlit as st

from mv.errors import N_
from mv.reimbursement.preview.customer_case import Adjudication, ChangedDose, Effect
from mv.reimbursement.preview.dose import Forecast, GroupSuggestion
from mv.reimbursement.pricing import wording
from mv.reimbursement.pricing.adjudication import Outcome
from mv.reimbursement.pricing.remedies import Remedy
from mv.ui import session
from mv.ui.resources import catalogue
from mv.ui.text import _, count_of, literal, name_of
from mv.ui.widgets.amounts import kronor, signed
from mv.ui.widgets.dose_names import vaccine_name

NOBODYS_MISTAKE = (Outcome.ABROAD, Outcome.REGION_WITHOUT_RULES, Outcome.NO_RULE, Outcome.OWN_COST)
"""Outcomes of unpaid doses with which nothing is wrong."""


SUGGESTED = {
    Remedy.CHOOSE_GROUP: N_("The customer was in the group {group} on that day: by that, {kronor} kr is paid."),
    Remedy.ADD_BY_AGE: N_("The customer has the age for the group {group}: if it is added, {kronor} kr is paid."),
    Remedy.ACTIVE_AFTER: N_(
        "The customer’s group {group} begins after that day: if its first day is wrong and is adjusted,"
        " {kronor} kr is paid."
    ),
    Remedy.ENDED_BEFORE: N_(
        "The customer’s group {group} ended before that day: if its last day is wrong and is adjusted,"
        " {kronor} kr is paid."
    ),
}
"""The remedies in words."""


def why(adjudication: Adjudication) -> str:
    """Return the outcome as a sentence: the payer and amount, or the reason why nobody pays."""
    return wording.explain(adjudication.dose, adjudication.rule, catalogue(), session.language())


def draw_forecast(forecast: Forecast) -> None:
    """Draw the outcome of the dose in the form, its remedy, and the effect on the customer's other doses."""
    adjudication = forecast.adjudication
    text = " ".join(filter(None, (why(adjudication), _remedy_text(forecast))))
    if adjudication.outcome == Outcome.PAYABLE:
        st.success(literal(text), icon=":material/paid:")
    elif adjudication.outcome in NOBODYS_MISTAKE:
        st.info(literal(text), icon=":material/info:")
    else:
        st.warning(literal(text), icon=":material/money_off:")
    if forecast.others.changed_doses:
        _draw(_("Among the customer’s other doses: {effect}.", effect=summary(forecast.others)), forecast.others)


def draw_effect(effect: Effect) -> None:
    """Draw the effect of saving on the customer's doses."""
    if effect.changed_doses:
        _draw(_("If you save: {effect}.", effect=summary(effect)), effect)
    else:
        st.caption(_("If you save: no dose is paid differently."))


def summary(effect: Effect) -> str:
    """Return an effect in words: the number of doses by kind of change, and the kronor in all."""
    lost = sum(changed.after.ore == 0 for changed in effect.changed_doses)
    won = sum(changed.before.ore == 0 for changed in effect.changed_doses)
    other = len(effect.changed_doses) - lost - won
    parts = (
        count_of("{count} dose is no longer paid", "{count} doses are no longer paid", lost) if lost else "",
        count_of("{count} dose becomes paid", "{count} doses become paid", won) if won else "",
        count_of("{count} dose is paid differently", "{count} doses are paid differently", other) if other else "",
    )
    return f"{', '.join(filter(None, parts))} ({signed(effect.ore)} kr)"


def _draw(text: str, effect: Effect) -> None:
    if effect.to_pay_back:
        back = _("{kronor} kr has come in already, and is to be paid back then.", kronor=kronor(effect.to_pay_back))
        text = f"{text} {back}"
    body = literal(text) + "".join(f"\n- {literal(_line(changed))}" for changed in effect.changed_doses)
    if effect.ore < 0:
        st.warning(body, icon=":material/trending_down:")
    else:
        st.info(body, icon=":material/trending_up:")


def _line(changed: ChangedDose) -> str:
    dose = _(
        "{vaccine}, {day}: {after} kr instead of {before} kr.",
        vaccine=vaccine_name(changed.product_code),
        day=changed.given_on,
        after=kronor(changed.after.ore),
        before=kronor(changed.before.ore),
    )
    return f"{dose} {why(changed.after)}"


def _remedy_text(forecast: Forecast) -> str:
    """Return the remedy in words; an empty text where none is known."""
    if forecast.suggestion:
        return _suggestion_text(forecast.suggestion)
    if forecast.with_a_group:
        return _("With a group it can be worth up to {kronor} kr.", kronor=kronor(forecast.with_a_group))
    return ""


def _suggestion_text(found: GroupSuggestion) -> str:
    group, amount = name_of(found.choice), kronor(found.ore)
    if not found.in_time:
        return _(
            "With the group {group} it would have been worth {kronor} kr, but {day} was the last day to register it.",
            group=group,
            kronor=amount,
            day=found.last_day,
        )
    return _(SUGGESTED[found.remedy], group=group, kronor=amount)
