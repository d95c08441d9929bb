"""A list of identity numbers, pasted: each line judged before anything is saved, then all that are ready at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from mv import audit, customers, identity
from mv.access import Action, Actor, OtherUnit, grounds, require_unit
from mv.customers import Customer
from mv.errors import N_, Conflict, Invalid, MvError
from mv.registration import saving
from mv.registration.judging import Doubt, Judgement, Outcome, judge
from mv.registration.saving import Wanted
from mv.registration.sessions import Kind, Registration, Unknown, begin
from mv.registration.terms import Terms
from mv.store import Store
from mv.store.engine import Transaction

MOST_LINES = 1000
LONGEST_LINE = 200
AROUND = " \t\"'“”’;,."
"""What stands around a number in a list, and is no part of it."""


class State(StrEnum):
    """What can become of a line."""

    READY = "ready"
    DOUBTFUL = "doubtful"
    ALREADY = "already"
    WRONG = "wrong"
    UNKNOWN = "unknown"
    ELSEWHERE = "elsewhere"
    REPEATED = "repeated"


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is not empty, by its number in the list; the repr does not show what stands there."""

    number: int
    text: str = field(repr=False)
    state: State
    customer: Customer | None = None
    judgement: Judgement | None = None
    error: MvError | None = None


def judge_list(store: Store, actor: Actor, text: str, terms: Terms) -> list[Line]:
    """Return what can become of each line of ``text``; nothing is saved.

    The customers are those that the user has to do with; that they were seen is logged. Raises Invalid for a list
    without a line or with more than MOST_LINES, Forbidden.
    """
    lines = list(_numbered(text))

    def work(tx: Transaction) -> list[Line]:
        require_unit(actor, terms.unit_id)
        at = store.now()
        read = {number: _read_number(line, store.today()) for number, line in lines}
        numbers = [each.number for each in read.values() if isinstance(each, identity.Identity)]
        found = customers.of_numbers(tx, sorted(set(numbers)))
        elsewhere = set(_elsewhere(tx, store, actor, found.values()))
        here = [customer for customer in found.values() if customer.customer_id not in elsewhere]
        people, setting = saving.read_people(tx, here), saving.read_setting(tx, store.today())
        audit.record_look(tx, at, actor, Action.REGISTER_AFTERWARDS, people)
        firsts: dict[int, int] = {}
        judged = []
        for number, line in lines:
            each = read[number]
            if isinstance(each, MvError):
                judged.append(Line(number, line, State.WRONG, error=each))
                continue
            customer = found.get(each.number)
            if customer is None:
                judged.append(Line(number, line, State.UNKNOWN, error=Unknown(each.kind, each.birth_date)))
            elif customer.customer_id in elsewhere:
                judged.append(Line(number, line, State.ELSEWHERE, error=_other_unit()))
            elif customer.customer_id in firsts:
                first = firsts[customer.customer_id]
                judged.append(Line(number, line, State.REPEATED, customer, error=_repeated(first)))
            else:
                firsts[customer.customer_id] = number
                judgement = judge(people[customer.customer_id], terms, setting)
                judged.append(Line(number, line, STATES[judgement.outcome], customer, judgement, judgement.error))
        return judged

    return audit.perform(store, actor, Action.REGISTER_AFTERWARDS, work)


def save_list(
    store: Store,
    actor: Actor,
    terms: Terms,
    customer_ids: Sequence[int],
    *,
    reason: str = "",
    accepted: frozenset[Doubt] = frozenset(),
) -> Registration:
    """Register the ``terms`` of all these customers, or of none, and return the registration.

    Raises what :func:`mv.registration.saving.save` raises, for the first of them that cannot be registered any more.
    """

    def work(tx: Transaction) -> Registration:
        if not customer_ids:
            raise Invalid(N_("No line is ready to be saved."))
        at = store.now()
        made = begin(tx, at, store.today(), actor, Kind.LIST, terms)
        wanted = [Wanted(customer_id, terms, reason, accepted) for customer_id in customer_ids]
        saving.save(tx, at, actor, made.registration_id, wanted, store.today())
        return made

    return audit.perform(store, actor, Action.REGISTER_AFTERWARDS, work)


STATES = {
    Outcome.READY: State.READY,
    Outcome.DOUBTFUL: State.DOUBTFUL,
    Outcome.ALREADY: State.ALREADY,
    Outcome.WRONG: State.WRONG,
}


def _numbered(text: str) -> Iterator[tuple[int, str]]:
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), start=1)]
    lines = [(number, line) for number, line in lines if line.strip(AROUND)]
    if not lines:
        raise Invalid(N_("The list is empty. Paste the identity numbers, one on each line."))
    if len(lines) > MOST_LINES:
        raise Invalid(N_("The list has more than {most} lines. Divide it, or import a file."), most=MOST_LINES)
    yield from lines


def _read_number(line: str, today: date) -> identity.Identity | MvError:
    """Return the number that stands on the line: of several cells, the first that is one; else what is wrong."""
    if len(line) > LONGEST_LINE:
        return Invalid(N_("The line is too long. There has to be one identity number on each line."))
    wrong: MvError | None = None
    for cell in line.replace(";", "\t").split("\t"):
        text = cell.strip(AROUND)
        if not text:
            continue
        try:
            return identity.parse(text, today)
        except Invalid as error:
            wrong = wrong or error
    return wrong or Invalid(N_("The identity number is missing. Enter one."))


def _elsewhere(tx: Transaction, store: Store, actor: Actor, found: Iterable[Customer]) -> Iterator[int]:
    """Yield the ids of those that the user has nothing to do with."""
    for customer in found:
        try:
            grounds(tx, store.now(), actor, [customer.customer_id])
        except OtherUnit as error:
            yield error.customer_id


def _other_unit() -> Conflict:
    return Conflict(N_("The customer belongs to another unit. Find the customer by its number, and say why."))


def _repeated(first: int) -> Conflict:
    return Conflict(N_("The same customer as on line {first}."), first=first)
