"""A recent dose is a doubt wherever a dose is saved: what is too near, by which interval, and what is said of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest

from mv import catalogue, memberships, recent_doses, vaccinations
from mv.access import Actor
from mv.clock import from_local
from mv.concerns import Concern
from mv.customers import Customer
from mv.i18n import ENGLISH, SWEDISH, explain
from mv.recent_doses import DosePayment
from mv.registration import booked, pasted_lists, rounds
from mv.registration.booked import Attendance, AttendanceRejected
from mv.registration.entry import RegistrationEntry
from mv.registration.file_import.plan import RowState
from mv.registration.pasted_lists import LineState
from mv.registration.saving import ReasonRequired
from mv.reimbursement.rules import rule_table
from mv.store import Store
from mv.vaccinations import Dose, Entry, WithdrawReason
from tests.conftest import TODAY
from tests.contents import nothing_changes
from tests.registration.people_files import counted, plan, table, take_in
from tests.reimbursement.sent_claims import Claimed, add_claim, file_of, import_rows

ONE = timedelta(days=1)
DAY = TODAY - 10 * ONE
OF_RULE, OF_FLU, OF_TBE = 150, 28, 14
"""Days between doses: of the example's rule for influenza and 65+, and of the vaccines where no rule is."""
NOW = datetime(2026, 11, 22, 12)
GIVEN = Dose(
    1, 1, "efluelda", "B1", 1, DAY, "centrum", 1, "65_plus", None, False, NOW, "x", NOW, None, None, None, 1
)  # fmt: skip
OLD = Customer(1, "", date(1946, 3, 12), "Anders", "Karlsson", "norr")
BY_65: tuple[str | None, str | None] = ("65_plus", None)
NO_GROUP: tuple[str | None, str | None] = (None, None)


def entry(day: date, product: str = "fluad_tetra", **values: object) -> Entry:
    return replace(Entry(product, "B2", 1, day, "norr", None), **values)  # type: ignore[arg-type]


def told(
    store: Store,
    new: Entry,
    *doses: Dose,
    group: tuple[str | None, str | None] = BY_65,
    payment: DosePayment | None = None,
    customer: Customer = OLD,
    language: str = ENGLISH,
) -> str:
    """Return what is said of the dose beside these doses; an empty text for nothing."""
    payments = {dose.dose_id: payment for dose in doses if payment}
    found = recent_doses.of_dose(customer, new, group, doses, payments, rule_table.load(store), catalogue.load(store))
    return " ".join(explain(concern, language) for concern in found.values())


@pytest.mark.parametrize("direction", [1, -1])
@pytest.mark.parametrize(
    ("product", "other", "group", "days"),
    [
        ("efluelda", "fluad_tetra", BY_65, OF_RULE),
        ("vaxigrip_tetra", "efluelda", BY_65, OF_RULE),
        ("efluelda", "fluad_tetra", NO_GROUP, OF_FLU),
        ("efluelda", "efluelda", ("household_contact", None), OF_FLU),  # whose rule names no days
        ("fsme_immun", "fsme_immun", NO_GROUP, OF_TBE),
        ("comirnaty", "comirnaty", ("covid_80_plus", None), 120),
        ("comirnaty", "comirnaty", NO_GROUP, 21),
        ("prevenar_20", "pneumovax", NO_GROUP, 56),
    ],
)
def test_a_dose_is_recent_until_the_days_of_the_rule_or_of_the_vaccine_have_passed_both_ways(
    store: Store, product: str, other: str, group: tuple[str | None, str | None], days: int, direction: int
) -> None:
    dose = replace(GIVEN, given_on=DAY, product_code=other, group_code=group[0])
    for apart, recent in ((0, True), (1, True), (days - 1, True), (days, False), (days + 1, False)):
        near = told(store, entry(DAY + direction * apart * ONE, product), dose, group=group)
        assert bool(near) == recent, apart


def test_the_later_dose_decides_how_many_days_are_to_lie_between(store: Store) -> None:
    later = replace(GIVEN, group_code=None)
    assert not told(store, entry(DAY - OF_FLU * ONE), later, group=BY_65)
    assert told(store, entry(DAY - OF_FLU * ONE), GIVEN, group=NO_GROUP)


def test_a_rule_that_is_not_for_the_age_or_the_number_says_nothing(store: Store) -> None:
    near, far = entry(DAY + ONE), entry(DAY + OF_FLU * ONE)
    young = replace(OLD, birth_date=date(1990, 1, 1))
    assert told(store, far, GIVEN)
    assert not told(store, far, GIVEN, customer=young)
    assert told(store, near, GIVEN, customer=young)
    update = "UPDATE payment_rule SET dose_to = 1 WHERE rule_code = 'flu_65_2024'"
    store.write(lambda tx: tx.execute(update))
    assert told(store, far, GIVEN)
    assert not told(store, replace(far, dose_number=2), GIVEN)


