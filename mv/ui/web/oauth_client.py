"""A stricter OpenID Connect client than Streamlit's own."""

from __future__ import annotations

from functools import cache
from typing import Any

from mv.ui.web.streamlit_internals import oauth_class, replace_oauth_class

KEPT_FROM_COOKIES = ("access_token", "refresh_token")
"""Streamlit writes the tokens that it gets into a cookie. These open other services, and nothing here asks for them."""


def harden() -> None:
    """Let each sign-in prove that it began here (PKCE, RFC 7636), and keep access tokens out of cookies.

    Streamlit proves it only where the provider's metadata says that it looks. RFC 9700, 2.1.1, asks for it always.
    """
    replace_oauth_class(_strict_class)


@cache
def _strict_class(starlette_client: Any) -> type[Any]:
    plain: Any = oauth_class(starlette_client)

    class StrictApp(plain.oauth2_client_cls):  # type: ignore[misc]
        async def load_server_metadata(self) -> dict[str, Any]:
            metadata: dict[str, Any] = await super().load_server_metadata()
            self.client_kwargs["code_challenge_method"] = "S256"
            return metadata

        async def authorize_access_token(self, request: Any, **options: Any) -> dict[str, Any]:
            token: dict[str, Any] = await super().authorize_access_token(request, **options)
            return {name: value for name, value in token.items() if name not in KEPT_FROM_COOKIES}

    class StrictOAuth(plain):  # type: ignore[misc]
        oauth2_client_cls = StrictApp

    return StrictOAuth
