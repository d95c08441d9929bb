"""Customers: search by number or name, registration, and the lock that changes of their rows take."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TypeVar

import pyarrow as pa

from mv import audit, catalogue, identity
from mv.access import Action, Actor, OtherUnit, in_own_units, require_care_relation, require_unit
from mv.errors import N_, Conflict, Invalid, NotFound
from mv.identity import Identity
from mv.store import Store
from mv.store.engine import Transaction, to_table
from mv.text import fold, visible

T = TypeVar("T")

MAX_HITS = 20
MAX_NAME_LENGTH = 80

COLUMNS = "customer_id, identity, birth_date, given_name, family_name, unit_id, deceased_on"
_PERSON = {
    "customer_id": pa.int64(),
    "identity": pa.string(),
    "birth_date": pa.date32(),
    **dict.fromkeys(("given_name", "family_name", "unit_id"), pa.string()),
}
SCHEMA = pa.schema(
    {
        **_PERSON,
        **dict.fromkeys(("identity_kind", "sex", "registered_by"), pa.string()),
        "registered_at": pa.timestamp("us"),
    }
)
NAME_SCHEMA = pa.schema({"name_key": pa.string(), **_PERSON})
LIVE_COLUMNS = ", ".join(f"live.{column}" for column in COLUMNS.split(", "))
LIVE = "JOIN customer live ON live.customer_id = COALESCE(c.merged_into, c.customer_id)"
"""The live record of a customer ``c``: of one that was merged into another, that other one."""
EARLIER_NUMBERS = """
    SELECT e.customer_id, e.version, e.old_identity, e.changed_at, e.changed_by FROM identity_change e
    WHERE NOT EXISTS (
        SELECT 1 FROM identity_change was
        JOIN identity_change back ON back.customer_id = was.customer_id AND back.new_identity = was.old_identity
        WHERE was.customer_id = e.customer_id AND was.version <= e.version AND back.version >= e.version
    )
"""
"""Earlier numbers of customers, but for those that were changed back: these belonged to somebody else."""
EARLIER_OWNERS = f"""
    SELECT had.old_identity AS number, {LIVE_COLUMNS} FROM ({EARLIER_NUMBERS}) had
    JOIN customer c ON c.customer_id = had.customer_id {LIVE} WHERE had.old_identity = ANY($1)
"""


@dataclass(frozen=True, slots=True)
class Customer:
    """A person whom a clinic vaccinates."""

    customer_id: int
    identity: str
    birth_date: date
    given_name: str
    family_name: str
    unit_id: str
    deceased_on: date | None = None

    @property
    def name(self) -> str:
        """The whole name, given name first."""
        return f"{self.given_name} {self.family_name}"

    def __repr__(self) -> str:
        """Name the customer by the store's own id only, since a repr may end up in a log."""
        return f"Customer({self.customer_id})"


@dataclass(frozen=True, slots=True)
class Hits:
    """The result of a search: at most MAX_HITS customers, and whether there are more.

    ``elsewhere`` is the id of a customer of another unit who was found by number: opening that one takes a reason.
    ``earlier`` says that the number is an earlier one of the customer. ``century_before`` says that the number, written
    with ten digits, is also that of a customer a hundred years older, who is found if nobody has it as it is read.
    """

    customers: list[Customer]
    more: bool = False
    elsewhere: int | None = None
    earlier: bool = False
    century_before: bool = False


def name_keys(given_name: str, family_name: str) -> list[str]:
    """Return the search keys of a name: for each of its words, that word and then the others in order."""
    words = fold(f"{given_name} {family_name}").split()
    return [" ".join([word, *words[:n], *words[n + 1 :]]) for n, word in enumerate(words)]


def is_number(text: str) -> bool:
    """Return whether a search text is meant as an identity number, that is, has a digit."""
    return any(c.isdigit() for c in text)


def search(store: Store, actor: Actor, text: str) -> Hits:
    """Search customers by an identity number or the words of a name, and return what is found.

    Words may be given by their beginnings, in any order, with or without accents; by name only customers of the
    actor's own units are found. Raises Invalid for a wrong number and for a name of fewer than two letters.
    """
    at = store.now()

    def work(tx: Transaction) -> Hits:
        hits = _by_number(tx, at, actor, text, store.today()) if is_number(text) else _by_name(tx, actor, text)
        ids = [customer.customer_id for customer in hits.customers]
        audit.record_look(tx, at, actor, Action.SEARCH_CUSTOMERS, ids)
        if not ids and hits.elsewhere is None:
            asked = identity.parse(text, store.today()).number if is_number(text) else fold(text)
            audit.record_miss(tx, at, actor, Action.SEARCH_CUSTOMERS, asked)
        return hits

    hits = audit.perform(store, actor, Action.SEARCH_CUSTOMERS, work)
    if hits.elsewhere is not None:
        audit.record_refusals(store, actor, Action.SEARCH_CUSTOMERS, [hits.elsewhere])
    return hits


