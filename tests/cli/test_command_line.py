from __future__ import annotations

import getpass
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from mv import export, origin, sample
from mv.access import EVERY_UNIT, Actor, Role
from mv.cli import main
from mv.export import Csv, Filters, Format, Headings, Parquet, Status, Xlsx
from mv.export.atomic_file import ProgressLine
from mv.export.claims import claims_file
from mv.export.doses import DoseFilters, doses_file
from mv.reimbursement.claims import drafting
from mv.store import Store, open_store
from tests.conftest import TODAY, SetClock
from tests.contents import contents, logged, nothing_changes

ROOT = Path(__file__).parents[2]
LEAD = Actor("test", "Test", Role.LEAD, "norr", frozenset({EVERY_UNIT}))
CUSTOMERS = 50
COMMAND = (sys.executable, "-m", "tests.cli.at_time", f"{SetClock().now}")
"""As ``python -m mv``, at the time of the tests."""


def run(file: Path, *arguments: str | Path, language: str = "en_GB.UTF-8") -> subprocess.CompletedProcess[str]:
    """Run the command as people do, with the store at ``file``."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | {"MV_STORE": str(file), "LC_ALL": language, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


@contextmanager
def opened(file: Path) -> Iterator[Store]:
    store = open_store(str(file), SetClock())
    try:
        yield store
    finally:
        store.close()


def file_of(store: Store, filters: Filters, form: Format = Csv(), headings: Headings = "en") -> bytes:  # noqa: B008 (frozen)
    return b"".join(export.groups_file(store, LEAD, filters, form, headings=headings))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of invented people, made by the command; to be copied where it is changed."""
    file = tmp_path_factory.mktemp("made") / "mv.duckdb"
    done = run(file, "sample", "--customers", str(CUSTOMERS), "--seed", "1")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{CUSTOMERS} invented customers are in the store. None of them exists.\n"
    return file


