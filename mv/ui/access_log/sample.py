"""Samples of the access log on the screen: drawn, judged one entry after another, closed, documented."""

from __future__ import annotations

import streamlit as st

from mv.access_log import documents, samples
from mv.access_log.documents import VERDICTS
from mv.access_log.entries import ACCESS_REASONS, ACTIONS, OUTCOMES
from mv.access_log.samples import LONGEST_CONCLUSION, LONGEST_NOTE, MOST_ENTRIES, Check, ReviewedEntry, Verdict
from mv.errors import N_, Conflict, Invalid
from mv.ui import session
from mv.ui.access_log.wording import (
    ROLES,
    choose_log_filters,
    customer_name,
    detail_text,
    entered_filters,
    unit_name,
    word,
)
from mv.ui.double_click import DrawnForm, drawn_form
from mv.ui.notices import errors_as_notices, notify, save_once, show_notices
from mv.ui.resources import store
from mv.ui.text import _, literal, moment
from mv.ui.web.downloads.tickets import GeneratedFile
from mv.ui.widgets import download

USUAL_SIZE = 20
NEW, SIZE, CHOSEN, CONCLUSION = "log_new", "log_size", "log_check", "log_conclusion"


def draw_new_sample() -> None:
    """Draw which entries a sample is to be drawn from, how many it is to have, and the button that draws it."""
    choose_log_filters(NEW)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.number_input(_("Number of entries"), 1, MOST_ENTRIES, USUAL_SIZE, key=SIZE, width=180)
        form = drawn_form("log_draw")
        st.button(_("Draw a sample"), type="primary", key=form.key, on_click=_draw, args=(form,))


def _draw(form: DrawnForm) -> None:
    filters, size = entered_filters(NEW), session.value(SIZE)

    def save() -> Check:
        if size is None:
            raise Invalid(N_("Write how many entries to draw."))
        return samples.draw(store(), session.actor(), filters, size)

    save_once(form, save, lambda check: session.set_value(CHOSEN, check.check_id))


def draw_checks(known: list[Check]) -> None:
    """Draw the choice among the checks, the chosen one's entries to judge, its end and its document."""
    show_notices()
    if not known:
        st.text(_("No sample has been drawn yet."))
        return
    checks = {check.check_id: check for check in known}
    chosen = st.selectbox(_("Check"), list(checks), format_func=lambda check_id: _title(checks[check_id]), key=CHOSEN)
    check = checks[chosen]
    st.caption(_how_drawn(check))
    st.progress(check.judged / check.size, _("{judged} of {size} judged", judged=check.judged, size=check.size))
    entries = samples.read_sample(store(), session.actor(), check.check_id)
    if entries:
        _draw_entry(check, entries)
    if check.closed:
        with st.container(border=True, key="log_closed"):
            st.caption(_("Conclusion"))
            st.text(check.conclusion or "")
            st.caption(_closed_by(check))
    elif check.judged == check.size:
        _draw_end(check)
    _draw_document(check)


def _draw_document(check: Check) -> None:
    shared, who, language = store(), session.actor(), session.language()
    st.button(_("Compare with the draw"), key="log_draw_again", on_click=_compare, args=(check.check_id,))
    download.offer(
        _("Download the document (CSV)"),
        GeneratedFile(
            f"loggkontroll_{check.check_id}.csv",
            "text/csv",
            documents.check_document,
            (shared, who, check.check_id, language),
        ),
        key="log_document",
    )


def _compare(check_id: int) -> None:
    with errors_as_notices():
        if not samples.verify_draw(store(), session.actor(), check_id):
            raise Conflict(N_("The seed gives other entries now: the log or the check has changed since the draw."))
        notify("success", _("The seed still gives these entries."))


def _title(check: Check) -> str:
    state = _("closed") if check.closed else _("under way")
    progress = _("{judged} of {size} judged", judged=check.judged, size=check.size)
    return f"{check.check_id}  ·  {moment(check.drawn_at)}  ·  {check.drawn_by_name}  ·  {progress}  ·  {state}"


def _how_drawn(check: Check) -> str:
    text = _(
        "Drawn by {name} from {population} entries with patient data. Seed {seed}. Filters: {filters}.",
        name=check.drawn_by_name,
        population=check.population,
        seed=check.seed,
        filters=detail_text(check.filters) or _("none"),
    )
    return literal(text)


