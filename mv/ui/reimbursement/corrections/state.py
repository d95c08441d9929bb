"""The state of the queue of doses to correct, and of a walk through it."""

from __future__ import annotations

from dataclasses import dataclass, field

from mv.reimbursement.corrections.queue import Queue, QueuedDose
from mv.ui.session import VisitState, state


@dataclass(frozen=True, slots=True)
class Walk:
    """The doses of the queue that somebody goes through, and the place of the one that is being corrected."""

    steps: tuple[QueuedDose, ...]
    place: int

    @property
    def step(self) -> QueuedDose:
        """The dose that is being corrected."""
        return self.steps[self.place]


@dataclass(slots=True)
class CorrectionQueueState:
    """The queue as it was found last: a walk through it does not go through every dose anew.

    ``mended`` holds what each dose is paid, in öre, that was corrected during a walk.
    """

    queue: Queue | None = None
    mended: dict[int, int] = field(default_factory=dict)


@dataclass(slots=True)
class CurrentWalk(VisitState):
    """The walk through the queue, if there is one; choosing another customer ends it."""

    walk: Walk | None = None


def walk_queue(steps: tuple[QueuedDose, ...], place: int) -> None:
    """Walk through these doses, now at that place, whose customer is chosen."""
    state(CurrentWalk).walk = Walk(steps, place)
