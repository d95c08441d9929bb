"""Read the parts of a workbook's zip file piece by piece and within limits.

Nothing of it is written to the disk, names of parts are only looked up, and a program in it (.xlsm) is never read.
"""

from __future__ import annotations

import posixpath
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO

from mv.errors import N_, Invalid
from mv.tabular_files import file_type
from mv.tabular_files.table import MEGABYTE
from mv.tabular_files.xlsx.xml import damaged_error, iter_children

MOST_UNPACKED = 128 * MEGABYTE
"""Of all parts together. A hundred thousand rows of ten columns are about 60."""
MOST_BESIDE = 16 * MEGABYTE
"""Of a part that is neither a sheet nor the shared strings."""
MOST_RATIO = 200
"""Unpacked to packed, of a part of more than a megabyte."""
MOST_PARTS = 5_000

_PIECE = 65_536
_CENTRAL_ENTRY = b"PK\x01\x02"
_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1
# What zipfile raises for files that are cut off, altered, or made to mislead it.
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
    struct.error,
)


@dataclass(frozen=True, slots=True)
class Package:
    """An opened zip file. Names of parts are not case-sensitive."""

    archive: zipfile.ZipFile = field(repr=False)
    parts: Mapping[str, zipfile.ZipInfo] = field(repr=False)

    def has(self, name: str) -> bool:
        """Return whether there is a part of this name."""
        return name.lower() in self.parts

    def pieces(self, name: str, most: int = MOST_UNPACKED) -> Iterator[bytes]:
        """Yield the content of the part. Raises Invalid if it is missing, broken or too long."""
        unpacked = 0
        try:
            with self.archive.open(self.parts[name.lower()]) as part:
                while piece := part.read(_PIECE):
                    unpacked += len(piece)
                    if unpacked > most:
                        raise _too_large_error(most)
                    yield piece
        except (KeyError, *_BROKEN):
            raise damaged_error() from None

    def related(self, name: str) -> dict[str, tuple[str, str]]:
        """Map the id of each relation of the part to its type (the last word) and the name of the related part.

        The part "" is the whole package.
        """
        folder, base = posixpath.split(name)
        path = posixpath.join(folder, "_rels", f"{base}.rels")
        found: dict[str, tuple[str, str]] = {}
        for one in iter_children(self.pieces(path, MOST_BESIDE), "") if self.has(path) else ():
            if one.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/", folder, one.get("Target", "")))
                found[one.get("Id", "")] = one.get("Type", "").rpartition("/")[2], target.lstrip("/")
                if len(found) > MOST_PARTS:
                    raise damaged_error()
        return found


def open_package(data: bytes) -> Package:
    """Open the package. Raises Invalid for another kind of file, a too large or an encrypted one."""
    if data.count(_CENTRAL_ENTRY) > MOST_PARTS:
        raise damaged_error()
    try:
        archive = zipfile.ZipFile(BytesIO(data))
    except _BROKEN:
        raise damaged_error() from None
    package = Package(archive, {part.filename.lower(): part for part in archive.infolist()})
    parts = package.parts.values()
    if any(part.flag_bits & _ENCRYPTED for part in parts):
        raise Invalid(N_("The file is protected by a password. Take the password away, and choose it again."))
    if any(part.compress_type not in _PACKINGS or _is_bomb(part) for part in parts):
        raise Invalid(
            N_("The file is packed as no workbook is, and may be made to do harm. Copy its rows into a new workbook.")
        )
    file_type.refuse_package(package.parts, next(package.pieces("mimetype"), b"") if package.has("mimetype") else b"")
    if sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise _too_large_error(MOST_UNPACKED)
    return package


def _is_bomb(part: zipfile.ZipInfo) -> bool:
    return part.file_size > MEGABYTE and part.file_size > MOST_RATIO * part.compress_size


def _too_large_error(most: int) -> Invalid:
    return Invalid(
        N_("The workbook unpacks to more than {most} MB. Divide it into several, or save it as CSV."),
        most=most // MEGABYTE,
    )