def _closed_by(check: Check) -> str:
    closed_at = moment(check.closed_at) if check.closed_at else ""
    return literal(_("Closed by {name} at {time}.", name=check.closed_by_name, time=closed_at))


def _draw_entry(check: Check, entries: list[ReviewedEntry]) -> None:
    """Draw the entry to judge, the first that is not judged to begin with, and the way to the others."""
    first = next((n for n, judged in enumerate(entries, start=1) if judged.verdict is None), 1)
    turn, start = session.value(_turn_key(check.check_id)) or (0, first)
    page = st.pagination(len(entries), default=start, key=f"log_page_of_{check.check_id}_{turn}")
    judged = entries[page - 1]
    entry = judged.entry
    with st.container(border=True, key="log_entry"):
        lines = (
            (_("Entry"), str(entry.entry_id)),
            (_("Time"), moment(entry.logged_at)),
            (_("User"), f"{entry.user_name} ({word(ROLES, entry.role) or entry.user_id})"),
            (_("Unit"), unit_name(entry.unit_id)),
            (_("Action"), word(ACTIONS, entry.action)),
            (_("Customer"), customer_name(entry) or "–"),
            (_("Outcome"), word(OUTCOMES, entry.outcome)),
            (_("Grounds"), word(ACCESS_REASONS, entry.why) or "–"),
            (_("Details"), detail_text(entry.detail) or "–"),
        )
        st.text("\n".join(f"{name}: {value}" for name, value in lines))
        if judged.verdict is not None:
            st.text(_verdict(judged))
        if not check.closed:
            if entry.user_id == session.actor().user_id:
                st.info(_("This is an access of your own. Somebody else has to judge it."))
            else:
                _draw_verdicts(check, judged, (turn + 1, _following(entries, page)))


def _verdict(judged: ReviewedEntry) -> str:
    who = _("judged by {name}", name=judged.judged_by_name or "")
    return "  ·  ".join(part for part in (word(VERDICTS, judged.verdict), judged.note, who) if part)


def _following(entries: list[ReviewedEntry], page: int) -> int:
    """Return the next entry that is not judged, or an earlier one; this one where there is no other."""
    others = [n for n, other in enumerate(entries, start=1) if other.verdict is None and n != page]
    return next((n for n in others if n > page), others[0] if others else page)


def _draw_verdicts(check: Check, judged: ReviewedEntry, following: tuple[int, int]) -> None:
    key = f"log_judge_{check.check_id}_{judged.place}_{judged.version}"
    form = drawn_form(key)
    st.text_input(
        _("Note"), value=judged.note, max_chars=LONGEST_NOTE, key=f"{key}_note", autocomplete="off",
        help=_("Needed for an entry to examine. Write no identity numbers."),
    )  # fmt: skip
    with st.container(horizontal=True):
        for verdict in Verdict:
            st.button(
                _(VERDICTS[verdict]),
                type="primary" if verdict == Verdict.IN_ORDER else "secondary",
                key=f"{key}_{verdict}",
                on_click=_judge,
                args=(check.check_id, judged.place, judged.version, verdict, form, following),
            )


def _judge(
    check_id: int, place: int, version: int, verdict: Verdict, form: DrawnForm, following: tuple[int, int]
) -> None:
    """Keep the judgement and go on to the entry ``following``."""
    note = session.value(f"{form.name}_note") or ""
    save_once(
        form,
        lambda: samples.review(store(), session.actor(), check_id, place, version, verdict, note),
        lambda _judged: session.set_value(_turn_key(check_id), following),
    )


def _turn_key(check_id: int) -> str:
    """Return the key of the entry that the screen went on to by itself, and of how often it did."""
    return f"log_turn_{check_id}"


def _draw_end(check: Check) -> None:
    with st.container(border=True, key="log_end"):
        st.text_area(
            _("Conclusion"), max_chars=LONGEST_CONCLUSION, key=f"{CONCLUSION}_{check.check_id}",
            placeholder=_("What the check showed, and what is done about it"),
        )  # fmt: skip
        st.button(
            _("Close the check"), type="primary", key="log_close", on_click=_close, args=(check.check_id,),
            help=_("A closed check can no longer be changed."),
        )  # fmt: skip


def _close(check_id: int) -> None:
    with errors_as_notices():
        samples.close(store(), session.actor(), check_id, session.value(f"{CONCLUSION}_{check_id}") or "")
        notify("toast", _("The check is closed."))
