from __future__ import annotations

import ast
import string
from collections.abc import Iterable
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po

from mv import errors
from mv.catalogue import Choice, Group
from mv.errors import Invalid, MvError
from mv.i18n import CATALOG, ENGLISH, SWEDISH, choose_language, explain, label, translate, translate_count

ROOT = Path(__file__).parents[1]
SOURCES = [ROOT / "app.py", *sorted((ROOT / "mv").rglob("*.py")), *sorted((ROOT / "pages").rglob("*.py"))]
KEYWORDS = {"_": None, "N_": None, "count_of": (1, 2), "translate_count": (1, 2)}
COUNTED = {"count_of", "translate_count"}
ERRORS = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, MvError)}

ALIKE_IN_BOTH = {
    "ATC", "Administration", "Excel (XLSX)", "Format", "Given", "Kronor", "Parquet", "Period", "Region", "Status",
    "TEXT", "Vaccination", "man",
}  # fmt: skip
"""What is written alike in Swedish and English."""

ROUTINE = {
    "Kunder", "Sök kund", "Personnummer", "Bokningar", "Kundkort", "Kundgrupper", "Kundgrupp", "Undergrupp", "Spara",
    "Aktuella kundgrupper", "Historiska kundgrupper", "Period", "Justera", "Ta bort", "Starta vaccination",
    "Lägg till", "Ångra", "Vaccination", "Utdata",
}  # fmt: skip
"""What a coordinator reads in the routine."""

Texts = str | tuple[str, ...]


@cache
def extracted() -> dict[Texts, str]:
    """Return every message of the code, and where it is."""
    found: dict[Texts, str] = {}
    for file in SOURCES:
        for line, message, _, _ in extract_from_file("python", file, keywords=KEYWORDS):
            found.setdefault(message, f"{file.relative_to(ROOT)}:{line}")
    return found


@cache
def catalog() -> Catalog:
    with CATALOG.open("rb") as file:
        return read_po(file, locale=SWEDISH, abort_invalid=True)


def messages() -> dict[Texts, Message]:
    """Return each message of the Swedish catalog by its English text; a counted one by both its texts."""
    return {message.id: message for message in catalog() if message.id}


def each(texts: Texts) -> tuple[str, ...]:
    return (texts,) if isinstance(texts, str) else texts


def fields(text: str) -> set[str]:
    """Return the names in ``{}``, each with what follows it there."""
    return {
        f"{name}{'!' + conversion if conversion else ''}{':' + spec if spec else ''}"
        for _, name, spec, conversion in string.Formatter().parse(text)
        if name is not None
    }


@cache
def calls() -> list[tuple[str, str, ast.Call]]:
    """Return every call in the code: where it is, the function's name, and the call."""
    return [
        (f"{file.relative_to(ROOT)}:{node.lineno}", getattr(node.func, "id", getattr(node.func, "attr", "")), node)
        for file in SOURCES
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
    ]


