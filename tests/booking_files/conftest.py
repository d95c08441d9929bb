"""Eva Ek, who is booked beside Anders in the files."""

from __future__ import annotations

import pytest

from mv import customers
from mv.access import Actor
from mv.customers import Customer
from mv.store import Store
from tests.booking_files.files import EVA


@pytest.fixture
def eva(store: Store, actor: Actor) -> Customer:
    return customers.register(store, actor, EVA, "Eva", "Ek", "norr")
