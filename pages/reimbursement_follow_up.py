"""Uppföljning: how much of what doses can give is paid, payable, at risk or lost, and where, when and why."""

from dataclasses import replace

import pandas as pd
import streamlit as st

from mv.errors import N_, MvError
from mv.reimbursement.follow_up.cube import DUE, POSSIBLE, over_time, select, sums, totals
from mv.reimbursement.follow_up.reports import Figures
from mv.reimbursement.pricing.adjudication import Outcome
from mv.reimbursement.pricing.seasons import Season
from mv.ui.reimbursement.follow_up.charts import draw_bars, draw_months, draw_shares
from mv.ui.reimbursement.follow_up.figures import PARTS, choose_filters, draw_way_to_corrections, kept_figures, named
from mv.ui.reimbursement.follow_up.tables import draw_faults, draw_figures, draw_metrics, draw_sums, outcome
from mv.ui.resources import store
from mv.ui.text import _, explain, literal
from mv.ui.widgets.regions import draw_own_regions

CAUSES = {
    "at_risk": (N_("What is at risk, and why?"), N_("Nothing is at risk."), "kan_ga_forlorat"),
    "lost": (N_("What is lost, and why?"), N_("Nothing is lost."), "forlorat"),
    "to_pay_back": (N_("What is to be paid back, and why?"), N_("Nothing is to be paid back."), "att_betala_tillbaka"),
    "outside": (N_("Which doses does nobody pay, and why?"), N_("Somebody pays for every dose."), "ersatts_inte"),
}
PLACES = {
    "unit_id": (N_("Unit"), N_("Which unit loses most?"), "enhet"),
    "product_code": (N_("Vaccine"), N_("Which vaccine loses most?"), "vaccin"),
    "group_code": (N_("Group"), N_("Which group loses most?"), "kundgrupp"),
    "payer": (N_("Payer"), N_("Which payer is most lost from?"), "fran_betalare"),
}


def draw_outcome(cube: pd.DataFrame, total: dict[str, int]) -> bool:
    st.subheader(_("How much of what the doses can give will be paid?"))
    st.markdown(literal(outcome(total)))
    if total["possible"]:
        rows = pd.DataFrame({"name": [_(PARTS[name]) for name in POSSIBLE], "ore": [total[name] for name in POSSIBLE]})
        draw_bars(rows, "ore", alt=_("Paid, payable, at risk and lost"), whole=total["possible"])
    return draw_figures(named(cube, "payer"), _("Payer"), total, of=_("Payer by payer"), file="betalare")


def draw_causes(cube: pd.DataFrame, total: dict[str, int], what: str) -> bool:
    question, nothing, file = (_(CAUSES[what][0]), _(CAUSES[what][1]), CAUSES[what][2])
    st.subheader(question)
    measures = () if what == "outside" else (what,)
    if what == "to_pay_back":
        found = cube[cube[what] > 0]
        found = found.assign(doses=found["paid_back"])
    else:
        found = cube[cube["state"] == what]
    rows = named(found, "outcome", "remedy").sort_values([*measures, "doses"], ascending=False)
    if rows.empty:
        st.markdown(nothing)
        return all(total[name] == 0 for name in measures)
    shown = (*measures, "doses")[0]
    draw_bars(rows, shown, alt=question, whole=int(rows[shown].sum()))
    if what == "at_risk":
        draw_way_to_corrections()
    whole = {name: total[name] for name in measures}
    return draw_figures(rows, _("Reason"), whole, of=question, file=file, measures=measures)


def draw_places(cube: pd.DataFrame, total: dict[str, int]) -> bool:
    title = st.empty()
    place = st.segmented_control(
        _("Show by"), list(PLACES), default="unit_id", required=True, format_func=lambda name: _(PLACES[name][0]),
        key="follow_up_place",
    )  # fmt: skip
    word, question, file = PLACES[place]
    title.subheader(_(question))
    rows = named(cube, place).sort_values(["lost", "at_risk", "doses"], ascending=False)
    if total["lost"]:
        st.caption(_("In brackets: what part that is of what the doses there can give."))
        draw_bars(rows, "lost", alt=_(question), whole=rows["possible"])
    else:
        st.markdown(_("Nothing is lost."))
    return draw_figures(rows, _(word), total, of=_(question), file=file)


def draw_over_time(cube: pd.DataFrame, total: dict[str, int], season: Season | None) -> bool:
    st.subheader(_("How does it go month by month?"))
    st.caption(_("By the month in which the doses were given. Each chart has its own scale, in kronor."))
    frame = over_time(cube, season, store().today())
    frame = frame.assign(name=frame["month"].dt.strftime("%Y-%m"))
    for measures in (POSSIBLE[:2], POSSIBLE[2:]):
        for cell, name in zip(st.columns(2), measures, strict=True):
            with cell:
                st.markdown(f"**{_(PARTS[name])}**")
                draw_months(frame, name, alt=_("{what}, month by month", what=_(PARTS[name])))
    return draw_figures(frame, _("Month"), total, of=_("Month by month"), file="manad")


def draw_seasons(cube: pd.DataFrame) -> None:
    rows = named(cube, "season").sort_values("season", ascending=False)
    if len(rows) < 2:
        return
    st.subheader(_("Is it better than the seasons before?"))
    st.caption(_("What is paid or payable, as a part of what the doses can give. The other filters hold here, too."))
    due = rows[list(DUE)].sum(axis=1)
    draw_shares(rows.assign(due=due), "due", "possible", alt=_("Paid or payable, season by season"))
    draw_figures(rows, _("Season"), {}, of=_("Season by season"), file="sasong")


def draw(figures: Figures) -> None:
    """Draw the figures of the doses that the filters select."""
    filters = choose_filters(figures.cube)
    cube, counted = select(figures.cube, filters), select(figures.counted, filters)
    if cube.empty and counted.empty:
        st.info(_("No dose fits the filters. Choose another season, or fewer filters."))
        return
    found, total = sums(cube, counted), totals(cube)
    draw_faults(found)
    if cube.empty:
        return
    draw_metrics(cube)
    if (cube["outcome"] == Outcome.NO_RULE.value).all():
        st.info(_("No rule pays for any of these doses on the day it was given, so that there is nothing to be paid."))
    hold = [draw_outcome(cube, total), *(draw_causes(cube, total, what) for what in CAUSES)]
    hold += [draw_places(cube, total), draw_over_time(cube, total, filters.season)]
    st.subheader(_("Do the parts make up the whole?"))
    draw_sums(found, tables_hold=all(hold))
    draw_seasons(select(figures.cube, replace(filters, season=None)))


st.header(_("Paid and unpaid doses"))
try:
    if draw_own_regions():
        figures = kept_figures()
        if figures.cube.empty and figures.counted.empty:
            st.info(_("No dose is registered at your units yet."))
        else:
            draw(figures)
except MvError as error:
    st.error(literal(explain(error)))
