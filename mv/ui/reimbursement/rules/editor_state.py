"""The state of the page of rules: which rule is open, and what its form was shown to change."""

from __future__ import annotations

from dataclasses import dataclass

from mv.reimbursement.preview.rule_change import Impact
from mv.reimbursement.rules.rule_table import Rule
from mv.ui.session import state


@dataclass(slots=True)
class RuleEditorState:
    """The number of the rule that is looked at or changed: 0 for one that is being made, None for the list.

    ``seen`` is the rule as it was when it was opened, ``forms`` how often one was opened. ``effect`` was last shown,
    for ``proposal``. ``unseen_change`` holds the rules before and after a change that was saved without its effect
    having been seen.
    """

    opened: int | None = None
    seen: Rule | None = None
    forms: int = 0
    proposal: object = None
    effect: Impact | None = None
    unseen_change: tuple[list[Rule], list[Rule]] | None = None

    @property
    def form_key(self) -> str:
        """What the keys of the form's fields begin with: others each time that a rule is opened.

        The browser would show again what a field with the same key held before.
        """
        return f"rule_form_{self.forms}"

    def impact_of(self, proposal: object) -> Impact | None:
        """Return the effect that was last shown, if it is that of this proposal."""
        return self.effect if self.proposal == proposal else None

    def keep_effect(self, proposal: object, effect: Impact) -> None:
        """Remember that this proposal's effect was shown."""
        self.proposal, self.effect = proposal, effect


def open_rule(number: int | None) -> None:
    """Open this rule, a new one (0), or the list (None), with a form in which nothing is done."""
    editor = state(RuleEditorState)
    editor.opened, editor.seen = number, None
    editor.forms += 1
