"""Figures of the follow-up on the screen: how long they are kept, the filters, and the names of what is counted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

import pandas as pd
import streamlit as st

from mv.access import Action, Actor, may
from mv.catalogue import Catalogue, Unit, Vaccine
from mv.errors import N_
from mv.reimbursement.follow_up import reports
from mv.reimbursement.follow_up.cube import NO_GROUP, Filters, group_by, seasons
from mv.reimbursement.follow_up.reports import Figures
from mv.reimbursement.pricing.adjudication import Outcome
from mv.reimbursement.pricing.assessment import PaymentState
from mv.reimbursement.pricing.remedies import Remedy
from mv.reimbursement.pricing.seasons import Season
from mv.reimbursement.pricing.wording import OUTCOME_NAMES
from mv.reimbursement.rules.vaccine_types import ATC_LEVEL_4_LENGTH, vaccine_name
from mv.store import Store
from mv.ui import navigation, session
from mv.ui.resources import catalogue, store
from mv.ui.text import _, moment, name_of

SECONDS_TO_KEEP = 15 * 60
SECONDS_OF_QUICK_ONES = 2.0
"""Figures that took no longer are made anew as soon as anything was changed; others when somebody asks, or it is time:
in a large store something changes all the time, and every click would wait."""
MOST_KEPT = 20
"""Sets of own units whose figures are kept, some hundreds of kilobytes each."""
EVERY_SEASON = 0

PARTS: Mapping[str, str] = {
    "paid_part": N_("Paid so far"),
    "payable": N_("Payable"),
    "at_risk": N_("At risk"),
    "lost": N_("Lost"),
    "to_pay_back": N_("To pay back"),
    "overdrawn": N_("Taken back without having been paid"),
}
"""The names of the amounts."""
STATES: Mapping[str, str] = {
    PaymentState.PAID: N_("paid for"),
    PaymentState.PAYABLE: N_("to be paid for"),
    PaymentState.AT_RISK: N_("doses at risk"),
    PaymentState.LOST: N_("doses lost"),
    PaymentState.OUTSIDE: N_("not paid for"),
}
"""The names of the states of doses."""
MEANINGS: Mapping[str, str] = {
    "paid_part": N_("What payment files hold for the doses, as far as it is due."),
    "payable": N_("Due by the rules and not paid yet."),
    "at_risk": N_("Not due now, but due once it is corrected in time."),
    "lost": N_("Would have been due, if it had been in time."),
    "to_pay_back": N_("What payment files hold beyond what is due."),
}
MENDS: Mapping[Remedy, str] = {
    Remedy.CHOOSE_GROUP: N_("the customer was in a group that counts"),
    Remedy.ADD_BY_AGE: N_("the age gives a group that counts"),
    Remedy.ACTIVE_AFTER: N_("a group that counts began later"),
    Remedy.ENDED_BEFORE: N_("a group that counts had ended"),
}
"""The remedy in words, after the outcome."""
MORE_THAN_DUE = N_("more was paid than the rule gives")
"""The outcome of a payable dose for which something is to be paid back."""


def kept_figures() -> Figures:
    """Return the figures of the user's own units, and draw their time. Raises Forbidden."""
    shared, who = store(), session.actor()
    units = tuple(sorted(who.own_units))
    with st.spinner(_("Every dose is judged. With a million of them this takes some seconds.")):
        found = _kept(shared.url, units, shared.today(), shared, who)
        outdated = reports.are_outdated(shared, who, found)
        if outdated and found.seconds <= SECONDS_OF_QUICK_ONES:
            _kept.clear(shared.url, units, shared.today(), shared, who)
            found, outdated = _kept(shared.url, units, shared.today(), shared, who), False
    line = st.container(horizontal=True, vertical_alignment="center")
    line.caption(_("The figures are from {time}.", time=moment(found.at)))
    if outdated:
        line.caption(_("Something was changed since."))
        if line.button(_("Count again"), key="follow_up_again", type="tertiary"):
            _kept.clear(shared.url, units, shared.today(), shared, who)
            st.rerun()
    return found


@st.cache_data(ttl=SECONDS_TO_KEEP, max_entries=MOST_KEPT, show_spinner=False)
def _kept(url: str, units: tuple[str, ...], day: date, _store: Store, _actor: Actor) -> Figures:
    """Return figures shared by users with the same units; they name no person."""
    return reports.compute_figures(_store, _actor)


