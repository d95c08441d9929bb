"""The state of the page of batches: the batch that is open, and the question about a new number."""

from __future__ import annotations

from dataclasses import dataclass, field

from mv.batches.batch import Batch, BatchKey
from mv.concerns import Concerns
from mv.ui.session import state


@dataclass(slots=True)
class BatchesState:
    """The batch that is open, if one is, and what is asked about the number that is being received."""

    opened: BatchKey | None = None
    asked_of: str = ""
    concerns: Concerns = field(default_factory=dict)


def open_batch(batch: Batch | None) -> None:
    """Open this batch, or none; for callbacks."""
    state(BatchesState).opened = batch.key if batch else None
