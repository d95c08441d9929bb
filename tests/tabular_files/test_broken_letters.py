"""Names whose letters were broken on the way are told, with what they likely were; others are names."""

from __future__ import annotations

from io import BytesIO

import pytest

from mv.errors import Invalid
from mv.i18n import ENGLISH, explain
from mv.tabular_files.broken_letters import WINDOWS_1252, check_name
from mv.tabular_files.reading import read_table

NAMES = (
    "Sören", "Sjöberg", "Märta", "Lindå", "Lindén", "Åke", "Östen", "Ärla", "Björk-Öberg", "Müller", "SJÖBERG", "Sjö",
    "Åsa Märta", "Renée",
)  # fmt: skip
PAGES = ("mac_roman", "cp850", "cp437")


def told(text: str, encoding: str = "UTF-8") -> str:
    with pytest.raises(Invalid) as caught:
        check_name(text, encoding)
    return explain(caught.value, ENGLISH)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("name", NAMES)
def test_a_name_of_another_code_page_is_told_with_what_it_was(name: str, page: str) -> None:
    try:
        text = name.encode(page).decode("cp1252")
    except UnicodeDecodeError:  # Windows-1252 has no such byte
        with pytest.raises(Invalid) as caught:
            read_table(BytesIO(b"Pnr;Namn\r\n1;" + name.encode(page)))
        assert "Line 2" in explain(caught.value, ENGLISH)
    else:
        assert f"“{text}” is likely “{name}”" in told(text, WINDOWS_1252)


@pytest.mark.parametrize("page", ["cp1252", "latin-1", *PAGES])
@pytest.mark.parametrize("name", NAMES)
def test_utf_8_that_was_read_as_another_encoding_is_told(name: str, page: str) -> None:
    try:
        once = name.encode().decode(page)
    except UnicodeDecodeError:
        return
    assert f"is likely “{name}”" in told(once)
    assert f"is likely “{name}”" in told(once.encode().decode("latin-1"))


@pytest.mark.parametrize(
    "text", ["S\ufffdren", "\ufffdke", "S?ren", "?ke", "Lind?", "Sj\u2122berg\ufffd", "S\u251cren"]
)
def test_what_could_not_be_written_at_all_is_told(text: str) -> None:
    assert "broken on the way" in told(text)


@pytest.mark.parametrize(("text", "likely"), [("MŠrta", "Märta"), ("LindŒ", "Lindå"), ("S”ren", "Sören")])
def test_what_was_saved_as_utf_8_after_it_broke_is_told_where_it_is_certain(text: str, likely: str) -> None:
    assert f"is likely “{likely}”" in told(text)


@pytest.mark.parametrize(
    "name",
    [
        *NAMES, "O’Brien", "O'Brien", "Dušan", "Željko", "Šefčovič", "Karl ”Kalle” Berg", "Þórður", "Guðrún", "Nguyễn",
        "Łukasz", "DUŠAN", "Škoda-Ždanov",
        "D\N{ACUTE ACCENT}Arcy", "Anne–Marie", "محمد", "Παπαδόπουλος", "Сергей", "Gül", "João", "François", "Weiß",
        "Zoë",
    ],
)  # fmt: skip
def test_other_names_are_names(name: str) -> None:
    check_name(name, "UTF-8")
    if all(ord(c) < 256 for c in name):
        check_name(name, WINDOWS_1252)
