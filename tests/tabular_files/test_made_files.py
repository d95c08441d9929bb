"""The files of tests/files: what reading each comes to is what stands beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mv.errors import Invalid
from mv.i18n import ENGLISH, SWEDISH, explain
from mv.tabular_files.reading import read_table
from tests.files import make

FILES = sorted(path for path in make.FOLDER.iterdir() if path.suffix not in (".py", ".json", "") and path.is_file())
PACKED = {"bomb.xlsx"}
"""Another version of zlib packs it otherwise."""


def outcome(path: Path) -> dict[str, Any]:
    """Return what reading the file comes to, as the file beside it tells it."""
    try:
        with path.open("rb") as file:
            table = read_table(file)
    except Invalid as error:
        return {"error": {"en": explain(error, ENGLISH), "sv": explain(error, SWEDISH)}}
    found: dict[str, Any] = {
        "encoding": table.encoding,
        "delimiter": table.delimiter,
        "headings": list(table.headings),
        "rows": {str(record.number): list(record.cells) for record in table.records},
        "problems": [{"en": one.label(ENGLISH), "sv": one.label(SWEDISH)} for one in table.problems(table.headings)],
        "sheet": table.sheet,
        "other_sheets": list(table.other_sheets),
        "hidden_rows": table.hidden_rows,
    }
    return {name: value for name, value in found.items() if value or name in ("delimiter", "rows")}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_made_file_is_read_or_refused_as_is_written_beside_it(path: Path) -> None:
    expected = json.loads(path.with_name(f"{path.name}.expected.json").read_text(encoding="utf-8"))
    assert outcome(path) == expected


def test_the_files_are_those_that_are_made() -> None:
    assert [path.name for path in FILES] == sorted(file.name for file in make.FILES)
    assert len(FILES) >= 40
    stored = {file.name: (make.FOLDER / file.name).read_bytes() for file in make.FILES if file.name not in PACKED}
    assert stored == {file.name: file.data for file in make.FILES if file.name not in PACKED}
