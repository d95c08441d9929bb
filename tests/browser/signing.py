"""The settings of a dashboard at which people sign in at a provider on this machine, and the way in."""

from __future__ import annotations

import re

from tests.browser import provider
from tests.browser.screen import Screen

SETTINGS = """
[auth]
redirect_uri = "http://localhost:{port}/oauth2callback"
cookie_secret = "only-for-tests-0123456789-0123456789"
[auth.test]
client_id = "{client}"
client_secret = "only-for-tests"
server_metadata_url = "{provider}/.well-known/openid-configuration"
[mv]
pseudonym_key = "only-for-tests-0123456789-0123456789"
idle_minutes = {idle}
[mv.claims.test]
label = "Testkort"
role = "role"
units = "units"
[mv.claims.test.roles]
lead = "lead"
coordinator = "coordinator"
analyst = "analyst"
administrator = "administrator"
"""
SIGN_IN = "Logga in med Testkort"


def settings(port: int, provider_url: str, idle_minutes: float) -> str:
    """Return the settings of a dashboard at this port."""
    return SETTINGS.format(port=port, client=provider.CLIENT, provider=provider_url, idle=idle_minutes)


def sign_in(screen: Screen, user: str, address: str = "") -> None:
    """Go the whole way: the dashboard's button, the provider's page, and back."""
    screen.visit(address)
    screen.button(SIGN_IN).click()
    screen.page.get_by_role("button", name=user, exact=True).first.click()
    screen.page.wait_for_url(re.compile(r"//localhost:\d+/(?!oauth)"))
    screen.is_at_rest()
