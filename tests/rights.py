"""Which role may do what, as it is to be, and a call of every function that does something with people."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import pandas as pd

from mv import (
    batch_files,
    blocks,
    bookings,
    catalogue,
    customers,
    deaths,
    export,
    getting_started,
    identity_changes,
    invitations,
    memberships,
    name_changes,
    other_unit_access,
    recent_doses,
    user_files,
    users,
    vaccinations,
)
from mv.access import Action, Actor, Role
from mv.access_log import chain, documents, entries, patient_extract, samples, signals
from mv.access_log.samples import Check, Verdict
from mv.batches import changes as batch_changes
from mv.batches import packs, receiving
from mv.batches.batch import Batch
from mv.batches.scanning import Scan
from mv.booking_files import importing as booking_importing
from mv.booking_files.loading import ImportRequest as BookingRequest
from mv.bookings import changes as booking_changes
from mv.catalogue import Catalogue, start
from mv.catalogue import changes as catalogue_changes
from mv.catalogue import files as catalogue_files
from mv.catalogue.tables import UNIT, CatalogueRow
from mv.customers import Customer
from mv.export import Filters
from mv.export.claims import claims_file
from mv.export.doses import DoseFilters, doses_file
from mv.getting_started import Step
from mv.invitations import Invitation
from mv.memberships import EndReason, Membership
from mv.merges import merging
from mv.merges import undo as merge_undoing
from mv.merges.plan import Preview
from mv.other_unit_access import OpeningReason
from mv.pseudonyms import Pseudonyms
from mv.registration import booked, pasted_lists, rounds, undo
from mv.registration.entry import RegistrationEntry
from mv.registration.file_import import importing as file_importing
from mv.registration.file_import.loading import ImportRequest
from mv.reimbursement.checks import duplicates, findings, new_year, nvr, overlong_periods, two_payers
from mv.reimbursement.claims import drafting, ledger, line_queries
from mv.reimbursement.claims import files as claim_files
from mv.reimbursement.claims import payers as claim_payers
from mv.reimbursement.claims.ledger import Claim, ClaimState
from mv.reimbursement.corrections import queue as corrections
from mv.reimbursement.follow_up import reports
from mv.reimbursement.payments import balances, importing
from mv.reimbursement.payments import files as payment_files
from mv.reimbursement.payments import lists as payment_lists
from mv.reimbursement.payments.balances import LineStatus
from mv.reimbursement.payments.columns import Column
from mv.reimbursement.payments.files import PaymentFile
from mv.reimbursement.payments.importing import OutcomeSum
from mv.reimbursement.payments.matching import PaymentOutcome
from mv.reimbursement.preview import catalogue_change, customer_case, rule_change
from mv.reimbursement.rules import changes, drafts, gaps, regions, rule_table
from mv.store import Store
from mv.tabular_files.table import Record, Table
from mv.vaccinations import Dose, WithdrawReason
from tests.booking_files.files import request as booking_request
from tests.booking_files.files import table as booking_table
from tests.conftest import TODAY, SetClock, invented_number
from tests.registration.people_files import request, table
from tests.reimbursement.examples import rule
from tests.reimbursement.sent_claims import OTHER_REGION, Claimed, add_claim, file_of, import_rows

COORDINATOR, ANALYST, LEAD, ADMINISTRATOR = Role
ROLES = (*Role, None)
CARE = {COORDINATOR, LEAD}
EVERYBODY = set(Role)
MAY: dict[Action, set[Role]] = {
    Action.SEARCH_CUSTOMERS: CARE,
    Action.VIEW_CUSTOMER: CARE,
    Action.REGISTER_CUSTOMER: CARE,
    Action.OPEN_OTHER_UNIT: CARE,
    Action.VIEW_BOOKINGS: CARE,
    Action.CHANGE_BOOKING: CARE,
    Action.IMPORT_BOOKINGS: CARE,
    Action.VIEW_GROUPS: CARE,
    Action.ADD_GROUP: CARE,
    Action.ADJUST_GROUP: CARE,
    Action.REMOVE_GROUP: CARE,
    Action.RESTORE_GROUP: CARE,
    Action.VIEW_DOSES: CARE,
    Action.REGISTER_DOSE: CARE,
    Action.CORRECT_DOSE: CARE,
    Action.WITHDRAW_DOSE: CARE,
    Action.CHANGE_IDENTITY: CARE,
    Action.CHANGE_NAME: CARE,
    Action.RECORD_DEATH: CARE,
    Action.MERGE_CUSTOMERS: CARE,
    Action.SET_BLOCK: {LEAD},
    Action.LIFT_BLOCK: {LEAD},
    Action.REGISTER_AFTERWARDS: CARE,
    Action.IMPORT_ROWS: CARE,
    Action.VIEW_BATCHES: CARE,
    Action.RECEIVE_BATCH: CARE,
    Action.CHANGE_BATCH: CARE,
    Action.STOP_BATCH: {LEAD},
    Action.VIEW_CORRECTIONS: CARE,
    Action.VIEW_CHECKS: CARE,
    Action.PREVIEW_EXPORT: {ANALYST, LEAD},
    Action.EXPORT_GROUPS: {ANALYST, LEAD},
    Action.EXPORT_IDENTITIES: {LEAD},
    Action.EXPORT_DOSES: {ANALYST, LEAD},
    Action.VIEW_REIMBURSEMENT: {ANALYST, LEAD},
    Action.CHANGE_RULE: {LEAD},
    Action.CHANGE_CATALOGUE: {LEAD},
    Action.CHANGE_CLAIM: {ANALYST, LEAD},
    Action.EXPORT_CLAIM: {LEAD},
    Action.IMPORT_PAYMENTS: {ANALYST, LEAD},
    Action.VIEW_LOG: {LEAD},
    Action.CHECK_LOG: {LEAD},
    Action.EXTRACT_LOG: {LEAD},
    Action.PRUNE_LOG: {LEAD},
    Action.VIEW_SETUP: {LEAD, ADMINISTRATOR},
    Action.DECIDE_SETUP: {LEAD, ADMINISTRATOR},
    Action.VIEW_USERS: {ADMINISTRATOR},
    Action.CHANGE_USER: {ADMINISTRATOR},
    Action.ACCEPT_INVITATION: EVERYBODY,
    Action.SIGN_IN: EVERYBODY,
    Action.SIGN_OUT: EVERYBODY,
}
"""Written down apart from the allow-list, so that a change of it has to be meant."""

KEY = "k" * 64
LONG_AGO = datetime(2020, 6, 1, 12, tzinfo=UTC)
NOON = datetime(TODAY.year, TODAY.month, TODAY.day, 11)
AT_NORR = Actor("maj.lund", "Maj Lund", LEAD, "norr")
GROUP = memberships.Entry("65_plus", None, date(2026, 9, 1))
OTHER_GROUP = memberships.Entry("pregnant", None, date(2026, 9, 1))
PAYMENT_COLUMNS = {Column.REFERENCE: "Referens", Column.AMOUNT: "Belopp"}
CLAIMED = ("Exempelregionen", TODAY - timedelta(days=30), TODAY)
NEW_GROUP = memberships.Entry("medical_risk", "diabetes", date(2026, 9, 1))
BOOKING = booking_changes.Entry("norr", NOON + timedelta(days=7), "comirnaty")
OTHER_BOOKING = replace(BOOKING, starts_at=NOON + timedelta(days=8))
NEW_RULE = rule(group_code="staff", subgroup_code="home_care")
USERS_FILE = table("eva.ek;lead;norr", headings="User;Role;Units")
RULELESS, UNFOLLOWED = "Region utan regler", "Region utan uppföljning"
TERMS = RegistrationEntry("medical_risk", "diabetes", date(2026, 9, 1), "norr")
OTHER_TERMS = replace(TERMS, subgroup_code="heart")
PACK = Scan("07350012345679", "AB-1", date(2027, 3, 31))
BATCHES = Table(("Vaccin", "Batchnummer"), [Record(2, ("Efluelda", "FILE-1"))], "UTF-8", ";")


@dataclass(frozen=True)
class Records:
    """What there is to do something with, all of it at the unit norr but for Eva, who is of soder."""

    anders: Customer
    eva: Customer
    active: Membership
    removed: Membership
    dose: Dose
    queue: corrections.Queue
    open_check: Check
    judged_check: Check
    payment_file: PaymentFile
    unread: Table
    """The same payer's next file: it pays the other of its two lines."""
    claim: Claim
    """One that was made and discarded."""
    sent_claim_id: int
    registration_id: int
    """The round that a coordinator has open, with one row, of Anders."""
    file_mark: str
    """Of what a file of Anders was seen to come to."""
    booking: booking_changes.BookingRow
    """Of Anders, in a week."""
    booking_mark: str
    """Of what a file with another booking of Anders was seen to come to."""
    renamed: Customer
    """Somebody of norr who had another number before, and of whom there is another record."""
    merging: Preview
    """Of that one."""
    merge_id: int
    """Of a third record into Anders's."""
    invitation: Invitation
    user_plan: user_files.Plan
    """Of USERS_FILE."""
    batch: Batch


