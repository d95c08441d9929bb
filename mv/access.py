"""Access rights: one allow-list of roles and actions, and the care relation between a user and a customer.

Rights follow the user's task, the role, and the unit (HSLF-FS 2016:40, chapter 4). :func:`require` checks that the role
includes an action, :func:`require_care_relation` that the customer belongs to one of the user's units, was booked,
put in a group or vaccinated at one, or was opened by the user with a reason a short while ago.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from mv.errors import N_, Forbidden
from mv.store.engine import Transaction


class Role(StrEnum):
    """A user's task at the clinic."""

    COORDINATOR = "coordinator"
    ANALYST = "analyst"
    LEAD = "lead"
    ADMINISTRATOR = "administrator"


class Action(StrEnum):
    """An action that takes a right; the access log uses the same words."""

    SEARCH_CUSTOMERS = "search_customers"
    VIEW_CUSTOMER = "view_customer"
    REGISTER_CUSTOMER = "register_customer"
    OPEN_OTHER_UNIT = "open_other_unit"
    VIEW_BOOKINGS = "view_bookings"
    CHANGE_BOOKING = "change_booking"
    IMPORT_BOOKINGS = "import_bookings"
    VIEW_GROUPS = "view_groups"
    ADD_GROUP = "add_group"
    ADJUST_GROUP = "adjust_group"
    REMOVE_GROUP = "remove_group"
    RESTORE_GROUP = "restore_group"
    VIEW_DOSES = "view_doses"
    REGISTER_DOSE = "register_dose"
    CORRECT_DOSE = "correct_dose"
    WITHDRAW_DOSE = "withdraw_dose"
    CHANGE_IDENTITY = "change_identity"
    CHANGE_NAME = "change_name"
    RECORD_DEATH = "record_death"
    MERGE_CUSTOMERS = "merge_customers"
    SET_BLOCK = "set_block"
    LIFT_BLOCK = "lift_block"
    REGISTER_AFTERWARDS = "register_afterwards"
    IMPORT_ROWS = "import_rows"
    VIEW_BATCHES = "view_batches"
    RECEIVE_BATCH = "receive_batch"
    CHANGE_BATCH = "change_batch"
    STOP_BATCH = "stop_batch"
    VIEW_CORRECTIONS = "view_corrections"
    VIEW_CHECKS = "view_checks"
    PREVIEW_EXPORT = "preview_export"
    EXPORT_GROUPS = "export_groups"
    EXPORT_IDENTITIES = "export_identities"
    EXPORT_DOSES = "export_doses"
    VIEW_REIMBURSEMENT = "view_reimbursement"
    CHANGE_RULE = "change_rule"
    CHANGE_CATALOGUE = "change_catalogue"
    CHANGE_CLAIM = "change_claim"
    EXPORT_CLAIM = "export_claim"
    IMPORT_PAYMENTS = "import_payments"
    VIEW_LOG = "view_log"
    CHECK_LOG = "check_log"
    EXTRACT_LOG = "extract_log"
    PRUNE_LOG = "prune_log"
    VIEW_SETUP = "view_setup"
    DECIDE_SETUP = "decide_setup"
    VIEW_USERS = "view_users"
    CHANGE_USER = "change_user"
    ACCEPT_INVITATION = "accept_invitation"
    SIGN_IN = "sign_in"
    SIGN_OUT = "sign_out"


