"""Scripts of the dashboard's own that run in the browser: the files of the folder components."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from mv.ui.web.streamlit_internals import ComponentConfig, ComponentManifest, get_bidi_component_manager

PACKAGE = "mv"
FOLDER = Path(__file__).parent / "components"


def browser_script(name: str) -> Any:
    """Return the component that the script ``name`` draws.

    It is sent to browsers as a file of the dashboard's own: its pages run no other.
    """
    if get_bidi_component_manager().get_component_asset_root(f"{PACKAGE}.{name}") is None:
        _register()
    return st.components.v2.component(f"{PACKAGE}.{name}", js=f"{name}.js", isolate_styles=False)


def _register() -> None:
    components = [ComponentConfig(file.stem, FOLDER.name) for file in sorted(FOLDER.glob("*.js"))]
    get_bidi_component_manager().register_from_manifest(ComponentManifest(PACKAGE, "1", components), FOLDER.parent)