def choose_filters(cube: pd.DataFrame) -> Filters:
    """Draw the filters with the values in the cube, and return the choice."""
    known, today = catalogue(), store().today()
    cells = st.columns([5, 6, 6, 6, 6])
    found = seasons(cube)
    offered = sorted({Season.of(today), *found}, reverse=True)
    season = cells[0].selectbox(
        _("Season"),
        [*(each.first_year for each in offered), EVERY_SEASON],
        index=offered.index(found[0]) if found else 0,
        format_func=lambda year: str(Season(year)) if year else _("All"),
        help=_("From 1 July to 30 June; the day that the dose was given counts."),
        key="follow_up_season",
        persist_state="session",
    )
    units = {code: _called(known.units, code) for code in _seen(cube, "unit_id")}
    groups = {NO_GROUP: _("No group")} | {code: name_of(group) for code, group in known.groups.items()}
    unit = _choose(cells[1], _("Unit"), "unit", units)
    vaccine = _choose(cells[2], _("Vaccine"), "vaccine", _vaccines(cube, known))
    group = _choose(cells[3], _("Group"), "group", groups)
    of_group = known.groups[group].subgroups if group else ()
    subgroups = {subgroup.subgroup_code: name_of(subgroup) for subgroup in of_group}
    subgroup = _choose(cells[4], _("Subgroup"), f"subgroup_{group}", subgroups) if subgroups else None
    return Filters(Season(season) if season else None, unit, vaccine, group, subgroup)


def _choose(cell: st.delta_generator.DeltaGenerator, label: str, name: str, options: Mapping[str, str]) -> str | None:
    chosen: str | None = cell.selectbox(
        label,
        list(options),
        index=None,
        format_func=lambda code: options.get(code, code),
        placeholder=_("All"),
        filter_mode="contains",
        key=f"follow_up_{name}",
        persist_state="session",
    )
    return chosen


def _seen(cube: pd.DataFrame, column: str) -> list[str]:
    return sorted(cube[column].dropna().unique())


def _vaccines(cube: pd.DataFrame, known: Catalogue) -> dict[str, str]:
    """Return the names of vaccine types with several products, then those of products."""
    kinds = cube.groupby(cube["atc"].str[:ATC_LEVEL_4_LENGTH])["product_code"].nunique()
    several = [str(kind) for kind, count in kinds.items() if count > 1]
    of_kinds = {kind: vaccine_name(kind, None, known, session.language()) for kind in several}
    return of_kinds | {code: _called(known.vaccines, code) for code in _seen(cube, "product_code")}


def _called(things: Mapping[str, Unit] | Mapping[str, Vaccine], code: str) -> str:
    """Return the name, or the code where the catalogue lacks it."""
    thing = things.get(code)
    return thing.name if thing else code


def draw_way_to_corrections() -> None:
    """Draw the link to the doses to correct, or the role that corrects them."""
    if may(session.actor(), Action.VIEW_CORRECTIONS):
        st.page_link(
            navigation.REIMBURSEMENT_CORRECTIONS, label=_("Go to the doses to correct"), icon=":material/arrow_forward:"
        )
    else:
        st.caption(_("The unit’s coordinators find these doses on the page {page}.", page=_("To correct")))


def named(cube: pd.DataFrame, *dimensions: str) -> pd.DataFrame:
    """Return the measures by the dimensions (see :func:`group_by`), with the name of each in ``name``."""
    frame = group_by(cube, *dimensions)
    known = catalogue()
    names: Mapping[str, Callable[..., str]] = {
        "unit_id": lambda code: _called(known.units, code),
        "product_code": lambda code: _called(known.vaccines, code),
        "group_code": lambda code: name_of(known.groups.get(code, code)) if code else _("No group"),
        "payer": lambda payer: payer or _("Nobody"),
        "season": lambda year: str(Season(year)),
        "month": lambda month: f"{month:%Y-%m}",
        "outcome": cause,
    }
    rows = frame[list(dimensions)].astype(object).itertuples(index=False)
    texts = [names[dimensions[0]](*(None if pd.isna(value) else value for value in row)) for row in rows]
    return frame.assign(name=texts)


def cause(outcome: str, remedy: str | None = None) -> str:
    """Return the outcome in words, with its remedy, if there is one."""
    why = _(MORE_THAN_DUE) if outcome == Outcome.PAYABLE.value else _(OUTCOME_NAMES[Outcome(outcome)])
    known = f" – {_(MENDS[Remedy(remedy)])}" if remedy else ""
    return f"{why[:1].upper()}{why[1:]}{known}"
