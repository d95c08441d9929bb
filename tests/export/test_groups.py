from __future__ import annotations

import codecs
import json
import random
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mv import export
from mv.access import EVERY_UNIT, Actor, Role
from mv.errors import Forbidden, Invalid
from mv.export import Counts, Csv, Filters, Status, claims, doses, groups
from mv.export.formats.csv import encode
from mv.export.schema import Column
from mv.i18n import explain, translate
from mv.pseudonyms import TEXT
from mv.store import Store, open_store
from mv.text import neutralise_formulas, restore_formulas

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TODAY = date(2026, 11, 22)
LEAD = Actor("demo:ana", "Ana Lys", Role.LEAD, "norr", frozenset({EVERY_UNIT}))
COORDINATOR = Actor("demo:maja", "Maja Mottagning", Role.COORDINATOR, "norr")

CATALOGUE = """
    INSERT INTO unit (unit_id, name, region, valid_from) VALUES
        ('norr', 'Mottagning Norr', 'x', $1), ('centrum', 'Mottagning Centrum', 'x', $1),
        ('soder', 'Mottagning Söder', 'x', $1);
    INSERT INTO customer_group (group_code, name_sv, name_en, sort_order, valid_from, source) VALUES
        ('65_plus', '65 år och äldre', '65 years and older', 10, $1, 'x'),
        ('pregnant', 'Gravid', 'Pregnant', 20, $1, 'x'),
        ('medical_risk', 'Medicinsk riskgrupp', 'Medical risk group', 30, $1, 'x'),
        ('staff', 'Vårdpersonal', 'Health care staff', 40, $1, 'x'),
        ('frailty', 'Skörhet', 'Frailty', 50, $1, 'x'),
        ('phase', 'Fasordning', 'Vaccination by phase', 60, $1, 'x'),
        ('new_frailty', 'Skörhet', 'New frailty', 70, $1, 'x');
    INSERT INTO subgroup (group_code, subgroup_code, name_sv, name_en, sort_order, valid_from) VALUES
        ('medical_risk', 'heart', 'Hjärtsjukdom', 'Heart disease', 10, $1),
        ('staff', 'health_care', 'Sjukvård', 'Health care', 10, $1),
        ('staff', 'home_care', 'Hemtjänst', 'Home care', 20, $1),
        ('frailty', 'home_care', 'Hemtjänst', 'Home care', 10, $1)
"""
# Identity numbers that authorities publish as examples, and a name for each way to break a CSV file.
CUSTOMERS = """
    INSERT INTO customer (customer_id, identity, identity_kind, birth_date, given_name, family_name, unit_id,
        registered_at, registered_by)
    SELECT id, number, 'x', born, given, family, 'norr', $1, 'maja' FROM (VALUES
        (1, '191212121212', DATE '1912-12-12', 'Tolvan', 'Tolvansson'),
        (2, '197010632391', DATE '1970-10-03', '=1+1', 'Räv'),
        (3, '19810829M071', DATE '1981-08-29', E'Åsa; "Bim"\\nKim', 'Öberg'),
        (4, '991981000010', DATE '1981-01-01', 'Karin', 'Holm, den äldre')
    ) AS people (id, number, born, given, family)
"""
MEMBERSHIP = """
    INSERT INTO membership (membership_id, customer_id, group_code, subgroup_code, valid_from, valid_to, unit_id,
        registered_at, registered_by, ended_at, ended_by, ended_reason, version)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
"""
ACTIVE, ENDED, WRONG, NEW, ENDED_TODAY = 1, 2, 3, 4, 5
ROWS: list[tuple[object, ...]] = [
    (ENDED_TODAY, 4, "staff", "home_care", date(2026, 2, 1), TODAY, "soder",
     datetime(2026, 2, 1, 7), "@robot", datetime(2026, 11, 22, 9), "maja", "ceased", 2),
    (WRONG, 2, "pregnant", None, date(2026, 9, 15), date(2026, 11, 1), "centrum",
     datetime(2026, 9, 15, 6), "maja", datetime(2026, 11, 1, 12), "maja", "wrong", 2),
    (ACTIVE, 1, "65_plus", None, date(2025, 10, 1), None, "norr",
     datetime(2025, 10, 1, 8, 15, 30, 999999), "maja", None, None, None, 1),
    (NEW, 3, "frailty", "home_care", TODAY, None, "centrum",
     datetime(2026, 11, 22, 10), "maja", None, None, None, 1),
    (ENDED, 1, "medical_risk", "heart", date(2024, 10, 1), date(2026, 3, 31), "norr",
     datetime(2024, 10, 1, 22), "johan", datetime(2026, 3, 31, 9), "maja", "ceased", 3),
]  # fmt: skip
NAMES = [column.name for column in groups.COLUMNS]
IN_ORDER = [ENDED, ACTIVE, WRONG, NEW, ENDED_TODAY]

