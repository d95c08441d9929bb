"""Signals: patterns in the access log that are worth a look. None of them proves anything.

Each is one query over a period at the actor's own units; days are Stockholm's. User data come from the last
sign-in, so the first two signals miss users who have never signed in.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from mv.access import CARE, Action, Actor, in_own_units
from mv.access_log import entries
from mv.clock import day_bounds
from mv.errors import N_, Invalid
from mv.i18n import translate
from mv.store import Store
from mv.store.engine import Row, Transaction
from mv.text import fold

MANY_OPENED = 20
"""Customers opened in a day without a change for any of them. Who is opened is mostly vaccinated or put in a group the
same day; questions over the phone and wrong hits are a few a day, and seldom a score."""
FEWEST_OPENED = 2
SEVERAL_REFUSALS = 3
"""Refusals of one user in a day: one or two are slips. The same refusal counts once in ten minutes."""
MOST_FINDINGS = 200
LONGEST_PERIOD = 92
"""Days: a quarter. Checks recur more often than that, and each signal reads every entry of the period."""

LOCAL_DAY = "CAST({} AT TIME ZONE 'UTC' AT TIME ZONE 'Europe/Stockholm' AS DATE)"
ENTRY_IDS = "string_agg(CAST(l.entry_id AS VARCHAR), ',' ORDER BY l.entry_id) AS entry_ids, count(*) AS entries"


def _sql_list(actions: Iterable[Action]) -> str:
    return ", ".join(f"'{action}'" for action in sorted(actions))


OPENED = _sql_list([Action.VIEW_CUSTOMER, Action.VIEW_GROUPS, Action.VIEW_DOSES])
"""Somebody chose this customer; a list of hits or bookings shows many whom nobody chose."""
CHANGED = _sql_list(action for action in CARE if not action.startswith(("search_", "view_", "open_")))
OWN_RECORD = """
    JOIN customer c ON c.customer_id = l.customer_id LEFT JOIN customer own ON own.customer_id = a.customer_id
"""
IS_OWN = "COALESCE(own.merged_into, own.customer_id) = COALESCE(c.merged_into, c.customer_id)"
"""Whether the entry ``l`` is about the user ``a`` as a customer, by whichever record of the same person."""
# Counted over a window, since a join of the log with itself is slow where the server misjudges how much it will find.
IN_PERIOD = f"""
    period AS (
        SELECT l.*, {LOCAL_DAY.format("l.logged_at")} AS day FROM access_log l
        WHERE l.logged_at >= $1 AND l.logged_at < $2 AND {{own}}
    ),
    unchanged AS (
        SELECT l.* FROM (
            SELECT l.*, count(CASE WHEN l.action IN ({CHANGED}) THEN 1 END)
                OVER (PARTITION BY l.user_id, l.customer_id, l.day) AS changes
            FROM (
                SELECT l.*, {LOCAL_DAY.format("l.logged_at")} AS day FROM access_log l
                WHERE l.logged_at >= $1 AND l.logged_at < $2 AND l.outcome = 'done'
                    AND l.action IN ({OPENED}, {CHANGED})
            ) l
        ) l WHERE l.changes = 0 AND l.action IN ({OPENED}) AND {{own}}
    )
"""
WITH_NAMES = f"""
    SELECT f.*, COALESCE(u.name, f.user_id) AS user_name, c.given_name || ' ' || c.family_name AS customer_name
    FROM ({{found}}) f
    LEFT JOIN app_user u ON u.user_id = f.user_id LEFT JOIN customer c ON c.customer_id = f.customer_id
    ORDER BY f.day DESC, f.entries DESC, f.user_id, f.customer_id LIMIT {MOST_FINDINGS + 1}
