"""Invented people: the same from the same seed, believable, and never against the rules of the real modules."""

from __future__ import annotations

import shutil
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pytest

from mv import bookings, customers, memberships, origin, sample, vaccinations
from mv.access import Actor
from mv.batches.batch import BATCH_NUMBER
from mv.clock import to_local
from mv.errors import Conflict, Invalid
from mv.identity import IdentityKind, Sex, age, parse
from mv.sample import numbers
from mv.sample.columns import day_number
from mv.store import Store, open_store

TODAY = date(2026, 11, 22)  # a Sunday in the influenza season
SIZE = 5_000
TABLES = (
    "customer customer_name membership membership_change dose dose_change batch booking booking_change access_log meta"
    " unit"
).split()


class Fill(Protocol):
    """Makes a store of its own for whoever asks, and fills it."""

    def __call__(self, size: int, seed: int = 1, day: date = TODAY, hour: int = 12) -> Store: ...


@pytest.fixture(scope="module")
def fill(duckdb_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fill]:
    with ExitStack() as stores:

        def fill(size: int, seed: int = 1, day: date = TODAY, hour: int = 12) -> Store:
            path = shutil.copy(duckdb_file, tmp_path_factory.mktemp("sample"))
            store = open_store(str(path), lambda: datetime(day.year, day.month, day.day, hour, tzinfo=UTC))
            stores.callback(store.close)
            sample.make(store, size, seed)
            return store

        yield fill


@pytest.fixture(scope="module")
def people(fill: Fill) -> Store:
    """A store with SIZE invented people."""
    return fill(SIZE)


def rows(store: Store, sql: str, *params: object) -> list[dict[str, Any]]:
    with store.read() as tx:
        return tx.rows(sql, *params)


def everything(store: Store) -> dict[str, list[dict[str, Any]]]:
    tables = {table: rows(store, f"SELECT * FROM {table}") for table in TABLES}  # noqa: S608
    return {table: sorted(found, key=repr) for table, found in tables.items()}


