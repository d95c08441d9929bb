"""Rows of the tables that hold memberships and doses, with every change of them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mv.memberships import EndReason
from mv.sample.batches import Batches
from mv.sample.columns import NEVER, Ints, date_column, instant_column, integer_column, text_column
from mv.sample.context import SampleContext
from mv.sample.doses import Doses
from mv.sample.groups import Choices, Memberships
from mv.vaccinations import WithdrawReason

REGISTERED, ADJUSTED, ENDED = range(3)


def membership_tables(
    context: SampleContext, choices: Choices, rows: Memberships, ids: Ints, customers: Ints
) -> dict[str, pa.Table]:
    """Return the rows of ``membership`` and ``membership_change``; ``customers`` are the persons' ids."""
    adjusted, ended = rows.adjusted != NEVER, rows.ended != NEVER
    groups = pa.array(choices.groups).take(rows.choices)
    subgroups = pa.array(choices.subgroups).take(rows.choices)
    customer_ids = customers[rows.persons]
    keys = pc.binary_join_element_wise(
        integer_column(customer_ids).cast(pa.string()), groups, pc.fill_null(subgroups, ""), "/"
    )
    reasons = text_column(tuple(EndReason), np.where(ended, rows.wrong, NEVER))
    membership = pa.table(
        {
            "membership_id": ids,
            "customer_id": customer_ids,
            "group_code": groups,
            "subgroup_code": subgroups,
            "valid_from": date_column(rows.starts),
            "valid_to": date_column(rows.ends),
            "active_key": pc.if_else(ended, None, keys),
            "unit_id": text_column(context.units, rows.units),
            "registered_at": instant_column(rows.registered),
            "registered_by": text_column(context.accounts, rows.registered_by),
            "ended_at": instant_column(rows.ended),
            "ended_by": text_column(context.accounts, rows.ended_by),
            "ended_reason": reasons,
            "version": (1 + adjusted + ended).astype(np.int32),
        }
    )
    return {
        "membership": membership,
        "membership_change": _membership_changes(context, choices, rows, membership),
    }


def _membership_changes(context: SampleContext, choices: Choices, rows: Memberships, membership: pa.Table) -> pa.Table:
    happened = np.column_stack((rows.registered, rows.adjusted, rows.ended)) != NEVER
    places, steps = np.nonzero(happened)
    last = steps == ENDED
    state = np.where(steps == REGISTERED, rows.first_choices[places], rows.choices[places])
    instants = np.column_stack((rows.registered, rows.adjusted, rows.ended))[places, steps]
    accounts = np.column_stack((rows.registered_by, rows.registered_by, rows.ended_by))[places, steps]
    same = membership.select(["membership_id", "customer_id", "valid_from"]).take(places)
    return pa.table(
        {
            **{name: same[name] for name in same.column_names},
            "version": happened.cumsum(axis=1)[places, steps].astype(np.int32),
            "change": text_column(["added", "adjusted", "removed"], steps),
            "changed_at": instant_column(instants),
            "changed_by": text_column(context.accounts, accounts),
            "group_code": pa.array(choices.groups).take(state),
            "subgroup_code": pa.array(choices.subgroups).take(state),
            "valid_to": date_column(np.where(last, rows.ends[places], NEVER)),
            "ended_reason": text_column(tuple(EndReason), np.where(last, rows.wrong[places], NEVER)),
        }
    )


def dose_tables(
    context: SampleContext,
    batches: Batches,
    doses: Doses,
    ids: Ints,
    customers: Ints,
    membership: pa.Table,
) -> dict[str, pa.Table]:
    """Return the rows of ``dose`` and ``dose_change``; ``membership`` is that table's rows, as placed."""
    counting = pa.array(doses.rows, mask=doses.rows == NEVER)
    dose = pa.table(
        {
            "dose_id": ids,
            "customer_id": customers[doses.persons],
            "product_code": text_column(context.products, doses.products),
            "batch_number": text_column(batches.numbers, doses.batches),
            "dose_number": doses.numbers.astype(np.int32),
            "given_on": date_column(doses.days),
            "unit_id": text_column(context.units, doses.units),
            "membership_id": membership["membership_id"].take(counting),
            "group_code": membership["group_code"].take(counting),
            "subgroup_code": membership["subgroup_code"].take(counting),
            "registered_at": instant_column(doses.registered),
            "registered_by": text_column(context.accounts, doses.registered_by),
            "completed_at": instant_column(doses.registered),
            "withdrawn_at": instant_column(doses.withdrawn),
            "withdrawn_by": text_column(context.accounts, doses.withdrawn_by),
            "withdrawn_reason": text_column(tuple(WithdrawReason), doses.withdrawn_reasons),
            "version": (1 + (doses.withdrawn != NEVER)).astype(np.int32),
        }
    )
    return {"dose": dose, "dose_change": _dose_changes(context, doses, dose)}


def _dose_changes(context: SampleContext, doses: Doses, dose: pa.Table) -> pa.Table:
    instants = np.column_stack((doses.registered, doses.withdrawn))
    places, steps = np.nonzero(instants != NEVER)
    accounts = np.column_stack((doses.registered_by, doses.withdrawn_by))[places, steps]
    reasons = np.where(steps == 0, NEVER, doses.withdrawn_reasons[places])
    same = dose.drop_columns(
        [
            "membership_id",
            "registered_at",
            "registered_by",
            "completed_at",
            "withdrawn_at",
            "withdrawn_by",
            "withdrawn_reason",
            "version",
        ]
    ).take(places)
    return pa.table(
        {
            **{name: same[name] for name in same.column_names},
            "version": (steps + 1).astype(np.int32),
            "change": text_column(["registered", "withdrawn"], steps),
            "changed_at": instant_column(instants[places, steps]),
            "changed_by": text_column(context.accounts, accounts),
            "withdrawn_reason": text_column(tuple(WithdrawReason), reasons),
        }
    )
