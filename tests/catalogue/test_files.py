"""Files of the catalogue: a round trip, differences, problems by row and column; the start beside what was decided."""

from __future__ import annotations

import io
from contextlib import closing
from pathlib import Path

import pytest

from mv import catalogue
from mv.access import Actor
from mv.catalogue import changes, files, start
from mv.catalogue.files import Comparison, State
from mv.catalogue.tables import GROUP, START, SUBGROUP, TABLES, UNIT, VACCINE
from mv.cli import main
from mv.errors import Invalid
from mv.i18n import SWEDISH, translate
from mv.sample import example
from mv.store import Store, open_store
from mv.tabular_files.reading import read_table
from mv.tabular_files.table import Table
from tests.catalogue.test_changes import PACK, new, stored
from tests.conftest import SetClock
from tests.contents import contents, nothing_changes
from tests.files.workbook import workbook


def of(text: str | bytes) -> Table:
    return read_table(io.BytesIO(text if isinstance(text, bytes) else text.encode()))


def taken_out(store: Store, actor: Actor) -> list[Table]:
    return [of(b"".join(files.export_table(store, actor, table))) for table in TABLES]


def counts(found: Comparison) -> dict[str, int]:
    return {str(state): count for state, count in found.counts.items()}


@pytest.mark.both_engines
def test_what_was_taken_out_and_comes_back_changes_nothing(store: Store, actor: Actor) -> None:
    awkward = new(GROUP, name_sv="-65 år; 'citerad'", name_en="=1+1", source='"Beslut", 2026')
    vaccine = stored(store, actor, VACCINE, "efluelda").with_values(gtins=(PACK, "00012345678905"))
    changes.save(store, actor, [awkward, vaccine])
    with nothing_changes(store):
        found = files.compare(store, actor, taken_out(store, actor))
        assert [set(counts(each)) for each in found] == [{"same"}] * 4
        assert changes.save(store, actor, [row for each in found for row in each.to_save]) == []


def test_a_file_is_compared_row_by_row_and_saved_as_a_whole(store: Store, actor: Actor) -> None:
    file = of("unit_id;name;region;valid_from\nnorr;Norra;Exempelregionen;2020-01-01\nost;Öst;Östregionen;2026-01-01\n"
              "soder;Mottagning Söder;Exempelregionen;2020-01-01\n")  # fmt: skip
    (found,) = files.compare(store, actor, [file])
    assert (found.table, found.problems) == (UNIT, [])
    assert counts(found) == {"changed": 1, "new": 1, "same": 1, "only_here": 3}
    (changed,) = (each for each in found.differences if each.state == State.CHANGED)
    assert changed.seen and changes.describe(changed.seen, changed.row, SWEDISH) == "Namn: Mottagning Norr → Norra"
    changes.save(store, actor, found.to_save)
    known = catalogue.load(store)
    assert (known.units["norr"].name, known.units["ost"].region, len(known.units)) == ("Norra", "Östregionen", 6)


def test_a_workbook_with_swedish_headings_and_words_is_read(store: Store, actor: Actor) -> None:
    titles = [translate(column.title, SWEDISH) for column in GROUP.columns]
    cells = ["travel", "Resenär", "Traveller", "5", "2026-01-01", "", "nej", "", "2", "", "år den dagen", "Kvinna", "X"]
    titles[0] = "group_code"  # “Kod” alone could be of any table
    (found,) = files.compare(store, actor, [of(workbook([titles, cells]))])
    assert not found.problems
    (row,) = found.to_save
    assert row.values == new(GROUP, sex="female", source="X", valid_from=row.values["valid_from"]).values
    assert str(row.values["valid_from"]) == "2026-01-01"


def test_what_is_wrong_is_told_by_row_and_column_and_nothing_is_saved(store: Store, actor: Actor) -> None:
    file = of(
        "product_code;name;atc;gtins;days_between;valid_from;source\n"
        f"efluelda;Efluelda;J07BB02;{PACK[:-1]}9;28;2021-01-01;fass.se\n"
        "nimenrix;Nimenrix;J07;;28;2021-01-01;fass.se\n"
        "menveo;Menveo;J07AH08;;många;2021-13-01;fass.se\n"
        "nimenrix;Nimenrix;J07AH08;;28;2021-01-01;fass.se\n"
    )
    (found,) = files.compare(store, actor, [file])
    assert [(problem.row, problem.column) for problem in found.problems] == [
        (2, "gtins"), (3, "atc"), (4, "valid_from"), (4, "days_between"), (5, "product_code"),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["name;region\nNorr;X\n", "unit_id\nnorr\n", "Personnr;Namn\n1;A\n"])
def test_a_file_of_something_else_is_refused(store: Store, actor: Actor, text: str) -> None:
    with pytest.raises(Invalid, match="none of the catalogue"):
        files.compare(store, actor, [of(text)])