def make_records(store: Store, clock: SetClock, actor: Actor) -> Records:
    """Put in the store what CALLS do something with."""
    clock.now = LONG_AGO  # the entries that this leaves are old enough to be pruned
    anders = customers.register(store, actor, invented_number(date(1946, 3, 12)), "Anders", "Karlsson", "norr")
    clock.now = SetClock().now
    eva = customers.register(store, actor, invented_number(date(1950, 1, 2), 982), "Eva", "Ek", "soder")
    active = memberships.add(store, actor, anders.customer_id, GROUP)
    other = memberships.add(store, actor, anders.customer_id, OTHER_GROUP)
    removed = memberships.remove(store, actor, other.membership_id, 1, EndReason.CEASED)
    dose = vaccinations.register(store, actor, anders.customer_id, dose_of(active, TODAY - timedelta(days=20)))
    drawn = [samples.draw(store, AT_NORR, entries.Filters(), 1, seed) for seed in (1, 2)]
    samples.review(store, AT_NORR, drawn[1].check_id, 1, 1, Verdict.IN_ORDER, "")
    queue = corrections.build_queue(store, actor)
    claim_id = add_claim(store, [Claimed(15_000, dose_id=n, customer_id=n) for n in (998, 999)], payer=OTHER_REGION)
    paid = import_rows(store, actor, file_of(f"A{claim_id}-1;100"), OTHER_REGION)
    unread = file_of(f"A{claim_id}-2;150")
    claim = drafting.draft(store, actor, *CLAIMED)
    claim = ledger.move(store, actor, claim.claim_id, claim.version, ClaimState.DISCARDED)
    rounds.register(store, user(COORDINATOR), anders.identity, OTHER_TERMS)
    (typed,) = rounds.rounds_of_today(store, user(COORDINATOR))
    return Records(
        anders, eva, active, removed, dose, queue, *drawn, paid, unread, claim, claim_id, typed.registration_id,
        file_importing.preview(store, AT_NORR, file_of_people(anders)).fingerprint,
        booking_changes.book(store, actor, anders.customer_id, BOOKING),
        booking_importing.preview(store, AT_NORR, file_of_bookings(anders)).fingerprint,
        *merge_some(store, actor, anders),
        *decide_some(store, actor),
        receiving.receive(store, actor, "fluad_tetra", "KEPT", None, "norr"),
    )  # fmt: skip


def decide_some(store: Store, actor: Actor) -> tuple[Invitation, user_files.Plan]:
    """Add two regions without rules, one of which does not follow up, an invitation and a plan of a file of users.

    Somebody has decided that there are no bookings.
    """
    sql = "INSERT INTO unit (unit_id, name, region, valid_from) VALUES ($1, $1, $1, DATE '2030-01-01')"
    for region in (RULELESS, UNFOLLOWED):
        store.write(lambda tx, region=region: tx.execute(sql, region))
    regions.stop_follow_up(store, actor, UNFOLLOWED)
    getting_started.decide(store, actor, Step.BOOKINGS, "Nobody is booked")
    boss = replace(user(ADMINISTRATOR), user_id="ada.min")
    invited = invitations.invite(store, boss, "bo.ek@example.org", 0, LEAD, {"norr"})
    return invited, user_files.preview(store, boss, USERS_FILE, user_files.guess_columns(USERS_FILE))


