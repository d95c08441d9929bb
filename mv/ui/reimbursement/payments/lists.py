"""A payer's imported files and the balance of its lines, on the screen."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from mv.access import Action, may
from mv.reimbursement.claims.payers import USUAL_DAYS_TO_PAY
from mv.reimbursement.payments import balances, files, lists
from mv.reimbursement.payments.balances import LINE_STATUSES, LineStatus, LineSums, PayerBalance
from mv.reimbursement.payments.files import PaymentFile
from mv.reimbursement.payments.lists import Listing
from mv.reimbursement.payments.matching import PAYMENT_OUTCOMES, PaymentOutcome
from mv.ui import session
from mv.ui.notices import errors_as_notices, notify
from mv.ui.resources import store
from mv.ui.text import _, count_of, literal, moment
from mv.ui.web.downloads.tickets import GeneratedFile
from mv.ui.widgets import download
from mv.ui.widgets.amounts import kronor
from mv.ui.widgets.table import draw_frame, draw_table

ROWS_SHOWN = 500
UNKNOWN = "unknown"
FILE_NAMES = {
    LineStatus.PAID: "betalda",
    LineStatus.UNDERPAID: "for_lite_betalda",
    LineStatus.OVERPAID: "for_mycket_betalda",
    LineStatus.PAID_TWICE: "dubbelt_betalda",
    LineStatus.UNPAID: "obetalda",
    LineStatus.AWAITED: "invantade",
}
TO_LOOK_INTO = (LineStatus.UNDERPAID, LineStatus.OVERPAID, LineStatus.PAID_TWICE, LineStatus.UNPAID)


def draw_files(payer: str) -> None:
    """Draw the payer's files, and the chosen one's payments."""
    found = files.files(store(), session.actor(), payer)
    if not found:
        st.info(_("No file of this payer is imported yet."))
        return
    draw_table(
        {
            _("File"): [str(file.payment_file_id) for file in found],
            _("Imported"): [moment(file.imported_at) for file in found],
            _("Imported by"): [file.imported_by_name for file in found],
            _("Rows"): [str(file.rows_read) for file in found],
            _("Paid (kr)"): [kronor(file.ore) for file in found],
            _("Withdrawn"): [_withdrawn(file) for file in found],
        },
        empty="",
        alt=_("Imported files"),
    )
    by_number = {file.payment_file_id: file for file in found}
    cells = st.columns([2, 1])
    chosen = cells[0].selectbox(
        _("Payments of the file"),
        list(by_number),
        format_func=lambda number: f"{number}  ·  {moment(by_number[number].imported_at)}",
        key=f"payment_shown_{payer}",
    )
    outcome = cells[1].selectbox(
        _("Outcome"),
        list(PaymentOutcome),
        index=None,
        format_func=lambda one: _(PAYMENT_OUTCOMES[one]),
        placeholder=_("All"),
        key=f"payment_outcome_{chosen}",
    )
    _draw_list(lists.payments_in_file(session.actor(), chosen, outcome), f"betalfil_{chosen}")
    if by_number[chosen].withdrawn_at is None and may(session.actor(), Action.IMPORT_PAYMENTS):
        _draw_withdrawal(chosen)


def _withdrawn(file: PaymentFile) -> str:
    if file.withdrawn_at is None:
        return ""
    return _("{time} by {name}", time=moment(file.withdrawn_at), name=file.withdrawn_by_name)


def _draw_withdrawal(payment_file_id: int) -> None:
    with st.popover(_("Withdraw file {file}", file=payment_file_id), icon=":material/undo:"):
        st.text(_("Its payments will pay no line any more. They stay on record, and the file can be imported anew."))
        st.button(
            _("Withdraw"), type="primary", key=f"payment_withdraw_{payment_file_id}", on_click=_withdraw,
            args=(payment_file_id,),
        )  # fmt: skip


def _withdraw(payment_file_id: int) -> None:
    with errors_as_notices():
        files.withdraw(store(), session.actor(), payment_file_id)
        notify("success", _("File {file} is withdrawn.", file=payment_file_id))


def draw_lines(payer: str) -> None:
    """Draw lines and kronor by status, whether the sums agree, and the lines to look into."""
    found = balances.payer_balance(store(), session.actor(), payer)
    if not found.claimed_lines and not found.received:
        st.info(_("No claim on this payer has been sent."))
        return
    _draw_sums(found)
    _draw_days_to_pay(payer)
    options = {one.value: found.parts.get(one, LineSums()).lines for one in LineStatus}
    options[UNKNOWN] = found.unknown_rows
    start = next((name for name in (*TO_LOOK_INTO, UNKNOWN) if options[name]), LineStatus.PAID)
    chosen = st.selectbox(
        _("Show"),
        list(options),
        index=list(options).index(start),
        format_func=lambda name: f"{_name(name)} ({options[name]})",
        key=f"payment_standing_{payer}",
    )
    if chosen == UNKNOWN:
        _draw_list(lists.unknown_payments(session.actor(), payer), "okanda_betalningar")
    else:
        listing = lists.lines_with_status(store(), session.actor(), payer, LineStatus(chosen))
        _draw_list(listing, f"anspraksrader_{FILE_NAMES[LineStatus(chosen)]}")


def _name(name: str) -> str:
    return _("Payments for no known line") if name == UNKNOWN else _(LINE_STATUSES[LineStatus(name)])


def _draw_sums(found: PayerBalance) -> None:
    sums = {_(LINE_STATUSES[one]): part for one, part in found.parts.items()} | {_("Total"): found.total}
    columns = {_("Lines that are"): list(sums), _("Number of lines"): [str(part.lines) for part in sums.values()]}
    for label, name in (
        (_("Claimed (kr)"), "claimed"),
        (_("Paid (kr)"), "paid"),
        (_("Outstanding (kr)"), "outstanding"),
        (_("Overpaid (kr)"), "overpaid"),
    ):
        columns[label] = [kronor(getattr(part, name)) for part in sums.values()]
    draw_table(columns, empty="", alt=_("How the lines stand"))
    if not found.adds_up:
        st.error(_("The sums do not agree with what was claimed and received. Report this as a fault."))
        return
    total = found.total
    st.markdown(
        literal(
            _(
                "Claimed {claimed} kr = paid {paid} kr + outstanding {outstanding} kr − overpaid {overpaid} kr.",
                claimed=kronor(found.claimed),
                paid=kronor(total.paid),
                outstanding=kronor(total.outstanding),
                overpaid=kronor(total.overpaid),
            )
        )
    )
    st.markdown(
        literal(
            _(
                "Received in files {received} kr = paid {paid} kr + for no known line {unknown} kr ({rows}).",
                received=kronor(found.received),
                paid=kronor(total.paid),
                unknown=kronor(found.unknown),
                rows=count_of("{count} row", "{count} rows", found.unknown_rows),
            )
        )
    )
    st.caption(_("A line that takes back an earlier one has negative amounts: paid means deducted."))


def _draw_days_to_pay(payer: str) -> None:
    days = balances.payer_terms(store(), session.actor(), payer).days_to_pay
    text = count_of(
        "A line is overdue when nothing has come {count} day after its claim was sent.",
        "A line is overdue when nothing has come {count} days after its claim was sent.",
        days,
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(text, width="content")
        if may(session.actor(), Action.IMPORT_PAYMENTS):
            with st.popover(_("Change the days"), icon=":material/edit:"):
                key = f"payment_days_{payer}_{days}"
                st.number_input(_("Days to pay"), 0, balances.MOST_DAYS_TO_PAY, days, key=key)
                st.button(_("Save"), type="primary", key="payment_days_save", on_click=_set_days, args=(payer, key))


def _set_days(payer: str, key: str) -> None:
    with errors_as_notices():
        days = session.value(key)
        balances.set_days_to_pay(store(), session.actor(), payer, USUAL_DAYS_TO_PAY if days is None else days)
        notify("toast", _("Saved."))


def _draw_list(listing: Listing, name: str) -> None:
    rows = lists.first_rows(store(), session.actor(), listing, ROWS_SHOWN + 1)
    if not rows:
        st.text(_("Nothing here."))
        return
    shown = lists.cells(listing, rows[:ROWS_SHOWN], session.language())
    draw_frame(pd.DataFrame(shown, columns=[_(heading) for heading in listing.columns.values()]), {})
    if len(rows) > ROWS_SHOWN:
        st.caption(_("The first {count} are shown. The file has them all.", count=ROWS_SHOWN))
    shared, who, language = store(), session.actor(), session.language()
    download.offer(
        _("Download as CSV"),
        GeneratedFile(f"{name}_{store().today()}.csv", "text/csv", lists.csv_chunks, (shared, who, listing, language)),
        key=f"payment_list_{listing.name}",
    )