EXPECTED = """\
191212121212|Tolvan Tolvansson|1912-12-12|Medical risk group|Heart disease|inactive|2024-10-01|2026-03-31|Mottagning Norr|2024-10-02 00:00:00|johan|2026-03-31 11:00:00|maja|ceased|medical_risk|heart|norr|2|3
191212121212|Tolvan Tolvansson|1912-12-12|65 years and older||active|2025-10-01||Mottagning Norr|2025-10-01 10:15:30|maja||||65_plus||norr|1|1
197010632391|'=1+1 Räv|1970-10-03|Pregnant||inactive|2026-09-15|2026-11-01|Mottagning Centrum|2026-09-15 08:00:00|maja|2026-11-01 13:00:00|maja|wrong|pregnant||centrum|3|2
19810829M071|Åsa; "Bim"\\nKim Öberg|1981-08-29|Frailty|Home care|active|2026-11-22||Mottagning Centrum|2026-11-22 11:00:00|maja||||frailty|home_care|centrum|4|1
991981000010|Karin Holm, den äldre|1981-01-01|Health care staff|Home care|inactive|2026-02-01|2026-11-22|Mottagning Söder|2026-02-01 08:00:00|'@robot|2026-11-22 10:00:00|maja|ceased|staff|home_care|soder|5|2
"""  # noqa: E501
SWEDISH_WORDS = {
    "Medical risk group": "Medicinsk riskgrupp",
    "Heart disease": "Hjärtsjukdom",
    "65 years and older": "65 år och äldre",
    "Pregnant": "Gravid",
    "Frailty": "Skörhet",
    "Home care": "Hemtjänst",
    "Health care staff": "Vårdpersonal",
}


@pytest.fixture
def empty_store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(str(tmp_path / "mv.duckdb"), clock=lambda: NOW)
    with store.read() as tx:
        for statement in CATALOGUE.split(";"):
            tx.execute(statement, date(2020, 1, 1))
    yield store
    store.close()


@pytest.fixture
def store(empty_store: Store) -> Store:
    with empty_store.read() as tx:
        tx.execute(CUSTOMERS, datetime(2020, 1, 1))
        for row in ROWS:
            tx.execute(MEMBERSHIP, *row)
    return empty_store


def expected() -> pd.DataFrame:
    rows = [line.replace("\\n", "\n").split("|") for line in EXPECTED.splitlines()]
    return pd.DataFrame(rows, columns=NAMES, dtype="str")


def read_back(data: bytes, delimiter: str = ";", encoding: str = "utf-8-sig") -> pd.DataFrame:
    return pd.read_csv(BytesIO(data), sep=delimiter, dtype="str", keep_default_na=False, encoding=encoding)


def file_of(store: Store, filters: Filters = Filters()) -> bytes:  # noqa: B008 (it is frozen)
    return b"".join(export.groups_file(store, LEAD, filters))


def ids(store: Store, filters: Filters) -> list[int]:
    return [int(number) for number in read_back(file_of(store, filters))["membership_id"]]


def statuses(store: Store, filters: Filters) -> dict[int, str]:
    rows = read_back(file_of(store, filters))
    return dict(zip(rows["membership_id"].astype(int), rows["status"], strict=True))


