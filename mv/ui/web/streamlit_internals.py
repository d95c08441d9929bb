"""The private parts of Streamlit that the dashboard stands on, imported here and nowhere else.

An upgrade can move or change each of them: tests/ui/web/test_streamlit_internals.py says at once which.
"""

from __future__ import annotations

import re
from pathlib import Path

import streamlit
from streamlit.auth_util import get_cookie_with_chunks
from streamlit.components.v2.get_bidi_component_manager import get_bidi_component_manager
from streamlit.components.v2.manifest_scanner import ComponentConfig, ComponentManifest
from streamlit.config import set_option
from streamlit.delta_generator import DeltaGenerator
from streamlit.logger import get_logger
from streamlit.runtime.uploaded_file_manager import DeletedFile, UploadedFile
from streamlit.web.server.server_util import get_cookie_secret
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

__all__ = [
    "UNCAUGHT_LOGGER", "UNCAUGHT_MESSAGE", "USER_COOKIE_NAME", "ComponentConfig", "ComponentManifest", "DeletedFile",
    "DeltaGenerator", "UploadedFile", "decode_signed_value", "get_bidi_component_manager", "get_cookie_secret",
    "get_cookie_with_chunks", "get_logger", "inline_scripts", "set_option",
]  # fmt: skip

UNCAUGHT_LOGGER = "streamlit.error_util"
UNCAUGHT_MESSAGE = "Uncaught app execution"
"""The logger and the line by which Streamlit logs what a page raised, with the texts of the exception."""


def inline_scripts() -> list[str]:
    """Return the scripts that stand in Streamlit's page itself, whose hashes a content security policy has to name."""
    index = (Path(streamlit.__file__).parent / "static" / "index.html").read_text("utf-8")
    return re.findall(r"<script>(.*?)</script>", index, re.DOTALL)