@pytest.mark.parametrize(
    "dose",
    [
        replace(GIVEN, product_code="comirnaty"),
        replace(GIVEN, withdrawn_at=NOW),
        replace(GIVEN, product_code="gone"),
    ],
)
def test_another_kind_of_vaccine_and_a_withdrawn_dose_are_no_doubt(store: Store, dose: Dose) -> None:
    assert not told(store, entry(DAY + ONE), dose)
    assert not told(store, entry(DAY + ONE, "gone"), GIVEN)


def test_a_dose_given_abroad_counts_by_the_days_of_the_vaccine(store: Store) -> None:
    abroad = replace(GIVEN, abroad=True, group_code=None)
    assert told(store, entry(DAY + ONE), abroad)
    assert told(store, entry(DAY + ONE, abroad=True), GIVEN)
    assert not told(store, entry(DAY + OF_FLU * ONE, abroad=True), GIVEN)


@pytest.mark.parametrize(
    ("payment", "says", "swedish"),
    [
        (DosePayment.PAID, "and is paid", "och är ersatt"),
        (DosePayment.CLAIMED, "and is claimed but not paid yet", "ersättning är begärd men inte betald än"),
        (None, "and is not paid so far", "och är inte ersatt hittills"),
    ],
)
def test_it_says_what_was_given_when_where_and_whether_it_is_paid(
    store: Store, payment: DosePayment | None, says: str, swedish: str
) -> None:
    english = told(store, entry(DAY + ONE), GIVEN, payment=payment)
    assert english.startswith(f"Efluelda was given on {DAY} at Mottagning Centrum, {says}.")
    assert english.endswith("150 days are to lie between two doses; here: 1.")
    assert swedish in told(store, entry(DAY + ONE), GIVEN, payment=payment, language=SWEDISH)


def test_of_several_the_nearest_is_told(store: Store) -> None:
    other = replace(GIVEN, dose_id=2, product_code="vaxigrip_tetra", given_on=DAY + 5 * ONE)
    assert told(store, entry(DAY + 4 * ONE), GIVEN, other).startswith("VaxigripTetra")


# In the store, by every way


@pytest.fixture
def given(store: Store, actor: Actor, anders: Customer) -> Dose:
    """Anders's dose of Efluelda of the day before DAY, at another unit, without a group."""
    batch = "INSERT INTO batch (product_code, batch_number, expires_on) VALUES ('fluad_tetra', 'B2', $1)"
    store.write(lambda tx: tx.execute(batch, TODAY + 100 * ONE))
    first = Entry("efluelda", "B1", 1, DAY - ONE, "centrum", None)
    return vaccinations.register(store, actor, anders.customer_id, first)


SECOND = RegistrationEntry("65_plus", None, DAY, "norr", None, DAY, "fluad_tetra", "B2")
SAYS = f"Efluelda was given on {DAY - ONE} at Mottagning Centrum"


def saved(store: Store, customer: Customer) -> list[str | None]:
    """Return the reasons of the customer's doses, the latest first."""
    with store.read() as tx:
        return [dose.reason for dose in vaccinations.read(tx, customer.customer_id)]


def test_typed_it_takes_a_reason(store: Store, actor: Actor, anders: Customer, given: Dose) -> None:
    with nothing_changes(store), pytest.raises(ReasonRequired) as caught:
        rounds.register(store, actor, anders.identity, SECOND)
    (concern,) = caught.value.concerns.values()
    assert str(concern).startswith(SAYS)
    accepted = frozenset({Concern.RECENT_DOSE})
    rounds.register(store, actor, anders.identity, SECOND, reason="Agreed with the doctor", accepted=accepted)
    assert saved(store, anders) == ["Agreed with the doctor", None]


def test_in_a_pasted_list_it_is_a_doubtful_line(store: Store, actor: Actor, anders: Customer, given: Dose) -> None:
    (line,) = pasted_lists.validate_list(store, actor, anders.identity, SECOND)
    assert line.state is LineState.DOUBTFUL
    pasted_lists.save_list(store, actor, SECOND, [line], "Agreed")
    assert saved(store, anders) == ["Agreed", None]


HEADINGS = "Personnummer;Kundgrupp;Dosens dag;Vaccin;Sats;Orsak"


def test_in_a_file_it_is_a_doubtful_row_also_after_a_row_of_the_same_file(
    store: Store, actor: Actor, anders: Customer, given: Dose
) -> None:
    row = f"{anders.identity};65 år och äldre;{DAY};Fluad Tetra;B2"
    assert counted(plan(store, actor, table(row, headings=HEADINGS))) == {RowState.DOUBTFUL: 1}
    take_in(store, actor, table(f"{row};Agreed", headings=HEADINGS))
    assert saved(store, anders) == ["Agreed", None]
    later = [f"{anders.identity};65 år och äldre;{DAY + n * ONE};VaxigripTetra;B3" for n in (2, 3)]
    found = plan(store, actor, table(*later, headings=HEADINGS))
    assert {line.state for line in found.lines} == {RowState.DOUBTFUL}
    (first, second) = (line.validation for line in sorted(found.lines, key=lambda line: line.number))
    assert first is not None and second is not None
    assert str(first.concerns[Concern.RECENT_DOSE]).startswith("Fluad Tetra was given")
    assert str(second.concerns[Concern.RECENT_DOSE]).startswith(f"VaxigripTetra was given on {DAY + 2 * ONE}")