def log(store: Store) -> list[dict[str, object]]:
    with store.read() as tx:
        rows = tx.rows(
            "SELECT user_id, unit_id, action, customer_id, detail, outcome FROM access_log ORDER BY entry_id"
        )
    return [{**row, "detail": json.loads(row["detail"]) if row["detail"] else None} for row in rows]


# The file


def test_the_file_holds_every_row_active_and_inactive_by_customer_and_period(store: Store) -> None:
    pd.testing.assert_frame_equal(read_back(file_of(store)), expected())


def test_texts_stand_in_quotes_and_days_and_numbers_do_not(store: Store) -> None:
    lines = file_of(store, Filters(group="65_plus")).decode().splitlines()

    assert lines[1] == (
        '"191212121212";"Tolvan Tolvansson";1912-12-12;"65 years and older";;"active";2025-10-01;;'
        '"Mottagning Norr";2025-10-01 10:15:30;"maja";;;;"65_plus";;"norr";1;1'
    )


def test_a_file_for_swedish_excel_begins_with_a_byte_order_mark_and_a_plain_one_does_not(store: Store) -> None:
    plain = b"".join(export.groups_file(store, LEAD, Filters(), Csv(",")))

    assert file_of(store).startswith(b'\xef\xbb\xbf"customer_identity";')
    assert plain.startswith(b'"customer_identity",')
    pd.testing.assert_frame_equal(read_back(plain, ",", "utf-8"), expected())


@pytest.mark.parametrize(("bom", "beginning"), [(True, b"\xef\xbb\xbf"), (False, b'"customer')])
@pytest.mark.parametrize("delimiter", [";", ","])
def test_the_byte_order_mark_can_be_chosen(
    store: Store, delimiter: export.Delimiter, bom: bool, beginning: bytes
) -> None:
    chunks = export.groups_file(store, LEAD, Filters(), Csv(delimiter, bom))

    assert next(chunks).startswith(beginning)


def test_no_rows_are_a_file_with_a_heading(empty_store: Store) -> None:
    rows = read_back(file_of(empty_store))

    assert list(rows.columns) == NAMES
    assert rows.empty


def test_the_same_filters_give_the_same_bytes_however_the_rows_are_read(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = file_of(store)
    for customers_at_once in (1, 2, 3):
        monkeypatch.setattr(groups, "CUSTOMERS_PER_QUERY", customers_at_once)
        assert file_of(store) == first


def test_swedish_headings_bring_swedish_names_and_words(store: Store) -> None:
    rows = read_back(b"".join(export.groups_file(store, LEAD, Filters(), headings="sv")))

    wanted = expected()
    for column, words in (
        ("status", groups.STATUSES),
        ("ended_reason", groups.END_REASONS),
    ):
        wanted[column] = wanted[column].map(lambda code, words=words: translate(words.get(code, ""), "sv"))
    for column in ("group", "subgroup"):
        wanted[column] = wanted[column].map(lambda name: SWEDISH_WORDS.get(name, name))
    wanted.columns = pd.Index([translate(column.label, "sv") for column in groups.COLUMNS])
    pd.testing.assert_frame_equal(rows, wanted)


def test_a_code_that_is_not_in_the_catalogue_stands_as_it_is(store: Store) -> None:
    with store.read() as tx:
        tx.execute("UPDATE membership SET group_code = '-old', subgroup_code = 'x' WHERE membership_id = 2")

    row = read_back(file_of(store)).iloc[0]

    assert list(row[["group", "subgroup", "group_code"]]) == ["'-old", "'-old/x", "'-old"]


def test_the_file_name_tells_status_and_day_only() -> None:
    filters = Filters(Status.INACTIVE, group="191212121212")

    assert export.filename(Filters(), TODAY) == "kundgrupper_alla_2026-11-22.csv"
    assert export.filename(filters, TODAY) == "kundgrupper_inaktiva_2026-11-22.csv"


@pytest.mark.parametrize(
    ("heading", "columns"),
    [
        ("### Groups", (*groups.IDENTITY, *groups.MEMBERSHIP, *groups.PSEUDONYM)),
        ("### Doses", doses.DOSE),
        ("### Claim lines", claims.LINE),
    ],
)
def test_every_column_is_described_in_the_documentation_in_order(heading: str, columns: Sequence[Column]) -> None:
    text = (Path(export.__file__).parents[2] / "docs" / "export.md").read_text(encoding="utf-8")
    section = text.partition(f"\n{heading}\n")[2].partition("\n##")[0]
    first_cells = re.findall(r"^\| (`[^|]+) \|", section, re.MULTILINE)
    assert re.findall(r"`(\w+)`", " ".join(first_cells)) == [column.name for column in columns]


# Cells that a spreadsheet would run


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+46", "-1", "@SUM(A1)", "\0", " =1", "\u00a0=1", "\ufeff=1", "\x01\u200b@x",
     "\uff1d1", "\uff0b1", "\uff0d1", "\uff201", "'=1", "'", "-"],
)  # fmt: skip
def test_a_text_that_could_be_run_gets_an_apostrophe(text: str) -> None:
    assert list(neutralise_formulas(pd.Series([text, "Eva"], dtype=TEXT))) == ["'" + text, "Eva"]


