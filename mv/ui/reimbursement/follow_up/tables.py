"""Figures of the follow-up in words, as tables and as CSV."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

import pandas as pd
import streamlit as st
from babel.numbers import format_percent

from mv import audit
from mv.access import Action, Actor
from mv.access_log.documents import csv_pieces
from mv.errors import N_
from mv.i18n import SWEDISH
from mv.reimbursement.follow_up.cube import Sum, totals
from mv.reimbursement.pricing.assessment import PaymentState
from mv.store import Store
from mv.ui import session
from mv.ui.reimbursement.follow_up.figures import MEANINGS, PARTS, STATES
from mv.ui.resources import store
from mv.ui.text import _, count_of, grouped, literal
from mv.ui.web.downloads.tickets import GeneratedFile
from mv.ui.widgets import download
from mv.ui.widgets.amounts import amount, kronor
from mv.ui.widgets.table import draw_table

WIDTH_OF_LINK = 240
COLUMNS = ("paid_part", "payable", "at_risk", "lost", "to_pay_back")
SUMS: Mapping[str, tuple[str, str]] = {
    "doses": (N_("Doses"), N_("as many as the store counts by itself")),
    "due": (N_("Due"), N_("as much as the rules give for them")),
    "possible": (N_("Could be due"), N_("as much as the doses could give at most")),
    "received": (N_("Received"), N_("as much as the payment files hold for them")),
}
"""Names of the parts of each sum, and of the whole, which is counted in another way."""


def share(part: int, whole: int) -> str:
    """Return the share in percent; never rounded to 0 or 100 %."""
    parts = round(1000 * part / whole) if whole else 0
    if 0 < part < whole:
        parts = min(max(parts, 1), 999)
    pattern = "0.0\u00a0%" if session.language() == SWEDISH else "0.0%"
    return str(format_percent(parts / 1000, pattern, locale=session.language()))


def doses(count: int) -> str:
    """Return the number of doses in words."""
    return count_of("{count} dose", "{count} doses", count).replace(str(count), grouped(count))


def draw_metrics(cube: pd.DataFrame) -> None:
    """Draw the amounts paid, payable, at risk, lost and to be paid back, each with its number of doses."""
    total = totals(cube)
    of_state = cube.groupby("state", observed=False)["doses"].sum()
    counts = {
        "paid_part": of_state[PaymentState.PAID],
        "payable": of_state[PaymentState.PAYABLE],
        "at_risk": of_state[PaymentState.AT_RISK],
        "lost": of_state[PaymentState.LOST],
        "to_pay_back": total["paid_back"],
    }
    line = st.container(horizontal=True, gap="medium", key="follow_up_metrics")
    for name in COLUMNS:
        line.metric(
            _(PARTS[name]), amount(total[name]), doses(int(counts[name])), delta_color="off", delta_arrow="off",
            help=_(MEANINGS[name]), width="content",
        )  # fmt: skip


def outcome(total: Mapping[str, int]) -> str:
    """Return in words the share that is paid or payable, and the part of it that is claimed."""
    possible, payable = total["possible"], total["payable"]
    if not possible:
        return _("They can give nothing.")
    part = share(total["paid_part"] + payable, possible)
    said = _("{share} of {possible} is paid or payable.", share=part, possible=amount(possible))
    claimed = amount(total["awaited"])
    more = _("Of the payable {payable}, {claimed} is claimed.", payable=amount(payable), claimed=claimed)
    return f"{said} {more}" if payable else said


def draw_faults(found: Mapping[str, Sum]) -> None:
    """Draw an error for each sum whose parts do not add up to the whole."""
    for name, each in found.items():
        if not each.holds:
            st.error(literal(_worded(name, each)))


def draw_sums(found: Mapping[str, Sum], *, tables_hold: bool) -> None:
    """Draw each sum, and whether its parts add up to the whole."""
    for name, each in found.items():
        st.markdown(literal(_worded(name, each)))
    if tables_hold:
        st.markdown(_("The rows of each table above add up to these figures, too."))
    else:
        st.error(_("The figures are wrong: what a table shows is not all that there is."))


def _worded(name: str, found: Sum) -> str:
    """Return a sum in words and figures: its parts, their sum, and the whole."""
    shown: Callable[[int], str] = grouped if name == "doses" else amount
    names = STATES if name == "doses" else PARTS
    parts = " + ".join(f"{_(names[part]).lower()} {shown(value)}" for part, value in found.parts.items())
    what, whole = SUMS[name]
    said = f"{_(what)}: {parts} = {shown(sum(found.parts.values()))}"
    if found.holds:
        return f"{said}, {_(whole)}."
    return _("The figures are wrong: {sum}, but it has to be {whole}.", sum=said, whole=shown(found.whole))


def draw_figures(
    frame: pd.DataFrame,
    heading: str,
    whole: Mapping[str, int],
    *,
    of: str,
    file: str,
    measures: tuple[str, ...] = COLUMNS,
) -> bool:
    """Draw the figures ``of`` a chart as a table, to be opened, with their sum, and a link to the same as CSV.

    ``frame`` has a column ``name``, which is called ``heading``, beside the measures; ``file`` is part of the file's
    name. Return whether the sums are what they have to be: those of ``whole``.
    """
    headings = [heading, _("Doses"), *(f"{_(PARTS[name])} (kr)" for name in measures)]
    values = frame[["doses", *measures]]
    rows = [[name, *_cells(row)] for name, row in zip(frame["name"], values.itertuples(index=False), strict=True)]
    with st.expander(_("The figures: {what}", what=of), key=f"figures_{file}"):
        total = [_("Total"), *_cells(values.sum())]
        columns = zip(*rows, total, strict=True)
        draw_table({name: list(cells) for name, cells in zip(headings, columns, strict=True)}, empty="", alt=of)
        _offer_file([headings, *rows], file)
    return all(int(frame[name].sum()) == whole[name] for name in ("doses", *measures) if name in whole)


def _cells(row: Iterable[int]) -> list[str]:
    """Return a count and amounts for a table whose headings name the unit."""
    count, *amounts = (int(value) for value in row)
    return [grouped(count), *(kronor(ore) for ore in amounts)]


def _offer_file(rows: list[list[str]], file: str) -> None:
    shared, who = store(), session.actor()
    plain = [[name, *(cell.replace("\u00a0", "") for cell in cells)] for name, *cells in rows]

    name = f"uppfoljning_{file}_{shared.today()}.csv"
    with st.container(width=WIDTH_OF_LINK):
        download.offer(
            _("Download the figures"),
            GeneratedFile(name, "text/csv", _pieces, (shared, who, plain)),
            key=f"follow_up_{file}",
        )


def _pieces(shared: Store, who: Actor, rows: list[list[str]]) -> Iterator[bytes]:
    audit.permit(shared, who, Action.VIEW_REIMBURSEMENT)
    return csv_pieces(rows)
