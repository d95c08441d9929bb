"""Signing in at a provider by Streamlit's own routes, asked without a browser."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import streamlit as st
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from streamlit import config
from streamlit.auth_util import encode_provider_token
from streamlit.runtime.secrets import secrets_singleton
from streamlit.web.server.starlette import starlette_auth_routes

from mv.ui.web import cookies, oauth_client, startup_checks
from tests.browser import provider, signing
from tests.postgres import free_port

SECRET = "only-for-tests-" * 3
CALLBACK = "http://localhost/oauth2callback"


class Browser:
    """A browser at the dashboard, which keeps its cookies and follows no redirect."""

    def __init__(self, app: Starlette) -> None:
        self._transport = httpx.ASGITransport(app)
        self.cookies = httpx.Cookies()

    def get(self, address: str) -> httpx.Response:
        async def ask() -> httpx.Response:
            async with httpx.AsyncClient(
                transport=self._transport, base_url="http://localhost", cookies=self.cookies
            ) as client:
                answer = await client.get(address)
                self.cookies = client.cookies
                return answer

        return asyncio.run(ask())


@pytest.fixture(scope="module")
def provider_url() -> Iterator[str]:
    with provider.running(free_port()) as url:
        yield url


@pytest.fixture
def dashboard(provider_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    settings = tmp_path / "settings.toml"
    settings.write_text(signing.settings(80, provider_url, 30).replace("localhost:80/", "localhost/"))
    monkeypatch.setenv("MV_SETTINGS", str(settings))
    before = config.get_option("secrets.files"), starlette_auth_routes._create_streamlit_oauth_class
    st.cache_resource.clear()
    secrets_singleton._reset()
    startup_checks.read_same_file()
    oauth_client.harden()
    session = Middleware(SessionMiddleware, secret_key=SECRET)
    app = Starlette(routes=starlette_auth_routes.create_auth_routes(""), middleware=[session])
    yield Browser(app)
    starlette_auth_routes._create_streamlit_oauth_class = before[1]
    config.set_option("secrets.files", before[0])
    secrets_singleton._reset()
    st.cache_resource.clear()


def begin(dashboard: Browser) -> str:
    """Return the address of the provider to which the dashboard leads."""
    answer = dashboard.get(f"/auth/login?provider={encode_provider_token('test')}")
    assert answer.status_code == 302
    return str(answer.headers["location"])


def test_every_sign_in_proves_that_it_began_here_also_where_the_provider_does_not_ask(dashboard: Browser) -> None:
    asked = parse_qs(urlsplit(begin(dashboard)).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert len(asked["code_challenge"][0]) == 43


def test_no_access_token_is_in_a_cookie(dashboard: Browser) -> None:
    with httpx.Client() as browser:
        at_provider = browser.post(begin(dashboard), data={"sub": "eva"})
    back = urlsplit(at_provider.headers["location"])
    assert f"{back.scheme}://{back.netloc}{back.path}" == CALLBACK
    dashboard.get(f"/oauth2callback?{back.query}")

    signed_in = cookies.read(dict(dashboard.cookies))
    assert signed_in is not None
    assert signed_in.claims["sub"] == "eva"
    secret = starlette_auth_routes.get_cookie_secret()
    name = starlette_auth_routes.TOKENS_COOKIE_NAME
    tokens = starlette_auth_routes.decode_signed_value(secret, name, dashboard.cookies[name])
    assert tokens is not None
    assert set(json.loads(tokens)) == {"id_token"}
