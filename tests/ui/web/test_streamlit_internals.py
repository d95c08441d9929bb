"""What the dashboard takes from private parts of Streamlit is there, and as it is used; nothing else takes any."""

from __future__ import annotations

import ast
import io
import logging
from collections.abc import Iterator
from dataclasses import fields
from inspect import getsource, signature
from pathlib import Path

import pytest
import streamlit as st
from streamlit import config, error_util
from streamlit.components.v2.component_manager import BidiComponentManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec
from streamlit.web.server.starlette import starlette_auth_routes, starlette_routes, starlette_websocket
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

from mv.ui.web import streamlit_internals

ROOT = Path(__file__).parents[3]
INTERNALS = Path(streamlit_internals.__file__)


def imported_modules(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_no_other_file_imports_more_of_streamlit_than_the_package() -> None:
    files = [ROOT / "app.py", *(ROOT / "pages").rglob("*.py"), *(ROOT / "mv").rglob("*.py")]
    private = {
        str(file.relative_to(ROOT)): name
        for file in files
        for name in imported_modules(file)
        if name.startswith("streamlit.") and file != INTERNALS
    }
    assert private == {}


def test_a_signed_cookie_is_decoded_with_the_secret_that_signed_it_and_no_other() -> None:
    value = create_signed_value("secret", "name", "text")
    assert streamlit_internals.decode_signed_value("secret", "name", value.decode()) == b"text"
    assert streamlit_internals.decode_signed_value("other", "name", value.decode()) is None
    assert streamlit_internals.decode_signed_value("secret", "other", value.decode()) is None


def test_a_cookie_is_asked_for_by_name_and_put_together() -> None:
    cookies = {"name": b"text"}
    assert streamlit_internals.get_cookie_with_chunks(cookies.get, "name") == b"text"
    assert streamlit_internals.get_cookie_with_chunks(cookies.get, "other") is None


def test_the_cookie_of_a_sign_in_has_a_name_and_a_secret() -> None:
    assert streamlit_internals.USER_COOKIE_NAME == "_streamlit_user"
    assert isinstance(streamlit_internals.get_cookie_secret(), str)


def test_a_component_is_registered_from_a_manifest() -> None:
    assert [field.name for field in fields(streamlit_internals.ComponentConfig)][:2] == ["name", "asset_dir"]
    assert [field.name for field in fields(streamlit_internals.ComponentManifest)] == ["name", "version", "components"]
    assert not signature(streamlit_internals.get_bidi_component_manager).parameters
    assert list(signature(BidiComponentManager.get_component_asset_root).parameters) == ["self", "name"]
    assert list(signature(BidiComponentManager.register_from_manifest).parameters)[:3] == [
        "self", "manifest", "package_root",
    ]  # fmt: skip


def test_an_uploaded_file_has_a_number_and_is_read_as_bytes() -> None:
    assert issubclass(streamlit_internals.UploadedFile, io.BytesIO)
    record = UploadedFileRec("id", "name.csv", "text/csv", b"text")
    file = streamlit_internals.UploadedFile(record, None)  # type: ignore[arg-type]
    assert (file.file_id, file.name, file.read()) == ("id", "name.csv", b"text")


def test_what_is_drawn_into_is_a_delta_generator() -> None:
    assert isinstance(st.sidebar, streamlit_internals.DeltaGenerator)


def test_a_logger_is_one_of_the_standard_library() -> None:
    logger = streamlit_internals.get_logger("mv.tests")
    assert isinstance(logger, logging.Logger)
    assert logger.name == "mv.tests"


def test_the_files_of_secrets_can_be_set() -> None:
    before = config.get_option("secrets.files")
    streamlit_internals.set_option("secrets.files", ["a.toml"])
    try:
        assert st.get_option("secrets.files") == ["a.toml"]
    finally:
        streamlit_internals.set_option("secrets.files", before)


@pytest.mark.parametrize("name", ["server.baseUrlPath", "server.address"])
def test_the_options_of_the_address_can_be_asked_for(name: str) -> None:
    st.get_option(name)


def test_what_a_page_raised_is_logged_by_the_line_that_is_left_out() -> None:
    assert error_util.__name__ == streamlit_internals.UNCAUGHT_LOGGER
    assert f'"{streamlit_internals.UNCAUGHT_MESSAGE}"' in getsource(error_util)


def test_what_requests_say_is_logged_by_the_loggers_of_these_modules() -> None:
    for module in (starlette_auth_routes, starlette_routes, starlette_websocket):
        assert module._LOGGER.name in streamlit_internals.REQUEST_LOGGERS


def test_streamlits_page_has_one_script_in_itself() -> None:
    assert len(streamlit_internals.inline_scripts()) == 1
