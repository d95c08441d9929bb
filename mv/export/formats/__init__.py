"""Formats of files: what each makes of frames. A frame's types are those of :mod:`mv.export.schema`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

import pandas as pd

from mv.export.schema import Layout


class Encoder(Protocol):
    """Makes one file. ``encode`` may run in several threads at once; the other methods run in the file's order."""

    def begin(self) -> Iterable[bytes]:
        """Return what comes before the rows."""

    def encode(self, frame: pd.DataFrame) -> Any:
        """Return a frame as it is written, as far as that depends on its own rows alone."""

    def add(self, part: Any) -> Iterable[bytes]:
        """Return what comes next in the file, now that ``part`` is next."""

    def end(self) -> Iterable[bytes]:
        """Return what comes after the rows."""

    def close(self) -> None:
        """Let go of everything, whether or not the file is whole."""


class Format(Protocol):
    """A format of files, with the choices that there are in it."""

    @property
    def suffix(self) -> str:
        """What a file's name ends in, without the dot."""

    @property
    def mime(self) -> str:
        """The media type of a file."""

    def encoder(self, layout: Layout) -> Encoder:
        """Return what makes one file."""