def _by_number(tx: Transaction, at: datetime, actor: Actor, text: str, today: date) -> Hits:
    person = identity.parse(text, today)
    of_number = find_by_numbers(tx, [number for number in (person.number, person.century_before) if number])
    before = person.century_before in of_number
    found = of_number.get(person.number) or of_number.get(person.century_before or "")
    if found is None:
        return Hits([])
    earlier = person.number in of_number and found.identity != person.number
    try:
        require_care_relation(tx, at, actor, [found.customer_id])
    except OtherUnit as error:
        return Hits([], elsewhere=error.customer_id, earlier=earlier, century_before=before)
    return Hits([found], earlier=earlier, century_before=before)


class UnclearCentury(Conflict):
    """Ten digits without a plus sign can be of two people, and the one a hundred years older is this customer."""

    def __init__(self, customer_id: int) -> None:
        self.customer_id = customer_id
        super().__init__(
            N_(
                "Ten digits can be of two people, a hundred years apart, and the older one is a customer. Write all"
                " twelve digits of the one that is meant."
            ),
            field="identity",
        )


def find_unclear(tx: Transaction, persons: Iterable[Identity]) -> dict[str, int]:
    """Map the number of each person for whom a customer may be meant who is a hundred years older to that customer."""
    before = {person.century_before: person.number for person in persons if person.century_before}
    found = find_by_numbers(tx, sorted(before))
    return {before[number]: customer.customer_id for number, customer in found.items()}


def refuse_unclear(tx: Transaction, person: Identity) -> None:
    """Raise UnclearCentury where a customer may be meant who is a hundred years older."""
    for customer_id in find_unclear(tx, [person]).values():
        raise UnclearCentury(customer_id)


def find_by_numbers(tx: Transaction, numbers: Sequence[str]) -> dict[str, Customer]:
    """Map each of the checked ``numbers`` to the customer who has it, else to the one who had it earlier."""
    found: dict[str, Customer] = {}
    for table in (
        f"SELECT c.identity AS number, {LIVE_COLUMNS} FROM customer c {LIVE} WHERE c.identity = ANY($1)",
        EARLIER_OWNERS,
    ):
        for row in tx.rows_in(table, [number for number in numbers if number not in found]):
            number = row.pop("number")
            found[number] = Customer(**row)
    return found


def _by_name(tx: Transaction, actor: Actor, text: str) -> Hits:
    words = sorted(fold(text).split(), key=len, reverse=True)
    if not words or len(words[0]) < 2:
        raise Invalid(N_("Write an identity number, or at least two letters of the name."))
    first, *others = words
    conditions = "".join(f" AND (' ' || name_key) LIKE ${n}" for n in range(3, 3 + len(others)))
    own, units = in_own_units(actor, "unit_id", 3 + len(others))
    sql = f"""
        SELECT DISTINCT {COLUMNS} FROM customer_name
        WHERE name_key >= $1 AND name_key < $2{conditions} AND {own}
        ORDER BY family_name, given_name, birth_date, customer_id LIMIT {MAX_HITS + 1}
    """
    after = first[:-1] + chr(ord(first[-1]) + 1)
    found = [Customer(**row) for row in tx.rows(sql, first, after, *(f"% {word}%" for word in others), *units)]
    return Hits(found[:MAX_HITS], more=len(found) > MAX_HITS)


def get(store: Store, actor: Actor, customer_id: int) -> Customer:
    """Return the customer with this id; of a record that was merged into another, that other one.

    Raises NotFound, and OtherUnit when the actor has no care relation with the customer.
    """

    def work(tx: Transaction) -> Customer:
        row = tx.row(f"SELECT {LIVE_COLUMNS} FROM customer c {LIVE} WHERE c.customer_id = $1", customer_id)
        if row is None:
            raise _unknown()
        found = Customer(**row)
        audit.record_look(tx, store.now(), actor, Action.VIEW_CUSTOMER, [found.customer_id])
        return found

    return audit.perform(store, actor, Action.VIEW_CUSTOMER, work, customer_id)


def read(tx: Transaction, customer_ids: Collection[int]) -> list[Customer]:
    """Return the customers that exist of these ids, in order of id. No right is checked and nothing logged."""
    sql = f"SELECT {COLUMNS} FROM customer WHERE customer_id = ANY($1) ORDER BY customer_id"
    return [Customer(**row) for row in tx.rows_in(sql, customer_ids)]


