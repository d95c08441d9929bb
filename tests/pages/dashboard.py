"""The dashboard as a test without a browser opens and reads it: Streamlit's own AppTest."""

from __future__ import annotations

from pathlib import Path

from streamlit.testing.v1 import AppTest

from mv.access import EVERY_UNIT, Actor, Role
from mv.customers import Customer

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "mv" / "ui" / "frame" / "dashboard.py"
SECONDS = 60
"""After this a page counts as hanging, also on a machine that has much else to do."""
DEMO = Actor("demo", "Demo Demosson", Role.LEAD, "centrum", frozenset({EVERY_UNIT}))
"""Who works in a dashboard without sign-in, at whichever unit."""


def start(locale: str = "sv-SE") -> AppTest:
    """Return the dashboard before its first run."""
    at = AppTest.from_file(SCRIPT, default_timeout=SECONDS)
    at.context = {"locale": locale, "timezone": "Europe/Stockholm"}
    return at


def go(at: AppTest, page: str, customer: Customer | int | str | None = None) -> AppTest:
    """Open the page of that name in pages/, with the customer in the address where one is given."""
    if customer is not None:
        at.query_params["kund"] = str(customer.customer_id if isinstance(customer, Customer) else customer)
    return at.switch_page(str(ROOT / "pages" / f"{page}.py")).run()


def dashboard(page: str, customer: Customer | int | str | None = None, locale: str = "sv-SE") -> AppTest:
    """Return a new session at that page."""
    at = go(start(locale).run(), page, customer)
    assert not at.exception
    return at


def plain(text: str) -> str:
    """Return a text of Markdown as people read it."""
    return text.replace("\\", "").replace("\u2060", "").replace("\u00a0", " ")


def words(at: AppTest) -> str:
    """Return what is written on the page, the menu's part and tables included, as people read it."""
    kinds = (at.text, at.markdown, at.header, at.subheader, at.caption, at.info, at.warning, at.error, at.success)
    shown = [str(element.value) for kind in kinds for element in kind]
    tables = [table.value.to_string() for table in at.table]
    return plain("\n".join([*shown, *tables]))


def messages(at: AppTest) -> list[str]:
    """Return what stands in coloured boxes, as people read it."""
    return [plain(box.value) for box in (*at.success, *at.info, *at.warning, *at.error)]


def cells(at: AppTest, table: int) -> list[list[str]]:
    """Return the table's rows, as people read them."""
    return [[plain(str(cell)) for cell in row] for row in at.table[table].value.values.tolist()]


def labels(at: AppTest) -> list[str]:
    """Return what is written on the buttons."""
    return [button.label for button in at.button]


def click(at: AppTest, label: str) -> AppTest:
    """Click the first button with that text."""
    next(button for button in at.button if button.label == label).click().run()
    assert not at.exception
    return at


def press(at: AppTest, key: str) -> AppTest:
    """Click the button with that key."""
    at.button(key=key).click().run()
    assert not at.exception
    return at