def test_two_files_of_a_table_are_refused(store: Store, actor: Actor) -> None:
    one = taken_out(store, actor)[0]
    with pytest.raises(Invalid, match="same table"):
        files.compare(store, actor, [one, one])


# The start


def test_a_new_store_has_nothing_and_is_offered_the_start(empty_url: str, actor: Actor) -> None:
    with closing(open_store(empty_url, SetClock())) as store:
        known = catalogue.load(store)
        assert (known.units, known.groups, known.vaccines) == ({}, {}, {})
        assert start.is_new(store)
        found = files.compare(store, actor, start.files())
        assert [each.table for each in found] == list(START)
        assert all(set(counts(each)) == {"new"} and not each.problems for each in found)
        start.settle(store, actor, [row for each in found for row in each.to_save])
        assert not start.is_new(store)
        assert len(catalogue.load(store).vaccines) == 7
        (first, *_rest) = changes.history(store, actor, SUBGROUP, "staff/care_home")
        assert first.changed_by == "karin.holm"


def test_a_newer_start_is_offered_and_overwrites_nothing_that_was_decided(
    store: Store, actor: Actor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decided = stored(store, actor, GROUP, "pregnant").with_values(name_sv="Gravida")
    changes.save(store, actor, [decided])
    assert not start.is_new(store)
    for table in START:
        text = (catalogue.DATA / table.file).read_text(encoding="utf-8").replace("Skörhet", "Skör person")
        (tmp_path / table.file).write_text(text, encoding="utf-8")
    monkeypatch.setattr(start, "DATA", tmp_path)
    assert start.is_new(store)
    example.add(store)
    assert catalogue.load(store).groups["pregnant"].name_sv == "Gravida"
    groups, *_others = files.compare(store, actor, start.files())
    changed = {each.row.key: each.row for each in groups.differences if each.state == State.CHANGED}
    assert set(changed) == {"pregnant", "frailty"}
    start.settle(store, actor, [changed["frailty"]])
    known = catalogue.load(store)
    assert (known.groups["frailty"].name_sv, known.groups["pregnant"].name_sv) == ("Skör person", "Gravida")


def test_the_example_again_changes_nothing(store: Store) -> None:
    with nothing_changes(store):
        example.add(store)


# The command line


@pytest.fixture
def demo(store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A store of invented people, which commands open in English as a lead."""
    (tmp_path / "settings.toml").touch()
    with closing(open_store(store_url, SetClock())) as store:
        store.write(lambda tx: tx.execute("INSERT INTO meta (key, value) VALUES ('made_by', 'sample')"))
    monkeypatch.setenv("MV_STORE", store_url)
    monkeypatch.setenv("MV_SETTINGS", str(tmp_path / "settings.toml"))
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    return store_url


def catalogue_of(url: str) -> dict[str, list[dict[str, object]]]:
    with closing(open_store(url, SetClock())) as store:
        found = contents(store)
    return {name: found[name] for name in ("unit", "customer_group", "subgroup", "vaccine", "catalogue_change")}


def test_a_folder_is_taken_out_and_comes_back(demo: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "catalogue"
    folder.mkdir()
    before = catalogue_of(demo)
    assert main(["catalogue", "export", str(folder)]) == 0
    assert sorted(file.name for file in folder.iterdir()) == sorted(table.file for table in TABLES)
    assert main(["catalogue", "import", str(folder)]) == 0
    assert catalogue_of(demo) == before
    capsys.readouterr()
    units = folder / "units.csv"
    units.write_text(units.read_text("utf-8-sig").replace("Mottagning Norr", "Norra"), encoding="utf-8")
    assert main(["catalogue", "import", str(units), "--dry-run"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said == [
        "Units: 0 new, 1 changed, 4 as they are, 0 here only.", "  norr: Name: Mottagning Norr → Norra"
    ]  # fmt: skip
    assert catalogue_of(demo) == before
    assert main(["catalogue", "import", str(folder)]) == 0
    assert {row["name"] for row in catalogue_of(demo)["unit"] if row["unit_id"] == "norr"} == {"Norra"}


def test_a_file_with_a_fault_saves_nothing_of_the_folder_and_exits_with_1(
    demo: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "catalogue"
    folder.mkdir()
    (folder / "a.csv").write_text("unit_id;name;region;valid_from\nost;Öst;X;2026-01-01\n", encoding="utf-8")
    (folder / "b.csv").write_text("product_code;name;atc\nefluelda;Efluelda;J07\n", encoding="utf-8")
    before = catalogue_of(demo)
    assert main(["catalogue", "import", str(folder)]) == 1
    assert "Row 2, column atc: J07 is no ATC code of a product." in capsys.readouterr().err
    assert catalogue_of(demo) == before
    assert main(["catalogue", "export", str(tmp_path / "other.csv")]) == 1
    assert "units.csv" in capsys.readouterr().err
    assert main(["catalogue", "import", str(tmp_path / "nothing")]) == 2