@pytest.mark.parametrize(
    ("text", "harmless"),
    [
        ("Eva;=1+1", "Eva;'=1+1"),
        ("Eva,@SUM(A1)", "Eva,'@SUM(A1)"),
        ("Eva\t+46", "Eva\t'+46"),
        ("Eva|-1", "Eva|'-1"),
        ("Eva\n=1;=2", "Eva\n'=1;'=2"),
        ("Eva; \u200b\uff1d1", "Eva; \u200b'\uff1d1"),
        ('Eva;"=1"', 'Eva;"\'=1"'),
        ("Eva;'=1", "Eva;''=1"),
        (";=1", ";'=1"),
        ("\t=1", "'\t'=1"),
        ("\n \u200b@x", "'\n \u200b'@x"),
        ("=1;=2", "'=1;'=2"),
    ],
)
def test_a_formula_after_a_separator_gets_an_apostrophe_too(text: str, harmless: str) -> None:
    assert list(neutralise_formulas(pd.Series([text, None], dtype=TEXT).dropna())) == [harmless]
    assert restore_formulas(harmless) == text


@pytest.mark.parametrize("text", ["Anna-Lisa", "O'Brien", "a=1", "", " Anna", "1+1", "é", "Ek, Eva", "a; b-c", "1,5"])
def test_an_ordinary_text_stays_as_it_is(text: str) -> None:
    assert list(neutralise_formulas(pd.Series([text], dtype=TEXT))) == [text]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])) | st.text(";,'=\t a\""), min_size=1))
def test_taking_the_apostrophes_away_gives_every_text_back(texts: list[str]) -> None:
    written = neutralise_formulas(pd.Series(texts, dtype=TEXT))

    assert not written.str.contains(r"(?:^|[;,|\t\r\n])\s*[-=+@]").any()
    assert [restore_formulas(text) for text in written] == texts


def test_a_missing_text_stays_missing() -> None:
    assert neutralise_formulas(pd.Series([None, "=1"], dtype=TEXT)).isna().tolist() == [True, False]


# Filters


