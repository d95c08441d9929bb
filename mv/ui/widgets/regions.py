"""Regions on the screen: which of the user's own do not follow up what is paid, and which have no rules of it."""

from __future__ import annotations

import streamlit as st

from mv.reimbursement.rules import regions, rule_table
from mv.ui import session
from mv.ui.resources import catalogue, store
from mv.ui.text import _, literal


def draw_own_regions() -> bool:
    """Say once which own regions do not follow up what is paid, or have no rules; return whether any is followed up."""
    own = regions.of_units(catalogue(), session.actor().units_to_filter)
    unfollowed = regions.unfollowed(store())
    without_rules = set(regions.without_rules(rule_table.load(store()), catalogue())) - unfollowed
    for region in own:
        if region in unfollowed:
            st.info(literal(not_followed(region)), icon=":material/info:")
        elif region in without_rules:
            st.info(
                literal(
                    _(
                        "{region} has no rules of what is paid yet, so its doses are not judged, and none is lost. A"
                        " lead adds the rules on the page {page}.",
                        region=region,
                        page=_("Reimbursement rules"),
                    )
                ),
                icon=":material/info:",
            )
    return not own or not unfollowed.issuperset(own)


def not_followed(region: str) -> str:
    """Return that the region does not follow up what is paid."""
    return _("{region} does not follow up what is paid.", region=region)
