"""The state of a browser session: language, unit, actor, the chosen customer, widgets, and each feature's own state.

No other module reads or writes Streamlit's session state. A feature declares a dataclass beside its screens and takes
this session's instance of it with :func:`state`; nothing here knows which there are.
"""

from __future__ import annotations

from typing import Any, TypeVar

import streamlit as st

from mv.access import EVERY_UNIT, Actor, Role
from mv.i18n import Language, choose_language
from mv.ui.web import current_sign_in
from mv.ui.web.startup_checks import configured
from mv.users import User

CUSTOMER_IN_ADDRESS = "kund"

LANGUAGE = "mv_language"
"""The key of the widget that chooses the language."""
UNIT = "mv_unit"
"""The key of the widget that chooses the unit that the user works at."""
_CUSTOMER = "mv_customer"
_SIGN_IN = "mv_sign_in"
_STATES = "mv_states"
_STATES_OF_VISIT = "mv_states_of_visit"

DEMO_USER = "demo"
DEMO_NAME = "Demo Demosson"

T = TypeVar("T")


class VisitState:
    """Base of a state that lasts while one customer is chosen; with another customer it begins anew."""

    __slots__ = ()


def state(kind: type[T]) -> T:
    """Return this session's instance of a dataclass, made without arguments when it is first asked for.

    It lasts as long as the sign-in, a :class:`VisitState` as long as the visit to a customer. Take it before anything
    is saved: a second click ends the first click's run at its next touch of the session.
    """
    scope = _STATES_OF_VISIT if issubclass(kind, VisitState) else _STATES
    states: dict[type, Any] = st.session_state.setdefault(scope, {})
    found: T = states.setdefault(kind, kind())
    return found


def language() -> Language:
    """Return the language of the screen: the one chosen in the menu, else the browser's."""
    chosen: Language | None = st.session_state.get(LANGUAGE)
    return chosen if chosen else choose_language(st.context.locale)


def actor() -> Actor:
    """Return who acts, at the chosen unit. Raises SignedOut when the sign-in has ended.

    Without sign-in this is a named demo user with every right in care. Asking counts as activity.
    """
    chosen = st.session_state.get(UNIT) or ""
    if not configured().sign_in:
        return Actor(DEMO_USER, DEMO_NAME, Role.LEAD, chosen, frozenset({EVERY_UNIT}))
    user = current_sign_in.require_user()
    return user.actor(chosen if is_own_unit(user, chosen) else "")


def is_own_unit(user: User, unit_id: str) -> bool:
    """Return whether the user may work at the unit."""
    return unit_id in user.units or EVERY_UNIT in user.units


def belong_to(sign_in: str | None) -> None:
    """Bind the session to this sign-in; if it was bound to another one, or to none, forget all but the language."""
    if st.session_state.get(_SIGN_IN, sign_in) != sign_in:
        for key in [key for key in st.session_state if key != LANGUAGE]:
            del st.session_state[key]
    st.session_state[_SIGN_IN] = sign_in


def customer_id() -> int | None:
    """Return the chosen customer's id in the store: the address's, else the session's; None where neither.

    An address that holds no number names no customer: 0, which the store does not know.
    """
    if CUSTOMER_IN_ADDRESS in st.query_params:
        text = st.query_params[CUSTOMER_IN_ADDRESS]
        choose_customer(int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0)
    chosen: int | None = st.session_state.get(_CUSTOMER)
    return chosen


def choose_customer(chosen: int) -> None:
    """Choose the customer; with another one than before a new visit begins."""
    if st.session_state.get(_CUSTOMER) != chosen:
        st.session_state[_CUSTOMER] = chosen
        st.session_state.pop(_STATES_OF_VISIT, None)


def forget_customer() -> None:
    """Have no customer chosen, in the address neither."""
    st.session_state.pop(_CUSTOMER, None)
    st.query_params.pop(CUSTOMER_IN_ADDRESS, None)


def show_customer_in_address() -> None:
    """Keep the customer in the address, which a click in the menu empties."""
    chosen = st.session_state.get(_CUSTOMER)
    if chosen is not None and st.query_params.get(CUSTOMER_IN_ADDRESS) != str(chosen):
        st.query_params[CUSTOMER_IN_ADDRESS] = str(chosen)


def value(key: str) -> Any:
    """Return the value of the widget with ``key``; None where it is not drawn.

    A callback reads it here: the arguments that it was drawn with are older than a field that was changed just before.
    """
    return st.session_state.get(key)


def set_value(key: str, new: object) -> None:
    """Set the value of the widget with ``key``; only before it is drawn, that is in a callback or above it."""
    st.session_state[key] = new


def begin_with(key: str, start: T) -> T:
    """Let the widget with ``key`` have the value ``start`` when it is drawn first, and return its value.

    Unlike a default it can be emptied then.
    """
    holds: T = st.session_state.setdefault(key, start)
    return holds
