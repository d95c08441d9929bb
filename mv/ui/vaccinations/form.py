"""The form of a dose: vaccine, batch, dose number, day, unit, the group that is to count, and what is then paid."""

from __future__ import annotations

from datetime import date

import streamlit as st

from mv import bookings, memberships, recent_doses, vaccinations
from mv.batches import batch as batch_rows
from mv.batches import usage
from mv.catalogue import in_use
from mv.concerns import Concerns
from mv.customers import Customer
from mv.memberships import Membership
from mv.reimbursement.preview.customer_case import read_case
from mv.reimbursement.preview.dose import forecast
from mv.reimbursement.rules import regions
from mv.text import with_hyphens
from mv.ui import session
from mv.ui.resources import catalogue, store
from mv.ui.text import _, explain, literal, name_of, period
from mv.ui.widgets.batch_picker import choose_batch
from mv.ui.widgets.day_field import EARLIEST
from mv.ui.widgets.dose_names import group_name, vaccine_name
from mv.ui.widgets.group_picker import choice_of
from mv.ui.widgets.payment_preview import draw_forecast
from mv.ui.widgets.regions import not_followed
from mv.ui.widgets.unit_picker import choose_unit
from mv.vaccinations import LONGEST_REASON, Dose, Entry

NO_GROUP = 0
"""Stands for the answer that no group is to count; no row has this number."""


def form_key(customer: Customer, was: Dose | None = None) -> str:
    """Return what the keys of the form's fields begin with: of a new dose, or of the dose ``was`` to correct."""
    return f"dose_{was.dose_id}_{was.version}" if was else f"dose_new_{customer.customer_id}"


def draw_dose_form(customer: Customer, doses: list[Dose], was: Dose | None = None) -> None:
    """Draw the fields, filled in from the dose ``was`` or else for a new one; see :func:`entered`."""
    key = form_key(customer, was)
    left, right = st.columns(2)
    with right:
        choose_unit(_("Unit"), f"{key}_unit", was.unit_id if was else session.actor().unit_id)
        number_place = st.container()
        abroad = st.checkbox(_("Given abroad"), was.abroad if was else False, key=f"{key}_abroad")
    with left:
        given_on = st.date_input(
            _("Given on"),
            value=was.given_on if was else store().today(),
            min_value=EARLIEST,
            format="YYYY-MM-DD",
            key=f"{key}_day",
        )
        product = _choose_vaccine(customer, key, doses, None if abroad else given_on, was)
        if not abroad:
            choose_batch(key, product, given_on, was)
    with number_place:
        _choose_number(key, doses, product, given_on, was)
    with right:
        if abroad:
            st.text(_("The dose is kept as history, without batch and group."))
        else:
            _choose_group(customer, key, given_on, was)
    session.set_value(f"{key}_drawn_day", given_on)


def draw_verdict(customer: Customer, was: Dose | None = None) -> None:
    """Draw what is paid for the dose as the fields hold it, once there is enough in them to tell."""
    entry = entered(form_key(customer, was))
    if entry.product_code is None:
        return
    unit = catalogue().units.get(entry.unit_id)
    if unit and unit.region in regions.unfollowed(store()):
        st.caption(literal(not_followed(unit.region)))
        return
    found = forecast(read_case(store(), session.actor(), customer, catalogue()), entry, was)
    if found:
        draw_forecast(found)


def judge(customer: Customer, entry: Entry, was: Dose | None = None) -> Concerns:
    """Return the concerns about the dose that take a reason: one too near another, and those about its batch."""
    found = recent_doses.judge(store(), session.actor(), customer, entry, was)
    if entry.abroad or not entry.product_code or not entry.batch_number or vaccinations.keeps_batch(was, entry):
        return found
    key = (entry.product_code, with_hyphens(entry.batch_number))
    return {**found, **usage.ask(key, entry.given_on, batch_rows.of_product(store(), entry.product_code))}


def draw_concerns(customer: Customer, was: Dose | None = None) -> None:
    """Draw the concerns about the dose as the fields hold it, with a field for the reason to give it all the same."""
    key = form_key(customer, was)
    found = judge(customer, entered(key), was)
    if not found:
        return
    left, right = st.columns(2, vertical_alignment="bottom")
    left.warning(literal(" ".join(explain(concern) for concern in found.values())), icon=":material/history:")
    right.text_input(
        _("Why is it right?"),
        max_chars=LONGEST_REASON,
        autocomplete="off",
        help=_("Kept beside the row. No identity numbers or names."),
        key=f"{key}_reason",
    )