IMPOSSIBLE = {
    "a day of death that is not behind": "customer WHERE deceased_on >= $1 OR deceased_on <= birth_date",
    "a group that begins or ends after death": """membership m JOIN customer c ON c.customer_id = m.customer_id
        WHERE m.valid_from > c.deceased_on OR m.valid_to > c.deceased_on
            OR CAST(m.ended_at AS DATE) > c.deceased_on OR CAST(m.registered_at AS DATE) > c.deceased_on""",
    "a dose after death": """dose d JOIN customer c ON c.customer_id = d.customer_id
        WHERE d.given_on > c.deceased_on OR CAST(d.registered_at AS DATE) > c.deceased_on
            OR CAST(d.withdrawn_at AS DATE) > c.deceased_on""",
    "a booking of somebody who has died": """booking b JOIN customer c ON c.customer_id = b.customer_id
        WHERE c.deceased_on IS NOT NULL""",
    "a customer registered before birth": "customer WHERE registered_at < birth_date",
    "a customer registered after today": "customer WHERE registered_at >= $1",
    "a first day after today": "membership WHERE valid_from > $1",
    "a last day after today": "membership WHERE valid_to > $1",
    "a last day before the first": "membership WHERE valid_to < valid_from",
    "an end without all of its parts": """membership WHERE (valid_to IS NULL) <> (ended_at IS NULL)
        OR (valid_to IS NULL) <> (ended_by IS NULL) OR (valid_to IS NULL) <> (ended_reason IS NULL)""",
    "a removal of another day than the last": "membership WHERE valid_to <> CAST(ended_at AS DATE)",
    "a removal before the registration": "membership WHERE ended_at <= registered_at",
    "an end reason that nobody knows": "membership WHERE ended_reason NOT IN ('ceased', 'wrong')",
    "a key of an active row that is not its own": """membership WHERE active_key IS DISTINCT FROM CASE
        WHEN valid_to IS NULL THEN customer_id || '/' || group_code || '/' || coalesce(subgroup_code, '') END""",
    "a membership before birth": """membership m JOIN customer c ON c.customer_id = m.customer_id
        WHERE m.valid_from < c.birth_date""",
    "a membership older than its customer": """membership m JOIN customer c ON c.customer_id = m.customer_id
        WHERE m.registered_at < c.registered_at""",
    "a group when it was not in use": """membership m JOIN customer_group g ON g.group_code = m.group_code
        WHERE m.valid_from < g.valid_from OR coalesce(m.valid_to, $1) > g.valid_to""",
    "a subgroup when it was not in use": """membership m JOIN subgroup s ON s.group_code = m.group_code
        AND s.subgroup_code = m.subgroup_code
        WHERE m.valid_from < s.valid_from OR coalesce(m.valid_to, $1) > s.valid_to""",
    "a subgroup that the group does not have": """membership m LEFT JOIN subgroup s ON s.group_code = m.group_code
        AND s.subgroup_code = m.subgroup_code WHERE m.subgroup_code IS NOT NULL AND s.subgroup_code IS NULL""",
    "two periods of the same group on a day": """membership a JOIN membership b ON a.customer_id = b.customer_id
        AND a.group_code = b.group_code AND a.subgroup_code IS NOT DISTINCT FROM b.subgroup_code
        AND a.membership_id < b.membership_id
        WHERE coalesce(a.ended_reason, '') <> 'wrong' AND coalesce(b.ended_reason, '') <> 'wrong'
        AND a.valid_from <= coalesce(b.valid_to, $1) AND b.valid_from <= coalesce(a.valid_to, $1)""",
    "65 and older before the year of that birthday": """membership m JOIN customer c
        ON c.customer_id = m.customer_id WHERE group_code = '65_plus' AND coalesce(ended_reason, '') <> 'wrong'
        AND EXTRACT(year FROM valid_from) - EXTRACT(year FROM birth_date) < 65""",
    "a pregnant man, child or grandmother": """membership m JOIN customer c ON c.customer_id = m.customer_id
        WHERE group_code = 'pregnant' AND (c.sex = 'male' OR m.valid_from < c.birth_date + INTERVAL 18 YEAR
        OR m.valid_from >= c.birth_date + INTERVAL 46 YEAR)""",
    "a pregnancy of more than ten months": """membership WHERE group_code = 'pregnant'
        AND coalesce(valid_to, $1) > valid_from + INTERVAL 10 MONTH""",
    "a dose after today": "dose WHERE given_on > $1 OR CAST(registered_at AS DATE) > $1",
    "a dose registered before it was given": "dose WHERE CAST(registered_at AS DATE) < given_on",
    "a dose before the age of six months": """dose d JOIN customer c ON c.customer_id = d.customer_id
        WHERE d.given_on < c.birth_date + INTERVAL 6 MONTH - INTERVAL 2 DAY""",
    "a dose older than its customer": """dose d JOIN customer c ON c.customer_id = d.customer_id
        WHERE d.registered_at < c.registered_at""",
    "a product when it was not in use": """dose d JOIN vaccine v ON v.product_code = d.product_code
        WHERE d.given_on < v.valid_from OR d.given_on > v.valid_to""",
    "a batch that is unknown or had expired": """dose d LEFT JOIN batch b ON b.product_code = d.product_code
        AND b.batch_number = d.batch_number WHERE b.expires_on IS NULL OR b.expires_on < d.given_on""",
    "a group on a dose that is not its membership's": """dose d LEFT JOIN membership m
        ON m.membership_id = d.membership_id AND m.customer_id = d.customer_id
        WHERE (d.membership_id IS NULL) <> (d.group_code IS NULL) OR d.group_code IS DISTINCT FROM m.group_code
        OR d.subgroup_code IS DISTINCT FROM m.subgroup_code""",
    "a group on a dose that did not count that day": """dose d JOIN membership m
        ON m.membership_id = d.membership_id WHERE m.ended_reason = 'wrong' OR d.given_on < m.valid_from
        OR d.given_on > m.valid_to OR m.registered_at > d.registered_at""",
    "the same product twice a day": """(SELECT customer_id FROM dose WHERE withdrawn_at IS NULL
        GROUP BY customer_id, product_code, given_on HAVING count(*) > 1) AS twice""",
    "a withdrawal without all of its parts": """dose WHERE (withdrawn_at IS NULL) <> (withdrawn_by IS NULL)
        OR (withdrawn_at IS NULL) <> (withdrawn_reason IS NULL) OR withdrawn_at <= registered_at
        OR withdrawn_reason NOT IN ('entered_by_mistake', 'wrong_person')""",
    "a last membership change that is not the row": """membership m LEFT JOIN membership_change x
        ON x.membership_id = m.membership_id AND x.version = m.version
        WHERE (x.customer_id, x.group_code, x.subgroup_code, x.valid_from, x.valid_to, x.ended_reason)
        IS DISTINCT FROM
        (m.customer_id, m.group_code, m.subgroup_code, m.valid_from, m.valid_to, m.ended_reason)""",
    "a last dose change that is not the dose": """dose d LEFT JOIN dose_change x
        ON x.dose_id = d.dose_id AND x.version = d.version
        WHERE (x.customer_id, x.product_code, x.batch_number, x.dose_number, x.given_on, x.unit_id,
               x.group_code, x.subgroup_code, x.withdrawn_reason) IS DISTINCT FROM
              (d.customer_id, d.product_code, d.batch_number, d.dose_number, d.given_on, d.unit_id,
               d.group_code, d.subgroup_code, d.withdrawn_reason)""",
    "membership changes without their order": """(SELECT m.membership_id FROM membership m JOIN membership_change x
        ON x.membership_id = m.membership_id GROUP BY m.membership_id, m.version
        HAVING count(*) <> m.version OR min(x.version) <> 1 OR max(x.version) <> m.version) AS gaps""",
    "membership changes that go back in time": """membership_change a JOIN membership_change b
        ON a.membership_id = b.membership_id AND a.version < b.version WHERE a.changed_at >= b.changed_at""",
    "dose changes without their order": """(SELECT d.dose_id FROM dose d JOIN dose_change x
        ON x.dose_id = d.dose_id GROUP BY d.dose_id, d.version HAVING count(*) <> d.version) AS gaps""",
    "a booking outside three weeks": """booking WHERE starts_at < $1 - INTERVAL 7 DAY
        OR starts_at > $1 + INTERVAL 15 DAY""",
    "a booking made today or later": "booking WHERE booked_at >= $1",
    "a booking older than its customer": """booking b JOIN customer c ON c.customer_id = b.customer_id
        WHERE b.booked_at < c.registered_at""",
    "two bookings at a time": """(SELECT unit_id FROM booking GROUP BY unit_id, starts_at HAVING count(*) > 1)
        AS twice""",
    "a unit that does not exist": """(SELECT unit_id FROM customer UNION SELECT unit_id FROM membership
        UNION SELECT unit_id FROM dose UNION SELECT unit_id FROM booking EXCEPT SELECT unit_id FROM unit) AS odd""",
}


