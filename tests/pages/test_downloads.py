"""How far the files have come that a page watches, drawn by Streamlit's own AppTest."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from mv.ui.text import WORD_JOINER
from mv.ui.web.downloads.tickets import SessionDownloads, Transfer, TransferState

FILE = "kundgrupper_alla_2026-11-22.csv"


def under_way(done: int, rows: int, filename: str = FILE) -> Transfer:
    transfer = Transfer(filename)
    transfer.progress.begin(rows)
    transfer.progress.add(done)
    return transfer


def drawn(*transfers: Transfer, locale: str = "sv-SE") -> AppTest:
    def page() -> None:
        from mv.ui.widgets import download

        download.draw_transfers()

    at = AppTest.from_function(page)
    at.context = {"locale": locale, "timezone": "Europe/Stockholm"}
    at.session_state["mv_states"] = {SessionDownloads: SessionDownloads(transfers=list(transfers))}
    at.run()
    assert not at.exception
    return at


def seen(markdown: str) -> str:
    """Return what is seen of Markdown in which everything is escaped."""
    return markdown.replace("\\", "").replace(WORD_JOINER, "").replace("\u00a0", " ")


def bars(at: AppTest) -> list[tuple[int, str]]:
    return [(bar.proto.value, seen(bar.proto.text)) for bar in at.get("progress")]


def test_nothing_is_drawn_where_nothing_is_fetched() -> None:
    at = drawn()
    assert bars(at) == []
    assert len(at.button) == len(at.caption) == len(at.warning) == 0


def test_a_file_under_way_has_a_bar_and_can_be_cancelled_once() -> None:
    transfer = under_way(4_200_000, 10_000_000)
    at = drawn(transfer)
    assert bars(at) == [(42, f"Hämtar {FILE}: 4 200 000 av 10 000 000 rader")]
    (button,) = at.button
    assert (button.label, button.disabled) == ("Avbryt", False)
    button.click().run()
    assert transfer.progress.cancelled
    assert at.button[0].disabled


def test_each_of_two_files_is_cancelled_by_its_own_button() -> None:
    first, second = under_way(1, 10, "a.csv"), under_way(1, 10, "b.csv")
    at = drawn(first, second)
    at.button[1].click().run()
    assert (first.progress.cancelled, second.progress.cancelled) == (False, True)


@pytest.mark.parametrize(
    ("state", "locale", "says"),
    [
        (TransferState.DONE, "sv-SE", f"Hämtad: {FILE} (rader: 10)"),
        (TransferState.DONE, "en-GB", f"Fetched: {FILE} (rows: 10)"),
        (TransferState.CANCELLED, "sv-SE", f"{FILE} avbröts."),
        (TransferState.BROKEN, "sv-SE", f"{FILE} hämtades inte till slutet."),
    ],
)
def test_what_became_of_a_file_is_said(state: TransferState, locale: str, says: str) -> None:
    transfer = under_way(10, 10)
    transfer.state = state
    at = drawn(transfer, locale=locale)
    assert len(at.button) == 0
    (told,) = [*at.caption, *at.warning]
    assert seen(told.value).startswith(says)