def entered(key: str) -> Entry:
    """Return what the fields hold now. It is for callbacks.

    Who changes the day and saves at once still sees the number and the group of the day before: those are saved,
    where they can be on the new day. A batch is not carried over to another vaccine: the dose is then refused.
    """
    day, product = session.value(f"{key}_day"), session.value(f"{key}_product")
    drawn_day = session.value(f"{key}_drawn_day")
    chosen, number = session.value(f"{key}_group_{day}"), session.value(f"{key}_number_{product}_{day}")
    if chosen is None and drawn_day != day:
        drawn = session.value(f"{key}_group_{drawn_day}")
        chosen = drawn and abs(drawn)
    if number is None:
        number = session.value(f"{key}_number_{product}_{drawn_day}")
    abroad = bool(session.value(f"{key}_abroad"))
    return Entry(
        product_code=product,
        batch_number=(not abroad and session.value(f"{key}_batch_{product}")) or "",
        dose_number=number or 0,
        given_on=day,
        unit_id=session.value(f"{key}_unit"),
        membership_id=abs(chosen) if chosen and not abroad else None,
        without_group=chosen == NO_GROUP,
        group_anew=bool(chosen and chosen > 0),
        abroad=abroad,
        reason=session.value(f"{key}_reason") or "",
    )


def _choose_vaccine(customer: Customer, key: str, doses: list[Dose], day: date | None, was: Dose | None) -> str | None:
    """Draw the vaccines that were in use on ``day``, which is None where any may have been."""
    vaccines = catalogue().vaccines.values()
    products = [vaccine.product_code for vaccine in (in_use(vaccines, day) if day else vaccines)]
    start = was.product_code if was else _booked_product(customer, doses)
    if was and was.product_code not in products:
        products.append(was.product_code)
    return st.selectbox(
        _("Vaccine"),
        products,
        index=products.index(start) if start in products else None,
        format_func=vaccine_name,
        placeholder=_("Choose a vaccine"),
        key=f"{key}_product",
        filter_mode="contains",
    )


def _booked_product(customer: Customer, doses: list[Dose]) -> str | None:
    """Return the vaccine that the customer is booked for today and has not been given today."""
    today = store().today()
    given = {dose.product_code for dose in doses if dose.given_on == today and dose.withdrawn_at is None}
    for booking in bookings.upcoming(store(), session.actor(), customer.customer_id):
        if booking.local_day == today and booking.product_code not in given:
            return booking.product_code
    return None


def _choose_number(key: str, doses: list[Dose], product: str | None, day: date, was: Dose | None) -> None:
    vaccines = catalogue().vaccines
    start = 1
    if was:
        start = was.dose_number
    elif product:
        codes = {vaccine.product_code: vaccine.atc for vaccine in vaccines.values()}
        start = vaccinations.next_dose_number(doses, codes, vaccines[product].atc, day)
    st.number_input(_("Dose number"), 1, vaccinations.MAX_DOSE_NUMBER, start, key=f"{key}_number_{product}_{day}")


def _choose_group(customer: Customer, key: str, day: date, was: Dose | None) -> None:
    """Draw the groups that apply on the day and which one is to count; one alone is chosen from the start."""
    rows = memberships.of_customer(store(), session.actor(), customer.customer_id)
    groups = _groups_to_choose(rows, day, was)
    if not groups:
        st.info(_("No group of the customer applies on {day}.", day=day))
        return
    options = [*groups, NO_GROUP]
    chosen = st.radio(
        _("Group that counts for the dose"),
        options,
        index=_start(options, [row for row in rows if row.counts_on(day)], was),
        format_func=lambda option: literal(groups[option]) if option else _("No group"),
        key=f"{key}_group_{day}",
    )
    if chosen is None:
        st.info(_("Choose which group counts for the dose, or that none does."))


def _groups_to_choose(rows: list[Membership], day: date, was: Dose | None) -> dict[int, str]:
    """Return what each choice is called: a row's number, negative where the dose is to keep the group it has by it."""
    groups = {}
    for row in rows:
        if was and (was.membership_id, was.given_on) == (row.membership_id, day):
            same = (was.group_code, was.subgroup_code) == (row.group_code, row.subgroup_code)
            still_so = same and row.counts_on(day)
            registered = _("{group} (as registered)", group=group_name(was))
            groups[-row.membership_id] = _group_line(row) if still_so else registered
            if same:
                continue
        if row.counts_on(day):
            groups[row.membership_id] = _group_line(row)
    return groups


def _start(options: list[int], applying: list[Membership], was: Dose | None) -> int | None:
    """Return the place of the choice to begin with: what the dose has, else the only row, or the only active one."""
    if was and not was.abroad:
        wanted = [-(was.membership_id or NO_GROUP), was.membership_id or NO_GROUP]
    else:
        candidates = (applying, [row for row in applying if row.active])
        wanted = [alone[0].membership_id for alone in candidates if len(alone) == 1]
    return next((options.index(option) for option in wanted if option in options), None)


def _group_line(row: Membership) -> str:
    return f"{name_of(choice_of(row))} ({period(row.valid_from, row.valid_to)})"
