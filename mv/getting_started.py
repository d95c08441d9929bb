"""The steps of a clinic's first day, from an empty store to work: what is done, what is missing, what was decided."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from mv import audit, catalogue, users
from mv.access import Action, Actor, Role
from mv.catalogue import Catalogue, in_use, start
from mv.errors import N_, Conflict, Invalid, MvError
from mv.reimbursement.rules import drafts, regions, rule_table
from mv.store import Store
from mv.store.engine import Transaction
from mv.text import clean_note

LONGEST_NOTE = 200
NO_UNIT = N_("No unit is in use.")


class Step(StrEnum):
    """A step, in the order in which they are taken."""

    SIGN_IN = "sign_in"
    CATALOGUE = "catalogue"
    USERS = "users"
    RULES = "rules"
    BATCHES = "batches"
    BOOKINGS = "bookings"
    BACKUP = "backup"


DECIDED = frozenset({Step.BATCHES, Step.BOOKINGS, Step.BACKUP})
"""The steps that somebody may say are done elsewhere, or not for this clinic. The store itself tells of the others."""
DECISIONS = """
    SELECT d.step, d.note, d.decided_at, COALESCE(u.name, d.decided_by) AS decided_by_name
    FROM setup_decision d LEFT JOIN app_user u ON u.user_id = d.decided_by
"""


@dataclass(frozen=True, slots=True)
class Decision:
    """That a step is done elsewhere or not for this clinic; ``note`` says how or why. The instant is naive UTC."""

    note: str
    decided_at: datetime
    decided_by_name: str


@dataclass(frozen=True, slots=True)
class StepStatus:
    """A step with everything that is missing of it, and the decision about it, if there is one."""

    step: Step
    missing: tuple[MvError, ...]
    decision: Decision | None = None

    @property
    def done(self) -> bool:
        """Whether nothing is missing, or somebody has decided that the step is done."""
        return self.decision is not None or not self.missing


def steps(store: Store, actor: Actor, *, sign_in: bool) -> list[StepStatus]:
    """Return every step in order; ``sign_in`` is whether the settings let people sign in."""
    audit.permit(store, actor, Action.VIEW_SETUP)
    with store.read() as tx:
        decisions = {row.pop("step"): Decision(**row) for row in tx.rows(DECISIONS)}
        known, today = catalogue.read(tx), store.today()
        return [
            StepStatus(step, tuple(_missing(tx, known, step, today, sign_in)), decisions.get(step)) for step in Step
        ]


def decide(store: Store, actor: Actor, step: Step, note: str) -> None:
    """Decide that a step is done, or is not for this clinic.

    Raises Invalid for a step that shows by what is in the store, and for a missing or an unusable note; Conflict where
    it is decided already.
    """

    def work(tx: Transaction) -> None:
        if step not in DECIDED:
            raise Invalid(N_("This step is done once what it asks for is in the store."))
        cleaned = clean_note(note, LONGEST_NOTE)
        if not cleaned:
            raise Invalid(N_("Write how it is done, or why it is not for you."))
        made = tx.row(
            "INSERT INTO setup_decision (step, note, decided_at, decided_by) VALUES ($1, $2, $3, $4)"
            " ON CONFLICT (step) DO NOTHING RETURNING step",
            step, cleaned, store.now(), actor.user_id,
        )  # fmt: skip
        if made is None:
            raise Conflict(N_("Somebody has decided about this step already."))
        audit.record(tx, store.now(), actor, Action.DECIDE_SETUP, step=step, change="decided")

    audit.perform(store, actor, Action.DECIDE_SETUP, work)


def take_back(store: Store, actor: Actor, step: Step) -> None:
    """Take back the decision about a step. Raises Conflict where there is none."""

    def work(tx: Transaction) -> None:
        if tx.row("DELETE FROM setup_decision WHERE step = $1 RETURNING step", step) is None:
            raise Conflict(N_("The decision about this step is taken back already."))
        audit.record(tx, store.now(), actor, Action.DECIDE_SETUP, step=step, change="taken back")

    audit.perform(store, actor, Action.DECIDE_SETUP, work)


def _missing(tx: Transaction, known: Catalogue, step: Step, today: date, sign_in: bool) -> Iterator[MvError]:
    if step is Step.SIGN_IN:
        if not sign_in:
            yield Invalid(N_("Sign-in is not configured: see docs/deployment.md."))
    elif step is Step.BACKUP:
        yield Invalid(N_("Nobody has said how the store is backed up: see docs/start.md."))
    else:
        find = {
            Step.CATALOGUE: _missing_in_catalogue,
            Step.USERS: _missing_users,
            Step.RULES: _missing_rules,
            Step.BATCHES: _missing_batches,
            Step.BOOKINGS: _missing_bookings,
        }
        yield from find[step](tx, known, today)


def _missing_in_catalogue(tx: Transaction, known: Catalogue, today: date) -> Iterator[MvError]:
    if not in_use(known.units.values(), today):
        yield Invalid(NO_UNIT)
    if not in_use(known.groups.values(), today):
        yield Invalid(N_("No group is in use. Look at the start, and take over what you need."))
    if not in_use(known.vaccines.values(), today):
        yield Invalid(N_("No vaccine is in use. Look at the start, and take over what you need."))
    if start.is_unseen(tx):
        yield Invalid(N_("Nobody has looked at the start of this version of the program."))


def _missing_users(tx: Transaction, known: Catalogue, today: date) -> Iterator[MvError]:
    units = in_use(known.units.values(), today)
    everybody = users.read_all(tx, today)
    for unit in units:
        roles = {user.role for user in everybody if not user.blocked and user.actor().owns(unit.unit_id)}
        if not roles & {Role.COORDINATOR, Role.LEAD}:
            yield Invalid(N_("Nobody is a coordinator at {unit}."), unit=unit.name)
    if not any(user.role is Role.LEAD and not user.blocked for user in everybody):
        yield Invalid(N_("Nobody is a head of unit. Invite one, for every unit, who then decides the catalogue."))


def _missing_rules(tx: Transaction, known: Catalogue, today: date) -> Iterator[MvError]:
    units = in_use(known.units.values(), today)
    if not units:
        yield Invalid(NO_UNIT)
    with_rules, waiting = {rule.region for rule in rule_table.read(tx)}, drafts.count_waiting(tx)
    for region in sorted({unit.region for unit in units} - regions.read_unfollowed(tx)):
        if count := waiting.get(region):
            yield Invalid(N_("{region}: {count} drafts of rules wait to be confirmed."), region=region, count=count)
        elif region not in with_rules:
            yield Invalid(N_("{region}: no rule, and no decision not to follow up money."), region=region)


def _missing_batches(tx: Transaction, known: Catalogue, today: date) -> Iterator[MvError]:
    sql = "SELECT 1 AS found FROM batch WHERE depleted_at IS NULL AND (expires_on IS NULL OR expires_on >= $1) LIMIT 1"
    if tx.row(sql, today) is None:
        yield Invalid(N_("No batch is in use."))


def _missing_bookings(tx: Transaction, known: Catalogue, today: date) -> Iterator[MvError]:
    if tx.row("SELECT 1 AS found FROM booking LIMIT 1") is None:
        yield Invalid(N_("No booking has come in, from a file or by hand."))
