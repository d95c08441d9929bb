"""What ``streamlit run app.py`` starts: the server, who reaches it, and the script that draws the pages.

That script is in mv/ui/, away from pages/: beside it, Streamlit would show every file of that folder in the
menu until the script has named them.
"""

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from mv.ui.frame import unexpected_errors
from mv.ui.web import log_anchor, oauth_client
from mv.ui.web.downloads import sending
from mv.ui.web.headers import SecurityHeaders
from mv.ui.web.request_guard import RequestGuard
from mv.ui.web.sign_in_redirects import SignInRedirects
from mv.ui.web.uploads import Uploads

unexpected_errors.keep_data_out_of_log()
oauth_client.harden()
app = st.App(
    Path(__file__).parent / "mv" / "ui" / "frame" / "dashboard.py",
    routes=[sending.route()],
    middleware=[
        Middleware(SecurityHeaders),
        Middleware(RequestGuard),
        Middleware(Uploads),
        Middleware(SignInRedirects),
    ],
    lifespan=log_anchor.lifespan,
    on_script_error=unexpected_errors.show,
    exception_handlers={Exception: unexpected_errors.answer},
)
