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

from mv.errors import N_, Forbidden, NotFound
from mv.export import Progress
from mv.i18n import Language

SECONDS_TO_LIVE = 30 * 60
"""How long an offer holds after its page was drawn last; a page that is left takes its offers along at once."""

GONE = N_("This address no longer holds. Go back to the page and choose the download again.")
OTHER_BROWSER = N_("This address was made for another browser or another sign-in. Get the file on the page instead.")

Make = Callable[[Progress], Iterator[bytes]]


class State(Enum):
    """What has become of a file that is fetched; BROKEN when the browser left, or it could not be made to its end."""

    UNDER_WAY = auto()
    DONE = auto()
    CANCELLED = auto()
    BROKEN = auto()


@dataclass(slots=True)
class Transfer:
    """A file that is being fetched, or was."""

    filename: str
    progress: Progress = field(default_factory=Progress)
    state: State = State.UNDER_WAY


@dataclass(slots=True)
class SessionDownloads:
    """What one session offers. ``busy`` while a run of the page goes on, which can change what is offered.

    ``transfers`` are those that its page watches: all that are under way, and what ended since one began.
    """

    tickets: dict[str, str] = field(default_factory=dict)
    drawn: set[str] = field(default_factory=set)
    busy: bool = False
    transfers: list[Transfer] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class DownloadOffer:
    """A file to be made when it is asked for.

    ``browser`` and ``session_hash`` say who may ask, ``user`` what the user was when it was drawn; ``downloads``
    whether the session is at rest. When it is ``watched``, the page shows how far the file has come.
    """

    filename: str
    mime: str
    make: Make
    browser: str
    session_hash: str | None
    user: object
    language: Language
    downloads: SessionDownloads
    watched: bool = False
    drawn_at: float = field(default_factory=monotonic)


_offers: dict[str, DownloadOffer] = {}
_lock = threading.Lock()


def put(downloads: SessionDownloads, key: str, offer: DownloadOffer) -> str:
    """Offer a file under the downloads's ``key`` and return its ticket, the same one each time that it is drawn."""
    with _lock:
        _forget_old()
        ticket = downloads.tickets.setdefault(key, secrets.token_urlsafe(32))
        downloads.drawn.add(key)
        _offers[ticket] = offer
        return ticket


def begin_run(downloads: SessionDownloads) -> None:
    """Remember that the session's page is being drawn."""
    downloads.busy = True
    downloads.drawn.clear()


def end_run(downloads: SessionDownloads, *, whole: bool) -> None:
    """Remember that it is drawn; what a page that was drawn as a ``whole`` does not offer cannot be had any more."""
    with _lock:
        for key in (downloads.tickets.keys() - downloads.drawn) if whole else ():
            _offers.pop(downloads.tickets.pop(key), None)
        downloads.busy = False


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
    """Return the record of a file that begins to be fetched; what ended before it is not shown any more."""
    transfer = Transfer(offer.filename)
    if offer.watched:
        with _lock:
            offer.downloads.transfers[:] = [t for t in offer.downloads.transfers if t.state is State.UNDER_WAY] + [
                transfer
            ]
    return transfer


def forget_transfer(offer: DownloadOffer, transfer: Transfer) -> None:
    """Show nothing of a file that did not begin: whoever asked for it was told why."""
    with _lock:
        offer.downloads.transfers[:] = [other for other in offer.downloads.transfers if other is not transfer]


def _forget_old() -> None:
    now = monotonic()
    for ticket in [ticket for ticket, offer in _offers.items() if now - offer.drawn_at > SECONDS_TO_LIVE]:
        del _offers[ticket]
