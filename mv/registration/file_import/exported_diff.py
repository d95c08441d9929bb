"""Compare an exported row that comes back in a file with the stored membership."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TypeVar

from mv import identity, memberships
from mv.catalogue import Catalogue
from mv.customers import Customer
from mv.errors import N_, Conflict, Invalid, MvError
from mv.export.groups import END_REASONS, STATUSES
from mv.memberships import EndReason, Membership
from mv.pseudonyms import Pseudonyms
from mv.registration.code_lookup import CodeLookup
from mv.registration.file_import.cell_comparison import TranslatedWord, instant_matcher, text_matcher, word_parser
from mv.registration.file_import.exported_layout import ROW_VERSION, ExportedLayout
from mv.registration.file_import.plan import editable_values
from mv.tabular_files import cells
from mv.tabular_files.cells import quote
from mv.tabular_files.table import Problem, Record

T = TypeVar("T")

SCIENTIFIC_NOTATION = re.compile(r"([0-9])[.,]([0-9]+)E\+?11")
"""Twelve digits as a spreadsheet shows them in a narrow column, and writes them to CSV then."""


STATUS = word_parser(STATUSES, N_("Write active or inactive."))
REASON = word_parser(END_REASONS, N_("Write ceased or wrong."))


@dataclass(frozen=True, slots=True)
class RequestedRow:
    """The membership that a row of the file asks for, and whether it was changed in the file."""

    row: Membership
    changed: bool


@dataclass(frozen=True, slots=True)
class ExportedRowComparer:
    """Compares rows with memberships, and collects the ``problems`` of their cells.

    ``pseudonyms``, if there is a key, check the customers of a file without identity numbers.
    """

    layout: ExportedLayout
    names: CodeLookup
    catalogue: Catalogue
    today: date
    pseudonyms: Pseudonyms | None
    problems: list[Problem] = field(default_factory=list)

    def asked(self, record: Record, now: Membership, seen: Membership, customer: Customer) -> RequestedRow | None:
        """Return the membership that the row asks for; None if a cell is wrong, with a problem for it.

        ``now`` is the membership in the store, ``seen`` as it was when the file was exported. Values that are unchanged
        in the file stay as they are now. Defaults of a row that ends are the stored values, else today as the last day
        and "ceased" as the reason.
        """
        before = len(self.problems)
        self.check_person(record, customer)
        self._check_row(record, now, seen)
        group, subgroup = self._choice(record, seen)
        first = self._cell(record, "valid_from", _day_parser(seen.valid_from), seen.valid_from)
        if first is None:
            self._add(record, "valid_from", Invalid(N_("This is missing.")))
        last, reason = self._end(record, now, seen)
        if len(self.problems) > before or group is None or first is None:
            return None
        new = replace(
            now, group_code=group, subgroup_code=subgroup, valid_from=first, valid_to=last, ended_reason=reason
        )
        if editable_values(new) == editable_values(seen):
            return RequestedRow(now, changed=False)
        if seen.version != now.version and editable_values(new) != editable_values(now):
            since = Conflict(N_("The row was changed here since the file was made. Take out the file anew."))
            self._add(record, ROW_VERSION, since)
            return None
        return RequestedRow(new, changed=True)

    def check_person(self, record: Record, customer: Customer) -> None:
        """Collect a problem for each cell that differs from the stored customer."""
        self._same(record, "customer_identity", lambda text: self._is_number(text, customer.identity))
        self._same(record, "customer_name", text_matcher(customer.name))
        self._same(record, "birth_date", lambda text: cells.parse_day(text, customer.birth_date) == customer.birth_date)
        self._same(record, "birth_year", text_matcher(str(customer.birth_date.year)))
        if self.pseudonyms:
            self._same(record, "customer_pseudonym", text_matcher(self.pseudonyms.of(customer.customer_id)))

    def check_new(self, record: Record, valid_to: date | None) -> None:
        """Collect a problem if a new row is marked as wrong, or if its status or reason does not fit its last day."""
        status = self._cell(record, "status", STATUS, None)
        if status and (status == "active") != (valid_to is None):
            self._add(record, "status", Invalid(N_("A row with a last day is inactive, one without is active.")))
        reason = self._cell(record, "ended_reason", REASON, None)
        if reason and (valid_to is None or reason != EndReason.CEASED):
            self._add(
                record, "ended_reason", Invalid(N_("A new row can have ceased on its last day, and no other end."))
            )

    def _check_row(self, record: Record, now: Membership, seen: Membership) -> None:
        """Collect a problem for each read-only cell that differs from the stored membership."""
        unit = self.catalogue.units.get(now.unit_id)
        self._same(record, "unit", text_matcher(unit.name if unit else now.unit_id, now.unit_id))
        self._same(record, "unit_id", text_matcher(now.unit_id))
        self._same(record, "registered_at", instant_matcher(now.registered_at))
        self._same(record, "registered_by", text_matcher(now.registered_by))
        if seen.version == now.version:
            self._same(record, "ended_at", instant_matcher(now.ended_at))
            self._same(record, "ended_by", text_matcher(now.ended_by or ""))

    def _is_number(self, text: str, number: str) -> bool:
        if text == number:
            return True
        if shortened := SCIENTIFIC_NOTATION.fullmatch(text):
            digits = shortened[1] + shortened[2]
            return number.isdigit() and round(int(number), len(digits) - 12) == int(digits.ljust(12, "0"))
        return identity.parse(text, self.today).number == number

    def _same(self, record: Record, name: str, is_same: Callable[[str], bool]) -> None:
        """Collect a problem for a cell that differs; an empty one is ignored."""
        text = self.layout.text(record, name)
        if not text:
            return
        try:
            same = is_same(text)
        except Invalid:
            same = False
        if not same:
            message = N_("“{read}” is not what is registered, and this column cannot be changed by a file.")
            self._add(record, name, Invalid(message, read=quote(text)))

    def _choice(self, record: Record, seen: Membership) -> tuple[str | None, str | None]:
        """Return the group and subgroup; of name and code the one that was changed decides."""
        group = self._picked(record, ("group", "group_code"), seen.group_code, self._parse_group(seen))
        if group is None:
            self._add(record, "group", Invalid(N_("This is missing.")))
            return None, None
        parse = self._parse_subgroup(seen, group)
        return group, self._picked(record, ("subgroup", "subgroup_code"), seen.subgroup_code, parse)

    def _picked(
        self, record: Record, names: Sequence[str], seen: str | None, parse: Callable[[str], str]
    ) -> str | None:
        changed: dict[str, str | None] = {}
        for name in names:
            code = self._cell(record, name, parse, seen)
            if code != seen:
                changed[name] = code
        if len(set(changed.values())) > 1:
            differ = Invalid(N_("The name and the code mean different things. Change one of them."))
            self._add(record, next(iter(changed)), differ)
        return next(iter(changed.values())) if changed else seen

    def _parse_group(self, seen: Membership) -> Callable[[str], str]:
        return lambda text: seen.group_code if text == seen.group_code else self.names.group(text)

    def _parse_subgroup(self, seen: Membership, group: str) -> Callable[[str], str]:
        kept = (seen.subgroup_code, f"{seen.group_code}/{seen.subgroup_code}") if group == seen.group_code else ()

        def parse(text: str) -> str:
            if seen.subgroup_code and text in kept:
                return seen.subgroup_code
            return self.names.subgroup(group, text)

        return parse

    def _end(self, record: Record, now: Membership, seen: Membership) -> tuple[date | None, str | None]:
        """Return the last day and the reason for ending; None twice for an active row. The last day decides."""
        last = self._cell(record, "valid_to", _day_parser(seen.valid_to), seen.valid_to)
        status = self._cell(record, "status", STATUS, _status(seen))
        reason = self._cell(record, "ended_reason", REASON, seen.ended_reason)
        if status == "active" and last is not None and not seen.active:
            self._add(record, "status", Invalid(N_("Empty the last day, too, to have the row active again.")))
        ends = last is not None or (seen.active and status == "inactive")
        if not ends:
            if reason != seen.ended_reason and reason is not None:
                self._add(record, "ended_reason", Invalid(N_("A row that is active has no reason for ending.")))
            return None, None
        if not seen.active and reason is None:
            self._add(record, "ended_reason", Invalid(N_("This is missing.")))
        usual = EndReason.CEASED if last else memberships.likely_end_reason(seen, self.today)
        return last or now.valid_to or self.today, reason or now.ended_reason or usual

    def _cell(self, record: Record, name: str, parse: Callable[[str], T], seen: T | None) -> T | None:
        """Return the value of a cell: None if it is empty, ``seen`` if there is no such column or it is wrong."""
        text = self.layout.text(record, name)
        if text is None:
            return seen
        try:
            return parse(text) if text else None
        except MvError as error:
            self._add(record, name, error)
            return seen

    def _add(self, record: Record, name: str, error: MvError) -> None:
        self.problems.append(Problem(record.number, self.layout.heading(name), error))


def difference(now: Membership, new: Membership, catalogue: Catalogue) -> list[tuple[str, object, object]]:
    """Return the differences, each with its name to be translated and the values before and after."""
    pairs: list[tuple[str, object, object]] = [
        (N_("Group"), _describe_choice(now, catalogue), _describe_choice(new, catalogue)),
        (N_("First day"), now.valid_from, new.valid_from),
        (N_("Last day"), now.valid_to or "–", new.valid_to or "–"),
        (N_("Reason for ending"), _describe_reason(now), _describe_reason(new)),
    ]
    return [(name, before, after) for name, before, after in pairs if before != after]


def _describe_choice(row: Membership, catalogue: Catalogue) -> object:
    try:
        return catalogue.choice(row.group_code, row.subgroup_code)
    except Invalid:
        return "/".join(code for code in (row.group_code, row.subgroup_code) if code)


def _describe_reason(row: Membership) -> object:
    return TranslatedWord(END_REASONS[row.ended_reason]) if row.ended_reason else "–"


def _day_parser(seen: date | None) -> Callable[[str], date]:
    return lambda text: cells.parse_day(text, seen)


def _status(row: Membership) -> str:
    return "active" if row.active else "inactive"
