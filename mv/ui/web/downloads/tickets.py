"""Files that a page offers, each under an address of its own that works once drawn, in one browser alone.

The address holds a random ticket. It is kept in this process's memory, as the session is that it belongs to.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from hmac import compare_digest
from time import monotonic
from typing import Protocol

from mv.errors import N_, Forbidden, NotFound
from mv.export import Progress
from mv.i18n import Language
from mv.users import User

SECONDS_TO_LIVE = 30 * 60
"""How long an offer holds after its page was drawn last; a page that is left takes its offers along at once."""

GONE = N_("This address no longer holds. Go back to the page and choose the download again.")
OTHER_BROWSER = N_("This address was made for another browser or another sign-in. Get the file on the page instead.")


class DownloadFile(Protocol):
    """A file to be made when it is asked for: all that it is made from, fixed when its link is drawn.

    Two that are equal are the same file, and keep the same address.
    """

    @property
    def filename(self) -> str: ...

    @property
    def mime(self) -> str: ...

    def pieces(self, progress: Progress) -> Iterator[bytes]:
        """Make the file piece by piece. Raises MvError before the first piece where it cannot be had."""


@dataclass(frozen=True, slots=True)
class GeneratedFile:
    """A file whose pieces a function makes from these arguments."""

    filename: str
    mime: str
    function: Callable[..., Iterator[bytes]]
    arguments: tuple[object, ...] = ()

    def pieces(self, progress: Progress) -> Iterator[bytes]:
        """Make the file piece by piece; how far it has come is not told."""
        return self.function(*self.arguments)


class TransferState(Enum):
    """The state of a transfer; BROKEN when the browser left, or the file could not be made to its end."""

    UNDER_WAY = auto()
    DONE = auto()
    CANCELLED = auto()
    BROKEN = auto()


@dataclass(slots=True)
class Transfer:
    """A file that is being fetched, or was fetched."""

    filename: str
    progress: Progress = field(default_factory=Progress)
    state: TransferState = TransferState.UNDER_WAY


@dataclass(slots=True)
class SessionDownloads:
    """The files that one session offers: the ticket of each by its key, and the keys that were ``drawn`` in this run.

    ``replaced`` are the tickets that stood on the screen before these: a click on one may be on its way. ``transfers``
    are those that the page watches: all that are under way, and what ended since one began.
    """

    tickets: dict[str, str] = field(default_factory=dict)
    replaced: dict[str, str] = field(default_factory=dict)
    drawn: set[str] = field(default_factory=set)
    transfers: list[Transfer] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class DownloadOffer:
    """A file that a page offers to this ``browser`` and the sign-in of this ``session_hash`` alone.

    ``user`` is what the user was when the link was drawn, ``downloads`` what the session offers. When it is
    ``watched``, the page shows how far the file has come.
    """

    file: DownloadFile
    browser: str
    session_hash: str | None
    user: User | None
    language: Language
    downloads: SessionDownloads = field(compare=False, repr=False)
    watched: bool = False
    drawn_at: float = field(default_factory=monotonic, compare=False)


_offers: dict[str, DownloadOffer] = {}
_lock = threading.Lock()


def put(downloads: SessionDownloads, key: str, offer: DownloadOffer) -> str:
    """Offer a file under the session's ``key`` and return its ticket, which names this very offer.

    The ticket stays the same while an equal offer is drawn. That of another one, which is drawn no more, holds until
    it is replaced in turn.
    """
    with _lock:
        _forget_old()
        downloads.drawn.add(key)
        ticket = downloads.tickets.get(key)
        if ticket is None or _offers.get(ticket) != offer:
            _offers.pop(downloads.replaced.pop(key, ""), None)
            if ticket is not None:
                downloads.replaced[key] = ticket
            ticket = downloads.tickets[key] = secrets.token_urlsafe(32)
        _offers[ticket] = offer
        return ticket


def begin_run(downloads: SessionDownloads) -> None:
    """Begin to draw the session's page."""
    downloads.drawn.clear()


def end_run(downloads: SessionDownloads, *, whole: bool) -> None:
    """End drawing it; withdraw the offers that a page which was drawn as a ``whole`` does not make any more."""
    with _lock:
        for key in (downloads.tickets.keys() - downloads.drawn) if whole else ():
            for tickets in (downloads.tickets, downloads.replaced):
                _offers.pop(tickets.pop(key, ""), None)


def find(ticket: str, browser: str | None, session_hash: str | None) -> DownloadOffer:
    """Return what is offered under ``ticket`` to this browser and sign-in. Raises NotFound and Forbidden."""
    with _lock:
        _forget_old()
        offer = _offers.get(ticket)
    if offer is None:
        raise NotFound(GONE)
    same_browser = bool(browser) and compare_digest(offer.browser.encode(), str(browser).encode())
    if not same_browser or offer.session_hash != session_hash:
        raise Forbidden(OTHER_BROWSER)
    return offer


def begin_transfer(offer: DownloadOffer) -> Transfer:
    """Return the record of a file that begins to be fetched; transfers that ended before are not shown any more."""
    transfer = Transfer(offer.file.filename)
    if offer.watched:
        with _lock:
            offer.downloads.transfers[:] = [
                t for t in offer.downloads.transfers if t.state is TransferState.UNDER_WAY
            ] + [transfer]
    return transfer


def forget_transfer(offer: DownloadOffer, transfer: Transfer) -> None:
    """Forget a transfer that did not begin: its error was shown as a page."""
    with _lock:
        offer.downloads.transfers[:] = [other for other in offer.downloads.transfers if other is not transfer]


def _forget_old() -> None:
    now = monotonic()
    for ticket in [ticket for ticket, offer in _offers.items() if now - offer.drawn_at > SECONDS_TO_LIVE]:
        del _offers[ticket]
