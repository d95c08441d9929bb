"""The private parts of Streamlit that the dashboard stands on, imported here and nowhere else.

An upgrade can move or change each of them: tests/ui/web/test_streamlit_internals.py says at once which.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import streamlit
from streamlit import runtime
from streamlit.auth_util import get_cookie_with_chunks
from streamlit.components.v2.get_bidi_component_manager import get_bidi_component_manager
from streamlit.components.v2.manifest_scanner import ComponentConfig, ComponentManifest
from streamlit.config import set_option
from streamlit.delta_generator import DeltaGenerator
from streamlit.logger import get_logger
from streamlit.runtime.uploaded_file_manager import DeletedFile, UploadedFile
from streamlit.web.server.server_util import get_cookie_secret
from streamlit.web.server.starlette import starlette_auth_routes
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

__all__ = [
    "REQUEST_LOGGERS", "UNCAUGHT_LOGGER", "UNCAUGHT_MESSAGE", "USER_COOKIE_NAME", "ComponentConfig",
    "ComponentManifest", "DeletedFile", "DeltaGenerator", "UploadedFile", "decode_signed_value",
    "get_bidi_component_manager", "get_cookie_secret", "get_cookie_with_chunks", "get_logger", "inline_scripts",
    "oauth_class", "replace_oauth_class", "session_cookies", "set_option", "uploaded_bytes",
]  # fmt: skip

UNCAUGHT_LOGGER = "streamlit.error_util"
UNCAUGHT_MESSAGE = "Uncaught app execution"
"""The logger and the line by which Streamlit logs what a page raised, with the texts of the exception."""
REQUEST_LOGGERS = frozenset(
    f"streamlit.web.server.starlette.starlette_{name}" for name in ("auth_routes", "routes", "websocket")
)
"""The loggers by which Streamlit logs what a request says."""


oauth_class: Callable[[Any], type[Any]] = starlette_auth_routes._create_streamlit_oauth_class
"""Makes the class of Streamlit's OpenID Connect clients from Authlib's module for Starlette."""


def replace_oauth_class(made: Callable[[Any], type[Any]]) -> None:
    """Let Streamlit sign people in with clients of the class that ``made`` returns."""
    starlette_auth_routes._create_streamlit_oauth_class = made  # type: ignore[assignment]


def inline_scripts() -> list[str]:
    """Return the scripts that stand in Streamlit's page itself, whose hashes a content security policy has to name."""
    index = (Path(streamlit.__file__).parent / "static" / "index.html").read_text("utf-8")
    return re.findall(r"<script>(.*?)</script>", index, re.DOTALL)


def session_cookies(session_id: str) -> Mapping[str, str] | None:
    """Return the cookies of the browser that has a session open; None where none has."""
    client = runtime.get_instance().get_client(session_id) if runtime.exists() else None
    context = client.client_context if client else None
    return context.cookies if context else None


def uploaded_bytes() -> dict[str, int]:
    """Return how many bytes of files each session holds."""
    files: Any = getattr(runtime.get_instance().uploaded_file_mgr, "file_storage", {}) if runtime.exists() else {}
    return {session: sum(len(file.data) for file in list(held.values())) for session, held in list(files.items())}
