"""Files that would take all of the machine's memory: each is refused before it has taken much of it."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from hashlib import shake_256
from pathlib import Path

import pytest

from tests.files.broken_workbooks import DAMAGED
from tests.files.workbook import HEAD, MAIN
from tests.files.workbook_files import SHEET, with_parts

MOST_BYTES = 1024**3
"""Of memory, which the process that reads them is given: most of it is the program itself."""
READ = """
import json, resource, sys
from mv.errors import Invalid
from mv.i18n import explain
from mv.tabular_files.reading import read_table

limit = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
found = {}
for path in sys.argv[2:]:
    with open(path, "rb") as file:
        try:
            found[path] = f"{len(read_table(file).records)} rows"
        except Invalid as error:
            found[path] = explain(error, "en")
print(json.dumps(found))
"""

COLUMNS = 8
HEADING = "<row>" + "".join(f"<c t='str'><v>Kolumn {place}</v></c>" for place in range(COLUMNS)) + "</row>"
ROW = "<row>" + "<c><v>{}</v></c>" * COLUMNS + "</row>"
ROWS_TOO_MANY = "The file has more than 100000 rows. Divide it into several."
CELLS_TOO_MANY = (
    "The file has more than 2000000 cells, empty ones included. Copy the rows into a new one, or into several."
)
BROKEN = DAMAGED["error"]["en"]


def sheet_of(rows: str) -> str:
    return f'{HEAD}<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'


def stored(rows: str) -> bytes:
    return with_parts({SHEET: sheet_of(rows)})


def with_texts(count: int) -> bytes:
    """Return a workbook with so many shared texts, the last of which is in a cell."""
    texts = f'<sst xmlns="{MAIN}">{"<si/>" * count}</sst>'
    row = f"<row><c t='s'><v>{count - 1}</v></c></row>"
    return with_parts({SHEET: sheet_of(row), "xl/sharedStrings.xml": texts})


def with_relations(count: int) -> bytes:
    related = "".join(f"<Relationship Id='{n}'/>" for n in range(count))
    return with_parts({"_rels/.rels": f"<Relationships>{related}</Relationships>"}, packing=zipfile.ZIP_DEFLATED)


def two_hundred_thousand_rows() -> bytes:
    some = "".join(ROW.format(*(place * 7_368_787 % 10**6 for place in range(n, n + COLUMNS))) for n in range(1000))
    return with_parts({SHEET: sheet_of(HEADING + some * 200)}, packing=zipfile.ZIP_DEFLATED)


def noise(length: int) -> str:
    """Return letters and digits that cannot be packed well."""
    return shake_256(b"noise").hexdigest(length // 2)


HARMFUL: dict[str, tuple[Callable[[], bytes], str]] = {
    "200,000 rows": (two_hundred_thousand_rows, ROWS_TOO_MANY),
    "200,000 rows of CSV": (lambda: b"A;B\n" + b"1234567;Gravid\n" * 200_000, ROWS_TOO_MANY),
    "levels without an end": (lambda: stored("<row>" + "<c>" * 100_000), BROKEN),
    "a row without an end": (lambda: stored("<row>" + "<c/>" * 1_500_000), BROKEN),
    "a cell of many runs": (lambda: stored("<row><c t='inlineStr'><is>" + "<r/>" * 1_500_000), BROKEN),
    "ever new names": (lambda: stored("<row/>" + "".join(f"<a{n}/>" for n in range(30_000))), BROKEN),
    "ever new attributes": (lambda: stored("<row/>" + "".join(f"<c b{n}=''/>" for n in range(30_000))), BROKEN),
    "ever new namespaces": (lambda: stored("<row/>" + "".join(f"<c xmlns:b{n}='b'/>" for n in range(30_000))), BROKEN),
    "an attribute without an end": (lambda: stored(f'<row a="{noise(2_000_000)}"/>'), BROKEN),
    "a comment without an end": (lambda: stored(f"<!--{noise(2_000_000)}-->"), BROKEN),
    "a text without an end": (lambda: stored(f"<row><c t='str'><v>{noise(6_000_000)}</v></c></row>"), BROKEN),
    "ever more parts": (lambda: with_parts({f"{n}": b"" for n in range(6_000)}), BROKEN),
    "ever more texts": (lambda: with_texts(2_100_000), CELLS_TOO_MANY),
    "ever more empty cells": (lambda: stored(("<row>" + "<c/>" * 1000 + "</row>") * 2100), CELLS_TOO_MANY),
    "ever more that is no cell": (lambda: stored(("<row>" + "<c>" + "<a/>" * 1000 + "</c></row>") * 2), BROKEN),
    "ever more relations": (lambda: with_relations(30_000), BROKEN),
    "a tag that is never closed": (lambda: stored("<row><c><v " + "<v " * 500_000), BROKEN),
}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What reading each file says, in a process of its own that cannot take more memory than MOST_BYTES."""
    folder = tmp_path_factory.mktemp("harmful")
    for name, (make, _) in HARMFUL.items():
        (folder / name).write_bytes(make())
    run = [sys.executable, "-c", READ, str(MOST_BYTES), *(str(folder / name) for name in HARMFUL)]
    found = json.loads(subprocess.run(run, check=True, capture_output=True, text=True).stdout)
    return {Path(path).name: said for path, said in found.items()}


@pytest.mark.parametrize("name", HARMFUL)
def test_what_is_made_to_do_harm_is_refused_in_little_memory(name: str, told: dict[str, str]) -> None:
    assert told[name] == HARMFUL[name][1]
