"""The form of a user's rights: role, units with their days, and for somebody new the user id or the e-mail."""

from __future__ import annotations

from collections.abc import Collection

import streamlit as st

from mv import invitations, users
from mv.access import EVERY_UNIT, Role
from mv.invitations import Invitation
from mv.ui import session
from mv.ui.double_click import DrawnForm, drawn_form
from mv.ui.notices import do_once, notify, save_once
from mv.ui.resources import catalogue, store
from mv.ui.text import _
from mv.ui.users.overview import role_name, unit_name
from mv.user_units import UserUnit
from mv.users import User

BY_EMAIL, BY_ID = "email", "id"


def draw_form(chosen: User | Invitation | None) -> None:
    """Draw the rights of a user or an invitation, or of somebody new, to decide."""
    key = _form_key(chosen)
    decided = chosen.units if isinstance(chosen, Invitation) else chosen.decided_units if chosen else None
    days = {unit.unit_id: unit for unit in decided or ()}
    with st.container(border=True, key="user_form"):
        if chosen is None:
            _draw_who(key)
        role = chosen.role if isinstance(chosen, Invitation) else chosen.decided_role if chosen else None
        st.selectbox(
            _("Role"),
            list(Role),
            index=list(Role).index(role) if role else None,
            format_func=role_name,
            placeholder=_("What the sign-in gives"),
            key=f"{key}_role",
        )
        codes = [EVERY_UNIT, *catalogue().units]
        st.multiselect(
            _("Units"),
            codes,
            default=[code for code in codes if code in days],
            format_func=unit_name,
            placeholder=_("What the sign-in gives"),
            key=f"{key}_units",
        )
        for code in session.value(f"{key}_units") or ():
            _draw_days(key, code, days.get(code, UserUnit(code)))
        if isinstance(chosen, User):
            st.toggle(_("Blocked"), value=chosen.blocked, key=f"{key}_blocked")
        saving = drawn_form("user_save")
        with st.container(horizontal=True):
            st.button(_("Save"), type="primary", key=saving.key, on_click=_save, args=(chosen, key, saving))
            if isinstance(chosen, Invitation):
                st.button(_("Withdraw the invitation"), key="invitation_withdraw", on_click=_withdraw, args=(chosen,))


def _draw_who(key: str) -> None:
    how = st.segmented_control(
        _("Invite by"),
        [BY_EMAIL, BY_ID],
        default=BY_EMAIL,
        required=True,
        format_func=lambda each: _("E-mail") if each == BY_EMAIL else _("User, as the sign-in names it"),
        key=f"{key}_by",
    )
    left, right = st.columns(2)
    if how == BY_EMAIL:
        left.text_input(
            _("E-mail"),
            autocomplete="off",
            key=f"{key}_email",
            help=_("The rights are taken over at the first sign-in with this address, if the provider vouches for it."),
        )
    else:
        left.text_input(_("User, as the sign-in names it"), autocomplete="off", key=f"{key}_id")
    right.text_input(_("Name"), autocomplete="off", key=f"{key}_name")


def _draw_days(key: str, code: str, unit: UserUnit) -> None:
    name, first, last = st.columns([2, 1, 1], vertical_alignment="bottom")
    name.text(unit_name(code))
    session.begin_with(f"{key}_first_{code}", unit.first_day)
    session.begin_with(f"{key}_last_{code}", unit.last_day)
    first.date_input(_("First day"), value=None, format="YYYY-MM-DD", key=f"{key}_first_{code}")
    last.date_input(
        _("Last day"),
        value=None,
        format="YYYY-MM-DD",
        key=f"{key}_last_{code}",
        help=_("After it the user does not have the unit any more, signed in or not. Empty: until further notice."),
    )


def _form_key(chosen: User | Invitation | None) -> str:
    if isinstance(chosen, Invitation):
        return f"invitation_{chosen.invitation_id}_{chosen.version}"
    return f"user_{chosen.user_id}_{chosen.version}" if chosen else f"user_new{drawn_form('user_save').number or ''}"


def _save(chosen: User | Invitation | None, key: str, saving: DrawnForm) -> None:
    role: Role | None = session.value(f"{key}_role")
    codes: Collection[str] = session.value(f"{key}_units") or ()
    units = {
        UserUnit(code, session.value(f"{key}_first_{code}"), session.value(f"{key}_last_{code}")) for code in codes
    }
    name = session.value(f"{key}_name") or ""

    def save() -> str:
        if isinstance(chosen, Invitation) or (chosen is None and session.value(f"{key}_by") == BY_EMAIL):
            email = chosen.email if chosen else session.value(f"{key}_email") or ""
            version = chosen.version if chosen else 0
            name_of = chosen.name if chosen else name
            return invitations.invite(store(), session.actor(), email, version, role, units, name=name_of).name
        return users.assign_rights(
            store(),
            session.actor(),
            chosen.user_id if chosen else session.value(f"{key}_id") or "",
            chosen.version if chosen else 0,
            role,
            units or None,
            blocked=bool(session.value(f"{key}_blocked")),
            name=name,
        ).name

    save_once(saving, save, lambda saved: notify("success", _("Saved: {user}.", user=saved)))


def _withdraw(invitation: Invitation) -> None:
    do_once(
        f"withdraw {invitation.invitation_id}",
        lambda: invitations.withdraw(store(), session.actor(), invitation),
        lambda _done: notify("success", _("The invitation is withdrawn.")),
    )
