"""Unexpected errors: the user is told a number, and the log under this number the place in the code, without data.

The text of an exception, its arguments and its variables can hold a person's data. So the log gets its type
and the places in the code that it came through, and nothing else.
"""

from __future__ import annotations

import logging
import secrets
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Any

import streamlit as st
from starlette.requests import Request
from starlette.responses import Response

from mv.errors import N_, MvError
from mv.ui.text import _, explain, literal
from mv.ui.web import error_pages
from mv.ui.web.headers import add_headers
from mv.ui.web.startup_checks import configured
from mv.ui.web.streamlit_internals import REQUEST_LOGGERS, UNCAUGHT_LOGGER, UNCAUGHT_MESSAGE, get_logger

LOGGER = get_logger("mv.ui.frame.unexpected_errors")
MESSAGE = N_("Something went wrong, and nothing more is known here. Try again; if it stays so, tell support: {number}")
ROOT = Path(__file__).parents[3]
LEFT_OUT = "…"
"""Stands in a line of the log for what somebody wrote in a request: an error of a provider, an origin."""


class Fault(MvError):
    """An unexpected error, known to the log by its number."""


def note(error: BaseException) -> str:
    """Log the place of ``error`` in the code, and return its number in the log."""
    number = secrets.token_hex(4).upper()
    LOGGER.log(logging.ERROR, "Unexpected error %s: %s", number, describe(error))
    return number


def describe(error: BaseException | None) -> str:
    """Return the types and places of an exception and of those that it came from, without their texts."""
    parts: list[str] = []
    while error is not None and len(parts) < 5:
        kind = type(error)
        parts.append("\n  ".join([f"{kind.__module__}.{kind.__qualname__}", *_places(error.__traceback__)]))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\nafter ".join(parts)


def _places(trace: TracebackType | None) -> list[str]:
    places = []
    while trace is not None:
        code = trace.tb_frame.f_code
        file = Path(code.co_filename)
        shown = file.relative_to(ROOT) if file.is_relative_to(ROOT) else Path(*file.parts[-2:])
        places.append(f"{shown}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return places


def show(error: Exception) -> bool:
    """Tell the user about an exception of a page, a callback or a fragment; return True, so that Streamlit does not."""
    if isinstance(error, MvError):
        st.error(literal(explain(error)))
    else:
        st.error(literal(_(MESSAGE, number=note(error))))
    return True


async def answer(request: Request, error: Exception) -> Response:
    """Answer a request that ended in an exception: no middleware of ours sees this answer."""
    response = error_pages.page(Fault(MESSAGE, number=note(error)), 500, error_pages.language_of(request))
    add_headers(response.headers, configured())
    return response


def keep_data_out_of_log() -> None:
    """Keep the texts of exceptions, and what a request says, out of every line of the log."""
    if getattr(logging.getLogRecordFactory(), "keeps_data_out", False):
        return
    plain = logging.getLogRecordFactory()

    def factory(*args: Any, **kwargs: Any) -> logging.LogRecord:
        return _without_data(plain(*args, **kwargs))

    factory.keeps_data_out = True  # type: ignore[attr-defined]
    logging.setLogRecordFactory(factory)
    # What a page raises is logged by show(), with its number.
    logging.getLogger(UNCAUGHT_LOGGER).addFilter(lambda record: record.msg != UNCAUGHT_MESSAGE)
    sys.unraisablehook = lambda unraisable: _note_if_any(unraisable.exc_value)
    threading.excepthook = lambda thread: _note_if_any(thread.exc_value)


def _note_if_any(error: BaseException | None) -> None:
    if error is not None:
        note(error)


def _without_data(record: logging.LogRecord) -> logging.LogRecord:
    if record.exc_info and record.exc_info[1] is not None:
        record.exc_text = describe(record.exc_info[1])
        record.exc_info = None
    if isinstance(record.args, tuple):
        record.args = tuple(_safe(record.name, argument) for argument in record.args)
    if record.name == "asyncio":  # its text holds the exception's
        record.msg = str(record.msg).splitlines()[0]
    return record


def _safe(logger: str, argument: object) -> object:
    if isinstance(argument, BaseException):
        return type(argument).__name__
    if isinstance(argument, int | float | None):
        return argument
    if logger in REQUEST_LOGGERS:
        return LEFT_OUT
    return str(argument).split("?")[0] if logger.startswith("uvicorn") else argument
