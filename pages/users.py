"""Användare: everybody who has signed in, each with role and units."""

import streamlit as st

from mv import users
from mv.access import EVERY_UNIT, Role
from mv.ui import session
from mv.ui.frame.sign_in import role_name
from mv.ui.notices import errors_as_notices, notify, show_notices
from mv.ui.resources import catalogue, store
from mv.ui.text import _, moment
from mv.ui.widgets.table import draw_table
from mv.users import User


def unit_names(units: frozenset[str]) -> str:
    known = catalogue().units
    names = [_("Every unit") if code == EVERY_UNIT else known[code].name if code in known else code for code in units]
    return ", ".join(sorted(names))


def draw_users(found: list[User]) -> None:
    draw_table(
        {
            _("Name"): [user.name for user in found],
            _("User"): [user.user_id for user in found],
            _("Role"): [role_name(user.role) if user.role else "–" for user in found],
            _("Units"): [unit_names(user.units) for user in found],
            _("Decided by"): [_("Administrator") if decided(user) else _("Sign-in") for user in found],
            _("Last sign-in"): [moment(user.last_sign_in_at) if user.last_sign_in_at else "" for user in found],
            _("Access"): [_("Blocked") if user.blocked else "" for user in found],
        },
        empty=_("Nobody has signed in yet."),
        alt=_("Users"),
    )


def decided(user: User) -> bool:
    return user.decided_role is not None or user.decided_units is not None


def decide(user: User | None) -> None:
    key = form_key(user)
    role, units = session.value(f"{key}_role"), session.value(f"{key}_units")
    with errors_as_notices():
        now = users.assign_rights(
            store(),
            session.actor(),
            user.user_id if user else session.value(f"{key}_id") or "",
            user.version if user else 0,
            role,
            frozenset(units) if units else None,
            blocked=bool(session.value(f"{key}_blocked")),
        )
        notify("success", _("Saved: {user}.", user=now.name))


def form_key(user: User | None) -> str:
    return f"user_{user.user_id}_{user.version}" if user else "user_new"


def draw_form(user: User | None) -> None:
    key = form_key(user)
    codes = [EVERY_UNIT, *catalogue().units]
    with st.container(border=True, key="user_form"):
        if user is None:
            st.text_input(_("User, as the sign-in names it"), autocomplete="off", key=f"{key}_id")
        st.selectbox(
            _("Role"),
            list(Role),
            index=list(Role).index(user.decided_role) if user and user.decided_role else None,
            format_func=role_name,
            placeholder=_("What the sign-in gives"),
            key=f"{key}_role",
        )
        st.multiselect(
            _("Units"),
            codes,
            default=[code for code in codes if user and code in (user.decided_units or ())],
            format_func=lambda code: unit_names(frozenset({code})),
            placeholder=_("What the sign-in gives"),
            key=f"{key}_units",
        )
        st.toggle(_("Blocked"), value=bool(user and user.blocked), key=f"{key}_blocked")
        st.button(_("Save"), type="primary", key="user_save", on_click=decide, args=(user,))


st.header(_("Users"))
found = users.list_users(store(), session.actor())
draw_users(found)
st.subheader(_("Role and units"))
by_id = {user.user_id: user for user in found}
chosen = st.selectbox(
    _("User"),
    list(by_id),
    index=None,
    format_func=lambda user_id: f"{by_id[user_id].name} ({user_id})",
    placeholder=_("A user who has not signed in yet"),
    key="user_chosen",
)
draw_form(by_id.get(chosen or ""))
show_notices()