def save_users(store: Store, who: Actor, seen: user_files.Plan) -> user_files.Plan:
    return user_files.save(store, who, USERS_FILE, user_files.guess_columns(USERS_FILE), seen)


def merge_some(store: Store, actor: Actor, anders: Customer) -> tuple[Customer, Preview, int]:
    """Return what there is to undo and to merge: see :class:`Records`."""
    one, other, third = (
        customers.register(store, actor, invented_number(date(1946, 3, 12), serial), "Anders", "Karlsson", "norr")
        for serial in (985, 987, 989)
    )
    number = invented_number(date(1946, 3, 12), 991)
    renamed = identity_changes.change(store, actor, one.customer_id, number, one.identity)
    blocks.set_block(store, actor, renamed.customer_id, "Asked for at a visit")
    merging.merge(store, actor, merging.preview(store, actor, anders.customer_id, third.customer_id))
    (merge,) = merging.of_customer(store, actor, anders.customer_id)
    return renamed, merging.preview(store, actor, renamed.customer_id, other.customer_id), merge.merge_id


def dose_of(membership: Membership, day: date = TODAY) -> vaccinations.Entry:
    return vaccinations.Entry("comirnaty", "B1", 1, day, "norr", membership.membership_id)


@dataclass(frozen=True)
class Call:
    """A function, the rights that it asks for in turn, a call of it, and whom that names beforehand."""

    function: Callable[..., object]
    rights: tuple[Action, ...]
    call: Callable[[Store, Actor, Records], object]
    about: str = ""

    def lacking(self, role: Role | None) -> Action | None:
        """Return the first right that the role has not."""
        return next((right for right in self.rights if role not in MAY[right]), None)


OUT = (Action.EXPORT_GROUPS,)
NAMED_OUT = (Action.EXPORT_GROUPS, Action.EXPORT_IDENTITIES)
DOSES = (Action.EXPORT_DOSES,)
NAMED_DOSES = (Action.EXPORT_DOSES, Action.EXPORT_IDENTITIES)
PSEUDONYMS = Pseudonyms(KEY)
OLD_FIGURES = reports.Figures(pd.DataFrame(), pd.DataFrame(), SetClock().now, reports.Basis(TODAY, (), 0), 0)
CHECK = (Action.VIEW_CHECKS,)
NVR = nvr.paid_not_reported
FOUND = findings.Found(
    findings.Check.TWICE, TODAY, TODAY, pd.DataFrame(), [], frozenset(), TODAY, datetime(2026, 11, 22), 0
)
CHECKS = [
    Call(
        findings.find,
        CHECK,
        lambda s, who, r: findings.find(s, who, findings.Check.TWICE, TODAY, TODAY),
    ),
    Call(findings.is_outdated, CHECK, lambda s, who, r: findings.is_outdated(s, who, FOUND)),
    Call(findings.shown, CHECK, lambda s, who, r: findings.shown(s, who, [r.anders.customer_id])),
    Call(
        nvr.doses_of_own_units,
        CHECK,
        lambda s, who, r: nvr.doses_of_own_units(s, who, rule_table.load(s), catalogue.load(s), TODAY, TODAY, NVR),
    ),
    Call(
        overlong_periods.overlong_memberships,
        CHECK,
        lambda s, who, r: overlong_periods.overlong_memberships(s, who, rule_table.load(s)),
    ),
    Call(
        two_payers.two_payers,
        CHECK,
        lambda s, who, r: two_payers.two_payers(s, who, rule_table.load(s), catalogue.load(s), TODAY, TODAY),
    ),
    Call(duplicates.find_duplicates, CHECK, lambda s, who, r: duplicates.find_duplicates(s, who, rule_table.load(s))),
    Call(new_year.counts, CHECK, lambda s, who, r: new_year.counts(s, who, 2027)),
    Call(new_year.people, CHECK, lambda s, who, r: new_year.people(s, who, 2027, new_year.Filters(), limit=9)),
    Call(
        new_year.csv_chunks,
        (Action.VIEW_CHECKS, Action.EXPORT_IDENTITIES),
        lambda s, who, r: taken(new_year.csv_chunks(s, who, 2027, new_year.Filters())),
    ),
]
SEES_CLAIMS = (Action.VIEW_REIMBURSEMENT,)
CLAIMS = [
    Call(claim_payers.names, SEES_CLAIMS, lambda s, who, r: claim_payers.names(s, who)),
    Call(ledger.claims, SEES_CLAIMS, lambda s, who, r: ledger.claims(s, who)),
    Call(ledger.changes, SEES_CLAIMS, lambda s, who, r: ledger.changes(s, who, r.claim.claim_id)),
    Call(
        line_queries.claim_lines,
        SEES_CLAIMS,
        lambda s, who, r: line_queries.claim_lines(s, who, r.claim.claim_id, limit=9),
    ),
    Call(
        line_queries.sums_by_reason,
        SEES_CLAIMS,
        lambda s, who, r: line_queries.sums_by_reason(s, who, r.claim.claim_id),
    ),
    Call(drafting.preview, (Action.CHANGE_CLAIM,), lambda s, who, r: drafting.preview(s, who, *CLAIMED)),
    Call(drafting.draft, (Action.CHANGE_CLAIM,), lambda s, who, r: drafting.draft(s, who, *CLAIMED)),
    Call(
        ledger.move,
        (Action.CHANGE_CLAIM,),
        lambda s, who, r: ledger.move(s, who, r.sent_claim_id, 1, ClaimState.ANSWERED),
    ),
    Call(
        claim_files.download,
        (Action.EXPORT_CLAIM,),
        lambda s, who, r: taken(claim_files.download(s, who, r.claim.claim_id)),
    ),
]
DECIDES = (Action.CHANGE_CATALOGUE,)
NEW_UNIT = CatalogueRow(UNIT, {
    "unit_id": "ost", "name": "Öst", "region": OTHER_REGION, "valid_from": TODAY, "valid_to": None,
})  # fmt: skip
OF_CATALOGUE = [
    Call(catalogue_changes.rows_of, DECIDES, lambda s, who, r: catalogue_changes.rows_of(s, who, UNIT)),
    Call(catalogue_changes.history, DECIDES, lambda s, who, r: catalogue_changes.history(s, who, UNIT)),
    Call(catalogue_changes.faults_of, DECIDES, lambda s, who, r: catalogue_changes.faults_of(s, who, NEW_UNIT)),
    Call(catalogue_changes.save, DECIDES, lambda s, who, r: catalogue_changes.save(s, who, [NEW_UNIT])),
    Call(
        catalogue_changes.undo,
        DECIDES,
        lambda s, who, r: catalogue_changes.undo(
            s, who, catalogue_changes.save(s, who, [norr(s, who).with_values(valid_to=TODAY)])[0]
        ),
    ),
    Call(catalogue_files.compare, DECIDES, lambda s, who, r: catalogue_files.compare(s, who, start.files())),
    Call(
        catalogue_files.export_table,
        DECIDES,
        lambda s, who, r: taken(catalogue_files.export_table(s, who, UNIT)),
    ),
    Call(start.settle, DECIDES, lambda s, who, r: start.settle(s, who, [])),
    Call(
        catalogue_change.records_after,
        DECIDES,
        lambda s, who, r: catalogue_change.records_after(s, who, NEW_UNIT, TODAY),
    ),
    *(
        Call(of, DECIDES, lambda s, who, r, of=of: of(s, who, [(NEW_UNIT, NEW_UNIT.with_values(region="Annan"))]))
        for of in (catalogue_change.count_affected, catalogue_change.impact_at_own_units)
    ),
]


