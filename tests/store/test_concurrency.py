"""Many people at once on one store: no change is lost, none passes another, and every one is in the log."""

from __future__ import annotations

import json
import random
from collections import Counter, defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from itertools import combinations
from threading import Barrier
from typing import Any

import pytest

from mv import customers, memberships
from mv.access import Action, Actor, Role
from mv.customers import Customer
from mv.errors import Conflict, Invalid, MvError, NotFound
from mv.memberships import EndReason, Entry, Membership
from mv.store import Store, open_store
from tests.conftest import TODAY, SetClock, invented_number

PEOPLE = 8
TURNS = {"duckdb": 20, "postgresql": 100}
"""How often each of them does something: a few seconds' work for the database."""
GROUPS = [("65_plus", None), ("medical_risk", "heart"), ("medical_risk", "diabetes")]
NOT_IN_USE = ("covid_phase", None)
CHANGES = {
    "added": Action.ADD_GROUP,
    "adjusted": Action.ADJUST_GROUP,
    "removed": Action.REMOVE_GROUP,
    "reason": Action.REMOVE_GROUP,
    "restored": Action.RESTORE_GROUP,
}
KEPT = ("customer_id", "group_code", "subgroup_code", "valid_from", "valid_to", "ended_reason")
"""What a change keeps of the row that it leaves."""


@dataclass
class Coordinator:
    """Someone who changes the groups of the same few customers as all the others."""

    store: Store
    customer_ids: list[int]
    seed: int
    done: list[tuple[str, Membership]] = field(default_factory=list)
    unchanged: list[tuple[str, Membership]] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.actor = Actor(f"coordinator {self.seed}", "", Role.COORDINATOR, "norr")
        self.random = random.Random(self.seed)  # noqa: S311

    def work(self, start: Barrier, turns: int) -> None:
        start.wait(30)
        for _ in range(turns):
            customer_id = self.random.choice(self.customer_ids)
            with self.store.read() as tx:
                seen = memberships.read(tx, customer_id)
            word, change = self.choose(customer_id, seen)
            try:
                now = change()
            except (Conflict, Invalid, NotFound) as error:
                self.refused[f"{word}: {error.key}"] += 1
            else:
                changed = now not in seen
                (self.done if changed else self.unchanged).append((word, now))

    def choose(self, customer_id: int, seen: list[Membership]) -> tuple[str, Callable[[], Membership]]:
        """Return something to do with one of the rows as they were seen, or with a new one."""
        store, actor, word = self.store, self.actor, self.random.choice(list(CHANGES))
        if not seen or word == "added":
            return "added", lambda: memberships.add(store, actor, customer_id, self.entry())
        row = self.random.choice(seen)
        row_and_version = row.membership_id, row.version
        reason = self.random.choice(list(EndReason))
        return word, {
            "adjusted": lambda: memberships.adjust(store, actor, *row_and_version, self.entry(ended=not row.active)),
            "removed": lambda: memberships.remove(store, actor, *row_and_version, reason),
            "reason": lambda: memberships.set_end_reason(store, actor, *row_and_version, reason),
            "restored": lambda: memberships.restore(store, actor, *row_and_version),
        }[word]

    def entry(self, ended: bool | None = None) -> Entry:
        """Return an entry for few groups and days, so that it gets in the way of others; at times a wrong one."""
        group = NOT_IN_USE if self.random.random() < 0.05 else self.random.choice(GROUPS)
        first = TODAY - timedelta(days=self.random.randrange(40))
        last = TODAY - timedelta(days=self.random.randrange(40))
        if ended is None:
            ended = self.random.random() < 0.4
        return Entry(*group, first, last if ended else None)


def table(store: Store, name: str, order: str) -> list[dict[str, Any]]:
    with store.read() as tx:
        return tx.rows(f"SELECT * FROM {name} ORDER BY {order}")  # noqa: S608


@pytest.fixture
def few(store: Store, actor: Actor) -> list[int]:
    numbers = [invented_number(date(1946, 3, day)) for day in (12, 13, 14)]
    return [customers.register(store, actor, number, "Anders", "Karlsson", "norr").customer_id for number in numbers]


def test_what_many_do_at_once_is_neither_lost_nor_doubled_and_stands_in_the_log(
    store: Store, clock: SetClock, few: list[int]
) -> None:
    start, turns = Barrier(PEOPLE), TURNS["postgresql" if store.url.startswith("postgresql") else "duckdb"]
    with closing(open_store(store.url, clock)) as second, ThreadPoolExecutor(PEOPLE) as pool:
        everybody = [Coordinator(store if seed % 2 else second, few, seed) for seed in range(PEOPLE)]
        for each in [pool.submit(one.work, start, turns) for one in everybody]:
            each.result()  # raises what is no refusal

    done = {
        (row.membership_id, row.version): (word, one.actor.user_id, row) for one in everybody for word, row in one.done
    }
    assert sum(len(one.done) for one in everybody) == len(done), "two changes made the same version"
    assert {word for word, _, _ in done.values()} == set(CHANGES)
    unchanged = [row for one in everybody for _, row in one.unchanged]
    assert sum(one.refused.total() for one in everybody) == PEOPLE * turns - len(done) - len(unchanged)
    rows = {row["membership_id"]: row for row in table(store, "membership", "membership_id")}
    kept = table(store, "membership_change", "membership_id, version")
    assert_every_change_is_kept(done, kept)
    assert_rows_are_their_last_change(rows, kept)
    assert_periods_do_not_overlap(rows)
    assert_log_is_complete(done, table(store, "access_log", "entry_id"))
    per_customer = Counter(row.customer_id for row in [*unchanged, *(row for _, _, row in done.values())])
    for customer in table(store, "customer", "customer_id"):
        assert customer["version"] == 1 + per_customer[customer["customer_id"]]


