"""The state of the queue of doses to correct, and of a walk through it."""

from __future__ import annotations

from dataclasses import dataclass, field

from mv.reimbursement.corrections.queue import Queue, QueuedDose
from mv.ui.session import VisitState, state


@dataclass(frozen=True, slots=True)
class Walk:
    """The doses of a walk through the queue, and the place of the one that is being corrected."""

    steps: tuple[QueuedDose, ...]
    place: int

    @property
    def step(self) -> QueuedDose:
        """The dose that is being corrected."""
        return self.steps[self.place]


@dataclass(slots=True)
class CorrectionQueueState:
    """The last queue, so that a walk through it does not assess every dose anew.

    ``corrected`` holds the amount paid, in öre, for each dose that was corrected on a walk.
    """

    queue: Queue | None = None
    corrected: dict[int, int] = field(default_factory=dict)


@dataclass(slots=True)
class CurrentWalk(VisitState):
    """The walk through the queue, if there is one; choosing another customer ends it."""

    walk: Walk | None = None


def walk_queue(steps: tuple[QueuedDose, ...], place: int) -> None:
    """Walk through these doses, now at that place, whose customer is chosen."""
    state(CurrentWalk).walk = Walk(steps, place)
