"""Pasted lists of identity numbers: validate each line, then save all that are ready at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from mv import audit, customers
from mv.access import Action, Actor, require_unit, split_by_care_relation
from mv.customers import Customer
from mv.errors import N_, Conflict, Invalid, MvError
from mv.registration import pasted_list_parsing, saving
from mv.registration.entry import RegistrationEntry
from mv.registration.pasted_list_parsing import ParsedLine
from mv.registration.rounds import EntryMethod, Round, UnknownIdentity, begin
from mv.registration.saving import PlannedEntry, ReasonRequired
from mv.registration.validation import Outcome, Person, Validation, ValidationContext, remember_batch, validate
from mv.store import Store
from mv.store.engine import Transaction

PROGRESS_INTERVAL = 50
"""Lines between two reports of the progress."""
VALIDATION_SHARE = 0.6
"""The share of the work that is validating; the rest is writing."""


class LineState(StrEnum):
    """The state of a line after validation."""

    READY = "ready"
    DOUBTFUL = "doubtful"
    ALREADY = "already"
    WRONG = "wrong"
    UNKNOWN = "unknown"
    ELSEWHERE = "elsewhere"
    REPEATED = "repeated"
    HEADING = "heading"


STATE_OF_OUTCOME = {
    Outcome.READY: LineState.READY,
    Outcome.DOUBTFUL: LineState.DOUBTFUL,
    Outcome.ALREADY: LineState.ALREADY,
    Outcome.WRONG: LineState.WRONG,
}


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is not empty, by its number in the list. The repr shows nothing of its text.

    ``error`` says why it cannot be saved; concerns are in ``validation``.
    """

    number: int
    text: str = field(repr=False)
    state: LineState
    customer: Customer | None = None
    validation: Validation | None = None
    error: MvError | None = None

    @property
    def can_be_saved(self) -> bool:
        """Whether it can be registered, for a reason at least."""
        return self.state in (LineState.READY, LineState.DOUBTFUL)


class LineRejected(Conflict):
    """A line that was ready can no longer be saved, so none was."""

    def __init__(self, line: int, why: MvError) -> None:
        super().__init__(N_("Nothing of the list is saved, because of line {line}. {why}"), line=line, why=why)


def validate_list(store: Store, actor: Actor, text: str, entry: RegistrationEntry) -> list[Line]:
    """Validate each line of ``text`` without saving.

    Logs the look at the customers. Of those without a care relation a line shows only that they exist, which is logged
    as a refusal. Raises Invalid for a list without a line or with too many, Forbidden.
    """
    lines = pasted_list_parsing.parse(text, store.today())

    def work(tx: Transaction) -> tuple[list[Line], set[int]]:
        require_unit(actor, entry.unit_id)
        at = store.now()
        found = customers.find_by_numbers(tx, sorted({line.identity.number for line in lines if line.identity}))
        ids = {customer.customer_id for customer in found.values()}
        known, unrelated = split_by_care_relation(tx, at, actor, ids)
        people = saving.read_people(tx, [each for each in found.values() if each.customer_id in known])
        audit.record_look(tx, at, actor, Action.REGISTER_AFTERWARDS, known)
        context = saving.read_validation_context(tx, store.today())
        unclear = customers.find_unclear(tx, [line.identity for line in lines if line.identity])
        if unknown := sorted({line.identity.number for line in lines if line.identity} - set(found)):
            audit.record_miss(tx, at, actor, Action.REGISTER_AFTERWARDS, " ".join(unknown), len(unknown))
        told = [_told(line, unclear) for line in lines]
        _, older = split_by_care_relation(tx, at, actor, unclear.values())
        return _validate_lines(told, entry, found, people, context), {*unrelated, *older}

    validated, unrelated = audit.perform(store, actor, Action.REGISTER_AFTERWARDS, work)
    if unrelated:
        audit.record_refusals(store, actor, Action.REGISTER_AFTERWARDS, sorted(unrelated))
    return validated