def lock(
    tx: Transaction, at: datetime, actor: Actor, customer_ids: Collection[int], *, of_own_rows: bool = False
) -> dict[int, Customer]:
    """Lock the customers' rows, groups and doses until the transaction ends, and return the customers by id.

    Raises NotFound for one who does not exist or was merged into another, and OtherUnit for one with whom the actor has
    no care relation at the instant ``at`` (see :func:`mv.access.require_care_relation`, also for ``of_own_rows``).
    """
    require_care_relation(tx, at, actor, customer_ids, of_own_rows=of_own_rows)
    sql = f"""
        UPDATE customer SET version = version + 1
        WHERE customer_id = ANY($1) AND merged_into IS NULL RETURNING {COLUMNS}
    """
    held = {row["customer_id"]: Customer(**row) for row in tx.rows_in(sql, customer_ids)}
    if len(held) < len(set(customer_ids)):
        raise _unknown()
    return held


class NumberRegistered(Conflict):
    """A customer has or had the number already."""

    def __init__(self, customer_id: int) -> None:
        self.customer_id = customer_id
        super().__init__(
            N_("A customer with this number is registered already. Search for the number."), field="identity"
        )


def register(
    store: Store,
    actor: Actor,
    number: str,
    given_name: str,
    family_name: str,
    unit_id: str,
    birth_date: date | None = None,
) -> Customer:
    """Register a customer and return it.

    ``birth_date`` is used only where the number does not give one, and needed there. Raises Invalid for a wrong number,
    name, unit or birth date, Forbidden for a unit that is not the actor's own, UnclearCentury, and NumberRegistered
    when a customer has or had the number; where the customer is another unit's, it is a refusal in the log.
    """

    def work(tx: Transaction) -> Customer:
        person = identity.parse(number, store.today())
        given, family = clean_name(given_name), clean_name(family_name)
        born = person.birth_date or birth_date
        if born is None:
            raise Invalid(N_("This kind of number does not hold the birth date. Give it, too."), field="birth_date")
        check_birth_date(born, store.today())
        if unit_id not in catalogue.read(tx).units:
            raise Invalid(N_("Choose a unit."), field="unit")
        require_unit(actor, unit_id)
        refuse_unclear(tx, person)
        if taken := find_by_numbers(tx, [person.number]).get(person.number):
            raise NumberRegistered(taken.customer_id)
        new = Customer(0, person.number, born, given, family, unit_id)
        return insert(tx, store.now(), actor, [(person, new)])[0]

    try:
        return audit.perform(store, actor, Action.REGISTER_CUSTOMER, work)
    except (NumberRegistered, UnclearCentury) as error:
        audit.record_known_elsewhere(store, actor, Action.REGISTER_CUSTOMER, error.customer_id)
        raise


def insert(tx: Transaction, at: datetime, actor: Actor, new: Sequence[tuple[Identity, Customer]]) -> list[Customer]:
    """Insert customers, with their search keys and log entries, and return them with their ids in the same order.

    The caller has checked that their numbers are free and their units the actor's own.
    """
    numbers = tx.next_ids("customer_seq", len(new))
    made = [replace(customer, customer_id=number) for number, (_, customer) in zip(numbers, new, strict=True)]
    persons = [person for person, _ in new]
    others: dict[str, Sequence[object]] = {
        "identity_kind": [str(person.kind) for person in persons],
        "sex": [person.sex and str(person.sex) for person in persons],
        "registered_at": [at] * len(new),
        "registered_by": [actor.user_id] * len(new),
    }
    tx.load("customer", to_table(SCHEMA, made, **others))
    keys = [(key, each) for each in made for key in name_keys(each.given_name, each.family_name)]
    tx.load("customer_name", to_table(NAME_SCHEMA, [each for _, each in keys], name_key=[key for key, _ in keys]))
    audit.record_customers(tx, at, actor, Action.REGISTER_CUSTOMER, [(each.customer_id, {}) for each in made])
    return made


def check_birth_date(born: date, today: date) -> None:
    """Raise Invalid for a birth date to come, and for one before the first year of identity numbers."""
    if born > today:
        raise Invalid(N_("The birth date is in the future."), field="birth_date")
    if born.year < identity.FIRST_YEAR:
        raise Invalid(N_("Nobody was born on {day}. Check the year."), field="birth_date", day=born)


def clean_name(name: str) -> str:
    """Return ``name`` with single spaces. Raises Invalid when it is empty, too long, or without a letter."""
    clean = " ".join(visible(name).split())
    if not fold(clean) or not any(c.isalpha() for c in clean):
        raise Invalid(N_("Write both a given name and a family name."))
    if len(clean) > MAX_NAME_LENGTH or not clean.isprintable():
        raise Invalid(N_("A name has at most {most} printable characters."), most=MAX_NAME_LENGTH)
    return clean


def _unknown() -> NotFound:
    return NotFound(N_("The customer does not exist. Search for the customer anew."))
