"""The anchor of the access log, told to the server's log, where whoever rewrites the store does not reach it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from logging import INFO, WARNING
from typing import Any

from starlette.concurrency import run_in_threadpool

from mv.access_log import chain
from mv.ui.resources import store
from mv.ui.web.streamlit_internals import get_logger

SECONDS_BETWEEN = 15 * 60
LOGGER = get_logger("mv.ui.web.log_anchor")


@asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[None]:
    """Tell the anchor every quarter of an hour, from the start of the server to its end."""
    telling = asyncio.create_task(_tell_on())
    try:
        yield
    finally:
        telling.cancel()
        await run_in_threadpool(tell)


def tell() -> None:
    """Write the anchor, as ``check-log --anchor`` takes it, to the server's log; a fault ends nothing."""
    try:
        LOGGER.log(INFO, "Anchor of the access log: %s", chain.last_anchor(store()) or "none, it is empty")
    except Exception as error:
        LOGGER.log(WARNING, "The anchor of the access log cannot be read: %s", type(error).__name__)


async def _tell_on() -> None:
    while True:
        await run_in_threadpool(tell)
        await asyncio.sleep(SECONDS_BETWEEN)
