"""WHERE clauses of filters, each of which may be given or not."""

from __future__ import annotations

from collections.abc import Iterable


class Where:
    """Conditions that all have to hold, and their parameters, numbered from ``$1`` on."""

    def __init__(self) -> None:
        self.params: list[object] = []
        self._conditions: list[str] = []

    def __str__(self) -> str:
        """Return the conditions as SQL; TRUE where there is none."""
        return " AND ".join(self._conditions) or "TRUE"

    @property
    def next_number(self) -> int:
        """The number of the next parameter."""
        return len(self.params) + 1

    def add(self, condition: str, value: object) -> None:
        """Add a condition whose ``{}`` is ``value``, or the values of a list with commas; None adds nothing."""
        if value is not None:
            values = value if isinstance(value, list) else [value]
            places = ", ".join(f"${n}" for n in range(self.next_number, self.next_number + len(values)))
            self.add_numbered(condition.format(places), values)

    def add_numbered(self, condition: str, values: Iterable[object]) -> None:
        """Add a condition whose parameters are numbered from :attr:`next_number` on."""
        self._conditions.append(condition)
        self.params.extend(values)
