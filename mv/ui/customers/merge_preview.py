"""A preview of merging two records: both side by side, all that moves, and all that is in both."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import streamlit as st

from mv.errors import N_
from mv.identity import format_identity
from mv.merges.plan import KeepReason, Preview, SameDose, SameGroup
from mv.merges.records import Record
from mv.ui.customers.merge_history import moved
from mv.ui.resources import catalogue, store
from mv.ui.text import _, count_of, name_of, period
from mv.ui.widgets.amounts import kronor
from mv.ui.widgets.dose_names import vaccine_name
from mv.ui.widgets.group_picker import choice_of
from mv.ui.widgets.table import draw_table

SEXES: Mapping[str, str] = {"male": N_("man"), "female": N_("woman")}
KEPT_GROUP: Mapping[KeepReason, str] = {
    KeepReason.ACTIVE: N_("It is kept because it is still active."),
    KeepReason.GOES_ON: N_("It is kept because it is that of the record that goes on."),
}
KEPT_DOSE: Mapping[KeepReason, str] = {
    KeepReason.CLAIMED: N_("It is kept because it is claimed, and the other is not."),
    KeepReason.GIVEN_HERE: N_("It is kept because it was given here, and the other abroad."),
    KeepReason.GOES_ON: N_("It is kept because it is that of the record that goes on."),
}


def draw_preview(shown: Preview) -> None:
    """Draw both records and the effect of merging them, with a question where they may be two people."""
    _draw_side_by_side(shown)
    merged = shown.merged
    st.subheader(_("What is done"), anchor=False)
    what = moved(*(len(some) for some in (merged.memberships, merged.doses, merged.bookings)))
    st.text(
        _("{what} move to the record that goes on.", what=what) if what else _("The other record has nothing to move.")
    )
    for group in shown.groups:
        st.text(_group_line(group))
    for dose in shown.doses:
        st.text(_dose_line(dose, shown))
    if shown.keep.customer.deceased_on is None and shown.deceased_on:
        st.text(_("The day of death, {day}, moves along.", day=shown.deceased_on))
    st.caption(
        _(
            "Name, birth date and unit stay those of the record that goes on. Claims stay as they were made; the next"
            " claim takes back what is no longer true, so that nothing is paid twice."
        )
    )
    if shown.may_be_two_people:
        st.warning(_("The records have different birth dates or sexes. They may be two people."))
        st.checkbox(_("It is the same person"), key=f"merge_same_{shown.keep.customer_id}_{shown.merged.customer_id}")


def _draw_side_by_side(shown: Preview) -> None:
    headings = (
        _("Name"), _("Identity number"), _("Also found by"), _("Born"), _("Sex"), _("Unit"), _("Deceased"),
        _("Groups"), _("Doses"), _("Bookings"),
    )  # fmt: skip
    draw_table(
        {_("Record"): list(headings), _("Goes on"): _cells(shown.keep), _("Is merged into it"): _cells(shown.merged)},
        empty="",
        alt=_("The two records"),
    )


def _cells(record: Record) -> list[str]:
    who, today = record.customer, store().today()
    unit = catalogue().units.get(who.unit_id)
    active = sum(row.active for row in record.memberships)
    counted = (
        count_of("{count} active", "{count} active", active),
        count_of("{count} past", "{count} past", len(record.memberships) - active),
    )
    return [
        who.name,
        format_identity(who.identity, today),
        ", ".join(format_identity(number, today) for number in record.numbers) or "–",
        str(who.birth_date),
        _(SEXES[record.sex]) if record.sex else "–",
        unit.name if unit else who.unit_id,
        str(who.deceased_on or "–"),
        ", ".join(counted),
        str(len(record.doses)),
        str(len(record.bookings)),
    ]


def _group_line(group: SameGroup) -> str:
    kept = group.kept
    others = ", ".join(_days(row.valid_from, row.valid_to) for row in group.wrong)
    says = _(
        "{group} is in both: {kept} is kept, {others} is marked as wrong from the start.",
        group=name_of(choice_of(kept)),
        kept=_days(kept.valid_from, kept.valid_to),
        others=others,
    )
    longer = _("It gets the days of both: {days}.", days=_days(group.valid_from, group.valid_to))
    return " ".join([says, _(KEPT_GROUP[group.why]), *([longer] if group.is_widened else [])])


def _days(first: date, last: date | None) -> str:
    return period(first, last) if last else _("from {day}", day=first)


def _dose_line(same: SameDose, shown: Preview) -> str:
    says = _(
        "{vaccine} of {day} is in both: the dose of batch {kept} is kept, that of batch {other} is withdrawn.",
        vaccine=vaccine_name(same.kept.product_code),
        day=same.kept.given_on,
        kept=same.kept.batch_number or "–",
        other=same.withdrawn.batch_number or "–",
    )
    parts = [says, _(KEPT_DOSE[same.why])]
    for record in (shown.keep, shown.merged):
        number = same.withdrawn.dose_id
        if number in record.claimed:
            parts.append(
                _(
                    "The other is claimed, too, {kronor} kr: the next claim takes it back.",
                    kronor=kronor(record.claimed[number]),
                )
            )
        if record.paid.get(number):
            parts.append(_("{kronor} kr are paid for it already.", kronor=kronor(record.paid[number])))
    return " ".join(parts)