"""
REASONS: Mapping[str, str] = {
    "vaccinated_here": N_("vaccinated here"),
    "correction": N_("correction"),
    "asked_by_customer": N_("asked by the customer"),
    "emergency": N_("emergency"),
    "other": N_("other"),
}


class Signal(StrEnum):
    """A pattern to search the log for."""

    OWN_RECORD = "own_record"
    SAME_FAMILY_NAME = "same_family_name"
    MANY_OPENED = "many_opened"
    NOT_BOOKED = "not_booked"
    OTHER_UNITS = "other_units"
    REFUSALS = "refusals"


@dataclass(frozen=True, slots=True)
class Finding:
    """Entries of one user that match a signal: the first day, the customer, and the reason as a message with values.

    Without a customer it is about several.
    """

    day: date
    user_id: str
    user_name: str
    customer_id: int | None
    customer_name: str | None
    entry_ids: tuple[int, ...]
    message: str
    values: Mapping[str, Any]

    def explained(self, language: str) -> str:
        """Translate the reason for the finding into ``language``."""
        reason = entries.label(REASONS, self.values.get("reason"), language)
        return translate(self.message, language).format(**{**self.values, "reason": reason}).strip()

    def __repr__(self) -> str:
        """Name the finding by its entries only, since a repr may end up in a log."""
        return f"Finding{self.entry_ids}"


@dataclass(frozen=True, slots=True)
class Findings:
    """Findings of a signal, the latest first: at most MOST_FINDINGS, and whether there are more."""

    found: list[Finding]
    more: bool = False


@dataclass(frozen=True, slots=True)
class Scope:
    """A period and the actor's own units as SQL: parameters $1 and $2 are the period, followed by the units."""

    tx: Transaction
    actor: Actor
    params: tuple[object, ...]
    many: int

    def find(self, message: str, found: str, *more: object) -> Findings:
        """Return the findings of the query ``found``, with names; a column ``value`` goes into the message."""
        sql = f"WITH {IN_PERIOD.format(own=self.own('l.unit_id'))} {WITH_NAMES.format(found=found)}"
        rows = self.tx.rows(sql, *self.params, *more)
        findings = [_finding(row, message) for row in rows]
        return Findings(findings[:MOST_FINDINGS], more=len(findings) > MOST_FINDINGS)

    def own(self, column: str) -> str:
        """Return the condition that limits ``column`` to own units, and to entries without a unit."""
        return f"({in_own_units(self.actor, column, 3)[0]} OR {column} = '')"


def find(
    store: Store, actor: Actor, first: date, last: date, many: int = MANY_OPENED, signals: Collection[Signal] = ()
) -> dict[Signal, Findings]:
    """Search the days from ``first`` to ``last`` for each of the signals, by default all; log the search.

    ``many`` is the number of customers opened without a change that counts as many. Raises Invalid for impossible
    days and for too small a number, Forbidden.
    """
    if first > last:
        raise Invalid(N_("The period's first day is after its last. Change one of them."))
    if (last - first).days >= LONGEST_PERIOD:
        raise Invalid(N_("Choose a period of at most {most} days."), most=LONGEST_PERIOD)
    if many < FEWEST_OPENED:
        raise Invalid(N_("Choose a number of at least {least}."), least=FEWEST_OPENED)
    wanted = [signal for signal in Signal if signal in signals or not signals]
    entries.look(store, actor, signals=[str(signal) for signal in wanted], first=str(first), last=str(last), many=many)
    units = in_own_units(actor, "l.unit_id", 3)[1]
    with store.read() as tx:
        scope = Scope(tx, actor, (day_bounds(first)[0], day_bounds(last)[1], *units), many)
        return {signal: FINDERS[signal](scope) for signal in wanted}


def own_record(scope: Scope) -> Findings:
    """Find accesses of users to their own record."""
    return scope.find(
        N_("The user’s own record. Entries: {entries}."),
        f"""
        SELECT l.user_id, l.customer_id, min(l.day) AS day, NULL AS value, {ENTRY_IDS}
        FROM period l JOIN app_user a ON a.user_id = l.user_id {OWN_RECORD}
        WHERE l.outcome = 'done' AND {IS_OWN} GROUP BY l.user_id, l.customer_id
        """,
    )


def same_family_name(scope: Scope) -> Findings:
    """Find accesses to customers with a word of the user's family name, except the user's own record."""
    names = scope.tx.rows(
        f"""
        WITH {IN_PERIOD.format(own=scope.own("l.unit_id"))}
        SELECT DISTINCT l.user_id, a.name, c.family_name FROM period l
        JOIN app_user a ON a.user_id = l.user_id {OWN_RECORD}
        WHERE l.outcome = 'done' AND ({IS_OWN}) IS NOT TRUE
        """,
        *scope.params,
    )
    same = [(row["user_id"], row["family_name"]) for row in names if _share_a_word(row["name"], row["family_name"])]
    if not same:
        return Findings([])
    start = len(scope.params) + 1
    pairs = ", ".join(f"(${start + 2 * n}, ${start + 2 * n + 1})" for n in range(len(same)))
    return scope.find(
        N_("The user and the customer share a family name. Entries: {entries}."),
        f"""
        SELECT l.user_id, l.customer_id, min(l.day) AS day, NULL AS value, {ENTRY_IDS}
        FROM period l JOIN app_user a ON a.user_id = l.user_id {OWN_RECORD}
        JOIN (VALUES {pairs}) s (user_id, family_name) ON s.user_id = l.user_id AND s.family_name = c.family_name
        WHERE l.outcome = 'done' AND ({IS_OWN}) IS NOT TRUE
        GROUP BY l.user_id, l.customer_id
        """,
        *(value for pair in same for value in pair),
    )


