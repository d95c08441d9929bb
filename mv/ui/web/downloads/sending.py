"""The route that streams the files that pages offer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from logging import WARNING
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from mv.errors import N_, Conflict, Forbidden, MvError, NotFound, StoreUnavailable
from mv.export import Cancelled
from mv.ui.web import cookies, current_sign_in, error_pages
from mv.ui.web.cookies import SignedCookie
from mv.ui.web.downloads import tickets
from mv.ui.web.downloads.tickets import GONE, DownloadOffer, Transfer, TransferState
from mv.ui.web.headers import BROWSER_COOKIE
from mv.ui.web.startup_checks import configured
from mv.ui.web.streamlit_internals import get_logger
from mv.users import User

PATH = "/hamta"
MOST_AT_ONCE = 4
"""Each one reads the store and keeps a worker busy; who comes when all are taken is told to come back."""
MOST_BYTES_AT_ONCE = 1 << 20
"""Sent before it is looked again whether the file is still wanted: a second's worth for a slow browser."""
STATUS = {NotFound: 404, Forbidden: 403, StoreUnavailable: 503, Conflict: 503}
LOGGER = get_logger("mv.ui.web.downloads.sending")

_under_way = 0


def route() -> Route:
    """Return the route of all downloads."""
    return Route(PATH + "/{ticket}", hand_out, methods=["GET"])


async def hand_out(request: Request) -> Response:
    """Answer with the file of a ticket, or with a page that says why not."""
    language = error_pages.language_of(request)
    cookie = cookies.read(request.cookies) if configured().sign_in else None
    try:
        offer = await _offer(request, cookie)
        language = offer.language
        if _under_way >= MOST_AT_ONCE:
            raise Conflict(N_("Too many files are being fetched at once. Try again in a moment."))
        return await _File.begun(offer, cookie)
    except MvError as error:
        status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 400)
        return error_pages.page(error, status, language)


async def _offer(request: Request, cookie: SignedCookie | None) -> DownloadOffer:
    """Return the offer of a request's ticket. Raises NotFound and Forbidden."""
    try:
        session_hash = cookie.session_hash if cookie else None
        offer = tickets.find(request.path_params["ticket"], request.cookies.get(BROWSER_COOKIE), session_hash)
    except Forbidden:
        LOGGER.log(WARNING, "A download's address was opened in another browser or sign-in than it was made for")
        raise
    if not await run_in_threadpool(_holds, offer, cookie):
        raise NotFound(GONE)
    return offer


def _holds(offer: DownloadOffer, cookie: SignedCookie | None) -> bool:
    """Return whether the user is signed in and has the rights with which the offer was drawn."""
    if not configured().sign_in:
        return True
    user = current_sign_in.status_of(cookie).user
    return user is not None and rights(user) == rights(offer.user)


def rights(user: User | None) -> tuple[object, ...]:
    """Return the rights of a user, which must be as they were when the offer was drawn."""
    return (user.user_id, user.role, user.units, user.blocked) if user else ()


class _File(StreamingResponse):
    """Sends the pieces of an iterator that runs in a worker, and closes it however the sending ends.

    A file that is cancelled, or whose user has lost the right to it, ends in the middle of the answer, so that the
    browser knows that it is not whole.
    """

    def __init__(
        self,
        offer: DownloadOffer,
        cookie: SignedCookie | None,
        transfer: Transfer,
        first: bytes | None,
        chunks: Iterator[bytes],
    ) -> None:
        self._offer = offer
        self._cookie = cookie
        self._transfer = transfer
        self._chunks = chunks
        headers = {
            "Content-Disposition": f"attachment; filename*=utf-8''{quote(offer.file.filename, safe='')}",
            "Content-Encoding": "identity",  # compressed, it would be held back and cost more than it saves
            "Cache-Control": "no-store",
        }
        super().__init__(self._pieces(first), 200, headers, offer.file.mime)

    @classmethod
    async def begun(cls, offer: DownloadOffer, cookie: SignedCookie | None) -> _File:
        """Return the answer once the first piece is made. Raises the MvError that keeps the file from being made."""
        global _under_way
        _under_way += 1
        transfer = tickets.begin_transfer(offer)
        chunks: Iterator[bytes] | None = None
        try:
            chunks = await run_in_threadpool(offer.file.pieces, transfer.progress)
            first = await run_in_threadpool(next, chunks, None)
            return cls(offer, cookie, transfer, first, chunks)
        except BaseException:
            tickets.forget_transfer(offer, transfer)
            await _close(chunks)
            _under_way -= 1
            raise

    async def _pieces(self, first: bytes | None) -> AsyncIterator[memoryview]:
        piece = first
        while piece is not None:
            for start in range(0, len(piece), MOST_BYTES_AT_ONCE):
                if not await run_in_threadpool(_holds, self._offer, self._cookie):
                    self._transfer.progress.cancel()
                self._transfer.progress.check()
                yield memoryview(piece)[start : start + MOST_BYTES_AT_ONCE]
            piece = await run_in_threadpool(next, self._chunks, None)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        global _under_way
        state = TransferState.BROKEN
        try:
            with suppress(ClientDisconnect):
                await super().__call__(scope, receive, send)
                state = TransferState.DONE
        except Cancelled:
            state = TransferState.CANCELLED
        finally:
            _under_way -= 1
            await asyncio.shield(_close(self._chunks))
            self._transfer.state = state


async def _close(chunks: Iterator[bytes] | None) -> None:
    close = getattr(chunks, "close", None)
    if close is not None:
        await run_in_threadpool(close)
