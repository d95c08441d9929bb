"""python -m mv bookings import: a file of bookings taken in, with a report for programs and an exit code."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from mv import customers, origin
from mv.access import Actor
from mv.cli import main
from mv.store import open_store
from tests.booking_files.files import ANDERS, EVA, GOOGLE, HEADINGS, changed
from tests.conftest import SetClock
from tests.contents import contents

Run = Callable[..., tuple[int, Any, str]]


@pytest.fixture
def path(duckdb_file: Path, tmp_path: Path, actor: Actor, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store of invented people with Anders and Eva in it, which commands open, in English and without sign-in."""
    file, settings = tmp_path / "mv.duckdb", tmp_path / "settings.toml"
    shutil.copy(duckdb_file, file)
    settings.touch()
    with closing(open_store(str(file), SetClock())) as store:
        store.load({"meta": pa.table(origin.INVENTED)})
        customers.register(store, actor, ANDERS, "Anders", "Karlsson", "norr")
        customers.register(store, actor, EVA, "Eva", "Ek", "norr")
    monkeypatch.setenv("MV_STORE", str(file))
    monkeypatch.setenv("MV_SETTINGS", str(settings))
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    return file


@pytest.fixture
def run(path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command in this process: its exit code, its report, and what it says on stderr."""

    def command(*arguments: str | Path) -> tuple[int, Any, str]:
        code = main(["bookings", "import", *map(str, arguments)])
        said = capsys.readouterr()
        return code, json.loads(said.out) if said.out.startswith("{") else said.out, said.err

    return command


def states(path: Path) -> list[str]:
    with closing(open_store(str(path), SetClock())) as store:
        return [row["state"] for row in sorted(contents(store)["booking"], key=lambda row: row["booking_id"])]


def write(tmp_path: Path, text: str, name: str = "bookings.ics") -> Path:
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    return file


def test_a_calendar_is_tried_imported_and_there_already(path: Path, tmp_path: Path, run: Run) -> None:
    file = write(tmp_path, GOOGLE)
    code, report, err = run(file, "--unit", "Mottagning Norr", "--dry-run")
    assert (code, err, report["done"], report["saved"], report["counts"]["new"]) == (0, "", True, 0, 3)
    assert states(path) == []
    code, report, _ = run(file, "--unit", "norr")
    assert (code, report["saved"], report["already"]) == (0, 3, 0)
    code, report, _ = run(file, "--unit", "norr")
    assert (code, report["saved"], report["already"]) == (0, 0, 3)
    code, report, _ = run(file)
    assert (code, report["problems"][0]["message"]) == (1, "Choose the unit that the calendar is of.")


def test_what_is_moved_and_gone_is_told_and_nobody_named(path: Path, tmp_path: Path, run: Run) -> None:
    run(write(tmp_path, GOOGLE), "--unit", "norr")
    first, second, third = GOOGLE.split("BEGIN:VEVENT")[1:]
    moved = changed(first, {"20261130T080000Z": "20261130T120000Z"})
    rest = "BEGIN:VEVENT".join([GOOGLE.split("BEGIN:VEVENT")[0], moved, third])
    code, report, _ = run(write(tmp_path, rest), "--unit", "norr", "--dry-run", "--partial")
    assert (code, report["counts"]["gone"]) == (0, 0)
    code, report, _ = run(write(tmp_path, rest), "--unit", "norr")
    assert (code, report["saved"], report["counts"]["moved"], report["counts"]["gone"]) == (0, 2, 1, 1)
    assert [(each["row"], each["column"], each["before"], each["after"]) for each in report["changes"]] == [
        (8, "Time", "2026-11-30 09:00", "2026-11-30 13:00"), (None, "Status", "Booked", "Gone from the file"),
    ]  # fmt: skip
    assert states(path) == ["booked", "gone", "booked"]
    assert not [word for word in (ANDERS[2:], EVA[2:], "Anders", "Karlsson") if word in json.dumps(report)]
    code, text, _ = run(write(tmp_path, second), "--unit", "norr", "--report", "text")
    assert (code, text.splitlines()[-1]) == (1, "Nothing was imported.")


def test_problems_refuse_the_whole_file_by_row_and_column(path: Path, tmp_path: Path, run: Run) -> None:
    rows = [f"B1;{ANDERS};2026-11-30;09:00;Comirnaty;;;", f"B2;{EVA[:-1]}x;2027-03-28;02:30;Comirnaty;;;"]
    file = write(tmp_path, "\n".join([HEADINGS, *rows]), "bookings.csv")
    code, report, _ = run(file, "--unit", "norr")
    assert (code, report["saved"], report["counts"]["wrong"]) == (1, 0, 1)
    assert [(each["row"], each["column"], each["read"]) for each in report["problems"]] == [
        (3, "Tid", "02:30"), (3, "Personnummer", "…"),
    ]  # fmt: skip
    assert states(path) == []
    code, text, _ = run(file, "--unit", "norr", "--report", "text")
    assert code == 1
    assert any(line.startswith("Row 3, Tid: There is no time 2027-03-28 02:30") for line in text.splitlines())


def test_columns_are_named_once_and_kept_for_the_unit(path: Path, tmp_path: Path, run: Run) -> None:
    file = write(tmp_path, f"Ref;Vem;När;Vad\nB1;{ANDERS};2026-11-30 09:00;Comirnaty", "bookings.csv")
    code, report, _ = run(file, "--unit", "norr")
    assert (code, "the booking’s own id" in report["problems"][0]["message"]) == (1, True)
    columns = '{"id": "Ref", "identity": "Vem", "day": "När", "vaccine": "Vad"}'
    assert run(file, "--unit", "norr", "--columns", columns)[:1] == (0,)
    code, report, _ = run(file, "--unit", "norr")
    assert (code, report["already"]) == (0, 1)