def many_opened(scope: Scope) -> Findings:
    """Find days on which a user opened many customers and changed nothing for any of them."""
    return scope.find(
        N_("Opened {value} customers that day and changed nothing for any of them."),
        f"""
        SELECT l.user_id, CAST(NULL AS BIGINT) AS customer_id, l.day, count(DISTINCT l.customer_id) AS value,
            {ENTRY_IDS}
        FROM unchanged l GROUP BY l.user_id, l.day HAVING count(DISTINCT l.customer_id) >= ${len(scope.params) + 1}
        """,
        scope.many,
    )


def not_booked(scope: Scope) -> Findings:
    """Find customers opened without a change, and without a booking there from the day before to the day after."""
    return scope.find(
        N_("Not booked at the unit from the day before to the day after, and nothing changed that day."),
        f"""
        SELECT l.user_id, l.customer_id, l.day, NULL AS value, {ENTRY_IDS}
        FROM unchanged l WHERE NOT EXISTS (
            SELECT 1 FROM booking b WHERE b.customer_id = l.customer_id AND b.unit_id = l.unit_id
                AND {LOCAL_DAY.format("b.starts_at")} >= l.day - 1 AND {LOCAL_DAY.format("b.starts_at")} <= l.day + 1
        )
        GROUP BY l.user_id, l.customer_id, l.day
        """,
    )


def other_units(scope: Scope) -> Findings:
    """Find customers of other units who were opened for a reason, with the entries of each opening."""
    return scope.find(
        N_("Another unit’s customer, opened for a reason: {reason}. Entries: {entries}. {note}"),
        f"""
        SELECT c.user_id, c.customer_id, {LOCAL_DAY.format("c.opened_at")} AS day, NULL AS value, c.reason, c.note,
            {ENTRY_IDS}
        FROM crossing c JOIN access_log l ON l.user_id = c.user_id AND l.customer_id = c.customer_id
            AND l.logged_at >= c.opened_at AND l.logged_at < c.expires_at AND l.why = 'other_unit'
        WHERE c.opened_at >= $1 AND c.opened_at < $2 AND {scope.own("c.unit_id")} AND {scope.own("l.unit_id")}
        GROUP BY c.crossing_id, c.user_id, c.customer_id, c.opened_at, c.reason, c.note
        """,
    )


def refusals(scope: Scope) -> Findings:
    """Find days on which a user was refused several times."""
    return scope.find(
        N_("Refused {entries} times that day."),
        f"""
        SELECT l.user_id, CAST(NULL AS BIGINT) AS customer_id, l.day, NULL AS value, {ENTRY_IDS}
        FROM period l WHERE l.outcome = 'refused' GROUP BY l.user_id, l.day HAVING count(*) >= {SEVERAL_REFUSALS}
        """,
    )


FINDERS: Mapping[Signal, Callable[[Scope], Findings]] = {
    Signal.OWN_RECORD: own_record,
    Signal.SAME_FAMILY_NAME: same_family_name,
    Signal.MANY_OPENED: many_opened,
    Signal.NOT_BOOKED: not_booked,
    Signal.OTHER_UNITS: other_units,
    Signal.REFUSALS: refusals,
}


def _share_a_word(name: str, family_name: str) -> bool:
    words = name.split()
    return bool(words) and not set(fold(words[-1]).split()).isdisjoint(fold(family_name).split())


def _finding(row: Row, message: str) -> Finding:
    entry_ids = tuple(int(number) for number in row.pop("entry_ids").split(","))
    names = ("day", "user_id", "user_name", "customer_id", "customer_name")
    return Finding(**{name: row.pop(name) for name in names}, entry_ids=entry_ids, message=message, values=row)
