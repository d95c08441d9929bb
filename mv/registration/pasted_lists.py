"""A list of identity numbers, pasted: each line judged before anything is saved, then all that are ready at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from mv import audit, customers
from mv.access import Action, Actor, require_unit, split_by_care_relation
from mv.customers import Customer
from mv.errors import N_, Conflict, Invalid, MvError
from mv.registration import pasted, saving
from mv.registration.entry import Terms
from mv.registration.pasted import Pasted
from mv.registration.rounds import Kind, Registration, Unknown, begin
from mv.registration.saving import Wanted
from mv.registration.validation import Judgement, Outcome, Person, Setting, judge
from mv.store import Store
from mv.store.engine import Transaction

TOLD_EACH = 50
"""After how many lines it is told again how far the saving has come."""
JUDGED_SHARE = 0.6
"""How much of the work is done when every line is judged anew, and the writing begins."""


class State(StrEnum):
    """What can become of a line."""

    READY = "ready"
    DOUBTFUL = "doubtful"
    ALREADY = "already"
    WRONG = "wrong"
    UNKNOWN = "unknown"
    ELSEWHERE = "elsewhere"
    REPEATED = "repeated"
    HEADING = "heading"


STATES = {
    Outcome.READY: State.READY,
    Outcome.DOUBTFUL: State.DOUBTFUL,
    Outcome.ALREADY: State.ALREADY,
    Outcome.WRONG: State.WRONG,
}


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is not empty, by its number in the list; the repr does not show what stands there.

    ``error`` says why nothing can be registered; where that is only doubtful, ``judgement`` holds the doubts.
    """

    number: int
    text: str = field(repr=False)
    state: State
    customer: Customer | None = None
    judgement: Judgement | None = None
    error: MvError | None = None

    @property
    def can_be(self) -> bool:
        """Whether it can be registered, for a reason at least."""
        return self.state in (State.READY, State.DOUBTFUL)


class Stopped(Conflict):
    """A line that was ready cannot be registered any more, so nothing was."""

    def __init__(self, line: int, why: MvError) -> None:
        super().__init__(N_("Nothing of the list is saved, because of line {line}. {why}"), line=line, why=why)


def judge_list(store: Store, actor: Actor, text: str, terms: Terms) -> list[Line]:
    """Return what can become of each line of ``text``; nothing is saved.

    Of customers that the user has nothing to do with it tells only that there are such; that is logged as a refusal,
    and that the others were seen. Raises Invalid for a list without a line or with too many, Forbidden.
    """
    lines = pasted.read(text, store.today())

    def work(tx: Transaction) -> tuple[list[Line], set[int]]:
        require_unit(actor, terms.unit_id)
        at = store.now()
        found = customers.of_numbers(tx, sorted({line.identity.number for line in lines if line.identity}))
        ids = {customer.customer_id for customer in found.values()}
        known, unrelated = split_by_care_relation(tx, at, actor, ids)
        people = saving.read_people(tx, [each for each in found.values() if each.customer_id in known])
        audit.record_look(tx, at, actor, Action.REGISTER_AFTERWARDS, known)
        return _judge_lines(lines, terms, found, people, saving.read_setting(tx, store.today())), set(unrelated)

    judged, unrelated = audit.perform(store, actor, Action.REGISTER_AFTERWARDS, work)
    if unrelated:
        audit.record_refusals(store, actor, Action.REGISTER_AFTERWARDS, sorted(unrelated))
    return judged


def save_list(
    store: Store,
    actor: Actor,
    terms: Terms,
    lines: Sequence[Line],
    reason: str = "",
    tell: Callable[[float], None] = lambda share: None,
) -> Registration:
    """Register the ``terms`` of the customers on these lines, or of none, and return the registration.

    ``reason`` says why in spite of the doubts that the lines were judged to have. ``tell`` is told now and then which
    share of the work is done. Raises Stopped for the first line that cannot be any more; Invalid without a line that
    can, for a reason that cannot be and for one that is missing; Forbidden, NotFound.
    """
    why, chosen = saving.clean_reason(reason), [line for line in lines if line.can_be]
    if not chosen:
        raise Invalid(N_("No line is ready to be saved."))
    if not why and any(line.state is State.DOUBTFUL for line in chosen):
        raise Invalid(N_("Write why the doubtful lines are right."))

    def work(tx: Transaction) -> Registration:
        at = store.now()
        judged = []
        anew = saving.judge_anew(tx, at, actor, [_wanted(line, terms, why) for line in chosen], store.today())
        for done, (line, (wanted, judgement)) in enumerate(zip(chosen, anew, strict=True)):
            if done % TOLD_EACH == 0:
                tell(JUDGED_SHARE * done / len(chosen))
            try:
                saving.refuse(judgement, wanted)
            except MvError as error:
                raise Stopped(line.number, error) from None
            judged.append((wanted, judgement))
        tell(JUDGED_SHARE)
        made = begin(tx, at, store.today(), actor, Kind.LIST, terms)
        saving.write(tx, at, actor, made.registration_id, judged)
        tell(1.0)
        return made

    return audit.perform(store, actor, Action.REGISTER_AFTERWARDS, work)


def left_over(lines: Sequence[Line], saved: Sequence[Line]) -> str:
    """Return the list without the lines that were saved; without its heading, too, where nothing else is left."""
    numbers = {line.number for line in saved}
    left = [line for line in lines if line.number not in numbers]
    return "\n".join(line.text for line in left) if any(line.state is not State.HEADING for line in left) else ""


def _judge_lines(
    lines: Sequence[Pasted],
    terms: Terms,
    found: Mapping[str, Customer],
    people: Mapping[int, Person],
    setting: Setting,
) -> list[Line]:
    """Return what can become of each; ``people`` are those of the ``found`` that the user has to do with."""
    firsts: dict[int, int] = {}
    judged = []
    for line in lines:
        if line.identity is None:
            state = State.HEADING if line.is_heading else State.WRONG
            judged.append(Line(line.number, line.text, state, error=line.error))
            continue
        customer = found.get(line.identity.number)
        if customer is None:
            unknown = Unknown(line.identity.kind, line.identity.birth_date)
            judged.append(Line(line.number, line.text, State.UNKNOWN, error=unknown))
        elif customer.customer_id not in people:
            judged.append(Line(line.number, line.text, State.ELSEWHERE, error=_other_unit()))
        elif customer.customer_id in firsts:
            repeated = Conflict(N_("The same customer as on line {first}."), first=firsts[customer.customer_id])
            judged.append(Line(line.number, line.text, State.REPEATED, customer, error=repeated))
        else:
            firsts[customer.customer_id] = line.number
            judgement = judge(people[customer.customer_id], terms, setting)
            state = STATES[judgement.outcome]
            judged.append(Line(line.number, line.text, state, customer, judgement, judgement.error))
    return judged


def _other_unit() -> Conflict:
    return Conflict(N_("The customer belongs to another unit. Open it with its number and a reason, then check again."))


def _wanted(line: Line, terms: Terms, reason: str) -> Wanted:
    """Return what the line is to register, in spite of the doubts that it was judged to have and of no others."""
    assert line.customer is not None  # noqa: S101 (a line that can be has one)
    doubts = frozenset(line.judgement.doubts if line.judgement else ())
    return Wanted(line.customer.customer_id, terms, reason, doubts)
