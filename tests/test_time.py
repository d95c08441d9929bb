"""Time is given to whatever is tested, never asked: a run that crosses midnight goes as any other."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parent
ASKING = {"today", "now", "utcnow", "time", "localtime", "gmtime", "time_ns", "ctime", "system_clock"}
"""What a method of a module or class of CLOCKS is called that asks the machine's clock; ``monotonic`` only measures."""
CLOCKS = {"date", "datetime", "time", "dt", "pd", "pandas", "Timestamp", "clock"}
EXCEPTIONS = {
    "test_clock.py: system_clock()": "the machine's clock itself",
}


def asks(source: str) -> Iterator[str]:
    """Find what asks the machine's clock in the source of tests: itself, or by a store that has no other."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        function = node.func
        if isinstance(function, ast.Attribute):
            owner = function.value
            name = owner.attr if isinstance(owner, ast.Attribute) else owner.id if isinstance(owner, ast.Name) else ""
            if name in CLOCKS and function.attr in ASKING:
                yield ast.unparse(node)
        elif isinstance(function, ast.Name):
            without_clock = len(node.args) < 2 and not any(keyword.arg == "clock" for keyword in node.keywords)
            if function.id == "system_clock" or (function.id == "open_store" and without_clock):
                yield ast.unparse(node)


def test_whatever_asks_the_clock_is_found() -> None:
    asked = ["date.today()", "datetime.now(UTC)", "time.time()", "open_store(url)"]
    given = ["store.today()", "time.monotonic()", "open_store(url, clock)", "datetime.combine(day, time())"]
    assert [found for line in [*asked, *given] for found in asks(line)] == asked


def test_no_test_asks_the_machine_s_clock() -> None:
    found = {
        f"{file.relative_to(TESTS)}: {call}"
        for file in TESTS.rglob("*.py")
        for call in asks(file.read_text(encoding="utf-8"))
    }
    assert found == set(EXCEPTIONS)
