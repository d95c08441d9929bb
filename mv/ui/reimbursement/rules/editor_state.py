"""The state of the page of rules: the open rule, and the impact that was shown."""

from __future__ import annotations

from dataclasses import dataclass

from mv.reimbursement.preview.rule_change import Impact
from mv.reimbursement.rules.rule_table import Rule
from mv.ui.session import state


@dataclass(slots=True)
class RuleEditorState:
    """The id of the open rule: 0 for a new one, None for the list.

    ``seen`` is the rule as it was when it was opened, ``forms`` counts the rules opened. ``impact`` was shown last,
    for ``proposal``. ``unseen_change`` holds the rules before and after a change that was saved before its impact was
    shown.
    """

    opened: int | None = None
    seen: Rule | None = None
    forms: int = 0
    proposal: object = None
    impact: Impact | None = None
    unseen_change: tuple[list[Rule], list[Rule]] | None = None

    @property
    def form_key(self) -> str:
        """The prefix of the keys of the form's fields, another one each time that a rule is opened.

        The browser would show again what a field with the same key held before.
        """
        return f"rule_form_{self.forms}"

    def impact_of(self, proposal: object) -> Impact | None:
        """Return the impact that was shown last, if it is that of this proposal."""
        return self.impact if self.proposal == proposal else None

    def keep_impact(self, proposal: object, impact: Impact) -> None:
        """Remember that this proposal's impact was shown."""
        self.proposal, self.impact = proposal, impact


def open_rule(number: int | None) -> None:
    """Open this rule, a new one (0), or the list (None), with an untouched form."""
    editor = state(RuleEditorState)
    editor.opened, editor.seen = number, None
    editor.forms += 1