Done = dict[tuple[int, int], tuple[str, str, Membership]]


def assert_every_change_is_kept(done: Done, kept: list[dict[str, Any]]) -> None:
    assert {(change["membership_id"], change["version"]) for change in kept} == set(done)
    for change in kept:
        word, user_id, row = done[change["membership_id"], change["version"]]
        assert (change["change"], change["changed_by"]) == (word, user_id)
        assert [change[name] for name in KEPT] == [getattr(row, name) for name in KEPT]


def assert_rows_are_their_last_change(rows: dict[int, dict[str, Any]], kept: list[dict[str, Any]]) -> None:
    history = defaultdict(list)
    for change in kept:
        history[change["membership_id"]].append(change)
    assert rows.keys() == history.keys()
    for membership_id, changes in history.items():
        row, last = rows[membership_id], changes[-1]
        assert [change["version"] for change in changes] == list(range(1, row["version"] + 1))
        assert [row[name] for name in KEPT] == [last[name] for name in KEPT]


def assert_periods_do_not_overlap(rows: dict[int, dict[str, Any]]) -> None:
    counting = defaultdict(list)
    for row in rows.values():
        group = row["customer_id"], row["group_code"], row["subgroup_code"]
        active_key = "{}/{}/{}".format(*group[:2], group[2] or "") if row["valid_to"] is None else None
        assert row["active_key"] == active_key
        if row["ended_reason"] != EndReason.WRONG:
            counting[group].append(Entry(*group[1:], row["valid_from"], row["valid_to"]))
    for entries in counting.values():
        assert sum(entry.valid_to is None for entry in entries) <= 1
        for one, other in combinations(entries, 2):
            assert not memberships.overlap(one, other)


def assert_log_is_complete(done: Done, log: list[dict[str, Any]]) -> None:
    logged = Counter(
        (entry["user_id"], entry["action"], entry["customer_id"], entry["detail"])
        for entry in log
        if entry["action"] in set(CHANGES.values())
    )
    expected = Counter(
        (user_id, CHANGES[word], row.customer_id, detail(word, row)) for word, user_id, row in done.values()
    )
    assert logged == expected


def detail(word: str, row: Membership) -> str:
    return json.dumps({"change": word, "membership": row.membership_id, "version": row.version})


def both_at_once(one: Callable[[], Membership], other: Callable[[], Membership]) -> list[Membership | MvError]:
    """Do both at the same moment and return what came of each."""
    start = Barrier(2)

    def run(change: Callable[[], Membership]) -> Membership | MvError:
        start.wait(30)
        try:
            return change()
        except MvError as error:
            return error

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(run, [one, other]))


def test_the_same_group_added_by_two_at_once_becomes_one_row_and_one_clear_conflict(
    store: Store, anders: Customer, actor: Actor, colleague: Actor
) -> None:
    entry = Entry("65_plus", None, TODAY)
    for _ in range(20):
        outcomes = both_at_once(
            partial(memberships.add, store, actor, anders.customer_id, entry),
            partial(memberships.add, store, colleague, anders.customer_id, entry),
        )
        (saved,) = (outcome for outcome in outcomes if isinstance(outcome, Membership))
        (refused,) = (outcome for outcome in outcomes if isinstance(outcome, Conflict))
        assert refused.key.startswith("The customer is in the group {choice} already")
        active = [row for row in memberships.of_customer(store, actor, anders.customer_id) if row.active]
        assert active == [saved]
        memberships.remove(store, actor, saved.membership_id, saved.version, EndReason.WRONG)


@pytest.mark.parametrize("change", ["adjust", "remove"])
def test_of_two_who_change_what_they_saw_one_wins_and_the_other_is_told_who(
    store: Store, anders: Customer, actor: Actor, colleague: Actor, change: str
) -> None:
    row = memberships.add(store, actor, anders.customer_id, Entry("65_plus", None, TODAY))
    for turn in range(1, 11):
        seen, entry = row, Entry("65_plus", None, TODAY - timedelta(days=turn))
        mine = partial(memberships.adjust, store, actor, seen.membership_id, seen.version, entry)
        theirs = {
            "adjust": partial(memberships.adjust, store, colleague, seen.membership_id, seen.version, entry),
            "remove": partial(memberships.remove, store, colleague, seen.membership_id, seen.version),
        }[change]
        outcomes = both_at_once(mine, theirs)
        first = 0 if isinstance(outcomes[0], Membership) else 1
        winner, loser = outcomes[first], outcomes[1 - first]
        assert isinstance(winner, Membership) and isinstance(loser, Conflict)
        assert winner.version == seen.version + 1
        assert loser.key.startswith("{who} changed this group at {time}")
        assert loser.params["who"] == [actor, colleague][first].user_id
        assert memberships.of_customer(store, actor, anders.customer_id) == [winner]
        row = winner if winner.active else memberships.restore(store, actor, winner.membership_id, winner.version)
