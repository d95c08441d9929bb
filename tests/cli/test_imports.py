"""python -m mv import: a file taken in from the command line, with a report for programs and an exit code."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from mv import customers, export, memberships, origin
from mv.access import Actor
from mv.cli import INTERRUPTED, main
from mv.export.atomic_file import write_atomically
from mv.store import open_store
from tests.conftest import TODAY, SetClock, invented_number
from tests.contents import contents

ANDERS = invented_number(date(1946, 3, 12))
NEW = invented_number(date(1950, 5, 5))

Run = Callable[..., tuple[int, Any, str]]


@pytest.fixture
def path(duckdb_file: Path, tmp_path: Path, actor: Actor, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store of invented people with Anders in it, which commands open, in English and without sign-in."""
    file, settings = tmp_path / "mv.duckdb", tmp_path / "settings.toml"
    shutil.copy(duckdb_file, file)
    settings.touch()
    with closing(open_store(str(file), SetClock())) as store:
        store.load({"meta": pa.table(origin.INVENTED)})
        customers.register(store, actor, ANDERS, "Anders", "Karlsson", "norr")
    monkeypatch.setenv("MV_STORE", str(file))
    monkeypatch.setenv("MV_SETTINGS", str(settings))
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    return file


@pytest.fixture
def run(path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command in this process: its exit code, its report, and what it says on stderr."""

    def command(*arguments: str | Path) -> tuple[int, Any, str]:
        code = main(["import", *map(str, arguments)])
        said = capsys.readouterr()
        return code, json.loads(said.out) if said.out.startswith("{") else said.out, said.err

    return command


def inside(path: Path) -> dict[str, int]:
    with closing(open_store(str(path), SetClock())) as store:
        found = contents(store)
    return {name: len(found[name]) for name in ("customer", "membership", "registration")}


def write(tmp_path: Path, *rows: str, headings: str = "Personnummer;Kundgrupp;Första dag") -> Path:
    file = tmp_path / "rows.csv"
    file.write_text("\n".join([headings, *rows]), encoding="utf-8")
    return file


def yesterday() -> date:
    return TODAY - timedelta(days=1)


def test_a_file_is_imported_once_and_the_report_says_so(path: Path, tmp_path: Path, run: Run) -> None:
    file = write(tmp_path, f"{ANDERS};65_plus;{yesterday()}", f"{ANDERS};65_plus;{yesterday()}")
    code, report, err = run(file, "--unit", "Mottagning Norr", "--dry-run")
    assert (code, err, report["done"], report["dry_run"], report["saved"]) == (0, "", True, True, 0)
    assert inside(path) == {"customer": 1, "membership": 0, "registration": 0}
    code, report, _ = run(file, "--unit", "norr")
    assert code == 0
    assert {name: report[name] for name in ("done", "rows", "saved", "already", "problems", "registration")} == {
        "done": True, "rows": 2, "saved": 1, "already": 1, "problems": [], "registration": 1,
    }  # fmt: skip
    assert sum(report["counts"].values()) == report["rows"]
    assert inside(path) == {"customer": 1, "membership": 1, "registration": 1}
    code, report, _ = run(file, "--unit", "norr")
    assert (code, report["saved"], report["already"], report["registration"]) == (0, 0, 2, None)
    with closing(open_store(str(path), SetClock())) as store:
        (row,) = contents(store)["membership"]
    assert (row["unit_id"], row["registered_by"].startswith("cli:")) == ("norr", True)


def test_problems_refuse_the_file_with_row_column_and_what_was_read(path: Path, tmp_path: Path, run: Run) -> None:
    file = write(tmp_path, f"{ANDERS};65_plus;{yesterday()}", f"{ANDERS[:-1]}x;Gravidd;i går", f"{NEW};65_plus;2026")
    code, report, _ = run(file, "--unit", "norr")
    assert (code, report["done"], report["saved"], report["counts"]["wrong"]) == (1, False, 0, 2)
    assert [(each["row"], each["column"], each["read"]) for each in report["problems"]] == [
        (3, "Personnummer", "…"), (3, "Kundgrupp", "Gravidd"), (3, "Första dag", "i går"), (4, "Första dag", "2026"),
    ]  # fmt: skip
    assert report["problems"][1]["message"] == "There is no group “Gravidd”. Did you mean: Gravid?"
    assert not any(number[2:] in json.dumps(report) for number in (ANDERS, NEW))
    assert inside(path) == {"customer": 1, "membership": 0, "registration": 0}
    code, text, _ = run(file, "--unit", "norr", "--report", "text")
    assert code == 1
    assert "Row 3, Första dag: “i går” is no day. Write it like 2026-11-22." in text.splitlines()
    assert text.splitlines()[-1] == "Nothing was imported."


def test_doubts_take_a_reason(path: Path, tmp_path: Path, run: Run) -> None:
    file = write(tmp_path, f"{ANDERS};pregnant;{yesterday()}")
    code, report, _ = run(file, "--unit", "norr")
    assert (code, report["counts"]["doubtful"], report["doubts"][0]["accepted"]) == (1, 1, False)
    code, report, _ = run(file, "--unit", "norr", "--reason", "Checked with the nurse")
    assert (code, report["saved"], report["doubts"][0]["accepted"]) == (0, 1, True)


def test_columns_are_named_where_they_cannot_be_guessed(path: Path, tmp_path: Path, run: Run) -> None:
    file = write(tmp_path, f"{NEW};65_plus;{yesterday()};Åke;Ek", headings="Vem;Vad;När;Tilltalsnamn;Efternamn")
    code, report, _ = run(file, "--unit", "norr")
    assert (code, report["problems"][0]["message"]) == (1, "Choose which column holds the identity number.")
    columns = '{"identity": "Vem", "group": "Vad", "valid_from": "När"}'
    code, report, _ = run(file, "--unit", "norr", "--columns", columns)
    assert (code, report["saved"], report["new_people"]) == (0, 1, 1)
    assert inside(path)["customer"] == 2


def test_what_utdata_made_comes_back_with_its_changes(path: Path, tmp_path: Path, actor: Actor, run: Run) -> None:
    with closing(open_store(str(path), SetClock())) as store:
        (anders,) = customers.search(store, actor, ANDERS).customers
        memberships.add(store, actor, anders.customer_id, memberships.Entry("65_plus", None, yesterday()))
        file = tmp_path / "groups.csv"
        write_atomically(file, export.groups_file(store, actor, export.Filters()))
    assert run(file)[1]["counts"]["unchanged"] == 1
    file.write_text(file.read_text("utf-8-sig").replace(f"{yesterday()};;", f"{yesterday()};{yesterday()};"), "utf-8")
    code, report, _ = run(file)
    assert (code, report["saved"]) == (0, 1)
    assert report["changes"] == [
        {"row": 2, "column": "Last day", "before": "–", "after": f"{yesterday()}"},
        {"row": 2, "column": "Reason for ending", "before": "–", "after": "ceased to apply"},
    ]
    assert run(file)[1]["already"] == 1


def test_a_file_that_cannot_be_read_is_a_report_too(path: Path, tmp_path: Path, run: Run) -> None:
    file = tmp_path / "picture.csv"
    file.write_bytes(b"\x89PNG\r\n\x1a\n")
    code, report, err = run(file)
    assert (code, err, report["rows"], report["problems"][0]["row"]) == (1, "", 0, None)
    assert "picture" in report["problems"][0]["message"]
    code, report, _ = run(write(tmp_path, f"{ANDERS};65_plus;{yesterday()}"), "--unit", "Nowhere")
    assert (code, "Did you mean" in report["problems"][0]["message"]) == (1, True)


def test_ctrl_c_while_it_is_saved_leaves_nothing(
    path: Path, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("mv.registration.membership_steps.record_changes", interrupted)
    code, out, err = run(write(tmp_path, f"{ANDERS};65_plus;{yesterday()}"), "--unit", "norr")
    assert (code, out, err) == (INTERRUPTED, "", "Interrupted.\n")
    assert inside(path) == {"customer": 1, "membership": 0, "registration": 0}


def test_a_dose_soon_after_another_is_a_doubt_that_takes_a_reason(path: Path, run: Run, tmp_path: Path) -> None:
    headings = "Personnummer;Kundgrupp;Dosens dag;Vaccin;Sats"
    for name, day, product in (("first", TODAY - timedelta(days=2), "Efluelda"), ("next", TODAY, "Fluad Tetra")):
        (tmp_path / f"{name}.csv").write_text(f"{headings}\n{ANDERS};Skörhet;{day};{product};B1", encoding="utf-8")
    assert run(tmp_path / "first.csv", "--unit", "norr", "--reason", "The batch is right")[0] == 0
    code, report, _ = run(tmp_path / "next.csv", "--unit", "norr")
    assert (code, report["saved"]) == (1, 0)
    assert any(doubt["message"].startswith("Efluelda was given on") for doubt in report["doubts"])
    code, report, _ = run(tmp_path / "next.csv", "--unit", "norr", "--reason", "Agreed with the doctor")
    assert (code, report["saved"]) == (0, 1)
