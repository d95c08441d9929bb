"""Read the texts of a workbook: those in cells, and the shared strings, to which cells refer by number."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Set
from xml.etree.ElementTree import Element

from mv.tabular_files import table
from mv.tabular_files.xlsx.xml import iter_children
from mv.text import visible

_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def clean_text(text: str) -> str:
    """Return the visible text of a cell stripped, in NFC, with its escapes resolved."""
    if "_x" in text:
        text = _ESCAPED.sub(_unescape, text)
    return unicodedata.normalize("NFC", visible(text).strip())


def text_of(element: Element) -> str:
    """Return the text of an element, in one run or several, without its phonetic runs (``rPh``)."""
    space = element.tag[: element.tag.rfind(" ") + 1]
    text, run = f"{space}t", f"{space}r"
    if len(element) == 1 and element[0].tag == text:
        return clean_text(element[0].text or "")
    parts: list[str] = []
    for child in element:
        if child.tag == text:
            parts.append(child.text or "")
        elif child.tag == run:
            parts.extend(part.text or "" for part in child if part.tag == text)
    return clean_text("".join(parts))


def read_shared(pieces: Iterable[bytes], wanted: Set[int]) -> dict[int, str]:
    """Map the ``wanted`` numbers to their shared strings, as far as they exist."""
    found: dict[int, str] = {}
    for number, element in enumerate(iter_children(pieces, "")):
        if number in wanted:
            found[number] = text_of(element)
            if len(found) == len(wanted):
                break
        elif number > table.MOST_CELLS:
            raise table.too_many_cells_error()
    return found


def _unescape(found: re.Match[str]) -> str:
    """Resolve an escape such as ``_x000D_``; one of an unprintable character stays, or is a space."""
    character = chr(int(found[1], 16))
    return character if character.isprintable() else " " if character.isspace() else found[0]