def literal(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def marked(node: ast.expr) -> str | None:
    """Return the text that ``node``, N_("…"), marks."""
    is_marked = isinstance(node, ast.Call) and getattr(node.func, "id", "") == "N_"
    return literal(node.args[0]) if is_marked else None


# The Swedish catalog


def test_every_text_of_the_code_is_in_the_catalog_and_no_other() -> None:
    missing = {text: where for text, where in extracted().items() if text not in messages()}
    assert not missing, f"run make messages, and translate: {missing}"
    unused = set(messages()) - set(extracted())
    assert not unused, f"run make messages: {unused}"
    assert not catalog().obsolete


def test_every_message_is_translated_for_certain() -> None:
    for texts, message in messages().items():
        strings = each(message.string)
        assert len(strings) == (1 if isinstance(texts, str) else catalog().num_plurals), texts
        assert all(text.strip() for text in strings), texts
        assert not message.fuzzy, texts


def test_a_translation_has_the_fields_of_its_message() -> None:
    for texts, message in messages().items():
        expected = fields(each(texts)[-1])
        for text in (*each(texts), *each(message.string)):
            assert fields(text) == expected, texts


def test_a_translation_begins_and_ends_as_its_message_does() -> None:
    for texts, message in messages().items():
        for text in (*each(texts), *each(message.string)):
            assert text == text.strip(), texts
            assert (text[-1] in ".?!:") == (each(texts)[0][-1] in ".?!:"), texts


def test_swedish_is_not_english() -> None:
    alike = {texts for texts, message in messages().items() if each(message.string) == each(texts)}
    assert alike == ALIKE_IN_BOTH


def test_the_words_of_the_routine_are_on_the_screen() -> None:
    swedish = {text for message in messages().values() for text in each(message.string)}
    assert swedish >= ROUTINE


# The code


def test_a_message_is_written_out_where_it_is_marked() -> None:
    # gettext cannot know what an f-string, a sum or a format() will be.
    for where, name, call in calls():
        if name not in KEYWORDS:
            continue
        for argument in call.args[: 2 if name in COUNTED else 1]:
            assert not isinstance(argument, (ast.JoinedStr, ast.BinOp, ast.Call)), where
            if literal(argument) is not None:
                assert literal(argument), where


def test_a_message_is_given_the_fields_that_it_has() -> None:
    # Either _("… {day}", day=…) or _("… {day}").format(day=…).
    formats = {id(getattr(call.func, "value", None)): call for _, name, call in calls() if name == "format"}
    for where, name, call in calls():
        text = None
        if call.args and name in {"_", *ERRORS}:
            text = literal(call.args[0]) if name == "_" else marked(call.args[0])
        if text is not None:
            filling = formats.get(id(call), call)
            given = {keyword.arg for keyword in filling.keywords}
            if name in ERRORS:
                given.discard("field")  # the field of a form or a file that the error is about
            assert given == {field.split(":")[0].split("!")[0] for field in fields(text)}, where


def test_a_counted_message_has_a_count_and_no_other_field() -> None:
    for texts in extracted():
        if not isinstance(texts, str):
            assert all(fields(text) <= {"count"} for text in texts), texts


def test_what_an_error_says_is_marked_for_translation() -> None:
    for where, name, call in calls():
        if name in ERRORS and call.args:
            assert not isinstance(call.args[0], (ast.Constant, ast.JoinedStr, ast.BinOp)), where


WIDGETS = {
    "button", "caption", "checkbox", "date_input", "dialog", "download_button", "error", "expander", "header", "info",
    "markdown", "metric", "multiselect", "number_input", "page_link", "popover", "radio", "segmented_control",
    "selectbox", "subheader", "success", "text", "text_area", "text_input", "title", "toggle", "warning", "write",
}  # fmt: skip
IN_BOTH_LANGUAGES = "Språk / Language"
SHOWN = {"help", "label", "placeholder", "title"}


def test_no_text_on_a_page_is_left_untranslated() -> None:
    for where, name, call in calls():
        if where.startswith(("pages/", "mv/ui/", "app.py")) and name in WIDGETS:
            shown: Iterable[ast.expr] = [
                *call.args[:1],
                *(keyword.value for keyword in call.keywords if keyword.arg in SHOWN),
            ]
            for argument in shown:
                text = literal(argument) or ""
                assert text == IN_BOTH_LANGUAGES or not any(c.isalpha() for c in text), where


# Languages


@pytest.mark.parametrize("locale", ["en", "en-GB", "en_US", "EN", "en_US.UTF-8", "en-US,sv;q=0.5"])
def test_english_is_chosen_by_an_english_locale(locale: str) -> None:
    assert choose_language(locale) == ENGLISH


@pytest.mark.parametrize("locale", [None, "", "sv", "sv-SE", "sv_SE.UTF-8", "de-DE", "C.UTF-8", "eng", "-", "svenska"])
def test_swedish_is_chosen_where_unsure(locale: str | None) -> None:
    assert choose_language(locale) == SWEDISH


def test_a_text_is_shown_in_the_language_that_is_asked_for() -> None:
    assert translate("Save", SWEDISH) == "Spara"
    assert translate("Save", ENGLISH) == "Save"
    assert translate("", SWEDISH) == translate("", ENGLISH) == ""  # and not the catalog's own heading


@pytest.mark.parametrize(
    ("count", "english", "swedish"),
    [(0, "0 bookings", "0 bokningar"), (1, "1 booking", "1 bokning"), (2, "2 bookings", "2 bokningar")],
)
def test_a_count_takes_the_form_that_it_wants(count: int, english: str, swedish: str) -> None:
    assert translate_count("{count} booking", "{count} bookings", count, ENGLISH) == english
    assert translate_count("{count} booking", "{count} bookings", count, SWEDISH) == swedish


def test_an_error_is_explained_with_names_in_the_readers_language() -> None:
    group = Group("pregnant", "Gravid", "Pregnant", date(2020, 1, 1), None, False, 300, ())
    key = "{choice} was not in use on {day}. Choose another group or day."
    error = Invalid(key, choice=Choice(group, None), day=date(2019, 12, 31))
    assert explain(error, ENGLISH) == "Pregnant was not in use on 2019-12-31. Choose another group or day."
    assert explain(error, SWEDISH) == "Gravid användes inte 2019-12-31. Välj en annan kundgrupp eller dag."
    assert (label(group, SWEDISH), label(group, ENGLISH)) == ("Gravid", "Pregnant")
    assert (label("Gravid", ENGLISH), label(7, SWEDISH), label(None, SWEDISH)) == ("Gravid", 7, None)


def test_what_fills_a_field_is_shown_as_it_is() -> None:
    error = Invalid("There is no group with the code {code}.", code="{day} {0} {code}")
    assert explain(error, ENGLISH) == "There is no group with the code {day} {0} {code}."
    assert str(error) == "There is no group with the code {day} {0} {code}."