@pytest.mark.parametrize(
    ("filters", "wanted"),
    [
        (Filters(), IN_ORDER),
        (Filters(Status.ACTIVE), [ACTIVE, NEW]),
        (Filters(Status.INACTIVE), [ENDED, WRONG, ENDED_TODAY]),
        (Filters(group="65_plus"), [ACTIVE]),
        (Filters(group=" GRAVID "), [WRONG]),
        (Filters(group="Medical risk group"), [ENDED]),
        (Filters(group="phase"), []),
        (Filters(group="skörhet"), [NEW]),
        (Filters(subgroup="Hemtjänst"), [NEW, ENDED_TODAY]),
        (Filters(subgroup="home_care"), [NEW, ENDED_TODAY]),
        (Filters(group="staff", subgroup="home care"), [ENDED_TODAY]),
        (Filters(unit="centrum"), [WRONG, NEW]),
        (Filters(unit="mottagning söder"), [ENDED_TODAY]),
        (Filters(valid_from=date(2026, 3, 31)), IN_ORDER),
        (Filters(valid_from=date(2026, 4, 1)), [ACTIVE, WRONG, NEW, ENDED_TODAY]),
        (Filters(valid_to=date(2025, 10, 1)), [ENDED, ACTIVE]),
        (Filters(valid_to=date(2025, 9, 30)), [ENDED]),
        (Filters(valid_from=date(2026, 4, 1), valid_to=date(2026, 9, 14)), [ACTIVE, ENDED_TODAY]),
        (Filters(registered_from=date(2024, 10, 2), registered_to=date(2024, 10, 2)), [ENDED]),
        (Filters(registered_to=date(2024, 10, 1)), []),
        (Filters(registered_from=date(2026, 9, 15)), [WRONG, NEW]),
        (Filters(Status.ACTIVE, group="65_plus", unit="norr", valid_from=TODAY, as_of=TODAY), [ACTIVE]),
        (Filters(Status.ACTIVE, group="staff", subgroup="home_care"), []),
    ],
)
def test_each_filter_takes_its_rows(store: Store, filters: Filters, wanted: list[int]) -> None:
    assert ids(store, filters) == wanted


@pytest.mark.parametrize(
    ("day", "wanted"),
    [
        (date(2024, 9, 30), {}),
        (date(2026, 3, 30), {ENDED: "active", ACTIVE: "active", ENDED_TODAY: "active"}),
        (date(2026, 3, 31), {ENDED: "inactive", ACTIVE: "active", ENDED_TODAY: "active"}),
        (date(2026, 10, 1), {ENDED: "inactive", ACTIVE: "active", WRONG: "inactive", ENDED_TODAY: "active"}),
    ],
)
def test_as_of_a_day_gives_the_status_at_the_end_of_it_and_leaves_out_what_starts_later(
    store: Store, day: date, wanted: dict[int, str]
) -> None:
    assert statuses(store, Filters(as_of=day)) == wanted
    active = [number for number, status in wanted.items() if status == "active"]
    assert ids(store, Filters(Status.ACTIVE, as_of=day)) == active


def test_as_of_today_is_the_same_as_none(store: Store) -> None:
    assert file_of(store, Filters(as_of=TODAY)) == file_of(store)


@pytest.mark.parametrize(
    ("filters", "words"),
    [
        (Filters(group="pregnat"), ["pregnat", "Pregnant"]),
        (Filters(group="Gravidd"), ["Gravidd", "Gravid"]),
        (Filters(group="risk"), ["risk", "medical_risk", "Medicinsk riskgrupp"]),
        (Filters(group=""), ["“”", "65 years and older"]),
        (Filters(unit="centrun"), ["centrun", "centrum"]),
        (Filters(unit="xyz"), ["xyz", "Mottagning Norr", "Mottagning Söder"]),
        (Filters(subgroup="hart"), ["hart", "heart"]),
        (Filters(group="staff", subgroup="heart"), ["Health care staff", "heart", "Home care"]),
        (Filters(group="pregnant", subgroup="heart"), ["Pregnant", "no subgroups"]),
        (Filters(valid_from=date(2026, 2, 2), valid_to=date(2026, 2, 1)), ["period"]),
        (Filters(registered_from=date(2026, 2, 2), registered_to=date(2026, 2, 1)), ["registration"]),
        (Filters(as_of=date(2026, 11, 23)), ["today, 2026-11-22"]),
        (Filters(registered_to=date.max), ["9999-12-31"]),
        (Filters(valid_from=date.min), ["0001-01-01"]),
    ],
)
def test_a_filter_that_cannot_be_is_refused_by_name_and_not_logged(
    store: Store, filters: Filters, words: list[str]
) -> None:
    with pytest.raises(Invalid) as refused:
        export.groups_file(store, LEAD, filters)

    message = explain(refused.value, "en")
    for word in words:
        assert word in message
    assert log(store) == []