SESSION = frozenset({Action.SIGN_IN, Action.SIGN_OUT, Action.ACCEPT_INVITATION})
USERS = frozenset({Action.VIEW_USERS, Action.CHANGE_USER})
SETUP = frozenset({Action.VIEW_SETUP, Action.DECIDE_SETUP})
LOG = frozenset({Action.VIEW_LOG, Action.CHECK_LOG, Action.EXTRACT_LOG, Action.PRUNE_LOG})
FOLLOW_UP = frozenset(
    {
        Action.PREVIEW_EXPORT,
        Action.EXPORT_GROUPS,
        Action.EXPORT_DOSES,
        Action.VIEW_REIMBURSEMENT,
        Action.CHANGE_CLAIM,
        Action.IMPORT_PAYMENTS,
    }
)
LEADS_ALONE = frozenset(
    {
        Action.EXPORT_IDENTITIES,
        Action.CHANGE_RULE,
        Action.CHANGE_CATALOGUE,
        Action.EXPORT_CLAIM,
        Action.SET_BLOCK,
        Action.LIFT_BLOCK,
        Action.STOP_BATCH,
    }
)
CARE = frozenset(
    {
        Action.SEARCH_CUSTOMERS,
        Action.VIEW_CUSTOMER,
        Action.REGISTER_CUSTOMER,
        Action.OPEN_OTHER_UNIT,
        Action.VIEW_BOOKINGS,
        Action.CHANGE_BOOKING,
        Action.IMPORT_BOOKINGS,
        Action.VIEW_GROUPS,
        Action.ADD_GROUP,
        Action.ADJUST_GROUP,
        Action.REMOVE_GROUP,
        Action.RESTORE_GROUP,
        Action.VIEW_DOSES,
        Action.REGISTER_DOSE,
        Action.CORRECT_DOSE,
        Action.WITHDRAW_DOSE,
        Action.CHANGE_IDENTITY,
        Action.CHANGE_NAME,
        Action.RECORD_DEATH,
        Action.MERGE_CUSTOMERS,
        Action.REGISTER_AFTERWARDS,
        Action.IMPORT_ROWS,
        Action.VIEW_BATCHES,
        Action.RECEIVE_BATCH,
        Action.CHANGE_BATCH,
        Action.VIEW_CORRECTIONS,
        Action.VIEW_CHECKS,
    }
)
ALLOWED: frozenset[tuple[Role, Action]] = frozenset(
    {(role, action) for role in Role for action in SESSION}
    | {(Role.COORDINATOR, action) for action in CARE}
    | {(Role.ANALYST, action) for action in FOLLOW_UP}
    | {(Role.LEAD, action) for action in CARE | FOLLOW_UP | LOG | LEADS_ALONE | SETUP}
    | {(Role.ADMINISTRATOR, action) for action in USERS | SETUP}
)

EVERY_UNIT = "*"
"""Among a user's units: every unit is the user's own."""


OPEN_THEN = """
    NOT EXISTS (
        SELECT 1 FROM crossing o JOIN customer p ON p.customer_id = o.customer_id
        WHERE COALESCE(p.merged_into, p.customer_id) = r.customer_id AND o.user_id = r.registered_by
            AND r.registered_at >= o.opened_at AND r.registered_at <= o.expires_at
    )
"""
"""Leaves out the rows that their user registered while the customer was open to the user for a reason."""
SHOWS_CARE_RELATION = {
    "membership r WHERE r.ended_reason IS DISTINCT FROM 'wrong'": OPEN_THEN,
    """
        (SELECT customer_id, unit_id, booked_at AS registered_at, booked_by AS registered_by FROM booking
        WHERE state = 'booked') r WHERE TRUE
    """: OPEN_THEN,
    "dose r WHERE r.withdrawn_at IS NULL": """
        NOT EXISTS (
            SELECT 1 FROM dose_change d JOIN crossing o ON o.user_id = d.changed_by
                AND d.changed_at >= o.opened_at AND d.changed_at <= o.expires_at
            JOIN customer p ON p.customer_id = o.customer_id
            WHERE d.dose_id = r.dose_id AND d.unit_id = r.unit_id
                AND COALESCE(p.merged_into, p.customer_id) = r.customer_id
                AND NOT EXISTS (
                    SELECT 1 FROM dose_change b
                    WHERE b.dose_id = d.dose_id AND b.unit_id = d.unit_id AND b.version < d.version
                )
        )
    """,
    """
        (SELECT merged_into AS customer_id, unit_id, registered_at, registered_by FROM customer
        WHERE merged_into IS NOT NULL) r WHERE TRUE
    """: OPEN_THEN,
}
"""Rows that show a care relation at their unit; those that were entered by mistake, cancelled or gone do not. Each with
the condition that leaves out what was registered, or moved to the unit, while another unit's customer was open for a
reason: the access ends with its hour."""
OWN_ROWS = {**SHOWS_CARE_RELATION, "booking r WHERE TRUE": "TRUE"}
"""The like for lists of own units' rows: a booking that was cancelled or is gone stays on its unit's day."""


class AccessReason(StrEnum):
    """The ground for access to a customer: the usual care relation, a reason given for another unit's customer, or a
    claim of an own unit that a payer answers.
    """

    NORMAL = "normal"
    OTHER_UNIT = "other_unit"
    EMERGENCY = "emergency"
    CLAIM = "claim"