def norr(store: Store, actor: Actor) -> CatalogueRow:
    return catalogue_changes.rows_of(store, actor, UNIT)["norr"]


AFTERWARDS = (Action.REGISTER_AFTERWARDS,)


def came(customer: Customer) -> booked.Attendance:
    """Return that a customer, who was booked at norr, came and was given a batch that is not known, for a reason."""
    names = (customer.given_name, customer.family_name, customer.identity)
    booking = bookings.Booking(1, customer.customer_id, "norr", NOON, "fsme_immun", NOON, *names)
    each = booked.BookedCustomer(booking, customer, (), booked.NO_GROUP, None)
    return booked.Attendance(each, booked.NO_GROUP, "B9", batch_reason="New", concerns=booked.BATCH_CONCERNS)


def file_of_bookings(customer: Customer) -> BookingRequest:
    """Return a file with a booking of the customer in two weeks."""
    return booking_request(booking_table(f"B1;{customer.identity};{TODAY + timedelta(days=14)};09:00;Comirnaty"))


def file_of_people(customer: Customer) -> ImportRequest:
    """Return a file that puts the customer in a group today."""
    return request(table(f"{customer.identity};staff;;{TODAY}"))


ROUNDS = [
    Call(rounds.current_round, AFTERWARDS, lambda s, who, r: rounds.current_round(s, who)),
    Call(rounds.rounds_of_today, AFTERWARDS, lambda s, who, r: rounds.rounds_of_today(s, who)),
    Call(rounds.count_rows, AFTERWARDS, lambda s, who, r: rounds.count_rows(s, who)),
    Call(rounds.read_rows, AFTERWARDS, lambda s, who, r: rounds.read_rows(s, who, r.registration_id)),
    Call(rounds.require_permission, AFTERWARDS, lambda s, who, r: rounds.require_permission(s, who)),
    Call(rounds.keep_entry, AFTERWARDS, lambda s, who, r: rounds.keep_entry(s, who, TERMS)),
    Call(rounds.find_customer, AFTERWARDS, lambda s, who, r: rounds.find_customer(s, who, r.anders.identity)),
    Call(rounds.register, AFTERWARDS, lambda s, who, r: rounds.register(s, who, r.anders.identity, TERMS)),
    Call(rounds.end, AFTERWARDS, lambda s, who, r: rounds.end(s, who)),
    Call(undo.undo_row, AFTERWARDS, lambda s, who, r: undo.undo_row(s, who, r.registration_id, 1)),
    Call(undo.undo_all, AFTERWARDS, lambda s, who, r: undo.undo_all(s, who, r.registration_id)),
    Call(
        pasted_lists.validate_list,
        AFTERWARDS,
        lambda s, who, r: pasted_lists.validate_list(s, who, r.anders.identity, TERMS),
    ),
    Call(
        pasted_lists.save_list,
        AFTERWARDS,
        lambda s, who, r: pasted_lists.save_list(
            s, who, TERMS, [pasted_lists.Line(1, "", pasted_lists.LineState.READY, r.anders)]
        ),
    ),
    Call(
        booked.read_day,
        (Action.VIEW_BOOKINGS, Action.REGISTER_AFTERWARDS),
        lambda s, who, r: booked.read_day(s, who, "norr", TODAY),
    ),
    Call(
        file_importing.preview,
        (Action.IMPORT_ROWS,),
        lambda s, who, r: file_importing.preview(s, who, file_of_people(r.anders)),
    ),
    Call(
        file_importing.import_file,
        (Action.IMPORT_ROWS,),
        lambda s, who, r: file_importing.import_file(s, who, file_of_people(r.anders), r.file_mark),
    ),
    Call(booked.validate_attendances, AFTERWARDS, lambda s, who, r: booked.validate_attendances(s, who, [])),
    Call(booked.save_attendances, AFTERWARDS, lambda s, who, r: booked.save_attendances(s, who, [came(r.anders)])),
]
BOOKINGS = [
    Call(
        booking_importing.preview,
        (Action.IMPORT_BOOKINGS,),
        lambda s, who, r: booking_importing.preview(s, who, file_of_bookings(r.anders)),
    ),
    Call(
        booking_importing.import_file,
        (Action.IMPORT_BOOKINGS,),
        lambda s, who, r: booking_importing.import_file(s, who, file_of_bookings(r.anders), r.booking_mark),
    ),
    Call(
        booking_importing.kept_columns,
        (Action.IMPORT_BOOKINGS,),
        lambda s, who, r: booking_importing.kept_columns(s, who, "norr"),
    ),
    Call(
        booking_changes.history,
        (Action.VIEW_BOOKINGS,),
        lambda s, who, r: booking_changes.history(s, who, r.booking.booking_id),
    ),
    Call(
        booking_changes.book,
        (Action.CHANGE_BOOKING,),
        lambda s, who, r: booking_changes.book(s, who, r.anders.customer_id, OTHER_BOOKING),
        "anders",
    ),
    Call(
        booking_changes.book_by_number,
        (Action.CHANGE_BOOKING,),
        lambda s, who, r: booking_changes.book_by_number(
            s, who, r.anders.identity, replace(OTHER_BOOKING, product_code="efluelda")
        ),
    ),
    Call(
        booking_changes.move,
        (Action.CHANGE_BOOKING,),
        lambda s, who, r: booking_changes.move(
            s, who, r.booking.booking_id, 1, replace(BOOKING, product_code="vaxigrip_tetra")
        ),
    ),
    Call(
        booking_changes.cancel,
        (Action.CHANGE_BOOKING,),
        lambda s, who, r: booking_changes.cancel(s, who, r.booking.booking_id, 1),
    ),
]
CALLS = [
    *BOOKINGS,
    *ROUNDS,
    *OF_CATALOGUE,
    Call(customers.search, (Action.SEARCH_CUSTOMERS,), lambda s, who, r: customers.search(s, who, "and kar")),
    Call(customers.search, (Action.SEARCH_CUSTOMERS,), lambda s, who, r: customers.search(s, who, r.anders.identity)),
    Call(
        customers.get, (Action.VIEW_CUSTOMER,), lambda s, who, r: customers.get(s, who, r.anders.customer_id), "anders"
    ),
    Call(
        customers.register,
        (Action.REGISTER_CUSTOMER,),
        lambda s, who, r: customers.register(s, who, invented_number(date(1990, 1, 2)), "Eva", "Ek", "norr"),
    ),
    Call(
        identity_changes.earlier_numbers,
        (Action.VIEW_CUSTOMER,),
        lambda s, who, r: identity_changes.earlier_numbers(s, who, r.anders.customer_id),
        "anders",
    ),
    Call(
        identity_changes.change,
        (Action.CHANGE_IDENTITY,),
        lambda s, who, r: identity_changes.change(
            s, who, r.anders.customer_id, invented_number(date(1946, 3, 12), 983), r.anders.identity
        ),
        "anders",
    ),
    Call(
        identity_changes.undo,
        (Action.CHANGE_IDENTITY,),
        lambda s, who, r: identity_changes.undo(s, who, r.renamed.customer_id, r.renamed.identity),
        "renamed",
    ),
    Call(
        name_changes.earlier_names,
        (Action.VIEW_CUSTOMER,),
        lambda s, who, r: name_changes.earlier_names(s, who, r.anders.customer_id),
        "anders",
    ),
    Call(
        name_changes.change,
        (Action.CHANGE_NAME,),
        lambda s, who, r: name_changes.change(
            s, who, r.anders.customer_id, "Anders", "Carlsson", (r.anders.given_name, r.anders.family_name)
        ),
        "anders",
    ),
    Call(
        deaths.record,
        (Action.RECORD_DEATH,),
        lambda s, who, r: deaths.record(s, who, r.anders.customer_id, TODAY),
        "anders",
    ),
    Call(
        blocks.of_customer,
        (Action.VIEW_CUSTOMER,),
        lambda s, who, r: blocks.of_customer(s, who, r.anders.customer_id),
        "anders",
    ),
    Call(
        blocks.set_block,
        (Action.SET_BLOCK,),
        lambda s, who, r: blocks.set_block(s, who, r.anders.customer_id, "Asked for on the phone"),
        "anders",
    ),
    Call(
        blocks.lift_block,
        (Action.LIFT_BLOCK,),
        lambda s, who, r: blocks.lift_block(s, who, r.renamed.customer_id, "Asked for on the phone"),
        "renamed",
    ),
    Call(
        merging.preview,
        (Action.MERGE_CUSTOMERS,),
        lambda s, who, r: merging.preview(s, who, r.anders.customer_id, r.renamed.customer_id),
    ),
    Call(merging.merge, (Action.MERGE_CUSTOMERS,), lambda s, who, r: merging.merge(s, who, r.merging)),
    Call(
        merging.of_customer,
        (Action.VIEW_CUSTOMER,),
        lambda s, who, r: merging.of_customer(s, who, r.anders.customer_id),
        "anders",
    ),
    Call(merge_undoing.undo, (Action.MERGE_CUSTOMERS,), lambda s, who, r: merge_undoing.undo(s, who, r.merge_id)),
    *CHECKS,
    *CLAIMS,
    Call(
        other_unit_access.open_customer,
        (Action.OPEN_OTHER_UNIT,),
        lambda s, who, r: other_unit_access.open_customer(
            s, who, r.eva.customer_id, OpeningReason.CORRECTION, "", timedelta(minutes=30)
        ),
        "eva",
    ),
    Call(batch_changes.list_batches, (Action.VIEW_BATCHES,), lambda s, who, r: batch_changes.list_batches(s, who)),
    Call(batch_changes.history, (Action.VIEW_BATCHES,), lambda s, who, r: batch_changes.history(s, who, r.batch.key)),
    Call(
        receiving.receive,
        (Action.RECEIVE_BATCH,),
        lambda s, who, r: receiving.receive(s, who, "efluelda", "NEW", None, "norr"),
    ),
    Call(
        packs.receive_scan,
        (Action.RECEIVE_BATCH,),
        lambda s, who, r: packs.receive_scan(s, who, PACK, "norr", product="efluelda"),
    ),
    Call(
        batch_files.read_plan,
        (Action.RECEIVE_BATCH,),
        lambda s, who, r: batch_files.read_plan(s, who, BATCHES),
    ),
    Call(
        batch_files.import_file,
        (Action.RECEIVE_BATCH,),
        lambda s, who, r: batch_files.import_file(s, who, BATCHES),
    ),
    Call(
        batch_changes.stop,
        (Action.STOP_BATCH,),
        lambda s, who, r: batch_changes.stop(s, who, r.batch, NOON - timedelta(days=90), "Recalled"),
    ),
    Call(
        batch_changes.resume,
        (Action.STOP_BATCH,),
        lambda s, who, r: batch_changes.resume(s, who, r.batch),
    ),
    Call(
        batch_changes.change_expiry,
        (Action.CHANGE_BATCH,),
        lambda s, who, r: batch_changes.change_expiry(s, who, r.batch, TODAY),
    ),
    Call(
        batch_changes.deplete,
        (Action.CHANGE_BATCH,),
        lambda s, who, r: batch_changes.deplete(s, who, r.batch),
    ),
    Call(
        batch_changes.replenish,
        (Action.CHANGE_BATCH,),
        lambda s, who, r: batch_changes.replenish(s, who, r.batch),
    ),
    Call(bookings.of_day, (Action.VIEW_BOOKINGS,), lambda s, who, r: bookings.of_day(s, who, "norr", TODAY)),
    Call(
        bookings.upcoming,
        (Action.VIEW_BOOKINGS,),
        lambda s, who, r: bookings.upcoming(s, who, r.anders.customer_id),
        "anders",
    ),
    Call(
        memberships.of_customer,
        (Action.VIEW_GROUPS,),
        lambda s, who, r: memberships.of_customer(s, who, r.anders.customer_id),
        "anders",
    ),
    Call(
        memberships.changes,
        (Action.VIEW_GROUPS,),
        lambda s, who, r: memberships.changes(s, who, r.anders.customer_id),
        "anders",
    ),
    Call(
        memberships.add,
        (Action.ADD_GROUP,),
        lambda s, who, r: memberships.add(s, who, r.anders.customer_id, NEW_GROUP),
        "anders",
    ),
    Call(
        memberships.adjust,
        (Action.ADJUST_GROUP,),
        lambda s, who, r: memberships.adjust(s, who, r.active.membership_id, 1, replace(GROUP, valid_from=TODAY)),
    ),
    Call(
        memberships.remove,
        (Action.REMOVE_GROUP,),
        lambda s, who, r: memberships.remove(s, who, r.active.membership_id, 1),
    ),
    Call(
        memberships.set_end_reason,
        (Action.REMOVE_GROUP,),
        lambda s, who, r: memberships.set_end_reason(s, who, r.removed.membership_id, 2, EndReason.WRONG),
    ),
    Call(
        memberships.restore,
        (Action.RESTORE_GROUP,),
        lambda s, who, r: memberships.restore(s, who, r.removed.membership_id, 2),
    ),
    Call(
        vaccinations.of_customer,
        (Action.VIEW_DOSES,),
        lambda s, who, r: vaccinations.of_customer(s, who, r.anders.customer_id),
        "anders",
    ),
    Call(
        vaccinations.changes,
        (Action.VIEW_DOSES,),
        lambda s, who, r: vaccinations.changes(s, who, r.anders.customer_id),
        "anders",
    ),
    Call(
        vaccinations.register,
        (Action.REGISTER_DOSE,),
        lambda s, who, r: vaccinations.register(s, who, r.anders.customer_id, dose_of(r.active)),
        "anders",
    ),
    Call(
        vaccinations.correct,
        (Action.CORRECT_DOSE,),
        lambda s, who, r: vaccinations.correct(
            s, who, r.dose.dose_id, 1, replace(dose_of(r.active, r.dose.given_on), batch_number="B2")
        ),
    ),
    Call(
        vaccinations.withdraw,
        (Action.WITHDRAW_DOSE,),
        lambda s, who, r: vaccinations.withdraw(s, who, r.dose.dose_id, 1, WithdrawReason.WRONG_PERSON),
    ),
    Call(
        customer_case.read_case,
        (Action.VIEW_DOSES,),
        lambda s, who, r: customer_case.read_case(s, who, r.anders, catalogue.load(s)),
        "anders",
    ),
    Call(
        recent_doses.judge,
        (Action.VIEW_DOSES,),
        lambda s, who, r: recent_doses.judge(s, who, r.anders, dose_of(r.active)),
        "anders",
    ),
    Call(
        customer_case.adjudicate_customers,
        (Action.VIEW_DOSES,),
        lambda s, who, r: customer_case.adjudicate_customers(s, who, [r.anders.customer_id]),
    ),
    Call(corrections.build_queue, (Action.VIEW_CORRECTIONS,), lambda s, who, r: corrections.build_queue(s, who)),
    Call(
        corrections.refresh_queue,
        (Action.VIEW_CORRECTIONS,),
        lambda s, who, r: corrections.refresh_queue(s, who, r.queue),
    ),
    Call(
        corrections.read_shown,
        (Action.VIEW_CORRECTIONS,),
        lambda s, who, r: corrections.read_shown(s, who, r.queue, [r.dose.dose_id]),
    ),
    Call(
        corrections.read_customer,
        (Action.VIEW_CORRECTIONS,),
        lambda s, who, r: corrections.read_customer(s, who, r.anders.customer_id),
        "anders",
    ),
    Call(doses_file, NAMED_DOSES, lambda s, who, r: taken(doses_file(s, who, DoseFilters()))),
    Call(doses_file, DOSES, lambda s, who, r: taken(doses_file(s, who, DoseFilters(), pseudonyms=PSEUDONYMS))),
    Call(claims_file, NAMED_DOSES, lambda s, who, r: taken(claims_file(s, who))),
    Call(claims_file, DOSES, lambda s, who, r: taken(claims_file(s, who, pseudonyms=PSEUDONYMS))),
    Call(export.groups_file, NAMED_OUT, lambda s, who, r: taken(export.groups_file(s, who, Filters()))),
    Call(
        export.groups_file, OUT, lambda s, who, r: taken(export.groups_file(s, who, Filters(), pseudonyms=PSEUDONYMS))
    ),
    Call(export.preview, NAMED_OUT, lambda s, who, r: export.preview(s, who, Filters())),
    Call(export.preview, OUT, lambda s, who, r: export.preview(s, who, Filters(), pseudonyms=PSEUDONYMS)),
    Call(export.counts, OUT, lambda s, who, r: export.counts(s, who, Filters())),
    Call(export.summary, OUT, lambda s, who, r: export.summary(s, who, Filters())),
    Call(export.summary_file, OUT, lambda s, who, r: export.summary_file(s, who, Filters())),
    Call(export.active_over_time, OUT, lambda s, who, r: export.active_over_time(s, who, Filters())),
    Call(entries.entries, (Action.VIEW_LOG,), lambda s, who, r: entries.entries(s, who, entries.Filters())),
    Call(entries.users, (Action.VIEW_LOG,), lambda s, who, r: entries.users(s, who)),
    Call(
        entries.look,
        (Action.VIEW_LOG,),
        lambda s, who, r: entries.look(s, who, r.anders.customer_id, filters={}),
        "anders",
    ),
    Call(signals.find, (Action.VIEW_LOG,), lambda s, who, r: signals.find(s, who, TODAY, TODAY)),
    Call(
        samples.draw,
        (Action.CHECK_LOG,),
        lambda s, who, r: samples.draw(s, who, entries.Filters(), 1, seed=3),
    ),
    Call(
        samples.verify_draw,
        (Action.CHECK_LOG,),
        lambda s, who, r: samples.verify_draw(s, who, r.open_check.check_id),
    ),
    Call(samples.list_checks, (Action.CHECK_LOG,), lambda s, who, r: samples.list_checks(s, who)),
    Call(samples.read_sample, (Action.VIEW_LOG,), lambda s, who, r: samples.read_sample(s, who, r.open_check.check_id)),
    Call(
        samples.review,
        (Action.CHECK_LOG,),
        lambda s, who, r: samples.review(s, who, r.open_check.check_id, 1, 1, Verdict.IN_ORDER, ""),
    ),
    Call(
        samples.close,
        (Action.CHECK_LOG,),
        lambda s, who, r: samples.close(s, who, r.judged_check.check_id, "All of it is in order."),
    ),
    Call(
        samples.export_check, (Action.CHECK_LOG,), lambda s, who, r: samples.export_check(s, who, r.open_check.check_id)
    ),
    Call(
        documents.check_document,
        (Action.CHECK_LOG,),
        lambda s, who, r: taken(documents.check_document(s, who, r.open_check.check_id)),
    ),
    Call(
        patient_extract.extract,
        (Action.EXTRACT_LOG,),
        lambda s, who, r: patient_extract.extract(s, who, r.anders.customer_id),
        "anders",
    ),
    Call(
        patient_extract.csv_chunks,
        (Action.EXTRACT_LOG,),
        lambda s, who, r: taken(patient_extract.csv_chunks(s, who, r.anders.customer_id)),
        "anders",
    ),
    Call(
        patient_extract.page_chunks,
        (Action.EXTRACT_LOG,),
        lambda s, who, r: taken(patient_extract.page_chunks(s, who, r.anders.customer_id)),
        "anders",
    ),
    Call(
        importing.preview,
        (Action.IMPORT_PAYMENTS,),
        lambda s, who, r: importing.preview(s, who, OTHER_REGION, r.unread, PAYMENT_COLUMNS),
    ),
    Call(
        importing.import_file,
        (Action.IMPORT_PAYMENTS,),
        lambda s, who, r: importing.import_file(
            s, who, OTHER_REGION, r.unread, PAYMENT_COLUMNS, {PaymentOutcome.PAID: OutcomeSum(1, 15_000, 0)}
        ),
    ),
    Call(
        payment_files.withdraw,
        (Action.IMPORT_PAYMENTS,),
        lambda s, who, r: payment_files.withdraw(s, who, r.payment_file.payment_file_id),
    ),
    Call(
        balances.set_days_to_pay,
        (Action.IMPORT_PAYMENTS,),
        lambda s, who, r: balances.set_days_to_pay(s, who, OTHER_REGION, 45),
    ),
    *(
        Call(function, (Action.VIEW_REIMBURSEMENT,), lambda s, who, r, look=function: look(s, who, OTHER_REGION))
        for function in (
            payment_files.files,
            balances.payer_balance,
            balances.answered,
            balances.payer_terms,
        )
    ),
    Call(
        payment_lists.lines_with_status,
        (Action.VIEW_REIMBURSEMENT,),
        lambda s, who, r: payment_lists.lines_with_status(s, who, OTHER_REGION, LineStatus.UNDERPAID),
    ),
    Call(
        payment_lists.first_rows,
        (Action.VIEW_REIMBURSEMENT,),
        lambda s, who, r: payment_lists.first_rows(s, who, payment_lists.unknown_payments(who, OTHER_REGION), 9),
    ),
    Call(
        payment_lists.csv_chunks,
        (Action.VIEW_REIMBURSEMENT,),
        lambda s, who, r: taken(payment_lists.csv_chunks(s, who, payment_lists.unknown_payments(who, OTHER_REGION))),
    ),
    Call(reports.compute_figures, (Action.VIEW_REIMBURSEMENT,), lambda s, who, r: reports.compute_figures(s, who)),
    Call(
        reports.are_outdated,
        (Action.VIEW_REIMBURSEMENT,),
        lambda s, who, r: reports.are_outdated(s, who, OLD_FIGURES),
    ),
    Call(changes.all_rules, (Action.VIEW_REIMBURSEMENT,), lambda s, who, r: changes.all_rules(s, who)),
    Call(changes.history, (Action.VIEW_REIMBURSEMENT,), lambda s, who, r: changes.history(s, who)),
    Call(changes.save, (Action.CHANGE_RULE,), lambda s, who, r: changes.save(s, who, changes.propose_new(NEW_RULE))),
    Call(
        gaps.doses_without_rule,
        (Action.VIEW_REIMBURSEMENT,),
        lambda s, who, r: gaps.doses_without_rule(s, who, [NEW_RULE]),
    ),
    Call(
        drafts.take_over,
        (Action.CHANGE_RULE,),
        lambda s, who, r: drafts.take_over(s, who, RULELESS, "Betalaren"),
    ),
    Call(regions.decisions, (Action.VIEW_REIMBURSEMENT,), lambda s, who, r: regions.decisions(s, who)),
    Call(regions.stop_follow_up, (Action.CHANGE_RULE,), lambda s, who, r: regions.stop_follow_up(s, who, RULELESS)),
    Call(
        regions.resume_follow_up, (Action.CHANGE_RULE,), lambda s, who, r: regions.resume_follow_up(s, who, UNFOLLOWED)
    ),
    *(
        Call(of, (Action.CHANGE_RULE,), lambda s, who, r, of=of: of(s, who, [], [NEW_RULE], Catalogue({}, {}, {})))
        for of in (rule_change.impact_at_own_units, rule_change.count_affected)
    ),
    Call(chain.prune, (Action.PRUNE_LOG,), lambda s, who, r: chain.prune(s, who, date(2021, 1, 1))),
    Call(getting_started.steps, (Action.VIEW_SETUP,), lambda s, who, r: getting_started.steps(s, who, sign_in=True)),
    Call(
        getting_started.decide,
        (Action.DECIDE_SETUP,),
        lambda s, who, r: getting_started.decide(s, who, Step.BACKUP, "Each night"),
    ),
    Call(
        getting_started.take_back,
        (Action.DECIDE_SETUP,),
        lambda s, who, r: getting_started.take_back(s, who, Step.BOOKINGS),
    ),
    Call(users.list_users, (Action.VIEW_USERS,), lambda s, who, r: users.list_users(s, who)),
    Call(
        users.assign_rights,
        (Action.CHANGE_USER,),
        lambda s, who, r: users.assign_rights(s, who, "eva.ek", 0, LEAD, {"norr"}),
    ),
    Call(users.history, (Action.VIEW_USERS,), lambda s, who, r: users.history(s, who, "eva.ek")),
    Call(invitations.open_invitations, (Action.VIEW_USERS,), lambda s, who, r: invitations.open_invitations(s, who)),
    Call(
        invitations.invite,
        (Action.CHANGE_USER,),
        lambda s, who, r: invitations.invite(s, who, "eva.ek@example.org", 0, LEAD, {"norr"}),
    ),
    Call(
        invitations.withdraw,
        (Action.CHANGE_USER,),
        lambda s, who, r: invitations.withdraw(s, who, r.invitation),
    ),
    Call(
        user_files.preview,
        (Action.CHANGE_USER,),
        lambda s, who, r: user_files.preview(s, who, USERS_FILE, user_files.guess_columns(USERS_FILE)),
    ),
    Call(user_files.save, (Action.CHANGE_USER,), lambda s, who, r: save_users(s, who, r.user_plan)),
]
"""Every function that does something with people or the log of it."""

