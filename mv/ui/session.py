"""What a browser session remembers. No other module reads or writes Streamlit's session state by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import streamlit as st

from mv.access import EVERY_UNIT, Actor, Role
from mv.i18n import Language, choose_language
from mv.registration.file_import.plan import Plan
from mv.reimbursement.checks.findings import Check, Found
from mv.reimbursement.corrections.queue import Queue, Step
from mv.reimbursement.preview.rule_change import Effect
from mv.reimbursement.rules.rule_table import Rule
from mv.tabular_files.table import Table
from mv.ui.double_click import Clicks
from mv.ui.registration.entry_state import TypedLine
from mv.ui.registration.pasted_list_state import PastedList
from mv.ui.web import current_sign_in
from mv.ui.web.downloads.tickets import Desk
from mv.ui.web.startup_checks import configured
from mv.users import User

CUSTOMER_IN_ADDRESS = "kund"

_LANGUAGE = "mv_language"
_UNIT = "mv_unit"
_CUSTOMER = "mv_customer"
_DIALOG = "mv_dialog_customer"
_REMOVED = "mv_removed"
_ADJUSTED = "mv_adjusted"
_CORRECTED = "mv_corrected"
_MERGE_WITH = "mv_merge_with"
_CAME_BY_MERGED = "mv_came_by_merged"
_DRAWN = "mv_drawn"
_CLICKS = "mv_clicks"
_NOTICES = "mv_notices"
_EXPORT = "mv_export"
_DOWNLOADS = "mv_downloads"
_SIGN_IN = "mv_sign_in"
_QUEUE = "mv_queue"
_WALK = "mv_walk"
_MENDED = "mv_mended"
_FINDINGS = "mv_findings"
_RULE = "mv_rule"
_RULE_FORMS = "mv_rule_forms"
_EFFECT = "mv_rule_effect"
_UNSEEN = "mv_rule_unseen"
_TABLE = "mv_table"
_PLAN = "mv_plan"
_TYPED = "mv_typed"
_PASTED = "mv_pasted"
_TICKED = "mv_ticked"

DEMO_USER = "demo"
DEMO_NAME = "Demo Demosson"


T = TypeVar("T")
NoticeKind = Literal["success", "toast", "error"]


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to tell the user once."""

    kind: NoticeKind
    text: str


@dataclass(frozen=True, slots=True)
class Walk:
    """Where somebody is who goes through the queue of doses to correct."""

    steps: tuple[Step, ...]
    place: int

    @property
    def step(self) -> Step:
        """The dose that it is at."""
        return self.steps[self.place]


def language() -> Language:
    """Return the language of the screen: the one chosen in the menu, else the browser's."""
    chosen: Language | None = st.session_state.get(_LANGUAGE)
    return chosen if chosen else choose_language(st.context.locale)


def language_key() -> str:
    """Return the key of the widget that chooses the language."""
    return _LANGUAGE


def unit_key() -> str:
    """Return the key of the widget that chooses the unit that the user works at."""
    return _UNIT


def actor() -> Actor:
    """Return who acts, at the chosen unit. Raises SignedOut when the sign-in has ended.

    Without sign-in this is a named demo user with every right in care. Whoever asks is at work.
    """
    chosen = st.session_state.get(_UNIT) or ""
    if not configured().sign_in:
        return Actor(DEMO_USER, DEMO_NAME, Role.LEAD, chosen, frozenset({EVERY_UNIT}))
    user = current_sign_in.require_user()
    return user.actor(chosen if is_own_unit(user, chosen) else "")


def is_own_unit(user: User, unit_id: str) -> bool:
    """Return whether the user may work at the unit."""
    return unit_id in user.units or EVERY_UNIT in user.units


def belong_to(sign_in: str | None) -> None:
    """Remember what there is for this sign-in alone; with another one, or none, forget all but the language."""
    if st.session_state.get(_SIGN_IN, sign_in) != sign_in:
        for key in [key for key in st.session_state if key != _LANGUAGE]:
            del st.session_state[key]
    st.session_state[_SIGN_IN] = sign_in


def customer_id() -> int | None:
    """Return the chosen customer's id in the store: the address's, else the session's; None where neither.

    An address that holds no number names no customer: 0, which the store does not know.
    """
    if CUSTOMER_IN_ADDRESS in st.query_params:
        text = st.query_params[CUSTOMER_IN_ADDRESS]
        choose_customer(int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0)
    chosen: int | None = st.session_state.get(_CUSTOMER)
    return chosen