@pytest.fixture
def filled(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the store of invented people, also for commands that run in this process."""
    file = tmp_path / "mv.duckdb"
    shutil.copy(made, file)
    monkeypatch.setenv("MV_STORE", str(file))
    return file


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder for output."""
    made = tmp_path / "out"
    made.mkdir()
    return made


def said_by_main(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str]:
    """Run the command in this process; return its exit code and what it says on stderr."""
    code = main([str(argument) for argument in arguments])
    return code, capsys.readouterr().err


# python -m mv sample


def test_the_sample_is_in_the_store_and_said_to_be_invented(made: Path) -> None:
    with opened(made) as store:
        assert len(contents(store)["customer"]) == CUSTOMERS
        assert origin.read(store).invented


def test_a_store_that_has_customers_is_not_filled_again(filled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with opened(filled) as store:
        before = contents(store)
    code, said = said_by_main(capsys, "sample", "--customers", "10")
    assert code == 1
    assert said.count("\n") == 1
    with opened(filled) as store:
        assert contents(store) == before


def test_if_missing_fills_an_empty_store_once(tmp_path: Path) -> None:
    file = tmp_path / "new" / "mv.duckdb"
    first = run(file, "sample", "--customers", "3", "--if-missing")
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout == "3 invented customers are in the store. None of them exists.\n"
    with opened(file) as store:
        before = contents(store)
    assert len(before["customer"]) == 3
    again = run(file, "sample", "--customers", "5", "--if-missing", language="sv_SE.UTF-8")
    assert (again.returncode, again.stderr) == (0, "")
    assert again.stdout == "Registret används redan; inget lades till.\n"
    with opened(file) as store:
        assert contents(store) == before


def test_a_number_of_people_that_cannot_be_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "mv.duckdb"
    monkeypatch.setenv("MV_STORE", str(file))
    for number in ("0", "-1", str(sample.MOST_CUSTOMERS + 1)):
        code, said = said_by_main(capsys, "sample", "--customers", number)
        assert code == 1
        assert "10000000" in said
    with opened(file) as store:
        assert sample.is_empty(store)


# python -m mv export


def test_the_exported_file_is_what_the_function_hands_out(filled: Path, folder: Path) -> None:
    done = run(filled, "export", "--output", folder / "groups.csv")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    data = (folder / "groups.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    assert data.count(b"\n") > CUSTOMERS
    with opened(filled) as store:
        assert data == file_of(store, Filters())
    assert [file.name for file in folder.iterdir()] == ["groups.csv"]


def test_every_option_reaches_the_function(filled: Path, folder: Path) -> None:
    today, year_ago = TODAY, TODAY - timedelta(days=365)
    output = folder / "groups.csv"
    cases: list[tuple[list[str], Filters, tuple[Any, ...]]] = [
        (["--status", "active"], Filters(status=Status.ACTIVE), ()),
        (["--status", "inactive", "--format", "csv"], Filters(status=Status.INACTIVE), ()),
        (["--group", "65_plus", "--unit", "mottagning norr"], Filters(group="65_plus", unit="norr"), ()),
        (["--group", "Personal inom vård och omsorg"], Filters(group="staff"), ()),
        (["--subgroup", "Hemtjänst"], Filters(subgroup="home_care"), ()),
        (["--valid-from", f"{today}"], Filters(valid_from=today), ()),
        (["--valid-to", f"{year_ago}"], Filters(valid_to=year_ago), ()),
        (["--registered-from", f"{year_ago}"], Filters(registered_from=year_ago), ()),
        (["--registered-to", f"{year_ago}"], Filters(registered_to=year_ago), ()),
        (["--as-of", f"{year_ago}"], Filters(as_of=year_ago), ()),
        (["--delimiter", ",", "--headings", "sv"], Filters(), (Csv(","), "sv")),
        (["--format", "parquet"], Filters(), (Parquet(),)),
        (["--format", "xlsx", "--headings", "sv", "--status", "active"], Filters(status=Status.ACTIVE), (Xlsx(), "sv")),
    ]
    with opened(filled) as store:
        everything = file_of(store, Filters())
        expected = [file_of(store, filters, *layout) for _, filters, layout in cases]
    for (options, _, _), wanted in zip(cases, expected, strict=True):
        assert main(["export", "--output", str(output), *options]) == 0
        assert output.read_bytes() == wanted, options
        assert wanted != everything, f"{options} take every row, and prove nothing"
        assert wanted.count(b"\n") > 1, f"{options} take no row, and prove nothing"


def test_doses_and_claims_are_written_as_the_functions_hand_them_out(filled: Path, folder: Path) -> None:
    filters = DoseFilters(date(2025, 9, 1), date(2026, 3, 1), "norr", "efluelda", "65_plus")
    with opened(filled) as store:
        drafting.draft(store, LEAD, "Exempelregionen", date(2020, 1, 1), store.today())
        some = b"".join(doses_file(store, LEAD, filters, headings="sv"))
        every_line = b"".join(claims_file(store, LEAD))
    days = ("--given-from", "2025-09-01", "--given-to", "2026-03-01")
    chosen = ("--unit", "norr", "--vaccine", "efluelda", "--group", "65_plus", "--headings", "sv")
    for name, arguments in (("doses", (*days, *chosen)), ("claims", ()), ("of_state", ("--payer", "Staten"))):
        command = "export-doses" if name == "doses" else "export-claims"
        done = run(filled, command, *arguments, "--output", folder / name, "--progress")
        assert (done.returncode, done.stdout) == (0, "")
        assert "(100 %)" in done.stderr
    assert (folder / "doses").read_bytes() == some
    assert (folder / "claims").read_bytes() == every_line
    assert len((folder / "of_state").read_bytes().splitlines()) == 1
    wrong = run(filled, "export-doses", "--unit", "nowhere", "--output", folder / "wrong")
    assert (wrong.returncode, wrong.stderr) == (1, "There is nothing with the code nowhere in the catalogue.\n")
    assert not (folder / "wrong").exists()


def test_progress_is_told_beside_the_file(filled: Path, folder: Path) -> None:
    done = run(filled, "export", "--output", folder / "groups.csv", "--progress")
    rows = (folder / "groups.csv").read_bytes().count(b"\n") - 1
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.splitlines() == [f"0 of {rows} rows (0 %)", f"{rows} of {rows} rows (100 %)"]


def test_ctrl_c_leaves_no_file_and_says_so(
    filled: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    output, seen = folder / "groups.csv", list[bytes]()
    output.write_text("what was exported before")

    def interrupt(_line: ProgressLine) -> None:
        seen.extend(file.read_bytes() for file in folder.glob("*.part"))
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(ProgressLine, "tell", interrupt)
    monkeypatch.setenv("MV_STORE", str(filled))
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        assert main(["export", "--output", str(output), "--progress"]) == 130
    finally:
        signal.signal(signal.SIGINT, before)
    assert capsys.readouterr().err.splitlines()[-1] == "Avbruten: ingen fil skrevs."
    assert list(folder.iterdir()) == [output]
    assert output.read_text() == "what was exported before"
    assert len(seen) == 1


def test_a_file_is_its_owners_alone(filled: Path, folder: Path) -> None:
    run(filled, "export", "--output", folder / "groups.csv")
    assert (folder / "groups.csv").stat().st_mode & 0o777 == 0o600
    assert filled.stat().st_mode & 0o777 == 0o600


def test_no_rows_are_a_file_with_a_heading(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MV_STORE", str(tmp_path / "empty.duckdb"))
    assert main(["user", f"cli:{getpass.getuser()}", "--role", "lead", "--units", "*"]) == 0
    assert main(["export", "--output", str(folder / "groups.csv"), "--delimiter", ","]) == 0
    (heading,) = (folder / "groups.csv").read_text(encoding="utf-8").splitlines()
    assert heading.startswith('"customer_identity","customer_name"')


def test_an_export_is_logged_for_the_user_of_the_operating_system(filled: Path, folder: Path) -> None:
    assert main(["export", "--output", str(folder / "groups.csv"), "--group", "65_plus"]) == 0
    with opened(filled) as store:
        (entry,) = logged(store, "export_groups")
    assert entry["user_id"] == f"cli:{getpass.getuser()}"
    assert entry["customer_id"] is None
    assert entry["detail"]["filters"] == {"group": "65_plus"}


def test_a_misspelt_group_is_named_and_no_file_is_written(filled: Path, folder: Path) -> None:
    output = folder / "groups.csv"
    done = run(filled, "export", "--output", output, "--group", "Graviid")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "There is no group “Graviid”. Did you mean: Gravid?\n"
    output.write_text("what was exported before")
    done = run(filled, "export", "--output", output, "--group", "Graviid", language="sv_SE.UTF-8")
    assert done.returncode == 1
    assert "“Graviid”" in done.stderr or "”Graviid”" in done.stderr
    assert "Gravid" in done.stderr
    assert "There is" not in done.stderr
    assert output.read_text() == "what was exported before"
    assert list(folder.iterdir()) == [output]


def test_a_file_that_cannot_be_written_is_said_in_one_line_and_nothing_is_left(
    filled: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    taken = folder / "groups.csv"
    taken.mkdir()
    for output in (taken, folder / "missing" / "groups.csv"):
        code, said = said_by_main(capsys, "export", "--output", output)
        assert code == 1
        assert said.count("\n") == 1
    assert list(folder.iterdir()) == [taken]
    assert list(taken.iterdir()) == []
    done = run(filled, "export", "--output", folder / "missing" / "groups.csv")
    assert (done.returncode, done.stderr) == (1, "The file cannot be written (No such file or directory).\n")


@pytest.mark.parametrize("output", ["a file/groups.csv", "x" * 300, "", "/"], ids=["in a file", "long", "none", "root"])
def test_an_output_that_cannot_be_a_file_is_said_in_one_line_too(
    filled: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], output: str
) -> None:
    monkeypatch.chdir(folder)
    (folder / "a file").write_text("text")
    code, said = said_by_main(capsys, "export", "--output", output)
    assert code == 1
    assert said.count("\n") == 1
    assert [file.name for file in folder.iterdir()] == ["a file"]


# The store


def test_a_file_that_is_no_store_is_said_to_be_none_and_left_alone(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = tmp_path / "letter.txt"
    text.write_text("Dear all, " * 1000)
    monkeypatch.setenv("MV_STORE", str(text))
    code, said = said_by_main(capsys, "export", "--output", folder / "groups.csv")
    assert code == 1
    assert "letter.txt" in said
    assert text.read_text() == "Dear all, " * 1000
    assert list(folder.iterdir()) == []


def test_a_store_that_another_process_has_open_is_said_to_be_in_use(filled: Path, folder: Path) -> None:
    with opened(filled) as store, nothing_changes(store):
        done = run(filled, "export", "--output", folder / "groups.csv")
    assert (done.returncode, done.stdout) == (1, "")
    assert f"{filled} is in use by another process (PID {os.getpid()})" in done.stderr
    assert list(folder.iterdir()) == []
