"""File formats and their encoders of frames. The types of a frame are those of :mod:`mv.export.schema`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

import pandas as pd

from mv.export.schema import Layout


class Encoder(Protocol):
    """Encoder of one file. ``encode`` may run in several threads at once; the other methods run in the file's order."""

    def begin(self) -> Iterable[bytes]:
        """Return the bytes before the rows."""

    def encode(self, frame: pd.DataFrame) -> Any:
        """Encode a frame, as far as that depends on its own rows alone."""

    def add(self, part: Any) -> Iterable[bytes]:
        """Return the bytes of the file for ``part``, the next one in order."""

    def end(self) -> Iterable[bytes]:
        """Return the bytes after the rows."""

    def close(self) -> None:
        """Release all resources, whether or not the file is whole."""


class Format(Protocol):
    """A file format with its options."""

    @property
    def suffix(self) -> str:
        """File name suffix, without the dot."""

    @property
    def mime(self) -> str:
        """Media type of a file."""

    def encoder(self, layout: Layout) -> Encoder:
        """Return the encoder of one file."""