@dataclass(frozen=True, slots=True)
class Actor:
    """A user with a role, at work at the unit ``unit_id``, whose own units are ``units`` and that one.

    Without a role an actor may do nothing.
    """

    user_id: str
    name: str
    role: Role | None
    unit_id: str
    units: frozenset[str] = frozenset()

    @property
    def own_units(self) -> frozenset[str]:
        """Every own unit; EVERY_UNIT stands among them where all are."""
        return self.units | ({self.unit_id} if self.unit_id else set())

    @property
    def has_every_unit(self) -> bool:
        """Whether every unit is the actor's own."""
        return EVERY_UNIT in self.units

    @property
    def units_to_filter(self) -> frozenset[str] | None:
        """The own units to keep rows of; None where all are own and nothing is to be left out."""
        return None if self.has_every_unit else self.own_units

    def owns(self, unit_id: str) -> bool:
        """Return whether the unit is one of the actor's own."""
        return self.has_every_unit or unit_id in self.own_units


class OtherUnit(Forbidden):
    """The customer belongs to a unit that is not the actor's own; opening it takes a reason."""

    says = N_("The customer belongs to another unit, {unit}. Opening it takes a reason.")

    def __init__(self, customer_id: int, unit: str) -> None:
        self.customer_id = customer_id
        super().__init__(self.says, unit=unit)


class Blocked(OtherUnit):
    """The patient has blocked the unit's data from other units; they are opened in an emergency only."""

    says = N_(
        "The patient has blocked the data at {unit} from other units. Ask the patient to have the block lifted"
        " there. In an emergency they can be opened."
    )


def may(actor: Actor, action: Action) -> bool:
    """Return whether the role of ``actor`` includes ``action``."""
    return (actor.role, action) in ALLOWED


def require(actor: Actor, action: Action) -> None:
    """Raise Forbidden unless the role of ``actor`` includes ``action``."""
    if not may(actor, action):
        raise Forbidden(N_("Your role does not include this. Ask whoever is responsible for users."))


def require_unit(actor: Actor, unit_id: str) -> None:
    """Raise Forbidden unless the unit is one of the actor's own."""
    if not actor.owns(unit_id):
        raise Forbidden(N_("The unit is not one of yours. Choose one that is."))


def in_own_units(actor: Actor, column: str, first: int) -> tuple[str, tuple[str, ...]]:
    """Return a condition that keeps the rows whose unit, in ``column``, is an own one, and its parameters.

    The parameters are numbered from ``$first`` on. Without any unit the condition keeps nothing.
    """
    if actor.has_every_unit:
        return "TRUE", ()
    units = tuple(sorted(actor.own_units))
    if not units:
        return "FALSE", ()
    return f"{column} IN ({', '.join(f'${first + n}' for n in range(len(units)))})", units


def require_care_relation(
    tx: Transaction, at: datetime, actor: Actor, customer_ids: Collection[int], *, of_own_rows: bool = False
) -> dict[int, AccessReason]:
    """Return the ground for the actor's access to each customer at the instant ``at``, by customer id.

    ``of_own_rows`` is for lists of what own units registered, each row of which is theirs to see however it came about.
    Raises OtherUnit for the first customer with whom the actor has no care relation.
    """
    found, unrelated = split_by_care_relation(tx, at, actor, customer_ids, of_own_rows=of_own_rows)
    for customer_id, unit in unrelated.items():
        raise (Blocked if is_blocked(tx, actor, customer_id) else OtherUnit)(customer_id, unit)
    return found


def split_by_care_relation(
    tx: Transaction, at: datetime, actor: Actor, customer_ids: Collection[int], *, of_own_rows: bool = False
) -> tuple[dict[int, AccessReason], dict[int, str]]:
    """Split customers by care relation: return the ground for access to the related, and the unit of the unrelated.

    Both are by customer id. For a record that was merged into another, the care relation is that of the other one.
    """
    found = dict.fromkeys(customer_ids, AccessReason.NORMAL)
    if actor.has_every_unit:
        return found, {}
    others = _of_other_units(tx, actor, customer_ids)
    lives = {live_id for live_id, _ in others.values()}
    blocked = _blocked(tx, actor, lives)
    opened = {
        customer_id: why
        for customer_id, why in _opened(tx, at, actor, lives).items()
        if customer_id not in blocked or why == AccessReason.EMERGENCY
    }
    kept = OWN_ROWS if of_own_rows else SHOWS_CARE_RELATION
    were_here = _were_at_own_unit(tx, actor, lives - opened.keys(), kept)
    if not of_own_rows:
        were_here -= blocked
        ever_opened = _ever_opened(tx, were_here)
        were_here = (were_here - ever_opened) | _were_at_own_unit(tx, actor, ever_opened, kept, lasting=True)
    found |= {customer_id: opened[live_id] for customer_id, (live_id, _) in others.items() if live_id in opened}
    related = opened.keys() | were_here
    unrelated = {customer_id: unit for customer_id, (live_id, unit) in others.items() if live_id not in related}
    return {customer_id: why for customer_id, why in found.items() if customer_id not in unrelated}, unrelated