def save_list(
    store: Store,
    actor: Actor,
    entry: RegistrationEntry,
    lines: Sequence[Line],
    reason: str = "",
    on_progress: Callable[[float], None] = lambda share: None,
) -> Round:
    """Register the ``entry`` for the customers on these lines, all of them or none, and return the round.

    ``reason`` accepts the concerns that the lines had when they were validated. ``on_progress`` receives the share of
    the work that is done. Raises LineRejected for the first line that can no longer be saved; Invalid if no line can
    be, and for a missing or an unusable reason; Forbidden, NotFound.
    """
    why, chosen = saving.clean_reason(reason), [line for line in lines if line.can_be_saved]
    if not chosen:
        raise Invalid(N_("No line is ready to be saved."))
    if not why and any(line.state is LineState.DOUBTFUL for line in chosen):
        raise Invalid(N_("Write why the doubtful lines are right."))

    def work(tx: Transaction) -> Round:
        at = store.now()
        validated = []
        anew = saving.revalidate(tx, at, actor, [_plan(line, entry, why) for line in chosen], store.today())
        for done, (line, (planned, validation)) in enumerate(zip(chosen, anew, strict=True)):
            if done % PROGRESS_INTERVAL == 0:
                on_progress(VALIDATION_SHARE * done / len(chosen))
            try:
                saving.require_valid(validation, planned)
            except ReasonRequired as question:
                raise LineRejected(line.number, next(iter(question.concerns.values()))) from None
            except MvError as error:
                raise LineRejected(line.number, error) from None
            validated.append((planned, validation))
        on_progress(VALIDATION_SHARE)
        new_round = begin(tx, at, store.today(), actor, EntryMethod.LIST, entry)
        saving.write(tx, at, actor, new_round.registration_id, validated)
        on_progress(1.0)
        return new_round

    return audit.perform(store, actor, Action.REGISTER_AFTERWARDS, work)


def remaining_text(lines: Sequence[Line], saved: Sequence[Line]) -> str:
    """Return the text of the lines that were not saved; empty if only the heading is left."""
    numbers = {line.number for line in saved}
    left = [line for line in lines if line.number not in numbers]
    return "\n".join(line.text for line in left) if any(line.state is not LineState.HEADING for line in left) else ""


def _validate_lines(
    lines: Sequence[ParsedLine],
    entry: RegistrationEntry,
    found: Mapping[str, Customer],
    people: Mapping[int, Person],
    context: ValidationContext,
) -> list[Line]:
    """Validate each line; ``people`` are the ``found`` customers with a care relation to the user."""
    firsts: dict[int, int] = {}
    validated = []
    for line in lines:
        if line.identity is None:
            state = LineState.HEADING if line.is_heading else LineState.WRONG
            validated.append(Line(line.number, line.text, state, error=line.error))
            continue
        customer = found.get(line.identity.number)
        if customer is None:
            unknown = UnknownIdentity(line.identity.kind, line.identity.birth_date)
            validated.append(Line(line.number, line.text, LineState.UNKNOWN, error=unknown))
        elif customer.customer_id not in people:
            validated.append(Line(line.number, line.text, LineState.ELSEWHERE, error=_other_unit()))
        elif customer.customer_id in firsts:
            repeated = Conflict(N_("The same customer as on line {first}."), first=firsts[customer.customer_id])
            validated.append(Line(line.number, line.text, LineState.REPEATED, customer, error=repeated))
        else:
            firsts[customer.customer_id] = line.number
            validation = validate(people[customer.customer_id], entry, context)
            if validation.can_be_saved:
                remember_batch(entry, context)
            state = STATE_OF_OUTCOME[validation.outcome]
            validated.append(Line(line.number, line.text, state, customer, validation, validation.error))
    return validated


def _told(line: ParsedLine, unclear: Mapping[str, int]) -> ParsedLine:
    """Return the line as a wrong one if a customer may be meant who is a hundred years older."""
    if line.identity and line.identity.number in unclear and line.identity.century_before:
        return replace(line, identity=None, error=customers.UnclearCentury(unclear[line.identity.number]))
    return line


def _other_unit() -> Conflict:
    return Conflict(N_("The customer belongs to another unit. Open it with its number and a reason, then check again."))


def _plan(line: Line, entry: RegistrationEntry, reason: str) -> PlannedEntry:
    """Return the planned entry of the line, with the concerns accepted that it was validated with, and no others."""
    assert line.customer is not None  # noqa: S101 (a line that can be has one)
    concerns = frozenset(line.validation.concerns if line.validation else ())
    return PlannedEntry(line.customer.customer_id, entry, reason, concerns)