def counts(store: Store, impossible: str) -> int:
    today = store.today()
    sql = f"SELECT count(*) AS number FROM {impossible}"  # noqa: S608
    number: int = rows(store, sql, *[today] * ("$1" in sql))[0]["number"]
    return number


@pytest.mark.parametrize("impossible", IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_there_is_never(people: Store, impossible: str) -> None:
    assert counts(people, impossible) == 0


@pytest.mark.parametrize(
    "day",
    [date(2021, 2, 28), date(2022, 8, 31), date(2024, 2, 29), date(2026, 10, 1), date(2027, 7, 17)],
    ids=str,
)
def test_the_rules_hold_and_today_is_booked_on_any_day_of_any_year(fill: Fill, day: date) -> None:
    store = fill(300, day=day)
    assert {name: counts(store, sql) for name, sql in IMPOSSIBLE.items() if counts(store, sql)} == {}
    assert booked_today(store) == {row["unit_id"] for row in rows(store, "SELECT unit_id FROM unit")}


def test_people_made_in_several_blocks_follow_the_same_rules(fill: Fill, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sample, "BLOCK", 130)
    store = fill(300)
    assert {name: counts(store, sql) for name, sql in IMPOSSIBLE.items() if counts(store, sql)} == {}
    assert rows(store, "SELECT count(DISTINCT identity) AS n, max(customer_id) AS last FROM customer") == [
        {"n": 300, "last": 300}
    ]
    keys = [row["name_key"] for row in rows(store, "SELECT name_key FROM customer_name")]
    assert keys == sorted(keys)


def test_the_same_seed_and_day_give_the_same_rows(fill: Fill) -> None:
    first, second = (fill(250, seed=7, hour=hour) for hour in (8, 17))
    assert everything(first) == everything(second)


def test_each_engine_gets_the_same_rows(store: Store, fill: Fill) -> None:
    sample.make(store, 60, 1)
    assert everything(store) == everything(fill(60))


def test_another_seed_gives_other_people(people: Store, fill: Fill) -> None:
    numbers_of_one, numbers_of_other = (
        {row["identity"] for row in rows(store, "SELECT identity FROM customer")}
        for store in (people, fill(30, seed=2))
    )
    assert len(numbers_of_one & numbers_of_other) < 15


def test_every_number_passes_the_check_and_says_what_the_store_says(people: Store) -> None:
    found = rows(people, "SELECT identity, identity_kind, birth_date, sex FROM customer")
    assert len({row["identity"] for row in found}) == SIZE
    for row in found:
        number = parse(row["identity"], TODAY)
        assert (number.number, number.kind, number.sex) == (row["identity"], row["identity_kind"], row["sex"])
        assert number.birth_date in (row["birth_date"], None)


def test_every_kind_of_number_is_there_and_only_the_ordinary_one_is_common(people: Store) -> None:
    kinds = Counter(row["identity_kind"] for row in rows(people, "SELECT identity_kind FROM customer"))
    assert set(kinds) == set(IdentityKind)
    assert kinds[IdentityKind.PERSONNUMMER] > 0.97 * SIZE


def test_the_first_twenty_of_a_day_get_the_serials_980_to_999() -> None:
    days = np.full(20, day_number(date(1956, 5, 8)))
    female = np.arange(20) % 2 == 0
    ordinary = np.full(20, numbers.KINDS.index(IdentityKind.PERSONNUMMER))
    serials = numbers.Serials(int(days[0]), int(days[0]))
    # In two parts, as when people are made in blocks.
    ranks = np.concatenate(
        [serials.take(ordinary[part], days[part], female[part]) for part in (slice(7), slice(7, 20))]
    )
    written = numbers.identity_column(ordinary, days, female, ranks).to_pylist()
    assert sorted(int(number[8:11]) for number in written) == list(range(980, 1000))


@pytest.mark.parametrize(
    ("kind", "capacity"),
    [
        (IdentityKind.PERSONNUMMER, 499),
        (IdentityKind.SAMORDNINGSNUMMER, 499),
        (IdentityKind.RESERVE_STOCKHOLM, 100),
        (IdentityKind.RESERVE_VGR, 37),
        (IdentityKind.RESERVE_VARMLAND, 136),
        (IdentityKind.RESERVE_NATIONAL, 441),
    ],
)
@pytest.mark.parametrize("female", [False, True])
def test_numbers_stay_valid_and_different_until_a_day_is_full(kind: IdentityKind, capacity: int, female: bool) -> None:
    ranks = np.arange(capacity)
    kinds, days = np.full(capacity, numbers.KINDS.index(kind)), np.full(capacity, day_number(date(2004, 2, 29)))
    written = numbers.identity_column(kinds, days, np.full(capacity, female), ranks).to_pylist()
    assert len(set(written)) == capacity
    for text in written:
        number = parse(text, TODAY)
        assert (number.number, number.kind) == (text, kind)
        assert number.sex in (None, Sex.FEMALE if female else Sex.MALE)


def test_a_day_of_birth_that_has_run_out_of_serials_is_an_error() -> None:
    with pytest.raises(ValueError, match="serials"):
        numbers.identity_column(
            np.array([numbers.KINDS.index(IdentityKind.PERSONNUMMER)]),
            np.array([0]),
            np.array([False]),
            np.array([500]),
        )


def test_people_are_of_every_age_and_more_of_them_old_than_young(people: Store) -> None:
    ages = [age(row["birth_date"], TODAY) for row in rows(people, "SELECT birth_date FROM customer")]
    assert 0 <= min(ages) <= 1
    assert 100 <= max(ages) <= 105
    assert 0.4 < sum(65 <= years for years in ages) / SIZE < 0.6
    assert 0.05 < sum(years < 18 for years in ages) / SIZE < 0.2


def test_some_of_the_old_have_died_and_all_else_is_what_it_would_be(
    people: Store, fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    died = rows(people, "SELECT birth_date, deceased_on FROM customer WHERE deceased_on IS NOT NULL")
    assert 20 < len(died) < SIZE / 20
    assert all(age(row["birth_date"], row["deceased_on"]) >= 72 for row in died)
    some = everything(fill(250))
    monkeypatch.setattr("mv.sample.people.DEATH_SHARE", 0)
    none = everything(fill(250))
    assert any([row.pop("deceased_on") for table in ("customer", "customer_name") for row in some[table]])
    assert not any([row.pop("deceased_on") for table in ("customer", "customer_name") for row in none[table]])
    for table in TABLES:
        assert sorted(some[table], key=repr) == sorted(none[table], key=repr)


def test_names_are_found_by_what_the_search_looks_for(people: Store, actor: Actor) -> None:
    found = defaultdict(list)
    for row in rows(people, "SELECT customer_id, name_key FROM customer_name"):
        found[row["customer_id"]].append(row["name_key"])
    for row in rows(people, "SELECT customer_id, given_name, family_name FROM customer"):
        assert sorted(found[row["customer_id"]]) == sorted(customers.name_keys(row["given_name"], row["family_name"]))
    keys = [row["name_key"] for row in rows(people, "SELECT name_key FROM customer_name")]
    assert keys == sorted(keys)


def test_name_rows_show_the_customer(people: Store) -> None:
    shown = "customer_id, identity, birth_date, given_name, family_name, unit_id, deceased_on"
    assert rows(people, f"SELECT {shown} FROM customer_name EXCEPT SELECT {shown} FROM customer") == []  # noqa: S608


def test_anders_karlsson_is_a_common_name(people: Store, actor: Actor) -> None:
    found = customers.search(people, actor, "karls anders").customers
    with people.read() as tx:
        tx.execute("DELETE FROM access_log")  # the store is shared by these tests
    assert len(found) > 2
    assert all("Karlsson" in customer.family_name for customer in found)


def test_some_names_are_double_and_some_have_accents(people: Store) -> None:
    given = [row["given_name"] for row in rows(people, "SELECT given_name FROM customer")]
    family = [row["family_name"] for row in rows(people, "SELECT family_name FROM customer")]
    for names in (given, family):
        assert 0.01 < sum(" " in name or "-" in name for name in names) / SIZE < 0.2
    assert any("Åsa" in name for name in given)
    assert any("Norén" in name for name in family)


def test_memberships_are_active_ended_wrong_adjusted_and_registered_later(people: Store) -> None:
    (found,) = rows(
        people,
        """
        SELECT count(*) AS total, count(active_key) AS active, count(*) FILTER (ended_reason = 'ceased') AS ceased,
            count(*) FILTER (ended_reason = 'wrong') AS wrong, count(*) FILTER (version = 3) AS thrice,
            count(*) FILTER (CAST(registered_at AS DATE) > valid_from) AS later,
            count(*) FILTER (group_code = 'covid_phase' AND active_key IS NULL) AS no_longer_used
        FROM membership
        """,
    )
    assert found["active"] > 0.5 * found["total"]
    assert found["ceased"] > 0.1 * found["total"]
    assert min(found.values()) > 20


def test_groups_began_in_three_seasons(people: Store) -> None:
    starts = [row["valid_from"] for row in rows(people, "SELECT valid_from FROM membership")]
    for season in (2024, 2025, 2026):
        assert sum(date(season, 10, 1) <= day <= date(season + 1, 3, 31) for day in starts) > 500


def test_an_adjusted_row_had_another_subgroup_first(people: Store) -> None:
    sql = """
        SELECT a.group_code = b.group_code AS same_group, a.subgroup_code <> b.subgroup_code AS other_subgroup
        FROM membership_change a JOIN membership_change b ON a.membership_id = b.membership_id AND b.version = 2
        WHERE a.version = 1 AND b.change = 'adjusted'
    """
    found = rows(people, sql)
    assert len(found) > 20
    assert all(row["same_group"] and row["other_subgroup"] for row in found)


def test_a_few_doses_have_no_group_are_registered_late_or_withdrawn(people: Store) -> None:
    (found,) = rows(
        people,
        """
        SELECT count(*) / 100.0 AS hundredth, count(*) FILTER (group_code IS NULL) AS without,
            count(*) FILTER (CAST(registered_at AS DATE) - given_on > 30) AS late, count(withdrawn_at) AS withdrawn
        FROM dose
        """,
    )
    hundredth = float(found["hundredth"])
    assert hundredth > SIZE / 100
    assert 4 < found["without"] / hundredth < 11
    assert 1 < found["late"] / hundredth < 5
    assert 0.2 < found["withdrawn"] / hundredth < 2


def test_dose_numbers_are_those_that_the_form_would_have_suggested(people: Store) -> None:
    atc = {row["product_code"]: row["atc"] for row in rows(people, "SELECT product_code, atc FROM vaccine")}
    sql = f"SELECT {vaccinations.COLUMNS} FROM dose ORDER BY customer_id, given_on"  # noqa: S608
    doses = [vaccinations.Dose(**row) for row in rows(people, sql)]
    for _, of_customer in groupby(doses, key=lambda dose: dose.customer_id):
        earlier: list[vaccinations.Dose] = []
        for dose in of_customer:
            code = atc[dose.product_code]
            assert dose.dose_number == vaccinations.next_dose_number(earlier, atc, code, dose.given_on)
            earlier.append(dose)


def test_batch_numbers_are_such_as_the_register_takes_and_most_have_expired(people: Store) -> None:
    batches = rows(people, "SELECT batch_number, expires_on FROM batch")
    assert all(BATCH_NUMBER.fullmatch(batch["batch_number"]) for batch in batches)
    expired = sum(batch["expires_on"] < TODAY for batch in batches)
    assert 0 < expired < len(batches)


def booked_today(store: Store) -> set[str]:
    found = rows(store, "SELECT unit_id, starts_at FROM booking")
    return {row["unit_id"] for row in found if to_local(row["starts_at"]).date() == store.today()}


def test_every_unit_has_bookings_today_and_many_on_weekdays(people: Store) -> None:
    per_day: Counter[tuple[str, date]] = Counter()
    for row in rows(people, "SELECT unit_id, starts_at FROM booking"):
        start = to_local(row["starts_at"])
        assert 8 <= start.hour < 16
        assert start.minute % 10 == 0
        per_day[row["unit_id"], start.date()] += 1
    units = {row["unit_id"] for row in rows(people, "SELECT unit_id FROM unit")}
    for day in (TODAY + timedelta(days=n) for n in range(-7, 15)):
        for unit in units:
            assert (20 <= per_day[unit, day] <= 45) if day.weekday() < 5 else (1 <= per_day[unit, day] <= 8)


def test_bookings_show_who_comes_to_a_unit_today(fill: Fill, actor: Actor) -> None:
    store = fill(200, day=date(2026, 11, 24))
    found = bookings.of_day(store, actor, actor.unit_id, store.today())
    assert found
    assert all(booking.name for booking in found)


def test_nobody_has_two_bookings_and_a_small_sample_has_fewer(fill: Fill) -> None:
    store = fill(3)
    found = rows(store, "SELECT customer_id FROM booking")
    assert 0 < len(found) == len({row["customer_id"] for row in found}) <= 3


def test_a_row_can_be_removed_and_the_next_customer_registered(fill: Fill, actor: Actor) -> None:
    store = fill(50)
    new = customers.register(store, actor, "20000101-9819", "Åsa", "Öberg", "norr")
    assert new.customer_id == 51
    (active, *_) = rows(store, "SELECT membership_id, version FROM membership WHERE valid_to IS NULL")
    removed = memberships.remove(store, actor, active["membership_id"], active["version"])
    assert removed.valid_to == TODAY


def test_a_store_with_customers_is_left_alone(store: Store, anders: customers.Customer) -> None:
    before = everything(store)
    with pytest.raises(Conflict):
        sample.make(store, 5, 1)
    assert everything(store) == before
    assert not sample.is_empty(store)
    assert not origin.read(store).invented


def test_a_filled_store_is_marked_as_invented_and_its_access_log_is_empty(people: Store) -> None:
    assert origin.read(people).invented
    assert not sample.is_empty(people)
    assert rows(people, "SELECT count(*) AS n FROM access_log") == [{"n": 0}]


def test_a_number_of_people_that_cannot_be_is_refused(people: Store) -> None:
    for size in (0, -1, sample.MOST_CUSTOMERS + 1):
        with pytest.raises(Invalid):
            sample.make(people, size, 1)
