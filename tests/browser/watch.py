"""What must never happen in a browser, whatever a test is about."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Dialog, Frame, Page, Request, WebError, WebSocket

LOOPBACK = {"localhost", "127.0.0.1", "::1"}
REPORT = "reportToWatch"
REMEMBER = """
(() => {
  if (!location.protocol.startsWith("http")) return;
  const said = new Set();
  const remember = (what, text) => {
    if (!said.has(what + text)) { said.add(what + text); REPORT(what, text); }
  };
  new MutationObserver(() => {
    remember("title", document.title);
    for (const box of document.querySelectorAll("[data-testid=stException]")) remember("exception", box.innerText);
  }).observe(document, {childList: true, subtree: true, characterData: true});
})()
""".replace("REPORT", REPORT)
"""Reports every title and every box of an exception that a page has, however short."""
STILL = """
(() => {
  if (!location.protocol.startsWith("http")) return;
  const still = new CSSStyleSheet();
  still.replaceSync(
    "*, *::before, *::after { animation-duration: 1ms !important; animation-delay: 0s !important;" +
    " animation-iteration-count: 1 !important; transition: none !important; }"
  );
  document.adoptedStyleSheets = [still];
})()
"""
"""Ends every movement at once: drawing it takes a fifth of a test's time, and no test looks at one."""


LATE_PART = "Bad delta path index"
"""Streamlit's own error where a part that is drawn each second comes for a page that was left in that instant."""


class Watch:
    """Watches a browser's pages and the dashboard's log from the moment that it is made."""

    def __init__(self, context: BrowserContext, page: Page, log: Path, numbers: frozenset[str]) -> None:
        self.page = page
        self.addresses: list[str] = []
        self.errors: list[str] = []
        self.titles: list[str] = []
        self.expects_fault = False
        self._log = log
        self._log_start = log.stat().st_size
        self._numbers = numbers
        self._context = context
        context.on("request", self._requested)
        context.on("weberror", self._failed)
        context.on("dialog", self._alerted)
        self._of_page: list[tuple[Any, Callable[..., None]]] = [
            ("websocket", self._connected),
            ("console", self._said),
            ("framenavigated", self._arrived),
        ]
        for event, listener in self._of_page:
            page.on(event, listener)

    def end(self) -> None:
        """Watch no more: the browser is another test's from now on."""
        self._context.remove_listener("request", self._requested)
        self._context.remove_listener("weberror", self._failed)
        self._context.remove_listener("dialog", self._alerted)
        for event, listener in self._of_page:
            self.page.remove_listener(event, listener)

    def remember(self, what: str, text: str) -> None:
        """Take down what the page reports of itself."""
        if what == "exception":
            self.errors.append(f"exception on the page: {text}")
        else:
            self.titles.append(text)

    def complaints(self) -> list[str]:
        """Return what happened that must never happen."""
        titles = [*self.titles, self.page.title()]
        log = self.log()
        complaints = [*self.errors]
        complaints += [f"request to {url}" for url in self.addresses if not stays_here(url)]
        for sign in ("Traceback",) if self.expects_fault else ("Traceback", "Unexpected error"):
            complaints += [f"{sign} in the dashboard's log:\n{log}"] if sign in log else []
        for place, texts in (("address", self.addresses), ("title", titles), ("log", [log])):
            complaints += [f"identity number in {place}: {text}" for text in texts if self._names_somebody(text)]
        return complaints

    def log(self) -> str:
        """Return what the dashboard has logged since the watch began."""
        with self._log.open("rb") as file:
            file.seek(self._log_start)
            return file.read().decode(errors="replace")

    def _names_somebody(self, text: str) -> bool:
        found = re.findall(r"(?=((?:\d{2})?\d{6}[-+]?[\dA-Z]{3}\d))", text)
        plain = {re.sub("[-+]", "", number) for number in found}
        return any(number in plain or number[2:] in plain for number in self._numbers)

    def _requested(self, request: Request) -> None:
        self.addresses.append(request.url)

    def _connected(self, socket: WebSocket) -> None:
        self.addresses.append(socket.url)

    def _arrived(self, frame: Frame) -> None:
        self.addresses.append(frame.url)

    def _failed(self, error: WebError) -> None:
        if LATE_PART not in str(error.error):
            self.errors.append(f"uncaught error in the page: {error.error}")

    def _said(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            self.errors.append(f"the page did what its policy forbids: {message.text}")

    def _alerted(self, dialog: Dialog) -> None:
        self.errors.append(f"the page opened a window of the browser: {dialog.message}")
        dialog.dismiss()


def stays_here(url: str) -> bool:
    """Return whether asking for ``url`` stays on this machine."""
    parts = urlsplit(url)
    return parts.scheme in {"about", "blob", "data"} or parts.hostname in LOOPBACK
