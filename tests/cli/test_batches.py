"""python -m mv batch: batches taken in from a file, all or none of them, and the list of them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from mv import origin
from mv.batches import batch as batch_rows
from mv.batches.batch import Batch
from mv.cli import main
from mv.store import open_store
from tests.conftest import SetClock
from tests.contents import contents

HEADINGS = "Vaccin;Batchnummer;Utgångsdag\n"
Run = Callable[..., tuple[int, Any]]


@pytest.fixture
def path(duckdb_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store of invented people, nobody so far, which commands open, in English and without sign-in."""
    file, settings = Path(shutil.copy(duckdb_file, tmp_path / "mv.duckdb")), tmp_path / "settings.toml"
    settings.touch()
    with closing(open_store(str(file), SetClock())) as store:
        store.load({"meta": pa.table(origin.INVENTED)})
    monkeypatch.setenv("MV_STORE", str(file))
    monkeypatch.setenv("MV_SETTINGS", str(settings))
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    return file


@pytest.fixture
def run(path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `batch import` on a file with these rows: its exit code, and its report."""

    def command(rows: str, *arguments: str) -> tuple[int, Any]:
        (tmp_path / "batches.csv").write_text(HEADINGS + rows, encoding="utf-8")
        code = main(["batch", "import", str(tmp_path / "batches.csv"), *arguments])
        said = capsys.readouterr().out
        return code, json.loads(said) if said.startswith("{") else said

    return command


def stored(path: Path) -> dict[str, Any]:
    with closing(open_store(str(path), SetClock())) as store:
        return contents(store)


def batches(path: Path) -> list[Batch]:
    with closing(open_store(str(path), SetClock())) as store, store.read() as tx:
        return list(batch_rows.read_all(tx).values())


def test_a_file_is_imported_as_a_whole_and_again_changes_nothing(path: Path, run: Run) -> None:
    rows = "Efluelda;AB\u20131;2027-03-31\nComirnaty;C2;\nefluelda;AB-1;2027-03-31\n"
    before = stored(path)
    assert run(rows, "--dry-run") == (
        0, {"done": True, "dry_run": True, "rows": 3, "saved": 0, "counts": {"new": 2, "expiry": 0}, "problems": []},
    )  # fmt: skip
    assert stored(path) == before
    code, report = run(rows, "--unit", "norr")
    assert (code, report["saved"], report["counts"]) == (0, 2, {"new": 2, "expiry": 0})
    found = batches(path)
    assert [(batch.batch_number, str(batch.expires_on), batch.unit_id) for batch in found] == [
        ("C2", "None", "norr"), ("AB-1", "2027-03-31", "norr"),
    ]  # fmt: skip
    code, report = run(rows)
    assert (code, report["saved"], report["counts"]) == (0, 0, {"new": 0, "expiry": 0})
    assert run("Comirnaty;C2;20281231")[1]["counts"] == {"new": 0, "expiry": 1}
    assert [batch.version for batch in batches(path)] == [2, 1]
    assert "All of it is there already." not in run("Comirnaty;C3;", "--report", "text", "--dry-run")[1]


def test_a_wrong_row_keeps_all_of_it_out_and_is_told_by_row_and_column(path: Path, run: Run) -> None:
    run("Efluelda;AB-1;2027-03-31\n")
    before = stored(path)
    code, report = run(
        "Efluelda;NEW;2027-03-31\nNone;A1;\nEfluelda;A/1;\nEfluelda;;\nEfluelda;A2;31 mars\nEfluelda;A3;1907-03-31\n"
        "Efluelda;AB-1;2027-04-30\nEfluelda;abl;\nEfluelda;NEW;2027-03-30\n"
    )
    assert (code, report["done"], report["saved"]) == (1, False, 0)
    assert [(each["row"], each["column"]) for each in report["problems"]] == [
        (3, "Vaccin"), (4, "Batchnummer"), (5, "Batchnummer"), (6, "Utgångsdag"), (7, "Utgångsdag"), (8, "Utgångsdag"),
        (9, "Batchnummer"), (10, "Utgångsdag"),
    ]  # fmt: skip
    messages = {each["row"]: each["message"] for each in report["problems"]}
    assert "known with the expiry 2027-03-31" in messages[8]
    assert messages[9] == "Batch abl is not known, but AB-1 is. Did you mean AB-1?"
    assert messages[10] == "Row 2 says another expiry of the same batch, 2027-03-31. Change one of them."
    assert stored(path) == before
    assert "Row 3, column Vaccin:" in run("Efluelda;NEW;\nNone;A1;\n", "--report", "text")[1]


def test_a_file_without_the_columns_is_refused(path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.csv").write_text("Vaccin;Utgångsdag\nEfluelda;2027-03-31\n", encoding="utf-8")
    assert main(["batch", "import", str(tmp_path / "x.csv")]) == 1
    (problem,) = json.loads(capsys.readouterr().out)["problems"]
    assert problem["message"] == "The file has no column with the batch number."


def test_the_list_has_a_line_for_each_batch_of_the_state(
    path: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    run("Efluelda;AB-1;2027-03-31\nEfluelda;OLD;2025-03-31\nComirnaty;C2;\n")
    assert main(["batch", "list"]) == 0
    lines = ["comirnaty\tC2\t\tin_use", "efluelda\tAB-1\t2027-03-31\tin_use", "efluelda\tOLD\t2025-03-31\texpired"]
    assert capsys.readouterr().out.splitlines() == lines
    assert main(["batch", "list", "--vaccine", "Efluelda", "--state", "expired"]) == 0
    assert capsys.readouterr().out.splitlines() == lines[2:]