def choose_customer(chosen: int) -> None:
    """Remember the customer; with another one a new visit begins."""
    if st.session_state.get(_CUSTOMER) != chosen:
        st.session_state[_CUSTOMER] = chosen
        for key in (_DIALOG, _REMOVED, _ADJUSTED, _CORRECTED, _MERGE_WITH, _CAME_BY_MERGED):
            st.session_state.pop(key, None)
        now = walk()
        if now and now.step.customer_id != chosen:
            end_walk()


def forget_customer() -> None:
    """Have no customer chosen, in the address neither."""
    st.session_state.pop(_CUSTOMER, None)
    st.query_params.pop(CUSTOMER_IN_ADDRESS, None)


def show_customer_in_address() -> None:
    """Keep the customer in the address, which a click in the menu empties."""
    chosen = st.session_state.get(_CUSTOMER)
    if chosen is not None and st.query_params.get(CUSTOMER_IN_ADDRESS) != str(chosen):
        st.query_params[CUSTOMER_IN_ADDRESS] = str(chosen)


def open_dialog(chosen: int) -> None:
    """Have the dialog of this customer's groups open."""
    st.session_state[_DIALOG] = chosen


def dialog_is_open(chosen: int) -> bool:
    """Return whether the dialog of this customer's groups is open."""
    return bool(st.session_state.get(_DIALOG) == chosen)


def close_dialog() -> None:
    """Have no dialog open."""
    st.session_state.pop(_DIALOG, None)


def removed_in_visit() -> list[int]:
    """Return the group rows that were removed since the customer was chosen, to be changed in place."""
    removed: list[int] = st.session_state.setdefault(_REMOVED, [])
    return removed


def adjusted_row() -> int | None:
    """Return the group row that is being adjusted."""
    row: int | None = st.session_state.get(_ADJUSTED)
    return row


def adjust_row(membership_id: int | None) -> None:
    """Have this group row, or none, being adjusted."""
    st.session_state[_ADJUSTED] = membership_id


def corrected_dose() -> int | None:
    """Return the dose that is being corrected."""
    dose: int | None = st.session_state.get(_CORRECTED)
    return dose


def correct_dose(dose_id: int | None) -> None:
    """Have this dose, or none, being corrected."""
    st.session_state[_CORRECTED] = dose_id


def merge_with() -> int | None:
    """Return the customer whose record may be one person's with the chosen customer's."""
    other: int | None = st.session_state.get(_MERGE_WITH)
    return other


def set_merge_with(other: int | None) -> None:
    """Have this customer's record, or none, seen beside the chosen customer's."""
    st.session_state[_MERGE_WITH] = other


def follow_merged(chosen: int) -> None:
    """Have the customer chosen into whose record the one of before was merged, and remember that."""
    choose_customer(chosen)
    st.session_state[_CAME_BY_MERGED] = True


def came_by_merged() -> bool:
    """Return whether the customer was opened by a record that was merged into this one."""
    return bool(st.session_state.get(_CAME_BY_MERGED))


def draw_number(*, empty: bool) -> int:
    """Return a new number for a form that is being drawn, negative if ``empty`` (see :mod:`mv.ui.double_click`)."""
    number: int = st.session_state.get(_DRAWN, 0) + 1
    st.session_state[_DRAWN] = number
    return -number if empty else number


def clicks() -> Clicks:
    """Return what the user's clicks have saved last; to be taken before anything is saved."""
    kept: Clicks = st.session_state.setdefault(_CLICKS, Clicks())
    return kept


def value(key: str) -> Any:
    """Return what the widget with ``key`` holds now; None where it is not drawn.

    A callback reads it here: the arguments that it was drawn with are older than a field that was changed just before.
    """
    return st.session_state.get(key)


def set_value(key: str, new: object) -> None:
    """Set what the widget with ``key`` holds; only before it is drawn, that is in a callback or above it."""
    st.session_state[key] = new


def begin_with(key: str, start: T) -> T:
    """Let the widget with ``key`` hold ``start`` when it is drawn first, and return what it holds.

    Unlike a default it can be emptied then.
    """
    holds: T = st.session_state.setdefault(key, start)
    return holds


def tell(kind: NoticeKind, text: str) -> None:
    """Have ``text`` shown at the next place that shows notices: once, however often it is told before that."""
    notices = st.session_state.setdefault(_NOTICES, [])
    if Notice(kind, text) not in notices:
        notices.append(Notice(kind, text))


def take_notices() -> list[Notice]:
    """Return the notices that are not shown yet, and forget them."""
    notices: list[Notice] = st.session_state.pop(_NOTICES, [])
    return notices


def export_choice() -> dict[str, Any]:
    """Return what is chosen for the export, to be changed in place: a download that is under way reads it, too."""
    choice: dict[str, Any] = st.session_state.setdefault(_EXPORT, {})
    return choice


