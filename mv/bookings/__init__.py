"""Bookings of a unit on a day, and of a customer from today on; :mod:`~mv.bookings.changes` makes and changes them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from mv import audit
from mv.access import Action, Actor, require_unit
from mv.clock import day_bounds, to_local
from mv.store import Store
from mv.store.engine import Transaction

COLUMNS = """
    booking_id, booking.customer_id, booking.unit_id, starts_at, product_code, booked_at,
    given_name, family_name, identity, state, booking.version
"""
STANDING = "state = 'booked'"
"""A condition on ``booking``: it was neither cancelled nor is it gone."""


class BookingState(StrEnum):
    """Whether the customer is expected; GONE is missing from a file that has every booking of its days."""

    BOOKED = "booked"
    CANCELLED = "cancelled"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Booking:
    """A customer's booked time at a unit; instants are naive UTC."""

    booking_id: int
    customer_id: int
    unit_id: str
    starts_at: datetime
    product_code: str
    booked_at: datetime
    given_name: str
    family_name: str
    identity: str
    state: str = BookingState.BOOKED
    version: int = 1

    @property
    def standing(self) -> bool:
        """Whether the customer is expected."""
        return self.state == BookingState.BOOKED

    @property
    def name(self) -> str:
        """The customer's whole name."""
        return f"{self.given_name} {self.family_name}"

    @property
    def local_day(self) -> date:
        """The day in Stockholm."""
        return to_local(self.starts_at).date()

    def __repr__(self) -> str:
        """Name the booking by the store's own id only, since a repr may end up in a log."""
        return f"Booking({self.booking_id})"


def of_day(store: Store, actor: Actor, unit_id: str, day: date, *, with_ended: bool = False) -> list[Booking]:
    """Return the bookings of one of the actor's own units on a day (Stockholm's), in order of time.

    Those that were cancelled or are gone are among them ``with_ended`` alone.
    """
    sql = f"""
        SELECT {COLUMNS} FROM booking JOIN customer ON customer.customer_id = booking.customer_id
        WHERE booking.unit_id = $1 AND starts_at >= $2 AND starts_at < $3 AND {_condition(with_ended)}
        ORDER BY starts_at, booking_id
    """

    def work(tx: Transaction) -> list[Booking]:
        require_unit(actor, unit_id)
        found = _read(tx, sql, unit_id, *day_bounds(day))
        shown = (booking.customer_id for booking in found)
        audit.record_look(tx, store.now(), actor, Action.VIEW_BOOKINGS, shown, of_own_rows=True)
        return found

    return audit.perform(store, actor, Action.VIEW_BOOKINGS, work)


def upcoming(store: Store, actor: Actor, customer_id: int, *, with_ended: bool = False) -> list[Booking]:
    """Return the customer's bookings from today on, in order of time; ``with_ended`` as for :func:`of_day`."""
    sql = f"""
        SELECT {COLUMNS} FROM booking JOIN customer ON customer.customer_id = booking.customer_id
        WHERE booking.customer_id = $1 AND starts_at >= $2 AND {_condition(with_ended)}
        ORDER BY starts_at, booking_id
    """

    def work(tx: Transaction) -> list[Booking]:
        audit.record_look(tx, store.now(), actor, Action.VIEW_BOOKINGS, [customer_id])
        return _read(tx, sql, customer_id, day_bounds(store.today())[0])

    return audit.perform(store, actor, Action.VIEW_BOOKINGS, work, customer_id)


def _condition(with_ended: bool) -> str:
    return "TRUE" if with_ended else STANDING


def _read(tx: Transaction, sql: str, *params: object) -> list[Booking]:
    return [Booking(**row) for row in tx.rows(sql, *params)]
