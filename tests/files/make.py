"""Make the files of this folder, and what reading each has to come to: `python -m tests.files.make`.

All of it is invented. A test holds that the files are what is made here, and that reading them comes to what stands in
NAME.expected.json beside each.
"""

from __future__ import annotations

import json
from pathlib import Path

from tests.files import broken_workbooks, csv_files, other_files, workbook_files

FOLDER = Path(__file__).parent
FILES = [*csv_files.FILES, *workbook_files.FILES, *broken_workbooks.FILES, *other_files.FILES]


def main() -> None:
    """Write the files."""
    for file in FILES:
        (FOLDER / file.name).write_bytes(file.data)
        expected = json.dumps(file.expected, ensure_ascii=False, indent=1)
        (FOLDER / f"{file.name}.expected.json").write_text(f"{expected}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
