"""Import of a payer's file on the screen: the file, its columns, the preview and the import."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from mv.access import Action, may
from mv.errors import MvError
from mv.reimbursement.claims import ledger
from mv.reimbursement.payments import balances, importing
from mv.reimbursement.payments import columns as file_columns
from mv.reimbursement.payments.columns import NAMES, Columns
from mv.reimbursement.payments.files import PaymentFile
from mv.reimbursement.payments.importing import OutcomeSum, Preview
from mv.reimbursement.payments.matching import PAYMENT_OUTCOMES, UNMATCHED_REASONS, PaymentOutcome
from mv.tabular_files.table import MEGABYTE, MOST_BYTES, MOST_ROWS, Table
from mv.ui import session
from mv.ui.double_click import DrawnForm, drawn_form
from mv.ui.notices import change_once, notify, save_once
from mv.ui.resources import store
from mv.ui.text import _, count_of, explain, literal
from mv.ui.widgets import file_upload
from mv.ui.widgets.amounts import kronor
from mv.ui.widgets.table import draw_frame, draw_table

ROUND = "payment_round"
"""The key of the number of imports in the session: after each the field is empty again."""
ROWS_SHOWN = 500


def draw_import(payer: str) -> None:
    """Draw the field for the payer's file and, once there is one, its columns, preview and import."""
    turn = session.value(ROUND) or 0
    file = file_upload.choose(
        _("Payment file (CSV or XLSX)"),
        _("Identity numbers in it are used to find the lines, and not kept."),
        f"payment_file_{turn}",
    )
    st.caption(
        _(
            "Choose the file with the button, or drag it here: at most {megabytes} MB and {rows} rows. You see what it"
            " comes to before anything is imported.",
            megabytes=MOST_BYTES // MEGABYTE,
            rows=f"{MOST_ROWS:,}".replace(",", "\u00a0"),
        )
    )
    if file is None:
        return
    try:
        table = file_upload.read(file, "payment")
        columns = _choose_columns(payer, table, f"{payer}_{file_upload.key_of(file, table)}")
        found = importing.preview(store(), session.actor(), payer, table, columns)
    except MvError as error:
        st.error(literal(explain(error)))
        return
    if found.imported:
        st.info(literal(explain(importing.imported_before(found.imported))))
    elif found.problems:
        _draw_problems(found, table)
    else:
        _draw_preview(found)
        form = drawn_form("payment_import")
        st.button(
            _("Import"),
            type="primary",
            key=form.key,
            on_click=_import,
            args=(payer, table, columns, found.parts, turn, form),
        )


def draw_answered(payer: str) -> None:
    """Draw a button for each claim whose lines are all answered, to mark it as answered."""
    who = session.actor()
    if not may(who, Action.CHANGE_CLAIM):
        return
    ready = balances.answered(store(), who, payer)
    versions = {claim.claim_id: claim.version for claim in ledger.claims(store(), who)} if ready else {}
    for claim_id in ready:
        with st.container(horizontal=True, vertical_alignment="center", border=True, key=f"payment_claim_{claim_id}"):
            st.text(_("Every line of claim {claim} has an answer.", claim=claim_id), width="stretch")
            st.button(
                _("Mark claim {claim} as answered", claim=claim_id),
                key=f"payment_answered_{claim_id}",
                on_click=_mark,
                args=(claim_id, versions[claim_id]),
            )


def _mark(claim_id: int, version: int) -> None:
    change_once(
        f"claim {claim_id}",
        version,
        lambda: ledger.move(store(), session.actor(), claim_id, version, ledger.ClaimState.ANSWERED),
        lambda now: notify("success", _("Claim {claim} is marked as answered.", claim=claim_id)),
    )


