"""A clinic whose doses are claimed."""

from __future__ import annotations

import pytest

from mv.access import Actor
from mv.store import Store
from tests.conftest import SetClock
from tests.reimbursement.claims.clinic import Clinic


@pytest.fixture
def clinic(store: Store, clock: SetClock, actor: Actor) -> Clinic:
    return Clinic(store, clock, actor)
