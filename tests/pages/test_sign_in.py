"""The sign-in page: a token that is not taken is told to whoever brought it, and leaves an entry in the log."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from streamlit.web.server.server_util import get_cookie_secret
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

from mv.store import Store
from mv.ui.web import cookies
from mv.ui.web.streamlit_internals import USER_COOKIE_NAME
from tests.conftest import SetClock
from tests.contents import entries_of
from tests.pages.dashboard import messages, start

AUTH = """
[auth]
redirect_uri = "https://localhost/oauth2callback"
cookie_secret = "only-for-tests-0123456789-0123456789"
client_id = "mv"
"""


@pytest.fixture
def _with_sign_in(store_file: Path) -> None:
    (store_file.parent / "settings.toml").write_text(AUTH)


@pytest.mark.usefixtures("_with_sign_in")
def test_a_token_that_names_nobody_is_told_and_logged(
    store: Store, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    claims = {"exp": clock.now.timestamp() + 600, "is_logged_in": True, "provider": "default", "iss": "here"}
    sent = {USER_COOKIE_NAME: create_signed_value(get_cookie_secret(), USER_COOKIE_NAME, json.dumps(claims)).decode()}
    read = cookies.read
    monkeypatch.setattr(cookies, "read", lambda _none: read(sent))  # AppTest has no browser, whose cookie it would be
    at = start("en-GB")
    at.user = claims
    at.run()
    assert messages(at)[-1] == "The sign-in does not say who you are. Ask whoever is responsible for users."
    (entry,) = entries_of(store, "default:?", "refused")
    assert entry["action"] == "sign_in"
