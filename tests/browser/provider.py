"""An OpenID provider on this machine, with users whose tokens are as they should be, and some whose are not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from time import time
from typing import Any
from unittest.mock import patch

import oidc_provider_mock
from flask import Response
from oidc_provider_mock import _app
from werkzeug.serving import make_server

CLIENT = "mv"
SHORT = 25
"""Seconds that the token of the user in a hurry holds."""

USERS: dict[str, dict[str, object]] = {
    "eva": {"name": "Eva Ek", "role": "coordinator", "units": ["norr"]},
    "nora": {"name": "Nora Norr", "role": "coordinator", "units": ["norr"]},
    "siv": {"name": "Siv Sten", "role": ["analyst", "lead"], "units": ["norr", "soder"]},
    "sara": {"name": "Sara Syd", "role": "coordinator", "units": ["soder"]},
    "anton": {"name": "Anton Analys", "role": "analyst", "units": ["norr"]},
    "adam": {"name": "Adam Admin", "role": "administrator"},
    "nils": {"name": "Nils Ny"},
    "hanna": {"name": "Hanna Hast", "role": "coordinator", "units": ["norr"], "seconds": SHORT},
    "other-audience": {"name": "Fel Mottagare", "role": "lead", "units": ["norr"], "aud": "another-program"},
    "forged": {"name": "Falsk Signatur", "role": "lead", "units": ["norr"], "forged": True},
    "ada": {"name": "Ada Alm", "email": "ada@klinik.example", "email_verified": True},
    "lena": {"name": "Lena Lind", "email": "lena@klinik.example", "email_verified": True},
    "klara": {"name": "Klara Krok", "email": "klara@klinik.example", "email_verified": True},
    "kalle": {"name": "Kalle Kvist", "email": "kalle@klinik.example", "email_verified": True},
    "arne": {"name": "Arne Ask", "email": "arne@klinik.example", "email_verified": True},
}
"""By subject, the claims of a user's token; ``seconds`` is how long it holds, ``forged`` that nobody signed it.

Those with an e-mail have neither role nor units: the dashboard itself gives them theirs.
"""


class Tokens(_app.OpenIDCode):
    """Issues each user's tokens as USERS says."""

    def generate_user_info(self, user: Any, scope: str) -> dict[str, object]:
        claims: dict[str, object] = dict(super().generate_user_info(user, scope))
        seconds = claims.pop("seconds", None)
        claims.pop("forged", None)
        return {**claims, "exp": int(time()) + int(str(seconds))} if seconds else claims

    def encode_id_token(self, token: Any, request: Any) -> str:
        made = str(super().encode_id_token(token, request))
        if "forged" not in request.user.claims:
            return made
        signed, signature = made.rsplit(".", 1)
        return f"{signed}.{signature[::-1]}"


@contextmanager
def running(port: int) -> Iterator[str]:
    """Run the provider and return its address."""
    with patch.object(_app, "OpenIDCode", Tokens):
        app = oidc_provider_mock.app(
            user_claims=[oidc_provider_mock.User(sub=sub, claims=claims) for sub, claims in USERS.items()]
        )
    app.after_request(_without_links)
    server = make_server("localhost", port, app, threaded=True)
    thread = Thread(target=server.serve_forever, args=(0.1,))
    thread.start()
    try:
        yield f"http://localhost:{port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _without_links(response: Response) -> Response:
    """Leave out the style sheet that the provider's page would fetch from the internet."""
    if response.mimetype == "text/html":
        response.set_data(re.sub(r"<link[^>]*>", "", response.get_data(as_text=True)))
    return response
