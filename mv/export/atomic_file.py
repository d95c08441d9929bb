"""Atomic writing of a file, all of it or nothing, and a line that shows the progress."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Self, TextIO

from mv.export.progress import Progress

SECONDS_BETWEEN_REDRAWS = 0.1
PERCENT_BETWEEN_LINES = 10


def write_atomically(file: Path, chunks: Iterable[bytes], tell: Callable[[], None] | None = None) -> None:
    """Write ``file`` beside its place and move it there when whole; ``tell`` after each chunk. Raises OSError.

    Its owner alone may read it, and a link in its place is replaced, never followed.
    """
    if not file.name:
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    number, name = tempfile.mkstemp(prefix=f"{file.name}.", suffix=".part", dir=file.parent)
    unfinished = Path(name)
    try:
        with open(number, "wb") as part:
            for chunk in chunks:
                part.write(chunk)
                if tell:
                    tell()
        unfinished.replace(file)
    except BaseException:
        with suppress(OSError):
            unfinished.unlink()
        raise


class ProgressLine:
    """Progress of a file on a stream: one redrawn line in a terminal, elsewhere a new line now and then.

    ``words`` composes the text from rows done, all rows and percent.
    """

    def __init__(self, progress: Progress, stream: TextIO, words: Callable[[int, int, int], str]) -> None:
        self._progress = progress
        self._stream = stream
        self._words = words
        self._redrawn = stream.isatty()
        self._drawn = ""
        self._drawn_at = -SECONDS_BETWEEN_REDRAWS
        self._next_percent = 0

    def tell(self) -> None:
        """Write the progress if it has changed enough for a line."""
        percent = int(self._progress.share * 100)
        now = monotonic()
        if self._redrawn:
            if now - self._drawn_at >= SECONDS_BETWEEN_REDRAWS:
                self._drawn_at = now
                self._redraw(percent)
        elif percent >= self._next_percent:
            self._next_percent = percent - percent % PERCENT_BETWEEN_LINES + PERCENT_BETWEEN_LINES
            self._write(self._text(percent) + "\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_error: object) -> None:
        """Write the progress as complete, unless an error ended it, and end the line."""
        if self._redrawn:
            if kind is None:
                self._redraw(100)
            self._write("\n" if self._drawn else "")
        elif kind is None and self._next_percent <= 100:
            self._write(self._text(100) + "\n")

    def _redraw(self, percent: int) -> None:
        text = self._text(percent)
        self._write("\r" + text.ljust(len(self._drawn)))
        self._drawn = text

    def _text(self, percent: int) -> str:
        return self._words(self._progress.done, self._progress.rows, percent)

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
