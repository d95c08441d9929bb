"""Error pages outside Streamlit: short, readable, in the browser's language."""

from __future__ import annotations

from html import escape

from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse

from mv import i18n
from mv.errors import N_, MvError
from mv.i18n import Language

TITLE = N_("This did not work")
BACK = N_("Back to the dashboard")
PAGE = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>body{{font:1.125rem/1.5 sans-serif;color:#1f2a33;max-width:40rem;margin:4rem auto;padding:0 1rem}}
a{{color:#0b5c6b}}</style></head>
<body><main><h1>{title}</h1><p>{text}</p><p><a href="{home}">{back}</a></p></main></body></html>
"""


def language_of(connection: HTTPConnection) -> Language:
    """Return the language that the browser asks for first."""
    return i18n.choose_language(connection.headers.get("accept-language", "").split(",")[0].split(";")[0].strip())


def page(error: MvError, status: int, language: Language, home: str = "/") -> HTMLResponse:
    """Return a page with the text of ``error`` and a link to ``home``."""
    title = i18n.translate(TITLE, language)
    text = PAGE.format(
        language=language,
        title=escape(title),
        text=escape(i18n.explain(error, language)),
        home=escape(home),
        back=escape(i18n.translate(BACK, language)),
    )
    return HTMLResponse(text, status, {"Cache-Control": "no-store"})
