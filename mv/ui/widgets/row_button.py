"""A button that acts on one row of several: its label names the row to a screen reader."""

from __future__ import annotations

from base64 import b64encode

from mv.ui.text import literal

NOTHING_TO_SEE = '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>'


def picture(svg: str, name: str = "") -> str:
    """Return Markdown for a picture; its name is read out in place of it."""
    return f"![{literal(name)}](data:image/svg+xml;base64,{b64encode(svg.encode()).decode()})"


def action(word: str, row: str) -> str:
    """Return a button's label: its word is seen, and a screen reader hears which row it acts on, too."""
    return f"{word} {picture(NOTHING_TO_SEE, row)}"
