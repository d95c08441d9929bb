"""The report of an import of bookings, as JSON or text. It names rows by their numbers, and no people."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mv.booking_files.plan import Plan, RowState
from mv.bookings import BookingState
from mv.bookings.changes import BookingRow
from mv.catalogue import Catalogue
from mv.clock import to_local
from mv.errors import N_, MvError
from mv.i18n import explain, translate, translate_count
from mv.tabular_files import problem_report
from mv.tabular_files.table import Table

STATES: Mapping[RowState, str] = {
    RowState.NEW: N_("To be booked"),
    RowState.MOVED: N_("To be changed"),
    RowState.CANCELLED: N_("To be cancelled"),
    RowState.UNCHANGED: N_("Unchanged"),
    RowState.OLDER: N_("Older than what is known"),
    RowState.WRONG: N_("With problems"),
}
"""The names on the screen."""
BOOKING_STATES: Mapping[str, str] = {
    BookingState.BOOKED: N_("Booked"),
    BookingState.CANCELLED: N_("Cancelled"),
    BookingState.GONE: N_("Gone from the file"),
}
"""What the states of a booking are called on the screen."""


@dataclass(frozen=True, slots=True)
class Report:
    """The result of an import; ``saved`` is whether it was, ``error`` why the file was not read."""

    table: Table | None
    plan: Plan | None
    catalogue: Catalogue
    language: str
    dry_run: bool = False
    saved: bool = False
    error: MvError | None = None

    @property
    def done(self) -> bool:
        """Whether all of the file is in the store now, or would be after a dry run."""
        return self.error is None and self.plan is not None and not self.plan.counts[RowState.WRONG]

    def to_json(self) -> str:
        """Return the report as a JSON object, which docs/bookings.md describes."""
        plan = self.plan
        counts = plan.counts if plan else dict.fromkeys(RowState, 0)
        return json.dumps(
            {
                "done": self.done,
                "dry_run": self.dry_run,
                "rows": len(plan.lines) if plan else 0,
                "saved": plan.to_save if plan and self.saved else 0,
                "already": counts[RowState.UNCHANGED] + counts[RowState.OLDER],
                "new_people": len(plan.new_people) if plan else 0,
                "counts": {state.value: count for state, count in counts.items()} | {"gone": self._gone_count()},
                "problems": self._problems(),
                "changes": list(self._changes()),
            },
            ensure_ascii=False,
            indent=2,
        )

    def to_text(self) -> str:
        """Return the report as text, with a line for each state, problem and change."""
        lines = [explain(self.error, self.language)] if self.error else []
        if self.plan:
            lines.append(translate_count("{count} row", "{count} rows", len(self.plan.lines), self.language))
            counts = {translate(STATES[state], self.language): count for state, count in self.plan.counts.items()}
            counts[translate(BOOKING_STATES[BookingState.GONE], self.language)] = self._gone_count()
            lines += [f"{name}: {count}" for name, count in counts.items() if count]
        lines += [self._line(each) for each in self._problems() if each["row"]]
        lines += [self._line(each | {"message": f"{each['before']} → {each['after']}"}) for each in self._changes()]
        lines.append(translate(self._verdict(), self.language))
        return "\n".join(lines)

    def _gone_count(self) -> int:
        return len(self.plan.gone) if self.plan else 0

    def _verdict(self) -> str:
        if not self.done:
            return N_("Nothing was imported.")
        if self.plan and not self.plan.to_save:
            return N_("There is nothing to import: all of it is there already.")
        if self.saved:
            return N_("All of it is imported.")
        return N_("All of it can be imported; nothing was, since it was only tried.")

    def _line(self, each: Mapping[str, object]) -> str:
        if each["row"]:
            return problem_report.line(each, self.language)
        booking = translate(N_("Booking {number}"), self.language).format(number=each.get("booking"))
        return f"{booking}, {each['column']}: {each['message']}"

    def _problems(self) -> list[dict[str, object]]:
        return problem_report.describe(self.table, self.plan.problems if self.plan else (), self.error, self.language)

    def _changes(self) -> Iterator[dict[str, object]]:
        """Yield each value of a booking that is changed, with the row; a booking that is gone has none."""
        if self.plan is None:
            return
        changes = [(line.number, *line.change) for line in self.plan.lines if line.change]
        for row, before, after in [*changes, *((None, *each) for each in self.plan.gone)]:
            for name, was, now in difference(before, after, self.catalogue):
                yield {
                    "row": row,
                    "booking": before.booking_id,
                    "column": translate(name, self.language),
                    "before": translate(was, self.language),
                    "after": translate(now, self.language),
                }


def difference(before: BookingRow, after: BookingRow, catalogue: Catalogue) -> list[tuple[str, str, str]]:
    """Return the name of each value that differs, with both as they are shown; not translated yet."""
    shown = [
        (N_("Time"), *(f"{to_local(each.starts_at):%Y-%m-%d %H:%M}" for each in (before, after))),
        (N_("Vaccine"), *(catalogue.vaccines[each.product_code].name for each in (before, after))),
        (N_("Unit"), *(catalogue.units[each.unit_id].name for each in (before, after))),
        (N_("Status"), *(BOOKING_STATES.get(each.state, each.state) for each in (before, after))),
    ]
    return [(name, was, now) for name, was, now in shown if was != now]
