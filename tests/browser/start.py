"""What a test starts instead of ``streamlit run app.py``: the same, with a clock that runs from a given instant on."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from time import monotonic

from streamlit.web import cli

from mv.ui import resources


class RunningClock:
    """A clock that showed ``first`` when it was made and has run since."""

    def __init__(self, first: datetime) -> None:
        self._first = first
        self._made_at = monotonic()

    def __call__(self) -> datetime:
        return self._first + timedelta(seconds=monotonic() - self._made_at)


if __name__ == "__main__":
    first, *arguments = sys.argv[1:]
    resources.clock = RunningClock(datetime.fromisoformat(first))
    sys.argv = ["streamlit", *arguments]
    cli.main()