WITHOUT_ACTOR = {
    "mv.reimbursement.checks.priced_doses.every_dose": "names nobody; who shows the result asks for the right",
    "mv.reimbursement.checks.priced_doses.paid_doses": "names nobody; who shows the result asks for the right",
    "mv.catalogue.load": "holds nobody's data",
    "mv.catalogue.start.is_new": "holds nobody's data",
    "mv.batches.batch.of_product": "holds nobody's data",
    "mv.reimbursement.rules.rule_table.load": "holds nobody's data",
    "mv.reimbursement.rules.rule_table.add_example": "holds nobody's data",
    "mv.reimbursement.rules.regions.unfollowed": "holds nobody's data",
    "mv.invitations.accept": "who acts is found by it",
    "mv.reimbursement.pricing.dose_frames.customer_ranges": "gives ranges of numbers alone",
    "mv.reimbursement.pricing.dose_frames.read_doses": "names nobody; who shows the result asks for the right",
    "mv.reimbursement.pricing.dose_frames.read_memberships": "names nobody; who shows the result asks for the right",
    "mv.reimbursement.pricing.assessment.assess_units": "names nobody; who shows the result asks for the right",
    "mv.reimbursement.pricing.assessment.assess_customers": "names nobody; who shows the result asks for the right",
    "mv.access_log.chain.check": "gives entries' numbers alone",
    "mv.access_log.chain.last_anchor": "gives an entry's number and hash alone",
    "mv.sample.example.add": "whoever has the store may fill an empty one",
    "mv.sample.is_empty": "whoever has the store may fill an empty one",
    "mv.origin.read": "holds nobody's data",
    "mv.sample.make": "whoever has the store may fill an empty one",
    "mv.users.get": "who acts is found by it",
    "mv.users.has_administrator": "who acts is found by it",
    "mv.users.record_sign_in": "who acts is found by it",
    "mv.sign_ins.begin": "who acts is found by it; asks for the right to sign in",
    "mv.sign_ins.end": "who acts is found by it",
    "mv.sign_ins.get": "who acts is found by it",
    "mv.sign_ins.record_refused_token": "nobody acts: the token does not say who",
    "mv.sign_ins.touch": "who acts is found by it",
}
"""Functions that have the store and ask nobody's role, and why."""


def user(role: Role | None) -> Actor:
    return Actor(f"kim.{role}", "Kim Ek", role, "norr")


def taken(chunks: Iterable[bytes]) -> bytes:
    return b"".join(chunks)


def full_name(function: Callable[..., object]) -> str:
    return f"{function.__module__}.{function.__name__}"
