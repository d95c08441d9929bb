"""Spärr on the customer card: a lead sets and lifts it with a reason, a coordinator has no such form."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from mv import blocks, customers
from mv.access import Role
from mv.customers import Customer
from mv.store import Store
from mv.ui import session
from tests.conftest import invented_number
from tests.pages.dashboard import DEMO, click, dashboard, labels, messages, words

REASON = "Begärt i brev den 20 november"


@pytest.fixture
def gerd(store: Store) -> Customer:
    return customers.register(store, DEMO, invented_number(date(1946, 3, 12)), "Gerd", "Provlund", "norr")


def test_a_lead_blocks_the_data_for_a_reason_and_lifts_the_block_for_one(store: Store, gerd: Customer) -> None:
    at = click(dashboard("customer", gerd), "Spärra uppgifterna")
    assert "Skriv varför: vad patienten har bett om, och när." in messages(at)
    assert blocks.of_customer(store, DEMO, gerd.customer_id) is None
    at.text_input(key=f"block_{gerd.customer_id}_reason_0").input(REASON)
    click(at, "Spärra uppgifterna")
    found = blocks.of_customer(store, DEMO, gerd.customer_id)
    assert found is not None
    assert found.reason == REASON
    assert REASON in words(at)
    at.text_input(key=f"block_{gerd.customer_id}_reason_{found.block_id}").input("Patienten ångrade sig")
    click(at, "Häv spärren")
    assert blocks.of_customer(store, DEMO, gerd.customer_id) is None
    assert "Spärra uppgifterna" in labels(at)


def test_a_coordinator_neither_sets_nor_lifts_a_block(gerd: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "actor", lambda: replace(DEMO, role=Role.COORDINATOR))
    assert "Spärra uppgifterna" not in labels(dashboard("customer", gerd))
