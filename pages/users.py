"""Användare: everybody who has signed in or is invited, each with role and units; a file of many."""

import streamlit as st

from mv import invitations, users
from mv.invitations import Invitation
from mv.ui import session
from mv.ui.notices import show_notices
from mv.ui.resources import store
from mv.ui.text import _
from mv.ui.users.file import draw_file
from mv.ui.users.form import draw_form
from mv.ui.users.overview import draw_history, draw_users
from mv.users import User


def named(each: User | Invitation) -> str:
    return f"{each.name} ({each.email if isinstance(each, Invitation) else each.user_id})"


st.header(_("Users"))
found = users.list_users(store(), session.actor())
invited = invitations.open_invitations(store(), session.actor())
draw_users(found, invited)
st.subheader(_("Role and units"))
by_id: dict[str, User | Invitation] = {user.user_id: user for user in found}
by_id |= {f"invitation {each.invitation_id}": each for each in invited}
chosen = st.selectbox(
    _("User"),
    list(by_id),
    index=None,
    format_func=lambda code: named(by_id[code]),
    placeholder=_("Somebody new"),
    key="user_chosen",
)
one = by_id.get(chosen or "")
draw_form(one)
show_notices()
if isinstance(one, User):
    draw_history(one)
with st.expander(_("Many users from a file")):
    draw_file()
