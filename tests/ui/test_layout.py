"""Where the code of the screens stands: a feature in its folder, and in mv/ui itself what every screen uses."""

from __future__ import annotations

import ast
from pathlib import Path

UI = Path(__file__).parents[2] / "mv" / "ui"


def test_a_file_of_a_feature_stands_in_its_folder() -> None:
    own = {"__init__", "double_click", "navigation", "notices", "resources", "session", "text"}
    assert {file.stem for file in UI.glob("*.py")} == own


def test_the_session_knows_no_feature() -> None:
    tree = ast.parse((UI / "session.py").read_text("utf-8"))
    modules = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    own = {module for module in modules if module.startswith("mv.")}
    assert own == {"mv.access", "mv.i18n", "mv.ui.web", "mv.ui.web.startup_checks", "mv.users"}