def test_of_the_days_bookings_it_takes_a_reason(store: Store, actor: Actor, anders: Customer, given: Dose) -> None:
    sql = """
        INSERT INTO booking (customer_id, unit_id, starts_at, product_code, booked_at)
        VALUES ($1, 'norr', $2, 'fluad_tetra', $2)
    """
    at = from_local(datetime.combine(DAY, time(9)))
    store.write(lambda tx: tx.execute(sql, anders.customer_id, at))
    (each,) = booked.read_day(store, actor, "norr", DAY)
    came = Attendance(each, BY_65, "B2")
    (validation,) = booked.validate_attendances(store, actor, [came])
    assert set(validation.concerns) == {Concern.RECENT_DOSE}
    came = replace(came, concerns=frozenset(validation.concerns))
    with nothing_changes(store), pytest.raises(AttendanceRejected):
        booked.save_attendances(store, actor, [came])
    booked.save_attendances(store, actor, [replace(came, reason="Agreed")])
    assert saved(store, anders) == ["Agreed", None]


def test_registered_afterwards_a_dose_before_the_one_that_is_there_is_a_doubt_too(
    store: Store, actor: Actor, anders: Customer, given: Dose
) -> None:
    earlier = replace(SECOND, valid_from=DAY - 5 * ONE, given_on=DAY - 5 * ONE)
    with pytest.raises(ReasonRequired) as caught:
        rounds.register(store, actor, anders.identity, earlier)
    assert "here: 4" in str(caught.value.concerns[Concern.RECENT_DOSE])


def test_a_correction_is_no_doubt_about_itself_but_about_another_dose_on_another_day(
    store: Store, actor: Actor, anders: Customer, given: Dose
) -> None:
    def judged(new: Entry, was: Dose) -> set[Concern]:
        return set(recent_doses.judge(store, actor, anders, new, was))

    moved = Entry("efluelda", "B1", 1, DAY, "centrum", None)
    assert judged(moved, given) == set()
    other = vaccinations.register(
        store, actor, anders.customer_id, Entry("fluad_tetra", "B2", 1, DAY - 100 * ONE, "norr", None)
    )
    near = Entry("fluad_tetra", "B2", 1, DAY, "norr", None)
    assert judged(replace(near, given_on=other.given_on, batch_number="B9"), other) == set()
    assert judged(near, other) == {Concern.RECENT_DOSE}
    vaccinations.withdraw(store, actor, given.dose_id, 1, WithdrawReason.WRONG_PERSON)
    assert judged(near, other) == set()


def test_whether_it_is_paid_is_read_from_claims_and_payments(
    store: Store, actor: Actor, anders: Customer, given: Dose
) -> None:
    def payment() -> dict[int, DosePayment]:
        with store.read() as tx:
            return recent_doses.read_payments(tx, [given.dose_id])

    assert payment() == {}
    claim = add_claim(store, [Claimed(15_000, dose_id=given.dose_id, customer_id=anders.customer_id)])
    assert payment() == {given.dose_id: DosePayment.CLAIMED}
    import_rows(store, actor, file_of(f"A{claim}-1;150"))
    assert payment() == {given.dose_id: DosePayment.PAID}


def test_the_reason_is_kept_with_the_dose_and_its_history_and_stays_when_it_is_corrected(
    store: Store, actor: Actor, anders: Customer, given: Dose
) -> None:
    row = memberships.add(store, actor, anders.customer_id, memberships.Entry("65_plus", None, DAY))
    new = Entry("fluad_tetra", "B2", 1, DAY, "norr", row.membership_id, reason="  Agreed ")
    dose = vaccinations.register(store, actor, anders.customer_id, new)
    again = vaccinations.correct(store, actor, dose.dose_id, 1, replace(new, batch_number="B3", reason=""))
    assert (dose.reason, again.reason) == ("Agreed", "Agreed")
    assert {change.reason for change in vaccinations.changes(store, actor, anders.customer_id)} == {"Agreed", None}
    with nothing_changes(store), pytest.raises(Exception, match="identity number"):
        vaccinations.correct(store, actor, dose.dose_id, 2, replace(new, reason=f"as {anders.identity}"))


def test_every_vaccine_of_the_catalogue_has_its_days_with_their_source(store: Store) -> None:
    assert all(vaccine.days_between for vaccine in catalogue.load(store).vaccines.values())
    with store.read() as tx:
        rows = tx.rows("SELECT days_between_source AS source FROM vaccine")
    assert all("https://" in row["source"] for row in rows)
