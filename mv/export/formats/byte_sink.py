"""A sink for a library that writes to a file: the bytes written so far can be taken at any time."""

from __future__ import annotations

import io
from typing import Any


class ByteSink(io.RawIOBase):
    """A file to write to that cannot be read and has no seek."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, data: Any) -> int:
        """Keep a copy of ``data``, bytes of any kind, until it is taken."""
        part = bytes(data)
        self._parts.append(part)
        return len(part)

    def take(self) -> bytes:
        """Return the bytes written since the last call."""
        taken, self._parts = b"".join(self._parts), []
        return taken
