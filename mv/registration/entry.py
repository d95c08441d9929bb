"""An entry to register for a person: a group from a day on, and a dose that was given on a day."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date
from hashlib import sha256

from mv import memberships, vaccinations
from mv.batches.batch import BatchKey
from mv.errors import N_, Invalid
from mv.text import with_hyphens


@dataclass(frozen=True, slots=True)
class RegistrationEntry:
    """A group with its period, a dose, or both. Without ``given_on`` there is no dose, without ``group_code`` no group.

    If the person is in the group on the day already, that membership stays and no other is added. Without a
    ``dose_number`` the dose gets the next number.
    """

    group_code: str | None
    subgroup_code: str | None
    valid_from: date
    unit_id: str
    valid_to: date | None = None
    given_on: date | None = None
    product_code: str | None = None
    batch_number: str = ""
    dose_number: int | None = None

    @property
    def day(self) -> date:
        """The day on which the group has to apply: the day of the dose, else the first day of the group."""
        return self.given_on or self.valid_from

    @property
    def batch_key(self) -> BatchKey:
        """The product and the batch of the dose."""
        return self.product_code or "", self.batch_number

    def membership_entry(self) -> memberships.Entry:
        """Return the group and its period. Raises Invalid if the entry has no group."""
        if self.group_code is None:
            raise Invalid(N_("Choose a customer group."))
        return memberships.Entry(self.group_code, self.subgroup_code, self.valid_from, self.valid_to)

    def dose_entry(self, number: int, membership_id: int | None) -> vaccinations.Entry | None:
        """Return the dose with this number and membership; None if the entry has no dose."""
        if self.given_on is None:
            return None
        return vaccinations.Entry(
            self.product_code, self.batch_number, number, self.given_on, self.unit_id, membership_id
        )

    def key(self, customer_id: int) -> str:
        """Return a hash that is the same for a row that says the same of the same person, and for nothing else."""
        return _hash(*self._subject(customer_id), self.batch_number, self.dose_number, self.unit_id)

    def earlier_key(self, customer_id: int) -> str:
        """Return the key that rounds of earlier versions stored, which leaves out batch, dose number and unit."""
        return _hash(*self._subject(customer_id))

    def _subject(self, customer_id: int) -> tuple[object, ...]:
        return (
            customer_id, self.group_code, self.subgroup_code, self.valid_from, self.valid_to, self.given_on,
            self.product_code,
        )  # fmt: skip

    def to_json(self) -> str:
        """Serialise the entry for :meth:`from_json`."""
        return json.dumps(asdict(self), default=str)

    @classmethod
    def from_json(cls, text: str) -> RegistrationEntry:
        """Read an entry that :meth:`to_json` wrote."""
        values = json.loads(text)
        for name in ("valid_from", "valid_to", "given_on"):
            values[name] = values[name] and date.fromisoformat(values[name])
        return cls(**values)

    @classmethod
    def for_day(
        cls,
        group_code: str | None,
        subgroup_code: str | None,
        day: date | None,
        unit_id: str | None,
        product_code: str | None = None,
        batch_number: str | None = None,
    ) -> RegistrationEntry:
        """Return an entry from this day on, with a dose if there is a product. Raises Invalid for missing fields."""
        if group_code is None:
            raise Invalid(N_("Choose a customer group."))
        if day is None:
            raise Invalid(N_("Choose the day."))
        if unit_id is None:
            raise Invalid(N_("Choose a unit."))
        if product_code is None:
            return cls(group_code, subgroup_code, day, unit_id)
        return cls(
            group_code, subgroup_code, day, unit_id, given_on=day, product_code=product_code,
            batch_number=with_hyphens(batch_number or ""),
        )  # fmt: skip


def _hash(*values: object) -> str:
    return sha256(json.dumps(values, default=str).encode()).hexdigest()