def downloads() -> Desk:
    """Return what this session offers to download."""
    desk: Desk = st.session_state.setdefault(_DOWNLOADS, Desk())
    return desk


def queue() -> Queue | None:
    """Return the queue of doses to correct as it was found last."""
    kept: Queue | None = st.session_state.get(_QUEUE)
    return kept


def keep_queue(found: Queue) -> None:
    """Remember the queue of doses to correct: going through it does not go through every dose anew."""
    st.session_state[_QUEUE] = found


def walk() -> Walk | None:
    """Return where the user is in the queue of doses to correct; None while not going through it."""
    now: Walk | None = st.session_state.get(_WALK)
    return now


def go_through(steps: tuple[Step, ...], place: int) -> None:
    """Go on through these doses, now at that place; another customer than that dose's, once chosen, ends it."""
    st.session_state[_WALK] = Walk(steps, place)


def end_walk() -> None:
    """Go through the queue no more."""
    st.session_state.pop(_WALK, None)


def mended_doses() -> dict[int, int]:
    """Return what each dose is paid, in öre, that was corrected while going through the queue, to be changed."""
    mended: dict[int, int] = st.session_state.setdefault(_MENDED, {})
    return mended


def findings() -> dict[Check, Found]:
    """Return what each check of payments found last, to be changed in place: turning a page does not look anew."""
    found: dict[Check, Found] = st.session_state.setdefault(_FINDINGS, {})
    return found


def opened_rule() -> int | None:
    """Return the number of the rule that is looked at or changed; 0 for one that is being made, None for the list."""
    number: int | None = st.session_state.get(_RULE)
    return number


def open_rule(number: int | None) -> None:
    """Have this rule, a new one (0), or the list (None) on the page of rules, with a form in which nothing is done."""
    st.session_state[_RULE] = number
    st.session_state.pop(f"{rule_form()}_seen", None)
    st.session_state[_RULE_FORMS] = st.session_state.get(_RULE_FORMS, 0) + 1


def rule_form() -> str:
    """Return what the keys of the fields begin with in which a rule is changed: others each time that one is opened.

    The browser would show again what a field with the same key held before.
    """
    return f"rule_form_{st.session_state.get(_RULE_FORMS, 0)}"


def kept_effect(proposal: object) -> Effect | None:
    """Return the effect that was last shown, if it is that of this proposal."""
    of, effect = st.session_state.get(_EFFECT, (None, None))
    return effect if of == proposal else None


def keep_effect(proposal: object, effect: Effect) -> None:
    """Remember that this proposal's effect was shown."""
    st.session_state[_EFFECT] = (proposal, effect)


def kept_table(of: object) -> Table | None:
    """Return the table that was read last, if it is of that file."""
    file, table = st.session_state.get(_TABLE, (None, None))
    return table if file == of else None


def keep_table(of: object, table: Table) -> Table:
    """Remember the table of a file, so that drawing the page anew does not read it anew, and return it."""
    st.session_state[_TABLE] = (of, table)
    return table


def kept_plan(asked: object) -> Plan | None:
    """Return what a file was last found to come to, if just that was asked."""
    of, plan = st.session_state.get(_PLAN, (None, None))
    return plan if of == asked else None


def keep_plan(asked: object, plan: Plan | None) -> None:
    """Remember what a file comes to, so that drawing the page anew does not judge it anew."""
    st.session_state[_PLAN] = (asked, plan)


def unseen_change() -> tuple[list[Rule], list[Rule]] | None:
    """Return the rules before and after a change that was saved without its effect having been seen."""
    change: tuple[list[Rule], list[Rule]] | None = st.session_state.get(_UNSEEN)
    return change


def set_unseen_change(change: tuple[list[Rule], list[Rule]] | None) -> None:
    """Remember the rules before and after such a change; None once its effect is told."""
    st.session_state[_UNSEEN] = change


def typed_line(key: str) -> TypedLine:
    """Return where somebody is who types number after number, to be changed; ``key`` tells units from each other."""
    lines: dict[str, TypedLine] = st.session_state.setdefault(_TYPED, {})
    return lines.setdefault(key, TypedLine())


def pasted_list(key: str) -> PastedList:
    """Return where the user is with the list of this key, to be changed in place."""
    lists: dict[str, PastedList] = st.session_state.setdefault(_PASTED, {})
    return lists.setdefault(key, PastedList())


def ticked(key: str) -> set[int]:
    """Return which of the boxes with this key are ticked, to be changed in place; those not drawn now, too."""
    all_ticked: dict[str, set[int]] = st.session_state.setdefault(_TICKED, {})
    return all_ticked.setdefault(key, set())
