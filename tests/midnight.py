"""A plugin of pytest for a run whose clock libfaketime sets: there the system refuses the call that time.sleep makes.

It names the instant to wake at, by a clock that libfaketime leaves alone; waiting for a lock does not.
"""

from __future__ import annotations

import threading
import time


def _sleep(seconds: float) -> None:
    threading.Event().wait(seconds)


time.sleep = _sleep
