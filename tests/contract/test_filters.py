"""Each filter, and each actor's part of the units, gives the same rows on both engines."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from mv import customers, export, origin, sample
from mv.access import EVERY_UNIT, Actor, Role
from mv.access_log import entries, signals
from mv.batches import batch as batch_rows
from mv.errors import Forbidden
from mv.export import Filters, Status
from mv.export.claims import claims_file
from mv.export.counts import active_over_time, counts, summary
from mv.export.doses import DoseFilters, doses_file
from mv.reimbursement.payments import balances, files, lists
from mv.reimbursement.payments.balances import LineStatus
from mv.reimbursement.payments.matching import PaymentOutcome
from mv.reimbursement.pricing import dose_frames
from mv.store import Store, open_store
from tests.conftest import TODAY, SetClock
from tests.postgres import Server
from tests.reimbursement.sent_claims import OTHER_REGION, Claimed, add_claim, file_of, import_rows

EVERYWHERE = Actor("karin.holm", "Karin Holm", Role.LEAD, "norr", frozenset({EVERY_UNIT}))
AT_NORR = replace(EVERYWHERE, units=frozenset())
AT_NONE = replace(AT_NORR, unit_id="")
ACTORS = [EVERYWHERE, AT_NORR, AT_NONE]
A_YEAR_AGO = TODAY - timedelta(days=365)

Both = tuple[Store, Store]


@pytest.fixture(scope="module")
def both(duckdb_file: Path, postgresql: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    """A store on each engine with the same invented people, and payments of one claim."""
    path = shutil.copy(duckdb_file, tmp_path_factory.mktemp("filters") / "mv.duckdb")
    with (
        postgresql.database("store") as url,
        closing(open_store(str(path), SetClock())) as on_duckdb,
        closing(open_store(url, SetClock())) as on_postgresql,
    ):
        for store in (on_duckdb, on_postgresql):
            sample.make(store, 40, 7)
            claim = add_claim(store, [Claimed(15_000, dose_id=n, customer_id=n) for n in (1, 2, 3)], payer=OTHER_REGION)
            import_rows(store, EVERYWHERE, file_of(f"A{claim}-1;150", f"A{claim}-2;100", "A999-1;20"), OTHER_REGION)
        yield on_duckdb, on_postgresql


def outcome(call: Callable[[Store], object], store: Store) -> object:
    try:
        return call(store)
    except Forbidden as error:
        return repr(error)


def check_same(both: Both, call: Callable[[Store], object]) -> None:
    on_duckdb, on_postgresql = (outcome(call, store) for store in both)
    assert on_duckdb == on_postgresql


@pytest.mark.parametrize(
    "filters",
    [
        Filters(),
        Filters(status=Status.ACTIVE),
        Filters(status=Status.INACTIVE, as_of=A_YEAR_AGO),
        Filters(group="medical_risk", subgroup="heart"),
        Filters(unit="norr"),
        Filters(valid_from=A_YEAR_AGO, valid_to=TODAY),
        Filters(registered_from=A_YEAR_AGO, registered_to=TODAY),
        Filters(as_of=A_YEAR_AGO),
    ],
    ids=lambda filters: " ".join(filters.given()) or "none",
)
def test_a_filter_of_groups(both: Both, filters: Filters) -> None:
    for who in ACTORS:
        check_same(both, lambda store, who=who: b"".join(export.groups_file(store, who, filters)))
        check_same(both, lambda store, who=who: export.preview(store, who, filters).to_csv())
        check_same(both, lambda store, who=who: counts(store, who, filters))
        check_same(both, lambda store, who=who: summary(store, who, filters).to_csv())
        check_same(both, lambda store, who=who: active_over_time(store, who, filters).to_csv())


@pytest.mark.parametrize(
    "filters",
    [
        DoseFilters(),
        DoseFilters(A_YEAR_AGO, TODAY, "norr", "efluelda", "65_plus"),
    ],
    ids=["none", "all"],
)
def test_a_filter_of_doses_and_claims(both: Both, filters: DoseFilters) -> None:
    for who in ACTORS:
        check_same(both, lambda store, who=who: b"".join(doses_file(store, who, filters)))
        check_same(both, lambda store, who=who: b"".join(claims_file(store, who)))


@pytest.mark.parametrize("name", ["first", "last", "user_id", "unit_id", "action", "why", "outcome", "customer_id"])
def test_a_filter_of_the_log(both: Both, name: str) -> None:
    values: dict[str, object] = {"first": A_YEAR_AGO, "last": TODAY, "unit_id": "norr", "customer_id": 1}
    filters = entries.Filters(**{name: values.get(name, "import_payments")})  # type: ignore[arg-type]
    for who in ACTORS:
        check_same(
            both, lambda store, who=who: [found.action for found in entries.entries(store, who, filters).entries]
        )


def test_the_signals_and_the_users_of_the_log(both: Both) -> None:
    first = TODAY - timedelta(days=60)
    for who in ACTORS:

        def found(store: Store, who: Actor = who) -> list[tuple[str, int]]:
            return [
                (signal, len(findings.found)) for signal, findings in signals.find(store, who, first, TODAY).items()
            ]

        check_same(both, found)
        for days in ((first, TODAY), (first, None), (None, TODAY)):
            check_same(both, lambda store, who=who, days=days: entries.users(store, who, *days))


def test_a_search_by_one_word_and_by_two(both: Both) -> None:
    for who in ACTORS:
        for text in ("an", "an ka"):
            check_same(both, lambda store, who=who, text=text: customers.search(store, who, text))


@pytest.mark.parametrize("status", LineStatus)
def test_a_status_of_claimed_lines(both: Both, status: LineStatus) -> None:
    for who in ACTORS:
        check_same(both, lambda store, who=who: balances.payer_balance(store, who, OTHER_REGION))

        def listed(store: Store, who: Actor = who) -> bytes:
            return b"".join(lists.csv_chunks(store, who, lists.lines_with_status(store, who, OTHER_REGION, status)))

        check_same(both, listed)


@pytest.mark.parametrize("found", [None, *PaymentOutcome])
def test_an_outcome_of_payments(both: Both, found: PaymentOutcome | None) -> None:
    for who in ACTORS:

        def listed(store: Store, who: Actor = who) -> list[object]:
            (file,) = files.files(store, EVERYWHERE, OTHER_REGION)
            of_file = lists.payments_in_file(who, file.payment_file_id, found)
            unknown = lists.unknown_payments(who, OTHER_REGION)
            return [b"".join(lists.csv_chunks(store, who, listing)) for listing in (of_file, unknown)]

        check_same(both, listed)


def test_the_doses_of_some_kinds_of_vaccine(both: Both) -> None:
    check_same(both, lambda store: dose_frames.read_doses(store, 1, 40, ("J07BB", "J07BN")).to_csv())
    check_same(both, lambda store: batch_rows.of_product(store, "efluelda"))


def test_both_have_the_same_people(both: Both) -> None:
    for store in both:
        assert store.today() == TODAY
    check_same(both, origin.read)
    check_same(both, lambda store: b"".join(export.groups_file(store, EVERYWHERE, Filters(valid_to=date(2100, 1, 1)))))
