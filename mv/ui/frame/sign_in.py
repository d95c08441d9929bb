"""Signing in and out on the screen, and the end of a sign-in that nobody ended."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from urllib.parse import urlsplit

import streamlit as st

from mv import sign_ins, users
from mv.errors import MvError
from mv.sign_in_claims import DEFAULT_PROVIDER
from mv.sign_ins import SignInEnd, SignInEnded
from mv.ui import session
from mv.ui.resources import catalogue, store
from mv.ui.text import _, explain, literal
from mv.ui.users.overview import role_name
from mv.ui.web import current_sign_in
from mv.ui.web.current_sign_in import SignInStatus
from mv.ui.web.sign_in_redirects import FAILED
from mv.ui.web.startup_checks import configured
from mv.users import User

SECONDS_BETWEEN_LOOKS = 15
"""How soon a screen that nobody touches notices that its sign-in is over."""


def require() -> User:
    """Return the user who is signed in; for anybody else draw why they are not, and end the run."""
    cookie = current_sign_in.cookie_of_screen()
    problem: MvError | None = None
    status = current_sign_in.status_of(cookie)
    if cookie and status == SignInStatus():
        try:
            status = current_sign_in.begin(cookie)
        except MvError as error:
            problem = error
            if not isinstance(error, SignInEnded):  # that one is logged already, with its user
                sign_ins.record_refused_token(store(), cookie.provider)
    user = status.user
    session.belong_to(cookie.session_hash if cookie and user else None)
    if user is None:
        _draw_only(lambda: _draw_sign_in(status.end_reason, problem))
    elif user.lacks_rights:
        _draw_only(lambda: _draw_without_rights(user))
    else:
        current_sign_in.require_user()  # which counts as activity
        _watch()
        return user
    st.stop()


def draw_user(user: User) -> None:
    """Draw the user's name and role, the choice of a unit and the way to sign out."""
    st.text(user.name)
    if user.role:
        st.text(role_name(user.role))
    units = {code: unit.name for code, unit in catalogue().units.items() if session.is_own_unit(user, code)}
    if units:
        st.selectbox(
            _("Your unit"),
            list(units),
            format_func=lambda code: units[code],
            key=session.UNIT,
            help=_("The unit that you work at now. Everything that you do is logged for it."),
            filter_mode="contains",
        )
    _draw_sign_out()


def _draw_only(draw: Callable[[], None]) -> None:
    """Draw ``draw`` as the only page, without a menu, and whatever address was typed stays as it is."""

    def page() -> None:
        draw()

    address = urlsplit(st.context.url or "").path.strip("/").rsplit("/", 1)[-1]
    shown = [st.Page(page, title=_("Sign in"), url_path="inloggning", default=True)]
    if address and address != "inloggning":
        shown.append(st.Page(page, title=_("Sign in"), url_path=address))
    st.navigation(shown, position="hidden").run()


def _draw_sign_in(over: SignInEnd | None, problem: MvError | None) -> None:
    st.header(_("Sign in"), anchor=False)
    reason = {
        SignInEnd.IDLE: _("You were signed out because nothing was done for a while."),
        SignInEnd.EXPIRED: _("Your sign-in has expired."),
        SignInEnd.SIGNED_OUT: _("You are signed out."),
    }.get(over) if over else None  # fmt: skip
    name, value = FAILED.split("=")
    if problem:
        st.error(literal(explain(problem)))
    elif reason:
        st.info(reason)
    elif st.query_params.get(name) == value:
        st.error(_("The sign-in did not succeed. Try again, or ask whoever is responsible for users."))
    if not users.has_administrator(store()):
        st.info(_("There is no administrator yet. Sign in: the page then says how you become the first one."))
    for provider, claims in configured().providers.items():
        label = _("Sign in with {provider}", provider=claims.label) if claims.label else _("Sign in")
        if st.button(literal(label), key=f"sign_in_{provider}", type="primary"):
            st.login(None if provider == DEFAULT_PROVIDER else provider)


def _draw_without_rights(user: User) -> None:
    st.header(_("You have no access"), anchor=False)
    if user.blocked:
        st.warning(_("Your access is blocked. Ask whoever is responsible for users."))
    elif user.role is None:
        st.warning(_("You are signed in, but have no role here. Ask whoever is responsible for users."))
    else:
        st.warning(_("You are signed in, but have no unit here. Ask whoever is responsible for users."))
    st.text(_("You are signed in as {name} ({user}).", name=user.name, user=user.user_id))
    if not user.blocked and not users.has_administrator(store()):
        st.info(
            _(
                "There is no administrator yet. Whoever runs the server makes you the first one with this command;"
                " where the store is a file, the dashboard is stopped meanwhile."
            )
        )
        st.code(f"python -m mv user {shlex.quote(user.user_id)} --role administrator", language=None)
    _draw_sign_out()


def _draw_sign_out() -> None:
    if st.button(_("Sign out"), key="sign_out"):
        cookie = current_sign_in.cookie_of_screen()
        if cookie:
            current_sign_in.end(cookie)
        session.belong_to(None)
        st.logout()
        st.stop()


@st.fragment(run_every=SECONDS_BETWEEN_LOOKS)
def _watch() -> None:
    """Look now and then whether the sign-in holds, without counting as activity; if not, clear the screen."""
    user = current_sign_in.status_of(current_sign_in.cookie_of_screen()).user
    if user is None or user.lacks_rights:
        st.rerun()
