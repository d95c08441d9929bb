"""Parse untrusted XML piece by piece with Expat, in memory bounded by the length of the document.

Refused is what no spreadsheet program writes: definitions of entities, tags so long that Expat would scan them again
and again (CVE-2023-52425), and more names or levels than any vocabulary has, each of which Expat would keep.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from mv.errors import N_, Invalid

LONGEST_TAG = 256 * 1024
"""Bytes of a tag with its attributes, a comment or the like."""
LONGEST_ELEMENT = 4 * 1024 * 1024
"""Bytes of an element that is yielded as a whole, such as a row of a sheet."""
MOST_NAMES = 10_000
"""Of elements, attributes and prefixes."""
MOST_LEVELS = 64

_UTF_16_MARKS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def damaged_error() -> Invalid:
    """Return the error for a damaged workbook."""
    return Invalid(
        N_("The workbook is damaged, or not whole. Open it in a spreadsheet program, save it again, and choose that.")
    )


def local_name(name: str) -> str:
    """Return the name of an element or attribute without its namespace, which ends at a space."""
    return name.rpartition(" ")[2]


def iter_children(pieces: Iterable[bytes], container: str) -> Iterator[Element]:
    """Yield each complete element in the first ``container`` of the root; with "", each in the root.

    Nothing after the container is read. Raises Invalid if it is no XML.
    """
    tree = _GrowingTree()
    found: Element | None = None
    for _ in tree.grow(pieces):
        if found is None:
            found = tree.find(container)
        if found is not None:
            ended = tree.has_ended(found)
            whole = found[:] if ended else found[:-1]
            if whole:
                del found[: len(whole)]
                tree.begin_element()
                yield from whole
            if ended:
                return


class _GrowingTree:
    """A tree that grows while the document is parsed. Expat calls the builder directly, which is in C."""

    def __init__(self) -> None:
        self._builder = TreeBuilder()
        self._root: Element | None = None
        self._names: dict[str, str] = {}
        self._fed = self._begun = 0
        self._ended = False

    def grow(self, pieces: Iterable[bytes]) -> Iterator[None]:
        """Parse a piece at a time, and pause after each. Raises Invalid beyond the limits."""
        rest = iter(pieces)
        first = next(rest, b"")
        parser = self._parser("UTF-16" if first.startswith(_UTF_16_MARKS) else "UTF-8")
        try:
            for piece in chain([first], rest):
                parser.Parse(piece, False)
                self._fed += len(piece)
                self._check(parser.CurrentByteIndex)
                yield
            parser.Parse(b"", True)
        except expat.ExpatError:
            raise damaged_error() from None
        self._ended = True
        yield

    def find(self, name: str) -> Element | None:
        """Return the first element of the root with this local name, or the root for "", once it has begun."""
        if self._root is None or name == "":
            return self._root
        return next((element for element in self._root if local_name(element.tag) == name), None)

    def has_ended(self, element: Element) -> bool:
        """Return whether the root, or an element in it, is complete: the next has begun, or the document ended."""
        return self._ended or (element is not self._root and self._root is not None and self._root[-1] is not element)

    def begin_element(self) -> None:
        """Restart the count of the element's bytes."""
        self._begun = self._fed

    def _parser(self, encoding: str) -> expat.XMLParserType:
        parser = expat.ParserCreate(encoding, " ", self._names)
        builder = self._builder

        def start(name: str, attributes: dict[str, str]) -> None:
            self._root = builder.start(name, attributes)
            parser.StartElementHandler = builder.start

        def declare(prefix: str, _: str) -> None:
            self._names[f"xmlns:{prefix}"] = ""

        parser.buffer_text = True
        parser.StartElementHandler = start
        parser.EndElementHandler = builder.end
        parser.CharacterDataHandler = builder.data
        parser.StartNamespaceDeclHandler = declare
        parser.StartDoctypeDeclHandler = _refuse
        return parser

    def _check(self, parsed: int) -> None:
        """Raise Invalid beyond the limits of tags, elements, levels and names. ``parsed`` is in bytes."""
        if self._fed - parsed > LONGEST_TAG or self._fed - self._begun > LONGEST_ELEMENT:
            raise damaged_error()
        if len(self._names) > MOST_NAMES:
            raise damaged_error()
        last, levels = self._root, 0
        while last is not None and len(last):
            last, levels = last[-1], levels + 1
            if levels > MOST_LEVELS:
                raise damaged_error()


def _refuse(*_: object) -> None:
    raise damaged_error()
