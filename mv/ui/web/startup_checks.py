"""Checks of the configuration at start and in each run.

Without sign-in it is a demonstration: on this machine alone, and with invented people alone.
"""

from __future__ import annotations

import threading

import streamlit as st

from mv import origin, settings
from mv.errors import N_, Forbidden, MvError
from mv.loopback import is_loopback
from mv.settings import Settings
from mv.ui.resources import store
from mv.ui.web.streamlit_internals import set_option

NOT_INVENTED = N_(
    "Without sign-in the dashboard is a demonstration, and starts only with invented people: this store is not marked"
    " as holding such. Let MV_STORE name a new file and fill it with “python -m mv sample --customers 5000”, or"
    " configure sign-in in .streamlit/secrets.toml (see .streamlit/secrets.toml.example)."
)
NOT_LOCAL = N_(
    "Without sign-in the dashboard is a demonstration, and starts only on this machine's own address: set"
    " server.address ({address}) to localhost. For others to reach it, configure sign-in in"
    " .streamlit/secrets.toml (see .streamlit/secrets.toml.example)."
)
NOT_BY_APP = N_("Start the dashboard with “streamlit run app.py”: without it, requests are not guarded.")

guarded = threading.Event()
"""Set once the middleware is in front of the pages."""


@st.cache_resource(show_spinner=False)
def configured() -> Settings:
    """Return the settings, read once. Raises Invalid."""
    return settings.load()


@st.cache_resource(show_spinner=False, ttl=60)
def has_invented_people() -> bool:
    """Return whether the people in the store are invented. Raises StoreUnavailable."""
    return origin.read(store()).invented


def read_same_file() -> None:
    """Let Streamlit read the settings file that this program reads, and no other. Raises Invalid."""
    set_option("secrets.files", [str(configured().file)])


def refusal() -> MvError | None:
    """Return the error that keeps the server from starting, with its remedy; None when it may start."""
    try:
        read_same_file()
        if configured().sign_in:
            return None
        address = str(st.get_option("server.address") or "")
        if not is_loopback(address):
            return Forbidden(NOT_LOCAL, address=address or "0.0.0.0")  # noqa: S104 (what an empty one stands for)
        return None if has_invented_people() else Forbidden(NOT_INVENTED)
    except MvError as error:
        return error


def require_allowed() -> None:
    """Raise Forbidden when the pages may not be shown; asked in every run, however the server was started."""
    if st.context.headers and not guarded.is_set():  # a browser asks, past the middleware
        raise Forbidden(NOT_BY_APP)
    if not configured().sign_in and not has_invented_people():
        raise Forbidden(NOT_INVENTED)
