"""What the state of a batch means for a dose of it: refused, asked about, or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from mv.batches.batch import Batch, BatchKey, find_alike
from mv.concerns import Concern, Concerns
from mv.errors import N_, Conflict, Invalid, MvError

NEW_BATCH = frozenset({Concern.BATCH_UNKNOWN, Concern.BATCH_SIMILAR})
"""Concerns about a batch that the store does not know; it does once a dose of it is saved."""
ASKED_FOR_DOSE = frozenset({Concern.BATCH_SIMILAR, Concern.BATCH_STOPPED})
"""Concerns for which a dose that is registered alone takes a reason; of the others its form tells."""


def refuse_stopped(batch: Batch | None, day: date) -> None:
    """Raise Conflict for a dose that was given on a day after the batch was stopped."""
    if batch and batch.stopped_on and day > batch.stopped_on:
        raise Conflict(
            N_("Batch {batch} is stopped since {day}. Check the number and the day; it must not be given."),
            field="batch",
            batch=batch.batch_number,
            day=batch.stopped_on,
        )


def find_concerns(key: BatchKey, day: date, known: Mapping[BatchKey, Batch], names: Mapping[str, str]) -> Concerns:
    """Return the concerns about the batch of a dose given on ``day``.

    ``names`` are those of the products. Of a batch that is not known it is asked whether a known one is meant.
    """
    product, number = key
    batch = known.get(key)
    if batch is None:
        return dict([_unknown(product, number, known, names)])
    found: dict[Concern, MvError] = {}
    if batch.expired_before(day):
        found[Concern.BATCH_EXPIRED] = Invalid(
            N_("Batch {batch} expired on {day}."), batch=number, day=batch.expires_on
        )
    if batch.stopped_on == day:
        found[Concern.BATCH_STOPPED] = Invalid(
            N_("Batch {batch} was stopped on {day}. Was the dose given before that?"), batch=number, day=day
        )
    return found


def ask(key: BatchKey, day: date, of_product: Iterable[Batch]) -> Concerns:
    """Return the concerns for which a dose that is registered alone takes a reason, among its product's batches."""
    found = find_concerns(key, day, {batch.key: batch for batch in of_product}, {})
    return {concern: told for concern, told in found.items() if concern in ASKED_FOR_DOSE}


def _unknown(
    product: str, number: str, known: Mapping[BatchKey, Batch], names: Mapping[str, str]
) -> tuple[Concern, MvError]:
    alike = find_alike(product, number, known)
    if alike:
        asked = N_("Batch {batch} is not known, but {other} is. Did you mean {other}?")
        return Concern.BATCH_SIMILAR, Invalid(asked, batch=number, other=alike)
    others = sorted(names[other] for other, of_it in known if of_it == number and other in names)
    if others:
        of_another = N_("Batch {batch} is one of {vaccine}.")
        return Concern.BATCH_UNKNOWN, Invalid(of_another, batch=number, vaccine=", ".join(others))
    return Concern.BATCH_UNKNOWN, Invalid(N_("Batch {batch} is not known for this vaccine."), batch=number)
