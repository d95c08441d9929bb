"""What the tests share: a clock that can be set, a real store, people in it, and who acts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from mv import catalogue, customers
from mv.access import Actor, Role
from mv.customers import Customer
from mv.identity import check_digit
from mv.store import Store, open_store

TODAY = date(2026, 11, 22)


@dataclass
class SetClock:
    """A clock that shows what it is set to: noon of TODAY in UTC unless a test moves it."""

    now: datetime = datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def store(tmp_path: Path, clock: SetClock) -> Iterator[Store]:
    opened = open_store(str(tmp_path / "mv.duckdb"), clock)
    catalogue.refresh(opened)
    yield opened
    opened.close()


@pytest.fixture
def actor() -> Actor:
    return Actor("karin.holm", "Karin Holm", Role.LEAD, "norr")


@pytest.fixture
def colleague() -> Actor:
    return Actor("samir.haddad", "Samir Haddad", Role.COORDINATOR, "soder")


def invented_number(born: date, serial: int = 981) -> str:
    """Return a personnummer that passes the check, for an invented person; an odd serial is a man's."""
    return f"{born:%Y%m%d}{serial}{check_digit(f'{born:%y%m%d}{serial}')}"


@pytest.fixture
def anders(store: Store, actor: Actor) -> Customer:
    """Anders Karlsson, 80 years old, at the unit norr."""
    return customers.register(store, actor, invented_number(date(1946, 3, 12)), "Anders", "Karlsson", "norr")