# Rights and the access log


@pytest.mark.parametrize(
    "function", [export.groups_file, export.preview, export.counts, export.summary, export.active_over_time]
)
def test_who_may_not_export_gets_nothing(store: Store, function: Callable[..., object]) -> None:
    with pytest.raises(Forbidden):
        function(store, COORDINATOR, Filters())

    (entry,) = log(store)
    assert (entry["user_id"], entry["action"], entry["outcome"]) == (COORDINATOR.user_id, "export_groups", "refused")


def test_an_export_is_logged_once_with_its_filters_and_rows_even_when_it_is_not_read_to_the_end(
    store: Store,
) -> None:
    chunks = export.groups_file(store, LEAD, Filters(Status.INACTIVE, unit="Mottagning Norr"))
    next(chunks)
    chunks.close()  # type: ignore[attr-defined]

    assert log(store) == [
        {
            "user_id": "demo:ana",
            "unit_id": "norr",
            "action": "export_groups",
            "customer_id": None,
            "detail": {
                "filters": {"status": "inactive", "unit": "Mottagning Norr"},
                "rows": 1,
                "list": "groups",
                "identities": True,
                "units": ["*"],
            },
            "outcome": "done",
        }
    ]


def test_a_preview_is_the_beginning_of_the_file(store: Store) -> None:
    rows = export.preview(store, LEAD, Filters(valid_to=TODAY), limit=2)

    text = encode(rows, ";", heading=True)
    assert file_of(store).removeprefix(b"\xef\xbb\xbf").startswith(text)
    assert len(rows) == 2


def test_a_preview_logs_each_customer_that_it_shows_once(store: Store) -> None:
    for _ in range(2):
        export.preview(store, LEAD, Filters(valid_to=TODAY), limit=2)

    with store.read() as tx:
        logged = tx.rows("SELECT customer_id FROM access_log WHERE action = 'preview_export' ORDER BY 1")
        first_two = tx.rows(
            "SELECT customer_id FROM membership WHERE valid_from <= $1"
            " ORDER BY customer_id, valid_from, membership_id LIMIT 2",
            TODAY,
        )
    assert [row["customer_id"] for row in logged] == sorted({row["customer_id"] for row in first_two})


def test_a_preview_of_nothing_has_the_columns(empty_store: Store) -> None:
    assert list(export.preview(empty_store, LEAD, Filters()).columns) == NAMES


# Counts


def test_counts_and_summary_tie_out_with_the_file(store: Store) -> None:
    for filters in (Filters(), Filters(Status.ACTIVE), Filters(as_of=date(2026, 3, 30)), Filters(unit="norr")):
        rows = read_back(file_of(store, filters))
        found = export.counts(store, LEAD, filters)
        summary = export.summary(store, LEAD, filters)

        status = rows["status"].value_counts()
        assert found == Counts(
            rows=len(rows),
            active=status.get("active", 0),
            inactive=status.get("inactive", 0),
            people=rows["customer_identity"].nunique(),
        )
        assert summary["rows"].sum() == len(rows)


def test_the_summary_has_people_and_rows_by_group_and_status_in_the_catalogue_s_order(store: Store) -> None:
    with store.read() as tx:
        again = (9, 1, "65_plus", None, date(2023, 1, 1), date(2023, 2, 1), *ROWS[0][6:])
        once_more = (10, 1, "65_plus", None, date(2024, 1, 1), date(2024, 2, 1), *ROWS[0][6:])
        for row in (again, once_more):
            tx.execute(MEMBERSHIP, *row)

    summary = export.summary(store, LEAD, Filters())

    assert summary.values.tolist() == [
        ["65_plus", "65 years and older", "active", 1, 1],
        ["65_plus", "65 years and older", "inactive", 1, 2],
        ["pregnant", "Pregnant", "inactive", 1, 1],
        ["medical_risk", "Medical risk group", "inactive", 1, 1],
        ["staff", "Health care staff", "inactive", 1, 1],
        ["frailty", "Frailty", "active", 1, 1],
    ]
    assert list(summary.columns) == ["group_code", "group", "status", "people", "rows"]
    assert "Skörhet" in list(export.summary(store, LEAD, Filters(), headings="sv")["group"])


