"""The report of an import, as JSON or text. It names rows by their numbers, and no people."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from mv.catalogue import Catalogue
from mv.errors import N_, MvError
from mv.i18n import explain, label, translate, translate_count
from mv.registration.file_import.exported_diff import difference
from mv.registration.file_import.plan import Plan, RowState
from mv.tabular_files import problem_report
from mv.tabular_files.table import Table

STATES: Mapping[RowState, str] = {
    RowState.READY: N_("To be registered"),
    RowState.CHANGED: N_("To be changed"),
    RowState.DOUBTFUL: N_("Doubtful, without a reason"),
    RowState.WRONG: N_("With problems"),
    RowState.ALREADY: N_("Already there"),
    RowState.UNCHANGED: N_("Unchanged"),
    RowState.REPEATED: N_("The same as another row"),
}
"""The names on the screen."""


@dataclass(frozen=True, slots=True)
class Report:
    """The result of an import. ``registration_id`` is the round that was saved, ``error`` why the file was not read."""

    table: Table | None
    plan: Plan | None
    catalogue: Catalogue
    language: str
    dry_run: bool = False
    registration_id: int | None = None
    error: MvError | None = None

    @property
    def done(self) -> bool:
        """Whether all of the file is in the store now, or would be after a dry run."""
        counts = self.plan.counts if self.plan else {RowState.WRONG: 1, RowState.DOUBTFUL: 0}
        return self.error is None and not counts[RowState.WRONG] + counts[RowState.DOUBTFUL]

    def to_json(self) -> str:
        """Return the report as a JSON object, which docs/import.md describes."""
        plan = self.plan
        counts = plan.counts if plan else dict.fromkeys(RowState, 0)
        saved = counts[RowState.READY] + counts[RowState.CHANGED] if self.registration_id is not None else 0
        return json.dumps(
            {
                "done": self.done,
                "dry_run": self.dry_run,
                "registration": self.registration_id,
                "rows": len(plan.lines) if plan else 0,
                "saved": saved,
                "already": counts[RowState.ALREADY] + counts[RowState.UNCHANGED] + counts[RowState.REPEATED],
                "new_people": len(plan.new_people) if plan else 0,
                "counts": {state.value: count for state, count in counts.items()},
                "problems": self._problems(),
                "doubts": self._concerns(),
                "changes": self._changes(),
            },
            ensure_ascii=False,
            indent=2,
        )

    def to_text(self) -> str:
        """Return the report as text, with a line for each state, problem, concern and change."""
        lines = [explain(self.error, self.language)] if self.error else []
        if self.plan:
            rows = translate_count("{count} row", "{count} rows", len(self.plan.lines), self.language)
            counts = [(translate(STATES[state], self.language), count) for state, count in self.plan.counts.items()]
            lines += [rows, *(f"{name}: {count}" for name, count in counts if count)]
        lines += [problem_report.line(each, self.language) for each in self._problems() if each["row"]]
        lines += [problem_report.line(each, self.language) for each in self._concerns()]
        changes = [each | {"message": f"{each['before']} → {each['after']}"} for each in self._changes()]
        lines += [problem_report.line(each, self.language) for each in changes]
        lines.append(self._verdict())
        return "\n".join(lines)

    def _verdict(self) -> str:
        if self.registration_id is not None:
            text = translate(N_("All of it is imported, as number {number}."), self.language)
            return text.format(number=self.registration_id)
        if not self.done:
            return translate(N_("Nothing was imported."), self.language)
        if self.plan and self.plan.can_be_saved:
            return translate(N_("All of it can be imported; nothing was, since it was only tried."), self.language)
        return translate(N_("There is nothing to import: all of it is there already."), self.language)

    def _problems(self) -> list[dict[str, object]]:
        return problem_report.describe(self.table, self.plan.problems if self.plan else (), self.error, self.language)

    def _concerns(self) -> list[dict[str, object]]:
        """Return the concerns, each with whether a reason accepts it."""
        return [
            {
                "row": line.number,
                "accepted": line.state is not RowState.DOUBTFUL,
                "message": explain(concern, self.language),
            }
            for line in (self.plan.lines if self.plan else ())
            if line.validation
            for concern in line.validation.concerns.values()
        ]

    def _changes(self) -> list[dict[str, object]]:
        return [
            {
                "row": line.number,
                "column": translate(name, self.language),
                "before": str(label(before, self.language)),
                "after": str(label(after, self.language)),
            }
            for line in (self.plan.lines if self.plan else ())
            if line.change
            for name, before, after in difference(*line.change, self.catalogue)
        ]