def _of_other_units(tx: Transaction, actor: Actor, customer_ids: Collection[int]) -> dict[int, tuple[int, str]]:
    """Map each customer of another unit to its live record and unit."""
    rows = tx.rows_in(
        "SELECT c.customer_id, live.customer_id AS live_id, live.unit_id, u.name FROM customer c"
        " JOIN customer live ON live.customer_id = COALESCE(c.merged_into, c.customer_id)"
        " LEFT JOIN unit u ON u.unit_id = live.unit_id"
        " WHERE c.customer_id = ANY($1) ORDER BY c.customer_id",
        customer_ids,
    )
    return {
        row["customer_id"]: (row["live_id"], row["name"] or row["unit_id"])
        for row in rows
        if not actor.owns(row["unit_id"])
    }


def _were_at_own_unit(
    tx: Transaction, actor: Actor, customer_ids: Set[int], kept: Mapping[str, str], *, lasting: bool = False
) -> set[int]:
    """Return the customers with a row at an own unit; with ``lasting``, one that gives access beyond its hour."""
    own, units = in_own_units(actor, "r.unit_id", 2)
    found: set[int] = set()
    for rows, lasts in kept.items():
        sql = f"SELECT DISTINCT r.customer_id FROM {rows} AND {own} AND r.customer_id = ANY($1)"
        sql = f"{sql} AND {lasts}" if lasting else sql
        found |= {row["customer_id"] for row in tx.rows_in(sql, customer_ids - found, *units)}
    return found


def _ever_opened(tx: Transaction, customer_ids: Collection[int]) -> set[int]:
    sql = """
        SELECT DISTINCT COALESCE(p.merged_into, p.customer_id) AS customer_id
        FROM crossing o JOIN customer p ON p.customer_id = o.customer_id
        WHERE COALESCE(p.merged_into, p.customer_id) = ANY($1)
    """
    return {row["customer_id"] for row in tx.rows_in(sql, customer_ids)}


def is_blocked(tx: Transaction, actor: Actor, customer_id: int) -> bool:
    """Return whether the patient has blocked the data from the actor, at a unit that is not the actor's own."""
    sql = "SELECT COALESCE(merged_into, customer_id) AS live_id FROM customer WHERE customer_id = $1"
    return any(_blocked(tx, actor, {row["live_id"]}) for row in tx.rows(sql, customer_id))


def _blocked(tx: Transaction, actor: Actor, customer_ids: Collection[int]) -> set[int]:
    sql = """
        SELECT COALESCE(p.merged_into, p.customer_id) AS customer_id, b.unit_id
        FROM unit_block b JOIN customer p ON p.customer_id = b.customer_id
        WHERE b.lifted_at IS NULL AND COALESCE(p.merged_into, p.customer_id) = ANY($1)
    """
    return {row["customer_id"] for row in tx.rows_in(sql, customer_ids) if not actor.owns(row["unit_id"])}


def _opened(tx: Transaction, at: datetime, actor: Actor, customer_ids: Collection[int]) -> dict[int, AccessReason]:
    sql = """
        SELECT customer_id, max(CASE WHEN reason = 'emergency' THEN 1 ELSE 0 END) AS emergency FROM crossing
        WHERE customer_id = ANY($1) AND user_id = $2 AND expires_at > $3 GROUP BY customer_id
    """
    rows = tx.rows_in(sql, customer_ids, actor.user_id, at)
    grounds = (AccessReason.OTHER_UNIT, AccessReason.EMERGENCY)
    return {row["customer_id"]: grounds[row["emergency"]] for row in rows}
