"""The resources that every session of this process shares: the store and the catalogue."""

from __future__ import annotations

import streamlit as st

from mv import catalogue as catalogues
from mv.catalogue import Catalogue
from mv.clock import Clock, system_clock
from mv.store import Store, configured_url, open_store

SECONDS_TO_KEEP_CATALOGUE = 60
clock: Clock = system_clock
"""The clock with which the store is opened. A test sets its own before the first page is drawn."""


@st.cache_resource(show_spinner=False)
def store() -> Store:
    """Return the open store that MV_STORE names. Raises StoreUnavailable."""
    return open_store(configured_url(), clock)


@st.cache_resource(ttl=SECONDS_TO_KEEP_CATALOGUE, show_spinner=False)
def catalogue() -> Catalogue:
    """Return the catalogue; it holds nobody's data, so that all sessions may share it."""
    return catalogues.load(store())