def test_counts_of_nothing_are_zero_and_empty(empty_store: Store) -> None:
    assert export.counts(empty_store, LEAD, Filters()) == Counts(0, 0, 0, 0)
    assert export.summary(empty_store, LEAD, Filters()).empty
    assert export.active_over_time(empty_store, LEAD, Filters()).empty


def test_over_time_both_days_of_a_period_count_and_mistakes_count_never(store: Store) -> None:
    over_time = export.active_over_time(store, LEAD, Filters())

    on = {(f"{row.day:%Y-%m-%d}", row.group_code): row.active for row in over_time.itertuples()}
    assert list(over_time.columns) == ["day", "group_code", "group", "active"]
    assert on["2026-03-31", "medical_risk"] == 1
    assert on["2026-04-30", "medical_risk"] == 0
    assert on["2026-11-22", "staff"] == 1
    assert on["2026-11-22", "frailty"] == 1
    assert on["2024-10-31", "frailty"] == 0
    assert "pregnant" not in set(over_time["group_code"])


def random_memberships(numbers: random.Random, count: int) -> pa.Table:
    rows = []
    for number in range(count):
        first = date(2024, 1, 1) + timedelta(numbers.randrange(1056))
        last = numbers.choice([None, min(TODAY, first + timedelta(numbers.randrange(200)))])
        reason = last and numbers.choice(["ceased", "wrong"])
        rows.append(
            {
                "membership_id": number, "customer_id": 1, "group_code": numbers.choice(["staff", "pregnant"]),
                "valid_from": first, "valid_to": last, "unit_id": "norr", "ended_reason": reason,
                "registered_at": datetime(2024, 1, 1), "registered_by": "maja", "version": 1,
            }
        )  # fmt: skip
    return pa.Table.from_pylist(rows)


@pytest.mark.parametrize(
    "filters",
    [
        Filters(),
        Filters(as_of=date(2025, 7, 31)),
        Filters(valid_from=date(2025, 2, 28), valid_to=date(2025, 6, 15)),
        Filters(Status.INACTIVE),
    ],
)
def test_over_time_agrees_with_counting_row_by_row(empty_store: Store, filters: Filters) -> None:
    memberships = random_memberships(random.Random(7), 400)  # noqa: S311
    empty_store.load({"membership": memberships})
    rows = [row for row in memberships.to_pylist() if row["ended_reason"] != "wrong"]
    if filters.status == Status.INACTIVE:
        rows = [row for row in rows if row["valid_to"]]

    over_time = export.active_over_time(empty_store, LEAD, filters)

    assert over_time["day"].dt.date.iloc[-1] == min(filter(None, [TODAY, filters.as_of, filters.valid_to]))
    for found in over_time.itertuples():
        day = found.day.date()
        assert found.active == sum(
            row["group_code"] == found.group_code
            and row["valid_from"] <= day
            and (row["valid_to"] is None or day <= row["valid_to"])
            for row in rows
        )
    assert over_time["active"].sum() > 0


def test_over_time_before_anything_can_have_been_counted_is_empty(store: Store) -> None:
    assert export.active_over_time(store, LEAD, Filters(valid_from=date(2026, 12, 1))).empty


def test_the_summary_for_publication_is_a_file_without_small_counts(store: Store) -> None:
    file = b"".join(export.summary_file(store, LEAD, Filters()))
    assert file.startswith(codecs.BOM_UTF8)
    rows = pd.read_csv(BytesIO(file), sep=";", encoding="utf-8-sig")
    assert list(rows.columns) == ["group", "status", "people", "rows"]
    whole = export.summary(store, LEAD, Filters())
    assert list(rows["group"]) == list(whole["group"])
    assert set(whole["people"]) & {1, 2, 3, 4}, "nothing to leave out, and proves nothing"
    assert not set(rows["people"].dropna()) & {1, 2, 3, 4}