def _choose_columns(payer: str, table: Table, end: str) -> Columns:
    """Draw the choice of columns, filled in with the guess; return the choice."""
    st.subheader(_("Columns"))
    guessed = file_columns.guess_columns(
        table.headings, balances.payer_terms(store(), session.actor(), payer).file_columns
    )
    chosen = file_upload.choose_columns(NAMES, guessed, table, "payment", end)
    st.caption(_("Needed: the amount, and the reference or the identity number with the day of the dose."))
    return chosen


def _draw_problems(found: Preview, table: Table) -> None:
    st.error(
        count_of(
            "{count} cell cannot be read, so nothing can be imported. Mend the file, or choose other columns.",
            "{count} cells cannot be read, so nothing can be imported. Mend the file, or choose other columns.",
            len(found.problems),
        )
    )
    file_upload.draw_problems(found.problems, table)


def _draw_preview(found: Preview) -> None:
    """Draw rows and kronor by outcome, whether they add up to the file, and the rows to look into."""
    st.subheader(_("What the file comes to"))
    _draw_parts(found.parts)
    rows, amount = len(found.payments.rows), kronor(found.payments.ore)
    counted = count_of("{count} row", "{count} rows", rows)
    if found.adds_up:
        st.markdown(
            literal(_("The outcomes add up to what the file holds: {rows}, {kronor} kr.", rows=counted, kronor=amount))
        )
    else:
        st.error(_("The outcomes do not add up to what the file holds. Import nothing, and report this as a fault."))
    if found.payments.totals_row:
        row = found.payments.totals_row
        st.caption(_("Row {row} is the total of the others, agrees with them, and is no payment.", row=row))
    others = [match for match in found.matches if match.outcome != PaymentOutcome.PAID]
    if others:
        st.text(_("Rows that are not simply paid:"))
        cells = {
            _("Row in the file"): [match.row.number for match in others],
            _("Outcome"): [_(PAYMENT_OUTCOMES[match.outcome]) for match in others],
            _("Claim line"): [match.reference or "" for match in others],
            _("Left of the line (kr)"): [kronor(match.left) if match.line else "" for match in others],
            _("Paid (kr)"): [kronor(match.row.ore) for match in others],
            _("Difference (kr)"): [kronor(match.difference) for match in others],
            _("Why"): [_(UNMATCHED_REASONS[match.why]) if match.why else "" for match in others],
        }
        draw_frame(pd.DataFrame(cells).head(ROWS_SHOWN), {})
    if len(others) > ROWS_SHOWN:
        st.caption(_("The first {count} are shown.", count=ROWS_SHOWN))


def _draw_parts(parts: Mapping[PaymentOutcome, OutcomeSum]) -> None:
    total = OutcomeSum(*(sum(values) for values in zip(*map(_values, parts.values()), strict=True)))
    names = [*(_(PAYMENT_OUTCOMES[outcome]) for outcome in parts), _("Total")]
    sums = [*parts.values(), total]
    draw_table(
        {
            _("Outcome"): names,
            _("Rows"): [str(part.rows) for part in sums],
            _("Paid (kr)"): [kronor(part.ore) for part in sums],
            _("Difference (kr)"): [kronor(part.difference) for part in sums],
        },
        empty="",
        alt=_("What the file comes to"),
    )


def _values(part: OutcomeSum) -> tuple[int, int, int]:
    return part.rows, part.ore, part.difference


def _import(
    payer: str, table: Table, columns: Columns, seen: Mapping[PaymentOutcome, OutcomeSum], turn: int, form: DrawnForm
) -> None:
    def then(made: PaymentFile) -> None:
        session.set_value(ROUND, turn + 1)
        rows = count_of("{count} row", "{count} rows", made.rows_read)
        amount = kronor(made.ore)
        notify(
            "success",
            _("File {file} is imported: {rows}, {kronor} kr.", file=made.payment_file_id, rows=rows, kronor=amount),
        )

    save_once(
        form,
        lambda: importing.import_file(store(), session.actor(), payer, table, columns, seen),
        then,
    )
