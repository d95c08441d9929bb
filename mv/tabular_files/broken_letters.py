"""Find names whose letters were broken on the way, and tell what they likely were.

A file of an old Mac or of DOS that is read as Windows-1252 has other letters and signs where ours were; UTF-8 that was
read as another encoding has two for each; what could not be written at all is a replacement character, or “?”.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from mv.errors import N_, Invalid
from mv.tabular_files.cells import quote

WINDOWS_1252 = "Windows-1252"
"""The encoding of a table that is no UTF-8; then it is no more than a guess."""
_OTHER_PAGES = ("mac_roman", "cp850", "cp437")
_LETTERS_OF_THE_GUESS = frozenset("ŠšŽžŒœŸƒˆªº")
"""Letters that Windows-1252 has where other code pages have ours."""
_SIGNS = frozenset("\N{LEFT SINGLE QUOTATION MARK}’\N{ACUTE ACCENT}–—·")
"""Signs that names have."""
_NICKNAME = re.compile(r"(?<!\w)[“”„«»][^“”„«»]+[“”«»](?!\w)")
_QUESTION = re.compile(r"[^\W\d_]\?|\?[^\W\d_]")
_CAPITAL_INSIDE = re.compile(r"[^\W\d_][ŠŽŒŸ](?=[a-zåäö])|[a-zåäö][ŠŽŒŸ]")
_WEIGHTS = {"å": 3, "ä": 3, "ö": 3, "é": 2, "ü": 2, "æ": 2, "ø": 2, **dict.fromkeys("áàâãçèêëíìîïñóòôõúùûýßðþ", 1)}
"""Letters that names in Sweden have, the most common first."""


def check_name(text: str, encoding: str) -> None:
    """Raise Invalid, with what it likely was, for a name with broken letters in a file of this ``encoding``."""
    if text.isascii() and "?" not in text:
        return
    likely = _read_once(text)
    if likely is None and not _is_broken(text, encoding):
        return
    likely = likely or _of_another_page(text)
    if likely:
        raise Invalid(
            N_(
                "“{read}” is likely “{likely}”: its letters were broken on the way. Save the file as CSV (UTF-8) where"
                " it was made, or write the name anew."
            ),
            read=quote(text),
            likely=quote(likely),
        )
    raise Invalid(
        N_(
            "“{read}” has letters that were broken on the way. Save the file as CSV (UTF-8) where it was made, or write"
            " the name anew."
        ),
        read=quote(text),
    )


def _is_broken(text: str, encoding: str) -> bool:
    if _QUESTION.search(text) or _CAPITAL_INSIDE.search(text):
        return True
    return any(
        c == "\N{REPLACEMENT CHARACTER}"
        or (encoding == WINDOWS_1252 and c in _LETTERS_OF_THE_GUESS)
        or (not c.isascii() and unicodedata.category(c)[0] not in "LMZ" and c not in _SIGNS)
        for c in _NICKNAME.sub("", text)
    )


def _read_once(text: str) -> str | None:
    """Return what the text was before its UTF-8 was read as another encoding, once or more; None if it was not."""
    for data in () if text.isascii() else _bytes(text):
        try:
            once = data.decode("utf-8")
        except UnicodeDecodeError:
            continue
        again = _read_once(once)
        if again or _weight(once) is not None:
            return again or once
    return None


def _bytes(text: str) -> Iterator[bytes]:
    """Yield the bytes that are read as this text in each of the encodings that have all of it."""
    try:  # the bytes that Windows-1252 leaves out are read as those of Latin-1
        yield b"".join(c.encode("latin-1" if 0x80 <= ord(c) < 0xA0 else "cp1252") for c in text)
    except UnicodeEncodeError:
        pass
    for page in _OTHER_PAGES:
        try:
            yield text.encode(page)
        except UnicodeEncodeError:
            continue


def _of_another_page(text: str) -> str | None:
    """Return the text as the code page gives it that makes the most usual name of it; None where none does."""
    try:
        data = text.encode("cp1252")
    except UnicodeEncodeError:
        return None
    weights = {text: weight for page in _OTHER_PAGES if (weight := _weight(text := data.decode(page))) is not None}
    return max(weights, key=weights.__getitem__) if weights else None


def _weight(text: str) -> int | None:
    """Return how usual the letters of a name are beside each other; None if it has no others than ASCII, or signs."""
    if text.isascii():
        return None
    weight = 0
    for before, c, after in zip(f" {text}", text, f"{text[1:]} ", strict=False):
        if c.isascii():
            continue
        if c.lower() not in _WEIGHTS:
            return None
        begins_or_goes_on = not before.isalpha() or (before.isupper() and not after.islower())
        weight += _WEIGHTS[c.lower()] - (0 if c.isupper() == begins_or_goes_on else 3)
    return weight
