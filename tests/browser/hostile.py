"""What a screen with hostile texts on it must be like: it shows them, and nothing else comes of them."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.screen import Screen

FOREIGN = (
    "img[src='x'], img[src*='example'], script, iframe, svg[onload], .katex, style, details[ontoggle],"
    " a[href*='javascript'], a[href*='example'], a[href^='mailto'], s, del, strong, em, code, blockquote, li, hr"
)


def seen(text: str) -> str:
    """Return ``text`` as a screen shows it: with single spaces."""
    return " ".join(text.split())


def nothing_acts(screen: Screen) -> None:
    """Expect that no part of what is shown of people or notes has become anything but text."""
    places = (
        "[data-testid=stHeading]",
        "[data-testid=stAlert]",
        "[data-testid=stText]",
        "[data-testid=stButton]",
        "[role=table]",
        "[role=dialog]",
    )
    for place in places:
        expect(screen.page.locator(f"{place} :is({FOREIGN})")).to_have_count(0)


def shows(screen: Screen, *texts: str) -> None:
    """Expect each of the texts on the page, character for character."""
    screen.is_at_rest()
    whole = seen(screen.text())
    assert [text for text in texts if seen(text) not in whole] == []
